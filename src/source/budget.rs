//! What the calls of one credential may spend: tokens, and who may go on when they are short.
//!
//! Whoever wants to look is [admitted](Budget::admit) with the tokens of a look, or sent away without waiting. Calls
//! that turn out to be more than that wait for a token each, in the order of urgency; they go before others that want
//! to be admitted, because what has begun holds a place that others need.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use steerable_clock::Clock;
use tokio::sync::Notify;

use crate::core::bucket::{Bucket, Limits};
use crate::core::urgency::Urgency;

/// Calls of a look: the detail and the value.
const LOOK: u32 = 2;

/// The budget of one credential.
pub struct Budget {
    clock: Clock,
    /// So many looks may be underway at once, so that a host that hangs holds no more.
    most_at_once: usize,
    state: Mutex<State>,
    arrivals: AtomicU64,
    /// Whether somebody waits to be admitted.
    others_wait: AtomicBool,
    /// Wakes calls that wait for a token.
    moved: Notify,
    /// Wakes whoever admits looks: something came back.
    freed: Arc<Notify>,
}

struct State {
    bucket: Bucket,
    waiting: BTreeSet<(Urgency, u64)>,
    underway: usize,
    /// Whether the first look with these credentials is to show what they are worth before others are made.
    cautious: bool,
}

/// Why nobody is admitted now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// When to ask again; if there is none, when something comes back.
    pub until: Option<Timestamp>,
}

impl Budget {
    /// A full one. `freed` is notified when it may be of use to ask again.
    #[must_use]
    pub fn new(clock: Clock, limits: Limits, most_at_once: usize, freed: Arc<Notify>) -> Self {
        let state = State {
            bucket: Bucket::new(limits, clock.now()),
            waiting: BTreeSet::new(),
            underway: 0,
            cautious: false,
        };
        Self {
            clock,
            most_at_once,
            state: Mutex::new(state),
            arrivals: AtomicU64::new(0),
            others_wait: AtomicBool::new(false),
            moved: Notify::new(),
            freed,
        }
    }

    /// Obeys other limits from now on.
    pub fn limit(&self, limits: Limits) {
        self.lock().bucket.limit(limits, self.clock.now());
        self.tell();
    }

    /// Admits a look, if there are tokens for it.
    ///
    /// # Errors
    ///
    /// When to ask again.
    pub fn admit(self: &Arc<Self>, urgency: Urgency) -> Result<Allowance, Held> {
        let mut state = self.lock();
        state.has_room(self.most_at_once)?;
        if !state.waiting.is_empty() {
            return Err(Held { until: None });
        }
        let tokens = state
            .bucket
            .take(LOOK, self.clock.now())
            .map_err(|until| Held { until: Some(until) })?;
        Ok(self.allow(&mut state, urgency, tokens))
    }

    /// Admits a look of somebody who comes now, behind all who wait already outside.
    ///
    /// # Errors
    ///
    /// When to ask again.
    pub fn admit_newcomer(self: &Arc<Self>, urgency: Urgency) -> Result<Allowance, Held> {
        if self.others_wait.load(Ordering::Relaxed) {
            return Err(Held { until: None });
        }
        self.admit(urgency)
    }

    /// Takes note whether somebody waits to be admitted.
    pub fn others_wait(&self, wait: bool) {
        self.others_wait.store(wait, Ordering::Relaxed);
    }

    /// Admits somebody who waits for the look of another.
    ///
    /// # Errors
    ///
    /// When so many are underway already that one more would only hold a place.
    pub fn admit_companion(self: &Arc<Self>, urgency: Urgency) -> Result<Allowance, Held> {
        let mut state = self.lock();
        state.has_room(self.most_at_once)?;
        Ok(self.allow(&mut state, urgency, 0))
    }

    fn allow(self: &Arc<Self>, state: &mut State, urgency: Urgency, tokens: u32) -> Allowance {
        state.underway += 1;
        Allowance {
            budget: Arc::clone(self),
            urgency,
            tokens: AtomicU32::new(tokens),
            is_underway: true,
        }
    }

    /// For calls that nobody foresaw: each of them waits for its token.
    #[must_use]
    pub const fn unforeseen(self: Arc<Self>, urgency: Urgency) -> Allowance {
        Allowance {
            budget: self,
            urgency,
            tokens: AtomicU32::new(0),
            is_underway: false,
        }
    }

    /// Admits one look at a time until it is known whether the credentials are taken.
    pub fn be_cautious(&self, cautious: bool) {
        self.lock().cautious = cautious;
        self.tell();
    }

    /// Slows the pace, because the service asks for it or does not answer.
    pub fn slow(&self, retry_after: Option<Duration>) {
        self.lock().bucket.slow(retry_after, self.clock.now());
    }

    /// How many calls could be made now.
    #[must_use]
    pub fn left(&self) -> u32 {
        self.lock().bucket.left(self.clock.now())
    }

    async fn one_token(&self, urgency: Urgency) {
        let place = Place::new(self, urgency);
        loop {
            let moved = self.moved.notified();
            let mut moved = std::pin::pin!(moved);
            moved.as_mut().enable();
            let until = match self.try_take(&place) {
                Ok(()) => return,
                Err(until) => until,
            };
            tokio::select! {
                () = self.clock.sleep_until(until.unwrap_or(Timestamp::MAX)), if until.is_some() => {}
                () = moved => {}
            }
        }
    }

    fn try_take(&self, place: &Place<'_>) -> Result<(), Option<Timestamp>> {
        let mut state = self.lock();
        if state.waiting.first() != Some(&place.number) {
            return Err(None);
        }
        let taken = state.bucket.take(1, self.clock.now());
        taken.map(|_| ()).map_err(Some)
    }

    fn tell(&self) {
        self.moved.notify_waiters();
        self.freed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn has_room(&self, most_at_once: usize) -> Result<(), Held> {
        let most = if self.cautious { 1 } else { most_at_once };
        if self.underway < most {
            Ok(())
        } else {
            Err(Held { until: None })
        }
    }
}

/// The place of a call among those that wait for a token.
struct Place<'budget> {
    budget: &'budget Budget,
    number: (Urgency, u64),
}

impl<'budget> Place<'budget> {
    fn new(budget: &'budget Budget, urgency: Urgency) -> Self {
        let arrival = budget.arrivals.fetch_add(1, Ordering::Relaxed);
        let number = (urgency, arrival);
        budget.lock().waiting.insert(number);
        Self { budget, number }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.budget.lock().waiting.remove(&self.number);
        self.budget.tell();
    }
}

/// The right to make the calls of one look; what is not spent goes back.
pub struct Allowance {
    budget: Arc<Budget>,
    urgency: Urgency,
    tokens: AtomicU32,
    is_underway: bool,
}

impl Allowance {
    /// Spends a token on a call, or waits for one.
    pub(super) async fn spend(&self) {
        let spare = |tokens: u32| tokens.checked_sub(1);
        let spent = self
            .tokens
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, spare);
        if spent.is_err() {
            self.budget.one_token(self.urgency).await;
        }
    }

    /// An allowance for calls that go on when this one has ended.
    pub(super) fn for_others(&self) -> Self {
        Arc::clone(&self.budget).unforeseen(self.urgency)
    }

    /// Whose tokens it spends.
    #[must_use]
    pub const fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }
}

impl Drop for Allowance {
    fn drop(&mut self) {
        let left = *self.tokens.get_mut();
        let mut state = self.budget.lock();
        state.bucket.give_back(left, self.budget.clock.now());
        if self.is_underway {
            state.underway = state.underway.saturating_sub(1);
        }
        drop(state);
        self.budget.tell();
    }
}

#[cfg(test)]
mod tests;
