//! What encrypts a secret: the service's own key, or a key of the user in KMS.

use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use super::secret::Region;

/// `kmsBoundaryType`: decides on which host a secret of Korea lives (`secretmanager-api-overview`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Boundary {
    /// Kept inside the region; what every new secret has.
    #[default]
    Isolated,
    /// The boundary of old keys; Korea only.
    Global,
}

impl Boundary {
    /// NCP's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Isolated => "ISOLATED",
            Self::Global => "GLOBAL",
        }
    }
}

/// What encrypts a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Protection {
    /// The boundary of the key.
    pub boundary: Boundary,
    /// The user's key; the service's own without one.
    pub key: Option<KeyName>,
}

/// A user's key as a secret shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyName {
    /// `kmsKeyTag`.
    pub tag: String,
    /// `kmsKeyName`.
    pub name: String,
}

/// A user's key in KMS (`secretmanager-getprotectionkeylist`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ProtectionKey {
    /// `keyTag`, unique in the account.
    pub tag: String,
    /// `keyName`.
    pub name: String,
    /// Where it lives.
    #[serde(default)]
    pub region: Region,
    /// Its boundary.
    #[serde(default)]
    pub boundary: Boundary,
    /// Its cipher.
    #[serde(default)]
    pub cipher: Cipher,
    /// Whether it is disabled, and so cannot be chosen.
    #[serde(default)]
    pub disabled: bool,
}

/// `keyType` of a user's key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Cipher {
    /// AES-256-GCM96.
    #[default]
    Aes256,
    /// RSA-2048.
    Rsa2048,
}

impl Cipher {
    /// NCP's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Aes256 => "AES256",
            Self::Rsa2048 => "RSA2048",
        }
    }
}

/// A wish for what shall encrypt a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProtectionChoice {
    /// The user's key by its tag; the service's own without one.
    pub key_tag: Option<String>,
    /// The boundary; that of the user's key, or isolated, without one.
    pub boundary: Option<Boundary>,
}

impl ProtectionChoice {
    /// What the wish comes to in a region.
    pub(super) fn resolve<'a>(
        &self,
        region: Region,
        find: impl FnOnce(&str) -> Option<&'a ProtectionKey>,
    ) -> Result<Protection, Refusal> {
        let protection = match &self.key_tag {
            None => Protection {
                boundary: self.boundary.unwrap_or_default(),
                key: None,
            },
            Some(tag) => self.with_key(
                find(tag)
                    .filter(|key| key.region == region)
                    .ok_or(Refusal::ProtectionKeyNotFound)?,
            )?,
        };
        if region == Region::Jpn && protection.boundary == Boundary::Global {
            return Err(Refusal::Invalid(
                "kmsBoundaryType is always ISOLATED in Japan",
            ));
        }
        Ok(protection)
    }

    fn with_key(&self, key: &ProtectionKey) -> Result<Protection, Refusal> {
        if key.disabled {
            return Err(Refusal::ProtectionKeyUnusable("it is disabled"));
        }
        if self.boundary.is_some_and(|wanted| wanted != key.boundary) {
            return Err(Refusal::ProtectionKeyUnusable("its boundary is another"));
        }
        Ok(Protection {
            boundary: key.boundary,
            key: Some(KeyName {
                tag: key.tag.clone(),
                name: key.name.clone(),
            }),
        })
    }
}
