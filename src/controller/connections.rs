//! One connection for each store: its credentials, read when needed, and a breaker for when they are of no use.
//!
//! Credentials that NCP refuses are read again at once. When they are still the same the breaker opens: nobody calls
//! NCP with them. While it is open the metadata of the credential Secret are read every 5 seconds; a change closes it,
//! and every 5 minutes one call may try whether NCP has changed its mind.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use steerable_clock::Clock;
use tokio::sync::mpsc;

use super::credentials::{CredentialReader, Reading, Unread};
use super::{Inventory, Urgency, Wake, Wakes};
use crate::cluster::secrets::Version;
use crate::cluster::{Secrets, StoreObject};
use crate::core::request::StoreKey;
use crate::core::store::StoreSpec;
use crate::core::trouble::Trouble;
use crate::source::{Account, ServerRole, Transport};

/// How often the credential Secret is looked at while its content is of no use.
const WATCH_EVERY: Duration = Duration::from_secs(5);

/// How often NCP is asked with credentials that it has refused.
const PROBE_EVERY: SignedDuration = SignedDuration::from_mins(5);

/// The connections of all stores.
pub struct Connections {
    clock: Clock,
    reader: CredentialReader,
    inventory: Arc<Inventory>,
    wakes: Wakes,
    troubles: mpsc::UnboundedSender<StoreKey>,
    open: Mutex<HashMap<StoreKey, Arc<Connection>>>,
}

/// The connection of one store, as long as the store says the same.
struct Connection {
    uid: String,
    generation: i64,
    state: tokio::sync::Mutex<State>,
    /// What the store's status is to tell, once something has shown it; kept apart so that the teller need not wait for
    /// a reader of credentials.
    standing: Mutex<Standing>,
}

/// What is known of a store's credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Nothing yet, in this process.
    #[default]
    Unproven,
    /// They are of use.
    Good,
    /// They are of no use, for this reason.
    Bad(Trouble),
}

enum State {
    Unread,
    Good(Reading),
    Broken {
        trouble: Trouble,
        version: Option<Version>,
        account: Option<Reading>,
        next_probe: Timestamp,
    },
}

/// The right to make calls for one look.
#[derive(Clone)]
pub struct Ticket {
    /// With which to look.
    pub account: Arc<Account>,
    /// Which credentials it makes them with.
    pub version: Version,
    connection: Arc<Connection>,
    store: StoreKey,
    spec: StoreSpec,
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
        secrets: Secrets,
        transport: Arc<Transport>,
        role: Arc<ServerRole>,
        inventory: Arc<Inventory>,
        wakes: Wakes,
        troubles: mpsc::UnboundedSender<StoreKey>,
    ) -> Self {
        let open = Mutex::default();
        Self {
            clock,
            reader: CredentialReader::new(secrets, transport, role),
            inventory,
            wakes,
            troubles,
            open,
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
        let connection = self.connection(key, store);
        let mut state = connection.state.lock().await;
        let now = self.clock.now();
        let reading = match &mut *state {
            State::Good(reading) if reading.is_trusted(now) => reading.clone(),
            State::Broken {
                next_probe,
                account: Some(reading),
                ..
            } if *next_probe <= now => {
                *next_probe = now.saturating_add(PROBE_EVERY).unwrap_or(Timestamp::MAX);
                reading.clone()
            }
            State::Broken { trouble, .. } => return Err(Denied::Trouble(trouble.clone())),
            State::Unread | State::Good(_) => match self.reader.read(spec, state.good(), now).await
            {
                Ok(reading) => {
                    *state = State::Good(reading.clone());
                    if let Standing::Bad(Trouble::CredentialsMissing { .. }) = connection.standing()
                    {
                        self.tell(key, &connection, Standing::Good);
                    }
                    reading
                }
                Err(Unread::Interrupted) => return Err(Denied::Interrupted),
                Err(Unread::Useless { trouble, version }) => {
                    self.break_off(key, &connection, &mut state, trouble.clone(), version, None);
                    return Err(Denied::Trouble(trouble));
                }
            },
        };
        drop(state);
        Ok(Ticket {
            account: reading.account,
            version: reading.version,
            connection,
            store: key.clone(),
            spec: spec.clone(),
        })
    }

    /// Takes note that NCP accepts the credentials.
    pub async fn accepted(&self, ticket: &Ticket) {
        let connection = &ticket.connection;
        let mut state = connection.state.lock().await;
        match &*state {
            State::Broken {
                account: Some(reading),
                ..
            } if reading.version == ticket.version => {
                *state = State::Good(Reading {
                    confirmed: self.clock.now(),
                    ..reading.clone()
                });
                self.tell(&ticket.store, connection, Standing::Good);
                self.wake_users(&ticket.store);
            }
            // The status may still tell of a trouble that other keys or an earlier process had.
            State::Good(reading)
                if reading.version == ticket.version && connection.standing() != Standing::Good =>
            {
                self.tell(&ticket.store, connection, Standing::Good);
            }
            State::Unread | State::Good(_) | State::Broken { .. } => {}
        }
    }

    /// Takes note that NCP refuses the credentials or the clock; finds out whether the credentials are others by now.
    pub async fn refused(self: &Arc<Self>, ticket: Ticket, trouble: Trouble) -> Verdict {
        let connection = Arc::clone(&ticket.connection);
        let mut state = connection.state.lock().await;
        let now = self.clock.now();
        let current = match &mut *state {
            State::Good(reading) => reading.clone(),
            State::Broken {
                trouble: known,
                account: Some(reading),
                ..
            } if reading.version == ticket.version => {
                if known.reason() != trouble.reason() {
                    *known = trouble.clone();
                    self.tell(&ticket.store, &connection, Standing::Bad(trouble));
                }
                return Verdict::Stands;
            }
            State::Unread | State::Broken { .. } => return Verdict::Stands,
        };
        if current.version != ticket.version {
            return Verdict::again(ticket, current);
        }
        let (trouble, version, account) = match self.reader.read(&ticket.spec, None, now).await {
            Ok(reading) if reading.version != ticket.version => {
                *state = State::Good(reading.clone());
                return Verdict::again(ticket, reading);
            }
            Ok(reading) => (trouble, Some(reading.version.clone()), Some(reading)),
            Err(Unread::Useless { trouble, version }) => (trouble, version, None),
            Err(Unread::Interrupted) => return Verdict::Stands,
        };
        self.break_off(
            &ticket.store,
            &connection,
            &mut state,
            trouble,
            version,
            account,
        );
        Verdict::Stands
    }

    /// What calls have told of a store's credentials.
    #[must_use]
    pub fn standing(&self, key: &StoreKey, store: &StoreObject) -> Standing {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(key)
            .filter(|connection| connection.is_for(store))
            .map_or_else(Standing::default, |connection| connection.standing())
    }

    /// Names the store again after a while, because its status could not be written.
    pub fn name_later(&self, key: StoreKey) {
        let troubles = self.troubles.clone();
        tokio::spawn(async move {
            tokio::time::sleep(WATCH_EVERY).await;
            // Nobody listens any more only when the process ends.
            let _ = troubles.send(key);
        });
    }

    /// Closes the connection of a store that is gone.
    pub fn forget(&self, key: &StoreKey) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.remove(key);
    }

    /// Closes all connections; what looks after the broken ones ends. No pass may run any more.
    pub fn close(&self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.clear();
    }

    fn connection(&self, key: &StoreKey, store: &StoreObject) -> Arc<Connection> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match open.get(key) {
            Some(connection) if connection.is_for(store) => Arc::clone(connection),
            _ => {
                let connection = Arc::new(Connection {
                    uid: store.about.uid.clone(),
                    generation: store.about.generation,
                    state: tokio::sync::Mutex::new(State::Unread),
                    standing: Mutex::default(),
                });
                open.insert(key.clone(), Arc::clone(&connection));
                connection
            }
        }
    }

    fn break_off(
        self: &Arc<Self>,
        key: &StoreKey,
        connection: &Arc<Connection>,
        state: &mut State,
        trouble: Trouble,
        version: Option<Version>,
        account: Option<Reading>,
    ) {
        let next_probe = self
            .clock
            .now()
            .saturating_add(PROBE_EVERY)
            .unwrap_or(Timestamp::MAX);
        self.tell(key, connection, Standing::Bad(trouble.clone()));
        *state = State::Broken {
            trouble,
            version,
            account,
            next_probe,
        };
        tokio::spawn(Arc::clone(self).watch_broken(key.clone(), Arc::downgrade(connection)));
    }

    /// Looks after a broken connection until its Secret changes, NCP accepts it again, or the store says something else.
    async fn watch_broken(self: Arc<Self>, key: StoreKey, connection: Weak<Connection>) {
        loop {
            self.clock.sleep(WATCH_EVERY).await;
            let Some(connection) = connection
                .upgrade()
                .filter(|connection| self.is_current(&key, connection))
            else {
                return;
            };
            let Some(spec) = self
                .inventory
                .store(&key)
                .and_then(|store| store.spec.clone())
            else {
                return;
            };
            let Ok(seen) = self.reader.version(&spec).await else {
                continue;
            };
            let mut state = connection.state.lock().await;
            let State::Broken {
                version,
                next_probe,
                account,
                ..
            } = &*state
            else {
                return;
            };
            if seen != *version {
                // What was told stands until the new content is read, or NCP says what it thinks of it.
                *state = State::Unread;
                drop(state);
                self.wake_users(&key);
                return;
            }
            let probe_is_due = account.is_some() && *next_probe <= self.clock.now();
            drop(state);
            if probe_is_due && let Some(object) = self.inventory.witness_of(&key) {
                self.wake(object);
            }
        }
    }

    fn is_current(&self, key: &StoreKey, connection: &Arc<Connection>) -> bool {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(key)
            .is_some_and(|current| Arc::ptr_eq(current, connection))
    }

    fn wake_users(&self, key: &StoreKey) {
        for object in self.inventory.users_of(key) {
            self.wake(object);
        }
    }

    fn tell(&self, key: &StoreKey, connection: &Connection, standing: Standing) {
        *connection
            .standing
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = standing;
        // Nobody listens any more only when the process ends.
        let _ = self.troubles.send(key.clone());
    }

    fn wake(&self, object: Arc<crate::core::request::ObjectKey>) {
        let wake = Wake {
            object,
            urgency: Urgency::Repair,
            after: SignedDuration::ZERO,
        };
        // Nobody listens any more only when the process ends.
        let _ = self.wakes.send(wake);
    }
}

impl State {
    const fn good(&self) -> Option<&Reading> {
        match self {
            Self::Good(reading) => Some(reading),
            Self::Unread | Self::Broken { .. } => None,
        }
    }
}

impl Connection {
    fn is_for(&self, store: &StoreObject) -> bool {
        self.uid == store.about.uid && self.generation == store.about.generation
    }

    fn standing(&self) -> Standing {
        self.standing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
