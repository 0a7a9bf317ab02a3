//! How the programs of the control plane are called. All run in the control plane's folder, so that the names
//! of their files are relative.

use std::path::Path;
use std::process::Command;

use crate::binaries::Binaries;
use crate::cluster::{AUDIT_LOG, AUTHORITY_CERTIFICATE};
use crate::purpose::Purpose;

pub(crate) const SERVER_CERTIFICATE: &str = "kube-apiserver.crt";
pub(crate) const SERVER_KEY: &str = "kube-apiserver.key";
pub(crate) const SERVICE_ACCOUNT_KEY: &str = "service-account.key";
pub(crate) const SERVICE_ACCOUNT_PUBLIC_KEY: &str = "service-account.pub";
pub(crate) const KUBELET_CLIENT_CERTIFICATE: &str = "kubelet-client.crt";
pub(crate) const KUBELET_CLIENT_KEY: &str = "kubelet-client.key";
pub(crate) const AUDIT_POLICY: &str = "audit-policy.yaml";

/// Everything once, and watches also when they start; no bodies, which would put Secrets into the log.
pub(crate) const AUDIT_POLICY_TEXT: &str = "\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
";

/// Sockets in the folder: no port to be taken, and nobody else can connect. etcd wants a port in the name.
const STORE: &str = "unix://etcd-client.sock:0";
const STORE_PEERS: &str = "unix://etcd-peer.sock:0";

pub(crate) fn etcd(binaries: &Binaries, folder: &Path) -> Command {
    let mut etcd = in_folder(&binaries.etcd(), folder);
    etcd.args(["--data-dir=etcd", "--unsafe-no-fsync", "--log-level=warn"])
        .arg(format!("--listen-client-urls={STORE}"))
        .arg(format!("--advertise-client-urls={STORE}"))
        .arg(format!("--listen-peer-urls={STORE_PEERS}"))
        .arg(format!("--initial-advertise-peer-urls={STORE_PEERS}"))
        .arg(format!("--initial-cluster=default={STORE_PEERS}"));
    etcd
}

pub(crate) fn kube_apiserver(
    binaries: &Binaries,
    folder: &Path,
    purpose: Purpose,
    port: u16,
) -> Command {
    let mut kube_apiserver = in_folder(&binaries.kube_apiserver(), folder);
    kube_apiserver
        .arg(format!("--etcd-servers={STORE}"))
        .arg(format!("--bind-address={}", purpose.bind_address()))
        .arg("--advertise-address=127.0.0.1")
        .arg(format!("--secure-port={port}"))
        .args([
            "--endpoint-reconciler-type=none",
            "--service-cluster-ip-range=10.0.0.0/24",
        ])
        .arg(format!("--tls-cert-file={SERVER_CERTIFICATE}"))
        .arg(format!("--tls-private-key-file={SERVER_KEY}"))
        .arg(format!("--client-ca-file={AUTHORITY_CERTIFICATE}"))
        .args(purpose.server_arguments())
        .arg("--service-account-issuer=https://kubernetes.default.svc")
        .arg(format!(
            "--service-account-key-file={SERVICE_ACCOUNT_PUBLIC_KEY}"
        ))
        .arg(format!(
            "--service-account-signing-key-file={SERVICE_ACCOUNT_KEY}"
        ))
        .arg(format!("--audit-policy-file={AUDIT_POLICY}"))
        .arg(format!("--audit-log-path={AUDIT_LOG}"))
        // Blocking: the line is written before the reply ends. Size 0: the log is never rotated away.
        .args(["--audit-log-mode=blocking", "--audit-log-maxsize=0"]);
    kube_apiserver
}

pub(crate) fn kube_controller_manager(
    binaries: &Binaries,
    folder: &Path,
    purpose: Purpose,
    kubeconfig: &Path,
) -> Command {
    let mut kube_controller_manager = in_folder(&binaries.kube_controller_manager(), folder);
    kube_controller_manager
        .arg("--kubeconfig")
        .arg(kubeconfig)
        .args([
            "--leader-elect=false",
            "--secure-port=0",
            "--use-service-account-credentials",
        ])
        .arg(format!(
            "--service-account-private-key-file={SERVICE_ACCOUNT_KEY}"
        ))
        .arg(format!("--root-ca-file={AUTHORITY_CERTIFICATE}"))
        .arg(format!("--controllers={}", purpose.controllers().join(",")))
        // Thousands of objects are collected in seconds instead of minutes.
        .args(["--kube-api-qps=500", "--kube-api-burst=1000"]);
    kube_controller_manager
}

fn in_folder(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    command
}
