//! Restarts of workloads: what a pass does about those that its object names.

use std::collections::BTreeMap;

use futures::future::join_all;
use jiff::Timestamp;

use super::inventory::{Known, target_key};
use super::memory::Memory;
use super::world::World;
use crate::api::{Reason, RestartResult, RestartStatus, WorkloadRef};
use crate::cluster::Subject;
use crate::core::outcome::Outcome;
use crate::core::plan::{claim, content_edited};
use crate::core::request::Request;
use crate::core::restart::{
    Case, Errand, Obstacle, Verdict, entries, errand, judge, meet, news, postpone, restarted,
    settle, standing,
};

/// A workload that moves under our hands is read again so many times before it is left alone for a while.
const MOST_TRIES: usize = 3;

/// Restarts what is owed a restart; answers what status is to say of the workloads, if it can say anything.
pub(super) async fn restart(
    world: &World,
    known: &Known,
    outcome: &Outcome,
    memory: &mut Memory,
) -> Option<Vec<RestartStatus>> {
    let request = known.request.as_ref().as_ref().ok()?;
    if request.restart.is_empty() && known.status.restarts.is_empty() {
        return None;
    }
    let now = world.clock.now();
    let (content, changed) = match outcome {
        Outcome::Leaving | Outcome::Suspended => return None,
        Outcome::Synced {
            fingerprint,
            changed,
            content,
            ..
        } => (
            fingerprint.as_ref(),
            told_change(known, content).filter(|_| !changed),
        ),
        Outcome::Quiet | Outcome::Held | Outcome::Failed { .. } | Outcome::Interrupted => {
            (None, last_change(known))
        }
    };
    let is_good = content.is_some() || holds_what_was_told(world, request, known, memory);
    let doing = Errands {
        world,
        request,
        changed: changed.unwrap_or(now),
    };
    let mut entries = entries(request, &world.key, &known.status.restarts, content, now);
    memory
        .restart_holds
        .retain(|workload, _| request.restart.contains(workload));
    let held = &memory.restart_holds;
    let errands = entries.iter_mut().filter_map(|entry| {
        let errand = errand(entry, now).filter(|errand| is_good || *errand == Errand::Check)?;
        (!is_held(held, entry, now)).then(|| doing.run(entry, errand))
    });
    let failed = join_all(errands).await;
    memory.restart_holds.extend(failed.into_iter().flatten());
    let wakes = entries
        .iter()
        .filter_map(|entry| wake(entry, &memory.restart_holds));
    let next = wakes.filter(|wake| *wake > now).min();
    memory.next_pass = memory.next_pass.into_iter().chain(next).min();
    Some(entries)
}

/// What errands need besides the workloads that they are about.
#[derive(Clone, Copy)]
struct Errands<'pass> {
    world: &'pass World,
    request: &'pass Request,
    /// When the content of the target last changed.
    changed: Timestamp,
}

impl Errands<'_> {
    /// Does what is to be done about a workload; answers until when that is not to be tried again, if it failed.
    async fn run(
        self,
        entry: &mut RestartStatus,
        errand: Errand,
    ) -> Option<(WorkloadRef, Timestamp)> {
        let workload = reference(entry);
        let run = async {
            match errand {
                Errand::Check => self.check(entry, &workload).await,
                Errand::Restart => self.restart(entry, &workload).await,
            }
        };
        let done = tokio::time::timeout(self.world.longest_pass, run).await;
        let obstacle = done.unwrap_or(Err(Obstacle::Passing)).err()?;
        let wait = meet(entry, obstacle)?;
        let until = self.world.clock.now().saturating_add(wait);
        Some((workload, until.unwrap_or(Timestamp::MAX)))
    }

    async fn check(
        self,
        entry: &mut RestartStatus,
        workload: &WorkloadRef,
    ) -> Result<(), Obstacle> {
        let namespace = &self.request.object.namespace;
        let read = self.world.workloads.read(namespace, workload).await?;
        settle(entry, standing(self.request, &read), None);
        Ok(())
    }

    async fn restart(
        self,
        entry: &mut RestartStatus,
        workload: &WorkloadRef,
    ) -> Result<(), Obstacle> {
        let Self { world, request, .. } = self;
        let namespace = &request.object.namespace;
        for _ in 0..MOST_TRIES {
            let read = world.workloads.read(namespace, workload).await?;
            let now = world.clock.now();
            let case = Case {
                request,
                key: &world.key,
                entry,
                workload: &read,
                changed: self.changed,
            };
            let mark = match judge(&case, now) {
                Verdict::Settled(result, time) => {
                    settle(entry, result, time);
                    return Ok(());
                }
                Verdict::Later(until) => {
                    postpone(entry, until);
                    return Ok(());
                }
                Verdict::Restart(mark) => mark,
            };
            let patch = world.workloads.restart(namespace, workload, &read, &mark);
            match patch.await {
                Ok(()) => {
                    settle(entry, restarted(&read), Some(now));
                    return Ok(());
                }
                Err(Obstacle::Passing) => {}
                Err(obstacle) => return Err(obstacle),
            }
        }
        Err(Obstacle::Passing)
    }
}

/// Tells people of restarts that were made, and of those that should have been.
pub(super) async fn announce(
    world: &World,
    subject: &Subject<'_>,
    before: &[RestartStatus],
    after: &[RestartStatus],
) {
    for entry in news(before, after) {
        let (kind, result) = (entry.kind.as_str(), entry.result.as_str());
        world.metrics.restart(kind, result);
        tracing::info!(
            namespace = subject.namespace,
            object = subject.name,
            kind,
            workload = entry.name,
            result,
            "a workload was due for a restart"
        );
        let reason = match entry.result {
            RestartResult::Restarted => Reason::WorkloadRestarted,
            _ => Reason::WorkloadNotRestarted,
        };
        let note = format!("{kind} {}: {}", entry.name, entry.message);
        world
            .announcer
            .tell_of_workload(subject, &reference(entry), reason, &note)
            .await;
    }
}

fn reference(entry: &RestartStatus) -> WorkloadRef {
    WorkloadRef {
        kind: entry.kind,
        name: entry.name.clone(),
    }
}

/// When the content last changed, as status tells it.
fn last_change(known: &Known) -> Option<Timestamp> {
    let told = known.status.target.as_ref()?;
    Some(told.changed_time.0)
}

/// The same, if status tells it of this content.
fn told_change(known: &Known, content: &str) -> Option<Timestamp> {
    let told = known.status.target.as_ref()?;
    last_change(known).filter(|_| told.content.as_deref() == Some(content))
}

/// Whether the Secret is there with the content that status tells of: new pods would get that.
fn holds_what_was_told(world: &World, request: &Request, known: &Known, memory: &Memory) -> bool {
    let Some(told) = &known.status.target else {
        return false;
    };
    let Some(observed) = world.inventory.target(&target_key(request)) else {
        return false;
    };
    let settled = memory.settled_for(request);
    told.name == request.target.name
        && told.content.is_some()
        && observed.content == told.content
        && claim(request, &observed).is_ok()
        && !content_edited(&observed, settled, (&told.keys, told.content.as_deref()))
}

type Holds = BTreeMap<WorkloadRef, Timestamp>;

fn is_held(holds: &Holds, entry: &RestartStatus, now: Timestamp) -> bool {
    let hold = holds.get(&reference(entry));
    hold.is_some_and(|until| *until > now)
}

/// When there is something to do about a workload.
fn wake(entry: &RestartStatus, holds: &Holds) -> Option<Timestamp> {
    let due = entry.due_time.as_ref().map(|time| time.0);
    let is_open = entry.owed.is_some() || entry.result == RestartResult::NotRead;
    due.max(holds.get(&reference(entry)).copied())
        .filter(|_| is_open)
}
