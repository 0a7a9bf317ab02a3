//! Rotation actions of the user's own: an HTTP endpoint in place of a function (`cloudfunctions-secretmanager-vpc`).

use std::fmt;

use indexmap::IndexMap;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::job::Job;
use super::secret::{Region, Secret};
use super::trigger::{Action, Trigger};
use crate::behavior::Behavior;
use crate::span;

/// How long an action may run when nothing else is said (`cloudfunctions-spec`).
const DEFAULT_LIMIT: SignedDuration = SignedDuration::from_secs(60);
const SHORTEST_LIMIT: SignedDuration = SignedDuration::from_millis(500);
const LONGEST_LIMIT: SignedDuration = SignedDuration::from_secs(300);

/// An endpoint that is called with a POST request for each rotation event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct HttpAction {
    /// Where it is.
    pub url: ActionUrl,
    /// What the body holds besides the secret's identifier and the job token, which win.
    #[serde(default)]
    pub parameters: IndexMap<String, Value>,
    /// How long the call may take in real time before it is broken off: 0.5 s to 300 s, 60 s by default.
    #[serde(default)]
    pub timeout: Limit,
}

impl HttpAction {
    /// An endpoint without further parameters.
    #[must_use]
    pub fn at(url: ActionUrl) -> Self {
        Self {
            url,
            parameters: IndexMap::new(),
            timeout: Limit::default(),
        }
    }
}

/// An address that begins with `http://` or `https://`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Url")]
pub struct ActionUrl(Url);

impl ActionUrl {
    /// The address.
    #[must_use]
    pub const fn as_url(&self) -> &Url {
        &self.0
    }
}

/// The address of an action is not one that can be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the address of an action must begin with http:// or https://")]
pub struct NotCallable;

impl TryFrom<Url> for ActionUrl {
    type Error = NotCallable;

    fn try_from(url: Url) -> Result<Self, NotCallable> {
        match url.scheme() {
            "http" | "https" => Ok(Self(url)),
            _ => Err(NotCallable),
        }
    }
}

/// How long a call may take (`cloudfunctions-spec`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Span")]
pub struct Limit(SignedDuration);

impl Limit {
    /// The span in real time.
    #[must_use]
    pub const fn span(self) -> SignedDuration {
        self.0
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(DEFAULT_LIMIT)
    }
}

/// A span as it is read.
#[derive(Deserialize)]
struct Span(#[serde(deserialize_with = "span::deserialize")] SignedDuration);

impl TryFrom<Span> for Limit {
    type Error = OutsideLimits;

    fn try_from(Span(span): Span) -> Result<Self, OutsideLimits> {
        span.try_into()
    }
}

/// A span that no action of Cloud Functions can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the timeout of an action must be 500 ms to 300 s")]
pub struct OutsideLimits;

impl TryFrom<SignedDuration> for Limit {
    type Error = OutsideLimits;

    fn try_from(span: SignedDuration) -> Result<Self, OutsideLimits> {
        if (SHORTEST_LIMIT..=LONGEST_LIMIT).contains(&span) {
            Ok(Self(span))
        } else {
            Err(OutsideLimits)
        }
    }
}

/// A call of an HTTP action that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// The secret that rotates.
    pub secret_id: String,
    /// Its region.
    pub region: Region,
    /// The job that the action is to drive.
    pub job_token: String,
    /// Which job of the secret that is, as the token can be that of an earlier one.
    pub(super) job_number: u64,
    /// What to call.
    pub action: HttpAction,
}

impl Invocation {
    /// The call that a secret's job waits for; none when the trigger has no HTTP action.
    pub(super) fn of(secret: &Secret, job: &Job, trigger: &Trigger) -> Option<Self> {
        let Action::Http(action) = &trigger.action else {
            return None;
        };
        Some(Self {
            secret_id: secret.id.clone(),
            region: secret.region,
            job_token: job.token.clone(),
            job_number: job.number,
            action: action.clone(),
        })
    }

    /// The body of the call: the parameters, with the secret's identifier and the job token.
    #[must_use]
    pub fn body(&self, behavior: &Behavior) -> IndexMap<String, Value> {
        let mut body = self.action.parameters.clone();
        let own = [
            (&behavior.secret_id_parameter, &self.secret_id),
            (&behavior.job_token_parameter, &self.job_token),
        ];
        body.extend(own.map(|(name, value)| (name.clone(), Value::String(value.clone()))));
        body
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    /// With this HTTP status.
    Answered(u16),
    /// Broken off at its limit.
    TimedOut,
    /// Without an answer.
    Unreachable,
    /// It was not made, as the trigger has another action by now.
    NoAction,
}

impl CallOutcome {
    /// Whether the action took the call.
    #[must_use]
    pub fn is_success(self) -> bool {
        matches!(self, Self::Answered(status) if (200..300).contains(&status))
    }
}

impl fmt::Display for CallOutcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(status) => write!(formatter, "HTTP {status}"),
            Self::TimedOut => formatter.write_str("TIMEOUT"),
            Self::Unreachable => formatter.write_str("UNREACHABLE"),
            Self::NoAction => formatter.write_str("NO HTTP ACTION"),
        }
    }
}
