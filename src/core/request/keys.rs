//! What a spec asks for under the keys of its Secret.

use std::collections::BTreeSet;

use super::is_secret_key;
use crate::api::{self, DataKey, Decode, Format};
use crate::core::shape::{AllKeys, KeysError, LONGEST_TEMPLATE, Template};
use crate::core::trouble::{SpecError, Trouble};

/// Which keys the Secret has. There is at least one chosen key, or all are asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Keys {
    /// These, which win over those that come by themselves.
    pub chosen: Vec<ChosenKey>,
    /// Those of the value that pass.
    pub all: Option<AllKeys>,
}

impl Keys {
    /// Makes sure that keys from `from` can exist a second time under that suffix, whatever the value will be.
    ///
    /// # Errors
    ///
    /// The first name that is no key of a Secret, or that another entry has.
    pub fn check_twins(&self, suffix: &str) -> Result<(), Trouble> {
        let from = |item: &&ChosenKey| matches!(item.origin, Origin::From { .. });
        for item in self.chosen.iter().filter(from) {
            let key = format!("{}{suffix}", item.key);
            if !is_secret_key(&key) {
                return Err(Trouble::InvalidKey { key });
            }
            if self.chosen.iter().any(|other| other.key == key) {
                return Err(Trouble::KeyConflict { key });
            }
        }
        Ok(())
    }
}

/// One key of the Secret and where its bytes come from.
#[derive(Clone, Debug, PartialEq)]
pub struct ChosenKey {
    /// Its name in the Secret.
    pub key: String,
    /// What it is made of.
    pub origin: Origin,
}

/// What a key of the Secret is made of.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// One key of the value.
    From {
        /// Its name in the value.
        name: String,
        /// Whether the Secret may do without it.
        optional: bool,
        /// How its text becomes bytes.
        decode: Decode,
    },
    /// A text with values filled in.
    Template(Template),
    /// The whole value as one file.
    Format(Format),
}

// Bounds that the schema holds too; an object stored before a bound was in it gets past the schema.
pub(super) const MOST_ENTRIES: usize = 256;
pub(super) const LONGEST_FROM: usize = 256;

/// Understands `spec.data` and `spec.allKeys`.
pub(super) fn parse(
    data: Option<&[DataKey]>,
    all_keys: Option<&api::AllKeys>,
) -> Result<Keys, Trouble> {
    let all = all_keys.map(AllKeys::parse).transpose()?;
    let Some(data) = data else {
        return Ok(Keys {
            chosen: Vec::new(),
            all: Some(all.unwrap_or_default()),
        });
    };
    if !(1..=MOST_ENTRIES).contains(&data.len()) {
        return Err(SpecError::Count {
            field: "data",
            most: MOST_ENTRIES,
        }
        .into());
    }
    let mut seen = BTreeSet::new();
    let mut chosen = Vec::with_capacity(data.len());
    for item in data {
        let key = item.key.clone();
        if !is_secret_key(&key) {
            return Err(Trouble::InvalidKey { key });
        }
        if !seen.insert(&item.key) {
            return Err(Trouble::KeyConflict { key });
        }
        let origin = origin(item)?;
        chosen.push(ChosenKey { key, origin });
    }
    Ok(Keys { chosen, all })
}

fn origin(item: &DataKey) -> Result<Origin, SpecError> {
    let key = item.key.clone();
    let origin = match (&item.from, &item.template, item.format) {
        (Some(from), None, None) => {
            if !(1..=LONGEST_FROM).contains(&from.chars().count()) {
                return Err(SpecError::From { key });
            }
            return Ok(Origin::From {
                name: from.clone(),
                optional: item.optional.unwrap_or_default(),
                decode: item.decode.unwrap_or_default(),
            });
        }
        (None, Some(text), None) => template(text, &key)?,
        (None, None, Some(format)) => Origin::Format(format),
        _ => return Err(SpecError::Keys(KeysError::NotOneForm { key })),
    };
    if item.optional.is_some() || item.decode.is_some() {
        return Err(SpecError::Keys(KeysError::OnlyWithFrom { key }));
    }
    Ok(origin)
}

fn template(text: &str, key: &str) -> Result<Origin, SpecError> {
    let key = key.to_owned();
    if !(1..=LONGEST_TEMPLATE).contains(&text.chars().count()) {
        return Err(SpecError::Keys(KeysError::TemplateLength { key }));
    }
    Template::parse(text)
        .map(Origin::Template)
        .map_err(|fault| SpecError::Keys(KeysError::Template { key, fault }))
}
