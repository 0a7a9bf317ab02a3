//! Writes that an admission policy refuses, and what is said of a target that was renamed.

use jiff::SignedDuration;
use k8s_openapi::api::admissionregistration::v1::{
    ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding,
};
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::{DeleteParams, PostParams};
use serde_json::json;

use crate::scene::{Scene, condition, until};
use crate::seen::says;

/// A policy that lets nobody write Secrets in the namespace of the scene whose name begins with `orders`.
async fn forbid_orders(scene: &Scene) {
    let name = format!("no-orders-{}", scene.namespace);
    let policy: ValidatingAdmissionPolicy = serde_json::from_value(json!({
        "metadata": {"name": name},
        "spec": {
            "matchConstraints": {"resourceRules": [{
                "apiGroups": [""], "apiVersions": ["v1"], "resources": ["secrets"], "operations": ["CREATE", "UPDATE"],
            }]},
            "validations": [{"expression": "!object.metadata.name.startsWith('orders')", "message": "no orders here"}],
        },
    }))
    .unwrap();
    let binding: ValidatingAdmissionPolicyBinding = serde_json::from_value(json!({
        "metadata": {"name": name},
        "spec": {
            "policyName": name,
            "validationActions": ["Deny"],
            "matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": scene.namespace}}},
        },
    }))
    .unwrap();
    let post = PostParams::default();
    let policies: Api<ValidatingAdmissionPolicy> = Api::all(scene.client.clone());
    policies.create(&post, &policy).await.unwrap();
    let bindings: Api<ValidatingAdmissionPolicyBinding> = Api::all(scene.client.clone());
    bindings.create(&post, &binding).await.unwrap();
    until("the policy is in force", async || {
        let dry_run = PostParams {
            dry_run: true,
            ..PostParams::default()
        };
        let secret: Secret =
            serde_json::from_value(json!({"metadata": {"name": "orders-probe"}})).unwrap();
        let created = scene.api::<Secret>().create(&dry_run, &secret).await;
        created.is_err().then_some(())
    })
    .await;
}

async fn allow_orders(scene: &Scene) {
    let name = format!("no-orders-{}", scene.namespace);
    let bindings: Api<ValidatingAdmissionPolicyBinding> = Api::all(scene.client.clone());
    bindings
        .delete(&name, &DeleteParams::default())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_policy_that_refuses_is_told_and_obeyed_until_it_goes() {
    let scene = Scene::start().await;
    forbid_orders(&scene).await;
    scene.secret_in_ncp("shop-orders", r#"{"password":"p"}"#);
    scene
        .create_ncp_secret("orders-db", "shop-orders", json!({}))
        .await;
    let object = scene.until_reason("orders-db", "ClusterRefused").await;
    assert_eq!(says(&object, "Ready"), ("False", "ClusterRefused"));
    let message = condition(&object, "Ready").unwrap().2;
    assert!(
        message.contains("status 422") && message.contains("admission policies"),
        "{message}"
    );
    assert!(
        !message.contains("no orders here"),
        "an answer may quote values: {message}"
    );
    assert_eq!(scene.secret("orders-db").await, None);

    allow_orders(&scene).await;
    until("the object is synced", async || {
        scene.advance(SignedDuration::from_mins(5));
        let object = scene.ncp_secret("orders-db").await;
        (says(&object, "Ready").1 == "Synced").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_renamed_target_that_was_never_written_is_not_called_a_lost_copy() {
    let scene = Scene::start().await;
    let id = scene.secret_in_ncp("shop-orders", r#"{"password":"p"}"#);
    scene
        .create_ncp_secret("orders-db", "shop-orders", json!({}))
        .await;
    scene.until_reason("orders-db", "Synced").await;
    scene.emulator.disable(&id).unwrap();
    scene
        .patch_ncp_secret(
            "orders-db",
            json!({"spec": {"target": {"name": "renamed"}}}),
        )
        .await;
    let object = scene.until_reason("orders-db", "SourceDisabled").await;
    assert_eq!(says(&object, "Ready"), ("False", "SourceDisabled"));
    assert!(scene.secret("orders-db").await.is_some());
}
