//! Which host is asked for a secret, and what counts when no host knows it.

use super::listener::plenty;
use super::listener::{credentials, error};
use super::world::{World, detail, shown, unavailable, value};
use crate::api::terms::{KeyIsolation, Region, Stage};
use crate::core::remote::{Failure, Host, LookError, SourceRef, Wanted};
use crate::source::{Account, NotOffered};

#[tokio::test]
async fn the_host_that_knows_a_secret_is_remembered_until_it_does_not() {
    let world = World::new(KeyIsolation::Auto).await;
    let two = || vec!["/SID".to_owned(), "/SID/active".to_owned()];
    let one = || vec!["/SID".to_owned()];
    world
        .global
        .set("/SID", &[detail("SID", "orders", "ENABLE")]);
    world
        .global
        .set("/SID/active", &[value(r#"{"at":"global"}"#)]);
    let remote = world.look(Stage::Active).await.unwrap();
    assert_eq!(remote.facts.host, Host::Global);
    assert_eq!(shown(&remote.reading), "at=global;");
    assert_eq!(world.asked(), (one(), two()));
    world.look(Stage::Active).await.unwrap();
    assert_eq!(world.asked(), (vec![], two()));

    world
        .regional
        .set("/SID", &[detail("SID", "orders", "ENABLE")]);
    world
        .regional
        .set("/SID/active", &[value(r#"{"at":"regional"}"#)]);
    world.global.set("/SID", &[error(403, "FORBIDDEN")]);
    let remote = world.look(Stage::Active).await.unwrap();
    assert_eq!(shown(&remote.reading), "at=regional;");
    assert_eq!(world.asked(), (two(), one()));
    world.look(Stage::Active).await.unwrap();
    assert_eq!(world.asked(), (two(), vec![]));
}

#[tokio::test]
async fn a_store_of_one_host_asks_no_other() {
    for (isolation, regional, global) in
        [(KeyIsolation::Regional, 1, 0), (KeyIsolation::Global, 0, 1)]
    {
        let world = World::new(isolation).await;
        assert_eq!(world.look_error().await, LookError::NotFound);
        let asked = world.asked();
        assert_eq!((asked.0.len(), asked.1.len()), (regional, global));
    }
}

#[tokio::test]
async fn of_two_hosts_that_do_not_know_the_more_cautious_counts() {
    let not_found = || error(404, "NOT_FOUND");
    let no_url = || error(404, "300");
    let forbidden = || error(403, "FORBIDDEN");
    let not_permitted = || error(401, "210");
    let bad_key = || error(401, "200");
    let broken = || error(503, "500");
    let throttled = || error(429, "410");
    let busy = LookError::Throttled { retry_after: None };
    // Whether the second host is asked stands last.
    for (regional, global, wanted, asked) in [
        (not_found(), not_found(), LookError::NotFound, true),
        (forbidden(), not_found(), LookError::PermissionDenied, true),
        (not_found(), forbidden(), LookError::PermissionDenied, true),
        (
            not_permitted(),
            not_found(),
            LookError::PermissionDenied,
            true,
        ),
        (not_found(), bad_key(), LookError::CredentialsRejected, true),
        (forbidden(), throttled(), busy.clone(), true),
        (
            not_found(),
            broken(),
            unavailable(Failure::Status(503)),
            true,
        ),
        (
            no_url(),
            not_found(),
            unavailable(Failure::UnknownUrl),
            true,
        ),
        (
            not_found(),
            no_url(),
            unavailable(Failure::UnknownUrl),
            true,
        ),
        (
            error(400, "INVALID_REQUEST"),
            not_found(),
            unavailable(Failure::InvalidRequest),
            true,
        ),
        (
            not_found(),
            error(409, "INVALID_STATUS"),
            unavailable(Failure::Status(409)),
            true,
        ),
        (
            broken(),
            not_found(),
            unavailable(Failure::Status(503)),
            false,
        ),
        (throttled(), not_found(), busy, false),
        (
            bad_key(),
            not_found(),
            LookError::CredentialsRejected,
            false,
        ),
    ] {
        let world = World::new(KeyIsolation::Auto).await;
        let case = format!("{regional:?} {global:?}");
        world.regional.set("/SID", &[regional]);
        world.global.set("/SID", &[global]);
        assert_eq!(world.look_error().await, wanted, "{case}");
        assert_eq!(world.asked().1.len(), usize::from(asked), "{case}");
    }
}

#[tokio::test]
async fn global_keys_are_not_offered_in_japan() {
    let world = World::new(KeyIsolation::Auto).await;
    let transport = world.bench.transport;
    let global = Account::new(
        transport.clone(),
        Region::Jpn,
        KeyIsolation::Global,
        credentials(),
    );
    assert_eq!(global.err(), Some(NotOffered));
    let auto = Account::new(transport, Region::Jpn, KeyIsolation::Auto, credentials());
    let source = SourceRef::Id("SID".to_owned());
    let outcome = auto
        .unwrap()
        .look(&source, Wanted::Stage(Stage::Active), &plenty())
        .await;
    assert_eq!(outcome.err(), Some(LookError::NotFound));
    assert_eq!(world.regional_seen.targets(), ["/api/v1/secrets/SID"]);
    assert_eq!(world.global_seen.connections(), 0);
}
