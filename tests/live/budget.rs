//! R8: what a store may spend, who goes first when that is short, and how it is told.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kube::Api;
use kube::api::PostParams;
use ncp_emulator::{Effect, Fault, Operation};
use ncp_secret_operator::api::NcpSecret;
use serde_json::{Value, json};

use crate::scene::{Scene, condition, create_namespace, own_control_plane, until};
use crate::seen::says;
use crate::workloads::{HALF_A_MINUTE, env};

const SECONDS: fn(i64) -> SignedDuration = SignedDuration::from_secs;

/// A scene whose clock stands still, with a store named `tight` that may make so many calls.
async fn with_budget(rate: u32, burst: u32) -> Scene {
    let scene = Scene::start().await;
    scene.steering.freeze();
    let budget = json!({"requestsPerSecond": rate, "burst": burst});
    scene
        .create_store_as("tight", json!({"budget": budget}))
        .await;
    scene
}

/// Creates an object over a secret of its own; answers the ID.
async fn create(scene: &Scene, name: &str) -> String {
    let id = scene.secret_in_ncp(name, r#"{"a":"b"}"#);
    let spec = json!({"storeRef": {"name": "tight"}, "refresh": {"interval": "24h"}});
    scene.create_by_id(name, &id, spec).await;
    id
}

/// The IDs in the order in which they were looked at.
fn looks(scene: &Scene) -> Vec<String> {
    let calls = scene.emulator.calls().into_iter();
    calls
        .filter(|call| call.operation == Some(Operation::GetSecretDetail))
        .filter_map(|call| call.secret_id)
        .collect()
}

#[tokio::test]
async fn r8_calls_keep_to_the_rate_and_the_burst_and_everybody_has_his_turn() {
    let scene = with_budget(4, 6).await;
    for number in 0..12 {
        create(&scene, &format!("object-{number}")).await;
    }
    scene.settle().await;
    assert_eq!(scene.emulator.calls().len(), 6);
    let begin = scene.clock.now();
    for step in 1..=9 {
        scene.advance(SignedDuration::from_millis(500));
        scene.until_calls(6 + 2 * step).await;
        scene.settle().await;
    }
    for number in 0..12 {
        scene
            .until_reason(&format!("object-{number}"), "Synced")
            .await;
    }
    let calls = scene.emulator.calls();
    assert_eq!(calls.len(), 24);
    let since = |at: Timestamp| at.duration_since(begin).as_secs_f64();
    for (count, call) in (1..).zip(&calls) {
        let allowed = 6.0 + 4.0 * since(call.at);
        assert!(f64::from(count) <= allowed + 1e-6, "{count} {}", call.at);
    }
}

#[tokio::test]
async fn r8_when_calls_are_short_new_and_forced_objects_go_before_those_whose_time_has_come() {
    let scene = with_budget(1, 2).await;
    let mut ids = Vec::new();
    for number in 0..4 {
        let name = format!("object-{number}");
        ids.push(create(&scene, &name).await);
        scene.until_reason(&name, "Synced").await;
        scene.settle().await;
        scene.advance(SECONDS(2));
    }
    scene.settle().await;
    scene.emulator.reset_calls();
    // All are due, and one of them may look.
    scene.advance(SignedDuration::from_hours(24));
    scene.until_calls(2).await;
    scene.settle().await;
    let first = looks(&scene);
    let others: Vec<_> = (0..4).filter(|number| ids[*number] != first[0]).collect();
    let new = create(&scene, "new").await;
    scene
        .annotate(&format!("object-{}", others[2]), "please")
        .await;
    scene.settle().await;
    for calls in [4, 6] {
        scene.advance(SECONDS(2));
        scene.until_calls(calls).await;
        scene.settle().await;
    }
    let order = looks(&scene);
    assert_eq!(order[1..], [ids[others[2]].clone(), new]);
    for calls in [8, 10] {
        scene.advance(SECONDS(2));
        scene.until_calls(calls).await;
        scene.settle().await;
    }
    let mut order = looks(&scene);
    order.truncate(5);
    order.sort();
    order.dedup();
    assert_eq!(order.len(), 5, "the others had their turn too");
}

#[tokio::test]
async fn r8_within_an_urgency_namespaces_have_their_turns() {
    let plane = own_control_plane().await;
    let mut scene = Scene::in_all_of(&plane).await;
    scene.start_operator().await;
    scene.steering.freeze();
    let neighbour = create_namespace(&scene.client).await;
    scene
        .create_cluster_store("tight", json!({"budget": {"requestsPerSecond": 1, "burst": 2}, "grants": [{"namespaces": ["*"], "secretIds": ["*"]}]}))
        .await;
    let create = async |namespace: &str, name: &str| {
        let id = scene.secret_in_ncp(name, r#"{"a":"b"}"#);
        let object: NcpSecret = serde_json::from_value(json!({
            "apiVersion": "ncp-secrets.io/v1alpha1", "kind": "NcpSecret", "metadata": {"name": name},
            "spec": {
                "storeRef": {"kind": "ClusterNcpSecretStore", "name": "tight"},
                "source": {"secretId": id},
            },
        }))
        .unwrap();
        Api::namespaced(scene.client.clone(), namespace)
            .create(&PostParams::default(), &object)
            .await
            .unwrap();
        id
    };
    let mut theirs = Vec::new();
    for number in 0..5 {
        theirs.push(create(&neighbour, &format!("theirs-{number}")).await);
    }
    scene.settle().await;
    let ours = [
        create(&scene.namespace, "ours-a").await,
        create(&scene.namespace, "ours-b").await,
    ];
    scene.settle().await;
    for calls in [4, 6, 8, 10] {
        scene.advance(SECONDS(2));
        scene.until_calls(calls).await;
        scene.settle().await;
    }
    let order = looks(&scene);
    let places = ours.map(|id| order.iter().position(|looked| *looked == id));
    assert!(places[0].is_some_and(|place| place <= 2), "{places:?}");
    assert!(places[1].is_some_and(|place| place <= 4), "{places:?}");
}

#[tokio::test]
async fn looks_that_wait_for_long_are_told_once_on_the_store_and_by_objects_that_never_were_synced()
{
    let scene = with_budget(1, 2).await;
    for number in 0..4 {
        create(&scene, &format!("object-{number}")).await;
    }
    scene.until_calls(2).await;
    scene.settle().await;
    let before: Vec<Value> = scene_reasons(&scene).await;
    assert_eq!(before.iter().filter(|reason| reason.is_null()).count(), 3);
    scene.advance(SECONDS(60));
    let told = scene.until_store("tight", "BudgetExhausted").await;
    assert_eq!(told.status, "True", "its calls are fine");
    assert!(
        told.message.contains("raise spec.budget"),
        "{}",
        told.message
    );
    until("two are told, as one more may look", async || {
        let reasons = scene_reasons(&scene).await;
        let told = reasons.iter().filter(|reason| *reason == "BudgetExhausted");
        (told.count() == 2).then_some(())
    })
    .await;
    scene.settle().await;
    for _ in 0..3 {
        scene.advance(SECONDS(2));
        scene.settle().await;
    }
    for number in 0..4 {
        let name = format!("object-{number}");
        scene.until_reason(&name, "Synced").await;
        assert_eq!(scene.events(&name).await, [], "the store has told it");
    }
    scene.advance(SECONDS(2));
    assert_eq!(
        scene.until_store("tight", "Configured").await.status,
        "True"
    );
    scene.until_warnings("tight", &["BudgetExhausted"]).await;
}

/// The reasons of the four objects; null where nothing was told yet.
async fn scene_reasons(scene: &Scene) -> Vec<Value> {
    let mut reasons = Vec::new();
    for number in 0..4 {
        let object = scene.ncp_secret(&format!("object-{number}")).await;
        let reason = condition(&object, "Ready").map(|(_, reason, _)| reason.to_owned());
        reasons.push(json!(reason));
    }
    reasons
}

#[tokio::test]
async fn a_synced_object_whose_look_waits_counts_as_good_until_it_is_stale() {
    let scene = with_budget(1, 4).await;
    let spec = json!({
        "storeRef": {"name": "tight"}, "refresh": {"interval": "30s", "staleAfter": "2m"},
    });
    let id = scene.secret_in_ncp("patient", r#"{"a":"b"}"#);
    scene.create_by_id("patient", &id, spec).await;
    scene.until_reason("patient", "Synced").await;
    let version = scene.version("patient").await;
    pause_by_another(&scene).await;
    scene.emulator.reset_calls();
    for wait in [31, 119] {
        scene.advance(SECONDS(wait));
        scene.settle().await;
    }
    assert_eq!(scene.version("patient").await, version, "nothing is told");
    scene.advance(SECONDS(1));
    let object = scene.until_reason("patient", "BudgetExhausted").await;
    assert_eq!(says(&object, "Ready").0, "False");
    scene.settle().await;
    scene.advance(SECONDS(148));
    scene.settle().await;
    assert_eq!(scene.emulator.calls(), [], "the pause is kept");
    scene.emulator.clear_faults();
    for _ in 0..5 {
        scene.advance(SECONDS(1));
        scene.settle().await;
    }
    scene.until_reason("patient", "Synced").await;
    scene.until_reason("other", "Synced").await;
}

#[tokio::test]
async fn a_forced_sync_that_waited_until_its_object_was_stale_is_made_when_calls_are_there_again() {
    let scene = with_budget(1, 4).await;
    let spec = json!({
        "storeRef": {"name": "tight"}, "refresh": {"policy": "OnChange", "staleAfter": "2m"},
    });
    let id = scene.secret_in_ncp("patient", r#"{"a":"b"}"#);
    scene.create_by_id("patient", &id, spec).await;
    scene.until_reason("patient", "Synced").await;
    pause_by_another(&scene).await;
    scene.annotate("patient", "please").await;
    scene.settle().await;
    scene.advance(SECONDS(121));
    let object = scene.until_reason("patient", "BudgetExhausted").await;
    let echo = object.status.unwrap().last_forced_sync;
    assert_eq!(echo.as_deref(), Some("please"));
    scene.settle().await;
    scene.emulator.clear_faults();
    scene.advance(SECONDS(190));
    scene.until_reason("patient", "Synced").await;
    assert_eq!(scene.looks_at(&id), 2);
}

/// Another object with the same credentials is asked to wait for an hour, which counts as five minutes.
async fn pause_by_another(scene: &Scene) {
    let pause = Effect::Throttled {
        retry_after: Some(Duration::from_hours(1)),
    };
    let other = scene.secret_in_ncp("other", r#"{"a":"b"}"#);
    scene.emulator.add_fault(Fault::new(pause).secret(&other));
    scene
        .create_by_id("other", &other, json!({"storeRef": {"name": "tight"}}))
        .await;
    scene.until_reason("other", "Throttled").await;
    scene.settle().await;
}

#[tokio::test]
async fn a_restart_that_is_owed_does_not_wait_until_its_object_may_look_again() {
    let scene = with_budget(1, 6).await;
    scene.deploy("Deployment", "orders", env(&["a"])).await;
    let id = scene.secret_in_ncp("orders-db", r#"{"a":"1"}"#);
    let spec = json!({
        "storeRef": {"name": "tight"}, "refresh": {"interval": "30s"},
        "restart": [{"kind": "Deployment", "name": "orders"}],
    });
    scene.create_by_id("orders-db", &id, spec).await;
    scene.until_result("orders-db", "orders", "UpToDate").await;
    scene.change("orders-db", &id, r#"{"a":"2"}"#).await;
    pause_by_another(&scene).await;
    let looks = scene.looks_at(&id);
    let ready = scene.ncp_secret("orders-db").await;
    scene.advance(HALF_A_MINUTE);
    let mark = scene.until_restarted("orders", None).await;
    scene.until_result("orders-db", "orders", "Restarted").await;
    assert_eq!(scene.looks_at(&id), looks, "its look is held");
    let object = scene.ncp_secret("orders-db").await;
    assert_eq!(
        object.status.unwrap().conditions,
        ready.status.unwrap().conditions
    );
    scene.emulator.clear_faults();
    scene.advance(SignedDuration::from_mins(6));
    scene.until_looks(&id, looks + 1).await;
    scene.settle().await;
    assert_eq!(scene.mark_of("Deployment", "orders").await, Some(mark));
}
