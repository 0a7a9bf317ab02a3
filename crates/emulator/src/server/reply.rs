//! An answer before it is sent, and what faults make of it.

use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt};
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};

use crate::behavior::Behavior;
use crate::fault::Effect;
use crate::wire::{Failure, GatewayError};

/// The details of an error that a fault asks for.
const ON_DEMAND: &str = "A fault of the emulator asks for this error.";

/// The connection is closed instead of an answer.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the connection was cut by a fault")]
pub(super) struct Cut;

/// The body of an answer.
pub(super) type Body = UnsyncBoxBody<Bytes, Cut>;

/// An answer.
pub(super) struct Reply {
    pub status: u16,
    /// As [`crate::Call::result`].
    pub result: String,
    headers: Vec<(String, String)>,
    payload: Payload,
    date_off_by: SignedDuration,
}

enum Payload {
    Whole(Vec<u8>),
    Stalled(usize),
    Huge(u64),
}

/// Waits as long as faults want.
pub(super) async fn delay(effects: &[Effect]) {
    for effect in effects {
        if let Effect::Delay(span) = effect {
            tokio::time::sleep(*span).await;
        }
    }
}

impl Reply {
    pub(super) fn success(body: Vec<u8>, behavior: &Behavior) -> Self {
        Self {
            result: "SUCCESS".to_owned(),
            ..Self::json(behavior.success_status, body)
        }
    }

    pub(super) fn text(status: u16, text: String) -> Self {
        Self::new(status, text.into_bytes())
            .with_header(header::CONTENT_TYPE.as_str(), "text/plain;charset=UTF-8")
    }

    pub(super) fn failure(failure: &Failure, behavior: &Behavior) -> Self {
        Self {
            result: failure.code(),
            ..Self::json(failure.status(), failure.body(behavior))
        }
    }

    fn instead_by(effect: &Effect, behavior: &Behavior) -> Option<Self> {
        let gateway = |error, details| Self::failure(&Failure::gateway(error, details), behavior);
        match effect {
            Effect::Status {
                status,
                body,
                headers,
            } => Some(headers.iter().fold(
                Self::json(*status, body.clone().into_bytes()),
                |reply, (name, value)| reply.with_header(name, value),
            )),
            Effect::Gateway(error) => Some(gateway(*error, ON_DEMAND)),
            Effect::Service(error) => Some(Self::failure(
                &Failure::service(*error, ON_DEMAND),
                behavior,
            )),
            Effect::Unavailable => Some(gateway(
                GatewayError::EndpointError,
                "The service behind the gateway cannot be reached.",
            )),
            Effect::GatewayTimeout => Some(gateway(
                GatewayError::EndpointTimeout,
                "The service behind the gateway did not answer.",
            )),
            Effect::Throttled { retry_after } => Some(throttled(
                gateway(GatewayError::ThrottleLimited, "Too many requests."),
                *retry_after,
            )),
            Effect::Redirect(to) => {
                Some(Self::new(307, Vec::new()).with_header(header::LOCATION.as_str(), to))
            }
            _ => None,
        }
    }

    /// What faults answer instead of the real service, if they do.
    pub(super) fn instead(effects: &[Effect], behavior: &Behavior) -> Result<Option<Self>, Cut> {
        if effects.contains(&Effect::Cut) {
            return Err(Cut);
        }
        let mut effects = effects.iter();
        Ok(effects.find_map(|effect| Self::instead_by(effect, behavior)))
    }

    /// The answer as faults change it.
    pub(super) fn spoiled_by(self, effects: &[Effect]) -> Self {
        effects.iter().fold(self, Self::spoiled)
    }

    fn spoiled(mut self, effect: &Effect) -> Self {
        match (effect, &mut self.payload) {
            (Effect::Stall, Payload::Whole(body)) => self.payload = Payload::Stalled(body.len()),
            (Effect::TruncatedJson, Payload::Whole(body)) => body.truncate(body.len() / 2),
            (Effect::EmptyBody, Payload::Whole(body)) => body.clear(),
            (Effect::HugeBody(bytes), _) => {
                self.status = 200;
                self.result = made_up(200);
                self.payload = Payload::Huge(*bytes);
            }
            (Effect::WrongDate(skew), _) => self.date_off_by = *skew,
            (Effect::ContentType(kind), _) => {
                return self.with_header(header::CONTENT_TYPE.as_str(), kind);
            }
            _ => {}
        }
        self
    }

    /// The answer as it is sent at a moment. Headers that HTTP does not allow are left out.
    pub(super) fn into_response(self, now: Timestamp) -> Response<Body> {
        let length = match &self.payload {
            Payload::Stalled(length) => Some(*length),
            Payload::Whole(_) | Payload::Huge(_) => None,
        };
        let mut response = Response::new(self.payload.into_body());
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let date = now.saturating_add(self.date_off_by).unwrap_or(now);
        let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&date);
        let date = date.ok().map(|date| (header::DATE.to_string(), date));
        let length = length.map(|it| (header::CONTENT_LENGTH.to_string(), it.to_string()));
        let headers = self.headers.into_iter().chain(date).chain(length);
        for (name, value) in headers {
            let name = HeaderName::try_from(name);
            if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }

    pub(super) fn json(status: u16, body: Vec<u8>) -> Self {
        Self::new(status, body).with_header(header::CONTENT_TYPE.as_str(), "application/json")
    }

    fn new(status: u16, body: Vec<u8>) -> Self {
        Self {
            status,
            result: made_up(status),
            headers: Vec::new(),
            payload: Payload::Whole(body),
            date_off_by: SignedDuration::ZERO,
        }
    }

    fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// The result of an answer without a code of NCP's.
fn made_up(status: u16) -> String {
    format!("HTTP {status}")
}

fn throttled(reply: Reply, retry_after: Option<Duration>) -> Reply {
    match retry_after {
        None => reply,
        Some(wait) => {
            // In whole seconds, and never sooner than asked for.
            let seconds = wait.as_millis().div_ceil(1000);
            reply.with_header(header::RETRY_AFTER.as_str(), &seconds.to_string())
        }
    }
}

impl Payload {
    fn into_body(self) -> Body {
        match self {
            Self::Whole(bytes) => Full::new(Bytes::from(bytes))
                .map_err(|never| match never {})
                .boxed_unsync(),
            Self::Stalled(_) => streamed(stream::pending()),
            Self::Huge(bytes) => streamed(huge(bytes)),
        }
    }
}

fn streamed(chunks: impl Stream<Item = Bytes> + Send + 'static) -> Body {
    StreamBody::new(chunks.map(|chunk| Ok(Frame::data(chunk)))).boxed_unsync()
}

/// JSON of so many bytes, or a little more when they are too few for any.
fn huge(bytes: u64) -> impl Stream<Item = Bytes> {
    const CHUNK: u64 = 64 * 1024;
    const START: &[u8] = br#"{"code":"SUCCESS","data":""#;
    const END: &[u8] = br#""}"#;
    let letters = bytes.saturating_sub((START.len() + END.len()) as u64);
    let chunks = (0..letters.div_ceil(CHUNK)).map(move |chunk| {
        let length = (letters - chunk * CHUNK).min(CHUNK);
        Bytes::from(vec![b'x'; usize::try_from(length).unwrap_or_default()])
    });
    let start = std::iter::once(Bytes::from_static(START));
    let end = std::iter::once(Bytes::from_static(END));
    stream::iter(start.chain(chunks).chain(end))
}
