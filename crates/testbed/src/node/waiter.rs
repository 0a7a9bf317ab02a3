//! The pod that every node can run: it waits until it is asked to end, and shows what it was given.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use container_image::{File, Image, Layout, architecture};
use serde_json::{Value, json};

/// The name of an image whose program waits until it is asked to end, and prints the files whose names it is given. Every
/// node has it.
pub(super) const WAITER_IMAGE: &str = "testbed.example/waiter:1";

/// Writes the image of that program into a folder; answers the archive's path.
pub(super) fn archive(program: &Path, folder: &Path) -> Result<PathBuf> {
    let attempt = || format!("cannot make the image {WAITER_IMAGE}");
    let (name, version) = WAITER_IMAGE.split_once(':').with_context(attempt)?;
    let image = Image {
        name: name.into(),
        version: version.into(),
        architecture: architecture(),
        entrypoint: "/waiter".into(),
        ports: Vec::new(),
        labels: BTreeMap::new(),
        files: vec![File {
            path: "waiter".into(),
            mode: 0o755,
            bytes: fs::read(program).with_context(attempt)?,
        }],
    };
    let layout = Layout::of(&image).with_context(attempt)?;
    layout.write_archive(&folder.join("waiter.tar"))
}

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
