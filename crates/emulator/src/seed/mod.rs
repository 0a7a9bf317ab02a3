//! The seed file: what an emulator holds when it starts, as YAML.

mod key;
mod secret;
mod server_role;

use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};
use serde_saphyr::Error as YamlError;

use crate::auth::{Key, KeyRefused};
use crate::behavior::{Behavior, SwitchRefused};
use crate::emulator::Emulator;
use crate::fault::Fault;
use crate::state::{FindError, ProtectionKey, Refusal, Text, Trigger, Unfit};

pub(crate) use key::SeedKey;
pub(crate) use secret::{SeedSecret, SeedValue};
pub(crate) use server_role::SeedServerRole;

/// What an emulator shall hold. Every part may be absent.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Seed {
    /// The switches that are named.
    behavior: Map<String, Value>,
    /// The positions of the others.
    #[serde(skip)]
    others: Behavior,
    keys: Vec<SeedKey>,
    triggers: Vec<Trigger>,
    protection_keys: Vec<ProtectionKey>,
    secrets: Vec<SeedSecret>,
    server_role: Option<SeedServerRole>,
    faults: Vec<Fault>,
}

/// Why a seed cannot be had. Of the file, which holds values, the text quotes switches and names at most.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeedError {
    /// The text is not YAML, or not that of a seed.
    #[error("the seed file is not understood{}", .0.map(|place| format!(" at {place}")).unwrap_or_default())]
    Unreadable(Option<Place>),
    /// A switch cannot be moved.
    #[error(transparent)]
    Switch(#[from] SwitchRefused),
    /// A key is malformed, or has one half only.
    #[error("key {number} of the seed cannot be added")]
    Key {
        /// Its place among the keys, from 1.
        number: usize,
        /// Why.
        source: KeyRefused,
    },
    /// A trigger makes no sense.
    #[error("trigger {number} of the seed cannot be added")]
    Trigger {
        /// Its place among the triggers, from 1.
        number: usize,
        /// Why.
        source: Unfit,
    },
    /// A protection key makes no sense.
    #[error("protection key {number} of the seed cannot be added")]
    ProtectionKey {
        /// Its place among the protection keys, from 1.
        number: usize,
        /// Why.
        source: Unfit,
    },
    /// A secret is refused.
    #[error("the secret {name} of the seed cannot be created")]
    Secret {
        /// Its name.
        name: String,
        /// Why.
        source: Refusal,
    },
    /// A fault is not understood.
    #[error("the fault is not understood: {0}")]
    Fault(String),
    /// A fault names a secret that there is not.
    #[error("fault {number} of the seed has no subject")]
    FaultSecret {
        /// Its place among the faults, from 1.
        number: usize,
        /// Why.
        source: FindError,
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
    /// [`SeedError::Unreadable`] or [`SeedError::Switch`].
    pub fn parse(yaml: &str) -> Result<Self, SeedError> {
        let seed: Self =
            serde_saphyr::from_str(yaml).map_err(|error| SeedError::Unreadable(place(&error)))?;
        seed.behavior()?;
        Ok(seed)
    }

    /// With the positions of [`Behavior::strict`] for the switches that are not named.
    pub fn be_strict(&mut self) {
        self.others = Behavior::strict();
    }

    fn behavior(&self) -> Result<Behavior, SwitchRefused> {
        self.others.patched(self.behavior.clone())
    }

    /// With a value for the secrets of this name, or else with a further secret of Korea behind an isolated key.
    pub fn set_secret(&mut self, name: &str, value: impl Into<Text>) {
        let value = value.into();
        let mut known = false;
        for secret in self.secrets.iter_mut().filter(|it| it.name() == name) {
            secret.set_value(value.clone());
            known = true;
        }
        if !known {
            self.secrets.push(SeedSecret::named(name, value));
        }
    }

    /// With a further fault, in YAML or JSON.
    ///
    /// # Errors
    ///
    /// [`SeedError::Fault`].
    pub fn add_fault(&mut self, yaml: &str) -> Result<(), SeedError> {
        let fault = serde_saphyr::from_str(yaml);
        self.faults
            .push(fault.map_err(|error: YamlError| SeedError::Fault(error.to_string()))?);
        Ok(())
    }

    /// With a switch moved, see [`Behavior::set`].
    ///
    /// # Errors
    ///
    /// [`SwitchRefused`].
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), SwitchRefused> {
        let mut named = self.behavior.clone();
        named.insert(name.to_owned(), Value::from(text));
        self.others.patched(named.clone())?;
        self.behavior = named;
        Ok(())
    }

    /// Puts the faults into an emulator, and nothing else.
    pub(crate) fn sow_faults_only(self, emulator: &Emulator) -> Result<(), SeedError> {
        sow_faults(self.faults, emulator)
    }

    /// Puts everything into an emulator and gives the keys.
    ///
    /// # Errors
    ///
    /// [`SeedError`] of the first switch, trigger, key, secret or fault that cannot be added; what is before it is added.
    pub fn sow(self, emulator: &Emulator) -> Result<Vec<Key>, SeedError> {
        let moved = self.behavior()?;
        emulator.behave(|behavior| *behavior = moved);
        for (trigger, number) in self.triggers.into_iter().zip(1..) {
            emulator
                .change(|state, _| state.admit_trigger(trigger))
                .map_err(|source| SeedError::Trigger { number, source })?;
        }
        for (key, number) in self.protection_keys.into_iter().zip(1..) {
            emulator
                .change(|state, _| state.admit_protection_key(key))
                .map_err(|source| SeedError::ProtectionKey { number, source })?;
        }
        for secret in self.secrets {
            let name = secret.name().to_owned();
            emulator
                .change(|state, now| secret.sow(state, now))
                .map_err(|source| SeedError::Secret { name, source })?;
        }
        sow_faults(self.faults, emulator)?;
        if let Some(role) = self.server_role {
            emulator.set_server_role(Some(role.into_role(emulator.clock().now())));
        }
        let keys = self.keys.into_iter().zip(1..);
        keys.map(|(key, number)| {
            emulator
                .add_seed_key(key)
                .map_err(|source| SeedError::Key { number, source })
        })
        .collect()
    }
}

fn sow_faults(faults: Vec<Fault>, emulator: &Emulator) -> Result<(), SeedError> {
    for (fault, number) in faults.into_iter().zip(1..) {
        emulator
            .add_named_fault(fault)
            .map_err(|source| SeedError::FaultSecret { number, source })?;
    }
    Ok(())
}

fn place(error: &YamlError) -> Option<Place> {
    error.location().map(|location| Place {
        line: location.line(),
        column: location.column(),
    })
}
