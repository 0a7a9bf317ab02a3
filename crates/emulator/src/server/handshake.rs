//! TLS on a port that also speaks plain HTTP.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;

/// A handshake has so long, in real time.
const DEADLINE: Duration = Duration::from_secs(10);

/// How long a connection may say nothing at all, in real time.
const LONGEST_SILENCE: Duration = Duration::from_mins(2);

/// The first byte of every TLS connection; no HTTP method begins with it.
const HANDSHAKE_RECORD: u8 = 0x16;

/// Whether TLS is spoken, once the first byte has come; it stays unread.
pub(super) async fn is_tls(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0];
    let seen = tokio::time::timeout(LONGEST_SILENCE, stream.peek(&mut first)).await??;
    Ok(seen == 1 && first == [HANDSHAKE_RECORD])
}

/// Agrees on TLS before the deadline.
pub(super) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
    config: Arc<ServerConfig>,
    stream: S,
) -> io::Result<TlsStream<S>> {
    let handshake = TlsAcceptor::from(config).accept(stream);
    tokio::time::timeout(DEADLINE, handshake).await?
}
