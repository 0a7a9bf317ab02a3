//! What can be seen of the operator from outside: its counters, the versions of objects, the status of stores.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::Api;
use kube::api::{ApiResource, DynamicObject, ListParams, Patch, PatchParams};
use kube::core::GroupVersionKind;
use ncp_emulator::Operation;
use ncp_secret_operator::api::NcpSecret;
use serde_json::{Value, json};

use crate::scene::{Scene, condition, merge, until};

/// An object over a store that does not exist, for [`Scene::settle`].
pub const BARRIER: &str = "barrier";

impl Scene {
    /// The object as it is.
    pub async fn ncp_secret(&self, name: &str) -> NcpSecret {
        self.api::<NcpSecret>().get(name).await.unwrap()
    }

    /// The version of an object, which every write moves.
    pub async fn version(&self, name: &str) -> String {
        let object = self.ncp_secret(name).await;
        object.metadata.resource_version.unwrap()
    }

    /// The reasons of the Warnings about an object, and that there is nothing but Warnings.
    pub async fn warnings(&self, about: &str) -> Vec<String> {
        let events = self
            .api::<Event>()
            .list(&ListParams::default())
            .await
            .unwrap();
        let mut events: Vec<_> = events
            .into_iter()
            .filter(|event| {
                event
                    .regarding
                    .as_ref()
                    .is_some_and(|object| object.name.as_deref() == Some(about))
            })
            .collect();
        events.sort_by_key(|event| event.event_time.as_ref().map(|time| time.0));
        events
            .into_iter()
            .flat_map(|event| {
                assert_eq!(event.type_.as_deref(), Some("Warning"));
                // An event that is sent again soon is counted instead.
                let times = event.series.map_or(1, |series| series.count);
                std::iter::repeat_n(event.reason.unwrap(), usize::try_from(times).unwrap())
            })
            .collect()
    }

    /// Waits until there are exactly these Warnings about an object; events come after what they are about.
    pub async fn until_warnings(&self, about: &str, reasons: &[&str]) {
        let patience = Instant::now() + Duration::from_secs(10);
        loop {
            let warnings = self.warnings(about).await;
            if warnings == reasons {
                return;
            }
            assert!(
                Instant::now() < patience,
                "the Warnings about {about} are {warnings:?} and not {reasons:?}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// What the operator serves under `/metrics`.
    pub async fn metrics(&self) -> String {
        fetch(&format!("{}/metrics", self.probes())).await.1
    }

    /// How many passes have failed for that reason.
    pub async fn failed_passes(&self, reason: &str) -> u64 {
        let series =
            format!(r#"ncp_secret_operator_passes_total{{outcome="failed",reason="{reason}"}} "#);
        let metrics = self.metrics().await;
        let count = metrics.lines().find_map(|line| line.strip_prefix(&series));
        count.map_or(0, |count| count.parse().unwrap())
    }

    /// Waits until the operator has done everything that is due by now. Something that costs no look is made to
    /// happen: what was due before it has begun by then, and then has ended.
    pub async fn settle(&self) {
        static WORDS: AtomicU32 = AtomicU32::new(0);
        let word = WORDS.fetch_add(1, Ordering::Relaxed).to_string();
        if self
            .api::<NcpSecret>()
            .get_opt(BARRIER)
            .await
            .unwrap()
            .is_none()
        {
            let spec = json!({"storeRef": {"name": "nowhere"}});
            self.create_ncp_secret(BARRIER, "nothing", spec).await;
        }
        self.force(BARRIER, &word).await;
        self.until_idle().await;
    }

    /// Makes the operator look at an object now, and waits until it has.
    pub async fn force(&self, name: &str, word: &str) -> NcpSecret {
        self.annotate(name, word).await;
        self.until_object(name, &format!("echoes {word}"), |object| {
            let status = object.status.as_ref();
            status.is_some_and(|status| status.last_forced_sync.as_deref() == Some(word))
        })
        .await
    }

    /// Sets the force-sync annotation.
    pub async fn annotate(&self, name: &str, word: &str) {
        let annotations = json!({"ncp-secrets.io/force-sync": word});
        self.patch_ncp_secret(name, json!({"metadata": {"annotations": annotations}}))
            .await;
    }

    /// How often the details of a secret were asked for: once in each look.
    pub fn looks_at(&self, id: &str) -> usize {
        let calls = self.emulator.calls();
        let details = calls
            .iter()
            .filter(|call| call.operation == Some(Operation::GetSecretDetail));
        details
            .filter(|call| call.secret_id.as_deref() == Some(id))
            .count()
    }

    /// Waits until there were so many looks at a secret.
    pub async fn until_looks(&self, id: &str, count: usize) {
        until(&format!("{id} is looked at {count} times"), async || {
            (self.looks_at(id) >= count).then_some(())
        })
        .await;
        assert_eq!(self.looks_at(id), count, "more looks than were due");
    }

    /// Waits until NCP was called so often.
    pub async fn until_calls(&self, count: usize) {
        until(&format!("NCP is called {count} times"), async || {
            (self.emulator.calls().len() >= count).then_some(())
        })
        .await;
    }

    /// The Ready condition of a store of the scene, or of the cluster.
    pub async fn store_condition(&self, kind: &str, name: &str) -> Option<Condition> {
        let store = self.stores(kind).get(name).await.unwrap();
        let condition = store.data.get("status")?.get("conditions")?.get(0)?;
        Some(serde_json::from_value(condition.clone()).unwrap())
    }

    /// Waits until the Ready condition of a store of the scene has that reason.
    pub async fn until_store(&self, name: &str, reason: &str) -> Condition {
        until(&format!("the store {name} says {reason}"), async || {
            let condition = self.store_condition("NcpSecretStore", name).await;
            condition.filter(|condition| condition.reason == reason)
        })
        .await
    }

    /// Merges a patch into a store, as a person would.
    pub async fn patch_store(&self, kind: &str, name: &str, patch: Value) {
        self.stores(kind)
            .patch(name, &PatchParams::default(), &Patch::Merge(patch))
            .await
            .unwrap();
    }

    /// Creates a store of the scene over another credential Secret.
    pub async fn create_store_with(&self, name: &str, credentials: &str) {
        let reference = json!({"secretRef": {"name": credentials}});
        self.create_store_as(name, json!({"auth": reference})).await;
    }

    /// Creates a store of the scene and waits until the operator has seen it; `spec` is merged into that of any other.
    pub async fn create_store_as(&self, name: &str, spec: Value) {
        let mut whole = json!({"region": "KR", "auth": {"secretRef": {"name": "ncp-credentials"}}});
        merge(&mut whole, spec);
        self.create(json!({
            "apiVersion": "ncp-secrets.io/v1alpha1", "kind": "NcpSecretStore",
            "metadata": {"name": name}, "spec": whole,
        }))
        .await;
        self.until_store(name, "Configured").await;
    }

    /// Creates a store of the cluster with the scene's credentials; `spec` is merged into that of any other.
    pub async fn create_cluster_store(&self, name: &str, spec: Value) {
        let credentials = json!({"namespace": self.namespace, "name": "ncp-credentials"});
        let mut whole = json!({"region": "KR", "auth": {"secretRef": credentials}});
        merge(&mut whole, spec);
        self.create(json!({
            "apiVersion": "ncp-secrets.io/v1alpha1", "kind": "ClusterNcpSecretStore",
            "metadata": {"name": name}, "spec": whole,
        }))
        .await;
    }

    pub fn stores(&self, kind: &str) -> Api<DynamicObject> {
        let gvk = GroupVersionKind::gvk("ncp-secrets.io", "v1alpha1", kind);
        let resource = ApiResource::from_gvk(&gvk);
        if kind.starts_with("Cluster") {
            Api::all_with(self.client.clone(), &resource)
        } else {
            Api::namespaced_with(self.client.clone(), &self.namespace, &resource)
        }
    }
}

/// Status and reason of a condition; the empty text for what is not there.
pub fn says<'object>(object: &'object NcpSecret, type_: &str) -> (&'object str, &'object str) {
    condition(object, type_).map_or(("", ""), |(status, reason, _)| (status, reason))
}

/// Status and text of what is served there.
pub async fn fetch(url: &str) -> (u16, String) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let response = client.get(url).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}
