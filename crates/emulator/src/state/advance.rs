//! What happens to a secret by itself as time passes.

use jiff::Timestamp;

use super::log::LogEntry;
use super::secret::Secret;
use super::surroundings::Surroundings;
use crate::behavior::{Behavior, Schedule};

impl Secret {
    /// When something will happen by itself next.
    pub(super) fn due(&self, behavior: &Behavior) -> Option<Timestamp> {
        let step = self.job.as_ref().and_then(|job| job.plan.front());
        let deadline = self
            .job
            .as_ref()
            .map(|job| job.deadline(behavior.rotation_timeout));
        [
            self.destroy_date,
            step.map(|(at, _)| *at),
            deadline,
            self.rotation_date(behavior),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Lets the next thing happen for which the time has come at the moment `now`, on the way to the moment
    /// `end`. Returns whether there was one.
    pub(super) fn pass_time(
        &mut self,
        around: &mut Surroundings,
        now: Timestamp,
        end: Timestamp,
    ) -> bool {
        if self.destroy_date.is_some_and(|date| date <= now) {
            around
                .log
                .push(LogEntry::internal(now, "service", "Destroy Secret"));
            self.destroy();
            return true;
        }
        if let Some(step) = self.job.as_mut().and_then(|job| job.take_step(now)) {
            self.take_action_step(step, around, now);
            return true;
        }
        let timeout = around.behavior.rotation_timeout;
        if self
            .job
            .as_ref()
            .is_some_and(|job| job.deadline(timeout) <= now)
        {
            self.time_out(around, now);
            return true;
        }
        if self
            .rotation_date(around.behavior)
            .is_some_and(|date| date <= now)
        {
            self.reach_rotation_date(around, now, end);
            return true;
        }
        false
    }

    fn rotation_date(&self, behavior: &Behavior) -> Option<Timestamp> {
        self.automatic_rotation
            .filter(|_| behavior.schedule == Schedule::Punctual)
            .map(|automatic| automatic.next)
    }
}
