//! Objects for benchmarks: one by one, and as a fleet of namespaces that share the sources of one cluster store.

use std::sync::Arc;

use anyhow::{Context, Result};
use kube::api::{ApiResource, DynamicObject, PostParams};
use kube::core::GroupVersionKind;
use kube::{Api, Client};
use ncp_emulator::{Emulator, NewSecret};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::playground::Playground;

/// The API server takes so many creations at once without any of them waiting long.
const AT_ONCE: usize = 16;

/// Where the key of the fleet's store is.
const PLATFORM: &str = "fleet-platform";

/// Objects in namespaces; each namespace has one object for each source.
pub(super) struct Fleet {
    pub(super) namespaces: Vec<String>,
    /// IDs of the secrets in NCP.
    pub(super) sources: Vec<String>,
}

impl Fleet {
    /// How many objects there are.
    pub(super) fn len(&self) -> usize {
        self.namespaces.len() * self.sources.len()
    }

    /// Creates the store, which lets all namespaces read everything, and the namespaces, still empty.
    pub(super) async fn prepare(
        playground: &Playground,
        client: &Client,
        sources: usize,
        namespaces: usize,
    ) -> Result<Self> {
        let sources = create_secrets(&playground.emulator, sources)?;
        let namespaces: Vec<_> = (0..namespaces).map(|n| format!("fleet-{n}")).collect();
        for namespace in namespaces.iter().map(String::as_str).chain([PLATFORM]) {
            playground
                .kubectl
                .run(&format!("create namespace {namespace}"))
                .await?;
        }
        playground.write_credentials(PLATFORM).await?;
        let store = json!({
            "region": "KR",
            "auth": {"secretRef": {"namespace": PLATFORM, "name": "ncp-credentials"}},
            "budget": {"requestsPerSecond": 1000, "burst": 10000},
            "grants": [{"namespaces": ["fleet-*"], "secretIds": ["*"]}],
        });
        create(client, None, "ClusterNcpSecretStore", "fleet", store).await?;
        Ok(Self {
            namespaces,
            sources,
        })
    }

    /// Creates the objects.
    pub(super) async fn create(&self, client: &Client) -> Result<()> {
        let mut wanted = self.namespaces.iter().flat_map(|namespace| {
            let numbered = self.sources.iter().enumerate();
            numbered.map(move |(number, id)| (namespace.clone(), number, id.clone()))
        });
        let client = Arc::new(client.clone());
        let mut running = JoinSet::new();
        loop {
            while running.len() < AT_ONCE
                && let Some((namespace, number, id)) = wanted.next()
            {
                let client = Arc::clone(&client);
                running.spawn(async move {
                    create_object(&client, &namespace, &format!("object-{number}"), &id).await
                });
            }
            match running.join_next().await {
                Some(created) => created.context("a creation broke off")??,
                None => return Ok(()),
            }
        }
    }
}

/// Creates one object of the fleet.
pub(super) async fn create_object(
    client: &Client,
    namespace: &str,
    name: &str,
    secret_id: &str,
) -> Result<()> {
    let spec = json!({
        "storeRef": {"kind": "ClusterNcpSecretStore", "name": "fleet"},
        "source": {"secretId": secret_id},
    });
    create(client, Some(namespace), "NcpSecret", name, spec)
        .await
        .map(drop)
}

/// Creates secrets in the emulator; answers their IDs.
pub(super) fn create_secrets(emulator: &Emulator, count: usize) -> Result<Vec<String>> {
    (0..count)
        .map(|number| {
            let value =
                json!({"user": "orders", "password": format!("password-{number}")}).to_string();
            let new = NewSecret::named(&format!("bench-{number}")).value(&value);
            emulator
                .create_secret(new)
                .map_err(|refusal| anyhow::anyhow!("no secret: {refusal:?}"))
        })
        .collect()
}

/// Creates an object of one of our kinds.
pub(super) async fn create(
    client: &Client,
    namespace: Option<&str>,
    kind: &str,
    name: &str,
    spec: Value,
) -> Result<DynamicObject> {
    let object: DynamicObject = serde_json::from_value(json!({
        "apiVersion": "ncp-secrets.io/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec,
    }))?;
    let created = api(client, namespace, kind)
        .create(&PostParams::default(), &object)
        .await;
    created.with_context(|| format!("cannot create {kind} {name}"))
}

/// The objects of one of our kinds, in a namespace or of the cluster.
pub(super) fn api(client: &Client, namespace: Option<&str>, kind: &str) -> Api<DynamicObject> {
    let gvk = GroupVersionKind::gvk("ncp-secrets.io", "v1alpha1", kind);
    let resource = ApiResource::from_gvk(&gvk);
    match namespace {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    }
}
