//! The way from what an object asks for to the written Secret.

use std::sync::Arc;

use super::failure::Failure;
use super::inventory::{Known, target_key};
use super::look::{Look, Seeker, Start, find_way};
use super::memory::Memory;
use super::pass::Turn;
use super::removal::Inquiry;
use super::strays::collect;
use super::unspoken::{Unspoken, unspoken};
use super::world::World;
use super::write::{Unwritten, write};
use crate::api::Reason;
use crate::cluster::Refusal;
use crate::core::due::{self, anew, drift, due, edited};
use crate::core::observed::Observed;
use crate::core::outcome::Outcome;
use crate::core::pace::{Drift, Pace};
use crate::core::plan::{claim, content_edited};
use crate::core::request::Request;
use crate::core::status::{previous_reason, was_deleted};
use crate::core::trouble::{Holder, Trouble};

/// Goes the way once.
pub(super) async fn attempt(
    world: &World,
    known: &Known,
    memory: &mut Memory,
    turn: Turn,
) -> Outcome {
    let request = match known.request.as_ref() {
        Ok(request) => request,
        Err(trouble) => return Failure::from(trouble.clone()).into_outcome(),
    };
    if request.suspended {
        return Outcome::Suspended;
    }
    let observed = match observe(world, request, known, memory).await {
        Ok(observed) => observed,
        Err(refusal) => return Failure::from(refusal).into_outcome(),
    };
    let observed = observed.map(|observed| memory.judged(observed));
    let step = synchronize(world, request, known, memory, turn, observed.as_deref()).await;
    if let (Err(Failure::Interrupted), Some(pace)) = (&step, &mut memory.pace) {
        pace.interrupted();
    }
    match step {
        Ok(outcome) => {
            collect(world, request, known, memory, &outcome).await;
            outcome
        }
        Err(failure) => consequence(world, request, known, memory, observed.as_deref(), failure)
            .await
            .into_outcome(),
    }
}

/// What a source that cannot be read means for a Secret that is gone, or that somebody edited.
async fn consequence(
    world: &World,
    request: &Request,
    known: &Known,
    memory: &Memory,
    observed: Option<&Observed>,
    failure: Failure,
) -> Failure {
    let told = known.status.target.as_ref();
    let Some(told) = told.filter(|told| told.name == request.target.name) else {
        return failure;
    };
    let is_told = matches!(failure.trouble(), Some(Trouble::TargetDeleted { .. }));
    if is_told || !failure.leaves_the_target() {
        return failure;
    }
    let Some(observed) = observed else {
        // The watch alone does not show it without its label.
        let lost = !was_deleted(&known.status)
            && matches!(world.secrets.observe(&target_key(request)).await, Ok(None));
        return if lost {
            failure.mapped(|cause| Trouble::TargetMissing { cause })
        } else {
            failure
        };
    };
    let written = (&*told.keys, told.content.as_deref());
    if !content_edited(observed, memory.settled_for(request), written) {
        return failure;
    }
    let Drift::Edited { by } = edited(observed) else {
        return failure;
    };
    failure.mapped(|cause| Trouble::TargetEdited { by, cause })
}

async fn synchronize(
    world: &World,
    request: &Request,
    known: &Known,
    memory: &mut Memory,
    turn: Turn,
    observed: Option<&Observed>,
) -> Result<Outcome, Failure> {
    let now = world.clock.now();
    check_claim(world, request, observed)?;
    let way = find_way(&world.inventory, request)?;
    if memory.next_look.is_none() && previous_reason(&known.status) == Some(Reason::DriftConflict) {
        memory.pace = Some(Box::new(Pace::in_conflict(now)));
    }
    let knowledge = due::Known {
        request,
        force_sync: known.about.force_sync.as_deref(),
        target: observed,
        settled: memory.settled_for(request),
        status: &known.status,
        cause: memory.cause,
        next_look: memory.next_look,
        generation: memory.generation,
    };
    if !due(&knowledge, now) {
        match unspoken(world, request, known, memory, &way) {
            Unspoken::Nothing => return Ok(Outcome::Quiet),
            Unspoken::Trouble(trouble) => return Err(trouble.into()),
            Unspoken::Doubt => {}
        }
    }
    let drift = drift(&knowledge);
    let hold = |drift: &Drift| memory.pace.as_ref()?.hold(drift, now);
    if let Some(moment) = drift.as_ref().and_then(hold) {
        memory.next_pass = Some(moment);
        return Ok(Outcome::Quiet);
    }
    let after = if anew(&knowledge) {
        memory.looked.max(turn.asked)
    } else {
        memory.looked
    };
    let round = Round {
        known,
        seeker: Seeker {
            world,
            request,
            way: &way,
            urgency: turn.urgency,
            was_fine: known.status.failing_since.is_none(),
        },
        repairs: drift.is_some(),
    };
    let start = round.seeker.approach(after, turn.allowance).await;
    if matches!(start, Ok(None)) {
        return Err(Failure::Held);
    }
    if let Some(drift) = drift {
        let pace = memory.pace.get_or_insert_default();
        pace.tried(drift, now);
    }
    let start = start.inspect_err(|denied| world.metrics.look(denied.as_str()))?;
    let start = start.ok_or(Failure::Held)?;
    let there = match round.run(memory, observed, start).await {
        Ok(outcome) => return Ok(outcome),
        Err(Unwritten::Failed(failure)) => return Err(failure),
        Err(Unwritten::Exists(there)) => there,
    };
    check_claim(world, request, there.as_deref())?;
    if round.repairs
        && let (Some(pace), Some(there)) = (&mut memory.pace, &there)
    {
        pace.tried(edited(there), now);
    }
    // Whoever wrote what is there may have read a newer value than all looks up to now.
    let after = world.sharing.latest();
    let start = round.seeker.approach_again(after).await?;
    match round.run(memory, there.as_deref(), start).await {
        Ok(outcome) => Ok(outcome),
        Err(Unwritten::Failed(failure)) => Err(failure),
        Err(Unwritten::Exists(_)) => Err(Failure::Interrupted),
    }
}

/// One look and the write that follows from it.
struct Round<'pass> {
    known: &'pass Known,
    seeker: Seeker<'pass>,
    /// Whether the target differs from what was written.
    repairs: bool,
}

impl Round<'_> {
    async fn run(
        &self,
        memory: &mut Memory,
        observed: Option<&Observed>,
        start: Start,
    ) -> Result<Outcome, Unwritten> {
        let Seeker {
            world,
            request,
            way,
            urgency,
            ..
        } = self.seeker;
        let Look { found, ticket } = self.seeker.look(start).await;
        memory.looked = world.sharing.latest();
        let inquiry = Inquiry {
            world,
            request,
            known: self.known,
            way,
            ticket: &ticket,
            urgency,
        };
        let remote = match &*found {
            Ok(remote) => remote,
            Err(error) => {
                let failure = Trouble::Look(error.clone()).into();
                return Err(inquiry.after(failure, None, observed).await.into());
            }
        };
        let facts = remote.facts.clone();
        match write(world, request, memory, observed, remote).await {
            Ok(written) => {
                self.keep_pace(memory, written.wrote);
                let conflict = memory.pace.as_ref().and_then(|pace| pace.conflict());
                Ok(Outcome::Synced {
                    keys: written.keys,
                    changed: written.changed,
                    proof: inquiry.sync_proof(&facts, &written.content),
                    content: written.content,
                    fingerprint: written.fingerprint,
                    conflict: conflict.map(|drift| Trouble::DriftConflict {
                        drift: drift.clone(),
                    }),
                    facts,
                })
            }
            Err(Unwritten::Failed(failure)) => {
                let failure = inquiry.after(failure, Some(&facts), observed).await;
                let revoked = inquiry.revocation_proof(&facts);
                Err(failure.with(facts, revoked).into())
            }
            Err(exists @ Unwritten::Exists(_)) => Err(exists),
        }
    }

    fn keep_pace(&self, memory: &mut Memory, wrote: bool) {
        let Some(pace) = &mut memory.pace else {
            return;
        };
        if self.repairs && wrote {
            pace.written();
        } else {
            pace.calm(self.seeker.world.clock.now());
        }
        if **pace == Pace::default() {
            memory.pace = None;
        }
    }
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
    // A finalizer may keep it for a while after it was deleted with its source.
    let on_its_way = |target: &Arc<Observed>| target.deleting && was_deleted(&known.status);
    if !memory.recheck && (watched.is_some() || !contested) {
        return Ok(watched.filter(|target| !on_its_way(target)));
    }
    memory.recheck = false;
    let observed = world.secrets.observe(&target).await?.map(Arc::new);
    if let Some(observed) = &observed
        && observed.managed
    {
        world.inventory.target_seen(target, observed);
    }
    Ok(observed.filter(|target| !on_its_way(target)))
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
