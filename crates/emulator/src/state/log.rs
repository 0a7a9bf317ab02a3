//! A secret's own access log (`secretmanager-getsecretlogs`).

use std::collections::VecDeque;

use jiff::Timestamp;

const KEPT: usize = 1_000;

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// The latest thousand entries, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Log(VecDeque<LogEntry>);

impl Log {
    pub(super) fn push(&mut self, entry: LogEntry) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(entry);
    }

    /// Newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &LogEntry> {
        self.0.iter().rev()
    }
}
