//! Which keys of the value become keys of the Secret by themselves, and under which names.

use std::borrow::Cow;
use std::collections::BTreeMap;

use regex::bytes::{RegexSet, RegexSetBuilder};

use super::fault::{Fault, KeysError};
use super::style::restyled;
use crate::api::{self, KeyStyle};
use crate::core::content::MOST_KEYS;
use crate::core::remote::Pairs;
use crate::core::request::{is_name_of_key, is_secret_key};
use crate::core::trouble::Trouble;
use crate::value::Value;

/// A checked `spec.allKeys`. Expressions stay text until they are used: compiled they are many times larger, and there
/// may be thousands of objects.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AllKeys {
    include: Option<Vec<String>>,
    exclude: Option<Vec<String>>,
    prefix: String,
    style: KeyStyle,
}

// Bounds that the schema holds too; an object stored before a bound was in it gets past the schema.
pub(in crate::core) const MOST_EXPRESSIONS: usize = 16;
pub(in crate::core) const LONGEST_EXPRESSION: usize = 256;
pub(in crate::core) const LONGEST_PREFIX: usize = 128;

/// The most memory for the expressions of one list, which also bounds the time that matching takes for each letter.
const LARGEST_SET: usize = 32 * 1024;

impl AllKeys {
    /// Checks what the spec says.
    ///
    /// # Errors
    ///
    /// The first thing in it that cannot be done.
    pub fn parse(spec: &api::AllKeys) -> Result<Self, KeysError> {
        check("allKeys.include", spec.include.as_deref())?;
        check("allKeys.exclude", spec.exclude.as_deref())?;
        let prefix = spec.prefix.as_deref();
        if prefix.is_some_and(|prefix| prefix.len() > LONGEST_PREFIX || !is_name_of_key(prefix)) {
            return Err(KeysError::Prefix);
        }
        Ok(Self {
            include: spec.include.clone(),
            exclude: spec.exclude.clone(),
            prefix: prefix.unwrap_or_default().to_owned(),
            style: spec.style.unwrap_or_default(),
        })
    }

    /// The keys that pass, under their names in the Secret and each with its name in the value, without those that are
    /// taken.
    pub(super) fn choose<'remote>(
        &self,
        pairs: &'remote Pairs,
        taken: impl Fn(&str) -> bool,
    ) -> Result<BTreeMap<Cow<'remote, str>, (&'remote str, &'remote Value)>, Trouble> {
        let include = compiled_list("allKeys.include", self.include.as_deref())?;
        let exclude = compiled_list("allKeys.exclude", self.exclude.as_deref())?;
        let mut chosen = BTreeMap::new();
        for (name, value) in pairs.iter() {
            let passes = |set: &RegexSet| set.is_match(name.as_bytes());
            if !include.as_ref().is_none_or(passes) || exclude.as_ref().is_some_and(passes) {
                continue;
            }
            let key = self.name(name)?;
            if taken(&key) {
                continue;
            }
            if let Some((other, _)) = chosen.insert(key.clone(), (name, value)) {
                return Err(Fault::Collision {
                    key: key.into_owned(),
                    one: other.to_owned(),
                    other: name.to_owned(),
                }
                .into());
            }
            if chosen.len() > MOST_KEYS {
                return Err(Fault::TooManyKeys.into());
            }
        }
        Ok(chosen)
    }

    /// The name in the Secret.
    fn name<'remote>(&self, name: &'remote str) -> Result<Cow<'remote, str>, Trouble> {
        let styled = restyled(name, self.style).ok_or_else(|| invalid(name))?;
        let key = match &*self.prefix {
            "" => styled,
            prefix => Cow::Owned(format!("{prefix}{styled}")),
        };
        if is_secret_key(&key) {
            Ok(key)
        } else {
            Err(invalid(&key))
        }
    }
}

fn invalid(key: &str) -> Trouble {
    Trouble::InvalidKey {
        key: key.to_owned(),
    }
}

fn check(field: &'static str, expressions: Option<&[String]>) -> Result<(), KeysError> {
    let Some(expressions) = expressions else {
        return Ok(());
    };
    if !(1..=MOST_EXPRESSIONS).contains(&expressions.len()) {
        return Err(KeysError::Expressions { field });
    }
    for (index, expression) in expressions.iter().enumerate() {
        let alone = std::slice::from_ref(expression);
        // Alone and unwrapped first: `a)|(b` is none, but would be one between the parentheses that we add.
        let good = (1..=LONGEST_EXPRESSION).contains(&expression.chars().count())
            && compiled(alone, str::to_owned).is_some()
            && compiled(alone, whole).is_some();
        if !good {
            return Err(KeysError::Expression { field, index });
        }
    }
    compiled_list(field, Some(expressions)).map(|_| ())
}

fn compiled_list(
    field: &'static str,
    expressions: Option<&[String]>,
) -> Result<Option<RegexSet>, KeysError> {
    let set = |expressions| compiled(expressions, whole).ok_or(KeysError::TooComplex { field });
    expressions.map(set).transpose()
}

/// The same expression for a whole name.
fn whole(expression: &str) -> String {
    format!(r"\A(?:{expression})\z")
}

/// Classes like `\w` mean ASCII, as in the names that Kubernetes allows, which keeps every expression small.
fn compiled(expressions: &[String], form: impl Fn(&str) -> String) -> Option<RegexSet> {
    RegexSetBuilder::new(expressions.iter().map(|expression| form(expression)))
        .unicode(false)
        .size_limit(LARGEST_SET)
        .build()
        .ok()
}

#[cfg(test)]
mod tests;
