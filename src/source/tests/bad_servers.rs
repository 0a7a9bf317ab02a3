//! What becomes of servers that answer badly.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;

use super::line::{DETAIL, Line, failed, good, outcome};
use super::listener::{Act, HASTY, PATIENT, answer, listen, success};
use crate::core::remote::Failure;
use crate::source::Deadlines;
use crate::source::call_error::CallError;

#[tokio::test]
async fn r5_a_body_is_bounded_by_what_it_announces() {
    let announced = b"HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n{".to_vec();
    let outcome = outcome(move || Act::Hang(announced.clone())).await;
    assert_eq!(outcome, failed(Failure::TooLarge));
}

#[tokio::test]
async fn a_body_that_never_ends_is_left() {
    let outcome = outcome(|| {
        let chunk = [b"4000\r\n".to_vec(), vec![b' '; 0x4000], b"\r\n".to_vec()].concat();
        let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        Act::Repeat(head, chunk, Duration::ZERO)
    })
    .await;
    assert_eq!(outcome, failed(Failure::TooLarge));
}

#[tokio::test]
async fn a_body_of_just_the_bound_is_read() {
    for (length, wanted) in [(65_536, Ok(())), (65_537, failed(Failure::TooLarge))] {
        let body = success(DETAIL).1;
        let body = body.clone() + &" ".repeat(length - body.len());
        let whole = answer(200, "", &body);
        let chunked = format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n"
        );
        for bytes in [whole, chunked.into_bytes()] {
            let outcome = outcome(move || Act::Hang(bytes.clone())).await;
            assert_eq!(outcome, wanted);
        }
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_none() {
    for (bytes, wanted) in [
        (&b""[..], Failure::Interrupted),
        (b"HTTP/1.1 200", Failure::Interrupted),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"code\":", Failure::Interrupted),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"cod", Failure::Interrupted),
        (b"HTTP/1.1 200 OK\r\n\r\n{\"code\":\"SUCC", Failure::Malformed),
        (b"SSH-2.0-OpenSSH_9.9\r\n", Failure::Interrupted),
        (
            b"HTTP/1.1 404 x\r\nContent-Length: 90\r\n\r\n{\"error\":{\"errorCode\":\"NOT_FOUND\"}}",
            Failure::Interrupted,
        ),
        (b"HTTP/1.1 500 x\r\nContent-Length: 90\r\n\r\n{", Failure::Status(500)),
    ] {
        let outcome = outcome(move || Act::Close(bytes.to_vec())).await;
        assert_eq!(outcome, failed(wanted), "{}", String::from_utf8_lossy(bytes));
    }
}

#[tokio::test]
async fn a_status_that_speaks_for_itself_needs_no_body() {
    let outcome = outcome(|| {
        Act::Close(
            b"HTTP/1.1 429 x\r\nRetry-After: 7\r\nContent-Length: 999999\r\n\r\n<html>".to_vec(),
        )
    })
    .await;
    let retry_after = Some(Duration::from_secs(7));
    assert_eq!(outcome, Err(CallError::Throttled { retry_after }));
}

#[tokio::test]
async fn r5_a_redirect_is_not_followed() {
    let (elsewhere, elsewhere_seen) = listen(|_| Act::Answer(good())).await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("Location: http://{elsewhere}/\r\n");
        let outcome = outcome(move || Act::Answer(answer(status, &location, ""))).await;
        assert_eq!(outcome, failed(Failure::Redirect));
    }
    assert_eq!(elsewhere_seen.connections(), 0);
}

#[tokio::test]
async fn r5_a_compressed_answer_is_malformed() {
    let outcome = outcome(|| {
        Act::Answer(answer(
            200,
            "Content-Encoding: gzip\r\n",
            &success(DETAIL).1,
        ))
    });
    assert_eq!(outcome.await, failed(Failure::Malformed));
}

/// The detail, if it ends in time; nothing here waits for longer than the haste of the caller.
async fn detail_in_time(line: &Line) -> Result<(), CallError> {
    let detail = tokio::time::timeout(PATIENT.total, line.detail()).await;
    detail.expect("the deadline passed and the call went on")
}

#[tokio::test]
async fn r5_a_server_that_says_nothing_ends_with_the_deadline() {
    let line = Line::to(HASTY, |_| Act::Hang(Vec::new())).await;
    assert_eq!(detail_in_time(&line).await, failed(Failure::Timeout));
    assert_eq!(line.results(), ["timeout"]);
}

#[tokio::test]
async fn r5_a_server_that_trickles_ends_with_the_deadline() {
    let line = Line::to(HASTY, |_| {
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n".to_vec();
        Act::Repeat(head, b" ".to_vec(), Duration::from_millis(5))
    })
    .await;
    assert_eq!(detail_in_time(&line).await, failed(Failure::Timeout));
}

#[tokio::test]
async fn r5_a_server_that_does_not_shake_hands_ends_with_the_deadline_for_connections() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("https://{}", silent.local_addr().unwrap());
    let deadlines = Deadlines {
        connect: HASTY.connect,
        total: 2 * PATIENT.total,
    };
    let line = Line::at(&base, Arc::default(), deadlines);
    assert_eq!(detail_in_time(&line).await, failed(Failure::Connect));
}
