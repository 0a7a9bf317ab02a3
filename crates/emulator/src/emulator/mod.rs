//! A running emulator.

mod access;
mod secrets;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use jiff::Timestamp;
use steerable_clock::{Clock, Steering};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::rustls::ServerConfig;

use crate::actions::Caller;
use crate::auth::Keys;
use crate::host::Host;
use crate::metadata::Metadata;
use crate::seed::Seed;
use crate::server::{self, Admin, ClockFeed};
use crate::settings::{Endpoints, Settings, StartError};
use crate::shared::Shared;
use crate::state::State;
use crate::store::{NotSaved, StateFile};

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
    authority: Option<Arc<str>>,
    tasks: JoinSet<()>,
}

impl Emulator {
    /// Starts to listen and to keep time. Everything is kept in memory only.
    ///
    /// # Errors
    ///
    /// [`StartError`] when a port or the certificate cannot be had.
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        let (state, keys, metadata) = nothing_yet(&settings);
        let shared = Shared::new(settings.clock.clone(), state, keys, metadata);
        let (emulator, ready) = Self::prepare(settings, shared).await?;
        emulator.serve(ready)
    }

    /// Starts with what a state file holds, or with a seed when it is new, and keeps everything in it: what
    /// was answered to a change survives a kill at any moment. The faults of the seed come in either way.
    ///
    /// # Errors
    ///
    /// [`StartError`] when a port cannot be had, or the file or the seed cannot be used.
    pub async fn start_kept(
        settings: Settings,
        file: StateFile,
        seed: Seed,
    ) -> Result<Self, StartError> {
        let is_new = file.is_new();
        let (state, keys, metadata) = if is_new {
            nothing_yet(&settings)
        } else {
            let entries = file.entries();
            (
                file.explain(State::restored(entries))?,
                file.explain(Keys::restored(entries))?,
                file.explain(Metadata::restored(entries))?,
            )
        };
        let shared = Shared::new(settings.clock.clone(), state, keys, metadata);
        let (emulator, ready) = Self::prepare(settings, shared).await?;
        if is_new {
            seed.sow(&emulator)?;
        } else {
            seed.sow_faults_only(&emulator)?;
        }
        // Before anybody is answered, so that the seed is in the file as a whole or not at all.
        emulator.shared.keep_in(file);
        let kept = emulator.serve(ready)?;
        kept.settled().await?;
        Ok(kept)
    }

    /// Takes the ports; who connects has to wait.
    async fn prepare(settings: Settings, shared: Shared) -> Result<(Self, Ready), StartError> {
        let tls = settings.tls.as_ref();
        let tls = tls.map(|tls| tls.serve(settings.address)).transpose()?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let (tls, authority) = tls.map(|it| (it.config, it.authority)).unzip();
        let mut endpoints = Endpoints::default();
        let mut hosts = Vec::new();
        for host in Host::ALL {
            let (listener, address) = listen(settings.address, settings.ports.of(host)).await?;
            *endpoints.of_mut(host) = format!("{scheme}://{address}{}", host.prefix());
            hosts.push((host, listener));
        }
        let (metadata, address) = listen(settings.address, settings.ports.metadata).await?;
        endpoints.metadata = format!("http://{address}");
        let (admin, address) = listen(settings.address, settings.ports.admin).await?;
        endpoints.admin = format!("http://{address}");
        let ready = Ready {
            hosts,
            tls,
            metadata,
            admin,
            feed: ClockFeed::new(settings.clock, settings.steering.clone()),
            steering: settings.steering,
            admin_hosts: settings.admin_hosts,
        };
        let emulator = Self {
            shared: Arc::new(shared),
            endpoints,
            authority: authority.flatten().map(Arc::from),
            tasks: JoinSet::new(),
        };
        Ok((emulator, ready))
    }

    fn serve(mut self, ready: Ready) -> Result<Self, StartError> {
        let shared = || Arc::clone(&self.shared);
        let caller = Caller::new(shared(), self.endpoints.clone()).map_err(StartError::Actions)?;
        self.tasks.spawn(caller.run());
        for (host, listener) in ready.hosts {
            let serving = server::serve_api(shared(), host, listener, ready.tls.clone());
            self.tasks.spawn(serving);
        }
        self.tasks
            .spawn(server::serve_metadata(shared(), ready.metadata));
        let router = server::router(Admin {
            shared: shared(),
            feed: Arc::new(ready.feed),
            hosts: ready.admin_hosts.into(),
            endpoints: Arc::new(self.endpoints.clone()),
            authority: self.authority.clone(),
        });
        self.tasks.spawn(async move {
            if let Err(error) = axum::serve(ready.admin, router).await {
                tracing::error!(%error, "the admin port ended");
            }
        });
        let keeper = shared();
        self.tasks.spawn(async move { keeper.keep_time().await });
        if let Some(steering) = ready.steering {
            let keeper = shared();
            self.tasks
                .spawn(async move { keeper.save_readings(&steering).await });
        }
        Ok(self)
    }

    /// Waits until everything that has changed is in the state file; at once without one.
    ///
    /// # Errors
    ///
    /// [`NotSaved`] when it cannot be written.
    pub async fn settled(&self) -> Result<(), NotSaved> {
        self.shared.settled().await
    }

    /// Where it listens.
    #[must_use]
    pub const fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// The emulator's own authority as PEM, for clients to trust; with [`Tls::Own`](crate::Tls::Own) only.
    #[must_use]
    pub fn certificate_authority(&self) -> Option<&str> {
        self.authority.as_deref()
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

    /// Stops listening, closes every connection, and gives the state file free.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
        self.shared.close().await;
    }
}

/// What an emulator holds that nobody has put anything into.
fn nothing_yet(settings: &Settings) -> (State, Keys, Metadata) {
    let seed = settings.random_seed.unwrap_or_else(|| fastrand::u64(..));
    let state = State::new(settings.behavior.clone(), seed);
    (state, Keys::default(), Metadata::default())
}

/// What an emulator serves from: ports that are taken, and the clock.
struct Ready {
    hosts: Vec<(Host, TcpListener)>,
    tls: Option<Arc<ServerConfig>>,
    metadata: TcpListener,
    admin: TcpListener,
    feed: ClockFeed,
    steering: Option<Steering>,
    admin_hosts: Vec<String>,
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
    listening.await.map_err(|source| StartError::Listen {
        address,
        port,
        source,
    })
}
