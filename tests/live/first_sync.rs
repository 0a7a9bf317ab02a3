//! From a secret in NCP to a Secret in the cluster.

use k8s_openapi::api::core::v1::Secret;
use ncp_emulator::{Operation, Stage};
use serde_json::json;

use crate::scene::{Scene, condition, pairs};

#[tokio::test]
async fn a_secret_in_ncp_becomes_a_secret_in_the_cluster() {
    let scene = Scene::start().await;
    let id = scene.secret_in_ncp(
        "shop-orders",
        r#"{"user":"shop","password":"correct horse"}"#,
    );
    scene
        .create_ncp_secret("orders-db", "shop-orders", json!({}))
        .await;

    let object = scene.until_reason("orders-db", "Synced").await;
    let status = object.status.as_ref().unwrap();
    assert_eq!(status.observed_generation, 1);
    assert_eq!(condition(&object, "Ready").unwrap().0, "True");
    assert_eq!(condition(&object, "SourceAvailable").unwrap().1, "Enabled");
    assert_eq!(condition(&object, "RotationHealthy").unwrap().1, "Manual");
    assert_eq!(condition(&object, "Stalled"), None);
    let source = status.source.as_ref().unwrap();
    assert_eq!(
        (source.secret_id.as_str(), source.secret_name.as_str()),
        (id.as_str(), "shop-orders")
    );
    assert_eq!(
        (source.lifecycle.as_str(), source.rotation_phase.as_str()),
        ("ENABLE", "NONE")
    );
    assert_eq!(source.key_isolation, "Regional");
    assert_eq!(status.target.as_ref().unwrap().keys, ["password", "user"]);

    let secret = scene.secret("orders-db").await.unwrap();
    assert_eq!(
        crate::scene::values(&secret),
        pairs(&[("user", "shop"), ("password", "correct horse")])
    );
    assert_eq!(secret.type_.as_deref(), Some("Opaque"));
    assert_marks(&secret, &object.metadata.uid.unwrap());
    assert_eq!(scene.events("orders-db").await, []);
}

fn assert_marks(secret: &Secret, uid: &str) {
    let labels = secret.metadata.labels.as_ref().unwrap();
    assert_eq!(
        labels["app.kubernetes.io/managed-by"],
        "ncp-secret-operator"
    );
    let annotations = secret.metadata.annotations.as_ref().unwrap();
    assert_eq!(annotations["ncp-secrets.io/owner"], "orders-db");
    assert_eq!(annotations["ncp-secrets.io/owner-uid"], uid);
    let (key_id, hash) = annotations["ncp-secrets.io/content"]
        .split_once('.')
        .unwrap();
    assert_eq!((key_id.len(), hash.len()), (8, 64));
    let owner = &secret.metadata.owner_references.as_ref().unwrap()[0];
    assert_eq!(
        (owner.kind.as_str(), owner.uid.as_str()),
        ("NcpSecret", uid)
    );
    assert_eq!(owner.controller, Some(true));
}

#[tokio::test]
async fn r7_a_first_sync_costs_two_requests_both_writes_and_one_look() {
    let scene = Scene::start().await;
    scene.secret_in_ncp("warm-up", r#"{"a":"b"}"#);
    scene
        .create_ncp_secret("warm-up", "warm-up", json!({}))
        .await;
    scene.until_reason("warm-up", "Synced").await;
    // So that its last write is in the audit log before the mark.
    scene.until_idle().await;
    let id = scene.secret_in_ncp("shop-orders", r#"{"password":"p"}"#);
    let mark = scene.mark();
    scene.emulator.reset_calls();

    scene
        .create_ncp_secret(
            "orders-db",
            "ignored",
            json!({"source": {"secretId": id, "secretName": null}}),
        )
        .await;
    scene.until_reason("orders-db", "Synced").await;
    // The audit log has a request when its reply is on its way.
    scene.until_idle().await;

    let requests: Vec<_> = scene
        .requests(mark)
        .into_iter()
        .map(|request| {
            format!(
                "{} {} {}",
                request.verb, request.resource, request.subresource
            )
        })
        .collect();
    assert_eq!(requests, ["create secrets ", "patch ncpsecrets status"]);
    assert_eq!(scene.emulator.count(Operation::GetSecretDetail), 1);
    assert_eq!(scene.emulator.count(Operation::GetSecretStageValue), 1);
    assert_eq!(scene.emulator.calls().len(), 2);
}

#[tokio::test]
async fn a_changed_value_reaches_the_secret_at_the_next_look() {
    let scene = Scene::start().await;
    let id = scene.secret_in_ncp("shop-orders", r#"{"password":"one"}"#);
    scene
        .create_ncp_secret(
            "orders-db",
            "shop-orders",
            json!({"refresh": {"interval": "1h"}}),
        )
        .await;
    scene.until_reason("orders-db", "Synced").await;
    scene
        .emulator
        .set_value(&id, Stage::Active, Some(r#"{"password":"two"}"#))
        .unwrap();
    scene.settle().await;
    scene.advance(jiff::SignedDuration::from_hours(1));
    scene
        .until_secret("orders-db", |values| values["password"] == "two")
        .await;
}
