use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::api::StoreKind;
use crate::core::remote::Failure;

mod shaping;

/// The bytes that an event's note may have, which is less than a condition's message may.
const LONGEST_NOTE: usize = 1024;

fn store(name: &str) -> StoreKey {
    StoreKey {
        kind: StoreKind::ClusterNcpSecretStore,
        namespace: None,
        name: name.into(),
    }
}

fn failures() -> Vec<Failure> {
    vec![
        Failure::Connect,
        Failure::Handshake,
        Failure::Timeout,
        Failure::Interrupted,
        Failure::Status(503),
        Failure::InvalidRequest,
        Failure::UnknownUrl,
        Failure::Redirect,
        Failure::TooLarge,
        Failure::Malformed,
    ]
}

fn look_errors() -> Vec<LookError> {
    let unavailable = |failure| LookError::Unavailable {
        failure,
        retry_after: None,
    };
    let mut errors = vec![
        LookError::CredentialsRejected,
        LookError::ClockSkew {
            ahead: SignedDuration::from_secs(-301),
        },
        LookError::PermissionDenied,
        LookError::NotFound,
        LookError::NameNotFound,
        LookError::NameAmbiguous,
        LookError::Throttled {
            retry_after: Some(Duration::from_secs(7)),
        },
    ];
    errors.extend(failures().into_iter().map(unavailable));
    errors
}

fn spec_errors(name: &str) -> Vec<SpecError> {
    let key = || name.to_owned();
    vec![
        SpecError::NotOneSource,
        SpecError::SecretId,
        SpecError::SecretName,
        SpecError::StoreName,
        SpecError::Time {
            field: "refresh.interval",
        },
        SpecError::PendingSuffix,
        SpecError::PendingStage,
        SpecError::TargetName,
        SpecError::WorkloadName,
        SpecError::WorkloadTwice { name: key() },
        SpecError::TargetType,
        SpecError::Reserved { key: key() },
        SpecError::MetadataKey { key: key() },
        SpecError::LabelValue { key: key() },
        SpecError::AnnotationValue { key: key() },
        SpecError::Annotations { most: 245_760 },
        SpecError::Count {
            field: "data",
            most: 256,
        },
        SpecError::Count {
            field: "target.labels",
            most: 32,
        },
        SpecError::From { key: key() },
    ]
    .into_iter()
    .chain(shaping::keys_errors(name).into_iter().map(SpecError::Keys))
    .collect()
}

/// Every variant of every part, with the name wherever one can stand.
fn every(name: &str) -> Vec<Trouble> {
    let key = || name.to_owned();
    let mut troubles = vec![
        Trouble::Undecodable,
        Trouble::BudgetExhausted,
        Trouble::NotGranted { store: store(name) },
        Trouble::StoreNotFound { store: store(name) },
        Trouble::StoreNotFollowed { store: store(name) },
        Trouble::StoreNotReady { store: store(name) },
        Trouble::StageEmpty(Stage::Pending),
        Trouble::MissingKey { key: key() },
        Trouble::TypeNeedsKey { keys: &["tls.crt"] },
        Trouble::InvalidKey { key: key() },
        Trouble::KeyConflict { key: key() },
        Trouble::TooLarge { key: key() },
        Trouble::Immutable(Immutability::Type),
        Trouble::Immutable(Immutability::Content),
        Trouble::ClusterRefused {
            code: 403,
            reason: key(),
            fields: vec![key(); 9],
        },
        Trouble::ClusterRefused {
            code: 422,
            reason: "Invalid".into(),
            fields: vec![],
        },
    ];
    troubles.extend(spec_errors(name).into_iter().map(Trouble::Spec));
    troubles.extend(look_errors().into_iter().map(Trouble::Look));
    troubles.extend(shaping::faults(name).into_iter().map(Trouble::Shape));
    let problems = [
        CredentialsProblem::NoSecret { secret: key() },
        CredentialsProblem::NoKey {
            secret: key(),
            key: key(),
        },
        CredentialsProblem::NotAKeyPair {
            secret: key(),
            key: key(),
        },
        CredentialsProblem::Forbidden { secret: key() },
        CredentialsProblem::NoServerRole,
        CredentialsProblem::ServerRoleOff,
        CredentialsProblem::NoMetadata,
        CredentialsProblem::NoRoleKeys,
    ];
    troubles.extend(problems.map(|problem| Trouble::CredentialsMissing { problem }));
    let holders = [
        Holder::Other { name: key() },
        Holder::Earlier { name: key() },
        Holder::Controller {
            kind: key(),
            name: key(),
        },
        Holder::Unknown,
        Holder::Deleting,
    ];
    troubles.extend(holders.map(|holder| Trouble::NotOwned { holder }));
    let lifecycles = ["ENABLE", "DISABLE", "REVOKE", "ROTATING", "DESTROYED", name];
    troubles.extend(lifecycles.map(|word| Trouble::Withheld {
        lifecycle: Lifecycle::parse(word),
        destruction: None,
    }));
    troubles.push(Trouble::Withheld {
        lifecycle: Lifecycle::Revoke,
        destruction: Some("2026-11-29T12:34:56.789Z".parse().unwrap()),
    });
    let unreadable = [
        Unreadable::NotJson,
        Unreadable::NotAnObject,
        Unreadable::NoPairs,
        Unreadable::DuplicateKey(key()),
        Unreadable::WrongState,
    ];
    troubles.extend(unreadable.map(Trouble::Unreadable));
    let missing = |cause: &Trouble| Trouble::TargetMissing {
        cause: Box::new(cause.clone()),
    };
    let lost: Vec<_> = troubles.iter().map(missing).collect();
    let edited = |cause: &Trouble| Trouble::TargetEdited {
        by: Some(key()),
        cause: Box::new(cause.clone()),
    };
    let edited: Vec<_> = troubles.iter().map(edited).collect();
    let deleted = |cause: &Trouble| Trouble::TargetDeleted {
        cause: Box::new(cause.clone()),
    };
    let deleted: Vec<_> = troubles.iter().map(deleted).collect();
    troubles.extend(lost.into_iter().chain(edited).chain(deleted));
    let drifts = [
        Drift::Deleted,
        Drift::Edited { by: None },
        Drift::Edited { by: Some(key()) },
    ];
    troubles.extend(drifts.map(|drift| Trouble::DriftConflict { drift }));
    troubles
}

fn is_whole_sentences(text: &str) -> bool {
    let starts = text.starts_with(char::is_uppercase) || text.starts_with("spec.");
    starts
        && text.ends_with('.')
        && !text.contains("  ")
        && !text.contains("..")
        && !text.contains('\n')
}

#[test]
fn every_trouble_has_a_sentence_and_advice_in_at_most_a_thousand_bytes() {
    for trouble in every("DB_PASSWORD") {
        let message = trouble.message();
        assert!(is_whole_sentences(&trouble.sentence()), "{message}");
        assert!(is_whole_sentences(trouble.advice()), "{message}");
        assert!(message.ends_with(trouble.advice()), "{message}");
        assert!(message.len() <= 1000, "{} {message}", message.len());
    }
}

#[test]
fn no_two_different_troubles_say_the_same() {
    let troubles = every("DB_PASSWORD");
    for (index, one) in troubles.iter().enumerate() {
        for other in troubles.iter().skip(index + 1) {
            assert!(
                one.message() != other.message()
                    || one.reason() != other.reason()
                    || is_no_state(one),
                "{one:?} {other:?}"
            );
        }
    }
}

/// Lifecycles that withhold nothing can only come with this trouble by mistake, and share one sentence.
fn is_no_state(trouble: &Trouble) -> bool {
    matches!(trouble.root(), Trouble::Withheld { lifecycle, .. } if lifecycle.readable())
}

#[test]
fn r11_hostile_names_of_any_length_fit_into_an_events_note_and_lose_nothing_else() {
    let words = [
        "k".repeat(256),
        "é".repeat(256),
        "\0".repeat(256),
        "\u{202e}".repeat(9999),
        "\"".repeat(64_000),
    ];
    for name in words {
        for trouble in every(&name) {
            let message = trouble.message();
            let refreshing =
                message.len() + "The Secret holds the last value, but looks fail. ".len();
            assert!(refreshing <= LONGEST_NOTE, "{} {message}", message.len());
            assert!(message.ends_with(trouble.advice()), "{message}");
            assert!(!message.contains(char::is_control), "{message}");
        }
    }
}

#[test]
fn names_of_any_kubernetes_object_are_shown_whole() {
    let name = "n".repeat(253);
    for trouble in [
        Trouble::NotOwned {
            holder: Holder::Other { name: name.clone() },
        },
        Trouble::MissingKey { key: name.clone() },
        Trouble::StoreNotFound {
            store: store(&name),
        },
        Trouble::CredentialsMissing {
            problem: CredentialsProblem::NoSecret {
                secret: name.clone(),
            },
        },
    ] {
        assert!(
            trouble.message().contains(&format!("\"{name}\"")),
            "{}",
            trouble.message()
        );
    }
    let longer = Trouble::MissingKey {
        key: format!("{name}n"),
    };
    assert!(
        longer.message().contains(&format!("\"{name}…\"")),
        "{}",
        longer.message()
    );
}

#[test]
fn what_would_not_show_in_a_name_is_escaped() {
    let said = |key: &str| Trouble::InvalidKey { key: key.into() }.sentence();
    assert_eq!(said("a b"), r#"Kubernetes does not allow the key "a b"."#);
    assert_eq!(
        said("a\0\n\"b"),
        r#"Kubernetes does not allow the key "a\0\n\"b"."#
    );
    assert_eq!(said("비밀"), r#"Kubernetes does not allow the key "비밀"."#);
    assert_eq!(
        said("\u{202e}x"),
        r#"Kubernetes does not allow the key "\u{202e}x"."#
    );
}

#[test]
fn every_reason_for_trouble_comes_from_some_trouble() {
    let troubles = every("x");
    let known: Vec<_> = troubles.iter().map(Trouble::reason).collect();
    let nobodys = [
        Reason::Synced,
        Reason::RefreshFailing,
        Reason::Suspended,
        Reason::Enabled,
        Reason::Rotating,
        Reason::Idle,
        Reason::InProgress,
        Reason::Manual,
        Reason::RotationFailed,
        Reason::RotationStalled,
        Reason::RotationOverdue,
        Reason::NotRead,
        Reason::Configured,
        Reason::WorkloadRestarted,
        Reason::WorkloadNotRestarted,
    ];
    for reason in Reason::ALL {
        assert_ne!(
            known.contains(&reason),
            nobodys.contains(&reason),
            "{reason:?}"
        );
    }
}

#[test]
fn only_what_a_look_says_may_wait_until_it_is_stale() {
    let looks = [
        Reason::StoreNotFound,
        Reason::StoreNotReady,
        Reason::CredentialsMissing,
        Reason::CredentialsRejected,
        Reason::PermissionDenied,
        Reason::ClockSkew,
        Reason::Throttled,
        Reason::SourceUnavailable,
    ];
    for trouble in every("x") {
        // What somebody edited is not good, whatever keeps it from being repaired.
        let edited = matches!(trouble, Trouble::TargetEdited { .. });
        let expected = looks.contains(&trouble.reason()) && !edited;
        assert_eq!(
            trouble.bearing() == Bearing::WhenStale,
            expected,
            "{trouble:?}"
        );
    }
}

#[test]
fn a_missing_target_is_retried_as_its_cause_is() {
    for cause in every("x") {
        let missing = Trouble::TargetMissing {
            cause: Box::new(cause.clone()),
        };
        assert_eq!(missing.reason(), Reason::TargetMissing);
        assert_eq!(missing.root(), cause.root());
        assert_eq!(missing.is_retried(), cause.is_retried());
        assert_eq!(missing.retry_after(), cause.retry_after());
        assert_eq!(missing.advice(), cause.advice());
    }
}

#[test]
fn messages_promise_nothing_about_a_secret_that_may_not_exist() {
    for trouble in every("x") {
        let message = trouble.message();
        assert!(
            !message.contains("last value") && !message.contains("stays"),
            "{message}"
        );
    }
}

proptest! {
    #[test]
    fn r11_no_name_breaks_a_message(name in any::<String>()) {
        for trouble in every(&name) {
            let message = trouble.message();
            prop_assert!(message.len() <= LONGEST_NOTE);
            prop_assert!(!message.contains(char::is_control), "{}", message);
        }
    }
}

#[test]
fn a_requested_deletion_is_told_with_its_date_in_whole_seconds() {
    let trouble = Trouble::Withheld {
        lifecycle: Lifecycle::Revoke,
        destruction: Some("2026-11-29T12:34:56.789Z".parse().unwrap()),
    };
    assert_eq!(
        trouble.message(),
        "Deletion of the secret was requested in NCP, which destroys it at 2026-11-29T12:34:56Z. To keep the secret, \
         cancel its deletion in NCP and enable it."
    );
}
