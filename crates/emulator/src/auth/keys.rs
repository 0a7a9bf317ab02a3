//! The access keys of the account (`common-ncpapi-ncpapi`).

use std::fmt;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::role::Role;
use crate::store::{Entries, Entry, Unreadable};

const ENTRY: &str = "keys";

/// The two halves of an access key.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// Its identifier, for example `ncp_iam_` and 20 characters.
    pub access_key: String,
    /// Its secret half.
    pub secret_key: String,
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Key")
            .field("access_key", &self.access_key)
            .finish_non_exhaustive()
    }
}

/// Why a given key cannot be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefused {
    /// Only one half is given.
    #[error("give both accessKey and secretKey, or neither")]
    OneHalf,
    /// Not `ncp_iam_` and 20 letters, digits or `_`, nor 20 letters or digits.
    #[error("the access key identifier is malformed")]
    Identifier,
    /// Empty, or longer than 128 characters.
    #[error("the secret half is empty or too long")]
    SecretHalf,
}

/// A key without its secret half.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Listed<'a> {
    pub access_key: &'a str,
    pub role: &'a Role,
    pub stopped: bool,
    pub expires: Option<Timestamp>,
}

/// Why a key is not deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotDeleted {
    #[error("there is no such key")]
    Unknown,
    #[error("the key is in use: stop it first")]
    InUse,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Held {
    secret_key: Zeroizing<String>,
    role: Role,
    stopped: bool,
    expires: Option<Timestamp>,
}

/// A temporary key that is wanted.
pub(crate) struct NewKey<'a> {
    pub role: &'a Role,
    pub end: Timestamp,
    /// Another key to forget.
    pub instead_of: Option<String>,
}

/// Every key of the account, oldest first.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Keys(IndexMap<String, Held>);

impl Keys {
    /// Makes a key of the new form.
    pub(crate) fn make(&mut self, role: Role, expires: Option<Timestamp>) -> Key {
        let key = Key {
            access_key: format!("ncp_iam_{}", random_text(20)),
            secret_key: format!("ncp_iam_{}", random_text(36)),
        };
        self.insert(&key, role, expires);
        key
    }

    /// Adds a given key.
    pub(crate) fn add(
        &mut self,
        key: &Key,
        role: Role,
        expires: Option<Timestamp>,
    ) -> Result<(), KeyRefused> {
        if !is_identifier(&key.access_key) {
            return Err(KeyRefused::Identifier);
        }
        if key.secret_key.is_empty() || key.secret_key.len() > 128 {
            return Err(KeyRefused::SecretHalf);
        }
        self.insert(key, role, expires);
        Ok(())
    }

    fn insert(&mut self, key: &Key, role: Role, expires: Option<Timestamp>) {
        let held = Held {
            secret_key: Zeroizing::new(key.secret_key.clone()),
            role,
            stopped: false,
            expires,
        };
        self.0.insert(key.access_key.clone(), held);
    }

    /// Makes a temporary key instead of those that have ended.
    pub(crate) fn make_instead(&mut self, new: &NewKey, now: Timestamp) -> Key {
        self.0.retain(|access_key, held| {
            let ended = held.expires.is_some_and(|end| end <= now);
            !ended && Some(access_key) != new.instead_of.as_ref()
        });
        self.make(new.role.clone(), Some(new.end))
    }

    /// Every key that is not temporary, oldest first.
    pub(crate) fn lasting(&self) -> Vec<Key> {
        let lasting = self.0.iter().filter(|(_, held)| held.expires.is_none());
        lasting
            .map(|(access_key, held)| Key {
                access_key: access_key.clone(),
                secret_key: held.secret_key.to_string(),
            })
            .collect()
    }

    /// Reads what a state file holds.
    pub(crate) fn restored(entries: &Entries) -> Result<Self, Unreadable> {
        Ok(entries.one(ENTRY)?.unwrap_or_default())
    }

    /// What a state file shall hold.
    pub(crate) fn entry(&self) -> Entry {
        Entry::new(ENTRY, self)
    }

    /// Stops or resumes a key. Returns whether there is one.
    pub(crate) fn set_stopped(&mut self, access_key: &str, stopped: bool) -> bool {
        let held = self.0.get_mut(access_key);
        held.map(|held| held.stopped = stopped).is_some()
    }

    /// Gives a key another role. Returns whether there is one.
    pub(crate) fn set_role(&mut self, access_key: &str, role: Role) -> bool {
        let held = self.0.get_mut(access_key);
        held.map(|held| held.role = role).is_some()
    }

    /// One key.
    pub(crate) fn get(&self, access_key: &str) -> Option<Listed<'_>> {
        let (access_key, held) = self.0.get_key_value(access_key)?;
        Some(held.listed(access_key))
    }

    /// Every key, oldest first.
    pub(crate) fn list(&self) -> impl Iterator<Item = Listed<'_>> {
        self.0.iter().map(|(id, held)| held.listed(id))
    }

    /// Deletes a key, which must be stopped.
    pub(crate) fn delete(&mut self, access_key: &str) -> Result<(), NotDeleted> {
        match self.0.get(access_key) {
            None => Err(NotDeleted::Unknown),
            Some(held) if !held.stopped => Err(NotDeleted::InUse),
            Some(_) => {
                self.0.shift_remove(access_key);
                Ok(())
            }
        }
    }

    /// The secret half and the role of a key that authenticates now.
    pub(crate) fn usable(&self, access_key: &str, now: Timestamp) -> Option<(&str, &Role)> {
        let held = self.0.get(access_key)?;
        let expired = held.expires.is_some_and(|end| end <= now);
        (!held.stopped && !expired).then_some((held.secret_key.as_str(), &held.role))
    }
}

impl Held {
    const fn listed<'a>(&'a self, access_key: &'a str) -> Listed<'a> {
        Listed {
            access_key,
            role: &self.role,
            stopped: self.stopped,
            expires: self.expires,
        }
    }
}

pub(crate) fn random_text(length: usize) -> String {
    std::iter::repeat_with(fastrand::alphanumeric)
        .take(length)
        .collect()
}

/// The pattern of `gov-iam-v2-sub-account-*`.
fn is_identifier(text: &str) -> bool {
    match text.strip_prefix("ncp_iam_") {
        Some(rest) => {
            rest.len() == 20 && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        }
        None => text.len() == 20 && text.bytes().all(|b| b.is_ascii_alphanumeric()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_secret_half_is_not_printed() {
        let key = Keys::default().make(Role::Manager, None);
        assert!(!format!("{key:?}").contains(&key.secret_key));
        assert!(is_identifier(&key.access_key));
    }

    #[test]
    fn a_stopped_key_is_unusable_until_it_is_resumed() {
        let mut keys = Keys::default();
        let key = keys.make(Role::Manager, None);
        assert!(keys.usable(&key.access_key, moment(0)).is_some());
        assert!(keys.set_stopped(&key.access_key, true));
        assert!(keys.usable(&key.access_key, moment(0)).is_none());
        assert!(keys.set_stopped(&key.access_key, false));
        assert!(keys.usable(&key.access_key, moment(0)).is_some());
    }

    #[test]
    fn a_temporary_key_ends() {
        let mut keys = Keys::default();
        let key = keys.make(Role::Manager, Some(moment(10)));
        assert!(keys.usable(&key.access_key, moment(9)).is_some());
        assert!(keys.usable(&key.access_key, moment(10)).is_none());
    }

    #[test]
    fn only_well_formed_identifiers_are_added() {
        let table = [
            ("ncp_iam_TESTACCESSKEY0000001", true),
            ("ABCDEFGHIJ0123456789", true),
            ("ncp_iam_TESTACCESSKEY000001", false),
            ("ABCDEFGHIJ012345678_", false),
            ("", false),
        ];
        for (access_key, good) in table {
            let key = Key {
                access_key: access_key.to_owned(),
                secret_key: "ncp_iam_x".to_owned(),
            };
            let added = Keys::default().add(&key, Role::Manager, None);
            assert_eq!(added.is_ok(), good, "{access_key}");
        }
    }
}
