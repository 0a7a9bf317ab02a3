//! The words that a spec and the service share: region, isolation of the KMS key, stage.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A region that offers Secret Manager (NCP page `secretmanager-spec`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Region {
    /// Korea.
    #[serde(rename = "KR")]
    Kr,
    /// Japan.
    #[serde(rename = "JPN")]
    Jpn,
}

/// Which KMS keys protect the secrets of a store; the API host depends on it (NCP page `secretmanager-api-overview`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum KeyIsolation {
    /// Ask the regional host first, and the global one when that does not know the secret.
    #[default]
    Auto,
    /// Keys of the region only.
    Regional,
    /// Global keys only; Korea only.
    Global,
}

/// Which value of the secret's chain is read (NCP page `secretmanager-use`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Stage {
    /// The value in normal use.
    #[default]
    Active,
    /// The value in use just before.
    Previous,
    /// The new value of a rotation that is not complete.
    Pending,
}

impl Stage {
    /// The word that stands in NCP's documentation and replies.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Previous => "PREVIOUS",
            Self::Pending => "PENDING",
        }
    }
}
