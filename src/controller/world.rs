//! Everything that a pass works with.

use std::sync::Arc;
use std::time::Duration;

use steerable_clock::Clock;

use super::connections::Connections;
use super::inventory::Inventory;
use super::sharing::Sharing;
use crate::cluster::{Announcer, Objects, Secrets, Workloads};
use crate::core::content::InstallationKey;
use crate::metrics::Metrics;

/// Everything that a pass works with.
pub struct World {
    /// Time.
    pub clock: Clock,
    /// What is known.
    pub inventory: Arc<Inventory>,
    /// The Secrets of the cluster.
    pub secrets: Secrets,
    /// Our own objects in the cluster.
    pub objects: Objects,
    /// The workloads that may have to be restarted.
    pub workloads: Workloads,
    /// Where people are told.
    pub announcer: Announcer,
    /// The ways to NCP.
    pub connections: Arc<Connections>,
    /// The looks that objects share.
    pub sharing: Arc<Sharing>,
    /// Under which content is hashed.
    pub key: InstallationKey,
    /// What is counted.
    pub metrics: Metrics,
    /// Neither the work of a pass nor the telling of it takes longer, whatever hangs.
    pub longest_pass: Duration,
}
