//! One pass: from what an object asks for to the Secret, its status, and the moment of the next look.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use steerable_clock::Clock;

use super::Urgency;
use super::connections::{Connections, Denied};
use super::inventory::{Inventory, Known, Memory, target_key};
use super::look::{find_way, look};
use super::queue::Ask;
use crate::api::{NcpSecretStatus, Reason};
use crate::cluster::{Announcer, Objects, Refusal, Secrets, Subject};
use crate::core::content::{Content, InstallationKey, render};
use crate::core::due::{self, due};
use crate::core::observed::Observed;
use crate::core::outcome::Outcome;
use crate::core::plan::{Plan, claim, plan};
use crate::core::remote::{Facts, Reading, Remote};
use crate::core::request::{ObjectKey, Request};
use crate::core::schedule::{Plight, next_look};
use crate::core::status::{self, next, previous_reason, was_synced};
use crate::core::trouble::{Bearing, Holder, Trouble};
use crate::metrics::Metrics;

/// Everything that a pass works with.
pub struct World {
    /// Time.
    pub clock: Clock,
    /// What is known.
    pub inventory: Arc<Inventory>,
    /// The Secrets of the cluster.
    pub secrets: Secrets,
    /// Our own objects in the cluster.
    pub objects: Objects,
    /// Where people are told.
    pub announcer: Announcer,
    /// The ways to NCP.
    pub connections: Arc<Connections>,
    /// Under which content is hashed.
    pub key: InstallationKey,
    /// What is counted.
    pub metrics: Metrics,
    /// Neither the work of a pass nor the telling of it takes longer, whatever hangs.
    pub longest_pass: Duration,
}

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
    let outcome = match tell(world, key, &known, outcome).await {
        Told::Everything(outcome, status) => (outcome, status),
        Told::Nobody => return None,
    };
    let (outcome, status) = outcome;
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
        Err(trouble) => return Failure::from(trouble.clone()).into_outcome(true),
    };
    let observed = match observe(world, request, known, memory).await {
        Ok(observed) => observed,
        Err(refusal) => return Failure::from(refusal).into_outcome(true),
    };
    let step = synchronize(world, request, known, memory, observed.as_deref()).await;
    match step {
        Ok(outcome) => outcome,
        Err(failure) => {
            let lost = observed.is_none() && was_synced(&known.status);
            failure.into_outcome(!lost)
        }
    }
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
        settled: memory.settled.as_deref(),
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

struct Written {
    keys: Vec<String>,
    changed: bool,
}

async fn write(
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
        Refused::Failure(failure) => failure,
    })?;
    Ok(Written {
        keys: content.iter().map(|(key, _)| key.to_owned()).collect(),
        changed,
    })
}

enum Refused {
    Exists,
    Failure(Failure),
}

async fn carry_out(
    world: &World,
    request: &Request,
    memory: &mut Memory,
    observed: Option<&Observed>,
    content: &Content<'_>,
    mark: &str,
) -> Result<bool, Refused> {
    let settled = memory.settled.clone();
    let planned = plan(request, observed, settled.as_deref(), content, mark)
        .map_err(|trouble| Refused::Failure(trouble.into()))?;
    let (result, changed) = match (planned, observed) {
        (Plan::Nothing, _) => return Ok(false),
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
        (Plan::Change(_), None) => return Ok(false),
    };
    match result {
        Ok(written) => {
            let moved = observed.map(|before| &before.resource_version) != Some(&written.resource_version);
            let changed = changed && moved;
            memory.settled = Some(written.resource_version.clone());
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
            Err(Refused::Failure(refusal.into()))
        }
    }
}

/// Why an attempt ended early.
enum Failure {
    Trouble {
        trouble: Trouble,
        facts: Option<Facts>,
    },
    Interrupted,
    Leaving,
}

impl Failure {
    fn with(self, facts: Facts) -> Self {
        match self {
            Self::Trouble { trouble, .. } => Self::Trouble {
                trouble,
                facts: Some(facts),
            },
            other => other,
        }
    }

    /// `target_kept` is whether the Secret of an object that was synced is still there.
    fn into_outcome(self, target_kept: bool) -> Outcome {
        match self {
            Self::Interrupted => Outcome::Interrupted,
            Self::Leaving => Outcome::Leaving,
            Self::Trouble { trouble, facts } => {
                let trouble = if target_kept || !hides_the_source(&trouble) {
                    trouble
                } else {
                    Trouble::TargetMissing {
                        cause: Box::new(trouble),
                    }
                };
                Outcome::Failed { trouble, facts }
            }
        }
    }
}

/// Whether the trouble is that the source cannot be read.
fn hides_the_source(trouble: &Trouble) -> bool {
    trouble.bearing() == Bearing::WhenStale
        || matches!(
            trouble.reason(),
            Reason::NotGranted
                | Reason::SourceDisabled
                | Reason::SourceRevoked
                | Reason::SourceDestroyed
                | Reason::SourceNotFound
                | Reason::SourceUnreadable
                | Reason::StageEmpty
        )
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble {
            trouble,
            facts: None,
        }
    }
}

impl From<Denied> for Failure {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Trouble(trouble) => trouble.into(),
            Denied::Interrupted => Self::Interrupted,
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Leaving => Self::Leaving,
            other => other.into_trouble().map_or(Self::Interrupted, Self::from),
        }
    }
}

enum Told {
    Everything(Outcome, Arc<NcpSecretStatus>),
    /// The object is gone.
    Nobody,
}

/// Writes the status if it changed, and tells people when its reason changed for the worse.
async fn tell(world: &World, key: &ObjectKey, known: &Known, outcome: Outcome) -> Told {
    let request = known.request.as_ref().as_ref().ok();
    let subject = status::Subject {
        generation: known.about.generation,
        stale_after: request.map_or(SignedDuration::ZERO, |request| request.stale_after),
        target: request.map_or("", |request| &request.target.name),
        force_sync: request.and_then(|request| request.force_sync.as_deref()),
    };
    let status = next(&known.status, &subject, &outcome, world.clock.now());
    if status == *known.status {
        return Told::Everything(outcome, Arc::clone(&known.status));
    }
    let write = world.objects.write_status(key, &known.about, &status);
    match tokio::time::timeout(world.longest_pass, write).await {
        Ok(Ok(resource_version)) => {
            world.metrics.status_write();
            announce(world, key, known, &status, &outcome).await;
            let uid = &known.about.uid;
            world
                .inventory
                .status_written(key, uid, resource_version, status.clone());
            Told::Everything(outcome, Arc::new(status))
        }
        Ok(Err(Refusal::NotFound)) => Told::Nobody,
        Ok(Err(_)) | Err(_) => Told::Everything(Outcome::Interrupted, Arc::clone(&known.status)),
    }
}

async fn announce(
    world: &World,
    key: &ObjectKey,
    known: &Known,
    status: &NcpSecretStatus,
    outcome: &Outcome,
) {
    let before = previous_reason(&known.status);
    let Some(reason) = previous_reason(status).filter(|reason| Some(*reason) != before) else {
        return;
    };
    tracing::info!(
        namespace = key.namespace,
        object = key.name,
        reason = reason.as_str(),
        before = before.map(Reason::as_str),
        "status changed"
    );
    if reason == Reason::Synced || is_told_by_the_store(outcome) {
        return;
    }
    let note = status.conditions.first().map_or("", |ready| &ready.message);
    let subject = Subject {
        kind: "NcpSecret",
        namespace: Some(&key.namespace),
        name: &key.name,
        uid: &known.about.uid,
    };
    world
        .announcer
        .warn(&subject, "Synchronize", reason, note)
        .await;
}

/// Whether the trouble is the store's, also while the object counts as good; once, there, is enough.
fn is_told_by_the_store(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed { trouble, .. } if trouble.reason().is_told_by_the_store())
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
    memory.cause = cause;
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
