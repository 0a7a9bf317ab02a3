//! How often a target is repaired that somebody keeps changing: at once, then ever more rarely, and never in silence.
//!
//! A single change is repaired at once. A writer who changes it again and again is answered every ten seconds, is told
//! of after the third time within a minute, and from then on is answered once a minute, until a minute passes without
//! a change.

use jiff::{SignedDuration, Timestamp};

use super::moment::later;

/// How a target came to differ from what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drift {
    /// It is gone.
    Deleted,
    /// Somebody changed it.
    Edited {
        /// The field manager, if it left a trace.
        by: Option<String>,
    },
}

impl Drift {
    const fn is_like(&self, other: &Self) -> bool {
        matches!(
            (self, other),
            (Self::Deleted, Self::Deleted) | (Self::Edited { .. }, Self::Edited { .. })
        )
    }
}

const APART: SignedDuration = SignedDuration::from_secs(10);

/// The same after a repair that came to nothing because the target moved meanwhile, or the API server was away.
const APART_WHEN_INTERRUPTED: SignedDuration = SignedDuration::from_secs(1);

/// How far repairs are apart during a conflict, and how long it must be quiet before the conflict is over.
pub const CONFLICT_APART: SignedDuration = SignedDuration::from_mins(1);

/// So many repairs of the same kind within [`CONFLICT_APART`] are a conflict.
const ROUNDS: usize = 3;

/// More tries than fit into a minute.
const MOST_KEPT: usize = 16;

/// The repairs of one target that were tried lately.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pace {
    tries: Vec<Try>,
    conflict: Option<Drift>,
}

#[derive(Clone, Debug, PartialEq)]
struct Try {
    at: Timestamp,
    drift: Drift,
    end: End,
}

/// What became of a repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// It has not ended, or the source could not be read.
    Open,
    Written,
    Interrupted,
}

impl Pace {
    /// Takes up a conflict that an earlier process told of: nothing is repaired at once.
    #[must_use]
    pub fn in_conflict(now: Timestamp) -> Self {
        let drift = Drift::Edited { by: None };
        Self {
            tries: vec![Try {
                at: now,
                drift: drift.clone(),
                end: End::Written,
            }],
            conflict: Some(drift),
        }
    }

    /// Until when the repair of such a drift has to wait, if it has to.
    #[must_use]
    pub fn hold(&self, drift: &Drift, now: Timestamp) -> Option<Timestamp> {
        // A Secret that was just repaired may be deleted once and is back at once; who does both in turn gets no more.
        let last = match self.tries.as_slice() {
            [only] => Some(only).filter(|past| past.drift.is_like(drift)),
            tries => tries.last(),
        }?;
        let quarrels = self
            .conflict
            .as_ref()
            .is_some_and(|conflict| conflict.is_like(drift));
        let apart = match last.end {
            End::Interrupted => APART_WHEN_INTERRUPTED,
            End::Open | End::Written if quarrels => CONFLICT_APART,
            End::Open | End::Written => APART,
        };
        let moment = later(last.at, apart);
        // A clock that was set back must not hold anything for longer than that.
        (now < moment && last.at <= now).then_some(moment)
    }

    /// Takes note that a repair begins.
    pub fn tried(&mut self, drift: Drift, now: Timestamp) {
        if self.tries.len() >= MOST_KEPT {
            self.tries.remove(0);
        }
        self.tries.push(Try {
            at: now,
            drift,
            end: End::Open,
        });
    }

    /// Takes note that the repair that began last came to nothing and is to be begun again soon.
    pub fn interrupted(&mut self) {
        if let Some(last) = self.tries.last_mut() {
            last.end = End::Interrupted;
        }
    }

    /// Takes note that the repair that began last was written.
    pub fn written(&mut self) {
        let Some(last) = self.tries.last_mut() else {
            return;
        };
        last.end = End::Written;
        let last = last.clone();
        let rounds = self.tries.iter().filter(|past| {
            past.end == End::Written
                && past.drift.is_like(&last.drift)
                && last.at.duration_since(past.at) < CONFLICT_APART
        });
        let goes_on = self
            .conflict
            .as_ref()
            .is_some_and(|conflict| conflict.is_like(&last.drift));
        if goes_on || rounds.count() >= ROUNDS {
            self.conflict = Some(last.drift);
        }
    }

    /// Takes note that the target was found as it should be.
    pub fn calm(&mut self, now: Timestamp) {
        let last = self.tries.last();
        if last.is_none_or(|last| later(last.at, CONFLICT_APART) <= now) {
            *self = Self::default();
        }
    }

    /// Whom the target is fought over with, if it is.
    #[must_use]
    pub const fn conflict(&self) -> Option<&Drift> {
        self.conflict.as_ref()
    }
}

#[cfg(test)]
mod tests;
