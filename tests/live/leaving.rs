//! R10: deletion costs nothing, one by one and by the namespace.

use std::time::Duration;

use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::Api;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use ncp_emulator::{Effect, Fault, Operation};
use ncp_secret_operator::api::NcpSecret;
use serde_json::json;

use crate::log::Log;
use crate::scene::{Scene, until};

const OBJECTS: usize = 30;

#[tokio::test]
async fn r10_deleting_an_object_costs_no_request_and_no_call() {
    let scene = Scene::start().await;
    scene.synced("orders-db", r#"{"a":"b"}"#, json!({})).await;
    scene.until_idle().await;
    let mark = scene.mark();
    scene.emulator.reset_calls();
    scene.delete::<NcpSecret>("orders-db").await;
    scene.until_no_secret("orders-db").await;
    // A repair would begin half a second after the Secret is gone.
    scene.advance(jiff::SignedDuration::from_secs(1));
    scene.synced("after", r#"{"a":"b"}"#, json!({})).await;
    let mut asked = scene.asked(mark);
    asked.retain(|line| !line.contains(" after "));
    assert_eq!(asked, [""; 0]);
    assert_eq!(scene.emulator.calls().len(), 2, "both for the other one");
}

#[tokio::test]
async fn r10_a_namespace_full_of_objects_goes_at_once_and_nothing_is_written_into_it() {
    let log = Log::capture("info");
    let scene = Scene::start().await;
    // A Role in the namespace would go with it, before or after the rest.
    scene.grant_the_cluster().await;
    for number in 0..OBJECTS {
        let name = format!("object-{number}");
        let id = scene.secret_in_ncp(&name, r#"{"a":"b"}"#);
        scene.create_by_id(&name, &id, json!({})).await;
    }
    for number in 0..OBJECTS {
        scene
            .until_reason(&format!("object-{number}"), "Synced")
            .await;
    }
    scene.until_idle().await;
    let mark = scene.mark();
    log.clear();
    scene.delete_namespace().await;
    scene.until_no_namespace().await;
    scene.advance(jiff::SignedDuration::from_secs(1));
    until("the operator has seen all objects go", async || {
        (scene.sample("ncp_secret_operator_objects").await == 0).then_some(())
    })
    .await;

    let mut written = scene.asked(mark);
    written.retain(|line| !line.starts_with("get") && !line.ends_with(" 403"));
    assert_eq!(written, [""; 0]);
    assert_eq!(complaints(&log), [""; 0]);
}

#[tokio::test]
async fn r10_a_refusal_because_the_namespace_goes_is_passed_over_in_silence() {
    let log = Log::capture("info");
    let scene = Scene::start().await;
    let hold = json!({"metadata": {"name": "hold", "finalizers": ["example.com/hold"]}});
    let maps: Api<ConfigMap> = scene.api();
    maps.create(
        &PostParams::default(),
        &serde_json::from_value(hold).unwrap(),
    )
    .await
    .unwrap();
    let id = scene.secret_in_ncp("orders", r#"{"a":"b"}"#);
    let slow = Effect::Delay(Duration::from_secs(3));
    let slow = Fault::new(slow).operation(Operation::GetSecretStageValue);
    scene.emulator.add_fault(slow);
    scene.create_by_id("orders-db", &id, json!({})).await;
    scene.until_looks(&id, 1).await;
    let mark = scene.mark();
    log.clear();
    scene.delete_namespace().await;
    let refused = "create secrets orders-db 403";
    scene.until_asked(mark, refused, 1).await;
    scene.advance(jiff::SignedDuration::from_mins(10));
    until("the operator has seen the object go", async || {
        (scene.sample("ncp_secret_operator_objects").await == 0).then_some(())
    })
    .await;
    assert_eq!(scene.asked(mark), [refused]);
    assert_eq!(complaints(&log), [""; 0]);

    let release = Patch::Merge(json!({"metadata": {"finalizers": null}}));
    maps.patch("hold", &PatchParams::default(), &release)
        .await
        .unwrap();
    scene.until_no_namespace().await;
}

fn complaints(log: &Log) -> Vec<String> {
    let mut lines = log.lines();
    lines.retain(|line| line.contains("WARN") || line.contains("ERROR"));
    lines
}

impl Scene {
    async fn delete_namespace(&self) {
        Api::<Namespace>::all(self.client.clone())
            .delete(&self.namespace, &DeleteParams::default())
            .await
            .unwrap();
    }

    async fn until_no_namespace(&self) {
        let namespaces = Api::<Namespace>::all(self.client.clone());
        until("the namespace is gone", async || {
            let namespace = namespaces.get_opt(&self.namespace).await.unwrap();
            namespace.is_none().then_some(())
        })
        .await;
    }
}
