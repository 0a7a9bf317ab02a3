//! What an object left under a name that it wants no more: collected, once the Secret of the new name is there.

use jiff::{SignedDuration, Timestamp};

use super::inventory::{Known, target_key};
use super::memory::Memory;
use super::world::World;
use crate::api::CreationPolicy;
use crate::cluster::Refusal;
use crate::core::observed::{Claim, Observed};
use crate::core::outcome::Outcome;
use crate::core::request::{ObjectKey, Request};
use crate::core::status::was_deleted;

/// When to try again to collect what could not be collected.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(1);

/// Collects what the object left under other names; with policy Orphan it is let go instead.
///
/// Only a Secret that is collected with the object anyway is touched: what was let go once stays for ever.
pub(super) async fn collect(
    world: &World,
    request: &Request,
    known: &Known,
    memory: &mut Memory,
    outcome: &Outcome,
) {
    if !is_in_place(world, request, known, outcome) {
        return;
    }
    for (key, stray) in world.inventory.strays(&request.object) {
        let ours = stray.claimed_by(&request.object.name, &request.uid) == Claim::Ours;
        if !ours || !stray.is_of_our_making() || !stray.is_collected_with(&request.uid) {
            continue;
        }
        if !world.inventory.still_asks(request) {
            return;
        }
        match part_with(world, request, &key, &stray).await {
            Ok(()) => tracing::info!(
                namespace = request.object.namespace,
                object = request.object.name,
                target = key.name,
                policy = ?request.target.policy,
                "a Secret of an earlier name was parted with"
            ),
            // The watch shows what became of it, and that wakes the object.
            Err(Refusal::Moved | Refusal::NotFound) => {}
            Err(refusal) => {
                tracing::warn!(
                    namespace = request.object.namespace,
                    object = request.object.name,
                    target = key.name,
                    %refusal,
                    "a Secret of an earlier name could not be parted with"
                );
                let again = world.clock.now().saturating_add(AGAIN_AFTER);
                memory.next_pass = Some(again.unwrap_or(Timestamp::MAX));
            }
        }
    }
}

async fn part_with(
    world: &World,
    request: &Request,
    key: &ObjectKey,
    stray: &Observed,
) -> Result<(), Refusal> {
    match request.target.policy {
        CreationPolicy::Owner => {
            world.metrics.secret_write("delete");
            world.secrets.delete(key, stray).await?;
            world.inventory.target_gone(key, stray);
        }
        CreationPolicy::Orphan => {
            world.metrics.secret_write("change");
            let released = world.secrets.release(request, key, stray).await?;
            world.inventory.target_seen(key.clone(), &released);
        }
    }
    Ok(())
}

/// Whether the Secret of the name that the spec wants now is there and was written.
fn is_in_place(world: &World, request: &Request, known: &Known, outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Synced { .. } => true,
        Outcome::Quiet => {
            let status = &known.status;
            let told = status.target.as_ref();
            let written = status.observed_generation == request.generation
                && told.is_some_and(|told| told.name == request.target.name)
                && !was_deleted(status);
            let there = world.inventory.target(&target_key(request));
            written
                && there.is_some_and(|there| {
                    there.claimed_by(&request.object.name, &request.uid) == Claim::Ours
                })
        }
        Outcome::Failed { .. }
        | Outcome::Suspended
        | Outcome::Interrupted
        | Outcome::Held
        | Outcome::Leaving => false,
    }
}
