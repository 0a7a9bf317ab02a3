//! Why an attempt ended early, and what becomes of that.

use super::connections::Denied;
use crate::api::Reason;
use crate::cluster::Refusal;
use crate::core::outcome::Outcome;
use crate::core::remote::Facts;
use crate::core::trouble::{Bearing, Trouble};

/// Why an attempt ended early.
pub(super) enum Failure {
    /// Something is wrong, and status tells what.
    Trouble {
        trouble: Box<Trouble>,
        facts: Option<Box<Facts>>,
        /// Proof that the secret was seen in REVOKE, if it was.
        revoked: Option<String>,
    },
    /// It could not end, and starts again.
    Interrupted,
    /// Its store may make no more calls now.
    Held,
    /// The namespace is going away.
    Leaving,
}

impl Failure {
    /// The same failure, after the service had said this much.
    pub(super) fn with(self, facts: Facts, revoked: Option<String>) -> Self {
        match self {
            Self::Trouble { trouble, .. } => Self::Trouble {
                trouble,
                facts: Some(Box::new(facts)),
                revoked,
            },
            other => other,
        }
    }

    /// Whether the trouble leaves the target as it was found: nobody can say what would have to be in it.
    pub(super) fn leaves_the_target(&self) -> bool {
        matches!(self, Self::Trouble { trouble, .. } if leaves_the_target(trouble))
    }

    /// What is wrong, if status is to tell it.
    pub(super) fn trouble(&self) -> Option<&Trouble> {
        match self {
            Self::Trouble { trouble, .. } => Some(trouble),
            Self::Interrupted | Self::Held | Self::Leaving => None,
        }
    }

    /// The same failure, with what it means for the Secret.
    pub(super) fn mapped(self, consequence: impl FnOnce(Box<Trouble>) -> Trouble) -> Self {
        match self {
            Self::Trouble {
                trouble,
                facts,
                revoked,
            } => Self::Trouble {
                trouble: Box::new(consequence(trouble)),
                facts,
                revoked,
            },
            other => other,
        }
    }

    /// How the pass ends with it.
    pub(super) fn into_outcome(self) -> Outcome {
        match self {
            Self::Interrupted => Outcome::Interrupted,
            Self::Held => Outcome::Held,
            Self::Leaving => Outcome::Leaving,
            Self::Trouble {
                trouble,
                facts,
                revoked,
            } => Outcome::Failed {
                trouble: *trouble,
                facts: facts.map(|facts| *facts),
                revoked,
            },
        }
    }
}

/// Whether the trouble leaves the target as it was found: nobody can say what would have to be in it.
fn leaves_the_target(trouble: &Trouble) -> bool {
    trouble.bearing() == Bearing::WhenStale
        || matches!(
            trouble.reason(),
            Reason::NotGranted
                | Reason::SourceDisabled
                | Reason::SourceRevoked
                | Reason::SourceDestroyed
                | Reason::SourceNotFound
                | Reason::SourceUnreadable
                | Reason::StageEmpty
                | Reason::MissingKey
                | Reason::InvalidKey
                | Reason::KeyConflict
                | Reason::TooLarge
                | Reason::TemplateFailed
        )
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble {
            trouble: Box::new(trouble),
            facts: None,
            revoked: None,
        }
    }
}

impl From<Denied> for Failure {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Trouble(trouble) => trouble.into(),
            Denied::Interrupted => Self::Interrupted,
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Leaving => Self::Leaving,
            other => other.into_trouble().map_or(Self::Interrupted, Self::from),
        }
    }
}
