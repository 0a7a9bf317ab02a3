//! Automatic rotation and the link to a rotation trigger.

use jiff::Timestamp;

use super::job::Cause;
use super::refusal::Refusal;
use super::secret::{About, AutomaticRotation, Lifecycle, Phase, Secret};
use super::surroundings::Surroundings;
use super::trigger::Trigger;
use crate::behavior::{Behavior, Verdict};

/// Days of a rotation period when none are given (`secretmanager-createsecret`).
pub const DEFAULT_PERIOD: u32 = 90;

/// Most dates that are made up for when the clock was moved far ahead; earlier ones are skipped.
const MOST_MISSED_DATES: i64 = 1_000;

pub(super) fn check_period(period: u32) -> Result<(), Refusal> {
    if (1..=730).contains(&period) {
        Ok(())
    } else {
        Err(Refusal::Invalid(
            "the rotation period must be 1 to 730 days",
        ))
    }
}

impl Secret {
    pub(super) fn enable_auto_rotation(
        &mut self,
        period: u32,
        trigger: Option<String>,
        around: &Surroundings,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.require_linkable()?;
        check_period(period)?;
        match trigger.filter(|wanted| self.trigger.as_ref() != Some(wanted)) {
            Some(wanted) => {
                self.require_trigger_changeable()?;
                self.point_to(&wanted, around)?;
            }
            None if self.trigger.is_none() => {
                return Err(Refusal::Invalid(
                    "triggerId is required: no trigger is linked",
                ));
            }
            None => {}
        }
        self.schedule(period, around.behavior, now);
        Ok(())
    }

    pub(super) fn disable_auto_rotation(
        &mut self,
        behavior: &Behavior,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.require_not_revoked()?;
        self.automatic_rotation = None;
        self.touch(About::Settings, behavior, now);
        Ok(())
    }

    pub(super) fn update_period(
        &mut self,
        period: u32,
        behavior: &Behavior,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.require_not_revoked()?;
        check_period(period)?;
        if self.automatic_rotation.is_none() {
            // It switches automatic rotation on, which needs the same as when it is enabled.
            if behavior.period_without_schedule == Verdict::Refused || self.trigger.is_none() {
                return Err(Refusal::AutomaticRotationOff);
            }
            self.require_linkable()?;
        }
        self.schedule(period, behavior, now);
        Ok(())
    }

    pub(super) fn link_trigger(
        &mut self,
        trigger: &str,
        around: &Surroundings,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.require_linkable()?;
        self.require_trigger_changeable()?;
        self.point_to(trigger, around)?;
        self.touch(About::Settings, around.behavior, now);
        Ok(())
    }

    pub(super) fn unlink_trigger(
        &mut self,
        behavior: &Behavior,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.require_not_revoked()?;
        self.require_trigger_changeable()?;
        if self.trigger.take().is_none() {
            return Err(Refusal::NoTrigger);
        }
        self.recent_action = None;
        self.touch(About::Settings, behavior, now);
        Ok(())
    }

    /// What happens on a date of automatic rotation: a rotation where one is possible, and the next date.
    pub(super) fn reach_rotation_date(
        &mut self,
        around: &mut Surroundings,
        now: Timestamp,
        end: Timestamp,
    ) {
        let Some(automatic) = &mut self.automatic_rotation else {
            return;
        };
        automatic.next = next_date(*automatic, around.behavior, end);
        let phase_allows = match self.phase {
            Phase::None => true,
            Phase::Rotating => false,
            Phase::RotationFailed => around.behavior.schedule_after_failure == Verdict::Accepted,
        };
        if self.lifecycle == Lifecycle::Enable && phase_allows && self.job.is_none() {
            self.raise(Cause::Schedule, around, now);
        }
    }

    fn schedule(&mut self, period: u32, behavior: &Behavior, now: Timestamp) {
        self.automatic_rotation = Some(AutomaticRotation {
            period,
            next: behavior.rotation_date(now, period),
        });
        self.touch(About::Settings, behavior, now);
    }

    fn point_to(&mut self, trigger: &str, around: &Surroundings) -> Result<(), Refusal> {
        let found = around
            .triggers
            .get(trigger)
            .filter(|found: &&Trigger| found.region == self.region)
            .ok_or(Refusal::TriggerNotFound)?;
        self.trigger = Some(found.id.clone());
        self.recent_action = None;
        Ok(())
    }

    /// Secrets in `DISABLE` and `REVOKE` cannot be linked (`cloudfunctions-secretmanager-vpc`).
    fn require_linkable(&self) -> Result<(), Refusal> {
        match self.lifecycle {
            Lifecycle::Enable => Ok(()),
            other => Err(Refusal::WrongLifecycle(other)),
        }
    }

    fn require_trigger_changeable(&self) -> Result<(), Refusal> {
        self.require_no_job()?;
        if self.automatic_rotation.is_some() {
            return Err(Refusal::AutomaticRotationOn);
        }
        Ok(())
    }
}

/// The date after the one that was reached, on the way to the moment `end`.
fn next_date(automatic: AutomaticRotation, behavior: &Behavior, end: Timestamp) -> Timestamp {
    let period = behavior.days(automatic.period);
    let missed = end.duration_since(automatic.next).as_nanos() / period.as_nanos().max(1);
    let missed = i64::try_from(missed).unwrap_or(i64::MAX);
    let skipped = i32::try_from((missed - MOST_MISSED_DATES).max(0)).unwrap_or(i32::MAX);
    skipped
        .checked_add(1)
        .and_then(|periods| period.checked_mul(periods))
        .and_then(|span| automatic.next.checked_add(span).ok())
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_leap_makes_up_for_a_thousand_dates_at_most() {
        let day = SignedDuration::from_hours(24);
        let automatic = AutomaticRotation {
            period: 1,
            next: Timestamp::UNIX_EPOCH,
        };
        let table = [(0, 1), (1, 1), (1_000, 1), (1_001, 2), (5_000, 4_001)];
        for (days_to_go, days_to_next) in table {
            let end = Timestamp::UNIX_EPOCH + day * days_to_go;
            let next = next_date(automatic, &Behavior::default(), end);
            assert_eq!(
                next,
                Timestamp::UNIX_EPOCH + day * days_to_next,
                "{days_to_go}"
            );
        }
    }
}
