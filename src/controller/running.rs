//! The passes that run, and the places that they hold.
//!
//! A pass that has run for a second hangs on something that is not ours, and gives its place back, so that a host or an
//! API server that hangs does not slow those who need neither; up to a bound on all that run.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{Id, JoinSet};
use tokio::time::Instant;

use super::pass::{Next, Turn, pass};
use super::queue::Begun;
use super::world::World;
use crate::core::request::ObjectKey;
use crate::source::Allowance;

/// How long a pass holds its place, in real time.
const HOLDS_FOR: Duration = Duration::from_secs(1);

/// So many times as many passes as there are places may run in all.
const MOST_IN_ALL: usize = 8;

/// The passes that run.
pub struct Running {
    /// Each answers what follows.
    pub passes: JoinSet<Next>,
    objects: HashMap<Id, Arc<ObjectKey>>,
    places: usize,
    /// Those that may still hold a place, by when they began.
    young: VecDeque<(Instant, Id)>,
}

impl Running {
    /// None runs.
    #[must_use]
    pub fn new(places: usize) -> Self {
        Self {
            passes: JoinSet::new(),
            objects: HashMap::new(),
            places,
            young: VecDeque::new(),
        }
    }

    /// Whether there is no place for another one.
    pub fn is_full(&mut self) -> bool {
        let objects = &self.objects;
        self.young
            .retain(|(begun, id)| begun.elapsed() < HOLDS_FOR && objects.contains_key(id));
        self.young.len() >= self.places || self.objects.len() >= self.places * MOST_IN_ALL
    }

    /// When the oldest of those that hold a place gives it back, if others wait for that.
    pub fn place_comes_free(&mut self) -> Option<Instant> {
        let is_full = self.is_full();
        let (begun, _) = self.young.front().filter(|_| is_full)?;
        Some(*begun + HOLDS_FOR)
    }

    /// Starts a pass.
    pub fn start(&mut self, world: &Arc<World>, begun: Begun, allowance: Option<Allowance>) {
        let (world, object) = (Arc::clone(world), Arc::clone(&begun.key));
        let turn = Turn {
            urgency: begun.urgency,
            asked: begun.asked,
            allowance,
        };
        let task = self
            .passes
            .spawn(async move { pass(&world, &object, turn).await });
        self.young.push_back((Instant::now(), task.id()));
        self.objects.insert(task.id(), begun.key);
    }

    /// Takes note that a pass has ended; answers over which object.
    pub fn ended(&mut self, id: Id) -> Option<Arc<ObjectKey>> {
        self.objects.remove(&id)
    }
}
