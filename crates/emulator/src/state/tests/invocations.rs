//! Calls of HTTP actions whose triggers or jobs change meanwhile.

use url::Url;

use super::*;
use crate::behavior::FailedCall;

fn http(url: &str) -> Action {
    Action::Http(HttpAction::at(Url::parse(url).unwrap().try_into().unwrap()))
}

fn called(machine: &Machine) -> Vec<String> {
    let log = machine.state.log(&machine.id).unwrap();
    log.newest_first()
        .filter(|entry| entry.action == "Call Action")
        .map(|entry| entry.result.clone())
        .collect()
}

#[test]
fn a_replaced_trigger_is_called_as_it_is_now() {
    let mut machine = Machine::with(http("http://127.0.0.1:1/"));
    machine.apply(Change::Execute).unwrap();
    let other = Trigger::named("rotate").action(http("http://127.0.0.1:2/"));
    machine.state.put_trigger(other);
    let taken = machine.state.take_invocations(machine.now);
    assert_eq!(taken[0].action.url.as_url().port(), Some(2));
}

#[test]
fn a_trigger_without_its_http_action_is_a_call_that_failed() {
    for reading in [FailedCall::WaitsForTimeout, FailedCall::FailsRotation] {
        let mut machine = Machine::with(http("http://127.0.0.1:1/"));
        machine
            .state
            .behave(|behavior| behavior.failed_call = reading);
        machine.apply(Change::Execute).unwrap();
        machine
            .state
            .put_trigger(Trigger::named("rotate").action(Action::Hang));
        assert_eq!(machine.state.take_invocations(machine.now), vec![]);
        assert_eq!(called(&machine), ["NO HTTP ACTION"]);
        let failed = machine.secret().phase == Phase::RotationFailed;
        assert_eq!(failed, reading == FailedCall::FailsRotation);
        machine.pass(hours(24));
        assert_eq!(machine.secret().phase, Phase::RotationFailed);
        assert_eq!(called(&machine).len(), 1);
    }
}

#[test]
fn a_cancelled_job_is_not_called() {
    let mut machine = Machine::with(http("http://127.0.0.1:1/"));
    machine.apply(Change::Execute).unwrap();
    machine.apply(Change::Cancel).unwrap();
    assert_eq!(machine.state.take_invocations(machine.now), vec![]);
    assert!(called(&machine).is_empty());
}

#[test]
fn the_late_end_of_a_call_is_not_that_of_the_retry_with_the_same_token() {
    let mut machine = Machine::with(http("http://127.0.0.1:1/"));
    machine.state.behave(|behavior| {
        behavior.retry_token = RetryToken::Same;
        behavior.failed_call = FailedCall::FailsRotation;
    });
    machine.apply(Change::Execute).unwrap();
    let first = machine.state.take_invocations(machine.now).remove(0);
    machine.job(JobStep::Fail).unwrap();
    machine.apply(Change::Retry).unwrap();
    assert_eq!(machine.token(), first.job_token);
    let late = CallOutcome::Answered(500);
    machine.state.called(&first, late, machine.now);
    assert_eq!(machine.secret().phase, Phase::Rotating);
    assert_eq!(called(&machine), ["HTTP 500"]);
    let second = machine.state.take_invocations(machine.now).remove(0);
    machine.state.called(&second, late, machine.now);
    assert_eq!(machine.secret().phase, Phase::RotationFailed);
}
