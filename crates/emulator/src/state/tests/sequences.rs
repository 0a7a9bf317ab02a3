//! Random sequences of every change and of time never leave what is documented.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const DAY: i64 = 24;

#[derive(Clone, Debug)]
pub(super) enum Act {
    Change(Change),
    /// A step with the token of the current job.
    Job(JobStep),
    Pass(SignedDuration),
}

pub(super) fn acts() -> impl Strategy<Value = Act> {
    let text = || Text::from(VALUE);
    let on = |trigger: Option<&str>| Change::EnableAutoRotation {
        period: 3,
        trigger: trigger.map(str::to_owned),
    };
    let changes = vec![
        Change::Enable,
        Change::Disable,
        Change::RequestDeletion,
        Change::CancelDeletion,
        Change::UpdateMemo("memo".to_owned()),
        Change::UpdateProtectionKey(ProtectionChoice::default()),
        Change::UpdateStage(Stage::Active, Some(text())),
        Change::UpdateChain(ChainUpdate {
            pending: StageUpdate::Emptied,
            ..ChainUpdate::default()
        }),
        on(None),
        on(Some("rotate")),
        Change::DisableAutoRotation,
        Change::UpdatePeriod(2),
        Change::LinkTrigger("rotate".to_owned()),
        Change::UnlinkTrigger,
        Change::Execute,
        Change::Retry,
        Change::Cancel,
        Change::RollBack,
    ];
    let steps = vec![
        JobStep::Start,
        JobStep::AddPending,
        JobStep::UpdatePending(text()),
        JobStep::Complete,
        JobStep::Fail,
    ];
    prop_oneof![
        10 => proptest::sample::select(changes).prop_map(Act::Change),
        // Rare, as nothing comes after it.
        1 => Just(Act::Change(Change::Delete)),
        10 => proptest::sample::select(steps).prop_map(Act::Job),
        3 => (1..40_i64).prop_map(|count| Act::Pass(hours(count))),
    ]
}

/// Whether the rules of the pages allow a change, seen from the secret before it and whether it ever completed a
/// rotation. What they leave open about jobs is allowed when the reading is tolerant.
fn allowed(change: &Change, secret: &Secret, completed: bool, tolerant: bool) -> bool {
    use Lifecycle::{Destroyed, Disable, Enable, Revoke};
    let at = secret.lifecycle;
    let rests = secret.phase == Phase::None;
    let rotates = secret.phase == Phase::Rotating;
    let automatic = secret.automatic_rotation.is_some();
    let linked = secret.trigger.is_some();
    let links_other = |trigger: &Option<String>| trigger.is_some() && *trigger != secret.trigger;
    match change {
        _ if at == Destroyed => false,
        Change::Enable => at == Disable,
        Change::Disable => at == Enable,
        Change::RequestDeletion => true,
        Change::CancelDeletion | Change::Delete => at == Revoke,
        Change::UpdateMemo(_) | Change::DisableAutoRotation => at != Revoke,
        Change::UpdateProtectionKey(_) | Change::UpdateStage(..) | Change::UpdateChain(_) => {
            at == Enable
        }
        Change::EnableAutoRotation { trigger, .. } if links_other(trigger) => {
            at == Enable && !automatic && !rotates
        }
        Change::EnableAutoRotation { .. } => at == Enable && linked,
        Change::UpdatePeriod(_) if automatic => at != Revoke,
        Change::UpdatePeriod(_) => tolerant && at == Enable && linked,
        Change::LinkTrigger(_) => at == Enable && !rotates && !automatic,
        Change::UnlinkTrigger => at != Revoke && !rotates && !automatic && linked,
        Change::Execute => at == Enable && rests && linked,
        Change::Retry => at == Enable && secret.phase == Phase::RotationFailed && linked,
        Change::Cancel => at != Revoke && !rests,
        Change::RollBack => at == Enable && rests && completed && secret.chain.previous.is_some(),
        Change::Job { step, .. } => {
            let started = tolerant || secret.job.as_ref().is_some_and(|job| job.started);
            rotates
                && match step {
                    JobStep::Start => at == Enable,
                    JobStep::AddPending | JobStep::UpdatePending(_) => at == Enable && started,
                    JobStep::Complete => at == Enable && started && secret.chain.pending.is_some(),
                    JobStep::Fail => true,
                }
        }
    }
}

/// What the readable and the suspended stages are after an allowed change; none where they are random.
fn chain_after(change: &Change, before: &Secret) -> Option<Chain> {
    let mut chain = before.chain.clone();
    match change {
        Change::Delete => chain = Chain::default(),
        Change::UpdateStage(_, value) => chain.active.clone_from(value),
        Change::UpdateChain(_) | Change::Cancel => chain.pending = None,
        Change::RollBack => {
            chain = Chain {
                suspended: None,
                previous: chain.suspended,
                active: chain.previous,
                pending: None,
            }
        }
        Change::Job { step, .. } => match step {
            JobStep::AddPending => return None,
            JobStep::UpdatePending(value) => chain.pending = Some(value.clone()),
            JobStep::Complete => {
                chain = Chain {
                    suspended: chain.previous,
                    previous: chain.active,
                    active: chain.pending,
                    pending: None,
                }
            }
            JobStep::Start | JobStep::Fail => {}
        },
        _ => {}
    }
    Some(chain)
}

fn phase_after(change: &Change, before: Phase) -> Phase {
    match change {
        Change::Execute | Change::Retry => Phase::Rotating,
        Change::Cancel | Change::Delete => Phase::None,
        Change::Job { step, .. } => match step {
            JobStep::Complete => Phase::None,
            JobStep::Fail => Phase::RotationFailed,
            _ => Phase::Rotating,
        },
        _ => before,
    }
}

fn is_tolerant(machine: &Machine) -> bool {
    *machine.state.behavior() == Behavior::default()
}

/// What holds at every moment.
fn check_always(machine: &Machine) {
    let secret = machine.secret();
    let at = secret.lifecycle;
    assert_eq!(secret.destroy_date.is_some(), at == Lifecycle::Revoke);
    assert_eq!(secret.job.is_some(), secret.phase == Phase::Rotating);
    assert!(secret.automatic_rotation.is_none() || secret.trigger.is_some());
    assert_ne!(at, Lifecycle::Rotating);
    if at == Lifecycle::Destroyed {
        assert_eq!(secret.chain, Chain::default());
    }
    assert_eq!(
        machine.state.next_due(),
        secret.due(machine.state.behavior())
    );
    assert!(
        machine
            .state
            .next_due()
            .is_none_or(|moment| moment > machine.now)
    );
}

fn check_change(machine: &mut Machine, change: &Change, completed: &mut bool) {
    let before = machine.secret().clone();
    let tolerant = is_tolerant(machine);
    let outcome = machine.apply(change.clone());
    let after = machine.secret();
    assert_eq!(
        outcome.is_ok(),
        allowed(change, &before, *completed, tolerant),
        "{change:?} of {before:?}: {outcome:?}"
    );
    if outcome.is_err() {
        assert_eq!(*after, before);
        return;
    }
    let is_the_end = matches!(
        change,
        Change::Job {
            step: JobStep::Complete,
            ..
        }
    );
    *completed |= is_the_end;
    assert_eq!(after.phase, phase_after(change, before.phase), "{change:?}");
    if let Some(chain) = chain_after(change, &before) {
        assert!(after.chain == chain, "{change:?} of {before:?}");
    }
}

/// Time destroys after the wait, starts rotations at their dates, and ends those that hang.
fn check_time(machine: &mut Machine, span: SignedDuration) {
    let before = machine.secret().clone();
    let tolerant = is_tolerant(machine);
    machine.pass(span);
    let (after, now) = (machine.secret(), machine.now);
    let reached = |date: Option<Timestamp>| date.is_some_and(|date| date <= now);
    let destroyed = reached(before.destroy_date);
    assert_eq!(after.lifecycle == Lifecycle::Destroyed, {
        destroyed || before.lifecycle == Lifecycle::Destroyed
    });
    if destroyed {
        return;
    }
    assert_eq!(after.lifecycle, before.lifecycle);
    assert!(after.chain == before.chain);
    let date = before.automatic_rotation.map(|automatic| automatic.next);
    let deadline = before.job.as_ref().map(|job| job.raised + hours(DAY));
    match (before.phase, after.phase) {
        (Phase::None, Phase::Rotating) => assert!(reached(date)),
        (Phase::None, Phase::RotationFailed) => {
            assert!(reached(date.map(|date| date + hours(DAY))));
        }
        (Phase::Rotating, Phase::RotationFailed) => assert!(reached(deadline)),
        (Phase::RotationFailed, Phase::Rotating) => assert!(tolerant && reached(date)),
        (Phase::Rotating, Phase::Rotating) => {
            assert!(!reached(deadline) || tolerant && reached(date));
        }
        (was, is) => assert_eq!(was, is),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_sequence_leaves_what_is_documented(acts in vec(acts(), 1..60), tolerant: bool) {
        let mut machine = Machine::with(Action::Manual);
        if tolerant {
            machine.state.behave(|behavior| *behavior = Behavior::default());
        }
        let mut completed = false;
        for act in acts {
            match act {
                Act::Change(change) => check_change(&mut machine, &change, &mut completed),
                Act::Job(step) => {
                    let token = machine.token();
                    check_change(&mut machine, &Change::Job { token, step }, &mut completed);
                }
                Act::Pass(span) => check_time(&mut machine, span),
            }
            check_always(&machine);
        }
    }
}
