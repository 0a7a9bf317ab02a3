//! The keys of a Secret a second time, with the value that a rotation has not completed yet.
//!
//! Which keys have a twin, and under which names, is decided by the value in use alone and in every phase. So what is
//! wrong with the names is told when the object is made and not in the middle of a rotation, and nothing that stands in
//! a PENDING value can keep the value in use from being written.

use super::decoded;
use crate::api::Decode;
use crate::core::content::Content;
use crate::core::remote::Pairs;
use crate::core::request::{Keys, Origin, is_secret_key};
use crate::core::trouble::Trouble;

/// A key of the Secret that exists a second time.
struct Twin<'remote> {
    /// The name of the second one.
    key: String,
    /// The name in the value.
    name: &'remote str,
    /// How the text becomes bytes.
    decode: Decode,
}

/// Adds the PENDING value of each key from `from` and `allKeys` that the content has. A key that is missing in that
/// value, cannot be made of it, or does not fit, has no twin.
///
/// # Errors
///
/// A name with the suffix that another key has, or that Kubernetes does not allow; also while nothing is pending.
pub fn expose_pending<'remote>(
    content: &mut Content<'remote>,
    keys: &'remote Keys,
    suffix: &str,
    active: &'remote Pairs,
    pending: Option<&'remote Pairs>,
) -> Result<(), Trouble> {
    for twin in twins(content, keys, suffix, active)? {
        let value = pending.and_then(|pairs| pairs.get(twin.name));
        if let Some(held) = value.and_then(|value| decoded(twin.decode, value)) {
            content.add_pending(twin.key, held);
        }
    }
    Ok(())
}

fn twins<'remote>(
    content: &Content<'_>,
    keys: &'remote Keys,
    suffix: &str,
    active: &'remote Pairs,
) -> Result<Vec<Twin<'remote>>, Trouble> {
    let is_chosen = |key: &str| keys.chosen.iter().any(|item| item.key == key);
    let twin = |key: &str, name, decode| {
        let key = format!("{key}{suffix}");
        if !is_secret_key(&key) {
            return Err(Trouble::InvalidKey { key });
        }
        if content.has(&key) || is_chosen(&key) {
            return Err(Trouble::KeyConflict { key });
        }
        Ok(Twin { key, name, decode })
    };
    let mut twins = Vec::new();
    for item in keys.chosen.iter().filter(|item| content.has(&item.key)) {
        if let Origin::From { name, decode, .. } = &item.origin {
            twins.push(twin(&item.key, name.as_str(), *decode)?);
        }
    }
    if let Some(all) = &keys.all {
        for (key, (name, _)) in all.choose(active, is_chosen)? {
            twins.push(twin(&key, name, Decode::None)?);
        }
    }
    Ok(twins)
}

#[cfg(test)]
mod tests;
