//! What people and the cluster do to objects, and what the operator is seen to write.

use jiff::SignedDuration;
use k8s_openapi::api::core::v1::Secret;
use kube::Resource;
use kube::api::{DeleteParams, Patch, PatchParams};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use testbed::Mark;

use crate::scene::{Scene, until};

impl Scene {
    /// Creates a secret in NCP and an `NcpSecret` of that name that reads it by its ID, so that a look is two calls;
    /// answers the ID once it is synced.
    pub async fn synced(&self, name: &str, value: &str, spec: Value) -> String {
        let id = self.secret_in_ncp(name, value);
        self.create_by_id(name, &id, spec).await;
        self.until_reason(name, "Synced").await;
        id
    }

    /// Creates an `NcpSecret` that reads a secret by its ID.
    pub async fn create_by_id(&self, name: &str, id: &str, mut spec: Value) {
        spec["source"]["secretId"] = json!(id);
        spec["source"]["secretName"] = Value::Null;
        self.create_ncp_secret(name, "unused", spec).await;
    }

    /// Deletes an object as a person would, without waiting until it is gone.
    pub async fn delete<K>(&self, name: &str)
    where
        K: Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>
            + Clone
            + std::fmt::Debug
            + DeserializeOwned,
    {
        self.api::<K>()
            .delete(name, &DeleteParams::default())
            .await
            .unwrap();
    }

    /// Waits until there is no Secret of that name.
    pub async fn until_no_secret(&self, name: &str) {
        until(&format!("the Secret {name} is gone"), async || {
            self.secret(name).await.is_none().then_some(())
        })
        .await;
    }

    /// Waits until there is a Secret of that name with another UID.
    pub async fn until_secret_other_than(&self, name: &str, uid: &str) -> Secret {
        until(&format!("the Secret {name} is another one"), async || {
            let secret = self.secret(name).await?;
            (secret.metadata.uid.as_deref() != Some(uid)).then_some(secret)
        })
        .await
    }

    /// Changes a Secret by a JSON Patch, as `kubectl patch --type=json` does.
    pub async fn json_patch_secret(&self, name: &str, patch: Value) {
        let params = PatchParams {
            field_manager: Some("kubectl-patch".into()),
            ..PatchParams::default()
        };
        let patch = Patch::Json::<()>(serde_json::from_value(patch).unwrap());
        self.api::<Secret>()
            .patch(name, &params, &patch)
            .await
            .unwrap();
    }

    /// What the operator asked of the API server since the mark: verb, resource, name and status of the reply. The
    /// reads of credentials and of the installation key are left out.
    pub fn asked(&self, since: Mark) -> Vec<String> {
        let credentials = ["ncp-credentials", "ncp-secret-operator-key"];
        self.requests(since)
            .into_iter()
            .filter(|request| {
                // Stores of the cluster belong to all tests.
                let of_credentials =
                    request.verb == "get" && credentials.contains(&request.name.as_str());
                !of_credentials && !request.resource.starts_with("cluster")
            })
            .map(|request| {
                let resource = match request.subresource.as_str() {
                    "" => request.resource,
                    sub => format!("{}/{sub}", request.resource),
                };
                format!(
                    "{} {resource} {} {}",
                    request.verb, request.name, request.code
                )
            })
            .collect()
    }

    /// Waits until the operator has asked for something so many times since the mark.
    pub async fn until_asked(&self, since: Mark, what: &str, times: usize) {
        until(
            &format!("the operator asks {what} {times} times"),
            async || {
                let asked = self.asked(since);
                (asked.iter().filter(|line| *line == what).count() >= times).then_some(())
            },
        )
        .await;
    }

    /// A sample of the operator's metrics; 0 before it is there.
    pub async fn sample(&self, series: &str) -> u64 {
        let metrics = self.metrics().await;
        let sample = metrics
            .lines()
            .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        sample.map_or(0, |count| count.parse().unwrap())
    }

    /// Waits until no pass runs and every object waits for its time. What woke an object must have been seen to do so.
    pub async fn until_idle(&self) {
        until("every object waits for its time", async || {
            let waiting = self.sample("ncp_secret_operator_queue_waiting").await;
            let objects = self.sample("ncp_secret_operator_objects").await;
            let held = self.sample("ncp_secret_operator_queue_held").await;
            (waiting + held >= objects).then_some(())
        })
        .await;
    }

    /// Shows that the operator is past everything that happened before: a new object is synced, and nothing runs.
    pub async fn until_past(&self) {
        let name = format!("after-{:08x}", fastrand::u32(..));
        self.synced(&name, r#"{"a":"b"}"#, json!({})).await;
        self.until_idle().await;
    }

    /// Lets clock time pass, and waits until the look that it makes due has ended.
    pub async fn look_after(&self, id: &str, span: SignedDuration) {
        self.until_idle().await;
        let looks = self.looks_at(id);
        self.advance(span);
        self.until_looks(id, looks + 1).await;
        self.until_idle().await;
    }
}
