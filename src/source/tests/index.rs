//! Looks at secrets by their name.

use tokio::task::JoinSet;

use super::listener::error;
use super::listener::plenty;
use super::world::{World, detail, page, unavailable, value};
use crate::api::terms::{KeyIsolation, Stage};
use crate::core::remote::{Failure, Host, LookError, SourceRef, Wanted};

const PAGE_1: &str = "?pageNo=1";
const PAGE_2: &str = "?pageNo=2";

/// One host with the secret `1`, named `one`, on the first of two pages, and `2`, named `two`, on the second.
async fn two_pages() -> World {
    let world = World::new(KeyIsolation::Regional).await;
    world.regional.set(PAGE_1, &[page(2, &["1 one ENABLE"])]);
    world.regional.set(PAGE_2, &[page(2, &["2 two ENABLE"])]);
    for (id, name) in [("1", "one"), ("2", "two"), ("3", "three")] {
        world
            .regional
            .set(&format!("/{id}"), &[detail(id, name, "ENABLE")]);
        world
            .regional
            .set(&format!("/{id}/active"), &[value(r#"{"a":"b"}"#)]);
    }
    world
}

#[tokio::test]
async fn a_name_is_found_on_any_page_and_kept() {
    let world = two_pages().await;
    assert_eq!(world.id_of("two").await.as_deref(), Ok("2"));
    assert_eq!(world.asked().0, [PAGE_1, PAGE_2, "/2", "/2/active"]);
    world.wait(100_000);
    assert_eq!(world.id_of("one").await.as_deref(), Ok("1"));
    assert_eq!(world.asked().0, ["/1", "/1/active"]);
}

#[tokio::test]
async fn a_missing_name_is_looked_up_again_at_most_every_5_s() {
    let world = two_pages().await;
    assert_eq!(world.id_of("three").await, Err(LookError::NameNotFound));
    assert_eq!(world.lists(), (2, 0));
    world
        .regional
        .set(PAGE_2, &[page(2, &["2 two ENABLE", "3 three ENABLE"])]);
    world.wait(4);
    assert_eq!(world.id_of("three").await, Err(LookError::NameNotFound));
    assert_eq!(world.lists(), (0, 0));
    world.wait(1);
    assert_eq!(world.id_of("three").await.as_deref(), Ok("3"));
    assert_eq!(world.lists(), (2, 0));
}

#[tokio::test]
async fn a_clock_that_was_set_back_does_not_keep_a_list_from_being_read() {
    let world = two_pages().await;
    assert_eq!(world.id_of("three").await, Err(LookError::NameNotFound));
    world.wait(-100_000);
    assert_eq!(world.id_of("three").await, Err(LookError::NameNotFound));
    assert_eq!(world.lists(), (4, 0));
}

#[tokio::test]
async fn many_askers_share_one_reading() {
    let world = two_pages().await;
    let mut askers = JoinSet::new();
    for name in ["one", "two", "three"].repeat(20) {
        let account = world.account.clone();
        let source = SourceRef::Name(name.to_owned());
        askers.spawn(async move {
            account
                .look(&source, Wanted::Stage(Stage::Active), &plenty())
                .await
                .is_ok()
        });
    }
    let found = askers.join_all().await.into_iter().filter(|found| *found);
    assert_eq!(found.count(), 40);
    assert_eq!(world.lists(), (2, 0));
}

#[tokio::test]
async fn a_name_that_moved_to_another_secret_is_followed() {
    let world = two_pages().await;
    assert_eq!(world.id_of("two").await.as_deref(), Ok("2"));
    world.regional.set("/2", &[error(404, "NOT_FOUND")]);
    world.regional.set("/3", &[detail("3", "two", "ENABLE")]);
    world.regional.set(PAGE_2, &[page(2, &["3 two ENABLE"])]);
    // The list is too young to be read again, so nothing is certain.
    assert_eq!(world.id_of("two").await, Err(LookError::NameNotFound));
    world.wait(30);
    assert_eq!(world.id_of("two").await.as_deref(), Ok("3"));
}

#[tokio::test]
async fn a_name_whose_secret_is_gone_and_that_nobody_else_bears_is_not_found() {
    let world = two_pages().await;
    assert_eq!(world.id_of("two").await.as_deref(), Ok("2"));
    world.regional.set("/2", &[error(404, "NOT_FOUND")]);
    world.regional.set(PAGE_2, &[page(2, &[])]);
    world.wait(30);
    assert_eq!(world.id_of("two").await, Err(LookError::NotFound));
    assert_eq!(world.id_of("two").await, Err(LookError::NameNotFound));
}

#[tokio::test]
async fn a_secret_under_another_name_is_not_taken_for_the_one() {
    let world = two_pages().await;
    assert_eq!(world.id_of("two").await.as_deref(), Ok("2"));
    world
        .regional
        .set("/2", &[detail("2", "renamed", "ENABLE")]);
    world.wait(30);
    let malformed = unavailable(Failure::Malformed);
    assert_eq!(world.id_of("two").await, Err(malformed));
    assert_eq!(world.lists(), (4, 0));
    world
        .regional
        .set(PAGE_2, &[page(2, &["2 renamed ENABLE", "3 two ENABLE"])]);
    world.regional.set("/3", &[detail("3", "two", "ENABLE")]);
    world.wait(30);
    assert_eq!(world.id_of("two").await.as_deref(), Ok("3"));
}

#[tokio::test]
async fn a_name_leaves_a_secret_on_its_way_out_when_another_bears_it() {
    let world = two_pages().await;
    assert_eq!(world.id_of("two").await.as_deref(), Ok("2"));
    world.regional.set("/2", &[detail("2", "two", "REVOKE")]);
    world.regional.set("/3", &[detail("3", "two", "ENABLE")]);
    world
        .regional
        .set(PAGE_2, &[page(2, &["2 two REVOKE", "3 two ENABLE"])]);
    world.wait(599);
    assert_eq!(world.id_of("two").await.as_deref(), Ok("2"));
    assert_eq!(world.lists(), (2, 0));
    world.wait(1);
    assert_eq!(world.id_of("two").await.as_deref(), Ok("3"));
    assert_eq!(world.lists(), (2, 0));
}

#[tokio::test]
async fn a_secret_on_its_way_out_keeps_its_name_when_the_list_fails() {
    let world = two_pages().await;
    assert_eq!(world.id_of("two").await.as_deref(), Ok("2"));
    world.regional.set("/2", &[detail("2", "two", "REVOKE")]);
    world.regional.set(PAGE_1, &[error(503, "500")]);
    world.wait(600);
    assert_eq!(world.id_of("two").await.as_deref(), Ok("2"));
    assert_eq!(world.lists(), (3, 0));
}

#[tokio::test]
async fn a_name_that_several_bear_is_ambiguous_until_one_does() {
    let world = two_pages().await;
    world
        .regional
        .set(PAGE_2, &[page(2, &["2 two ENABLE", "3 two DISABLE"])]);
    assert_eq!(world.id_of("two").await, Err(LookError::NameAmbiguous));
    world.regional.set(PAGE_2, &[page(2, &["2 two ENABLE"])]);
    world.wait(30);
    assert_eq!(world.id_of("two").await.as_deref(), Ok("2"));
}

#[tokio::test]
async fn a_page_that_fails_leaves_what_was_known() {
    let world = two_pages().await;
    assert_eq!(world.id_of("two").await.as_deref(), Ok("2"));
    world.regional.set(PAGE_2, &[error(503, "500")]);
    world.wait(30);
    let broken = Err(unavailable(Failure::Status(503)));
    assert_eq!(world.id_of("three").await, broken);
    assert_eq!(world.id_of("two").await.as_deref(), Ok("2"));
    world.lists();
    world.regional.set(PAGE_2, &[page(2, &["3 three ENABLE"])]);
    world.wait(4);
    assert_eq!(world.id_of("three").await, broken);
    assert_eq!(world.lists(), (0, 0));
    world.wait(1);
    assert_eq!(world.id_of("three").await.as_deref(), Ok("3"));
}

/// Two hosts: `1` is listed at the regional one, `2` at the global one.
async fn two_hosts() -> World {
    let world = World::new(KeyIsolation::Auto).await;
    world.regional.set(PAGE_1, &[page(1, &["1 one ENABLE"])]);
    world.global.set(PAGE_1, &[page(1, &["2 two ENABLE"])]);
    world.regional.set("/1", &[detail("1", "one", "DISABLE")]);
    world.global.set("/2", &[detail("2", "two", "DISABLE")]);
    world
}

#[tokio::test]
async fn the_global_list_is_read_only_for_names_that_the_regional_one_does_not_show() {
    let world = two_hosts().await;
    assert_eq!(world.id_of("one").await.as_deref(), Ok("1"));
    assert_eq!(
        world.asked(),
        (vec![PAGE_1.to_owned(), "/1".to_owned()], vec![])
    );
    assert_eq!(world.id_of("two").await.as_deref(), Ok("2"));
    let asked = (vec![], vec![PAGE_1.to_owned(), "/2".to_owned()]);
    assert_eq!(world.asked(), asked);
    world.wait(100_000);
    assert_eq!(world.id_of("two").await.as_deref(), Ok("2"));
    assert_eq!(world.asked(), (vec![], vec!["/2".to_owned()]));
    assert_eq!(world.id_of("three").await, Err(LookError::NameNotFound));
    assert_eq!(world.lists(), (1, 1));
}

#[tokio::test]
async fn a_listed_secret_may_still_live_on_the_other_host() {
    let world = two_hosts().await;
    world.regional.set(PAGE_1, &[page(1, &["2 two ENABLE"])]);
    let source = SourceRef::Name("two".to_owned());
    let remote = world
        .account
        .look(&source, Wanted::Stage(Stage::Active), &plenty())
        .await
        .unwrap();
    assert_eq!(remote.facts.host, Host::Global);
}

#[tokio::test]
async fn a_list_that_may_not_be_read_does_not_hide_the_other() {
    let world = two_hosts().await;
    world.regional.set(PAGE_1, &[error(403, "FORBIDDEN")]);
    assert_eq!(world.id_of("two").await.as_deref(), Ok("2"));
    let denied = Err(LookError::PermissionDenied);
    assert_eq!(world.id_of("three").await, denied);
    world.regional.set(PAGE_1, &[page(1, &[])]);
    world.global.set(PAGE_1, &[error(401, "210")]);
    world.wait(30);
    assert_eq!(world.id_of("three").await, denied);
}

#[tokio::test]
async fn a_list_that_is_not_found_says_nothing_about_a_secret() {
    let world = World::new(KeyIsolation::Auto).await;
    let unknown = Err(unavailable(Failure::UnknownUrl));
    assert_eq!(world.id_of("one").await, unknown);
}

#[tokio::test]
async fn a_name_goes_on_at_the_other_host_when_its_secret_is_gone() {
    let world = two_hosts().await;
    assert_eq!(world.id_of("one").await.as_deref(), Ok("1"));
    world.regional.set("/1", &[error(404, "NOT_FOUND")]);
    world.global.set(PAGE_1, &[page(1, &["2 one ENABLE"])]);
    world.global.set("/2", &[detail("2", "one", "DISABLE")]);
    // The regional list is too young to be read again; the global one shows who bears the name now.
    assert_eq!(world.id_of("one").await.as_deref(), Ok("2"));
}
