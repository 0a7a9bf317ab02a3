//! What a template can name: the keys of the value as identifiers, and all of them in `values`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::Value as Shown;
use minijinja::value::{Enumerator, Object};

use crate::core::remote::Pairs;
use crate::value::Value;

/// The values of a source, wiped when they are dropped; the engine is given a copy of one when a template names it.
pub(super) struct Names {
    values: BTreeMap<String, Value>,
    missed: Mutex<Option<Missed>>,
}

/// The name under which a template finds keys that are no identifiers.
const VALUES: &str = "values";

impl Names {
    pub(super) fn of(pairs: &Pairs) -> Self {
        let copy =
            |(name, value): (&str, &Value)| (name.to_owned(), Value::new(value.expose().to_vec()));
        Self {
            values: pairs.iter().map(copy).collect(),
            missed: Mutex::new(None),
        }
    }

    /// The name that was looked up last, if there is nothing under it and the template itself spells it: one that
    /// only comes about when the template is filled in may be a value.
    pub(super) fn missed(&self, template: &str) -> Option<String> {
        match &*self.missed.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(Missed::Identifier(name)) => Some(name.clone()),
            Some(Missed::InValues(name)) if spells(template, name) => Some(name.clone()),
            _ => None,
        }
    }

    fn look_up(&self, name: &str, missed: fn(String) -> Missed) -> Option<Shown> {
        let value = self.values.get(name);
        let missed = value.is_none().then(|| missed(name.to_owned()));
        *self.missed.lock().unwrap_or_else(PoisonError::into_inner) = missed;
        value
            .and_then(|value| str::from_utf8(value.expose()).ok())
            .map(Shown::from)
    }
}

/// A name that is not there.
enum Missed {
    /// As an identifier, which only a template can write.
    Identifier(String),
    /// In `values`, where it may have come out of a value.
    InValues(String),
}

/// Whether the template looks up this very name in `values`.
fn spells(template: &str, name: &str) -> bool {
    let forms = [
        format!("{VALUES}[\"{name}\"]"),
        format!("{VALUES}['{name}']"),
        format!("{VALUES}.{name}"),
    ];
    forms.iter().any(|form| {
        let goes_on = |letter: char| letter.is_alphanumeric() || letter == '_';
        let mut ends = template.split(form.as_str()).skip(1);
        ends.any(|after| form.ends_with(']') || !after.starts_with(goes_on))
    })
}

/// The outermost names of a template.
pub(super) fn root(names: &Arc<Names>) -> Shown {
    Shown::from_object(Root(Arc::clone(names)))
}

struct Root(Arc<Names>);

impl Object for Root {
    fn get_value(self: &Arc<Self>, key: &Shown) -> Option<Shown> {
        match key.as_str()? {
            VALUES => Some(Shown::from_object(All(Arc::clone(&self.0)))),
            name => self.0.look_up(name, Missed::Identifier),
        }
    }
}

struct All(Arc<Names>);

impl Object for All {
    fn get_value(self: &Arc<Self>, key: &Shown) -> Option<Shown> {
        self.0.look_up(key.as_str()?, Missed::InValues)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.values.keys().map(Shown::from).collect())
    }
}

// The engine asks for Debug, and this is all that it gets.
impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("names")
    }
}

impl fmt::Debug for All {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(VALUES)
    }
}
