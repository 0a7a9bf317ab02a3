//! An operator without the rights to restart says so, and does everything else.

use jiff::SignedDuration;
use k8s_openapi::api::rbac::v1::Role;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use crate::scene::{Scene, own_control_plane};
use crate::workloads::{env, restarting};

const ROLE: &str = "ncp-secret-operator-namespace";
const ONE: &str = r#"{"a":"1"}"#;
const TWO: &str = r#"{"a":"2"}"#;

/// Takes the rights on workloads from the operator, or all but those to read them.
async fn leave(scene: &Scene, verbs: &[&str]) {
    let api: Api<Role> = scene.api();
    let mut role = api.get(ROLE).await.unwrap();
    for rule in role.rules.iter_mut().flatten() {
        let groups = rule.api_groups.iter().flatten();
        if groups.into_iter().any(|group| group == "apps") {
            rule.verbs = verbs.iter().map(|verb| (*verb).to_owned()).collect();
        }
    }
    let rules = json!({"rules": role.rules});
    api.patch(ROLE, &PatchParams::default(), &Patch::Merge(rules))
        .await
        .unwrap();
}

#[tokio::test]
async fn without_the_right_the_status_says_so_and_the_secret_is_kept_as_ever() {
    let plane = own_control_plane().await;
    let mut scene = Scene::in_own(&plane).await;
    leave(&scene, &["list"]).await;
    scene.create_store("ncp").await;
    scene.start_operator().await;
    scene.deploy("Deployment", "orders", env(&["a"])).await;
    let id = scene.synced("orders-db", ONE, restarting("orders")).await;
    scene.until_result("orders-db", "orders", "Forbidden").await;
    scene.until_idle().await;
    assert_eq!(scene.events("orders-db").await, []);

    leave(&scene, &["get"]).await;
    scene.change_and_wait("orders-db", &id, TWO).await;
    let told = scene.until_result("orders-db", "orders", "Forbidden").await;
    assert!(told.owed.is_some());
    scene
        .until_secret("orders-db", |values| values["a"] == "2")
        .await;
    scene.until_reason("orders-db", "Synced").await;
    scene.until_idle().await;
    let version = scene.version("orders-db").await;
    let mark = scene.mark();
    for times in 1..=2 {
        scene.advance(SignedDuration::from_mins(5));
        scene
            .until_asked(mark, "patch deployments orders 403", times)
            .await;
        scene.until_idle().await;
    }
    assert_eq!(
        scene.version("orders-db").await,
        version,
        "nothing new to tell"
    );
    assert_eq!(scene.warnings("orders-db").await, ["WorkloadNotRestarted"]);

    // What is owed is made good as soon as it is allowed.
    scene.grant_again().await;
    scene.advance(SignedDuration::from_mins(5));
    scene.until_restarted("orders", None).await;
    scene.until_result("orders-db", "orders", "Restarted").await;
    plane.stop().await.unwrap();
}
