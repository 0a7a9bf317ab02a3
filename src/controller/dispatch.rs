//! The dispatcher: takes wakes, gives passes, and keeps as many running as are allowed.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

use super::pass::pass;
use super::queue::{Ask, Queue};
use super::sharing::LookNumber;
use super::world::World;
use super::{Urgency, Wake};
use crate::cluster::Feed;
use crate::core::request::ObjectKey;

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
    let mut queue = Queue::default();
    let mut running = Running::default();
    loop {
        health.beat();
        while running.passes.len() < most_at_once
            && let Some((key, asked)) = queue.take(world.clock.now())
        {
            running.start(&world, key, asked);
        }
        let (ready, waiting) = queue.depth();
        world.metrics.queue(ready, waiting, world.inventory.len());
        let next_time = queue
            .next_time()
            .filter(|_| running.passes.len() < most_at_once);
        tokio::select! {
            Some(wake) = wakes.recv() => {
                enqueue(&world, &mut queue, wake);
                while let Ok(wake) = wakes.try_recv() {
                    enqueue(&world, &mut queue, wake);
                }
            }
            Some(ended) = running.passes.join_next_with_id() => running.finish(&world, &mut queue, ended),
            () = world.clock.sleep_until(next_time.unwrap_or(Timestamp::MAX)), if next_time.is_some() => {}
            () = tokio::time::sleep(BEAT_EVERY) => {}
            () = &mut stop => break,
        }
    }
    let ends = async { while running.passes.join_next().await.is_some() {} };
    if tokio::time::timeout(STOP_WITHIN, ends).await.is_err() {
        tracing::warn!("passes were still running when the time to stop was over");
    }
}

fn enqueue(world: &World, queue: &mut Queue, wake: Wake) {
    let at = world
        .clock
        .now()
        .saturating_add(wake.after)
        .unwrap_or(Timestamp::MAX);
    queue.ask(
        wake.object,
        Ask {
            at,
            urgency: wake.urgency,
            asked: world.sharing.latest(),
        },
    );
}

#[derive(Default)]
struct Running {
    passes: JoinSet<Option<Ask>>,
    objects: HashMap<Id, Arc<ObjectKey>>,
}

impl Running {
    fn start(&mut self, world: &Arc<World>, key: Arc<ObjectKey>, asked: LookNumber) {
        let world = Arc::clone(world);
        let object = Arc::clone(&key);
        let task = self
            .passes
            .spawn(async move { pass(&world, &object, asked).await });
        self.objects.insert(task.id(), key);
    }

    fn finish(
        &mut self,
        world: &World,
        queue: &mut Queue,
        ended: Result<(Id, Option<Ask>), JoinError>,
    ) {
        let (id, next) = match ended {
            Ok((id, next)) => (id, next),
            Err(error) => {
                let at = world
                    .clock
                    .now()
                    .saturating_add(AFTER_PANIC)
                    .unwrap_or(Timestamp::MAX);
                (
                    error.id(),
                    Some(Ask {
                        at,
                        urgency: Urgency::Periodic,
                        asked: world.sharing.latest(),
                    }),
                )
            }
        };
        if let Some(key) = self.objects.remove(&id) {
            queue.done(&key, next);
        }
    }
}
