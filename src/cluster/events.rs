//! Events: one Warning when a reason changes, for people who read `kubectl describe`.
//!
//! Each is an Event of its own. kube's recorder merges those of one reason within six minutes, and keeps the first note:
//! people would read of a key that is there again, and not of the one that is missing now.

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use serde::de::IgnoredAny;
use serde_json::json;
use steerable_clock::Clock;

use super::wire::{Call, METADATA_ONLY, Server};
use crate::api::{GROUP, MANAGER, Reason};

/// Most bytes that an event's note may have.
const LONGEST_NOTE: usize = 1000;

/// Nobody waits longer for an event to be sent.
const SEND_WITHIN: Duration = Duration::from_secs(10);

/// Where the events of what has no namespace are.
const NAMESPACE_OF_THE_REST: &str = "default";

/// Tells people what changed for the worse.
#[derive(Clone)]
pub struct Announcer {
    server: Server,
    identity: String,
    calendar: Clock,
}

/// The object that an event is about.
pub struct Subject<'object> {
    /// Its kind.
    pub kind: &'static str,
    /// Its namespace; none for a cluster store.
    pub namespace: Option<&'object str>,
    /// Its name.
    pub name: &'object str,
    /// Its UID.
    pub uid: &'object str,
}

impl Announcer {
    /// Tells that API server; `identity` names this process among its replicas.
    #[must_use]
    pub const fn new(server: Server, identity: String) -> Self {
        Self {
            server,
            identity,
            calendar: Clock::machine(),
        }
    }

    /// Sends a Warning. An event that cannot be sent is logged and changes nothing.
    pub async fn warn(&self, subject: &Subject<'_>, action: &str, reason: Reason, note: &str) {
        let namespace = subject.namespace.unwrap_or(NAMESPACE_OF_THE_REST);
        let regarding = ObjectReference {
            api_version: Some(format!("{GROUP}/v1alpha1")),
            kind: Some(subject.kind.into()),
            namespace: subject.namespace.map(str::to_owned),
            name: Some(subject.name.into()),
            uid: Some(subject.uid.into()),
            ..ObjectReference::default()
        };
        let event = json!({
            "apiVersion": "events.k8s.io/v1",
            "kind": "Event",
            // The API server shortens a long name so that it fits.
            "metadata": {"generateName": format!("{}.", subject.name)},
            "eventTime": MicroTime(self.calendar.now()),
            "type": "Warning",
            "reason": reason.as_str(),
            "action": action,
            "note": shorten(note),
            "regarding": regarding,
            "reportingController": MANAGER,
            "reportingInstance": self.identity,
        });
        let call = Call {
            method: Method::POST,
            path: format!(
                "/apis/events.k8s.io/v1/namespaces/{namespace}/events?fieldManager={MANAGER}"
            ),
            accept: METADATA_ONLY,
            content: Some(("application/json", Bytes::from(event.to_string()))),
        };
        let sent = self.server.send::<IgnoredAny>(call);
        if !matches!(tokio::time::timeout(SEND_WITHIN, sent).await, Ok(Ok(_))) {
            tracing::warn!(
                kind = subject.kind,
                namespace = subject.namespace,
                name = subject.name,
                reason = reason.as_str(),
                "an event could not be sent"
            );
        }
    }
}

fn shorten(note: &str) -> &str {
    note.get(..note.floor_char_boundary(LONGEST_NOTE))
        .unwrap_or(note)
}
