//! Whether a service is away, or only some of its secrets cannot be read: judged from the looks that fail.
//!
//! A secret that keeps failing says nothing new about its host. So only sources count that were fine until now, and one
//! answer of the host ends the suspicion.

use jiff::{SignedDuration, Timestamp};

/// So many sources must begin to fail, without an answer for any other in between.
const SOURCES: u32 = 5;

/// For so long there must have been no answer.
const LASTING: SignedDuration = SignedDuration::from_secs(10);

/// What failed since the last answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outage {
    begun: Option<Timestamp>,
    sources: u32,
}

impl Outage {
    /// Takes note of a look that got no usable answer, and whether its source was `fine` before; answers since when
    /// the service is away, if it is.
    pub fn failed(&mut self, fine: bool, now: Timestamp) -> Option<Timestamp> {
        if fine {
            self.sources = self.sources.saturating_add(1);
            self.begun = self.begun.or(Some(now));
        }
        self.begun
            .filter(|begun| self.sources >= SOURCES && now.duration_since(*begun) >= LASTING)
    }

    /// Takes note that the service has answered.
    pub fn answered(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    #[test]
    fn r9_a_service_is_away_when_five_sources_begin_to_fail_and_none_is_answered_for_ten_seconds() {
        let mut outage = Outage::default();
        for second in 1..=5 {
            assert_eq!(outage.failed(true, at(second)), None);
        }
        assert_eq!(outage.failed(false, at(10)), None);
        assert_eq!(outage.failed(false, at(11)), Some(at(1)));
        outage.answered();
        assert_eq!(outage.failed(true, at(12)), None);
    }

    #[test]
    fn r9_secrets_that_keep_failing_say_nothing_about_their_host() {
        let mut outage = Outage::default();
        for second in 0..9999 {
            assert_eq!(outage.failed(second < 4, at(second)), None);
        }
    }
}
