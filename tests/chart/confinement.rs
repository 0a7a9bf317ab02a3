//! What whoever takes over the operator's account cannot do: tried with its own token, under its own rights, and under all
//! rights that there are.

mod secrets;
mod workloads;

use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::{DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube::{Api, Client};
use serde_json::{Value, json};

use self::workloads::workload;
use crate::cluster::{Cluster, api, create, until};
use crate::helm::{CHART, NAMESPACE, RELEASE, both_for};

const SHOP: &str = "shop";

/// A cluster with the chart, and a client with the token that a pod of the operator would have.
async fn installed() -> (Cluster, Client) {
    let cluster = Cluster::start().await;
    let [_, helm] = both_for(cluster.kubeconfig());
    let switches = "restarts.enabled=true,clusterStores.enabled=true";
    helm.installs(CHART, &["--set", switches]);
    let operator = confined(&cluster, NAMESPACE).await;
    (cluster, operator)
}

/// A client with the token of the operator's account in that namespace, once the policies hold it.
async fn confined(cluster: &Cluster, namespace: &str) -> Client {
    cluster.create_namespace(SHOP, json!({})).await;
    let operator = as_operator(cluster, namespace).await;
    let probe = workload("Deployment", "probe");
    cluster.create(probe).await.unwrap();
    // A policy holds a moment after it is made.
    until("all policies hold", async || {
        let bare = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": SHOP, "name": "probe"}});
        let secret = try_create(&operator, &bare).await;
        let lease = try_create(&operator, &lease(namespace, "probe")).await;
        let workloads = api(&operator, "apps/v1", "Deployment", Some(SHOP));
        let change = Patch::Merge(json!({"spec": {"replicas": 9}}));
        let workload = workloads.patch("probe", &PatchParams::default().dry_run(), &change).await;
        (secret.is_err() && lease.is_err() && workload.is_err()).then_some(())
    })
    .await;
    operator
}

/// Creates an object, and yet does not.
async fn try_create(client: &Client, object: &Value) -> kube::Result<DynamicObject> {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap();
    let api = api(
        client,
        text("/apiVersion"),
        text("/kind"),
        Some(text("/metadata/namespace")),
    );
    let params = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    api.create(&params, &serde_json::from_value(object.clone()).unwrap())
        .await
}

async fn as_operator(cluster: &Cluster, namespace: &str) -> Client {
    let accounts: Api<ServiceAccount> = Api::namespaced(cluster.client.clone(), namespace);
    let request = TokenRequest {
        spec: Some(TokenRequestSpec::default()),
        ..TokenRequest::default()
    };
    let params = PostParams::default();
    let request = accounts.create_token_request(RELEASE, &params, &request);
    let token = request.await.unwrap().status.unwrap().token.unwrap();
    let kubeconfig = kube::config::Kubeconfig::read_from(cluster.kubeconfig()).unwrap();
    let options = kube::config::KubeConfigOptions::default();
    let mut config = kube::Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .unwrap();
    config.auth_info = kube::config::AuthInfo {
        token: Some(token.into()),
        ..kube::config::AuthInfo::default()
    };
    Client::try_from(config).unwrap()
}

fn lease(namespace: &str, name: &str) -> Value {
    json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"namespace": namespace, "name": name},
    })
}

/// Tries to take over somebody else's Lease, to delete it, and to delete the operator's own; answers the refusals.
async fn lease_escapes(cluster: &Cluster, operator: &Client) -> [String; 3] {
    cluster.create(lease(NAMESPACE, "foreign")).await.unwrap();
    let group = "coordination.k8s.io/v1";
    let leases = api(operator, group, "Lease", Some(NAMESPACE));
    let change = Patch::Merge(json!({"spec": {"holderIdentity": "me"}}));
    let params = DeleteParams::default();
    [
        refusal(
            leases
                .patch("foreign", &PatchParams::default(), &change)
                .await,
        ),
        refusal(leases.delete("foreign", &params).await),
        refusal(leases.delete("ncp-secret-operator", &params).await),
    ]
}

/// The policy's own words in a refusal.
fn refusal(result: kube::Result<impl Sized>) -> String {
    let Err(kube::Error::Api(status)) = result else {
        return "nothing was refused".into();
    };
    assert_eq!(status.code, 403, "{status:?}");
    let words = status.message.rsplit_once("denied request: ");
    words.map_or_else(|| status.message.clone(), |(_, words)| words.to_owned())
}

#[tokio::test]
async fn the_operators_own_token_writes_no_lease_but_its_own() {
    let (cluster, operator) = installed().await;
    let refused = "the operator writes no Lease but its own";
    let other = create(&operator, lease(NAMESPACE, "other")).await;
    assert_eq!(refusal(other), refused);
    create(&operator, lease(NAMESPACE, "ncp-secret-operator"))
        .await
        .unwrap();
    // The rights alone hold these; the policy would too, and is not asked.
    for refusal in lease_escapes(&cluster, &operator).await {
        assert!(refusal.contains(" cannot "), "{refusal}");
    }
    cluster.plane.stop().await.unwrap();
}

#[tokio::test]
async fn the_policies_alone_hold_the_account_when_somebody_gives_it_all_rights() {
    let (cluster, operator) = installed().await;
    let subject = json!({"kind": "ServiceAccount", "name": RELEASE, "namespace": NAMESPACE});
    let role = json!({
        "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin",
    });
    cluster
        .create(json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": "too-much"}, "roleRef": role, "subjects": [subject],
        }))
        .await
        .unwrap();
    until("it has all rights", async || {
        let metadata = json!({"namespace": SHOP, "name": "any"});
        let any = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata});
        try_create(&operator, &any).await.ok()
    })
    .await;

    let no_workload = "the operator makes and deletes no workload";
    let made = create(&operator, workload("Deployment", "mine")).await;
    assert_eq!(refusal(made), no_workload);
    let deployments = api(&operator, "apps/v1", "Deployment", Some(SHOP));
    let deleted = deployments.delete("probe", &DeleteParams::default()).await;
    assert_eq!(refusal(deleted), no_workload);

    let no_lease = "the operator writes no Lease but its own";
    let own_name = create(&operator, lease(SHOP, "ncp-secret-operator")).await;
    assert_eq!(refusal(own_name), no_lease);
    let own = lease(NAMESPACE, "ncp-secret-operator");
    create(&operator, own).await.unwrap();
    assert_eq!(lease_escapes(&cluster, &operator).await, [no_lease; 3]);
    cluster.plane.stop().await.unwrap();
}

#[tokio::test]
async fn the_plain_manifests_confine_the_account_also_where_kustomize_moves_it() {
    let cluster = Cluster::start().await;
    // Kustomize takes bases by paths from the overlay only.
    let target = concat!(env!("CARGO_MANIFEST_DIR"), "/target");
    std::fs::create_dir_all(target).unwrap();
    let folder = tempfile::tempdir_in(target).unwrap();
    let overlay = "\
resources: [../../deploy/base, ../../deploy/cluster-everything]
namespace: platform
";
    std::fs::write(folder.path().join("kustomization.yaml"), overlay).unwrap();
    cluster.kubectl(&["apply", "-k", folder.path().to_str().unwrap()]);

    let operator = confined(&cluster, "platform").await;
    let key = |namespace: &str| {
        let metadata = json!({"namespace": namespace, "name": "ncp-secret-operator-key"});
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata})
    };
    let elsewhere = create(&operator, key(SHOP)).await;
    assert_eq!(
        refusal(elsewhere),
        "the operator leaves no Secret without its mark"
    );
    create(&operator, key("platform")).await.unwrap();
    create(&operator, lease("platform", "ncp-secret-operator"))
        .await
        .unwrap();
    cluster.plane.stop().await.unwrap();
}
