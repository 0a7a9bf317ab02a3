//! A control plane, the emulator and the operator, together on this machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::{SignedDuration, Timestamp};
use ncp_emulator::{Emulator, Key, Role};
use steerable_clock::{Clock, Steering};
use testbed::{Binaries, Cluster, ControlPlane, Mark, Output, Process, Signal, free_ports};

use crate::cargo::repository;
use crate::kubectl::Kubectl;

/// Who the operator is to the API server.
const ACCOUNT: &str = "system:serviceaccount:ncp-secrets:ncp-secret-operator";

/// The operator is ready within seconds; a minute means that it never will be.
const READY_WITHIN: Duration = Duration::from_mins(1);

/// What runs on this machine, until it is stopped.
pub(crate) struct Playground {
    pub(crate) kubectl: Kubectl,
    pub(crate) kubectl_program: PathBuf,
    pub(crate) emulator: Emulator,
    pub(crate) clock: Clock,
    pub(crate) steering: Steering,
    /// A key that may do everything.
    pub(crate) manager_key: Key,
    /// The key that the operator's store uses.
    pub(crate) viewer_key: Key,
    plane: ControlPlane,
    operator: Option<Process>,
    pub(crate) operator_log: PathBuf,
}

impl Playground {
    /// Starts the control plane with the CRDs and the operator's rights, and the emulator, whose clock starts so far
    /// behind the machine's: one that is to run faster must not overtake it.
    pub(crate) async fn start(binaries: &Binaries, behind: SignedDuration) -> Result<Self> {
        eprintln!("starting etcd, kube-apiserver and kube-controller-manager");
        let plane = ControlPlane::start(binaries).await?;
        let kubectl = Kubectl::new(&binaries.kubectl(), plane.cluster().kubeconfig());
        let root = repository();
        kubectl.apply(&root.join("crds")).await?;
        kubectl
            .run("wait --for=condition=Established crd --all --timeout=30s")
            .await?;
        // Those of cluster mode with everything switched on, and no pods: the operator runs beside the control plane.
        for rights in [
            "base/namespace.yaml",
            "cluster-everything/service-account.yaml",
            "cluster-everything/rbac.yaml",
            "cluster-everything/admission-policy.yaml",
        ] {
            kubectl.apply(&root.join("deploy").join(rights)).await?;
        }

        eprintln!("starting the NCP emulator");
        let (clock, steering) = Clock::steered(machine_time() - behind);
        let emulator = Emulator::start(ncp_emulator::Settings {
            clock: clock.clone(),
            steering: Some(steering.clone()),
            ..ncp_emulator::Settings::default()
        })
        .await?;
        let manager_key = emulator.add_key(Role::Manager);
        let viewer_key = emulator.add_key(Role::Viewer);
        let operator_log = plane.cluster().folder().join("operator.log");
        Ok(Self {
            kubectl,
            kubectl_program: binaries.kubectl(),
            emulator,
            clock,
            steering,
            manager_key,
            viewer_key,
            plane,
            operator: None,
            operator_log,
        })
    }

    pub(crate) const fn cluster(&self) -> &Cluster {
        self.plane.cluster()
    }

    /// Starts the operator with its own rights and waits until it has listed everything; answers where its probes and
    /// metrics are.
    pub(crate) async fn start_operator(&mut self, binary: &Path) -> Result<String> {
        let kubeconfig = self
            .cluster()
            .service_account_kubeconfig("ncp-secrets", "ncp-secret-operator")?;
        let port = free_ports().next().context("no free port below 32768")?;
        let endpoints = self.emulator.endpoints();
        let mut command = Command::new(binary);
        command
            .arg(format!("--kubeconfig={}", kubeconfig.display()))
            .arg("--namespace=ncp-secrets")
            // The next one would wait for the Lease of one that was killed.
            .arg("--leader-election=false")
            .arg(format!("--listen=127.0.0.1:{port}"))
            .arg("--allow-loopback-http")
            .arg(format!("--endpoint-kr-regional={}", endpoints.kr_regional))
            .arg(format!("--endpoint-kr-global={}", endpoints.kr_global))
            .arg(format!(
                "--endpoint-jpn-regional={}",
                endpoints.jpn_regional
            ))
            .arg(format!("--endpoint-metadata={}", endpoints.metadata))
            .arg(format!("--clock-url={}/clock", endpoints.admin));
        self.operator = Some(Process::spawn(
            &command,
            Output::Log(self.operator_log.clone()),
        )?);
        let probes = format!("http://127.0.0.1:{port}");
        self.wait_until_ready(&probes).await?;
        Ok(probes)
    }

    async fn wait_until_ready(&self, probes: &str) -> Result<()> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let ready = async {
            loop {
                let answer = client.get(format!("{probes}/readyz")).send().await;
                if answer.is_ok_and(|answer| answer.status().is_success()) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        if tokio::time::timeout(READY_WITHIN, ready).await.is_err() {
            let log = fs::read_to_string(&self.operator_log).unwrap_or_default();
            bail!("the operator did not become ready; its log:\n{log}");
        }
        Ok(())
    }

    /// How often the operator has written anything but its Lease since then.
    pub(crate) fn writes_since(&self, mark: Mark) -> Result<usize> {
        let requests = self.cluster().audit().since(mark)?;
        let writes = requests
            .iter()
            .filter(|request| request.user == ACCOUNT && request.resource != "leases")
            .filter(|request| !["get", "list", "watch"].contains(&request.verb.as_str()));
        Ok(writes.count())
    }

    /// The operator's process, if it runs.
    pub(crate) fn operator(&mut self) -> Option<&mut Process> {
        self.operator.as_mut()
    }

    /// Asks the operator to stop, and waits until it has.
    pub(crate) async fn stop_operator(&mut self) -> Result<()> {
        if let Some(mut operator) = self.operator.take() {
            operator.signal(Signal::TERM)?;
            operator.wait().await?;
        }
        Ok(())
    }

    /// Kills the operator, as a crash would.
    pub(crate) fn kill_operator(&mut self) {
        self.operator = None;
    }

    /// Writes the viewer's key where a store can name it.
    pub(crate) async fn write_credentials(&self, namespace: &str) -> Result<()> {
        let Key {
            access_key,
            secret_key,
            ..
        } = &self.viewer_key;
        self.kubectl
            .run(&format!(
                "create secret generic ncp-credentials -n {namespace} --from-literal=NCLOUD_ACCESS_KEY={access_key} --from-literal=NCLOUD_SECRET_KEY={secret_key}"
            ))
            .await?;
        Ok(())
    }

    /// Stops everything.
    pub(crate) async fn stop(self) -> Result<()> {
        drop(self.operator);
        self.emulator.stop().await;
        self.plane.stop().await
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the control plane lives in the machine's time"
)]
fn machine_time() -> Timestamp {
    Timestamp::now()
}
