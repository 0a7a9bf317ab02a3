//! A release through its life: an older version, an upgrade, a rollback, and its end.

use std::fs;
use std::path::Path;

use kube::ResourceExt;
use kube::api::{ListParams, Patch, PatchParams};
use serde_json::{Value, json};

use crate::cluster::{Cluster, api, until};
use crate::helm::{CHART, NAMESPACE, RELEASE, Tool, both_for};

const GROUP: &str = "ncp-secrets.io/v1alpha1";
const SHOP: &str = "shop";

/// The chart as an older version would have been: its `NcpSecret` has no `suspend` yet.
pub fn package_older(helm: &Tool, folder: &Path) -> String {
    let chart = folder.join("ncp-secret-operator");
    copy(Path::new(CHART), &chart);
    let edit = |file: &str, edit: &dyn Fn(String) -> String| {
        let path = chart.join(file);
        fs::write(&path, edit(fs::read_to_string(&path).unwrap())).unwrap();
    };
    let version = env!("CARGO_PKG_VERSION");
    edit("Chart.yaml", &|text| text.replace(version, "0.0.9"));
    edit("files/crds/ncpsecrets.yaml", &|_| {
        older_definition().to_string()
    });
    package(helm, &chart, folder)
}

/// The CRD of `NcpSecret` as it would have been then.
pub fn older_definition() -> Value {
    let text = fs::read_to_string(format!("{CHART}/files/crds/ncpsecrets.yaml")).unwrap();
    let mut definition: Value = serde_saphyr::from_str(&text).unwrap();
    let schema = &mut definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    let fields = schema["properties"]["spec"]["properties"].as_object_mut();
    fields.unwrap().remove("suspend").unwrap();
    definition
}

/// Packs a chart; answers the file.
fn package(helm: &Tool, chart: &Path, folder: &Path) -> String {
    let (chart, folder) = (chart.to_str().unwrap(), folder.to_str().unwrap());
    let said = helm
        .run(&["package", chart, "--destination", folder])
        .unwrap();
    said.trim().rsplit_once(": ").unwrap().1.to_owned()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Makes a store, an object and its Secret, as a user and the operator would.
pub async fn fill(cluster: &Cluster) {
    cluster.create_namespace(SHOP, json!({})).await;
    let metadata = json!({"namespace": SHOP, "name": "orders-db"});
    let auth = json!({"secretRef": {"name": "ncp-credentials"}});
    let store = json!({
        "apiVersion": GROUP, "kind": "NcpSecretStore", "metadata": metadata,
        "spec": {"region": "KR", "auth": auth},
    });
    until("the kinds are served", async || {
        cluster.create(store.clone()).await.ok()
    })
    .await;
    let object = json!({
        "apiVersion": GROUP, "kind": "NcpSecret", "metadata": metadata,
        "spec": {"storeRef": {"name": "orders-db"}, "source": {"secretName": "orders"}},
    });
    let object = cluster.create(object).await.unwrap();
    let owner = json!({
        "apiVersion": GROUP, "kind": "NcpSecret", "name": "orders-db", "uid": object.uid().unwrap(),
        "controller": true,
    });
    let mut secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata});
    secret["metadata"]["ownerReferences"] = json!([owner]);
    cluster.create(secret).await.unwrap();
}

/// The UIDs of all that must survive.
async fn kept(cluster: &Cluster) -> Vec<String> {
    let mut uids = Vec::new();
    for (version, kind) in [
        (GROUP, "NcpSecretStore"),
        (GROUP, "NcpSecret"),
        ("v1", "Secret"),
    ] {
        let objects = api(&cluster.client, version, kind, Some(SHOP));
        for object in objects.list(&ListParams::default()).await.unwrap() {
            assert_eq!(object.metadata.deletion_timestamp, None, "{kind}");
            uids.push(object.uid().unwrap());
        }
    }
    assert_eq!(uids.len(), 3);
    uids
}

/// Whether the API server keeps the field that the older version does not know; nothing is changed.
pub async fn knows_suspend(cluster: &Cluster) -> bool {
    let objects = api(&cluster.client, GROUP, "NcpSecret", Some(SHOP));
    let dry = PatchParams {
        dry_run: true,
        ..PatchParams::default()
    };
    let patch = Patch::Merge(json!({"spec": {"suspend": true}}));
    let patched = objects.patch("orders-db", &dry, &patch).await.unwrap();
    patched.data["spec"]["suspend"] == true
}

async fn definitions(cluster: &Cluster) -> usize {
    let version = "apiextensions.k8s.io/v1";
    let definitions = api(&cluster.client, version, "CustomResourceDefinition", None);
    definitions
        .list(&ListParams::default())
        .await
        .unwrap()
        .items
        .len()
}

async fn live_through(cluster: &Cluster, helm: &Tool) {
    let folder = tempfile::tempdir().unwrap();
    let older = package_older(helm, folder.path());
    let newer = package(helm, Path::new(CHART), folder.path());
    helm.does(&["install", RELEASE, &older, "--create-namespace"]);
    fill(cluster).await;
    let before = kept(cluster).await;
    assert!(!knows_suspend(cluster).await);

    helm.does(&["upgrade", RELEASE, &newer]);
    until("the wider schema is served", async || {
        knows_suspend(cluster).await.then_some(())
    })
    .await;
    assert_eq!(kept(cluster).await, before, "after the upgrade");

    helm.does(&["rollback", RELEASE, "1"]);
    until("the older schema is served", async || {
        (!knows_suspend(cluster).await).then_some(())
    })
    .await;
    assert_eq!(kept(cluster).await, before, "after the rollback");

    helm.does(&["uninstall", RELEASE]);
    assert_eq!(kept(cluster).await, before, "after the end");
    let deployments = api(&cluster.client, "apps/v1", "Deployment", Some(NAMESPACE));
    assert_eq!(
        deployments
            .list(&ListParams::default())
            .await
            .unwrap()
            .items
            .len(),
        0
    );

    helm.does(&["install", RELEASE, &newer]);
    until("the new release has its schema", async || {
        knows_suspend(cluster).await.then_some(())
    })
    .await;
    assert_eq!(kept(cluster).await, before, "after another beginning");

    helm.does(&["upgrade", RELEASE, &newer, "--set", "crds.install=false"]);
    assert_eq!(
        kept(cluster).await,
        before,
        "CRDs that leave the release stay in the cluster"
    );
    helm.does(&["upgrade", RELEASE, &newer, "--set", "crds.keep=false"]);
    helm.does(&["uninstall", RELEASE]);
    until("the CRDs are gone, as was asked for", async || {
        (definitions(cluster).await == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn upgrade_rollback_and_end_keep_every_object_with_helm_3() {
    let cluster = Cluster::start().await;
    let [helm, _] = both_for(cluster.kubeconfig());
    live_through(&cluster, &helm).await;
    cluster.plane.stop().await.unwrap();
}

#[tokio::test]
async fn upgrade_rollback_and_end_keep_every_object_with_helm_4() {
    let cluster = Cluster::start().await;
    let [_, helm] = both_for(cluster.kubeconfig());
    live_through(&cluster, &helm).await;
    cluster.plane.stop().await.unwrap();
}
