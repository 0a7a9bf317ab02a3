//! The one file that reads and restarts workloads.
//!
//! They are read one by one and never watched. Of a reply only the spec is kept, and of that whatever has its form.

use bytes::Bytes;
use http::Method;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::body::unless_moved;
use super::refusal::Refusal;
use super::wire::{Call, METADATA_ONLY, Server, WHOLE};
use crate::api::{MANAGER, RESTARTED_FOR, WorkloadKind, WorkloadRef};
use crate::core::restart::Obstacle;
use crate::core::workload::Workload;

/// The workloads of the cluster.
#[derive(Clone)]
pub struct Workloads {
    server: Server,
}

impl Workloads {
    /// Those of that API server.
    #[must_use]
    pub const fn new(server: Server) -> Self {
        Self { server }
    }

    /// Reads a workload.
    ///
    /// # Errors
    ///
    /// What stands in the way.
    pub async fn read(
        &self,
        namespace: &str,
        workload: &WorkloadRef,
    ) -> Result<Workload, Obstacle> {
        let call = Call::get(path(namespace, workload), WHOLE);
        let read: Reply = self
            .server
            .send(call)
            .await
            .map_err(|refusal| obstacle(&refusal))?;
        Ok(Workload {
            uid: read.metadata.uid,
            resource_version: read.metadata.resource_version,
            deleting: read.metadata.deletion_timestamp.is_some(),
            spec: read.spec,
        })
    }

    /// Annotates the pod template of a workload, which is what restarts its pods, if it is still the one that was read.
    ///
    /// # Errors
    ///
    /// What stands in the way; [`Obstacle::Passing`] when it is another one by now, or no answer came.
    pub async fn restart(
        &self,
        namespace: &str,
        workload: &WorkloadRef,
        read: &Workload,
        mark: &str,
    ) -> Result<(), Obstacle> {
        let mut steps = unless_moved(&read.uid, &read.resource_version);
        steps.push(annotation(&read.spec, mark));
        let call = Call {
            method: Method::PATCH,
            path: format!("{}?fieldManager={MANAGER}", path(namespace, workload)),
            accept: METADATA_ONLY,
            content: Some((
                "application/json-patch+json",
                Bytes::from(Value::Array(steps).to_string()),
            )),
        };
        let patched = self.server.send::<IgnoredAny>(call).await;
        patched.map(drop).map_err(|refusal| obstacle(&refusal))
    }
}

/// The step that sets the annotation, and makes no more of the way to it than is missing.
fn annotation(spec: &Value, mark: &str) -> Value {
    let metadata = spec.pointer("/template/metadata");
    let is_map = |value: Option<&Value>| value.is_some_and(Value::is_object);
    let (place, value) = if is_map(metadata.and_then(|map| map.get("annotations"))) {
        let key = RESTARTED_FOR.replace('/', "~1");
        (format!("/metadata/annotations/{key}"), json!(mark))
    } else if is_map(metadata) {
        ("/metadata/annotations".into(), json!({RESTARTED_FOR: mark}))
    } else {
        let annotations = json!({"annotations": {RESTARTED_FOR: mark}});
        ("/metadata".into(), annotations)
    };
    json!({"op": "add", "path": format!("/spec/template{place}"), "value": value})
}

fn path(namespace: &str, workload: &WorkloadRef) -> String {
    let (group, resource) = match workload.kind {
        WorkloadKind::Deployment => ("apps/v1", "deployments"),
        WorkloadKind::StatefulSet => ("apps/v1", "statefulsets"),
        WorkloadKind::DaemonSet => ("apps/v1", "daemonsets"),
        WorkloadKind::Rollout => ("argoproj.io/v1alpha1", "rollouts"),
    };
    let name = &workload.name;
    format!("/apis/{group}/namespaces/{namespace}/{resource}/{name}")
}

fn obstacle(refusal: &Refusal) -> Obstacle {
    match refusal {
        Refusal::NotFound => Obstacle::NotFound,
        Refusal::NotServed => Obstacle::NotServed,
        Refusal::Refused { code: 403, .. } => Obstacle::Forbidden,
        Refusal::Refused { .. }
        | Refusal::Immutable(_)
        | Refusal::Failed
        | Refusal::TooLarge
        | Refusal::NoKey => Obstacle::Refused,
        Refusal::Moved
        | Refusal::Exists
        | Refusal::Leaving
        | Refusal::NotLeading
        | Refusal::Unreachable(_) => Obstacle::Passing,
    }
}

/// A workload without what nobody here reads: the status, and who wrote which field.
#[derive(Deserialize)]
struct Reply {
    metadata: Metadata,
    #[serde(default)]
    spec: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    uid: String,
    resource_version: String,
    #[serde(default)]
    deletion_timestamp: Option<IgnoredAny>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_adds_the_annotation_and_changes_nothing_else() {
        let whole = json!({"annotations": {RESTARTED_FOR: "now"}});
        let map = json!({RESTARTED_FOR: "now"});
        let key = "/metadata/annotations/ncp-secrets.io~1restarted-for";
        let cases = [
            (json!({}), "/metadata", &whole),
            (json!({"metadata": null}), "/metadata", &whole),
            (json!({"metadata": {}}), "/metadata/annotations", &map),
            (
                json!({"metadata": {"labels": {"a": "b"}, "annotations": null}}),
                "/metadata/annotations",
                &map,
            ),
            (json!({"metadata": {"annotations": {}}}), key, &json!("now")),
            (
                json!({"metadata": {"annotations": {"a": "b", RESTARTED_FOR: "before"}}}),
                key,
                &json!("now"),
            ),
        ];
        for (template, place, value) in cases {
            let step = annotation(&json!({"template": template}), "now");
            let path = format!("/spec/template{place}");
            assert_eq!(
                step,
                json!({"op": "add", "path": path, "value": value}),
                "{template}"
            );
        }
    }

    #[test]
    fn of_a_reply_everything_but_the_spec_and_what_a_condition_needs_is_left() {
        let reply: Reply = serde_json::from_value(json!({
            "metadata": {"uid": "u", "resourceVersion": "7", "managedFields": 3, "name": ["odd"]},
            "spec": ["odd"], "status": "odd",
        }))
        .unwrap();
        assert_eq!(
            (reply.metadata.uid.as_str(), reply.spec),
            ("u", json!(["odd"]))
        );
        assert!(reply.metadata.deletion_timestamp.is_none());
    }
}
