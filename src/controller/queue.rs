//! The queue: which object is next.
//!
//! An object has one place: it waits for its time, or it is ready, or it is held in the lane of a store that may make no
//! more calls now, or its pass runs. Asking twice gives it the earlier time and the higher urgency. An object whose pass
//! runs gets another one afterwards if somebody asks meanwhile.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::lanes::Lanes;
use super::sharing::LookNumber;
use crate::core::request::{ObjectKey, StoreKey};
use crate::core::urgency::Urgency;

type Key = Arc<ObjectKey>;

/// Objects that wait for a pass.
#[derive(Default)]
pub struct Queue {
    places: HashMap<Key, Place>,
    waiting: BTreeSet<(Timestamp, Key)>,
    ready: BTreeSet<(Urgency, u64, Key)>,
    lanes: Lanes,
    /// When those who are held get a pass all the same, because they have something to tell or somebody asked for it.
    telling: BTreeSet<(Timestamp, Key)>,
    /// Since when each of those who are ready or held is so, by arrival.
    since: BTreeMap<u64, Timestamp>,
    arrivals: u64,
}

#[derive(Clone)]
enum Place {
    Waiting(Ask),
    Ready(Seat),
    Held {
        seat: Seat,
        store: Arc<StoreKey>,
        tell_at: Option<Timestamp>,
    },
    Running {
        seat: Seat,
        again: Option<Ask>,
    },
}

/// What an object keeps from when its time has come until its pass has ended.
#[derive(Clone, Copy)]
struct Seat {
    urgency: Urgency,
    arrival: u64,
    since: Timestamp,
    asked: LookNumber,
}

/// A wish for a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Not before.
    pub at: Timestamp,
    /// How it compares with others that are ready.
    pub urgency: Urgency,
    /// The look that was begun last when it was asked for.
    pub asked: LookNumber,
}

/// An object whose pass begins.
pub struct Begun {
    /// The object.
    pub key: Key,
    /// How it compares with others.
    pub urgency: Urgency,
    /// The look that was begun last when the pass was asked for.
    pub asked: LookNumber,
    /// Since when it was due.
    pub since: Timestamp,
}

/// How many objects are where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Their pass is due.
    pub ready: usize,
    /// Their pass is due, and their store may make no more calls now.
    pub held: usize,
    /// They wait for their time.
    pub waiting: usize,
    /// Since when the first of those whose pass is due is so.
    pub oldest: Option<Timestamp>,
}

impl Ask {
    fn or_sooner(self, other: Self) -> Self {
        Self {
            at: self.at.min(other.at),
            urgency: self.urgency.min(other.urgency),
            asked: self.asked.max(other.asked),
        }
    }
}

impl Queue {
    /// Asks for a pass over the object.
    pub fn ask(&mut self, key: Key, ask: Ask) {
        // Whoever asks may name the object in other words of memory than those that are kept.
        let (key, place) = match self.places.remove_entry(&key) {
            Some((known, place)) => (known, Some(place)),
            None => (key, None),
        };
        let place = match place {
            None => self.wait(&key, ask),
            Some(Place::Waiting(earlier)) => {
                self.waiting.remove(&(earlier.at, Arc::clone(&key)));
                self.wait(&key, earlier.or_sooner(ask))
            }
            Some(Place::Ready(seat)) => {
                self.ready
                    .remove(&(seat.urgency, seat.arrival, Arc::clone(&key)));
                self.make_ready(&key, seat.raised(ask))
            }
            Some(Place::Held {
                seat,
                store,
                tell_at,
            }) => {
                self.release(&key, &store, seat, tell_at);
                let tell_at = tell_at.map_or(ask.at, |at| at.min(ask.at));
                self.wait_in_lane(&key, store, seat.raised(ask), Some(tell_at))
            }
            Some(Place::Running { seat, again }) => Place::Running {
                seat,
                again: Some(again.map_or(ask, |again| again.or_sooner(ask))),
            },
        };
        self.places.insert(key, place);
    }

    /// Makes those ready whose time has come.
    pub fn ripen(&mut self, now: Timestamp) {
        while let Some(key) = pop_until(&mut self.waiting, now) {
            let Some(Place::Waiting(ask)) = self.places.remove(&key) else {
                continue;
            };
            self.arrivals += 1;
            let seat = Seat {
                urgency: ask.urgency,
                arrival: self.arrivals,
                since: now,
                asked: ask.asked,
            };
            let place = self.make_ready(&key, seat);
            self.places.insert(key, place);
        }
    }

    /// Makes those ready who are held and have something to tell or were asked for, after whoever could be started from the lanes was.
    pub fn let_tell(&mut self, now: Timestamp) {
        while let Some(key) = pop_until(&mut self.telling, now) {
            let Some(Place::Held { seat, store, .. }) = self.places.remove(&key) else {
                continue;
            };
            self.lanes.leave(&store, seat.arrival);
            let place = self.make_ready(&key, seat);
            self.places.insert(key, place);
        }
    }

    /// The urgency of the first that is ready.
    #[must_use]
    pub fn first_ready(&self) -> Option<Urgency> {
        self.ready.first().map(|(urgency, ..)| *urgency)
    }

    /// Takes the first that is ready.
    pub fn take(&mut self) -> Option<Begun> {
        let (_, _, key) = self.ready.pop_first()?;
        match self.places.remove(&key)? {
            Place::Ready(seat) => Some(self.begin(key, seat)),
            _ => None,
        }
    }

    /// The lanes with somebody in them, in the order in which they are to be asked for a start.
    #[must_use]
    pub fn lanes(&self) -> Vec<(Arc<StoreKey>, Urgency)> {
        self.lanes.order()
    }

    /// Takes the next of a lane.
    pub fn take_held(&mut self, store: &Arc<StoreKey>) -> Option<Begun> {
        let key = self.lanes.start(store)?;
        match self.places.remove(&key)? {
            Place::Held { seat, tell_at, .. } => {
                if let Some(at) = tell_at {
                    self.telling.remove(&(at, Arc::clone(&key)));
                }
                Some(self.begin(key, seat))
            }
            _ => None,
        }
    }

    /// Whether somebody is held in the lane of that store.
    #[must_use]
    pub fn is_short(&self, store: &StoreKey) -> bool {
        self.lanes.has(store)
    }

    /// Ends the pass of an object, with a wish for the next one unless it needs none.
    pub fn done(&mut self, key: &Key, next: Option<Ask>) {
        let again = match self.places.remove(key) {
            Some(Place::Running { again, .. }) => again,
            _ => None,
        };
        for ask in [next, again].into_iter().flatten() {
            self.ask(Arc::clone(key), ask);
        }
    }

    /// Ends the pass of an object that got no calls: it is held until its store may make some, keeps its place among
    /// those who came earlier and later, and gets a pass at `tell_at` all the same.
    pub fn hold(&mut self, key: &Key, store: Arc<StoreKey>, tell_at: Option<Timestamp>) {
        let Some(Place::Running { seat, again }) = self.places.remove(key) else {
            return;
        };
        let urgent = again.map_or(seat, |again| seat.raised(again));
        let place = if again.is_some() {
            self.make_ready(key, urgent)
        } else {
            self.wait_in_lane(key, store, seat, tell_at)
        };
        self.places.insert(Arc::clone(key), place);
    }

    /// When the first of those that wait becomes ready.
    #[must_use]
    pub fn next_time(&self) -> Option<Timestamp> {
        let first = |times: &BTreeSet<(Timestamp, Key)>| times.first().map(|(at, _)| *at);
        let times = [first(&self.waiting), first(&self.telling)];
        times.into_iter().flatten().min()
    }

    /// How many are where.
    #[must_use]
    pub fn depth(&self) -> Depth {
        Depth {
            ready: self.ready.len(),
            held: self.lanes.len(),
            waiting: self.waiting.len(),
            oldest: self.since.values().next().copied(),
        }
    }

    fn wait(&mut self, key: &Key, ask: Ask) -> Place {
        self.waiting.insert((ask.at, Arc::clone(key)));
        Place::Waiting(ask)
    }

    fn wait_in_lane(
        &mut self,
        key: &Key,
        store: Arc<StoreKey>,
        seat: Seat,
        tell_at: Option<Timestamp>,
    ) -> Place {
        self.since.insert(seat.arrival, seat.since);
        let lane = Arc::clone(&store);
        self.lanes
            .enter(lane, seat.urgency, seat.arrival, Arc::clone(key));
        if let Some(at) = tell_at {
            self.telling.insert((at, Arc::clone(key)));
        }
        Place::Held {
            seat,
            store,
            tell_at,
        }
    }

    fn make_ready(&mut self, key: &Key, seat: Seat) -> Place {
        self.since.insert(seat.arrival, seat.since);
        self.ready
            .insert((seat.urgency, seat.arrival, Arc::clone(key)));
        Place::Ready(seat)
    }

    fn release(
        &mut self,
        key: &Key,
        store: &Arc<StoreKey>,
        seat: Seat,
        tell_at: Option<Timestamp>,
    ) {
        self.lanes.leave(store, seat.arrival);
        if let Some(at) = tell_at {
            self.telling.remove(&(at, Arc::clone(key)));
        }
    }

    fn begin(&mut self, key: Key, seat: Seat) -> Begun {
        self.since.remove(&seat.arrival);
        let running = Place::Running { seat, again: None };
        self.places.insert(Arc::clone(&key), running);
        Begun {
            key,
            urgency: seat.urgency,
            asked: seat.asked,
            since: seat.since,
        }
    }
}

impl Seat {
    fn raised(self, ask: Ask) -> Self {
        Self {
            urgency: self.urgency.min(ask.urgency),
            asked: self.asked.max(ask.asked),
            ..self
        }
    }
}

fn pop_until(times: &mut BTreeSet<(Timestamp, Key)>, now: Timestamp) -> Option<Key> {
    let (at, _) = times.first()?;
    if *at > now {
        return None;
    }
    times.pop_first().map(|(_, key)| key)
}

#[cfg(test)]
mod tests;
