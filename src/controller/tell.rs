//! Telling people: the status of an object, and an event when its reason changed for the worse.

use std::sync::Arc;

use jiff::SignedDuration;

use super::inventory::Known;
use super::restart;
use super::told::Told;
use super::world::World;
use crate::api::{NcpSecretStatus, Reason, RestartStatus};
use crate::cluster::{Refusal, Subject};
use crate::core::outcome::Outcome;
use crate::core::request::{ObjectKey, Request};
use crate::core::status::{
    self, next, previous_reason, rotation_failed_anew, rotation_message, rotation_turned,
    was_deleted,
};
use crate::core::trouble::Trouble;

/// Writes the status if it changed, and tells people when its reason changed for the worse.
///
/// Answers the status, and the outcome, which is another one when the status could not be written; nothing when the
/// object is gone.
pub(super) async fn tell(
    world: &World,
    key: &ObjectKey,
    known: &Known,
    outcome: Outcome,
    restarts: Option<Vec<RestartStatus>>,
) -> Option<(Outcome, Arc<NcpSecretStatus>)> {
    let request = known.request.as_ref().as_ref().ok();
    let told = told_by_the_store(world, request, &outcome);
    let subject = status::Subject {
        told_since: told.as_ref().map(|told| told.since),
        generation: known.about.generation,
        stale_after: request.map_or(SignedDuration::ZERO, |request| request.stale_after),
        target: request.map_or("", |request| &request.target.name),
        force_sync: known.about.force_sync.as_deref(),
    };
    let mut status = next(&known.status, &subject, &outcome, world.clock.now());
    if let Some(restarts) = restarts {
        status.restarts = restarts;
    }
    if status == *known.status {
        return Some((outcome, Arc::clone(&known.status)));
    }
    let is_told = told.is_some() || is_of_the_budget(&outcome);
    let write = world.objects.write_status(key, &known.about, &status);
    match tokio::time::timeout(world.longest_pass, write).await {
        Ok(Ok(resource_version)) => {
            world.metrics.status_write();
            announce(world, key, known, &status, is_told).await;
            announce_rotation(world, key, known, &status).await;
            let uid = &known.about.uid;
            world
                .inventory
                .status_written(key, uid, resource_version, &status);
            Some((outcome, Arc::new(status)))
        }
        Ok(Err(Refusal::NotFound | Refusal::NotServed)) => None,
        failed => {
            if let Ok(Err(refusal)) = failed
                && !matches!(refusal, Refusal::Moved)
            {
                tracing::warn!(
                    namespace = key.namespace,
                    object = key.name,
                    %refusal,
                    "the status of an object could not be written"
                );
            }
            Some((Outcome::Interrupted, Arc::clone(&known.status)))
        }
    }
}

async fn announce(
    world: &World,
    key: &ObjectKey,
    known: &Known,
    status: &NcpSecretStatus,
    is_told: bool,
) {
    let subject = subject(key, known);
    restart::announce(world, &subject, &known.status.restarts, &status.restarts).await;
    let before = previous_reason(&known.status);
    let deleted = was_deleted(status) && !was_deleted(&known.status);
    let Some(reason) = previous_reason(status).filter(|reason| deleted || Some(*reason) != before)
    else {
        return;
    };
    tracing::info!(
        namespace = key.namespace,
        object = key.name,
        reason = reason.as_str(),
        before = before.map(Reason::as_str),
        "status changed"
    );
    let is_wanted = matches!(reason, Reason::Synced | Reason::Suspended);
    if is_wanted || is_told {
        return;
    }
    let note = status.conditions.first().map_or("", |ready| &ready.message);
    world
        .announcer
        .warn(&subject, "Synchronize", reason, note)
        .await;
}

/// Each turn of a rotation is logged, and each run that failed is told once, whatever else there is to tell.
async fn announce_rotation(
    world: &World,
    key: &ObjectKey,
    known: &Known,
    status: &NcpSecretStatus,
) {
    if let Some((reason, before)) = rotation_turned(&known.status, status) {
        tracing::info!(
            namespace = key.namespace,
            object = key.name,
            reason = reason.as_str(),
            before = before.as_str(),
            "rotation changed"
        );
    }
    if rotation_failed_anew(&known.status, status) {
        let note = rotation_message(status);
        world
            .announcer
            .warn(&subject(key, known), "Rotate", Reason::RotationFailed, note)
            .await;
    }
}

fn subject<'object>(key: &'object ObjectKey, known: &'object Known) -> Subject<'object> {
    Subject {
        kind: "NcpSecret",
        namespace: Some(&key.namespace),
        name: &key.name,
        uid: &known.about.uid,
    }
}

/// Whether the trouble is that calls are short, which the store tells as soon as anybody has waited for a minute.
const fn is_of_the_budget(outcome: &Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Failed {
            trouble: Trouble::BudgetExhausted,
            ..
        }
    )
}

/// What the store tells of the trouble, if it does; once, there, is enough.
fn told_by_the_store(world: &World, request: Option<&Request>, outcome: &Outcome) -> Option<Told> {
    let Outcome::Failed { trouble, .. } = outcome else {
        return None;
    };
    let told = world.connections.told(&request?.store)?;
    (told.reason == trouble.reason()).then_some(told)
}
