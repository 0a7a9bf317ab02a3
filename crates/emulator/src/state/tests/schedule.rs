//! Automatic rotation and the link to a trigger.

use super::*;

#[test]
fn the_schedule_rotates_at_its_dates_even_in_one_leap() {
    let after = SignedDuration::from_mins(10);
    let mut machine = Machine::rotating_every(Some(1), Action::Succeed { after });
    let start = machine.now;
    machine.pass(hours(10 * 24 + 1));
    let secret = machine.secret();
    let last = secret.last_rotation.as_ref().unwrap();
    assert_eq!(last.date, start + hours(10 * 24) + after);
    assert_eq!(
        secret.automatic_rotation.unwrap().next,
        start + hours(11 * 24)
    );
    assert_eq!(secret.phase, Phase::None);
    let completions = machine.actions();
    let completions = completions
        .iter()
        .filter(|it| *it == "Complete Rotation Job");
    assert_eq!(completions.count(), 10);
}

#[test]
fn a_leap_over_ages_ends() {
    let mut machine = Machine::rotating_every(Some(1), Action::Succeed { after: hours(1) });
    machine.pass(hours(24 * 365 * 1000));
    let next = machine.secret().automatic_rotation.unwrap().next;
    assert!(next > machine.now && next <= machine.now + hours(24));
}

#[test]
fn a_manual_rotation_does_not_move_the_date() {
    let mut machine = Machine::rotating_every(Some(30), Action::Manual);
    let before = machine.secret().automatic_rotation;
    machine.pass(hours(24));
    machine.complete_rotation();
    assert_eq!(machine.secret().automatic_rotation, before);
}

#[test]
fn the_schedule_starts_nothing_where_it_may_not() {
    let mut disabled = Machine::rotating_every(Some(1), Action::Manual);
    disabled.enter(Lifecycle::Disable);
    let mut failed = Machine::rotating_every(Some(1), Action::Manual);
    failed.enter_phase(Phase::RotationFailed);
    let mut silent = Machine::rotating_every(Some(1), Action::Manual);
    silent
        .state
        .behave(|behavior| behavior.schedule = Schedule::Silent);
    for (mut machine, date_moves) in [(disabled, true), (failed, true), (silent, false)] {
        let phase = machine.secret().phase;
        machine.pass(hours(25));
        assert_eq!(machine.secret().phase, phase);
        assert!(machine.secret().job.is_none());
        let next = machine.secret().automatic_rotation.unwrap().next;
        assert_eq!(next > machine.now, date_moves);
    }
}

#[test]
fn the_schedule_may_rotate_after_a_failure() {
    let mut machine = Machine::rotating_every(Some(1), Action::Manual);
    machine
        .state
        .behave(|behavior| behavior.schedule_after_failure = Verdict::Accepted);
    machine.enter_phase(Phase::RotationFailed);
    machine.pass(hours(25));
    assert_eq!(machine.secret().phase, Phase::Rotating);
}

#[test]
fn automatic_rotation_guards_the_trigger() {
    let mut machine = Machine::rotating_every(Some(30), Action::Manual);
    machine.state.put_trigger(Trigger::named("other"));
    let other = || Change::LinkTrigger("other".to_owned());
    for change in [other(), Change::UnlinkTrigger] {
        assert_eq!(machine.apply(change), Err(Refusal::AutomaticRotationOn));
    }
    machine.apply(Change::DisableAutoRotation).unwrap();
    let period = Change::UpdatePeriod(5);
    assert_eq!(
        machine.apply(period.clone()),
        Err(Refusal::AutomaticRotationOff)
    );
    machine.apply(other()).unwrap();
    assert_eq!(machine.secret().trigger.as_deref(), Some("other"));
    machine.apply(Change::UnlinkTrigger).unwrap();
    assert_eq!(
        machine.apply(Change::UnlinkTrigger),
        Err(Refusal::NoTrigger)
    );
    assert_eq!(machine.apply(Change::Execute), Err(Refusal::NoTrigger));
    let on = |trigger: Option<&str>| Change::EnableAutoRotation {
        period: 730,
        trigger: trigger.map(str::to_owned),
    };
    assert!(matches!(machine.apply(on(None)), Err(Refusal::Invalid(_))));
    assert_eq!(
        machine.apply(on(Some("nobody"))),
        Err(Refusal::TriggerNotFound)
    );
    machine.apply(on(Some("rotate"))).unwrap();
    machine.apply(period).unwrap();
    let automatic = machine.secret().automatic_rotation.unwrap();
    assert_eq!(
        (automatic.period, automatic.next),
        (5, machine.now + hours(5 * 24))
    );
}

#[test]
fn periods_are_one_to_730_days() {
    for (period, allowed) in [(0, false), (1, true), (730, true), (731, false)] {
        let mut machine = Machine::rotating_every(Some(30), Action::Manual);
        let outcome = machine.apply(Change::UpdatePeriod(period));
        assert_eq!(outcome.is_ok(), allowed, "{period}");
    }
}
