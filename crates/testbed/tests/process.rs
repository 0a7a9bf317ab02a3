//! Programs end with what started them. That they also end when it is killed is shown where something can be
//! killed: in the tests of `cargo xtask up`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::process::Command;
use std::time::Duration;

use testbed::{Output, Process, Signal};
use tokio::time::{sleep, timeout};

const SOON: Duration = Duration::from_secs(5);

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

async fn until(mut condition: impl FnMut() -> bool) {
    let wait = async {
        while !condition() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(SOON, wait).await.unwrap();
}

fn runs(process: &str) -> bool {
    Command::new("kill")
        .args(["-0", process])
        .output()
        .unwrap()
        .status
        .success()
}

#[tokio::test]
async fn a_drop_ends_the_program_and_what_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = shell("trap '' TERM INT HUP; sleep 1000 & echo $! >child; wait");
    command.current_dir(&folder);
    let process = Process::spawn(&command, Output::Inherit).unwrap();
    let program = process.id().to_string();
    let child_file = folder.path().join("child");
    until(|| fs::read_to_string(&child_file).is_ok_and(|text| text.ends_with('\n'))).await;
    let child = fs::read_to_string(&child_file).unwrap();
    assert!(runs(&program) && runs(child.trim()));

    drop(process);

    assert!(!runs(&program));
    until(|| !runs(child.trim())).await;
}

#[tokio::test]
async fn the_status_the_log_and_the_settings_are_those_of_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut command = shell("pwd; echo one; echo \"$WORD\" >&2; cat; exit 7");
    command.current_dir("/").env("WORD", "two");
    let mut process = Process::spawn(&command, Output::Log(log)).unwrap();
    assert_eq!(process.name(), "sh");
    let status = timeout(SOON, process.wait()).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(7));
    assert_eq!(process.last_lines(10), "/\none\ntwo");
    assert_eq!(process.last_lines(1), "two");
}

#[tokio::test]
async fn a_signal_reaches_the_program_and_not_its_watcher() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let command = shell("trap 'echo asked; exit 3' TERM; echo ready; while :; do sleep 0.01; done");
    let mut process = Process::spawn(&command, Output::Log(log)).unwrap();
    until(|| process.last_lines(1) == "ready").await;

    process.signal(Signal::TERM).unwrap();

    let status = timeout(SOON, process.wait()).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(3));
    assert_eq!(process.last_lines(1), "asked");
    process.signal(Signal::KILL).unwrap();
}
