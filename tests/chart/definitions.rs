//! CRDs that are applied apart from the release, before it and after it.

use serde_json::json;

use crate::cluster::{Cluster, until};
use crate::helm::{CHART, RELEASE, both_for};
use crate::release::{fill, knows_suspend, older_definition, package_older};

/// Applies the CRDs as `docs/install.md` says.
fn apply_by_hand(cluster: &Cluster, file: &str) {
    cluster.kubectl(&["apply", "--server-side", "--force-conflicts", "-f", file]);
}

const DEFINITIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/crds");

#[tokio::test]
async fn definitions_that_helm_wrote_are_widened_by_hand() {
    for version in 0..2 {
        let cluster = Cluster::start().await;
        let helm = &both_for(cluster.kubeconfig())[version];
        let folder = tempfile::tempdir().unwrap();
        let older = package_older(helm, folder.path());
        helm.installs(&older, &[]);
        fill(&cluster).await;
        assert!(!knows_suspend(&cluster).await);
        apply_by_hand(&cluster, DEFINITIONS);
        until("the wider schema is served", async || {
            knows_suspend(&cluster).await.then_some(())
        })
        .await;
        helm.does(&["upgrade", RELEASE, CHART, "--set", "crds.install=false"]);
        assert!(knows_suspend(&cluster).await);
        cluster.plane.stop().await.unwrap();
    }
}

#[tokio::test]
async fn definitions_that_a_hand_wrote_are_taken_into_a_release_and_widened() {
    let more: [&[&str]; 2] = [
        &["--take-ownership"],
        &["--take-ownership", "--force-conflicts"],
    ];
    for (version, more) in more.into_iter().enumerate() {
        let cluster = Cluster::start().await;
        let helm = &both_for(cluster.kubeconfig())[version];
        apply_by_hand(&cluster, DEFINITIONS);
        let older = tempfile::Builder::new().suffix(".json").tempfile().unwrap();
        std::fs::write(older.path(), older_definition().to_string()).unwrap();
        apply_by_hand(&cluster, older.path().to_str().unwrap());
        fill(&cluster).await;
        until("the narrower schema is served", async || {
            (!knows_suspend(&cluster).await).then_some(())
        })
        .await;
        helm.installs(CHART, more);
        until("the wider schema is served", async || {
            knows_suspend(&cluster).await.then_some(())
        })
        .await;
        cluster.plane.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_second_installation_in_another_namespace_leaves_the_definitions_to_the_first() {
    let cluster = Cluster::start().await;
    let [_, helm] = both_for(cluster.kubeconfig());
    for namespace in ["shop", "till"] {
        cluster.create_namespace(namespace, json!({})).await;
    }
    let only = |namespace: &str| format!("watchNamespaces={{{namespace}}}");
    helm.installs(CHART, &["--set", &only("shop")]);
    let elsewhere = ["--create-namespace", "--namespace", "second"];
    let till = only("till");
    let values = ["--set", &till, "--set", "crds.install=false"];
    let second = [&["install", RELEASE, CHART][..], &elsewhere, &values].concat();
    helm.run(&second).unwrap();
    cluster.plane.stop().await.unwrap();
}
