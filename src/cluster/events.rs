//! Events: one Warning when a reason changes, and one for each restart of a workload, for people who read
//! `kubectl describe`.
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
use crate::api::{GROUP, MANAGER, Reason, WorkloadRef};

/// Most bytes that an event's note may have.
const LONGEST_NOTE: usize = 1000;

/// How much of an object's name is in that of an event about it.
const LONGEST_STEM: usize = 50;

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

/// What an event says.
struct News<'news> {
    type_: &'static str,
    action: &'news str,
    reason: Reason,
    note: &'news str,
    /// The other object that it is about.
    related: Option<ObjectReference>,
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
        let news = News {
            type_: "Warning",
            action,
            reason,
            note,
            related: None,
        };
        self.send(subject, &news).await;
    }

    /// Tells of a workload that was restarted, or should have been, as [`Self::warn`] does.
    pub async fn tell_of_workload(
        &self,
        subject: &Subject<'_>,
        workload: &WorkloadRef,
        reason: Reason,
        note: &str,
    ) {
        let related = ObjectReference {
            kind: Some(workload.kind.as_str().into()),
            namespace: subject.namespace.map(str::to_owned),
            name: Some(workload.name.clone()),
            ..ObjectReference::default()
        };
        let news = News {
            type_: match reason {
                Reason::WorkloadRestarted => "Normal",
                _ => "Warning",
            },
            action: "Restart",
            reason,
            note,
            related: Some(related),
        };
        self.send(subject, &news).await;
    }

    async fn send(&self, subject: &Subject<'_>, news: &News<'_>) {
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
            "metadata": {"generateName": prefix(subject.name)},
            "eventTime": MicroTime(self.calendar.now()),
            "type": news.type_,
            "reason": news.reason.as_str(),
            "action": news.action,
            "note": shorten(news.note),
            "regarding": regarding,
            "related": news.related,
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
        let sent = tokio::time::timeout(SEND_WITHIN, sent).await;
        let failed = match sent {
            Ok(sent) => sent.err().map(|refusal| refusal.to_string()),
            Err(_) => Some("no answer in time".into()),
        };
        if let Some(cause) = failed {
            tracing::warn!(
                cause,
                kind = subject.kind,
                namespace = subject.namespace,
                name = subject.name,
                reason = news.reason.as_str(),
                "an event could not be sent"
            );
        }
    }
}

/// What the name of an event begins with: the API server appends something random.
fn prefix(name: &str) -> String {
    let most = name.floor_char_boundary(LONGEST_STEM);
    let stem = name.get(..most).unwrap_or(name);
    format!("{}-", stem.trim_end_matches(['.', '-']))
}

fn shorten(note: &str) -> &str {
    note.get(..note.floor_char_boundary(LONGEST_NOTE))
        .unwrap_or(note)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_have_valid_names_whatever_the_name_of_the_object() {
        assert_eq!(prefix("orders-db"), "orders-db-");
        assert_eq!(prefix(&"n".repeat(253)), format!("{}-", "n".repeat(50)));
        let dotted = format!("{}.-.b", "a".repeat(48));
        assert_eq!(prefix(&dotted), format!("{}-", "a".repeat(48)));
    }
}
