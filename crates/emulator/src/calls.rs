//! What was asked of the emulator: the latest requests, and counters of all.

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;

use crate::host::Host;
use crate::wire::Operation;

const KEPT: usize = 100_000;

/// A request that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// None for a path that there is not.
    pub operation: Option<Operation>,
    /// The secret that the path names.
    pub secret_id: Option<String>,
    /// The access key that the request claimed.
    pub access_key: Option<String>,
    /// The host it was made to.
    pub host: Host,
    /// The HTTP status of the answer; none when the connection was cut instead.
    pub status: Option<u16>,
    /// When, on the emulator's clock.
    pub at: Timestamp,
}

/// The latest hundred thousand requests, oldest first, and how many there were of each operation.
#[derive(Default)]
pub(crate) struct Calls {
    latest: VecDeque<Call>,
    counts: HashMap<Operation, usize>,
}

impl Calls {
    pub(crate) fn push(&mut self, call: Call) {
        if let Some(operation) = call.operation {
            *self.counts.entry(operation).or_default() += 1;
        }
        if self.latest.len() == KEPT {
            self.latest.pop_front();
        }
        self.latest.push_back(call);
    }

    pub(crate) fn latest(&self) -> Vec<Call> {
        self.latest.iter().cloned().collect()
    }

    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Call> {
        self.latest.iter().rev()
    }

    pub(crate) fn count(&self, operation: Operation) -> usize {
        self.counts.get(&operation).copied().unwrap_or_default()
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}
