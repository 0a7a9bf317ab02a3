//! The pod that every node can run: it waits until it is asked to end, and shows what it was given.

use serde_json::{Value, json};

/// The name of an image whose program waits until it is asked to end, and prints the files whose names it is given. Every
/// node has it.
pub const WAITER_IMAGE: &str = "testbed.example/waiter:1";

/// The spec of a pod that takes a Secret as files in `/values`, and one of its keys as the environment variable of that name
/// too. Pod Security `restricted` lets it run.
#[must_use]
pub fn waiter_pod(secret: &str, key: &str) -> Value {
    let container = json!({
        "name": "waiter",
        "image": WAITER_IMAGE,
        "imagePullPolicy": "Never",
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": true,
        },
        "env": [{"name": key, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}],
        "volumeMounts": [{"name": "values", "mountPath": "/values", "readOnly": true}],
    });
    json!({
        "terminationGracePeriodSeconds": 1,
        "automountServiceAccountToken": false,
        "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": [{"name": "values", "secret": {"secretName": secret}}],
    })
}
