//! The controller: which object gets a pass when, and what a pass does.

mod attempt;
mod connection;
mod connections;
mod credentials;
mod dispatch;
mod failure;
mod feeds;
mod health;
mod inventory;
mod lanes;
mod look;
mod memory;
mod outlet;
mod pass;
mod queue;
mod removal;
mod restart;
mod running;
mod sharing;
mod shortage;
mod stores;
mod strays;
mod targets;
mod tell;
mod term;
mod told;
mod unspoken;
mod vigil;
mod world;
mod write;

pub use feeds::{Feeds, Scope, follow_all};
pub use health::{Health, Overdue};
pub use inventory::Inventory;
pub use queue::Depth;
pub use term::Office;

use std::sync::Arc;

use jiff::SignedDuration;
use tokio::sync::mpsc;

use crate::core::request::ObjectKey;
use crate::core::urgency::Urgency;

/// Asks for a pass over an object.
#[derive(Debug)]
pub struct Wake {
    /// The object.
    pub object: Arc<ObjectKey>,
    /// How it compares with others that wait.
    pub urgency: Urgency,
    /// How long to wait first.
    pub after: SignedDuration,
}

/// Where wakes are sent.
pub type Wakes = mpsc::UnboundedSender<Wake>;
