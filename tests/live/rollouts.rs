//! Rollouts, which not every cluster has, and which may have any form.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Api;
use kube::api::{Patch, PatchParams};
use kube::runtime::{conditions, wait::await_condition};
use serde_json::json;

use crate::scene::{Scene, own_control_plane};
use crate::workloads::{env, names};

const ONE: &str = r#"{"a":"1","b":"1"}"#;
const OTHER_A: &str = r#"{"a":"2","b":"1"}"#;

/// A CRD that takes any Rollout, whatever its form.
pub async fn install_rollouts(scene: &Scene) {
    let definition = include_str!("../rollouts.yaml");
    let definition: CustomResourceDefinition = serde_saphyr::from_str(definition).unwrap();
    let api: Api<CustomResourceDefinition> = Api::all(scene.client.clone());
    let apply = PatchParams::apply("tests").force();
    let name = "rollouts.argoproj.io";
    api.patch(name, &apply, &Patch::Apply(&definition))
        .await
        .unwrap();
    let established = await_condition(api, name, conditions::is_crd_established());
    established.await.unwrap();
}

#[tokio::test]
async fn rollouts_are_restarted_where_they_exist_whatever_the_form_of_others() {
    let plane = own_control_plane().await;
    let mut scene = Scene::in_own(&plane).await;
    scene.create_store("ncp").await;
    scene.start_operator().await;
    let spec = names("Rollout", &["orders", "odd", "elsewhere"]);
    let id = scene.synced("orders-db", ONE, spec).await;
    let told = scene.until_result("orders-db", "orders", "NotServed").await;
    assert!(told.message.contains("no kind Rollout"), "{}", told.message);
    scene.change_and_wait("orders-db", &id, OTHER_A).await;
    scene.until_result("orders-db", "orders", "NotServed").await;
    scene.until_reason("orders-db", "Synced").await;

    install_rollouts(&scene).await;
    scene.deploy("Rollout", "orders", env(&["a"])).await;
    let odd = json!({"containers": {"env": "orders-db"}, "volumes": ["orders-db"]});
    scene.deploy("Rollout", "odd", odd).await;
    let elsewhere = json!({"template": null, "workloadRef": {"kind": "Deployment", "name": "x"}});
    scene
        .deploy_with("Rollout", "elsewhere", json!({}), elsewhere)
        .await;
    scene.until_idle().await;
    scene.change_and_wait("orders-db", &id, ONE).await;
    scene.until_result("orders-db", "orders", "Restarted").await;
    assert!(scene.mark_of("Rollout", "orders").await.is_some());
    scene.until_result("orders-db", "odd", "NotConsuming").await;
    let told = scene
        .until_result("orders-db", "elsewhere", "NotConsuming")
        .await;
    assert!(told.message.contains("workloadRef"), "{}", told.message);
    plane.stop().await.unwrap();
}
