//! Whether and when a workload is restarted: a function of what status says, the content, the workload and the time.
//!
//! A change of the content is first noted in status as owed, with the time at which the workload is looked at. Then the
//! pod template gets an annotation that names the content, and last of all status tells that it is done. So a crash
//! between any two of these steps forgets nothing and restarts nothing twice.

mod speech;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use self::speech::sentence;
use super::content::InstallationKey;
use super::fingerprint::Fingerprint;
use super::moment::later;
use super::request::Request;
use super::workload::{Consumption, Mark, Workload};
use crate::api::{RestartResult, RestartStatus, WorkloadRef};

/// Changes within this time make one restart.
const MERGED_WITHIN: SignedDuration = SignedDuration::from_secs(30);

/// A workload is not restarted again before this time has passed.
const APART: SignedDuration = SignedDuration::from_mins(5);

/// A pod that starts so long after a change has it, whatever the clocks and caches of its node.
const SETTLED_AFTER: SignedDuration = SignedDuration::from_secs(5);

/// What stands in the way only now is tried again after this time.
const AGAIN_SOON: SignedDuration = SignedDuration::from_secs(30);

/// Times in status have whole seconds.
const A_SECOND: SignedDuration = SignedDuration::from_secs(1);

/// What is to be asked of the cluster about a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errand {
    /// Whether it is there and consumes the target.
    Check,
    /// The same, and to restart it if it has to be.
    Restart,
}

/// Why a workload was not read, or not restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// There is none of that name.
    NotFound,
    /// The cluster has no such kind.
    NotServed,
    /// The operator may not.
    Forbidden,
    /// The API server understood and refused.
    Refused,
    /// It changed meanwhile, or no answer came.
    Passing,
}

/// A workload for which a restart is owed.
pub struct Case<'pass> {
    /// The object that asks.
    pub request: &'pass Request,
    /// The key of the installation.
    pub key: &'pass InstallationKey,
    /// What status says of the workload.
    pub entry: &'pass RestartStatus,
    /// The workload as read.
    pub workload: &'pass Workload,
    /// When the content of the target last changed.
    pub changed: Timestamp,
}

/// What is to become of a workload for which a restart is owed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing more: that is how it stands, restarted at that time if it was.
    Settled(RestartResult, Option<Timestamp>),
    /// It is looked at again at that time.
    Later(Timestamp),
    /// Its template gets this annotation.
    Restart(String),
}

/// The entries of status: for each workload of the spec what was said of it, and what the content means for it, if a
/// look has just shown what the target holds.
#[must_use]
pub fn entries(
    request: &Request,
    key: &InstallationKey,
    previous: &[RestartStatus],
    content: Option<&Fingerprint>,
    now: Timestamp,
) -> Vec<RestartStatus> {
    let entry = |workload: &WorkloadRef| {
        let before = previous.iter().find(|entry| entry.is_about(workload));
        let Some(content) = content else {
            return before.cloned();
        };
        let known =
            before.filter(|entry| Fingerprint::read(key, request, &entry.baseline).is_some());
        Some(match known {
            Some(before) => compared(before, content, now),
            None => first_seen(workload, before, content),
        })
    };
    request.restart.iter().filter_map(entry).collect()
}

/// A workload whose pods are taken to have what the target holds now.
fn first_seen(
    workload: &WorkloadRef,
    before: Option<&RestartStatus>,
    content: &Fingerprint,
) -> RestartStatus {
    let result = RestartResult::NotRead;
    RestartStatus {
        kind: workload.kind,
        name: workload.name.clone(),
        result,
        message: sentence(result, workload.kind),
        baseline: content.as_str().to_owned(),
        owed: None,
        owed_since: None,
        due_time: None,
        restarted_time: before.and_then(|before| before.restarted_time.clone()),
    }
}

fn compared(before: &RestartStatus, content: &Fingerprint, now: Timestamp) -> RestartStatus {
    let mut entry = before.clone();
    if entry.owed.is_none() {
        if entry.baseline == content.as_str() {
            return entry;
        }
        let merged = later(now, MERGED_WITHIN);
        let apart = entry.restarted_time.as_ref().map(|time| next_after(time.0));
        entry.owed_since = Some(Time(whole_second(now)));
        entry.due_time = Some(Time(whole_second_after(
            merged.max(apart.unwrap_or(merged)),
        )));
        say(&mut entry, RestartResult::Waiting);
    }
    // Also when a change was taken back: only the workload shows whether it was restarted in between.
    entry.owed = Some(content.as_str().to_owned());
    entry
}

/// What is to be asked about a workload now.
#[must_use]
pub fn errand(entry: &RestartStatus, now: Timestamp) -> Option<Errand> {
    if entry.owed.is_some() {
        let due = entry.due_time.as_ref().is_none_or(|time| time.0 <= now);
        return due.then_some(Errand::Restart);
    }
    (entry.result == RestartResult::NotRead).then_some(Errand::Check)
}

/// How a workload stands of which nothing is owed.
#[must_use]
pub fn standing(request: &Request, workload: &Workload) -> RestartResult {
    if workload.deleting {
        RestartResult::NotFound
    } else if workload.consumption(&request.target.name) == Consumption::Nothing {
        RestartResult::NotConsuming
    } else {
        RestartResult::UpToDate
    }
}

/// Decides over a workload for which a restart is owed.
#[must_use]
pub fn judge(case: &Case<'_>, now: Timestamp) -> Verdict {
    let Case {
        request,
        key,
        entry,
        workload,
        changed,
    } = case;
    let standing = standing(request, workload);
    let fingerprint = |text: &str| Fingerprint::read(key, request, text);
    let owed = entry.owed.as_deref().and_then(fingerprint);
    // What was not written under this key proves nothing; the next look takes a new baseline.
    let (Some(baseline), Some(owed)) = (fingerprint(&entry.baseline), owed) else {
        return Verdict::Settled(standing, None);
    };
    if standing != RestartResult::UpToDate {
        return Verdict::Settled(standing, None);
    }
    let consumption = workload.consumption(&request.target.name);
    let differs = owed.differs(&baseline, &consumption, key, request);
    // A date from the far future would hold up restarts for ever.
    let mark = workload.mark();
    let mark = mark.filter(|mark| mark.time <= later(now, APART));
    let made = mark.as_ref().filter(|mark| is_news(mark, entry));
    let pods_have_it = made.is_some_and(|mark| {
        let is_later = mark.time >= later(*changed, SETTLED_AFTER);
        mark.content == owed.nickname() || (is_later && mark.object != request.object.name)
    });
    if pods_have_it {
        let restarted = differs.then(|| restarted(workload)).zip(made);
        return restarted.map_or(Verdict::Settled(standing, None), |(result, mark)| {
            Verdict::Settled(result, Some(mark.time))
        });
    }
    // Restarted between two changes, its pods may have what was there only then.
    if !differs && made.is_none() {
        return Verdict::Settled(standing, None);
    }
    let own = entry.restarted_time.as_ref().map(|time| next_after(time.0));
    let next = own.max(mark.map(|mark| later(mark.time, APART)));
    match next.filter(|next| *next > now) {
        Some(next) => Verdict::Later(next),
        None => Verdict::Restart(Mark::write(now, &request.object.name, owed.nickname())),
    }
}

/// Whether a restart was made since something is owed, and status does not tell of it.
fn is_news(mark: &Mark, entry: &RestartStatus) -> bool {
    let time = Time(whole_second(mark.time));
    let since = entry.owed_since.as_ref();
    since.is_none_or(|since| since.0 <= time.0) && entry.restarted_time != Some(time)
}

/// How a workload stands whose template was changed.
#[must_use]
pub fn restarted(workload: &Workload) -> RestartResult {
    if workload.is_paused() {
        RestartResult::Paused
    } else if workload.is_updated_on_delete() {
        RestartResult::OnDelete
    } else {
        RestartResult::Restarted
    }
}

/// Notes that nothing is owed any more, and when it was restarted, if it was.
pub fn settle(entry: &mut RestartStatus, result: RestartResult, restarted: Option<Timestamp>) {
    if let Some(owed) = entry.owed.take() {
        entry.baseline = owed;
    }
    if let Some(time) = restarted {
        entry.restarted_time = Some(Time(whole_second(time)));
    }
    close(entry, result);
}

/// Notes that it is looked at again later.
pub fn postpone(entry: &mut RestartStatus, until: Timestamp) {
    entry.due_time = Some(Time(whole_second_after(until)));
    say(entry, RestartResult::Waiting);
}

/// Notes what stood in the way; answers after how long that is tried again, if it is.
pub fn meet(entry: &mut RestartStatus, obstacle: Obstacle) -> Option<SignedDuration> {
    let is_owed = entry.owed.is_some();
    match obstacle {
        Obstacle::NotFound => settle(entry, RestartResult::NotFound, None),
        Obstacle::NotServed => settle(entry, RestartResult::NotServed, None),
        Obstacle::Forbidden => say(entry, RestartResult::Forbidden),
        Obstacle::Refused => say(entry, RestartResult::Refused),
        Obstacle::Passing => return Some(AGAIN_SOON),
    }
    (is_owed && entry.owed.is_some()).then_some(APART)
}

/// The entries that people are to hear of: what was restarted, and what should have been and was not.
pub fn news<'status>(
    before: &'status [RestartStatus],
    after: &'status [RestartStatus],
) -> impl Iterator<Item = &'status RestartStatus> {
    after.iter().filter(|entry| {
        let is_about =
            |before: &&RestartStatus| before.kind == entry.kind && before.name == entry.name;
        let Some(before) = before.iter().find(is_about) else {
            return false;
        };
        let restarted = entry.restarted_time != before.restarted_time;
        let failed = before.owed.is_some()
            && entry.result != before.result
            && !matches!(
                entry.result,
                RestartResult::NotRead | RestartResult::UpToDate | RestartResult::Waiting
            );
        restarted || failed
    })
}

fn close(entry: &mut RestartStatus, result: RestartResult) {
    entry.owed = None;
    entry.owed_since = None;
    entry.due_time = None;
    say(entry, result);
}

fn say(entry: &mut RestartStatus, result: RestartResult) {
    entry.result = result;
    entry.message = sentence(result, entry.kind);
}

/// When a workload may be restarted again; a time in status lacks the fraction of its second.
fn next_after(told: Timestamp) -> Timestamp {
    later(told, APART.saturating_add(A_SECOND))
}

fn whole_second(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}

fn whole_second_after(moment: Timestamp) -> Timestamp {
    let second = whole_second(moment);
    if second < moment {
        later(second, A_SECOND)
    } else {
        second
    }
}

#[cfg(test)]
mod tests;
