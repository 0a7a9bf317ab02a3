//! R3: values and keys appear nowhere but in the data of the target and of the credential Secret.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::ThreadId;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::SignedDuration;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::api::events::v1::Event;
use kube::api::{DeleteParams, ListParams};
use ncp_emulator::{Effect, Fault, Key, Operation, Role, Stage};
use ncp_secret_operator::api::{NcpSecret, NcpSecretStore};
use serde_json::json;

use crate::kept::failures;
use crate::log::Log;
use crate::scene::{Scene, until, values};
use crate::tap::Tap;

const VALUE: &str = "value-2f9c-in-the-secret";
const CHANGED: &str = "value-2f9c-after-a-change";
const UNUSED: &str = "value-2f9c-never-asked-for";
const WRONG_KEY: &str = "ncp_iam_WRONGACCESSKEY000001";
const WRONG_HALF: &str = "ncp_iam_wrong-secret-half-2f9c";
const NO_KEY: &str = "no-key-2f9c-something-else-altogether";

/// Counts the panics of one thread, and leaves what is done about them as it is.
fn count_panics(thread: ThreadId) -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let (counter, before) = (Arc::clone(&count), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().id() == thread {
            counter.fetch_add(1, Ordering::Relaxed);
        }
        before(panic);
    }));
    count
}

/// Each secret as it is, and as Kubernetes writes it.
fn forms(secrets: &[&str]) -> Vec<String> {
    let encoded = secrets.iter().map(|secret| BASE64_STANDARD.encode(secret));
    secrets
        .iter()
        .map(|secret| (*secret).to_owned())
        .chain(encoded)
        .collect()
}

fn assert_none(place: &str, text: &str, forms: &[String]) {
    for form in forms {
        if let Some(at) = text.find(form.as_str()) {
            let from = text.floor_char_boundary(at.saturating_sub(600));
            let to = text.floor_char_boundary((at + 200).min(text.len()));
            panic!("{form} is in {place}: {}", &text[from..to]);
        }
    }
}

#[tokio::test]
async fn r3_values_and_keys_are_in_the_data_of_secrets_and_nowhere_else() {
    let panics = count_panics(std::thread::current().id());
    let log = Log::capture("trace");
    let mut scene = Scene::without_operator().await;
    let tap = Tap::on(scene.settings().kubeconfig.as_ref().unwrap()).await;
    scene.use_kubeconfig(tap.kubeconfig.path());
    scene.create_store("ncp").await;
    scene.start_operator().await;
    scene.steering.freeze();

    everything_happens(&scene).await;

    let keys = [&*scene.key.access_key, &*scene.key.secret_key];
    let others = [VALUE, CHANGED, UNUSED, WRONG_KEY, WRONG_HALF, NO_KEY];
    let forms = forms(&[&keys[..], &others[..]].concat());
    let log = log.lines().join("\n");
    for line in ["Secret written", "status changed", "TRACE"] {
        assert!(
            log.contains(line),
            "{line:?} is not in the log of {} bytes",
            log.len()
        );
    }
    assert_none("the log", &log, &forms);
    let (objects, stores) = (scene.api::<NcpSecret>(), scene.api::<NcpSecretStore>());
    let events = scene
        .api::<Event>()
        .list(&ListParams::default())
        .await
        .unwrap();
    let events = serde_json::to_string(&events.items).unwrap();
    assert!(
        events.contains("CredentialsRejected") && events.contains("StageEmpty"),
        "{events}"
    );
    assert_none("the events", &events, &forms);
    let objects = objects.list(&ListParams::default()).await.unwrap();
    assert_none(
        "the objects",
        &serde_json::to_string(&objects.items).unwrap(),
        &forms,
    );
    let stores = stores.list(&ListParams::default()).await.unwrap();
    assert_none(
        "the stores",
        &serde_json::to_string(&stores.items).unwrap(),
        &forms,
    );
    assert_none("the metrics", &scene.metrics().await, &forms);
    for secret in scene
        .api::<Secret>()
        .list(&ListParams::default())
        .await
        .unwrap()
    {
        assert_none(
            "the metadata of Secrets",
            &serde_json::to_string(&secret.metadata).unwrap(),
            &forms,
        );
    }
    assert_answers(&tap, &scene, &forms);
    assert_eq!(panics.load(Ordering::Relaxed), 0);
}

/// Passes that end well and badly, in every way that there is.
async fn everything_happens(scene: &Scene) {
    let value = |text: &str| json!({"password": text, "unused": UNUSED}).to_string();
    let chosen = json!({"data": [{"key": "password", "from": "password"}]});
    let id = scene.synced("orders-db", &value(VALUE), chosen).await;
    scene
        .create_ncp_secret(
            "by-name",
            "orders-db",
            json!({"data": [{"key": "p", "from": "password"}]}),
        )
        .await;
    scene.until_reason("by-name", "Synced").await;
    scene
        .emulator
        .set_value(&id, Stage::Active, Some(&value(CHANGED)))
        .unwrap();
    scene.force("orders-db", "changed").await;
    scene
        .emulator
        .set_value(&id, Stage::Active, Some(&value(VALUE)))
        .unwrap();
    scene
        .api::<Secret>()
        .delete("by-name", &DeleteParams::default())
        .await
        .unwrap();
    let repaired = until("the deleted Secret is back", async || {
        scene.advance(SignedDuration::from_secs(1));
        scene.secret("by-name").await
    });
    assert_eq!(values(&repaired.await)["p"], VALUE);

    shaping_happens(scene, &id).await;
    for (turn, effects) in failures().into_iter().enumerate() {
        for operation in [Operation::GetSecretDetail, Operation::GetSecretStageValue] {
            for effect in &effects {
                scene
                    .emulator
                    .add_fault(Fault::new(effect.clone()).operation(operation));
            }
            scene
                .force("orders-db", &format!("{operation:?} {turn}"))
                .await;
            scene.emulator.clear_faults();
            scene.advance(SignedDuration::from_secs(305));
        }
    }
    let bad = [
        format!("{VALUE} is no JSON"),
        format!(r#"["{VALUE}"]"#),
        format!(r#"{{"password":"{VALUE}","password":"{UNUSED}"}}"#),
        format!(r#"{{"other":"{VALUE}"}}"#),
        format!(r#"{{"password":"{VALUE}"#),
        String::new(),
    ];
    for (turn, text) in bad.iter().enumerate() {
        scene
            .emulator
            .set_raw_value(&id, Stage::Active, Some(text))
            .unwrap();
        scene.force("orders-db", &format!("bad {turn}")).await;
    }
    scene
        .emulator
        .set_raw_value(&id, Stage::Active, Some(&value(CHANGED)))
        .unwrap();
    scene.force("orders-db", "good again").await;

    let wrong = Key {
        access_key: WRONG_KEY.into(),
        secret_key: WRONG_HALF.into(),
    };
    let half_wrong = Key {
        access_key: scene.key.access_key.clone(),
        secret_key: WRONG_HALF.into(),
    };
    let no_key = Key {
        access_key: NO_KEY.into(),
        secret_key: NO_KEY.into(),
    };
    for (turn, key) in [&wrong, &half_wrong, &no_key].into_iter().enumerate() {
        scene.write_credentials("ncp-credentials", key).await;
        scene.advance(SignedDuration::from_mins(6));
        scene.force("orders-db", &format!("key {turn}")).await;
        scene.force("by-name", &format!("key {turn}")).await;
    }
    scene.write_credentials("ncp-credentials", &scene.key).await;
    scene.emulator.set_role(&scene.key.access_key, Role::None);
    scene.advance(SignedDuration::from_secs(10));
    scene.force("orders-db", "no rights").await;
    scene.emulator.set_role(&scene.key.access_key, Role::Viewer);
    scene
        .emulator
        .add_fault(Fault::new(Effect::Redirect(format!("http://127.0.0.1:1/{VALUE}"))).times(1));
    scene.force("orders-db", "redirected").await;
    scene.advance(SignedDuration::from_secs(305));
    scene.force("orders-db", "the end").await;
    scene.until_reason("orders-db", "Synced").await;
    let secret = scene.secret("orders-db").await.unwrap();
    assert_eq!(values(&secret)["password"], CHANGED);
}

/// Templates, formats and decoding, some that cannot be made.
async fn shaping_happens(scene: &Scene, id: &str) {
    let shapes = [
        (
            "Synced",
            json!({"key": "k", "template": "{{ password | urlencode }} {{ password | b64encode }}"}),
        ),
        ("Synced", json!({"key": "k", "format": "Json"})),
        (
            "TemplateFailed",
            json!({"key": "k", "template": "{{ password }}{{ nothing }}"}),
        ),
        (
            "TemplateFailed",
            json!({"key": "k", "template": "{{ password | b64decode }}"}),
        ),
        (
            "TemplateFailed",
            json!({"key": "k", "from": "password", "decode": "Base64"}),
        ),
        (
            "MissingKey",
            json!({"key": "k", "format": "DockerConfigJson"}),
        ),
    ];
    for (turn, (reason, entry)) in shapes.into_iter().enumerate() {
        let name = format!("shaped-{turn}");
        scene
            .create_by_id(&name, id, json!({"data": [entry]}))
            .await;
        scene.until_reason(&name, reason).await;
        scene.delete::<NcpSecret>(&name).await;
    }
}

/// Only reads of the credential Secret are answered with something secret, and only what is asked for is sent.
fn assert_answers(tap: &Tap, scene: &Scene, forms: &[String]) {
    let credentials = format!(
        "GET /api/v1/namespaces/{}/secrets/ncp-credentials ",
        scene.namespace
    );
    let exchanges = tap.exchanges();
    let (mut reads, mut writes) = (0, 0);
    for exchange in &exchanges {
        let line = exchange.asked.lines().next().unwrap_or_default();
        let whole = !exchange.asked.contains("PartialObjectMetadata");
        if line.starts_with(&credentials) && whole {
            reads += usize::from(
                exchange
                    .answered
                    .contains(&BASE64_STANDARD.encode(&scene.key.secret_key)),
            );
            continue;
        }
        assert_none(&format!("the answer to {line}"), &exchange.answered, forms);
        let writes_a_secret =
            line.contains("/secrets") && (line.starts_with("POST ") || line.starts_with("PATCH "));
        if writes_a_secret {
            writes += usize::from(exchange.asked.contains(&BASE64_STANDARD.encode(VALUE)));
            let rest: Vec<_> = forms
                .iter()
                .filter(|form| {
                    **form != BASE64_STANDARD.encode(VALUE)
                        && **form != BASE64_STANDARD.encode(CHANGED)
                })
                .cloned()
                .collect();
            assert_none(&format!("the body of {line}"), &exchange.asked, &rest);
        } else {
            assert_none(&format!("the request {line}"), &exchange.asked, forms);
        }
    }
    assert!(
        reads > 0 && writes > 0,
        "the tap has seen nothing: {reads} reads, {writes} writes"
    );
}
