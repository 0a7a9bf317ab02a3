//! Events: one Warning when a reason changes, and one for each restart of a workload, for people who read `kubectl describe`.

use std::time::Duration;

use k8s_openapi::api::core::v1::ObjectReference;
use kube::Client;
use kube::runtime::events::{Event, EventType, Recorder, Reporter};

use crate::api::{GROUP, MANAGER, Reason, WorkloadRef};

/// Most bytes that an event's note may have.
const LONGEST_NOTE: usize = 1000;

/// Nobody waits longer for an event to be sent.
const SEND_WITHIN: Duration = Duration::from_secs(10);

/// Tells people what changed for the worse.
#[derive(Clone)]
pub struct Announcer {
    recorder: Recorder,
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
    /// Uses that client; `instance` names this process among its replicas.
    #[must_use]
    pub fn new(client: Client, instance: Option<String>) -> Self {
        let reporter = Reporter {
            controller: MANAGER.into(),
            instance,
        };
        Self {
            recorder: Recorder::new(client, reporter),
        }
    }

    /// Sends a Warning. An event that cannot be sent is logged and changes nothing.
    pub async fn warn(&self, subject: &Subject<'_>, action: &str, reason: Reason, note: &str) {
        let event = Event {
            type_: EventType::Warning,
            reason: reason.as_str().into(),
            note: Some(shorten(note).into()),
            action: action.into(),
            secondary: None,
        };
        self.send(subject, &event).await;
    }

    /// Tells of a workload that was restarted, or should have been, as [`Self::warn`] does.
    pub async fn tell_of_workload(
        &self,
        subject: &Subject<'_>,
        workload: &WorkloadRef,
        reason: Reason,
        note: &str,
    ) {
        let event = Event {
            type_: match reason {
                Reason::WorkloadRestarted => EventType::Normal,
                _ => EventType::Warning,
            },
            reason: reason.as_str().into(),
            note: Some(shorten(note).into()),
            action: "Restart".into(),
            // Events that differ in their note alone would become one.
            secondary: Some(ObjectReference {
                kind: Some(workload.kind.as_str().into()),
                namespace: subject.namespace.map(str::to_owned),
                name: Some(workload.name.clone()),
                ..ObjectReference::default()
            }),
        };
        self.send(subject, &event).await;
    }

    async fn send(&self, subject: &Subject<'_>, event: &Event) {
        let object = ObjectReference {
            api_version: Some(format!("{GROUP}/v1alpha1")),
            kind: Some(subject.kind.into()),
            namespace: subject.namespace.map(str::to_owned),
            name: Some(subject.name.into()),
            uid: Some(subject.uid.into()),
            ..ObjectReference::default()
        };
        let sent = tokio::time::timeout(SEND_WITHIN, self.recorder.publish(event, &object)).await;
        if !matches!(sent, Ok(Ok(()))) {
            tracing::warn!(
                kind = subject.kind,
                namespace = subject.namespace,
                name = subject.name,
                reason = event.reason,
                "an event could not be sent"
            );
        }
    }
}

fn shorten(note: &str) -> &str {
    note.get(..note.floor_char_boundary(LONGEST_NOTE))
        .unwrap_or(note)
}
