//! When the target asks for a look.

use super::*;

#[test]
fn a_target_that_is_missing_or_edited_is_repaired() {
    let edited = |edit: fn(&mut Observed)| {
        let mut target = written();
        edit(&mut target);
        Some(target)
    };
    let cases = [
        ("deleted", None),
        (
            "key added",
            edited(|target| target.keys.extend(["c".into()])),
        ),
        (
            "key removed",
            edited(|target| target.keys.retain(|key| key != "a")),
        ),
        ("mark lost", edited(|target| target.content = None)),
        ("label lost", edited(|target| target.labels = None)),
        (
            "owner reference lost",
            edited(|target| target.references.clear()),
        ),
        (
            "value edited",
            edited(|target| target.foreign_writer = Some("kubectl".into())),
        ),
        (
            "of another controller",
            edited(|target| target.references[0].uid = "other".into()),
        ),
    ];
    for (case, target) in cases {
        for next_look in [None, Some(600)] {
            assert!(
                Case {
                    target: target.clone(),
                    next_look,
                    ..calm()
                }
                .is_due(),
                "{case}"
            );
        }
        let status = never_synced(Reason::MissingKey);
        assert!(
            !Case {
                target,
                status,
                ..calm()
            }
            .is_due(),
            "{case}, but there was nothing yet"
        );
    }
}

#[test]
fn a_foreign_writer_is_no_drift_at_the_version_of_our_own_write() {
    let target = Observed {
        foreign_writer: Some("kubectl".into()),
        ..written()
    };
    assert!(
        !Case {
            target: Some(target.clone()),
            settled: Some("7"),
            ..calm()
        }
        .is_due()
    );
    assert!(
        Case {
            target: Some(target),
            settled: Some("6"),
            ..calm()
        }
        .is_due()
    );
}

#[test]
fn what_others_add_to_the_metadata_is_no_drift() {
    let mut target = written();
    target
        .labels
        .as_mut()
        .unwrap()
        .insert("theirs".into(), "x".into());
    target
        .annotations
        .as_mut()
        .unwrap()
        .insert("theirs".into(), "x".into());
    assert!(
        !Case {
            target: Some(target),
            ..calm()
        }
        .is_due()
    );
}

#[test]
fn a_spec_that_wants_other_metadata_is_due() {
    let mut case = calm();
    case.request
        .target
        .labels
        .insert("team".into(), "orders".into());
    assert!(case.is_due());
}

#[test]
fn a_lost_target_whose_source_is_gone_waits_for_its_moment() {
    let status = synced(Reason::TargetMissing);
    assert!(
        !Case {
            target: None,
            status: status.clone(),
            ..calm()
        }
        .is_due()
    );
    assert!(
        Case {
            target: None,
            status,
            next_look: Some(0),
            ..calm()
        }
        .is_due()
    );
}

#[test]
fn r13_keys_that_were_written_and_not_noted_are_looked_at_again() {
    let mut case = Case {
        next_look: None,
        ..calm()
    };
    case.status.target.as_mut().unwrap().keys = vec!["a".into()];
    assert!(case.is_due());
}

#[test]
fn a_secret_that_was_deleted_with_its_source_is_not_missed() {
    let mut case = calm();
    case.status = synced(Reason::SourceDestroyed);
    case.target = None;
    assert!(case.is_due());
    if let Some(target) = &mut case.status.target {
        target.deleted_time = Some(Time(now()));
    }
    assert!(!case.is_due());
}

#[test]
fn what_a_person_asks_for_is_no_drift() {
    let target = || Observed {
        foreign_writer: Some("argocd".into()),
        meddler: Some("kubectl".into()),
        ..written()
    };
    let drift = |case: &Case| {
        drift(&Known {
            force_sync: case.force_sync,
            request: &case.request,
            target: case.target.as_ref(),
            settled: case.settled,
            status: &case.status,
            cause: case.cause,
            next_look: None,
            generation: None,
        })
    };
    let edited = Case {
        target: Some(target()),
        ..calm()
    };
    let by = |by: &str| {
        Some(Drift::Edited {
            by: Some(by.into()),
        })
    };
    assert_eq!(drift(&edited), by("argocd"));
    let label_lost = Case {
        target: Some(Observed {
            labels: None,
            foreign_writer: None,
            ..target()
        }),
        ..calm()
    };
    assert_eq!(drift(&label_lost), by("kubectl"));
    let deleted = Case {
        target: None,
        ..calm()
    };
    assert_eq!(drift(&deleted), Some(Drift::Deleted));
    assert_eq!(drift(&calm()), None);
    for mut case in [edited, deleted] {
        case.force_sync = Some("now");
        assert_eq!(drift(&case), None, "a forced sync");
        case.force_sync = None;
        case.request.generation += 1;
        assert_eq!(drift(&case), None, "a changed spec");
    }
}
