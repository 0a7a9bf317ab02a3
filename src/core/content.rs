//! The content of the Secret: its keys with their values, and its keyed hash.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::shape::Fault;
use super::trouble::Trouble;
use crate::value::Value;

/// The keys and values that a Secret is to have; what needs no making is borrowed from what was read.
#[derive(Default)]
pub struct Content<'remote> {
    entries: BTreeMap<Cow<'remote, str>, Held<'remote>>,
    /// The keys that hold a PENDING value and go when its rotation is over.
    pending_keys: BTreeSet<String>,
    size: usize,
}

/// What a Secret holds under one key.
pub(super) enum Held<'remote> {
    /// A value as it was read.
    Read(&'remote Value),
    /// A value that was made of what was read.
    Made(Value),
}

impl Held<'_> {
    const fn value(&self) -> &Value {
        match self {
            Self::Read(value) => value,
            Self::Made(value) => value,
        }
    }
}

/// Most bytes that Kubernetes takes in the values of one Secret.
pub(super) const LARGEST: usize = 1024 * 1024;

/// Most keys that status can list, ten times what the service takes in one value.
pub(super) const MOST_KEYS: usize = 1024;

impl<'remote> Content<'remote> {
    /// One key with its value.
    #[must_use]
    pub fn single(key: &'remote str, value: &'remote Value) -> Self {
        Self {
            entries: BTreeMap::from([(Cow::Borrowed(key), Held::Read(value))]),
            pending_keys: BTreeSet::new(),
            size: value.len(),
        }
    }

    /// The bytes that may still be added.
    pub(super) const fn room(&self) -> usize {
        LARGEST.saturating_sub(self.size)
    }

    /// Adds a key that is not there yet, if it fits.
    pub(super) fn add(
        &mut self,
        key: Cow<'remote, str>,
        held: Held<'remote>,
    ) -> Result<(), Trouble> {
        let size = held.value().len();
        if size > self.room() {
            return Err(Trouble::TooLarge {
                key: key.into_owned(),
            });
        }
        if self.entries.len() >= MOST_KEYS {
            return Err(Fault::TooManyKeys.into());
        }
        self.size += size;
        self.entries.insert(key, held);
        Ok(())
    }

    /// Adds a key with the PENDING value of another, if it fits; without it the Secret is as good.
    pub(super) fn add_pending(&mut self, key: String, held: Held<'remote>) {
        if self.add(Cow::Owned(key.clone()), held).is_ok() {
            self.pending_keys.insert(key);
        }
    }

    /// Each key with its value, in the order of the keys, without those that hold a PENDING value.
    pub fn in_use(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.iter()
            .filter(|(key, _)| !self.pending_keys.contains(*key))
    }

    /// Whether there is such a key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Each key with its value, in the order of the keys.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.entries
            .iter()
            .map(|(key, held)| (key.as_ref(), held.value()))
    }

    /// Whether the Secret has exactly these keys.
    pub fn has_keys<'key>(&self, keys: impl ExactSizeIterator<Item = &'key String>) -> bool {
        keys.len() == self.entries.len() && keys.zip(self.entries.keys()).all(|(a, b)| a == b)
    }
}

/// The key of the installation, under which content is hashed, so that nobody can guess a value from its hash.
pub struct InstallationKey {
    key: Value,
    id: String,
}

impl InstallationKey {
    /// Takes the key; its ID is derived from it, so that a lost and remade key has another one.
    #[must_use]
    pub fn new(key: Value) -> Self {
        let id = hex(&keyed_hash(&key, [b"installation key id".as_slice()]))
            .chars()
            .take(8)
            .collect();
        Self { key, id }
    }

    /// The content annotation of the Secret of an object, with that type and content: `<key id>.<HMAC-SHA256 in hex>`.
    ///
    /// The object's UID is in it, so that nobody learns by comparing whether two objects hold the same.
    #[must_use]
    pub fn mark(&self, uid: &str, type_: &str, content: &Content<'_>) -> String {
        let parts = content
            .iter()
            .flat_map(|(key, value)| [key.as_bytes(), value.expose()]);
        let about = ["content", uid, type_].map(str::as_bytes);
        let hash = keyed_hash(&self.key, about.into_iter().chain(parts));
        format!("{}.{}", self.id, hex(&hash))
    }

    /// What nobody can write who does not have the key: `<key id>.<HMAC-SHA256 of the parts in hex>`.
    pub(super) fn proof(&self, parts: &[&str]) -> String {
        let hash = keyed_hash(&self.key, parts.iter().map(|part| part.as_bytes()));
        format!("{}.{}", self.id, hex(&hash))
    }

    /// The first 32 bits of the HMAC-SHA256 of the parts, in hex: enough to see that something changed.
    pub(super) fn brief(&self, parts: &[&[u8]]) -> String {
        let hash = keyed_hash(&self.key, parts.iter().copied());
        hash.first_chunk::<4>()
            .map(|few| hex(few))
            .unwrap_or_default()
    }
}

/// Hashes parts so that no two lists of parts hash alike by running into each other.
fn keyed_hash<'part>(key: &Value, parts: impl IntoIterator<Item = &'part [u8]>) -> [u8; 32] {
    // HMAC takes a key of any length, so the error cannot come; an unkeyed hash would be the harmful answer to it.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.expose()) else {
        return [0; 32];
    };
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or_default();
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

#[cfg(test)]
mod tests;
