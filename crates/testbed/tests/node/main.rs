//! A real node: pods run on it, and nothing of it is left when it ends, however it ends.
//!
//! A node lives in an enclosure, so the tests start this same program anew, in one.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod pods;
mod traces;

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use testbed::{ControlPlane, Enclosure, Node, NodeBinaries, Output, Process, Signal, Sources};
use tokio::time::{sleep, timeout};

use traces::Traces;

const READY: &str = "a pod runs on the node";
const FOLDER: &str = "NODE_TEST_FOLDER";
/// Seen: 20 s on two cores with other work to do.
const LONG: Duration = Duration::from_mins(4);

#[tokio::test]
async fn pods_run_on_a_node_that_leaves_nothing_behind_even_when_its_user_is_killed() {
    if let Err(reason) = Node::check_machine() {
        eprintln!("SKIPPED: {reason}");
        return;
    }
    if let Err(reason) = NodeBinaries::find(&Sources::from_env().unwrap()) {
        eprintln!("SKIPPED: {reason}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let before = Traces::of(folder.path());

    let mut enclosure = enclosed("pods_get_what_their_secrets_hold", folder.path());
    let status = timeout(LONG, enclosure.wait()).await.unwrap().unwrap();
    enclosure.close().await.unwrap();
    assert!(status.success(), "{}", log(folder.path()));
    before.are_all(folder.path()).await;

    fs::remove_file(folder.path().join("log")).unwrap();
    let mut user = this_program("a_user_of_a_node_that_waits", folder.path());
    user.env(FOLDER, folder.path());
    let mut user = Process::spawn(&user, Output::Inherit).unwrap();
    timeout(LONG, a_pod_runs(&mut user, folder.path()))
        .await
        .unwrap();
    assert!(Traces::of(folder.path()) != before);

    user.signal(Signal::KILL).unwrap();
    user.wait().await.unwrap();
    drop(user);

    before.are_all(folder.path()).await;
}

async fn a_pod_runs(user: &mut Process, folder: &Path) {
    while !log(folder).contains(READY) {
        assert!(user.ended().unwrap().is_none(), "{}", log(folder));
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
#[ignore = "started by the other test, in an enclosure"]
async fn pods_get_what_their_secrets_hold() {
    let (plane, node) = started().await;
    let cluster = pods::Cluster::of(&plane).await;
    let proof = async {
        cluster
            .a_pod_waits_for_its_secret_and_sees_it_change()
            .await;
        cluster
            .a_deployment_of_the_restricted_standard_is_replaced()
            .await;
    };
    let in_time = timeout(LONG, proof).await;
    assert!(in_time.is_ok(), "not seen in time{}", node.last_lines());
}

#[tokio::test]
#[ignore = "started by the other test, which kills it"]
async fn a_user_of_a_node_that_waits() {
    let folder = env::var_os(FOLDER).unwrap();
    let mut enclosure = enclosed("a_pod_that_stays", folder.as_ref());
    enclosure.wait().await.unwrap();
}

#[tokio::test]
#[ignore = "started by the other test, in an enclosure"]
async fn a_pod_that_stays() {
    let (plane, _node) = started().await;
    let cluster = pods::Cluster::of(&plane).await;
    cluster.a_pod_stays().await;
    eprintln!("{READY}");
    std::future::pending::<()>().await;
}

async fn started() -> (ControlPlane, Node) {
    let sources = Sources::from_env().unwrap();
    let plane = ControlPlane::start_with_node(&sources.find().unwrap())
        .await
        .unwrap();
    let node = Node::start(&NodeBinaries::find(&sources).unwrap(), &plane)
        .await
        .unwrap();
    (plane, node)
}

fn enclosed(test: &str, folder: &Path) -> Enclosure {
    let program = this_program(test, folder);
    Enclosure::spawn(&program, Output::Log(folder.join("log"))).unwrap()
}

/// This program again, for one of its tests that is otherwise left out.
fn this_program(test: &str, folder: &Path) -> Command {
    let mut program = Command::new(env::current_exe().unwrap());
    program
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env(traces::MARK, folder);
    program
}

fn log(folder: &Path) -> String {
    fs::read_to_string(folder.join("log")).unwrap_or_default()
}
