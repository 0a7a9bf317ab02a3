//! A real control plane of one's own: etcd, kube-apiserver and kube-controller-manager.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow, bail};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::{Api, Client};
use rcgen::KeyPair;
use tokio::time::sleep;

use crate::authority::Authority;
use crate::binaries::Binaries;
use crate::cluster::{
    AUDIT_LOG, AUTHORITY_CERTIFICATE, AUTHORITY_KEY, CLUSTER_VARIABLE, Cluster, OTHER_AUDIT_LOGS,
};
use crate::folder::Folder;
use crate::node::{Enclosed, KUBERNETES_PORT};
use crate::ports::free_ports;
use crate::process::{Output, Process};
use crate::programs;
use crate::purpose::Purpose;

/// Seen: 3 s on two free cores, 15 s beside two compilers.
const READY_WITHIN: Duration = Duration::from_mins(2);
const LOOK_EVERY: Duration = Duration::from_millis(50);
const PORTS_TO_TRY: usize = 5;
const LINES_TO_SHOW: usize = 20;

/// A running control plane, stopped when this value is dropped or its process dies.
#[derive(Debug)]
pub struct ControlPlane {
    cluster: Cluster,
    programs: [Process; 3],
    folder: Folder,
}

impl ControlPlane {
    /// Starts a control plane and waits until it answers and its controllers work.
    ///
    /// # Errors
    ///
    /// When a program cannot be started, ends, or is not ready in two minutes; the error shows the last
    /// lines of its log.
    pub async fn start(binaries: &Binaries) -> Result<Self> {
        Self::start_on(binaries, Purpose::Alone, free_ports()).await
    }

    /// Starts a control plane for a [`Node`](crate::Node), in the enclosure that this process runs in.
    ///
    /// # Errors
    ///
    /// As of [`start`](Self::start), and when this process does not run in an enclosure.
    pub async fn start_with_node(binaries: &Binaries) -> Result<Self> {
        Enclosed::here()?;
        // Nobody else is in the enclosure, so the port that Kubernetes tells pods is free.
        Self::start_on(binaries, Purpose::WithNode, [KUBERNETES_PORT].into_iter()).await
    }

    async fn start_on(
        binaries: &Binaries,
        purpose: Purpose,
        ports: impl Iterator<Item = u16>,
    ) -> Result<Self> {
        let folder = Folder::create()?;
        let path = folder.path();
        write_keys(path, purpose)?;

        let mut etcd = start(&programs::etcd(binaries, path), path)?;
        for port in ports.take(PORTS_TO_TRY) {
            let mut server = start(
                &programs::kube_apiserver(binaries, path, purpose, port),
                path,
            )?;
            let cluster = Cluster::create(path, (purpose.bind_address(), port).into())?;
            let client = cluster.client().await?;
            match ready([&mut etcd, &mut server], async || answers(&client).await).await {
                Err(_) if port_was_taken(&mut server)? => continue,
                other => other?,
            }

            let kubeconfig = cluster.user_kubeconfig("system:kube-controller-manager", None)?;
            let controllers =
                programs::kube_controller_manager(binaries, path, purpose, &kubeconfig);
            let mut controllers = start(&controllers, path)?;
            let watched = [&mut etcd, &mut server, &mut controllers];
            ready(watched, async || controllers_work(&client).await).await?;

            return Ok(Self {
                cluster,
                programs: [controllers, server, etcd],
                folder,
            });
        }
        bail!(
            "cannot start kube-apiserver: {PORTS_TO_TRY} ports in a row were taken by others; run this again"
        )
    }

    /// How to reach it.
    #[must_use]
    pub const fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Stops it and removes its folder; dropping it does the same, but cannot say whether that worked.
    ///
    /// # Errors
    ///
    /// When the folder cannot be removed.
    pub async fn stop(self) -> Result<()> {
        let Self {
            cluster: _,
            programs,
            folder,
        } = self;
        tokio::task::spawn_blocking(move || {
            drop(programs);
            keep_audit_log(folder.path())?;
            folder.remove()
        })
        .await
        .context("cannot stop the control plane")?
    }
}

/// Keeps the audit log with the control plane of the whole run, if there is one that is not this.
fn keep_audit_log(folder: &Path) -> Result<()> {
    let Some(run) = env::var_os(CLUSTER_VARIABLE).map(PathBuf::from) else {
        return Ok(());
    };
    if run != folder && run.is_dir() {
        let kept = run.join(OTHER_AUDIT_LOGS);
        let name = folder.file_name().unwrap_or_default();
        fs::create_dir_all(&kept)
            .and_then(|()| fs::copy(folder.join(AUDIT_LOG), kept.join(name)))
            .with_context(|| format!("cannot keep the audit log in {}", kept.display()))?;
    }
    Ok(())
}

fn write_keys(folder: &Path, purpose: Purpose) -> Result<()> {
    let authority = Authority::create(
        &folder.join(AUTHORITY_CERTIFICATE),
        &folder.join(AUTHORITY_KEY),
    )?;
    let server = authority.server(purpose.bind_address())?;
    let to_kubelets = authority.client("kube-apiserver", &["system:masters"])?;
    let tokens = KeyPair::generate()?;
    let files = [
        (programs::SERVER_CERTIFICATE, server.certificate),
        (programs::SERVER_KEY, server.key),
        (
            programs::KUBELET_CLIENT_CERTIFICATE,
            to_kubelets.certificate,
        ),
        (programs::KUBELET_CLIENT_KEY, to_kubelets.key),
        (programs::SERVICE_ACCOUNT_KEY, tokens.serialize_pem()),
        (
            programs::SERVICE_ACCOUNT_PUBLIC_KEY,
            tokens.public_key_pem(),
        ),
        (
            programs::AUDIT_POLICY,
            programs::AUDIT_POLICY_TEXT.to_owned(),
        ),
    ];
    for (name, text) in files {
        fs::write(folder.join(name), text)
            .with_context(|| format!("cannot write {name} to {}", folder.display()))?;
    }
    Ok(())
}

fn start(program: &Command, folder: &Path) -> Result<Process> {
    let name = Path::new(program.get_program())
        .file_name()
        .context("a program has a name")?;
    let log = folder.join(name).with_extension("log");
    // What a first attempt wrote would be taken for what this one says.
    fs::write(&log, "").with_context(|| format!("cannot write to {}", log.display()))?;
    Process::spawn(program, Output::Log(log))
}

/// Waits until a probe succeeds while all the programs run.
async fn ready<const N: usize>(
    mut programs: [&mut Process; N],
    mut probe: impl AsyncFnMut() -> bool,
) -> Result<()> {
    let success = async {
        while !probe().await {
            sleep(LOOK_EVERY).await;
        }
    };
    tokio::select! {
        () = success => Ok(()),
        failure = first_end(&mut programs) => Err(failure),
        () = sleep(READY_WITHIN) => {
            let tails: String = programs.iter().map(|program| tail(program)).collect();
            bail!("the control plane was not ready in {} s{tails}", READY_WITHIN.as_secs())
        }
    }
}

/// A probe of its own: somebody else's server on our port may keep the other one waiting.
async fn first_end(programs: &mut [&mut Process]) -> Error {
    loop {
        for program in &mut *programs {
            match program.ended() {
                Ok(None) => {}
                Ok(Some(status)) => {
                    return anyhow!(
                        "{} ended too early ({status}){}",
                        program.name(),
                        tail(program)
                    );
                }
                Err(error) => return error,
            }
        }
        sleep(LOOK_EVERY).await;
    }
}

fn tail(program: &Process) -> String {
    format!(
        "\nlast lines of {}:\n{}",
        program.name(),
        program.last_lines(LINES_TO_SHOW)
    )
}

async fn answers(client: &Client) -> bool {
    let Ok(request) = http::Request::get("/readyz").body(Vec::new()) else {
        return false;
    };
    client.request_text(request).await.is_ok()
}

/// The account is made by a controller that runs beside the others.
async fn controllers_work(client: &Client) -> bool {
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), "default");
    matches!(accounts.get_opt("default").await, Ok(Some(_)))
}

fn port_was_taken(server: &mut Process) -> Result<bool> {
    Ok(server.ended()?.is_some()
        && server
            .last_lines(LINES_TO_SHOW)
            .contains("address already in use"))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;
    use crate::Sources;

    #[tokio::test]
    async fn a_port_that_somebody_took_is_passed_over() {
        let binaries = Sources::from_env().unwrap().find().unwrap();
        let mut ports = free_ports();
        let taken = ports.next().unwrap();
        let _listener = TcpListener::bind((Ipv4Addr::LOCALHOST, taken)).unwrap();

        let ports = std::iter::once(taken).chain(ports);
        let plane = ControlPlane::start_on(&binaries, Purpose::Alone, ports)
            .await
            .unwrap();

        assert!(answers(&plane.cluster().client().await.unwrap()).await);
        plane.stop().await.unwrap();
    }
}
