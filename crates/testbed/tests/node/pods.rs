//! Pods that take their values from Secrets.

use std::time::Duration;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Namespace, Pod, Secret};
use kube::api::{Patch, PatchParams, PostParams};
use kube::{Api, Client, ResourceExt};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::PathBuf;
use testbed::{ControlPlane, Sources, waiter_pod};
use tokio::process::Command;
use tokio::time::sleep;

const NAMESPACE: &str = "shop";
const KEY: &str = "password";
const FILE: &str = "/values/password";

/// The cluster that pods run in, as its administrator sees it.
pub struct Cluster {
    client: Client,
    kubectl: PathBuf,
    kubeconfig: PathBuf,
}

impl Cluster {
    /// With a namespace that allows only pods of the restricted Pod Security Standard.
    pub async fn of(plane: &ControlPlane) -> Self {
        let cluster = Self {
            client: plane.cluster().client().await.unwrap(),
            kubectl: Sources::from_env().unwrap().find().unwrap().kubectl(),
            kubeconfig: plane.cluster().kubeconfig().to_owned(),
        };
        let namespace: Namespace = object(json!({"metadata": {
            "name": NAMESPACE,
            "labels": {"pod-security.kubernetes.io/enforce": "restricted"},
        }}));
        Api::all(cluster.client.clone())
            .create(&PostParams::default(), &namespace)
            .await
            .unwrap();
        let accounts: Api<k8s_openapi::api::core::v1::ServiceAccount> =
            Api::namespaced(cluster.client.clone(), NAMESPACE);
        while accounts.get_opt("default").await.unwrap().is_none() {
            sleep(Duration::from_millis(20)).await;
        }
        cluster
    }

    pub async fn a_pod_stays(&self) {
        self.write_secret("credentials", "first").await;
        self.create_pod("stays", "credentials").await;
        self.runs("stays").await;
    }

    pub async fn a_pod_waits_for_its_secret_and_sees_it_change(&self) {
        self.create_pod("waits", "late").await;
        while !self.waits_for_a_secret("waits").await {
            sleep(Duration::from_millis(50)).await;
        }

        self.write_secret("late", "first").await;

        self.runs("waits").await;
        assert_eq!(self.shown("waits", FILE).await, "first");
        assert!(self.environment("waits").await.contains("password=first"));

        self.write_secret("late", "second").await;
        while self.shown("waits", FILE).await != "second" {
            sleep(Duration::from_millis(50)).await;
        }
        assert!(self.environment("waits").await.contains("password=first"));
    }

    pub async fn a_deployment_of_the_restricted_standard_is_replaced(&self) {
        self.write_secret("orders", "first").await;
        let deployment: Deployment = object(json!({
            "metadata": {"name": "orders"},
            "spec": {
                "selector": {"matchLabels": {"app": "orders"}},
                "template": {
                    "metadata": {"labels": {"app": "orders"}},
                    "spec": waiter_pod("orders", KEY),
                },
            },
        }));
        let deployments: Api<Deployment> = Api::namespaced(self.client.clone(), NAMESPACE);
        deployments
            .create(&PostParams::default(), &deployment)
            .await
            .unwrap();
        let first = self.only_pod_of("orders").await;
        self.write_secret("orders", "second").await;

        let annotation = json!({"spec": {"template": {"metadata": {"annotations": {"a": "b"}}}}});
        deployments
            .patch(
                "orders",
                &PatchParams::default(),
                &Patch::Strategic(annotation),
            )
            .await
            .unwrap();

        loop {
            let pod = self.only_pod_of("orders").await;
            if pod != first {
                assert!(self.environment(&pod).await.contains("password=second"));
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// The one pod that a Deployment has, once all others are gone and it runs.
    async fn only_pod_of(&self, deployment: &str) -> String {
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), NAMESPACE);
        let of_it = kube::api::ListParams::default().labels(&format!("app={deployment}"));
        loop {
            let found = pods.list(&of_it).await.unwrap().items;
            if let [pod] = found.as_slice()
                && is_running(pod)
            {
                return pod.name_any();
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    async fn write_secret(&self, name: &str, password: &str) {
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), NAMESPACE);
        let secret: Secret =
            object(json!({"metadata": {"name": name}, "stringData": {"password": password}}));
        let ours = PatchParams::apply("test");
        secrets
            .patch(name, &ours, &Patch::Apply(secret))
            .await
            .unwrap();
    }

    async fn create_pod(&self, name: &str, secret: &str) {
        let pod: Pod = object(json!({"metadata": {"name": name}, "spec": waiter_pod(secret, KEY)}));
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), NAMESPACE);
        pods.create(&PostParams::default(), &pod).await.unwrap();
    }

    async fn runs(&self, name: &str) {
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), NAMESPACE);
        while !is_running(&pods.get(name).await.unwrap()) {
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Whether the kubelet has told that it misses a Secret for the pod.
    async fn waits_for_a_secret(&self, name: &str) -> bool {
        let events: Api<k8s_openapi::api::core::v1::Event> =
            Api::namespaced(self.client.clone(), NAMESPACE);
        let events = events
            .list(&kube::api::ListParams::default())
            .await
            .unwrap();
        events.iter().any(|event| {
            event.involved_object.name.as_deref() == Some(name)
                && event.reason.as_deref() == Some("FailedMount")
        })
    }

    async fn environment(&self, pod: &str) -> String {
        self.shown(pod, "/proc/1/environ").await
    }

    /// A file as the pod's container sees it.
    async fn shown(&self, pod: &str, file: &str) -> String {
        let output = Command::new(&self.kubectl)
            .arg("--kubeconfig")
            .arg(&self.kubeconfig)
            .args(["exec", "-n", NAMESPACE, pod, "--", "/waiter", file])
            .output()
            .await
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

fn is_running(pod: &Pod) -> bool {
    let phase = pod
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref());
    phase == Some("Running") && pod.metadata.deletion_timestamp.is_none()
}

fn object<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}
