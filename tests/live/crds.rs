//! The CRDs as a real API server takes them: what people see of them, and that nothing in them needs a write or an
//! operator.

use http::Request;
use kube::api::ListParams;
use kube::{Api, ResourceExt};
use ncp_secret_operator::api::{NcpSecret, manifests};
use serde_json::{Value, json};

use crate::scene::Scene;

#[test]
fn the_files_in_crds_are_those_of_the_code() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/crds");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let mut expected = manifests().unwrap();
    expected.sort();
    let names: Vec<_> = expected.iter().map(|(file, _)| file.as_str()).collect();
    assert_eq!(files, names);
    for (file, manifest) in &expected {
        let found = std::fs::read_to_string(format!("{folder}/{file}")).unwrap();
        assert!(
            found == *manifest,
            "crds/{file} is not what the code says: run `cargo xtask crds`"
        );
    }
}

fn schemas() -> Vec<(String, Value)> {
    let read = |(file, manifest): (String, String)| {
        let manifest: Value = serde_saphyr::from_str(&manifest).unwrap();
        let schema = &manifest["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
        (file, schema["properties"]["spec"].clone())
    };
    manifests().unwrap().into_iter().map(read).collect()
}

/// Calls `look` with every schema in a schema, and where it stands.
fn each_schema(path: &str, schema: &Value, look: &mut impl FnMut(&str, &Value)) {
    look(path, schema);
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        each_schema(&format!("{path}.{name}"), inner, look);
    }
    for (word, mark) in [("items", "[]"), ("additionalProperties", "{}")] {
        if schema[word].is_object() {
            each_schema(&format!("{path}{mark}"), &schema[word], look);
        }
    }
}

#[test]
fn no_field_of_a_spec_has_a_default_that_would_show_up_as_a_difference() {
    for (file, spec) in schemas() {
        each_schema("spec", &spec, &mut |path, schema| {
            assert_eq!(schema.get("default"), None, "{file}: {path}");
            assert_eq!(schema.get("nullable"), None, "{file}: {path}");
        });
    }
}

#[test]
fn everything_in_a_spec_has_a_bound() {
    for (file, spec) in schemas() {
        each_schema("spec", &spec, &mut |path, schema| {
            let bounded = match schema["type"].as_str() {
                Some("string") => schema["maxLength"].is_u64() || schema["enum"].is_array(),
                Some("array") => schema["maxItems"].is_u64(),
                Some("object") if schema["additionalProperties"].is_object() => {
                    schema["maxProperties"].is_u64()
                }
                // What is not in the schema is pruned.
                Some("object") => schema["x-kubernetes-preserve-unknown-fields"].is_null(),
                Some("boolean") => true,
                Some("integer") => schema["minimum"].is_number() && schema["maximum"].is_number(),
                _ => false,
            };
            assert!(bounded, "{file}: {path} has no bound: {schema}");
        });
    }
}

#[tokio::test]
async fn a_fresh_object_is_not_current_without_any_write() {
    let scene = Scene::without_operator().await;
    let created = scene
        .create_ncp_secret("orders-db", "orders", json!({}))
        .await;
    assert_eq!(created.metadata.generation, Some(1));
    assert_eq!(created.status.as_ref().unwrap().observed_generation, -1);
    let read = scene.ncp_secret("orders-db").await;
    assert_eq!(read.status.unwrap().observed_generation, -1);
    assert_eq!(
        read.metadata.resource_version,
        created.metadata.resource_version
    );

    scene.create_store("ncp").await;
    for (kind, name) in [("NcpSecretStore", "ncp")] {
        let store = scene.stores(kind).get(name).await.unwrap();
        assert_eq!(store.data["status"], json!({"observedGeneration": -1}));
    }
}

#[tokio::test]
async fn kubectl_get_shows_what_happened_and_why() {
    let scene = Scene::start().await;
    scene.secret_in_ncp("shop-orders", r#"{"a":"b"}"#);
    scene
        .create_ncp_secret("orders-db", "shop-orders", json!({}))
        .await;
    scene.until_reason("orders-db", "Synced").await;
    let path = format!(
        "/apis/ncp-secrets.io/v1alpha1/namespaces/{}/ncpsecrets",
        scene.namespace
    );
    let request = Request::get(path)
        .header("Accept", "application/json;as=Table;g=meta.k8s.io;v=v1")
        .body(Vec::new())
        .unwrap();
    let table: Value = scene.client.request(request).await.unwrap();
    let columns: Vec<_> = table["columnDefinitions"]
        .as_array()
        .unwrap()
        .iter()
        .collect();
    let names = |wide: bool| {
        let columns = columns
            .iter()
            .filter(|column| wide || column["priority"] == 0);
        columns
            .map(|column| column["name"].as_str().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(false),
        [
            "Name",
            "Ready",
            "Reason",
            "Lifecycle",
            "Phase",
            "Next rotation",
            "Target",
            "Suspended",
            "Age"
        ]
    );
    assert_eq!(
        names(true)[9..],
        ["Rotation", "Store", "Source", "Changed", "Message"]
    );
    let cells = table["rows"][0]["cells"].as_array().unwrap();
    assert_eq!(
        cells[..7],
        [
            json!("orders-db"),
            json!("True"),
            json!("Synced"),
            json!("ENABLE"),
            json!("NONE"),
            Value::Null,
            json!("orders-db")
        ]
    );
    assert_eq!(
        (&cells[9], &cells[10], &cells[11]),
        (&json!("Manual"), &json!("ncp"), &json!("shop-orders"))
    );
}

#[tokio::test]
async fn objects_are_found_by_their_store_and_their_source() {
    let scene = Scene::without_operator().await;
    scene
        .create_ncp_secret("by-name", "orders", json!({}))
        .await;
    scene
        .create_by_id("by-id", "0a1b", json!({"storeRef": {"name": "other"}}))
        .await;
    let objects: Api<NcpSecret> = scene.api();
    for (selector, expected) in [
        ("spec.source.secretName=orders", "by-name"),
        ("spec.source.secretId=0a1b", "by-id"),
        ("spec.storeRef.name=ncp", "by-name"),
        ("spec.storeRef.name=other", "by-id"),
    ] {
        let found = objects
            .list(&ListParams::default().fields(selector))
            .await
            .unwrap();
        let found: Vec<_> = found.iter().map(ResourceExt::name_any).collect();
        assert_eq!(found, [expected], "{selector}");
    }
}

#[tokio::test]
async fn every_kind_has_a_short_name_and_the_category() {
    let scene = Scene::without_operator().await;
    let found = scene
        .client
        .list_api_group_resources("ncp-secrets.io/v1alpha1")
        .await
        .unwrap();
    for (plural, short) in [
        ("ncpsecrets", "ncps"),
        ("ncpsecretstores", "ncpss"),
        ("clusterncpsecretstores", "cncpss"),
    ] {
        let resource = found
            .resources
            .iter()
            .find(|resource| resource.name == plural)
            .unwrap();
        assert_eq!(resource.short_names, Some(vec![short.to_owned()]));
        assert_eq!(resource.categories, Some(vec!["ncp-secrets".to_owned()]));
    }
}
