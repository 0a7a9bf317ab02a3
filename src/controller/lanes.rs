//! The lanes of stores: objects that wait until their store may make calls again.
//!
//! In a lane the most urgent go first, and of one urgency each namespace has its turn. Each eighth start goes to whoever
//! has waited longest, so that nothing starves however much comes that is more urgent.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use crate::core::request::{ObjectKey, StoreKey};
use crate::core::urgency::Urgency;

type Key = Arc<ObjectKey>;

/// Each so many starts of a lane the oldest goes first.
const OLDEST_EVERY: u64 = 8;

/// The lanes of all stores that have somebody waiting.
#[derive(Default)]
pub struct Lanes {
    lanes: BTreeMap<Arc<StoreKey>, Lane>,
    /// Whose turn it was last.
    last: Option<Arc<StoreKey>>,
}

/// Those who wait for one store.
#[derive(Default)]
struct Lane {
    by_urgency: BTreeMap<Urgency, Turns>,
    by_arrival: BTreeMap<u64, (Urgency, Key)>,
    starts: u64,
}

/// Those of one urgency, by namespace and arrival.
#[derive(Default)]
struct Turns {
    namespaces: BTreeMap<String, BTreeMap<u64, Key>>,
    /// Whose turn it was last.
    last: Option<String>,
}

impl Lanes {
    /// Lets an object wait; `arrival` is a number of its own, and lower when it came earlier.
    pub fn enter(&mut self, store: Arc<StoreKey>, urgency: Urgency, arrival: u64, key: Key) {
        let lane = self.lanes.entry(store).or_default();
        lane.by_arrival.insert(arrival, (urgency, Arc::clone(&key)));
        let turns = lane.by_urgency.entry(urgency).or_default();
        let namespace = turns.namespaces.entry(key.namespace.clone()).or_default();
        namespace.insert(arrival, key);
    }

    /// Takes an object out before its turn.
    pub fn leave(&mut self, store: &Arc<StoreKey>, arrival: u64) {
        if let Some(lane) = self.lanes.get_mut(store) {
            lane.remove(arrival);
            if lane.by_arrival.is_empty() {
                self.lanes.remove(store);
            }
        }
    }

    /// The stores that have somebody waiting, each with the urgency of the next, in the order in which they are to be
    /// asked for a start: by that urgency, and then in turns.
    #[must_use]
    pub fn order(&self) -> Vec<(Arc<StoreKey>, Urgency)> {
        let after = self.last.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let until = self.last.as_ref().map_or(Bound::Unbounded, Bound::Included);
        let later = self
            .lanes
            .range::<Arc<StoreKey>, _>((after, Bound::Unbounded));
        let earlier = self
            .lanes
            .range::<Arc<StoreKey>, _>((Bound::Unbounded, until));
        let earlier = earlier.take_while(|_| self.last.is_some());
        let mut order: Vec<_> = later
            .chain(earlier)
            .filter_map(|(store, lane)| Some((Arc::clone(store), lane.next()?.0)))
            .collect();
        order.sort_by_key(|(_, urgency)| *urgency);
        order
    }

    /// Takes the next of a lane.
    pub fn start(&mut self, store: &Arc<StoreKey>) -> Option<Key> {
        let lane = self.lanes.get_mut(store)?;
        let (urgency, arrival) = lane.next()?;
        let key = lane.remove(arrival)?;
        lane.starts += 1;
        if let Some(turns) = lane.by_urgency.get_mut(&urgency) {
            turns.last = Some(key.namespace.clone());
        }
        if lane.by_arrival.is_empty() {
            self.lanes.remove(store);
        }
        self.last = Some(Arc::clone(store));
        Some(key)
    }

    /// Whether somebody waits for that store.
    #[must_use]
    pub fn has(&self, store: &StoreKey) -> bool {
        self.lanes.contains_key(store)
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lanes.values().map(|lane| lane.by_arrival.len()).sum()
    }
}

impl Lane {
    /// Urgency and arrival of the next.
    fn next(&self) -> Option<(Urgency, u64)> {
        if (self.starts + 1).is_multiple_of(OLDEST_EVERY) {
            let (arrival, (urgency, _)) = self.by_arrival.first_key_value()?;
            return Some((*urgency, *arrival));
        }
        let (urgency, turns) = self
            .by_urgency
            .iter()
            .find(|(_, turns)| !turns.namespaces.is_empty())?;
        Some((*urgency, turns.next()?))
    }

    fn remove(&mut self, arrival: u64) -> Option<Key> {
        let (urgency, key) = self.by_arrival.remove(&arrival)?;
        let turns = self.by_urgency.get_mut(&urgency)?;
        let namespace = turns.namespaces.get_mut(&key.namespace)?;
        namespace.remove(&arrival);
        if namespace.is_empty() {
            turns.namespaces.remove(&key.namespace);
        }
        Some(key)
    }
}

impl Turns {
    fn next(&self) -> Option<u64> {
        let after = self.last.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let mut later = self
            .namespaces
            .range::<String, _>((after, Bound::Unbounded));
        let (_, namespace) = later.next().or_else(|| self.namespaces.first_key_value())?;
        namespace.first_key_value().map(|(arrival, _)| *arrival)
    }
}

#[cfg(test)]
mod tests;
