//! One pass: from what an object asks for to the Secret, its status, and the moment of the next look.

use jiff::{SignedDuration, Timestamp};

use super::Urgency;
use super::attempt::attempt;
use super::inventory::Known;
use super::memory::Memory;
use super::queue::Ask;
use super::sharing::LookNumber;
use super::tell::tell;
use super::world::World;
use crate::api::{NcpSecretStatus, Reason};
use crate::core::outcome::Outcome;
use crate::core::request::ObjectKey;
use crate::core::schedule::{Plight, next_look};
use crate::core::status::previous_reason;
use crate::core::trouble::Trouble;

/// When to look at an object again whose spec says nothing that could be read.
const UNREADABLE_SPEC_WAIT: SignedDuration = SignedDuration::from_hours(1);

/// Makes the Secret of an object what it should be; answers when the next pass is to be. `asked` is the look that was
/// begun last when this pass was asked for.
pub async fn pass(world: &World, key: &ObjectKey, asked: LookNumber) -> Option<Ask> {
    let known = world
        .inventory
        .object(key)
        .filter(|known| !known.about.deleting)?;
    let mut memory = known.memory.clone();
    memory.next_pass = None;
    let attempt = attempt(world, &known, &mut memory, asked);
    let outcome = tokio::time::timeout(world.longest_pass, attempt)
        .await
        .unwrap_or(Outcome::Interrupted);
    world.metrics.pass(&outcome);
    let (outcome, status) = tell(world, key, &known, outcome).await?;
    if matches!(outcome, Outcome::Leaving) {
        return None;
    }
    let at = leave_behind(world, &known, &mut memory, &outcome, &status);
    let rotating = status
        .source
        .as_ref()
        .is_some_and(|source| source.rotating_since.is_some());
    let urgency = if rotating {
        Urgency::Rotating
    } else {
        Urgency::Periodic
    };
    let now = world.clock.now();
    let at = match memory.next_pass {
        Some(sooner) if sooner < at || at <= now => sooner,
        _ => at,
    };
    world.inventory.remember(key, &known.about.uid, memory);
    Some(Ask {
        at,
        urgency,
        asked: world.sharing.latest(),
    })
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
        Outcome::Synced { conflict, .. } => (conflict.as_ref().map(Trouble::reason), None),
        Outcome::Leaving => (None, None),
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
