//! kube-scheduler, which gives pods to the node.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::binaries::NodeBinaries;
use crate::cluster::Cluster;
use crate::process::{Output, Process};

pub(super) fn start(binaries: &NodeBinaries, cluster: &Cluster, folder: &Path) -> Result<Process> {
    let kubeconfig = cluster.user_kubeconfig("system:kube-scheduler", None)?;
    let mut scheduler = Command::new(binaries.program("kube-scheduler"));
    scheduler
        .current_dir(folder)
        .arg("--kubeconfig")
        .arg(kubeconfig)
        .args(["--leader-elect=false", "--secure-port=0"]);
    Process::spawn(&scheduler, Output::Log(folder.join("kube-scheduler.log")))
}
