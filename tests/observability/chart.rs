//! What the chart makes of the alerts and the dashboard, and how Prometheus finds the metrics.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use testbed::{Helm, Sources};

use crate::alerts::{DOCUMENTED_AT, RULES};
use crate::repository;

const CHART: &str = "charts/ncp-secret-operator";
const DASHBOARD: &str = "charts/ncp-secret-operator/dashboards/ncp-secret-operator.json";

/// The objects that an installation with these values has, or why it is refused.
fn rendered_by(helm: &Path, values: &[&str]) -> Result<Vec<Value>, String> {
    let mut command = Command::new(helm);
    command.args([
        "template",
        "ncp-secret-operator",
        "--namespace",
        "ncp-secrets",
    ]);
    command.args(["--kube-version", "1.31.0"]);
    command.arg(repository(CHART));
    for value in values {
        command.args(["--set-json", value]);
    }
    let output = command.output().unwrap();
    if !output.status.success() {
        return Err(String::from_utf8(output.stderr).unwrap());
    }
    let text = String::from_utf8(output.stdout).unwrap();
    let documents = text
        .split("\n---\n")
        .map(|text| text.trim_start_matches("---\n"));
    Ok(documents
        .map(|document| serde_saphyr::from_str(document).unwrap())
        .collect())
}

/// The objects as Helm 3 and Helm 4 render them, or why both refuse to.
fn rendered(values: &[&str]) -> Result<[Vec<Value>; 2], String> {
    let helm = Helm::find(&Sources::from_env().unwrap()).unwrap();
    let [by_3, by_4] = helm.both().map(|helm| rendered_by(&helm, values));
    assert_eq!(by_3.is_ok(), by_4.is_ok());
    Ok([by_3?, by_4?])
}

/// The only object of that kind, on which both agree.
fn one(kind: &str, values: &[&str]) -> Value {
    let [by_3, by_4] = rendered(values).unwrap().map(|objects| {
        let objects = objects.into_iter();
        let mut found: Vec<_> = objects.filter(|object| object["kind"] == kind).collect();
        assert_eq!(found.len(), 1, "{kind}");
        found.remove(0)
    });
    assert_eq!(by_3, by_4);
    by_3
}

fn read(path: &str) -> String {
    std::fs::read_to_string(repository(path)).unwrap()
}

#[test]
fn nothing_that_needs_the_prometheus_operator_or_grafana_is_there_unless_asked_for() {
    let objects = rendered(&[]).unwrap().concat();
    for kind in [
        "PodMonitor",
        "ServiceMonitor",
        "PrometheusRule",
        "ConfigMap",
    ] {
        assert!(
            objects.iter().all(|object| object["kind"] != kind),
            "{kind}"
        );
    }
}

#[test]
fn a_monitor_finds_the_pods_and_lets_series_keep_their_own_namespace() {
    let deployment = one("Deployment", &[]);
    let pods = &deployment["spec"]["template"];
    for (kind, key, endpoints) in [
        ("PodMonitor", "podMonitor", "podMetricsEndpoints"),
        ("ServiceMonitor", "serviceMonitor", "endpoints"),
    ] {
        let values = format!(
            r#"metrics.{key}={{"enabled":true,"interval":"17s","labels":{{"release":"prometheus"}}}}"#
        );
        let monitor = one(kind, &[&values]);
        assert_eq!(monitor["apiVersion"], "monitoring.coreos.com/v1");
        assert_eq!(monitor["metadata"]["namespace"], "ncp-secrets");
        assert_eq!(monitor["metadata"]["labels"]["release"], "prometheus");
        let endpoint =
            json!({"port": "http", "path": "/metrics", "interval": "17s", "honorLabels": true});
        assert_eq!(monitor["spec"][endpoints], json!([endpoint]));
        let selector = monitor["spec"]["selector"]["matchLabels"]
            .as_object()
            .unwrap();
        assert!(selector.len() >= 2);
        let found = if kind == "PodMonitor" {
            &pods["metadata"]["labels"]
        } else {
            &one("Service", &[])["metadata"]["labels"]
        };
        for (label, value) in selector {
            assert_eq!(&found[label], value, "{kind}: {label}");
        }
    }
    let ports = pods["spec"]["containers"][0]["ports"].as_array().unwrap();
    assert!(ports.iter().any(|port| port["name"] == "http"));
    assert_eq!(one("Service", &[])["spec"]["ports"][0]["name"], "http");
}

#[test]
fn monitors_that_would_find_nothing_or_count_twice_are_refused() {
    let monitor = "metrics.serviceMonitor.enabled=true";
    for (other, why) in [
        (
            "metrics.service.enabled=false",
            "needs metrics.service.enabled",
        ),
        ("metrics.podMonitor.enabled=true", "counted twice"),
    ] {
        let refused = rendered(&[monitor, other]).unwrap_err();
        assert!(refused.contains(why), "{refused}");
    }
}

#[test]
fn the_rules_are_those_that_are_tested_and_lead_to_where_the_values_say() {
    let enabled = "metrics.prometheusRule.enabled=true";
    let labels = r#"metrics.prometheusRule.labels={"role":"alerts"}"#;
    let rule = one("PrometheusRule", &[enabled, labels]);
    assert_eq!(rule["metadata"]["labels"]["role"], "alerts");
    let tested: Value = serde_saphyr::from_str(&read(RULES)).unwrap();
    assert_eq!(rule["spec"], tested);

    let elsewhere = r#"metrics.prometheusRule.runbookBaseUrl="https://wiki.example.com/ncp""#;
    let rule = one("PrometheusRule", &[enabled, elsewhere]);
    let expected = read(RULES).replace(DOCUMENTED_AT, "https://wiki.example.com/ncp");
    let expected: Value = serde_saphyr::from_str(&expected).unwrap();
    assert_eq!(rule["spec"], expected);
}

#[test]
fn the_dashboard_is_in_a_config_map_that_grafanas_sidecar_finds() {
    let enabled = "metrics.dashboard.enabled=true";
    let folder = r#"metrics.dashboard.annotations={"grafana_folder":"Platform"}"#;
    let map = one("ConfigMap", &[enabled, folder]);
    assert_eq!(map["metadata"]["labels"]["grafana_dashboard"], "1");
    assert_eq!(map["metadata"]["annotations"]["grafana_folder"], "Platform");
    let files = map["data"].as_object().unwrap();
    assert_eq!(
        files.keys().collect::<Vec<_>>(),
        ["ncp-secret-operator.json"]
    );
    let shown = files["ncp-secret-operator.json"].as_str().unwrap();
    let shown: Value = serde_json::from_str(shown).unwrap();
    let tested: Value = serde_json::from_str(&read(DASHBOARD)).unwrap();
    assert_eq!(shown, tested);

    let labels = r#"metrics.dashboard.labels={"dashboards":"yes"}"#;
    let map = one("ConfigMap", &[enabled, labels]);
    assert_eq!(map["metadata"]["labels"]["dashboards"], "yes");
}
