//! Every value of the chart does something, and nothing else is taken for a value.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::helm::{CHART, both, latest};

/// For each value another than its default, in the form of `--set-json`, and what else has to be said for it to matter.
const OTHERS: &[(&str, &str, &[&str])] = &[
    ("fullnameOverride", "\"other\"", &[]),
    ("commonLabels", "{\"a\":\"b\"}", &[]),
    ("image.repository", "\"registry.example/operator\"", &[]),
    ("image.tag", "\"0.0.9\"", &[]),
    (
        "image.digest",
        "\"sha256:0000000000000000000000000000000000000000000000000000000000000000\"",
        &[],
    ),
    ("image.pullPolicy", "\"Never\"", &[]),
    ("image.pullSecrets", "[{\"name\":\"registry\"}]", &[]),
    ("crds.install", "false", &[]),
    ("crds.keep", "false", &[]),
    ("watchNamespaces", "[\"shop\"]", &[]),
    ("clusterStores.enabled", "true", &[]),
    (
        "serverRole.enabled",
        "true",
        &["clusterStores.enabled=true"],
    ),
    ("restarts.enabled", "true", &[]),
    ("admissionPolicy.enabled", "false", &[]),
    ("aggregatedRoles.enabled", "false", &[]),
    ("serviceAccount.create", "false", &[]),
    ("serviceAccount.name", "\"somebody\"", &[]),
    ("serviceAccount.annotations", "{\"a\":\"b\"}", &[]),
    ("replicas", "3", &[]),
    ("podDisruptionBudget.enabled", "false", &[]),
    ("podDisruptionBudget.maxUnavailable", "\"50%\"", &[]),
    ("updateStrategy", "{\"type\":\"Recreate\"}", &[]),
    ("topologySpreadConstraints", "[]", &[]),
    ("priorityClassName", "\"system-cluster-critical\"", &[]),
    ("nodeSelector", "{\"pool\":\"infra\"}", &[]),
    (
        "affinity",
        "{\"podAntiAffinity\":{\"requiredDuringSchedulingIgnoredDuringExecution\":[]}}",
        &[],
    ),
    ("tolerations", "[{\"operator\":\"Exists\"}]", &[]),
    ("resources.requests", "{\"cpu\":\"1\"}", &[]),
    ("resources.limits", "{\"memory\":\"1Gi\"}", &[]),
    ("podAnnotations", "{\"a\":\"b\"}", &[]),
    ("podLabels", "{\"a\":\"b\"}", &[]),
    ("podSecurityContext", "{\"fsGroup\":1}", &[]),
    ("securityContext", "{\"runAsUser\":65532}", &[]),
    ("hostNetwork", "true", &[]),
    ("listen.address", "\"::\"", &[]),
    ("listen.port", "9090", &[]),
    ("log.filter", "\"debug\"", &[]),
    ("log.format", "\"text\"", &[]),
    ("concurrency", "64", &[]),
    ("extraArgs", "[\"--extra-ca-file=/ca\"]", &[]),
    ("extraEnv", "[{\"name\":\"A\",\"value\":\"b\"}]", &[]),
    ("extraVolumes", "[{\"name\":\"ca\",\"emptyDir\":{}}]", &[]),
    (
        "extraVolumeMounts",
        "[{\"name\":\"ca\",\"mountPath\":\"/ca\"}]",
        &[],
    ),
    (
        "extraObjects",
        "[{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"more\"}}]",
        &[],
    ),
    ("networkPolicy.enabled", "false", &[]),
    ("networkPolicy.apiServerPorts", "[8443]", &[]),
    ("networkPolicy.metricsFrom", "[{\"podSelector\":{}}]", &[]),
    (
        "networkPolicy.extraEgress",
        "[{\"ports\":[{\"port\":8443}]}]",
        &[],
    ),
    ("metrics.service.enabled", "false", &[]),
    ("metrics.serviceMonitor.enabled", "true", &[]),
    (
        "metrics.serviceMonitor.interval",
        "\"1m\"",
        &["metrics.serviceMonitor.enabled=true"],
    ),
    (
        "metrics.serviceMonitor.labels",
        "{\"a\":\"b\"}",
        &["metrics.serviceMonitor.enabled=true"],
    ),
    ("metrics.podMonitor.enabled", "true", &[]),
    (
        "metrics.podMonitor.interval",
        "\"1m\"",
        &["metrics.podMonitor.enabled=true"],
    ),
    (
        "metrics.podMonitor.labels",
        "{\"a\":\"b\"}",
        &["metrics.podMonitor.enabled=true"],
    ),
    ("metrics.prometheusRule.enabled", "true", &[]),
    (
        "metrics.prometheusRule.labels",
        "{\"a\":\"b\"}",
        &["metrics.prometheusRule.enabled=true"],
    ),
    (
        "metrics.prometheusRule.runbookBaseUrl",
        "\"https://wiki.example.com\"",
        &["metrics.prometheusRule.enabled=true"],
    ),
    ("metrics.dashboard.enabled", "true", &[]),
    (
        "metrics.dashboard.labels",
        "{\"a\":\"b\"}",
        &["metrics.dashboard.enabled=true"],
    ),
    (
        "metrics.dashboard.annotations",
        "{\"a\":\"b\"}",
        &["metrics.dashboard.enabled=true"],
    ),
];

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
fn every_value_is_explained_and_changes_what_is_rendered() {
    let values: Value = serde_saphyr::from_str(&read("values.yaml")).unwrap();
    let explained = explained();
    let mut all = BTreeSet::new();
    leaves(&values, "", &explained, &mut all);
    assert_eq!(
        all, explained,
        "values without a comment, and comments without a value"
    );
    let tried: BTreeSet<_> = OTHERS.iter().map(|(path, ..)| (*path).to_owned()).collect();
    assert_eq!(all, tried, "values that are not tried here, and others");
    let helm = latest();
    for (path, other, besides) in OTHERS {
        let without = helm.renders(besides).unwrap();
        let set = format!("{path}={other}");
        let with = helm.renders(&[besides, &[set.as_str()][..]].concat());
        assert!(
            with.unwrap_or_else(|error| panic!("{set}: {error}")) != without,
            "{set}"
        );
    }
}

#[test]
fn both_versions_of_helm_render_the_same_objects() {
    let values = ["restarts.enabled=true", "clusterStores.enabled=true"];
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
