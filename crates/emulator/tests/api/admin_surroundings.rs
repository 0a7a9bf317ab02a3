//! Triggers and protection keys on the admin port.

use ncp_emulator::Action;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::World;

#[tokio::test]
async fn triggers_and_protection_keys_are_put_and_listed() {
    let world = World::start().await;
    let trigger =
        json!({"id": "1", "name": "rotate", "action": {"kind": "succeed", "after": "10m"}});
    let (status, put) = world.admin(Method::PUT, "/triggers", trigger).await;
    assert_eq!((status, &put["region"]), (200, &json!("KR")));
    assert_eq!(
        world.admin_get("/triggers").await,
        json!({"triggers": [put]})
    );
    let kept = world.emulator.state(|state| state.trigger("1").cloned());
    let after = jiff::SignedDuration::from_mins(10);
    assert_eq!(kept.unwrap().action, Action::Succeed { after });
    let key = json!({"tag": "tag", "name": "orders", "boundary": "GLOBAL"});
    let (status, put) = world.admin(Method::PUT, "/protection-keys", key).await;
    assert_eq!((status, &put["cipher"]), (200, &json!("AES256")));
    let keys = world.admin_get("/protection-keys").await;
    assert_eq!(keys, json!({"protectionKeys": [put]}));
    for (path, body) in [
        ("/triggers", json!({"id": "1"})),
        (
            "/triggers",
            json!({"id": "1", "name": "x", "action": {"kind": "explode"}}),
        ),
        (
            "/protection-keys",
            json!({"tag": "tag", "name": "x", "boundary": "global"}),
        ),
    ] {
        let (status, _) = world.admin_refusal(Method::PUT, path, body).await;
        assert_eq!(status, 400);
    }
}

#[tokio::test]
async fn triggers_and_protection_keys_make_sense_and_leave_when_nobody_uses_them() {
    let world = World::start().await;
    let put = async |path: &str, wish: Value| world.admin(Method::PUT, path, wish).await.0;
    let triggers = [
        (json!({"id": "", "name": "a"}), 400),
        (json!({"id": "a", "name": ""}), 400),
        (
            json!({"id": "a", "name": "a", "action": {"kind": "succeed", "after": "-1s"}}),
            400,
        ),
        (
            json!({"id": "a", "name": "a", "action": {"kind": "fail", "after": "-1s"}}),
            400,
        ),
        (
            json!({"id": "a", "name": "a", "action": {"kind": "slow", "step": "-1s"}}),
            400,
        ),
        (
            json!({"id": "a", "name": "a", "action": {"kind": "slow", "step": "1d"}}),
            200,
        ),
        (json!({"id": "b", "name": "b"}), 200),
    ];
    for (trigger, expected) in triggers {
        assert_eq!(
            put("/triggers", trigger.clone()).await,
            expected,
            "{trigger}"
        );
    }
    let soon = json!({"id": "a", "name": "a", "action": {"kind": "slow", "step": "soon"}});
    let (_, told) = world.admin_refusal(Method::PUT, "/triggers", soon).await;
    assert!(told.contains("write a span such as 90s"), "{told}");
    let keys = [
        (json!({"tag": "", "name": "a"}), 400),
        (json!({"tag": "a", "name": ""}), 400),
        (
            json!({"tag": "a", "name": "a", "region": "JPN", "boundary": "GLOBAL"}),
            400,
        ),
        (json!({"tag": "a", "name": "a", "boundary": "GLOBAL"}), 200),
        (json!({"tag": "b", "name": "b", "region": "JPN"}), 200),
    ];
    for (key, expected) in keys {
        assert_eq!(
            put("/protection-keys", key.clone()).await,
            expected,
            "{key}"
        );
    }

    let wish = json!({"name": "shop", "value": {"a": "b"}, "trigger": "a", "kmsKeyTag": "a"});
    let (status, told) = world.admin(Method::POST, "/secrets", wish).await;
    assert_eq!(status, 201, "{told}");
    let elsewhere = json!({"id": "a", "name": "a", "region": "JPN"});
    assert_eq!(put("/triggers", elsewhere.clone()).await, 409);
    let inside = json!({"tag": "a", "name": "a"});
    assert_eq!(put("/protection-keys", inside.clone()).await, 409);
    let delete = async |path: &str| world.admin(Method::DELETE, path, Value::Null).await.0;
    for path in ["/triggers/a", "/protection-keys/a"] {
        assert_eq!(delete(path).await, 409, "{path}");
    }
    for deed in ["request-deletion", "delete"] {
        let path = format!("/secrets/shop/{deed}");
        world.admin(Method::POST, &path, Value::Null).await;
    }
    assert_eq!(put("/triggers", elsewhere).await, 200);
    assert_eq!(put("/protection-keys", inside).await, 200);
    for path in ["/triggers/a", "/protection-keys/a"] {
        assert_eq!(delete(path).await, 204, "{path}");
        assert_eq!(delete(path).await, 404, "{path}");
    }
    let left = world.admin_get("/triggers").await;
    assert_eq!(left["triggers"].as_array().unwrap().len(), 1);
    assert_eq!(left["triggers"][0]["id"], "b");
}
