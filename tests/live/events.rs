//! Events: each change for the worse is told once, in its own words.

use ncp_emulator::Stage;
use serde_json::json;

use crate::scene::Scene;

#[tokio::test]
async fn each_change_for_the_worse_has_an_event_that_says_what_is_wrong_now() {
    let scene = Scene::start().await;
    let data = json!({"data": [{"key": "A", "from": "a"}, {"key": "B", "from": "b"}]});
    let id = scene
        .synced("orders-db", r#"{"a":"1","b":"1"}"#, data)
        .await;
    let set = |value| {
        scene
            .emulator
            .set_value(&id, Stage::Active, Some(value))
            .unwrap();
    };
    let steps = [
        (r#"{"b":"1"}"#, "MissingKey"),
        (r#"{"a":"1","b":"1"}"#, "Synced"),
        (r#"{"a":"1"}"#, "MissingKey"),
    ];
    for (index, (value, reason)) in steps.into_iter().enumerate() {
        set(value);
        scene.force("orders-db", &index.to_string()).await;
        scene.until_reason("orders-db", reason).await;
    }
    scene
        .until_warnings("orders-db", &["MissingKey", "MissingKey"])
        .await;
    let events = scene.events("orders-db").await;
    assert!(events[0].2.contains(r#""a""#), "{events:?}");
    assert!(events[1].2.contains(r#""b""#), "{events:?}");
}
