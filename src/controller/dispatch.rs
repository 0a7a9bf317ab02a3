//! The dispatcher: takes wakes, and gives passes in the order of urgency to whom there are places and calls for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError};
use tokio::time::Instant;

use super::Wake;
use super::pass::Next;
use super::queue::{Ask, Begun, Queue};
use super::running::Running;
use super::shortage::Shortages;
use super::world::World;
use crate::cluster::Feed;
use crate::core::request::StoreKey;
use crate::core::urgency::Urgency;
use crate::source::{Allowance, Held};

/// Running passes get this long to end when the process is asked to stop.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// The dispatcher shows that it is alive at least this often.
const BEAT_EVERY: Duration = Duration::from_secs(5);

/// Without a beat for this long the dispatcher counts as dead.
const DEAD_AFTER: Duration = Duration::from_mins(1);

/// An object whose pass panicked is not tried again for this long.
const AFTER_PANIC: SignedDuration = SignedDuration::from_mins(5);

/// What the probes ask.
pub struct Health {
    feeds: Vec<Feed>,
    begun: AtomicBool,
    beat: Mutex<Instant>,
}

impl Health {
    /// Watches these feeds.
    #[must_use]
    pub fn new(feeds: Vec<Feed>) -> Self {
        Self {
            feeds,
            begun: AtomicBool::new(false),
            beat: Mutex::new(Instant::now()),
        }
    }

    /// The watches whose first list is not complete.
    #[must_use]
    pub fn missing(&self) -> Vec<&str> {
        self.feeds
            .iter()
            .filter(|feed| !feed.is_complete())
            .map(|feed| feed.name.as_str())
            .collect()
    }

    /// Whether the dispatcher has done something lately; before it begins, the feeds are what there is to wait for.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        let beat = *self.beat.lock().unwrap_or_else(PoisonError::into_inner);
        let dispatches = !self.begun.load(Ordering::Relaxed) || beat.elapsed() < DEAD_AFTER;
        dispatches && self.feeds.iter().all(Feed::is_alive)
    }

    fn beat(&self) {
        self.begun.store(true, Ordering::Relaxed);
        *self.beat.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

/// Gives passes to objects until `stop` is done; then waits for the running ones.
pub async fn dispatch(
    world: Arc<World>,
    health: Arc<Health>,
    mut wakes: mpsc::UnboundedReceiver<Wake>,
    most_at_once: usize,
    stop: impl Future<Output = ()>,
) {
    let mut stop = std::pin::pin!(stop);
    for feed in &health.feeds {
        tokio::select! {
            () = feed.completed() => {}
            () = &mut stop => return,
        }
    }
    tracing::info!(
        objects = world.inventory.len(),
        "all watches are complete, passes begin"
    );
    let mut dispatcher = Dispatcher::new(world, most_at_once);
    loop {
        health.beat();
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
            () = &mut stop => break,
        }
    }
    let mut running = dispatcher.running;
    let ends = async { while running.passes.join_next().await.is_some() {} };
    if tokio::time::timeout(STOP_WITHIN, ends).await.is_err() {
        tracing::warn!("passes were still running when the time to stop was over");
    }
}

/// Who has a pass, and who waits for one.
struct Dispatcher {
    world: Arc<World>,
    queue: Queue,
    running: Running,
    shortages: Shortages,
}

impl Dispatcher {
    fn new(world: Arc<World>, most_at_once: usize) -> Self {
        Self {
            world,
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
            self.running.start(&self.world, begun, allowance);
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
        let Some(key) = self.running.ended(id) else {
            return;
        };
        match next {
            Next::Nothing => self.queue.done(&key, None),
            Next::Ask(ask) => self.queue.done(&key, Some(ask)),
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

    fn show(&self) {
        let depth = self.queue.depth();
        let now = self.world.clock.now();
        let objects = self.world.inventory.len();
        self.world.metrics.queue(&depth, objects, now);
    }
}

fn later(moment: Timestamp, span: SignedDuration) -> Timestamp {
    moment.saturating_add(span).unwrap_or(Timestamp::MAX)
}
