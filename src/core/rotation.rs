//! How rotation goes, judged from what the service says and the time.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::remote::{Facts, Lifecycle, Phase};
use crate::api::Reason;

/// How long a rotation may run before it counts as stalled.
pub const STALLED_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// How long after its date a rotation that has not started counts as overdue.
const OVERDUE_AFTER: SignedDuration = SignedDuration::from_mins(15);

/// Whether the source is rotating, by either of the words that NCP has for it; a failed rotation has ended, and a secret
/// on its way out rotates no more.
#[must_use]
pub fn is_rotating(facts: &Facts) -> bool {
    if is_leaving(facts) {
        return false;
    }
    match facts.phase {
        Phase::Rotating => true,
        Phase::Failed => false,
        Phase::None | Phase::Other(_) => facts.lifecycle == Lifecycle::Rotating,
    }
}

/// Whether the last rotation failed, which somebody may still retry or cancel.
#[must_use]
pub fn has_failed(facts: &Facts) -> bool {
    facts.phase == Phase::Failed && !is_leaving(facts)
}

/// Whether a rotation is not complete: it runs, or it has failed and was not cancelled.
#[must_use]
pub fn is_unfinished(facts: &Facts) -> bool {
    is_rotating(facts) || has_failed(facts)
}

const fn is_leaving(facts: &Facts) -> bool {
    matches!(facts.lifecycle, Lifecycle::Revoke | Lifecycle::Destroyed)
}

/// Status, reason and message of the condition that tells of rotation.
#[must_use]
pub fn health(
    facts: &Facts,
    rotating_since: Option<&Time>,
    now: Timestamp,
) -> (&'static str, Reason, &'static str) {
    if has_failed(facts) {
        return (
            "False",
            Reason::RotationFailed,
            "The last rotation failed in NCP. Retry or cancel it there; look at the log of the rotation action for the cause. Pods keep the ACTIVE value.",
        );
    }
    if is_rotating(facts) {
        let running =
            rotating_since.map_or(SignedDuration::ZERO, |since| now.duration_since(since.0));
        return if running < STALLED_AFTER {
            ("True", Reason::InProgress, "A rotation is running.")
        } else {
            (
                "False",
                Reason::RotationStalled,
                "A rotation has been running for over an hour. Check the rotation action in Cloud Functions; cancel the rotation in NCP if it is lost. Pods keep the ACTIVE value.",
            )
        };
    }
    if !facts.automatic {
        return ("True", Reason::Manual, "Automatic rotation is off.");
    }
    let overdue = facts.lifecycle.readable()
        && facts
            .next_rotation
            .is_some_and(|date| now.duration_since(date) >= OVERDUE_AFTER);
    if overdue {
        return (
            "False",
            Reason::RotationOverdue,
            "The date of the next rotation has passed and no rotation has started. Check the trigger of the secret in NCP.",
        );
    }
    ("True", Reason::Idle, "No rotation is running.")
}
