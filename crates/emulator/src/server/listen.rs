//! Listening and serving connections.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::api::answer;
use crate::host::Host;
use crate::shared::Shared;

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

/// Serves one API host; its connections end with it.
pub(crate) async fn serve(shared: Arc<Shared>, host: Host, listener: TcpListener) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(connection(Arc::clone(&shared), host, stream, peer));
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

async fn connection(shared: Arc<Shared>, host: Host, stream: TcpStream, peer: SocketAddr) {
    // Without delay, as an answer is written at once; a socket that refuses this still works.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| answer(Arc::clone(&shared), host, peer.ip(), request));
    let served = http1::Builder::new()
        .auto_date_header(false)
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended early");
    }
}
