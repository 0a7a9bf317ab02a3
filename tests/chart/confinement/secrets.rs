//! Secrets: only those that carry the operator's mark.

use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::{Value, json};

use super::{NAMESPACE, SHOP, installed, refusal};
use crate::cluster::{api, create};

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
                "ncp-secrets.io/content": format!("01234567.{:064}", 0),
            },
        },
        "data": {"a": "Yg=="},
    })
}

fn with(mut object: Value, pointer: &str, value: Value) -> Value {
    *object.pointer_mut(pointer).unwrap() = value;
    object
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
    let held = "the operator lets nobody wait for a Secret's end, and makes none immutable";
    let with_finalizer = |mut secret: Value| {
        secret["metadata"]["finalizers"] = json!(["x.example/y"]);
        secret
    };
    let mut immutable = orphan(SHOP, "escape");
    immutable["immutable"] = json!(true);
    let key = json!({"namespace": NAMESPACE, "name": "ncp-secret-operator-key"});
    let key = json!({"apiVersion": "v1", "kind": "Secret", "metadata": key});
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
        (with_finalizer(orphan(SHOP, "escape")), held),
        (immutable, held),
        (with_finalizer(key.clone()), no_mark),
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
    create(&operator, key).await.unwrap();
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
    let held = "the operator lets nobody wait for a Secret's end, and makes none immutable";
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
    let annotated = |name: &str, value: &str| json!({"metadata": {"annotations": {name: value}}});
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
        (
            SHOP,
            "ours",
            annotated("ncp-secrets.io/owner", " "),
            no_mark,
        ),
        (
            SHOP,
            "ours",
            annotated("ncp-secrets.io/owner-uid", "x"),
            no_mark,
        ),
        (
            SHOP,
            "ours",
            annotated("ncp-secrets.io/content", "x"),
            no_mark,
        ),
        (
            SHOP,
            "ours",
            json!({"metadata": {"finalizers": ["x.example/y"]}}),
            held,
        ),
        (SHOP, "ours", json!({"immutable": true}), held),
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

    let mut token = orphan(SHOP, "token");
    token["type"] = json!("kubernetes.io/service-account-token");
    token["metadata"]["annotations"]["kubernetes.io/service-account.name"] = json!("default");
    cluster.create(token).await.unwrap();
    let marked_token = api(&operator, "v1", "Secret", Some(SHOP));
    let deleted = marked_token.delete("token", &DeleteParams::default()).await;
    assert_eq!(
        refusal(deleted),
        "the operator writes no Secret of a type that gives rights in the cluster"
    );

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
