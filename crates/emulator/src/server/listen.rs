//! Listening and serving connections.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::rustls::ServerConfig;

use super::handshake;
use super::malformed::Spoken;
use super::reply::{Body, Cut};

const ATTEMPTS: usize = 32;
const PAUSE_AFTER_A_FAILED_ACCEPT: Duration = Duration::from_millis(20);

/// Listens on a port, or on a free one. Free ports are looked for below the range from which the system takes
/// the local ports of outgoing connections, so that nothing else takes the port of an emulator that restarts.
pub(crate) async fn bind(address: IpAddr, port: Option<u16>) -> io::Result<TcpListener> {
    if let Some(port) = port {
        return TcpListener::bind((address, port)).await;
    }
    for _ in 0..ATTEMPTS {
        if let Ok(listener) = TcpListener::bind((address, fastrand::u16(16_384..32_768))).await {
            return Ok(listener);
        }
    }
    TcpListener::bind((address, 0)).await
}

/// How long a connection may wait for a request, in real time.
const LONGEST_IDLE: Duration = Duration::from_mins(2);

/// Serves connections, which end with this: plain HTTP, and on the same port TLS if it is given. What is not HTTP gets
/// the answer `malformed`, which is told the status that it would have.
pub(super) async fn serve<A>(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    answer: impl Fn(Request<Incoming>, IpAddr) -> A + Clone + Send + 'static,
    malformed: impl Fn(u16) -> Vec<u8> + Clone + Send + Unpin + 'static,
) where
    A: Future<Output = Result<Response<Body>, Cut>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let (tls, answer, malformed) = (tls.clone(), answer.clone(), malformed.clone());
                    connections.spawn(async move {
                        // Without delay, as an answer is written at once; a socket that refuses this still works.
                        let _ = stream.set_nodelay(true);
                        let answer = move |request| answer(request, peer.ip());
                        let served = connection(stream, tls, answer, malformed).await;
                        if let Err(error) = served {
                            tracing::debug!(%error, "a connection ended early");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "failed to accept a connection");
                    tokio::time::sleep(PAUSE_AFTER_A_FAILED_ACCEPT).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection<A>(
    stream: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    answer: impl Fn(Request<Incoming>) -> A,
    malformed: impl Fn(u16) -> Vec<u8> + Unpin,
) -> Result<(), ConnectionError>
where
    A: Future<Output = Result<Response<Body>, Cut>>,
{
    match tls {
        Some(tls) if handshake::is_tls(&stream).await? => {
            let stream = handshake::accept(tls, stream).await?;
            Ok(http(Spoken::new(stream, malformed), answer).await?)
        }
        _ => Ok(http(Spoken::new(stream, malformed), answer).await?),
    }
}

async fn http<A>(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: impl Fn(Request<Incoming>) -> A,
) -> hyper::Result<()>
where
    A: Future<Output = Result<Response<Body>, Cut>>,
{
    http1::Builder::new()
        .auto_date_header(false)
        .timer(TokioTimer::new())
        .header_read_timeout(LONGEST_IDLE)
        .serve_connection(TokioIo::new(stream), service_fn(answer))
        .await
}

/// A connection ended early.
#[derive(Debug, thiserror::Error)]
enum ConnectionError {
    #[error("failed to agree on TLS: {0}")]
    Handshake(#[from] io::Error),
    #[error("{0}")]
    Http(#[from] hyper::Error),
}
