//! What the admin port shows of a secret apart from its values.

use jiff::Timestamp;
use serde::Serialize;

use crate::host::Host;
use crate::state::{AutomaticRotation, Job, LastRotation, Region, Secret, State};

/// A secret in a list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Overview<'a> {
    id: &'a str,
    name: &'a str,
    region: Region,
    host: Host,
    lifecycle: &'static str,
    phase: &'static str,
    automatic_rotation: Option<Schedule>,
    trigger: Option<&'a str>,
    destroy_date: Option<Timestamp>,
    register_date: Timestamp,
    update_date: Timestamp,
}

/// Automatic rotation that is on.
#[derive(Serialize)]
struct Schedule {
    /// Days.
    period: u32,
    next: Timestamp,
}

/// A secret alone.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Details<'a> {
    #[serde(flatten)]
    overview: Overview<'a>,
    memo: &'a str,
    protection_key: Key<'a>,
    rotation_targets: &'a [String],
    recent_action: Option<&'a str>,
    job: Option<Running<'a>>,
    last_rotation: Option<Ended<'a>>,
}

/// The service's own key when it has no tag.
#[derive(Serialize)]
struct Key<'a> {
    boundary: &'static str,
    tag: Option<&'a str>,
    name: Option<&'a str>,
}

/// A job that waits for its start or runs.
#[derive(Serialize)]
struct Running<'a> {
    token: &'a str,
    cause: &'static str,
    raised: Timestamp,
    started: bool,
}

/// How the last rotation ended.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Ended<'a> {
    date: Timestamp,
    result_id: &'a str,
}

impl<'a> Overview<'a> {
    pub(super) fn of(secret: &'a Secret, state: &State) -> Self {
        Self {
            id: &secret.id,
            name: &secret.name,
            region: secret.region,
            host: Host::of(secret),
            lifecycle: secret.shown_lifecycle(state.behavior()).word(),
            phase: secret.phase.word(),
            automatic_rotation: secret.automatic_rotation.map(Schedule::of),
            trigger: secret.trigger.as_deref(),
            destroy_date: secret.destroy_date,
            register_date: secret.register_date,
            update_date: secret.update_date,
        }
    }
}

impl<'a> Details<'a> {
    pub(super) fn of(secret: &'a Secret, state: &State) -> Self {
        let key = secret.protection.key.as_ref();
        Self {
            overview: Overview::of(secret, state),
            memo: &secret.memo,
            protection_key: Key {
                boundary: secret.boundary().word(),
                tag: key.map(|key| key.tag.as_str()),
                name: key.map(|key| key.name.as_str()),
            },
            rotation_targets: &secret.rotation_targets,
            recent_action: secret.recent_action.as_deref(),
            job: secret.job.as_ref().map(Running::of),
            last_rotation: secret.last_rotation.as_ref().map(Ended::of),
        }
    }
}

impl Schedule {
    const fn of(rotation: AutomaticRotation) -> Self {
        Self {
            period: rotation.period,
            next: rotation.next,
        }
    }
}

impl<'a> Running<'a> {
    fn of(job: &'a Job) -> Self {
        Self {
            token: &job.token,
            cause: job.cause.word(),
            raised: job.raised,
            started: job.started,
        }
    }
}

impl<'a> Ended<'a> {
    fn of(last: &'a LastRotation) -> Self {
        Self {
            date: last.date,
            result_id: &last.result_id,
        }
    }
}
