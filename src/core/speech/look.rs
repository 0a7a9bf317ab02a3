//! What is said of a look that brought no value.

use super::quote;
use crate::core::remote::{Failure, LookError, Unreadable};

pub(super) const fn look_sentence(error: &LookError) -> &'static str {
    match error {
        LookError::CredentialsRejected => "NCP does not accept the access key of the store.",
        LookError::ClockSkew { .. } => {
            "NCP refuses requests because the clock of this node differs by more than 5 minutes."
        }
        LookError::PermissionDenied => "The access key of the store may not read this secret.",
        LookError::NotFound => "NCP knows no secret with this ID.",
        LookError::NameNotFound => "NCP lists no secret with this name.",
        LookError::NameAmbiguous => "NCP lists several secrets with this name.",
        LookError::Throttled { .. } => "NCP asks for fewer requests.",
        LookError::Unavailable { failure, .. } => match failure {
            Failure::Connect => "No connection to NCP could be made.",
            Failure::Handshake => "The API host could not prove over TLS that it is NCP.",
            Failure::InvalidRequest => "NCP does not accept the form of the request.",
            Failure::Timeout => "NCP did not answer in time.",
            Failure::Interrupted => "The connection to NCP ended in the middle of an answer.",
            Failure::Status(_) => "NCP answers with an error of its own.",
            Failure::UnknownUrl => {
                "The API host does not know the address of Secret Manager's API."
            }
            Failure::Redirect => "The API host answered with a redirect, which is never followed.",
            Failure::TooLarge => "The answer of the API host is larger than any real one.",
            Failure::Malformed => "The answer of the API host is not one of Secret Manager.",
        },
    }
}

pub(super) const fn look_advice(error: &LookError) -> &'static str {
    match error {
        LookError::CredentialsRejected => {
            "Correct the key pair in the store's Secret; it is read again within seconds."
        }
        LookError::ClockSkew { .. } => "Correct the clock of the node.",
        LookError::PermissionDenied => "Give the key's account the right to view the secret.",
        LookError::NotFound | LookError::NameNotFound => {
            "Check the ID or name, and the region and keyIsolation of the store."
        }
        LookError::NameAmbiguous => "Use spec.source.secretId instead.",
        LookError::Throttled { .. } => "The next look comes later by itself.",
        LookError::Unavailable { failure, .. } => match failure {
            Failure::InvalidRequest => "Check the ID or name in spec.source.",
            Failure::Handshake
            | Failure::UnknownUrl
            | Failure::Redirect
            | Failure::TooLarge
            | Failure::Malformed => {
                "Check the endpoints that the operator was started with, and proxies in between."
            }
            Failure::Connect | Failure::Timeout | Failure::Interrupted | Failure::Status(_) => {
                "It is tried again by itself; check egress to port 443 if it lasts."
            }
        },
    }
}

pub(super) fn unreadable_sentence(why: &Unreadable) -> String {
    match why {
        Unreadable::NotJson => "The value in NCP is no JSON.".into(),
        Unreadable::NotAnObject => "The value in NCP is no JSON object.".into(),
        Unreadable::NoPairs => "The value in NCP is an object without any key.".into(),
        Unreadable::DuplicateKey(key) => {
            format!("The value in NCP has the key {} twice.", quote(key))
        }
        Unreadable::WrongState => {
            "NCP says that the state of the secret does not allow to read it.".into()
        }
    }
}
