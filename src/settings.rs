//! Settings: flags, each with an environment variable of the same meaning.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{ArgAction, Parser, ValueEnum};

use crate::core::store::is_label;

/// Keeps Kubernetes Secrets equal to secrets in NAVER Cloud Platform Secret Manager.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Clone, Debug, Parser)]
#[command(version, about)]
pub struct Settings {
    /// kubeconfig file to use. Without it: $KUBECONFIG, ~/.kube/config, or the pod's own service account.
    #[arg(long, env = "NCP_SECRET_OPERATOR_KUBECONFIG", value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,

    /// The operator's own namespace, for its installation key and its Lease. Without it: the namespace of the pod or
    /// kubeconfig.
    #[arg(long, env = "NCP_SECRET_OPERATOR_NAMESPACE", value_name = "NAME")]
    pub namespace: Option<String>,

    /// Namespaces to keep to, separated by commas. Without it: all. With it the operator needs no rights outside them and
    /// its own namespace, and cannot read through stores of the cluster.
    #[arg(
        long,
        env = "NCP_SECRET_OPERATOR_WATCH_NAMESPACES",
        value_name = "NAMES",
        value_delimiter = ',',
        value_parser = namespace
    )]
    pub watch_namespaces: Vec<String>,

    /// Whether to follow the stores of the cluster, if all namespaces are followed.
    #[arg(
        long,
        env = "NCP_SECRET_OPERATOR_CLUSTER_STORES",
        value_name = "BOOL",
        default_value_t = true,
        action = ArgAction::Set
    )]
    pub cluster_stores: bool,

    /// Whether stores of the cluster may use the keys of the node's server role.
    #[arg(
        long,
        env = "NCP_SECRET_OPERATOR_SERVER_ROLE",
        value_name = "BOOL",
        default_value_t = true,
        action = ArgAction::Set
    )]
    pub server_role: bool,

    /// Whether to wait for a Lease before anything is written, so that of several replicas one works and the others stand
    /// by.
    #[arg(
        long,
        env = "NCP_SECRET_OPERATOR_LEADER_ELECTION",
        value_name = "BOOL",
        default_value_t = true,
        action = ArgAction::Set
    )]
    pub leader_election: bool,

    /// Where /livez, /readyz and /metrics are served.
    #[arg(
        long,
        env = "NCP_SECRET_OPERATOR_LISTEN",
        value_name = "ADDRESS",
        default_value = "0.0.0.0:8080"
    )]
    pub listen: SocketAddr,

    /// How many objects are worked on at once, and at most through one store; what takes longer than a second counts no
    /// more.
    #[arg(long, env = "NCP_SECRET_OPERATOR_CONCURRENCY", value_name = "N", default_value_t = 32,
          value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub concurrency: u16,

    /// Form of the log.
    #[arg(
        long,
        env = "NCP_SECRET_OPERATOR_LOG_FORMAT",
        value_name = "FORM",
        default_value = "text"
    )]
    pub log_format: LogFormat,

    /// What is logged: off, error, warn, info, debug, trace, or directives such as info,kube=debug.
    #[arg(
        long,
        env = "NCP_SECRET_OPERATOR_LOG",
        value_name = "FILTER",
        default_value = "info"
    )]
    pub log: String,

    /// Base URL of the Korean API host for secrets under region-isolated keys, instead of NCP's own.
    #[arg(
        long,
        env = "NCP_SECRET_OPERATOR_ENDPOINT_KR_REGIONAL",
        value_name = "URL"
    )]
    pub endpoint_kr_regional: Option<String>,

    /// Base URL of the Korean API host for secrets under global keys, instead of NCP's own.
    #[arg(
        long,
        env = "NCP_SECRET_OPERATOR_ENDPOINT_KR_GLOBAL",
        value_name = "URL"
    )]
    pub endpoint_kr_global: Option<String>,

    /// Base URL of the Japanese API host, instead of NCP's own.
    #[arg(
        long,
        env = "NCP_SECRET_OPERATOR_ENDPOINT_JPN_REGIONAL",
        value_name = "URL"
    )]
    pub endpoint_jpn_regional: Option<String>,

    /// Base URL of the node's metadata service, instead of NCP's own on the node, for auth.serverRole.
    #[arg(
        long,
        env = "NCP_SECRET_OPERATOR_ENDPOINT_METADATA",
        value_name = "URL"
    )]
    pub endpoint_metadata: Option<String>,

    /// PEM file with certificate authorities to trust for NCP's hosts, besides those of the system.
    #[arg(long, env = "NCP_SECRET_OPERATOR_EXTRA_CA_FILE", value_name = "FILE")]
    pub extra_ca_file: Option<PathBuf>,

    /// Accept endpoints of plain http on loopback addresses: for a local emulator, never for NCP.
    #[arg(long, env = "NCP_SECRET_OPERATOR_ALLOW_LOOPBACK_HTTP")]
    pub allow_loopback_http: bool,

    /// Take the time from an emulator's clock. Refused unless the API server and all endpoints are on loopback.
    #[arg(long, env = "NCP_SECRET_OPERATOR_CLOCK_URL", value_name = "URL")]
    pub clock_url: Option<String>,
}

fn namespace(name: &str) -> Result<String, &'static str> {
    if is_label(name) {
        Ok(name.to_owned())
    } else {
        Err("this is no name of a namespace; leave the setting away to follow all")
    }
}

/// The forms of the log.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}
