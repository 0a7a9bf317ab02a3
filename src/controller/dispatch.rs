//! The dispatcher: takes wakes, gives passes, and keeps as many running as are allowed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};

use super::health::Health;
use super::pass::pass;
use super::queue::{Ask, Queue};
use super::world::World;
use super::{Urgency, Wake};
use crate::core::request::ObjectKey;

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
    /// Running passes are cut off.
    AtOnce,
}

/// Gives passes to objects until `end` says how to end; returns when no pass runs any more.
pub async fn dispatch(
    world: Arc<World>,
    health: Arc<Health>,
    mut wakes: mpsc::UnboundedReceiver<Wake>,
    most_at_once: usize,
    end: impl Future<Output = Ending>,
) {
    let mut end = std::pin::pin!(end);
    let mut queue = Queue::default();
    let mut running = Running::default();
    let ending = loop {
        while running.passes.len() < most_at_once
            && let Some(key) = queue.take(world.clock.now())
        {
            running.start(&world, key);
            health.turned();
        }
        health.beat(running.passes.len() >= most_at_once);
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
            Some(ended) = running.passes.join_next_with_id() => {
                running.finish(&world, &mut queue, ended);
                health.turned();
            }
            () = world.clock.sleep_until(next_time.unwrap_or(Timestamp::MAX)), if next_time.is_some() => {}
            () = tokio::time::sleep(BEAT_EVERY) => {}
            ending = &mut end => break ending,
        }
    };
    if ending == Ending::AtOnce {
        running.passes.shutdown().await;
        return;
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
    world.inventory.wanted(&wake.object, at);
    queue.ask(
        wake.object,
        Ask {
            at,
            urgency: wake.urgency,
        },
    );
}

#[derive(Default)]
struct Running {
    passes: JoinSet<Option<Ask>>,
    objects: HashMap<Id, Arc<ObjectKey>>,
}

impl Running {
    fn start(&mut self, world: &Arc<World>, key: Arc<ObjectKey>) {
        world.inventory.begun(&key, world.clock.now());
        let world = Arc::clone(world);
        let object = Arc::clone(&key);
        let task = self
            .passes
            .spawn(async move { pass(&world, &object).await });
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
                    }),
                )
            }
        };
        if let Some(key) = self.objects.remove(&id) {
            world.inventory.ended(&key);
            if let Some(next) = &next {
                world.inventory.wanted(&key, next.at);
            }
            queue.done(&key, next);
        }
    }
}
