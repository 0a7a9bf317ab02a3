//! When nothing is restarted: when nothing changed, and when new pods would not get the value.

use jiff::SignedDuration;
use k8s_openapi::api::core::v1::Secret;
use ncp_secret_operator::api::NcpSecret;
use serde_json::json;

use crate::scene::{Scene, until};
use crate::workloads::{env, restarting};

const ONE: &str = r#"{"a":"1","b":"1"}"#;
const OTHER_A: &str = r#"{"a":"2","b":"1"}"#;
const OTHER_B: &str = r#"{"a":"1","b":"2"}"#;

#[tokio::test]
async fn nothing_is_restarted_when_secret_or_object_are_made_again_with_equal_content() {
    let scene = Scene::start().await;
    scene.deploy("Deployment", "orders", env(&["a"])).await;
    let mut spec = restarting("orders");
    spec["target"] = json!({"creationPolicy": "Orphan"});
    let id = scene.synced("orders-db", ONE, spec.clone()).await;
    scene.until_result("orders-db", "orders", "UpToDate").await;
    scene.until_idle().await;

    let before = scene
        .secret("orders-db")
        .await
        .unwrap()
        .metadata
        .uid
        .unwrap();
    scene.delete::<Secret>("orders-db").await;
    scene.advance(SignedDuration::from_secs(1));
    scene.until_secret_other_than("orders-db", &before).await;
    scene.until_past().await;
    scene.advance(SignedDuration::from_mins(6));
    scene.until_past().await;
    assert_eq!(scene.mark_of("Deployment", "orders").await, None);

    scene.delete::<NcpSecret>("orders-db").await;
    until("the object is gone", async || {
        let object = scene.api::<NcpSecret>().get_opt("orders-db").await;
        object.unwrap().is_none().then_some(())
    })
    .await;
    scene.create_by_id("orders-db", &id, spec).await;
    scene.until_result("orders-db", "orders", "UpToDate").await;
    scene.until_past().await;
    scene.advance(SignedDuration::from_mins(6));
    scene.until_past().await;
    assert_eq!(scene.mark_of("Deployment", "orders").await, None);
    // The new object knows what the pods have.
    scene.change_and_wait("orders-db", &id, OTHER_B).await;
    scene.until_result("orders-db", "orders", "UpToDate").await;
    assert_eq!(scene.mark_of("Deployment", "orders").await, None);
    scene
        .change_and_wait("orders-db", &id, r#"{"a":"3","b":"2"}"#)
        .await;
    scene.until_result("orders-db", "orders", "Restarted").await;
}

#[tokio::test]
async fn nothing_is_restarted_while_the_secret_is_gone_or_edited_for_new_pods_would_not_get_the_value()
 {
    let scene = Scene::start().await;
    scene.deploy("Deployment", "orders", env(&["a"])).await;
    let id = scene.synced("orders-db", ONE, restarting("orders")).await;
    scene.change("orders-db", &id, OTHER_A).await;
    scene.until_idle().await;
    scene.emulator.disable(&id).unwrap();
    scene.delete::<Secret>("orders-db").await;
    scene.advance(SignedDuration::from_secs(1));
    scene.until_reason("orders-db", "TargetMissing").await;
    scene.until_idle().await;
    scene.advance(SignedDuration::from_mins(2));
    scene.until_past().await;
    assert_eq!(scene.mark_of("Deployment", "orders").await, None);

    scene.emulator.enable(&id).unwrap();
    scene.annotate("orders-db", "again").await;
    scene.until_reason("orders-db", "Synced").await;
    scene.until_result("orders-db", "orders", "Restarted").await;
    let first = scene.until_restarted("orders", None).await;

    scene.until_idle().await;
    scene.change("orders-db", &id, ONE).await;
    scene.until_idle().await;
    scene.emulator.disable(&id).unwrap();
    let edit = json!({"stringData": {"a": "edited"}});
    scene.patch_secret("orders-db", edit).await;
    scene.advance(SignedDuration::from_secs(1));
    scene.until_reason("orders-db", "SourceDisabled").await;
    scene.until_idle().await;
    scene.advance(SignedDuration::from_mins(6));
    scene.until_past().await;
    let mark = scene.mark_of("Deployment", "orders").await;
    assert_eq!(mark.as_deref(), Some(first.as_str()));
    scene.emulator.enable(&id).unwrap();
    scene.annotate("orders-db", "once-more").await;
    scene.until_restarted("orders", Some(&first)).await;
}
