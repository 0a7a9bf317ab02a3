//! The first page: clock, list of secrets, recent requests.

use jiff::SignedDuration;
use ncp_emulator::{Emulator, NewSecret, Settings};

use crate::client::World;

#[tokio::test]
async fn the_clock_is_moved_by_its_forms() {
    let world = World::start().await;
    let now = || world.emulator.clock().now();
    let start = now();
    let moved = world
        .submit("/page/clock/advance", "amount=3&unit=hours")
        .await;
    assert_eq!(moved.location.as_deref(), Some("/?notice=clock-moved"));
    assert_eq!(now(), start + SignedDuration::from_hours(3));
    assert!(world.open("/").await.shows("2025-07-21 05:39:40 UTC"));
    for wrong in [
        "",
        "amount=0&unit=days",
        "amount=-1&unit=days",
        "amount=1&unit=years",
        "amount=10001&unit=days",
    ] {
        let refused = world.submit("/page/clock/advance", wrong).await;
        assert_eq!(
            refused.location.as_deref(),
            Some("/?notice=clock-wrong-span"),
            "{wrong}"
        );
    }
    for wrong in [
        "",
        "speed=-1",
        "speed=NaN",
        "speed=inf",
        "speed=1e10",
        "speed=fast",
    ] {
        let refused = world.submit("/page/clock/speed", wrong).await;
        assert_eq!(
            refused.location.as_deref(),
            Some("/?notice=clock-wrong-speed"),
            "{wrong}"
        );
    }
    assert_eq!(now(), start + SignedDuration::from_hours(3));
    world.submit("/page/clock/speed", "speed=60").await;
    assert!(world.open("/").await.shows("runs at 60 times normal speed"));
    world.submit("/page/clock/freeze", "").await;
    assert!(world.open("/").await.shows(">frozen<"));
    world.submit("/page/clock/run", "").await;
    assert!(world.open("/").await.shows("runs at normal speed"));
}

#[tokio::test]
async fn the_machines_clock_has_no_forms() {
    let world = World::start().await;
    let emulator = Emulator::start(Settings::default()).await.unwrap();
    let world = World { emulator, ..world };
    assert!(!world.open("/").await.shows("/page/clock"));
    let refused = world.submit("/page/clock/freeze", "").await;
    let told = world.open(&refused.location.unwrap()).await;
    assert!(
        told.shows("the clock is the machine&#x27;s and cannot be moved"),
        "{}",
        told.text
    );
}

#[tokio::test]
async fn ten_thousand_secrets_are_searched_and_turned_page_by_page() {
    let world = World::start().await;
    for number in 0..10_000 {
        let new = NewSecret::named(&format!("s-{number:05}"));
        world.emulator.create_secret(new).unwrap();
    }
    let home = world.open("/").await;
    assert!(home.shows("1–50 of 10000, page 1 of 200") && home.text.len() < 100_000);
    assert!(home.shows(">s-00049<") && !home.shows(">s-00050<") && !home.shows("rel=\"prev\""));
    let last = world.open("/?page=200").await;
    assert!(last.shows(">s-09999<") && !last.shows("rel=\"next\""));
    for beyond in ["/?page=999999999999999999999", "/?page=-1", "/?page=0"] {
        assert_eq!(world.open(beyond).await.status, 200, "{beyond}");
    }
    let found = world.open("/?search=S-012&page=2").await;
    assert!(
        found.shows("51–100 of 100, page 2 of 2")
            && found.shows("search=s-012") | found.shows("search=S-012")
    );
    assert!(found.shows("value=\"S-012\"") && found.shows(">s-01250<"));
    assert!(world.open("/?search=nothing").await.shows("No secret fits"));
}

#[tokio::test]
async fn requests_and_the_log_are_listed() {
    let (world, id) = World::with_secret().await;
    for _ in 0..60 {
        world
            .client
            .get(&format!("/api/v1/secrets/{id}/values"))
            .await;
    }
    world.client.get("/api/v1/secrets/other").await;
    world.client.get("/api/v1/none").await;
    let home = world.open("/").await;
    assert_eq!(home.text.matches("class=\"what\"").count(), 50);
    assert!(home.shows("Get Secret Detail") && home.shows(">no such path<") && home.shows(">404<"));
    let page = world.open(&format!("/page/secrets/{id}")).await;
    let (_, log) = page.text.split_once("Access log").unwrap();
    assert_eq!(page.text.matches("class=\"what\"").count(), 100);
    assert_eq!(log.matches("class=\"what\"").count(), 50);
    assert!(page.shows(&world.client.key.access_key) && !page.shows("Get Secret Detail"));
    assert!(!page.shows(&world.client.key.secret_key));
}
