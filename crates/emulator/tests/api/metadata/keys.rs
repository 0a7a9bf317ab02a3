//! The keys of a server's role on the emulator's clock.

use jiff::SignedDuration;
use ncp_emulator::Role;
use ncp_emulator::behavior::{ExpirationForm, Shown};
use serde_json::{Value, json};

use super::{CREDENTIALS, call, credentials, get, not_found, role, with_role};

#[tokio::test]
async fn new_keys_come_before_the_end_of_the_old_ones() {
    let world = with_role().await;
    let first = credentials(&world).await;
    let at = |moment: &str| world.steering.set(moment.parse().unwrap());
    at("2025-07-21T03:34:39.999Z");
    assert_eq!(credentials(&world).await, first);
    at("2025-07-21T03:34:40Z");
    let second = credentials(&world).await;
    assert_ne!(second["AccessKeyId"], first["AccessKeyId"]);
    assert_eq!(second["LastUpdated"], "2025-07-21T03:34:40Z");
    assert_eq!(second["Expiration"], "2025-07-21T04:34:40Z");
    assert_eq!(call(&world, &first).await, 200);
    assert_eq!(call(&world, &second).await, 200);
    // The old ones end on the second that they showed.
    at("2025-07-21T03:39:39.999Z");
    assert_eq!(call(&world, &first).await, 200);
    at("2025-07-21T03:39:40Z");
    assert_eq!(call(&world, &first).await, 401);
    assert_eq!(call(&world, &second).await, 200);
}

#[tokio::test]
async fn lifetime_and_renewal_can_be_moved() {
    let world = with_role().await;
    world.emulator.behave(|it| {
        it.server_role_key_lifetime = SignedDuration::from_secs(10);
        it.server_role_key_renewal = SignedDuration::ZERO;
    });
    let first = credentials(&world).await;
    assert_eq!(first["Expiration"], "2025-07-21T02:39:50Z");
    world.steering.advance(SignedDuration::from_secs(9));
    assert_eq!(credentials(&world).await, first);
    world.steering.advance(SignedDuration::from_secs(1));
    assert_ne!(credentials(&world).await, first);
    world
        .emulator
        .behave(|it| it.server_role_key_renewal = SignedDuration::from_secs(10));
    assert_ne!(credentials(&world).await, credentials(&world).await);
    world
        .emulator
        .behave(|it| it.server_role_key_lifetime = SignedDuration::from_secs(-5));
    assert_eq!(call(&world, &credentials(&world).await).await, 200);
}

#[tokio::test]
async fn another_role_gets_other_keys() {
    let world = with_role().await;
    let viewer = credentials(&world).await;
    world.emulator.set_server_role(Some(role(Role::None)));
    let nobody = credentials(&world).await;
    assert_eq!(call(&world, &nobody).await, 401);
    assert_eq!(call(&world, &viewer).await, 200);
    world.emulator.set_server_role(None);
    assert_eq!(get(&world, CREDENTIALS).await, not_found());
    assert_eq!(call(&world, &viewer).await, 200);
}

#[tokio::test]
async fn a_clock_that_is_moved_back_gets_other_keys() {
    let world = with_role().await;
    let first = credentials(&world).await;
    world.steering.advance(SignedDuration::from_hours(-48));
    let second = credentials(&world).await;
    assert_ne!(second["AccessKeyId"], first["AccessKeyId"]);
    assert_eq!(second["Expiration"], "2025-07-19T03:39:40Z");
    assert_eq!(call(&world, &second).await, 200);
}

#[tokio::test]
async fn the_end_of_keys_is_shown_in_each_form() {
    let world = with_role().await;
    let table = [
        (ExpirationForm::Utc, json!("2025-07-21T03:39:40Z")),
        (
            ExpirationForm::WithOffset,
            json!("2025-07-21T12:39:40+09:00"),
        ),
        (ExpirationForm::Past, json!("2025-07-21T01:39:40Z")),
        (ExpirationForm::Unreadable, json!("21 Jul 2025, 03:39")),
        (ExpirationForm::Missing, Value::Null),
    ];
    for (form, shown) in table {
        world
            .emulator
            .behave(|it| it.server_role_key_expiration = form);
        let credentials = credentials(&world).await;
        assert_eq!(credentials["Expiration"], shown, "{form:?}");
        let missing = credentials.get("Expiration").is_none();
        assert_eq!(missing, form == ExpirationForm::Missing, "{form:?}");
        assert_eq!(call(&world, &credentials).await, 200, "{form:?}");
    }
    assert!(credentials(&world).await.get("Message").is_none());
    world
        .emulator
        .behave(|it| it.server_role_key_message = Shown::Present);
    assert_eq!(credentials(&world).await["Message"], "");
}
