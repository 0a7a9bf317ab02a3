//! Rules that the API pages state in words next to their examples.

use jiff::SignedDuration;
use ncp_emulator::{NewSecret, Stage, Text, Trigger};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::World;

const VALUE: &str = r#"{"abc":"cba"}"#;

/// `secretmanager-getsecretstagevalue` and `secretmanager-update-secret-stage-value`: upper case when it is read,
/// lower case when it is written, and a `/values/` in the path of the write only.
#[tokio::test]
async fn each_stage_is_read_and_written_at_its_own_path() {
    let (world, id) = World::with_secret().await;
    for stage in ["previous", "active", "pending"] {
        let path = format!("/api/v1/secrets/{id}/values/{stage}");
        let value = json!({"value": format!(r#"{{"abc":"{stage}"}}"#)});
        let written = world.client.call(Method::PUT, &path, Some(&value)).await;
        let data = written.data().as_object().unwrap();
        assert_eq!(data.keys().collect::<Vec<_>>(), ["encryptedSecretValue"]);
        assert_eq!(data["encryptedSecretValue"]["valueStage"], stage);
        let read = world
            .client
            .get(&format!("/api/v1/secrets/{id}/{stage}"))
            .await;
        let expected = json!({
            "decryptedSecretValue": {"value": value["value"], "valueStage": stage.to_uppercase()},
            "rotationTargets": ["abc"],
        });
        assert_eq!(*read.data(), expected);
    }
    // No page says how another stage is refused.
    for (path, status) in [
        ("suspended", 400),
        ("ACTIVE", 400),
        ("values/suspended", 404),
        ("values/active", 404),
    ] {
        let path = format!("/api/v1/secrets/{id}/{path}");
        assert_eq!(world.client.get(&path).await.status, status, "{path}");
    }
}

/// `secretmanager-requestsecretdeletion`: allowed in `ENABLE`, `DISABLE` and `REVOKE`.
#[tokio::test]
async fn deletion_is_requested_in_each_lifecycle() {
    let (world, id) = World::with_secret().await;
    let post = async |action: &str| {
        let path = format!("/api/v1/secrets/{id}/{action}");
        world.client.post(&path).await
    };
    let expected = |status: &str| {
        let now = world.emulator.clock().now().as_millisecond();
        json!({"secretId": id, "secretStatus": status, "updateDate": now})
    };
    for before in ["ENABLE", "REVOKE"] {
        let answer = post("request-deletion").await;
        assert_eq!(*answer.data(), expected("REVOKE"), "{before}");
    }
    assert_eq!(*post("cancel-deletion").await.data(), expected("DISABLE"));
    world.steering.advance(SignedDuration::from_secs(1));
    assert_eq!(*post("request-deletion").await.data(), expected("REVOKE"));
    for refused in ["enable", "disable", "rotation"] {
        assert_eq!(
            post(refused).await.error(),
            (409, "INVALID_STATUS"),
            "{refused}"
        );
    }
}

/// `secretmanager-deletesecret`: only in `REVOKE`.
#[tokio::test]
async fn a_secret_is_deleted_after_the_request_only() {
    let (world, id) = World::with_secret().await;
    let path = format!("/api/v1/secrets/{id}");
    let early = world.client.call(Method::DELETE, &path, None).await;
    assert_eq!(early.error(), (409, "INVALID_STATUS"));
    world.client.get(&path).await.data();
}

/// `secretmanager-enable-auto-rotation`: both fields may be absent when a trigger is linked; 1 to 730 days.
#[tokio::test]
async fn automatic_rotation_has_a_default_and_a_range() {
    let (world, id) = World::with_secret().await;
    let path = format!("/api/v1/secrets/{id}/enable-auto-rotation");
    let enable = async |body: Value| world.client.call(Method::POST, &path, Some(&body)).await;
    let enabled = enable(json!({})).await;
    assert_eq!(enabled.data()["autoRotationPeriod"], 90);
    for (days, status) in [(0, 400), (1, 200), (730, 200), (731, 400)] {
        let answer = enable(json!({"rotationPeriod": days})).await;
        assert_eq!(answer.status, status, "{days}");
    }
    // `secretmanager-delete-rotation-trigger`: not while automatic rotation is on.
    let triggers = format!("/api/v1/secrets/{id}/triggers");
    let unlinked = world.client.call(Method::DELETE, &triggers, None).await;
    assert_eq!(unlinked.error(), (409, "INVALID_STATUS"));
}

/// `secretmanager-getsecretlogs`: 100 entries on a page unless asked otherwise.
#[tokio::test]
async fn logs_have_their_default_page() {
    let (world, id) = World::with_secret().await;
    let path = format!("/api/v1/secrets/{id}/logs");
    for _ in 0..101 {
        world.client.get(&path).await.data();
    }
    let logs = world.client.get(&path).await;
    let data = logs.data();
    assert_eq!(data["pageSize"], 100);
    assert_eq!(data["currentPage"], 1);
    assert_eq!(data["totalPage"], 2);
    assert_eq!(data["result"].as_array().unwrap().len(), 100);
}

/// `secretmanager-createsecret`: the limits of a name and of a value.
#[tokio::test]
async fn a_secret_keeps_to_the_limits() {
    let world = World::start().await;
    let create = async |name: &str, value: String| {
        let body = json!({
            "secretName": name, "secretType": "BASIC", "autoRotationYN": "N",
            "protectionKeyType": "DEFAULT",
            "secretValue": {"value": value, "rotationTargets": ["k0"]},
        });
        let answer = world
            .client
            .call(Method::POST, "/api/v1/secrets", Some(&body))
            .await;
        answer.status
    };
    let pairs = |count: usize| {
        let pairs: serde_json::Map<_, _> = (0..count)
            .map(|it| (format!("k{it}"), json!("v")))
            .collect();
        Value::Object(pairs).to_string()
    };
    let long = |bytes: usize| format!(r#"{{"k0":"{}"}}"#, "v".repeat(bytes - 9));
    let table = [
        ("abc", pairs(1), 200),
        ("A23456789-_2345", pairs(1), 200),
        ("ab", pairs(1), 400),
        ("A23456789-_23456", pairs(1), 400),
        ("1abc", pairs(1), 400),
        ("a.bc", pairs(1), 400),
        ("pairs-100", pairs(100), 200),
        ("pairs-101", pairs(101), 400),
        ("pairs-0", pairs(0), 400),
        ("bytes-10000", long(10_000), 200),
        ("bytes-10001", long(10_001), 400),
        ("no-object", "[]".to_owned(), 400),
    ];
    for (name, value, status) in table {
        assert_eq!(create(name, value).await, status, "{name}");
    }
}

/// `secretmanager-add-pending-stage` and `secretmanager-generate-random-secret`: 12 characters, punctuation among
/// them, and every type in each text unless it is excluded.
#[tokio::test]
async fn random_texts_keep_to_their_rules() {
    let world = World::start().await;
    world.emulator.put_trigger(Trigger::named("rotate"));
    let new = NewSecret::named("random").value(VALUE).trigger("rotate");
    let id = world.emulator.create_secret(new).unwrap();
    world.emulator.execute_rotation(&id).unwrap();
    world.emulator.start_rotation(&id).unwrap();
    let token = world.emulator.job_token(&id).unwrap();
    let job = |step: &str| format!("/action/v1/secrets/{id}/jobs/{token}/{step}");
    let added = world.client.post(&job("pending")).await;
    let text = added.data()["pending"].as_str().unwrap();
    let pending: Value = serde_json::from_str(text).unwrap();
    let made = pending["abc"].as_str().unwrap();
    assert_eq!(made.len(), 12);
    assert!(
        made.bytes().any(|byte| byte.is_ascii_punctuation()),
        "{made}"
    );
    let secret = world.emulator.secret(&id).unwrap();
    assert_eq!(
        secret.chain.get(Stage::Pending).map(Text::as_str),
        Some(text)
    );
    let generate = async |body: Value| {
        let path = job("generate-random-secret");
        world.client.call(Method::POST, &path, Some(&body)).await
    };
    for (length, status) in [(4, 400), (5, 200), (32, 200), (33, 400)] {
        let answer = generate(json!({"length": length})).await;
        assert_eq!(answer.status, status, "{length}");
        if status == 200 {
            let text = answer.data()["randomString"].as_str().unwrap();
            assert_eq!(text.len(), length);
            let types: [fn(&u8) -> bool; 5] = [
                u8::is_ascii_digit,
                u8::is_ascii_uppercase,
                u8::is_ascii_lowercase,
                u8::is_ascii_punctuation,
                |byte| *byte == b' ',
            ];
            for is_of_type in types {
                assert!(text.as_bytes().iter().any(is_of_type), "{text}");
            }
        }
    }
    let digits = json!({
        "length": 32, "excludeCharacters": "01234", "excludePunctuation": true,
        "excludeUppercase": true, "excludeLowercase": true, "includeSpace": false,
    });
    let answer = generate(digits).await;
    let text = answer.data()["randomString"].as_str().unwrap();
    assert!(
        text.bytes().all(|byte| (b'5'..=b'9').contains(&byte)),
        "{text}"
    );
}
