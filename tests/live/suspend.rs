//! `suspend`: nothing is read or written, and nothing that was said is taken back.

use jiff::SignedDuration;
use k8s_openapi::api::core::v1::Secret;
use ncp_emulator::Stage;
use ncp_secret_operator::api::NcpSecret;
use serde_json::json;

use crate::scene::{Scene, condition, pairs, until, values};
use crate::seen::{BARRIER, says};

const AN_HOUR: SignedDuration = SignedDuration::from_hours(1);

/// A scene whose clock stands still, with an object that is suspended and was synced before; answers the secret's ID.
async fn suspended() -> (Scene, String) {
    let scene = Scene::start().await;
    scene.steering.freeze();
    let id = scene
        .synced("orders-db", r#"{"password":"old"}"#, json!({}))
        .await;
    suspend(&scene, true).await;
    scene
        .until_object("orders-db", "is seen as suspended", |object| {
            let told = object.status.as_ref().unwrap().observed_generation;
            Some(told) == object.metadata.generation
        })
        .await;
    scene.settle().await;
    (scene, id)
}

async fn suspend(scene: &Scene, wanted: bool) {
    scene
        .patch_ncp_secret("orders-db", json!({"spec": {"suspend": wanted}}))
        .await;
}

/// What the operator did for anything but the barrier.
fn deeds(scene: &Scene, mark: testbed::Mark) -> Vec<String> {
    let asked = scene.asked(mark).into_iter();
    asked.filter(|line| !line.contains(BARRIER)).collect()
}

#[tokio::test]
async fn while_suspended_nothing_is_read_or_written_and_ready_stays_as_it_was() {
    let (mut scene, id) = suspended().await;
    let before = scene.ncp_secret("orders-db").await;
    assert_eq!(says(&before, "Ready"), ("True", "Synced"));
    let mark = scene.mark();
    scene.emulator.reset_calls();
    let new = r#"{"password":"new"}"#;
    scene
        .emulator
        .set_value(&id, Stage::Active, Some(new))
        .unwrap();
    for _ in 0..3 {
        scene.advance(AN_HOUR);
        scene.settle().await;
    }
    let edit = json!({"stringData": {"password": "edited"}});
    scene.patch_secret("orders-db", edit).await;
    scene.settle().await;
    scene.delete::<Secret>("orders-db").await;
    scene.settle().await;
    scene.annotate("orders-db", "now").await;
    scene.settle().await;
    scene.stop_operator().await;
    scene.start_operator().await;
    scene.settle().await;
    scene.advance(AN_HOUR);
    scene.settle().await;
    assert_eq!(deeds(&scene, mark), [""; 0]);
    assert_eq!(scene.emulator.calls(), []);
    assert_eq!(scene.secret("orders-db").await, None);
    let object = scene.ncp_secret("orders-db").await;
    assert_eq!(object.status, before.status);

    suspend(&scene, false).await;
    let object = scene
        .until_object("orders-db", "obeys the force-sync", |object| {
            let status = object.status.as_ref().unwrap();
            status.last_forced_sync.as_deref() == Some("now")
        })
        .await;
    assert_eq!(says(&object, "Ready"), ("True", "Synced"));
    let secret = scene.secret("orders-db").await.unwrap();
    assert_eq!(values(&secret), pairs(&[("password", "new")]));
    scene.until_warnings("orders-db", &[]).await;
}

#[tokio::test]
async fn a_spec_that_changes_while_suspended_is_obeyed_when_it_is_resumed() {
    let (scene, _) = suspended().await;
    let before = scene.secret("orders-db").await;
    let other = scene.secret_in_ncp("other", r#"{"user":"u"}"#);
    let source = json!({"spec": {"source": {"secretId": other}}});
    scene.patch_ncp_secret("orders-db", source).await;
    scene.settle().await;
    let object = scene.ncp_secret("orders-db").await;
    let status = object.status.as_ref().unwrap();
    assert_eq!(Some(status.observed_generation), object.metadata.generation);
    let ready = status.conditions.iter().find(|it| it.type_ == "Ready");
    assert_eq!(
        ready.unwrap().observed_generation,
        Some(1),
        "what is said is about the spec that was obeyed"
    );
    assert_eq!(scene.secret("orders-db").await, before);
    suspend(&scene, false).await;
    scene
        .until_secret("orders-db", |values| values.contains_key("user"))
        .await;
}

#[tokio::test]
async fn an_object_that_is_suspended_from_the_start_says_so_and_begins_when_it_is_resumed() {
    let scene = Scene::start().await;
    let id = scene.secret_in_ncp("shop-orders", r#"{"a":"b"}"#);
    scene
        .create_by_id("orders-db", &id, json!({"suspend": true}))
        .await;
    let object = scene.until_reason("orders-db", "Suspended").await;
    assert_eq!(says(&object, "Ready"), ("False", "Suspended"));
    assert_eq!(says(&object, "SourceAvailable"), ("Unknown", "NotRead"));
    assert_eq!(condition(&object, "Stalled"), None);
    scene.settle().await;
    assert_eq!(scene.emulator.calls(), []);
    assert_eq!(scene.secret("orders-db").await, None);
    suspend(&scene, false).await;
    scene.until_reason("orders-db", "Synced").await;
    scene.until_warnings("orders-db", &[]).await;
}

#[tokio::test]
async fn r10_deleting_a_suspended_object_is_left_to_the_garbage_collector() {
    let (scene, _) = suspended().await;
    let mark = scene.mark();
    scene.delete::<NcpSecret>("orders-db").await;
    until("the object is gone", async || {
        let object = scene.api::<NcpSecret>().get_opt("orders-db").await.unwrap();
        object.is_none().then_some(())
    })
    .await;
    until("the Secret is collected", async || {
        scene.secret("orders-db").await.is_none().then_some(())
    })
    .await;
    scene.settle().await;
    assert_eq!(deeds(&scene, mark), [""; 0]);
}
