//! The session tokens of the metadata service's version 2 (`compute-vmetadata-metadatav2`).

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::auth::random_text;
use crate::behavior::Behavior;

/// Who asks for more loses the one that ends first.
const MOST: usize = 10_000;

/// The tokens and their ends.
#[derive(Default)]
pub(super) struct Tokens(HashMap<String, Timestamp>);

impl Tokens {
    /// Makes a token that lives for a number of seconds; none for a lifetime that is not allowed.
    pub(super) fn make(
        &mut self,
        seconds: Option<&str>,
        behavior: &Behavior,
        now: Timestamp,
    ) -> Option<String> {
        let lifetime = SignedDuration::from_secs(seconds?.parse().ok()?);
        let allowed = behavior.shortest_metadata_token..=behavior.longest_metadata_token;
        if !allowed.contains(&lifetime) {
            return None;
        }
        self.0.retain(|_, end| *end > now);
        if self.0.len() >= MOST {
            let first = self.0.iter().min_by_key(|(_, end)| **end);
            if let Some(first) = first.map(|(token, _)| token.clone()) {
                self.0.remove(&first);
            }
        }
        let token = random_text(56);
        let end = now.saturating_add(lifetime).unwrap_or(Timestamp::MAX);
        self.0.insert(token.clone(), end);
        Some(token)
    }

    pub(super) fn holds(&self, token: &str, now: Timestamp) -> bool {
        self.0.get(token).is_some_and(|end| *end > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_do_not_pile_up() {
        let mut tokens = Tokens::default();
        let behavior = Behavior::default();
        let now = Timestamp::UNIX_EPOCH;
        let first = tokens.make(Some("1"), &behavior, now).unwrap();
        for _ in 0..MOST {
            tokens.make(Some("2"), &behavior, now).unwrap();
        }
        assert_eq!(tokens.0.len(), MOST);
        assert!(!tokens.holds(&first, now));
        let later = now + SignedDuration::from_secs(2);
        tokens.make(Some("2"), &behavior, later).unwrap();
        assert_eq!(tokens.0.len(), 1);
    }
}
