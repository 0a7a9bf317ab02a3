//! How many calls may be made now: a bucket of tokens, one for each call, that fills with time.
//!
//! It is counted in billionths of a token, so that the limits hold exactly. When the service asks for fewer calls the
//! pace is halved, down to a floor, and comes back within a minute; the bucket is smaller for as long.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::moment::later;

/// What a store may spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls in a second, in the long run; at least 1.
    pub rate: u32,
    /// Calls at once; at least 1.
    pub burst: u32,
}

const TOKEN: u128 = 1_000_000_000;

/// A pace is counted in thousandths of a token per second.
const PACE_OF_ONE: u64 = 1000;

/// The longest pause that the service can ask for.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(5);

/// From standing still to the full rate.
const RECOVERY: SignedDuration = SignedDuration::from_mins(1);

/// Answers that come together tell one thing.
const SLOWED_AT_MOST_EVERY: SignedDuration = SignedDuration::from_secs(1);

/// Tokens, and how fast they come.
#[derive(Clone, Debug)]
pub struct Bucket {
    limits: Limits,
    /// Billionths of a token.
    held: u128,
    as_of: Timestamp,
    slowed: Option<Slowed>,
    paused_until: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug)]
struct Slowed {
    to: u64,
    at: Timestamp,
}

impl Bucket {
    /// A full one.
    #[must_use]
    pub fn new(limits: Limits, now: Timestamp) -> Self {
        Self {
            limits,
            held: u128::from(limits.burst.max(1)) * TOKEN,
            as_of: now,
            slowed: None,
            paused_until: None,
        }
    }

    /// Obeys other limits from now on; what was spent stays spent.
    pub fn limit(&mut self, limits: Limits, now: Timestamp) {
        self.fill(now);
        self.limits = limits;
        self.held = self.held.min(self.capacity(now));
    }

    /// Takes so many tokens, or as many as there can be at once.
    ///
    /// # Errors
    ///
    /// When to ask again, if there are fewer.
    pub fn take(&mut self, count: u32, now: Timestamp) -> Result<u32, Timestamp> {
        self.fill(now);
        if let Some(until) = self.paused_until.filter(|until| now < *until) {
            return Err(until);
        }
        let most = u32::try_from(self.capacity(now) / TOKEN).unwrap_or(u32::MAX);
        let count = count.min(most);
        let wanted = u128::from(count) * TOKEN;
        if let Some(rest) = self.held.checked_sub(wanted) {
            self.held = rest;
            return Ok(count);
        }
        let missing = (wanted - self.held) * u128::from(PACE_OF_ONE);
        let wait = missing.div_ceil(u128::from(self.pace(now)));
        let wait = i64::try_from(wait).map_or(SignedDuration::MAX, SignedDuration::from_nanos);
        Err(later(now, wait))
    }

    /// Takes back tokens that were not needed.
    pub fn give_back(&mut self, count: u32, now: Timestamp) {
        self.fill(now);
        self.held = (self.held + u128::from(count) * TOKEN).min(self.capacity(now));
    }

    /// Halves the pace, because fewer calls are asked for or answered, and pauses for as long as the service asks.
    pub fn slow(&mut self, asked: Option<Duration>, now: Timestamp) {
        self.fill(now);
        let lately = |slowed: &Slowed| {
            let ago = now.duration_since(slowed.at);
            !ago.is_negative() && ago < SLOWED_AT_MOST_EVERY
        };
        if !self.slowed.as_ref().is_some_and(lately) {
            let to = (self.pace(now) / 2).max(self.floor());
            self.slowed = Some(Slowed { to, at: now });
            self.held = self.held.min(self.capacity(now));
        }
        if let Some(asked) = asked {
            let pause = SignedDuration::try_from(asked).unwrap_or(LONGEST_PAUSE);
            let until = later(now, pause.min(LONGEST_PAUSE));
            self.paused_until = self.paused_until.max(Some(until));
        }
    }

    /// Whole tokens that could be taken now.
    #[must_use]
    pub fn left(&mut self, now: Timestamp) -> u32 {
        self.fill(now);
        if self.paused_until.is_some_and(|until| now < until) {
            return 0;
        }
        u32::try_from(self.held / TOKEN).unwrap_or(u32::MAX)
    }

    fn fill(&mut self, now: Timestamp) {
        let from = self
            .paused_until
            .map_or(self.as_of, |until| until.max(self.as_of));
        let passed = now.duration_since(from).as_nanos();
        // The pace at the beginning: while it comes back this is less than there could be, never more.
        if let Ok(passed) = u128::try_from(passed) {
            let gained =
                passed.saturating_mul(u128::from(self.pace(from))) / u128::from(PACE_OF_ONE);
            self.held = self.held.saturating_add(gained).min(self.capacity(now));
        }
        self.as_of = now;
        if self.pace(now) == self.full_pace() {
            self.slowed = None;
        }
        self.paused_until = self.paused_until.filter(|until| now < *until);
    }

    fn full_pace(&self) -> u64 {
        u64::from(self.limits.rate.max(1)) * PACE_OF_ONE
    }

    /// A tenth of the rate, and at least a call in a second, so that a service that recovered is found to have.
    fn floor(&self) -> u64 {
        (self.full_pace() / 10).max(PACE_OF_ONE)
    }

    fn pace(&self, now: Timestamp) -> u64 {
        let full = self.full_pace();
        let Some(slowed) = self.slowed else {
            return full;
        };
        let passed = u128::try_from(now.duration_since(slowed.at).as_nanos()).unwrap_or(0);
        let regained = passed.saturating_mul(u128::from(full)) / RECOVERY.as_nanos().unsigned_abs();
        let regained = u64::try_from(regained).unwrap_or(u64::MAX);
        slowed.to.saturating_add(regained).min(full)
    }

    /// In billionths of a token; a look needs two.
    fn capacity(&self, now: Timestamp) -> u128 {
        let full = u128::from(self.limits.burst.max(1)) * TOKEN;
        let share = full * u128::from(self.pace(now)) / u128::from(self.full_pace());
        share.max((2 * TOKEN).min(full))
    }
}

#[cfg(test)]
mod tests;
