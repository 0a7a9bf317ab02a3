//! Nothing that `cargo xtask up` starts outlives it, whenever and however it ends.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long the system takes at most to end what was killed.
const SOON: Duration = Duration::from_secs(5);

/// A running `up`, and the mark that it and all its descendants carry in their environment.
struct Up {
    process: Child,
    mark: String,
    /// Where its control plane's folder is made.
    folder: tempfile::TempDir,
}

impl Up {
    fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .arg("up")
            .args(arguments)
            .env("TMPDIR", folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            process,
            mark: format!("TMPDIR={}", folder.path().display()),
            folder,
        }
    }

    /// Reads its output up to the line with a name, and answers the value.
    fn value(&mut self, name: &str) -> String {
        let lines = BufReader::new(self.process.stdout.as_mut().unwrap()).lines();
        lines
            .map(Result::unwrap)
            .find_map(|line| Some(line.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
            .unwrap()
    }

    fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", name, &id])
                .status()
                .unwrap()
                .success()
        );
    }

    /// The processes that carry the mark, with their names.
    fn running(&self) -> Vec<(String, PathBuf)> {
        fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .filter(|process| {
                fs::read(process.path().join("environ")).is_ok_and(|environment| {
                    environment
                        .split(|byte| *byte == 0)
                        .any(|one| one == self.mark.as_bytes())
                })
            })
            .filter_map(|process| {
                let name = fs::read_link(process.path().join("exe")).ok()?;
                Some((process.file_name().to_string_lossy().into_owned(), name))
            })
            .collect()
    }

    fn assert_nothing_is_left(&mut self) {
        self.process.wait().unwrap();
        let deadline = Instant::now() + SOON;
        while !self.running().is_empty() {
            assert!(
                Instant::now() < deadline,
                "left running: {:?}",
                self.running()
            );
            sleep(Duration::from_millis(10));
        }
    }
}

#[test]
fn killed_at_any_moment_it_leaves_no_process() {
    for milliseconds in [5, 20, 40, 80, 160, 400, 1000, 2000] {
        let mut up = Up::start(&["--without-operator"]);
        sleep(Duration::from_millis(milliseconds));
        up.process.kill().unwrap();
        up.assert_nothing_is_left();
    }
}

#[test]
fn killed_when_all_runs_it_leaves_no_process() {
    let mut up = Up::start(&[]);
    up.value("OPERATOR");
    for program in [
        "etcd",
        "kube-apiserver",
        "kube-controller-manager",
        "ncp-secret-operator",
        "xtask",
    ] {
        let runs = up.running().iter().any(|(_, name)| name.ends_with(program));
        assert!(runs, "{program}");
    }
    up.process.kill().unwrap();
    up.assert_nothing_is_left();
}

#[test]
fn interrupted_it_also_clears_its_folder_away() {
    let mut up = Up::start(&["--without-operator"]);
    let kubeconfig = up.value("KUBECONFIG");
    assert!(Path::new(&kubeconfig).starts_with(up.folder.path()));
    up.signal("INT");
    up.assert_nothing_is_left();
    assert_eq!(fs::read_dir(up.folder.path()).unwrap().count(), 0);
}
