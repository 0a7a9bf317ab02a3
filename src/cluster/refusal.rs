//! Why a request to the API server did not do what it was sent for.

use kube::core::Status;

use crate::core::trouble::{Immutability, Trouble};

/// The ways in which the API server does not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no such object.
    #[error("the object does not exist")]
    NotFound,
    /// The cluster has no such kind.
    #[error("the cluster has no such kind")]
    NotServed,
    /// An object of that name is there already.
    #[error("an object of that name exists")]
    Exists,
    /// The object is not the one that was observed any more.
    #[error("the object changed in the meantime")]
    Moved,
    /// What cannot change in place would have to.
    #[error("the object cannot change in that way")]
    Immutable(Immutability),
    /// The namespace is being deleted.
    #[error("the namespace is being deleted")]
    Leaving,
    /// The API server understood and refused.
    #[error("the API server refuses with status {code}, {reason}")]
    Refused {
        /// The HTTP status.
        code: u16,
        /// The one-word reason.
        reason: String,
        /// The fields that it names.
        fields: Vec<String>,
    },
    /// The request was not sent: this process does not lead, or not any more.
    #[error("this process does not lead")]
    NotLeading,
    /// The API server could not cope with the request, which says nothing about whether it was done.
    #[error("the API server fails over the request")]
    Failed,
    /// The Secret of the installation key holds none.
    #[error(
        "it holds no key of at least 32 bytes; delete the Secret ncp-secret-operator-key, and it is made anew"
    )]
    NoKey,
    /// The object is larger than any that the API server could hold.
    #[error("the reply is larger than an object can be")]
    TooLarge,
    /// No usable answer: it may or may not have been done.
    #[error("no usable answer from the API server: {0}")]
    Unreachable(String),
}

impl Refusal {
    /// Understands an answer that is no success; its message is never kept, because it may quote what was written.
    pub(super) fn from_answer(code: u16, status: Option<Status>) -> Self {
        // The API server says so itself in plain text, not as a Status, of what it does not serve.
        let Some(status) = status else {
            return Self::without_status(code);
        };
        let causes = status
            .details
            .map(|details| details.causes)
            .unwrap_or_default();
        let fields: Vec<String> = causes
            .iter()
            .map(|cause| cause.field.clone())
            .filter(|field| !field.is_empty())
            .collect();
        match code {
            404 => Self::NotFound,
            409 if status.reason == "AlreadyExists" => Self::Exists,
            409 => Self::Moved,
            403 if causes
                .iter()
                .any(|cause| cause.reason == "NamespaceTerminating") =>
            {
                Self::Leaving
            }
            422 if causes.is_empty() => Self::Moved,
            422 if fields.iter().any(|field| field == "type") => {
                Self::Immutable(Immutability::Type)
            }
            422 if causes
                .iter()
                .any(|cause| cause.field == "data" && cause.message.contains("immutable")) =>
            {
                Self::Immutable(Immutability::Content)
            }
            400..=428 | 431..=499 => Self::Refused {
                code,
                reason: status.reason,
                fields,
            },
            500 => Self::Failed,
            _ => Self::Unreachable(format!("status {code}")),
        }
    }

    fn without_status(code: u16) -> Self {
        match code {
            404 => Self::NotServed,
            code => Self::from_answer(code, Some(Status::default())),
        }
    }

    /// The trouble that an object's status tells of it; none when trying again is all there is to do.
    #[must_use]
    pub fn into_trouble(self) -> Option<Trouble> {
        match self {
            Self::Immutable(what) => Some(Trouble::Immutable(what)),
            Self::Refused {
                code,
                reason,
                fields,
            } => Some(Trouble::ClusterRefused {
                code,
                reason,
                fields,
            }),
            Self::NotFound
            | Self::NotServed
            | Self::TooLarge
            | Self::Exists
            | Self::Moved
            | Self::Leaving
            | Self::NotLeading
            | Self::Failed
            | Self::NoKey
            | Self::Unreachable(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use kube::core::response::{StatusCause, StatusDetails};

    use super::*;

    fn answer(code: u16, reason: &str, causes: &[(&str, &str, &str)]) -> Refusal {
        let causes = causes
            .iter()
            .map(|(reason, field, message)| StatusCause {
                reason: (*reason).into(),
                field: (*field).into(),
                message: (*message).into(),
            })
            .collect();
        let details = Some(StatusDetails {
            name: String::new(),
            group: String::new(),
            kind: String::new(),
            uid: String::new(),
            causes,
            retry_after_seconds: 0,
        });
        let status = Status {
            code,
            reason: reason.into(),
            details,
            ..Status::default()
        };
        Refusal::from_answer(code, Some(status))
    }

    #[test]
    fn each_answer_is_told_apart() {
        let value = "FieldValueInvalid";
        assert!(matches!(answer(404, "NotFound", &[]), Refusal::NotFound));
        assert!(matches!(
            Refusal::from_answer(404, None),
            Refusal::NotServed
        ));
        assert!(matches!(Refusal::from_answer(409, None), Refusal::Moved));
        assert!(matches!(answer(409, "AlreadyExists", &[]), Refusal::Exists));
        assert!(matches!(answer(409, "Conflict", &[]), Refusal::Moved));
        assert!(matches!(answer(422, "Invalid", &[]), Refusal::Moved));
        assert!(matches!(
            answer(422, "Invalid", &[(value, "type", "field is immutable")]),
            Refusal::Immutable(Immutability::Type)
        ));
        assert!(matches!(
            answer(
                422,
                "Invalid",
                &[(
                    "FieldValueForbidden",
                    "data",
                    "field is immutable when `immutable` is set"
                )]
            ),
            Refusal::Immutable(Immutability::Content)
        ));
        assert!(matches!(
            answer(
                403,
                "Forbidden",
                &[("NamespaceTerminating", "metadata.namespace", "")]
            ),
            Refusal::Leaving
        ));
        assert!(matches!(
            answer(403, "Forbidden", &[]),
            Refusal::Refused { code: 403, .. }
        ));
        assert!(matches!(
            answer(429, "TooManyRequests", &[]),
            Refusal::Unreachable(_)
        ));
        assert!(matches!(answer(500, "InternalError", &[]), Refusal::Failed));
    }

    #[test]
    fn r3_a_refusal_never_repeats_the_message_of_the_api_server() {
        let refusal = answer(
            422,
            "Invalid",
            &[("FieldValueInvalid", "data[x]", "bad: canary-value")],
        );
        assert!(!format!("{refusal:?} {refusal}").contains("canary-value"));
        let trouble = refusal.into_trouble().expect("a refusal is told");
        assert!(!trouble.message().contains("canary-value"));
        assert!(trouble.message().contains("data[x]"));
    }
}
