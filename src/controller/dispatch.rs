//! The dispatcher: takes wakes, and gives passes in the order of urgency to whom there are places and calls for.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError};
use tokio::time::Instant;

use super::Wake;
use super::health::Health;
use super::pass::Next;
use super::queue::{Ask, Begun, Queue};
use super::running::Running;
use super::shortage::Shortages;
use super::world::World;
use crate::core::moment::later;
use crate::core::request::StoreKey;
use crate::core::urgency::Urgency;
use crate::source::{Allowance, Held};

/// Running passes get this long to end when the process is asked to stop.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// The dispatcher shows that it is alive at least this often.
const BEAT_EVERY: Duration = Duration::from_secs(5);

/// An object whose pass panicked is not tried again for this long.
const AFTER_PANIC: SignedDuration = SignedDuration::from_mins(5);

/// How passes end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Running passes get some time to end.
    InOrder,
    /// The same, and then all of it begins again.
    Anew,
    /// Running passes are cut off.
    AtOnce,
}

/// Gives passes to objects until `end` says how to end; answers that when no pass runs any more.
pub async fn dispatch(
    world: Arc<World>,
    health: Arc<Health>,
    mut wakes: mpsc::UnboundedReceiver<Wake>,
    most_at_once: usize,
    end: impl Future<Output = Ending>,
) -> Ending {
    let mut end = std::pin::pin!(end);
    let mut dispatcher = Dispatcher::new(world, health, most_at_once);
    let ending = loop {
        let next_time = dispatcher.start_all();
        dispatcher.show();
        let place_free = dispatcher.running.place_comes_free();
        let Dispatcher { world, running, .. } = &mut dispatcher;
        tokio::select! {
            Some(wake) = wakes.recv() => {
                dispatcher.enqueue(wake);
                while let Ok(wake) = wakes.try_recv() {
                    dispatcher.enqueue(wake);
                }
            }
            Some(ended) = running.passes.join_next_with_id() => dispatcher.finish(ended),
            () = world.clock.sleep_until(next_time.unwrap_or(Timestamp::MAX)), if next_time.is_some() => {}
            () = world.connections.freed() => {}
            () = tokio::time::sleep_until(place_free.unwrap_or_else(Instant::now)), if place_free.is_some() => {}
            () = tokio::time::sleep(BEAT_EVERY) => {}
            ending = &mut end => break ending,
        }
    };
    let mut running = dispatcher.running;
    if ending == Ending::AtOnce {
        running.passes.shutdown().await;
        return ending;
    }
    let ends = async { while running.passes.join_next().await.is_some() {} };
    if tokio::time::timeout(STOP_WITHIN, ends).await.is_err() {
        tracing::warn!("passes were still running when the time to stop was over");
    }
    ending
}

/// Who has a pass, and who waits for one.
struct Dispatcher {
    world: Arc<World>,
    health: Arc<Health>,
    queue: Queue,
    running: Running,
    shortages: Shortages,
}

impl Dispatcher {
    fn new(world: Arc<World>, health: Arc<Health>, most_at_once: usize) -> Self {
        Self {
            world,
            health,
            queue: Queue::default(),
            running: Running::new(most_at_once),
            shortages: Shortages::default(),
        }
    }

    /// Starts whom there are places and calls for; answers when to try again.
    fn start_all(&mut self) -> Option<Timestamp> {
        let now = self.world.clock.now();
        self.queue.ripen(now);
        self.start_some();
        self.queue.let_tell(now);
        let held_until = self.start_some();
        let lanes = self.queue.lanes();
        let short = lanes.into_iter().map(|(store, _)| store);
        for (store, is_short) in self.shortages.note(short, now) {
            self.world.connections.show_shortage(&store, is_short);
        }
        let times = [
            held_until,
            self.queue.next_time(),
            self.shortages.next_time(),
        ];
        times.into_iter().flatten().min()
    }

    fn start_some(&mut self) -> Option<Timestamp> {
        let mut held_until = None;
        while !self.running.is_full() {
            let (next, until) = self.next();
            held_until = until;
            let Some((begun, allowance)) = next else {
                break;
            };
            let now = self.world.clock.now();
            self.world.inventory.begun(&begun.key, now);
            self.running.start(&self.world, begun, allowance);
            self.health.turned();
        }
        held_until
    }

    /// The next who may begin, with the calls that are set aside for its look; and when somebody who may not now should
    /// be asked about again.
    fn next(&mut self) -> (Option<(Begun, Option<Allowance>)>, Option<Timestamp>) {
        let connections = &self.world.connections;
        let first_ready = self.queue.first_ready();
        let mut held_until: Option<Timestamp> = None;
        for (store, urgency) in self.queue.lanes() {
            if first_ready.is_some_and(|ready| ready < urgency) {
                break;
            }
            match connections.admit(&store, urgency) {
                Ok(allowance) => {
                    let begun = self.queue.take_held(&store);
                    if let Some(begun) = begun {
                        let wait = self.world.clock.now().duration_since(begun.since);
                        self.world.metrics.waited(&store, wait);
                        self.note_waiting(&store);
                        return (Some((begun, allowance)), held_until);
                    }
                }
                Err(Held { until }) => {
                    held_until = held_until.into_iter().chain(until).min();
                }
            }
        }
        (self.queue.take().map(|begun| (begun, None)), held_until)
    }

    fn enqueue(&mut self, wake: Wake) {
        let ask = Ask {
            at: later(self.world.clock.now(), wake.after),
            urgency: wake.urgency,
            asked: self.world.sharing.latest(),
        };
        self.world.inventory.wanted(&wake.object, ask.at);
        self.queue.ask(wake.object, ask);
    }

    fn finish(&mut self, ended: Result<(Id, Next), JoinError>) {
        let (id, next) = match ended {
            Ok((id, next)) => (id, next),
            Err(error) => {
                let ask = Ask {
                    at: later(self.world.clock.now(), AFTER_PANIC),
                    urgency: Urgency::Periodic,
                    asked: self.world.sharing.latest(),
                };
                (error.id(), Next::Ask(ask))
            }
        };
        self.health.turned();
        let Some(key) = self.running.ended(id) else {
            return;
        };
        self.world.inventory.ended(&key);
        match next {
            Next::Nothing => self.queue.done(&key, None),
            Next::Ask(ask) => {
                self.world.inventory.wanted(&key, ask.at);
                self.queue.done(&key, Some(ask));
            }
            Next::Hold(store, tell_at) => {
                self.queue.hold(&key, Arc::clone(&store), tell_at);
                self.note_waiting(&store);
            }
        }
    }

    /// Whoever comes now must not overtake those who wait for the same store.
    fn note_waiting(&self, store: &StoreKey) {
        let waits = self.queue.is_short(store);
        self.world.connections.note_waiting(store, waits);
    }

    fn show(&mut self) {
        self.health.beat(self.running.is_full());
        let depth = self.queue.depth();
        let now = self.world.clock.now();
        let objects = self.world.inventory.len();
        self.world.metrics.queue(&depth, objects, now);
    }
}
