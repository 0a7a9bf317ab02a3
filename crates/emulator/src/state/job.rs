//! A rotation job: one run of a rotation, from its event to its end.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::text::Text;
use super::trigger::Action;

/// What raised a rotation event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Cause {
    /// The date of automatic rotation.
    Schedule,
    /// Execute Rotation Job.
    Execute,
    /// Retry Rotation Job.
    Retry,
}

impl Cause {
    /// As in the log, for example `schedule`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Execute => "execute",
            Self::Retry => "retry",
        }
    }
}

/// What a rotation action reports or asks for (`secretmanager-rotate-action`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum JobStep {
    /// The job started.
    Start,
    /// Make PENDING with random values.
    AddPending,
    /// Make PENDING this value.
    UpdatePending(Text),
    /// The job succeeded: shift the chain.
    Complete,
    /// The job failed.
    Fail,
}

impl JobStep {
    /// The name of its API.
    pub(super) const fn title(&self) -> &'static str {
        match self {
            Self::Start => "Start Rotation Job",
            Self::AddPending => "Add Pending Stage",
            Self::UpdatePending(_) => "Update Pending Stage",
            Self::Complete => "Complete Rotation Job",
            Self::Fail => "Fail Rotation Job",
        }
    }
}

/// A job that waits for its start or runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// Names the job in the paths of `/action/v1`.
    pub token: String,
    /// When its event was raised.
    pub raised: Timestamp,
    /// What raised it.
    pub cause: Cause,
    /// Whether its action reported the start.
    pub started: bool,
    /// What a built-in action will still do, and when.
    pub(super) plan: VecDeque<(Timestamp, JobStep)>,
    /// Whether its HTTP action has still to be called.
    pub(super) uncalled: bool,
    /// Which job of the secret it is, from 1: a retry may have the token of the job before it.
    #[serde(default)]
    pub(super) number: u64,
}

impl Job {
    pub(super) fn new(
        number: u64,
        token: String,
        cause: Cause,
        action: &Action,
        raised: Timestamp,
    ) -> Self {
        let plan = action
            .plan()
            .into_iter()
            .map(|(span, step)| (raised.saturating_add(span).unwrap_or(Timestamp::MAX), step))
            .collect();
        Self {
            token,
            raised,
            cause,
            started: false,
            plan,
            uncalled: matches!(action, Action::Http(_)),
            number,
        }
    }

    /// When it counts as failed.
    pub(super) fn deadline(&self, timeout: SignedDuration) -> Timestamp {
        self.raised
            .saturating_add(timeout)
            .unwrap_or(Timestamp::MAX)
    }

    /// Takes the next step of the built-in action when its time has come.
    pub(super) fn take_step(&mut self, now: Timestamp) -> Option<JobStep> {
        let (at, _) = self.plan.front()?;
        if *at > now {
            return None;
        }
        self.plan.pop_front().map(|(_, step)| step)
    }
}
