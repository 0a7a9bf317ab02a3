//! Triggers and protection keys that go, with those behind them in the state file.

use super::*;
use crate::store::Entries;

fn names(state: &State) -> (Vec<String>, Vec<String>) {
    (
        state.triggers().map(|it| it.id.clone()).collect(),
        state.protection_keys().map(|it| it.tag.clone()).collect(),
    )
}

fn key(tag: &str) -> ProtectionKey {
    ProtectionKey {
        tag: tag.to_owned(),
        name: tag.to_owned(),
        region: Region::Kr,
        boundary: Boundary::Isolated,
        cipher: Cipher::Aes256,
        disabled: false,
    }
}

#[test]
fn what_is_removed_leaves_the_state_file_and_the_others_stay_in_their_order() {
    let mut machine = Machine::with(Action::Manual);
    let mut file = Entries::default();
    file.apply(machine.state.entries());
    for name in ["a", "b", "c"] {
        machine.state.admit_trigger(Trigger::named(name)).unwrap();
        machine.state.admit_protection_key(key(name)).unwrap();
    }
    file.apply(machine.state.take_unsaved());
    for name in ["a", "c", "b"] {
        machine.state.remove_trigger(name).unwrap();
        machine.state.remove_protection_key(name).unwrap();
        file.apply(machine.state.take_unsaved());
        let read = State::restored(&file).unwrap();
        assert_eq!(names(&read), names(&machine.state), "{name}");
    }
    machine.state.admit_trigger(Trigger::named("new")).unwrap();
    machine.state.remove_trigger("new").unwrap();
    machine.state.admit_trigger(Trigger::named("next")).unwrap();
    file.apply(machine.state.take_unsaved());
    let (triggers, keys) = names(&State::restored(&file).unwrap());
    assert_eq!(triggers, ["rotate", "next"]);
    assert!(keys.is_empty());
}
