//! Each manifest in `examples/` does on a real API server what it says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::SignedDuration;
use k8s_openapi::api::core::v1::{Namespace, Secret};
use kube::api::{ApiResource, DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::GroupVersionKind;
use kube::{Api, ResourceExt};
use ncp_emulator::{NewSecret, Trigger};
use ncp_secret_operator::api::NcpSecret;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::scene::{Scene, Values, condition, own_control_plane, pairs, until, values};

/// A manifest, what it finds in NCP, and what comes out.
struct Example {
    file: &'static str,
    in_ncp: Vec<(&'static str, Value)>,
    secrets: Vec<Expected>,
}

/// A Secret: its namespace, name, type and values.
struct Expected {
    namespace: &'static str,
    name: &'static str,
    type_: &'static str,
    values: Values,
}

fn opaque(name: &'static str, values: &[(&str, &str)]) -> Expected {
    of_type("Opaque", name, values)
}

fn of_type(type_: &'static str, name: &'static str, values: &[(&str, &str)]) -> Expected {
    Expected {
        namespace: "shop",
        name,
        type_,
        values: pairs(values),
    }
}

const HARD: &str = "p@ss/w:rd#1";

#[expect(clippy::too_many_lines, reason = "a table")]
fn examples() -> Vec<Example> {
    let certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    let key = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n";
    let hosts = "git.example.com ssh-ed25519 AAAA\n";
    let database = json!({
        "cdbUser": "orders", "cdbPassword": HARD, "cdbHost": "db-1.example", "cdbPort": "5432", "cdbDatabase": "shop",
    });
    let mysql = json!({
        "cdbUser": "orders", "cdbPassword": HARD, "cdbHost": "db-1.example", "cdbPort": "3306", "cdbDatabase": "shop",
    });
    let orders = json!({"cdbUser": "orders", "cdbPassword": "first", "cdbPort": "3306"});
    vec![
        Example {
            file: "orders-db.yaml",
            in_ncp: vec![("shop-orders", orders.clone())],
            secrets: vec![opaque(
                "orders-db",
                &[
                    ("DB_USER", "orders"),
                    ("DB_PASSWORD", "first"),
                    ("DB_PORT", "3306"),
                ],
            )],
        },
        Example {
            file: "cluster-store.yaml",
            in_ncp: vec![("shop-orders", orders.clone())],
            secrets: vec![opaque(
                "orders-db",
                &[
                    ("cdbUser", "orders"),
                    ("cdbPassword", "first"),
                    ("cdbPort", "3306"),
                ],
            )],
        },
        Example {
            file: "spring-boot-mysql.yaml",
            in_ncp: vec![("shop-mysql", mysql)],
            secrets: vec![opaque(
                "orders-mysql",
                &[
                    (
                        "SPRING_DATASOURCE_URL",
                        "jdbc:mysql://db-1.example:3306/shop?sslMode=REQUIRED",
                    ),
                    ("SPRING_DATASOURCE_USERNAME", "orders"),
                    ("SPRING_DATASOURCE_PASSWORD", HARD),
                ],
            )],
        },
        Example {
            file: "postgresql.yaml",
            in_ncp: vec![("shop-billing", database)],
            secrets: vec![opaque(
                "billing-db",
                &[
                    (
                        "DATABASE_URL",
                        "postgresql://orders:p%40ss%2Fw%3Ard%231@db-1.example:5432/shop",
                    ),
                    ("PGPASSWORD", HARD),
                ],
            )],
        },
        Example {
            file: "docker-registry.yaml",
            in_ncp: vec![(
                "shop-registry",
                json!({"registry": "shop.kr.ncr.ntruss.com", "username": "puller", "password": HARD}),
            )],
            secrets: vec![of_type(
                "kubernetes.io/dockerconfigjson",
                "registry",
                &[(
                    ".dockerconfigjson",
                    &format!(
                        r#"{{"auths":{{"shop.kr.ncr.ntruss.com":{{"username":"puller","password":"{HARD}","auth":"{}"}}}}}}"#,
                        BASE64_STANDARD.encode(format!("puller:{HARD}"))
                    ),
                )],
            )],
        },
        Example {
            file: "tls.yaml",
            in_ncp: vec![(
                "shop-tls",
                json!({
                    "certificate": BASE64_STANDARD.encode(certificate),
                    "privateKey": BASE64_STANDARD.encode(key),
                }),
            )],
            secrets: vec![of_type(
                "kubernetes.io/tls",
                "shop-tls",
                &[("tls.crt", certificate), ("tls.key", key)],
            )],
        },
        Example {
            file: "dotenv.yaml",
            in_ncp: vec![(
                "shop-web",
                json!({"API_TOKEN": "a $token \"quoted\"", "MODE": "production", "SIGNING_KEY": key}),
            )],
            secrets: vec![opaque(
                "web-settings",
                &[(
                    ".env",
                    &format!(
                        "API_TOKEN='a $token \"quoted\"'\nMODE=production\nSIGNING_KEY=\"{key}\"\n"
                    ),
                )],
            )],
        },
        Example {
            file: "redis.yaml",
            in_ncp: vec![(
                "shop-redis",
                json!({"host": "redis.example", "port": "6379", "password": "p@ss \"w:rd\" \n#1"}),
            )],
            secrets: vec![opaque(
                "cache",
                &[
                    (
                        "REDIS_URL",
                        "redis://:p%40ss%20%22w%3Ard%22%20%0A%231@redis.example:6379/0",
                    ),
                    ("auth.conf", "requirepass \"p@ss \\\"w:rd\\\" \\n#1\"\n"),
                ],
            )],
        },
        Example {
            file: "two-teams.yaml",
            in_ncp: vec![
                ("shop-orders", orders.clone()),
                ("mail-smtp", json!({"password": "of the mail"})),
            ],
            secrets: vec![
                opaque(
                    "orders",
                    &[
                        ("cdbUser", "orders"),
                        ("cdbPassword", "first"),
                        ("cdbPort", "3306"),
                    ],
                ),
                Expected {
                    namespace: "mail",
                    ..opaque("smtp", &[("password", "of the mail")])
                },
            ],
        },
        Example {
            file: "git-deploy-key.yaml",
            in_ncp: vec![(
                "shop-deploy-key",
                json!({"privateKey": key.trim_end(), "knownHosts": hosts}),
            )],
            secrets: vec![of_type(
                "kubernetes.io/ssh-auth",
                "deploy-key",
                &[("ssh-privatekey", key), ("known_hosts", hosts)],
            )],
        },
        Example {
            file: "every-key.yaml",
            in_ncp: vec![(
                "shop-env",
                json!({"dbHost": "db-1.example", "dbPoolSize": 5, "internalNote": "x", "logLevel": "info"}),
            )],
            secrets: vec![opaque(
                "orders-env",
                &[
                    ("SHOP_DB_HOST", "db-1.example"),
                    ("SHOP_DB_POOL_SIZE", "5"),
                    ("LOG_LEVEL", "info"),
                ],
            )],
        },
        Example {
            file: "basic-auth.yaml",
            in_ncp: vec![("shop-partner", json!({"user": "shop", "password": HARD}))],
            secrets: vec![of_type(
                "kubernetes.io/basic-auth",
                "partner-api",
                &[("username", "shop"), ("password", HARD)],
            )],
        },
    ]
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// The objects of a manifest.
fn objects(file: &str) -> Vec<DynamicObject> {
    let text = std::fs::read_to_string(folder().join(file)).unwrap();
    let documents = text.split("\n---\n");
    documents
        .map(|document| {
            let value: Value = serde_saphyr::from_str(document).unwrap();
            DynamicObject::deserialize(value).unwrap()
        })
        .collect()
}

/// The API for objects of that kind in that place.
pub fn api_of(scene: &Scene, object: &DynamicObject) -> Api<DynamicObject> {
    let gvk = GroupVersionKind::try_from(object.types.as_ref().unwrap()).unwrap();
    let resource = ApiResource::from_gvk(&gvk);
    match object.namespace() {
        Some(namespace) => Api::namespaced_with(scene.client.clone(), &namespace, &resource),
        None => Api::all_with(scene.client.clone(), &resource),
    }
}

/// Namespaces with a key pair in each.
pub async fn create_namespaces(scene: &Scene) {
    for namespace in ["shop", "mail", "platform"] {
        let object: Namespace =
            serde_json::from_value(json!({"metadata": {"name": namespace}})).unwrap();
        let api: Api<Namespace> = Api::all(scene.client.clone());
        api.create(&PostParams::default(), &object).await.unwrap();
        let credentials: Secret = serde_json::from_value(json!({
            "metadata": {"name": "ncp-credentials"},
            "stringData": {
                "NCLOUD_ACCESS_KEY": scene.key.access_key, "NCLOUD_SECRET_KEY": scene.key.secret_key,
            },
        }))
        .unwrap();
        let api: Api<Secret> = Api::namespaced(scene.client.clone(), namespace);
        api.create(&PostParams::default(), &credentials)
            .await
            .unwrap();
    }
}

/// What an installation has before the first example: namespaces, credentials, and a store named `ncp`.
/// Answers the IDs of the secrets in NCP, by name.
async fn prepare(scene: &Scene) -> BTreeMap<&'static str, String> {
    create_namespaces(scene).await;
    let in_ncp: BTreeMap<_, _> = examples().into_iter().flat_map(|it| it.in_ncp).collect();
    scene.emulator.put_trigger(Trigger::named("rotator"));
    let create = |(name, value): (&'static str, Value)| {
        let new = NewSecret::named(name).value(value.to_string());
        let new = new.automatic_rotation(90, "rotator");
        (name, scene.emulator.create_secret(new).unwrap())
    };
    let ids = in_ncp.into_iter().map(create).collect();
    for object in objects("orders-db.yaml") {
        if object.types.as_ref().unwrap().kind == "NcpSecretStore" {
            apply(scene, &object).await;
        }
    }
    ids
}

/// Applies an object as a person would.
pub async fn apply(scene: &Scene, object: &DynamicObject) {
    let apply = PatchParams::apply("a-person").force();
    let api = api_of(scene, object);
    let applied = api
        .patch(&object.name_any(), &apply, &Patch::Apply(object))
        .await;
    applied.unwrap_or_else(|error| panic!("{}: {error}", object.name_any()));
}

async fn check(scene: &Scene, example: &Example) {
    let objects = objects(example.file);
    for object in &objects {
        apply(scene, object).await;
    }
    for expected in &example.secrets {
        let what = format!("{}: {} is right", example.file, expected.name);
        let api: Api<Secret> = Api::namespaced(scene.client.clone(), expected.namespace);
        let secret = until(&what, async || {
            let secret = api.get_opt(expected.name).await.unwrap();
            let objects: Api<NcpSecret> = Api::namespaced(scene.client.clone(), expected.namespace);
            let object = objects.get(expected.name).await.unwrap();
            let (status, ..) = condition(&object, "Ready")?;
            secret.filter(|_| status == "True")
        })
        .await;
        assert_eq!(values(&secret), expected.values, "{}", example.file);
        let type_ = secret.type_.as_deref();
        assert_eq!(type_, Some(expected.type_), "{}", example.file);
    }
    for object in objects.iter().rev() {
        let is_needed = object.types.as_ref().unwrap().kind == "NcpSecretStore";
        if !is_needed {
            let api = api_of(scene, object);
            api.delete(&object.name_any(), &DeleteParams::default())
                .await
                .unwrap();
        }
    }
    for expected in &example.secrets {
        // The garbage collector of a fresh cluster takes its time to learn of our kinds.
        let api: Api<Secret> = Api::namespaced(scene.client.clone(), expected.namespace);
        drop(api.delete(expected.name, &DeleteParams::default()).await);
    }
}

#[tokio::test]
async fn every_example_becomes_the_secret_that_it_promises() {
    let plane = own_control_plane().await;
    let mut scene = Scene::in_all_of(&plane).await;
    let ids = prepare(&scene).await;
    scene.start_operator().await;
    for example in examples() {
        check(&scene, &example).await;
    }
    check_the_second_password(&scene, &ids["shop-billing"]).await;
}

/// What `postgresql.yaml` says of a rotation.
async fn check_the_second_password(scene: &Scene, id: &str) {
    scene.emulator.execute_rotation(id).unwrap();
    scene.emulator.start_rotation(id).unwrap();
    let example = examples().into_iter();
    let mut example = example.filter(|it| it.file == "postgresql.yaml");
    let (_, value) = example.next().unwrap().in_ncp.remove(0);
    let new = value.to_string().replace(HARD, "second");
    scene.emulator.update_pending(id, &new).unwrap();
    // What the look of the example before brought is good for 5 seconds.
    scene.advance(SignedDuration::from_secs(6));
    for object in objects("postgresql.yaml") {
        apply(scene, &object).await;
    }
    let api: Api<Secret> = Api::namespaced(scene.client.clone(), "shop");
    let secret = until("the example has both passwords", async || {
        let secret = api.get_opt("billing-db").await.unwrap();
        secret.filter(|secret| values(secret).contains_key("PGPASSWORD_PENDING"))
    })
    .await;
    let held = values(&secret);
    assert_eq!(held["PGPASSWORD"], HARD);
    assert_eq!(held["PGPASSWORD_PENDING"], "second");
    assert_eq!(held.len(), 3);
}

#[test]
fn every_example_is_tried() {
    let files = std::fs::read_dir(folder()).unwrap();
    let mut files: BTreeSet<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    // The emulator's own test runs this one.
    files.remove("emulator.yaml");
    let tried: Vec<_> = examples().iter().map(|example| example.file).collect();
    assert_eq!(files, tried.into_iter().map(str::to_owned).collect());
}
