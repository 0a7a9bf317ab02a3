//! The content of the Secret: from the pairs of the source to the keys of the target, and its keyed hash.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::remote::{Pairs, Unreadable};
use super::request::{ChosenKey, Keys, is_secret_key};
use super::trouble::Trouble;
use crate::value::Value;

/// The keys and values that a Secret is to have, borrowed from what was read.
pub struct Content<'remote> {
    entries: BTreeMap<&'remote str, &'remote Value>,
}

/// Most bytes that Kubernetes takes in the values of one Secret.
const LARGEST: usize = 1024 * 1024;

/// Most keys that status can list, ten times what the service takes in one value.
const MOST_KEYS: usize = 1024;

/// Gives each key of the Secret its value.
///
/// # Errors
///
/// The first key that is missing or not allowed; or that there is nothing, or too much. Never a part of a value.
pub fn render<'remote>(
    keys: &'remote Keys,
    type_: &str,
    pairs: &'remote Pairs,
) -> Result<Content<'remote>, Trouble> {
    let entries = match keys {
        Keys::All => all(pairs)?,
        Keys::Chosen(chosen) => choose(chosen, pairs)?,
    };
    if let Some(key) = missing_for_type(type_, &entries) {
        return Err(Trouble::TypeNeedsKey { key });
    }
    let size: usize = entries.values().map(|value| value.len()).sum();
    if size > LARGEST || entries.len() > MOST_KEYS {
        return Err(Trouble::TooLarge);
    }
    Ok(Content { entries })
}

fn all(pairs: &Pairs) -> Result<BTreeMap<&str, &Value>, Trouble> {
    if pairs.iter().len() == 0 {
        return Err(Trouble::Unreadable(Unreadable::NoPairs));
    }
    let illegal = pairs
        .iter()
        .map(|(name, _)| name)
        .find(|name| !is_secret_key(name));
    match illegal {
        Some(key) => Err(Trouble::InvalidKey {
            key: key.to_owned(),
        }),
        None => Ok(pairs.iter().collect()),
    }
}

fn choose<'remote>(
    chosen: &'remote [ChosenKey],
    pairs: &'remote Pairs,
) -> Result<BTreeMap<&'remote str, &'remote Value>, Trouble> {
    let mut entries = BTreeMap::new();
    for item in chosen {
        match pairs.get(&item.from) {
            Some(value) => {
                entries.insert(item.key.as_str(), value);
            }
            None if item.optional => {}
            None => {
                return Err(Trouble::MissingKey {
                    key: item.from.clone(),
                });
            }
        }
    }
    match chosen.first() {
        // Optional keys may be missing one by one; a Secret that loses all of them would be an empty one.
        Some(first) if entries.is_empty() => Err(Trouble::MissingKey {
            key: first.from.clone(),
        }),
        _ => Ok(entries),
    }
}

/// The key that Kubernetes requires for the type and that is not there.
fn missing_for_type(type_: &str, entries: &BTreeMap<&str, &Value>) -> Option<&'static str> {
    let has = |key: &str| entries.contains_key(key);
    match type_ {
        "kubernetes.io/tls" => ["tls.crt", "tls.key"].into_iter().find(|key| !has(key)),
        "kubernetes.io/dockerconfigjson" => {
            (!has(".dockerconfigjson")).then_some(".dockerconfigjson")
        }
        "kubernetes.io/ssh-auth" => (!has("ssh-privatekey")).then_some("ssh-privatekey"),
        "kubernetes.io/basic-auth" => (!has("username") && !has("password")).then_some("password"),
        _ => None,
    }
}

impl<'remote> Content<'remote> {
    /// One key with its value.
    #[must_use]
    pub fn single(key: &'remote str, value: &'remote Value) -> Self {
        Self {
            entries: BTreeMap::from([(key, value)]),
        }
    }

    /// Each key with its value, in the order of the keys.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.entries.iter().map(|(key, value)| (*key, *value))
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

    /// The content annotation of a Secret with that type and content: `<key id>.<HMAC-SHA256 in hex>`.
    #[must_use]
    pub fn mark(&self, type_: &str, content: &Content<'_>) -> String {
        let parts = content
            .iter()
            .flat_map(|(key, value)| [key.as_bytes(), value.expose()]);
        let hash = keyed_hash(&self.key, std::iter::once(type_.as_bytes()).chain(parts));
        format!("{}.{}", self.id, hex(&hash))
    }

    /// What nobody can write who does not have the key: `<key id>.<HMAC-SHA256 of the parts in hex>`.
    pub(super) fn proof(&self, parts: &[&str]) -> String {
        let hash = keyed_hash(&self.key, parts.iter().map(|part| part.as_bytes()));
        format!("{}.{}", self.id, hex(&hash))
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

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or_default();
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

#[cfg(test)]
mod tests;
