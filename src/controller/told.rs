//! What is told of stores, and to whom it matters: troubles that all objects of a store share are told there, once.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Wake;
use super::connection::{Connection, Standing};
use super::connections::{Connections, Ticket};
use crate::api::Reason;
use crate::cluster::StoreObject;
use crate::core::remote::LookError;
use crate::core::request::{ObjectKey, StoreKey};
use crate::core::status::told_trouble;
use crate::core::store::StoreSpec;
use crate::core::trouble::Trouble;
use crate::core::urgency::Urgency;

/// How long a store whose status could not be written waits.
const TELL_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// A trouble that a store tells of, for all its objects.
pub struct Told {
    /// The word for it.
    pub reason: Reason,
    /// Since when.
    pub since: Timestamp,
    /// The trouble, unless only the status of the store tells of it, from an earlier process.
    pub trouble: Option<Trouble>,
}

impl Connections {
    /// Notes whether looks through a store have been waiting for calls for long.
    pub fn show_shortage(&self, key: &StoreKey, is_short: bool) {
        let connection = self.lock().get(key).cloned();
        if connection.is_some_and(|connection| connection.show_shortage(is_short)) {
            self.name(key.clone());
        }
    }

    /// Whether looks through the store have been waiting for calls for long.
    #[must_use]
    pub fn is_short(&self, key: &StoreKey, store: &StoreObject) -> bool {
        self.current(key, store)
            .is_some_and(|connection| connection.is_short())
    }

    /// What calls have told of a store.
    #[must_use]
    pub fn standing(&self, key: &StoreKey, store: &StoreObject) -> Standing {
        self.current(key, store)
            .map_or_else(Standing::default, |connection| connection.standing())
    }

    /// The trouble that a store tells of, for all its objects.
    #[must_use]
    pub fn told(&self, key: &StoreKey) -> Option<Told> {
        let store = self.inventory.store(key)?;
        match self.standing(key, &store) {
            Standing::Bad { trouble, since } => Some(Told {
                reason: trouble.reason(),
                since,
                trouble: Some(trouble),
            }),
            Standing::Good => None,
            Standing::Unproven => {
                let earlier = told_trouble(store.status.as_ref(), store.about.generation);
                // A clock that was ahead may have told it.
                let now = self.clock.now();
                let earlier = earlier.map(|(reason, since)| (reason, since.min(now)));
                if store.spec.is_some() {
                    return earlier.map(|(reason, since)| Told {
                        reason,
                        since,
                        trouble: None,
                    });
                }
                let reason = Reason::StoreNotReady;
                let since = earlier.filter(|(told, _)| *told == reason);
                Some(Told {
                    reason,
                    since: since.map_or(now, |(_, since)| since),
                    trouble: Some(Trouble::StoreNotReady { store: key.clone() }),
                })
            }
        }
    }

    /// Whether that object is the one that finds out whether the trouble of an earlier process is still there.
    #[must_use]
    pub fn is_witness(
        &self,
        object: &ObjectKey,
        key: &StoreKey,
        store: &StoreObject,
        spec: &StoreSpec,
    ) -> bool {
        self.connection(key, store, spec).is_witness(object)
    }

    /// Names the store again after a while, because its status could not be written.
    pub fn name_later(&self, key: StoreKey) {
        let troubles = self.troubles.clone();
        tokio::spawn(async move {
            tokio::time::sleep(TELL_AGAIN_AFTER).await;
            // Nobody listens any more only when the process ends.
            let _ = troubles.send(key);
        });
    }

    /// Takes note that a look got no usable answer, and whether its source was `fine` before.
    pub fn unanswered(&self, ticket: &Ticket, error: &LookError, fine: bool) {
        let connection = &ticket.connection;
        if let Some(since) = connection.unanswered(fine, self.clock.now()) {
            let trouble = Trouble::Look(error.clone());
            let earlier = self.told(&ticket.store).map(|told| told.since);
            let since = earlier.map_or(since, |earlier| earlier.min(since));
            let standing = Standing::Bad { trouble, since };
            self.tell(&ticket.store, connection, standing);
        }
    }

    /// Tells of a trouble; it began when an earlier process told of it, or another one before it.
    pub(super) fn tell_trouble(&self, key: &StoreKey, connection: &Connection, trouble: &Trouble) {
        let since = self.told(key).map_or(self.clock.now(), |told| told.since);
        let trouble = trouble.clone();
        self.tell(key, connection, Standing::Bad { trouble, since });
    }

    pub(super) fn tell(&self, key: &StoreKey, connection: &Connection, standing: Standing) {
        let is_bad = matches!(standing, Standing::Bad { .. });
        connection.stand(standing);
        self.name(key.clone());
        if is_bad {
            // Each of them is to know when its staleAfter is over.
            for object in self.inventory.users_of(key) {
                self.send(object, Urgency::Periodic);
            }
        }
    }

    fn name(&self, key: StoreKey) {
        // Nobody listens any more only when the process ends.
        let _ = self.troubles.send(key);
    }

    pub(super) fn wake_users(&self, key: &StoreKey) {
        for object in self.inventory.users_of(key) {
            self.wake(object);
        }
    }

    pub(super) fn wake(&self, object: Arc<ObjectKey>) {
        self.send(object, Urgency::Repair);
    }

    fn send(&self, object: Arc<ObjectKey>, urgency: Urgency) {
        let wake = Wake {
            object,
            urgency,
            after: SignedDuration::ZERO,
        };
        // Nobody listens any more only when the process ends.
        let _ = self.wakes.send(wake);
    }
}
