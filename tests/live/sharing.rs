//! R8: objects with one source make one look together, inside one credential, and never one that was begun too early.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use kube::Api;
use kube::api::PostParams;
use ncp_emulator::{Effect, Fault, Operation, Role, Stage};
use ncp_secret_operator::api::NcpSecret;
use serde_json::{Value, json};

use crate::scene::{Scene, Values, condition, create_namespace, own_control_plane, until, values};
use crate::seen::says;

const ONE: &str = r#"{"password":"one"}"#;
const TWO: &str = r#"{"password":"two"}"#;

/// A scene whose clock stands still, with a secret in NCP.
async fn with_a_source() -> (Scene, String) {
    let scene = Scene::start().await;
    scene.steering.freeze();
    let id = scene.secret_in_ncp("shared", ONE);
    (scene, id)
}

async fn create_many(scene: &Scene, id: &str, count: usize) -> Vec<String> {
    let names: Vec<_> = (0..count)
        .map(|number| format!("object-{number}"))
        .collect();
    let created = names
        .iter()
        .map(|name| scene.create_by_id(name, id, json!({})));
    futures::future::join_all(created).await;
    for name in &names {
        scene.until_reason(name, "Synced").await;
    }
    names
}

#[tokio::test]
async fn r8_a_hundred_objects_that_are_made_together_over_one_source_cost_two_calls() {
    let (scene, id) = with_a_source().await;
    let names = create_many(&scene, &id, 100).await;
    assert_eq!(scene.emulator.calls().len(), 2);
    for name in &names {
        assert_eq!(
            values(&scene.secret(name).await.unwrap())["password"],
            "one"
        );
    }
}

#[tokio::test]
async fn r8_a_changed_value_costs_one_look_whatever_the_number_of_objects() {
    let (scene, id) = with_a_source().await;
    let names = create_many(&scene, &id, 3).await;
    scene.settle().await;
    for turn in 2..6 {
        let value = format!(r#"{{"password":"{turn}"}}"#);
        let active = Some(value.as_str());
        scene
            .emulator
            .set_value(&id, Stage::Active, active)
            .unwrap();
        scene.advance(SignedDuration::from_hours(1));
        for name in &names {
            let new = |values: &Values| values["password"] == turn.to_string();
            scene.until_secret(name, new).await;
        }
        scene.settle().await;
        scene.advance(SignedDuration::from_secs(10));
        scene.settle().await;
        assert_eq!(scene.looks_at(&id), turn);
    }
}

#[tokio::test]
async fn r8_a_forced_look_is_begun_after_it_was_asked_for() {
    let (scene, id) = with_a_source().await;
    let names = create_many(&scene, &id, 2).await;
    for (turn, name) in (2..).zip(&names) {
        let value = format!(r#"{{"password":"{turn}"}}"#);
        scene
            .emulator
            .set_value(&id, Stage::Active, Some(&value))
            .unwrap();
        scene.force(name, "now").await;
        let written = values(&scene.secret(name).await.unwrap());
        assert_eq!(written["password"], turn.to_string());
        scene.until_looks(&id, turn).await;
    }
}

#[tokio::test]
async fn r8_a_changed_object_and_a_repair_look_for_themselves() {
    let (scene, id) = with_a_source().await;
    create_many(&scene, &id, 2).await;
    scene
        .emulator
        .set_value(&id, Stage::Active, Some(TWO))
        .unwrap();
    let spec = json!({"spec": {"data": [{"key": "P", "from": "password"}]}});
    scene.patch_ncp_secret("object-0", spec).await;
    scene
        .until_secret("object-0", |values| {
            values.get("P").is_some_and(|p| p == "two")
        })
        .await;
    scene.until_looks(&id, 2).await;
    scene.settle().await;

    let three = r#"{"password":"three"}"#;
    scene
        .emulator
        .set_value(&id, Stage::Active, Some(three))
        .unwrap();
    scene
        .delete::<k8s_openapi::api::core::v1::Secret>("object-1")
        .await;
    // Repairs wait for half a second.
    until("the deletion is known", async || {
        scene.advance(SignedDuration::from_millis(100));
        let secret = scene.secret("object-1").await?;
        (values(&secret)["password"] == "three").then_some(())
    })
    .await;
    scene.until_looks(&id, 3).await;
}

#[tokio::test]
async fn r8_a_forced_look_does_not_wait_for_one_that_hangs() {
    let (scene, id) = with_a_source().await;
    create_many(&scene, &id, 2).await;
    let stall = Fault::new(Effect::Stall).secret(&id).times(1);
    scene.emulator.add_fault(stall);
    scene.annotate("object-0", "hangs").await;
    scene.until_looks(&id, 2).await;
    scene
        .emulator
        .set_value(&id, Stage::Active, Some(TWO))
        .unwrap();
    let object = scene.force("object-1", "now").await;
    assert_eq!(says(&object, "Ready"), ("True", "Synced"));
    let hanging = scene.ncp_secret("object-0").await;
    assert_eq!(hanging.status.unwrap().last_forced_sync, None);
    assert_eq!(
        values(&scene.secret("object-1").await.unwrap())["password"],
        "two"
    );
}

#[tokio::test]
async fn r9_a_retry_never_meets_the_same_failure_again() {
    let (scene, id) = with_a_source().await;
    let faults = Fault::new(Effect::Unavailable).secret(&id).times(1);
    scene.emulator.add_fault(faults);
    scene.create_by_id("one", &id, json!({})).await;
    scene.until_reason("one", "SourceUnavailable").await;
    scene.settle().await;
    scene.advance(SignedDuration::from_secs(1));
    scene.until_reason("one", "Synced").await;
}

#[tokio::test]
async fn r8_stores_and_credentials_share_nothing_though_the_key_is_the_same() {
    let (scene, id) = with_a_source().await;
    scene.create_store_as("other", json!({})).await;
    let second = scene.emulator.add_key(Role::Viewer);
    scene.write_credentials("second", &second).await;
    scene.create_store_with("third", "second").await;
    for store in ["ncp", "other", "third"] {
        let spec = json!({"storeRef": {"name": store}});
        scene.create_by_id(store, &id, spec).await;
        scene.until_reason(store, "Synced").await;
    }
    assert_eq!(scene.looks_at(&id), 3);
    let calls = scene.emulator.calls();
    let keys: BTreeSet<_> = calls.iter().map(|call| call.access_key.clone()).collect();
    assert_eq!(keys.len(), 2);
}

#[tokio::test]
async fn r4_a_fresh_look_of_a_neighbour_is_not_for_those_who_were_granted_nothing() {
    let plane = own_control_plane().await;
    let mut scene = Scene::in_all_of(&plane).await;
    scene.start_operator().await;
    scene.steering.freeze();
    let id = scene.secret_in_ncp("shared", ONE);
    let neighbour = create_namespace(&scene.client).await;
    scene
        .create_cluster_store(
            "granting",
            json!({ "grants": [{"namespaces": [scene.namespace], "secretIds": [id]}]}),
        )
        .await;
    let object: Value = json!({
        "apiVersion": "ncp-secrets.io/v1alpha1", "kind": "NcpSecret", "metadata": {"name": "orders"},
        "spec": {
            "storeRef": {"kind": "ClusterNcpSecretStore", "name": "granting"},
            "source": {"secretId": id},
        },
    });
    scene.create(object.clone()).await;
    scene.until_reason("orders", "Synced").await;
    let theirs: Api<NcpSecret> = Api::namespaced(scene.client.clone(), &neighbour);
    let object: NcpSecret = serde_json::from_value(object).unwrap();
    theirs
        .create(&PostParams::default(), &object)
        .await
        .unwrap();
    until("the neighbour is refused", async || {
        let object = theirs.get("orders").await.unwrap();
        (condition(&object, "Ready")?.1 == "NotGranted").then_some(())
    })
    .await;
    assert_eq!(scene.emulator.count(Operation::GetSecretDetail), 1);
}
