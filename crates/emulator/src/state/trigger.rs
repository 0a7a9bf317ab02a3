//! Rotation triggers, and what their actions do (`secretmanager-gettriggerlist`, `secretmanager-rotate-action`).

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::http_action::HttpAction;
use super::job::JobStep;
use super::secret::Region;
use crate::span;

/// What happens when a trigger is called. Spans are time of the emulator's clock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    deny_unknown_fields,
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Action {
    /// Nothing: whoever knows the job token drives the job through `/action/v1`.
    #[default]
    Manual,
    /// Starts at once, adds PENDING after half the span, and completes after the span.
    Succeed {
        /// From the event to Complete.
        #[serde(deserialize_with = "span::deserialize")]
        after: SignedDuration,
    },
    /// Starts at once, adds PENDING after half the span, and reports failure after the span.
    Fail {
        /// From the event to Fail.
        #[serde(deserialize_with = "span::deserialize")]
        after: SignedDuration,
    },
    /// Starts, adds PENDING, and is never heard of again.
    Hang,
    /// Succeeds, and takes its time before each of its three steps.
    Slow {
        /// Before Start, before Add Pending Stage, and before Complete.
        #[serde(deserialize_with = "span::deserialize")]
        step: SignedDuration,
    },
    /// An endpoint of the user's own is called, which then drives the job through `/action/v1`.
    Http(HttpAction),
}

impl Action {
    /// Whether a step would come before its event.
    pub(super) fn is_backwards(&self) -> bool {
        match *self {
            Self::Succeed { after: span }
            | Self::Fail { after: span }
            | Self::Slow { step: span } => span.is_negative(),
            Self::Manual | Self::Hang | Self::Http(_) => false,
        }
    }

    /// The steps of a built-in action, with the span from the event to each.
    pub(super) fn plan(&self) -> Vec<(SignedDuration, JobStep)> {
        let soon = SignedDuration::ZERO;
        match *self {
            Self::Manual | Self::Http(_) => vec![],
            Self::Succeed { after } => vec![
                (soon, JobStep::Start),
                (after / 2, JobStep::AddPending),
                (after, JobStep::Complete),
            ],
            Self::Fail { after } => vec![
                (soon, JobStep::Start),
                (after / 2, JobStep::AddPending),
                (after, JobStep::Fail),
            ],
            Self::Hang => vec![(soon, JobStep::Start), (soon, JobStep::AddPending)],
            Self::Slow { step } => vec![
                (step, JobStep::Start),
                (step.saturating_add(step), JobStep::AddPending),
                (
                    step.saturating_add(step).saturating_add(step),
                    JobStep::Complete,
                ),
            ],
        }
    }
}

/// A trigger of Cloud Functions of the type "Secret Manager".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Trigger {
    /// Unique in the account.
    pub id: String,
    /// Shown to people, and the last part of its page's address.
    pub name: String,
    /// Shown to people.
    #[serde(default)]
    pub description: String,
    /// Where it lives; it serves secrets of this region.
    #[serde(default)]
    pub region: Region,
    /// What its action does.
    #[serde(default)]
    pub action: Action,
}

impl Trigger {
    /// A trigger of Korea whose name is also its identifier, and whose action does nothing.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            id: name.to_owned(),
            name: name.to_owned(),
            description: String::new(),
            region: Region::Kr,
            action: Action::Manual,
        }
    }

    /// With another identifier.
    #[must_use]
    pub fn id(mut self, id: &str) -> Self {
        id.clone_into(&mut self.id);
        self
    }

    /// In a region.
    #[must_use]
    pub const fn region(mut self, region: Region) -> Self {
        self.region = region;
        self
    }

    /// With an action.
    #[must_use]
    pub fn action(mut self, action: Action) -> Self {
        self.action = action;
        self
    }

    /// The name of its action.
    #[must_use]
    pub fn action_name(&self) -> String {
        format!("{}-action", self.name)
    }

    /// Its page in NCP's console.
    #[must_use]
    pub fn page_url(&self) -> String {
        let name = &self.name;
        format!("https://console.ncloud.com/vpcCloudFunctions/trigger/detail/{name}")
    }
}
