//! The requests that an API server has answered, read from its audit log.
//!
//! The API server writes a request's line before it ends its reply, so a request whose reply was read in
//! full is in the log.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Deserialize;

/// The longest line that is looked for before a mark; lines at the Metadata level have about a kilobyte.
const LONGEST_LINE: u64 = 64 * 1024;

/// An audit log that the API server appends to.
#[derive(Clone, Debug)]
pub struct Audit {
    log: PathBuf,
}

/// A moment in an audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark(u64);

/// One request. A watch is listed when it starts, every other request when it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who sent it.
    pub user: String,
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete` and the like.
    pub verb: String,
    /// The API group, empty for the core group and for requests that are not about a resource.
    pub api_group: String,
    /// The resource in plural, empty for requests that are not about a resource.
    pub resource: String,
    /// `status` and the like, or empty.
    pub subresource: String,
    /// The namespace, or empty.
    pub namespace: String,
    /// The object's name, or empty, as it is in a list.
    pub name: String,
    /// The HTTP status code of the reply.
    pub code: u16,
    /// What the client calls itself.
    pub user_agent: String,
    /// Path and query.
    pub request_uri: String,
}

impl Audit {
    pub(crate) const fn new(log: PathBuf) -> Self {
        Self { log }
    }

    /// The present moment: every request answered so far is before it.
    ///
    /// # Errors
    ///
    /// When the log cannot be read.
    pub fn mark(&self) -> Result<Mark> {
        let mut log = self.open()?;
        let length = log.metadata()?.len();
        let from = length.saturating_sub(LONGEST_LINE);
        let mut end = Vec::new();
        log.seek(SeekFrom::Start(from))?;
        log.take(length - from).read_to_end(&mut end)?;
        // A line that is still being written belongs to a request that has not been answered.
        let unfinished = end.iter().rev().take_while(|byte| **byte != b'\n').count();
        Ok(Mark(length - unfinished as u64))
    }

    /// Tells of each request since the beginning, without keeping them all.
    ///
    /// # Errors
    ///
    /// When the log cannot be read or understood.
    pub fn each(&self, mut tell: impl FnMut(Request)) -> Result<()> {
        let mut log = BufReader::new(self.open()?);
        let mut line = String::new();
        while log.read_line(&mut line)? > 0 && line.ends_with('\n') {
            if let Some(request) = request(&line)? {
                tell(request);
            }
            line.clear();
        }
        Ok(())
    }

    /// The requests since a moment, in the order of their answers.
    ///
    /// # Errors
    ///
    /// When the log cannot be read or understood.
    pub fn since(&self, mark: Mark) -> Result<Vec<Request>> {
        let mut log = self.open()?;
        let mut text = String::new();
        log.seek(SeekFrom::Start(mark.0))?;
        log.read_to_string(&mut text)
            .with_context(|| format!("cannot read the audit log {}", self.log.display()))?;
        let mut requests = Vec::new();
        for line in text
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'))
        {
            requests.extend(request(line)?);
        }
        Ok(requests)
    }

    fn open(&self) -> Result<File> {
        File::open(&self.log)
            .with_context(|| format!("cannot open the audit log {}", self.log.display()))
    }
}

fn request(line: &str) -> Result<Option<Request>> {
    let event: Event = serde_json::from_str(line)
        .with_context(|| format!("cannot understand a line of the audit log: {line}"))?;
    Ok(event.request())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    stage: String,
    #[serde(rename = "requestURI")]
    request_uri: String,
    verb: String,
    user: User,
    #[serde(default)]
    user_agent: String,
    #[serde(default)]
    object_ref: Object,
    #[serde(default)]
    response_status: Status,
}

#[derive(Deserialize)]
struct User {
    username: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Object {
    api_group: String,
    resource: String,
    subresource: String,
    namespace: String,
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    code: u16,
}

impl Event {
    /// Requests without a foreseeable end have two events; of a watch only the first comes in time.
    fn request(self) -> Option<Request> {
        let starts = self.stage == "ResponseStarted";
        if starts != (self.verb == "watch") {
            return None;
        }
        Some(Request {
            user: self.user.username,
            verb: self.verb,
            api_group: self.object_ref.api_group,
            resource: self.object_ref.resource,
            subresource: self.object_ref.subresource,
            namespace: self.object_ref.namespace,
            name: self.object_ref.name,
            code: self.response_status.code,
            user_agent: self.user_agent,
            request_uri: self.request_uri,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;

    const ANSWERED: &str = r#"{"kind":"Event","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/a/secrets","verb":"create","user":{"username":"u","groups":["g"]},"userAgent":"t","objectRef":{"resource":"secrets","namespace":"a","name":"s","apiVersion":"v1"},"responseStatus":{"metadata":{},"code":201}}"#;

    fn log(text: &str) -> (tempfile::NamedTempFile, Audit) {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&file, text).unwrap();
        let audit = Audit::new(file.path().to_owned());
        (file, audit)
    }

    #[test]
    fn a_line_that_is_being_written_is_after_the_mark() {
        let (half, rest) = ANSWERED.split_at(40);
        let (mut file, audit) = log(&format!("{ANSWERED}\n{half}"));
        let mark = audit.mark().unwrap();
        assert_eq!(audit.since(mark).unwrap(), []);

        file.as_file_mut().seek(SeekFrom::End(0)).unwrap();
        writeln!(file, "{rest}").unwrap();

        let since = audit.since(mark).unwrap();
        assert_eq!(since.len(), 1);
        assert_eq!((since[0].verb.as_str(), since[0].code), ("create", 201));
        assert_eq!(audit.since(audit.mark().unwrap()).unwrap(), []);
    }

    #[test]
    fn a_watch_counts_once_when_it_starts() {
        let started = ANSWERED
            .replace("create", "watch")
            .replace("ResponseComplete", "ResponseStarted");
        let ended = ANSWERED.replace("create", "watch");
        let (_file, audit) = log(&format!("{started}\n{ended}\n"));
        let requests = audit.since(Mark(0)).unwrap();
        assert_eq!(requests.len(), 1);
        assert_eq!(requests[0].verb, "watch");
    }
}
