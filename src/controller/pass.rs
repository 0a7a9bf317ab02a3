//! One pass: from what an object asks for to the Secret, its status, and the moment of the next look.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::Urgency;
use super::connections::Denied;
use super::failure::Failure;
use super::inventory::{Known, Memory, target_key};
use super::look::{find_way, look};
use super::queue::Ask;
use super::tell::tell;
use super::world::World;
use super::write::{Written, write};
use crate::api::{NcpSecretStatus, Reason};
use crate::cluster::Refusal;
use crate::core::due::{self, due};
use crate::core::observed::Observed;
use crate::core::outcome::Outcome;
use crate::core::plan::claim;
use crate::core::request::{ObjectKey, Request};
use crate::core::schedule::{Plight, next_look};
use crate::core::status::previous_reason;
use crate::core::trouble::{Holder, Trouble};

/// When to look at an object again whose spec says nothing that could be read.
const UNREADABLE_SPEC_WAIT: SignedDuration = SignedDuration::from_hours(1);

/// Makes the Secret of an object what it should be; answers when the next pass is to be.
pub async fn pass(world: &World, key: &ObjectKey) -> Option<Ask> {
    let known = world
        .inventory
        .object(key)
        .filter(|known| !known.about.deleting)?;
    let mut memory = known.memory.clone();
    let outcome = tokio::time::timeout(world.longest_pass, attempt(world, &known, &mut memory))
        .await
        .unwrap_or(Outcome::Interrupted);
    world.metrics.pass(&outcome);
    let (outcome, status) = tell(world, key, &known, outcome).await?;
    if matches!(outcome, Outcome::Leaving) {
        return None;
    }
    let at = leave_behind(world, &known, &mut memory, &outcome, &status);
    world.inventory.remember(key, &known.about.uid, memory);
    let rotating = status
        .source
        .as_ref()
        .is_some_and(|source| source.rotating_since.is_some());
    let urgency = if rotating {
        Urgency::Rotating
    } else {
        Urgency::Periodic
    };
    Some(Ask { at, urgency })
}

/// The way from the request to the written Secret.
async fn attempt(world: &World, known: &Known, memory: &mut Memory) -> Outcome {
    let request = match known.request.as_ref() {
        Ok(request) => request,
        Err(trouble) => return Failure::from(trouble.clone()).into_outcome(),
    };
    let observed = match observe(world, request, known, memory).await {
        Ok(observed) => observed,
        Err(refusal) => return Failure::from(refusal).into_outcome(),
    };
    let step = synchronize(world, request, known, memory, observed.as_deref()).await;
    match step {
        Ok(outcome) => outcome,
        Err(failure) => {
            let lost = observed.is_none()
                && failure.hides_the_source()
                && is_lost(world, request, known).await;
            let failure = if lost {
                failure.with_target_lost()
            } else {
                failure
            };
            failure.into_outcome()
        }
    }
}

/// Whether the Secret was written once and is there no more; the watch alone does not show it without its label.
async fn is_lost(world: &World, request: &Request, known: &Known) -> bool {
    let written = known.status.target.as_ref();
    written.is_some_and(|target| target.name == request.target.name)
        && matches!(world.secrets.observe(&target_key(request)).await, Ok(None))
}

async fn synchronize(
    world: &World,
    request: &Request,
    known: &Known,
    memory: &mut Memory,
    observed: Option<&Observed>,
) -> Result<Outcome, Failure> {
    let now = world.clock.now();
    check_claim(world, request, observed)?;
    let way = find_way(&world.inventory, request)?;
    let knowledge = due::Known {
        request,
        target: observed,
        settled: memory.settled_for(request),
        status: &known.status,
        cause: memory.cause,
        next_look: memory.next_look,
    };
    if !due(&knowledge, now) {
        return Ok(Outcome::Quiet);
    }
    let remote = look(&world.connections, request, &way).await;
    world
        .metrics
        .look(remote.as_ref().err().map_or("Read", Denied::as_str));
    let remote = remote?;
    let facts = remote.facts.clone();
    let written = write(world, request, memory, observed, &remote).await;
    written
        .map(|Written { keys, changed }| Outcome::Synced {
            facts: facts.clone(),
            keys,
            changed,
        })
        .map_err(|failure| failure.with(facts))
}

/// The Secret under the target's name: from the watch, and by a request of its own when the watch may not show it.
async fn observe(
    world: &World,
    request: &Request,
    known: &Known,
    memory: &mut Memory,
) -> Result<Option<Arc<Observed>>, Refusal> {
    let target = target_key(request);
    let watched = world.inventory.target(&target);
    let contested = previous_reason(&known.status) == Some(Reason::TargetNotOwned);
    if !memory.recheck && (watched.is_some() || !contested) {
        return Ok(watched);
    }
    memory.recheck = false;
    let observed = world.secrets.observe(&target).await?.map(Arc::new);
    if let Some(observed) = &observed
        && observed.managed
    {
        world.inventory.target_seen(target, Arc::clone(observed));
    }
    Ok(observed)
}

/// Whether the target is this object's to write: what is there decides, then who asked first.
fn check_claim(
    world: &World,
    request: &Request,
    observed: Option<&Observed>,
) -> Result<(), Failure> {
    if let Some(observed) = observed {
        claim(request, observed)?;
        return Ok(());
    }
    match world.inventory.rival(request) {
        Some(rival) => {
            let holder = Holder::Earlier {
                name: rival.name.clone(),
            };
            Err(Trouble::NotOwned { holder }.into())
        }
        None => Ok(()),
    }
}

/// Notes for the next pass; answers when it is to be.
fn leave_behind(
    world: &World,
    known: &Known,
    memory: &mut Memory,
    outcome: &Outcome,
    status: &NcpSecretStatus,
) -> Timestamp {
    let now = world.clock.now();
    let (cause, retry_after) = match outcome {
        Outcome::Quiet if memory.next_look.is_some() => {
            return memory.next_look.unwrap_or(now);
        }
        Outcome::Quiet => (
            previous_reason(status).filter(|reason| *reason != Reason::Synced),
            None,
        ),
        Outcome::Synced { .. } | Outcome::Leaving => (None, None),
        Outcome::Interrupted => (Some(Reason::RefreshFailing), None),
        Outcome::Failed { trouble, .. } => (Some(trouble.root().reason()), trouble.retry_after()),
    };
    let retries = match outcome {
        Outcome::Interrupted => true,
        Outcome::Failed { trouble, .. } => trouble.is_retried(),
        Outcome::Quiet | Outcome::Synced { .. } | Outcome::Leaving => false,
    };
    memory.failures = if retries {
        memory.failures.saturating_add(1)
    } else {
        0
    };
    if !matches!(outcome, Outcome::Interrupted) {
        memory.cause = cause;
    }
    let at = match known.request.as_ref() {
        Ok(request) => {
            let plight = Plight {
                request,
                status,
                trouble: cause,
                failures: memory.failures,
                retry_after,
                dice: fastrand::f64(),
            };
            next_look(&plight, now)
        }
        Err(_) => now
            .saturating_add(UNREADABLE_SPEC_WAIT)
            .unwrap_or(Timestamp::MAX),
    };
    memory.next_look = Some(at);
    at
}
