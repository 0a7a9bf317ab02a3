//! A real API server takes everything that is rendered, in each mode, by each way.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec,
};
use kube::Api;
use kube::api::PostParams;
use serde_json::json;

use crate::cluster::{Cluster, until};
use crate::helm::{CHART, NAMESPACE, RELEASE, both_for};

/// All switches of a mode, and how the notes say to look at its objects.
const MODES: [(&[&str], &[&str]); 2] = [
    (
        &[
            "restarts.enabled=true",
            "clusterStores.enabled=true",
            "serverRole.enabled=true",
            "hostNetwork=true",
            "networkPolicy.metricsFrom=[{\"podSelector\":{}}]",
            "networkPolicy.extraEgress=[{\"ports\":[{\"port\":8443}]}]",
            "extraObjects=[\"{apiVersion: v1, kind: ConfigMap, metadata: {name: {{ .Release.Name }}-more}}\"]",
        ],
        &["kubectl get ncpsecrets -A"],
    ),
    (
        &[
            "restarts.enabled=true",
            "watchNamespaces=[\"shop\",\"till\"]",
            "updateStrategy={\"type\":\"Recreate\"}",
            "extraVolumes=[{\"name\":\"ca\",\"emptyDir\":{}}]",
            "extraVolumeMounts=[{\"name\":\"ca\",\"mountPath\":\"/ca\"}]",
            "extraEnv=[{\"name\":\"A\",\"value\":\"b\"}]",
            "tolerations=[{\"operator\":\"Exists\"}]",
            "listen.address=\"::\"",
        ],
        &[
            "kubectl get ncpsecrets -n shop",
            "kubectl get ncpsecrets -n till",
        ],
    ),
];

fn lines_with<'text>(text: &'text str, words: &str) -> Vec<&'text str> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| line.contains(words)).collect()
}

#[tokio::test]
async fn each_mode_is_installed_and_removed_by_each_version_of_helm() {
    let cluster = Cluster::start().await;
    for namespace in ["shop", "till"] {
        cluster.create_namespace(namespace, json!({})).await;
    }
    for helm in both_for(cluster.kubeconfig()) {
        for (values, where_to_look) in MODES {
            let values = values.iter().flat_map(|value| ["--set-json", value]);
            let notes = helm.installs(CHART, &values.collect::<Vec<_>>());
            assert!(notes.contains("kubectl rollout status"), "{notes}");
            let looks = lines_with(&notes, "kubectl get ncpsecrets");
            assert_eq!(looks, *where_to_look, "{notes}");
            let deployments: Api<Deployment> = Api::namespaced(cluster.client.clone(), NAMESPACE);
            assert!(deployments.get_opt(RELEASE).await.unwrap().is_some());
            helm.does(&["uninstall", RELEASE]);
            assert!(deployments.get_opt(RELEASE).await.unwrap().is_none());
        }
    }
    cluster.plane.stop().await.unwrap();
}

#[tokio::test]
async fn the_plain_manifests_are_applied_by_kubectl_alone() {
    let cluster = Cluster::start().await;
    cluster.create_namespace("shop", json!({})).await;
    let folders = [
        "",
        "cluster-everything",
        "namespaced",
        "namespaced-everything",
    ];
    for folder in folders {
        let folder = format!("{}/deploy/{folder}", env!("CARGO_MANIFEST_DIR"));
        let complaint = cluster.kubectl(&["apply", "-k", &folder]);
        assert!(!complaint.contains("Warning"), "{folder}: {complaint}");
    }
    cluster.plane.stop().await.unwrap();
}

#[tokio::test]
async fn who_may_view_or_edit_a_namespace_may_do_so_with_its_custom_resources() {
    let cluster = Cluster::start().await;
    let [_, helm] = both_for(cluster.kubeconfig());
    helm.installs(CHART, &[]);
    cluster.create_namespace("shop", json!({})).await;
    for role in ["view", "edit"] {
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"namespace": "shop", "name": role},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": role}],
        });
        cluster.create(binding).await.unwrap();
    }
    let may = async |user: &str, verb: &str, resource: &str| {
        let review = SubjectAccessReview {
            spec: SubjectAccessReviewSpec {
                user: Some(user.into()),
                resource_attributes: Some(ResourceAttributes {
                    group: Some("ncp-secrets.io".into()),
                    namespace: Some("shop".into()),
                    resource: Some(resource.into()),
                    verb: Some(verb.into()),
                    ..ResourceAttributes::default()
                }),
                ..SubjectAccessReviewSpec::default()
            },
            ..SubjectAccessReview::default()
        };
        let reviews: Api<SubjectAccessReview> = Api::all(cluster.client.clone());
        let review = reviews.create(&PostParams::default(), &review).await;
        review.unwrap().status.unwrap().allowed
    };
    until("the roles are aggregated", async || {
        let done =
            may("view", "get", "ncpsecrets").await && may("edit", "create", "ncpsecrets").await;
        done.then_some(())
    })
    .await;
    for resource in ["ncpsecrets", "ncpsecretstores"] {
        assert!(may("view", "list", resource).await && may("edit", "delete", resource).await);
        assert!(!may("view", "create", resource).await, "{resource}");
    }
    assert!(!may("edit", "create", "clusterncpsecretstores").await);
    cluster.plane.stop().await.unwrap();
}
