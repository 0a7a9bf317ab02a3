//! What a pass leaves behind for the next one of this process; nothing of it survives a restart.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::sharing::LookNumber;
use crate::api::{MANAGER, Reason, WorkloadRef};
use crate::core::observed::Observed;
use crate::core::pace::Pace;
use crate::core::request::Request;
use crate::core::trouble::Trouble;

/// What a pass leaves behind for the next one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    /// When the next look is to be; none before the first pass.
    pub next_look: Option<Timestamp>,
    /// The generation of the spec that the last pass was for, if it came to an end.
    pub generation: Option<i64>,
    /// What was wrong.
    pub cause: Option<Reason>,
    /// What it was exactly, while that may yet make the object unready.
    pub trouble: Option<Box<Trouble>>,
    /// Since when the next look waits until the store may make calls.
    pub held_since: Option<Timestamp>,
    /// How many passes in a row failed.
    pub failures: u32,
    /// The version of the target that our last write left, and the generation of the spec that it was for.
    pub settled: Option<(String, i64)>,
    /// When somebody last wrote the target under our name, as far as that was us; none before it was seen.
    pub written: Option<Timestamp>,
    /// Whether the watch may not show the target: the next pass asks for its metadata.
    pub recheck: bool,
    /// The repairs that were tried lately, if there were any.
    pub pace: Option<Box<Pace>>,
    /// The look that was begun last when the last one of this object had ended: nothing up to it is of use any more.
    pub looked: LookNumber,
    /// When the next pass is to be, if before the next look.
    pub next_pass: Option<Timestamp>,
    /// Workloads that could not be read or restarted, and until when that is not tried again.
    pub restart_holds: BTreeMap<WorkloadRef, Timestamp>,
}

impl Memory {
    /// The version at which the target is as this request wants it, whatever its metadata seem to say.
    #[must_use]
    pub fn settled_for(&self, request: &Request) -> Option<&str> {
        let (version, generation) = self.settled.as_ref()?;
        (*generation == request.generation).then_some(version)
    }

    /// Takes note of a write for the request.
    pub fn settle(&mut self, request: &Request, written: &Observed) {
        self.settled = Some((written.resource_version.clone(), request.generation));
        self.written = written.written;
    }

    /// The target as it is to be judged: who wrote under our name without being us counts as somebody else.
    #[must_use]
    pub fn judged(&mut self, observed: Arc<Observed>) -> Arc<Observed> {
        let known = self.written;
        self.written = known.or(observed.written);
        if observed.foreign_writer.is_some() || known.is_none() || observed.written <= known {
            return observed;
        }
        Arc::new(Observed {
            foreign_writer: Some(MANAGER.into()),
            ..Observed::clone(&observed)
        })
    }
}
