//! A running emulator.

mod access;
mod secrets;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use jiff::Timestamp;
use steerable_clock::Clock;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::host::Host;
use crate::server::{self, Admin, ClockFeed};
use crate::settings::{Endpoints, Settings, StartError};
use crate::shared::Shared;
use crate::state::State;

/// An emulator that listens. It stops when it is dropped.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use ncp_emulator::{Emulator, NewSecret, Role, Settings};
///
/// let emulator = Emulator::start(Settings::default()).await?;
/// let key = emulator.add_key(Role::Manager);
/// let id = emulator.create_secret(NewSecret::named("shop-orders").value(r#"{"password":"x"}"#))?;
/// assert!(emulator.endpoints().kr_regional.ends_with("/secretmanager"));
/// # drop((key, id));
/// emulator.stop().await;
/// # Ok(())
/// # }
/// ```
pub struct Emulator {
    shared: Arc<Shared>,
    endpoints: Endpoints,
    tasks: JoinSet<()>,
}

impl Emulator {
    /// Starts to listen and to keep time.
    ///
    /// # Errors
    ///
    /// [`StartError`] when a port cannot be had.
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        let seed = settings.random_seed.unwrap_or_else(|| fastrand::u64(..));
        let state = State::new(settings.behavior.clone(), seed);
        let shared = Arc::new(Shared::new(settings.clock.clone(), state));
        let mut tasks = JoinSet::new();
        let mut api = async |host, port| {
            let (listener, address) = listen(settings.address, port).await?;
            tasks.spawn(server::serve(Arc::clone(&shared), host, listener));
            Ok(format!("http://{address}{}", host.prefix()))
        };
        let kr_global = api(Host::KrGlobal, settings.ports.kr_global).await?;
        let kr_regional = api(Host::KrRegional, settings.ports.kr_regional).await?;
        let jpn_regional = api(Host::JpnRegional, settings.ports.jpn_regional).await?;
        let (listener, admin) = listen(settings.address, settings.ports.admin).await?;
        let endpoints = Endpoints {
            kr_global,
            kr_regional,
            jpn_regional,
            admin: format!("http://{admin}"),
        };
        let feed = Arc::new(ClockFeed::new(settings.clock, settings.steering));
        let router = server::router(Admin {
            shared: Arc::clone(&shared),
            feed,
            endpoints: Arc::new(endpoints.clone()),
        });
        tasks.spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the admin port ended");
            }
        });
        let keeper = Arc::clone(&shared);
        tasks.spawn(async move { keeper.keep_time().await });
        Ok(Self {
            shared,
            endpoints,
            tasks,
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// The clock it follows.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Shows the state as it is now. The function must not call the emulator itself, which waits for it.
    pub fn state<T>(&self, show: impl FnOnce(&State) -> T) -> T {
        self.shared.change(|state, _| show(state))
    }

    /// Changes the state as it is now; the moment is the clock's. The emulator itself waits meanwhile, so the
    /// function must not call it.
    pub fn change<T>(&self, change: impl FnOnce(&mut State, Timestamp) -> T) -> T {
        self.shared.change(change)
    }

    /// Stops listening and closes every connection.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Emulator")
            .field("endpoints", &self.endpoints)
            .finish_non_exhaustive()
    }
}

async fn listen(
    address: IpAddr,
    port: Option<u16>,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let listening = async {
        let listener = server::bind(address, port).await?;
        let local = listener.local_addr()?;
        Ok((listener, local))
    };
    listening.await.map_err(|source| StartError {
        address,
        port,
        source,
    })
}
