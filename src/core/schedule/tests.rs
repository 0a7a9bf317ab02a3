use std::collections::BTreeSet;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::api::{NcpSecret, TargetStatus};
use crate::core::request::parse;

mod laws;

const HOUR: i64 = 3600;

fn now() -> Timestamp {
    "2026-11-22T12:34:56.789Z".parse().unwrap()
}

fn request(source: &str, interval: &str) -> Request {
    let object: NcpSecret = serde_json::from_value(json!({
        "apiVersion": "ncp-secrets.io/v1alpha1",
        "kind": "NcpSecret",
        "metadata": {"name": "orders", "namespace": "shop", "uid": "1", "generation": 1},
        "spec": {
            "storeRef": {"name": "s"},
            "source": {"secretName": source},
            "refresh": {"interval": interval},
        },
    }))
    .unwrap();
    parse(&object).unwrap()
}

fn seconds(count: i64) -> SignedDuration {
    SignedDuration::from_secs(count)
}

fn time(moment: Timestamp) -> Option<Time> {
    Some(Time(moment))
}

/// What the service said at the last look: in use, nothing rotating, no date.
fn calm() -> SourceStatus {
    SourceStatus {
        secret_id: "0f".into(),
        secret_name: "orders".into(),
        key_isolation: "Regional".into(),
        lifecycle: "ENABLE".into(),
        rotation_phase: "NONE".into(),
        rotation_period_days: Some(90),
        next_rotation_time: None,
        rotating_since: None,
        expected_destroy_time: None,
        update_time: None,
    }
}

/// The status of an object that was synced before.
fn status(source: SourceStatus) -> NcpSecretStatus {
    let target = TargetStatus { name: "orders".into(), keys: vec![], changed_time: Time(now()) };
    NcpSecretStatus { source: Some(source), target: Some(target), ..NcpSecretStatus::default() }
}

fn rotating_for(lasting: SignedDuration) -> SourceStatus {
    let since = time(now() - lasting);
    SourceStatus { rotating_since: since, rotation_phase: "ROTATING".into(), ..calm() }
}

fn due_since(past: SignedDuration) -> SourceStatus {
    SourceStatus { next_rotation_time: time(now() - past), ..calm() }
}

fn failing_for(lasting: SignedDuration, synced: bool) -> NcpSecretStatus {
    let mut status = status(calm());
    status.failing_since = time(now() - lasting);
    if !synced {
        status.target = None;
        status.source = None;
    }
    status
}

fn plight<'pass>(request: &'pass Request, status: &'pass NcpSecretStatus) -> Plight<'pass> {
    Plight { request, status, trouble: None, failures: 0, retry_after: None, dice: 0.5 }
}

/// An object whose slot is far enough away to see what else the table asks for.
fn with_a_far_slot(interval: &str, away: SignedDuration) -> Request {
    let requests = (0..).map(|number| request(&format!("source-{number}"), interval));
    let mut far = requests.filter(|request| slot(request, now()) >= now() + away);
    far.next().unwrap()
}

/// How long the wait is when the slot is not in the way.
fn wait(status: &NcpSecretStatus, interval: &str, trouble: Option<Reason>) -> SignedDuration {
    let away = request("orders", interval).interval * 9 / 10;
    let request = with_a_far_slot(interval, away);
    let plight = Plight { trouble, ..plight(&request, status) };
    next_look(&plight, now()).duration_since(now())
}

#[test]
fn a_running_rotation_is_followed_closely_at_first_and_then_less() {
    let cases = [
        (seconds(-90), 5),
        (seconds(0), 5),
        (seconds(29), 5),
        (seconds(30), 5),
        (seconds(36), 6),
        (seconds(60), 10),
        (seconds(354), 59),
        (seconds(360), 60),
        (seconds(361), 60),
        (seconds(HOUR - 1), 60),
    ];
    for (lasting, expected) in cases {
        let status = status(rotating_for(lasting));
        assert_eq!(wait(&status, "1h", None), seconds(expected), "{lasting}");
    }
    let fraction = status(rotating_for(SignedDuration::from_millis(33_000)));
    assert_eq!(wait(&fraction, "1h", None), SignedDuration::from_millis(5_500));
}

#[test]
fn a_rotation_of_over_an_hour_is_looked_at_every_quarter() {
    for lasting in [seconds(HOUR), seconds(HOUR + 1), seconds(9_000 * HOUR)] {
        let status = status(rotating_for(lasting));
        assert_eq!(wait(&status, "1h", None), seconds(900), "{lasting}");
        assert!(wait(&status, "10m", None) <= seconds(600), "{lasting}");
        assert_eq!(wait(&status, "8760h", None), seconds(900), "{lasting}");
    }
}

#[test]
fn a_failed_rotation_is_looked_at_every_quarter() {
    let status = status(SourceStatus { rotation_phase: "ROTATION_FAILED".into(), ..calm() });
    assert_eq!(wait(&status, "1h", None), seconds(900));
    assert!(wait(&status, "10m", None) <= seconds(600));
    let request = request("orders", "1h");
    let plight = plight(&request, &status);
    assert!(next_look(&plight, now()) <= slot(&request, now()).max(now() + seconds(1)));
}

#[test]
fn a_rotation_to_come_is_looked_at_half_a_minute_to_a_minute_after_its_date() {
    let mut waits = BTreeSet::new();
    for number in 0..200 {
        let request = request(&format!("source-{number}"), "24h");
        for ahead in [1, 60, 600] {
            let status = status(due_since(seconds(-ahead)));
            let next = next_look(&plight(&request, &status), now());
            if next == slot(&request, now()) {
                continue;
            }
            let after = next.duration_since(now() + seconds(ahead));
            assert!(after >= seconds(30) && after <= seconds(60), "{after}");
            waits.insert(after);
        }
    }
    let (first, last) = (*waits.first().unwrap(), *waits.last().unwrap());
    assert!(first < seconds(32) && last > seconds(58), "spread by hash: {first} to {last}");
}

#[test]
fn a_date_beyond_the_slot_does_not_hold_the_slot_up() {
    let request = request("orders", "1h");
    let status = status(due_since(seconds(-48 * HOUR)));
    assert_eq!(next_look(&plight(&request, &status), now()), slot(&request, now()));
}

#[test]
fn a_date_that_passed_is_looked_at_ever_less_often_but_every_interval() {
    let cases = [
        (seconds(0), "1h", 30),
        (seconds(29), "1h", 30),
        (seconds(30), "1h", 30),
        (seconds(31), "1h", 31),
        (seconds(900), "1h", 900),
        (seconds(45 * 60), "1h", 45 * 60),
        (seconds(9_000 * HOUR), "30s", 30),
    ];
    for (past, interval, expected) in cases {
        let wait = wait(&status(due_since(past)), interval, None);
        let at_most = seconds(expected);
        assert!(wait == at_most || (interval == "30s" && wait <= at_most), "{past} {wait}");
    }
    let long_ago = status(due_since(seconds(9_000 * HOUR)));
    assert!(wait(&long_ago, "1h", None) <= seconds(HOUR));
}

#[test]
fn a_date_counts_only_while_the_secret_is_in_use() {
    for lifecycle in ["DISABLE", "REVOKE", "DESTROYED", "SOMETHING"] {
        let source = SourceStatus { lifecycle: lifecycle.into(), ..due_since(seconds(60)) };
        let (request, status) = (request("orders", "1h"), status(source));
        let next = next_look(&plight(&request, &status), now());
        assert_eq!(next, slot(&request, now()), "{lifecycle}");
    }
}

#[test]
fn without_automatic_rotation_there_is_only_the_slot() {
    let (request, status) = (request("orders", "1h"), status(calm()));
    assert_eq!(next_look(&plight(&request, &status), now()), slot(&request, now()));
    let fresh = NcpSecretStatus::default();
    assert_eq!(next_look(&plight(&request, &fresh), now()), slot(&request, now()));
}

#[test]
fn a_secret_whose_deletion_was_requested_is_looked_at_right_after_its_end() {
    let revoked = |ahead: i64| {
        let expected_destroy_time = time(now() + seconds(ahead));
        status(SourceStatus { expected_destroy_time, lifecycle: "REVOKE".into(), ..calm() })
    };
    let trouble = Some(Reason::SourceRevoked);
    assert_eq!(wait(&revoked(600), "1h", trouble), seconds(601));
    assert_eq!(wait(&revoked(0), "1h", trouble), wait(&revoked(7 * 24 * HOUR), "1h", trouble));
}

#[test]
fn a_secret_that_is_not_there_yet_is_looked_for_ever_less_often() {
    let trouble = Some(Reason::SourceNotFound);
    for (lasting, expected) in [(0, 30), (30, 30), (31, 31), (600, 600), (3600, 3600), (99_999, 3600)] {
        let status = failing_for(seconds(lasting), false);
        assert_eq!(wait(&status, "1h", trouble), seconds(expected), "{lasting}");
    }
    assert_eq!(wait(&failing_for(seconds(99_999), false), "30s", trouble), seconds(30));
    let never_failed = NcpSecretStatus::default();
    assert_eq!(wait(&never_failed, "1h", trouble), seconds(30));
}

#[test]
fn a_secret_that_is_gone_is_looked_for_in_the_slot_for_a_day_and_then_daily() {
    let request = request("orders", "1h");
    for (trouble, synced) in [
        (Reason::SourceNotFound, true),
        (Reason::SourceDestroyed, true),
        (Reason::SourceDestroyed, false),
    ] {
        for (lasting, in_slot) in [(0, true), (24 * HOUR - 1, true), (24 * HOUR, false)] {
            let status = failing_for(seconds(lasting), synced);
            let plight = Plight { trouble: Some(trouble), ..plight(&request, &status) };
            let daily = now() + seconds(24 * HOUR);
            let expected = if in_slot { slot(&request, now()) } else { daily };
            assert_eq!(next_look(&plight, now()), expected, "{trouble:?} {lasting}");
        }
    }
}

#[test]
fn a_contested_target_is_observed_every_half_minute() {
    let status = status(calm());
    assert_eq!(wait(&status, "1h", Some(Reason::TargetNotOwned)), seconds(30));
}

#[test]
fn what_people_must_mend_waits_for_them_in_the_slot() {
    let (request, status) = (request("orders", "1h"), status(calm()));
    for trouble in [
        Reason::SourceDisabled,
        Reason::SourceRevoked,
        Reason::SourceUnreadable,
        Reason::StageEmpty,
        Reason::MissingKey,
        Reason::InvalidKey,
        Reason::KeyConflict,
        Reason::TooLarge,
        Reason::InvalidSpec,
        Reason::NotGranted,
        Reason::StoreNotFound,
        Reason::StoreNotReady,
        Reason::TargetImmutable,
    ] {
        for failures in [0, 1, 99] {
            let plight = Plight { trouble: Some(trouble), failures, ..plight(&request, &status) };
            assert_eq!(next_look(&plight, now()), slot(&request, now()), "{trouble:?}");
        }
    }
}

#[test]
fn a_value_that_a_rotation_may_mend_is_followed_while_one_runs() {
    let status = status(rotating_for(seconds(60)));
    for trouble in [Reason::StageEmpty, Reason::SourceUnreadable, Reason::MissingKey] {
        assert_eq!(wait(&status, "1h", Some(trouble)), seconds(10), "{trouble:?}");
    }
}

/// Reasons that come from a call that failed.
const FAILED_CALLS: [Reason; 7] = [
    Reason::ClusterRefused,
    Reason::CredentialsMissing,
    Reason::CredentialsRejected,
    Reason::PermissionDenied,
    Reason::ClockSkew,
    Reason::Throttled,
    Reason::SourceUnavailable,
];

#[test]
fn r9_failed_calls_back_off_from_one_second_doubling_to_five_minutes_with_full_jitter() {
    let (request, status) = (request("orders", "1h"), status(calm()));
    let ceilings = [1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300];
    for trouble in FAILED_CALLS {
        for (failures, ceiling) in (0..).zip(ceilings) {
            for (dice, share) in [(0.0, 0), (0.25, ceiling * 250), (0.5, ceiling * 500), (1.0, ceiling * 1000)] {
                let plight =
                    Plight { trouble: Some(trouble), failures, dice, ..plight(&request, &status) };
                let wait = next_look(&plight, now()).duration_since(now());
                let expected = SignedDuration::from_millis(share).max(seconds(1));
                assert_eq!(wait, expected, "{trouble:?} {failures} {dice}");
            }
        }
    }
    let many = Plight { failures: u32::MAX, dice: 1.0, trouble: Some(Reason::Throttled), ..plight(&request, &status) };
    assert_eq!(next_look(&many, now()), now() + seconds(300));
}

#[test]
fn r9_what_the_service_asks_for_wins_up_to_five_minutes() {
    let (request, status) = (request("orders", "1h"), status(calm()));
    for (asked, expected) in [
        (Duration::ZERO, seconds(1)),
        (Duration::from_millis(999), seconds(1)),
        (Duration::from_millis(1001), SignedDuration::from_millis(1001)),
        (Duration::from_secs(17), seconds(17)),
        (Duration::from_secs(300), seconds(300)),
        (Duration::from_secs(301), seconds(300)),
        (Duration::MAX, seconds(300)),
    ] {
        for (failures, dice) in [(1, 0.0), (1, 1.0), (99, 1.0)] {
            let trouble = Some(Reason::Throttled);
            let retry_after = Some(asked);
            let plight = Plight { trouble, failures, retry_after, dice, ..plight(&request, &status) };
            assert_eq!(next_look(&plight, now()), now() + expected, "{asked:?}");
        }
    }
}
