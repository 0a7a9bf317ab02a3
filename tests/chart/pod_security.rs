//! The pods of the chart are what the Pod Security Standard `restricted` asks for, as the API server judges.

use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::helm::{NAMESPACE, latest, objects, of_kind};

fn pod(values: &[&str]) -> Value {
    let objects = objects(&latest().renders(values).unwrap());
    let template = of_kind(&objects, "Deployment").unwrap()["spec"]["template"].clone();
    let metadata = json!({"namespace": NAMESPACE, "generateName": "pod-", "labels": template["metadata"]["labels"]});
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]})
}

#[tokio::test]
async fn a_restricted_namespace_takes_the_pods_unless_they_ask_for_the_nodes_network() {
    let cluster = Cluster::start().await;
    let restricted = json!({"pod-security.kubernetes.io/enforce": "restricted"});
    cluster.create_namespace(NAMESPACE, restricted).await;
    let metadata = json!({"namespace": NAMESPACE, "name": "ncp-secret-operator"});
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata});
    cluster.create(account).await.unwrap();

    cluster.create(pod(&[])).await.unwrap();

    let refused = cluster
        .create(pod(&["hostNetwork=true"]))
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("violates PodSecurity"),
        "{refused}"
    );
    cluster.plane.stop().await.unwrap();
}

#[test]
fn a_pod_is_locked_down_and_leaves_the_choice_of_a_user_to_the_cluster() {
    let spec = pod(&[])["spec"].clone();
    assert_eq!(spec["enableServiceLinks"], false);
    let context = json!({"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}});
    assert_eq!(spec["securityContext"], context);
    let context = json!({
        "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]},
    });
    assert_eq!(spec["containers"][0]["securityContext"], context);
}
