//! R13 for restarts: whatever ends or moves in the middle, a workload is restarted once.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;
use testbed::Fault;

use crate::scene::{Scene, until};
use crate::workloads::{HALF_A_MINUTE, entry, env, restarting};

const ONE: &str = r#"{"a":"1","b":"1"}"#;
const TWO: &str = r#"{"a":"2","b":"1"}"#;

const READ: &str = "get deployments orders 200";

#[tokio::test]
async fn r13_a_restart_whose_status_was_lost_is_told_and_not_made_again() {
    let (mut scene, proxy) = Scene::behind_a_proxy().await;
    scene.start_operator().await;
    scene.deploy("Deployment", "orders", env(&["a"])).await;
    let id = scene.synced("orders-db", ONE, restarting("orders")).await;
    scene.change("orders-db", &id, TWO).await;
    scene.until_result("orders-db", "orders", "Waiting").await;
    scene.until_idle().await;
    let delay = Fault::Delay(Duration::from_secs(1));
    proxy.set(delay).await.unwrap();
    scene.advance(HALF_A_MINUTE);
    let made = scene.until_restarted("orders", None).await;
    proxy.set(Fault::Refuse).await.unwrap();
    scene.stop_operator().await;
    scene.until_result("orders-db", "orders", "Waiting").await;
    let version = scene.version_of("Deployment", "orders").await;

    proxy.set(Fault::Pass).await.unwrap();
    scene.advance(SignedDuration::from_mins(10));
    let mark = scene.mark();
    scene.start_operator().await;
    let told = scene.until_result("orders-db", "orders", "Restarted").await;
    let second = made.split('.').next().unwrap();
    assert!(
        json!(told.restarted_time)
            .as_str()
            .unwrap()
            .starts_with(second)
    );
    scene.until_past().await;
    assert_eq!(scene.version_of("Deployment", "orders").await, version);
    let asked = scene.asked(mark);
    assert!(
        !asked.iter().any(|line| line.contains("patch deployments")),
        "{asked:?}"
    );
}

#[tokio::test]
async fn r13_a_change_whose_status_was_lost_is_compared_by_the_operator_that_starts_next() {
    let (mut scene, proxy) = Scene::behind_a_proxy().await;
    scene.start_operator().await;
    scene.deploy("Deployment", "orders", env(&["a"])).await;
    let id = scene.synced("orders-db", ONE, restarting("orders")).await;
    scene.until_idle().await;
    let before = scene.secret("orders-db").await;
    scene
        .emulator
        .set_value(&id, ncp_emulator::Stage::Active, Some(TWO))
        .unwrap();
    let delay = Fault::Delay(Duration::from_secs(1));
    proxy.set(delay).await.unwrap();
    scene.advance(SignedDuration::from_hours(1));
    until("the Secret is changed", async || {
        (scene.secret("orders-db").await != before).then_some(())
    })
    .await;
    proxy.set(Fault::Refuse).await.unwrap();
    scene.stop_operator().await;
    let object = scene.ncp_secret("orders-db").await;
    assert_eq!(entry(&object, "orders").unwrap().owed, None);

    proxy.set(Fault::Pass).await.unwrap();
    scene.start_operator().await;
    scene.until_result("orders-db", "orders", "Waiting").await;
    scene.until_idle().await;
    scene.advance(HALF_A_MINUTE);
    scene.until_restarted("orders", None).await;
}

#[tokio::test]
async fn a_workload_that_changes_under_our_hands_is_read_again_and_restarted() {
    let (mut scene, proxy) = Scene::behind_a_proxy().await;
    scene.start_operator().await;
    scene.deploy("Deployment", "orders", env(&["a"])).await;
    let id = scene.synced("orders-db", ONE, restarting("orders")).await;
    scene.change("orders-db", &id, TWO).await;
    scene.until_idle().await;
    let mark = scene.mark();
    proxy
        .set(Fault::Delay(Duration::from_secs(1)))
        .await
        .unwrap();
    scene.advance(HALF_A_MINUTE);
    scene.until_asked(mark, READ, 1).await;
    let labels = json!({"metadata": {"labels": {"moved": "yes"}}});
    scene.patch_workload("Deployment", "orders", labels).await;
    scene
        .until_asked(mark, "patch deployments orders 422", 1)
        .await;
    proxy.set(Fault::Pass).await.unwrap();
    scene.until_restarted("orders", None).await;
    scene.until_result("orders-db", "orders", "Restarted").await;
    let api = scene.workloads("Deployment", &scene.namespace);
    let labels = api.get("orders").await.unwrap().metadata.labels.unwrap();
    assert_eq!(labels["moved"], "yes");
}
