//! What a request to the admin port says: the names in its path, its query and its body.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::refused::Refused;

/// The names in the path.
pub(super) struct Named<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Named<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(names)) => Ok(Self(names)),
            Err(rejection) => Err(Refused::new(rejection.status(), rejection.body_text())),
        }
    }
}

/// The query.
pub(super) struct Asked<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(query)) => Ok(Self(query)),
            Err(rejection) => Err(Refused::new(rejection.status(), rejection.body_text())),
        }
    }
}

/// A JSON body without secrets, whatever its `Content-Type`.
pub(super) struct Wish<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Wish<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let body = read(request, state).await?;
        serde_json::from_slice(&body).map(Self).map_err(|error| {
            let sentence = format!("the body is not understood: {error}");
            Refused::senseless(sentence)
        })
    }
}

/// A JSON body with values or keys: a refusal never quotes it.
pub(super) struct Confided<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Confided<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let body = read(request, state).await?;
        let parsed = serde_json::from_slice(&body);
        parsed.map(Self).map_err(|error| {
            let told = unquoted(&error);
            Refused::senseless(format!("the body is not understood: {told}"))
        })
    }
}

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Refused> {
    let body = Bytes::from_request(request, state).await;
    body.map_err(|rejection| Refused::new(rejection.status(), rejection.body_text()))
}

/// What an error says apart from what it quotes: the field that is missing, or what was expected, and the place.
fn unquoted(error: &serde_json::Error) -> String {
    let told = error.to_string();
    if told.starts_with("missing field ") {
        return told;
    }
    match told.rsplit_once(", expected ") {
        Some((_, expected)) => format!("expected {expected}"),
        None => format!("line {}, column {}", error.line(), error.column()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::SeedSecret;

    #[test]
    fn an_error_is_told_without_what_it_quotes() {
        let table = [
            (r#"{"name": "31337"}"#, "missing field `value`"),
            (
                r#"{"31337": 1}"#,
                "expected one of `name`, `id`, `memo`, `region`, `boundary`, `kmsKeyTag`, `value`, `previous`, \
                 `pending`, `rotationTargets`, `trigger`, `rotationPeriod`, `disabled`",
            ),
            (r#"{"memo": 31337}"#, "expected a string"),
            (
                r#"{"region": "31337, expected 31337"}"#,
                "expected `KR` or `JPN`",
            ),
            (r#"{"value": 31337}"#, "expected a text or an object"),
            (r#"{"value": "31337"#, ""),
            ("31337", "expected struct SeedSecret"),
        ];
        for (json, expected) in table {
            let error = serde_json::from_str::<SeedSecret>(json).err().unwrap();
            let told = unquoted(&error);
            assert!(!told.contains("31337"), "{told}");
            assert!(told.starts_with(expected), "{json}: {told}");
            assert!(told.contains("line 1") && told.contains("column"), "{told}");
        }
    }
}
