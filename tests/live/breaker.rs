//! R9: the breaker of a store, which spares NCP calls with keys that it refuses, and people the same news many times.

use jiff::SignedDuration;
use ncp_emulator::{Effect, Fault};
use serde_json::json;

use crate::credentials::{an_hour_passes, with_objects};
use crate::scene::until;
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
