//! The credentials of a store: refused, missing, corrected, replaced; and what one key may not read.

use jiff::SignedDuration;
use k8s_openapi::api::core::v1::Secret;
use kube::api::DeleteParams;
use ncp_emulator::behavior::ErrorFamily;
use ncp_emulator::{Emulator, Key, Role, Stage};
use serde_json::json;
use steerable_clock::Clock;

use crate::scene::{Scene, condition};
use crate::seen::says;

const SECONDS: fn(i64) -> SignedDuration = SignedDuration::from_secs;

/// A scene whose clock stands still, with so many objects that are synced.
pub async fn with_objects(count: usize) -> (Scene, Vec<String>, Vec<String>) {
    let scene = Scene::start().await;
    scene.steering.freeze();
    let (mut names, mut ids) = (Vec::new(), Vec::new());
    for number in 0..count {
        let name = format!("object-{number}");
        let id = scene.secret_in_ncp(&name, r#"{"password":"one"}"#);
        let spec = json!({"source": {"secretId": id, "secretName": null}});
        scene.create_ncp_secret(&name, "ignored", spec).await;
        names.push(name);
        ids.push(id);
    }
    for name in &names {
        scene.until_reason(name, "Synced").await;
    }
    scene.settle().await;
    (scene, names, ids)
}

/// A look at each of them in the slots of an hour.
pub async fn an_hour_passes(scene: &Scene) {
    scene.advance(SignedDuration::from_hours(1));
    scene.settle().await;
}

#[tokio::test]
async fn a_corrected_key_brings_all_objects_back_within_ten_seconds() {
    let (scene, names, ids) = with_objects(5).await;
    scene.emulator.stop_key(&scene.key.access_key);
    an_hour_passes(&scene).await;
    scene.until_store("ncp", "CredentialsRejected").await;
    for id in &ids {
        scene
            .emulator
            .set_value(id, Stage::Active, Some(r#"{"password":"two"}"#))
            .unwrap();
    }
    let key = scene.emulator.add_key(Role::Viewer);
    scene.write_credentials("ncp-credentials", &key).await;
    scene.advance(SECONDS(10));
    for name in &names {
        scene.until_reason(name, "Synced").await;
        scene
            .until_secret(name, |values| values["password"] == "two")
            .await;
    }
    assert_eq!(scene.until_store("ncp", "Configured").await.status, "True");
}

#[tokio::test]
async fn a_key_that_was_replaced_before_it_was_stopped_costs_no_object_a_failed_look() {
    let (scene, _, _) = with_objects(1).await;
    let key = scene.emulator.add_key(Role::Viewer);
    scene.write_credentials("ncp-credentials", &key).await;
    scene.emulator.stop_key(&scene.key.access_key);
    scene.emulator.reset_calls();
    let object = scene.force("object-0", "now").await;
    assert_eq!(says(&object, "Ready"), ("True", "Synced"));
    let calls = scene.emulator.calls();
    let keys: Vec<_> = calls
        .iter()
        .map(|call| call.access_key.as_deref().unwrap())
        .collect();
    assert_eq!(
        keys,
        [&*scene.key.access_key, &*key.access_key, &*key.access_key],
        "read again at once"
    );
    assert_eq!(scene.until_store("ncp", "Configured").await.status, "True");
}

#[tokio::test]
async fn another_key_is_used_within_five_minutes_although_the_old_one_is_still_good() {
    let (scene, _, _) = with_objects(1).await;
    let key = scene.emulator.add_key(Role::Viewer);
    scene.write_credentials("ncp-credentials", &key).await;
    scene.emulator.reset_calls();
    scene.advance(SignedDuration::from_mins(5));
    scene.force("object-0", "now").await;
    scene.settle().await;
    let calls = scene.emulator.calls();
    assert!(!calls.is_empty());
    assert!(
        calls
            .iter()
            .all(|call| call.access_key.as_deref() == Some(&key.access_key))
    );
}

#[tokio::test]
async fn credentials_that_go_missing_or_turn_into_something_else_are_told_and_come_back() {
    let (scene, names, _) = with_objects(2).await;
    let before = scene.secret("object-0").await;
    let spoil = [
        ("does not exist", None),
        ("has no key", Some(json!({"other": "x"}))),
        (
            "does not hold what NCP gives out",
            Some(json!({"NCLOUD_ACCESS_KEY": "canary", "NCLOUD_SECRET_KEY": "canary"})),
        ),
    ];
    for (turn, (tells, content)) in spoil.into_iter().enumerate() {
        scene
            .api::<Secret>()
            .delete("ncp-credentials", &DeleteParams::default())
            .await
            .unwrap();
        if let Some(content) = content {
            scene.write_secret("ncp-credentials", content).await;
        }
        scene.emulator.reset_calls();
        an_hour_passes(&scene).await;
        let told = scene.until_store("ncp", "CredentialsMissing").await;
        assert!(told.message.contains(tells), "{}", told.message);
        for name in &names {
            let object = scene.ncp_secret(name).await;
            assert_eq!(
                says(&object, "Ready"),
                ("True", "Synced"),
                "the store tells it"
            );
        }
        let object = scene.force("object-0", tells).await;
        let message = condition(&object, "Ready").unwrap().2;
        assert!(message.contains(&told.message), "{message}");
        assert_eq!(scene.emulator.calls(), [], "there is nothing to call with");
        scene
            .until_warnings("ncp", &vec!["CredentialsMissing"; turn + 1])
            .await;

        scene.write_credentials("ncp-credentials", &scene.key).await;
        scene.advance(SECONDS(10));
        for name in &names {
            scene.until_reason(name, "Synced").await;
        }
        scene.until_store("ncp", "Configured").await;
    }
    assert_eq!(scene.secret("object-0").await, before);
    for name in &names {
        assert_eq!(scene.events(name).await, []);
    }
}

#[tokio::test]
async fn a_secret_that_the_key_may_not_read_is_the_trouble_of_its_object_alone() {
    for family in [ErrorFamily::Gateway, ErrorFamily::Service] {
        let (scene, _, ids) = with_objects(2).await;
        scene
            .emulator
            .behave(|behavior| behavior.missing_permission = family);
        scene
            .emulator
            .set_role(&scene.key.access_key, Role::Only(vec![ids[1].clone()]));
        let before = scene.secret("object-0").await;
        let object = scene.force("object-0", "now").await;
        assert_eq!(says(&object, "Ready"), ("True", "RefreshFailing"));
        let message = condition(&object, "Ready").unwrap().2;
        assert!(
            message.contains("may not read this secret. Give the key's account the right"),
            "{message}"
        );
        let value = r#"{"password":"two"}"#;
        scene
            .emulator
            .set_value(&ids[1], Stage::Active, Some(value))
            .unwrap();
        let other = scene.force("object-1", "now").await;
        assert_eq!(says(&other, "Ready"), ("True", "Synced"));
        assert_eq!(scene.until_store("ncp", "Configured").await.status, "True");
        scene.until_warnings("object-0", &["RefreshFailing"]).await;
        assert_eq!(scene.secret("object-0").await, before);

        let spec = json!({"source": {"secretId": ids[0], "secretName": null}});
        scene.create_ncp_secret("new-one", "ignored", spec).await;
        let object = scene.until_reason("new-one", "PermissionDenied").await;
        assert_eq!(says(&object, "Stalled"), ("True", "PermissionDenied"));
        scene.emulator.set_role(&scene.key.access_key, Role::Viewer);
        scene.settle().await;
        scene.advance(SignedDuration::from_mins(5));
        scene.until_reason("object-0", "Synced").await;
        scene.until_reason("new-one", "Synced").await;
    }
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_not_taken_for_a_wrong_key() {
    let mut scene = Scene::without_operator().await;
    let ahead = scene.clock.now() + SignedDuration::from_mins(20);
    let (clock, hand) = Clock::steered(ahead);
    scene.emulator = Emulator::start(ncp_emulator::Settings {
        clock,
        ..ncp_emulator::Settings::default()
    })
    .await
    .unwrap();
    let key = Key {
        access_key: scene.key.access_key.clone(),
        secret_key: scene.key.secret_key.clone(),
    };
    scene.emulator.add_given_key(&key, Role::Viewer).unwrap();
    scene.create_store("ncp").await;
    scene.start_operator().await;
    scene.secret_in_ncp("shop-orders", r#"{"password":"p"}"#);
    scene
        .create_ncp_secret("orders-db", "shop-orders", json!({}))
        .await;
    let object = scene.until_reason("orders-db", "ClockSkew").await;
    let message = condition(&object, "Ready").unwrap().2;
    assert!(
        message.contains("differs by more than 5 minutes. Correct the clock of the node."),
        "{message}"
    );
    let told = scene.until_store("ncp", "ClockSkew").await;
    assert_eq!(told.message, message);
    scene.until_warnings("orders-db", &[]).await;
    scene.until_warnings("ncp", &["ClockSkew"]).await;

    scene.emulator.reset_calls();
    scene.advance(SECONDS(200));
    scene.settle().await;
    assert_eq!(
        scene.emulator.calls(),
        [],
        "one breaker for the clock as for keys"
    );
    // The clock is put right, and now it shows that the key is no good either.
    scene.emulator.stop_key(&key.access_key);
    hand.set(scene.clock.now() + SECONDS(305));
    scene.advance(SECONDS(305));
    scene.until_store("ncp", "CredentialsRejected").await;
    scene.until_reason("orders-db", "CredentialsRejected").await;
    scene.emulator.start_key(&key.access_key);
    hand.advance(SECONDS(305));
    scene.advance(SECONDS(305));
    scene.until_reason("orders-db", "Synced").await;
    scene.until_store("ncp", "Configured").await;
}
