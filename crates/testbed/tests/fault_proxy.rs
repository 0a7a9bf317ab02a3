//! What a client behind the fault proxy sees.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use testbed::{Fault, FaultProxy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(5);
const A_WHILE: Duration = Duration::from_millis(150);

/// A server that sends back what it gets.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.into_split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
            });
        }
    });
    address
}

async fn say(stream: &mut TcpStream, word: &[u8; 4]) -> std::io::Result<[u8; 4]> {
    stream.write_all(word).await?;
    let mut heard = [0; 4];
    stream.read_exact(&mut heard).await?;
    Ok(heard)
}

#[tokio::test]
async fn bytes_pass_and_both_ends_learn_of_the_end() {
    let proxy = FaultProxy::start(echo().await).unwrap();
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    let text = vec![7; 300_000];
    let (mut from, mut to) = stream.split();
    let mut heard = Vec::new();
    let send = async {
        to.write_all(&text).await.unwrap();
        to.shutdown().await.unwrap();
    };
    let ((), read) = tokio::join!(send, from.read_to_end(&mut heard));
    read.unwrap();
    assert_eq!(heard, text);
}

#[tokio::test]
async fn a_delay_is_suffered_in_each_direction() {
    let proxy = FaultProxy::start(echo().await).unwrap();
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    proxy.set(Fault::Delay(A_WHILE)).await.unwrap();
    let started = Instant::now();
    assert_eq!(&say(&mut stream, b"slow").await.unwrap(), b"slow");
    assert!(started.elapsed() >= 2 * A_WHILE);
}

#[tokio::test]
async fn what_was_sent_while_stalled_arrives_afterwards() {
    let proxy = FaultProxy::start(echo().await).unwrap();
    proxy.set(Fault::Stall).await.unwrap();
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    stream.write_all(b"late").await.unwrap();
    let mut heard = [0; 4];
    assert!(
        timeout(A_WHILE, stream.read_exact(&mut heard))
            .await
            .is_err()
    );

    proxy.set(Fault::Pass).await.unwrap();

    timeout(SOON, stream.read_exact(&mut heard))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(&heard, b"late");
}

#[tokio::test]
async fn open_and_new_connections_are_cut() {
    let proxy = FaultProxy::start(echo().await).unwrap();
    let mut open = TcpStream::connect(proxy.address()).await.unwrap();
    say(&mut open, b"here").await.unwrap();

    proxy.set(Fault::Cut).await.unwrap();

    timeout(SOON, say(&mut open, b"gone"))
        .await
        .unwrap()
        .unwrap_err();
    let mut new = TcpStream::connect(proxy.address()).await.unwrap();
    timeout(SOON, say(&mut new, b"gone"))
        .await
        .unwrap()
        .unwrap_err();

    proxy.set(Fault::Pass).await.unwrap();
    let mut next = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(&say(&mut next, b"back").await.unwrap(), b"back");
}

#[tokio::test]
async fn nobody_listens_and_then_the_same_port_listens_again() {
    let proxy = FaultProxy::start(echo().await).unwrap();
    let mut open = TcpStream::connect(proxy.address()).await.unwrap();
    say(&mut open, b"here").await.unwrap();

    for _ in 0..3 {
        proxy.set(Fault::Refuse).await.unwrap();
        let refused = TcpStream::connect(proxy.address()).await.unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
        timeout(SOON, say(&mut open, b"gone"))
            .await
            .unwrap()
            .unwrap_err();

        proxy.set(Fault::Pass).await.unwrap();
        open = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(&say(&mut open, b"back").await.unwrap(), b"back");
    }
}
