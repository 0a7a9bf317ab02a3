//! The bodies that carry values to the API server: built once, in memory that is wiped.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::core::content::Content;
use crate::core::observed::Observed;
use crate::core::plan::{Change, MapChange};

/// The body that creates a Secret.
pub(super) fn creation(metadata: &ObjectMeta, type_: &str, content: &Content<'_>) -> Bytes {
    let head = json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": type_})
        .to_string();
    let mut body = Buffer::for_content(content, head.len());
    body.text(head.strip_suffix('}').unwrap_or(&head));
    body.text(",\"data\":");
    body.content(content);
    body.text("}");
    body.finish()
}

/// The JSON Patch that changes a Secret only if it is still the one that was observed.
pub(super) fn change(
    change: &Change,
    owners: Option<&[OwnerReference]>,
    type_: &str,
    content: &Content<'_>,
) -> Bytes {
    let mut steps = unless_moved(&change.uid, &change.resource_version);
    map_steps("/metadata/labels", &change.labels, &mut steps);
    map_steps("/metadata/annotations", &change.annotations, &mut steps);
    if let Some(owners) = owners {
        steps.push(json!({"op": "add", "path": "/metadata/ownerReferences", "value": owners}));
    }
    if change.content {
        // A type never changes: the API server refuses the whole patch when the Secret has another one.
        steps.push(json!({"op": "add", "path": "/type", "value": type_}));
    }
    let head = Value::Array(steps).to_string();
    let mut body = Buffer::for_content(content, head.len());
    body.text(head.strip_suffix(']').unwrap_or(&head));
    if change.content {
        body.text(",{\"op\":\"add\",\"path\":\"/data\",\"value\":");
        body.content(content);
        body.text("}");
    }
    body.text("]");
    body.finish()
}

/// The JSON Patch that leaves these owners to a Secret, only if it is still the one that was observed.
pub(super) fn release(observed: &Observed, owners: &[OwnerReference]) -> Bytes {
    let mut steps = unless_moved(&observed.uid, &observed.resource_version);
    steps.push(json!({"op": "add", "path": "/metadata/ownerReferences", "value": owners}));
    Bytes::from(Value::Array(steps).to_string())
}

/// The options that delete a Secret only if it is still the one that was observed.
pub(super) fn deletion(observed: &Observed) -> Bytes {
    let preconditions = json!({"uid": observed.uid, "resourceVersion": observed.resource_version});
    let options =
        json!({"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": preconditions});
    Bytes::from(options.to_string())
}

pub(super) fn unless_moved(uid: &str, resource_version: &str) -> Vec<Value> {
    vec![
        json!({"op": "test", "path": "/metadata/uid", "value": uid}),
        json!({"op": "test", "path": "/metadata/resourceVersion", "value": resource_version}),
    ]
}

fn map_steps(path: &str, change: &MapChange, steps: &mut Vec<Value>) {
    if change.absent {
        if !change.set.is_empty() {
            steps.push(json!({"op": "add", "path": path, "value": change.set}));
        }
        return;
    }
    let pointer = |key: &str| format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
    for key in &change.remove {
        steps.push(json!({"op": "remove", "path": pointer(key)}));
    }
    for (key, value) in &change.set {
        steps.push(json!({"op": "add", "path": pointer(key), "value": value}));
    }
}

/// Memory that is as large as it will ever be, so that growing leaves no copy behind, and is wiped at the end.
struct Buffer(Zeroizing<Vec<u8>>);

impl Buffer {
    fn for_content(content: &Content<'_>, head: usize) -> Self {
        let entries: usize = content
            .iter()
            .map(|(key, value)| key.len() + value.len().div_ceil(3) * 4 + "\"\":\"\",".len())
            .sum();
        Self(Zeroizing::new(Vec::with_capacity(head + entries + 128)))
    }

    fn text(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    /// Keys need no escaping: Kubernetes allows none that would.
    fn content(&mut self, content: &Content<'_>) {
        self.text("{");
        for (index, (key, value)) in content.iter().enumerate() {
            self.text(if index == 0 { "\"" } else { ",\"" });
            self.text(key);
            self.text("\":\"");
            let encoded = Zeroizing::new(STANDARD.encode(value.expose()));
            self.text(&encoded);
            self.text("\"");
        }
        self.text("}");
    }

    fn finish(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed() -> Observed {
        Observed {
            uid: "u".into(),
            resource_version: "7".into(),
            ..Observed::default()
        }
    }

    fn read(bytes: &Bytes) -> Value {
        serde_json::from_slice(bytes).unwrap()
    }

    #[test]
    fn r2_a_deletion_names_the_secret_that_was_observed() {
        assert_eq!(
            read(&deletion(&observed())),
            json!({
                "apiVersion": "v1", "kind": "DeleteOptions",
                "preconditions": {"uid": "u", "resourceVersion": "7"},
            })
        );
    }

    #[test]
    fn r2_a_release_holds_only_for_the_secret_that_was_observed() {
        assert_eq!(
            read(&release(&observed(), &[])),
            json!([
                {"op": "test", "path": "/metadata/uid", "value": "u"},
                {"op": "test", "path": "/metadata/resourceVersion", "value": "7"},
                {"op": "add", "path": "/metadata/ownerReferences", "value": []},
            ])
        );
    }
}
