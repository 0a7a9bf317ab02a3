use super::*;
use crate::api::SourceStatus;

/// An object whose next rotation was to be so many seconds ago, before the first pass of a process.
fn after_a_restart(passed: i64) -> Case {
    let mut case = Case {
        next_look: None,
        ..calm()
    };
    case.status.source = Some(SourceStatus {
        secret_id: "0f".into(),
        secret_name: "orders".into(),
        key_isolation: "Regional".into(),
        lifecycle: "ENABLE".into(),
        rotation_phase: "NONE".into(),
        rotation_period_days: Some(90),
        next_rotation_time: Some(Time(now() - SignedDuration::from_secs(passed))),
        rotating_since: None,
        expected_destroy_time: None,
        update_time: None,
        sync_proof: None,
        revocation_proof: None,
    });
    case
}

#[test]
fn r8_a_rotation_date_that_passed_while_no_process_ran_is_made_up() {
    for (passed, expected) in [(-1, false), (0, true), (10_800, true), (604_800, true)] {
        assert_eq!(after_a_restart(passed).is_due(), expected, "{passed}");
    }
}

#[test]
fn on_change_no_rotation_date_is_made_up_and_what_was_cut_off_is_tried_again() {
    let mut case = after_a_restart(10_800);
    case.request.policy = RefreshPolicy::OnChange;
    assert!(!case.is_due());
    case.status = synced(Reason::RefreshFailing);
    assert!(case.is_due());
}

#[test]
fn a_rotation_date_that_passed_is_made_up_once() {
    let mut watched = after_a_restart(10_800);
    watched.next_look = Some(600);
    assert!(!watched.is_due());

    let mut told = after_a_restart(10_800);
    let overdue = Condition {
        type_: condition::ROTATION_HEALTHY.into(),
        status: "False".into(),
        reason: Reason::RotationOverdue.as_str().into(),
        message: String::new(),
        last_transition_time: Time(now()),
        observed_generation: Some(3),
    };
    told.status.conditions.push(overdue);
    assert!(!told.is_due());
}

#[test]
fn a_secret_that_cannot_rotate_missed_no_rotation() {
    let mut disabled = after_a_restart(10_800);
    let source = disabled.status.source.as_mut().unwrap();
    source.lifecycle = "DISABLE".into();
    assert!(!disabled.is_due());

    let mut running = after_a_restart(10_800);
    let source = running.status.source.as_mut().unwrap();
    source.rotating_since = Some(Time(now()));
    assert!(!running.is_due());
}

#[test]
fn a_target_that_cannot_change_is_not_asked_for_again_while_it_is_there() {
    let case = Case {
        cause: Some(Reason::TargetImmutable),
        status: synced(Reason::TargetImmutable),
        ..calm()
    };
    assert!(!case.is_due());
}
