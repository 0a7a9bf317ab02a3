//! R1: a Secret is deleted with its source only if the spec asks for it and the source is gone for certain.

use k8s_openapi::api::core::v1::Secret;
use kube::api::PostParams;
use ncp_emulator::behavior::Destroyed;
use ncp_emulator::{Effect, Fault, Host, Operation};
use serde_json::{Value, json};

use crate::scene::{Scene, condition};
use crate::seen::says;

pub const VALUE: &str = r#"{"password":"one"}"#;
const DELETED: &str = "delete secrets orders-db 200";

/// A spec that wants the Secret to go with its source.
pub fn deletes() -> Value {
    json!({"refresh": {"interval": "8760h"}, "target": {"deletionPolicy": "Delete"}})
}

/// Requests the deletion of a secret and has the operator see it.
pub async fn revoke(scene: &Scene, name: &str, id: &str) {
    scene.emulator.request_deletion(id).unwrap();
    let object = scene.force(name, "revoked").await;
    assert_eq!(says(&object, "Ready"), ("False", "SourceRevoked"));
}

#[tokio::test]
async fn r1_a_source_that_ncp_calls_destroyed_takes_the_secret_with_it_once() {
    let mut scene = Scene::start().await;
    scene
        .emulator
        .behave(|behavior| behavior.destroyed = Destroyed::Shown);
    let id = scene.synced("orders-db", VALUE, deletes()).await;
    let mark = scene.mark();
    scene.emulator.request_deletion(&id).unwrap();
    scene.emulator.delete(&id).unwrap();
    let object = scene.force("orders-db", "destroyed").await;
    let (status, reason, message) = condition(&object, "Ready").unwrap();
    assert_eq!((status, reason), ("False", "SourceDestroyed"));
    assert_eq!(
        message,
        "The secret was destroyed in NCP. The Secret was deleted with it, because \
         spec.target.deletionPolicy is Delete. Point spec.source at another secret."
    );
    let target = object.status.unwrap().target.unwrap();
    assert!(target.deleted_time.is_some() && target.keys.is_empty());
    assert_eq!(scene.secret("orders-db").await, None);
    scene
        .until_warnings("orders-db", &["SourceDestroyed"])
        .await;

    let told = scene.version("orders-db").await;
    for _ in 0..2 {
        scene.stop_operator().await;
        scene.start_operator().await;
        scene.until_past().await;
    }
    scene.advance(jiff::SignedDuration::from_hours(24));
    scene.until_past().await;
    assert_eq!(scene.version("orders-db").await, told);
    let mut asked = scene.asked(mark);
    asked.retain(|line| line.starts_with("delete"));
    assert_eq!(asked, [DELETED], "once");
    scene
        .until_warnings("orders-db", &["SourceDestroyed"])
        .await;
}

#[tokio::test]
async fn r1_an_unknown_source_that_was_seen_on_its_way_out_takes_the_secret_with_it() {
    for by_name in [false, true] {
        for restart in [false, true] {
            let mut scene = Scene::start().await;
            let id = scene.secret_in_ncp("orders", VALUE);
            if by_name {
                scene
                    .create_ncp_secret("orders-db", "orders", deletes())
                    .await;
            } else {
                scene.create_by_id("orders-db", &id, deletes()).await;
            }
            scene.until_reason("orders-db", "Synced").await;
            revoke(&scene, "orders-db", &id).await;
            if restart {
                scene.stop_operator().await;
                scene.start_operator().await;
            }
            let mark = scene.mark();
            scene.emulator.delete(&id).unwrap();
            let object = scene.force("orders-db", "gone").await;
            let (_, reason, message) = condition(&object, "Ready").unwrap();
            let case = format!("by name: {by_name}, after a restart: {restart}");
            assert_eq!(reason, "SourceNotFound", "{case}");
            assert!(
                message.contains("The Secret was deleted with it"),
                "{case}: {message}"
            );
            assert_eq!(scene.secret("orders-db").await, None, "{case}");
            let mut asked = scene.asked(mark);
            asked.retain(|line| line.starts_with("delete"));
            assert_eq!(asked, [DELETED], "{case}");
            let events = ["SourceRevoked", "SourceNotFound"];
            scene.until_warnings("orders-db", &events).await;
        }
    }
}

#[tokio::test]
async fn r1_a_secret_whose_source_is_back_is_written_again() {
    let scene = Scene::start().await;
    let id = scene.synced("orders-db", VALUE, deletes()).await;
    revoke(&scene, "orders-db", &id).await;
    scene.emulator.delete(&id).unwrap();
    scene.force("orders-db", "gone").await;
    assert_eq!(scene.secret("orders-db").await, None);
    let other = scene.secret_in_ncp("other", VALUE);
    let source = json!({"spec": {"source": {"secretId": other}}});
    scene.patch_ncp_secret("orders-db", source).await;
    let object = scene.until_reason("orders-db", "Synced").await;
    assert!(scene.secret("orders-db").await.is_some());
    let target = object.status.unwrap().target.unwrap();
    assert_eq!(target.deleted_time, None);
}

#[tokio::test]
async fn r1_the_policy_counts_also_when_it_is_changed_after_the_end_and_is_told_by_an_event() {
    let scene = Scene::start().await;
    scene
        .emulator
        .behave(|behavior| behavior.destroyed = Destroyed::Shown);
    let id = scene.synced("orders-db", VALUE, json!({})).await;
    scene.emulator.request_deletion(&id).unwrap();
    scene.emulator.delete(&id).unwrap();
    let object = scene.force("orders-db", "destroyed").await;
    assert_eq!(says(&object, "Ready").1, "SourceDestroyed");
    assert!(
        scene.secret("orders-db").await.is_some(),
        "Retain is the default"
    );
    scene
        .until_warnings("orders-db", &["SourceDestroyed"])
        .await;

    let policy = json!({"spec": {"target": {"deletionPolicy": "Delete"}}});
    scene.patch_ncp_secret("orders-db", policy).await;
    scene.until_no_secret("orders-db").await;
    let events = ["SourceDestroyed", "SourceDestroyed"];
    scene.until_warnings("orders-db", &events).await;
}

#[tokio::test]
async fn r2_a_secret_that_somebody_else_put_there_is_not_deleted_with_the_source() {
    let mut scene = Scene::start().await;
    let id = scene.synced("orders-db", VALUE, deletes()).await;
    revoke(&scene, "orders-db", &id).await;
    scene.stop_operator().await;
    scene.delete::<Secret>("orders-db").await;
    scene
        .write_secret("orders-db", json!({"password": "theirs"}))
        .await;
    let theirs = scene.secret("orders-db").await;
    scene.emulator.delete(&id).unwrap();
    scene.start_operator().await;
    scene.force("orders-db", "gone").await;
    scene.until_past().await;
    assert_eq!(scene.secret("orders-db").await, theirs);
}

#[tokio::test]
async fn r2_a_secret_that_was_replaced_while_its_source_was_asked_for_is_not_deleted() {
    let scene = Scene::start().await;
    let id = scene.synced("orders-db", VALUE, deletes()).await;
    revoke(&scene, "orders-db", &id).await;
    scene.emulator.delete(&id).unwrap();
    let slow = Fault::new(Effect::Delay(std::time::Duration::from_secs(4)))
        .host(Host::KrGlobal)
        .times(1);
    scene.emulator.add_fault(slow);
    let mark = scene.mark();
    scene.emulator.reset_calls();
    scene.annotate("orders-db", "gone").await;
    scene.until_calls(1).await;

    // The pass has seen the old Secret, and one of the two hosts has yet to say that its source is gone.
    scene.delete::<Secret>("orders-db").await;
    let theirs: Secret = serde_json::from_value(json!({
        "metadata": {"name": "orders-db"}, "stringData": {"password": "theirs"},
    }))
    .unwrap();
    let create = PostParams::default();
    let theirs = scene
        .api::<Secret>()
        .create(&create, &theirs)
        .await
        .unwrap();
    assert_eq!(
        scene.emulator.count(Operation::GetSecretDetail),
        1,
        "this machine was too slow to replace the Secret in time"
    );

    scene.until_reason("orders-db", "TargetNotOwned").await;
    scene.until_idle().await;
    let mut asked = scene.asked(mark);
    asked.retain(|line| line.starts_with("delete"));
    assert_eq!(asked, ["delete secrets orders-db 409"]);
    assert_eq!(scene.secret("orders-db").await, Some(theirs));
}

#[tokio::test]
async fn r1_a_secret_is_called_deleted_only_when_it_is_gone_wherever_it_was() {
    let label = json!({"metadata": {"labels": {"app.kubernetes.io/managed-by": null}}});
    let name = json!({"spec": {"target": {"name": "second"}}});
    for (secret, object) in [(Some(label), None), (None, Some(name))] {
        let scene = Scene::start().await;
        scene
            .emulator
            .behave(|behavior| behavior.destroyed = Destroyed::Shown);
        let id = scene.synced("orders-db", VALUE, deletes()).await;
        scene.until_idle().await;
        scene.emulator.request_deletion(&id).unwrap();
        scene.emulator.delete(&id).unwrap();
        if let Some(patch) = secret {
            scene.patch_secret("orders-db", patch).await;
        }
        if let Some(patch) = object {
            scene.patch_ncp_secret("orders-db", patch).await;
        }
        let object = scene.until_reason("orders-db", "SourceDestroyed").await;
        let target = object.status.unwrap().target.unwrap();
        assert!(target.deleted_time.is_some());
        assert_eq!(scene.secret("orders-db").await, None);
        assert_eq!(scene.secret("second").await, None);
    }
}

#[tokio::test]
async fn a_secret_that_a_finalizer_keeps_is_deleted_once_and_called_deleted() {
    let scene = Scene::start().await;
    let id = scene.synced("orders-db", VALUE, deletes()).await;
    let hold = json!({"metadata": {"finalizers": ["example.com/hold"]}});
    scene.patch_secret("orders-db", hold).await;
    revoke(&scene, "orders-db", &id).await;
    let mark = scene.mark();
    scene.emulator.delete(&id).unwrap();
    let object = scene.force("orders-db", "gone").await;
    assert_eq!(says(&object, "Ready").1, "SourceNotFound");
    scene.until_past().await;
    scene.advance(jiff::SignedDuration::from_secs(30));
    let object = scene.force("orders-db", "once more").await;
    assert_eq!(says(&object, "Ready").1, "SourceNotFound");
    let release = json!({"metadata": {"finalizers": null}});
    scene.patch_secret("orders-db", release).await;
    scene.until_no_secret("orders-db").await;
    scene.until_past().await;
    let mut asked = scene.asked(mark);
    asked.retain(|line| line.starts_with("delete"));
    assert_eq!(asked, [DELETED]);
    let events = ["SourceRevoked", "SourceNotFound"];
    scene.until_warnings("orders-db", &events).await;
}
