//! Everything that can keep a Secret from being good.
//!
//! A [`Trouble`] is a value: one variant for each thing that went wrong. [`Trouble::reason`] is the word for it, and
//! what people read about it stands in `speech`.

use std::time::Duration;

use jiff::Timestamp;

use super::pace::Drift;
use super::remote::{Facts, Lifecycle, LookError, Unreadable};
use super::request::StoreKey;
use super::shape::{Fault, KeysError};
use crate::api::Reason;
use crate::api::terms::Stage;

/// Why the Secret is not good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The spec asks for something that cannot be done.
    Spec(SpecError),
    /// The object does not have the form of its kind.
    Undecodable,
    /// The cluster store grants nothing of the kind to this namespace.
    NotGranted {
        /// The store that was asked for.
        store: StoreKey,
    },
    /// There is no such store.
    StoreNotFound {
        /// The store that was asked for.
        store: StoreKey,
    },
    /// The store is one of the cluster, and this operator does not follow those.
    StoreNotFollowed {
        /// The store that was asked for.
        store: StoreKey,
    },
    /// The store itself does not have the form of its kind, or asks for what cannot be.
    StoreNotReady {
        /// The store that was asked for.
        store: StoreKey,
    },
    /// The credential Secret does not hold a key pair.
    CredentialsMissing {
        /// What is wrong with it.
        problem: CredentialsProblem,
    },
    /// The look failed.
    Look(LookError),
    /// The look waits, because its store may make no more calls now.
    BudgetExhausted,
    /// The lifecycle of the secret forbids reading it.
    Withheld {
        /// The lifecycle.
        lifecycle: Lifecycle,
        /// When the secret is destroyed, if its deletion was requested.
        destruction: Option<Timestamp>,
    },
    /// The value is there and cannot be used.
    Unreadable(Unreadable),
    /// The stage holds no value.
    StageEmpty(Stage),
    /// The value does not have a key that is needed.
    MissingKey {
        /// The key that is missing.
        key: String,
    },
    /// The content does not have a key that the type of the Secret requires.
    TypeNeedsKey {
        /// The keys of which one is required.
        keys: &'static [&'static str],
    },
    /// A key that a Secret cannot have.
    InvalidKey {
        /// The key.
        key: String,
    },
    /// Two entries want the same key.
    KeyConflict {
        /// The key.
        key: String,
    },
    /// More than a Secret can hold.
    TooLarge {
        /// The key that does not fit any more.
        key: String,
    },
    /// The keys that are asked for cannot be made of the value.
    Shape(Fault),
    /// The target belongs to somebody else.
    NotOwned {
        /// Who has it.
        holder: Holder,
    },
    /// The target exists and cannot change in the way that is asked for.
    Immutable(Immutability),
    /// The target was deleted and cannot be made again, because the source cannot be read.
    TargetMissing {
        /// Why it cannot be read.
        cause: Box<Self>,
    },
    /// Somebody changed the target, and it cannot be repaired, because the source cannot be read.
    TargetEdited {
        /// The field manager, if it left a trace.
        by: Option<String>,
        /// Why it cannot be read.
        cause: Box<Self>,
    },
    /// The target was deleted with its source, as the spec asks.
    TargetDeleted {
        /// How the source went.
        cause: Box<Self>,
    },
    /// Somebody undoes each repair of the target.
    DriftConflict {
        /// What they do.
        drift: Drift,
    },
    /// The API server refuses the write.
    ClusterRefused {
        /// The HTTP status.
        code: u16,
        /// The API server's one-word reason.
        reason: String,
        /// The fields that it names.
        fields: Vec<String>,
    },
}

/// What is wrong with a spec.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each variant is explained by its sentence in `spec_sentence`"
)]
pub enum SpecError {
    NotOneSource,
    SecretId,
    SecretName,
    StoreName,
    Time { field: &'static str },
    PendingSuffix,
    PendingStage,
    TargetName,
    TargetType,
    Reserved { key: String },
    MetadataKey { key: String },
    LabelValue { key: String },
    AnnotationValue { key: String },
    Annotations { most: usize },
    Count { field: &'static str, most: usize },
    From { key: String },
    WorkloadName,
    WorkloadTwice { name: String },
    Keys(KeysError),
}

impl From<SpecError> for Trouble {
    fn from(error: SpecError) -> Self {
        Self::Spec(error)
    }
}

/// What is wrong with a credential Secret, or with the server role that stands in for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialsProblem {
    /// It does not exist.
    NoSecret {
        /// Its name.
        secret: String,
    },
    /// It lacks a key.
    NoKey {
        /// Its name.
        secret: String,
        /// The key that it lacks.
        key: String,
    },
    /// A key holds something that is no part of an NCP key pair.
    NotAKeyPair {
        /// Its name.
        secret: String,
        /// The key with the wrong content.
        key: String,
    },
    /// We may not read it.
    Forbidden {
        /// Its name.
        secret: String,
    },
    /// The node that we run on has no server role.
    NoServerRole,
    /// A setting keeps us from using server roles.
    ServerRoleOff,
    /// The metadata service of the node does not answer.
    NoMetadata,
    /// What the metadata service answers are no keys of a role.
    NoRoleKeys,
}

/// Who has a Secret that is not ours to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Another `NcpSecret`, whose UID it carries.
    Other {
        /// The name of that object.
        name: String,
    },
    /// Another `NcpSecret`, which asked first.
    Earlier {
        /// The name of that object.
        name: String,
    },
    /// An object that the Secret names as its controller.
    Controller {
        /// Its kind.
        kind: String,
        /// Its name.
        name: String,
    },
    /// Somebody who copied or restored a Secret of ours, with our marks on it.
    Copyist,
    /// Somebody who left no name.
    Unknown,
    /// Nobody: the Secret is being deleted.
    Deleting,
}

/// What of a target cannot change in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Immutability {
    /// Its type.
    Type,
    /// Its content, because somebody set `immutable: true`.
    Content,
}

/// How a trouble bears on a Secret that was good before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearing {
    /// Spec, source or target say that the Secret is not what it should be.
    AtOnce,
    /// Only the look says so: the Secret counts as good until looks have failed for long.
    WhenStale,
}

impl Trouble {
    /// What the lifecycle of a secret means that forbids reading it.
    #[must_use]
    pub fn withheld(facts: &Facts) -> Self {
        let is_leaving = facts.lifecycle == Lifecycle::Revoke;
        Self::Withheld {
            lifecycle: facts.lifecycle.clone(),
            destruction: facts.expected_destroy.filter(|_| is_leaving),
        }
    }

    /// The word for it.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        match self {
            Self::Spec(_) | Self::Undecodable => Reason::InvalidSpec,
            Self::NotGranted { .. } => Reason::NotGranted,
            Self::StoreNotFound { .. } | Self::StoreNotFollowed { .. } => Reason::StoreNotFound,
            Self::StoreNotReady { .. } => Reason::StoreNotReady,
            Self::CredentialsMissing { .. } => Reason::CredentialsMissing,
            Self::Look(error) => look_reason(error),
            Self::BudgetExhausted => Reason::BudgetExhausted,
            Self::Withheld { lifecycle, .. } => match lifecycle {
                Lifecycle::Disable => Reason::SourceDisabled,
                Lifecycle::Revoke => Reason::SourceRevoked,
                Lifecycle::Destroyed => Reason::SourceDestroyed,
                Lifecycle::Enable | Lifecycle::Rotating | Lifecycle::Other(_) => {
                    Reason::SourceUnreadable
                }
            },
            Self::Unreadable(Unreadable::DuplicateKey(_)) | Self::KeyConflict { .. } => {
                Reason::KeyConflict
            }
            Self::Unreadable(_) => Reason::SourceUnreadable,
            Self::StageEmpty(_) => Reason::StageEmpty,
            Self::MissingKey { .. } | Self::TypeNeedsKey { .. } => Reason::MissingKey,
            Self::InvalidKey { .. } => Reason::InvalidKey,
            Self::TooLarge { .. } => Reason::TooLarge,
            Self::Shape(fault) => fault.reason(),
            Self::NotOwned { .. } => Reason::TargetNotOwned,
            Self::Immutable(_) => Reason::TargetImmutable,
            Self::TargetMissing { .. } => Reason::TargetMissing,
            Self::TargetEdited { cause, .. } | Self::TargetDeleted { cause } => cause.reason(),
            Self::DriftConflict { .. } => Reason::DriftConflict,
            Self::ClusterRefused { .. } => Reason::ClusterRefused,
        }
    }

    /// Whether it makes Ready False at once or only after `staleAfter`.
    #[must_use]
    pub const fn bearing(&self) -> Bearing {
        if matches!(self, Self::TargetEdited { .. }) {
            return Bearing::AtOnce;
        }
        match self.reason() {
            Reason::StoreNotFound
            | Reason::StoreNotReady
            | Reason::CredentialsMissing
            | Reason::CredentialsRejected
            | Reason::PermissionDenied
            | Reason::ClockSkew
            | Reason::Throttled
            | Reason::SourceUnavailable => Bearing::WhenStale,
            _ => Bearing::AtOnce,
        }
    }

    /// The trouble behind it, for one that is only its consequence.
    #[must_use]
    pub fn root(&self) -> &Self {
        match self {
            Self::TargetMissing { cause }
            | Self::TargetEdited { cause, .. }
            | Self::TargetDeleted { cause } => cause.root(),
            other => other,
        }
    }

    /// Whether trying again soon may be all that it takes.
    #[must_use]
    pub fn is_retried(&self) -> bool {
        self.root().bearing() == Bearing::WhenStale
            || matches!(self.root(), Self::ClusterRefused { .. })
    }

    /// How long the service asks to wait before the next call.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self.root() {
            Self::Look(
                LookError::Throttled { retry_after } | LookError::Unavailable { retry_after, .. },
            ) => *retry_after,
            _ => None,
        }
    }
}

impl LookError {
    /// The word for it.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        look_reason(self)
    }
}

const fn look_reason(error: &LookError) -> Reason {
    match error {
        LookError::CredentialsRejected => Reason::CredentialsRejected,
        LookError::ClockSkew { .. } => Reason::ClockSkew,
        LookError::PermissionDenied => Reason::PermissionDenied,
        LookError::NotFound | LookError::NameNotFound | LookError::NameAmbiguous => {
            Reason::SourceNotFound
        }
        LookError::Throttled { .. } => Reason::Throttled,
        LookError::Unavailable { .. } => Reason::SourceUnavailable,
    }
}

#[cfg(test)]
mod tests;
