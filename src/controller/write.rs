//! From what was read to the written Secret.

use std::sync::Arc;

use super::failure::Failure;
use super::inventory::target_key;
use super::memory::Memory;
use super::world::World;
use crate::cluster::Refusal;
use crate::core::content::Content;
use crate::core::observed::Observed;
use crate::core::plan::{Plan, plan};
use crate::core::remote::{Reading, Remote};
use crate::core::request::Request;
use crate::core::shape::{expose_pending, render};
use crate::core::trouble::Trouble;

/// So many failures of the API server in a row may pass by themselves; more are told.
const TOLD_AFTER: u32 = 3;

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
    let mark = world.key.mark(&request.target.type_, &content);
    let first = carry_out(world, request, memory, observed, &content, &mark).await;
    let deed = match first {
        Err(Unwritten::Exists(_)) => {
            let there = world.secrets.observe(&target_key(request)).await?;
            // With another hash it may hold a newer value than what was read before it was met.
            if there.as_ref().and_then(|there| there.content.as_ref()) != Some(&mark) {
                return Err(Unwritten::Exists(there.map(Box::new)));
            }
            carry_out(world, request, memory, there.as_ref(), &content, &mark).await?
        }
        other => other?,
    };
    Ok(Written {
        keys: content.iter().map(|(key, _)| key.to_owned()).collect(),
        changed: deed == Deed::Content,
        wrote: deed != Deed::Nothing,
        content: mark,
    })
}

/// What was written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deed {
    Nothing,
    /// Something of the Secret, but no other content than before.
    Metadata,
    Content,
}

/// Writes what the plan says.
async fn carry_out(
    world: &World,
    request: &Request,
    memory: &mut Memory,
    observed: Option<&Observed>,
    content: &Content<'_>,
    mark: &str,
) -> Result<Deed, Unwritten> {
    let settled = memory.settled_for(request);
    let planned = plan(request, observed, settled, content, mark)?;
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
            world
                .inventory
                .target_seen(target_key(request), Arc::new(written));
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
        Err(Refusal::Exists) => Err(Unwritten::Exists(None)),
        Err(refusal) => {
            memory.recheck = true;
            let lasting = matches!(refusal, Refusal::Failed) && memory.failures >= TOLD_AFTER;
            Err(if lasting {
                broken_cluster().into()
            } else {
                refusal.into()
            })
        }
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
