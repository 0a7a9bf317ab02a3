//! From the metadata of a Secret to what the pure core knows of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ManagedFieldsEntry, ObjectMeta};
use serde_json::{Map, Value};

use crate::api::{CONTENT, MANAGED_BY, MANAGER, OWNER, OWNER_UID};
use crate::core::observed::{Observed, Owner, Reference};

/// Understands the metadata of a Secret; `managedFields` must not have been pruned.
pub(super) fn observe(metadata: &ObjectMeta) -> Observed {
    let fields = Fields::of(metadata.managed_fields.as_deref().unwrap_or_default());
    let annotation = |key: &str| metadata.annotations.as_ref()?.get(key).cloned();
    let owner = annotation(OWNER)
        .zip(annotation(OWNER_UID))
        .map(|(name, uid)| Owner { name, uid });
    Observed {
        uid: metadata.uid.clone().unwrap_or_default(),
        resource_version: metadata.resource_version.clone().unwrap_or_default(),
        deleting: metadata.deletion_timestamp.is_some(),
        owner,
        managed: metadata
            .labels
            .as_ref()
            .and_then(|labels| labels.get(MANAGED_BY))
            .is_some_and(|manager| manager == MANAGER),
        references: references(metadata),
        content: annotation(CONTENT),
        labels: ours(metadata.labels.as_ref(), &fields.our_labels),
        annotations: ours(metadata.annotations.as_ref(), &fields.our_annotations),
        our_labels: without(fields.our_labels, &fields.others_labels),
        our_annotations: without(fields.our_annotations, &fields.others_annotations),
        keys: fields.keys,
        written: fields.written,
        foreign_writer: fields.foreign_writer,
        meddler: meddler(metadata.managed_fields.as_deref().unwrap_or_default()),
    }
}

/// Keeps what we set, because others may attach a great deal; what we have not set is written again to be sure.
fn ours(
    all: Option<&BTreeMap<String, String>>,
    names: &BTreeSet<String>,
) -> Option<BTreeMap<String, String>> {
    all.map(|all| {
        all.iter()
            .filter(|(key, _)| names.contains(*key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    })
}

fn without(names: BTreeSet<String>, others: &BTreeSet<String>) -> BTreeSet<String> {
    names
        .into_iter()
        .filter(|name| !others.contains(name))
        .collect()
}

fn references(metadata: &ObjectMeta) -> Vec<Reference> {
    metadata
        .owner_references
        .iter()
        .flatten()
        .map(|reference| Reference {
            api_version: reference.api_version.clone(),
            kind: reference.kind.clone(),
            name: reference.name.clone(),
            uid: reference.uid.clone(),
            controller: reference.controller.unwrap_or_default(),
            blocks_deletion: reference.block_owner_deletion.unwrap_or_default(),
        })
        .collect()
}

/// What `managedFields` says: who wrote which keys, labels and annotations.
#[derive(Default)]
struct Fields {
    keys: BTreeSet<String>,
    foreign_writer: Option<String>,
    our_labels: BTreeSet<String>,
    our_annotations: BTreeSet<String>,
    others_labels: BTreeSet<String>,
    others_annotations: BTreeSet<String>,
    written: Option<Timestamp>,
}

impl Fields {
    fn of(entries: &[ManagedFieldsEntry]) -> Self {
        let mut fields = Self::default();
        for entry in entries {
            let Some(written) = entry
                .fields_v1
                .as_ref()
                .and_then(|written| written.0.as_object())
            else {
                continue;
            };
            let keys = names(written.get("f:data"));
            let metadata = written.get("f:metadata");
            let labels = names(metadata.and_then(|map| map.get("f:labels")));
            let annotations = names(metadata.and_then(|map| map.get("f:annotations")));
            let is_ours = entry.manager.as_deref() == Some(MANAGER);
            if is_ours {
                fields.our_labels.extend(labels);
                fields.our_annotations.extend(annotations);
                let time = entry.time.as_ref().map(|time| time.0);
                fields.written = fields.written.max(time);
            } else {
                fields.others_labels.extend(labels);
                fields.others_annotations.extend(annotations);
            }
            if !is_ours && (!keys.is_empty() || written.get("f:stringData").is_some()) {
                // Applied stringData becomes data without a trace of whose it is.
                fields.foreign_writer = Some(entry.manager.clone().unwrap_or_default());
            }
            fields.keys.extend(keys);
        }
        fields
    }
}

/// Who else wrote since we did, the latest first; times have whole seconds, so what stands in one second counts.
fn meddler(entries: &[ManagedFieldsEntry]) -> Option<String> {
    let is_ours = |entry: &&ManagedFieldsEntry| entry.manager.as_deref() == Some(MANAGER);
    let time = |entry: &ManagedFieldsEntry| entry.time.as_ref().map(|time| time.0);
    let ours = entries.iter().filter(is_ours).filter_map(time).max();
    entries
        .iter()
        .filter(|entry| !is_ours(entry) && time(entry) >= ours)
        .max_by_key(|entry| time(entry))
        .and_then(|entry| entry.manager.clone())
}

fn names(map: Option<&Value>) -> BTreeSet<String> {
    map.and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::keys)
        .filter_map(|field| field.strip_prefix("f:"))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(manager: &str, second: u32) -> ManagedFieldsEntry {
        let time = format!("2026-11-22T12:00:{second:02}Z");
        serde_json::from_value(json!({"manager": manager, "time": time})).unwrap()
    }

    #[test]
    fn who_wrote_last_since_our_own_write_is_named() {
        let cases = [
            (vec![entry(MANAGER, 5)], None),
            (vec![entry(MANAGER, 5), entry("before", 4)], None),
            (vec![entry("same", 5), entry(MANAGER, 5)], Some("same")),
            (
                vec![entry("late", 7), entry(MANAGER, 5), entry("later", 8)],
                Some("later"),
            ),
            (
                vec![entry(MANAGER, 3), entry("one", 4), entry(MANAGER, 5)],
                None,
            ),
            (vec![entry("alone", 1)], Some("alone")),
        ];
        for (entries, expected) in cases {
            assert_eq!(meddler(&entries).as_deref(), expected, "{entries:?}");
        }
    }
}
