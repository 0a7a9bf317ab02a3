//! R9: how failures are repeated, whom they slow, and when they make an object unready.

use std::time::Duration;

use jiff::SignedDuration;
use ncp_emulator::{Effect, Fault};
use serde_json::json;

use crate::scene::{Scene, condition};
use crate::seen::says;

const LONGEST: SignedDuration = SignedDuration::from_mins(5);

/// A scene whose clock stands still, with an object whose looks fail so.
async fn failing(effect: Effect) -> (Scene, String) {
    let scene = Scene::start().await;
    scene.steering.freeze();
    let id = scene
        .synced("orders-db", r#"{"password":"p"}"#, json!({}))
        .await;
    scene.emulator.add_fault(Fault::new(effect).secret(&id));
    let object = scene.force("orders-db", "fail").await;
    assert_eq!(says(&object, "Ready"), ("True", "RefreshFailing"));
    scene.settle().await;
    (scene, id)
}

#[tokio::test]
async fn r9_failures_are_repeated_after_a_second_that_doubles_up_to_five_minutes() {
    let (scene, id) = failing(Effect::Unavailable).await;
    let mut longest = SignedDuration::from_secs(1);
    for attempt in 0..12 {
        scene.settle().await;
        let looks = scene.looks_at(&id);
        scene.advance(longest);
        scene.until_looks(&id, looks + 1).await;
        assert!(looks > attempt);
        longest = (longest * 2).min(LONGEST);
    }
    // By now each wait is a random part of five minutes. Eight of them in less than eight minutes would be a wonder.
    let mut half_minutes = 0;
    for _ in 0..8 {
        let looks = scene.looks_at(&id);
        while scene.looks_at(&id) == looks {
            half_minutes += 1;
            scene.advance(SignedDuration::from_secs(30));
            scene.settle().await;
        }
    }
    assert!(
        half_minutes >= 16,
        "{half_minutes} half minutes for eight attempts"
    );
    scene.until_warnings("orders-db", &["RefreshFailing"]).await;
}

#[tokio::test]
async fn r9_the_time_that_ncp_asks_for_wins_up_to_five_minutes() {
    let asks = |seconds| Effect::Throttled {
        retry_after: Some(Duration::from_secs(seconds)),
    };
    let unavailable = Effect::Status {
        status: 503,
        body: String::new(),
        headers: vec![("Retry-After".into(), "90".into())],
    };
    for (effect, wait) in [(asks(120), 120), (asks(3600), 300), (unavailable, 90)] {
        let (scene, id) = failing(effect).await;
        scene.settle().await;
        for looks in 2..4 {
            scene.advance(SignedDuration::from_secs(wait - 1));
            scene.settle().await;
            assert_eq!(scene.looks_at(&id), looks, "looked before {wait} s");
            scene.advance(SignedDuration::from_secs(1));
            scene.until_looks(&id, looks + 1).await;
            scene.settle().await;
        }
    }
}

#[tokio::test]
async fn throttled_without_a_time_is_told_and_repeated_like_any_failure() {
    let (scene, id) = failing(Effect::Throttled { retry_after: None }).await;
    let object = scene.ncp_secret("orders-db").await;
    let message = condition(&object, "Ready").unwrap().2;
    assert!(
        message.contains("NCP asks for fewer requests. The next look comes later by itself."),
        "{message}"
    );
    scene.settle().await;
    let looks = scene.looks_at(&id);
    scene.advance(SignedDuration::from_secs(1));
    scene.until_looks(&id, looks + 1).await;

    let id = scene.secret_in_ncp("new-one", r#"{"a":"b"}"#);
    scene
        .emulator
        .add_fault(Fault::new(Effect::Throttled { retry_after: None }).secret(&id));
    scene.create_by_id("new-one", &id, json!({})).await;
    let object = scene.until_reason("new-one", "Throttled").await;
    assert_eq!(
        condition(&object, "Stalled"),
        None,
        "nobody has to do anything"
    );
    scene.emulator.clear_faults();
    scene.settle().await;
    scene.advance(LONGEST);
    scene.until_reason("orders-db", "Synced").await;
    scene.until_reason("new-one", "Synced").await;
}

#[tokio::test]
async fn r9_failures_slow_neither_another_object_nor_another_store() {
    let (scene, _) = failing(Effect::Unavailable).await;
    scene.create_store_as("other", json!({})).await;
    let often = json!({"refresh": {"interval": "30s"}});
    let same_store = scene
        .synced("same-store", r#"{"a":"b"}"#, often.clone())
        .await;
    let mut spec = often;
    spec["storeRef"] = json!({"name": "other"});
    let other_store = scene.synced("other-store", r#"{"a":"b"}"#, spec).await;
    scene.settle().await;
    for _ in 0..20 {
        let looks = [&same_store, &other_store].map(|id| scene.looks_at(id));
        scene.advance(SignedDuration::from_secs(30));
        scene.until_looks(&same_store, looks[0] + 1).await;
        scene.until_looks(&other_store, looks[1] + 1).await;
        scene.settle().await;
    }
    for name in ["same-store", "other-store"] {
        let object = scene.ncp_secret(name).await;
        assert_eq!(says(&object, "Ready"), ("True", "Synced"));
        assert_eq!(scene.events(name).await, []);
    }
}

#[tokio::test]
async fn r9_an_object_stays_ready_while_looks_fail_and_until_it_is_stale() {
    let scene = Scene::start().await;
    scene.steering.freeze();
    let spec = json!({"refresh": {"interval": "30s", "staleAfter": "10m"}});
    let id = scene.synced("orders-db", r#"{"password":"p"}"#, spec).await;
    let before = scene.secret("orders-db").await;
    scene
        .emulator
        .add_fault(Fault::new(Effect::Unavailable).secret(&id));
    let object = scene.force("orders-db", "fail").await;
    let (status, reason, message) = condition(&object, "Ready").unwrap();
    assert_eq!((status, reason), ("True", "RefreshFailing"));
    assert!(
        message.starts_with("The Secret holds the last value, but looks fail. "),
        "{message}"
    );
    assert_eq!(
        says(&object, "SourceAvailable"),
        ("True", "Enabled"),
        "as last seen"
    );
    let since = object
        .status
        .as_ref()
        .unwrap()
        .failing_since
        .clone()
        .unwrap();
    assert_eq!(since.0.as_second(), scene.clock.now().as_second());

    scene.settle().await;
    scene.advance(LONGEST);
    scene.settle().await;
    assert!(scene.looks_at(&id) > 2, "it was tried again");
    let version = object.metadata.resource_version.unwrap();
    assert_eq!(
        scene.version("orders-db").await,
        version,
        "nothing differs per attempt"
    );

    scene.advance(LONGEST);
    let object = scene.until_reason("orders-db", "SourceUnavailable").await;
    assert_eq!(says(&object, "Ready"), ("False", "SourceUnavailable"));
    assert_eq!(object.status.as_ref().unwrap().failing_since, Some(since));
    assert_eq!(condition(&object, "Stalled"), None);
    assert_eq!(scene.secret("orders-db").await, before);
    scene
        .until_warnings("orders-db", &["RefreshFailing", "SourceUnavailable"])
        .await;

    scene.emulator.clear_faults();
    scene.settle().await;
    scene.advance(LONGEST);
    let object = scene.until_reason("orders-db", "Synced").await;
    assert_eq!(says(&object, "Ready"), ("True", "Synced"));
    assert_eq!(object.status.unwrap().failing_since, None);
    assert_eq!(scene.secret("orders-db").await, before);
}
