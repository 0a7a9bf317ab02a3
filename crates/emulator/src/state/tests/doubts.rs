//! The doubtful points that no other test of the state machine moves: both readings.

use super::*;
use crate::behavior::{OtherBoundary, WrittenActive};
use crate::host::Host;
use crate::store::Entries;

fn key(boundary: Boundary) -> ProtectionKey {
    ProtectionKey {
        tag: boundary.word().to_owned(),
        name: "key".to_owned(),
        region: Region::Kr,
        boundary,
        cipher: Cipher::Aes256,
        disabled: false,
    }
}

fn behind(boundary: Boundary) -> Change {
    Change::UpdateProtectionKey(ProtectionChoice {
        key_tag: Some(boundary.word().to_owned()),
        boundary: Some(boundary),
    })
}

#[test]
fn a_key_of_another_boundary_moves_the_secret_or_leaves_it() {
    for reading in [OtherBoundary::MovesSecret, OtherBoundary::KeepsHost] {
        let moves = reading == OtherBoundary::MovesSecret;
        let mut machine = Machine::with(Action::Manual);
        machine
            .state
            .behave(|behavior| behavior.key_of_other_boundary = reading);
        for boundary in [Boundary::Global, Boundary::Isolated] {
            machine.state.put_protection_key(key(boundary));
        }
        machine.apply(behind(Boundary::Global)).unwrap();
        assert_eq!(machine.secret().boundary(), Boundary::Global);
        let expected = if moves {
            Host::KrGlobal
        } else {
            Host::KrRegional
        };
        assert_eq!(Host::of(machine.secret()), expected);
        // Where it lives is kept, also in the state file.
        machine
            .state
            .behave(|behavior| behavior.key_of_other_boundary = OtherBoundary::MovesSecret);
        let mut file = Entries::default();
        file.apply(machine.state.entries());
        let read = State::restored(&file).unwrap();
        assert_eq!(Host::of(read.secret(&machine.id).unwrap()), expected);
        machine.apply(behind(Boundary::Isolated)).unwrap();
        assert_eq!(Host::of(machine.secret()), Host::KrRegional);
    }
}

#[test]
fn a_secret_without_the_boundary_of_its_host_is_read_from_an_older_file() {
    let machine = Machine::with(Action::Manual);
    let mut json = serde_json::to_value(machine.secret()).unwrap();
    let fields = json.as_object_mut().unwrap();
    for name in ["hostBoundary", "jobs"] {
        assert!(fields.remove(name).is_some(), "{name}");
    }
    let read: Secret = serde_json::from_value(json).unwrap();
    assert_eq!(read, *machine.secret());
}

fn chain_after(reading: WrittenActive, changes: Vec<Change>) -> [Option<String>; 4] {
    let mut machine = Machine::with(Action::Manual);
    machine
        .state
        .behave(|behavior| behavior.written_active = reading);
    for change in changes {
        machine.apply(change).unwrap();
    }
    let Chain {
        suspended,
        previous,
        active,
        pending,
    } = machine.secret().chain.clone();
    [suspended, previous, active, pending].map(|it| it.map(|text| text.as_str().to_owned()))
}

#[test]
fn a_written_active_replaces_or_shifts() {
    let value = |number: u32| format!(r#"{{"password":"{number}"}}"#);
    let text = |number| Text::from(value(number));
    let set = |stage, number| Change::UpdateStage(stage, Some(text(number)));
    let chain = |previous, active| {
        Change::UpdateChain(ChainUpdate {
            previous,
            active: StageUpdate::Set(text(active)),
            ..ChainUpdate::default()
        })
    };
    let replaces = chain_after(
        WrittenActive::Replaces,
        vec![set(Stage::Previous, 1), set(Stage::Active, 2)],
    );
    assert_eq!(replaces, [None, Some(value(1)), Some(value(2)), None]);
    let old = Some(VALUE.to_owned());
    let table = [
        (
            vec![set(Stage::Previous, 1), set(Stage::Active, 2)],
            [Some(value(1)), old.clone(), Some(value(2)), None],
        ),
        (
            vec![set(Stage::Previous, 1), chain(StageUpdate::Omitted, 2)],
            [Some(value(1)), old.clone(), Some(value(2)), None],
        ),
        (
            vec![chain(StageUpdate::Set(text(1)), 2)],
            [None, Some(value(1)), Some(value(2)), None],
        ),
        (
            vec![set(Stage::Pending, 1)],
            [None, None, old, Some(value(1))],
        ),
        (
            vec![Change::UpdateStage(Stage::Active, None)],
            [const { None }; 4],
        ),
    ];
    for (changes, expected) in table {
        let told = format!("{changes:?}");
        assert_eq!(
            chain_after(WrittenActive::Shifts, changes),
            expected,
            "{told}"
        );
    }
}

#[test]
fn values_are_read_while_rotating_or_not() {
    for reading in [Verdict::Accepted, Verdict::Refused] {
        let mut machine = Machine::with(Action::Manual);
        machine
            .state
            .behave(|behavior| behavior.read_while_rotating = reading);
        machine.state.readable(&machine.id).unwrap();
        machine.apply(Change::Execute).unwrap();
        // Its own rotation reads it in any case.
        machine.job(JobStep::Start).unwrap();
        let read = machine.state.readable(&machine.id).map(drop);
        let expected = match reading {
            Verdict::Accepted => Ok(()),
            Verdict::Refused => Err(Refusal::BlockedRead(Lifecycle::Rotating)),
        };
        assert_eq!(read, expected);
    }
}

#[test]
fn values_behind_a_disabled_key_are_read_or_not_and_it_is_never_chosen() {
    for reading in [Verdict::Accepted, Verdict::Refused] {
        let mut machine = Machine::with(Action::Manual);
        machine
            .state
            .behave(|behavior| behavior.read_with_disabled_key = reading);
        machine.state.put_protection_key(key(Boundary::Isolated));
        machine.apply(behind(Boundary::Isolated)).unwrap();
        machine.state.readable(&machine.id).unwrap();
        machine.apply(Change::Execute).unwrap();
        machine.state.put_protection_key(ProtectionKey {
            disabled: true,
            ..key(Boundary::Isolated)
        });
        let expected = match reading {
            Verdict::Accepted => Ok(()),
            Verdict::Refused => Err(Refusal::ProtectionKeyDisabled),
        };
        assert_eq!(machine.state.readable(&machine.id).map(drop), expected);
        assert_eq!(machine.job(JobStep::Start), expected);
        let chosen = machine.apply(behind(Boundary::Isolated));
        assert!(matches!(chosen, Err(Refusal::ProtectionKeyUnusable(_))));
    }
}

#[test]
fn an_account_has_room_for_so_many_living_secrets() {
    let mut machine = Machine::with(Action::Manual);
    machine.state.behave(|behavior| behavior.most_secrets = 2);
    let create = |machine: &mut Machine, name| {
        let created = machine.state.create(NewSecret::named(name), machine.now);
        created.map(drop)
    };
    create(&mut machine, "second").unwrap();
    assert_eq!(create(&mut machine, "third"), Err(Refusal::TooManySecrets));
    machine.enter(Lifecycle::Destroyed);
    create(&mut machine, "third").unwrap();
    assert_eq!(create(&mut machine, "fourth"), Err(Refusal::TooManySecrets));
}

#[test]
fn a_new_period_switches_automatic_rotation_on_where_it_could_be_enabled() {
    let mut machine = Machine::with(Action::Manual);
    machine
        .state
        .behave(|behavior| behavior.period_without_schedule = Verdict::Accepted);
    machine.enter(Lifecycle::Disable);
    let period = Change::UpdatePeriod(5);
    assert_eq!(
        machine.apply(period.clone()),
        Err(Refusal::WrongLifecycle(Lifecycle::Disable))
    );
    machine.apply(Change::Enable).unwrap();
    machine.apply(period.clone()).unwrap();
    assert_eq!(machine.secret().automatic_rotation.unwrap().period, 5);
    machine.apply(Change::DisableAutoRotation).unwrap();
    machine.apply(Change::UnlinkTrigger).unwrap();
    assert_eq!(machine.apply(period), Err(Refusal::AutomaticRotationOff));
}

#[test]
fn an_added_pending_keeps_to_the_limits_of_a_value() {
    let pairs = |count: usize| {
        let pairs = (0..count).map(|number| format!(r#""k{number}":"v""#));
        format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
    };
    let filled = |length: usize| {
        let around = r#"{"password":"","k":""}"#.len();
        format!(r#"{{"password":"","k":"{}"}}"#, "v".repeat(length - around))
    };
    let table = [
        (filled(9_900), true),
        (filled(9_995), false),
        (pairs(99), true),
        (pairs(100), false),
    ];
    for (active, allowed) in table {
        let mut machine = Machine::with(Action::Manual);
        let value = Text::from(active.as_str());
        machine
            .apply(Change::UpdateStage(Stage::Active, Some(value)))
            .unwrap();
        machine.apply(Change::Execute).unwrap();
        machine.job(JobStep::Start).unwrap();
        let before = machine.secret().clone();
        let added = machine.job(JobStep::AddPending);
        if allowed {
            assert_eq!(added, Ok(()));
        } else {
            assert!(matches!(added, Err(Refusal::InvalidValue(_))), "{added:?}");
            assert_eq!(*machine.secret(), before);
        }
    }
}
