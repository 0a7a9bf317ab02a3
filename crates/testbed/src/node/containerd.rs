//! containerd, which keeps images and runs containers with runc.

use std::env;
use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::time::{Instant, sleep};

use super::binaries::NodeBinaries;
use super::waiter::WAITER_IMAGE;
use super::{LINES_TO_SHOW, LOOK_EVERY, network};
use crate::process::{Output, Process};

/// A running containerd.
#[derive(Debug)]
pub(super) struct Containerd {
    pub(super) process: Process,
    socket: PathBuf,
    ctr: PathBuf,
}

impl Containerd {
    pub(super) fn start(binaries: &NodeBinaries, folder: &Path) -> Result<Self> {
        let home = folder.join("containerd");
        let networks = home.join("networks");
        let attempt = || format!("cannot write containerd's settings to {}", home.display());
        fs::create_dir_all(&networks).with_context(attempt)?;
        let addresses = home.join("addresses").display().to_string();
        fs::write(
            networks.join("pods.conflist"),
            network::of_pods(&addresses).to_string(),
        )
        .with_context(attempt)?;
        let settings = home.join("settings.toml");
        fs::write(&settings, settings_of(binaries, &home, &networks)).with_context(attempt)?;

        let mut containerd = Command::new(binaries.program("containerd"));
        let path = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths(
            [binaries.folder().to_owned()]
                .into_iter()
                .chain(env::split_paths(&path)),
        )?;
        // The shim is looked for in the path.
        containerd
            .current_dir(&home)
            .env("PATH", path)
            .arg("--config")
            .arg(settings);
        Ok(Self {
            process: Process::spawn(&containerd, Output::Log(folder.join("containerd.log")))?,
            socket: socket_in(&home),
            ctr: binaries.program("ctr"),
        })
    }

    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }

    /// Waits until it can be connected to.
    pub(super) async fn answers(&self, within: Duration) -> Result<()> {
        let started = Instant::now();
        while UnixStream::connect(&self.socket).is_err() {
            if started.elapsed() > within {
                bail!(
                    "containerd does not answer; last lines of its log:\n{}",
                    self.process.last_lines(LINES_TO_SHOW)
                );
            }
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Takes in an OCI archive.
    pub(super) async fn import(&self, archive: &Path) -> Result<()> {
        let import = ["import", "--no-unpack", &archive.display().to_string()];
        // Not unpacked yet, because each is unpacked when it is first used.
        self.images(&import).await
    }

    /// Gives an image another name.
    pub(super) async fn tag(&self, image: &str, name: &str) -> Result<()> {
        self.images(&["tag", image, name]).await
    }

    /// Does something with the kubelet's images.
    async fn images(&self, arguments: &[&str]) -> Result<()> {
        let output = tokio::process::Command::new(&self.ctr)
            .arg("--address")
            .arg(&self.socket)
            .args(["--namespace", "k8s.io", "images"])
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .await
            .context("cannot run ctr")?;
        if !output.status.success() {
            bail!(
                "ctr images {} failed: {}",
                arguments.join(" "),
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Ok(())
    }
}

fn socket_in(home: &Path) -> PathBuf {
    home.join("socket")
}

fn settings_of(binaries: &NodeBinaries, home: &Path, networks: &Path) -> String {
    let quoted = |path: PathBuf| format!("{:?}", path.display().to_string());
    let root = quoted(home.join("root"));
    let state = quoted(home.join("state"));
    let optional = quoted(home.join("optional"));
    let socket = quoted(socket_in(home));
    let networks = quoted(networks.to_owned());
    let plugins = quoted(binaries.folder().to_owned());
    let runc = quoted(binaries.program("runc"));
    // The native snapshotter copies, which is quick enough for images of one program and needs nothing of the file system.
    format!(
        r#"
version = 2
root = {root}
state = {state}

[grpc]
address = {socket}

[plugins."io.containerd.internal.v1.opt"]
path = {optional}

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{WAITER_IMAGE}"
disable_apparmor = true
restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = {plugins}
conf_dir = {networks}

[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "native"
default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
BinaryName = {runc}
SystemdCgroup = false
"#
    )
}
