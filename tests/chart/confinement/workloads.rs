//! Workloads: one annotation of their pod templates.

use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use super::{SHOP, installed, refusal, try_create};
use crate::cluster::{Cluster, api, until};

/// A Rollout, of which the API server knows no more than its CRD says.
async fn install_rollouts(cluster: &Cluster) {
    let definition = serde_saphyr::from_str(include_str!("../../rollouts.yaml")).unwrap();
    cluster.create(definition).await.unwrap();
    until("Rollouts are served", async || {
        let rollout = workload("Rollout", "probe");
        try_create(&cluster.client, &rollout).await.ok()
    })
    .await;
}

fn api_version(kind: &str) -> &'static str {
    if kind == "Rollout" {
        "argoproj.io/v1alpha1"
    } else {
        "apps/v1"
    }
}

pub fn workload(kind: &str, name: &str) -> Value {
    let mut spec = json!({
        "selector": {"matchLabels": {"app": name}},
        "template": {
            "metadata": {"labels": {"app": name}, "annotations": {"team": "orders"}},
            "spec": {"containers": [{"name": "app", "image": "app"}]},
        },
    });
    if kind == "StatefulSet" {
        spec["serviceName"] = json!(name);
    }
    json!({
        "apiVersion": api_version(kind), "kind": kind,
        "metadata": {"namespace": SHOP, "name": name}, "spec": spec,
    })
}

#[tokio::test]
async fn the_operators_own_token_changes_nothing_of_a_workload_but_one_annotation() {
    let (cluster, operator) = installed().await;
    let template = |change: Value| json!({"spec": {"template": change}});
    let annotation =
        "the operator sets no annotation of a pod template but ncp-secrets.io/restarted-for";
    let in_template = "the operator changes nothing in a pod template but one annotation";
    let in_spec = "the operator changes nothing in the spec of a workload but its pod template";
    let in_metadata = "the operator changes nothing in the metadata of a workload";
    let in_annotations = "the operator changes no annotation of a workload itself";
    let container = json!({"spec": {"containers": [{"name": "app", "image": "evil"}]}});
    let cases = [
        (template(container), in_template),
        (
            template(json!({"metadata": {"labels": {"x": "y"}}})),
            in_template,
        ),
        (
            template(json!({"spec": {"serviceAccountName": "other"}})),
            in_template,
        ),
        (
            template(json!({"spec": {"hostNetwork": true}})),
            in_template,
        ),
        (
            template(json!({"metadata": {"annotations": {"other": "x"}}})),
            annotation,
        ),
        (
            template(json!({"metadata": {"annotations": {"team": "x"}}})),
            annotation,
        ),
        (
            template(json!({"metadata": {"annotations": {"team": null}}})),
            annotation,
        ),
        (json!({"spec": {"revisionHistoryLimit": 1}}), in_spec),
        (json!({"metadata": {"labels": {"x": "y"}}}), in_metadata),
        (
            json!({"metadata": {"annotations": {"x": "y"}}}),
            in_annotations,
        ),
        (
            json!({"metadata": {"finalizers": ["x.example/y"]}}),
            in_metadata,
        ),
    ];
    install_rollouts(&cluster).await;
    for kind in ["Deployment", "StatefulSet", "DaemonSet", "Rollout"] {
        cluster.create(workload(kind, "app")).await.unwrap();
        let api = api(&operator, api_version(kind), kind, Some(SHOP));
        let patch = async |change: Value| {
            api.patch("app", &PatchParams::default(), &Patch::Merge(change))
                .await
        };
        for (change, expected) in &cases {
            assert_eq!(
                refusal(patch(change.clone()).await),
                *expected,
                "{kind}: {change}"
            );
        }
        let bookkeeping = "deprecated.daemonset.template.generation";
        let counted = json!({"metadata": {"annotations": {bookkeeping: "9"}}});
        if kind != "DaemonSet" {
            assert_eq!(refusal(patch(counted).await), in_annotations, "{kind}");
        }
        for mark in ["first", "second"] {
            let mark = json!({"ncp-secrets.io/restarted-for": mark});
            patch(template(json!({"metadata": {"annotations": mark}})))
                .await
                .unwrap();
        }
    }
    cluster.plane.stop().await.unwrap();
}

#[tokio::test]
async fn the_operators_own_token_gives_a_rollout_no_fields_that_it_had_not() {
    let (cluster, operator) = installed().await;
    install_rollouts(&cluster).await;
    let mut refers = workload("Rollout", "refers");
    refers["spec"] = json!({"workloadRef": {"kind": "Deployment", "name": "app"}});
    cluster.create(refers).await.unwrap();
    let rollouts = api(&operator, api_version("Rollout"), "Rollout", Some(SHOP));
    let annotated = json!({"metadata": {"annotations": {"ncp-secrets.io/restarted-for": "x"}}});
    let cases = [
        (
            json!({"spec": {"template": annotated}}),
            "the operator changes nothing in the spec of a workload but its pod template",
        ),
        (
            json!({"evil": true}),
            "the operator changes nothing of a workload beside its spec",
        ),
    ];
    for (change, expected) in cases {
        let (change, params) = (Patch::Merge(change), PatchParams::default());
        let changed = rollouts.patch("refers", &params, &change);
        assert_eq!(refusal(changed.await), expected, "{change:?}");
    }
    cluster.plane.stop().await.unwrap();
}

#[tokio::test]
async fn the_operators_own_token_restarts_nothing_in_kube_system() {
    let (cluster, operator) = installed().await;
    let mut dns = workload("Deployment", "dns");
    dns["metadata"]["namespace"] = json!("kube-system");
    cluster.create(dns).await.unwrap();
    let deployments = api(&operator, "apps/v1", "Deployment", Some("kube-system"));
    let mark = json!({"metadata": {"annotations": {"ncp-secrets.io/restarted-for": "x"}}});
    let change = Patch::Merge(json!({"spec": {"template": mark}}));
    let params = PatchParams::default();
    let changed = deployments.patch("dns", &params, &change);
    assert_eq!(
        refusal(changed.await),
        "the operator restarts nothing in kube-system"
    );
    cluster.plane.stop().await.unwrap();
}
