//! What the servers, the timer and the library share.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use steerable_clock::Clock;
use tokio::sync::Notify;

use crate::auth::Keys;
use crate::calls::Calls;
use crate::fault::Faults;
use crate::metadata::Metadata;
use crate::state::State;

/// One account with its clock.
pub(crate) struct Shared {
    pub clock: Clock,
    state: Mutex<State>,
    keys: Mutex<Keys>,
    metadata: Mutex<Metadata>,
    faults: Mutex<Faults>,
    calls: Mutex<Calls>,
    /// Rings when the moment of the next change by itself is another one.
    rescheduled: Notify,
}

impl Shared {
    pub(crate) fn new(clock: Clock, state: State) -> Self {
        Self {
            clock,
            state: Mutex::new(state),
            keys: Mutex::default(),
            metadata: Mutex::default(),
            faults: Mutex::default(),
            calls: Mutex::default(),
            rescheduled: Notify::new(),
        }
    }

    /// Gives access to the state as it is now.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State, Timestamp) -> T) -> T {
        let mut state = locked(&self.state);
        let now = self.clock.now();
        state.advance(now);
        let before = state.next_due();
        let changed = change(&mut state, now);
        if state.next_due() != before {
            self.rescheduled.notify_one();
        }
        changed
    }

    pub(crate) fn keys(&self) -> MutexGuard<'_, Keys> {
        locked(&self.keys)
    }

    pub(crate) fn metadata(&self) -> MutexGuard<'_, Metadata> {
        locked(&self.metadata)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        locked(&self.faults)
    }

    pub(crate) fn calls(&self) -> MutexGuard<'_, Calls> {
        locked(&self.calls)
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
        let shared = Arc::new(Shared::new(clock, State::new(Behavior::default(), 1)));
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
