//! Every value of the chart is explained and does something.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::helm::{CHART, both, latest};
use crate::places::placed;

fn read(file: &str) -> String {
    std::fs::read_to_string(format!("{CHART}/{file}")).unwrap()
}

/// The values that the README explains: what is inside one of them is the user's own.
fn explained() -> BTreeSet<String> {
    let rows = read("README.md");
    let rows = rows.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| row.split('`').next().unwrap().to_owned())
        .collect()
}

/// The paths of everything in the values that nothing is below, apart from what is inside one that is explained.
fn leaves(values: &Value, path: &str, explained: &BTreeSet<String>, found: &mut BTreeSet<String>) {
    match values.as_object() {
        Some(fields) if !fields.is_empty() && !explained.contains(path) => {
            for (name, value) in fields {
                let path = format!("{path}.{name}");
                leaves(value, path.trim_start_matches('.'), explained, found);
            }
        }
        _ => {
            found.insert(path.to_owned());
        }
    }
}

#[test]
fn every_value_is_explained_and_has_a_place() {
    let values: Value = serde_saphyr::from_str(&read("values.yaml")).unwrap();
    let explained = explained();
    let mut all = BTreeSet::new();
    leaves(&values, "", &explained, &mut all);
    assert_eq!(
        all, explained,
        "values without a comment, and comments without a value"
    );
    assert_eq!(all, placed(), "values whose place is not known, and others");
}

#[test]
fn both_versions_of_helm_render_the_same_objects() {
    let values = [
        "restarts.enabled=true",
        "clusterStores.enabled=true",
        "serverRole.enabled=true",
        "hostNetwork=true",
        "commonLabels={\"team\":\"platform\"}",
        "podLabels={\"a\":\"1\"}",
        "podDisruptionBudget.maxUnavailable=\"50%\"",
        "metrics.serviceMonitor={\"enabled\":true,\"labels\":{\"release\":\"prometheus\"}}",
        "metrics.prometheusRule.enabled=true",
        "metrics.dashboard.enabled=true",
    ];
    let [three, four] = both().map(|helm| {
        let text = helm.renders(&values).unwrap();
        let mut objects = crate::helm::objects(&text);
        objects.sort_by_key(|object| (object["kind"].to_string(), object["metadata"].to_string()));
        objects
    });
    assert!(three.len() > 15);
    assert_eq!(three, four);
}

#[test]
fn an_image_is_named_by_its_digest_when_there_is_one() {
    let image = |values: &[&str]| {
        let objects = crate::helm::objects(&latest().renders(values).unwrap());
        let deployment = crate::helm::of_kind(&objects, "Deployment").unwrap();
        deployment["spec"]["template"]["spec"]["containers"][0]["image"].clone()
    };
    let name = "ghcr.io/ncp-secret-operator/ncp-secret-operator";
    let digest = format!("sha256:{}", "1".repeat(64));
    let set = format!("image.digest=\"{digest}\"");
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(image(&[]), json!(format!("{name}:{version}")));
    assert_eq!(image(&["image.tag=\"9\""]), json!(format!("{name}:9")));
    assert_eq!(
        image(&["image.tag=\"9\"", &set]),
        json!(format!("{name}@{digest}"))
    );
}

#[test]
fn chart_and_operator_have_one_version() {
    let chart: Value = serde_saphyr::from_str(&read("Chart.yaml")).unwrap();
    for field in ["version", "appVersion"] {
        assert_eq!(chart[field], env!("CARGO_PKG_VERSION"), "{field}");
    }
}
