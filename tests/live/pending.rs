//! The value of a rotation that is not complete, in the Secret beside the one in use.

use ncp_emulator::{Effect, Fault, Operation, ServiceError, Stage};
use serde_json::{Value, json};

use crate::rotation::{Rotating, following, source};
use crate::scene::{Scene, Values, pairs, values};
use crate::seen::says;

/// A rotating secret whose object shows the PENDING value.
async fn exposing(more: Value) -> Rotating {
    let mut spec = json!({"rotation": {"pending": "Expose"}});
    crate::scene::merge(&mut spec, more);
    Rotating::with(spec).await
}

async fn held(scene: &Scene) -> Values {
    values(&scene.secret("orders-db").await.unwrap())
}

/// The calls of the next look, which comes at once.
async fn calls_of_a_look(scene: &Scene, word: &str) -> Vec<Operation> {
    scene.emulator.reset_calls();
    scene.force("orders-db", word).await;
    let calls = scene.emulator.calls();
    calls.iter().filter_map(|call| call.operation).collect()
}

const NEW: &str = r#"{"password":"new"}"#;

#[tokio::test]
async fn the_pending_value_stands_beside_the_one_in_use_while_a_rotation_runs_and_goes_with_it() {
    let it = exposing(json!({})).await;
    let quiet = [Operation::GetSecretDetail, Operation::GetSecretStageValue];
    assert_eq!(calls_of_a_look(&it.scene, "quiet").await, quiet);
    it.begin().await;
    assert_eq!(held(&it.scene).await, pairs(&[("password", "old")]));
    it.emulator().update_pending(&it.id, NEW).unwrap();
    let object = it.scene.ncp_secret("orders-db").await;
    let object = it.look_comes_after(following(&it, &object)).await;
    let both = pairs(&[("password", "old"), ("password_PENDING", "new")]);
    assert_eq!(held(&it.scene).await, both);
    let target = object.status.as_ref().unwrap().target.as_ref().unwrap();
    assert_eq!(target.keys, ["password", "password_PENDING"]);
    assert_eq!(says(&object, "Ready"), ("True", "Synced"));
    let busy = [Operation::GetSecretDetail, Operation::GetSecretValue];
    assert_eq!(calls_of_a_look(&it.scene, "busy").await, busy);

    it.emulator().complete_rotation(&it.id).unwrap();
    let object = it.scene.ncp_secret("orders-db").await;
    it.look_comes_after(following(&it, &object)).await;
    assert_eq!(held(&it.scene).await, pairs(&[("password", "new")]));
    assert_eq!(calls_of_a_look(&it.scene, "over").await, quiet);
    it.scene.until_warnings("orders-db", &[]).await;
}

#[tokio::test]
async fn a_failed_rotation_keeps_its_value_in_sight_until_it_is_cancelled_and_a_restart_writes_nothing()
 {
    let mut it = exposing(json!({"rotation": {"pendingSuffix": ".next"}})).await;
    it.begin().await;
    it.emulator().update_pending(&it.id, NEW).unwrap();
    it.emulator().fail_rotation(&it.id).unwrap();
    let object = it.scene.force("orders-db", "failed").await;
    assert_eq!(source(&object).rotation_phase, "ROTATION_FAILED");
    let both = pairs(&[("password", "old"), ("password.next", "new")]);
    assert_eq!(held(&it.scene).await, both);

    let before = it.scene.secret("orders-db").await;
    it.scene.stop_operator().await;
    it.scene.start_operator().await;
    it.scene.force("orders-db", "after a restart").await;
    assert_eq!(it.scene.secret("orders-db").await, before);

    it.emulator().cancel_rotation(&it.id).unwrap();
    it.scene.force("orders-db", "cancelled").await;
    assert_eq!(held(&it.scene).await, pairs(&[("password", "old")]));
}

#[tokio::test]
async fn a_pending_value_that_completes_between_the_two_calls_is_the_one_in_use() {
    let it = exposing(json!({})).await;
    it.begin().await;
    it.emulator().update_pending(&it.id, NEW).unwrap();
    let slow = Effect::Delay(std::time::Duration::from_secs(2));
    let fault = Fault::new(slow).operation(Operation::GetSecretValue);
    it.emulator().add_fault(fault.times(1));
    let looks = it.scene.looks_at(&it.id);
    it.scene.annotate("orders-db", "now").await;
    it.scene.until_looks(&it.id, looks + 1).await;
    it.emulator().complete_rotation(&it.id).unwrap();
    it.scene.force("orders-db", "now").await;
    assert_eq!(held(&it.scene).await, pairs(&[("password", "new")]));
}

#[tokio::test]
async fn r1_a_pending_value_that_is_none_harms_no_key_in_use() {
    let it = exposing(json!({})).await;
    it.begin().await;
    for (word, pending) in [
        ("no json", "no json"),
        ("a list", r#"["new"]"#),
        ("nothing", "{}"),
        ("another key", r#"{"other":"new"}"#),
        ("twice", r#"{"password":"a","password":"b"}"#),
    ] {
        it.emulator()
            .set_raw_value(&it.id, Stage::Pending, Some(pending))
            .unwrap();
        let active = format!(r#"{{"password":"with {word}"}}"#);
        it.emulator()
            .set_value(&it.id, Stage::Active, Some(&active))
            .unwrap();
        let object = it.scene.force("orders-db", word).await;
        assert_eq!(says(&object, "Ready"), ("True", "Synced"), "{word}");
        let expected = pairs(&[("password", &format!("with {word}"))]);
        assert_eq!(held(&it.scene).await, expected);
    }
}

#[tokio::test]
async fn r1_who_may_not_read_the_whole_chain_still_gets_the_value_in_use() {
    let it = exposing(json!({})).await;
    it.begin().await;
    it.emulator().update_pending(&it.id, NEW).unwrap();
    let refused = Effect::Service(ServiceError::Forbidden);
    let fault = Fault::new(refused).operation(Operation::GetSecretValue);
    it.emulator().add_fault(fault);
    let edited = r#"{"password":"edited"}"#;
    it.emulator()
        .set_value(&it.id, Stage::Active, Some(edited))
        .unwrap();
    let object = it.scene.force("orders-db", "refused").await;
    assert_eq!(says(&object, "Ready"), ("True", "Synced"));
    assert_eq!(held(&it.scene).await, pairs(&[("password", "edited")]));
}

#[tokio::test]
async fn r1_a_chain_that_cannot_be_had_just_now_leaves_the_secret_as_it_was() {
    let it = exposing(json!({})).await;
    it.begin().await;
    it.emulator().update_pending(&it.id, NEW).unwrap();
    it.scene.force("orders-db", "seen").await;
    let before = it.scene.secret("orders-db").await;
    let fault = Fault::new(Effect::Unavailable).operation(Operation::GetSecretValue);
    it.emulator().add_fault(fault);
    let object = it.scene.force("orders-db", "unavailable").await;
    assert_eq!(says(&object, "Ready"), ("True", "RefreshFailing"));
    assert_eq!(it.scene.secret("orders-db").await, before);
}

#[tokio::test]
async fn a_name_that_another_key_has_is_told_before_any_rotation() {
    let scene = Scene::start().await;
    let value = r#"{"password":"p","password_PENDING":"mine"}"#;
    let id = scene.secret_in_ncp("shop-orders", value);
    let spec = json!({"rotation": {"pending": "Expose"}});
    scene.create_by_id("orders-db", &id, spec).await;
    let object = scene.until_reason("orders-db", "KeyConflict").await;
    let message = crate::scene::condition(&object, "Ready").unwrap().2;
    assert!(message.contains(r#""password_PENDING""#), "{message}");
    assert_eq!(scene.secret("orders-db").await, None);
    let patch = json!({"spec": {"rotation": {"pendingSuffix": "_NEXT"}}});
    scene.patch_ncp_secret("orders-db", patch).await;
    scene.until_reason("orders-db", "Synced").await;
}
