//! Stores whose objects have been waiting for calls for long.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::core::moment::later;
use crate::core::request::StoreKey;

/// How long somebody must have been waiting without a break before that is told.
pub const TOLD_AFTER: SignedDuration = SignedDuration::from_mins(1);

/// How long nobody must have been waiting until it is over; those who have something to tell leave for a moment.
const OVER_AFTER: SignedDuration = SignedDuration::from_secs(1);

/// Since when each store has somebody waiting.
#[derive(Default)]
pub struct Shortages {
    stores: BTreeMap<Arc<StoreKey>, Shortage>,
}

struct Shortage {
    since: Timestamp,
    is_told: bool,
    /// Since when nobody waits any more.
    empty_since: Option<Timestamp>,
}

impl Shortages {
    /// Takes note of the stores that have somebody waiting; answers whose shortage begins or ends to be told.
    pub fn note(
        &mut self,
        short: impl Iterator<Item = Arc<StoreKey>>,
        now: Timestamp,
    ) -> Vec<(Arc<StoreKey>, bool)> {
        let mut earlier = std::mem::take(&mut self.stores);
        let mut news = Vec::new();
        for store in short {
            let known = earlier.remove(&store);
            let mut shortage = known.map_or_else(|| Shortage::new(now), Shortage::goes_on);
            if !shortage.is_told && later(shortage.since, TOLD_AFTER) <= now {
                shortage.is_told = true;
                news.push((Arc::clone(&store), true));
            }
            self.stores.insert(store, shortage);
        }
        for (store, mut shortage) in earlier {
            let empty_since = *shortage.empty_since.get_or_insert(now);
            if now < later(empty_since, OVER_AFTER) {
                self.stores.insert(store, shortage);
            } else if shortage.is_told {
                news.push((store, false));
            }
        }
        news
    }

    /// When to look again.
    #[must_use]
    pub fn next_time(&self) -> Option<Timestamp> {
        let moments = self.stores.values().filter_map(|shortage| {
            let over = shortage.empty_since.map(|since| later(since, OVER_AFTER));
            over.or((!shortage.is_told).then(|| later(shortage.since, TOLD_AFTER)))
        });
        moments.min()
    }
}

impl Shortage {
    const fn new(now: Timestamp) -> Self {
        Self {
            since: now,
            is_told: false,
            empty_since: None,
        }
    }

    const fn goes_on(self) -> Self {
        Self {
            empty_since: None,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::StoreKind;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    #[test]
    fn a_shortage_is_told_once_after_a_minute_and_taken_back_when_it_is_over() {
        let store = Arc::new(StoreKey {
            kind: StoreKind::NcpSecretStore,
            namespace: Some("n".into()),
            name: "s".into(),
        });
        let mut shortages = Shortages::default();
        for (second, short, news, next) in [
            (0, true, None, Some(60)),
            (50, false, None, Some(51)),
            (51, false, None, None),
            (60, true, None, Some(120)),
            (80, false, None, Some(81)),
            (80, true, None, Some(120)),
            (119, true, None, Some(120)),
            (120, true, Some(true), None),
            (999, true, None, None),
            (1000, false, None, Some(1001)),
            (1001, false, Some(false), None),
            (1002, false, None, None),
        ] {
            let told = shortages.note(short.then(|| Arc::clone(&store)).into_iter(), at(second));
            assert_eq!(
                told.first().map(|(_, is_short)| *is_short),
                news,
                "{second}"
            );
            assert_eq!(shortages.next_time(), next.map(at), "{second}");
        }
    }
}
