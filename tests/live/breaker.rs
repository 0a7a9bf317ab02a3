//! R9: the breaker of a store, which spares NCP calls with keys that it refuses, and people the same news many times.

use std::time::Duration;

use jiff::SignedDuration;
use ncp_emulator::{Effect, Fault, GatewayError, Operation};
use ncp_secret_operator::api::NcpSecret;
use serde_json::json;

use crate::credentials::{an_hour_passes, with_objects};
use crate::scene::{Scene, until};
use crate::seen::says;

const SECONDS: fn(i64) -> SignedDuration = SignedDuration::from_secs;

#[tokio::test]
async fn r9_refused_keys_stop_all_calls_with_them_and_are_told_once_on_the_store() {
    let (scene, names, _) = with_objects(5).await;
    let before = scene.secret("object-0").await;
    scene.emulator.stop_key(&scene.key.access_key);
    an_hour_passes(&scene).await;
    let told = scene.until_store("ncp", "CredentialsRejected").await;
    assert_eq!(told.status, "False");
    assert_eq!(
        told.message,
        "NCP does not accept the access key of the store. \
         Correct the key pair in the store's Secret; it is read again within seconds."
    );
    for name in &names {
        let object = scene.ncp_secret(name).await;
        assert_eq!(
            says(&object, "Ready"),
            ("True", "Synced"),
            "the store tells it"
        );
    }

    scene.emulator.reset_calls();
    for second in [1, 2, 5, 20, 60, 120] {
        scene.advance(SECONDS(second));
        scene.settle().await;
    }
    for name in &names {
        let object = scene.force(name, "please").await;
        assert_eq!(says(&object, "Ready"), ("True", "RefreshFailing"));
    }
    assert_eq!(scene.emulator.calls(), [], "nobody calls with refused keys");
    scene.until_warnings("ncp", &["CredentialsRejected"]).await;
    for name in &names {
        assert_eq!(
            scene.events(name).await,
            [],
            "the store has told it already"
        );
    }
    assert_eq!(scene.secret("object-0").await, before);
}

#[tokio::test]
async fn r9_refused_keys_are_tried_every_five_minutes_by_one_call() {
    let (scene, names, _) = with_objects(5).await;
    scene.emulator.stop_key(&scene.key.access_key);
    scene.force("object-0", "notice").await;
    scene.until_store("ncp", "CredentialsRejected").await;
    scene.settle().await;
    for _ in 0..3 {
        scene.emulator.reset_calls();
        scene.advance(SECONDS(294));
        scene.settle().await;
        assert_eq!(scene.emulator.calls(), []);
        // The watcher of the broken store wakes every five seconds, and one object then asks NCP.
        scene.advance(SECONDS(11));
        scene.until_calls(1).await;
        scene.settle().await;
        assert_eq!(
            scene.emulator.calls().len(),
            1,
            "one call tells as much as five"
        );
    }
    scene.until_warnings("ncp", &["CredentialsRejected"]).await;

    scene.emulator.start_key(&scene.key.access_key);
    scene.advance(SECONDS(305));
    for name in &names {
        scene.until_reason(name, "Synced").await;
    }
    assert_eq!(scene.until_store("ncp", "Configured").await.status, "True");
}

#[tokio::test]
async fn r9_a_probe_that_reaches_nobody_proves_nothing() {
    let (scene, _, _) = with_objects(3).await;
    scene.emulator.stop_key(&scene.key.access_key);
    scene.force("object-0", "notice").await;
    scene.until_store("ncp", "CredentialsRejected").await;
    scene.settle().await;
    scene.emulator.reset_calls();
    scene.emulator.add_fault(Fault::new(Effect::Unavailable));
    scene.advance(SECONDS(305));
    scene.until_calls(1).await;
    scene.emulator.clear_faults();
    scene.advance(SECONDS(20));
    scene.settle().await;
    assert_eq!(scene.emulator.calls().len(), 1, "the breaker stays open");
    scene.until_store("ncp", "CredentialsRejected").await;
    scene.until_warnings("ncp", &["CredentialsRejected"]).await;
}

#[tokio::test]
async fn r9_a_broken_store_looks_at_its_secret_every_five_seconds_and_tells_nothing_twice() {
    let (scene, names, _) = with_objects(3).await;
    scene.emulator.stop_key(&scene.key.access_key);
    scene.force("object-0", "notice").await;
    scene.until_store("ncp", "CredentialsRejected").await;
    scene.settle().await;
    let version = scene
        .stores("NcpSecretStore")
        .get("ncp")
        .await
        .unwrap()
        .metadata
        .resource_version;
    let mark = scene.mark();
    let reads = || {
        let requests = scene.requests(mark);
        requests
            .iter()
            .filter(|request| request.verb == "get" && request.name == "ncp-credentials")
            .count()
    };
    for turn in 1..=6 {
        scene.advance(SECONDS(5));
        until("the credential Secret is looked at", async || {
            (reads() >= turn).then_some(())
        })
        .await;
        scene.settle().await;
        assert_eq!(reads(), turn);
    }
    // Touched and not corrected: NCP is asked at once, and says the same.
    scene.emulator.reset_calls();
    let touched = json!({"metadata": {"annotations": {"touched": "yes"}}});
    scene.patch_secret("ncp-credentials", touched).await;
    scene.advance(SECONDS(5));
    scene.until_calls(1).await;
    scene.settle().await;
    assert!(
        scene.emulator.calls().len() <= names.len(),
        "no object asks twice"
    );
    assert_eq!(
        scene
            .stores("NcpSecretStore")
            .get("ncp")
            .await
            .unwrap()
            .metadata
            .resource_version,
        version
    );
    scene.until_warnings("ncp", &["CredentialsRejected"]).await;
}

#[tokio::test]
async fn r9_a_store_is_asked_again_also_when_the_object_that_met_the_refusal_is_gone() {
    let (scene, _, _) = with_objects(3).await;
    scene.emulator.stop_key(&scene.key.access_key);
    scene.force("object-0", "notice").await;
    scene.until_store("ncp", "CredentialsRejected").await;
    scene.settle().await;
    scene.delete::<NcpSecret>("object-0").await;
    scene.settle().await;
    scene.emulator.reset_calls();
    scene.emulator.start_key(&scene.key.access_key);
    scene.advance(SECONDS(305));
    scene.until_store("ncp", "Configured").await;
    scene.settle().await;
    assert_eq!(scene.emulator.calls().len(), 2, "one look found it out");
}

#[tokio::test]
async fn r9_a_look_that_began_before_the_refusal_does_not_close_the_breaker() {
    let (scene, _, ids) = with_objects(2).await;
    let slow = Fault::new(Effect::Delay(Duration::from_secs(3)));
    let slow = slow.operation(Operation::GetSecretStageValue);
    scene.emulator.add_fault(slow.secret(&ids[0]));
    let refused = Effect::Gateway(GatewayError::AuthenticationFailed);
    scene
        .emulator
        .add_fault(Fault::new(refused).secret(&ids[1]));
    scene.annotate("object-0", "slowly").await;
    scene.until_looks(&ids[0], 2).await;
    scene.force("object-1", "notice").await;
    scene.until_store("ncp", "CredentialsRejected").await;
    let object = scene.ncp_secret("object-0").await;
    let echo = |object: &NcpSecret| object.status.as_ref().unwrap().last_forced_sync.clone();
    assert_eq!(echo(&object), None, "its look is underway");
    scene
        .until_object("object-0", "has looked", |object| echo(object).is_some())
        .await;
    scene.settle().await;
    scene.until_store("ncp", "CredentialsRejected").await;
    scene.emulator.reset_calls();
    scene.force("object-0", "again").await;
    assert_eq!(scene.emulator.calls(), [], "the breaker is open");
    scene.until_warnings("ncp", &["CredentialsRejected"]).await;
}

#[tokio::test]
async fn r9_stores_whose_looks_waited_for_calls_are_asked_again_every_five_minutes_like_others() {
    let scene = Scene::start().await;
    scene.steering.freeze();
    let stores: Vec<_> = (0..6).map(|number| format!("tight-{number}")).collect();
    for store in &stores {
        let budget = json!({"budget": {"requestsPerSecond": 1, "burst": 2}});
        scene.create_store_as(store, budget).await;
        for number in 0..4 {
            let name = format!("{store}-{number}");
            let id = scene.secret_in_ncp(&name, r#"{"a":"b"}"#);
            let spec = json!({"storeRef": {"name": store}, "refresh": {"interval": "24h"}});
            scene.create_by_id(&name, &id, spec).await;
        }
    }
    for _ in 0..4 {
        scene.settle().await;
        scene.advance(SECONDS(2));
    }
    for store in &stores {
        for number in 0..4 {
            scene
                .until_reason(&format!("{store}-{number}"), "Synced")
                .await;
        }
    }
    scene.settle().await;
    // All are due, and one of each store may look before they are refused.
    scene.advance(SignedDuration::from_hours(24));
    scene.settle().await;
    scene.emulator.stop_key(&scene.key.access_key);
    scene.advance(SECONDS(2));
    for store in &stores {
        scene.until_store(store, "CredentialsRejected").await;
    }
    scene.settle().await;
    scene.emulator.reset_calls();
    scene.advance(SECONDS(290));
    scene.settle().await;
    assert_eq!(scene.emulator.calls(), []);
    scene.advance(SECONDS(16));
    scene.until_calls(stores.len()).await;
}
