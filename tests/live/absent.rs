//! What is named and is not there: a secret, a store, credentials; and targets that cannot be made.

use jiff::SignedDuration;
use k8s_openapi::api::core::v1::{ResourceQuota, Secret};
use kube::Api;
use kube::api::{DeleteParams, PostParams};
use ncp_emulator::{NewSecret, Stage};
use serde_json::json;

use crate::scene::{Scene, condition, pairs, until, values};
use crate::seen::says;

const A_SECOND: SignedDuration = SignedDuration::from_secs(1);

#[tokio::test]
async fn a_name_that_does_not_exist_is_looked_for_ever_less_often_until_it_does() {
    let scene = Scene::start().await;
    scene.steering.freeze();
    let spec = json!({"refresh": {"interval": "2m"}});
    scene
        .create_ncp_secret("orders-db", "shop-orders", spec)
        .await;
    let object = scene.until_reason("orders-db", "SourceNotFound").await;
    assert_eq!(says(&object, "Ready"), ("False", "SourceNotFound"));
    assert_eq!(
        says(&object, "SourceAvailable"),
        ("False", "SourceNotFound")
    );
    assert_eq!(says(&object, "RotationHealthy"), ("Unknown", "NotRead"));
    assert_eq!(condition(&object, "Stalled"), None, "it may yet be created");
    let message = condition(&object, "Ready").unwrap().2;
    assert!(
        message.contains("no secret with this name") && message.contains("region and keyIsolation"),
        "{message}"
    );

    let since = object
        .status
        .as_ref()
        .unwrap()
        .failing_since
        .as_ref()
        .unwrap()
        .0;
    scene.settle().await;
    for _ in 0..5 {
        let failed = scene.failed_passes("SourceNotFound").await;
        let failing = scene.clock.now().duration_since(since);
        let wait = failing.clamp(SignedDuration::from_secs(30), SignedDuration::from_mins(2));
        scene.advance(wait - A_SECOND);
        scene.settle().await;
        assert_eq!(
            scene.failed_passes("SourceNotFound").await,
            failed,
            "looked before {wait}"
        );
        scene.advance(A_SECOND);
        scene.settle().await;
        assert_eq!(scene.failed_passes("SourceNotFound").await, failed + 1);
    }
    assert_eq!(
        scene.version("orders-db").await,
        object.metadata.resource_version.unwrap()
    );
    scene.until_warnings("orders-db", &["SourceNotFound"]).await;

    scene.secret_in_ncp("shop-orders", r#"{"password":"p"}"#);
    scene.advance(SignedDuration::from_mins(2));
    scene.until_reason("orders-db", "Synced").await;
    let secret = scene.secret("orders-db").await.unwrap();
    assert_eq!(values(&secret), pairs(&[("password", "p")]));
}

#[tokio::test]
async fn an_id_that_does_not_exist_is_found_once_it_does() {
    let scene = Scene::start().await;
    let id = "0123456789abcdef";
    let spec = json!({"source": {"secretId": id, "secretName": null}});
    scene.create_ncp_secret("orders-db", "ignored", spec).await;
    let object = scene.until_reason("orders-db", "SourceNotFound").await;
    let message = condition(&object, "Ready").unwrap().2;
    assert!(message.contains("no secret with this ID"), "{message}");
    assert_eq!(scene.secret("orders-db").await, None);
    let new = NewSecret::named("shop-orders")
        .id(id)
        .value(r#"{"password":"p"}"#);
    scene.emulator.create_secret(new).unwrap();
    scene.settle().await;
    scene.advance(SignedDuration::from_secs(31));
    scene.until_reason("orders-db", "Synced").await;
}

#[tokio::test]
async fn a_store_that_does_not_exist_is_used_at_once_when_it_does() {
    let scene = Scene::start().await;
    scene.steering.freeze();
    scene.secret_in_ncp("shop-orders", r#"{"password":"p"}"#);
    let spec = json!({"storeRef": {"name": "late"}});
    scene
        .create_ncp_secret("orders-db", "shop-orders", spec)
        .await;
    let object = scene.until_reason("orders-db", "StoreNotFound").await;
    assert_eq!(says(&object, "Ready"), ("False", "StoreNotFound"));
    assert_eq!(says(&object, "SourceAvailable"), ("Unknown", "NotRead"));
    let message = condition(&object, "Ready").unwrap().2;
    assert!(
        message.contains("NcpSecretStore \"late\" does not exist. Create the store"),
        "{message}"
    );
    assert_eq!(scene.emulator.calls(), []);
    scene.create_store("late").await;
    scene.until_reason("orders-db", "Synced").await;
    scene.until_warnings("orders-db", &["StoreNotFound"]).await;
}

#[tokio::test]
async fn a_store_that_is_deleted_leaves_the_secret_and_is_found_again() {
    let scene = Scene::start().await;
    scene.steering.freeze();
    scene.secret_in_ncp("shop-orders", r#"{"password":"p"}"#);
    scene
        .create_ncp_secret("orders-db", "shop-orders", json!({}))
        .await;
    scene.until_reason("orders-db", "Synced").await;
    let secret = scene.secret("orders-db").await;
    scene
        .stores("NcpSecretStore")
        .delete("ncp", &DeleteParams::default())
        .await
        .unwrap();
    let object = until("it is noticed", async || {
        // Not at once, because a namespace that is deleted takes its objects with it.
        scene.advance(A_SECOND);
        let object = scene.ncp_secret("orders-db").await;
        (says(&object, "Ready").1 == "RefreshFailing").then_some(object)
    })
    .await;
    let (status, _, message) = condition(&object, "Ready").unwrap();
    assert_eq!(status, "True", "the Secret is still good");
    assert!(
        message.contains("NcpSecretStore \"ncp\" does not exist."),
        "{message}"
    );
    assert_eq!(scene.secret("orders-db").await, secret);
    scene.create_store("ncp").await;
    scene.until_reason("orders-db", "Synced").await;
    assert_eq!(scene.secret("orders-db").await, secret);
}

#[tokio::test]
async fn credentials_that_cannot_be_used_are_told_and_used_within_seconds_of_being_right() {
    let cases = [
        (
            "no-secret",
            None,
            "The Secret \"no-secret\" with the store's credentials does not exist.",
        ),
        (
            "no-key",
            Some(json!({"NCLOUD_SECRET_KEY": "canary-6b1f-0123456789"})),
            "has no key \"NCLOUD_ACCESS_KEY\".",
        ),
        (
            "half",
            Some(json!({"NCLOUD_ACCESS_KEY": "ncp_iam_TESTACCESSKEY0000001"})),
            "has no key \"NCLOUD_SECRET_KEY\".",
        ),
        (
            "else",
            Some(
                json!({"NCLOUD_ACCESS_KEY": "canary-6b1f", "NCLOUD_SECRET_KEY": "canary-6b1f-0123456789"}),
            ),
            "does not hold what NCP gives out as a key pair.",
        ),
    ];
    let scene = Scene::start().await;
    scene.steering.freeze();
    scene.secret_in_ncp("shop-orders", r#"{"password":"p"}"#);
    for (name, content, tells) in cases {
        if let Some(content) = content {
            scene.write_secret(name, content).await;
        }
        scene.create_store_with(name, name).await;
        let spec = json!({"storeRef": {"name": name}});
        let target = format!("over-{name}");
        scene.create_ncp_secret(&target, "shop-orders", spec).await;
        let object = scene.until_reason(&target, "CredentialsMissing").await;
        assert_eq!(says(&object, "Stalled"), ("True", "CredentialsMissing"));
        let message = condition(&object, "Ready").unwrap().2;
        assert!(
            message.contains(tells) && message.contains("Write a valid key pair"),
            "{message}"
        );
        let told = scene.until_store(name, "CredentialsMissing").await;
        assert_eq!(
            (told.status.as_str(), told.message.as_str()),
            ("False", message)
        );
        assert!(!message.contains("canary"));
        scene.until_warnings(name, &["CredentialsMissing"]).await;
        scene.until_warnings(&target, &[]).await;
        assert_eq!(scene.emulator.calls(), []);

        scene.settle().await;
        scene.write_credentials(name, &scene.key).await;
        scene.advance(SignedDuration::from_secs(10));
        scene.until_reason(&target, "Synced").await;
        let told = scene.until_store(name, "Configured").await;
        assert_eq!(told.status, "True");
        scene.emulator.reset_calls();
        scene
            .api::<Secret>()
            .delete(name, &DeleteParams::default())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_type_that_is_not_offered_is_refused_before_it_is_stored() {
    let scene = Scene::start().await;
    for type_ in [
        "kubernetes.io/service-account-token",
        "helm.sh/release.v1",
        "bootstrap.kubernetes.io/token",
    ] {
        let refused = scene.try_create(json!({
            "apiVersion": "ncp-secrets.io/v1alpha1", "kind": "NcpSecret", "metadata": {"name": "orders-db"},
            "spec": {
                "storeRef": {"name": "ncp"}, "source": {"secretName": "shop-orders"}, "target": {"type": type_},
            },
        })).await.unwrap_err().to_string();
        assert!(
            refused.contains("type must be Opaque, kubernetes.io/tls"),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn a_type_whose_key_is_missing_is_not_written_until_it_is_there() {
    let scene = Scene::start().await;
    let id = scene.secret_in_ncp("shop-tls", r#"{"tls.crt":"c"}"#);
    let spec = json!({"target": {"type": "kubernetes.io/tls"}});
    scene.create_ncp_secret("shop-tls", "shop-tls", spec).await;
    let object = scene.until_reason("shop-tls", "MissingKey").await;
    let message = condition(&object, "Ready").unwrap().2;
    assert!(
        message.contains("\"tls.key\"") && message.contains("target.type"),
        "{message}"
    );
    assert_eq!(scene.secret("shop-tls").await, None);
    let both = r#"{"tls.crt":"c","tls.key":"k"}"#;
    scene
        .emulator
        .set_value(&id, Stage::Active, Some(both))
        .unwrap();
    scene.force("shop-tls", "now").await;
    let secret = scene.secret("shop-tls").await.unwrap();
    assert_eq!(secret.type_.as_deref(), Some("kubernetes.io/tls"));
}

#[tokio::test]
async fn a_quota_that_refuses_is_told_and_tried_again() {
    let scene = Scene::start().await;
    let quotas: Api<ResourceQuota> = scene.api();
    let quota = serde_json::from_value(json!({
        "metadata": {"name": "few"}, "spec": {"hard": {"count/secrets": "1"}},
    }))
    .unwrap();
    quotas.create(&PostParams::default(), &quota).await.unwrap();
    until("the quota is in force", async || {
        let quota = quotas.get("few").await.unwrap();
        let used = quota.status?.used?;
        (used.get("count/secrets")?.0 == "1").then_some(())
    })
    .await;

    scene.secret_in_ncp("shop-orders", r#"{"password":"p"}"#);
    scene
        .create_ncp_secret("orders-db", "shop-orders", json!({}))
        .await;
    let object = scene.until_reason("orders-db", "ClusterRefused").await;
    assert_eq!(says(&object, "Ready"), ("False", "ClusterRefused"));
    assert_eq!(says(&object, "SourceAvailable"), ("True", "Enabled"));
    assert_eq!(says(&object, "Stalled"), ("True", "ClusterRefused"));
    let message = condition(&object, "Ready").unwrap().2;
    assert!(
        message.contains("Forbidden, status 403") && message.contains("quotas"),
        "{message}"
    );
    scene.settle().await;
    let failed = scene.failed_passes("ClusterRefused").await;
    scene.advance(SignedDuration::from_mins(5));
    until("it is tried again", async || {
        (scene.failed_passes("ClusterRefused").await > failed).then_some(())
    })
    .await;
    assert_eq!(
        scene.version("orders-db").await,
        object.metadata.resource_version.unwrap()
    );
    scene.until_warnings("orders-db", &["ClusterRefused"]).await;

    quotas
        .delete("few", &DeleteParams::default())
        .await
        .unwrap();
    until("the Secret is written", async || {
        scene.advance(SignedDuration::from_mins(5));
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        scene.secret("orders-db").await
    })
    .await;
    scene.until_reason("orders-db", "Synced").await;
}
