//! Faults of the metadata service, and requests that no client would send.

use std::time::Duration;

use ncp_emulator::{Effect, Fault};
use reqwest::Method;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{CREDENTIALS, LIST, ROLES, TOKEN, TTL, get, get_with, request, text, token, with_role};

#[tokio::test]
async fn faults_are_aimed_at_the_metadata_service_or_at_the_apis() {
    let world = with_role().await;
    let emulator = &world.emulator;
    emulator.add_fault(Fault::new(Effect::Unavailable));
    assert_eq!(get(&world, ROLES).await.0, 200);
    assert_eq!(world.client.get(LIST).await.status, 503);
    emulator.clear_faults();
    emulator.add_fault(Fault::new(Effect::Unavailable).metadata().times(1));
    assert_eq!(world.client.get(LIST).await.status, 200);
    assert_eq!(get(&world, ROLES).await.0, 503);
    assert_eq!(get(&world, ROLES).await.0, 200);
}

#[tokio::test]
async fn faults_have_their_effect_on_the_metadata_service() {
    let world = with_role().await;
    let fault = |effect| {
        world
            .emulator
            .add_fault(Fault::new(effect).metadata().times(1));
    };
    fault(Effect::Cut);
    assert!(request(&world, Method::GET, ROLES).send().await.is_err());
    fault(Effect::Status {
        status: 500,
        body: "broken".to_owned(),
        headers: vec![],
    });
    assert_eq!(get(&world, ROLES).await, (500, "broken".to_owned()));
    fault(Effect::TruncatedJson);
    let half = get(&world, CREDENTIALS).await.1;
    assert!(serde_json::from_str::<Value>(&half).is_err());
    assert!(get(&world, CREDENTIALS).await.1.starts_with(&half));
    fault(Effect::EmptyBody);
    assert_eq!(get(&world, ROLES).await, (200, String::new()));
    fault(Effect::HugeBody(2_000_000));
    assert_eq!(get(&world, ROLES).await.1.len(), 2_000_000);
    let delay = Duration::from_millis(150);
    fault(Effect::Delay(delay));
    let begun = std::time::Instant::now();
    assert_eq!(get(&world, ROLES).await.0, 200);
    assert!(begun.elapsed() >= delay);
    fault(Effect::Stall);
    let mut stalled = request(&world, Method::GET, ROLES).send().await.unwrap();
    assert_eq!(stalled.content_length(), Some(6));
    let body = tokio::time::timeout(Duration::from_millis(200), stalled.chunk()).await;
    assert!(body.is_err(), "{body:?}");
}

#[tokio::test]
async fn a_fault_instead_of_a_token_makes_none() {
    let world = with_role().await;
    world
        .emulator
        .add_fault(Fault::new(Effect::Unavailable).metadata().times(1));
    let (status, body) = token(&world, "60").await;
    assert_eq!(status, 503);
    assert_eq!(get_with(&world, ROLES, body.trim()).await.0, 401);
}

#[tokio::test]
async fn hostile_requests_are_answered_or_closed_and_the_service_stays() {
    let world = with_role().await;
    let base = &world.emulator.endpoints().metadata;
    let address = base.strip_prefix("http://").unwrap();
    let long = "x".repeat(100_000);
    for bytes in [
        "\r\n\r\n".to_owned(),
        "GET\r\n\r\n".to_owned(),
        "\u{16}\u{3}\u{1}".to_owned(),
        format!("GET /{long} HTTP/1.1\r\nhost: x\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nX-NCP-METADATA-TOKEN: {long}\r\n\r\n"),
        "PUT /latest/api/token HTTP/1.1\r\nhost: x\r\ncontent-length: 9999999\r\n\r\nx".to_owned(),
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        // Whatever comes, then the end, which may be a reset.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }
    let twice = request(&world, Method::GET, ROLES)
        .header("X-NCP-METADATA-TOKEN", "a")
        .header("X-NCP-METADATA-TOKEN", "b");
    assert_eq!(text(twice).await.0, 401);
    let not_text =
        request(&world, Method::GET, ROLES).header("X-NCP-METADATA-TOKEN", b"\xff".as_slice());
    assert_eq!(text(not_text).await.0, 401);
    let large = request(&world, Method::PUT, TOKEN)
        .header(TTL, "60")
        .body(vec![b'x'; 100_000]);
    assert_eq!(text(large).await.0, 200);
    assert_eq!(
        get(&world, "/latest/meta-data/iam/info?query=1").await.0,
        200
    );
    assert_eq!(get(&world, ROLES).await.1, "role-1");
    // Nothing of this is a call of the API.
    assert!(world.emulator.calls().is_empty());
}
