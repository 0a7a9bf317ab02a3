//! What goes over the wire.

use std::sync::Arc;

use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::line::{DETAIL, Line, failed, good};
use super::listener::plenty;
use super::listener::{
    ACCESS_KEY, Act, PATIENT, SECRET_KEY, answer, error, listen, start, success,
};
use crate::api::terms::Stage;
use crate::core::remote::Failure;
use crate::source::answers::Staged;
use crate::source::call_error::CallError;
use crate::source::signature::Signer;

fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    request
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .find(|(other, _)| other.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

/// Whether the target that was sent is the one that was signed.
fn is_signed(request: &str) -> bool {
    let target = request.split(' ').nth(1).unwrap();
    let timestamp = header(request, "x-ncp-apigw-timestamp").unwrap();
    let signature = Signer::new(SECRET_KEY.as_bytes()).unwrap().sign(
        "GET",
        target,
        timestamp,
        ACCESS_KEY.as_bytes(),
    );
    header(request, "x-ncp-apigw-signature-v2") == Some(&signature)
}

#[tokio::test]
async fn a_call_sends_what_is_documented() {
    let line = Line::to(PATIENT, |_| Act::Answer(good())).await;
    line.detail().await.unwrap();
    let requests = line.seen.requests();
    let request = &requests[0];
    assert!(
        request.starts_with("GET /some/prefix/api/v1/secrets/SID HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(is_signed(request));
    assert_eq!(header(request, "x-ncp-iam-access-key"), Some(ACCESS_KEY));
    let timestamp = start().as_millisecond().to_string();
    assert_eq!(
        header(request, "x-ncp-apigw-timestamp"),
        Some(timestamp.as_str())
    );
    assert_eq!(header(request, "accept"), Some("application/json"));
    assert_eq!(header(request, "accept-encoding"), Some("identity"));
    assert!(!request.contains(SECRET_KEY));
    assert_eq!(line.results(), ["ok"]);
}

#[tokio::test]
async fn stages_and_pages_are_asked_for_and_signed() {
    let line = Line::to(PATIENT, |request| {
        let data = if request.contains("pageNo") {
            r#"{"secretList":[]}"#
        } else {
            "null"
        };
        Act::Answer(answer(200, "", &success(data).1))
    })
    .await;
    for stage in [Stage::Active, Stage::Previous, Stage::Pending] {
        let value = line
            .caller
            .stage_value(&plenty(), &line.endpoint, "SID", stage)
            .await;
        assert!(matches!(value, Ok(Staged::Empty)));
    }
    assert!(
        line.caller
            .list(&plenty(), &line.endpoint, 3)
            .await
            .unwrap()
            .empty
    );
    assert_eq!(
        line.seen.targets(),
        [
            "/some/prefix/api/v1/secrets/SID/active",
            "/some/prefix/api/v1/secrets/SID/previous",
            "/some/prefix/api/v1/secrets/SID/pending",
            "/some/prefix/api/v1/secrets?pageNo=3",
        ]
    );
    assert!(
        line.seen
            .requests()
            .iter()
            .all(|request| is_signed(request))
    );
    let records = line.bench.records.lock().unwrap();
    let operations: Vec<_> = records.iter().map(|record| record.operation).collect();
    assert_eq!(
        operations,
        ["stage_value", "stage_value", "stage_value", "list"]
    );
}

/// Whether the one request that was made for `id` asks for that secret and for nothing else.
async fn stays_in_its_place(line: &Line, id: &str) -> bool {
    let before = line.seen.requests().len();
    let outcome = line.caller.detail(&plenty(), &line.endpoint, id).await;
    let requests = line.seen.requests().split_off(before);
    if requests.is_empty() {
        return outcome == Err(Failure::InvalidRequest.into());
    }
    let target = requests[0].split(' ').nth(1).unwrap();
    let segment = target
        .strip_prefix("/some/prefix/api/v1/secrets/")
        .unwrap_or("/");
    requests.len() == 1
        && is_signed(&requests[0])
        && !segment.contains(['/', '?', '#', '\\'])
        && percent_decode_str(segment).decode_utf8().as_deref() == Ok(id)
}

#[tokio::test]
async fn r5_a_hostile_id_reaches_no_other_path() {
    let line = Line::to(PATIENT, |_| Act::Answer(good())).await;
    for id in [
        "../keys",
        "..",
        ".",
        "",
        "/",
        "//",
        "a/b",
        "..\\keys",
        "?",
        "?pageNo=1",
        "a?b=c",
        "#",
        "a#b",
        "%2f",
        "%2F..",
        "%2e%2e",
        "%2E",
        "%",
        "%%",
        "%zz",
        "\n",
        "\r\nHost: evil",
        "a\r\n\r\nGET / HTTP/1.1",
        "\0",
        "\t",
        " ",
        "+",
        "é",
        "시크릿",
        "😀",
        "\u{202e}",
        "a;b=c",
        "a:b@c",
        "@evil.example",
        "//evil.example/",
        "~",
        "*",
        "|",
        "\"",
        "'",
        "<>",
        "^",
        "`",
        "{}",
        "[]",
        "&",
        "=",
        "$,!",
        "SID ",
        &"x".repeat(512),
        &"é".repeat(256),
        &"x".repeat(513),
    ] {
        assert!(stays_in_its_place(&line, id).await, "{id:?}");
    }
}

#[test]
fn r5_no_id_at_all_reaches_another_path() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let line = runtime.block_on(Line::to(PATIENT, |_| Act::Answer(good())));
    let outcome = TestRunner::default().run(&any::<String>(), |id| {
        prop_assert!(runtime.block_on(stays_in_its_place(&line, &id)));
        Ok(())
    });
    outcome.unwrap();
}

#[tokio::test]
async fn calls_share_a_connection() {
    let line = Line::to(PATIENT, |request| {
        let status = if request.contains("/SID") { 200 } else { 503 };
        Act::Answer(answer(status, "", &success(DETAIL).1))
    })
    .await;
    line.detail().await.unwrap();
    assert!(
        line.caller
            .list(&plenty(), &line.endpoint, 1)
            .await
            .is_err()
    );
    line.detail().await.unwrap();
    assert_eq!(line.seen.connections(), 1);
}

#[tokio::test]
async fn nobody_listening_is_no_connection() {
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let line = Line::at(&base, Arc::default(), PATIENT);
    assert_eq!(line.detail().await, failed(Failure::Connect));
}

#[tokio::test]
async fn localhost_is_this_machine() {
    let (address, seen) = listen(|_| Act::Answer(good())).await;
    let base = format!("http://localhost:{}", address.port());
    let line = Line::at(&base, seen, PATIENT);
    line.detail().await.unwrap();
}

#[tokio::test]
async fn the_date_of_a_refusal_shows_a_wrong_clock() {
    let line = Line::to(PATIENT, |_| {
        let (status, body) = error(401, "200");
        Act::Answer(answer(
            status,
            "Date: Thu, 01 Jan 2026 12:00:00 GMT\r\n",
            &body,
        ))
    })
    .await;
    assert_eq!(line.detail().await, Err(CallError::CredentialsRejected));
    let ahead = jiff::SignedDuration::from_hours(9);
    line.bench.steering.advance(ahead);
    line.caller.reopen();
    assert_eq!(line.detail().await, Err(CallError::ClockSkew { ahead }));
    assert_eq!(line.results(), ["credentials_rejected", "clock_skew"]);
}

#[tokio::test]
async fn a_call_that_is_given_up_is_counted() {
    let line = Line::to(PATIENT, |_| Act::Hang(Vec::new())).await;
    tokio::select! {
        _ = line.detail() => panic!("nobody answers"),
        () = line.seen.wait_for(1) => {}
    }
    assert_eq!(line.results(), ["cancelled"]);
}

/// Runs itself again with a proxy in the environment, which belongs to the process.
#[test]
fn r5_proxies_in_the_environment_are_not_used() {
    const INNER: &str = "NCP_TEST_INSIDE_A_PROXIED_ENVIRONMENT";
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if std::env::var_os(INNER).is_some() {
        runtime.block_on(async {
            let line = Line::to(PATIENT, |_| Act::Answer(good())).await;
            line.detail().await.unwrap();
        });
        return;
    }
    let (proxy, seen) = runtime.block_on(listen(|_| Act::Answer(good())));
    let mut inner = std::process::Command::new(std::env::current_exe().unwrap());
    inner.env(INNER, "1").args([
        "--exact",
        "source::tests::wire::r5_proxies_in_the_environment_are_not_used",
    ]);
    inner
        .env_remove("no_proxy")
        .env_remove("NO_PROXY")
        .env_remove("REQUEST_METHOD");
    for name in [
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ] {
        inner.env(name, format!("http://{proxy}"));
    }
    let output = inner.output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
    assert_eq!(seen.connections(), 0);
}
