//! The operator as a whole: everything is set up here, in order, and stopped here.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use kube::{Client, Config};
use steerable_clock::Clock;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use crate::clock_feed::{ClockError, follow_clock};
use crate::cluster::{Announcer, ConnectError, Objects, Refusal, Secrets, connect};
use crate::controller::{
    Connections, Health, Inventory, Scope, Sharing, World, dispatch, follow_all, report_stores,
};
use crate::metrics::Metrics;
use crate::serve::{Shown, serve};
use crate::settings::Settings;
use crate::source::{
    Deadlines, EndpointError, Endpoints, Overrides, Settings as SourceSettings, Transport,
    TransportError,
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
    /// The time.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// The installation key.
    #[error("failed to read or make the installation key in namespace {namespace}")]
    Key {
        /// The operator's namespace.
        namespace: String,
        /// Why.
        source: Refusal,
    },
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
    /// The part of the cluster to follow.
    pub scope: Scope,
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
        let namespace = settings
            .namespace
            .clone()
            .unwrap_or(config.default_namespace);
        let secrets = Secrets::new(client.clone());
        let key = secrets
            .installation_key(&namespace)
            .await
            .map_err(|source| StartError::Key { namespace, source })?;

        let (wakes, woken) = mpsc::unbounded_channel();
        let (stores, named_stores) = mpsc::unbounded_channel();
        let inventory = Arc::new(Inventory::default());
        let objects = Objects::new(client.clone());
        let feeds = follow_all(
            &extras.scope,
            &objects,
            &secrets,
            &inventory,
            &wakes,
            &stores,
        );
        let connections = Arc::new(Connections::new(
            clock.clone(),
            secrets.clone(),
            transport,
            Arc::clone(&inventory),
            wakes,
            stores,
            usize::from(settings.concurrency),
        ));
        let shown = Arc::clone(&connections);
        metrics.ask_stores(move || shown.readings());
        let world = Arc::new(World {
            sharing: Arc::new(Sharing::new(clock.clone())),
            clock,
            inventory,
            secrets,
            objects,
            announcer: announcer(client),
            connections,
            key,
            metrics: metrics.clone(),
            longest_pass: extras.longest_pass.unwrap_or(LONGEST_PASS),
        });
        let health = Arc::new(Health::new(feeds));

        let (stop, stopped) = watch::channel(false);
        let shown = Shown {
            health: Arc::clone(&health),
            metrics,
        };
        tokio::spawn(serve(listener, shown, asked_to_stop(stopped.clone())));
        let stores = tokio::spawn(report_stores(Arc::clone(&world), named_stores));
        let concurrency = usize::from(settings.concurrency);
        let passes = dispatch(
            world,
            Arc::clone(&health),
            woken,
            concurrency,
            asked_to_stop(stopped),
        );
        let work = tokio::spawn(async move {
            passes.await;
            stores.abort();
        });
        tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "the operator has started");
        Ok(Self {
            address,
            health,
            stop,
            work,
        })
    }

    /// Whether all watches have their first list.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.health.missing().is_empty()
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

fn announcer(client: Client) -> Announcer {
    Announcer::new(client, std::env::var("HOSTNAME").ok())
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
