//! What is said of the source and of its rotation.

use super::*;

fn rotation_of(facts: Facts, seconds: i64) -> (String, Reason) {
    let first = run(&[(0, &synced(facts.clone()))]);
    let later = next(&first, &subject(1), &synced(facts), after(seconds));
    let (status, reason) = said(&later, condition::ROTATION_HEALTHY).unwrap();
    (status.to_owned(), reason)
}

#[test]
fn the_source_is_available_unless_its_own_state_says_otherwise() {
    let with = |trouble: Trouble, facts: Option<Facts>| {
        let status = run(&[
            (0, &synced(self::facts())),
            (
                1,
                &Outcome::Failed {
                    trouble,
                    facts,
                    revoked: None,
                },
            ),
        ]);
        let (status, reason) = said(&status, condition::SOURCE_AVAILABLE).unwrap();
        (status.to_owned(), reason)
    };
    let disabled = || {
        Some(Facts {
            lifecycle: Lifecycle::Disable,
            ..facts()
        })
    };
    let rotating = || {
        Some(Facts {
            phase: Phase::Rotating,
            ..facts()
        })
    };
    let withheld = || Trouble::Withheld {
        lifecycle: Lifecycle::Disable,
        destruction: None,
    };
    let gone = || Trouble::Look(LookError::NotFound);
    let missing = |cause| Trouble::TargetMissing {
        cause: Box::new(cause),
    };
    let no = |reason| ("False".to_owned(), reason);
    let yes = |reason| ("True".to_owned(), reason);
    assert_eq!(with(withheld(), disabled()), no(Reason::SourceDisabled));
    assert_eq!(
        with(missing(withheld()), disabled()),
        no(Reason::SourceDisabled)
    );
    assert_eq!(with(gone(), None), no(Reason::SourceNotFound));
    assert_eq!(with(missing(gone()), None), no(Reason::SourceNotFound));
    assert_eq!(
        with(Trouble::Unreadable(Unreadable::NotJson), Some(facts())),
        no(Reason::SourceUnreadable)
    );
    assert_eq!(with(missing_key(), Some(facts())), yes(Reason::Enabled));
    assert_eq!(with(missing_key(), rotating()), yes(Reason::Rotating));
    assert_eq!(with(unavailable(), None), yes(Reason::Enabled));
    let unread = run(&[(0, &failed(unavailable()))]);
    assert_eq!(
        said(&unread, condition::SOURCE_AVAILABLE),
        Some(("Unknown", Reason::NotRead))
    );
    assert_eq!(
        said(&unread, condition::ROTATION_HEALTHY),
        Some(("Unknown", Reason::NotRead))
    );
}

#[test]
fn what_nobody_looked_at_again_says_for_which_spec_it_was_seen() {
    let start = run(&[(0, &synced(facts()))]);
    let changed = next(&start, &subject(2), &failed(unavailable()), after(1));
    let about = |type_| find(&changed, type_).unwrap().observed_generation;
    assert_eq!(about(condition::READY), Some(2));
    assert_eq!(about(condition::SOURCE_AVAILABLE), Some(1));
    assert_eq!(about(condition::ROTATION_HEALTHY), Some(1));
    let seen = next(&changed, &subject(2), &synced(facts()), after(2));
    assert!(
        seen.conditions
            .iter()
            .all(|condition| condition.observed_generation == Some(2))
    );
}

fn off(facts: Facts) -> Facts {
    Facts {
        automatic: false,
        ..facts
    }
}

fn phase(phase: Phase) -> Facts {
    Facts { phase, ..facts() }
}

#[track_caller]
fn healthy(facts: Facts, seconds: i64, reason: Reason) {
    assert_eq!(rotation_of(facts, seconds), ("True".to_owned(), reason));
}

#[track_caller]
fn unhealthy(facts: Facts, seconds: i64, reason: Reason) {
    assert_eq!(rotation_of(facts, seconds), ("False".to_owned(), reason));
}

#[test]
fn each_phase_has_its_word_of_health() {
    let by_status = Facts {
        lifecycle: Lifecycle::Rotating,
        ..facts()
    };
    healthy(facts(), 0, Reason::Idle);
    healthy(off(facts()), 0, Reason::Manual);
    healthy(by_status, 0, Reason::InProgress);
    healthy(phase(Phase::Rotating), 0, Reason::InProgress);
    healthy(off(phase(Phase::Rotating)), 0, Reason::InProgress);
    healthy(phase(Phase::Rotating), 3599, Reason::InProgress);
    unhealthy(phase(Phase::Rotating), 3600, Reason::RotationStalled);
    unhealthy(phase(Phase::Failed), 0, Reason::RotationFailed);
    healthy(phase(Phase::Other("NEW".into())), 0, Reason::Idle);
}

#[test]
fn a_failed_rotation_has_failed_also_while_the_status_still_says_rotating() {
    let both = Facts {
        lifecycle: Lifecycle::Rotating,
        ..phase(Phase::Failed)
    };
    unhealthy(both, 9999, Reason::RotationFailed);
}

#[test]
fn a_date_is_overdue_after_a_quarter_of_an_hour_where_a_rotation_can_start() {
    let date = |seconds| Facts {
        next_rotation: Some(after(seconds)),
        ..facts()
    };
    healthy(date(1), 0, Reason::Idle);
    healthy(date(0), 899, Reason::Idle);
    unhealthy(date(-1), 900, Reason::RotationOverdue);
    healthy(off(date(-9999)), 0, Reason::Manual);
    healthy(
        Facts {
            lifecycle: Lifecycle::Disable,
            ..date(-9999)
        },
        0,
        Reason::Idle,
    );
}

#[test]
fn a_rotation_runs_since_it_was_first_seen_and_each_anew() {
    let rotating = || {
        synced(Facts {
            phase: Phase::Rotating,
            ..facts()
        })
    };
    let since = |status: &NcpSecretStatus| status.source.as_ref().unwrap().rotating_since.clone();
    let at = |seconds| Some(Time(whole_seconds(after(seconds))));
    let first = run(&[(0, &synced(facts())), (10, &rotating()), (70, &rotating())]);
    assert_eq!(since(&first), at(10));
    let done = next(&first, &subject(1), &synced(facts()), after(80));
    assert_eq!(since(&done), None);
    assert_eq!(
        since(&next(&done, &subject(1), &rotating(), after(90))),
        at(90)
    );
    let other = synced(Facts {
        secret_id: "1e".into(),
        phase: Phase::Rotating,
        ..facts()
    });
    assert_eq!(since(&next(&first, &subject(1), &other, after(90))), at(90));
    let endless = || {
        synced(Facts {
            secret_id: "x".repeat(300),
            phase: Phase::Rotating,
            ..facts()
        })
    };
    assert_eq!(since(&run(&[(0, &endless()), (60, &endless())])), at(0));
}

#[test]
fn r11_words_of_the_service_fit_into_status() {
    let word = "é".repeat(9_999);
    let facts = Facts {
        secret_id: word.clone(),
        secret_name: word.clone(),
        lifecycle: Lifecycle::Other(word.clone()),
        phase: Phase::Other(word),
        ..facts()
    };
    let source = run(&[(0, &synced(facts))]).source.unwrap();
    let lengths = [
        &source.secret_id,
        &source.secret_name,
        &source.lifecycle,
        &source.rotation_phase,
    ]
    .map(|text| text.chars().count());
    assert_eq!(lengths, [256, 256, 64, 64]);
}

#[test]
fn each_run_of_rotation_that_failed_is_new_once() {
    let at = |phase: &str, updated: i64| {
        synced(Facts {
            phase: Phase::parse(phase),
            updated: Some(after(updated)),
            ..facts()
        })
    };
    let tells = |before: &NcpSecretStatus, outcome: &Outcome, second: i64| {
        let after = next(before, &subject(1), outcome, after(second));
        (rotation_failed_anew(before, &after), after)
    };
    let mut status = NcpSecretStatus::default();
    for (second, (phase, updated, expected)) in (1..).zip([
        ("ROTATION_FAILED", 0, false),
        ("ROTATION_FAILED", 0, false),
        ("ROTATING", 0, false),
        ("ROTATION_FAILED", 0, true),
        ("ROTATION_FAILED", 0, false),
        ("NONE", 0, false),
        ("ROTATION_FAILED", 0, true),
        // Retried and failed again between two looks.
        ("ROTATION_FAILED", 60, true),
        ("ROTATION_FAILED", 60, false),
    ]) {
        let (tells, after) = tells(&status, &at(phase, updated), second);
        assert_eq!(tells, expected, "{second}");
        status = after;
    }
    let (told, kept) = tells(&status, &failed(unavailable()), 20);
    assert!(!told, "a look that fails says nothing of a rotation");
    let other = synced(Facts {
        secret_id: "1f".into(),
        phase: Phase::Failed,
        ..facts()
    });
    assert!(!tells(&kept, &other, 21).0, "another secret");
}
