//! R4 and R5: whatever a tenant writes into whichever field, it reaches nothing but the tenant's own.
//!
//! The fields come from the schema, so that a new one is attacked as well.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use k8s_openapi::api::core::v1::{Namespace, Secret};
use kube::api::{ListParams, PostParams};
use kube::{Api, ResourceExt};
use ncp_emulator::{Key, Role};
use ncp_secret_operator::api::{NcpSecret, manifests};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::scene::{Scene, condition, own_control_plane, until, values};

/// What only the other tenant's secret holds.
const THEIRS: &str = "for-the-other-tenant-alone";

/// Types of Secrets that give rights in the cluster or belong to other programs.
const RESERVED: [&str; 3] = [
    "kubernetes.io/service-account-token",
    "helm.sh/",
    "bootstrap.",
];

/// A listener that counts who connects.
struct Trap {
    address: String,
    visits: Arc<AtomicUsize>,
}

impl Trap {
    async fn set() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let visits = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&visits);
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                counter.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { address, visits }
    }
}

/// A field: its path, and what a value of it looks like.
#[derive(Debug)]
struct Field {
    path: Vec<String>,
    shape: Shape,
}

#[derive(Clone, Copy, Debug)]
enum Shape {
    Text,
    Texts,
    Map,
    Other,
}

/// Every field below `spec` of a kind, from its schema.
fn fields(file: &str) -> Vec<Field> {
    let manifests = manifests().unwrap();
    let (_, text) = manifests
        .iter()
        .find(|(name, _)| name.contains(file))
        .unwrap();
    let manifest: Value = serde_saphyr::from_str(text).unwrap();
    let schema = &manifest["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    let mut found = Vec::new();
    walk(
        &schema["properties"]["spec"],
        &["spec".to_owned()],
        &mut found,
    );
    found
}

fn walk(schema: &Value, path: &[String], found: &mut Vec<Field>) {
    let below = |name: &str| [path, &[name.to_owned()]].concat();
    if let Some(properties) = schema["properties"].as_object() {
        for (name, property) in properties {
            walk(property, &below(name), found);
        }
        return;
    }
    let items = &schema["items"];
    if items["properties"].is_object() {
        walk(items, &below("[]"), found);
        return;
    }
    let shape = match schema["type"].as_str() {
        Some("string") => Shape::Text,
        Some("array") => Shape::Texts,
        Some("object") if schema["additionalProperties"].is_object() => Shape::Map,
        _ => Shape::Other,
    };
    found.push(Field {
        path: path.to_vec(),
        shape,
    });
}

/// The values that a field is attacked with.
fn attacks(shape: Shape, texts: &[String]) -> Vec<Value> {
    let texts = texts.iter();
    match shape {
        Shape::Text => texts.map(|text| json!(text)).collect(),
        Shape::Texts => texts.map(|text| json!([text])).collect(),
        Shape::Map => texts
            .flat_map(|text| [json!({ text: "x" }), json!({"example.com/x": text})])
            .collect(),
        Shape::Other => vec![json!({"namespace": "theirs"}), json!(-1), json!(["theirs"])],
    }
}

/// A spec with a value at a path. What excludes the field is left out.
fn with(base: &Value, path: &[String], value: Value) -> Value {
    let mut object = base.clone();
    match path.last().map(String::as_str) {
        Some("secretId") => drop(
            object["spec"]["source"]
                .as_object_mut()
                .unwrap()
                .remove("secretName"),
        ),
        Some("from" | "template" | "format") => object["spec"]["data"] = json!([{"key": "k"}]),
        _ => {}
    }
    let mut place = &mut object;
    for name in path {
        place = match name.as_str() {
            "[]" => {
                if !place.is_array() {
                    *place = json!([{
                        "key": "k", "from": "password", "kind": "Deployment", "name": "orders",
                    }]);
                }
                &mut place[0]
            }
            name => &mut place[name],
        };
    }
    *place = value;
    object
}

fn named(mut object: Value, name: &str) -> Value {
    object["metadata"]["name"] = json!(name);
    object
}

async fn create_namespace(scene: &Scene, name: &str) {
    let namespace: Namespace = serde_json::from_value(json!({"metadata": {"name": name}})).unwrap();
    let api: Api<Namespace> = Api::all(scene.client.clone());
    api.create(&PostParams::default(), &namespace)
        .await
        .unwrap();
}

async fn create_credentials(scene: &Scene, namespace: &str, name: &str, key: &Key) {
    let secret: Secret = serde_json::from_value(json!({
        "metadata": {"name": name},
        "stringData": {"NCLOUD_ACCESS_KEY": key.access_key, "NCLOUD_SECRET_KEY": key.secret_key},
    }))
    .unwrap();
    let api: Api<Secret> = Api::namespaced(scene.client.clone(), namespace);
    api.create(&PostParams::default(), &secret).await.unwrap();
}

/// The version of every Secret outside the tenant's namespace and the operator's own key.
async fn foreign_secrets(scene: &Scene) -> BTreeMap<(String, String), String> {
    let api: Api<Secret> = Api::all(scene.client.clone());
    let secrets = api.list(&ListParams::default()).await.unwrap();
    let foreign = secrets
        .into_iter()
        .filter(|secret| secret.namespace().as_deref() != Some(&scene.namespace));
    foreign
        .map(|secret| {
            let place = (secret.namespace().unwrap(), secret.name_any());
            (place, secret.resource_version().unwrap())
        })
        .collect()
}

/// Two tenants of one cluster store, and what is in NCP; answers the identifier of what is the other one's.
async fn two_tenants(scene: &Scene) -> String {
    let mine = json!({"password": "mine", "user": "me"}).to_string();
    scene.secret_in_ncp("mine-orders", &mine);
    let theirs = json!({"password": THEIRS}).to_string();
    let their_id = scene.secret_in_ncp("theirs-orders", &theirs);
    create_namespace(scene, "platform").await;
    create_namespace(scene, "theirs").await;
    create_credentials(scene, "platform", "ncp-credentials", &scene.key).await;
    let their_key = scene.emulator.add_key(Role::Viewer);
    create_credentials(scene, "theirs", "their-credentials", &their_key).await;
    scene
        .create(json!({
            "apiVersion": "ncp-secrets.io/v1alpha1", "kind": "ClusterNcpSecretStore", "metadata": {"name": "shared"},
            "spec": {
                "region": "KR",
                "auth": {"secretRef": {"namespace": "platform", "name": "ncp-credentials"}},
                "grants": [
                    {"namespaces": [scene.namespace], "secretNames": ["mine-*"]},
                    {"namespaces": ["theirs"], "secretNames": ["theirs-*"], "secretIds": [their_id]},
                ],
            },
        }))
        .await;
    // A key of the tenant's own that may read nothing, so that only a borrowed one could.
    let powerless = scene.emulator.add_key(Role::None);
    create_credentials(scene, &scene.namespace, "own-credentials", &powerless).await;
    // The identifier of a key is no secret; its other half is.
    let copied = Key {
        access_key: their_key.access_key,
        secret_key: "ncp_iam_guessedguessedguessedguessed0001".to_owned(),
    };
    create_credentials(scene, &scene.namespace, "copied-credentials", &copied).await;
    their_id
}

/// What a tenant might write who wants more than is granted.
fn texts(their_id: &str, trap: &Trap) -> Vec<String> {
    let address = &trap.address;
    let mut texts = vec![
        their_id.to_owned(),
        format!("{their_id}/values?"),
        format!("http://{address}/"),
        address.clone(),
    ];
    let others = [
        "theirs",
        "theirs/their-credentials",
        "../theirs/secrets/their-credentials",
        "their-credentials",
        "theirs-orders",
        "*",
        "mine-*",
        "mine-orders/../theirs-orders",
        "ncp-secret-operator-key",
        "copied-credentials",
        "kubernetes.io/service-account-token",
        "helm.sh/release.v1",
        "bootstrap.kubernetes.io/token",
        "ncp-secrets.io/owner-uid",
        "app.kubernetes.io/managed-by",
        "ClusterNcpSecretStore",
        "{{ self }}{{ request.url }}{% include '/etc/passwd' %}",
    ];
    texts.extend(others.map(str::to_owned));
    texts
}

/// Writes every attack into every field of `NcpSecret`; answers how many objects the API server took.
async fn attack_through_secrets(scene: &Scene, texts: &[String]) -> usize {
    let base = json!({
        "apiVersion": "ncp-secrets.io/v1alpha1", "kind": "NcpSecret",
        "spec": {
            "storeRef": {"kind": "ClusterNcpSecretStore", "name": "shared"},
            "source": {"secretName": "mine-orders"},
        },
    });
    let (mut tried, mut taken) = (0, 0);
    for field in fields("ncpsecrets") {
        for attack in attacks(field.shape, texts) {
            tried += 1;
            let object = named(with(&base, &field.path, attack), &format!("secret-{tried}"));
            taken += usize::from(scene.try_create(object).await.is_ok());
        }
    }
    assert!(tried > 300 && taken > 50, "{tried}, {taken}");
    taken
}

/// The same with `NcpSecretStore`, and an object over each that wants what is the other tenant's.
async fn attack_through_stores(scene: &Scene, texts: &[String], their_id: &str) -> usize {
    let base = json!({
        "apiVersion": "ncp-secrets.io/v1alpha1", "kind": "NcpSecretStore",
        "spec": {"region": "KR", "auth": {"secretRef": {"name": "own-credentials"}}},
    });
    let (mut tried, mut taken) = (0, 0);
    for field in fields("ncpsecretstores") {
        for attack in attacks(field.shape, texts) {
            tried += 1;
            let name = format!("store-{tried}");
            let store = named(with(&base, &field.path, attack), &name);
            if scene.try_create(store).await.is_err() {
                continue;
            }
            let reader = json!({
                "apiVersion": "ncp-secrets.io/v1alpha1", "kind": "NcpSecret", "metadata": {"name": name},
                "spec": {"storeRef": {"name": name}, "source": {"secretId": their_id}},
            });
            scene.create(reader).await;
            taken += 1;
        }
    }
    assert!(tried > 50 && taken > 10, "{tried}, {taken}");
    taken
}

fn assert_is_no_loot(secret: &Secret) {
    let name = secret.name_any();
    let mut texts = values(secret).into_values();
    assert!(
        !texts.any(|value| value.contains(THEIRS)),
        "{name} holds the other tenant's value"
    );
    let type_ = secret.type_.as_deref().unwrap_or_default();
    let reserved = RESERVED.iter().any(|reserved| type_.starts_with(reserved));
    assert!(!reserved, "{name} has the type {type_}");
    let ours = secret.labels().get("app.kubernetes.io/managed-by");
    let foreign = secret
        .owner_references()
        .iter()
        .any(|owner| owner.kind != "NcpSecret");
    assert!(
        ours.is_none() || !foreign,
        "{name} is owned by something else"
    );
}

#[tokio::test]
async fn r4_no_value_of_any_field_reaches_what_is_not_the_tenants() {
    let plane = own_control_plane().await;
    let mut scene = Scene::in_all_of(&plane).await;
    let trap = Trap::set().await;
    let their_id = two_tenants(&scene).await;
    scene.start_operator().await;
    let before = foreign_secrets(&scene).await;
    let mark = scene.mark();
    let texts = texts(&their_id, &trap);

    let taken = attack_through_secrets(&scene, &texts).await
        + attack_through_stores(&scene, &texts, &their_id).await;
    let api: Api<NcpSecret> = scene.api();
    until("every attack that was taken is answered", async || {
        let objects = api.list(&ListParams::default()).await.unwrap();
        let answered = objects.iter().filter(|it| condition(it, "Ready").is_some());
        (answered.count() == taken).then_some(())
    })
    .await;

    assert_eq!(foreign_secrets(&scene).await, before);
    let secrets = scene.api::<Secret>();
    for secret in secrets.list(&ListParams::default()).await.unwrap() {
        assert_is_no_loot(&secret);
    }
    let read = scene
        .emulator
        .calls()
        .into_iter()
        .find(|call| call.secret_id.as_deref() == Some(&their_id) && call.status == Some(200));
    assert_eq!(read, None);
    assert_eq!(trap.visits.load(Ordering::SeqCst), 0);
    for request in scene.requests(mark) {
        let reads_credentials = request.namespace == "platform"
            && request.verb == "get"
            && request.name == "ncp-credentials";
        let own = request.namespace == scene.namespace || request.namespace.is_empty();
        assert!(own || reads_credentials, "{request:?}");
    }
}
