//! Secrets on the admin port.

use ncp_emulator::{Lifecycle, Phase, Stage};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::World;

const MOMENT: &str = "2025-07-21T02:39:40.243Z";

async fn post(world: &World, path: &str) -> (u16, Value) {
    world.admin(Method::POST, path, Value::Null).await
}

#[tokio::test]
async fn secrets_are_listed_and_shown_by_identifier_or_name() {
    let (world, id) = World::with_secret().await;
    let overview = json!({
        "id": id,
        "name": "shop-orders",
        "region": "KR",
        "host": "krRegional",
        "lifecycle": "ENABLE",
        "phase": "NONE",
        "automaticRotation": null,
        "trigger": "rotate",
        "destroyDate": null,
        "registerDate": MOMENT,
        "updateDate": MOMENT,
    });
    let mut details = overview.clone();
    let further = json!({
        "memo": "",
        "protectionKey": {"boundary": "ISOLATED", "tag": null, "name": null},
        "rotationTargets": ["abc"],
        "recentAction": null,
        "job": null,
        "lastRotation": null,
    });
    let further = further.as_object().unwrap().clone();
    details.as_object_mut().unwrap().extend(further);
    assert_eq!(
        world.admin_get("/secrets").await,
        json!({"secrets": [overview]})
    );
    for path in [format!("/secrets/{id}"), "/secrets/shop-orders".to_owned()] {
        assert_eq!(world.admin_get(&path).await, details);
    }
}

#[tokio::test]
async fn a_secret_is_created_as_in_the_seed_file() {
    let (world, _) = World::with_secret().await;
    let wish = json!({
        "name": "shop-stock",
        "id": "stock-id",
        "memo": "of the shop",
        "value": {"user": "app", "password": "first"},
        "previous": "{\"user\":\"app\",\"password\":\"zeroth\"}",
        "rotationTargets": ["password"],
        "trigger": "rotate",
        "rotationPeriod": 30,
        "disabled": true,
    });
    let (status, made) = world.admin(Method::POST, "/secrets", wish).await;
    assert_eq!(status, 201, "{made}");
    assert_eq!(made["lifecycle"], "DISABLE");
    assert_eq!(made["memo"], "of the shop");
    assert_eq!(
        made["automaticRotation"],
        json!({"period": 30, "next": "2025-08-20T03:00:00Z"})
    );
    let values = world.admin_get("/secrets/shop-stock/values").await;
    let expected = json!({
        "suspended": null,
        "previous": "{\"user\":\"app\",\"password\":\"zeroth\"}",
        "active": "{\"password\":\"first\",\"user\":\"app\"}",
        "pending": null,
    });
    assert_eq!(values, expected);
}

#[tokio::test]
async fn a_secret_that_is_refused_leaves_nothing_and_is_not_quoted() {
    let (world, _) = World::with_secret().await;
    let table = [
        (json!({"name": "x", "value": {"a": "31337"}}), 400),
        (json!({"name": "shop-orders", "value": {"a": "31337"}}), 409),
        (
            json!({"name": "shop", "value": {"a": "b"}, "previous": "31337"}),
            400,
        ),
        (
            json!({"name": "shop", "value": {"a": "b"}, "pending": "31337"}),
            400,
        ),
        (
            json!({"name": "shop", "value": {"a": "b"}, "trigger": "none"}),
            400,
        ),
        (
            json!({"name": "shop", "value": {"a": "b"}, "kmsKeyTag": "none"}),
            400,
        ),
        (json!({"name": "shop", "value": 31337}), 400),
        (json!({"name": "shop", "valeu": {"a": "31337"}}), 400),
        (
            json!({"name": "shop", "value": {"a": "b"}, "region": "31337"}),
            400,
        ),
        (
            json!({"name": "shop", "value": {"a": "b"}, "disabled": "31337"}),
            400,
        ),
        (json!("31337"), 400),
        (json!({"name": "shop"}), 400),
    ];
    for (wish, expected) in table {
        let told = world
            .admin_refusal(Method::POST, "/secrets", wish.clone())
            .await;
        assert_eq!(told.0, expected, "{wish}: {told:?}");
        assert!(!told.1.contains("31337"), "{told:?}");
    }
    let cut = r#"{"name": "shop", "value": {"a": "31337""#.to_owned();
    let (status, told) = world.admin_text(Method::POST, "/secrets", cut).await;
    assert_eq!(status, 400);
    assert!(!told.to_string().contains("31337"), "{told}");
    let all = world.admin_get("/secrets").await;
    assert_eq!(all["secrets"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn values_are_written_with_and_without_the_apis_checks() {
    let (world, id) = World::with_secret().await;
    let put = async |path: &str, body| {
        let path = format!("/secrets/shop-orders/values/{path}");
        world.admin(Method::PUT, &path, body).await
    };
    // As text, since the pairs keep their order.
    let pairs = r#"{"value": {"b": "1", "a": "2"}}"#.to_owned();
    let path = "/secrets/shop-orders/values/active";
    let (status, chain) = world.admin_text(Method::PUT, path, pairs).await;
    assert_eq!(
        (status, &chain["active"]),
        (200, &json!(r#"{"b":"1","a":"2"}"#))
    );
    let (status, chain) = put("pending", json!({"value": r#"{"a": "3"}"#})).await;
    assert_eq!((status, &chain["pending"]), (200, &json!(r#"{"a": "3"}"#)));
    let (status, chain) = put("pending", json!({"value": null})).await;
    assert_eq!((status, &chain["pending"]), (200, &Value::Null));
    world.emulator.disable(&id).unwrap();
    let table = [
        ("active", json!({"value": {"a": "31337"}}), 409),
        ("active", json!({"value": "31337"}), 409),
        ("active", json!({}), 400),
        ("active", json!({"value": 31337}), 400),
        ("active", json!({"value": "31337", "uncheckd": true}), 400),
        ("suspended", json!({"value": null, "unchecked": true}), 404),
        ("ACTIVE", json!({"value": null, "unchecked": true}), 404),
    ];
    for (stage, body, expected) in table {
        let (status, told) = put(stage, body.clone()).await;
        assert_eq!(status, expected, "{stage} {body} {told}");
        assert!(told["error"].is_string());
        assert!(!told.to_string().contains("31337"), "{told}");
    }
    let (status, _) = put("active", json!({"value": "no JSON", "unchecked": true})).await;
    assert_eq!(status, 200);
    let secret = world.emulator.secret(&id).unwrap();
    assert_eq!(secret.chain.get(Stage::Active).unwrap().as_str(), "no JSON");
}

#[tokio::test]
async fn the_lifecycle_is_driven_by_deeds() {
    let (world, id) = World::with_secret().await;
    let act = async |deed: &str| {
        let (status, told) = post(&world, &format!("/secrets/shop-orders/{deed}")).await;
        (status, told["lifecycle"].as_str().map(str::to_owned))
    };
    let shown = |word: &str| (200, Some(word.to_owned()));
    assert_eq!(act("disable").await, shown("DISABLE"));
    assert_eq!(act("disable").await, (409, None));
    assert_eq!(act("enable").await, shown("ENABLE"));
    assert_eq!(act("delete").await, (409, None));
    assert_eq!(act("request-deletion").await, shown("REVOKE"));
    assert_eq!(act("cancel-deletion").await, shown("DISABLE"));
    assert_eq!(act("request-deletion").await, shown("REVOKE"));
    let revoked = world.admin_get("/secrets/shop-orders").await;
    assert_eq!(revoked["destroyDate"], "2025-07-28T02:39:40.243Z");
    assert_eq!(act("delete").await, shown("DESTROYED"));
    assert_eq!(act("enable").await, (404, None));
    assert_eq!(
        world.emulator.secret(&id).unwrap().lifecycle,
        Lifecycle::Destroyed
    );
    let destroyed = world.admin_get(&format!("/secrets/{id}")).await;
    assert_eq!(destroyed["lifecycle"], "DESTROYED");
    let raw = json!({"value": "x", "unchecked": true});
    let path = format!("/secrets/{id}/values/active");
    let told = world.admin_refusal(Method::PUT, &path, raw).await;
    assert_eq!(told, (404, "no such secret".to_owned()));
}

#[tokio::test]
async fn rotations_are_driven_and_shown() {
    let (world, id) = World::with_secret().await;
    let act = async |deed: &str| {
        let (status, told) = post(&world, &format!("/secrets/{id}/{deed}")).await;
        assert_eq!(status, 200, "{deed}: {told}");
        told
    };
    let rotating = act("rotate").await;
    assert_eq!(rotating["phase"], "ROTATING");
    assert_eq!(rotating["recentAction"], "rotate-action");
    let token = world.emulator.job_token(&id).unwrap();
    let job = json!({"token": token, "cause": "execute", "raised": MOMENT, "started": false});
    assert_eq!(rotating["job"], job);
    world.emulator.start_rotation(&id).unwrap();
    let started = world.admin_get("/secrets/shop-orders").await;
    assert_eq!(started["job"]["started"], true);
    world.emulator.fail_rotation(&id).unwrap();
    let retried = act("retry").await;
    assert_eq!(retried["job"]["cause"], "retry");
    assert_eq!(retried["lastRotation"]["date"], MOMENT);
    assert_eq!(act("cancel").await["phase"], "NONE");
    let told = world
        .admin_refusal(Method::POST, "/secrets/shop-orders/roll-back", Value::Null)
        .await;
    assert_eq!(told, (409, "there is no rotation to take back".to_owned()));
    act("rotate").await;
    world.emulator.start_rotation(&id).unwrap();
    world.emulator.add_pending(&id).unwrap();
    world.emulator.complete_rotation(&id).unwrap();
    act("roll-back").await;
    assert_eq!(world.emulator.secret(&id).unwrap().phase, Phase::None);
    let values = world.admin_get("/secrets/shop-orders/values").await;
    assert_eq!(values["active"], r#"{"abc":"cba"}"#);
}

#[tokio::test]
async fn the_chain_is_shown_with_suspended() {
    let (world, id) = World::with_secret().await;
    for value in ["1", "2"] {
        world.emulator.execute_rotation(&id).unwrap();
        world.emulator.start_rotation(&id).unwrap();
        let value = format!(r#"{{"abc":"{value}"}}"#);
        world.emulator.update_pending(&id, &value).unwrap();
        world.emulator.complete_rotation(&id).unwrap();
    }
    let expected = json!({
        "suspended": r#"{"abc":"cba"}"#,
        "previous": r#"{"abc":"1"}"#,
        "active": r#"{"abc":"2"}"#,
        "pending": null,
    });
    assert_eq!(
        world.admin_get("/secrets/shop-orders/values").await,
        expected
    );
}

#[tokio::test]
async fn the_log_is_shown_newest_first() {
    let (world, id) = World::with_secret().await;
    world
        .client
        .get(&format!("/api/v1/secrets/{id}"))
        .await
        .data();
    world
        .client
        .post(&format!("/api/v1/secrets/{id}/enable"))
        .await
        .error();
    let log = world.admin_get("/secrets/shop-orders/log").await;
    let expected = json!({
        "at": MOMENT,
        "requestor": world.client.key.access_key,
        "address": "127.0.0.1",
        "action": "Enable Secret",
        "result": "INVALID_STATUS",
        "jobToken": null,
    });
    assert_eq!(log["entries"][0], expected);
    assert_eq!(log["entries"][1]["result"], "SUCCESS");
}

#[tokio::test]
async fn what_there_is_not_is_told_as_json() {
    let (world, _) = World::with_secret().await;
    let table = [
        (Method::GET, "/secrets/", 404),
        (Method::GET, "/secrets/unknown", 404),
        (Method::GET, "/secrets/unknown/values", 404),
        (Method::GET, "/secrets/unknown/log", 404),
        (Method::GET, "/secrets/%ff", 400),
        (Method::POST, "/secrets/unknown/enable", 404),
        (Method::POST, "/secrets/shop-orders/destroy", 404),
        (Method::POST, "/secrets/shop-orders/log", 405),
        (Method::DELETE, "/secrets", 405),
        (Method::GET, "/secrets/shop-orders/enable", 405),
        (Method::POST, "/behavior", 405),
        (Method::DELETE, "/faults/1", 404),
        (Method::DELETE, "/faults/one", 400),
        (Method::DELETE, "/keys/unknown", 404),
        (Method::POST, "/healthz", 405),
    ];
    for (method, path, expected) in table {
        let told = world.admin_refusal(method.clone(), path, Value::Null).await;
        assert_eq!(told.0, expected, "{method} {path}: {told:?}");
    }
}
