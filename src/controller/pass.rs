//! One pass: from what an object asks for to the Secret, its status, and the moment of the next look.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::attempt::attempt;
use super::inventory::Known;
use super::memory::Memory;
use super::queue::Ask;
use super::restart::restart;
use super::sharing::LookNumber;
use super::shortage::TOLD_AFTER;
use super::tell::tell;
use super::world::World;
use crate::api::{NcpSecretStatus, Reason, RestartStatus};
use crate::core::moment::later;
use crate::core::outcome::Outcome;
use crate::core::request::{ObjectKey, Request, StoreKey};
use crate::core::schedule::{NEVER, Plight, next_look, stale_at};
use crate::core::status::{previous_reason, was_synced};
use crate::core::trouble::{Bearing, Trouble};
use crate::core::urgency::Urgency;
use crate::source::Allowance;

/// When to look at an object again whose spec says nothing that could be read.
pub(super) const UNREADABLE_SPEC_WAIT: SignedDuration = SignedDuration::from_hours(1);

/// What a pass is given on its way.
pub struct Turn {
    /// How it compares with others.
    pub urgency: Urgency,
    /// The look that was begun last when it was asked for.
    pub asked: LookNumber,
    /// Calls that were set aside for its look.
    pub allowance: Option<Allowance>,
}

/// What follows a pass.
pub enum Next {
    /// Nothing: there is no such object.
    Nothing,
    /// Another one.
    Ask(Ask),
    /// The same one again, when that store may make calls; and at that moment in any case.
    Hold(Arc<StoreKey>, Option<Timestamp>),
}

/// Makes the Secret of an object what it should be; answers what follows.
pub async fn pass(world: &World, key: &ObjectKey, turn: Turn) -> Next {
    let known = world
        .inventory
        .object(key)
        .filter(|known| !known.about.deleting && !known.leaving);
    let Some(known) = known else {
        return Next::Nothing;
    };
    let mut memory = known.memory.clone();
    memory.next_pass = None;
    let attempt = attempt(world, &known, &mut memory, turn);
    let outcome = tokio::time::timeout(world.longest_pass, attempt)
        .await
        .unwrap_or(Outcome::Interrupted);
    world.metrics.pass(&outcome);
    let restarts = restart(world, &known, &outcome, &mut memory).await;
    if let (Outcome::Held, Ok(request)) = (&outcome, known.request.as_ref()) {
        return hold(world, key, &known, memory, request, restarts).await;
    }
    memory.held_since = None;
    // Whoever reads the status may count from what it says, so the time that telling takes is not added.
    let decided = world.clock.now();
    let Some((outcome, status)) = tell(world, key, &known, outcome, restarts).await else {
        return Next::Nothing;
    };
    if matches!(outcome, Outcome::Leaving) {
        world.inventory.namespace_leaves(&key.namespace);
        return Next::Nothing;
    }
    if !matches!(outcome, Outcome::Interrupted) {
        memory.generation = Some(known.about.generation);
    }
    let ask = after_telling(world, &known, &mut memory, &outcome, &status, decided);
    world.inventory.remember(key, &known.about.uid, memory);
    Next::Ask(ask)
}

/// Says so if the object has waited for long, and lets it wait; what is owed to workloads does not.
async fn hold(
    world: &World,
    key: &ObjectKey,
    known: &Known,
    mut memory: Memory,
    request: &Request,
    restarts: Option<Vec<RestartStatus>>,
) -> Next {
    let now = world.clock.now();
    let held_since = *memory.held_since.get_or_insert(now);
    let store = Arc::new(request.store.clone());
    let told = world.connections.told(&request.store);
    let told_since = told.as_ref().map(|told| told.since);
    let moment = if was_synced(&known.status) {
        let held = later(held_since, request.stale_after);
        stale_at(request, &known.status, told_since).map_or(held, |stale| stale.min(held))
    } else {
        later(held_since, TOLD_AFTER)
    };
    let is_told = moment <= now;
    if is_told {
        // What is told echoes a forced sync, and the look that it asked for is still to be made.
        memory.next_look = memory.next_look.map(|at| at.min(now));
    }
    let next_pass = memory.next_pass.unwrap_or(Timestamp::MAX);
    world.inventory.remember(key, &known.about.uid, memory);
    let outcome = if is_told {
        let trouble = told.and_then(|told| told.trouble);
        Outcome::Failed {
            trouble: trouble.unwrap_or(Trouble::BudgetExhausted),
            facts: None,
            revoked: None,
        }
    } else {
        Outcome::Held
    };
    let Some((_, status)) = tell(world, key, known, outcome, restarts).await else {
        return Next::Nothing;
    };
    let moment = if is_told {
        stale_at(request, &status, told_since).filter(|moment| *moment > now)
    } else {
        Some(moment)
    };
    let tell_at = moment.unwrap_or(Timestamp::MAX).min(next_pass);
    Next::Hold(store, (tell_at < Timestamp::MAX).then_some(tell_at))
}

fn after_telling(
    world: &World,
    known: &Known,
    memory: &mut Memory,
    outcome: &Outcome,
    status: &NcpSecretStatus,
    now: Timestamp,
) -> Ask {
    let at = leave_behind(known, memory, outcome, status, now);
    let rotating = status
        .source
        .as_ref()
        .is_some_and(|source| source.rotating_since.is_some());
    let urgency = if rotating {
        Urgency::Rotating
    } else {
        Urgency::Periodic
    };
    let at = match memory.next_pass {
        Some(sooner) if sooner < at || at <= now => sooner,
        _ => at,
    };
    let stale = known.request.as_ref().as_ref().ok().and_then(|request| {
        let told_since = world
            .connections
            .told(&request.store)
            .map(|told| told.since);
        stale_at(request, status, told_since).filter(|moment| *moment > now)
    });
    Ask {
        at: stale.map_or(at, |stale| stale.min(at)),
        urgency,
        asked: world.sharing.latest(),
    }
}

/// Notes for the next pass; answers when it is to be.
fn leave_behind(
    known: &Known,
    memory: &mut Memory,
    outcome: &Outcome,
    status: &NcpSecretStatus,
    now: Timestamp,
) -> Timestamp {
    let (cause, retry_after) = match outcome {
        Outcome::Quiet if memory.next_look.is_some() => {
            return memory.next_look.unwrap_or(now);
        }
        Outcome::Suspended => {
            memory.cause = None;
            memory.failures = 0;
            memory.next_look = Some(NEVER);
            return NEVER;
        }
        Outcome::Quiet => (
            previous_reason(status).filter(|reason| *reason != Reason::Synced),
            None,
        ),
        Outcome::Synced { conflict, .. } => (conflict.as_ref().map(Trouble::reason), None),
        Outcome::Held | Outcome::Leaving => (None, None),
        Outcome::Interrupted => (Some(Reason::RefreshFailing), None),
        Outcome::Failed { trouble, .. } => (Some(trouble.root().reason()), trouble.retry_after()),
    };
    let retries = match outcome {
        Outcome::Interrupted => true,
        Outcome::Failed { trouble, .. } => trouble.is_retried(),
        Outcome::Quiet
        | Outcome::Suspended
        | Outcome::Synced { .. }
        | Outcome::Held
        | Outcome::Leaving => false,
    };
    memory.failures = if retries {
        memory.failures.saturating_add(1)
    } else {
        0
    };
    if !matches!(outcome, Outcome::Interrupted) {
        memory.cause = cause;
        memory.trouble = match outcome {
            Outcome::Failed { trouble, .. } if trouble.bearing() == Bearing::WhenStale => {
                Some(Box::new(trouble.clone()))
            }
            _ => None,
        };
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
        Err(_) => later(now, UNREADABLE_SPEC_WAIT),
    };
    memory.next_look = Some(at);
    at
}
