//! Whether a pass has to look at the source, or can end without asking anybody.

use jiff::Timestamp;

use super::observed::Observed;
use super::pace::Drift;
use super::plan::{claim, drifted};
use super::remote::Lifecycle;
use super::request::Request;
use super::status::{previous_reason, rotation_reason, was_deleted, was_synced};
use crate::api::{NcpSecretStatus, Reason, RefreshPolicy};

/// What a pass knows before it asks anybody.
pub struct Known<'pass> {
    /// What the spec asks for.
    pub request: &'pass Request,
    /// The force-sync annotation, as far as status can echo it.
    pub force_sync: Option<&'pass str>,
    /// The Secret under the target's name.
    pub target: Option<&'pass Observed>,
    /// The version at which our last write left it.
    pub settled: Option<&'pass str>,
    /// What the status said last.
    pub status: &'pass NcpSecretStatus,
    /// What ended the last pass of this process badly.
    pub cause: Option<Reason>,
    /// When the next look was to be; none before the first pass of this process.
    pub next_look: Option<Timestamp>,
    /// The generation of the spec that the last pass of this process was for: status may be anybody's word.
    pub generation: Option<i64>,
}

/// Whether the source has to be read now.
#[must_use]
pub fn due(known: &Known<'_>, now: Timestamp) -> bool {
    known.next_look.is_some_and(|moment| moment <= now)
        || spec_changed(known)
        || sync_forced(known)
        || target_needs_repair(known)
        || obstacle_is_gone(known)
        || (known.next_look.is_none()
            && (was_cut_off(known.status)
                || missed_a_rotation(known, now)
                || owes_a_comparison(known)))
}

/// Whether the pass is for something that somebody asked for or did, so that no look from before that is of use. A new
/// object asks for nothing that an earlier look could not tell.
#[must_use]
pub fn anew(known: &Known<'_>) -> bool {
    let is_new = previous_reason(known.status).is_none();
    (spec_changed(known) && !is_new) || sync_forced(known) || target_needs_repair(known)
}

/// How the target came to differ from what was written, unless a person asked for something new meanwhile.
#[must_use]
pub fn drift(known: &Known<'_>) -> Option<Drift> {
    if spec_changed(known) || sync_forced(known) || !target_needs_repair(known) {
        return None;
    }
    Some(known.target.map_or(Drift::Deleted, edited))
}

/// The edit that a Secret shows.
#[must_use]
pub fn edited(target: &Observed) -> Drift {
    let by = target.foreign_writer.as_ref().or(target.meddler.as_ref());
    Drift::Edited { by: by.cloned() }
}

fn spec_changed(known: &Known<'_>) -> bool {
    let current = known.request.generation;
    known.status.observed_generation != current
        || known
            .generation
            .is_some_and(|generation| generation != current)
}

fn sync_forced(known: &Known<'_>) -> bool {
    known.force_sync.is_some() && known.force_sync != known.status.last_forced_sync.as_deref()
}

fn target_needs_repair(known: &Known<'_>) -> bool {
    if !was_synced(known.status) {
        return false;
    }
    let Some(target) = known.target else {
        return !was_deleted(known.status)
            && previous_reason(known.status) != Some(Reason::TargetMissing);
    };
    let known_keys = known
        .status
        .target
        .as_ref()
        .map_or(&[][..], |target| &target.keys);
    claim(known.request, target).is_err()
        || drifted(known.request, target, known.settled, known_keys)
}

/// Whether the last pass ended before the source could be asked, on something that this pass got past.
fn obstacle_is_gone(known: &Known<'_>) -> bool {
    let made_room = known.cause == Some(Reason::TargetImmutable) && known.target.is_none();
    made_room
        || matches!(
            known.cause,
            Some(
                Reason::InvalidSpec
                    | Reason::StoreNotFound
                    | Reason::StoreNotReady
                    | Reason::NotGranted
                    | Reason::TargetNotOwned
                    | Reason::CredentialsMissing
                    | Reason::CredentialsRejected
                    | Reason::ClockSkew
            )
        )
}

/// Whether an earlier process stopped while calls failed: the new one tries at once.
fn was_cut_off(status: &NcpSecretStatus) -> bool {
    match previous_reason(status) {
        None => true,
        Some(reason) => matches!(
            reason,
            Reason::RefreshFailing
                | Reason::CredentialsMissing
                | Reason::CredentialsRejected
                | Reason::PermissionDenied
                | Reason::ClockSkew
                | Reason::Throttled
                | Reason::BudgetExhausted
                | Reason::SourceUnavailable
                | Reason::InvalidSpec
                | Reason::StoreNotFound
                | Reason::StoreNotReady
                | Reason::NotGranted
                | Reason::TargetMissing
                | Reason::TargetNotOwned
                | Reason::ClusterRefused
        ),
    }
}

/// Whether an earlier process wrote a content that status does not tell of: nobody has decided what to restart for it.
fn owes_a_comparison(known: &Known<'_>) -> bool {
    let told = known.status.target.as_ref();
    let told = told.filter(|told| told.name == known.request.target.name);
    let written = known.target.and_then(|target| target.content.as_ref());
    !known.request.restart.is_empty()
        && told
            .zip(written)
            .is_some_and(|(told, written)| told.content.as_ref() != Some(written))
}

/// Whether the date of a rotation passed while no process watched; one that was told as overdue was watched.
fn missed_a_rotation(known: &Known<'_>, now: Timestamp) -> bool {
    let status = known.status;
    if known.request.policy == RefreshPolicy::OnChange {
        return false;
    }
    let Some(source) = &status.source else {
        return false;
    };
    let date = source.next_rotation_time.as_ref();
    source.lifecycle == Lifecycle::Enable.as_str()
        && source.rotating_since.is_none()
        && date.is_some_and(|date| date.0 <= now)
        && rotation_reason(status) != Some(Reason::RotationOverdue)
}

#[cfg(test)]
mod tests;
