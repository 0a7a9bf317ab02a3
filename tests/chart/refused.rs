//! What is no value, and what would break only later, is refused at once.

use serde_json::{Map, Value, json};

use crate::helm::{CHART, both, objects};

#[test]
fn the_schema_knows_every_value_and_refuses_what_is_none() {
    for helm in both() {
        for set in [
            "replica=3",
            "image={\"repo\":\"x\"}",
            "crds={\"instal\":true}",
            "networkPolicy={\"enable\":false}",
            "metrics={\"service\":{\"enable\":true}}",
            "metrics={\"podMonitor\":{\"interval\":\"often\"}}",
            "metrics={\"prometheusRule\":{\"runbookBaseUrl\":\"wiki\"}}",
            "metrics={\"prometheusRule\":{\"runbookBaseUrl\":\"https://wiki: x\"}}",
            "replicas=\"two\"",
            "replicas=0",
            "image={\"repository\":\"\"}",
            "image={\"repository\":\"a b\"}",
            "image={\"tag\":\"a b\"}",
            "image={\"digest\":\"latest\"}",
            "image={\"pullPolicy\":\"Sometimes\"}",
            "log={\"format\":\"xml\"}",
            "watchNamespaces=[\"Shop\"]",
            "watchNamespaces=\"shop\"",
            "watchNamespaces=[\"shop\",\"shop\"]",
            "restarts={\"enabled\":\"yes\"}",
            "concurrency=5000",
            "listen={\"port\":0}",
            "listen={\"address\":\"localhost\"}",
            "listen={\"address\":\"0.0.0.0:9\"}",
            "listen={\"address\":\"0.0.0\"}",
            "listen={\"address\":\"256.0.0.1\"}",
            "listen={\"address\":\"1:2:3\"}",
            "listen={\"address\":\"[::]\"}",
            "listen={\"address\":\"fe80::1%eth0\"}",
            "podDisruptionBudget={\"maxUnavailable\":0}",
            "podDisruptionBudget={\"maxUnavailable\":\"0%\"}",
            "podDisruptionBudget={\"maxUnavailable\":\"00%\"}",
            "networkPolicy={\"dnsPorts\":[]}",
            "networkPolicy={\"dnsPorts\":[0]}",
            "fullnameOverride=\"Foo_Bar\"",
            "fullnameOverride=\"1st\"",
            "fullnameOverride=\"foo-\"",
            "serviceAccount={\"name\":\"x\\\" || true || \\\"\"}",
            "serviceAccount={\"name\":\"Foo\"}",
        ] {
            let refused = helm.renders(&[set]).expect_err(set);
            assert!(refused.contains("schema"), "{set}: {refused}");
        }
    }
}

/// Defaults that say something, and that may be taken away all the same: Kubernetes has its own then.
const MAY_BE_TAKEN_AWAY: [&str; 8] = [
    "topologySpreadConstraints",
    "resources",
    "resources.requests",
    "resources.limits",
    "podSecurityContext",
    "securityContext",
    "networkPolicy.apiServerPorts",
    "metrics.dashboard.labels",
];

/// All defaults with their paths, and the parts that they are in; not what is inside those that are Kubernetes' own.
fn defaults(values: &Map<String, Value>, above: &str, found: &mut Vec<(String, Value)>) {
    for (name, value) in values {
        let path = format!("{above}{name}");
        if let Value::Object(parts) = value
            && (path == "resources" || !MAY_BE_TAKEN_AWAY.contains(&path.as_str()))
        {
            let mut inside = Vec::new();
            defaults(parts, &format!("{path}."), &mut inside);
            inside.retain(|(path, _)| {
                path.matches('.').count() < 2 || !path.starts_with("resources.")
            });
            found.extend(inside);
        }
        found.push((path, value.clone()));
    }
}

#[test]
fn a_default_that_null_takes_away_is_refused_unless_it_can_be_done_without() {
    let text = std::fs::read_to_string(format!("{CHART}/values.yaml")).unwrap();
    let values: Value = serde_saphyr::from_str(&text).unwrap();
    let mut all = Vec::new();
    defaults(values.as_object().unwrap(), "", &mut all);
    assert!(all.len() > 80, "{}", all.len());
    for helm in both() {
        let usual = helm.renders(&[]).unwrap();
        for (path, default) in &all {
            let null = format!("{path}=null");
            let rendered = helm.renders(&[&null]);
            if [json!(""), json!([]), json!({})].contains(default) {
                assert!(rendered.as_ref() == Ok(&usual), "{null}: {rendered:?}");
            } else if MAY_BE_TAKEN_AWAY.contains(&path.as_str()) {
                let rendered = rendered.unwrap_or_else(|error| panic!("{null}: {error}"));
                assert!(!objects(&rendered).is_empty(), "{null}");
            } else {
                let refused = rendered.expect_err(&null);
                assert!(refused.contains("schema"), "{null}: {refused}");
            }
        }
    }
}
