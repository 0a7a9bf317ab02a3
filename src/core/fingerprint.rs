//! What each key of a Secret held, as keyed hashes that status can keep: they tell which keys changed, and no value.
//!
//! What a workload consumes may change between two contents, so every key has a hash of its own. The whole is signed:
//! status is no authority, and nobody else shall be able to make the operator restart anything.

use std::collections::BTreeMap;

use super::content::InstallationKey;
use super::request::Request;
use super::workload::Consumption;
use crate::value::Value;

/// Letters of one key: the hash of its name, and the hash of name and value.
const ENTRY: usize = 16;

/// What the keys of the target of a request held at some moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// `<ID of the installation key>.<signature>.<16 hexadecimal digits per key>`.
    text: String,
}

impl Fingerprint {
    /// Takes it of keys and values. Keys that come and go without restarting anything are left out by the caller.
    #[must_use]
    pub fn of<'content>(
        key: &InstallationKey,
        request: &Request,
        content: impl IntoIterator<Item = (&'content str, &'content Value)>,
    ) -> Self {
        let entries: String = content
            .into_iter()
            .map(|(name, value)| {
                let uid = request.uid.as_bytes();
                let value = key.brief(&[b"restart: value", uid, name.as_bytes(), value.expose()]);
                hashed_name(key, request, name) + &value
            })
            .collect();
        Self {
            text: format!("{}.{entries}", signature(key, request, &entries)),
        }
    }

    /// Understands what status holds; nothing if it was not written under this key, for this object and this target.
    #[must_use]
    pub fn read(key: &InstallationKey, request: &Request, text: &str) -> Option<Self> {
        let (signed, entries) = text.rsplit_once('.')?;
        (signed == signature(key, request, entries)).then(|| Self { text: text.into() })
    }

    /// The form in which status holds it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// A short name for it.
    #[must_use]
    pub fn nickname(&self) -> &str {
        let signature = self.text.split('.').nth(1).unwrap_or_default();
        signature.get(..ENTRY).unwrap_or_default()
    }

    /// Whether something that is consumed is not what it was in the other.
    #[must_use]
    pub fn differs(
        &self,
        other: &Self,
        consumption: &Consumption,
        key: &InstallationKey,
        request: &Request,
    ) -> bool {
        let (ours, theirs) = (self.entries(), other.entries());
        match consumption {
            Consumption::Nothing => false,
            Consumption::All => ours != theirs,
            Consumption::Keys(names) => names.iter().any(|name| {
                let name = hashed_name(key, request, name);
                ours.get(name.as_str()) != theirs.get(name.as_str())
            }),
        }
    }

    /// The hash of each value by that of its name.
    fn entries(&self) -> BTreeMap<&str, &str> {
        let mut entries = BTreeMap::new();
        let mut rest = self.text.rsplit('.').next().unwrap_or_default();
        while let Some((entry, after)) = rest.split_at_checked(ENTRY) {
            entries.extend(entry.split_at_checked(ENTRY / 2));
            rest = after;
        }
        entries
    }
}

fn hashed_name(key: &InstallationKey, request: &Request, name: &str) -> String {
    key.brief(&[b"restart: name", request.uid.as_bytes(), name.as_bytes()])
}

fn signature(key: &InstallationKey, request: &Request, entries: &str) -> String {
    key.proof(&["restart", &request.uid, &request.target.name, entries])
}

#[cfg(test)]
mod tests;
