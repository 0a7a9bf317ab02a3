//! Obtaining the programs of the control plane, with a Go that takes no time.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::thread;

use testbed::{Binaries, Progress, Sources};

const PROGRAMS: [&str; 4] = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kubectl",
];

/// Sources in a folder, with a Go that does what a script says. The command itself is never written by a test:
/// a file cannot be run while another thread's new process still holds it open.
fn sources(folder: &Path, build: &str) -> Sources {
    fs::write(folder.join("build"), build).unwrap();
    let go = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/quick-go");
    Sources {
        assets: None,
        cache: folder.join("cache"),
        go: go.into(),
    }
}

fn builds(folder: &Path) -> usize {
    fs::read_to_string(folder.join("builds")).map_or(0, |text| text.lines().count())
}

fn assert_whole(binaries: &Binaries) {
    for program in PROGRAMS {
        assert_eq!(
            fs::read_to_string(binaries.folder().join(program)).unwrap(),
            "built\n"
        );
    }
}

#[test]
fn a_missing_go_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let sources = Sources {
        go: "/no/such/go".into(),
        ..sources(folder.path(), "")
    };
    let error = sources.obtain(&mut |_| {}).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Go is not installed: install Go 1.26 or later from your package manager or go.dev/dl, then run this again"
    );
}

#[test]
fn programs_that_were_never_built_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let error = sources(folder.path(), "").find().unwrap_err();
    assert!(
        error
            .to_string()
            .contains("run `cargo xtask control-plane`"),
        "{error}"
    );
}

#[test]
fn provided_programs_are_used_when_all_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let assets = folder.path().join("assets");
    fs::create_dir(&assets).unwrap();
    let sources = Sources {
        assets: Some(assets.clone()),
        ..sources(folder.path(), "exit 1")
    };
    for program in &PROGRAMS[..3] {
        fs::write(assets.join(program), "").unwrap();
    }
    let error = sources.obtain(&mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("has no kubectl:"), "{error}");

    fs::write(assets.join("kubectl"), "").unwrap();

    assert_eq!(sources.obtain(&mut |_| {}).unwrap().folder(), assets);
    assert_eq!(builds(folder.path()), 0);
}

#[test]
fn programs_are_built_once_and_then_found() {
    let folder = tempfile::tempdir().unwrap();
    let sources = sources(folder.path(), "echo built >$out");
    let mut built = Vec::new();
    let obtained = sources
        .obtain(&mut |progress| {
            if let Progress::Built { program, .. } = progress {
                built.push(program.to_owned());
            }
        })
        .unwrap();
    assert_eq!(built, PROGRAMS);
    assert_whole(&obtained);
    assert_whole(&sources.find().unwrap());
    sources
        .obtain(&mut |progress| panic!("{progress:?}"))
        .unwrap();

    let calls = fs::read_to_string(folder.path().join("builds")).unwrap();
    assert_eq!(calls.lines().count(), 4);
    assert!(calls.contains("version.gitVersion=v1.36.3"), "{calls}");
    assert!(
        calls.contains("version.gitMajor=1") && calls.contains("version.gitMinor=36"),
        "{calls}"
    );
}

#[test]
fn two_at_once_build_everything_once() {
    let folder = tempfile::tempdir().unwrap();
    let sources = sources(folder.path(), "sleep 0.1; echo built >$out");
    let obtained: Vec<Binaries> = thread::scope(|scope| {
        let obtaining: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| sources.obtain(&mut |_| {}).unwrap()))
            .collect();
        obtaining
            .into_iter()
            .map(|one| one.join().unwrap())
            .collect()
    });
    obtained.iter().for_each(assert_whole);
    assert_eq!(builds(folder.path()), 4);
}

#[test]
fn a_failed_build_shows_what_go_said_and_the_next_run_goes_on_from_there() {
    let folder = tempfile::tempdir().unwrap();
    let failing = "case $7 in *manager) echo half >$out; echo no space left >&2; exit 1;; esac\necho built >$out";
    let error = sources(folder.path(), failing)
        .obtain(&mut |_| {})
        .unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("cannot build kube-controller-manager"),
        "{error}"
    );
    assert!(error.contains("no space left"), "{error}");

    assert_whole(
        &sources(folder.path(), "echo built >$out")
            .obtain(&mut |_| {})
            .unwrap(),
    );
    assert_eq!(builds(folder.path()), 3 + 2);
}

#[test]
fn what_a_killed_build_left_is_cleared_away() {
    let folder = tempfile::tempdir().unwrap();
    let sources = sources(folder.path(), "echo built >$out");
    let obtained = sources.obtain(&mut |_| {}).unwrap();
    let left = obtained.folder().join(".drafts-killed");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("kubectl"), "half").unwrap();
    fs::remove_file(obtained.kubectl()).unwrap();

    assert_whole(&sources.obtain(&mut |_| {}).unwrap());
    assert!(!left.exists());
}
