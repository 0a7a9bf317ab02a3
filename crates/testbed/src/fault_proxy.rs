//! A faulty network between a client and a server: a TCP proxy on loopback that forwards bytes as they are, TLS
//! included, and that can be told to slow down, to stall, and to break connections.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::ports::free_ports;

const PIECE: usize = 16 * 1024;
const BACKLOG: u32 = 1024;
const PORTS_TO_TRY: usize = 5;

/// What the proxy does to connections, those that are open included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Bytes flow.
    Pass,
    /// Every piece of up to 16 KiB waits this long, in each direction.
    Delay(Duration),
    /// Connections are accepted and stay open, and no byte moves; what was sent meanwhile arrives afterwards.
    Stall,
    /// Open connections are closed, and new ones are closed as soon as they are accepted.
    Cut,
    /// Open connections are closed, and nobody listens.
    Refuse,
}

/// A running proxy; it ends, and closes its connections, when it is dropped.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    orders: mpsc::Sender<Order>,
    task: JoinHandle<()>,
}

struct Order {
    fault: Fault,
    done: oneshot::Sender<io::Result<()>>,
}

/// A port, held whether or not somebody listens on it.
enum Door {
    Open(TcpListener),
    Closed(TcpSocket),
}

impl FaultProxy {
    /// Starts a proxy that passes everything on to a server.
    ///
    /// # Errors
    ///
    /// When no port can be listened on.
    pub fn start(server: SocketAddr) -> Result<Self> {
        let mut attempts = free_ports()
            .take(PORTS_TO_TRY)
            .map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
            .map(|address| Ok((address, Door::hold(address)?.open()?)));
        let first: io::Result<_> = attempts.find(Result::is_ok).unwrap_or_else(|| {
            Err(io::Error::new(
                io::ErrorKind::AddrInUse,
                "all ports that were tried are taken",
            ))
        });
        let (address, door) = first.context("cannot start a proxy")?;
        let (orders, received) = mpsc::channel(1);
        let task = tokio::spawn(run(address, door, server, received));
        Ok(Self {
            address,
            orders,
            task,
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes what the proxy does, and returns when that is in force: connections that had to be closed are
    /// closed.
    ///
    /// # Errors
    ///
    /// When the port cannot be listened on again.
    pub async fn set(&self, fault: Fault) -> Result<()> {
        let attempt = || format!("cannot set the proxy on {} to {fault:?}", self.address);
        let (done, answer) = oneshot::channel();
        self.orders
            .send(Order { fault, done })
            .await
            .with_context(attempt)?;
        answer.await.with_context(attempt)?.with_context(attempt)
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Door {
    fn hold(address: SocketAddr) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        // Closed connections linger on the port for a minute, and would keep us from having it back.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(Self::Closed(socket))
    }

    fn open(self) -> io::Result<Self> {
        match self {
            Self::Closed(socket) => socket.listen(BACKLOG).map(Self::Open),
            Self::Open(_) => Ok(self),
        }
    }

    fn close(self, address: SocketAddr) -> io::Result<Self> {
        match self {
            Self::Open(listener) => {
                drop(listener);
                Self::hold(address)
            }
            Self::Closed(_) => Ok(self),
        }
    }

    async fn accept(&self) -> io::Result<TcpStream> {
        match self {
            Self::Open(listener) => Ok(listener.accept().await?.0),
            Self::Closed(_) => std::future::pending().await,
        }
    }
}

async fn run(
    address: SocketAddr,
    mut door: Door,
    server: SocketAddr,
    mut orders: mpsc::Receiver<Order>,
) {
    let in_force = watch::Sender::new(Fault::Pass);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            order = orders.recv() => {
                let Some(Order { fault, done }) = order else {
                    return;
                };
                in_force.send_replace(fault);
                if matches!(fault, Fault::Cut | Fault::Refuse) {
                    connections.shutdown().await;
                }
                let changed =
                    if fault == Fault::Refuse { door.close(address) } else { door.open() };
                // An answer that nobody waits for is lost, here and below; the order stands.
                match changed {
                    Ok(changed) => door = changed,
                    Err(error) => {
                        let _ = done.send(Err(error));
                        return;
                    }
                }
                let _ = done.send(Ok(()));
            }
            Ok(client) = door.accept() => {
                if *in_force.borrow() != Fault::Cut {
                    connections.spawn(forward(client, server, in_force.subscribe()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Lives until both directions have ended or one has failed.
async fn forward(client: TcpStream, server: SocketAddr, faults: watch::Receiver<Fault>) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let there = pump(from_client, to_server, faults.clone());
    let back = pump(from_server, to_client, faults);
    // A broken connection is seen by both of its ends.
    let _ = tokio::try_join!(there, back);
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut faults: watch::Receiver<Fault>,
) -> io::Result<()> {
    let mut piece = Vec::with_capacity(PIECE);
    while from.read_buf(&mut piece).await? > 0 {
        suffer(&mut faults).await;
        to.write_all(&piece).await?;
        piece.clear();
    }
    suffer(&mut faults).await;
    to.shutdown().await
}

/// Waits as long as the present fault wants; connections to be broken are ended from outside.
async fn suffer(faults: &mut watch::Receiver<Fault>) {
    loop {
        let fault = *faults.borrow_and_update();
        match fault {
            Fault::Delay(wait) => return tokio::time::sleep(wait).await,
            Fault::Stall if faults.changed().await.is_ok() => {}
            _ => return,
        }
    }
}
