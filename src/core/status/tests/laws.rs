//! What holds after any sequence of outcomes.

use proptest::prelude::*;

use super::*;

fn any_trouble() -> impl Strategy<Value = Trouble> {
    let wait = |seconds: Option<u64>| seconds.map(Duration::from_secs);
    prop_oneof![
        Just(Trouble::Spec(SpecError::NotOneSource)),
        Just(Trouble::Look(LookError::CredentialsRejected)),
        Just(Trouble::Look(LookError::PermissionDenied)),
        Just(Trouble::Look(LookError::NotFound)),
        (-9999..9999_i64).prop_map(|skew| {
            Trouble::Look(LookError::ClockSkew {
                ahead: SignedDuration::from_secs(skew),
            })
        }),
        any::<Option<u64>>().prop_map(move |seconds| Trouble::Look(LookError::Throttled {
            retry_after: wait(seconds)
        })),
        (any::<u16>(), any::<Option<u64>>()).prop_map(move |(status, seconds)| {
            let failure = Failure::Status(status);
            Trouble::Look(LookError::Unavailable {
                failure,
                retry_after: wait(seconds),
            })
        }),
        Just(Trouble::Unreadable(Unreadable::NotJson)),
        Just(Trouble::StageEmpty(Stage::Previous)),
        Just(Trouble::MissingKey { key: "a".into() }),
        Just(Trouble::NotOwned {
            holder: Holder::Unknown
        }),
        Just(Trouble::ClusterRefused {
            code: 422,
            reason: "Invalid".into(),
            fields: vec![]
        }),
    ]
}

prop_compose! {
    fn any_facts()(
        id in "[ab]",
        lifecycle in prop::sample::select(vec!["ENABLE", "DISABLE", "REVOKE", "ROTATING", "DESTROYED", "?"]),
        phase in prop::sample::select(vec!["NONE", "ROTATING", "ROTATION_FAILED", "?"]),
        automatic in any::<bool>(),
        date in prop::option::of(-200_000..200_000_i64),
    ) -> Facts {
        let (lifecycle, phase) = (Lifecycle::parse(lifecycle), Phase::parse(phase));
        Facts { secret_id: id, lifecycle, phase, automatic, next_rotation: date.map(after), ..facts() }
    }
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    let failed = (any_trouble(), prop::option::of(any_facts()), any::<bool>());
    prop_oneof![
        1 => Just(()).prop_map(|()| Outcome::Quiet),
        1 => Just(()).prop_map(|()| Outcome::Suspended),
        4 => (any_facts(), any::<bool>()).prop_map(|(facts, changed)| {
            if facts.lifecycle.readable() {
                return if changed { synced(facts) } else { unchanged(facts) };
            }
            // Nobody reads a value that the lifecycle withholds.
            Outcome::Failed { trouble: Trouble::Withheld { lifecycle: facts.lifecycle.clone(), destruction: None }, facts: Some(facts), revoked: None }
        }),
        4 => failed.prop_map(|(trouble, facts, lost)| {
            let facts = facts.filter(|facts| facts.lifecycle.readable());
            let lost = lost && !matches!(trouble, Trouble::NotOwned { .. } | Trouble::Spec(_));
            let trouble = if lost { Trouble::TargetMissing { cause: Box::new(trouble) } } else { trouble };
            Outcome::Failed { trouble, facts, revoked: None }
        }),
    ]
}

/// Reasons that are said of the secret in NCP, whatever becomes of the Secret.
const SAID_OF_THE_SOURCE: [Reason; 5] = [
    Reason::SourceDisabled,
    Reason::SourceRevoked,
    Reason::SourceDestroyed,
    Reason::SourceNotFound,
    Reason::SourceUnreadable,
];

type Step = (Outcome, i64, bool);

fn any_history() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(
        (any_outcome(), 0..5000_i64, prop::bool::weighted(0.2)),
        1..12,
    )
}

/// Every status of a history: what was before, the step, when it came, and what is after.
fn live(
    steps: &[Step],
) -> Vec<(
    NcpSecretStatus,
    Subject<'static>,
    &Outcome,
    Timestamp,
    NcpSecretStatus,
)> {
    let (mut status, mut generation, mut moment) = (NcpSecretStatus::default(), 1, now());
    let mut lived = Vec::new();
    for (outcome, wait, edited) in steps {
        generation += i64::from(*edited);
        moment += SignedDuration::from_secs(*wait);
        let after = next(&status, &subject(generation), outcome, moment);
        lived.push((status, subject(generation), outcome, moment, after.clone()));
        status = after;
    }
    lived
}

proptest! {
    #[test]
    fn conditions_never_contradict_each_other(steps in any_history()) {
        for (before, subject, outcome, moment, after) in live(&steps) {
            if matches!(outcome, Outcome::Quiet | Outcome::Suspended) {
                continue;
            }
            let mut types: Vec<_> = after.conditions.iter().map(|condition| &condition.type_).collect();
            types.dedup();
            prop_assert_eq!(types.len(), after.conditions.len());
            let (ready, reason) = said(&after, condition::READY).unwrap();
            let available = said(&after, condition::SOURCE_AVAILABLE).unwrap();
            let stalled = said(&after, condition::STALLED);
            prop_assert!(stalled.is_none_or(|(status, _)| status == "True" && ready == "False"));
            prop_assert!(stalled.is_none_or(|(_, told)| told == reason));
            prop_assert_eq!(ready == "True", matches!(reason, Reason::Synced | Reason::RefreshFailing));
            prop_assert_eq!(reason == Reason::Synced, matches!(outcome, Outcome::Synced { .. }));
            prop_assert_eq!(reason == Reason::Synced, after.failing_since.is_none());
            if reason == Reason::Synced {
                prop_assert_eq!(available.0, "True");
            }
            prop_assert!(ready == "False" || available.0 == "True", "{:?}", available);
            if SAID_OF_THE_SOURCE.contains(&reason) {
                prop_assert_eq!(available, ("False", reason));
            }
            if reason == Reason::RefreshFailing {
                let failing = moment.duration_since(after.failing_since.clone().unwrap().0);
                prop_assert!(failing < subject.stale_after + SignedDuration::from_secs(1));
                prop_assert_eq!(said(&before, condition::READY).unwrap().0, "True");
                prop_assert_eq!(before.observed_generation, subject.generation);
            }
            if let Outcome::Failed { trouble: Trouble::TargetMissing { .. }, .. } = outcome {
                prop_assert_eq!((ready, reason), ("False", Reason::TargetMissing));
            }
        }
    }

    #[test]
    fn what_changes_nothing_says_nothing_new(steps in any_history()) {
        for (before, subject, outcome, _, after) in live(&steps) {
            match outcome {
                Outcome::Quiet => prop_assert_eq!(&before, &after),
                Outcome::Suspended => {
                    prop_assert_eq!(after.observed_generation, subject.generation);
                    prop_assert_eq!(&before.source, &after.source);
                    prop_assert_eq!(&before.target, &after.target);
                    prop_assert_eq!(&before.last_forced_sync, &after.last_forced_sync);
                    if was_synced(&before) {
                        prop_assert_eq!(&before.conditions, &after.conditions);
                    } else {
                        let ready = said(&after, condition::READY);
                        prop_assert_eq!(ready, Some(("False", Reason::Suspended)));
                        prop_assert_eq!(said(&after, condition::STALLED), None);
                    }
                }
                _ => {}
            }
            let suspended = said(&after, condition::READY).is_some_and(|it| it.1 == Reason::Suspended);
            prop_assert!(!suspended || after.target.is_none());
        }
    }

    #[test]
    fn the_same_steps_make_the_same_status(steps in any_history()) {
        let statuses = || live(&steps).into_iter().map(|(.., after)| after).collect::<Vec<_>>();
        prop_assert_eq!(statuses(), statuses());
    }

    #[test]
    fn a_failed_run_is_new_only_when_it_is_told_and_never_twice_in_a_row(steps in any_history()) {
        for (before, _, _, _, after) in live(&steps) {
            let told = said(&after, condition::ROTATION_HEALTHY).is_some_and(|it| it.1 == Reason::RotationFailed);
            prop_assert!(told || !rotation_failed_anew(&before, &after));
            prop_assert!(!rotation_failed_anew(&after, &after));
        }
    }

    #[test]
    fn what_is_said_of_the_source_is_what_the_last_look_showed(steps in any_history()) {
        for (before, _, outcome, _, after) in live(&steps) {
            let (Outcome::Synced { facts, .. } | Outcome::Failed { facts: Some(facts), .. }) = outcome else {
                prop_assert_eq!(&before.source, &after.source);
                continue;
            };
            let source = after.source.as_ref().unwrap();
            prop_assert_eq!(source.lifecycle.as_str(), facts.lifecycle.as_str());
            prop_assert_eq!(source.rotation_phase.as_str(), facts.phase.as_str());
            prop_assert!(facts.automatic || source.next_rotation_time.is_none());
            let available = said(&after, condition::SOURCE_AVAILABLE).unwrap();
            prop_assert!(facts.lifecycle.readable() || available.0 == "False");
            let rotation = said(&after, condition::ROTATION_HEALTHY).unwrap();
            let leaving = matches!(facts.lifecycle, Lifecycle::Revoke | Lifecycle::Destroyed);
            let failed = facts.phase == Phase::Failed && !leaving;
            prop_assert_eq!(rotation.1 == Reason::RotationFailed, failed);
            prop_assert!(!leaving || rotation.0 == "True", "nobody mends what is on its way out");
            let running = matches!(rotation.1, Reason::InProgress | Reason::RotationStalled);
            prop_assert_eq!(running, source.rotating_since.is_some());
            prop_assert!(!matches!(rotation.1, Reason::Idle | Reason::RotationOverdue) || facts.automatic);
            prop_assert!(available.1 != Reason::Rotating || running);
        }
    }

    #[test]
    fn every_condition_is_about_the_spec_that_it_was_seen_for(steps in any_history()) {
        for (before, subject, outcome, _, after) in live(&steps) {
            if matches!(outcome, Outcome::Quiet | Outcome::Suspended) {
                continue;
            }
            prop_assert_eq!(after.observed_generation, subject.generation);
            for condition in &after.conditions {
                let kept = find(&before, &condition.type_)
                    .is_some_and(|other| other.observed_generation == condition.observed_generation
                        && other.message == condition.message);
                let looked_at = condition.type_ == condition::READY || condition.type_ == condition::STALLED;
                prop_assert!(
                    condition.observed_generation == Some(subject.generation) || (kept && !looked_at)
                );
            }
        }
    }

    #[test]
    fn times_of_transition_move_exactly_with_the_status_of_a_condition(steps in any_history()) {
        for (before, _, _, moment, after) in live(&steps) {
            for condition in &after.conditions {
                match find(&before, &condition.type_) {
                    Some(other) if other.status == condition.status => {
                        prop_assert_eq!(&other.last_transition_time, &condition.last_transition_time);
                    }
                    _ => prop_assert_eq!(condition.last_transition_time.0, whole_seconds(moment)),
                }
            }
        }
    }

    #[test]
    fn r7_the_same_outcome_again_changes_nothing(steps in any_history(), wait in 0..600_i64) {
        for (_, subject, outcome, moment, after) in live(&steps) {
            let again = match outcome {
                Outcome::Synced { facts, .. } => unchanged(facts.clone()),
                Outcome::Failed { trouble, facts, .. } => Outcome::Failed {
                    trouble: trouble.clone(),
                    facts: facts.clone(),
                    revoked: None,
                },
                _ => Outcome::Quiet,
            };
            prop_assert_eq!(&next(&after, &subject, &again, moment), &after);
            let later = next(&after, &subject, &again, moment + SignedDuration::from_secs(wait));
            for (one, other) in later.conditions.iter().zip(&after.conditions) {
                let with_time = one.type_ == condition::ROTATION_HEALTHY
                    || other.reason == Reason::RefreshFailing.as_str();
                prop_assert!(with_time || one == other, "{:?} {:?}", one, other);
            }
            prop_assert_eq!(&later.source, &after.source);
            prop_assert_eq!(&later.target, &after.target);
            prop_assert_eq!(&later.failing_since, &after.failing_since);
        }
    }

    #[test]
    fn r3_messages_do_not_tell_attempts_apart(seconds in 0..9999_u64, status in any::<u16>(), skew in 301..9999_i64) {
        let wait = Some(Duration::from_secs(seconds));
        let one = [
            Trouble::Look(LookError::Throttled { retry_after: wait }),
            Trouble::Look(LookError::Unavailable { failure: Failure::Status(status), retry_after: wait }),
            Trouble::Look(LookError::ClockSkew { ahead: SignedDuration::from_secs(skew) }),
        ];
        let other = [
            Trouble::Look(LookError::Throttled { retry_after: None }),
            Trouble::Look(LookError::Unavailable { failure: Failure::Status(500), retry_after: None }),
            Trouble::Look(LookError::ClockSkew { ahead: SignedDuration::from_secs(-skew) }),
        ];
        for (one, other) in one.into_iter().zip(other) {
            let start = run(&[(0, &synced(facts())), (1, &failed(one))]);
            prop_assert_eq!(&next(&start, &subject(1), &failed(other), after(2)), &start);
        }
    }
}
