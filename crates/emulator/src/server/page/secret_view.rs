//! One secret as its page shows it.

use jiff::Timestamp;
use serde::Serialize;

use super::button::{Button, ShownButton};
use super::home::host_name;
use super::links;
use super::words::{self, Moment};
use crate::host::Host;
use crate::state::{Cause, LogEntry, Region, Secret, State, Text};

/// How many lines of the log a page shows.
const LISTED: usize = 50;

/// A secret as its page shows it.
#[derive(Serialize)]
pub(super) struct ShownSecret {
    id: String,
    name: String,
    memo: String,
    address: String,
    host: &'static str,
    region: &'static str,
    protection: String,
    lifecycle: &'static str,
    registered: Moment,
    updated: Moment,
    destroyed: Option<Moment>,
    rotation: ShownRotation,
    values_shown: bool,
    stages: Vec<ShownStage>,
    rotation_buttons: Vec<ShownButton>,
    lifecycle_buttons: Vec<ShownButton>,
    log: Vec<ShownEntry>,
}

#[derive(Serialize)]
struct ShownRotation {
    phase: &'static str,
    period: Option<u32>,
    next: Option<Moment>,
    trigger: Option<ShownTrigger>,
    recent_action: Option<String>,
    targets: Vec<String>,
    job: Option<ShownJob>,
    failed_token: Option<String>,
    last: Option<ShownEnd>,
}

#[derive(Serialize)]
struct ShownTrigger {
    id: String,
    name: String,
}

#[derive(Serialize)]
struct ShownJob {
    token: String,
    cause: &'static str,
    raised: Moment,
    started: bool,
}

#[derive(Serialize)]
struct ShownEnd {
    date: Moment,
    result_id: String,
}

/// A stage; its value is here only when it was asked for.
#[derive(Serialize)]
struct ShownStage {
    name: &'static str,
    about: &'static str,
    size: Option<String>,
    value: Option<String>,
}

#[derive(Serialize)]
struct ShownEntry {
    at: Moment,
    action: String,
    requestor: String,
    address: Option<String>,
    result: String,
    failed: bool,
    job_token: Option<String>,
}

impl ShownSecret {
    pub(super) fn new(secret: &Secret, state: &State, values_shown: bool, now: Timestamp) -> Self {
        let button = |button| ShownButton::of(button, secret, state, now);
        let chain = &secret.chain;
        let described = |name, about, value: &Option<Text>| ShownStage {
            name,
            about,
            size: value.as_ref().map(|text| words::size(text.as_str())),
            value: value
                .as_ref()
                .filter(|_| values_shown)
                .map(|text| text.as_str().to_owned()),
        };
        let log = state.log(&secret.id);
        Self {
            id: secret.id.clone(),
            name: secret.name.clone(),
            memo: secret.memo.clone(),
            address: links::secret(&secret.id),
            host: host_name(Host::of(secret)),
            region: match secret.region {
                Region::Kr => "KR",
                Region::Jpn => "JPN",
            },
            protection: protection(secret),
            lifecycle: secret.shown_lifecycle(state.behavior()).word(),
            registered: Moment::new(secret.register_date, now),
            updated: Moment::new(secret.update_date, now),
            destroyed: secret.destroy_date.map(|date| Moment::new(date, now)),
            rotation: ShownRotation::new(secret, state, now),
            values_shown,
            stages: vec![
                described("ACTIVE", "in use", &chain.active),
                described(
                    "PENDING",
                    "the new value of a rotation that is not complete",
                    &chain.pending,
                ),
                described("PREVIOUS", "used just before", &chain.previous),
                described(
                    "SUSPENDED",
                    "before PREVIOUS; no API reads it",
                    &chain.suspended,
                ),
            ],
            rotation_buttons: Button::OF_ROTATION.map(button).into(),
            lifecycle_buttons: Button::OF_LIFECYCLE.map(button).into(),
            log: log
                .into_iter()
                .flat_map(|log| log.newest_first().take(LISTED))
                .map(|entry| ShownEntry::new(entry, now))
                .collect(),
        }
    }
}

fn protection(secret: &Secret) -> String {
    let boundary = secret.boundary().word();
    match &secret.protection.key {
        Some(key) => format!("{} ({boundary})", key.name),
        None => format!("the service's own key ({boundary})"),
    }
}

impl ShownRotation {
    fn new(secret: &Secret, state: &State, now: Timestamp) -> Self {
        let trigger = |id: &String| ShownTrigger {
            id: id.clone(),
            name: state
                .trigger(id)
                .map_or_else(|| id.clone(), |known| known.name.clone()),
        };
        Self {
            phase: secret.phase.word(),
            period: secret.automatic_rotation.map(|rotation| rotation.period),
            next: secret
                .automatic_rotation
                .map(|rotation| Moment::new(rotation.next, now)),
            trigger: secret.trigger.as_ref().map(trigger),
            recent_action: secret.recent_action.clone(),
            targets: secret.rotation_targets.clone(),
            job: secret.job.as_ref().map(|job| ShownJob {
                token: job.token.clone(),
                cause: match job.cause {
                    Cause::Schedule => "its schedule",
                    Cause::Execute => "Execute Rotation Job",
                    Cause::Retry => "Retry Rotation Job",
                },
                raised: Moment::new(job.raised, now),
                started: job.started,
            }),
            failed_token: secret.failed_token.clone(),
            last: secret.last_rotation.as_ref().map(|last| ShownEnd {
                date: Moment::new(last.date, now),
                result_id: last.result_id.clone(),
            }),
        }
    }
}

impl ShownEntry {
    fn new(entry: &LogEntry, now: Timestamp) -> Self {
        Self {
            at: Moment::new(entry.at, now),
            action: entry.action.clone(),
            requestor: words::short(&entry.requestor),
            address: entry.address.clone(),
            result: words::short(&entry.result),
            failed: entry.result != "SUCCESS",
            job_token: entry.job_token.clone(),
        }
    }
}
