//! R6: nothing hangs because the API server does.

use std::time::Duration;

use jiff::SignedDuration;
use ncp_emulator::Stage;
use serde_json::json;
use testbed::Fault;

use crate::scene::{Scene, until};
use crate::seen::fetch;

const INTERRUPTED: &str = r#"ncp_secret_operator_passes_total{outcome="interrupted",reason=""}"#;

#[tokio::test]
async fn r6_passes_end_by_their_deadline_while_the_api_server_stalls_and_work_goes_on_after() {
    let (mut scene, proxy) = Scene::behind_a_proxy().await;
    scene.longest_pass = Some(Duration::from_secs(1));
    scene.start_operator().await;
    let spec = json!({"refresh": {"interval": "30s"}});
    let one = scene.synced("one", r#"{"value":"1"}"#, spec.clone()).await;
    let two = scene.synced("two", r#"{"value":"1"}"#, spec).await;
    scene.until_idle().await;

    proxy.set(Fault::Stall).await.unwrap();
    for id in [&one, &two] {
        let newer = Some(r#"{"value":"2"}"#);
        scene.emulator.set_value(id, Stage::Active, newer).unwrap();
    }
    scene.advance(SignedDuration::from_secs(30));
    let ended = until("both passes have ended twice", async || {
        (scene.sample(INTERRUPTED).await >= 4).then_some(())
    });
    // A single request would be given up only after 15 seconds.
    tokio::time::timeout(Duration::from_secs(12), ended)
        .await
        .expect("passes end by their deadline");
    assert_eq!(fetch(&format!("{}/livez", scene.probes())).await.0, 200);
    for name in ["one", "two"] {
        let secret = scene.secret(name).await.unwrap();
        assert_eq!(crate::scene::values(&secret)["value"], "1");
    }

    proxy.set(Fault::Pass).await.unwrap();
    for name in ["one", "two"] {
        scene
            .until_secret(name, |values| values["value"] == "2")
            .await;
        scene.until_reason(name, "Synced").await;
    }
    scene.until_past().await;
}

#[tokio::test]
async fn r6_an_api_server_that_is_away_for_a_while_is_found_again() {
    let (mut scene, proxy) = Scene::behind_a_proxy().await;
    scene.start_operator().await;
    let id = scene
        .synced("orders-db", r#"{"value":"1"}"#, json!({}))
        .await;
    proxy.set(Fault::Refuse).await.unwrap();
    let newer = Some(r#"{"value":"2"}"#);
    scene.emulator.set_value(&id, Stage::Active, newer).unwrap();
    scene.advance(SignedDuration::from_hours(1));
    until("passes fail", async || {
        (scene.sample(INTERRUPTED).await >= 2).then_some(())
    })
    .await;
    scene.secret_in_ncp("new", r#"{"value":"new"}"#);
    scene.create_ncp_secret("new", "new", json!({})).await;

    proxy.set(Fault::Pass).await.unwrap();
    scene
        .until_secret("orders-db", |values| values["value"] == "2")
        .await;
    scene.until_reason("new", "Synced").await;
    let object = scene.until_reason("orders-db", "Synced").await;
    assert_eq!(object.status.unwrap().failing_since, None);
}

#[tokio::test]
async fn r14_an_outage_of_ncp_leaves_looks_waiting_in_the_lane_of_their_store_and_does_not_fail_liveness()
 {
    let mut scene = Scene::without_operator().await;
    scene.create_store("ncp").await;
    scene.concurrency = 1;
    scene.start_operator().await;
    let spec = json!({"refresh": {"interval": "30s"}});
    for name in ["one", "two", "three"] {
        scene.synced(name, r#"{"value":"1"}"#, spec.clone()).await;
    }
    scene.until_idle().await;
    scene.steering.freeze();
    let silent = ncp_emulator::Effect::Delay(Duration::from_secs(5));
    scene.emulator.add_fault(ncp_emulator::Fault::new(silent));
    scene.advance(SignedDuration::from_secs(31));
    // One look is underway, as many as the store may have, and the two others wait for it.
    until("two objects are held", async || {
        (scene.sample("ncp_secret_operator_queue_held").await == 2).then_some(())
    })
    .await;
    scene.advance(SignedDuration::from_secs(119));
    for series in ["overdue", "overdue_without_room"] {
        let series = format!("ncp_secret_operator_{series}");
        assert_eq!(scene.sample(&series).await, 0);
    }
    assert_eq!(fetch(&format!("{}/livez", scene.probes())).await.0, 200);

    scene.emulator.clear_faults();
    scene.until_idle().await;
}
