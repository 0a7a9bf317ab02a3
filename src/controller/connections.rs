//! The connections of all stores: who may look with which credentials, and what that shows of them.
//!
//! Credentials that NCP refuses are read again at once. When they are still the same the breaker opens, and a vigil is
//! kept over their Secret.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use steerable_clock::Clock;
use tokio::sync::{Notify, mpsc};

use super::connection::{Connection, Standing, State};
use super::credentials::{CredentialReader, Reading, Unread};
use super::{Inventory, Wakes};
use crate::api::Reason;
use crate::cluster::StoreObject;
use crate::cluster::secrets::Version;
use crate::core::breaker::Admission;
use crate::core::request::StoreKey;
use crate::core::store::StoreSpec;
use crate::core::trouble::Trouble;
use crate::core::urgency::Urgency;
use crate::metrics::StoreReading;
use crate::source::{Account, Allowance, Budget, Held};

/// The connections of all stores.
pub struct Connections {
    pub(super) clock: Clock,
    pub(super) reader: CredentialReader,
    pub(super) inventory: Arc<Inventory>,
    pub(super) wakes: Wakes,
    pub(super) troubles: mpsc::UnboundedSender<StoreKey>,
    /// Looks that one store may have underway.
    most_at_once: usize,
    freed: Arc<Notify>,
    open: Mutex<HashMap<StoreKey, Arc<Connection>>>,
}

/// The right to make calls for one look.
#[derive(Clone)]
pub struct Ticket {
    /// With which to look.
    pub account: Arc<Account>,
    /// Which credentials it makes them with.
    pub version: Version,
    pub(super) connection: Arc<Connection>,
    pub(super) store: StoreKey,
    spec: StoreSpec,
    probes: bool,
}

impl Ticket {
    /// Whether it is the one look that tries whether NCP accepts the credentials again.
    #[must_use]
    pub const fn probes(&self) -> bool {
        self.probes
    }

    /// What it may spend.
    #[must_use]
    pub fn budget(&self) -> &Arc<Budget> {
        &self.connection.budget
    }
}

/// Why there is no ticket.
pub enum Denied {
    /// The store's trouble, which is the object's too.
    Trouble(Trouble),
    /// The API server does not answer.
    Interrupted,
}

impl Denied {
    /// The word for it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Trouble(trouble) => trouble.reason().as_str(),
            Self::Interrupted => "Interrupted",
        }
    }
}

/// What a refusal means for the look that met it.
pub enum Verdict {
    /// It stands.
    Stands,
    /// The credentials are others by now: look again with these.
    Again(Box<Ticket>),
}

impl Verdict {
    fn again(ticket: Ticket, reading: Reading) -> Self {
        Self::Again(Box::new(Ticket {
            account: reading.account,
            version: reading.version,
            ..ticket
        }))
    }
}

impl Connections {
    /// No connection is open yet. Stores whose trouble begins or ends are named on `troubles`.
    #[must_use]
    pub fn new(
        clock: Clock,
        reader: CredentialReader,
        inventory: Arc<Inventory>,
        wakes: Wakes,
        troubles: mpsc::UnboundedSender<StoreKey>,
        most_at_once: usize,
    ) -> Self {
        Self {
            clock,
            reader,
            inventory,
            wakes,
            troubles,
            most_at_once,
            freed: Arc::default(),
            open: Mutex::default(),
        }
    }

    /// Gives the right to look, after reading the credentials if need be.
    ///
    /// # Errors
    ///
    /// The trouble of the store, while the credentials are of no use.
    pub async fn ticket(
        self: &Arc<Self>,
        key: &StoreKey,
        store: &StoreObject,
        spec: &StoreSpec,
    ) -> Result<Ticket, Denied> {
        let connection = self.connection(key, store, spec);
        let mut state = connection.state.lock().await;
        let now = self.clock.now();
        let can_probe = state.reading.is_some();
        let admission = state.breaker.admit(can_probe, now);
        let known = state.reading.clone();
        let admission = admission.map_err(Denied::Trouble)?;
        let reading = match (admission, known) {
            (Admission::Probe, Some(reading)) => {
                reading.account.reopen();
                reading
            }
            (Admission::Free, Some(reading)) if reading.is_trusted(now) => reading,
            (_, known) => {
                let read = self.reader.read(spec, known.as_ref(), now).await;
                self.take_over(key, &connection, &mut state, read)?
            }
        };
        drop(state);
        Ok(Ticket {
            account: reading.account,
            version: reading.version,
            connection,
            store: key.clone(),
            spec: spec.clone(),
            probes: admission == Admission::Probe,
        })
    }

    fn take_over(
        self: &Arc<Self>,
        key: &StoreKey,
        connection: &Arc<Connection>,
        state: &mut State,
        read: Result<Reading, Unread>,
    ) -> Result<Reading, Denied> {
        match read {
            Ok(reading) => {
                let known = state.reading.replace(reading.clone());
                if known.is_none_or(|known| known.version != reading.version) {
                    connection.budget.be_cautious(true);
                }
                if connection.tells(Reason::CredentialsMissing) {
                    self.tell(key, connection, Standing::Good);
                }
                Ok(reading)
            }
            Err(Unread::Interrupted) => Err(Denied::Interrupted),
            Err(Unread::Useless { trouble, version }) => {
                state.reading = None;
                self.break_off(key, connection, state, &trouble, version);
                Err(Denied::Trouble(trouble))
            }
        }
    }

    /// Takes note that NCP has answered somebody whom it knows.
    pub async fn accepted(&self, ticket: &Ticket) {
        let connection = &ticket.connection;
        connection.answered();
        let mut state = connection.state.lock().await;
        // What was asked before the refusal says nothing of what NCP thinks since.
        if state.breaker.is_open() && !ticket.probes {
            return;
        }
        let is_current = state
            .reading
            .as_mut()
            .filter(|reading| reading.version == ticket.version);
        let Some(reading) = is_current else {
            return;
        };
        let confirmed = self.clock.now();
        // The status may still tell of a trouble that other keys or an earlier process had.
        let is_news = connection.standing() != Standing::Good;
        if is_news {
            reading.confirmed = confirmed;
        }
        let was_broken = state.breaker.close();
        connection.show_breaker(&state);
        if is_news {
            self.tell(&ticket.store, connection, Standing::Good);
        }
        if was_broken {
            self.wake_users(&ticket.store);
        }
    }

    /// Takes note that NCP refuses the credentials or the clock; finds out whether the credentials are others by now.
    pub async fn refused(self: &Arc<Self>, ticket: Ticket, trouble: Trouble) -> Verdict {
        let connection = Arc::clone(&ticket.connection);
        let mut state = connection.state.lock().await;
        let now = self.clock.now();
        let Some(current) = state.reading.clone() else {
            return Verdict::Stands;
        };
        if state.breaker.is_open() {
            if current.version == ticket.version && state.breaker.refused(&trouble, now) {
                self.tell_trouble(&ticket.store, &connection, &trouble);
            }
            return Verdict::Stands;
        }
        if current.version != ticket.version {
            return Verdict::again(ticket, current);
        }
        let (trouble, version) = match self.reader.read(&ticket.spec, None, now).await {
            Ok(reading) if reading.version != ticket.version => {
                state.reading = Some(reading.clone());
                connection.budget.be_cautious(true);
                return Verdict::again(ticket, reading);
            }
            // The account that met the refusal sends nothing any more, and is kept for the next probe.
            Ok(reading) => (trouble, Some(reading.version)),
            Err(Unread::Useless { trouble, version }) => {
                state.reading = None;
                (trouble, version)
            }
            Err(Unread::Interrupted) => {
                current.account.reopen();
                return Verdict::Stands;
            }
        };
        self.break_off(&ticket.store, &connection, &mut state, &trouble, version);
        Verdict::Stands
    }

    /// Admits a look through a store; nothing when no calls are to be expected of it.
    ///
    /// # Errors
    ///
    /// When to ask again.
    pub fn admit(&self, key: &StoreKey, urgency: Urgency) -> Result<Option<Allowance>, Held> {
        let connection = self.lock().get(key).cloned();
        match connection {
            Some(connection) if !connection.is_broken() => {
                connection.budget.admit(urgency).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Notes whether somebody waits to be admitted to a store.
    pub fn note_waiting(&self, key: &StoreKey, waits: bool) {
        if let Some(connection) = self.lock().get(key) {
            connection.budget.others_wait(waits);
        }
    }

    /// Waits until it may be of use to ask again who is admitted.
    pub async fn freed(&self) {
        self.freed.notified().await;
    }

    /// What each store shows of itself in metrics.
    #[must_use]
    pub fn readings(&self) -> Vec<StoreReading> {
        let open = self.lock();
        let readings = open.iter().map(|(store, connection)| StoreReading {
            store: store.clone(),
            left: connection.budget.left(),
            is_open: connection.is_broken(),
        });
        readings.collect()
    }

    /// Closes the connection of a store that is gone.
    pub fn forget(&self, key: &StoreKey) {
        self.lock().remove(key);
    }

    /// Closes all connections; what looks after the broken ones ends. No pass may run any more.
    pub fn close(&self) {
        self.lock().clear();
    }

    pub(super) fn current(&self, key: &StoreKey, store: &StoreObject) -> Option<Arc<Connection>> {
        let open = self.lock();
        open.get(key)
            .filter(|connection| connection.is_for(store))
            .cloned()
    }

    pub(super) fn connection(
        &self,
        key: &StoreKey,
        store: &StoreObject,
        spec: &StoreSpec,
    ) -> Arc<Connection> {
        let mut open = self.lock();
        let known = open.get(key).filter(|known| known.is_of(store));
        if let Some(known) = known.filter(|known| known.is_for(store)) {
            return Arc::clone(known);
        }
        // What was spent stays spent, whatever the store says by now.
        let budget = if let Some(known) = known {
            known.budget.limit(spec.limits);
            Arc::clone(&known.budget)
        } else {
            let (clock, freed) = (self.clock.clone(), Arc::clone(&self.freed));
            Arc::new(Budget::new(clock, spec.limits, self.most_at_once, freed))
        };
        let connection = Arc::new(Connection::new(store, budget));
        connection.show_shortage(known.is_some_and(|known| known.is_short()));
        open.insert(key.clone(), Arc::clone(&connection));
        connection
    }

    fn break_off(
        self: &Arc<Self>,
        key: &StoreKey,
        connection: &Arc<Connection>,
        state: &mut State,
        trouble: &Trouble,
        version: Option<Version>,
    ) {
        state.refused = version;
        state.breaker.refused(trouble, self.clock.now());
        connection.show_breaker(state);
        connection.budget.be_cautious(false);
        self.tell_trouble(key, connection, trouble);
        tokio::spawn(Arc::clone(self).keep_vigil(key.clone(), Arc::downgrade(connection)));
    }

    pub(super) fn is_current(&self, key: &StoreKey, connection: &Arc<Connection>) -> bool {
        self.lock()
            .get(key)
            .is_some_and(|current| Arc::ptr_eq(current, connection))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<StoreKey, Arc<Connection>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
