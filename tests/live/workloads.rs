//! Workloads that consume a Secret, and what the operator does to them. Nothing runs here: what restarts pods in a real
//! cluster is a changed template, so the template is what is looked at.

use jiff::SignedDuration;
use kube::api::{ApiResource, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::GroupVersionKind;
use kube::{Api, ResourceExt};
use ncp_emulator::Stage;
use ncp_secret_operator::api::{NcpSecret, RestartStatus};
use serde_json::{Value, json};

use crate::scene::{Scene, until};

/// A little longer than changes are collected.
pub const HALF_A_MINUTE: SignedDuration = SignedDuration::from_secs(31);

/// The whole time that two restarts are apart, and a little more.
pub const FIVE_MINUTES: SignedDuration = SignedDuration::from_secs(302);

/// The spec of an `NcpSecret` that restarts one Deployment.
pub fn restarting(name: &str) -> Value {
    json!({"restart": [{"kind": "Deployment", "name": name}]})
}

/// The spec of an `NcpSecret` that restarts workloads of that kind.
pub fn names(kind: &str, names: &[&str]) -> Value {
    let entry = |name: &&str| json!({"kind": kind, "name": name});
    json!({"restart": names.iter().map(entry).collect::<Vec<_>>()})
}

/// The spec of a pod with an environment variable from each key of `orders-db`.
pub fn env(keys: &[&str]) -> Value {
    let env: Vec<_> = keys
        .iter()
        .map(|key| {
            let reference = json!({"name": "orders-db", "key": key, "optional": true});
            json!({"name": key.to_uppercase(), "valueFrom": {"secretKeyRef": reference}})
        })
        .collect();
    json!({"containers": [{"name": "main", "image": "app", "env": env}]})
}

impl Scene {
    pub fn workloads(&self, kind: &str, namespace: &str) -> Api<DynamicObject> {
        let (group, version) = match kind {
            "Rollout" => ("argoproj.io", "v1alpha1"),
            _ => ("apps", "v1"),
        };
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
        Api::namespaced_with(self.client.clone(), namespace, &resource)
    }

    /// Creates a workload whose pods have that spec.
    pub async fn deploy(&self, kind: &str, name: &str, pod: Value) {
        self.deploy_with(kind, name, pod, json!({})).await;
    }

    /// The same, with more in the spec of the workload.
    pub async fn deploy_with(&self, kind: &str, name: &str, pod: Value, more: Value) {
        let mut spec = json!({
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": pod},
        });
        if kind == "StatefulSet" {
            spec["serviceName"] = json!(name);
        }
        crate::scene::merge(&mut spec, more);
        let version = if kind == "Rollout" {
            "argoproj.io/v1alpha1"
        } else {
            "apps/v1"
        };
        let object = serde_json::from_value(json!({
            "apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec,
        }));
        self.workloads(kind, &self.namespace)
            .create(&PostParams::default(), &object.unwrap())
            .await
            .unwrap();
    }

    /// Merges a patch into a workload, as a person would.
    pub async fn patch_workload(&self, kind: &str, name: &str, patch: Value) {
        self.workloads(kind, &self.namespace)
            .patch(name, &PatchParams::default(), &Patch::Merge(patch))
            .await
            .unwrap();
    }

    /// The annotation that restarted a workload, if it was.
    pub async fn mark_of(&self, kind: &str, name: &str) -> Option<String> {
        let workload = self.workloads(kind, &self.namespace).get(name).await;
        let annotations = "/spec/template/metadata/annotations/ncp-secrets.io~1restarted-for";
        let mark = workload.unwrap().data.pointer(annotations).cloned();
        mark.map(|mark| mark.as_str().unwrap().to_owned())
    }

    /// The version of a workload, which every write moves.
    pub async fn version_of(&self, kind: &str, name: &str) -> String {
        let workload = self.workloads(kind, &self.namespace).get(name).await;
        workload.unwrap().resource_version().unwrap()
    }

    /// Waits until a Deployment has another annotation than before; answers it.
    pub async fn until_restarted(&self, name: &str, before: Option<&str>) -> String {
        until(&format!("{name} is restarted"), async || {
            let mark = self.mark_of("Deployment", name).await;
            mark.filter(|mark| Some(mark.as_str()) != before)
        })
        .await
    }

    /// Waits until status says that of a workload.
    pub async fn until_result(&self, object: &str, workload: &str, result: &str) -> RestartStatus {
        let what = format!("says {result} of {workload}");
        let object = self
            .until_object(object, &what, |object| {
                entry(object, workload).is_some_and(|entry| entry.result.as_str() == result)
            })
            .await;
        entry(&object, workload).unwrap().clone()
    }

    /// Gives a secret another value, which a forced sync takes into the Secret of the object.
    pub async fn change(&self, object: &str, id: &str, value: &str) {
        self.emulator
            .set_value(id, Stage::Active, Some(value))
            .unwrap();
        let word = format!("{:08x}", fastrand::u32(..));
        self.annotate(object, &word).await;
        self.until_object(object, "has followed", |object| {
            let status = object.status.as_ref();
            let echo = status.and_then(|status| status.last_forced_sync.as_ref());
            echo == Some(&word)
        })
        .await;
    }

    /// A change that is followed by the time after which it restarts what consumes it.
    pub async fn change_and_wait(&self, object: &str, id: &str, value: &str) {
        self.change(object, id, value).await;
        self.until_idle().await;
        self.advance(HALF_A_MINUTE);
    }
}

/// What an object says of a workload.
pub fn entry<'object>(object: &'object NcpSecret, name: &str) -> Option<&'object RestartStatus> {
    let restarts = object.status.iter().flat_map(|status| &status.restarts);
    restarts.into_iter().find(|entry| entry.name == name)
}
