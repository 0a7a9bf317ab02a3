use std::collections::BTreeSet;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::api::{NcpSecret, TargetStatus, condition};
use crate::core::request::parse;

mod laws;
mod policy;
mod rotation;

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
        sync_proof: None,
        revocation_proof: None,
    }
}

/// The status of an object that was synced before.
fn status(source: SourceStatus) -> NcpSecretStatus {
    let target = TargetStatus {
        name: "orders".into(),
        keys: vec![],
        changed_time: Time(now()),
        content: None,
        deleted_time: None,
    };
    NcpSecretStatus {
        source: Some(source),
        target: Some(target),
        ..NcpSecretStatus::default()
    }
}

fn failing_for(lasting: SignedDuration, synced: bool) -> NcpSecretStatus {
    let mut status = status(calm());
    status.failing_since = Some(Time(now() - lasting));
    if !synced {
        status.target = None;
        status.source = None;
    }
    status
}

fn plight<'pass>(request: &'pass Request, status: &'pass NcpSecretStatus) -> Plight<'pass> {
    Plight {
        request,
        status,
        trouble: None,
        failures: 0,
        retry_after: None,
        dice: 0.5,
    }
}

/// An object whose slot is far enough away to see what else the table asks for.
fn with_a_far_slot(interval: &str, away: SignedDuration) -> Request {
    let requests = (0..1000).map(|number| request(&format!("source-{number}"), interval));
    let mut far = requests.filter(|request| slot(request, now()) >= now() + away);
    far.next().unwrap()
}

/// How long the wait is when the slot is not in the way.
fn wait(status: &NcpSecretStatus, interval: &str, trouble: Option<Reason>) -> SignedDuration {
    let away = request("orders", interval).interval * 9 / 10;
    let request = with_a_far_slot(interval, away);
    let plight = Plight {
        trouble,
        ..plight(&request, status)
    };
    next_look(&plight, now()).duration_since(now())
}

#[test]
fn a_secret_whose_deletion_was_requested_is_looked_at_right_after_its_end() {
    let revoked = |ahead: i64| {
        let expected_destroy_time = Some(Time(now() + seconds(ahead)));
        status(SourceStatus {
            expected_destroy_time,
            lifecycle: "REVOKE".into(),
            ..calm()
        })
    };
    let trouble = Some(Reason::SourceRevoked);
    assert_eq!(wait(&revoked(600), "1h", trouble), seconds(601));
    assert_eq!(
        wait(&revoked(0), "1h", trouble),
        wait(&revoked(7 * 24 * HOUR), "1h", trouble)
    );
}

#[test]
fn a_secret_that_is_not_there_yet_is_looked_for_ever_less_often() {
    let trouble = Some(Reason::SourceNotFound);
    for (lasting, expected) in [
        (0, 30),
        (30, 30),
        (31, 31),
        (600, 600),
        (3600, 3600),
        (99_999, 3600),
    ] {
        let status = failing_for(seconds(lasting), false);
        assert_eq!(wait(&status, "1h", trouble), seconds(expected), "{lasting}");
    }
    assert_eq!(
        wait(&failing_for(seconds(99_999), false), "30s", trouble),
        seconds(30)
    );
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
            let plight = Plight {
                trouble: Some(trouble),
                ..plight(&request, &status)
            };
            let daily = now() + seconds(24 * HOUR);
            let expected = if in_slot {
                slot(&request, now())
            } else {
                daily
            };
            assert_eq!(next_look(&plight, now()), expected, "{trouble:?} {lasting}");
        }
    }
}

/// The status of an object that is ready, and whose looks have failed for so long.
fn ready(failing: Option<i64>) -> NcpSecretStatus {
    let ready = Condition {
        type_: condition::READY.into(),
        status: "True".into(),
        reason: "Synced".into(),
        message: String::new(),
        last_transition_time: Time(now()),
        observed_generation: Some(1),
    };
    NcpSecretStatus {
        observed_generation: 1,
        conditions: vec![ready],
        failing_since: failing.map(|lasting| Time(now() - seconds(lasting))),
        ..status(calm())
    }
}

#[test]
fn an_object_is_stale_so_long_after_its_looks_began_to_fail_or_its_store_told_of_a_trouble() {
    let request = request("orders", "1h");
    let stale_after = request.stale_after;
    assert_eq!(stale_at(&request, &ready(None), None), None);
    let own = stale_at(&request, &ready(Some(600)), None);
    assert_eq!(own, Some(now() - seconds(600) + stale_after));
    let told = now() - seconds(700);
    let moment = stale_at(&request, &ready(None), Some(told)).unwrap();
    let apart = moment.duration_since(told + stale_after);
    assert!((seconds(0)..=seconds(60)).contains(&apart), "{apart}");
    let both = stale_at(&request, &ready(Some(60)), Some(told));
    assert_eq!(both, Some(moment), "the earlier one");

    let unready = failing_for(seconds(600), true);
    assert_eq!(stale_at(&request, &unready, Some(told)), None);
    let changed = Request {
        generation: 2,
        ..request
    };
    assert_eq!(stale_at(&changed, &ready(Some(600)), None), None);
}

#[test]
fn objects_of_a_store_that_tells_of_a_trouble_become_stale_a_little_apart() {
    let moments: BTreeSet<_> = (0..1000)
        .map(|number| request(&format!("source-{number}"), "1h"))
        .filter_map(|request| stale_at(&request, &ready(None), Some(now())))
        .collect();
    assert!(moments.len() > 900);
    let first = moments.first().unwrap().duration_since(now());
    let last = moments.last().unwrap().duration_since(now());
    assert!(first >= seconds(3 * HOUR) && last <= seconds(3 * HOUR + 60));
}

#[test]
fn a_contested_target_is_observed_every_half_minute() {
    let status = status(calm());
    assert_eq!(
        wait(&status, "1h", Some(Reason::TargetNotOwned)),
        seconds(30)
    );
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
        Reason::TemplateFailed,
        Reason::InvalidSpec,
        Reason::NotGranted,
        Reason::StoreNotFound,
        Reason::StoreNotReady,
        Reason::TargetImmutable,
    ] {
        for failures in [0, 1, 99] {
            let plight = Plight {
                trouble: Some(trouble),
                failures,
                ..plight(&request, &status)
            };
            assert_eq!(
                next_look(&plight, now()),
                slot(&request, now()),
                "{trouble:?}"
            );
        }
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
            for (dice, share) in [
                (0.0, 0),
                (0.25, ceiling * 250),
                (0.5, ceiling * 500),
                (1.0, ceiling * 1000),
            ] {
                let plight = Plight {
                    trouble: Some(trouble),
                    failures,
                    dice,
                    ..plight(&request, &status)
                };
                let wait = next_look(&plight, now()).duration_since(now());
                let expected = SignedDuration::from_millis(share).max(seconds(1));
                assert_eq!(wait, expected, "{trouble:?} {failures} {dice}");
            }
        }
    }
    let many = Plight {
        failures: u32::MAX,
        dice: 1.0,
        trouble: Some(Reason::Throttled),
        ..plight(&request, &status)
    };
    assert_eq!(next_look(&many, now()), now() + seconds(300));
}

#[test]
fn r9_what_the_service_asks_for_wins_up_to_five_minutes() {
    let (request, status) = (request("orders", "1h"), status(calm()));
    for (asked, expected) in [
        (Duration::ZERO, seconds(1)),
        (Duration::from_millis(999), seconds(1)),
        (
            Duration::from_millis(1001),
            SignedDuration::from_millis(1001),
        ),
        (Duration::from_secs(17), seconds(17)),
        (Duration::from_mins(5), seconds(300)),
        (Duration::from_secs(301), seconds(300)),
        (Duration::MAX, seconds(300)),
    ] {
        for (failures, dice) in [(1, 0.0), (1, 1.0), (99, 1.0)] {
            let trouble = Some(Reason::Throttled);
            let retry_after = Some(asked);
            let plight = Plight {
                trouble,
                failures,
                retry_after,
                dice,
                ..plight(&request, &status)
            };
            assert_eq!(next_look(&plight, now()), now() + expected, "{asked:?}");
        }
    }
}
