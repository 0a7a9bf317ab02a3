//! Whose turn it is: when passes were asked for, begin and end, and what a term begins with.

use jiff::Timestamp;

use super::kept::Kept;
use super::{Inventory, State};
use crate::api::Reason;
use crate::controller::memory::Memory;
use crate::controller::pass::UNREADABLE_SPEC_WAIT;
use crate::core::overdue::is_overdue;
use crate::core::request::ObjectKey;
use crate::core::status::{previous_reason, was_deleted, was_synced};

/// What is known of the passes over an object.
#[derive(Default)]
pub(super) struct Turn {
    /// Whether targets were seen before the object was.
    late: bool,
    /// When the next pass is to begin, if one was asked for.
    wanted: Option<Timestamp>,
    /// When the pass that runs began.
    begun: Option<Timestamp>,
}

impl Inventory {
    /// Forgets what passes left behind: another process may have made some since.
    pub fn begin_anew(&self) {
        for kept in self.lock().objects.values_mut() {
            kept.memory = Memory::default();
            kept.turn.wanted = None;
            kept.turn.begun = None;
        }
    }

    /// Takes note that an object was seen when targets were seen already.
    pub fn came_late(&self, key: &ObjectKey) {
        if let Some(kept) = self.lock().objects.get_mut(key) {
            kept.turn.late = true;
        }
    }

    /// Has the first pass over objects of a namespace, or of all, ask for a target that should be there and is not known.
    ///
    /// One that another process wrote may have been seen before an object that came late, and so have passed by.
    pub fn doubt_missing_targets(&self, namespace: Option<&str>) {
        let mut state = self.lock();
        let State {
            objects, targets, ..
        } = &mut *state;
        for (key, kept) in objects.iter_mut() {
            if let Some(target) = kept.target_key(key)
                && kept.turn.late
                && namespace.is_none_or(|namespace| key.namespace == namespace)
                && kept.memory.next_look.is_none()
                && !targets.has(&target)
            {
                let status = kept.status();
                kept.memory.recheck = was_synced(&status)
                    && !was_deleted(&status)
                    && previous_reason(&status) != Some(Reason::TargetMissing);
            }
        }
    }

    /// Takes note that a pass over an object is to begin at that moment, or sooner if that was said before.
    pub fn wanted(&self, key: &ObjectKey, at: Timestamp) {
        if let Some(kept) = self.lock().objects.get_mut(key) {
            kept.turn.wanted = Some(kept.turn.wanted.map_or(at, |earlier| earlier.min(at)));
        }
    }

    /// Takes note that a pass over an object begins.
    pub fn begun(&self, key: &ObjectKey, now: Timestamp) {
        if let Some(kept) = self.lock().objects.get_mut(key) {
            kept.turn.begun = Some(now);
            kept.turn.wanted = None;
        }
    }

    /// Takes note that the pass over an object has ended, however it did.
    pub fn ended(&self, key: &ObjectKey) {
        if let Some(kept) = self.lock().objects.get_mut(key) {
            kept.turn.begun = None;
        }
    }

    /// How many objects have waited for a pass for too long.
    #[must_use]
    pub fn overdue(&self, now: Timestamp) -> usize {
        let state = self.lock();
        let kept = state.objects.values();
        kept.filter(|kept| kept.is_overdue(now)).count()
    }
}

impl Kept {
    /// Whose last pass asked for no other one, or waits to be admitted, is not due.
    fn is_overdue(&self, now: Timestamp) -> bool {
        let Some(due) = self.turn.begun.into_iter().chain(self.turn.wanted).min() else {
            return false;
        };
        let interval = self
            .wish
            .as_ref()
            .map_or(UNREADABLE_SPEC_WAIT, |wish| wish.interval);
        !self.about.deleting && is_overdue(due, interval, now)
    }
}
