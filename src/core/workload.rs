//! What a workload says about itself: which keys of a Secret its pods consume, when it was last restarted and for what.
//!
//! Its spec is read as loose JSON, place by place, because Rollouts have whatever form their CRD lets in: what does not
//! look as it should consumes nothing.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use crate::api::RESTARTED_FOR;

/// A workload as it was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Workload {
    /// Its UID.
    pub uid: String,
    /// The version that a conditional write names.
    pub resource_version: String,
    /// Whether it is being deleted.
    pub deleting: bool,
    /// Its spec.
    pub spec: Value,
}

/// What a pod template takes from a Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consumption {
    /// Nothing.
    Nothing,
    /// These keys, whether or not they are there.
    Keys(BTreeSet<String>),
    /// Every key that is there.
    All,
}

/// What the annotation of a restart says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When the template was changed.
    pub time: Timestamp,
    /// Name of the object that it was changed for.
    pub object: String,
    /// Short name of the content that it was changed for.
    pub content: String,
}

impl Workload {
    /// What its pods consume of a Secret.
    #[must_use]
    pub fn consumption(&self, secret: &str) -> Consumption {
        let mut consumed = Consumption::Nothing;
        let Some(pod) = self.spec.pointer("/template/spec") else {
            return consumed;
        };
        for container in ["containers", "initContainers"]
            .into_iter()
            .flat_map(|list| items(pod, list))
        {
            take_from_environment(container, secret, &mut consumed);
        }
        for volume in items(pod, "volumes") {
            let own = volume.get("secret").map(|source| (source, "secretName"));
            let projected = volume.get("projected").into_iter();
            let projected = projected.flat_map(|volume| items(volume, "sources"));
            let projected = projected.filter_map(|source| Some((source.get("secret")?, "name")));
            for (source, field) in own.into_iter().chain(projected) {
                if text(source, field) == Some(secret) {
                    take_files(source, &mut consumed);
                }
            }
        }
        consumed
    }

    /// What the last restart by this operator left behind.
    #[must_use]
    pub fn mark(&self) -> Option<Mark> {
        let annotations = self.spec.pointer("/template/metadata/annotations")?;
        Mark::read(text(annotations, RESTARTED_FOR)?)
    }

    /// Whether it is paused, so that a changed template waits until it is resumed.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.spec.get("paused").and_then(Value::as_bool) == Some(true)
    }

    /// Whether its pods notice a changed template only when somebody deletes them.
    #[must_use]
    pub fn is_updated_on_delete(&self) -> bool {
        let strategy = self.spec.pointer("/updateStrategy/type");
        strategy.and_then(Value::as_str) == Some("OnDelete")
    }
}

impl Mark {
    /// The annotation for a restart at that time, for an object of that name and its content.
    #[must_use]
    pub fn write(time: Timestamp, object: &str, content: &str) -> String {
        format!("{time:.3} {object} {content}")
    }

    fn read(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let time = words.next()?.parse().ok()?;
        let object = words.next()?.to_owned();
        let content = words.next()?.to_owned();
        Some(Self {
            time,
            object,
            content,
        })
    }
}

impl Consumption {
    fn add(&mut self, key: &str) {
        match self {
            Self::All => {}
            Self::Nothing => *self = Self::Keys(BTreeSet::from([key.to_owned()])),
            Self::Keys(keys) => drop(keys.insert(key.to_owned())),
        }
    }
}

fn take_from_environment(container: &Value, secret: &str, consumed: &mut Consumption) {
    for variable in items(container, "env") {
        if let Some(reference) = variable.pointer("/valueFrom/secretKeyRef")
            && text(reference, "name") == Some(secret)
            && let Some(key) = text(reference, "key")
        {
            consumed.add(key);
        }
    }
    let whole = items(container, "envFrom")
        .filter_map(|source| source.get("secretRef"))
        .any(|reference| text(reference, "name") == Some(secret));
    if whole {
        *consumed = Consumption::All;
    }
}

/// A volume without items has a file for each key.
fn take_files(source: &Value, consumed: &mut Consumption) {
    let mut chosen = items(source, "items").peekable();
    if chosen.peek().is_none() {
        *consumed = Consumption::All;
    }
    for key in chosen.filter_map(|item| text(item, "key")) {
        consumed.add(key);
    }
}

fn items<'json>(value: &'json Value, list: &str) -> impl Iterator<Item = &'json Value> {
    let list = value.get(list).and_then(Value::as_array);
    list.into_iter().flatten()
}

fn text<'json>(value: &'json Value, field: &str) -> Option<&'json str> {
    value.get(field)?.as_str()
}

#[cfg(test)]
mod tests;
