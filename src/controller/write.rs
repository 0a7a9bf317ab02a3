//! From what was read to the written Secret.

use std::sync::Arc;

use super::failure::Failure;
use super::inventory::{Memory, target_key};
use super::world::World;
use crate::cluster::Refusal;
use crate::core::content::Content;
use crate::core::observed::Observed;
use crate::core::plan::{Plan, plan};
use crate::core::remote::{Reading, Remote};
use crate::core::request::Request;
use crate::core::shape::render;
use crate::core::trouble::Trouble;

/// So many failures of the API server in a row may pass by themselves; more are told.
const TOLD_AFTER: u32 = 3;

/// The target after it was made what it should be.
pub(super) struct Written {
    /// The names of its keys, sorted.
    pub(super) keys: Vec<String>,
    /// Whether its content is another than before.
    pub(super) changed: bool,
}

/// Makes the target equal to what was read.
pub(super) async fn write(
    world: &World,
    request: &Request,
    memory: &mut Memory,
    observed: Option<&Observed>,
    remote: &Remote,
) -> Result<Written, Failure> {
    let pairs = match &remote.reading {
        Reading::Value(pairs) => pairs,
        Reading::Empty => return Err(Trouble::StageEmpty(request.stage).into()),
        Reading::Withheld => return Err(Trouble::Withheld(remote.facts.lifecycle.clone()).into()),
        Reading::Unreadable(why) => return Err(Trouble::Unreadable(why.clone()).into()),
        Reading::Failed(error) => return Err(Trouble::Look(error.clone()).into()),
    };
    let content = render(&request.keys, &request.target.type_, pairs)?;
    let mark = world.key.mark(&request.target.type_, &content);
    let changed = match carry_out(world, request, memory, observed, &content, &mark).await {
        Err(Refused::Exists) => {
            let there = world.secrets.observe(&target_key(request)).await?;
            carry_out(world, request, memory, there.as_ref(), &content, &mark).await
        }
        other => other,
    }
    .map_err(|refused| match refused {
        Refused::Exists => Failure::Interrupted,
        Refused::Otherwise(failure) => failure,
    })?;
    Ok(Written {
        keys: content.iter().map(|(key, _)| key.to_owned()).collect(),
        changed,
    })
}

enum Refused {
    /// A Secret is there that the watch did not show.
    Exists,
    Otherwise(Failure),
}

/// Writes what the plan says; answers whether the content changed.
async fn carry_out(
    world: &World,
    request: &Request,
    memory: &mut Memory,
    observed: Option<&Observed>,
    content: &Content<'_>,
    mark: &str,
) -> Result<bool, Refused> {
    let settled = memory.settled_for(request);
    let planned = plan(request, observed, settled, content, mark)
        .map_err(|trouble| Refused::Otherwise(trouble.into()))?;
    let (result, changed) = match (planned, observed) {
        (Plan::Nothing, _) | (Plan::Change(_), None) => return Ok(false),
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
            Ok(changed)
        }
        Err(Refusal::Exists) => Err(Refused::Exists),
        Err(refusal) => {
            memory.recheck = true;
            let lasting = matches!(refusal, Refusal::Failed) && memory.failures >= TOLD_AFTER;
            Err(Refused::Otherwise(if lasting {
                broken_cluster().into()
            } else {
                refusal.into()
            }))
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
