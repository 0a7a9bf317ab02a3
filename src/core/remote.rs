//! What one look at a source brings back, and the ways in which a look fails.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::api::terms::Stage;
use crate::value::Value;

/// How a spec names a secret in the service.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SourceRef {
    /// By the ID that the service gave it.
    Id(String),
    /// By its name, which the service cannot look up directly.
    Name(String),
}

/// Which values of the chain a look is to bring back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wanted {
    /// That of one stage.
    Stage(Stage),
    /// That in use, and while a rotation is not complete also the one to come.
    ActiveAndPending,
}

impl Wanted {
    /// The stage whose value is the one that counts.
    #[must_use]
    pub const fn stage(self) -> Stage {
        match self {
            Self::Stage(stage) => stage,
            Self::ActiveAndPending => Stage::Active,
        }
    }
}

/// The secret as read: what the service says about it, and its value if that could be had.
pub struct Remote {
    /// What the detail call said.
    pub facts: Facts,
    /// What became of reading the value.
    pub reading: Reading,
    /// The PENDING value, if it was wanted, a rotation is not complete, and the value is there and can be used.
    pub pending: Option<Pairs>,
}

impl Remote {
    /// What a look brings back when there is no PENDING value to show.
    #[must_use]
    pub const fn without_pending(facts: Facts, reading: Reading) -> Self {
        Self {
            facts,
            reading,
            pending: None,
        }
    }
}

/// The state of a secret in the service's own words (`secretmanager-getsecretdetail`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The service's ID.
    pub secret_id: String,
    /// The name that people gave it.
    pub secret_name: String,
    /// The host that knows it.
    pub host: Host,
    /// `secretStatus`.
    pub lifecycle: Lifecycle,
    /// `rotationPhase`.
    pub phase: Phase,
    /// Whether it rotates by itself (`autoRotationYN`).
    pub automatic: bool,
    /// Days between automatic rotations.
    pub period_days: Option<i64>,
    /// When the next automatic rotation is due.
    pub next_rotation: Option<Timestamp>,
    /// When it is destroyed, once its deletion was requested.
    pub expected_destroy: Option<Timestamp>,
    /// When the service last changed it; which changes count is not documented.
    pub updated: Option<Timestamp>,
}

/// The two kinds of API host; which one knows a secret depends on its KMS key (`secretmanager-api-overview`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// The host of the region, for secrets under a region-isolated key.
    Regional,
    /// The host for secrets under a global key.
    Global,
}

impl Host {
    /// The word that stands in specs and status.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Regional => "Regional",
            Self::Global => "Global",
        }
    }
}

/// `secretStatus` (`secretmanager-createsecret`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lifecycle {
    /// In use.
    Enable,
    /// Suspended: not readable.
    Disable,
    /// Deletion requested: not readable.
    Revoke,
    /// A rotation runs.
    Rotating,
    /// Gone for good.
    Destroyed,
    /// A word that is not documented.
    Other(String),
}

impl Lifecycle {
    /// Understands the service's word.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            "ENABLE" => Self::Enable,
            "DISABLE" => Self::Disable,
            "REVOKE" => Self::Revoke,
            "ROTATING" => Self::Rotating,
            "DESTROYED" => Self::Destroyed,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The service's own word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Enable => "ENABLE",
            Self::Disable => "DISABLE",
            Self::Revoke => "REVOKE",
            Self::Rotating => "ROTATING",
            Self::Destroyed => "DESTROYED",
            Self::Other(word) => word,
        }
    }

    /// Whether a value can be expected; an unknown word gets the benefit of the doubt.
    #[must_use]
    pub const fn readable(&self) -> bool {
        matches!(self, Self::Enable | Self::Rotating | Self::Other(_))
    }
}

/// `rotationPhase` (`secretmanager-createsecret`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Never rotated, or the last rotation ended well.
    None,
    /// A rotation runs.
    Rotating,
    /// The last rotation failed.
    Failed,
    /// A word that is not documented.
    Other(String),
}

impl Phase {
    /// Understands the service's word.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            "NONE" => Self::None,
            "ROTATING" => Self::Rotating,
            "ROTATION_FAILED" => Self::Failed,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The service's own word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::None => "NONE",
            Self::Rotating => "ROTATING",
            Self::Failed => "ROTATION_FAILED",
            Self::Other(word) => word,
        }
    }
}

/// What became of reading the value.
pub enum Reading {
    /// The pairs of the value.
    Value(Pairs),
    /// The stage holds no value.
    Empty,
    /// The lifecycle forbids reading, so nobody asked.
    Withheld,
    /// The value is there and is not what it must be.
    Unreadable(Unreadable),
    /// The call for the value failed after the call for the detail had succeeded.
    Failed(LookError),
}

/// The pairs of a value in the order in which they were written; no name stands twice.
pub struct Pairs(pub(super) Vec<Pair>);

/// One pair of a value.
pub(super) struct Pair {
    /// Its name.
    pub(super) name: String,
    /// What it holds: of a string the text that it stands for, of anything else its JSON.
    pub(super) value: Value,
    /// Whether it is a string.
    pub(super) is_text: bool,
}

impl Pairs {
    /// Each name with its value.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.0.iter().map(|pair| (pair.name.as_str(), &pair.value))
    }

    /// The value of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.iter()
            .find(|(other, _)| *other == name)
            .map(|(_, value)| value)
    }

    /// The pairs in the order of their names, which is the same however the service orders them.
    pub(super) fn sorted(&self) -> Vec<&Pair> {
        let mut pairs: Vec<_> = self.0.iter().collect();
        pairs.sort_by_key(|pair| &pair.name);
        pairs
    }
}

/// Why a value cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is no JSON.
    NotJson,
    /// It is JSON, and no object.
    NotAnObject,
    /// It is an object without a single pair, which the service never takes for a value.
    NoPairs,
    /// A name stands twice in the object.
    DuplicateKey(String),
    /// The service says that the state of the secret does not allow to read it, and shows no such state.
    WrongState,
}

/// Why a look brought nothing back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookError {
    /// The service does not accept the access key or its signature.
    CredentialsRejected,
    /// The request was refused for its timestamp: the service's `Date` header differs from our clock.
    ClockSkew {
        /// How far our clock is ahead of the service's; negative when it is behind.
        ahead: SignedDuration,
    },
    /// The key is good and may not do this.
    PermissionDenied,
    /// Every host of the store answered with the service's own `NOT_FOUND`.
    NotFound,
    /// No host of the store lists the name, or the last list still shows it with an ID that is gone.
    NameNotFound,
    /// Several secrets bear the name.
    NameAmbiguous,
    /// The service asks for fewer calls.
    Throttled {
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// No usable answer.
    Unavailable {
        /// What happened instead.
        failure: Failure,
        /// How long the answer asks to wait, if there was one.
        retry_after: Option<Duration>,
    },
}

/// The ways of getting no usable answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No connection.
    Connect,
    /// A connection, but no encrypted one: usually a certificate that is not trusted or names another host.
    Handshake,
    /// No complete answer within the deadline.
    Timeout,
    /// The connection ended in the middle, or what came is no HTTP.
    Interrupted,
    /// An HTTP status that says nothing about the secret.
    Status(u16),
    /// The service finds the request invalid (HTTP 400), or the ID cannot stand in a URL; usually the ID is none.
    InvalidRequest,
    /// The gateway does not know the URL, which says nothing about the secret.
    UnknownUrl,
    /// A redirect, which is never followed.
    Redirect,
    /// More bytes than such an answer can have.
    TooLarge,
    /// An answer that is not what the API documents.
    Malformed,
}
