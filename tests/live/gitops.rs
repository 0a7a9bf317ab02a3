//! What Argo CD and Flux show of objects that the operator looks after, as `docs/gitops.md` says.

mod program;
mod words;

use jiff::SignedDuration;
use ncp_emulator::{Effect, Fault, NewSecret, Trigger};
use ncp_secret_operator::api::NcpSecret;
use serde_json::json;

use self::program::{Shown, shown};
use crate::scene::{Scene, condition};
use crate::seen::says;

const VALUE: &str = r#"{"password":"one"}"#;
const DOCUMENTED: &str = include_str!("../../docs/gitops.md");

/// What is shown of the object as it is on the API server.
async fn shown_of(scene: &Scene, name: &str) -> Shown {
    let object = scene.ncp_secret(name).await;
    let mut object = serde_json::to_value(object).unwrap();
    // What the API server leaves out in lists, tools fill in again.
    object["apiVersion"] = json!("ncp-secrets.io/v1alpha1");
    object["kind"] = json!("NcpSecret");
    shown(&[object]).remove(0)
}

async fn shown_of_store(scene: &Scene, name: &str) -> Shown {
    let stores = scene.stores("NcpSecretStore");
    let store = stores.get(name).await.unwrap();
    shown(&[serde_json::to_value(store).unwrap()]).remove(0)
}

/// Whether both show what the documentation has in the row of that situation.
fn assert_shown(shown: &Shown, situation: &str, words: (&str, &str)) {
    assert_eq!(shown.words(), words, "{situation}: {shown:?}");
    let rows: Vec<_> = DOCUMENTED
        .lines()
        .filter(|line| line.starts_with(&format!("| {situation}")))
        .collect();
    let [row] = rows[..] else {
        panic!("{situation} is in {} rows of docs/gitops.md", rows.len());
    };
    let cells: Vec<_> = row.split(" | ").collect();
    let (argo, flux) = words;
    assert!(cells[1].starts_with(argo), "{row}");
    assert!(cells[2].contains(flux), "{row}");
}

#[tokio::test]
async fn what_was_just_created_or_changed_is_in_progress_until_the_operator_has_answered() {
    let situation = "just created or changed";
    let words = ("Progressing", "InProgress");
    let mut scene = Scene::without_operator().await;
    scene.create_store("ncp").await;
    let id = scene.secret_in_ncp("orders", VALUE);
    scene.create_by_id("orders-db", &id, json!({})).await;
    assert_shown(&shown_of(&scene, "orders-db").await, situation, words);
    assert_shown(&shown_of_store(&scene, "ncp").await, situation, words);

    scene.start_operator().await;
    scene.until_reason("orders-db", "Synced").await;
    let good = ("Healthy", "Current");
    assert_shown(
        &shown_of(&scene, "orders-db").await,
        "the Secret is good",
        good,
    );
    scene.until_store("ncp", "Configured").await;
    assert_shown(
        &shown_of_store(&scene, "ncp").await,
        "a store in order",
        good,
    );

    scene.stop_operator().await;
    let spec = json!({"spec": {"refresh": {"interval": "2h"}}});
    scene.patch_ncp_secret("orders-db", spec).await;
    assert_shown(&shown_of(&scene, "orders-db").await, situation, words);
}

#[tokio::test]
async fn looks_that_fail_change_nothing_until_the_secret_is_stale() {
    let scene = Scene::start().await;
    scene.steering.freeze();
    scene.synced("orders-db", VALUE, json!({})).await;
    scene.emulator.add_fault(Fault::new(Effect::Unavailable));
    let object = scene.force("orders-db", "fails").await;
    assert_eq!(says(&object, "Ready"), ("True", "RefreshFailing"));
    let good = ("Healthy", "Current");
    assert_shown(&shown_of(&scene, "orders-db").await, "looks fail", good);

    let id = scene.secret_in_ncp("other", VALUE);
    scene.create_by_id("never", &id, json!({})).await;
    scene.until_reason("never", "SourceUnavailable").await;
    let waits = ("Progressing", "InProgress");
    assert_shown(&shown_of(&scene, "never").await, "never synced yet", waits);

    scene.advance(SignedDuration::from_hours(4));
    scene.until_reason("orders-db", "SourceUnavailable").await;
    let stale = ("Degraded", "InProgress");
    let now = shown_of(&scene, "orders-db").await;
    assert_shown(&now, "not good any more, and waiting may mend it", stale);
    assert!(
        now.argo.message.contains("Pods keep the last value"),
        "{now:?}"
    );
}

#[tokio::test]
async fn what_only_a_person_can_mend_has_failed() {
    let scene = Scene::start().await;
    let id = scene.synced("orders-db", VALUE, json!({})).await;
    scene.emulator.disable(&id).unwrap();
    let object = scene.force("orders-db", "disabled").await;
    let (_, _, message) = condition(&object, "Ready").unwrap();
    let (_, _, stalled) = condition(&object, "Stalled").unwrap();
    let now = shown_of(&scene, "orders-db").await;
    let situation = "not good, and only a person can mend it";
    assert_shown(&now, situation, ("Degraded", "Failed"));
    assert_eq!((&*now.argo.message, &*now.flux.message), (message, stalled));
}

#[tokio::test]
async fn a_rotation_that_failed_is_told_and_the_secret_stays_good() {
    let scene = Scene::start().await;
    scene.emulator.put_trigger(Trigger::named("rotator"));
    let new = NewSecret::named("turning").value(VALUE);
    let id = scene
        .emulator
        .create_secret(new.automatic_rotation(90, "rotator"))
        .unwrap();
    scene.create_by_id("turning", &id, json!({})).await;
    scene.until_reason("turning", "Synced").await;
    scene.emulator.execute_rotation(&id).unwrap();
    scene.emulator.start_rotation(&id).unwrap();
    scene.emulator.add_pending(&id).unwrap();
    scene.emulator.fail_rotation(&id).unwrap();
    let object = scene.force("turning", "failed").await;
    let (_, reason, message) = condition(&object, "RotationHealthy").unwrap();
    assert_eq!(reason, "RotationFailed");
    let now = shown_of(&scene, "turning").await;
    assert_shown(&now, "rotation failed", ("Healthy", "Current"));
    assert!(now.argo.message.ends_with(message), "{now:?}");
}

/// Suspends an object, and waits until the operator has seen that.
async fn suspend(scene: &Scene, name: &str) {
    scene
        .patch_ncp_secret(name, json!({"spec": {"suspend": true}}))
        .await;
    scene
        .until_object(name, "is seen as suspended", |object| {
            let told = object.status.as_ref().unwrap().observed_generation;
            Some(told) == object.metadata.generation
        })
        .await;
}

#[tokio::test]
async fn a_suspended_object_is_told_apart_by_argo_cd_and_stays_for_flux_what_it_was() {
    let mut scene = Scene::start().await;
    scene.synced("good", VALUE, json!({})).await;
    let disabled = scene.synced("disabled", VALUE, json!({})).await;
    scene.emulator.disable(&disabled).unwrap();
    scene.force("disabled", "now").await;
    let other = scene.secret_in_ncp("other", VALUE);
    scene
        .create_by_id("never", &other, json!({"suspend": true}))
        .await;
    scene.until_reason("never", "Suspended").await;
    for (name, situation, flux) in [
        ("good", "suspended, and was good", "Current"),
        (
            "disabled",
            "suspended, and only a person could mend",
            "Failed",
        ),
        ("never", "suspended, and never synced", "InProgress"),
    ] {
        suspend(&scene, name).await;
        let now = shown_of(&scene, name).await;
        assert_shown(&now, situation, ("Suspended", flux));
    }

    scene.synced("late", VALUE, json!({})).await;
    scene.stop_operator().await;
    let spec = json!({"spec": {"suspend": true}});
    scene.patch_ncp_secret("late", spec).await;
    let now = shown_of(&scene, "late").await;
    let situation = "suspended a moment ago";
    assert_shown(&now, situation, ("Suspended", "InProgress"));
}

#[tokio::test]
async fn what_waited_when_it_was_suspended_waits_for_flux() {
    let scene = Scene::start().await;
    scene.steering.freeze();
    let id = scene.synced("orders-db", VALUE, json!({})).await;
    let fault = Fault::new(Effect::Unavailable).secret(&id);
    scene.emulator.add_fault(fault);
    scene.force("orders-db", "fails").await;
    scene.settle().await;
    scene.advance(SignedDuration::from_hours(4));
    scene.until_reason("orders-db", "SourceUnavailable").await;
    suspend(&scene, "orders-db").await;
    let now = shown_of(&scene, "orders-db").await;
    let situation = "suspended, and waiting might have mended";
    assert_shown(&now, situation, ("Suspended", "InProgress"));
}

#[tokio::test]
async fn an_object_that_is_being_deleted_is_on_its_way_out() {
    let scene = Scene::start().await;
    scene.synced("orders-db", VALUE, json!({})).await;
    let hold = json!({"metadata": {"finalizers": ["example.com/hold"]}});
    scene.patch_ncp_secret("orders-db", hold).await;
    scene.delete::<NcpSecret>("orders-db").await;
    let words = ("Progressing", "Terminating");
    assert_shown(&shown_of(&scene, "orders-db").await, "being deleted", words);
    let release = json!({"metadata": {"finalizers": null}});
    scene.patch_ncp_secret("orders-db", release).await;
}

#[tokio::test]
async fn a_store_in_trouble_is_degraded() {
    let scene = Scene::start().await;
    scene.synced("orders-db", VALUE, json!({})).await;
    scene.emulator.stop_key(&scene.key.access_key);
    scene.force("orders-db", "notice").await;
    scene.until_store("ncp", "CredentialsRejected").await;
    let words = ("Degraded", "InProgress");
    assert_shown(
        &shown_of_store(&scene, "ncp").await,
        "a store in trouble",
        words,
    );
}

/// The health check that the documentation installs is the one that is tested.
#[test]
fn the_documentation_installs_the_health_check_for_all_kinds() {
    let file = "=docs/gitops/argocd-health.lua";
    for kind in ["NcpSecret", "NcpSecretStore", "ClusterNcpSecretStore"] {
        let key = format!("resource.customizations.health.ncp-secrets.io_{kind}{file}");
        assert!(DOCUMENTED.contains(&key), "{key}");
    }
}
