//! The controller: which object gets a pass when, and what a pass does.

mod attempt;
mod connections;
mod credentials;
mod dispatch;
mod failure;
mod feeds;
mod inventory;
mod look;
mod memory;
mod pass;
mod queue;
mod removal;
mod sharing;
mod stores;
mod strays;
mod targets;
mod tell;
mod world;
mod write;

pub use connections::Connections;
pub use dispatch::{Health, dispatch};
pub use feeds::{Scope, follow_all};
pub use inventory::Inventory;
pub use sharing::Sharing;
pub use stores::report_stores;
pub use world::World;

use std::sync::Arc;

use jiff::SignedDuration;
use tokio::sync::mpsc;

use crate::core::request::ObjectKey;

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

/// In which order objects that are due get their pass; the first is the most urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Forced by a person, newly made, or changed.
    Prompt,
    /// A rotation is running.
    Rotating,
    /// The Secret was deleted or edited, or an obstacle has gone.
    Repair,
    /// In the list at the start of this process.
    Initial,
    /// It is time.
    Periodic,
}

/// Where wakes are sent.
pub type Wakes = mpsc::UnboundedSender<Wake>;
