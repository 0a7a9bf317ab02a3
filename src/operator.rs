//! The operator as a whole: everything is set up here, in order, and stopped here.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use kube::Config;
use steerable_clock::Clock;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::api::MANAGER;
use crate::clock_feed::{ClockError, follow_clock};
use crate::cluster::{ConnectError, Election, Objects, Secrets, Server, Term, connect};
use crate::controller::{Health, Inventory, Office, Scope, follow_all};
use crate::core::lease::Timing;
use crate::metrics::Metrics;
use crate::serve::{Shown, serve};
use crate::settings::Settings;
use crate::source::{
    Deadlines, EndpointError, Endpoints, MetadataError, Overrides, ServerRole,
    Settings as SourceSettings, Transport, TransportError,
};

/// No pass takes longer, whatever hangs.
const LONGEST_PASS: Duration = Duration::from_mins(1);

/// Why the operator does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The API server.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The endpoints of NCP.
    #[error("failed to use the endpoints")]
    Endpoints(#[from] EndpointError),
    /// The certificate authorities.
    #[error("failed to read the certificate authorities in {path}")]
    Authorities {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The client for NCP.
    #[error("failed to set up the client for NCP")]
    Transport(#[from] TransportError),
    /// The metadata service.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// The time.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// The port for probes and metrics.
    #[error("failed to listen on {address}: is something else using the port?")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}

/// Settings that only code can give: what the command line does not offer.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// The clock, instead of the machine's or the one that `--clock-url` names.
    pub clock: Option<Clock>,
    /// The part of the cluster to follow, instead of what `--watch-namespaces` says.
    pub scope: Option<Scope>,
    /// How long a pass may take, instead of a minute.
    pub longest_pass: Option<Duration>,
}

/// A running operator.
pub struct Operator {
    /// Where probes and metrics are served.
    pub address: SocketAddr,
    health: Arc<Health>,
    stop: watch::Sender<bool>,
    work: tokio::task::JoinHandle<()>,
}

impl Operator {
    /// Sets everything up and starts; answers before the first pass.
    ///
    /// # Errors
    ///
    /// Whatever is missing, with what to do about it.
    pub async fn start(settings: Settings, extras: Extras) -> Result<Self, StartError> {
        let listener =
            TcpListener::bind(settings.listen)
                .await
                .map_err(|source| StartError::Listen {
                    address: settings.listen,
                    source,
                })?;
        let address = listener.local_addr().unwrap_or(settings.listen);
        let (client, config) = connect(settings.kubeconfig.as_deref()).await?;
        let clock = match extras.clock {
            Some(clock) => clock,
            None => clock(&settings, &config).await?,
        };
        let metrics = Metrics::default();
        let transport = transport(&settings, &clock, &metrics)?;
        let metadata = settings.endpoint_metadata.as_deref();
        let role = if settings.server_role {
            Some(ServerRole::new(metadata, settings.allow_loopback_http)?)
        } else {
            None
        };
        let namespace = settings
            .namespace
            .clone()
            .unwrap_or(config.default_namespace);
        let identity = identity();
        let election = settings.leader_election.then(|| {
            let (namespace, identity) = (namespace.clone(), identity.clone());
            Election::new(client.clone(), namespace, identity, Timing::default())
        });

        let scope = extras.scope;
        let scope =
            scope.unwrap_or_else(|| Scope::of(&settings.watch_namespaces, settings.cluster_stores));
        let inventory = Arc::new(if scope.cluster_stores {
            Inventory::default()
        } else {
            Inventory::without_cluster_stores()
        });
        let server = Server::to_read(client.clone());
        let objects = Objects::new(server.clone());
        let feeds = follow_all(&scope, &objects, &Secrets::new(server), &inventory);
        let feeds = Arc::new(feeds);
        let longest_pass = extras.longest_pass.unwrap_or(LONGEST_PASS);
        let health = Arc::new(Health::new(
            clock.clone(),
            Arc::clone(&feeds),
            Arc::clone(&inventory),
            election.as_ref().map(Election::standing),
            longest_pass,
        ));

        let (stop, stopped) = watch::channel(false);
        let shown = Shown {
            health: Arc::clone(&health),
            metrics: metrics.clone(),
        };
        tokio::spawn(serve(listener, shown, asked_to_stop(stopped.clone())));
        let office = Office {
            clock,
            client,
            namespace,
            identity,
            inventory,
            feeds,
            health: Arc::clone(&health),
            transport,
            role: role.map(Arc::new),
            metrics,
            longest_pass,
            concurrency: usize::from(settings.concurrency),
        };
        let work = tokio::spawn(run(office, election, stopped));
        tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "the operator has started");
        Ok(Self {
            address,
            health,
            stop,
            work,
        })
    }

    /// Whether it works, or stands by to.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.health.obstacles().is_empty()
    }

    /// Asks running passes to end, and waits for them.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // It can only have panicked, which was reported already.
        let _ = self.work.await;
        tracing::info!("the operator has stopped");
    }
}

async fn asked_to_stop(mut stopped: watch::Receiver<bool>) {
    // An error means that the operator was dropped, which asks to stop too.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Works whenever this process leads, until it is asked to stop.
async fn run(office: Office, mut election: Option<Election>, stopped: watch::Receiver<bool>) {
    let _presence = office.health.presence();
    let stop = asked_to_stop(stopped).shared();
    loop {
        let term = match &mut election {
            None => Term::for_ever(),
            Some(election) => tokio::select! {
                term = election.gain() => term,
                () = stop.clone() => break,
            },
        };
        let mut work = pin!(office.serve(&term, stop.clone()));
        match &mut election {
            None => work.await,
            Some(election) => tokio::select! {
                () = &mut work => {}
                () = election.keep() => work.await,
            },
        }
        if stop.peek().is_some() {
            break;
        }
    }
    if let Some(election) = &mut election {
        election.give_up().await;
    }
}

/// A name that no other process has, and by which people find this one: in a pod, the host's name is the pod's.
fn identity() -> String {
    let host = std::env::var("HOSTNAME").unwrap_or_else(|_| MANAGER.into());
    // Without the machine's random numbers the generator still begins differently in each process.
    let random = getrandom::u64().unwrap_or_else(|_| fastrand::u64(..));
    format!("{host}_{random:016x}")
}

async fn clock(settings: &Settings, config: &Config) -> Result<Clock, StartError> {
    let Some(url) = &settings.clock_url else {
        return Ok(Clock::machine());
    };
    let endpoint = |url: &Option<String>| url.clone().unwrap_or_default();
    let others = [
        ("the API server", config.cluster_url.to_string()),
        (
            "the endpoint kr-regional",
            endpoint(&settings.endpoint_kr_regional),
        ),
        (
            "the endpoint kr-global",
            endpoint(&settings.endpoint_kr_global),
        ),
        (
            "the endpoint jpn-regional",
            endpoint(&settings.endpoint_jpn_regional),
        ),
        (
            "the metadata service",
            endpoint(&settings.endpoint_metadata),
        ),
    ];
    Ok(follow_clock(url, &others).await?)
}

fn transport(
    settings: &Settings,
    clock: &Clock,
    metrics: &Metrics,
) -> Result<Arc<Transport>, StartError> {
    let overrides = Overrides {
        kr_regional: settings.endpoint_kr_regional.clone(),
        kr_global: settings.endpoint_kr_global.clone(),
        jpn_regional: settings.endpoint_jpn_regional.clone(),
    };
    let authorities = settings.extra_ca_file.as_ref().map(|path| {
        std::fs::read(path).map_err(|source| StartError::Authorities {
            path: path.display().to_string(),
            source,
        })
    });
    let metrics = metrics.clone();
    let transport = Transport::new(SourceSettings {
        endpoints: Endpoints::new(&overrides, settings.allow_loopback_http)?,
        extra_authorities: authorities.transpose()?,
        deadlines: Deadlines::default(),
        clock: clock.clone(),
        on_call: Arc::new(move |call| metrics.call(call.operation, call.result)),
    })?;
    Ok(Arc::new(transport))
}
