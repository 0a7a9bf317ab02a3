//! The Prometheus operator's own definitions take the monitors and rules of the chart, as the API server judges.

use std::path::{Path, PathBuf};

use kube::api::{DynamicObject, Patch, PatchParams};
use serde_json::{Value, json};
use testbed::GoModule;

use crate::cluster::{Cluster, api, until};
use crate::helm::{NAMESPACE, both, objects, of_kind};

const SOURCE: &str = "github.com/prometheus-operator/prometheus-operator";

const SERVICE_MONITOR: &str =
    r#"metrics.serviceMonitor={"enabled":true,"interval":"15s","labels":{"release":"prometheus"}}"#;
const POD_MONITOR: &str =
    r#"metrics.podMonitor={"enabled":true,"interval":"1m","labels":{"release":"prometheus"}}"#;
const RULES: &str = r#"metrics.prometheusRule={"enabled":true,"labels":{"release":"prometheus"}}"#;

/// Where the definitions are. Only the first test run ever needs the module proxy.
fn definitions() -> PathBuf {
    let module = GoModule::new("prometheus-operator").unwrap();
    let found = module.run(&["mod", "download", "-json", SOURCE]).unwrap();
    let found: Value = serde_json::from_slice(&found).unwrap();
    Path::new(found["Dir"].as_str().unwrap()).join("example/prometheus-operator-crd")
}

/// Has the API server judge an object; answers what it keeps of it.
async fn apply(cluster: &Cluster, object: &Value) -> kube::Result<DynamicObject> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let metadata = &object["metadata"];
    let objects = api(
        &cluster.client,
        &text(&object["apiVersion"]),
        &text(&object["kind"]),
        metadata["namespace"].as_str(),
    );
    let strictly = PatchParams::apply("test").validation_strict();
    objects
        .patch(&text(&metadata["name"]), &strictly, &Patch::Apply(object))
        .await
}

#[tokio::test]
async fn the_prometheus_operators_definitions_take_the_monitors_and_rules() {
    let cluster = Cluster::start().await;
    cluster.create_namespace(NAMESPACE, json!({})).await;
    let folder = definitions();
    for plural in ["servicemonitors", "podmonitors", "prometheusrules"] {
        let file = folder.join(format!("monitoring.coreos.com_{plural}.yaml"));
        let text = std::fs::read_to_string(file).unwrap();
        let definition: Value = serde_saphyr::from_str(&text).unwrap();
        apply(&cluster, &definition).await.unwrap();
    }
    for helm in both() {
        for (kind, enabled) in [
            ("ServiceMonitor", SERVICE_MONITOR),
            ("PodMonitor", POD_MONITOR),
            ("PrometheusRule", RULES),
        ] {
            let rendered = objects(&helm.renders(&[enabled]).unwrap());
            let object = of_kind(&rendered, kind).unwrap();
            // A definition is served a moment after it was made.
            let kept = until("the definition is served", async || {
                match apply(&cluster, object).await {
                    Err(kube::Error::Api(status)) if status.code == 404 => None,
                    judged => Some(judged),
                }
            });
            let kept = kept.await.unwrap_or_else(|why| panic!("{kind}: {why}"));
            assert_eq!(kept.data["spec"], object["spec"], "{kind}");

            let mut wrong = object.clone();
            wrong["spec"]["colour"] = json!("blue");
            let refused = apply(&cluster, &wrong).await.unwrap_err().to_string();
            assert!(refused.contains("colour"), "{refused}");
        }
    }
    cluster.plane.stop().await.unwrap();
}
