//! Whatever happens to the operator's pods, those that consume Secrets keep them, and soon get new values again.

use std::fs;
use std::process::Command;

use anyhow::{Result, ensure};
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{DeleteParams, EvictParams};

use super::super::consumers::is_ready;
use super::super::operator::{PODS, RELEASE};
use super::super::scene::{OPERATOR, Scene};
use super::super::wait::until;
use super::follow::Source;

/// As it would be for want of memory: the kubelet starts another in the same pod.
pub(super) async fn process_killed(scene: &Scene, source: &Source) -> Result<()> {
    let pod = scene.operator_pod().await?;
    ensure!(
        kill_operators()? == 1,
        "one process of the operator was to be there"
    );
    until("the operator's process runs again", async || {
        let now = operator_pods(scene).get(&pod).await?;
        Ok((restarts(&now) == 1 && is_ready(&now)).then_some(()))
    })
    .await?;
    source.reaches_pods(scene, "after-a-kill").await
}

pub(super) async fn deleted(scene: &Scene, source: &Source) -> Result<()> {
    let before = scene.operator_pod().await?;
    operator_pods(scene)
        .delete(&before, &DeleteParams::default().grace_period(0))
        .await?;
    is_replaced(scene, &before).await?;
    source.reaches_pods(scene, "after-a-deletion").await
}

pub(super) async fn evicted(scene: &Scene, source: &Source) -> Result<()> {
    let before = scene.operator_pod().await?;
    operator_pods(scene)
        .evict(&before, &EvictParams::default())
        .await?;
    is_replaced(scene, &before).await?;
    source.reaches_pods(scene, "after-an-eviction").await
}

pub(super) async fn upgraded(scene: &Scene, source: &Source) -> Result<()> {
    let before = scene.operator_pod().await?;
    let pinned = format!("image.digest={}", scene.image.digest);
    scene.helm_with("upgrade", &["--set", &pinned]).await?;
    is_replaced(scene, &before).await?;
    let name = scene.operator_pod().await?;
    let image = format!("get pod {name} -n {OPERATOR} -o jsonpath={{.spec.containers[*].image}}");
    let image = scene.kubectl.run(&image).await?;
    ensure!(image == scene.image.pinned, "{name} runs {image}");
    source.reaches_pods(scene, "after-an-upgrade").await
}

pub(super) async fn rolled_back(scene: &Scene, source: &Source) -> Result<()> {
    let before = scene.operator_pod().await?;
    scene
        .run_helm(&["rollback", RELEASE, "1", "--wait", "--timeout", "3m"])
        .await?;
    is_replaced(scene, &before).await?;
    source.reaches_pods(scene, "after-a-rollback").await
}

pub(super) async fn leader_deleted(scene: &Scene, source: &Source) -> Result<()> {
    scene.helm_with("upgrade", &["--set", "replicas=2"]).await?;
    let pods = until("two pods of the operator are ready", async || {
        let pods = scene.pods(OPERATOR, PODS).await?;
        Ok((pods.len() == 2 && pods.iter().all(is_ready)).then_some(pods))
    })
    .await?;
    let leader = scene.leader().await?;
    ensure!(
        pods.iter()
            .any(|pod| pod.metadata.name.as_deref() == Some(&leader)),
        "{leader} leads and is no pod"
    );
    operator_pods(scene)
        .delete(&leader, &DeleteParams::default())
        .await?;
    let mut others = pods.iter().filter_map(|pod| pod.metadata.name.clone());
    let other = others.find(|name| *name != leader);
    until("the other pod leads", async || {
        Ok((Some(scene.leader().await?) == other).then_some(()))
    })
    .await?;
    source.reaches_pods(scene, "after-a-change-of-leader").await
}

/// Sends SIGKILL to every process of the operator on the node; answers how many there were.
fn kill_operators() -> Result<usize> {
    let mut count = 0;
    for process in fs::read_dir("/proc")? {
        let process = process?;
        // Whatever is no process, or has just ended, has no command line.
        let command = fs::read(process.path().join("cmdline")).unwrap_or_default();
        if command.starts_with(b"/ncp-secret-operator\0") {
            let mut kill = Command::new("kill");
            let killed = kill.arg("-KILL").arg(process.file_name()).status()?;
            ensure!(killed.success(), "cannot kill the operator's process");
            count += 1;
        }
    }
    Ok(count)
}

fn restarts(pod: &Pod) -> i32 {
    let containers = pod
        .status
        .iter()
        .flat_map(|status| &status.container_statuses);
    containers
        .flatten()
        .map(|container| container.restart_count)
        .sum()
}

async fn is_replaced(scene: &Scene, before: &str) -> Result<()> {
    until("another pod of the operator is ready", async || {
        Ok((scene.operator_pod().await? != before).then_some(()))
    })
    .await
}

fn operator_pods(scene: &Scene) -> Api<Pod> {
    Api::namespaced(scene.client.clone(), OPERATOR)
}
