//! What is shown, in the order in which a user would come to see it.

mod follow;
mod install;
mod lifetime;

use std::time::Instant;

use anyhow::{Context, Result};

use super::consumers::{KEY, LEFT_ALONE, SECRET};
use super::guard::Guard;
use super::scene::{SHOP, Scene};

pub(super) async fn all(scene: &Scene) -> Result<()> {
    let s = scene;
    step("Helm installs the chart", install::helm_installs(s)).await?;
    step("a pod waits for its Secret", follow::pods_wait(s)).await?;
    let (id, password) = step("it starts once the Secret exists", follow::pods_start(s)).await?;
    step(
        "the volume equals the value",
        follow::volume_equals(s, &password),
    )
    .await?;
    step(
        "the environment equals the value",
        follow::environment_equals(s, &password),
    )
    .await?;

    let bystander = s.consumer(LEFT_ALONE).await?;
    let mut guard = Guard::over(&s.client, SHOP, (SECRET, KEY), &bystander).await?;
    let ncp = follow::Source { id };
    guarded(
        &mut guard,
        "a rotation reaches the mounted file and restarts whom it should",
        ncp.is_rotated(s),
    )
    .await?;
    guarded(
        &mut guard,
        "the operator's process is killed",
        lifetime::process_killed(s, &ncp),
    )
    .await?;
    guarded(
        &mut guard,
        "its pod is deleted at once",
        lifetime::deleted(s, &ncp),
    )
    .await?;
    guarded(&mut guard, "it is evicted", lifetime::evicted(s, &ncp)).await?;
    guarded(
        &mut guard,
        "helm upgrade replaces it",
        lifetime::upgraded(s, &ncp),
    )
    .await?;
    guarded(
        &mut guard,
        "helm rollback replaces it",
        lifetime::rolled_back(s, &ncp),
    )
    .await?;
    guarded(
        &mut guard,
        "of two replicas the leader's pod is deleted",
        lifetime::leader_deleted(s, &ncp),
    )
    .await?;
    guarded(
        &mut guard,
        "it keeps to one namespace, with Roles only",
        install::namespaced(s, &ncp),
    )
    .await?;
    guarded(
        &mut guard,
        "helm uninstall leaves Secrets and custom resources",
        install::uninstalled(s),
    )
    .await?;
    Ok(())
}

/// Tells a person what is being seen, and how long it took.
async fn step<T>(what: &str, seen: impl Future<Output = Result<T>>) -> Result<T> {
    let started = Instant::now();
    let result = seen.await.with_context(|| format!("not seen: {what}"))?;
    println!("seen in {:5.1} s: {what}", started.elapsed().as_secs_f32());
    Ok(result)
}

/// The same, while no pod may lose its Secret, and the one that is left alone goes on.
async fn guarded(
    guard: &mut Guard,
    what: &str,
    seen: impl Future<Output = Result<()>>,
) -> Result<()> {
    step(what, async {
        seen.await?;
        guard.check().await.context("a pod was harmed")
    })
    .await
}
