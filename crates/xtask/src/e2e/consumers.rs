//! Pods that take the Secret as files and as environment variables: `orders`, which the operator restarts, and `reports`,
//! which it does not.

use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;
use kube::{Api, ResourceExt};
use serde_json::{Value, json};
use testbed::waiter_pod;

use super::scene::{SHOP, Scene};
use super::wait::until;

pub(super) const RESTARTED: &str = "orders";
pub(super) const LEFT_ALONE: &str = "reports";
/// The Secret that they take.
pub(super) const SECRET: &str = "orders-db";
pub(super) const KEY: &str = "DB_PASSWORD";

impl Scene {
    pub(super) async fn create_consumers(&self) -> Result<()> {
        for name in [RESTARTED, LEFT_ALONE] {
            self.apply(deployment(name)).await?;
        }
        Ok(())
    }

    /// The one pod that a Deployment has, once it runs and any others are gone.
    pub(super) async fn only_pod(&self, namespace: &str, selector: &str) -> Result<String> {
        until(&format!("one pod of {selector} is ready"), async || {
            let pods = self.pods(namespace, selector).await?;
            Ok(match pods.as_slice() {
                [pod] if is_ready(pod) => Some(pod.name_any()),
                _ => None,
            })
        })
        .await
    }

    pub(super) async fn pods(&self, namespace: &str, selector: &str) -> Result<Vec<Pod>> {
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), namespace);
        Ok(pods
            .list(&ListParams::default().labels(selector))
            .await?
            .items)
    }

    /// The one pod of a consumer.
    pub(super) async fn consumer(&self, name: &str) -> Result<String> {
        self.only_pod(SHOP, &format!("app={name}")).await
    }

    /// The password in the file that a consumer's pod sees.
    pub(super) async fn mounted(&self, pod: &str) -> Result<String> {
        self.shown(pod, &format!("/values/{KEY}")).await
    }

    /// The password in the environment of a consumer's pod.
    pub(super) async fn in_environment(&self, pod: &str) -> Result<String> {
        let environment = self.shown(pod, "/proc/1/environ").await?;
        let prefix = format!("{KEY}=");
        let value = environment
            .split('\0')
            .find_map(|variable| variable.strip_prefix(&prefix));
        Ok(value
            .with_context(|| format!("{pod} has no variable {KEY}"))?
            .to_owned())
    }

    async fn shown(&self, pod: &str, file: &str) -> Result<String> {
        self.kubectl
            .run(&format!("exec -n {SHOP} {pod} -- /waiter {file}"))
            .await
    }

    /// Waits until the file that a consumer's running pod sees holds this password.
    pub(super) async fn until_mounted(&self, consumer: &str, password: &str) -> Result<()> {
        until(&format!("{consumer} sees the new password"), async || {
            let pod = self.consumer(consumer).await?;
            Ok((self.mounted(&pod).await? == password).then_some(()))
        })
        .await
    }
}

pub(super) fn is_ready(pod: &Pod) -> bool {
    let conditions = pod
        .status
        .as_ref()
        .and_then(|status| status.conditions.as_deref())
        .unwrap_or_default();
    pod.metadata.deletion_timestamp.is_none()
        && conditions
            .iter()
            .any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

fn deployment(name: &str) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": SHOP},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": waiter_pod(SECRET, KEY)},
        },
    })
}
