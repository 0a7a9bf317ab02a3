//! The page of one secret.

use ncp_emulator::{Change, Lifecycle, Phase, Stage};

use crate::client::World;

#[tokio::test]
async fn values_are_hidden_until_they_are_asked_for() {
    let (world, id) = World::with_secret().await;
    for stage in Stage::ALL {
        let value = format!(r#"{{"abc":"only-me-{}"}}"#, stage.word());
        world
            .emulator
            .set_raw_value(&id, stage, Some(&value))
            .unwrap();
    }
    let page = format!("/page/secrets/{id}");
    for hidden in [
        page.clone(),
        format!("{page}?values=shwn"),
        format!("{page}?values=shown&values="),
    ] {
        let hidden = world.open(&hidden).await;
        assert_eq!(hidden.status, 200);
        assert!(!hidden.shows("only-me") && hidden.shows("24 bytes"));
    }
    let shown = world.open(&format!("{page}?values=shown")).await;
    let escaped = "{&quot;abc&quot;:&quot;only-me-active&quot;}";
    assert!(
        shown.shows(&format!("<pre>\n{escaped}</pre>")),
        "{}",
        shown.text
    );
    assert!(shown.shows("only-me-previous") && shown.shows("only-me-pending"));
}

#[tokio::test]
async fn buttons_change_the_secret_and_tell_so() {
    let (world, id) = World::with_secret().await;
    let page = world.press(&id, "rotate").await;
    assert!(
        page.shows("The rotation has begun") && page.shows(&world.emulator.job_token(&id).unwrap())
    );
    assert!(page.shows("has not started"));
    assert_eq!(world.emulator.secret(&id).unwrap().phase, Phase::Rotating);
    let page = world.press(&id, "cancel").await;
    assert!(page.shows("The rotation is cancelled"));
    assert_eq!(world.emulator.job_token(&id), None);
    world
        .emulator
        .execute_rotation(&id)
        .unwrap_or_else(|_| world.emulator.retry_rotation(&id).unwrap());
    world.emulator.start_rotation(&id).unwrap();
    world.emulator.fail_rotation(&id).unwrap();
    world.press(&id, "retry").await;
    world.emulator.start_rotation(&id).unwrap();
    world
        .emulator
        .update_pending(&id, r#"{"abc":"new"}"#)
        .unwrap();
    world.emulator.complete_rotation(&id).unwrap();
    let active = || world.emulator.secret(&id).unwrap().chain.active.unwrap();
    assert_eq!(active().as_str(), r#"{"abc":"new"}"#);
    assert!(world.press(&id, "roll-back").await.shows("Rolled back"));
    assert_eq!(active().as_str(), r#"{"abc":"cba"}"#);
    for (button, told, after) in [
        ("disable", "The secret is disabled.", Lifecycle::Disable),
        ("enable", "The secret is enabled.", Lifecycle::Enable),
        (
            "request-deletion",
            "Deletion is requested.",
            Lifecycle::Revoke,
        ),
        (
            "cancel-deletion",
            "The deletion is cancelled.",
            Lifecycle::Disable,
        ),
    ] {
        assert!(world.press(&id, button).await.shows(told), "{button}");
        assert_eq!(world.lifecycle(&id), after);
    }
}

#[tokio::test]
async fn only_possible_buttons_are_enabled_and_outdated_ones_tell_the_refusal() {
    let (world, id) = World::with_secret().await;
    let page = world.open(&format!("/page/secrets/{id}")).await;
    for (button, enabled) in [
        ("rotate", true),
        ("retry", false),
        ("cancel", false),
        ("roll-back", false),
        ("disable", true),
        ("enable", false),
        ("request-deletion", true),
        ("cancel-deletion", false),
        ("delete", false),
    ] {
        assert_eq!(
            !page.button(button).contains(" disabled"),
            enabled,
            "{button}"
        );
        if !enabled {
            assert!(page.shows(&format!("id=\"why-{button}\">")));
        }
    }
    for (button, refusal) in [
        (
            "enable",
            "“Enable” was refused: not possible in the status ENABLE.",
        ),
        ("retry", "not possible in the rotation phase NONE"),
        ("roll-back", "there is no rotation to take back"),
    ] {
        let before = world.emulator.secret(&id);
        let page = world.press(&id, button).await;
        assert!(
            page.shows(refusal) && page.shows("role=\"alert\""),
            "{button}"
        );
        assert_eq!(world.emulator.secret(&id), before);
    }
}

#[tokio::test]
async fn deletion_for_good_is_asked_for_twice() {
    let (world, id) = World::with_secret().await;
    let page = format!("/page/secrets/{id}");
    let refused = world.open(&format!("{page}/delete")).await;
    let notice = format!("{page}?notice=delete.status-enable");
    assert_eq!((refused.status, refused.location), (303, Some(notice)));
    world.emulator.request_deletion(&id).unwrap();
    let asked = world.press(&id, "delete").await;
    assert!(asked.shows("for good?") && asked.shows("Keep the secret"));
    assert_eq!(world.lifecycle(&id), Lifecycle::Revoke);
    let done = world
        .submit(&format!("{page}/delete"), "confirmed=yes")
        .await;
    assert_eq!(done.location.as_deref(), Some("/?notice=delete"));
    assert_eq!(world.lifecycle(&id), Lifecycle::Destroyed);
    let gone = world.open(&page).await;
    assert_eq!(gone.status, 404);
    assert!(gone.shows("The secret shop-orders is destroyed."));
    let outdated = world.submit(&format!("{page}/enable"), "").await;
    let told = world.open(&outdated.location.unwrap()).await;
    assert!(told.shows("“Enable” was refused: no such secret."));
}

#[tokio::test]
async fn a_page_shows_dates_of_deletion_and_rotation() {
    let (world, id) = World::with_secret().await;
    let on = Change::EnableAutoRotation {
        period: 90,
        trigger: None,
    };
    world.emulator.apply(&id, on).unwrap();
    let page = world.open(&format!("/page/secrets/{id}")).await;
    assert!(page.shows("every 90 days") && page.shows("2025-10-19 03:00:00 UTC"));
    world.emulator.request_deletion(&id).unwrap();
    for path in ["/".to_owned(), format!("/page/secrets/{id}")] {
        let page = world.open(&path).await;
        assert!(
            page.shows("2025-07-28 02:39:40 UTC") && page.shows("in 7 d 0 h"),
            "{path}"
        );
    }
}
