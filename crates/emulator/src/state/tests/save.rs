//! A state that is read back from its file is the state that was written.

use proptest::collection::vec;
use proptest::prelude::*;

use super::sequences::{Act, acts};
use super::*;
use crate::store::Entries;
use url::Url;

fn lines(state: &State, id: &str) -> Vec<LogEntry> {
    let log = state.log(id).unwrap();
    log.newest_first().cloned().collect()
}

fn assert_same(read: &State, written: &State) {
    assert!(read.secrets.iter().eq(&written.secrets));
    assert!(read.triggers.iter().eq(&written.triggers));
    assert!(read.protection_keys.iter().eq(&written.protection_keys));
    assert_eq!(read.behavior, written.behavior);
    assert_eq!(read.named, written.named);
    assert_eq!(read.due, written.due);
    assert_eq!(read.random.get_seed(), written.random.get_seed());
    for id in written.secrets.keys() {
        assert_eq!(lines(read, id), lines(written, id));
    }
}

fn call(number: usize, now: Timestamp) -> LogEntry {
    LogEntry::internal(now, "key", &format!("Call {number}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_changed_is_all_that_a_file_lacks(acts in vec(acts(), 1..40)) {
        let mut machine = Machine::with(Action::Succeed { after: hours(2) });
        let mut file = Entries::default();
        file.apply(machine.state.entries());
        for act in acts {
            match act {
                Act::Change(change) => drop(machine.apply(change)),
                Act::Job(step) => drop(machine.job(step)),
                Act::Pass(span) => machine.pass(span),
            }
            file.apply(machine.state.take_unsaved());
            assert_same(&State::restored(&file).unwrap(), &machine.state);
        }
    }
}

#[test]
fn everything_besides_secrets_is_read_back_too() {
    let mut machine = Machine::with(Action::Hang);
    let mut file = Entries::default();
    file.apply(machine.state.entries());
    let changes: [&dyn Fn(&mut Machine); 6] = [
        &|machine| {
            machine
                .state
                .behave(|behavior| behavior.schedule = Schedule::Silent);
        },
        &|machine| machine.state.put_trigger(Trigger::named("another")),
        &|machine| {
            let again = Trigger::named("rotate").action(Action::Manual);
            machine.state.put_trigger(again);
        },
        &|machine| {
            machine.state.put_protection_key(ProtectionKey {
                tag: "tag".to_owned(),
                name: "key".to_owned(),
                region: Region::Jpn,
                boundary: Boundary::Isolated,
                cipher: Cipher::Rsa2048,
                disabled: true,
            });
        },
        &|machine| {
            let id = machine.id.clone();
            let value = Some(Text::from("no JSON"));
            machine
                .state
                .set_raw_value(&id, Stage::Pending, value)
                .unwrap();
        },
        &|machine| {
            let new = NewSecret::named("another").value(VALUE);
            machine.state.create(new, machine.now).unwrap();
        },
    ];
    for change in changes {
        change(&mut machine);
        file.apply(machine.state.take_unsaved());
        assert_same(&State::restored(&file).unwrap(), &machine.state);
    }
}

#[test]
fn old_lines_of_a_log_leave_the_file() {
    let mut machine = Machine::with(Action::Manual);
    let mut file = Entries::default();
    file.apply(machine.state.entries());
    for number in 0..2_500 {
        let entry = call(number, machine.now);
        machine.state.record(&machine.id, entry);
        if number % 7 == 0 {
            file.apply(machine.state.take_unsaved());
        }
    }
    file.apply(machine.state.take_unsaved());
    assert_eq!(file.names("log/").count(), MOST_KEPT);
    assert_same(&State::restored(&file).unwrap(), &machine.state);
}

#[test]
fn an_action_that_was_not_called_is_called_after_the_file_is_read() {
    let url = Url::parse("http://127.0.0.1:1/").unwrap();
    let action = HttpAction::at(url.try_into().unwrap());
    let mut machine = Machine::with(Action::Http(action));
    let mut file = Entries::default();
    file.apply(machine.state.entries());
    machine.apply(Change::Execute).unwrap();
    let taken = machine.state.take_invocations(machine.now);
    assert_eq!(taken.len(), 1);
    file.apply(machine.state.take_unsaved());
    let mut read = State::restored(&file).unwrap();
    assert_eq!(read.take_invocations(machine.now), taken);

    let outcome = CallOutcome::Answered(200);
    machine.state.called(&taken[0], outcome, machine.now);
    file.apply(machine.state.take_unsaved());
    let mut read = State::restored(&file).unwrap();
    assert_eq!(read.take_invocations(machine.now), vec![]);
}
