//! The connection of one store: its credentials, its breaker, its budget, and what people are to be told of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::credentials::Reading;
use crate::api::Reason;
use crate::cluster::StoreObject;
use crate::cluster::secrets::Version;
use crate::core::breaker::Breaker;
use crate::core::outage::Outage;
use crate::core::request::ObjectKey;
use crate::core::trouble::Trouble;
use crate::source::Budget;

/// The connection of one store, as long as the store says the same.
pub(super) struct Connection {
    uid: String,
    generation: i64,
    /// What its looks may spend.
    pub(super) budget: Arc<Budget>,
    /// Its credentials; held while they are read, so that one reads for all.
    pub(super) state: tokio::sync::Mutex<State>,
    /// What is to be told; kept apart so that the teller need not wait for a reader of credentials.
    shown: Mutex<Shown>,
    is_broken: AtomicBool,
    is_short: AtomicBool,
}

/// The credentials of a store, and whether they are of use.
#[derive(Default)]
pub(super) struct State {
    /// As they were read last.
    pub(super) reading: Option<Reading>,
    /// The version of their Secret when the breaker opened.
    pub(super) refused: Option<Version>,
    /// Whether they may be used.
    pub(super) breaker: Breaker,
}

#[derive(Default)]
struct Shown {
    standing: Standing,
    outage: Outage,
    /// Who finds out whether a trouble that an earlier process told of is still there.
    witness: Option<ObjectKey>,
}

/// What is known of a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Nothing yet, in this process.
    #[default]
    Unproven,
    /// It is of use.
    Good,
    /// It is of no use.
    Bad {
        /// Why.
        trouble: Trouble,
        /// Since when.
        since: Timestamp,
    },
}

impl Connection {
    pub(super) fn new(store: &StoreObject, budget: Arc<Budget>) -> Self {
        Self {
            uid: store.about.uid.clone(),
            generation: store.about.generation,
            budget,
            state: tokio::sync::Mutex::default(),
            shown: Mutex::default(),
            is_broken: AtomicBool::new(false),
            is_short: AtomicBool::new(false),
        }
    }

    pub(super) fn is_for(&self, store: &StoreObject) -> bool {
        self.is_of(store) && self.generation == store.about.generation
    }

    /// Whether it is of the same store, whatever that says by now.
    pub(super) fn is_of(&self, store: &StoreObject) -> bool {
        self.uid == store.about.uid
    }

    pub(super) fn standing(&self) -> Standing {
        self.shown().standing.clone()
    }

    pub(super) fn stand(&self, standing: Standing) {
        self.shown().standing = standing;
    }

    /// Whether it tells of that trouble.
    pub(super) fn tells(&self, reason: Reason) -> bool {
        matches!(&self.shown().standing, Standing::Bad { trouble, .. } if trouble.reason() == reason)
    }

    /// Whether the breaker is open, as far as can be told without waiting.
    pub(super) fn is_broken(&self) -> bool {
        self.is_broken.load(Ordering::Relaxed)
    }

    /// Shows whether the breaker is open.
    pub(super) fn show_breaker(&self, state: &State) {
        self.is_broken
            .store(state.breaker.is_open(), Ordering::Relaxed);
    }

    /// Whether looks have been waiting for calls for long.
    pub(super) fn is_short(&self) -> bool {
        self.is_short.load(Ordering::Relaxed)
    }

    /// Notes whether looks have been waiting for long; answers whether that is news.
    pub(super) fn show_shortage(&self, is_short: bool) -> bool {
        self.is_short.swap(is_short, Ordering::Relaxed) != is_short
    }

    /// Takes note of a look without a usable answer; answers since when the service is away, if that is news.
    pub(super) fn unanswered(&self, fine: bool, now: Timestamp) -> Option<Timestamp> {
        let mut shown = self.shown();
        let since = shown.outage.failed(fine, now)?;
        self.budget.slow(None);
        (!matches!(shown.standing, Standing::Bad { .. })).then_some(since)
    }

    /// Takes note that the service answers.
    pub(super) fn answered(&self) {
        self.shown().outage.answered();
    }

    /// Whether that object is the one that finds out whether an earlier process's trouble is still there.
    pub(super) fn is_witness(&self, object: &ObjectKey) -> bool {
        let mut shown = self.shown();
        shown.standing == Standing::Unproven
            && shown.witness.get_or_insert_with(|| object.clone()) == object
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
