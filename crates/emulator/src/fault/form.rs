//! How an effect is written in YAML and JSON, and what of that can be sent.

use std::time::Duration;

use http::{HeaderName, HeaderValue};
use indexmap::IndexMap;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::effect::Effect;
use crate::wire::{GatewayError, ServiceError};

/// An [`Effect`] as it is written, for example `{kind: throttled, retryAfter: 7s}`. Those without fields have
/// braces, as serde lets a tagged unit have any field.
#[derive(Serialize, Deserialize)]
#[serde(
    tag = "kind",
    deny_unknown_fields,
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub(super) enum Form {
    Status {
        status: u16,
        #[serde(default)]
        body: String,
        #[serde(default)]
        headers: IndexMap<String, String>,
    },
    Gateway {
        error: GatewayError,
    },
    Service {
        error: ServiceError,
    },
    Unavailable {},
    GatewayTimeout {},
    Throttled {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<SignedDuration>,
    },
    Redirect {
        to: String,
    },
    Cut {},
    Delay {
        by: SignedDuration,
    },
    Stall {},
    TruncatedJson {},
    ContentType {
        value: String,
    },
    HugeBody {
        bytes: u64,
    },
    EmptyBody {},
    WrongDate {
        by: SignedDuration,
    },
}

/// Headers that say how an answer is sent.
const OWN_HEADERS: [&str; 4] = ["content-length", "transfer-encoding", "connection", "date"];

/// Why an effect cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Impossible {
    #[error("status must be 200 to 999")]
    Status,
    #[error("{0:?} is not the name of an HTTP header")]
    HeaderName(String),
    #[error(
        "{0} is set by the emulator; for a wrong Date there is wrongDate, for a broken body there are stall and cut"
    )]
    OwnHeader(String),
    #[error("the value of {0} cannot be sent in an HTTP header")]
    HeaderValue(String),
    #[error("the span must not be negative")]
    NegativeSpan,
}

impl TryFrom<Form> for Effect {
    type Error = Impossible;

    fn try_from(form: Form) -> Result<Self, Impossible> {
        Ok(match form {
            Form::Status {
                status,
                body,
                headers,
            } => Self::Status {
                status: sendable_status(status)?,
                body,
                headers: headers
                    .into_iter()
                    .map(|(name, value)| sendable_header(name, value))
                    .collect::<Result<_, _>>()?,
            },
            Form::Gateway { error } => Self::Gateway(error),
            Form::Service { error } => Self::Service(error),
            Form::Unavailable {} => Self::Unavailable,
            Form::GatewayTimeout {} => Self::GatewayTimeout,
            Form::Throttled { retry_after } => Self::Throttled {
                retry_after: retry_after.map(span).transpose()?,
            },
            Form::Redirect { to } => Self::Redirect(sendable_header("location".into(), to)?.1),
            Form::Cut {} => Self::Cut,
            Form::Delay { by } => Self::Delay(span(by)?),
            Form::Stall {} => Self::Stall,
            Form::TruncatedJson {} => Self::TruncatedJson,
            Form::ContentType { value } => {
                Self::ContentType(sendable_header("content-type".into(), value)?.1)
            }
            Form::HugeBody { bytes } => Self::HugeBody(bytes),
            Form::EmptyBody {} => Self::EmptyBody,
            Form::WrongDate { by } => Self::WrongDate(by),
        })
    }
}

impl From<Effect> for Form {
    fn from(effect: Effect) -> Self {
        let signed = |span| SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX);
        match effect {
            Effect::Status {
                status,
                body,
                headers,
            } => Self::Status {
                status,
                body,
                headers: headers.into_iter().collect(),
            },
            Effect::Gateway(error) => Self::Gateway { error },
            Effect::Service(error) => Self::Service { error },
            Effect::Unavailable => Self::Unavailable {},
            Effect::GatewayTimeout => Self::GatewayTimeout {},
            Effect::Throttled { retry_after } => Self::Throttled {
                retry_after: retry_after.map(signed),
            },
            Effect::Redirect(to) => Self::Redirect { to },
            Effect::Cut => Self::Cut {},
            Effect::Delay(by) => Self::Delay { by: signed(by) },
            Effect::Stall => Self::Stall {},
            Effect::TruncatedJson => Self::TruncatedJson {},
            Effect::ContentType(value) => Self::ContentType { value },
            Effect::HugeBody(bytes) => Self::HugeBody { bytes },
            Effect::EmptyBody => Self::EmptyBody {},
            Effect::WrongDate(by) => Self::WrongDate { by },
        }
    }
}

fn span(span: SignedDuration) -> Result<Duration, Impossible> {
    Duration::try_from(span).map_err(|_| Impossible::NegativeSpan)
}

/// A status below 200 is no final answer.
fn sendable_status(status: u16) -> Result<u16, Impossible> {
    if (200..=999).contains(&status) {
        Ok(status)
    } else {
        Err(Impossible::Status)
    }
}

fn sendable_header(name: String, value: String) -> Result<(String, String), Impossible> {
    if HeaderName::try_from(&name).is_err() {
        return Err(Impossible::HeaderName(name));
    }
    if OWN_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
        return Err(Impossible::OwnHeader(name));
    }
    if HeaderValue::try_from(&value).is_err() {
        return Err(Impossible::HeaderValue(name));
    }
    Ok((name, value))
}
