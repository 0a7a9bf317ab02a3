//! What each lifecycle allows, and where it leads.

use super::*;

#[test]
fn each_lifecycle_allows_what_is_documented() {
    use Lifecycle::{Destroyed, Disable, Enable, Revoke};
    let memo = || Change::UpdateMemo("new".to_owned());
    let value = || Change::UpdateStage(Stage::Active, Some(Text::from(VALUE)));
    let key = || Change::UpdateProtectionKey(ProtectionChoice::default());
    let table = [
        (Change::Enable, [None, Some(Enable), None]),
        (Change::Disable, [Some(Disable), None, None]),
        (Change::RequestDeletion, [Some(Revoke); 3]),
        (Change::CancelDeletion, [None, None, Some(Disable)]),
        (Change::Delete, [None, None, Some(Destroyed)]),
        (memo(), [Some(Enable), Some(Disable), None]),
        (value(), [Some(Enable), None, None]),
        (key(), [Some(Enable), None, None]),
        (Change::Execute, [Some(Enable), None, None]),
        (Change::UnlinkTrigger, [Some(Enable), Some(Disable), None]),
        (
            Change::LinkTrigger("rotate".to_owned()),
            [Some(Enable), None, None],
        ),
    ];
    for (change, expected) in table {
        for (from, to) in [Enable, Disable, Revoke].into_iter().zip(expected) {
            let mut machine = Machine::with(Action::Manual);
            machine.enter(from);
            let before = machine.secret().clone();
            let outcome = machine.apply(change.clone());
            if let Some(to) = to {
                assert_eq!(outcome, Ok(()), "{change:?} in {from}");
                assert_eq!(machine.secret().lifecycle, to, "{change:?} in {from}");
            } else {
                assert_eq!(outcome, Err(Refusal::WrongLifecycle(from)), "{change:?}");
                assert_eq!(*machine.secret(), before, "{change:?} in {from}");
            }
        }
    }
}

#[test]
fn nothing_is_possible_with_a_destroyed_secret() {
    for change in [Change::Enable, Change::CancelDeletion, Change::Execute] {
        let mut machine = Machine::with(Action::Manual);
        machine.enter(Lifecycle::Destroyed);
        assert_eq!(machine.apply(change), Err(Refusal::SecretNotFound));
        assert_eq!(machine.secret().chain, Chain::default());
        assert_eq!(machine.state.secrets().count(), 0);
    }
}

#[test]
fn a_revoked_secret_is_destroyed_after_seven_days() {
    let mut machine = Machine::with(Action::Manual);
    machine.enter(Lifecycle::Revoke);
    let date = machine.secret().destroy_date.unwrap();
    assert_eq!(date, machine.now + hours(7 * 24));
    machine.pass(hours(7 * 24) - SignedDuration::from_millis(1));
    assert_eq!(machine.secret().lifecycle, Lifecycle::Revoke);
    machine.pass(SignedDuration::from_millis(1));
    assert_eq!(machine.secret().lifecycle, Lifecycle::Destroyed);
    assert_eq!(machine.state.next_due(), None);
}

#[test]
fn a_repeated_request_restarts_the_wait_or_not() {
    for (reading, days) in [
        (RepeatedDeletion::RestartsWait, 8),
        (RepeatedDeletion::KeepsDate, 7),
    ] {
        let mut machine = Machine::with(Action::Manual);
        machine
            .state
            .behave(|behavior| behavior.repeated_deletion = reading);
        let start = machine.now;
        machine.enter(Lifecycle::Revoke);
        machine.pass(hours(24));
        machine.apply(Change::RequestDeletion).unwrap();
        assert_eq!(
            machine.secret().destroy_date,
            Some(start + hours(days * 24))
        );
    }
}

#[test]
fn a_cancelled_deletion_does_not_happen() {
    let mut machine = Machine::with(Action::Manual);
    machine.enter(Lifecycle::Revoke);
    machine.apply(Change::CancelDeletion).unwrap();
    machine.pass(hours(1000));
    assert_eq!(machine.secret().lifecycle, Lifecycle::Disable);
    assert_eq!(machine.secret().destroy_date, None);
}

#[test]
fn the_update_date_follows_its_reading() {
    let table = [
        (UpdateDate::EveryChange, [true, true, true]),
        (UpdateDate::NotValues, [false, true, true]),
        (UpdateDate::LifecycleOnly, [false, false, true]),
    ];
    for (reading, expected) in table {
        let changes = [
            Change::UpdateStage(Stage::Active, Some(Text::from(VALUE))),
            Change::UpdateMemo("new".to_owned()),
            Change::Disable,
        ];
        for (change, moves) in changes.into_iter().zip(expected) {
            let mut machine = Machine::with(Action::Manual);
            machine
                .state
                .behave(|behavior| behavior.update_date = reading);
            machine.pass(hours(1));
            machine.apply(change.clone()).unwrap();
            let moved = machine.secret().update_date == machine.now;
            assert_eq!(moved, moves, "{reading:?} {change:?}");
        }
    }
}

#[test]
fn user_keys_are_checked() {
    let key = |tag: &str, region, disabled| ProtectionKey {
        tag: tag.to_owned(),
        name: format!("{tag}-name"),
        region,
        boundary: Boundary::Isolated,
        cipher: Cipher::Aes256,
        disabled,
    };
    let mut machine = Machine::with(Action::Manual);
    machine
        .state
        .put_protection_key(key("good", Region::Kr, false));
    machine
        .state
        .put_protection_key(key("stopped", Region::Kr, true));
    machine
        .state
        .put_protection_key(key("abroad", Region::Jpn, false));
    let wish = |tag: &str, boundary| {
        Change::UpdateProtectionKey(ProtectionChoice {
            key_tag: Some(tag.to_owned()),
            boundary,
        })
    };
    let unusable = |outcome| matches!(outcome, Err(Refusal::ProtectionKeyUnusable(_)));
    assert!(unusable(machine.apply(wish("stopped", None))));
    assert!(unusable(
        machine.apply(wish("good", Some(Boundary::Global)))
    ));
    for unknown in ["abroad", "nowhere"] {
        assert_eq!(
            machine.apply(wish(unknown, None)),
            Err(Refusal::ProtectionKeyNotFound)
        );
    }
    machine
        .apply(wish("good", Some(Boundary::Isolated)))
        .unwrap();
    let protection = &machine.secret().protection;
    assert_eq!(protection.key.as_ref().unwrap().name, "good-name");
}
