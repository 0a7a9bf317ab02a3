//! The queue: which object is next.
//!
//! An object has one place: it waits for its time, or it is ready, or its pass runs. Asking twice gives it the earlier
//! time and the higher urgency. An object whose pass runs gets another one afterwards if somebody asks meanwhile.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::Urgency;
use super::sharing::LookNumber;
use crate::core::request::ObjectKey;

type Key = Arc<ObjectKey>;

/// Objects that wait for a pass.
#[derive(Default)]
pub struct Queue {
    places: HashMap<Key, Place>,
    waiting: BTreeSet<(Timestamp, Key)>,
    ready: BTreeSet<(Urgency, u64, Key)>,
    arrivals: u64,
}

#[derive(Clone, Copy)]
enum Place {
    Waiting(Ask),
    Ready {
        urgency: Urgency,
        arrival: u64,
        asked: LookNumber,
    },
    Running {
        again: Option<Ask>,
    },
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
        let place = match self.places.get(&key).copied() {
            None => self.wait(&key, ask),
            Some(Place::Waiting(earlier)) => {
                self.waiting.remove(&(earlier.at, Arc::clone(&key)));
                self.wait(&key, earlier.or_sooner(ask))
            }
            Some(Place::Ready {
                urgency,
                arrival,
                asked,
            }) => {
                self.ready.remove(&(urgency, arrival, Arc::clone(&key)));
                let urgency = urgency.min(ask.urgency);
                self.ready.insert((urgency, arrival, Arc::clone(&key)));
                Place::Ready {
                    urgency,
                    arrival,
                    asked: asked.max(ask.asked),
                }
            }
            Some(Place::Running { again }) => Place::Running {
                again: Some(again.map_or(ask, |again| again.or_sooner(ask))),
            },
        };
        self.places.insert(key, place);
    }

    /// Takes the object that is to have its pass now, if one is, with the look that was begun last when that pass was
    /// asked for.
    pub fn take(&mut self, now: Timestamp) -> Option<(Key, LookNumber)> {
        self.ripen(now);
        let (_, _, key) = self.ready.pop_first()?;
        let running = Place::Running { again: None };
        match self.places.insert(Arc::clone(&key), running) {
            Some(Place::Ready { asked, .. }) => Some((key, asked)),
            _ => None,
        }
    }

    /// Ends the pass of an object, with a wish for the next one unless it needs none.
    pub fn done(&mut self, key: &Key, next: Option<Ask>) {
        let again = match self.places.remove(key) {
            Some(Place::Running { again }) => again,
            _ => None,
        };
        for ask in [next, again].into_iter().flatten() {
            self.ask(Arc::clone(key), ask);
        }
    }

    /// When the first of those that wait becomes ready.
    #[must_use]
    pub fn next_time(&self) -> Option<Timestamp> {
        self.waiting.first().map(|(at, _)| *at)
    }

    /// How many are ready and how many wait for their time.
    #[must_use]
    pub fn depth(&self) -> (usize, usize) {
        (self.ready.len(), self.waiting.len())
    }

    fn wait(&mut self, key: &Key, ask: Ask) -> Place {
        self.waiting.insert((ask.at, Arc::clone(key)));
        Place::Waiting(ask)
    }

    fn ripen(&mut self, now: Timestamp) {
        while let Some((at, _)) = self.waiting.first()
            && *at <= now
        {
            let Some((_, key)) = self.waiting.pop_first() else {
                return;
            };
            let Some(Place::Waiting(ask)) = self.places.get(&key).copied() else {
                continue;
            };
            self.arrivals += 1;
            self.ready
                .insert((ask.urgency, self.arrivals, Arc::clone(&key)));
            let ready = Place::Ready {
                urgency: ask.urgency,
                arrival: self.arrivals,
                asked: ask.asked,
            };
            self.places.insert(key, ready);
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn key(name: &str) -> Key {
        Arc::new(ObjectKey {
            namespace: "n".into(),
            name: name.into(),
        })
    }

    fn at(seconds: i64, urgency: Urgency) -> Ask {
        Ask {
            at: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds),
            urgency,
            asked: LookNumber::default(),
        }
    }

    fn taken(queue: &mut Queue, seconds: i64) -> Vec<String> {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        std::iter::from_fn(|| queue.take(now))
            .map(|(key, _)| key.name.clone())
            .collect()
    }

    #[test]
    fn objects_come_in_the_order_of_urgency_and_then_of_arrival() {
        let mut queue = Queue::default();
        for (name, urgency) in [
            ("periodic", Urgency::Periodic),
            ("initial", Urgency::Initial),
            ("prompt 1", Urgency::Prompt),
            ("rotating", Urgency::Rotating),
            ("repair", Urgency::Repair),
        ] {
            queue.ask(key(name), at(0, urgency));
        }
        queue.ask(key("prompt 2"), at(1, Urgency::Prompt));
        let order = [
            "prompt 1", "prompt 2", "rotating", "repair", "initial", "periodic",
        ];
        assert_eq!(taken(&mut queue, 1), order);
    }

    #[test]
    fn an_object_waits_for_its_time() {
        let mut queue = Queue::default();
        queue.ask(key("a"), at(10, Urgency::Periodic));
        assert_eq!(taken(&mut queue, 9), Vec::<String>::new());
        assert_eq!(queue.next_time(), Some(at(10, Urgency::Periodic).at));
        assert_eq!(taken(&mut queue, 10), ["a"]);
    }

    #[test]
    fn asking_twice_gives_one_pass_at_the_earlier_time_and_the_higher_urgency() {
        let mut queue = Queue::default();
        queue.ask(key("a"), at(10, Urgency::Periodic));
        queue.ask(key("b"), at(1, Urgency::Repair));
        queue.ask(key("a"), at(1, Urgency::Prompt));
        queue.ask(key("a"), at(5, Urgency::Periodic));
        assert_eq!(taken(&mut queue, 1), ["a", "b"]);
        assert_eq!(taken(&mut queue, 100), Vec::<String>::new());
    }

    #[test]
    fn an_object_never_has_two_passes_at_once_and_loses_no_wish() {
        let mut queue = Queue::default();
        queue.ask(key("a"), at(0, Urgency::Prompt));
        assert_eq!(taken(&mut queue, 0), ["a"]);
        queue.ask(key("a"), at(0, Urgency::Prompt));
        assert_eq!(taken(&mut queue, 0), Vec::<String>::new());
        queue.done(&key("a"), Some(at(50, Urgency::Periodic)));
        assert_eq!(taken(&mut queue, 0), ["a"]);
        queue.done(&key("a"), Some(at(50, Urgency::Periodic)));
        assert_eq!(taken(&mut queue, 49), Vec::<String>::new());
        assert_eq!(taken(&mut queue, 50), ["a"]);
    }

    #[test]
    fn an_object_that_needs_nothing_more_is_forgotten() {
        let mut queue = Queue::default();
        queue.ask(key("a"), at(0, Urgency::Prompt));
        assert_eq!(taken(&mut queue, 0), ["a"]);
        queue.done(&key("a"), None);
        assert_eq!(queue.depth(), (0, 0));
        assert!(queue.places.is_empty());
    }
}
