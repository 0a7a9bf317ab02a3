//! One clock for time and timers.
//!
//! A program that takes its time from a [`Clock`] runs on the machine's time in production. In a test or a
//! demo the same program runs on a steered time: started elsewhere, frozen, moved forward, or made faster,
//! and every timer follows at once. Two processes share one steered time by exchanging [`Reading`]s.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

const LONGEST_STRETCH: Duration = Duration::from_secs(30);

/// How often it is looked whether the machine's clock was set back.
const COMPARED_EVERY: Duration = Duration::from_secs(5);

/// A relation between real time and clock time: at the real moment `real` the clock showed `at`, and since
/// then it runs `speed` times as fast as real time. A speed of 0 is a frozen clock.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The machine's time at which the clock showed `at`.
    pub real: Timestamp,
    /// What the clock showed then.
    pub at: Timestamp,
    /// Seconds of clock time in one real second; never negative.
    pub speed: f64,
}

impl Reading {
    fn now(&self) -> Timestamp {
        self.shown_at(machine_time())
    }

    /// What the clock shows when the machine's shows `real`.
    fn shown_at(&self, real: Timestamp) -> Timestamp {
        let passed = real.duration_since(self.real).as_secs_f64();
        let moved = SignedDuration::try_from_secs_f64(passed.max(0.0) * self.speed)
            .unwrap_or(SignedDuration::ZERO);
        self.at.saturating_add(moved).unwrap_or(self.at)
    }

    /// How long really to wait until the clock shows `moment`; none while it is frozen before it.
    fn real_wait(&self, moment: Timestamp) -> Option<Duration> {
        let left = moment.duration_since(self.now());
        if left <= SignedDuration::ZERO {
            return Some(Duration::ZERO);
        }
        (self.speed > 0.0)
            .then(|| Duration::try_from_secs_f64(left.as_secs_f64() / self.speed).ok())
            .flatten()
    }
}

/// Where a program takes its time from. Clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    Machine,
    Steered(watch::Receiver<Reading>),
}

impl Clock {
    /// The machine's own time.
    #[must_use]
    pub const fn machine() -> Self {
        Self(Source::Machine)
    }

    /// A clock that shows `start` now, runs at the machine's speed, and obeys the [`Steering`].
    #[must_use]
    pub fn steered(start: Timestamp) -> (Self, Steering) {
        let reading = Reading {
            real: machine_time(),
            at: start,
            speed: 1.0,
        };
        let (sender, receiver) = watch::channel(reading);
        (Self(Source::Steered(receiver)), Steering(sender))
    }

    /// The moment it is.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::Machine => machine_time(),
            Source::Steered(readings) => readings.borrow().now(),
        }
    }

    /// Waits until the clock shows `moment`, however the clock is moved meanwhile.
    pub async fn sleep_until(&self, moment: Timestamp) {
        match &self.0 {
            Source::Machine => machine_sleep(moment).await,
            Source::Steered(readings) => steered_sleep(readings.clone(), moment).await,
        }
    }

    /// Waits for `span` of clock time.
    pub async fn sleep(&self, span: Duration) {
        let moment = self.now().saturating_add(span).unwrap_or(Timestamp::MAX);
        self.sleep_until(moment).await;
    }

    /// Waits until the clock was set back by at least `least`. Who waits for moments that were far away then, waits too
    /// long from now on.
    pub async fn set_back(&self, least: SignedDuration) {
        match &self.0 {
            Source::Machine => machine_set_back(least).await,
            Source::Steered(readings) => steered_set_back(readings.clone(), least).await,
        }
    }
}

/// Compares the calendar with the timer, which no one sets. What passes while the machine is suspended only lets the
/// calendar be ahead.
async fn machine_set_back(least: SignedDuration) {
    loop {
        let (calendar, timer) = (machine_time(), tokio::time::Instant::now());
        tokio::time::sleep(COMPARED_EVERY).await;
        let passed = SignedDuration::try_from(timer.elapsed()).unwrap_or(SignedDuration::ZERO);
        if passed - machine_time().duration_since(calendar) >= least {
            return;
        }
    }
}

async fn steered_set_back(mut readings: watch::Receiver<Reading>, least: SignedDuration) {
    loop {
        let before = *readings.borrow_and_update();
        if readings.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        let after = *readings.borrow();
        if before.shown_at(after.real).duration_since(after.at) >= least {
            return;
        }
    }
}

/// Sleeps in short stretches, because a machine that was suspended or whose clock was set is not noticed by
/// one long timer.
async fn machine_sleep(moment: Timestamp) {
    loop {
        let left = Duration::try_from(moment.duration_since(machine_time())).unwrap_or_default();
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(LONGEST_STRETCH)).await;
    }
}

async fn steered_sleep(mut readings: watch::Receiver<Reading>, moment: Timestamp) {
    loop {
        let reading = *readings.borrow_and_update();
        match reading.real_wait(moment) {
            Some(Duration::ZERO) => return,
            Some(wait) => {
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    Ok(()) = readings.changed() => {}
                }
            }
            None => {
                if readings.changed().await.is_err() {
                    // A frozen clock without anybody to move it never reaches the moment.
                    std::future::pending::<()>().await;
                }
            }
        }
    }
}

/// The hand on a steered clock. Clones steer the same clock.
#[derive(Clone, Debug)]
pub struct Steering(watch::Sender<Reading>);

impl Steering {
    /// Moves the clock forward by `span`.
    pub fn advance(&self, span: SignedDuration) {
        self.change(|reading| {
            reading.at = reading.at.saturating_add(span).unwrap_or(Timestamp::MAX);
        });
    }

    /// Lets the clock show `moment` now.
    pub fn set(&self, moment: Timestamp) {
        self.change(|reading| reading.at = moment);
    }

    /// Lets the clock run `speed` times as fast as real time. Negative speeds count as 0.
    pub fn run_at(&self, speed: f64) {
        self.change(|reading| reading.speed = if speed > 0.0 { speed } else { 0.0 });
    }

    /// Stops the clock.
    pub fn freeze(&self) {
        self.run_at(0.0);
    }

    /// Lets the clock show what another one shows.
    pub fn adopt(&self, reading: Reading) {
        self.0.send_replace(reading);
    }

    /// The relation to real time that holds now, for another process to [adopt](Self::adopt).
    #[must_use]
    pub fn reading(&self) -> Reading {
        *self.0.borrow()
    }

    /// Tells of each change of the relation.
    #[must_use]
    pub fn readings(&self) -> watch::Receiver<Reading> {
        self.0.subscribe()
    }

    fn change(&self, change: impl FnOnce(&mut Reading)) {
        self.0.send_modify(|reading| {
            let real = machine_time();
            *reading = Reading {
                real,
                at: reading.now(),
                speed: reading.speed,
            };
            change(reading);
        });
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the machine's clock"
)]
fn machine_time() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Timestamp {
        "2026-01-01T00:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_frozen_clock_moves_only_when_moved() {
        let (clock, steering) = Clock::steered(start());
        steering.freeze();
        steering.set(start());
        assert_eq!(clock.now(), start());
        steering.advance(SignedDuration::from_hours(30));
        assert_eq!(clock.now(), start() + SignedDuration::from_hours(30));
    }

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_clock_is_moved_past_its_moment() {
        let (clock, steering) = Clock::steered(start());
        steering.freeze();
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep(Duration::from_hours(1)).await }
        });
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        steering.advance(SignedDuration::from_hours(2));
        sleeper.await.unwrap();
    }

    #[tokio::test]
    async fn a_fast_clock_wakes_its_sleepers_sooner() {
        let (clock, steering) = Clock::steered(start());
        steering.run_at(1_000_000.0);
        clock.sleep(Duration::from_hours(24)).await;
        assert!(clock.now() >= start() + SignedDuration::from_hours(24));
    }

    #[tokio::test]
    async fn only_a_clock_that_was_set_back_is_said_to_have_been() {
        let least = SignedDuration::from_secs(10);
        let (clock, steering) = Clock::steered(start());
        let mut waiting = waits(clock.clone(), least);
        for change in [
            &(|| steering.advance(SignedDuration::from_hours(1))) as &dyn Fn(),
            &|| steering.run_at(1000.0),
            &|| steering.freeze(),
            &|| steering.set(clock.now() - SignedDuration::from_secs(9)),
        ] {
            change();
            tokio::time::sleep(Duration::from_millis(20)).await;
            assert!(!waiting.is_finished());
        }
        steering.set(clock.now() - SignedDuration::from_secs(10));
        (&mut waiting).await.unwrap();
    }

    fn waits(clock: Clock, least: SignedDuration) -> tokio::task::JoinHandle<()> {
        tokio::spawn(async move { clock.set_back(least).await })
    }

    #[test]
    fn a_clock_that_adopts_a_reading_shows_the_same_time() {
        let (one, steering) = Clock::steered(start());
        steering.freeze();
        let (other, follower) = Clock::steered(Timestamp::UNIX_EPOCH);
        follower.adopt(steering.reading());
        assert_eq!(one.now(), other.now());
    }
}
