//! The emulator's clock for other processes.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use steerable_clock::{Clock, Reading, Steering};

/// How long a follower waits for a change before it asks again, in real time.
const LONGEST_WAIT: Duration = Duration::from_secs(25);

/// A reading and its number; another reading has another number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Version {
    pub version: u64,
    pub reading: Reading,
}

/// What someone wants of the clock. What is absent stays; `set` comes before `advance`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Steer {
    pub set: Option<Timestamp>,
    pub advance: Option<SignedDuration>,
    pub speed: Option<f64>,
    pub freeze: Option<bool>,
}

/// The clock was started without a hand on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotSteered {
    #[error("the clock is the machine's and cannot be moved")]
    MachineClock,
    #[error(
        "advance must not be negative, speed must be 0 to 1000000000, speed and freeze exclude each other, and \
         something must be asked for"
    )]
    Senseless,
}

/// Gives out the clock's readings and moves it.
pub(crate) struct ClockFeed {
    clock: Clock,
    steering: Option<Steering>,
    latest: Mutex<Version>,
    /// Held while the clock is moved, so that the moves of two requests do not mix.
    moving: Mutex<()>,
}

/// The fastest that the clock runs.
const FASTEST: f64 = 1e9;

impl ClockFeed {
    pub(crate) fn new(clock: Clock, steering: Option<Steering>) -> Self {
        let latest = Mutex::new(Version {
            version: 1,
            reading: reading(&clock, steering.as_ref()),
        });
        Self {
            clock,
            steering,
            latest,
            moving: Mutex::default(),
        }
    }

    /// Whether it can be moved.
    pub(crate) const fn is_steered(&self) -> bool {
        self.steering.is_some()
    }

    /// The reading that holds now.
    pub(crate) fn current(&self) -> Version {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(steering) = &self.steering else {
            latest.reading = reading(&self.clock, None);
            return *latest;
        };
        let reading = steering.reading();
        if reading != latest.reading {
            *latest = Version {
                version: latest.version + 1,
                reading,
            };
        }
        *latest
    }

    /// The first reading whose number is another one, or after a while the one that holds.
    pub(crate) async fn other_than(&self, version: u64) -> Version {
        let changed = async {
            let Some(steering) = &self.steering else {
                return std::future::pending().await;
            };
            let mut readings = steering.readings();
            loop {
                let current = self.current();
                if current.version != version || readings.changed().await.is_err() {
                    return current;
                }
            }
        };
        tokio::time::timeout(LONGEST_WAIT, changed)
            .await
            .unwrap_or_else(|_| self.current())
    }

    /// Moves the clock.
    pub(crate) fn steer(&self, wish: &Steer) -> Result<Version, NotSteered> {
        let steering = self.steering.as_ref().ok_or(NotSteered::MachineClock)?;
        if !wish.makes_sense() {
            return Err(NotSteered::Senseless);
        }
        let _moving = self.moving.lock().unwrap_or_else(PoisonError::into_inner);
        // First, so that a clock that is set and frozen shows just what it was set to.
        match (wish.speed, wish.freeze) {
            (Some(speed), _) => steering.run_at(speed),
            (None, Some(true)) => steering.freeze(),
            (None, Some(false)) => steering.run_at(1.0),
            (None, None) => {}
        }
        if let Some(moment) = wish.set {
            steering.set(moment);
        }
        if let Some(span) = wish.advance {
            steering.advance(span);
        }
        Ok(self.current())
    }
}

impl Steer {
    fn makes_sense(&self) -> bool {
        let forward = self.advance.is_none_or(|span| !span.is_negative());
        let speed = self.speed.is_none_or(|it| (0.0..=FASTEST).contains(&it));
        let one_speed = self.speed.is_none() || self.freeze.is_none();
        forward && speed && one_speed && *self != Self::default()
    }
}

fn reading(clock: &Clock, steering: Option<&Steering>) -> Reading {
    steering.map_or_else(
        || {
            let now = clock.now();
            Reading {
                real: now,
                at: now,
                speed: 1.0,
            }
        },
        Steering::reading,
    )
}
