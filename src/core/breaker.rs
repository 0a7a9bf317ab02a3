//! Whether calls may be made with the credentials of a store, as a function of what became of earlier ones.
//!
//! Closed until the service refuses the credentials or the clock, or until there are none. While it is open nobody
//! calls, but for one look every 5 minutes that tries whether the service has changed its mind.

use jiff::{SignedDuration, Timestamp};

use super::moment::later;
use super::trouble::Trouble;

/// How often the service is asked with credentials that it has refused.
pub const PROBE_EVERY: SignedDuration = SignedDuration::from_mins(5);

/// The breaker of one store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breaker(Option<Open>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Open {
    trouble: Trouble,
    next_probe: Timestamp,
}

/// How a look may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Like any other.
    Free,
    /// As the only one, to see whether the service has changed its mind.
    Probe,
}

impl Breaker {
    /// Asks for a look. Without credentials that could be tried (`can_probe`) an open breaker admits nobody.
    ///
    /// # Errors
    ///
    /// The trouble, while it is open.
    pub fn admit(&mut self, can_probe: bool, now: Timestamp) -> Result<Admission, Trouble> {
        let Some(open) = &mut self.0 else {
            return Ok(Admission::Free);
        };
        if !can_probe || now < open.next_probe {
            return Err(open.trouble.clone());
        }
        open.next_probe = later(now, PROBE_EVERY);
        Ok(Admission::Probe)
    }

    /// Takes note of a trouble with the credentials; answers whether that is news.
    pub fn refused(&mut self, trouble: &Trouble, now: Timestamp) -> bool {
        if let Some(open) = &mut self.0 {
            let is_news = open.trouble.reason() != trouble.reason();
            if is_news {
                open.trouble = trouble.clone();
            }
            return is_news;
        }
        self.0 = Some(Open {
            trouble: trouble.clone(),
            next_probe: later(now, PROBE_EVERY),
        });
        true
    }

    /// Takes note that the credentials are of use, or others by now; answers whether it was open.
    pub fn close(&mut self) -> bool {
        self.0.take().is_some()
    }

    /// Whether it is open.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.0.is_some()
    }

    /// Whether it is open and somebody may try.
    #[must_use]
    pub fn is_probe_due(&self, now: Timestamp) -> bool {
        self.0.as_ref().is_some_and(|open| open.next_probe <= now)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::core::remote::LookError;

    const REFUSED: Trouble = Trouble::Look(LookError::CredentialsRejected);
    const SKEWED: Trouble = Trouble::Look(LookError::ClockSkew {
        ahead: SignedDuration::ZERO,
    });

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    #[test]
    fn r9_it_opens_at_the_first_refusal_and_admits_one_probe_every_five_minutes() {
        let mut breaker = Breaker::default();
        assert_eq!(breaker.admit(true, at(0)), Ok(Admission::Free));
        assert!(breaker.refused(&REFUSED, at(0)));
        for (second, expected) in [
            (0, Err(REFUSED)),
            (299, Err(REFUSED)),
            (300, Ok(Admission::Probe)),
            (300, Err(REFUSED)),
            (599, Err(REFUSED)),
            (9999, Ok(Admission::Probe)),
        ] {
            let due = breaker.is_probe_due(at(second));
            assert_eq!(due, expected.is_ok(), "{second}");
            assert_eq!(breaker.admit(true, at(second)), expected, "{second}");
        }
        assert_eq!(breaker.admit(false, at(99_999)), Err(REFUSED));
        assert!(breaker.close());
        assert!(!breaker.close());
        assert_eq!(breaker.admit(false, at(99_999)), Ok(Admission::Free));
    }

    #[test]
    fn r9_the_same_trouble_again_is_no_news_and_puts_no_probe_off() {
        let mut breaker = Breaker::default();
        assert!(breaker.refused(&REFUSED, at(0)));
        assert!(!breaker.refused(&REFUSED, at(200)));
        assert!(breaker.refused(&SKEWED, at(250)));
        assert_eq!(breaker.admit(true, at(299)), Err(SKEWED));
        assert_eq!(breaker.admit(true, at(300)), Ok(Admission::Probe));
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Ask,
        Refuse,
        Close,
    }

    proptest! {
        #[test]
        fn r9_while_it_is_open_probes_are_five_minutes_apart(
            steps in prop::collection::vec(
                (prop::sample::select(vec![Step::Ask, Step::Ask, Step::Refuse, Step::Close]), 0..400_i64), 1..80),
        ) {
            let mut breaker = Breaker::default();
            let (mut now, mut last) = (0, None);
            for (step, wait) in steps {
                now += wait;
                match step {
                    Step::Refuse => {
                        if !breaker.is_open() {
                            last = Some(now);
                        }
                        breaker.refused(&REFUSED, at(now));
                        prop_assert!(breaker.is_open());
                    }
                    Step::Close => {
                        breaker.close();
                    }
                    Step::Ask => match breaker.admit(true, at(now)) {
                        Ok(Admission::Free) => prop_assert!(!breaker.is_open()),
                        Ok(Admission::Probe) => {
                            prop_assert!(last.is_none_or(|last| now - last >= 300));
                            last = Some(now);
                        }
                        Err(_) => prop_assert!(last.is_some_and(|last| now - last < 300)),
                    },
                }
            }
        }
    }
}
