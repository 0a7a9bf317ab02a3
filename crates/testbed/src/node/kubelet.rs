//! The kubelet, which runs the pods that are given to the node.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::NAME;
use super::binaries::NodeBinaries;
use super::cgroups::Group;
use super::containerd::Containerd;
use super::network::NODE_ADDRESS;
use crate::cluster::{AUTHORITY_CERTIFICATE, Cluster};
use crate::process::{Output, Process};

pub(super) fn start(
    binaries: &NodeBinaries,
    cluster: &Cluster,
    containerd: &Containerd,
    group: &Group,
    folder: &Path,
) -> Result<Process> {
    let kubeconfig =
        cluster.user_kubeconfig(&format!("system:node:{NAME}"), Some("system:nodes"))?;
    let settings = folder.join("kubelet.json");
    let text = settings_of(cluster, containerd, group, folder).to_string();
    fs::write(&settings, text).with_context(|| {
        format!(
            "cannot write the kubelet's settings to {}",
            settings.display()
        )
    })?;
    let mut kubelet = Command::new(binaries.program("kubelet"));
    kubelet
        .current_dir(folder)
        .arg("--config")
        .arg(settings)
        .arg("--kubeconfig")
        .arg(kubeconfig)
        .arg("--root-dir")
        .arg(folder.join("kubelet"))
        .arg("--cert-dir")
        .arg(folder.join("kubelet-certificates"))
        .arg(format!("--hostname-override={NAME}"))
        .arg(format!("--node-ip={NODE_ADDRESS}"));
    Process::spawn(&kubelet, Output::Log(folder.join("kubelet.log")))
}

fn settings_of(cluster: &Cluster, containerd: &Containerd, group: &Group, folder: &Path) -> Value {
    json!({
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": "0.0.0.0",
        "healthzPort": 0,
        "authentication": {
            "anonymous": {"enabled": false},
            "webhook": {"enabled": false},
            "x509": {"clientCAFile": cluster.folder().join(AUTHORITY_CERTIFICATE)},
        },
        "authorization": {"mode": "AlwaysAllow"},
        "containerRuntimeEndpoint": format!("unix://{}", containerd.socket().display()),
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": group.path(),
        // Machines with the first version of control groups are tested on, too.
        "failCgroupV1": false,
        "failSwapOn": false,
        "clusterDomain": "cluster.local",
        "clusterDNS": [NODE_ADDRESS],
        // The machine's own DNS cannot be reached from an enclosure.
        "resolvConf": "",
        "volumePluginDir": folder.join("volume-plugins"),
        "makeIPTablesUtilChains": false,
        // A changed Secret reaches its files in a second or two, by default in a minute or two.
        "configMapAndSecretChangeDetectionStrategy": "Watch",
        "syncFrequency": "1s",
        // However full the machine's disk is: nothing of the node is on it.
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {
            "memory.available": "1Mi",
            "nodefs.available": "1Mi",
            "imagefs.available": "1Mi",
            "nodefs.inodesFree": "1",
            "imagefs.inodesFree": "1",
        },
    })
}
