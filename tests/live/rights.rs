//! What an operator of all namespaces does in its life, each thing once: the other tests are mostly about operators of one
//! namespace. `cargo xtask test` compares what both asked for with what the chart grants.

use ncp_secret_operator::operator::Operator;
use serde_json::json;

use crate::rollouts::install_rollouts;
use crate::scene::{Scene, own_control_plane, until};
use crate::workloads::env;

const KINDS: [&str; 4] = ["Deployment", "StatefulSet", "DaemonSet", "Rollout"];

#[tokio::test]
async fn an_operator_of_all_namespaces_needs_what_the_chart_grants_and_nothing_else() {
    let plane = own_control_plane().await;
    let mut scene = Scene::in_all_of(&plane).await;
    scene.leader_election = true;
    install_rollouts(&scene).await;
    scene.create_store("ncp").await;
    let grants = json!({"grants": [{"namespaces": ["*"], "secretNames": ["*"]}]});
    scene.create_cluster_store("everybody", grants).await;
    scene.start_operator().await;
    // Only who stands by follows the Lease.
    let standby = Operator::start(scene.settings(), scene.extras())
        .await
        .unwrap();
    until("the other one stands by", async || {
        standby.is_ready().then_some(())
    })
    .await;

    for kind in KINDS {
        scene.deploy(kind, "orders", env(&["a"])).await;
    }
    let restart: Vec<_> = KINDS
        .iter()
        .map(|kind| json!({"kind": kind, "name": "orders"}))
        .collect();
    let id = scene
        .synced("orders-db", r#"{"a":"1"}"#, json!({"restart": restart}))
        .await;
    scene.until_idle().await;
    scene
        .change_and_wait("orders-db", &id, r#"{"a":"2"}"#)
        .await;
    for kind in KINDS {
        until(&format!("the {kind} is restarted"), async || {
            scene.mark_of(kind, "orders").await
        })
        .await;
    }

    let renamed = json!({"spec": {"target": {"name": "renamed"}, "restart": []}});
    scene.patch_ncp_secret("orders-db", renamed).await;
    scene.until_no_secret("orders-db").await;
    let store = json!({"kind": "ClusterNcpSecretStore", "name": "everybody"});
    scene.secret_in_ncp("till", r#"{"a":"1"}"#);
    scene
        .create_ncp_secret("till-db", "till", json!({"storeRef": store}))
        .await;
    scene.until_reason("till-db", "Synced").await;
    scene.emulator.disable(&id).unwrap();
    scene.force("orders-db", "now").await;
    scene.until_reason("orders-db", "SourceDisabled").await;
    until("there is an event about it", async || {
        let events = scene.events("orders-db").await;
        let is_there = events
            .iter()
            .any(|(_, reason, _)| reason == "SourceDisabled");
        is_there.then_some(())
    })
    .await;
    standby.stop().await;
    scene.stop_operator().await;
    plane.stop().await.unwrap();
}
