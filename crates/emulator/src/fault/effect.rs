//! What can go wrong with a request.

use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::form::Form;
use crate::wire::{GatewayError, ServiceError};

/// What goes wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub enum Effect {
    /// This answer instead of the real one; the request has no effect.
    Status {
        /// HTTP status.
        status: u16,
        /// The body as it is sent.
        body: String,
        /// Further headers.
        headers: Vec<(String, String)>,
    },
    /// An error of the gateway; the request has no effect.
    Gateway(GatewayError),
    /// An error of Secret Manager itself; the request has no effect.
    Service(ServiceError),
    /// The gateway's 503 with the code 500; the request has no effect.
    Unavailable,
    /// The gateway's 504 with the code 510; the request has no effect.
    GatewayTimeout,
    /// The gateway's 429 with the code 410; the request has no effect.
    Throttled {
        /// `Retry-After`, in whole seconds.
        retry_after: Option<Duration>,
    },
    /// Another host, with the status 307; the request has no effect.
    Redirect(String),
    /// The connection is closed without an answer; the request has no effect.
    Cut,
    /// The answer waits, in real time, before the request has its effect.
    Delay(Duration),
    /// The headers of the real answer arrive, and its body never does.
    Stall,
    /// Half of the real body arrives as if it were the whole.
    TruncatedJson,
    /// The real answer under another `Content-Type`.
    ContentType(String),
    /// A success with so many bytes instead of the real body.
    HugeBody(u64),
    /// The real answer without its body.
    EmptyBody,
    /// The real answer with a `Date` that is off by so much.
    WrongDate(SignedDuration),
}
