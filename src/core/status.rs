//! The status after a pass: a function of the status before, the outcome and the time.

mod report;
mod told;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use self::report::{source, target, whole_seconds};
use self::told::find;
pub use self::told::{
    is_ready, is_revoked, not_ready, previous_reason, rotation_message, rotation_reason,
    rotation_unhealthy, told_reason, told_trouble, was_deleted, was_synced,
};
use super::outcome::Outcome;
use super::remote::Facts;
use super::rotation::{health, is_rotating};
use super::trouble::{Bearing, Trouble};
use crate::api::{NcpSecretStatus, Reason, SourceStatus, condition};

/// What of a request its status needs.
#[derive(Clone, Debug)]
pub struct Subject<'pass> {
    /// Generation of the spec.
    pub generation: i64,
    /// How long looks may fail before Ready turns False.
    pub stale_after: SignedDuration,
    /// Name of the target.
    pub target: &'pass str,
    /// The force-sync annotation that this pass obeyed.
    pub force_sync: Option<&'pass str>,
    /// Since when the store tells of the trouble of this pass, if it does.
    pub told_since: Option<Timestamp>,
}

/// The status after the outcome; equal to the one before when nothing happened.
#[must_use]
pub fn next(
    previous: &NcpSecretStatus,
    subject: &Subject<'_>,
    outcome: &Outcome,
    now: Timestamp,
) -> NcpSecretStatus {
    let now = whole_seconds(now);
    let (facts, trouble) = match outcome {
        Outcome::Quiet | Outcome::Interrupted | Outcome::Held | Outcome::Leaving => {
            return previous.clone();
        }
        Outcome::Suspended => return suspended(previous, subject.generation, now),
        Outcome::Synced {
            facts, conflict, ..
        } => (Some(facts), conflict.as_ref()),
        Outcome::Failed { trouble, facts, .. } => (facts.as_ref(), Some(trouble)),
    };
    if subject.told_since.is_some() && is_told_enough(previous, subject, trouble, now) {
        return previous.clone();
    }
    let source = facts
        .map(|facts| source(facts, outcome, previous.source.as_ref(), now))
        .or_else(|| previous.source.clone());
    let failing_since = trouble.map(|trouble| failing_since(previous, subject, trouble, now));
    let ready = ready(previous, subject, trouble, failing_since.as_ref(), now);
    let stalled = stalled(trouble, &ready);
    let available = available(facts, trouble, previous);
    let rotation = rotation(facts, source.as_ref(), previous, now);
    NcpSecretStatus {
        observed_generation: subject.generation,
        conditions: [ready, available, rotation]
            .into_iter()
            .chain(stalled)
            .map(|claim| claim.into_condition(previous, subject.generation, now))
            .collect(),
        source,
        target: target(outcome, subject, previous, now),
        failing_since,
        last_forced_sync: subject
            .force_sync
            .map(str::to_owned)
            .or_else(|| previous.last_forced_sync.clone()),
        restarts: previous.restarts.clone(),
    }
}

/// While nothing is read or written, what was said stays: conditions are about the spec that they were seen for, and
/// only the generation tells that the wish was seen. What was never written is not good.
fn suspended(previous: &NcpSecretStatus, generation: i64, now: Timestamp) -> NcpSecretStatus {
    let mut status = NcpSecretStatus {
        observed_generation: generation,
        ..previous.clone()
    };
    if was_synced(previous) {
        return status;
    }
    let message = "Nothing was written yet, because spec.suspend is true. Set it to false.";
    let claims = [
        Claim::new(condition::READY, "False", Reason::Suspended, message.into()),
        keep_or_unread(condition::SOURCE_AVAILABLE, previous),
        keep_or_unread(condition::ROTATION_HEALTHY, previous),
    ];
    status.conditions = claims
        .map(|claim| claim.into_condition(previous, generation, now))
        .into();
    status.failing_since = None;
    status
}

/// Whether a run of rotation has failed that the status before does not tell of. A secret that is seen for the first
/// time tells of nothing new. Of runs between two looks only the time of the last change can tell.
#[must_use]
pub fn rotation_failed_anew(before: &NcpSecretStatus, after: &NcpSecretStatus) -> bool {
    let (Some(was), Some(is)) = (&before.source, &after.source) else {
        return false;
    };
    let failed = |status| rotation_reason(status) == Some(Reason::RotationFailed);
    was.secret_id == is.secret_id
        && failed(after)
        && (!failed(before) || was.update_time != is.update_time)
}

/// What became of rotation, if that is another thing than before: the reason now, and the one before. A secret that is
/// seen for the first time tells of nothing new.
#[must_use]
pub fn rotation_turned(
    before: &NcpSecretStatus,
    after: &NcpSecretStatus,
) -> Option<(Reason, Reason)> {
    let was = rotation_reason(before).filter(|was| *was != Reason::NotRead)?;
    let is = rotation_reason(after)?;
    (is != was).then_some((is, was))
}

/// Whether a trouble that the store tells of needs no word of the object: its Secret still counts as good, and nobody
/// waits for an echo.
fn is_told_enough(
    previous: &NcpSecretStatus,
    subject: &Subject<'_>,
    trouble: Option<&Trouble>,
    now: Timestamp,
) -> bool {
    let echoed = previous.last_forced_sync.as_deref();
    trouble.is_some_and(|trouble| {
        let since = failing_since(previous, subject, trouble, now);
        trouble.bearing() == Bearing::WhenStale && counts_as_good(previous, subject, &since, now)
    }) && subject.force_sync.is_none_or(|word| echoed == Some(word))
}

/// Since when things are as they are: a source that is gone counts from then, not from what was wrong before; a
/// trouble of the store from when that began.
fn failing_since(
    previous: &NcpSecretStatus,
    subject: &Subject<'_>,
    trouble: &Trouble,
    now: Timestamp,
) -> Time {
    let reason = trouble.reason();
    let is_absent = matches!(reason, Reason::SourceNotFound | Reason::SourceDestroyed);
    let own = previous
        .failing_since
        .as_ref()
        .filter(|_| !is_absent || previous_reason(previous) == Some(reason))
        .map(|since| since.0);
    let told = subject.told_since.map(whole_seconds);
    // What lies ahead was told by a clock that was wrong.
    Time(own.into_iter().chain(told).fold(now, Timestamp::min))
}

/// Whether the Secret was good, and looks have not failed for so long that it does not count as such any more.
fn counts_as_good(
    previous: &NcpSecretStatus,
    subject: &Subject<'_>,
    failing_since: &Time,
    now: Timestamp,
) -> bool {
    is_ready(previous)
        && previous.observed_generation == subject.generation
        && now.duration_since(failing_since.0) < subject.stale_after
}

/// A condition before it has times.
struct Claim {
    type_: &'static str,
    status: &'static str,
    reason: Reason,
    message: String,
    /// The generation that it is about, when that is an earlier one.
    about: Option<i64>,
}

impl Claim {
    const fn new(
        type_: &'static str,
        status: &'static str,
        reason: Reason,
        message: String,
    ) -> Self {
        Self {
            type_,
            status,
            reason,
            message,
            about: None,
        }
    }

    fn into_condition(
        self,
        previous: &NcpSecretStatus,
        generation: i64,
        now: Timestamp,
    ) -> Condition {
        let since = find(previous, self.type_)
            .filter(|before| before.status == self.status)
            .map_or(Time(now), |before| before.last_transition_time.clone());
        Condition {
            type_: self.type_.into(),
            status: self.status.into(),
            reason: self.reason.as_str().into(),
            message: self.message,
            last_transition_time: since,
            observed_generation: Some(self.about.unwrap_or(generation)),
        }
    }
}

fn ready(
    previous: &NcpSecretStatus,
    subject: &Subject<'_>,
    trouble: Option<&Trouble>,
    failing_since: Option<&Time>,
    now: Timestamp,
) -> Claim {
    let type_ = condition::READY;
    let Some(trouble) = trouble else {
        let message = "The Secret holds the value that NCP showed at the last look.".into();
        return Claim::new(type_, "True", Reason::Synced, message);
    };
    let still_good = trouble.bearing() == Bearing::WhenStale
        && failing_since.is_some_and(|since| counts_as_good(previous, subject, since, now));
    if still_good {
        let reason = Reason::RefreshFailing;
        let message = format!(
            "The Secret holds the last value, but looks fail. {}",
            trouble.message()
        );
        Claim::new(type_, "True", reason, message)
    } else {
        let kept = was_synced(previous)
            && !matches!(
                trouble,
                Trouble::TargetMissing { .. }
                    | Trouble::TargetEdited { .. }
                    | Trouble::TargetDeleted { .. }
                    | Trouble::DriftConflict { .. }
                    | Trouble::NotOwned { .. }
                    // Nobody has looked whether the Secret is still there.
                    | Trouble::Spec(_)
                    | Trouble::Undecodable
                    | Trouble::ClusterRefused { .. }
            );
        let kept = if kept {
            " Pods keep the last value."
        } else {
            ""
        };
        let message = format!("{}{kept}", trouble.message());
        Claim::new(type_, "False", trouble.reason(), message)
    }
}

fn available(
    facts: Option<&Facts>,
    trouble: Option<&Trouble>,
    previous: &NcpSecretStatus,
) -> Claim {
    let type_ = condition::SOURCE_AVAILABLE;
    let unavailable = trouble.map(Trouble::root).filter(|trouble| {
        matches!(
            trouble.reason(),
            Reason::SourceDisabled
                | Reason::SourceRevoked
                | Reason::SourceDestroyed
                | Reason::SourceNotFound
                | Reason::SourceUnreadable
        )
    });
    if let Some(trouble) = unavailable {
        let (reason, message) = (trouble.reason(), trouble.message());
        return Claim::new(type_, "False", reason, message);
    }
    let Some(facts) = facts else {
        return keep_or_unread(type_, previous);
    };
    let (reason, message) = if is_rotating(facts) {
        (
            Reason::Rotating,
            "The state of the secret allows reading; a rotation is running.",
        )
    } else {
        (Reason::Enabled, "The state of the secret allows reading.")
    };
    Claim::new(type_, "True", reason, message.into())
}

fn rotation(
    facts: Option<&Facts>,
    source: Option<&SourceStatus>,
    previous: &NcpSecretStatus,
    now: Timestamp,
) -> Claim {
    let type_ = condition::ROTATION_HEALTHY;
    let (Some(facts), Some(source)) = (facts, source) else {
        return keep_or_unread(type_, previous);
    };
    let (status, reason, message) = health(facts, source.rotating_since.as_ref(), now);
    Claim::new(type_, status, reason, message.into())
}

fn stalled(trouble: Option<&Trouble>, ready: &Claim) -> Option<Claim> {
    let trouble = trouble.filter(|trouble| trouble.root().reason().needs_a_person())?;
    (ready.status == "False").then(|| {
        Claim::new(
            condition::STALLED,
            "True",
            trouble.reason(),
            trouble.message(),
        )
    })
}

/// What was said stays until somebody looks again; before the first look nothing is known.
fn keep_or_unread(type_: &'static str, previous: &NcpSecretStatus) -> Claim {
    let said = find(previous, type_).and_then(|before| {
        let status = ["True", "False"]
            .into_iter()
            .find(|word| *word == before.status)?;
        let about = before.observed_generation;
        let reason = Reason::parse(&before.reason)?;
        Some(Claim {
            type_,
            status,
            reason,
            message: before.message.clone(),
            about,
        })
    });
    said.unwrap_or_else(|| {
        let message = "The secret has not been read yet.".to_owned();
        Claim::new(type_, "Unknown", Reason::NotRead, message)
    })
}

#[cfg(test)]
mod tests;
