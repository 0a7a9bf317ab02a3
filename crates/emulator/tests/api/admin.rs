//! The clock on the admin port.

use jiff::{SignedDuration, Timestamp};
use ncp_emulator::{Emulator, Phase, Settings};
use serde_json::{Value, json};
use steerable_clock::{Clock, Reading};

use crate::client::{REGISTERED, World};

async fn read(world: &World, query: &str) -> Value {
    let url = format!("{}/clock{query}", world.emulator.endpoints().admin);
    let response = world.client.http.get(url).send().await.unwrap();
    response.json().await.unwrap()
}

async fn steer(world: &World, body: &str) -> (u16, Value) {
    let url = format!("{}/clock", world.emulator.endpoints().admin);
    let request = world
        .client
        .http
        .post(url)
        .header("content-type", "application/json");
    let response = request.body(body.to_owned()).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn it_is_healthy() {
    let world = World::start().await;
    let url = format!("{}/healthz", world.emulator.endpoints().admin);
    let response = world.client.http.get(url).send().await.unwrap();
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn the_clock_can_be_set_moved_frozen_and_made_faster() {
    let world = World::start().await;
    let now = || world.emulator.clock().now();
    let start = now();
    let (status, _) = steer(&world, r#"{"advance":"PT1H"}"#).await;
    assert_eq!(
        (status, now()),
        (200, start + SignedDuration::from_hours(1))
    );
    steer(
        &world,
        r#"{"set":"2026-03-01T00:00:00Z","advance":"1h 30m"}"#,
    )
    .await;
    assert_eq!(now(), "2026-03-01T01:30:00Z".parse().unwrap());
    let (_, fast) = steer(&world, r#"{"speed":60}"#).await;
    assert_eq!(fast["reading"]["speed"], 60.0);
    let (_, frozen) = steer(&world, r#"{"freeze":true}"#).await;
    assert_eq!(frozen["reading"]["speed"], 0.0);
    let (_, thawed) = steer(&world, r#"{"freeze":false}"#).await;
    assert_eq!(thawed["reading"]["speed"], 1.0);
}

#[tokio::test]
async fn senseless_wishes_change_nothing() {
    let world = World::start().await;
    let before = read(&world, "").await;
    for body in [
        "",
        "{}",
        r#"{"advance":"P1D"}"#,
        "[]",
        r#"{"advance":"-PT1H"}"#,
        r#"{"advance":"soon"}"#,
        r#"{"speed":-1}"#,
        r#"{"sped":1}"#,
        r#"{"speed":2,"set":"yesterday"}"#,
    ] {
        let (status, answer) = steer(&world, body).await;
        assert!((400..500).contains(&status), "{body} {answer}");
        assert!(answer["error"].is_string(), "{body}");
    }
    assert_eq!(read(&world, "").await, before);
}

#[tokio::test]
async fn a_follower_hears_of_a_change_at_once() {
    let world = World::start().await;
    let version = read(&world, "").await["version"].as_u64().unwrap();
    let query = format!("?after={version}");
    let follower = async { read(&world, &query).await };
    let mover = async {
        // The follower's request is on its way first, as both run in one task in this order.
        tokio::task::yield_now().await;
        world.steering.advance(SignedDuration::from_hours(1));
    };
    let begun = std::time::Instant::now();
    let (heard, ()) = tokio::join!(follower, mover);
    assert!(
        begun.elapsed() < std::time::Duration::from_secs(10),
        "sooner than it gives up"
    );
    assert_ne!(heard["version"], version);
    let reading: Reading = serde_json::from_value(heard["reading"].clone()).unwrap();
    let (clock, steering) = Clock::steered(Timestamp::UNIX_EPOCH);
    steering.adopt(reading);
    assert_eq!(clock.now(), world.emulator.clock().now());
    let known = read(&world, "?after=999999").await;
    assert_eq!(
        known["version"], heard["version"],
        "a stranger's version is answered at once"
    );
}

#[tokio::test]
async fn the_machines_clock_can_be_read_only() {
    let emulator = Emulator::start(Settings::default()).await.unwrap();
    let world = World::start().await;
    let admin = &emulator.endpoints().admin;
    let url = format!("{admin}/clock");
    let response = world.client.http.get(&url).send().await.unwrap();
    let reading: Value = response.json().await.unwrap();
    assert_eq!(reading["reading"]["speed"], 1.0);
    let request = world.client.http.post(&url).json(&json!({"freeze": true}));
    assert_eq!(request.send().await.unwrap().status(), 409);
}

#[tokio::test]
async fn the_schedule_follows_the_clock() {
    let (world, id) = World::with_secret().await;
    let on = ncp_emulator::Change::EnableAutoRotation {
        period: 90,
        trigger: None,
    };
    let secret = world.emulator.apply(&id, on).unwrap();
    let next = secret.automatic_rotation.unwrap().next;
    assert_eq!(next.as_millisecond(), 1_760_842_800_000);
    assert_eq!(world.emulator.clock().now().as_millisecond(), REGISTERED);
    world.steering.set(next - SignedDuration::from_millis(1));
    assert_eq!(world.emulator.secret(&id).unwrap().phase, Phase::None);
    world.steering.set(next);
    assert_eq!(world.emulator.secret(&id).unwrap().phase, Phase::Rotating);
}

#[tokio::test]
async fn a_clock_that_is_set_and_frozen_shows_just_that() {
    let (world, clock) = {
        let world = World::start().await;
        let clock = format!("{}/clock", world.emulator.endpoints().admin);
        (world, clock)
    };
    for stop in [json!({"freeze": true}), json!({"speed": 0})] {
        world.steering.run_at(1_000_000.0);
        let mut wish = stop.clone();
        wish["set"] = "2026-01-02T00:00:00Z".into();
        let moved = world.client.http.post(&clock).json(&wish).send().await;
        assert_eq!(moved.unwrap().status(), 200);
        let shown: Timestamp = "2026-01-02T00:00:00Z".parse().unwrap();
        assert_eq!(world.emulator.clock().now(), shown, "{stop}");
    }
    for senseless in [
        json!({"freeze": false, "speed": 5}),
        json!({"speed": 1e12}),
        json!({}),
    ] {
        let refused = world.client.http.post(&clock).json(&senseless).send().await;
        assert_eq!(refused.unwrap().status(), 400, "{senseless}");
    }
}
