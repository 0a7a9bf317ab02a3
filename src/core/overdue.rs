//! Whether a pass is so late that something must be wrong with the operator itself.

use jiff::{SignedDuration, Timestamp};

/// What may go wrong for a while besides: a restart, a slow API server.
const GRACE: SignedDuration = SignedDuration::from_secs(60);

/// Whether what was due at that moment, of an object with that interval, has been left alone for two intervals and 60 s.
#[must_use]
pub fn is_overdue(due: Timestamp, interval: SignedDuration, now: Timestamp) -> bool {
    let patience = interval.saturating_add(interval).saturating_add(GRACE);
    now.duration_since(due) > patience
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r14_work_is_overdue_two_intervals_and_a_minute_after_it_was_due() {
        let due: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let hour = SignedDuration::from_hours(1);
        let second = SignedDuration::from_secs(1);
        for (interval, patience) in [
            (second * 30, second * 120),
            (hour, hour * 2 + second * 60),
            (SignedDuration::MAX, SignedDuration::MAX),
        ] {
            let last = due.saturating_add(patience).unwrap_or(Timestamp::MAX);
            assert!(!is_overdue(due, interval, due));
            assert!(!is_overdue(due, interval, last));
            if let Ok(later) = last.checked_add(second) {
                assert!(is_overdue(due, interval, later), "{interval:#}");
            }
        }
        assert!(!is_overdue(Timestamp::MAX, second, due));
    }
}
