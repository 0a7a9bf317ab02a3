//! The chart comes, keeps to a namespace, and goes.

use anyhow::{Result, ensure};

use super::super::consumers::{LEFT_ALONE, SECRET};
use super::super::operator::RELEASE;
use super::super::scene::{OPERATOR, SHOP, Scene};
use super::super::wait::until;
use super::follow::Source;

const LABELLED: &str = "--selector app.kubernetes.io/instance=ncp-secret-operator -o name";

pub(super) async fn helm_installs(scene: &Scene) -> Result<()> {
    scene.helm_with("install", &[]).await?;
    scene.operator_pod().await?;
    let policies = found(scene, "validatingadmissionpolicies").await?;
    ensure!(!policies.is_empty(), "no admission policy was installed");
    let escape = format!(
        "create secret generic escape -n {SHOP} --as system:serviceaccount:{OPERATOR}:{RELEASE}"
    );
    until("the policies hold the operator's account", async || {
        let refusal = scene.kubectl.run(&escape).await.err();
        let refusal = refusal.map(|error| format!("{error:#}"));
        ensure!(refusal.is_some(), "it made a Secret without its mark");
        Ok(refusal.filter(|text| text.contains("leaves no Secret without its mark")))
    })
    .await?;
    Ok(())
}

pub(super) async fn namespaced(scene: &Scene, source: &Source) -> Result<()> {
    let only = format!("watchNamespaces={{{SHOP}}}");
    scene.helm_with("upgrade", &["--set", &only]).await?;
    for kind in ["clusterroles", "clusterrolebindings"] {
        let left = found(scene, kind).await?;
        ensure!(left.is_empty(), "these are left: {left}");
    }
    source.reaches_pods(scene, "in-one-namespace").await
}

pub(super) async fn uninstalled(scene: &Scene) -> Result<()> {
    // Of all namespaces again, with everything that this brings.
    scene.helm_with("upgrade", &[]).await?;
    let pod = scene.consumer(LEFT_ALONE).await?;
    let before = scene.mounted(&pod).await?;
    let release = scene.run_helm(&["get", "manifest", RELEASE]).await?;
    scene
        .run_helm(&["uninstall", RELEASE, "--wait", "--timeout", "3m"])
        .await?;
    scene
        .kubectl
        .run(&format!("get ncpsecret,secret {SECRET} -n {SHOP}"))
        .await?;
    ensure!(
        scene.consumer(LEFT_ALONE).await? == pod,
        "a consumer's pod was replaced"
    );
    ensure!(scene.mounted(&pod).await? == before, "the file changed");
    let objects = release.split("---\n");
    let not_kept = objects.filter(|object| !object.contains("helm.sh/resource-policy: keep"));
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), not_kept.collect::<Vec<_>>().join("---\n"))?;
    let left = format!(
        "get -f {} --ignore-not-found -o name",
        file.path().display()
    );
    let left = scene.kubectl.run(&left).await?;
    ensure!(left.is_empty(), "these are left: {left}");
    Ok(())
}

/// What the release has of a kind.
async fn found(scene: &Scene, kind: &str) -> Result<String> {
    scene
        .kubectl
        .run(&format!("get {kind} -A {LABELLED}"))
        .await
}
