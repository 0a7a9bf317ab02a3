//! The lifecycle of a secret in NCP: disabled, on its way out, destroyed, and enabled again.

use jiff::SignedDuration;
use ncp_emulator::Stage;
use ncp_emulator::behavior::{Destroyed, RefusedAs, Verdict};
use ncp_secret_operator::api::SourceStatus;
use serde_json::json;

use crate::scene::{Scene, condition, pairs, values};
use crate::seen::says;

const A_DAY: SignedDuration = SignedDuration::from_hours(24);

/// A scene whose clock stands still, with an object over one host that looks every hour.
async fn synced() -> (Scene, String) {
    let scene = Scene::start().await;
    scene.steering.freeze();
    scene
        .create_store_as("regional", json!({"keyIsolation": "Regional"}))
        .await;
    let store = json!({"storeRef": {"name": "regional"}});
    let id = scene
        .synced("orders-db", r#"{"password":"p"}"#, store)
        .await;
    scene.settle().await;
    (scene, id)
}

async fn source(scene: &Scene) -> SourceStatus {
    let object = scene.ncp_secret("orders-db").await;
    object.status.unwrap().source.unwrap()
}

/// Moves the clock by an hour, which holds exactly one slot.
async fn next_slot(scene: &Scene, id: &str) {
    let looks = scene.looks_at(id);
    scene.advance(SignedDuration::from_hours(1));
    scene.until_looks(id, looks + 1).await;
    scene.settle().await;
}

#[tokio::test]
async fn a_disabled_secret_is_told_and_comes_back_when_it_is_enabled() {
    let (scene, id) = synced().await;
    let before = scene.secret("orders-db").await.unwrap();
    scene.emulator.disable(&id).unwrap();
    scene.emulator.reset_calls();
    next_slot(&scene, &id).await;
    let object = scene.until_reason("orders-db", "SourceDisabled").await;
    assert_eq!(says(&object, "Ready"), ("False", "SourceDisabled"));
    assert_eq!(
        says(&object, "SourceAvailable"),
        ("False", "SourceDisabled")
    );
    assert_eq!(says(&object, "Stalled"), ("True", "SourceDisabled"));
    let message = condition(&object, "Ready").unwrap().2;
    assert_eq!(
        message,
        "The secret is disabled in NCP. Enable the secret in NCP. Pods keep the last value."
    );
    assert_eq!(source(&scene).await.lifecycle, "DISABLE");
    let calls = scene.emulator.calls();
    let calls = calls
        .iter()
        .filter(|call| call.secret_id.as_deref() == Some(&id));
    assert_eq!(
        calls.count(),
        1,
        "nobody asks for a value that cannot be had"
    );

    for _ in 0..3 {
        next_slot(&scene, &id).await;
    }
    assert_eq!(
        scene.version("orders-db").await,
        object.metadata.resource_version.unwrap()
    );
    assert_eq!(scene.secret("orders-db").await.as_ref(), Some(&before));
    scene.until_warnings("orders-db", &["SourceDisabled"]).await;

    scene.emulator.enable(&id).unwrap();
    let new = r#"{"password":"new"}"#;
    scene
        .emulator
        .set_value(&id, Stage::Active, Some(new))
        .unwrap();
    next_slot(&scene, &id).await;
    let object = scene.until_reason("orders-db", "Synced").await;
    assert_eq!(says(&object, "SourceAvailable"), ("True", "Enabled"));
    assert_eq!(condition(&object, "Stalled"), None);
    let after = scene.secret("orders-db").await.unwrap();
    assert_eq!(after.metadata.uid, before.metadata.uid);
    assert_eq!(values(&after), pairs(&[("password", "new")]));
}

#[tokio::test]
async fn a_read_that_is_refused_in_between_is_explained_by_the_lifecycle() {
    let forms = [
        RefusedAs::InvalidRequest,
        RefusedAs::Forbidden,
        RefusedAs::NotFound,
        RefusedAs::InvalidStatus,
        RefusedAs::Unprocessable,
    ];
    for form in forms {
        let (scene, id) = synced().await;
        scene.emulator.behave(|behavior| {
            behavior.blocked_read = form;
            behavior.read_in_disable = Verdict::Refused;
        });
        let before = scene.secret("orders-db").await;
        let slow = ncp_emulator::Effect::Delay(std::time::Duration::from_secs(1));
        let value = ncp_emulator::Operation::GetSecretStageValue;
        scene
            .emulator
            .add_fault(ncp_emulator::Fault::new(slow).operation(value).times(1));
        let looks = scene.looks_at(&id);
        scene.annotate("orders-db", "now").await;
        scene.until_looks(&id, looks + 1).await;
        scene.emulator.disable(&id).unwrap();
        let object = scene.force("orders-db", "now").await;
        assert_eq!(
            says(&object, "Ready"),
            ("False", "SourceDisabled"),
            "{form:?}"
        );
        assert_eq!(scene.secret("orders-db").await, before);
    }
}

#[tokio::test]
async fn r1_a_secret_on_its_way_out_is_told_with_its_date_and_its_end_takes_nothing_away() {
    for shown in [Destroyed::NotFound, Destroyed::Shown] {
        let (scene, id) = synced().await;
        scene.emulator.behave(|behavior| behavior.destroyed = shown);
        let before = scene.secret("orders-db").await;
        scene.emulator.request_deletion(&id).unwrap();
        let date = scene.clock.now() + A_DAY * 7;
        let object = scene.force("orders-db", "now").await;
        assert_eq!(says(&object, "Ready"), ("False", "SourceRevoked"));
        assert_eq!(says(&object, "SourceAvailable"), ("False", "SourceRevoked"));
        let message = condition(&object, "Ready").unwrap().2;
        assert!(message.contains("cancel its deletion in NCP"), "{message}");
        let seen = source(&scene).await;
        assert_eq!(seen.lifecycle, "REVOKE");
        assert_eq!(
            seen.expected_destroy_time.unwrap().0.as_second(),
            date.as_second()
        );

        scene.settle().await;
        // Over the last slot before the date, and then to the date itself.
        scene.advance(A_DAY * 7 - SignedDuration::from_secs(2));
        scene.settle().await;
        let looks = scene.looks_at(&id);
        scene.advance(SignedDuration::from_secs(3));
        scene.until_looks(&id, looks + 1).await;
        let (reason, lifecycle) = match shown {
            Destroyed::NotFound => ("SourceNotFound", "REVOKE"),
            Destroyed::Shown => ("SourceDestroyed", "DESTROYED"),
        };
        let object = scene.until_reason("orders-db", reason).await;
        assert_eq!(says(&object, "Ready"), ("False", reason));
        assert_eq!(source(&scene).await.lifecycle, lifecycle);
        scene.settle().await;

        let gone_since = object.status.unwrap().failing_since.unwrap().0;
        while scene.clock.now().duration_since(gone_since) < A_DAY {
            next_slot(&scene, &id).await;
        }
        for _ in 0..2 {
            let looks = scene.looks_at(&id);
            scene.advance(A_DAY - SignedDuration::from_secs(1));
            scene.settle().await;
            assert_eq!(scene.looks_at(&id), looks, "looked within a day");
            scene.advance(SignedDuration::from_secs(1));
            scene.until_looks(&id, looks + 1).await;
            scene.settle().await;
        }
        assert_eq!(scene.secret("orders-db").await, before);
        scene
            .until_warnings("orders-db", &["SourceRevoked", reason])
            .await;
    }
}

#[tokio::test]
async fn a_deletion_that_is_cancelled_brings_the_secret_back_by_way_of_disabled() {
    let (scene, id) = synced().await;
    let before = scene.secret("orders-db").await;
    scene.emulator.request_deletion(&id).unwrap();
    scene.force("orders-db", "requested").await;
    scene.emulator.cancel_deletion(&id).unwrap();
    let object = scene.force("orders-db", "cancelled").await;
    assert_eq!(says(&object, "Ready"), ("False", "SourceDisabled"));
    assert_eq!(source(&scene).await.expected_destroy_time, None);
    scene.emulator.enable(&id).unwrap();
    let object = scene.force("orders-db", "enabled").await;
    assert_eq!(says(&object, "Ready"), ("True", "Synced"));
    assert_eq!(scene.secret("orders-db").await, before);
}
