//! The operator as a user installs it, and what is known of its pods.

use anyhow::{Context, Result};
use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;
use serde_json::{Value, json};

use super::scene::{NCP, OPERATOR, Scene};
use super::wait::until;
use crate::cargo::repository;

pub(super) const RELEASE: &str = "ncp-secret-operator";
pub(super) const PODS: &str = "app.kubernetes.io/name=ncp-secret-operator";

impl Scene {
    /// Installs the chart, or changes the release: Helm waits until all pods are ready.
    pub(super) async fn helm_with(&self, verb: &str, more: &[&str]) -> Result<()> {
        let values = tempfile::Builder::new().suffix(".json").tempfile()?;
        std::fs::write(values.path(), self.values()?.to_string())?;
        let chart = repository().join("charts/ncp-secret-operator");
        let (chart, values) = (path(&chart)?, path(values.path())?);
        let mut arguments = vec![verb, RELEASE, &chart, "--values", &values];
        arguments.extend(["--wait", "--timeout", "3m"]);
        arguments.extend(more);
        self.run_helm(&arguments).await?;
        Ok(())
    }

    /// What differs from the chart's own values: the port of one of NCP's hosts, whom to trust as NCP, one replica to begin with, and the right to restart.
    fn values(&self) -> Result<Value> {
        let [_, global] = NCP;
        let endpoint = &self.emulator.endpoints().kr_global;
        let (_, port) = endpoint
            .rsplit_once(':')
            .context("the emulator has no port")?;
        Ok(json!({
            "replicas": 1,
            "restarts": {"enabled": true},
            "extraArgs": [
                format!("--endpoint-kr-global=https://{global}:{port}"),
                "--extra-ca-file=/etc/ncp/ca.crt",
            ],
            "extraVolumes": [{"name": "ncp-authority", "configMap": {"name": "ncp-authority"}}],
            "extraVolumeMounts": [{"name": "ncp-authority", "mountPath": "/etc/ncp", "readOnly": true}],
        }))
    }

    /// The one pod that a release with one replica has.
    pub(super) async fn operator_pod(&self) -> Result<String> {
        self.only_pod(OPERATOR, PODS).await
    }

    /// The pod that leads.
    pub(super) async fn leader(&self) -> Result<String> {
        let leases: Api<Lease> = Api::namespaced(self.client.clone(), OPERATOR);
        until("an operator's pod leads", async || {
            let lease = leases.get(RELEASE).await?;
            let holder = lease.spec.and_then(|spec| spec.holder_identity);
            Ok(holder.and_then(|holder| Some(holder.split_once('_')?.0.to_owned())))
        })
        .await
    }
}

fn path(path: &std::path::Path) -> Result<String> {
    Ok(path.to_str().context("a path is not text")?.to_owned())
}
