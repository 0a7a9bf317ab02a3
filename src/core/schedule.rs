//! When to look next: one table, as a function.
//!
//! Regular looks of one source fall together, in a slot that a hash of the source gives it within the interval, and
//! apart from those of other sources. No time of a last look is kept: the slot is where it is, also after a restart.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::moment::later;
use super::pace::CONFLICT_APART;
use super::remote::{Lifecycle, Phase, SourceRef};
use super::request::{Request, StoreKey};
use super::rotation::STALLED_AFTER;
use super::status::{is_ready, was_synced};
use crate::api::{NcpSecretStatus, Reason, RefreshPolicy, SourceStatus};

/// What the schedule is made from.
pub struct Plight<'pass> {
    /// What the spec asks for.
    pub request: &'pass Request,
    /// The status after the pass.
    pub status: &'pass NcpSecretStatus,
    /// What is wrong, if something is.
    pub trouble: Option<Reason>,
    /// How many passes in a row ended with a failed call, this one included.
    pub failures: u32,
    /// How long the service asks to wait.
    pub retry_after: Option<Duration>,
    /// A random number from 0 to 1, against many retrying at once.
    pub dice: f64,
}

const SHORTEST_WAIT: SignedDuration = SignedDuration::from_secs(1);
const LONGEST_BACKOFF: SignedDuration = SignedDuration::from_mins(5);
const CONTESTED_WAIT: SignedDuration = SignedDuration::from_secs(30);
const ABSENT_FIRST_WAIT: SignedDuration = SignedDuration::from_secs(30);
const UNFINISHED_ROTATION_WAIT: SignedDuration = SignedDuration::from_mins(15);
const OVERDUE_FIRST_WAIT: SignedDuration = SignedDuration::from_secs(30);
const ROTATING_SHORTEST: SignedDuration = SignedDuration::from_secs(5);
const ROTATING_LONGEST: SignedDuration = SignedDuration::from_secs(60);
/// How far apart the objects of a store stop counting as good that tells of a trouble.
const LONGEST_APART: SignedDuration = SignedDuration::from_secs(60);
const A_DAY: SignedDuration = SignedDuration::from_hours(24);

/// When an object whose Ready is still True stops counting as good unless a look succeeds; nothing when no look has
/// failed. `told_since` is since when its store tells of a trouble, which all its objects then do a little apart.
#[must_use]
pub fn stale_at(
    request: &Request,
    status: &NcpSecretStatus,
    told_since: Option<Timestamp>,
) -> Option<Timestamp> {
    if !is_ready(status) || status.observed_generation != request.generation {
        return None;
    }
    let own = status.failing_since.as_ref().map(|since| since.0);
    let own = own.map(|since| later(since, request.stale_after));
    let told = told_since.map(|since| {
        let apart = LONGEST_APART.min(request.stale_after / 10);
        let spread = hash(&request.store, &request.source) % (millis(apart) + 1);
        let spread = SignedDuration::from_millis(i64::try_from(spread).unwrap_or_default());
        later(later(since, request.stale_after), spread)
    });
    own.into_iter().chain(told).min()
}

/// The moment of a look that only a change can bring.
pub const NEVER: Timestamp = Timestamp::MAX;

/// The moment of the next look; at least a second away, and [`NEVER`] when only a change can bring it.
///
/// A policy governs looks at what is good. While something is wrong the look that found it is not over: it is repeated as
/// the table says, by either policy, so that a look that was asked for comes to a good end.
#[must_use]
pub fn next_look(plight: &Plight<'_>, now: Timestamp) -> Timestamp {
    let wanted = wanted(plight, now);
    wanted.max(later(now, SHORTEST_WAIT))
}

fn wanted(plight: &Plight<'_>, now: Timestamp) -> Timestamp {
    let slot = slot(plight.request, now);
    let sooner_with_rotation = || slot.min(rotation_wake(plight, now).unwrap_or(slot));
    let Some(reason) = plight.trouble else {
        return match plight.request.policy {
            RefreshPolicy::RotationAware => sooner_with_rotation(),
            RefreshPolicy::OnChange => NEVER,
        };
    };
    match reason {
        Reason::SourceNotFound if !was_synced(plight.status) => later(
            now,
            clamp(
                failing(plight, now),
                ABSENT_FIRST_WAIT,
                plight.request.interval,
            ),
        ),
        // Hardly ever again, once a day has shown that it was no mistake.
        Reason::SourceNotFound | Reason::SourceDestroyed if failing(plight, now) >= A_DAY => {
            later(now, A_DAY)
        }
        Reason::SourceRevoked => slot.min(destruction(plight.status, now).unwrap_or(slot)),
        Reason::TargetNotOwned => later(now, CONTESTED_WAIT),
        Reason::DriftConflict => later(now, CONFLICT_APART),
        Reason::SourceUnreadable
        | Reason::StageEmpty
        | Reason::MissingKey
        | Reason::InvalidKey
        | Reason::KeyConflict
        | Reason::TooLarge
        | Reason::TemplateFailed => match plight.request.policy {
            RefreshPolicy::RotationAware => sooner_with_rotation(),
            RefreshPolicy::OnChange => slot,
        },
        Reason::RefreshFailing
        | Reason::TargetMissing
        | Reason::ClusterRefused
        | Reason::CredentialsMissing
        | Reason::CredentialsRejected
        | Reason::PermissionDenied
        | Reason::ClockSkew
        | Reason::Throttled
        | Reason::SourceUnavailable => later(now, backoff(plight)),
        // On change, which wakes the object by itself; and the slot as a safety net.
        Reason::SourceNotFound
        | Reason::SourceDestroyed
        | Reason::InvalidSpec
        | Reason::NotGranted
        | Reason::StoreNotFound
        | Reason::StoreNotReady
        | Reason::TargetImmutable
        | Reason::SourceDisabled
        // Its store wakes it by itself.
        | Reason::BudgetExhausted
        // No trouble has one of these.
        | Reason::Synced
        | Reason::Suspended
        | Reason::Enabled
        | Reason::Rotating
        | Reason::Idle
        | Reason::InProgress
        | Reason::Manual
        | Reason::RotationFailed
        | Reason::RotationStalled
        | Reason::RotationOverdue
        | Reason::NotRead
        | Reason::Configured
        | Reason::WorkloadRestarted
        | Reason::WorkloadNotRestarted => slot,
    }
}

/// The first moment after now that falls into the source's slot of the interval.
fn slot(request: &Request, now: Timestamp) -> Timestamp {
    let interval = i64::try_from(request.interval.as_millis())
        .unwrap_or(i64::MAX)
        .max(1);
    let offset = i64::try_from(hash(&request.store, &request.source) >> 1)
        .unwrap_or_default()
        .rem_euclid(interval);
    let millis = now.as_millisecond();
    let since_slot = (millis - offset).rem_euclid(interval);
    Timestamp::from_millisecond(millis - since_slot + interval).unwrap_or(Timestamp::MAX)
}

/// What rotation asks for, if it asks for more than the slot.
fn rotation_wake(plight: &Plight<'_>, now: Timestamp) -> Option<Timestamp> {
    let source = plight.status.source.as_ref()?;
    let interval = plight.request.interval;
    if let Some(since) = &source.rotating_since {
        let running = now.duration_since(since.0);
        return Some(if running < STALLED_AFTER {
            later(now, clamp(running / 6, ROTATING_SHORTEST, ROTATING_LONGEST))
        } else {
            later(now, interval.min(UNFINISHED_ROTATION_WAIT))
        });
    }
    if source.rotation_phase == Phase::Failed.as_str() {
        return Some(later(now, interval.min(UNFINISHED_ROTATION_WAIT)));
    }
    let date = source
        .next_rotation_time
        .as_ref()
        .filter(|_| may_rotate(source))?
        .0;
    let overdue = now.duration_since(date);
    if overdue < SignedDuration::ZERO {
        return Some(later(date, after_the_date(plight.request)));
    }
    Some(later(now, clamp(overdue, OVERDUE_FIRST_WAIT, interval)))
}

fn may_rotate(source: &SourceStatus) -> bool {
    source.lifecycle == Lifecycle::Enable.as_str()
}

/// 30 to 60 seconds after the date, by hash: not all at once, and not before the rotation has begun.
fn after_the_date(request: &Request) -> SignedDuration {
    let spread = hash(&request.store, &request.source) % 30_001;
    SignedDuration::from_millis(30_000 + i64::try_from(spread).unwrap_or_default())
}

fn failing(plight: &Plight<'_>, now: Timestamp) -> SignedDuration {
    let since = plight.status.failing_since.as_ref();
    since.map_or(SignedDuration::ZERO, |since| now.duration_since(since.0))
}

fn destruction(status: &NcpSecretStatus, now: Timestamp) -> Option<Timestamp> {
    let date = status.source.as_ref()?.expected_destroy_time.as_ref()?.0;
    (date > now).then(|| later(date, SHORTEST_WAIT))
}

/// What the service asks for, else 1 s doubling with full jitter; 5 min at the most.
fn backoff(plight: &Plight<'_>) -> SignedDuration {
    if let Some(asked) = plight.retry_after {
        return SignedDuration::try_from(asked)
            .unwrap_or(LONGEST_BACKOFF)
            .min(LONGEST_BACKOFF);
    }
    let doublings = plight.failures.saturating_sub(1).min(16);
    let ceiling = SHORTEST_WAIT
        .saturating_mul(1 << doublings)
        .min(LONGEST_BACKOFF);
    ceiling.mul_f64(plight.dice.clamp(0.0, 1.0))
}

/// A number that stays the same for a source of a store, on every machine and in every version.
fn hash(store: &StoreKey, source: &SourceRef) -> u64 {
    let (kind, text) = match source {
        SourceRef::Id(id) => ("id", id),
        SourceRef::Name(name) => ("name", name),
    };
    let namespace = store.namespace.as_deref().unwrap_or_default();
    let digest = [store.kind.as_str(), namespace, &store.name, kind, text]
        .iter()
        .fold(Sha256::new(), |hasher, part| {
            hasher.chain_update(part).chain_update([0])
        })
        .finalize();
    digest
        .iter()
        .take(8)
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn millis(span: SignedDuration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or_default()
}

fn clamp(span: SignedDuration, least: SignedDuration, most: SignedDuration) -> SignedDuration {
    span.min(most).max(least)
}

#[cfg(test)]
mod tests;
