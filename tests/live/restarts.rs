//! R7: what does not change costs nothing, and neither does a restart.

use jiff::SignedDuration;
use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use kube::api::ListParams;
use ncp_emulator::{NewSecret, Trigger};
use ncp_secret_operator::api::NcpSecret;
use serde_json::json;

use crate::scene::{Scene, until, values};

const VALUE: &str = r#"{"password":"one"}"#;
const AN_HOUR: SignedDuration = SignedDuration::from_hours(1);

#[tokio::test]
async fn r7_a_look_without_change_costs_two_calls_to_ncp_and_none_to_the_api_server() {
    let scene = Scene::start().await;
    let id = scene.synced("orders-db", VALUE, json!({})).await;
    scene.until_idle().await;
    let before = scene.ncp_secret("orders-db").await;
    let mark = scene.mark();
    scene.emulator.reset_calls();
    for _ in 0..3 {
        scene.look_after(&id, AN_HOUR).await;
    }
    assert_eq!(scene.asked(mark), [""; 0]);
    assert_eq!(scene.emulator.calls().len(), 6);
    assert_eq!(scene.ncp_secret("orders-db").await, before);
}

/// Objects in every state that can last, each with the reason that its Ready condition has.
async fn objects_in_every_state(scene: &Scene) -> Vec<(String, &'static str)> {
    let mut all = once_synced(scene).await;
    all.extend(never_synced(scene).await);
    scene.synced("immutable", VALUE, json!({})).await;
    let other_type = json!({"spec": {"target": {"type": "example.com/other"}}});
    scene.patch_ncp_secret("immutable", other_type).await;
    all.push(("immutable".into(), "TargetImmutable"));
    all
}

async fn once_synced(scene: &Scene) -> Vec<(String, &'static str)> {
    let mut all = Vec::new();
    scene.emulator.put_trigger(Trigger::named("rotate"));
    let states: [(&str, &str, Change); 7] = [
        ("enabled", "Synced", |_, _| {}),
        ("rotating", "Synced", |scene, id| {
            scene.emulator.execute_rotation(id).unwrap();
            scene.emulator.start_rotation(id).unwrap();
        }),
        ("rotation-failed", "Synced", |scene, id| {
            scene.emulator.execute_rotation(id).unwrap();
            scene.emulator.start_rotation(id).unwrap();
            scene.emulator.fail_rotation(id).unwrap();
        }),
        ("disabled", "SourceDisabled", |scene, id| {
            scene.emulator.disable(id).unwrap();
        }),
        ("revoked", "SourceRevoked", |scene, id| {
            scene.emulator.request_deletion(id).unwrap();
        }),
        ("destroyed", "SourceNotFound", |scene, id| {
            scene.emulator.request_deletion(id).unwrap();
            scene.emulator.delete(id).unwrap();
        }),
        ("unreadable", "SourceUnreadable", |scene, id| {
            let stage = ncp_emulator::Stage::Active;
            scene
                .emulator
                .set_raw_value(id, stage, Some("no json"))
                .unwrap();
        }),
    ];
    for (name, reason, change) in states {
        let new = NewSecret::named(name)
            .value(VALUE)
            .automatic_rotation(30, "rotate");
        let id = scene.emulator.create_secret(new).unwrap();
        scene.create_by_id(name, &id, json!({})).await;
        scene.until_reason(name, "Synced").await;
        change(scene, &id);
        scene.force(name, "changed").await;
        all.push((name.to_owned(), reason));
    }
    all
}

async fn never_synced(scene: &Scene) -> Vec<(String, &'static str)> {
    let mut all = Vec::new();
    scene.secret_in_ncp("readable", VALUE);
    let objects = [
        ("absent", "SourceNotFound", "no-such-name", json!({})),
        (
            "no-stage",
            "StageEmpty",
            "readable",
            json!({"source": {"stage": "Previous"}}),
        ),
        (
            "no-key",
            "MissingKey",
            "readable",
            json!({"data": [{"key": "a", "from": "nothing"}]}),
        ),
        (
            "no-store",
            "StoreNotFound",
            "readable",
            json!({"storeRef": {"name": "nothing"}}),
        ),
        (
            "ungranted",
            "NotGranted",
            "readable",
            json!({"storeRef": {"kind": "ClusterNcpSecretStore", "name": scene.namespace}}),
        ),
        (
            "no-credentials",
            "CredentialsMissing",
            "readable",
            json!({"storeRef": {"name": "bare"}}),
        ),
        ("foreign", "TargetNotOwned", "readable", json!({})),
    ];
    scene
        .create(json!({
            "apiVersion": "ncp-secrets.io/v1alpha1", "kind": "NcpSecretStore",
            "metadata": {"name": "bare"},
            "spec": {"region": "KR", "auth": {"secretRef": {"name": "no-such-secret"}}},
        }))
        .await;
    scene
        .create_cluster_store(&scene.namespace, json!({}))
        .await;
    scene.write_secret("foreign", json!({"a": "theirs"})).await;
    for (name, reason, source, spec) in objects {
        scene.create_ncp_secret(name, source, spec).await;
        all.push((name.to_owned(), reason));
    }
    all
}

type Change = fn(&Scene, &str);

/// Names and versions of all objects and Secrets of the scene, and how many events there are.
async fn versions(scene: &Scene) -> (Vec<(String, String)>, usize) {
    let all = ListParams::default();
    let mut versions = Vec::new();
    let objects = scene.api::<NcpSecret>().list(&all).await.unwrap();
    versions.extend(objects.iter().map(named_version));
    let stores = scene.stores("NcpSecretStore").list(&all).await.unwrap();
    versions.extend(stores.iter().map(named_version));
    let secrets = scene.api::<Secret>().list(&all).await.unwrap();
    versions.extend(secrets.iter().map(named_version));
    let events = scene.api::<k8s_openapi::api::events::v1::Event>();
    (versions, events.list(&all).await.unwrap().items.len())
}

fn named_version(object: &impl ResourceExt) -> (String, String) {
    (object.name_any(), object.resource_version().unwrap())
}

#[tokio::test]
async fn r7_a_restart_with_everything_in_order_writes_nothing_and_calls_nothing() {
    let mut scene = Scene::without_operator().await;
    scene.cluster_stores = true;
    scene.create_store("ncp").await;
    scene.start_operator().await;
    let objects = objects_in_every_state(&scene).await;
    for (name, reason) in &objects {
        scene.until_reason(name, reason).await;
    }
    scene.until_store("bare", "CredentialsMissing").await;
    // So that no look becomes due meanwhile.
    scene.until_idle().await;
    scene.steering.freeze();
    scene.until_idle().await;
    scene.stop_operator().await;
    let before = versions(&scene).await;
    let mark = scene.mark();
    scene.emulator.reset_calls();

    scene.start_operator().await;
    until("each object has had a pass", async || {
        (scene.passes().await >= objects.len() as u64).then_some(())
    })
    .await;
    scene.until_idle().await;
    assert_eq!(scene.emulator.calls(), []);
    assert_eq!(versions(&scene).await, before);
    let mut asked = scene.asked(mark);
    asked.sort();
    // What the watch does not show is asked for: whose the contested target is, and whether the credentials are there.
    assert_eq!(
        asked,
        ["get secrets foreign 200", "get secrets no-such-secret 404"]
    );
}

#[tokio::test]
async fn r7_looks_go_on_in_their_slots_after_a_restart() {
    let mut scene = Scene::start().await;
    let id = scene.synced("orders-db", VALUE, json!({})).await;
    for _ in 0..3 {
        scene.stop_operator().await;
        scene.start_operator().await;
        until("the object has had a pass", async || {
            (scene.passes().await >= 1).then_some(())
        })
        .await;
        scene.look_after(&id, AN_HOUR).await;
    }
}

#[tokio::test]
async fn a_new_installation_key_has_each_secret_written_once_with_equal_content() {
    let mut scene = Scene::start().await;
    let id = scene.synced("orders-db", VALUE, json!({})).await;
    let before = scene.secret("orders-db").await.unwrap();
    scene.stop_operator().await;
    scene.delete_installation_key().await;
    let mark = scene.mark();
    scene.start_operator().await;
    until("the object has had a pass", async || {
        (scene.passes().await >= 1).then_some(())
    })
    .await;
    scene.until_idle().await;
    assert_eq!(scene.secret("orders-db").await.unwrap(), before);

    scene.look_after(&id, AN_HOUR).await;
    scene.look_after(&id, AN_HOUR).await;
    let patches = scene.asked(mark);
    let patches = patches
        .iter()
        .filter(|line| *line == "patch secrets orders-db 200");
    assert_eq!(patches.count(), 1);
    let after = scene.secret("orders-db").await.unwrap();
    assert_eq!(values(&after), values(&before));
    let mark_of = |secret: &Secret| secret.annotations()["ncp-secrets.io/content"].clone();
    assert_ne!(mark_of(&after), mark_of(&before));
}

#[tokio::test]
async fn a_store_that_was_mended_while_the_operator_was_down_says_so() {
    let mut scene = Scene::without_operator().await;
    scene.delete::<Secret>("ncp-credentials").await;
    scene.create_store("ncp").await;
    scene.start_operator().await;
    let id = scene.secret_in_ncp("orders", VALUE);
    scene.create_by_id("orders-db", &id, json!({})).await;
    scene.until_reason("orders-db", "CredentialsMissing").await;
    scene.until_store("ncp", "CredentialsMissing").await;
    scene.stop_operator().await;
    scene.write_credentials("ncp-credentials", &scene.key).await;
    scene.start_operator().await;
    scene.until_reason("orders-db", "Synced").await;
    scene.until_store("ncp", "Configured").await;
}

impl Scene {
    /// How many passes this process has ended.
    pub async fn passes(&self) -> u64 {
        let metrics = self.metrics().await;
        metrics
            .lines()
            .filter(|line| line.starts_with("ncp_secret_operator_passes_total{"))
            .map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
            .sum()
    }
}
