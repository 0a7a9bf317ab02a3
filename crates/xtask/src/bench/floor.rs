//! The floor: a bare loop that does, for each object, the least that any operator has to do.
//!
//! Two signed reads from NCP, one POST of the Secret, one apply of the status: nothing is watched, checked or remembered.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kube::Client;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::ncp::Ncp;

/// An object that waits for its Secret.
pub(super) struct Object {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) uid: String,
    pub(super) secret_id: String,
}

/// Does the work for all objects, so many at once; answers how long it took.
pub(super) async fn run(
    client: &Client,
    ncp: &Arc<Ncp>,
    objects: Vec<Object>,
    at_once: usize,
) -> Result<Duration> {
    let started = Instant::now();
    let mut left = objects.into_iter();
    let mut running = JoinSet::new();
    loop {
        while running.len() < at_once
            && let Some(object) = left.next()
        {
            let (client, ncp) = (client.clone(), Arc::clone(ncp));
            running.spawn(async move { synchronize(&client, &ncp, &object).await });
        }
        match running.join_next().await {
            Some(done) => done.context("the loop broke")??,
            None => return Ok(started.elapsed()),
        }
    }
}

async fn synchronize(client: &Client, ncp: &Ncp, object: &Object) -> Result<()> {
    let Object {
        namespace,
        name,
        uid,
        secret_id,
    } = object;
    let detail = ncp
        .call(Method::GET, &format!("/api/v1/secrets/{secret_id}"), None)
        .await?;
    let stage = ncp
        .call(
            Method::GET,
            &format!("/api/v1/secrets/{secret_id}/active"),
            None,
        )
        .await?;
    let value = stage
        .pointer("/decryptedSecretValue/value")
        .and_then(Value::as_str)
        .context("no value")?;
    let pairs: serde_json::Map<String, Value> = serde_json::from_str(value).context("no pairs")?;
    let data: serde_json::Map<String, Value> = pairs
        .into_iter()
        .map(|(key, value)| {
            (
                key,
                STANDARD.encode(value.as_str().unwrap_or_default()).into(),
            )
        })
        .collect();
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": data,
        "metadata": {
            "name": name,
            "labels": {"app.kubernetes.io/managed-by": "ncp-secret-operator"},
            "annotations": {"ncp-secrets.io/owner": name, "ncp-secrets.io/owner-uid": uid, "ncp-secrets.io/content": "0".repeat(73)},
            "ownerReferences": [{"apiVersion": "ncp-secrets.io/v1alpha1", "kind": "NcpSecret", "name": name, "uid": uid, "controller": true}],
        },
    });
    let create = http::Request::post(format!(
        "/api/v1/namespaces/{namespace}/secrets?fieldManager=floor"
    ))
    .header("content-type", "application/json")
    .header(
        "accept",
        "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
    )
    .body(secret.to_string().into_bytes())?;
    client
        .request::<Value>(create)
        .await
        .context("cannot create the Secret")?;
    let status = json!({
        "apiVersion": "ncp-secrets.io/v1alpha1", "kind": "NcpSecret", "metadata": {"name": name},
        "status": status(&detail, name),
    });
    let apply = http::Request::patch(format!(
        "/apis/ncp-secrets.io/v1alpha1/namespaces/{namespace}/ncpsecrets/{name}/status?fieldManager=floor&force=true"
    ))
    .header("content-type", "application/apply-patch+yaml")
    .header("accept", "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1")
    .body(status.to_string().into_bytes())?;
    client
        .request::<Value>(apply)
        .await
        .context("cannot apply the status")?;
    Ok(())
}

/// A status of the size that the operator writes.
fn status(detail: &Value, name: &str) -> Value {
    let time = "2026-01-01T00:00:00Z";
    let condition = |type_: &str, reason: &str, message: &str| {
        json!({
            "type": type_, "status": "True", "reason": reason, "message": message,
            "lastTransitionTime": time, "observedGeneration": 1,
        })
    };
    json!({
        "observedGeneration": 1,
        "conditions": [
            condition("Ready", "Synced", "The Secret holds the value that NCP showed at the last look."),
            condition("SourceAvailable", "Enabled", "The secret is readable."),
            condition("RotationHealthy", "Manual", "Automatic rotation is off."),
        ],
        "source": {
            "secretId": detail.get("secretId"), "secretName": detail.get("secretName"), "keyIsolation": "Regional",
            "lifecycle": detail.get("secretStatus"), "rotationPhase": detail.get("rotationPhase"), "updateTime": time,
        },
        "target": {"name": name, "keys": ["password", "user"], "changedTime": time},
    })
}
