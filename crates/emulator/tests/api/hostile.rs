//! Requests that no client would send: each is answered with a documented error, and the server stays up.

use ncp_emulator::Operation;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{Answer, World};

/// Sends bytes as they are, says that no more come when they are no complete request, and reads until the
/// server closes.
async fn raw(world: &World, request: &[u8], is_complete: bool) -> String {
    let base = &world.emulator.endpoints().kr_regional;
    let address = base
        .trim_start_matches("http://")
        .trim_end_matches("/secretmanager");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    if !is_complete {
        stream.shutdown().await.unwrap();
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// A signed request with a target as it is: the status line and the body.
async fn raw_target(world: &World, method: &str, target: &str) -> (String, String) {
    let mut request = format!("{method} {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n");
    for (name, value) in &world.client.headers(method, target) {
        request.extend([name.as_str(), ": ", value.to_str().unwrap(), "\r\n"]);
    }
    request.push_str("\r\n");
    let answer = raw(world, request.as_bytes(), true).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

fn code(body: &str) -> String {
    let json: Value = serde_json::from_str(body).unwrap();
    json["error"]["errorCode"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn malformed_encodings_are_protocol_errors() {
    let world = World::start().await;
    for target in [
        "/secretmanager/api/v1/secrets/%zz",
        "/secretmanager/api/v1/secrets/%",
        "/secretmanager/api/v1/secrets/%ff%fe",
        "/secretmanager/api/v1/secrets?pageNo=%4",
    ] {
        let (status, body) = raw_target(&world, "GET", target).await;
        assert_eq!(status, "HTTP/1.1 400 Bad Request", "{target}");
        assert_eq!(code(&body), "100", "{target}");
    }
}

#[tokio::test]
async fn strange_targets_are_unknown() {
    let (world, _) = World::with_secret().await;
    for target in [
        "/",
        "/secretmanager",
        "/secretmanager/",
        "/secretmanager/api/v1/secrets/",
        "/secretmanager//api/v1/secrets",
        "/secretmanager/api/v1/../v1/secrets",
        "/secretmanager/api/v1/secrets//values",
        "//secretmanager/api/v1/secrets",
    ] {
        let (status, body) = raw_target(&world, "GET", target).await;
        assert_eq!(status, "HTTP/1.1 404 Not Found", "{target}");
        assert_eq!(code(&body), "300", "{target}");
    }
    for method in ["HEAD", "OPTIONS", "PATCH", "BREW"] {
        let target = "/secretmanager/api/v1/secrets";
        let (status, _) = raw_target(&world, method, target).await;
        assert_eq!(status, "HTTP/1.1 404 Not Found", "{method}");
    }
}

#[tokio::test]
async fn identifiers_may_hold_anything_that_is_encoded() {
    let world = World::start().await;
    for id in [
        "%2e%2e%2f",
        "%00",
        "%F0%9F%94%91",
        "a%3Fb",
        "x".repeat(4000).as_str(),
    ] {
        let target = format!("/secretmanager/api/v1/secrets/{id}/active");
        let (status, body) = raw_target(&world, "GET", &target).await;
        assert_eq!(status, "HTTP/1.1 404 Not Found");
        assert_eq!(code(&body), "NOT_FOUND");
    }
    assert_eq!(world.emulator.count(Operation::GetSecretStageValue), 5);
}

#[tokio::test]
async fn bytes_that_are_not_http_get_the_gateways_error_and_end_their_connection_only() {
    let world = World::start().await;
    let start = "POST /secretmanager/api/v1/secrets HTTP/1.1\r\nhost: x\r\n";
    let many_headers = "x-many: y\r\n".repeat(200);
    let path = "a".repeat(100_000);
    let table = [
        ("GET\r\n\r\n".to_owned(), 400),
        ("GET /\0 HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/3.0\r\nhost: x\r\n\r\n".to_owned(), 400),
        (
            "\x16\x03\x01\x01\x01\x01\x01\x01\x01\x03\x03\r\n\r\n".to_owned(),
            400,
        ),
        (format!("{start}content-length: nine\r\n\r\n"), 400),
        (format!("{start}content-length: -1\r\n\r\n"), 400),
        (format!("{start}transfer-encoding: foo\r\n\r\n"), 400),
        (format!("{start}two words: x\r\n\r\n"), 400),
        (
            format!("{start}transfer-encoding: chunked\r\n\r\nzz\r\n"),
            400,
        ),
        (format!("{start}{many_headers}\r\n"), 413),
        (format!("GET /{path} HTTP/1.1\r\nhost: x\r\n\r\n"), 413),
    ];
    for (bytes, status) in table {
        let answer = raw(&world, bytes.as_bytes(), false).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let shown = bytes.get(..80).unwrap_or(&bytes);
        assert!(
            head.starts_with(&format!("HTTP/1.1 {status} ")),
            "{shown:?}: {head}"
        );
        let expected = if status == 400 { "100" } else { "430" };
        assert_eq!(code(body), expected, "{shown:?}: {body}");
    }
    raw(&world, b"\r\n\r\n\r\n", false).await;
    world.client.get("/api/v1/secrets").await.data();
}

#[tokio::test]
async fn bodies_that_the_api_does_not_expect_are_invalid_requests() {
    let (world, id) = World::with_secret().await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let table: [(&str, &[u8]); 9] = [
        ("", b""),
        ("", b"null"),
        ("", b"[]"),
        ("", b"{\"secretName\":\"abc\""),
        ("", b"\xff\xfe"),
        ("", deep.as_bytes()),
        ("values/active", b"{\"value\":{\"abc\":\"cba\"}}"),
        ("values/active", b"{\"value\":null}"),
        ("values/ACTIVE", b"{\"value\":\"{}\"}"),
    ];
    for (path, body) in table {
        let (method, path) = match path {
            "" => (Method::POST, "/api/v1/secrets".to_owned()),
            path => (Method::PUT, format!("/api/v1/secrets/{id}/{path}")),
        };
        let response = world
            .client
            .send(method, &path, body.to_vec())
            .await
            .unwrap();
        let answer = Answer::read(response).await;
        assert_eq!(answer.error(), (400, "INVALID_REQUEST"), "{path}");
    }
}

#[tokio::test]
async fn a_refusal_never_quotes_a_value() {
    let (world, id) = World::with_secret().await;
    let bodies = [
        json!({"value": 31_337_533}),
        json!({"value": "[31337533]"}),
        json!({"value": "{\"abc\": 31337533"}),
        json!({"value": ["31337533"]}),
    ];
    for body in bodies {
        let path = format!("/api/v1/secrets/{id}/values/active");
        let answer = world.client.call(Method::PUT, &path, Some(&body)).await;
        assert_eq!(answer.status, 400);
        assert!(!answer.json.to_string().contains("31337533"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_large_body_is_the_gateways_matter() {
    let (world, id) = World::with_secret().await;
    let path = format!("/api/v1/secrets/{id}/memo");
    let memo = |bytes: usize| format!("{{\"memo\":\"{}\"}}", "m".repeat(bytes)).into_bytes();
    for (bytes, error) in [
        (1024 * 1024 - 11, (400, "INVALID_REQUEST")),
        (1024 * 1024 - 10, (413, "430")),
        (10 * 1024 * 1024, (413, "430")),
    ] {
        let response = world
            .client
            .send(Method::PUT, &path, memo(bytes))
            .await
            .unwrap();
        assert_eq!(Answer::read(response).await.error(), error, "{bytes}");
    }
    world.emulator.behave(|behavior| behavior.largest_body = 20);
    let response = world
        .client
        .send(Method::PUT, &path, memo(10))
        .await
        .unwrap();
    assert_eq!(Answer::read(response).await.error(), (413, "430"));
}

#[tokio::test]
async fn queries_that_are_not_numbers_are_invalid_requests() {
    let (world, id) = World::with_secret().await;
    for query in ["?pageNo=x", "?pageNo=1&pageNo=1", "?pageNo=-1"] {
        let answer = world.client.get(&format!("/api/v1/secrets{query}")).await;
        assert_eq!(answer.error(), (400, "INVALID_REQUEST"), "{query}");
    }
    let logs = world
        .client
        .get(&format!("/api/v1/secrets/{id}/logs?pageSize=0"))
        .await;
    assert_eq!(logs.error(), (400, "INVALID_REQUEST"));
}

#[tokio::test]
async fn names_of_any_length_are_kept_in_part() {
    let (world, _) = World::with_secret().await;
    let long = "x".repeat(10_000);
    let path = format!("/api/v1/secrets/{long}");
    assert_eq!(world.client.get(&path).await.error(), (404, "NOT_FOUND"));
    let kept = Some("x".repeat(256));
    assert_eq!(world.emulator.calls()[0].secret_id, kept);
    assert_eq!(world.emulator.counters()[0].0.secret_id, kept);
}
