//! Pods get what NCP holds, and follow it.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::super::consumers::{LEFT_ALONE, RESTARTED, SECRET};
use super::super::scene::{SHOP, Scene};
use super::super::wait::until;

/// The secret in NCP.
pub(super) struct Source {
    pub(super) id: String,
}

const FIRST: &str = "first-password";

pub(super) async fn pods_wait(scene: &Scene) -> Result<()> {
    scene.create_consumers().await?;
    until("the kubelet misses the Secret", async || {
        let events = format!("get events -n {SHOP} --field-selector reason=FailedMount -o name");
        let events = scene.kubectl.run(&events).await?;
        Ok((!events.is_empty()).then_some(()))
    })
    .await
}

/// Answers the secret's ID in NCP and its password.
pub(super) async fn pods_start(scene: &Scene) -> Result<(String, String)> {
    let id = scene.create_source(FIRST)?;
    scene
        .apply(json!({
            "apiVersion": "ncp-secrets.io/v1alpha1",
            "kind": "NcpSecretStore",
            "metadata": {"name": "ncp", "namespace": SHOP},
            "spec": {"region": "KR", "auth": {"secretRef": {"name": "ncp-credentials"}}},
        }))
        .await?;
    scene
        .apply(json!({
            "apiVersion": "ncp-secrets.io/v1alpha1",
            "kind": "NcpSecret",
            "metadata": {"name": SECRET, "namespace": SHOP},
            "spec": {
                "storeRef": {"name": "ncp"},
                "source": Scene::source(),
                "refresh": {"interval": "30s"},
                "data": [{"key": "DB_PASSWORD", "from": "cdbPassword"}],
                "restart": [{"kind": "Deployment", "name": RESTARTED}],
            },
        }))
        .await?;
    scene
        .kubectl
        .run(&format!(
            "wait -n {SHOP} ncpsecret/{SECRET} --for=condition=Ready --timeout=60s"
        ))
        .await?;
    scene.consumer(RESTARTED).await?;
    scene.consumer(LEFT_ALONE).await?;
    Ok((id, FIRST.to_owned()))
}

pub(super) async fn volume_equals(scene: &Scene, password: &str) -> Result<()> {
    let mounted = scene.mounted(&scene.consumer(RESTARTED).await?).await?;
    ensure!(mounted == password, "the file holds another value");
    Ok(())
}

pub(super) async fn environment_equals(scene: &Scene, password: &str) -> Result<()> {
    let variable = scene
        .in_environment(&scene.consumer(RESTARTED).await?)
        .await?;
    ensure!(variable == password, "the variable holds another value");
    Ok(())
}

impl Source {
    /// By NCP itself; nobody tells the operator.
    pub(super) async fn is_rotated(&self, scene: &Scene) -> Result<()> {
        let restarted = scene.consumer(RESTARTED).await?;
        let left_alone = scene.consumer(LEFT_ALONE).await?;
        scene.emulator.execute_rotation(&self.id)?;
        let rotated = until("NCP has rotated the secret", async || {
            let password = self.password(scene)?;
            Ok((password != FIRST).then_some(password))
        })
        .await?;

        scene.until_mounted(LEFT_ALONE, &rotated).await?;
        let now = scene.consumer(LEFT_ALONE).await?;
        ensure!(now == left_alone, "{left_alone} was replaced");
        ensure!(
            scene.in_environment(&now).await? == FIRST,
            "the variable of a running process changed"
        );

        until("the operator has restarted the Deployment", async || {
            let pod = scene.consumer(RESTARTED).await?;
            Ok((pod != restarted).then_some(()))
        })
        .await?;
        let now = scene.consumer(RESTARTED).await?;
        ensure!(scene.mounted(&now).await? == rotated, "the file is old");
        ensure!(
            scene.in_environment(&now).await? == rotated,
            "the variable is old"
        );
        Ok(())
    }

    /// Proves that the operator works: what NCP holds changes, and reaches a pod.
    pub(super) async fn reaches_pods(&self, scene: &Scene, password: &str) -> Result<()> {
        let value = json!({"cdbUser": "orders", "cdbPassword": password}).to_string();
        scene
            .emulator
            .set_value(&self.id, ncp_emulator::Stage::Active, Some(&value))?;
        scene
            .kubectl
            .run(&format!(
                "annotate -n {SHOP} ncpsecret/{SECRET} ncp-secrets.io/force-sync={password} --overwrite"
            ))
            .await?;
        scene.until_mounted(LEFT_ALONE, password).await
    }

    fn password(&self, scene: &Scene) -> Result<String> {
        let secret = scene
            .emulator
            .secret(&self.id)
            .context("NCP lost the secret")?;
        let value = secret.chain.active.context("NCP has no value")?;
        let value: serde_json::Value = serde_json::from_str(value.as_str())?;
        let password = value.get("cdbPassword").and_then(|value| value.as_str());
        Ok(password.context("NCP has no password")?.to_owned())
    }
}
