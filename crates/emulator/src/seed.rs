//! The seed file: what an emulator holds when it starts, as YAML.

use std::fmt;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::auth::{Key, KeyRefused, Role};
use crate::behavior::Behavior;
use crate::emulator::Emulator;
use crate::metadata::ServerRole;
use crate::state::{
    Boundary, Change, NewSecret, ProtectionChoice, ProtectionKey, Refusal, Region, Rotation, Stage,
    Text, Trigger,
};

/// What an emulator shall hold. Every part may be absent.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Seed {
    behavior: Behavior,
    keys: Vec<SeedKey>,
    triggers: Vec<Trigger>,
    protection_keys: Vec<ProtectionKey>,
    secrets: Vec<SeedSecret>,
    server_role: Option<SeedServerRole>,
}

/// The role of the server whose metadata service this is; its identifier is made up unless it is given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SeedServerRole {
    id: Option<String>,
    name: String,
    role: Role,
}

/// A key; made up unless both halves are given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SeedKey {
    access_key: Option<String>,
    secret_key: Option<String>,
    role: Role,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SeedSecret {
    name: String,
    id: Option<String>,
    #[serde(default)]
    memo: String,
    #[serde(default)]
    region: Region,
    boundary: Option<Boundary>,
    kms_key_tag: Option<String>,
    value: SeedValue,
    previous: Option<SeedValue>,
    pending: Option<SeedValue>,
    rotation_targets: Option<Vec<String>>,
    trigger: Option<String>,
    /// Days; automatic rotation is on when it is given.
    rotation_period: Option<u32>,
    #[serde(default)]
    disabled: bool,
}

/// A value: its JSON text, or its pairs.
#[derive(Deserialize)]
#[serde(untagged)]
enum SeedValue {
    Text(Text),
    Pairs(IndexMap<String, Value>),
}

impl SeedValue {
    fn into_text(self) -> Text {
        match self {
            Self::Text(text) => text,
            // Pairs whose keys are texts can always be written.
            Self::Pairs(pairs) => Text::from(serde_json::to_string(&pairs).unwrap_or_default()),
        }
    }
}

/// Why a seed cannot be had. The text never quotes the file, which holds values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeedError {
    /// The text is not YAML, or not that of a seed.
    #[error("the seed file is not understood{}", .0.map(|place| format!(" at {place}")).unwrap_or_default())]
    Unreadable(Option<Place>),
    /// Only one half of a key is given.
    #[error("key {0} of the seed file has one half only")]
    HalfAKey(usize),
    /// A key is malformed.
    #[error("key {number} of the seed file cannot be added")]
    Key {
        /// Its place among the keys, from 1.
        number: usize,
        /// Why.
        source: KeyRefused,
    },
    /// A secret is refused.
    #[error("the secret {name} of the seed file cannot be created")]
    Secret {
        /// Its name.
        name: String,
        /// Why.
        source: Refusal,
    },
}

/// A place in a file, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: u64,
    /// The column.
    pub column: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}, column {}", self.line, self.column)
    }
}

impl Seed {
    /// Reads a seed file.
    ///
    /// # Errors
    ///
    /// [`SeedError::Unreadable`].
    pub fn parse(yaml: &str) -> Result<Self, SeedError> {
        serde_saphyr::from_str(yaml).map_err(|error| {
            let place = error.location().map(|location| Place {
                line: location.line(),
                column: location.column(),
            });
            SeedError::Unreadable(place)
        })
    }

    /// Puts everything into an emulator and gives the keys.
    ///
    /// # Errors
    ///
    /// [`SeedError`] of the first key or secret that cannot be added; those before it are added.
    pub fn sow(self, emulator: &Emulator) -> Result<Vec<Key>, SeedError> {
        emulator.behave(|behavior| *behavior = self.behavior);
        for trigger in self.triggers {
            emulator.put_trigger(trigger);
        }
        for key in self.protection_keys {
            emulator.put_protection_key(key);
        }
        for secret in self.secrets {
            let name = secret.name.clone();
            secret
                .sow(emulator)
                .map_err(|source| SeedError::Secret { name, source })?;
        }
        if let Some(role) = self.server_role {
            emulator.set_server_role(Some(role.into_role(emulator.clock().now())));
        }
        let keys = self.keys.into_iter().zip(1..);
        keys.map(|(key, number)| key.sow(number, emulator))
            .collect()
    }
}

impl SeedServerRole {
    fn into_role(self, created: Timestamp) -> ServerRole {
        let mut role = ServerRole::named(&self.name, self.role, created);
        if let Some(id) = self.id {
            role.id = id;
        }
        role
    }
}

impl SeedKey {
    fn sow(self, number: usize, emulator: &Emulator) -> Result<Key, SeedError> {
        match (self.access_key, self.secret_key) {
            (None, None) => Ok(emulator.add_key(self.role)),
            (Some(access_key), Some(secret_key)) => {
                let key = Key {
                    access_key,
                    secret_key,
                };
                emulator
                    .add_given_key(&key, self.role)
                    .map_err(|source| SeedError::Key { number, source })?;
                Ok(key)
            }
            _ => Err(SeedError::HalfAKey(number)),
        }
    }
}

impl SeedSecret {
    fn sow(self, emulator: &Emulator) -> Result<(), Refusal> {
        let mut new = NewSecret::named(&self.name)
            .memo(&self.memo)
            .region(self.region)
            .protection(ProtectionChoice {
                key_tag: self.kms_key_tag,
                boundary: self.boundary,
            })
            .value(self.value.into_text())
            .rotation(Rotation {
                period: self.rotation_period,
                trigger: self.trigger,
            });
        if let Some(id) = &self.id {
            new = new.id(id);
        }
        if let Some(targets) = self.rotation_targets {
            new = new.rotation_targets(targets);
        }
        let id = emulator.create_secret(new)?;
        let others = [
            (Stage::Previous, self.previous),
            (Stage::Pending, self.pending),
        ];
        for (stage, value) in others {
            if let Some(value) = value {
                emulator.apply(&id, Change::UpdateStage(stage, Some(value.into_text())))?;
            }
        }
        if self.disabled {
            emulator.disable(&id)?;
        }
        Ok(())
    }
}
