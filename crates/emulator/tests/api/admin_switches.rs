//! Switches on the admin port.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::World;

const LIST: &str = "/api/v1/secrets";

#[tokio::test]
async fn switches_move_all_together_or_not_at_all() {
    let world = World::start().await;
    let before = world.admin_get("/behavior").await;
    assert_eq!(before["pageSize"], 100);
    let patch = |body: Value| async { world.admin(Method::PATCH, "/behavior", body).await };
    for wish in [
        json!({"pageSize": 5, "pageSiez": 6}),
        json!({"pageSize": 5, "readInDisable": "perhaps"}),
        json!({"pageSize": 5, "successStatus": 404}),
        json!([]),
        json!(null),
    ] {
        let (status, told) = patch(wish).await;
        assert_eq!(status, 400, "{told}");
        assert_eq!(world.admin_get("/behavior").await, before);
    }
    let (status, after) = patch(json!({"pageSize": 5, "successStatus": 202})).await;
    assert_eq!((status, &after["pageSize"]), (200, &json!(5)));
    assert_eq!(after["readInDisable"], before["readInDisable"]);
    assert_eq!(world.client.get(LIST).await.status, 202);
}

#[tokio::test]
async fn a_switch_past_its_limit_is_told_with_the_limit() {
    let world = World::start().await;
    let table = [
        (
            json!({"largestBody": 1}),
            "the switch largestBody must be at least 16384",
        ),
        (
            json!({"day": "soon"}),
            "the switch day cannot be moved so: write a span such as 90s, 30m, 24h or 7d",
        ),
    ];
    for (wish, sentence) in table {
        let told = world.admin_refusal(Method::PATCH, "/behavior", wish).await;
        assert_eq!(told, (400, sentence.to_owned()));
    }
    let (status, moved) = world
        .admin(Method::PATCH, "/behavior", json!({"rotationTimeout": "2d"}))
        .await;
    assert_eq!((status, &moved["rotationTimeout"]), (200, &json!("PT48H")));
}

#[tokio::test]
async fn a_shorter_day_holds_for_the_next_date_that_is_set() {
    let (world, id) = World::with_secret().await;
    world.emulator.request_deletion(&id).unwrap();
    let before = world.admin_get("/secrets/shop-orders").await;
    let (status, _) = world
        .admin(Method::PATCH, "/behavior", json!({"day": "10s"}))
        .await;
    assert_eq!(status, 200);
    assert_eq!(world.admin_get("/secrets/shop-orders").await, before);
    for deed in ["cancel-deletion", "request-deletion"] {
        let path = format!("/secrets/shop-orders/{deed}");
        world.admin(Method::POST, &path, Value::Null).await;
    }
    let after = world.admin_get("/secrets/shop-orders").await;
    assert_eq!(after["destroyDate"], "2025-07-21T02:40:50.243Z");
}
