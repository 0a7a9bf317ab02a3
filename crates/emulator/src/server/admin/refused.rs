//! A refusal of the admin port: a status, and a sentence as JSON.

use axum::Json;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::state::{FindError, Refusal, Unfit};

/// Answered as `{"error": sentence}`. The sentence never contains a value.
#[derive(Debug)]
pub(super) struct Refused {
    status: StatusCode,
    sentence: String,
}

impl Refused {
    pub(super) fn new(status: StatusCode, sentence: impl Into<String>) -> Self {
        Self {
            status,
            sentence: sentence.into(),
        }
    }

    /// 400: what is asked for makes no sense.
    pub(super) fn senseless(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, sentence)
    }

    /// 404: there is no such thing.
    pub(super) fn unknown(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, sentence)
    }

    /// 500: the emulator cannot do what it should.
    pub(super) fn broken(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, sentence)
    }

    /// 409: not as things are.
    pub(super) fn conflict(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, sentence)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.status, Json(json!({"error": self.sentence}))).into_response()
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        let sentence = refusal.to_string();
        match refusal {
            Refusal::SecretNotFound => Self::unknown(sentence),
            Refusal::Invalid(_)
            | Refusal::InvalidValue(_)
            | Refusal::TriggerNotFound
            | Refusal::ProtectionKeyNotFound => Self::senseless(sentence),
            _ => Self::conflict(sentence),
        }
    }
}

impl From<Unfit> for Refused {
    fn from(unfit: Unfit) -> Self {
        let sentence = unfit.to_string();
        match unfit {
            Unfit::Senseless(_) => Self::senseless(sentence),
            Unfit::InUse(_) => Self::conflict(sentence),
            Unfit::Unknown(_) => Self::unknown(sentence),
        }
    }
}

impl From<FindError> for Refused {
    fn from(error: FindError) -> Self {
        let sentence = error.to_string();
        match error {
            FindError::Unknown(_) => Self::unknown(sentence),
            FindError::Ambiguous(_) => Self::conflict(sentence),
        }
    }
}

/// The answer to a path that there is not.
pub(in crate::server) async fn unknown_path(uri: Uri) -> Response {
    Refused::unknown(format!("there is no {}", uri.path())).into_response()
}

/// The answer to a method that a path does not have.
pub(super) async fn unknown_method(method: Method, uri: Uri) -> Refused {
    let sentence = format!("{} does not answer {method}", uri.path());
    Refused::new(StatusCode::METHOD_NOT_ALLOWED, sentence)
}
