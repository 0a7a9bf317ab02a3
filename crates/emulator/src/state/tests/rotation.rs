//! What each rotation phase allows, and how rotations end.

use super::*;

#[test]
fn each_phase_allows_what_is_documented() {
    use Phase::{None, Rotating, RotationFailed};
    let table = [
        (Change::Execute, [true, false, false]),
        (Change::Retry, [false, false, true]),
        (Change::Cancel, [false, true, true]),
        (Change::RollBack, [true, false, false]),
        (Change::UnlinkTrigger, [true, false, true]),
        (
            Change::LinkTrigger("rotate".to_owned()),
            [true, false, true],
        ),
    ];
    for (change, expected) in table {
        for (phase, allowed) in [None, Rotating, RotationFailed].into_iter().zip(expected) {
            let mut machine = Machine::with(Action::Manual);
            machine.complete_rotation();
            machine.enter_phase(phase);
            let before = machine.secret().clone();
            let outcome = machine.apply(change.clone());
            assert_eq!(
                outcome.is_ok(),
                allowed,
                "{change:?} in {phase}: {outcome:?}"
            );
            if !allowed {
                assert_eq!(outcome, Err(Refusal::WrongPhase(phase)), "{change:?}");
                assert_eq!(*machine.secret(), before, "{change:?} in {phase}");
            }
        }
    }
}

#[test]
fn a_rotation_shifts_the_chain_at_its_completion() {
    let mut machine = Machine::with(Action::Manual);
    machine.apply(Change::Execute).unwrap();
    assert_eq!(machine.secret().phase, Phase::Rotating);
    assert!(machine.secret().chain.pending.is_none());
    machine.job(JobStep::Start).unwrap();
    let new = Text::from(r#"{"user":"app","password":"new"}"#);
    machine.job(JobStep::UpdatePending(new.clone())).unwrap();
    assert_eq!(machine.secret().chain.pending, Some(new.clone()));
    assert_eq!(machine.secret().chain.active, Some(Text::from(VALUE)));
    let token = machine.token();
    machine.job(JobStep::Complete).unwrap();
    let expected = Chain {
        previous: Some(Text::from(VALUE)),
        active: Some(new),
        ..Chain::default()
    };
    assert_eq!(machine.secret().chain, expected);
    assert_eq!(machine.secret().phase, Phase::None);
    let step = JobStep::Complete;
    assert_eq!(
        machine.apply(Change::Job { token, step }),
        Err(Refusal::JobNotFound)
    );
}

#[test]
fn a_job_keeps_to_its_order() {
    let mut machine = Machine::with(Action::Manual);
    assert_eq!(machine.job(JobStep::Start), Err(Refusal::JobNotFound));
    machine.apply(Change::Execute).unwrap();
    for step in [JobStep::AddPending, JobStep::Complete] {
        assert_eq!(machine.job(step), Err(Refusal::JobNotStarted));
    }
    machine.job(JobStep::Start).unwrap();
    assert_eq!(machine.job(JobStep::Complete), Err(Refusal::NothingPending));
    machine
        .state
        .behave(|behavior| behavior.unstarted_job = Verdict::Accepted);
    machine.job(JobStep::Fail).unwrap();
    machine.apply(Change::Retry).unwrap();
    machine.job(JobStep::AddPending).unwrap();
}

#[test]
fn a_failed_rotation_keeps_pending_and_can_be_retried_or_cancelled() {
    for reading in [RetryToken::New, RetryToken::Same] {
        let mut machine = Machine::with(Action::Manual);
        machine
            .state
            .behave(|behavior| behavior.retry_token = reading);
        machine.apply(Change::Execute).unwrap();
        let first = machine.token();
        machine.job(JobStep::Start).unwrap();
        machine.job(JobStep::AddPending).unwrap();
        machine.job(JobStep::Fail).unwrap();
        assert_eq!(machine.secret().phase, Phase::RotationFailed);
        assert!(machine.secret().chain.pending.is_some());
        machine.apply(Change::Retry).unwrap();
        assert_eq!(machine.secret().phase, Phase::Rotating);
        assert_eq!(machine.token() == first, reading == RetryToken::Same);
        machine.apply(Change::Cancel).unwrap();
        assert_eq!(machine.secret().phase, Phase::None);
        assert!(machine.secret().chain.pending.is_none());
    }
}

#[test]
fn the_ends_of_a_rotation_follow_their_readings() {
    let mut machine = Machine::with(Action::Manual);
    machine.state.behave(|behavior| {
        behavior.pending_after_failure = Afterwards::Dropped;
        behavior.pending_after_cancel = Afterwards::Kept;
        behavior.phase_after_cancel = FailedPhase::RotationFailed;
    });
    machine.enter_phase(Phase::RotationFailed);
    assert!(machine.secret().chain.pending.is_none());
    machine.apply(Change::Retry).unwrap();
    machine.job(JobStep::Start).unwrap();
    machine.job(JobStep::AddPending).unwrap();
    machine.apply(Change::Cancel).unwrap();
    assert!(machine.secret().chain.pending.is_some());
    assert_eq!(machine.secret().phase, Phase::RotationFailed);
}

#[test]
fn a_rollback_needs_a_completed_rotation() {
    let mut machine = Machine::with(Action::Manual);
    machine
        .apply(Change::UpdateStage(
            Stage::Previous,
            Some(Text::from(VALUE)),
        ))
        .unwrap();
    assert_eq!(
        machine.apply(Change::RollBack),
        Err(Refusal::NothingToRollBack)
    );
    machine.complete_rotation();
    let rotated = machine.secret().chain.active.clone();
    machine.apply(Change::RollBack).unwrap();
    assert_ne!(machine.secret().chain.active, rotated);
    assert_eq!(machine.secret().chain.active, Some(Text::from(VALUE)));
    assert_eq!(machine.secret().phase, Phase::None);
}

#[test]
fn rotation_can_begin_to_show_with_the_start() {
    let mut machine = Machine::with(Action::Manual);
    machine.state.behave(|behavior| {
        behavior.rotating_from = RotatingFrom::Start;
        behavior.rotating_status = RotatingStatus::Rotating;
    });
    machine.apply(Change::Execute).unwrap();
    let shown = |machine: &Machine| machine.secret().shown_lifecycle(machine.state.behavior());
    assert_eq!(machine.secret().phase, Phase::None);
    assert_eq!(shown(&machine), Lifecycle::Enable);
    assert_eq!(
        machine.apply(Change::Execute),
        Err(Refusal::WrongPhase(Phase::Rotating))
    );
    machine.job(JobStep::Start).unwrap();
    assert_eq!(machine.secret().phase, Phase::Rotating);
    assert_eq!(shown(&machine), Lifecycle::Rotating);
    let refused = Err(Refusal::WrongLifecycle(Lifecycle::Rotating));
    assert_eq!(machine.apply(Change::Disable), refused);
}

#[test]
fn a_rotation_without_an_end_fails_in_time() {
    let mut machine = Machine::with(Action::Hang);
    machine.apply(Change::Execute).unwrap();
    machine.pass(hours(24) - SignedDuration::from_millis(1));
    assert_eq!(machine.secret().phase, Phase::Rotating);
    assert!(machine.secret().chain.pending.is_some());
    machine.pass(SignedDuration::from_millis(1));
    assert_eq!(machine.secret().phase, Phase::RotationFailed);
    assert_eq!(machine.token(), "no-job");
}

#[test]
fn a_shorter_time_out_holds_for_running_rotations() {
    let mut machine = Machine::with(Action::Hang);
    machine.apply(Change::Execute).unwrap();
    machine
        .state
        .behave(|behavior| behavior.rotation_timeout = SignedDuration::from_mins(5));
    machine.pass(SignedDuration::from_mins(5));
    assert_eq!(machine.secret().phase, Phase::RotationFailed);
}

#[test]
fn built_in_actions_take_their_steps_at_their_times() {
    let minute = SignedDuration::from_mins(1);
    let table = [
        (
            Action::Succeed { after: minute * 2 },
            [false, true, true],
            Phase::None,
        ),
        (
            Action::Fail { after: minute * 2 },
            [false, true, true],
            Phase::RotationFailed,
        ),
        (
            Action::Slow { step: minute },
            [false, false, true],
            Phase::Rotating,
        ),
    ];
    for (action, pending, end) in table {
        let mut machine = Machine::with(action.clone());
        machine.apply(Change::Execute).unwrap();
        machine.pass(SignedDuration::from_secs(1));
        let mut seen = vec![machine.secret().chain.pending.is_some()];
        machine.pass(minute);
        seen.push(machine.secret().chain.pending.is_some());
        machine.pass(minute);
        let changed = machine.secret().chain.previous.is_some();
        seen.push(changed || machine.secret().chain.pending.is_some());
        assert_eq!(seen, pending, "{action:?}");
        assert_eq!(machine.secret().phase, end, "{action:?}");
    }
}

#[test]
fn an_action_whose_step_is_refused_fails() {
    let mut machine = Machine::with(Action::Succeed { after: hours(1) });
    machine.apply(Change::Execute).unwrap();
    machine.pass(SignedDuration::from_secs(1));
    machine.apply(Change::Disable).unwrap();
    machine.pass(hours(1));
    assert_eq!(machine.secret().phase, Phase::RotationFailed);
}
