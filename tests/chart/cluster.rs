//! A cluster of a test's own: what a release is installed into.

use std::process::Command;
use std::time::Duration;

use kube::api::{ApiResource, DynamicObject, PostParams};
use kube::core::GroupVersionKind;
use kube::{Api, Client};
use serde_json::{Value, json};
use testbed::{ControlPlane, Sources};

/// Long enough for a busy machine; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_mins(1);

pub struct Cluster {
    pub plane: ControlPlane,
    pub client: Client,
}

impl Cluster {
    pub async fn start() -> Self {
        let binaries = Sources::from_env().unwrap().find().unwrap();
        let plane = ControlPlane::start(&binaries).await.unwrap();
        let client = plane.cluster().client().await.unwrap();
        Self { plane, client }
    }

    pub fn kubeconfig(&self) -> &std::path::Path {
        self.plane.cluster().kubeconfig()
    }

    /// Runs kubectl as the administrator, where it has to succeed; answers what it warns of.
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        let kubectl = Sources::from_env().unwrap().find().unwrap().kubectl();
        let output = Command::new(kubectl)
            .env("KUBECONFIG", self.kubeconfig())
            .args(arguments)
            .output()
            .unwrap();
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{arguments:?}: {complaint}");
        complaint
    }

    pub async fn create_namespace(&self, name: &str, labels: Value) {
        let metadata = json!({"name": name, "labels": labels});
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata});
        self.create(namespace).await.unwrap();
    }

    /// Creates an object as the administrator.
    pub async fn create(&self, object: Value) -> kube::Result<DynamicObject> {
        create(&self.client, object).await
    }
}

/// Creates an object as whoever the client is.
pub async fn create(client: &Client, object: Value) -> kube::Result<DynamicObject> {
    let object: DynamicObject = serde_json::from_value(object).unwrap();
    let (group, kind) = {
        let types = object.types.as_ref().unwrap();
        (types.api_version.clone(), types.kind.clone())
    };
    let api = api(client, &group, &kind, object.metadata.namespace.as_deref());
    api.create(&PostParams::default(), &object).await
}

/// The objects of a kind, in a namespace or of the cluster.
pub fn api(
    client: &Client,
    api_version: &str,
    kind: &str,
    namespace: Option<&str>,
) -> Api<DynamicObject> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
    match namespace {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    }
}

/// Asks until there is an answer.
pub async fn until<T>(what: &str, ask: impl AsyncFn() -> Option<T>) -> T {
    let answer = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let Ok(answer) = tokio::time::timeout(PATIENCE, answer).await else {
        panic!("it never came true that {what}");
    };
    answer
}
