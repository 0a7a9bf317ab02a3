//! R11: one object of a wrong form harms only itself. The schema lets none through, so these are stored under an
//! earlier, laxer one, in a cluster of the test's own.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::installed::install;
use crate::log::Log;
use crate::scene::{Scene, own_control_plane, until};

const VALUE: &str = r#"{"password":"one"}"#;

fn specs() -> Vec<(&'static str, Value)> {
    let many: Vec<_> = (0..20_000)
        .map(|number| json!({"key": format!("key-{number}"), "from": "password"}))
        .collect();
    let good = json!({"storeRef": {"name": "ncp"}, "source": {"secretName": "orders"}});
    let with = |field: &str, content: Value| {
        let mut spec = good.clone();
        spec[field] = content;
        spec
    };
    vec![
        ("empty", json!({})),
        ("no-source", json!({"storeRef": {"name": "ncp"}})),
        ("no-list", with("data", json!("text"))),
        (
            "no-word",
            with("source", json!({"secretName": "orders", "stage": "Latest"})),
        ),
        ("no-object", with("refresh", json!("1h"))),
        ("list-for-refresh", with("refresh", json!(["1h", "3h"]))),
        ("list-for-all-keys", with("allKeys", json!([["cdb.*"]]))),
        ("list-for-target", with("target", json!(["other"]))),
        ("list-for-store", with("storeRef", json!(["ncp"]))),
        ("no-bound", with("data", Value::Array(many))),
        ("no-time", with("refresh", json!({"interval": "1s"}))),
        (
            "no-type",
            with(
                "target",
                json!({"type": "kubernetes.io/service-account-token"}),
            ),
        ),
        (
            "no-name",
            with("target", json!({"name": "../secrets/other"})),
        ),
    ]
}

impl Scene {
    /// Lets anything through as the spec of an `NcpSecret`.
    async fn drop_the_schema(&self) {
        let definitions: Api<CustomResourceDefinition> = Api::all(self.client.clone());
        let anything = json!({"spec": {"versions": [{
            "name": "v1alpha1", "served": true, "storage": true,
            "subresources": {"status": {}},
            "schema": {"openAPIV3Schema": {
                "type": "object", "x-kubernetes-preserve-unknown-fields": true,
            }},
        }], "selectableFields": null}});
        definitions
            .patch(
                "ncpsecrets.ncp-secrets.io",
                &PatchParams::default(),
                &Patch::Merge(anything),
            )
            .await
            .unwrap();
    }
}

/// A spec over which even the rules of the schema stumble: the API server lets nobody write its status.
fn beyond_help() -> (&'static str, Value) {
    let spec = json!({"storeRef": {"name": "ncp"}, "source": {"secretName": 5}});
    ("beyond-help", spec)
}

#[tokio::test]
async fn r11_objects_of_a_wrong_form_harm_only_themselves() {
    let log = Log::capture("info");
    let plane = own_control_plane().await;
    let mut scene = Scene::in_own(&plane).await;
    scene.create_store("ncp").await;
    scene.secret_in_ncp("orders", VALUE);
    scene.drop_the_schema().await;
    for (name, spec) in specs().into_iter().chain([beyond_help()]) {
        until(&format!("{name} is let through"), async || {
            let object = json!({
                "apiVersion": "ncp-secrets.io/v1alpha1", "kind": "NcpSecret",
                "metadata": {"name": name}, "spec": spec,
            });
            scene.try_create(object).await.ok()
        })
        .await;
    }
    install(&scene.client).await;
    scene.create_ncp_secret("before", "orders", json!({})).await;

    scene.start_operator().await;
    scene.until_reason("before", "Synced").await;
    scene.create_ncp_secret("after", "orders", json!({})).await;
    scene.until_reason("after", "Synced").await;
    for (name, _) in specs() {
        let raw = until(&format!("{name} says that its spec is wrong"), async || {
            let object = scene.raw(name).await;
            let reason = object.pointer("/status/conditions/0/reason")?.clone();
            (reason == "InvalidSpec").then_some(object)
        })
        .await;
        assert_eq!(raw["status"]["conditions"][0]["status"], "False", "{name}");
        assert!(scene.secret(name).await.is_none(), "{name}");
    }
    until("what cannot be told is logged", async || {
        let lines = log.lines();
        let told =
            |line: &String| line.contains("could not be written") && line.contains("beyond-help");
        lines.iter().any(told).then_some(())
    })
    .await;
    assert!(scene.secret("beyond-help").await.is_none());
    for name in ["before", "after"] {
        scene.force(name, "now").await;
        scene.until_reason(name, "Synced").await;
    }
    plane.stop().await.unwrap();
}

impl Scene {
    /// An `NcpSecret` as it is stored, whatever its form.
    async fn raw(&self, name: &str) -> Value {
        let path = format!(
            "/apis/ncp-secrets.io/v1alpha1/namespaces/{}/ncpsecrets/{name}",
            self.namespace
        );
        let request = http::Request::get(path).body(Vec::new()).unwrap();
        self.client.request(request).await.unwrap()
    }
}
