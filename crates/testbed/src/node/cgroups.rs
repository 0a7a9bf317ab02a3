//! The control groups of an enclosure: the one thing that outlives its processes and mounts, and so has to be removed.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context, Result, bail};

const ROOT: &str = "/sys/fs/cgroup";
/// Those that the kubelet asks for, in the second version of control groups.
const CONTROLLERS: &str = "+cpu +cpuset +memory +pids";

/// Waits until its standard input ends, however that comes, then removes a group from every tree, as soon as the last
/// process in it has ended. 300 times a tenth of a second: the pods of an enclosure are killed with it.
const SWEEP: &str = r#"
read -r end
tries=0
while [ $tries -lt 300 ]; do
    left=
    for tree in "$1$2" "$1"/*"$2"; do
        [ -d "$tree" ] || continue
        find "$tree" -depth -type d -exec rmdir {} \; 2>/dev/null
        [ -d "$tree" ] && left=$tree
    done
    [ -z "$left" ] && exit 0
    tries=$((tries + 1))
    sleep 0.1
done
echo "the control group $left still has processes" >&2
exit 1
"#;

/// A group of one name in every tree of control groups.
#[derive(Debug)]
pub(super) struct Group {
    name: String,
}

impl Group {
    pub(super) const fn named(name: String) -> Self {
        Self { name }
    }

    /// Its path within each tree.
    pub(super) fn path(&self) -> String {
        format!("/{}", self.name)
    }

    /// Makes it; the kubelet wants to find it.
    pub(super) fn create(&self) -> Result<()> {
        if is_of_second_version() {
            let controllers = Path::new(ROOT).join("cgroup.subtree_control");
            fs::write(&controllers, CONTROLLERS)
                .with_context(|| format!("cannot write to {}", controllers.display()))?;
        }
        for tree in trees() {
            let folder = tree.join(&self.name);
            fs::create_dir_all(&folder)
                .with_context(|| format!("cannot make the control group {}", folder.display()))?;
        }
        Ok(())
    }

    /// Has it removed when the answer is dropped or this process dies.
    pub(super) fn removed_at_the_end(&self) -> Result<Sweeper> {
        let mut child = Command::new("sh")
            .args(["-c", SWEEP, "sh", ROOT])
            .arg(self.path())
            .stdin(Stdio::piped())
            // Out of reach of whoever ends this process's group.
            .process_group(0)
            .spawn()
            .context("cannot start what removes control groups")?;
        Ok(Sweeper {
            lifeline: child.stdin.take(),
            child,
        })
    }
}

/// Removes a group when it is dropped.
#[derive(Debug)]
pub(super) struct Sweeper {
    child: Child,
    lifeline: Option<ChildStdin>,
}

impl Sweeper {
    /// Removes the group now and says whether that worked, which a drop cannot.
    pub(super) fn sweep(mut self) -> Result<()> {
        drop(self.lifeline.take());
        let status = self.child.wait().context("cannot remove control groups")?;
        if !status.success() {
            bail!("control groups could not be removed from {ROOT}");
        }
        Ok(())
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        // What it cannot remove it has told on standard error.
        let _ = self.child.wait();
    }
}

/// The trees of control groups: one, or in the first version one for each controller.
pub(super) fn trees() -> Vec<PathBuf> {
    let root = Path::new(ROOT);
    if is_of_second_version() {
        return vec![root.to_owned()];
    }
    let is_tree = |folder: &PathBuf| folder.join("cgroup.procs").is_file() && !folder.is_symlink();
    fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(is_tree)
        .collect()
}

fn is_of_second_version() -> bool {
    Path::new(ROOT).join("cgroup.controllers").is_file()
}
