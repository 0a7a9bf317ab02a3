//! Each manifest of the guide can be pasted, and each Secret that comes out is the one that the text promises.

mod promises;

use k8s_openapi::api::core::v1::Secret;
use kube::api::{DeleteParams, DynamicObject};
use kube::{Api, ResourceExt};
use ncp_emulator::{NewSecret, Stage};
use ncp_secret_operator::api::NcpSecret;
use serde::Deserialize;
use serde_json::{Value, json};

use self::promises::{ENCODED, Promise, in_ncp, promises};
use crate::examples::{api_of, apply, create_namespaces};
use crate::scene::{Scene, Values, condition, own_control_plane, until, values};

const GUIDE: &str = include_str!("../../docs/guide.md");

/// The manifests of one fenced block, and the heading above it.
struct Block {
    section: &'static str,
    objects: Vec<DynamicObject>,
}

fn blocks() -> Vec<Block> {
    let mut section = "";
    let mut blocks = Vec::new();
    for (index, part) in GUIDE.split("```").enumerate() {
        if index % 2 == 0 {
            let heading = part.lines().rfind(|line| line.starts_with('#'));
            section = heading.map_or(section, |line| line.trim_start_matches(['#', ' ']));
        } else if let Some(manifests) = part.strip_prefix("yaml\n") {
            let objects = manifests.split("---\n").map(|manifest| {
                let value: Value = serde_saphyr::from_str(manifest).unwrap();
                DynamicObject::deserialize(value).unwrap()
            });
            blocks.push(Block {
                section,
                objects: objects.collect(),
            });
        }
    }
    blocks
}

fn is_ncp_secret(object: &DynamicObject) -> bool {
    object.types.as_ref().unwrap().kind == "NcpSecret"
}

/// The value that the examples of the guide share, with a whole certificate in it.
fn shared_value() -> String {
    let (_, rest) = GUIDE.split_once("```json\n").unwrap();
    let (value, _) = rest.split_once("```").unwrap();
    value.replace("LS0tLS1C…", ENCODED)
}

/// What somebody who reads the guide has: namespaces with key pairs, and secrets in NCP.
async fn prepare(scene: &mut Scene) {
    create_namespaces(scene).await;
    scene.namespace = "shop".into();
    let key = &scene.key;
    let sub_account = json!({"access-key": key.access_key, "secret-key": key.secret_key});
    scene.write_secret("ncp-sub-account", sub_account).await;
    scene.secret_in_ncp("shop-orders", &shared_value());
    for (name, value) in in_ncp() {
        scene.secret_in_ncp(name, &value.to_string());
    }
    let by_id = NewSecret::named("shop-rotated").id("796cb21e-5f0c-4c1b-9d53-0f6a5b1c2d3e");
    let id = scene.emulator.create_secret(by_id).unwrap();
    let before = Some(r#"{"password":"the one before"}"#);
    scene
        .emulator
        .set_value(&id, Stage::Previous, before)
        .unwrap();
}

/// What of labels or annotations is not the operator's.
fn others(map: Option<&Values>) -> Values {
    let entries = map.into_iter().flatten();
    entries
        .filter(|(name, _)| {
            !name.starts_with("ncp-secrets.io/") && *name != "app.kubernetes.io/managed-by"
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

async fn check(scene: &Scene, object: &DynamicObject, promise: &Promise) {
    let what = format!("{}: {} is right", promise.section, promise.object);
    if promise.is_suspended {
        scene.until_reason(promise.object, "Suspended").await;
        assert_eq!(scene.secret(promise.secret).await, None, "{what}");
        return;
    }
    let found: NcpSecret = until(&what, async || {
        let found = scene.ncp_secret(promise.object).await;
        let (status, ..) = condition(&found, "Ready")?;
        (status == "True").then_some(found)
    })
    .await;
    let secret = scene.secret(promise.secret).await.unwrap();
    assert_eq!(values(&secret), promise.values, "{what}");
    assert_eq!(secret.type_.as_deref(), Some(promise.type_), "{what}");
    let metadata = &secret.metadata;
    assert_eq!(others(metadata.labels.as_ref()), promise.labels, "{what}");
    let annotations = others(metadata.annotations.as_ref());
    assert_eq!(annotations, promise.annotations, "{what}");
    let is_owned = !secret.owner_references().is_empty();
    assert_eq!(is_owned, promise.is_owned, "{what}");
    let forced = object.annotations().get("ncp-secrets.io/force-sync");
    let obeyed = found.status.unwrap().last_forced_sync;
    assert_eq!(obeyed.as_ref(), forced, "{what}");
}

/// A store is as good as its credentials.
async fn check_store(scene: &Scene, store: &DynamicObject) {
    let name = store.name_any();
    let api = api_of(scene, store);
    until(&format!("the store {name} is right"), async || {
        let found = api.get(&name).await.unwrap();
        (found.data["status"]["conditions"][0]["reason"] == "Configured").then_some(())
    })
    .await;
}

/// Takes away what the next manifest may be called.
async fn remove(scene: &Scene, promise: &Promise) {
    let objects: Api<NcpSecret> = scene.api();
    let now = DeleteParams::default();
    objects.delete(promise.object, &now).await.unwrap();
    // The garbage collector of a fresh cluster takes its time to learn of our kinds.
    let secrets: Api<Secret> = scene.api();
    drop(secrets.delete(promise.secret, &now).await);
    until("the Secret is gone", async || {
        scene.secret(promise.secret).await.is_none().then_some(())
    })
    .await;
}

#[tokio::test]
async fn every_manifest_of_the_guide_becomes_the_secret_that_the_guide_promises() {
    let plane = own_control_plane().await;
    let mut scene = Scene::in_all_of(&plane).await;
    prepare(&mut scene).await;
    scene.start_operator().await;
    let mut left = promises();
    for Block { section, objects } in blocks() {
        for object in &objects {
            apply(&scene, object).await;
        }
        for object in &objects {
            if !is_ncp_secret(object) {
                check_store(&scene, object).await;
                continue;
            }
            let name = object.name_any();
            let found = left
                .iter()
                .position(|promise| (promise.section, promise.object) == (section, &*name));
            let found = found.unwrap_or_else(|| {
                panic!("tests/live/guide/promises.rs has nothing about {name:?} under {section:?}")
            });
            let promise = left.remove(found);
            check(&scene, object, &promise).await;
            remove(&scene, &promise).await;
        }
    }
    let left: Vec<_> = left.iter().map(|it| (it.section, it.object)).collect();
    assert!(left.is_empty(), "not in the guide any more: {left:?}");
}
