//! One secret: what it is, and the conditions that its changes share.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::chain::Chain;
use super::job::Job;
use super::protection::{Boundary, Protection};
use super::refusal::Refusal;
use crate::behavior::{Behavior, RotatingStatus, UpdateDate, Verdict};

/// Where a secret lives (`secretmanager-spec`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Region {
    /// Korea.
    #[default]
    Kr,
    /// Japan.
    Jpn,
}

/// `secretStatus` (`secretmanager-createsecret`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Lifecycle {
    /// In use.
    Enable,
    /// Suspended.
    Disable,
    /// Its deletion is requested.
    Revoke,
    /// Shown for an enabled secret while it rotates, when the behaviour says so.
    Rotating,
    /// Gone, with all its data.
    Destroyed,
}

impl Lifecycle {
    /// NCP's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Enable => "ENABLE",
            Self::Disable => "DISABLE",
            Self::Revoke => "REVOKE",
            Self::Rotating => "ROTATING",
            Self::Destroyed => "DESTROYED",
        }
    }
}

impl fmt::Display for Lifecycle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

/// `rotationPhase` (`secretmanager-createsecret`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Phase {
    /// Never rotated, or the last rotation ended well.
    None,
    /// A rotation runs.
    Rotating,
    /// The last rotation failed.
    RotationFailed,
}

impl Phase {
    /// NCP's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Rotating => "ROTATING",
            Self::RotationFailed => "ROTATION_FAILED",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

/// Automatic rotation that is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AutomaticRotation {
    /// Days between two dates, 1 to 730.
    pub period: u32,
    /// The next date.
    pub next: Timestamp,
}

/// How the last rotation ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LastRotation {
    /// When it ended.
    pub date: Timestamp,
    /// `lastRotationResultId`.
    pub result_id: String,
}

/// A secret with everything Secret Manager knows of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Secret {
    /// 64 hexadecimal digits unless it was given.
    pub id: String,
    /// 3 to 15 characters.
    pub name: String,
    /// At most 1000 bytes.
    pub memo: String,
    /// Where it lives.
    pub region: Region,
    /// What encrypts it.
    pub protection: Protection,
    /// The boundary of the host it lives on, when that is another than the boundary of its key.
    pub host_boundary: Option<Boundary>,
    /// Never [`Lifecycle::Rotating`]: see [`Secret::shown_lifecycle`].
    pub lifecycle: Lifecycle,
    /// Where its rotation stands.
    pub phase: Phase,
    /// Its values.
    pub chain: Chain,
    /// The keys of the value that a rotation changes.
    pub rotation_targets: Vec<String>,
    /// When it was created.
    pub register_date: Timestamp,
    /// When it was last changed.
    pub update_date: Timestamp,
    /// When it will be destroyed; set in [`Lifecycle::Revoke`] only.
    pub destroy_date: Option<Timestamp>,
    /// Automatic rotation, when it is on.
    pub automatic_rotation: Option<AutomaticRotation>,
    /// Identifier of the linked rotation trigger.
    pub trigger: Option<String>,
    /// Name of the action that the linked trigger ran last.
    pub recent_action: Option<String>,
    /// The rotation job that waits or runs.
    pub job: Option<Job>,
    /// The token of the failed job, while a retry is possible.
    pub failed_token: Option<String>,
    /// How the last rotation ended.
    pub last_rotation: Option<LastRotation>,
    /// Whether a rotation was ever completed.
    pub ever_rotated: bool,
    /// How many jobs it has had.
    #[serde(default)]
    pub(super) jobs: u64,
}

/// What a change was about, for `updateDate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    Lifecycle,
    Settings,
    Values,
}

impl Secret {
    /// The lifecycle as the API shows it.
    #[must_use]
    pub fn shown_lifecycle(&self, behavior: &Behavior) -> Lifecycle {
        let rotates = self.lifecycle == Lifecycle::Enable && self.phase == Phase::Rotating;
        if rotates && behavior.rotating_status == RotatingStatus::Rotating {
            Lifecycle::Rotating
        } else {
            self.lifecycle
        }
    }

    /// Whether its values and its protection key may be changed.
    pub(super) fn require_editable(&self, behavior: &Behavior) -> Result<(), Refusal> {
        match self.lifecycle {
            Lifecycle::Enable | Lifecycle::Rotating => Ok(()),
            Lifecycle::Disable if behavior.edit_in_disable == Verdict::Accepted => Ok(()),
            Lifecycle::Disable | Lifecycle::Revoke | Lifecycle::Destroyed => {
                Err(Refusal::WrongLifecycle(self.lifecycle))
            }
        }
    }

    pub(super) fn require_not_revoked(&self) -> Result<(), Refusal> {
        if self.lifecycle == Lifecycle::Revoke {
            return Err(Refusal::WrongLifecycle(self.lifecycle));
        }
        Ok(())
    }

    /// Whether it is enabled, and shown so: a secret that shows ROTATING is not in ENABLE.
    pub(super) fn require_enabled(&self, behavior: &Behavior) -> Result<(), Refusal> {
        match self.shown_lifecycle(behavior) {
            Lifecycle::Enable => Ok(()),
            other => Err(Refusal::WrongLifecycle(other)),
        }
    }

    /// Whether no job waits or runs.
    pub(super) fn require_no_job(&self) -> Result<(), Refusal> {
        if self.job.is_some() || self.phase == Phase::Rotating {
            return Err(Refusal::WrongPhase(Phase::Rotating));
        }
        Ok(())
    }

    /// Whether the last rotation ended well and no job waits or runs.
    pub(super) fn require_rotation_at_rest(&self) -> Result<(), Refusal> {
        self.require_no_job()?;
        match self.phase {
            Phase::None => Ok(()),
            other => Err(Refusal::WrongPhase(other)),
        }
    }

    pub(super) fn touch(&mut self, about: About, behavior: &Behavior, now: Timestamp) {
        let moves = match behavior.update_date {
            UpdateDate::EveryChange => true,
            UpdateDate::NotValues => about != About::Values,
            UpdateDate::LifecycleOnly => about == About::Lifecycle,
        };
        if moves {
            self.update_date = now;
        }
    }
}
