//! R10: deletion costs nothing, one by one and by the namespace.

use k8s_openapi::api::core::v1::Namespace;
use kube::Api;
use kube::api::DeleteParams;
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
    for number in 0..OBJECTS {
        let name = format!("object-{number}");
        scene.secret_in_ncp(&name, r#"{"a":"b"}"#);
        scene.create_ncp_secret(&name, &name, json!({})).await;
    }
    for number in 0..OBJECTS {
        scene.until_reason(&format!("object-{number}"), "Synced").await;
    }
    scene.until_idle().await;
    let mark = scene.mark();
    log.clear();
    let namespaces: Api<Namespace> = Api::all(scene.client.clone());
    namespaces
        .delete(&scene.namespace, &DeleteParams::default())
        .await
        .unwrap();
    until("the namespace is gone", async || {
        let namespace = namespaces.get_opt(&scene.namespace).await.unwrap();
        namespace.is_none().then_some(())
    })
    .await;
    scene.advance(jiff::SignedDuration::from_secs(1));
    until("the operator has seen all objects go", async || {
        (scene.sample("ncp_secret_operator_objects").await == 0).then_some(())
    })
    .await;

    let mut written = scene.asked(mark);
    written.retain(|line| line.ends_with(" 200") && !line.starts_with("get") || line.ends_with(" 201"));
    assert_eq!(written, [""; 0]);
    let troubles = log.lines();
    let troubles: Vec<_> = troubles
        .iter()
        .filter(|line| line.contains("WARN") || line.contains("ERROR"))
        .collect();
    assert_eq!(troubles, [""; 0]);
}
