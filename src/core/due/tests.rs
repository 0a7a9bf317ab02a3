use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use serde_json::json;

use super::*;
use crate::api::{
    CONTENT, MANAGED_BY, MANAGER, NcpSecret, OWNER, OWNER_UID, TargetStatus, WorkloadKind,
    WorkloadRef, condition,
};
use crate::core::observed::{Owner, Reference};
use crate::core::request::parse;

mod repair;
mod rotation;

fn now() -> Timestamp {
    "2026-11-22T12:34:56Z".parse().unwrap()
}

fn request() -> Request {
    let object: NcpSecret = serde_json::from_value(json!({
        "apiVersion": "ncp-secrets.io/v1alpha1",
        "kind": "NcpSecret",
        "metadata": {"name": "orders", "namespace": "shop", "uid": "our-uid", "generation": 3},
        "spec": {"storeRef": {"name": "s"}, "source": {"secretId": "0f"}},
    }))
    .unwrap();
    parse(&object).unwrap()
}

/// The status of an object that was synced, and whose last outcome had that reason.
fn synced(reason: Reason) -> NcpSecretStatus {
    let ready = Condition {
        type_: condition::READY.into(),
        status: if reason == Reason::Synced {
            "True"
        } else {
            "False"
        }
        .into(),
        reason: reason.as_str().into(),
        message: String::new(),
        last_transition_time: Time(now()),
        observed_generation: Some(3),
    };
    let keys = vec!["a".into(), "b".into()];
    NcpSecretStatus {
        observed_generation: 3,
        conditions: vec![ready],
        target: Some(TargetStatus {
            name: "orders".into(),
            keys,
            changed_time: Time(now()),
            content: None,
            deleted_time: None,
        }),
        last_forced_sync: Some("monday".into()),
        ..NcpSecretStatus::default()
    }
}

fn never_synced(reason: Reason) -> NcpSecretStatus {
    NcpSecretStatus {
        target: None,
        ..synced(reason)
    }
}

/// The Secret as our last write left it.
fn written() -> Observed {
    let map = |entries: &[(&str, &str)]| -> BTreeMap<String, String> {
        entries
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    };
    let labels = map(&[(MANAGED_BY, MANAGER)]);
    let annotations = map(&[
        (OWNER, "orders"),
        (OWNER_UID, "our-uid"),
        (CONTENT, "0f.aa"),
    ]);
    Observed {
        uid: "u".into(),
        resource_version: "7".into(),
        owner: Some(Owner {
            name: "orders".into(),
            uid: "our-uid".into(),
        }),
        managed: true,
        references: vec![Reference {
            api_version: "ncp-secrets.io/v1alpha1".into(),
            kind: "NcpSecret".into(),
            name: "orders".into(),
            uid: "our-uid".into(),
            controller: true,
            blocks_deletion: true,
        }],
        content: Some("0f.aa".into()),
        our_labels: labels.keys().cloned().collect(),
        our_annotations: annotations.keys().cloned().collect(),
        labels: Some(labels),
        annotations: Some(annotations),
        keys: BTreeSet::from(["a".into(), "b".into()]),
        ..Observed::default()
    }
}

struct Case {
    request: Request,
    target: Option<Observed>,
    settled: Option<&'static str>,
    force_sync: Option<&'static str>,
    status: NcpSecretStatus,
    cause: Option<Reason>,
    next_look: Option<i64>,
    generation: Option<i64>,
}

/// Everything in order, the next look in ten minutes.
fn calm() -> Case {
    Case {
        request: request(),
        target: Some(written()),
        settled: None,
        force_sync: None,
        status: synced(Reason::Synced),
        cause: None,
        next_look: Some(600),
        generation: None,
    }
}

impl Case {
    fn is_due(&self) -> bool {
        due(&self.known(), now())
    }

    fn is_anew(&self) -> bool {
        anew(&self.known())
    }

    fn known(&self) -> Known<'_> {
        let away = |seconds| now() + SignedDuration::from_secs(seconds);
        Known {
            request: &self.request,
            force_sync: self.force_sync,
            target: self.target.as_ref(),
            settled: self.settled,
            status: &self.status,
            cause: self.cause,
            next_look: self.next_look.map(away),
            generation: self.generation,
        }
    }
}

#[test]
fn r8_forced_changed_and_repairing_looks_are_begun_anew_and_others_need_not_be() {
    assert!(!calm().is_anew());
    let mut time = calm();
    time.next_look = Some(0);
    assert!(time.is_due() && !time.is_anew());
    let mut new = calm();
    new.status = NcpSecretStatus::default();
    new.target = None;
    assert!(new.is_due() && !new.is_anew());
    let changes: [fn(&mut Case); 3] = [
        |case| case.request.generation += 1,
        |case| case.force_sync = Some("tuesday"),
        |case| case.target = None,
    ];
    for change in changes {
        let mut case = calm();
        change(&mut case);
        assert!(case.is_anew());
    }
}

#[test]
fn r7_nothing_is_due_while_everything_is_in_order() {
    assert!(!calm().is_due());
}

#[test]
fn r7_a_restart_with_everything_in_order_looks_at_nothing() {
    assert!(
        !Case {
            next_look: None,
            ..calm()
        }
        .is_due()
    );
    // What only people can mend in NCP is in order too, as far as calls go.
    for reason in [
        Reason::SourceDisabled,
        Reason::SourceRevoked,
        Reason::SourceDestroyed,
        Reason::SourceNotFound,
        Reason::SourceUnreadable,
        Reason::StageEmpty,
        Reason::MissingKey,
        Reason::InvalidKey,
        Reason::KeyConflict,
        Reason::TooLarge,
        Reason::TemplateFailed,
        Reason::TargetImmutable,
    ] {
        let status = synced(reason);
        assert!(
            !Case {
                next_look: None,
                status,
                ..calm()
            }
            .is_due(),
            "{reason:?}"
        );
    }
}

#[test]
fn a_look_is_due_at_its_moment_and_not_before() {
    for (away, expected) in [(-1, true), (0, true), (1, false)] {
        assert_eq!(
            Case {
                next_look: Some(away),
                ..calm()
            }
            .is_due(),
            expected,
            "{away}"
        );
    }
}

#[test]
fn a_spec_that_changed_since_the_last_pass_is_looked_at_whatever_status_says() {
    let mut case = calm();
    case.generation = Some(3);
    assert!(!case.is_due());
    case.generation = Some(2);
    assert!(case.is_due());
}

#[test]
fn r8_a_changed_spec_looks_at_once() {
    for generation in [-1, 0, 2, 4] {
        let mut case = calm();
        case.status.observed_generation = generation;
        assert!(case.is_due(), "{generation}");
    }
    assert!(
        Case {
            status: NcpSecretStatus::default(),
            target: None,
            ..calm()
        }
        .is_due()
    );
}

#[test]
fn r8_a_forced_sync_looks_once_for_each_new_text() {
    for (text, last, expected) in [
        (None, None, false),
        (None, Some("monday"), false),
        (Some("monday"), Some("monday"), false),
        (Some("tuesday"), Some("monday"), true),
        (Some("tuesday"), None, true),
        (Some(""), None, true),
        (Some(""), Some(""), false),
    ] {
        let mut case = calm();
        case.force_sync = text;
        case.status.last_forced_sync = last.map(str::to_owned);
        assert_eq!(case.is_due(), expected, "{text:?} {last:?}");
    }
}

#[test]
fn what_kept_a_pass_from_asking_is_retried_as_soon_as_it_is_gone() {
    let before_the_look = [
        Reason::InvalidSpec,
        Reason::StoreNotFound,
        Reason::StoreNotReady,
        Reason::NotGranted,
        Reason::TargetNotOwned,
        Reason::CredentialsMissing,
        Reason::CredentialsRejected,
        Reason::ClockSkew,
        // The Secret that could not change has gone.
        Reason::TargetImmutable,
    ];
    for reason in Reason::ALL {
        let case = Case {
            cause: Some(reason),
            status: never_synced(reason),
            target: None,
            ..calm()
        };
        assert_eq!(
            case.is_due(),
            before_the_look.contains(&reason),
            "{reason:?}"
        );
    }
}

#[test]
fn r9_a_failed_call_waits_for_its_moment_whatever_else_wakes_the_object() {
    for reason in [
        Reason::Throttled,
        Reason::SourceUnavailable,
        Reason::PermissionDenied,
    ] {
        let case = || Case {
            cause: Some(reason),
            status: synced(Reason::RefreshFailing),
            ..calm()
        };
        assert!(!case().is_due(), "{reason:?}");
        assert!(
            Case {
                next_look: Some(0),
                ..case()
            }
            .is_due(),
            "{reason:?}"
        );
    }
}

#[test]
fn r13_a_new_process_takes_up_what_the_last_one_could_not_finish() {
    for reason in [
        Reason::RefreshFailing,
        Reason::CredentialsMissing,
        Reason::CredentialsRejected,
        Reason::PermissionDenied,
        Reason::ClockSkew,
        Reason::Throttled,
        Reason::SourceUnavailable,
        Reason::InvalidSpec,
        Reason::StoreNotFound,
        Reason::StoreNotReady,
        Reason::NotGranted,
        Reason::TargetMissing,
        Reason::TargetNotOwned,
        Reason::ClusterRefused,
    ] {
        for status in [synced(reason), never_synced(reason)] {
            assert!(
                Case {
                    status,
                    next_look: None,
                    ..calm()
                }
                .is_due(),
                "{reason:?}"
            );
        }
    }
    let without_ready = NcpSecretStatus {
        conditions: Vec::new(),
        ..synced(Reason::Synced)
    };
    assert!(
        Case {
            status: without_ready,
            next_look: None,
            ..calm()
        }
        .is_due()
    );
}

#[test]
fn a_new_process_looks_at_what_may_have_to_restart_something_and_was_not_told() {
    let told = |content: &str| {
        let mut status = synced(Reason::Synced);
        status.target.as_mut().unwrap().content = Some(content.into());
        status
    };
    let restarts = || Request {
        restart: vec![WorkloadRef {
            kind: WorkloadKind::Deployment,
            name: "orders".into(),
        }],
        ..request()
    };
    let cases = [
        (restarts(), "0f.bb", None, true),
        (restarts(), "0f.aa", None, false),
        (restarts(), "0f.bb", Some(600), false),
        (request(), "0f.bb", None, false),
    ];
    for (request, content, next_look, expected) in cases {
        let case = Case {
            request,
            status: told(content),
            next_look,
            ..calm()
        };
        assert_eq!(case.is_due(), expected, "{content} {next_look:?}");
    }
}
