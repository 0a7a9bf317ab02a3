//! What a node could leave on a machine.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{sleep, timeout};

/// The environment variable by which the processes of a test are known.
pub const MARK: &str = "NODE_TEST_MARK";

/// Settings of the whole machine that a kubelet and its plugins change.
const SETTINGS: [&str; 7] = [
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
    "net/ipv4/ip_forward",
];
/// Folders in which a kubelet, containerd and their plugins keep things.
const FOLDERS: [&str; 10] = [
    "/etc",
    "/opt",
    "/run",
    "/run/netns",
    "/sys/class/net",
    "/usr/libexec",
    "/var/lib",
    "/var/lib/kubelet",
    "/var/log",
    "/var/log/pods",
];
const SOON: Duration = Duration::from_secs(30);

/// What is there at some moment, each as a line.
#[derive(Debug, PartialEq, Eq)]
pub struct Traces(BTreeSet<String>);

impl Traces {
    /// Everything now, with the processes of the test that the folder belongs to.
    pub fn of(folder: &Path) -> Self {
        let mut lines = BTreeSet::new();
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        lines.extend(mounts.lines().map(|line| format!("mount {line}")));
        for setting in SETTINGS {
            let value = fs::read_to_string(Path::new("/proc/sys").join(setting)).unwrap();
            lines.insert(format!("setting {setting}={value}"));
        }
        for folder in FOLDERS {
            lines.extend(entries(Path::new(folder)).map(|entry| format!("{}", entry.display())));
        }
        let groups = entries(Path::new("/sys/fs/cgroup")).flat_map(|tree| {
            let below: Vec<PathBuf> = entries(&tree).collect();
            below.into_iter().chain([tree])
        });
        lines.extend(
            groups
                .filter(|group| group.is_dir())
                .map(|group| format!("control group {}", group.display())),
        );
        lines.extend(processes_with(folder).map(|process| format!("process {process}")));
        Self(lines)
    }

    /// Waits until nothing is there but these: what was killed takes a moment to end.
    pub async fn are_all(&self, folder: &Path) {
        let all = async {
            while !Self::of(folder).0.is_subset(&self.0) {
                sleep(Duration::from_millis(50)).await;
            }
        };
        let in_time = timeout(SOON, all).await;
        let now = Self::of(folder);
        let left: Vec<&String> = now.0.difference(&self.0).collect();
        assert!(in_time.is_ok(), "these are left: {left:#?}");
    }
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
}

/// The processes that were started, however indirectly, with the mark of that folder; those of pods are seen by their
/// control groups.
fn processes_with(folder: &Path) -> impl Iterator<Item = String> {
    let mark = format!("{MARK}={}", folder.display());
    entries(Path::new("/proc"))
        .filter(move |process| {
            let environment = fs::read(process.join("environ")).unwrap_or_default();
            environment
                .split(|byte| *byte == 0)
                .any(|variable| variable == mark.as_bytes())
        })
        .map(|process| {
            let command = fs::read_to_string(process.join("comm")).unwrap_or_default();
            format!("{} {}", process.display(), command.trim())
        })
}
