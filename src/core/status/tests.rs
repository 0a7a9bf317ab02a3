use std::time::Duration;

use super::*;
use crate::api::terms::Stage;
use crate::api::{StoreStatus, TargetStatus};
use crate::core::remote::{Failure, Host, LookError, Unreadable};
use crate::core::remote::{Lifecycle, Phase};
use crate::core::trouble::{Holder, SpecError};

mod laws;
mod source;

fn now() -> Timestamp {
    "2026-11-22T12:34:56.789Z".parse().unwrap()
}

fn after(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

fn facts() -> Facts {
    Facts {
        secret_id: "0f".into(),
        secret_name: "orders".into(),
        host: Host::Regional,
        lifecycle: Lifecycle::Enable,
        phase: Phase::None,
        automatic: true,
        period_days: Some(90),
        next_rotation: None,
        expected_destroy: None,
        updated: None,
    }
}

fn subject(generation: i64) -> Subject<'static> {
    let stale_after = SignedDuration::from_mins(15);
    Subject {
        told_since: None,
        generation,
        stale_after,
        target: "orders",
        force_sync: None,
    }
}

fn synced(facts: Facts) -> Outcome {
    Outcome::Synced {
        facts,
        keys: vec!["a".into(), "b".into()],
        changed: true,
        content: "0f.aa".into(),
        fingerprint: None,
        proof: "0f.bb".into(),
        conflict: None,
    }
}

/// The same when the pass found the Secret as it should be.
fn unchanged(facts: Facts) -> Outcome {
    match synced(facts) {
        Outcome::Synced {
            facts,
            keys,
            content,
            proof,
            conflict,
            ..
        } => Outcome::Synced {
            facts,
            keys,
            changed: false,
            content,
            fingerprint: None,
            proof,
            conflict,
        },
        other => other,
    }
}

fn failed(trouble: Trouble) -> Outcome {
    Outcome::Failed {
        trouble,
        facts: None,
        revoked: None,
    }
}

fn unavailable() -> Trouble {
    Trouble::Look(LookError::Unavailable {
        failure: Failure::Timeout,
        retry_after: None,
    })
}

fn missing_key() -> Trouble {
    Trouble::MissingKey { key: "a".into() }
}

fn run(outcomes: &[(i64, &Outcome)]) -> NcpSecretStatus {
    outcomes
        .iter()
        .fold(NcpSecretStatus::default(), |status, (seconds, outcome)| {
            next(&status, &subject(1), outcome, after(*seconds))
        })
}

/// Status and reason of a condition; nothing when it is absent.
fn said<'status>(status: &'status NcpSecretStatus, type_: &str) -> Option<(&'status str, Reason)> {
    let condition = find(status, type_)?;
    Some((&condition.status, Reason::parse(&condition.reason).unwrap()))
}

fn message<'status>(status: &'status NcpSecretStatus, type_: &str) -> &'status str {
    &find(status, type_).unwrap().message
}

/// Told by the store for so many seconds.
fn told(since: i64) -> Subject<'static> {
    Subject {
        told_since: Some(after(since)),
        ..subject(1)
    }
}

#[test]
fn what_the_store_tells_is_not_told_by_its_objects_until_they_are_stale() {
    let trouble = failed(Trouble::Look(LookError::CredentialsRejected));
    let good = run(&[(0, &synced(facts()))]);
    for (second, expected) in [(100, true), (999, true), (1000, false), (9999, false)] {
        // The trouble began 100 seconds after the last look.
        let status = next(&good, &told(100), &trouble, after(second));
        if expected {
            assert_eq!(status, good, "{second}");
            continue;
        }
        let ready = said(&status, condition::READY);
        assert_eq!(
            ready,
            Some(("False", Reason::CredentialsRejected)),
            "{second}"
        );
        let since = Some(Time(whole_seconds(after(100))));
        assert_eq!(status.failing_since, since, "{second}");
        assert_eq!(
            next(&status, &told(100), &trouble, after(second + 9)),
            status
        );
    }
}

#[test]
fn what_the_store_tells_is_told_at_once_by_those_that_are_not_good_or_owe_an_echo() {
    let trouble = failed(Trouble::Look(LookError::CredentialsRejected));
    let rejected = Some(("False", Reason::CredentialsRejected));
    let never = next(&NcpSecretStatus::default(), &told(0), &trouble, after(1));
    assert_eq!(said(&never, condition::READY), rejected);
    let good = run(&[(0, &synced(facts()))]);
    let changed = Subject {
        generation: 2,
        ..told(0)
    };
    let changed = next(&good, &changed, &trouble, after(1));
    assert_eq!(said(&changed, condition::READY), rejected);
    let forced = Subject {
        force_sync: Some("now"),
        ..told(0)
    };
    let status = next(&good, &forced, &trouble, after(1));
    let failing = Some(("True", Reason::RefreshFailing));
    assert_eq!(said(&status, condition::READY), failing);
    assert_eq!(status.last_forced_sync.as_deref(), Some("now"));
    assert_eq!(next(&status, &forced, &trouble, after(2)), status);
    // What was wrong with the object before counts from then.
    let earlier = run(&[(0, &synced(facts())), (10, &failed(unavailable()))]);
    let status = next(&earlier, &told(500), &trouble, after(910));
    assert_eq!(said(&status, condition::READY), rejected);
}

#[test]
fn a_look_that_waits_for_calls_makes_the_object_unready_when_that_is_told() {
    let held = failed(Trouble::BudgetExhausted);
    let status = run(&[(0, &synced(facts())), (1, &held)]);
    let exhausted = Some(("False", Reason::BudgetExhausted));
    assert_eq!(said(&status, condition::READY), exhausted);
    assert_eq!(said(&status, condition::STALLED), None);
}

#[test]
fn a_first_sync_says_everything() {
    let status = run(&[(0, &synced(facts()))]);
    let second: Timestamp = "2026-11-22T12:34:56Z".parse().unwrap();
    assert_eq!(status.observed_generation, 1);
    assert_eq!(
        said(&status, condition::READY),
        Some(("True", Reason::Synced))
    );
    assert_eq!(
        said(&status, condition::SOURCE_AVAILABLE),
        Some(("True", Reason::Enabled))
    );
    assert_eq!(
        said(&status, condition::ROTATION_HEALTHY),
        Some(("True", Reason::Idle))
    );
    assert_eq!(said(&status, condition::STALLED), None);
    let target = TargetStatus {
        name: "orders".into(),
        keys: vec!["a".into(), "b".into()],
        changed_time: Time(second),
        content: Some("0f.aa".into()),
        deleted_time: None,
    };
    assert_eq!(status.target, Some(target));
    assert_eq!(status.failing_since, None);
    let source = status.source.unwrap();
    assert_eq!(source.lifecycle, "ENABLE");
    assert_eq!(source.rotation_phase, "NONE");
    assert_eq!(source.key_isolation, "Regional");
    assert!(
        status
            .conditions
            .iter()
            .all(|condition| condition.last_transition_time.0 == second)
    );
}

#[test]
fn a_pass_without_an_outcome_changes_nothing() {
    let status = run(&[(0, &failed(missing_key()))]);
    for outcome in [Outcome::Quiet, Outcome::Interrupted, Outcome::Leaving] {
        let forced = Subject {
            force_sync: Some("x"),
            ..subject(9)
        };
        assert_eq!(
            next(&status, &forced, &outcome, after(9_999)),
            status,
            "{outcome:?}"
        );
    }
}

#[test]
fn a_failed_look_leaves_ready_true_until_it_is_stale() {
    let trouble = failed(unavailable());
    let start = run(&[(0, &synced(facts()))]);
    let mut status = start.clone();
    for (seconds, expected) in [
        (1, true),
        (600, true),
        (900, true),
        (901, false),
        (99_999, false),
    ] {
        status = next(&status, &subject(1), &trouble, after(seconds));
        let (truth, reason) = said(&status, condition::READY).unwrap();
        let told = if expected {
            ("True", Reason::RefreshFailing)
        } else {
            ("False", Reason::SourceUnavailable)
        };
        assert_eq!((truth, reason), told, "{seconds}");
        assert_eq!(
            status.failing_since,
            Some(Time(whole_seconds(after(1)))),
            "{seconds}"
        );
        assert_eq!(
            said(&status, condition::SOURCE_AVAILABLE),
            Some(("True", Reason::Enabled))
        );
    }
    let recovered = next(&status, &subject(1), &synced(facts()), after(100_000));
    assert_eq!(
        said(&recovered, condition::READY),
        Some(("True", Reason::Synced))
    );
    assert_eq!(recovered.failing_since, None);
}

#[test]
fn refresh_failing_is_for_what_was_ready_and_for_the_spec_that_was() {
    let trouble = failed(unavailable());
    let never = run(&[(0, &trouble)]);
    assert_eq!(
        said(&never, condition::READY),
        Some(("False", Reason::SourceUnavailable))
    );
    let broken = run(&[
        (0, &synced(facts())),
        (1, &failed(missing_key())),
        (2, &trouble),
    ]);
    assert_eq!(
        said(&broken, condition::READY),
        Some(("False", Reason::SourceUnavailable))
    );
    let start = run(&[(0, &synced(facts()))]);
    let changed = next(&start, &subject(2), &trouble, after(1));
    assert_eq!(
        said(&changed, condition::READY),
        Some(("False", Reason::SourceUnavailable))
    );
    assert_eq!(changed.observed_generation, 2);
}

#[test]
fn what_spec_source_or_target_say_counts_at_once() {
    let at_once = [
        Trouble::Spec(SpecError::NotOneSource),
        Trouble::Withheld {
            lifecycle: Lifecycle::Disable,
            destruction: None,
        },
        Trouble::Look(LookError::NotFound),
        Trouble::Unreadable(Unreadable::NotJson),
        Trouble::StageEmpty(Stage::Pending),
        missing_key(),
        Trouble::TooLarge { key: "a".into() },
        Trouble::NotOwned {
            holder: Holder::Unknown,
        },
        Trouble::TargetMissing {
            cause: Box::new(unavailable()),
        },
        Trouble::ClusterRefused {
            code: 403,
            reason: "Forbidden".into(),
            fields: vec![],
        },
    ];
    for trouble in at_once {
        let status = run(&[(0, &synced(facts())), (1, &failed(trouble.clone()))]);
        assert_eq!(
            said(&status, condition::READY),
            Some(("False", trouble.reason()))
        );
    }
}

#[test]
fn stalled_stands_exactly_while_only_a_person_can_mend_it() {
    let stalled = |trouble: Trouble| {
        let status = run(&[(0, &failed(trouble))]);
        said(&status, condition::STALLED).map(|(_, reason)| reason)
    };
    assert_eq!(stalled(missing_key()), Some(Reason::MissingKey));
    assert_eq!(stalled(unavailable()), None);
    assert_eq!(stalled(Trouble::Look(LookError::NotFound)), None);
    let missing = |cause| {
        stalled(Trouble::TargetMissing {
            cause: Box::new(cause),
        })
    };
    assert_eq!(
        missing(Trouble::Withheld {
            lifecycle: Lifecycle::Disable,
            destruction: None
        }),
        Some(Reason::TargetMissing)
    );
    assert_eq!(
        missing(unavailable()),
        None,
        "it is made again as soon as NCP answers"
    );
    let rejected = failed(Trouble::Look(LookError::CredentialsRejected));
    let within = run(&[(0, &synced(facts())), (1, &rejected)]);
    assert_eq!(said(&within, condition::STALLED), None);
    let over = run(&[(0, &synced(facts())), (1, &rejected), (1000, &rejected)]);
    assert_eq!(
        said(&over, condition::STALLED),
        Some(("True", Reason::CredentialsRejected))
    );
    let mended = next(&over, &subject(1), &synced(facts()), after(1001));
    assert_eq!(said(&mended, condition::STALLED), None);
}

#[test]
fn the_time_of_change_moves_only_with_the_content() {
    let unchanged = || unchanged(facts());
    let changed = |status: &NcpSecretStatus| status.target.as_ref().unwrap().changed_time.clone();
    let start = run(&[(0, &synced(facts()))]);
    let later = next(&start, &subject(1), &unchanged(), after(60));
    assert_eq!(changed(&later), changed(&start));
    let again = next(&later, &subject(1), &synced(facts()), after(120));
    assert_eq!(changed(&again), Time(whole_seconds(after(120))));
    let renamed = Subject {
        target: "other",
        ..subject(2)
    };
    let renamed = next(&again, &renamed, &unchanged(), after(180));
    assert_eq!(changed(&renamed), Time(whole_seconds(after(180))));
    let failing = next(&again, &subject(1), &failed(missing_key()), after(240));
    assert_eq!(failing.target, again.target);
}

#[test]
fn r13_content_of_another_hash_dates_from_now_when_its_own_status_was_lost() {
    let start = run(&[(0, &synced(facts()))]);
    let mut written = unchanged(facts());
    if let Outcome::Synced { content, .. } = &mut written {
        *content = "0f.cc".into();
    }
    let told = next(&start, &subject(1), &written, after(60));
    let target = told.target.clone().unwrap();
    assert_eq!(target.changed_time, Time(whole_seconds(after(60))));
    assert_eq!(next(&told, &subject(1), &written, after(120)), told);
}

#[test]
fn a_secret_that_was_deleted_with_its_source_is_told_so_until_it_is_written_again() {
    let gone = || Outcome::Failed {
        trouble: Trouble::TargetDeleted {
            cause: Box::new(Trouble::Withheld {
                lifecycle: Lifecycle::Destroyed,
                destruction: None,
            }),
        },
        facts: None,
        revoked: None,
    };
    let status = run(&[(0, &synced(facts())), (60, &gone())]);
    assert!(was_deleted(&status) && was_synced(&status));
    assert_eq!(
        said(&status, condition::READY),
        Some(("False", Reason::SourceDestroyed))
    );
    assert_eq!(
        message(&status, condition::READY),
        "The secret was destroyed in NCP. The Secret was deleted with it, because \
         spec.target.deletionPolicy is Delete. Point spec.source at another secret."
    );
    let target = status.target.clone().unwrap();
    assert!(target.keys.is_empty());
    assert_eq!(target.deleted_time, Some(Time(whole_seconds(after(60)))));
    assert_eq!(next(&status, &subject(1), &gone(), after(600)), status);
    let back = next(&status, &subject(1), &synced(facts()), after(700));
    assert!(!was_deleted(&back));
}

#[test]
fn a_secret_that_is_fought_over_is_not_ready_and_dated_all_the_same() {
    let mut fought = synced(facts());
    if let Outcome::Synced { conflict, .. } = &mut fought {
        let by = Some("argocd".into());
        let drift = crate::core::pace::Drift::Edited { by };
        *conflict = Some(Trouble::DriftConflict { drift });
    }
    let status = run(&[(0, &synced(facts())), (60, &fought)]);
    assert_eq!(
        said(&status, condition::READY),
        Some(("False", Reason::DriftConflict))
    );
    assert!(message(&status, condition::READY).starts_with(
        "The field manager \"argocd\" changes the Secret again each time it is repaired."
    ));
    let changed = status.target.unwrap().changed_time;
    assert_eq!(changed, Time(whole_seconds(after(60))));
}

#[test]
fn an_edited_secret_that_cannot_be_repaired_is_not_called_good() {
    let edited = failed(Trouble::TargetEdited {
        by: Some("kubectl-edit".into()),
        cause: Box::new(unavailable()),
    });
    let status = run(&[(0, &synced(facts())), (60, &edited)]);
    assert_eq!(
        said(&status, condition::READY),
        Some(("False", Reason::SourceUnavailable))
    );
    let message = message(&status, condition::READY);
    assert!(
        message.starts_with(
            "The field manager \"kubectl-edit\" changed the Secret, and it cannot be repaired: \
             NCP did not answer in time."
        ),
        "{message}"
    );
    assert!(!message.contains("last value"), "{message}");
}

#[test]
fn r1_proofs_stay_with_what_they_are_about() {
    let revoked = Outcome::Failed {
        trouble: Trouble::Withheld {
            lifecycle: Lifecycle::Revoke,
            destruction: None,
        },
        facts: Some(Facts {
            lifecycle: Lifecycle::Revoke,
            ..facts()
        }),
        revoked: Some("0f.dd".into()),
    };
    let proofs = |status: &NcpSecretStatus| {
        let source = status.source.clone().unwrap();
        (source.sync_proof, source.revocation_proof)
    };
    let (sync, end) = (Some("0f.bb".to_owned()), Some("0f.dd".to_owned()));
    let status = run(&[(0, &synced(facts()))]);
    assert_eq!(proofs(&status), (sync.clone(), None));
    let status = next(&status, &subject(1), &revoked, after(60));
    assert_eq!(proofs(&status), (sync.clone(), end.clone()));
    let absent = failed(Trouble::Look(LookError::NotFound));
    let status = next(&status, &subject(1), &absent, after(120));
    assert_eq!(proofs(&status), (sync.clone(), end));
    let status = next(&status, &subject(1), &synced(facts()), after(180));
    assert_eq!(proofs(&status), (sync, None));
}

#[test]
fn a_forced_sync_is_echoed_at_the_first_outcome_good_or_bad() {
    let forced = |text| Subject {
        force_sync: text,
        ..subject(1)
    };
    for outcome in [synced(facts()), failed(unavailable())] {
        let status = next(
            &NcpSecretStatus::default(),
            &forced(Some("x")),
            &outcome,
            now(),
        );
        assert_eq!(status.last_forced_sync.as_deref(), Some("x"));
        let status = next(&status, &forced(None), &outcome, now());
        assert_eq!(
            status.last_forced_sync.as_deref(),
            Some("x"),
            "taken away, nothing new to echo"
        );
    }
}

#[test]
fn pods_keep_a_value_only_where_there_was_one() {
    let kept = "Pods keep the last value.";
    let disabled = || {
        failed(Trouble::Withheld {
            lifecycle: Lifecycle::Disable,
            destruction: None,
        })
    };
    let fresh = run(&[(0, &disabled())]);
    assert!(!message(&fresh, condition::READY).contains(kept));
    let before = run(&[(0, &synced(facts())), (1, &disabled())]);
    assert!(message(&before, condition::READY).ends_with(kept));
    let missing = Trouble::TargetMissing {
        cause: Box::new(Trouble::Withheld {
            lifecycle: Lifecycle::Disable,
            destruction: None,
        }),
    };
    let lost = run(&[(0, &synced(facts())), (1, &failed(missing))]);
    assert!(!message(&lost, condition::READY).contains(kept));
}

#[test]
fn while_suspended_what_was_said_of_a_secret_stays_and_only_the_generation_moves() {
    for outcome in [synced(facts()), failed(missing_key())] {
        let before = run(&[(0, &synced(facts())), (1, &outcome)]);
        let forced = Subject {
            force_sync: Some("x"),
            ..subject(2)
        };
        let after = next(&before, &forced, &Outcome::Suspended, after(9_999));
        let expected = NcpSecretStatus {
            observed_generation: 2,
            ..before
        };
        assert_eq!(after, expected);
    }
}

#[test]
fn what_was_suspended_before_its_first_sync_is_not_good_and_nobody_has_to_mend_it() {
    for before in [
        NcpSecretStatus::default(),
        run(&[(0, &failed(missing_key()))]),
        run(&[(0, &failed(Trouble::Look(LookError::NotFound)))]),
    ] {
        let status = next(&before, &subject(2), &Outcome::Suspended, after(60));
        let suspended = Some(("False", Reason::Suspended));
        assert_eq!(said(&status, condition::READY), suspended);
        assert_eq!(said(&status, condition::STALLED), None);
        assert_eq!(status.failing_since, None);
        assert_eq!(status.observed_generation, 2);
        let again = next(&status, &subject(2), &Outcome::Suspended, after(9_999));
        assert_eq!(again, status);
        let resumed = next(&status, &subject(3), &synced(facts()), after(10_000));
        assert_eq!(
            said(&resumed, condition::READY),
            Some(("True", Reason::Synced))
        );
    }
}

#[test]
fn a_failure_that_a_clock_that_was_ahead_has_told_counts_from_now() {
    let trouble = Trouble::Look(LookError::Unavailable {
        failure: Failure::Timeout,
        retry_after: None,
    });
    let failed = Outcome::Failed {
        trouble,
        facts: None,
        revoked: None,
    };
    let good = next(
        &NcpSecretStatus::default(),
        &subject(1),
        &synced(facts()),
        now(),
    );
    let ahead = next(&good, &subject(1), &failed, after(9 * 3600));
    let told = next(&ahead, &subject(1), &failed, now());
    let since = told.failing_since.as_ref().map(|since| since.0);
    assert_eq!(since, Some(whole_seconds(now())));
    let again = next(&told, &subject(1), &failed, after(60));
    assert_eq!(again, told);
    let stale = next(&told, &subject(1), &failed, after(15 * 60));
    assert!(is_ready(&again) && !is_ready(&stale));
}

#[test]
fn a_store_tells_of_what_its_objects_share_also_while_it_is_of_use() {
    let told = |status: &str, reason: Reason| {
        let status = StoreStatus {
            observed_generation: 2,
            conditions: vec![Condition {
                type_: condition::READY.into(),
                status: status.into(),
                reason: reason.as_str().into(),
                message: String::new(),
                last_transition_time: Time(now()),
                observed_generation: Some(2),
            }],
        };
        [2, 3].map(|generation| told_reason(Some(&status), generation))
    };
    assert_eq!(told("True", Reason::Configured), [None, None]);
    let short = Reason::BudgetExhausted;
    assert_eq!(
        told("True", short),
        [Some(short), None],
        "of another generation nothing is known"
    );
    let skew = Reason::ClockSkew;
    assert_eq!(told("False", skew), [Some(skew), None]);
    assert_eq!(told_reason(None, 2), None);
}
