//! A key of the seed file.

use jiff::Timestamp;
use serde::Deserialize;

use crate::auth::{Key, KeyRefused, Keys, Role};

/// A key; made up unless both halves are given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct SeedKey {
    pub access_key: Option<String>,
    secret_key: Option<String>,
    role: Role,
    /// Until when it authenticates; for ever without it.
    expires: Option<Timestamp>,
}

impl SeedKey {
    /// Adds the key, or replaces the one of the same identifier.
    pub(crate) fn sow(self, keys: &mut Keys) -> Result<Key, KeyRefused> {
        match (self.access_key, self.secret_key) {
            (None, None) => Ok(keys.make(self.role, self.expires)),
            (Some(access_key), Some(secret_key)) => {
                let key = Key {
                    access_key,
                    secret_key,
                };
                keys.add(&key, self.role, self.expires)?;
                Ok(key)
            }
            _ => Err(KeyRefused::OneHalf),
        }
    }
}
