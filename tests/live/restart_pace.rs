//! When workloads are read and restarted, and how far apart.

use jiff::SignedDuration;
use serde_json::json;

use crate::scene::Scene;
use crate::workloads::{FIVE_MINUTES, HALF_A_MINUTE, entry, env, restarting};

const ONE: &str = r#"{"a":"1","b":"1"}"#;
const TWO: &str = r#"{"a":"2","b":"1"}"#;
const THREE: &str = r#"{"a":"3","b":"1"}"#;
const FOUR: &str = r#"{"a":"4","b":"1"}"#;

const READ: &str = "get deployments orders 200";
const PATCHED: &str = "patch deployments orders 200";
const TOLD: &str = "patch ncpsecrets/status orders-db 200";

/// A scene with a Deployment that consumes `a`, and the ID of the secret.
async fn start() -> (Scene, String) {
    let scene = Scene::start().await;
    scene.deploy("Deployment", "orders", env(&["a"])).await;
    let id = scene.synced("orders-db", ONE, restarting("orders")).await;
    scene.until_result("orders-db", "orders", "UpToDate").await;
    scene.until_idle().await;
    // However slow the machine is, only the test lets time pass.
    scene.steering.freeze();
    (scene, id)
}

#[tokio::test]
async fn r7_workloads_are_read_at_first_sight_and_when_the_content_changed_and_never_besides() {
    let scene = Scene::start().await;
    scene.deploy("Deployment", "orders", env(&["a"])).await;
    // The store tells of its first use.
    scene.until_past().await;
    let mark = scene.mark();
    let id = scene.synced("orders-db", ONE, restarting("orders")).await;
    scene.until_idle().await;
    assert_eq!(
        scene.asked(mark),
        ["create secrets orders-db 201", READ, TOLD]
    );
    let mark = scene.mark();
    for _ in 0..3 {
        scene.look_after(&id, SignedDuration::from_hours(1)).await;
    }
    assert_eq!(scene.asked(mark), [""; 0]);

    scene.change("orders-db", &id, TWO).await;
    scene.until_idle().await;
    assert_eq!(
        scene.asked(mark),
        ["patch secrets orders-db 200", TOLD],
        "what is owed is told first"
    );
    let mark = scene.mark();
    let looks = scene.looks_at(&id);
    scene.advance(HALF_A_MINUTE);
    scene.until_result("orders-db", "orders", "Restarted").await;
    scene.until_idle().await;
    let events = |line: &String| line.contains(" events ");
    let mut asked = scene.asked(mark);
    asked.retain(|line| !events(line));
    assert_eq!(asked, [READ, PATCHED, TOLD]);
    assert_eq!(scene.looks_at(&id), looks, "a restart is no look");
    let mark = scene.mark();
    scene.look_after(&id, SignedDuration::from_hours(1)).await;
    assert_eq!(scene.asked(mark), [""; 0]);
}

#[tokio::test]
async fn r7_an_operator_that_starts_restarts_nothing_and_asks_for_nothing() {
    let (mut scene, id) = start().await;
    scene.change_and_wait("orders-db", &id, TWO).await;
    let restarted = scene.until_restarted("orders", None).await;
    scene.until_result("orders-db", "orders", "Restarted").await;
    scene.until_idle().await;
    for _ in 0..2 {
        scene.stop_operator().await;
        scene.advance(SignedDuration::from_mins(10));
        let mark = scene.mark();
        scene.start_operator().await;
        scene.until_idle().await;
        assert_eq!(scene.asked(mark), [""; 0]);
    }
    scene.annotate("orders-db", "look").await;
    scene
        .until_object("orders-db", "echoes", |object| {
            let status = object.status.as_ref().unwrap();
            status.last_forced_sync.as_deref() == Some("look")
        })
        .await;
    scene.until_past().await;
    scene.advance(SignedDuration::from_mins(10));
    scene.until_past().await;
    assert_eq!(scene.mark_of("Deployment", "orders").await, Some(restarted));
}

#[tokio::test]
async fn a_new_installation_key_takes_a_new_baseline_and_restarts_nothing() {
    let (mut scene, id) = start().await;
    let baseline = async |scene: &Scene| {
        let object = scene.ncp_secret("orders-db").await;
        entry(&object, "orders").unwrap().baseline.clone()
    };
    let before = baseline(&scene).await;
    scene.stop_operator().await;
    scene.delete_installation_key().await;
    scene.start_operator().await;
    scene.until_idle().await;
    scene.annotate("orders-db", "look").await;
    scene
        .until_object("orders-db", "has a new baseline", |object| {
            entry(object, "orders").unwrap().baseline != before
        })
        .await;
    scene.until_past().await;
    scene.advance(SignedDuration::from_mins(6));
    scene.until_past().await;
    assert_eq!(scene.mark_of("Deployment", "orders").await, None);
    scene.change_and_wait("orders-db", &id, TWO).await;
    scene.until_restarted("orders", None).await;
}

#[tokio::test]
async fn changes_within_half_a_minute_make_one_restart_and_the_last_of_them_counts() {
    let (scene, id) = start().await;
    scene.change("orders-db", &id, TWO).await;
    let owed = scene.until_result("orders-db", "orders", "Waiting").await;
    scene.until_idle().await;
    for value in [THREE, FOUR] {
        scene.advance(SignedDuration::from_secs(14));
        scene.change("orders-db", &id, value).await;
        scene.until_idle().await;
    }
    let waiting = scene.until_result("orders-db", "orders", "Waiting").await;
    assert_eq!(waiting.due_time, owed.due_time);
    assert_ne!(waiting.owed, owed.owed);
    assert_eq!(scene.mark_of("Deployment", "orders").await, None);
    scene.advance(SignedDuration::from_secs(3));
    let told = scene.until_result("orders-db", "orders", "Restarted").await;
    assert_eq!(told.baseline, waiting.owed.unwrap());
    let first = scene.until_restarted("orders", None).await;
    scene.until_past().await;
    scene.advance(SignedDuration::from_mins(10));
    scene.until_past().await;
    assert_eq!(scene.mark_of("Deployment", "orders").await, Some(first));
}

#[tokio::test]
async fn a_change_that_is_taken_back_within_half_a_minute_restarts_nothing() {
    let (scene, id) = start().await;
    scene.change("orders-db", &id, TWO).await;
    scene.until_result("orders-db", "orders", "Waiting").await;
    scene.change_and_wait("orders-db", &id, ONE).await;
    scene.until_result("orders-db", "orders", "UpToDate").await;
    scene.until_past().await;
    assert_eq!(scene.mark_of("Deployment", "orders").await, None);
}

#[tokio::test]
async fn a_workload_is_restarted_at_most_once_in_five_minutes_also_over_a_restart_of_the_operator()
{
    let (mut scene, id) = start().await;
    scene.change_and_wait("orders-db", &id, TWO).await;
    let first = scene.until_restarted("orders", None).await;
    scene.until_result("orders-db", "orders", "Restarted").await;
    scene.until_idle().await;
    scene.change("orders-db", &id, THREE).await;
    scene.until_result("orders-db", "orders", "Waiting").await;
    scene.until_idle().await;
    scene.advance(SignedDuration::from_mins(2));
    scene.until_past().await;
    scene.stop_operator().await;
    scene.advance(SignedDuration::from_mins(2));
    scene.start_operator().await;
    scene.until_past().await;
    scene.advance(SignedDuration::from_secs(55));
    scene.until_past().await;
    assert_eq!(
        scene.mark_of("Deployment", "orders").await,
        Some(first.clone())
    );
    scene.advance(SignedDuration::from_secs(7));
    scene.until_restarted("orders", Some(&first)).await;
    scene.until_result("orders-db", "orders", "Restarted").await;
}

#[tokio::test]
async fn a_restart_that_is_owed_is_made_by_the_operator_that_starts_next_also_without_ncp() {
    let (mut scene, id) = start().await;
    scene.change("orders-db", &id, TWO).await;
    scene.until_result("orders-db", "orders", "Waiting").await;
    scene.stop_operator().await;
    let down = ncp_emulator::Effect::Unavailable;
    scene.emulator.add_fault(ncp_emulator::Fault::new(down));
    scene.advance(SignedDuration::from_mins(1));
    scene.start_operator().await;
    scene.until_restarted("orders", None).await;
    scene.until_result("orders-db", "orders", "Restarted").await;
}

#[tokio::test]
async fn two_objects_that_change_together_restart_their_workload_once() {
    let scene = Scene::start().await;
    let mut pod = env(&["a"]);
    let other = json!({"name": "B", "valueFrom": {"secretKeyRef": {"name": "more", "key": "a"}}});
    pod["containers"][0]["env"]
        .as_array_mut()
        .unwrap()
        .push(other);
    scene.deploy("Deployment", "orders", pod).await;
    let one = scene.synced("orders-db", ONE, restarting("orders")).await;
    let other = scene.synced("more", ONE, restarting("orders")).await;
    scene.until_idle().await;
    scene.change("orders-db", &one, TWO).await;
    scene.change("more", &other, TWO).await;
    scene.until_idle().await;
    scene.advance(HALF_A_MINUTE);
    for object in ["orders-db", "more"] {
        scene.until_result(object, "orders", "Restarted").await;
    }
    let first = scene.until_restarted("orders", None).await;

    // A later change of the other has to wait for its turn.
    scene.until_idle().await;
    scene.change("more", &other, THREE).await;
    scene.until_idle().await;
    scene.advance(SignedDuration::from_mins(4));
    scene.until_past().await;
    assert_eq!(
        scene.mark_of("Deployment", "orders").await,
        Some(first.clone())
    );
    scene.advance(FIVE_MINUTES);
    let second = scene.until_restarted("orders", Some(&first)).await;
    assert!(second.contains(" more "), "{second}");
    scene.until_result("more", "orders", "Restarted").await;

    // And so has one of the first, whose own status knows nothing of the last restart.
    scene.until_idle().await;
    scene.change("orders-db", &one, THREE).await;
    scene.until_idle().await;
    scene.advance(SignedDuration::from_mins(2));
    let waits = scene.until_result("orders-db", "orders", "Waiting").await;
    assert!(waits.due_time.is_some());
    scene.until_past().await;
    assert_eq!(
        scene.mark_of("Deployment", "orders").await,
        Some(second.clone())
    );
    scene.advance(FIVE_MINUTES);
    scene.until_restarted("orders", Some(&second)).await;
}
