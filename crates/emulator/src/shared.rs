//! What the servers, the timer and the library share.

use std::ops::Deref;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use jiff::Timestamp;
use steerable_clock::{Clock, Reading, Steering};
use tokio::sync::Notify;

use crate::auth::Keys;
use crate::calls::Calls;
use crate::fault::Faults;
use crate::metadata::{Metadata, ServerRole};
use crate::state::State;
use crate::store::{Entry, Journal, NotSaved, StateFile};

/// One account with its clock.
pub(crate) struct Shared {
    pub clock: Clock,
    state: Mutex<State>,
    keys: Mutex<Keys>,
    metadata: Mutex<Metadata>,
    faults: Mutex<Faults>,
    calls: Mutex<Calls>,
    journal: OnceLock<Journal>,
    /// Rings when the moment of the next change by itself is another one.
    rescheduled: Notify,
    /// Rings when an HTTP action is to be called.
    invoked: Notify,
}

impl Shared {
    pub(crate) fn new(clock: Clock, state: State, keys: Keys, metadata: Metadata) -> Self {
        Self {
            clock,
            state: Mutex::new(state),
            keys: Mutex::new(keys),
            metadata: Mutex::new(metadata),
            faults: Mutex::default(),
            calls: Mutex::default(),
            journal: OnceLock::new(),
            rescheduled: Notify::new(),
            invoked: Notify::new(),
        }
    }

    /// Gives access to the state as it is now.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State, Timestamp) -> T) -> T {
        let mut state = locked(&self.state);
        let now = self.clock.now();
        state.advance(now);
        let before = state.next_due();
        let changed = change(&mut state, now);
        self.save(|| state.take_unsaved());
        if state.next_due() != before {
            self.rescheduled.notify_one();
        }
        if state.has_invocations() {
            self.invoked.notify_one();
        }
        changed
    }

    /// Shows the keys.
    pub(crate) fn keys(&self) -> impl Deref<Target = Keys> {
        locked(&self.keys)
    }

    /// What the metadata service knows. Whoever wants the keys as well, takes those afterwards.
    pub(crate) fn metadata(&self) -> MutexGuard<'_, Metadata> {
        locked(&self.metadata)
    }

    /// Changes the role of the server.
    pub(crate) fn set_server_role(&self, role: Option<ServerRole>) {
        let mut metadata = locked(&self.metadata);
        metadata.set_role(role);
        self.save(|| vec![metadata.entry()]);
    }

    /// Changes the keys.
    pub(crate) fn change_keys<T>(&self, change: impl FnOnce(&mut Keys) -> T) -> T {
        let mut keys = locked(&self.keys);
        let changed = change(&mut keys);
        self.save(|| vec![keys.entry()]);
        changed
    }

    /// Begins to keep everything in a state file.
    pub(crate) fn keep_in(&self, file: StateFile) {
        let mut state = locked(&self.state);
        let metadata = self.metadata().entry();
        let keys = locked(&self.keys);
        let is_new = file.is_new();
        let journal = self.journal.get_or_init(|| file.into_journal());
        if is_new {
            let mut entries = state.entries();
            entries.extend([Entry::format(), keys.entry(), metadata]);
            journal.append(|| entries);
        } else {
            state.begin_noting();
        }
    }

    /// Takes down what the clock shows, for the state file.
    pub(crate) fn save_clock(&self, reading: impl FnOnce() -> Reading) {
        self.save(|| vec![Entry::clock(reading())]);
    }

    /// Takes down every reading of the clock.
    pub(crate) async fn save_readings(&self, steering: &Steering) {
        let mut readings = steering.readings();
        loop {
            readings.mark_unchanged();
            self.save_clock(|| steering.reading());
            if readings.changed().await.is_err() {
                return;
            }
        }
    }

    fn save(&self, entries: impl FnOnce() -> Vec<Entry>) {
        if let Some(journal) = self.journal.get() {
            journal.append(entries);
        }
    }

    /// Waits until everything that has changed is in the state file.
    pub(crate) async fn settled(&self) -> Result<(), NotSaved> {
        match self.journal.get() {
            Some(journal) => journal.settled().await,
            None => Ok(()),
        }
    }

    /// Gives the state file free. What changes from now on is lost.
    pub(crate) async fn close(&self) {
        if let Some(journal) = self.journal.get() {
            journal.close().await;
        }
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        locked(&self.faults)
    }

    pub(crate) fn calls(&self) -> MutexGuard<'_, Calls> {
        locked(&self.calls)
    }

    /// Waits until an HTTP action is to be called.
    pub(crate) async fn invoked(&self) {
        self.invoked.notified().await;
    }

    /// Lets happen by itself what happens by itself, as soon as its time comes.
    pub(crate) async fn keep_time(&self) {
        loop {
            let next = self.change(|state, _| state.next_due());
            let moment = async {
                match next {
                    Some(moment) => self.clock.sleep_until(moment).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = moment => {}
                () = self.rescheduled.notified() => {}
            }
        }
    }
}

/// A test that panicked while it held a lock is no reason to answer nobody any more.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::SignedDuration;

    use super::*;
    use crate::behavior::Behavior;
    use crate::state::{Change, NewSecret};

    #[tokio::test]
    async fn what_happens_by_itself_happens_without_a_request() {
        let start = "2026-01-01T00:00:00Z".parse().unwrap();
        let (clock, steering) = Clock::steered(start);
        steering.freeze();
        let shared = Arc::new(Shared::new(
            clock,
            State::new(Behavior::default(), 1),
            Keys::default(),
            Metadata::default(),
        ));
        let keeper = Arc::clone(&shared);
        let keeping = tokio::spawn(async move { keeper.keep_time().await });
        tokio::task::yield_now().await;
        shared.change(|state, now| {
            let new = NewSecret::named("shop-orders");
            let id = state.create(new, now).unwrap().id.clone();
            state.apply(&id, Change::RequestDeletion, now).unwrap();
        });
        assert!(locked(&shared.state).next_due().is_some());
        steering.advance(SignedDuration::from_hours(7 * 24));
        while locked(&shared.state).next_due().is_some() {
            assert!(!keeping.is_finished());
            tokio::task::yield_now().await;
        }
        assert_eq!(locked(&shared.state).secrets().count(), 0);
    }
}
