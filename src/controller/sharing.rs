//! Looks that objects share: those with one source through one credential make one look together.
//!
//! Of each source at most one look is underway that others may join, and what it brought is good for 5 seconds of
//! clock time; then it is dropped, and with it the value. Which of two looks was begun first is told by their numbers,
//! because a clock may stand still. Whoever joins has passed the grants of its store by itself before.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use steerable_clock::Clock;
use tokio::sync::OnceCell;

use crate::cluster::secrets::Version;
use crate::core::remote::{LookError, Remote, SourceRef, Wanted};

/// How long the result of a look is good for others.
const GOOD_FOR: SignedDuration = SignedDuration::from_secs(5);

/// What a look came to.
pub type Found = Arc<Result<Remote, LookError>>;

/// The number of a look, counted by their beginning: a later look has a higher one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LookNumber(u64);

/// What two objects must have in common to share a look.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LookKey {
    /// UID of the store.
    pub store_uid: String,
    /// Generation of its spec.
    pub store_generation: i64,
    /// The credentials.
    pub credentials: Version,
    /// The secret.
    pub source: SourceRef,
    /// Which of its values.
    pub wanted: Wanted,
}

/// What there is of a look that others may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nothing.
    Nothing,
    /// It has not ended.
    Underway,
    /// It has ended, and its result is good.
    Ended,
}

/// The looks that are underway, and those whose result is still good.
pub struct Sharing<T = Result<Remote, LookError>> {
    clock: Clock,
    state: Mutex<State<T>>,
}

struct State<T> {
    begun: LookNumber,
    slots: HashMap<LookKey, Arc<Slot<T>>>,
}

/// The latest look at one source.
struct Slot<T> {
    number: LookNumber,
    found: OnceCell<Arc<T>>,
    /// Until when the result is good, once there is one.
    good_until: Mutex<Option<Timestamp>>,
}

impl<T: Send + Sync + 'static> Sharing<T> {
    /// No look was made yet.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        let state = State {
            begun: LookNumber::default(),
            slots: HashMap::new(),
        };
        Self {
            clock,
            state: Mutex::new(state),
        }
    }

    /// The number of the look that was begun last.
    #[must_use]
    pub fn latest(&self) -> LookNumber {
        self.lock().begun
    }

    /// Whether there is a look that was begun after that one and is of use.
    #[must_use]
    pub fn status(&self, key: &LookKey, after: LookNumber) -> Status {
        let state = self.lock();
        let usable = |slot: &&Arc<Slot<T>>| slot.is_usable(after, self.clock.now());
        match state.slots.get(key).filter(usable) {
            None => Status::Nothing,
            Some(slot) if slot.found.initialized() => Status::Ended,
            Some(_) => Status::Underway,
        }
    }

    /// Takes part in a look that was begun after that one, and makes it if there is none.
    ///
    /// Whoever makes it may give up or panic: another who waits for it then makes it.
    pub async fn look<F: Future<Output = T>>(
        self: &Arc<Self>,
        key: &LookKey,
        after: LookNumber,
        make: impl FnOnce() -> F,
    ) -> Arc<T> {
        let attendance = self.attend(key, after);
        let slot = &attendance.slot;
        // In a box of its own, because most of those who take part only wait.
        let result = slot.found.get_or_init(|| {
            let making = make();
            Box::pin(async {
                let found = Arc::new(making.await);
                self.keep_for_a_while(key, slot);
                found
            })
        });
        Arc::clone(result.await)
    }

    fn attend<'look>(&'look self, key: &'look LookKey, after: LookNumber) -> Attendance<'look, T> {
        let mut state = self.lock();
        let usable = state
            .slots
            .get(key)
            .filter(|slot| slot.is_usable(after, self.clock.now()));
        let slot = if let Some(slot) = usable {
            Arc::clone(slot)
        } else {
            state.begun.0 += 1;
            let slot = Arc::new(Slot {
                number: state.begun,
                found: OnceCell::new(),
                good_until: Mutex::default(),
            });
            state.slots.insert(key.clone(), Arc::clone(&slot));
            slot
        };
        Attendance {
            sharing: self,
            key,
            slot,
        }
    }

    fn keep_for_a_while(self: &Arc<Self>, key: &LookKey, slot: &Arc<Slot<T>>) {
        let until = self
            .clock
            .now()
            .saturating_add(GOOD_FOR)
            .unwrap_or(Timestamp::MAX);
        *slot
            .good_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(until);
        let (clock, sharing) = (self.clock.clone(), Arc::downgrade(self));
        let (key, slot) = (key.clone(), Arc::downgrade(slot));
        tokio::spawn(async move {
            clock.sleep_until(until).await;
            if let (Some(sharing), Some(slot)) = (sharing.upgrade(), slot.upgrade()) {
                sharing.lock().forget(&key, &slot);
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> State<T> {
    fn forget(&mut self, key: &LookKey, slot: &Arc<Slot<T>>) {
        if self
            .slots
            .get(key)
            .is_some_and(|current| Arc::ptr_eq(current, slot))
        {
            self.slots.remove(key);
        }
    }
}

impl<T> Slot<T> {
    fn is_usable(&self, after: LookNumber, now: Timestamp) -> bool {
        let good_until = self
            .good_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.number > after && good_until.is_none_or(|until| now < until)
    }
}

/// Takes part in a look; the last who leaves before there is a result takes the look away.
struct Attendance<'look, T> {
    sharing: &'look Sharing<T>,
    key: &'look LookKey,
    slot: Arc<Slot<T>>,
}

impl<T> Drop for Attendance<'_, T> {
    fn drop(&mut self) {
        let mut state = self
            .sharing
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // The slot is held here and in the map, and by everybody else who takes part.
        if !self.slot.found.initialized() && Arc::strong_count(&self.slot) <= 2 {
            state.forget(self.key, &self.slot);
        }
    }
}

#[cfg(test)]
mod tests;
