//! Moments.

use jiff::{SignedDuration, Timestamp};

/// The moment a span after another; the end of time when there is none so late.
#[must_use]
pub fn later(moment: Timestamp, span: SignedDuration) -> Timestamp {
    moment.saturating_add(span).unwrap_or(Timestamp::MAX)
}
