//! What whoever takes over the operator's account cannot do: tried with its own token, under its own rights.

use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::{DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube::{Api, Client};
use serde_json::{Value, json};

use crate::cluster::{Cluster, api, create, until};
use crate::helm::{CHART, NAMESPACE, RELEASE, both_for};

const SHOP: &str = "shop";

/// A cluster with the chart, and a client with the token that a pod of the operator would have.
async fn installed() -> (Cluster, Client) {
    let cluster = Cluster::start().await;
    let [_, helm] = both_for(cluster.kubeconfig());
    let switches = "restarts.enabled=true,clusterStores.enabled=true";
    helm.does(&[
        "install",
        RELEASE,
        CHART,
        "--create-namespace",
        "--set",
        switches,
    ]);
    cluster.create_namespace(SHOP, json!({})).await;
    let operator = as_operator(&cluster).await;
    cluster
        .create(workload("Deployment", "probe"))
        .await
        .unwrap();
    // A policy holds a moment after it is made.
    until("all policies hold", async || {
        let bare = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": SHOP, "name": "probe"}});
        let secret = try_create(&operator, &bare).await;
        let lease = try_create(&operator, &lease(NAMESPACE, "probe")).await;
        let workloads = api(&operator, "apps/v1", "Deployment", Some(SHOP));
        let change = Patch::Merge(json!({"spec": {"replicas": 9}}));
        let workload = workloads.patch("probe", &PatchParams::default().dry_run(), &change).await;
        (secret.is_err() && lease.is_err() && workload.is_err()).then_some(())
    })
    .await;
    (cluster, operator)
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

async fn as_operator(cluster: &Cluster) -> Client {
    let accounts: Api<ServiceAccount> = Api::namespaced(cluster.client.clone(), NAMESPACE);
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

/// A Secret as the operator makes them, of an `NcpSecret` with policy Orphan.
fn orphan(namespace: &str, name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {
            "namespace": namespace, "name": name,
            "labels": {"app.kubernetes.io/managed-by": "ncp-secret-operator"},
            "annotations": {
                "ncp-secrets.io/owner": "orders-db",
                "ncp-secrets.io/owner-uid": "00000000-0000-0000-0000-000000000001",
                "ncp-secrets.io/content": "k.h",
            },
        },
        "data": {"a": "Yg=="},
    })
}

fn with(mut object: Value, pointer: &str, value: Value) -> Value {
    *object.pointer_mut(pointer).unwrap() = value;
    object
}

fn lease(namespace: &str, name: &str) -> Value {
    json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"namespace": namespace, "name": name},
    })
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
async fn the_operators_own_token_creates_no_secret_but_its_own() {
    let (cluster, operator) = installed().await;
    let metadata = |name: &str| json!({"namespace": SHOP, "name": name});
    let owned_by = |kind: &str, uid: &str| {
        let mut secret = orphan(SHOP, "escape");
        let api_version = if kind == "ConfigMap" {
            "v1"
        } else {
            "ncp-secrets.io/v1alpha1"
        };
        secret["metadata"]["ownerReferences"] =
            json!([{"apiVersion": api_version, "kind": kind, "name": "orders-db", "uid": uid}]);
        secret
    };
    let token = |type_: &str| {
        let mut secret = with(orphan(SHOP, "escape"), "/type", json!(type_));
        secret["metadata"]["annotations"]["kubernetes.io/service-account.name"] = json!("default");
        secret
    };
    let no_mark = "the operator leaves no Secret without its mark";
    let type_ = "the operator writes no Secret of a type that gives rights in the cluster";
    let owner = "the operator makes nobody the owner of a Secret but the NcpSecret that its annotations name";
    let kube_system = "the operator writes no Secret in kube-system";
    let mut half = orphan(SHOP, "escape");
    half["metadata"]["annotations"]
        .as_object_mut()
        .unwrap()
        .remove("ncp-secrets.io/owner-uid");
    let cases = [
        (
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata("escape")}),
            no_mark,
        ),
        (
            with(orphan(SHOP, "escape"), "/metadata/labels", json!({})),
            no_mark,
        ),
        (
            with(orphan(SHOP, "escape"), "/metadata/annotations", json!({})),
            no_mark,
        ),
        (half, no_mark),
        (token("kubernetes.io/service-account-token"), type_),
        (
            with(
                orphan(SHOP, "escape"),
                "/type",
                json!("bootstrap.kubernetes.io/token"),
            ),
            type_,
        ),
        (
            with(orphan(SHOP, "escape"), "/type", json!("helm.sh/release.v1")),
            type_,
        ),
        (
            owned_by("ConfigMap", "00000000-0000-0000-0000-000000000001"),
            owner,
        ),
        (
            owned_by("NcpSecret", "00000000-0000-0000-0000-000000000002"),
            owner,
        ),
        (orphan("kube-system", "escape"), kube_system),
        // Its key has that name in its own namespace only.
        (
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata("ncp-secret-operator-key")}),
            no_mark,
        ),
    ];
    for (secret, expected) in cases {
        assert_eq!(
            refusal(create(&operator, secret.clone()).await),
            expected,
            "{secret}"
        );
    }

    create(&operator, orphan(SHOP, "orphan")).await.unwrap();
    let uid = "00000000-0000-0000-0000-000000000001";
    create(
        &operator,
        with(owned_by("NcpSecret", uid), "/metadata/name", json!("owned")),
    )
    .await
    .unwrap();
    let key = json!({"namespace": NAMESPACE, "name": "ncp-secret-operator-key"});
    create(
        &operator,
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": key}),
    )
    .await
    .unwrap();
    cluster.plane.stop().await.unwrap();
}

#[tokio::test]
async fn the_operators_own_token_changes_and_deletes_no_secret_but_its_own() {
    let (cluster, operator) = installed().await;
    let foreign = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": SHOP, "name": "foreign"}});
    cluster.create(foreign).await.unwrap();
    let mut key =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": NAMESPACE}});
    key["metadata"]["name"] = json!("ncp-secret-operator-key");
    create(&operator, key).await.unwrap();
    create(&operator, orphan(SHOP, "ours")).await.unwrap();
    let no_mark_before = "the operator changes and deletes no Secret without its mark";
    let no_mark = "the operator leaves no Secret without its mark";
    let handed_on = "the operator gives no Secret from one NcpSecret to another";
    let patch = async |namespace: &str, name: &str, patch: Value| {
        let api = api(&operator, "v1", "Secret", Some(namespace));
        api.patch(name, &PatchParams::default(), &Patch::Merge(patch))
            .await
    };
    let data = json!({"data": {"a": "Yw=="}});
    let mark = json!({"metadata": orphan(SHOP, "x")["metadata"]});
    let mut marked = mark.clone();
    marked["metadata"]
        .as_object_mut()
        .unwrap()
        .retain(|field, _| field != "name");
    let without = |annotation: &str| json!({"metadata": {"annotations": {annotation: null}}});
    let other = json!({"metadata": {"annotations": {
        "ncp-secrets.io/owner": "other", "ncp-secrets.io/owner-uid": "other",
    }}});
    let cases = [
        (SHOP, "foreign", data.clone(), no_mark_before),
        (SHOP, "foreign", marked, no_mark_before),
        (
            NAMESPACE,
            "ncp-secret-operator-key",
            data.clone(),
            no_mark_before,
        ),
        (SHOP, "ours", without("ncp-secrets.io/owner-uid"), no_mark),
        (SHOP, "ours", json!({"metadata": {"labels": null}}), no_mark),
        (SHOP, "ours", other, handed_on),
    ];
    for (namespace, name, change, expected) in cases {
        let result = patch(namespace, name, change.clone()).await;
        assert_eq!(refusal(result), expected, "{name}: {change}");
    }
    for (namespace, name) in [(SHOP, "foreign"), (NAMESPACE, "ncp-secret-operator-key")] {
        let api = api(&operator, "v1", "Secret", Some(namespace));
        let result = api.delete(name, &DeleteParams::default()).await;
        assert_eq!(refusal(result), no_mark_before, "{name}");
    }

    patch(SHOP, "ours", data).await.unwrap();
    // Somebody removed the label, and it is put back.
    let as_admin = api(&cluster.client, "v1", "Secret", Some(SHOP));
    let bare = Patch::Merge(json!({"metadata": {"labels": null}}));
    as_admin
        .patch("ours", &PatchParams::default(), &bare)
        .await
        .unwrap();
    patch(
        SHOP,
        "ours",
        json!({"metadata": {"labels": {"app.kubernetes.io/managed-by": "ncp-secret-operator"}}}),
    )
    .await
    .unwrap();
    let ours = api(&operator, "v1", "Secret", Some(SHOP));
    ours.delete("ours", &DeleteParams::default()).await.unwrap();
    cluster.plane.stop().await.unwrap();
}

/// A Rollout, of which the API server knows no more than its CRD says.
async fn install_rollouts(cluster: &Cluster) {
    let definition = serde_saphyr::from_str(include_str!("../rollouts.yaml")).unwrap();
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

fn workload(kind: &str, name: &str) -> Value {
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
async fn the_operators_own_token_writes_no_lease_but_its_own() {
    let (cluster, operator) = installed().await;
    let refused = "the operator writes no Lease but its own";
    let other = create(&operator, lease(NAMESPACE, "other")).await;
    assert_eq!(refusal(other), refused);
    create(&operator, lease(NAMESPACE, "ncp-secret-operator"))
        .await
        .unwrap();
    // The rights alone hold these; the policy would too, and is not asked.
    cluster.create(lease(NAMESPACE, "foreign")).await.unwrap();
    let leases = api(
        &operator,
        "coordination.k8s.io/v1",
        "Lease",
        Some(NAMESPACE),
    );
    let change = Patch::Merge(json!({"spec": {"holderIdentity": "me"}}));
    let params = PatchParams::default();
    let changed = leases.patch("foreign", &params, &change).await;
    assert!(refusal(changed).contains("cannot patch resource"));
    for name in ["foreign", "ncp-secret-operator"] {
        let deleted = leases.delete(name, &DeleteParams::default()).await;
        assert!(refusal(deleted).contains("cannot delete resource"));
    }
    cluster.plane.stop().await.unwrap();
}
