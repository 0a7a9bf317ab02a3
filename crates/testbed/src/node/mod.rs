//! A real node that runs pods: kube-scheduler, kubelet, containerd and runc.
//!
//! They change much on a machine: mounts, network interfaces, control groups, kernel settings. So the node, its control
//! plane and whoever uses them run together in an [`Enclosure`], which ends as a whole.

mod binaries;
mod cgroups;
mod containerd;
mod enclosure;
mod kubelet;
mod names;
mod network;
mod scheduler;
mod support;
mod waiter;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use k8s_openapi::api::core::v1;
use kube::{Api, Client};
use tokio::time::{Instant, sleep};

pub use binaries::NodeBinaries;
pub use enclosure::{Enclosed, Enclosure};
pub use names::Names;
pub use network::NODE_ADDRESS;
pub(crate) use network::{KUBERNETES_ADDRESS, KUBERNETES_PORT};
pub use waiter::waiter_pod;

use crate::cluster::Cluster;
use crate::control_plane::ControlPlane;
use crate::impossible::Impossible;
use crate::process::Process;
use containerd::Containerd;

const NAME: &str = "node";
/// Seen: 6 s on two cores with other work to do.
const READY_WITHIN: Duration = Duration::from_mins(2);
const LOOK_EVERY: Duration = Duration::from_millis(50);
const LINES_TO_SHOW: usize = 20;

/// A running node. Its programs end when it is dropped, its pods with the enclosure.
#[derive(Debug)]
pub struct Node {
    scheduler: Process,
    kubelet: Process,
    containerd: Containerd,
}

impl Node {
    /// Tells whether this machine can run a node.
    ///
    /// # Errors
    ///
    /// [`Impossible`] with the reason when it cannot.
    pub fn check_machine() -> Result<(), Impossible> {
        support::check()
    }

    /// Starts a node in the enclosure that this process runs in, and waits until pods can run on it.
    ///
    /// # Errors
    ///
    /// When this process does not run in an enclosure, or a program cannot be started, ends, or is not ready in two
    /// minutes; the error shows the last lines of its log.
    pub async fn start(binaries: &NodeBinaries, plane: &ControlPlane) -> Result<Self> {
        let enclosed = Enclosed::here()?;
        let cluster = plane.cluster();
        let folder = cluster.folder().join(NAME);
        std::fs::create_dir(&folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let group = enclosed.group();
        group.create()?;

        let scheduler = scheduler::start(binaries, cluster, &folder)?;
        let containerd = Containerd::start(binaries, &folder)?;
        containerd.answers(READY_WITHIN).await?;
        containerd
            .import(&waiter::archive(&binaries.program("waiter"), &folder)?)
            .await?;
        let kubelet = kubelet::start(binaries, cluster, &containerd, &group, &folder)?;
        let mut node = Self {
            scheduler,
            kubelet,
            containerd,
        };
        node.ready(cluster).await?;
        Ok(node)
    }

    /// Makes the images of an OCI archive known under their names.
    ///
    /// # Errors
    ///
    /// When containerd does not accept the archive.
    pub async fn import(&self, archive: &Path) -> Result<()> {
        self.containerd.import(archive).await
    }

    /// Gives an image that was imported another name.
    ///
    /// # Errors
    ///
    /// When there is no such image, or the other name is taken.
    pub async fn tag(&self, image: &str, name: &str) -> Result<()> {
        self.containerd.tag(image, name).await
    }

    /// The last lines of the logs of its programs, for an error's message.
    #[must_use]
    pub fn last_lines(&self) -> String {
        [&self.scheduler, &self.containerd.process, &self.kubelet]
            .map(|program| {
                let lines = program.last_lines(LINES_TO_SHOW);
                format!("\nlast lines of {}:\n{lines}", program.name())
            })
            .concat()
    }

    async fn ready(&mut self, cluster: &Cluster) -> Result<()> {
        let client = cluster.client().await?;
        let started = Instant::now();
        while !accepts_pods(&client).await {
            if let Some(end) = self.end_of_a_program()? {
                bail!("{end}{}", self.last_lines());
            }
            if started.elapsed() > READY_WITHIN {
                bail!(
                    "the node was not ready in {} s{}",
                    READY_WITHIN.as_secs(),
                    self.last_lines()
                );
            }
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    fn end_of_a_program(&mut self) -> Result<Option<String>> {
        for program in [
            &mut self.scheduler,
            &mut self.containerd.process,
            &mut self.kubelet,
        ] {
            if let Some(status) = program.ended()? {
                return Ok(Some(format!(
                    "{} ended too early ({status})",
                    program.name()
                )));
            }
        }
        Ok(None)
    }
}

/// Whether the node is ready and the mark is gone with which Kubernetes keeps pods away from one that is not.
async fn accepts_pods(client: &Client) -> bool {
    let nodes: Api<v1::Node> = Api::all(client.clone());
    let Ok(Some(node)) = nodes.get_opt(NAME).await else {
        return false;
    };
    let taints = node.spec.and_then(|spec| spec.taints).unwrap_or_default();
    let conditions = node
        .status
        .and_then(|status| status.conditions)
        .unwrap_or_default();
    let ready =
        |condition: &v1::NodeCondition| condition.type_ == "Ready" && condition.status == "True";
    taints.is_empty() && conditions.iter().any(ready)
}
