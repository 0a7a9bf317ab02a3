//! A clock of the node that is put right while the operator runs.

use jiff::SignedDuration;
use serde_json::json;
use steerable_clock::Clock;

use crate::scene::Scene;

const SECONDS: fn(i64) -> SignedDuration = SignedDuration::from_secs;

#[tokio::test]
async fn r9_a_clock_that_went_ahead_and_is_set_back_holds_nothing_up() {
    let mut scene = Scene::without_operator().await;
    // As when the clock of the hardware shows the time of Korea and is taken for UTC.
    let (clock, hand) = Clock::steered(scene.clock.now() + SignedDuration::from_hours(9));
    let right = std::mem::replace(&mut scene.clock, clock);
    scene.create_store("ncp").await;
    scene.start_operator().await;
    scene.secret_in_ncp("shop-orders", r#"{"password":"p"}"#);
    scene
        .create_ncp_secret("orders-db", "shop-orders", json!({}))
        .await;
    scene.until_reason("orders-db", "ClockSkew").await;
    scene.until_store("ncp", "ClockSkew").await;
    hand.set(right.now());
    scene.until_reason("orders-db", "Synced").await;
    scene.until_store("ncp", "Configured").await;
    scene.until_warnings("ncp", &["ClockSkew"]).await;
}

#[tokio::test]
async fn r8_looks_keep_to_the_interval_when_the_clock_is_set_back() {
    let mut scene = Scene::without_operator().await;
    scene.create_store("ncp").await;
    scene.steering.freeze();
    scene.start_operator().await;
    let spec = json!({"refresh": {"interval": "1m"}});
    let id = scene.synced("orders-db", r#"{"a":"b"}"#, spec).await;
    scene.until_idle().await;
    let mark = scene.mark();
    let before = scene.clock.now() - SignedDuration::from_hours(9);
    scene.steering.set(before);
    scene.settle().await;
    assert_eq!(scene.looks_at(&id), 1, "no look was due");
    scene.advance(SECONDS(61));
    scene.until_looks(&id, 2).await;
    scene.settle().await;
    let writes = scene.asked(mark);
    assert!(
        writes.iter().all(|line| !line.contains("orders-db")),
        "{writes:?}"
    );
}
