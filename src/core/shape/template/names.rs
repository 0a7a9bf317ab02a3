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
    missed: Mutex<Option<String>>,
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

    /// The name that was looked up last, if there is nothing under it.
    pub(super) fn missed(&self) -> Option<String> {
        self.missed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn look_up(&self, name: &str) -> Option<Shown> {
        let value = self.values.get(name);
        let missed = value.is_none().then(|| name.to_owned());
        *self.missed.lock().unwrap_or_else(PoisonError::into_inner) = missed;
        value
            .and_then(|value| str::from_utf8(value.expose()).ok())
            .map(Shown::from)
    }
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
            name => self.0.look_up(name),
        }
    }
}

struct All(Arc<Names>);

impl Object for All {
    fn get_value(self: &Arc<Self>, key: &Shown) -> Option<Shown> {
        self.0.look_up(key.as_str()?)
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
