//! The schema, with its rules, and the code give one verdict on every spec; that of the API server is asked for with
//! dry runs.

mod rows;

use kube::Api;
use kube::api::{ApiResource, DynamicObject, PostParams};
use kube::core::GroupVersionKind;
use ncp_secret_operator::core::{request, store};
use serde_json::{Value, json};

use self::rows::Row;
use crate::scene::Scene;

impl Scene {
    /// What the API server says of an object, which it does not keep.
    pub async fn verdict(&self, kind: &str, spec: &Value) -> Result<(), String> {
        let resource =
            ApiResource::from_gvk(&GroupVersionKind::gvk("ncp-secrets.io", "v1alpha1", kind));
        let api: Api<DynamicObject> = if kind.starts_with("Cluster") {
            Api::all_with(self.client.clone(), &resource)
        } else {
            Api::namespaced_with(self.client.clone(), &self.namespace, &resource)
        };
        let object = serde_json::from_value(json!({
            "apiVersion": "ncp-secrets.io/v1alpha1", "kind": kind,
            "metadata": {"name": "verdict"}, "spec": spec,
        }));
        let dry = PostParams {
            dry_run: true,
            ..PostParams::default()
        };
        match api.create(&dry, &object.unwrap()).await {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) => Err(status.message),
            Err(error) => panic!("{error}"),
        }
    }

    async fn compare(
        &self,
        kind: &str,
        base: Value,
        rows: Vec<Row>,
        in_code: impl Fn(Value) -> bool,
    ) {
        let mut wrong = Vec::new();
        for (field, content, refused) in rows {
            let mut spec = base.clone();
            match (field, content) {
                ("", Value::Object(fields)) => spec.as_object_mut().unwrap().extend(fields),
                (field, content) => spec[field.trim_start_matches('/')] = content,
            }
            let by_server = self.verdict(kind, &spec).await;
            let expected = match (refused, &by_server) {
                (None, Ok(())) => true,
                (Some(part), Err(message)) => message.contains(part),
                _ => false,
            };
            let by_code = in_code(spec.clone());
            if !expected || by_code != by_server.is_ok() {
                let spec: String = spec[field.trim_start_matches('/')]
                    .to_string()
                    .chars()
                    .take(200)
                    .collect();
                let said: Option<String> =
                    by_server.err().map(|said| said.chars().take(400).collect());
                wrong.push(format!("{kind}{field} {spec}\n  expected: {refused:?}\n  the API server: {said:?}\n  the code takes it: {by_code}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

#[tokio::test]
async fn the_api_server_and_the_code_agree_on_every_object() {
    let scene = Scene::without_operator().await;
    let base = json!({"storeRef": {"name": "ncp"}, "source": {"secretName": "orders"}});
    let rows = [
        rows::sources_and_times(),
        rows::rotation(),
        rows::targets(),
        rows::keys(),
        rows::forms(),
        rows::all_keys(),
        rows::workloads(),
    ]
    .concat();
    scene
        .compare("NcpSecret", base, rows, |spec| {
            let object = json!({
                "apiVersion": "ncp-secrets.io/v1alpha1", "kind": "NcpSecret",
                "metadata": {"name": "verdict", "namespace": "n"}, "spec": spec,
            });
            serde_json::from_value(object).is_ok_and(|object| request::parse(&object).is_ok())
        })
        .await;
}

#[tokio::test]
async fn the_api_server_and_the_code_agree_on_every_store() {
    let scene = Scene::without_operator().await;
    let base = json!({"region": "KR", "auth": {"secretRef": {"name": "keys"}}});
    let rows = [rows::stores(), rows::credentials()].concat();
    scene
        .compare("NcpSecretStore", base, rows, |spec| {
            serde_json::from_value(spec).is_ok_and(|spec| store::parse(spec, "n").is_some())
        })
        .await;
    let base = json!({"region": "KR", "auth": {"secretRef": {"name": "keys", "namespace": "n"}}});
    let rows = [rows::stores(), rows::cluster_credentials(), rows::grants()].concat();
    scene
        .compare("ClusterNcpSecretStore", base, rows, |spec| {
            serde_json::from_value(spec).is_ok_and(|spec| store::parse_cluster(spec).is_some())
        })
        .await;
}
