//! Labels: those by which objects find each other, those of the user, and never one of them twice.

use serde_json::{Value, json};

use crate::helm::{RELEASE, both, latest, objects, of_kind};

/// All that finds pods or a Service by labels.
const FINDERS: [(&str, &str); 6] = [
    ("Deployment", "/spec/selector/matchLabels"),
    ("PodDisruptionBudget", "/spec/selector/matchLabels"),
    ("NetworkPolicy", "/spec/podSelector/matchLabels"),
    ("Service", "/spec/selector"),
    (
        "Deployment",
        "/spec/template/spec/topologySpreadConstraints/0/labelSelector/matchLabels",
    ),
    ("PodMonitor", "/spec/selector/matchLabels"),
];

const LABELS: [&str; 2] = [
    "commonLabels={\"team\":\"platform\"}",
    "podLabels={\"a\":\"b\"}",
];

/// Every label of `wanted` is among those.
fn has_all(labels: &Value, wanted: &Value) -> bool {
    let mut wanted = wanted.as_object().unwrap().iter();
    wanted.all(|(label, value)| labels[label] == *value)
}

#[test]
fn whatever_finds_the_pods_finds_them_by_the_labels_that_they_have() {
    let by_hand = json!({"app.kubernetes.io/name": "ncp-secret-operator", "app.kubernetes.io/instance": RELEASE});
    let pod_monitor = &["metrics.podMonitor.enabled=true"][..];
    for values in [pod_monitor, &[pod_monitor, &LABELS].concat()] {
        let objects = objects(&latest().renders(values).unwrap());
        let deployment = of_kind(&objects, "Deployment").unwrap();
        let pods = &deployment["spec"]["template"]["metadata"]["labels"];
        assert!(has_all(pods, &by_hand), "{pods}");
        for (kind, pointer) in FINDERS {
            let found = of_kind(&objects, kind).unwrap().pointer(pointer);
            assert_eq!(found, Some(&by_hand), "{kind} {pointer}");
        }
    }
}

#[test]
fn a_service_monitor_finds_the_service_and_not_another() {
    let monitor = "metrics.serviceMonitor.enabled=true";
    let objects = objects(
        &latest()
            .renders(&[&LABELS[..], &[monitor]].concat())
            .unwrap(),
    );
    let selector = &of_kind(&objects, "ServiceMonitor").unwrap()["spec"]["selector"];
    let by_hand = json!({"app.kubernetes.io/name": "ncp-secret-operator", "app.kubernetes.io/instance": RELEASE});
    assert_eq!(*selector, json!({"matchLabels": by_hand}));
    let service = &of_kind(&objects, "Service").unwrap()["metadata"]["labels"];
    assert!(has_all(service, &by_hand), "{service}");
}

#[test]
fn labels_that_the_chart_sets_are_refused_where_they_would_break_it() {
    for helm in both() {
        for label in [
            "app.kubernetes.io/name",
            "app.kubernetes.io/instance",
            "app.kubernetes.io/version",
            "app.kubernetes.io/managed-by",
            "helm.sh/chart",
        ] {
            let refused = helm.renders(&[&format!("commonLabels={{\"{label}\":\"x\"}}")]);
            let advice =
                format!("commonLabels has {label}, which the chart sets itself. Take it out");
            assert!(refused.unwrap_err().contains(&advice), "{label}");
        }
        for label in ["app.kubernetes.io/name", "app.kubernetes.io/instance"] {
            let refused = helm.renders(&[&format!("podLabels={{\"{label}\":\"x\"}}")]);
            let advice = format!("podLabels has {label}, by which the pods are found. Take it out");
            assert!(refused.unwrap_err().contains(&advice), "{label}");
        }
    }
}

/// Prometheus and Grafana choose objects by labels that the user knows; nothing here finds these objects by theirs.
#[test]
fn an_object_that_others_choose_has_the_labels_that_they_ask_for() {
    for (kind, value) in [
        ("ServiceMonitor", "serviceMonitor"),
        ("PodMonitor", "podMonitor"),
        ("PrometheusRule", "prometheusRule"),
        ("ConfigMap", "dashboard"),
    ] {
        let set = format!(
            "metrics.{value}={{\"enabled\":true,\"labels\":{{\"app.kubernetes.io/instance\":\"prom\",\"team\":\"sre\"}}}}"
        );
        for helm in both() {
            let objects = objects(&helm.renders(&[LABELS[0], &set]).unwrap());
            let labels = &of_kind(&objects, kind).unwrap()["metadata"]["labels"];
            let asked = json!({"app.kubernetes.io/instance": "prom", "team": "sre"});
            assert!(has_all(labels, &asked), "{kind}: {labels}");
        }
    }
}

#[test]
fn roles_are_aggregated_whatever_labels_all_objects_have() {
    let set = "commonLabels={\"rbac.authorization.k8s.io/aggregate-to-view\":\"false\"}";
    let objects = objects(&latest().renders(&[set]).unwrap());
    let roles = objects
        .iter()
        .filter(|object| object["kind"] == "ClusterRole");
    let view = roles
        .filter(|role| role["metadata"]["name"] == "ncp-secret-operator-view")
        .map(|role| &role["metadata"]["labels"]["rbac.authorization.k8s.io/aggregate-to-view"]);
    assert_eq!(view.collect::<Vec<_>>(), [&json!("true")]);
}
