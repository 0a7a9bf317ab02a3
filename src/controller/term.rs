//! What this process does while it leads. All of it is made anew for each term: credentials, breakers, the queue, and what
//! passes left behind, because another process may have led meanwhile. So it is when the clock was set back, because all
//! of that remembers moments.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use jiff::SignedDuration;
use kube::Client;
use steerable_clock::Clock;
use tokio::sync::mpsc;

use super::connections::Connections;
use super::credentials::CredentialReader;
use super::dispatch::{Ending, dispatch};
use super::feeds::Feeds;
use super::health::Health;
use super::inventory::Inventory;
use super::outlet::Desk;
use super::sharing::Sharing;
use super::stores::report_stores;
use super::world::World;
use crate::cluster::{Announcer, Objects, Secrets, Server, Term, Workloads};
use crate::core::content::InstallationKey;
use crate::metrics::Metrics;
use crate::source::{ServerRole, Transport};

/// How soon the installation key is asked for again.
const KEY_AGAIN_AFTER: Duration = Duration::from_secs(2);

/// A clock that is set back by less delays what waits for its time by no more than that.
const SET_BACK: SignedDuration = SignedDuration::from_secs(10);

/// What every term begins with.
pub struct Office {
    /// Time.
    pub clock: Clock,
    /// The API server.
    pub client: Client,
    /// The operator's own namespace.
    pub namespace: String,
    /// What names this process among its replicas.
    pub identity: String,
    /// What is known.
    pub inventory: Arc<Inventory>,
    /// Where it comes from.
    pub feeds: Arc<Feeds>,
    /// What the probes ask.
    pub health: Arc<Health>,
    /// The way to NCP.
    pub transport: Arc<Transport>,
    /// The keys of the node's server role, if they may be used.
    pub role: Option<Arc<ServerRole>>,
    /// What is counted.
    pub metrics: Metrics,
    /// Neither the work of a pass nor the telling of it takes longer, whatever hangs.
    pub longest_pass: Duration,
    /// How many passes run at once.
    pub concurrency: usize,
}

impl Office {
    /// Works until the term is over, when running passes are cut off, or until `stop` is done, when they may end.
    pub async fn serve(&self, term: &Term, stop: impl Future<Output = ()>) {
        self.metrics.leads(true);
        let stop = stop.shared();
        while self.work(term, stop.clone()).await == Ending::Anew {}
        self.health.rests();
        self.metrics.leads(false);
    }

    async fn work(&self, term: &Term, stop: impl Future<Output = ()>) -> Ending {
        let mut end = pin!(async {
            tokio::select! {
                () = term.over() => Ending::AtOnce,
                () = stop => Ending::InOrder,
                () = self.clock.set_back(SET_BACK) => {
                    tracing::warn!("the clock was set back: everything that waits for its time begins anew");
                    Ending::Anew
                }
            }
        });
        let server = Server::during(self.client.clone(), term.clone());
        let secrets = Secrets::new(server.clone());
        let key = tokio::select! {
            key = self.key(&secrets) => key,
            ending = &mut end => return ending,
        };
        self.inventory.begin_anew();
        let (wakes, woken) = mpsc::unbounded_channel();
        let (stores, named) = mpsc::unbounded_channel();
        let reader = CredentialReader::new(
            secrets.clone(),
            Arc::clone(&self.transport),
            self.role.clone(),
        );
        let connections = Arc::new(Connections::new(
            self.clock.clone(),
            reader,
            Arc::clone(&self.inventory),
            wakes.clone(),
            stores.clone(),
            self.concurrency,
        ));
        let opened = Arc::clone(&connections);
        let (telling, inventory) = (Arc::clone(&self.inventory), Arc::clone(&self.inventory));
        self.metrics.ask(
            move || opened.readings(),
            move || telling.store_troubles(),
            move || inventory.readings(),
        );
        let world = Arc::new(World {
            sharing: Arc::new(Sharing::new(self.clock.clone())),
            clock: self.clock.clone(),
            inventory: Arc::clone(&self.inventory),
            objects: Objects::new(server.clone()),
            workloads: Workloads::new(server.clone()),
            announcer: Announcer::new(server, self.identity.clone()),
            connections,
            secrets,
            key,
            metrics: self.metrics.clone(),
            longest_pass: self.longest_pass,
        });
        let health = Arc::clone(&self.health);
        let ending = tokio::select! {
            ending = dispatch(Arc::clone(&world), health, woken, self.concurrency, end) => ending,
            () = report_stores(Arc::clone(&world), named) => Ending::AtOnce,
            () = self.feeds.attend(Desk { wakes, stores }) => Ending::AtOnce,
        };
        world.connections.close();
        ending
    }

    /// The installation key; a leader without it can do nothing but try again.
    async fn key(&self, secrets: &Secrets) -> InstallationKey {
        let mut told = None;
        loop {
            match secrets.installation_key(&self.namespace).await {
                Ok(key) => {
                    self.health.hindered(None);
                    return key;
                }
                Err(refusal) => {
                    let why = format!(
                        "failed to read or make the installation key in namespace {}: {refusal}",
                        self.namespace
                    );
                    if told.as_ref() != Some(&why) {
                        tracing::error!("{why}");
                    }
                    self.health.hindered(Some(why.clone()));
                    told = Some(why);
                }
            }
            tokio::time::sleep(KEY_AGAIN_AFTER).await;
        }
    }
}
