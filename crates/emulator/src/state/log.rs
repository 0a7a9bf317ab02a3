//! A secret's own access log (`secretmanager-getsecretlogs`).

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogEntry {
    /// When it happened.
    pub at: Timestamp,
    /// The access key of a request, or the part of the service that acted: `schedule`, `action`, `service`.
    pub requestor: String,
    /// The address that a request came from.
    pub address: Option<String>,
    /// What was done, for example `Get Secret Value`.
    pub action: String,
    /// `SUCCESS`, or the error code.
    pub result: String,
    /// The rotation job that it belongs to.
    pub job_token: Option<String>,
}

impl LogEntry {
    /// Something that a part of the service did by itself.
    pub(super) fn internal(at: Timestamp, requestor: &str, action: &str) -> Self {
        Self {
            at,
            requestor: requestor.to_owned(),
            address: None,
            action: action.to_owned(),
            result: "SUCCESS".to_owned(),
            job_token: None,
        }
    }

    pub(super) fn of_job(mut self, token: &str) -> Self {
        self.job_token = Some(token.to_owned());
        self
    }

    pub(super) fn with_result(mut self, result: String) -> Self {
        self.result = result;
        self
    }

    /// Whether the entry has a text in one of its fields.
    #[must_use]
    pub fn mentions(&self, keyword: &str) -> bool {
        let texts = [&self.requestor, &self.action, &self.result];
        texts.iter().any(|text| text.contains(keyword))
            || self
                .job_token
                .as_ref()
                .is_some_and(|token| token.contains(keyword))
    }
}

/// The latest entries, oldest first. Each has a number, from 0.
#[derive(Clone, Debug, Default)]
pub struct Log {
    entries: VecDeque<LogEntry>,
    /// The number of the oldest entry that is kept.
    first: u64,
    /// What a state file holds: the numbers from the first of these to before the second.
    saved: (u64, u64),
}

impl Log {
    /// A log as a state file holds it.
    pub(super) fn restored(first: u64, entries: VecDeque<LogEntry>) -> Self {
        let end = first + entries.len() as u64;
        Self {
            entries,
            first,
            saved: (first, end),
        }
    }

    pub(super) fn push(&mut self, entry: LogEntry) {
        self.entries.push_back(entry);
    }

    /// Forgets the oldest entries but so many.
    pub(super) fn keep(&mut self, most: usize) {
        let over = self.entries.len().saturating_sub(most);
        self.entries.drain(..over);
        self.first += over as u64;
    }

    /// Newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &LogEntry> {
        self.entries.iter().rev()
    }

    /// The numbers that a state file holds and should not, and the entries that it should hold and does not.
    /// From now on it counts as up to date.
    pub(super) fn take_unsaved(&mut self) -> (Vec<u64>, Vec<(u64, &LogEntry)>) {
        let (first_saved, end_saved) = self.saved;
        self.saved = (self.first, self.first + self.entries.len() as u64);
        let gone = (first_saved..self.first.min(end_saved)).collect();
        let numbered = (self.first..).zip(&self.entries);
        let new = numbered.filter(|(number, _)| *number >= end_saved);
        (gone, new.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(action: &str) -> LogEntry {
        LogEntry::internal(Timestamp::UNIX_EPOCH, "service", action)
    }

    #[test]
    fn what_a_state_file_lacks_and_has_too_much_is_told_once() {
        let mut log = Log::default();
        for action in ["a", "b", "c"] {
            log.push(entry(action));
        }
        let (gone, new) = log.take_unsaved();
        let numbers: Vec<_> = new.iter().map(|(number, _)| *number).collect();
        assert_eq!((gone, numbers), (vec![], vec![0, 1, 2]));
        log.push(entry("d"));
        log.keep(2);
        let (gone, new) = log.take_unsaved();
        let new: Vec<_> = new.iter().map(|(n, entry)| (*n, &*entry.action)).collect();
        assert_eq!((gone, new), (vec![0, 1], vec![(3, "d")]));
        assert_eq!(log.take_unsaved(), (vec![], vec![]));
    }

    #[test]
    fn entries_that_came_and_went_unsaved_are_not_told() {
        let mut log = Log::default();
        for action in ["a", "b", "c"] {
            log.push(entry(action));
        }
        log.keep(1);
        let (gone, new) = log.take_unsaved();
        assert_eq!((gone, new), (vec![], vec![(2, &entry("c"))]));
    }
}
