//! From what was read to the written Secret.

use std::sync::Arc;

use super::failure::Failure;
use super::inventory::target_key;
use super::memory::Memory;
use super::world::World;
use crate::cluster::Refusal;
use crate::core::content::Content;
use crate::core::due::edited;
use crate::core::fingerprint::Fingerprint;
use crate::core::observed::Observed;
use crate::core::pace::Drift;
use crate::core::plan::{Plan, plan};
use crate::core::remote::{Reading, Remote};
use crate::core::request::Request;
use crate::core::shape::{expose_pending, render};
use crate::core::trouble::Trouble;

/// So many failures of the API server in a row may pass by themselves; more are told.
const TOLD_AFTER: u32 = 3;

/// So often a Secret that somebody keeps touching is met anew before the source is looked at again.
const MOST_TRIES: usize = 5;

/// The target after it was made what it should be.
pub(super) struct Written {
    /// The names of its keys, sorted.
    pub(super) keys: Vec<String>,
    /// Whether its content is another than before.
    pub(super) changed: bool,
    /// Whether a write was needed.
    pub(super) wrote: bool,
    /// Its content annotation.
    pub(super) content: String,
    /// What its keys hold, if workloads are to be restarted for that.
    pub(super) fingerprint: Option<Fingerprint>,
}

/// Why nothing was written.
pub(super) enum Unwritten {
    /// This Secret is there, which the watch did not show, and its writer may have read a newer value.
    Exists(Option<Box<Observed>>),
    /// It cannot be.
    Failed(Failure),
}

impl<F: Into<Failure>> From<F> for Unwritten {
    fn from(failure: F) -> Self {
        Self::Failed(failure.into())
    }
}

/// Makes the target equal to what was read.
pub(super) async fn write(
    world: &World,
    request: &Request,
    memory: &mut Memory,
    observed: Option<&Observed>,
    remote: &Remote,
) -> Result<Written, Unwritten> {
    let pairs = match &remote.reading {
        Reading::Value(pairs) => pairs,
        Reading::Empty => return Err(Trouble::StageEmpty(request.stage).into()),
        Reading::Withheld => return Err(Trouble::withheld(&remote.facts).into()),
        Reading::Unreadable(why) => return Err(Trouble::Unreadable(why.clone()).into()),
        Reading::Failed(error) => return Err(Trouble::Look(error.clone()).into()),
    };
    let mut content = render(&request.keys, &request.target.type_, pairs)?;
    if let Some(suffix) = &request.pending_suffix {
        let pending = remote.pending.as_ref();
        expose_pending(&mut content, &request.keys, suffix, pairs, pending)?;
    }
    let mark = world
        .key
        .mark(&request.uid, &request.target.type_, &content);
    let deed = insist(world, request, memory, observed, &content, &mark).await?;
    Ok(Written {
        keys: content.iter().map(|(key, _)| key.to_owned()).collect(),
        changed: deed == Deed::Content,
        wrote: deed != Deed::Nothing,
        content: mark,
        fingerprint: fingerprint(world, request, &content),
    })
}

/// Writes, also while somebody keeps touching the Secret: what was read stays good as long as nobody wrote newer
/// content.
async fn insist(
    world: &World,
    request: &Request,
    memory: &mut Memory,
    observed: Option<&Observed>,
    content: &Content<'_>,
    mark: &str,
) -> Result<Deed, Unwritten> {
    let target = target_key(request);
    let mut there = observed.cloned().map(Arc::new);
    if let (Some(before), Some(now)) = (&there, world.inventory.target(&target))
        && holds_the_same(before, &now)
    {
        there = Some(memory.judged(now));
    }
    for _ in 0..MOST_TRIES {
        match carry_out(world, request, memory, there.as_deref(), content, mark).await {
            Ok(deed) => return Ok(deed),
            Err(Hitch::Failed(failure)) => return Err(failure.into()),
            Err(Hitch::Overtaken) => {}
        }
        let now = world.secrets.observe(&target).await?;
        let goes_on = match (&there, &now) {
            // An orphan, or our own whose reply was lost; with another hash it may hold a newer value than what was read.
            (None, Some(now)) => holds(world, request, now, content),
            (Some(before), Some(now)) if before.resource_version == now.resource_version => {
                return Err(contradicted().into());
            }
            (Some(before), Some(now)) => holds_the_same(before, now),
            (_, None) => false,
        };
        if !goes_on {
            return Err(Unwritten::Exists(now.map(Box::new)));
        }
        there = now.map(|now| memory.judged(Arc::new(now)));
    }
    Err(if memory.failures >= TOLD_AFTER {
        let drift = there.as_deref().map_or(Drift::Deleted, edited);
        Trouble::DriftConflict { drift }.into()
    } else {
        Failure::Interrupted.into()
    })
}

/// Whether the Secret that was met holds this content, by the mark that whoever it belongs to put on it.
fn holds(world: &World, request: &Request, met: &Observed, content: &Content<'_>) -> bool {
    met.owner.as_ref().is_some_and(|owner| {
        let mark = world.key.mark(&owner.uid, &request.target.type_, content);
        met.content.as_ref() == Some(&mark)
    })
}

/// Whether it is the same Secret, and nobody has written other content into it that came from NCP.
fn holds_the_same(before: &Observed, now: &Observed) -> bool {
    before.uid == now.uid && before.content == now.content
}

/// What workloads that are to be restarted are compared with, if any are.
fn fingerprint(world: &World, request: &Request, content: &Content<'_>) -> Option<Fingerprint> {
    let restarts = !request.restart.is_empty();
    restarts.then(|| Fingerprint::of(&world.key, request, content.in_use()))
}

/// What was written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deed {
    Nothing,
    /// Something of the Secret, but no other content than before.
    Metadata,
    Content,
}

/// Why a single write did not come about.
enum Hitch {
    /// The Secret is another than the one that the plan was for.
    Overtaken,
    /// Anything else.
    Failed(Failure),
}

impl From<Failure> for Hitch {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Writes what the plan says.
async fn carry_out(
    world: &World,
    request: &Request,
    memory: &mut Memory,
    observed: Option<&Observed>,
    content: &Content<'_>,
    mark: &str,
) -> Result<Deed, Hitch> {
    let settled = memory.settled_for(request);
    let planned = plan(request, observed, settled, content, mark).map_err(Failure::from)?;
    if planned != Plan::Nothing && !world.inventory.still_asks(request) {
        return Err(Failure::Interrupted.into());
    }
    let (result, changed) = match (planned, observed) {
        (Plan::Nothing, _) | (Plan::Change(_), None) => return Ok(Deed::Nothing),
        (Plan::Create(creation), _) => {
            world.metrics.secret_write("create");
            (world.secrets.create(request, creation, content).await, true)
        }
        (Plan::Change(change), Some(observed)) => {
            world.metrics.secret_write("change");
            (
                world
                    .secrets
                    .change(request, observed, &change, content)
                    .await,
                change.content,
            )
        }
    };
    match result {
        Ok(written) => {
            let moved =
                observed.map(|before| &before.resource_version) != Some(&written.resource_version);
            let changed = changed && moved;
            memory.settle(request, &written);
            world.inventory.target_seen(target_key(request), &written);
            tracing::info!(
                namespace = request.object.namespace,
                object = request.object.name,
                target = request.target.name,
                content = changed,
                "Secret written"
            );
            Ok(if changed {
                Deed::Content
            } else {
                Deed::Metadata
            })
        }
        Err(Refusal::Exists | Refusal::Moved) => Err(Hitch::Overtaken),
        Err(refusal) => {
            memory.recheck = true;
            let lasting = matches!(refusal, Refusal::Failed) && memory.failures >= TOLD_AFTER;
            Err(Hitch::Failed(if lasting {
                broken_cluster().into()
            } else {
                refusal.into()
            }))
        }
    }
}

/// What is told of an API server, or a webhook behind it, that says of an unchanged Secret that it changed.
fn contradicted() -> Trouble {
    Trouble::ClusterRefused {
        code: 409,
        reason: "Conflict".into(),
        fields: Vec::new(),
    }
}

/// What is told of an API server, or a webhook behind it, that keeps failing at our write.
fn broken_cluster() -> Trouble {
    Trouble::ClusterRefused {
        code: 500,
        reason: "InternalError".into(),
        fields: Vec::new(),
    }
}
