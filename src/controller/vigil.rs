//! The vigil over a store whose credentials are of no use: its Secret is looked at until it changes.

use std::sync::{Arc, Weak};
use std::time::Duration;

use super::connection::{Connection, Standing};
use super::connections::Connections;
use crate::core::request::StoreKey;

/// How often the credential Secret is looked at while its content is of no use.
const LOOK_EVERY: Duration = Duration::from_secs(5);

impl Connections {
    /// Looks after a broken connection until its Secret changes, NCP accepts it again, or the store says something else.
    pub(super) async fn keep_vigil(self: Arc<Self>, key: StoreKey, connection: Weak<Connection>) {
        loop {
            self.clock.sleep(LOOK_EVERY).await;
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
            if !state.breaker.is_open() {
                return;
            }
            if seen != state.refused {
                // What was told stands until the new content is read, or NCP says what it thinks of it.
                state.breaker.close();
                state.reading = None;
                connection.show_breaker(&state);
                drop(state);
                self.wake_users(&key);
                return;
            }
            let can_probe = state.reading.is_some() && state.breaker.is_probe_due(self.clock.now());
            drop(state);
            if can_probe
                && let Standing::Bad { trouble, .. } = connection.standing()
                && let Some(object) = self.inventory.witness_of(&key, trouble.reason())
            {
                self.wake(object);
            }
        }
    }
}
