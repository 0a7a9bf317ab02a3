//! What the probes ask: whether a restart would help, and what is missing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use steerable_clock::Clock;
use tokio::sync::watch;
use tokio::time::Instant;

use super::feeds::Feeds;
use super::inventory::Inventory;
use crate::cluster::Standing;

/// Without a beat for this long the dispatcher counts as dead.
const DEAD_AFTER: Duration = Duration::from_mins(1);

/// What the probes ask.
pub struct Health {
    clock: Clock,
    feeds: Arc<Feeds>,
    inventory: Arc<Inventory>,
    election: Option<watch::Receiver<Standing>>,
    /// Passes turn over at least this often, whatever hangs.
    turnover: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// None while no passes are given, because another process leads.
    pulse: Option<Pulse>,
    /// What keeps a leader from giving passes.
    obstacle: Option<String>,
    /// Whether nobody takes part in the election, nor gives passes, ever again.
    abandoned: bool,
}

/// The presence of who takes part in the election and gives passes; when it is dropped, nobody does.
pub struct Presence(Arc<Health>);

impl Drop for Presence {
    fn drop(&mut self) {
        self.0.lock().abandoned = true;
    }
}

/// How many objects have waited for a pass for too long, while this process gives passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overdue {
    /// Although there was room: a fault of this process.
    pub with_room: usize,
    /// Because as many passes run as may, and end: what they wait for is slow.
    pub without_room: usize,
}

/// What the dispatcher last showed of itself.
#[derive(Clone, Copy)]
struct Pulse {
    beat: Instant,
    /// When a pass last began or ended.
    turned: Instant,
    /// Whether as many passes run as may.
    full: bool,
}

impl Health {
    /// Watches over these. No pass takes longer than `longest_pass` to do its work, nor to tell of it.
    #[must_use]
    pub fn new(
        clock: Clock,
        feeds: Arc<Feeds>,
        inventory: Arc<Inventory>,
        election: Option<watch::Receiver<Standing>>,
        longest_pass: Duration,
    ) -> Self {
        Self {
            clock,
            feeds,
            inventory,
            election,
            turnover: longest_pass.saturating_mul(3),
            state: Mutex::default(),
        }
    }

    /// Why nothing can be done here, one line for each cause; nothing when the process works, or stands by to.
    #[must_use]
    pub fn obstacles(&self) -> Vec<String> {
        let mut obstacles = if self.feeds.are_of_use() {
            Vec::new()
        } else {
            self.feeds.missing()
        };
        let standing = self.election.as_ref().map(|it| it.borrow().clone());
        match standing {
            Some(Standing::Barred(why)) => obstacles.push(why),
            Some(Standing::Unread) => obstacles.push("the Lease: not read yet".into()),
            Some(Standing::StandsBy | Standing::Leads) | None => {}
        }
        obstacles.extend(self.lock().obstacle.clone());
        obstacles
    }

    /// The watches that are missing, whether or not work goes on without them.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        self.feeds.missing()
    }

    /// How many objects have waited for a pass for too long.
    #[must_use]
    pub fn overdue(&self) -> Overdue {
        let pulse = self.lock().pulse;
        let Some(pulse) = pulse else {
            return Overdue::default();
        };
        let count = self.inventory.overdue(self.clock.now());
        if pulse.is_busy(self.turnover) {
            Overdue {
                with_room: 0,
                without_room: count,
            }
        } else {
            Overdue {
                with_room: count,
                without_room: 0,
            }
        }
    }

    /// Why only a restart can help; nothing when it would not.
    #[must_use]
    pub fn ailment(&self) -> Option<String> {
        if !self.feeds.are_alive() {
            return Some("a watch has ended".into());
        }
        if self.lock().abandoned {
            return Some("the work has ended".into());
        }
        let pulse = self.lock().pulse?;
        let overdue = self.inventory.overdue(self.clock.now());
        ailment(&pulse, overdue, self.turnover)
    }

    /// Says that somebody does the work, until the answer is dropped.
    #[must_use]
    pub fn presence(self: &Arc<Self>) -> Presence {
        Presence(Arc::clone(self))
    }

    /// Takes note of what keeps a leader from giving passes, or that nothing does any more.
    pub(super) fn hindered(&self, obstacle: Option<String>) {
        self.lock().obstacle = obstacle;
    }

    /// Takes note that the dispatcher lives, and whether it has as many passes running as it may.
    pub(super) fn beat(&self, full: bool) {
        let now = Instant::now();
        let mut state = self.lock();
        let turned = state.pulse.map_or(now, |pulse| pulse.turned);
        state.pulse = Some(Pulse {
            beat: now,
            turned,
            full,
        });
    }

    /// Takes note that a pass began or ended.
    pub(super) fn turned(&self) {
        if let Some(pulse) = &mut self.lock().pulse {
            pulse.turned = Instant::now();
        }
    }

    /// Takes note that no passes are given for now.
    pub(super) fn rests(&self) {
        let mut state = self.lock();
        state.pulse = None;
        state.obstacle = None;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pulse {
    /// Whether work waits because every place is taken, and places are freed.
    ///
    /// Such work was not admitted: then NCP or the API server is slow or away, and a restart would only make it worse.
    fn is_busy(&self, turnover: Duration) -> bool {
        self.full && self.turned.elapsed() < turnover
    }
}

/// What is wrong with a dispatcher, while so many objects are overdue.
fn ailment(pulse: &Pulse, overdue: usize, turnover: Duration) -> Option<String> {
    if pulse.beat.elapsed() >= DEAD_AFTER {
        return Some("the dispatcher has stopped".into());
    }
    (overdue > 0 && !pulse.is_busy(turnover))
        .then(|| format!("{overdue} objects have waited for a pass for two intervals and a minute"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r14_what_a_restart_would_mend_is_told_from_what_it_would_not() {
        let now = Instant::now();
        let ago = |minutes| now.checked_sub(Duration::from_mins(minutes)).unwrap();
        let stopped = "the dispatcher has stopped";
        let silent = "7 objects have waited for a pass for two intervals and a minute";
        let table = [
            // beat, turned, full, overdue, ailment
            (0, 0, false, 0, None),
            (0, 60, false, 0, None),
            (0, 60, true, 0, None),
            (0, 0, false, 7, Some(silent)),
            (0, 0, true, 7, None),
            (0, 2, true, 7, None),
            (0, 3, true, 7, Some(silent)),
            (1, 1, false, 0, Some(stopped)),
            (1, 1, true, 7, Some(stopped)),
        ];
        for (beat, turned, full, overdue, expected) in table {
            let pulse = Pulse {
                beat: ago(beat),
                turned: ago(turned),
                full,
            };
            let found = ailment(&pulse, overdue, Duration::from_mins(3));
            assert_eq!(
                found.as_deref(),
                expected,
                "{beat} {turned} {full} {overdue}"
            );
        }
    }
}
