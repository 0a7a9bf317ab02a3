//! What was asked of the emulator: the latest requests, and counters of all.

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;
use serde::Serialize;

use crate::host::Host;
use crate::wire::Operation;

const KEPT: usize = 100_000;
/// Most counters that tell secrets and keys apart.
const MOST_COUNTERS: usize = 100_000;

/// A request that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// None for a path that there is not.
    pub operation: Option<Operation>,
    /// The secret that the path names; its first 256 characters.
    pub secret_id: Option<String>,
    /// The access key that the request claimed; its first 256 characters.
    pub access_key: Option<String>,
    /// The host it was made to.
    pub host: Host,
    /// The HTTP status of the answer; none when the connection was cut instead.
    pub status: Option<u16>,
    /// `SUCCESS`; the error code, for example `NOT_FOUND` or `200`; `CUT` when the connection was cut instead; or
    /// for an answer that a fault made up, for example `HTTP 503`. What a fault does to the body of a real answer
    /// does not change it.
    pub result: String,
    /// When, on the emulator's clock.
    pub at: Timestamp,
}

/// What the requests of one counter have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counted {
    /// None for a path that there is not.
    pub operation: Option<Operation>,
    /// The secret that the path names; its first 256 characters.
    pub secret_id: Option<String>,
    /// The access key that the request claimed; its first 256 characters.
    pub access_key: Option<String>,
    /// As [`Call::result`].
    pub result: String,
}

impl Counted {
    fn of(call: &Call) -> Self {
        Self {
            operation: call.operation,
            secret_id: call.secret_id.clone(),
            access_key: call.access_key.clone(),
            result: call.result.clone(),
        }
    }

    fn without_names(self) -> Self {
        Self {
            secret_id: None,
            access_key: None,
            ..self
        }
    }
}

/// The latest hundred thousand requests, and how many there were of each kind.
///
/// At most a hundred thousand counters tell secrets and keys apart. When there are so many, a request that none of
/// them counts is counted by its operation and result alone, as if it named no secret and no key.
#[derive(Default)]
pub(crate) struct Calls {
    latest: VecDeque<Call>,
    counts: HashMap<Operation, usize>,
    counters: HashMap<Counted, u64>,
}

impl Calls {
    pub(crate) fn push(&mut self, call: Call) {
        if let Some(operation) = call.operation {
            *self.counts.entry(operation).or_default() += 1;
        }
        self.count_up(Counted::of(&call));
        if self.latest.len() == KEPT {
            self.latest.pop_front();
        }
        self.latest.push_back(call);
    }

    pub(crate) fn latest(&self) -> Vec<Call> {
        self.latest.iter().cloned().collect()
    }

    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Call> {
        self.latest.iter().rev()
    }

    pub(crate) fn count(&self, operation: Operation) -> usize {
        self.counts.get(&operation).copied().unwrap_or_default()
    }

    /// By operation, secret, key and result.
    pub(crate) fn counters(&self) -> Vec<(Counted, u64)> {
        let counters = self.counters.iter();
        let mut counters: Vec<_> = counters
            .map(|(what, count)| (what.clone(), *count))
            .collect();
        counters.sort();
        counters
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    fn count_up(&mut self, what: Counted) {
        let full = self.counters.len() >= MOST_COUNTERS && !self.counters.contains_key(&what);
        let what = if full { what.without_names() } else { what };
        *self.counters.entry(what).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(secret: &str, result: &str) -> Call {
        Call {
            operation: Some(Operation::GetSecretDetail),
            secret_id: Some(secret.to_owned()),
            access_key: Some("key".to_owned()),
            host: Host::KrRegional,
            status: Some(200),
            result: result.to_owned(),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn requests_are_counted_by_what_they_have_in_common() {
        let mut calls = Calls::default();
        for (secret, result) in [("b", "SUCCESS"), ("a", "200"), ("b", "SUCCESS")] {
            calls.push(call(secret, result));
        }
        let expected = [("a", "200", 1), ("b", "SUCCESS", 2)]
            .map(|(secret, result, count)| (Counted::of(&call(secret, result)), count));
        assert_eq!(calls.counters(), expected);
        calls.clear();
        assert_eq!(calls.counters(), []);
    }

    #[test]
    fn counters_beyond_their_number_are_lumped() {
        let mut calls = Calls::default();
        for number in 0..MOST_COUNTERS + 5 {
            calls.push(call(&number.to_string(), "NOT_FOUND"));
        }
        calls.push(call("7", "NOT_FOUND"));
        let lump = Counted::of(&call("", "NOT_FOUND")).without_names();
        assert_eq!(calls.counters.len(), MOST_COUNTERS + 1);
        assert_eq!(calls.counters[&lump], 5);
        assert_eq!(calls.counters[&Counted::of(&call("7", "NOT_FOUND"))], 2);
        assert_eq!(calls.count(Operation::GetSecretDetail), MOST_COUNTERS + 6);
    }
}
