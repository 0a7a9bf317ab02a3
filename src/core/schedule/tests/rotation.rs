//! The rows about rotation.

use std::collections::BTreeSet;

use super::*;

fn rotating_for(lasting: SignedDuration) -> SourceStatus {
    let since = Some(Time(now() - lasting));
    SourceStatus {
        rotating_since: since,
        rotation_phase: "ROTATING".into(),
        ..calm()
    }
}

fn due_since(past: SignedDuration) -> SourceStatus {
    SourceStatus {
        next_rotation_time: Some(Time(now() - past)),
        ..calm()
    }
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
    assert_eq!(
        wait(&fraction, "1h", None),
        SignedDuration::from_millis(5_500)
    );
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
    let status = status(SourceStatus {
        rotation_phase: "ROTATION_FAILED".into(),
        ..calm()
    });
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
    assert!(
        first < seconds(32) && last > seconds(58),
        "spread by hash: {first} to {last}"
    );
}

#[test]
fn a_date_beyond_the_slot_does_not_hold_the_slot_up() {
    let request = request("orders", "1h");
    let status = status(due_since(seconds(-48 * HOUR)));
    assert_eq!(
        next_look(&plight(&request, &status), now()),
        slot(&request, now())
    );
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
        assert!(
            wait == at_most || (interval == "30s" && wait <= at_most),
            "{past} {wait}"
        );
    }
    let long_ago = status(due_since(seconds(9_000 * HOUR)));
    assert!(wait(&long_ago, "1h", None) <= seconds(HOUR));
}

#[test]
fn a_date_counts_only_while_the_secret_is_in_use() {
    for lifecycle in ["DISABLE", "REVOKE", "DESTROYED", "SOMETHING"] {
        let source = SourceStatus {
            lifecycle: lifecycle.into(),
            ..due_since(seconds(60))
        };
        let (request, status) = (request("orders", "1h"), status(source));
        let next = next_look(&plight(&request, &status), now());
        assert_eq!(next, slot(&request, now()), "{lifecycle}");
    }
}

#[test]
fn without_automatic_rotation_there_is_only_the_slot() {
    let (request, status) = (request("orders", "1h"), status(calm()));
    assert_eq!(
        next_look(&plight(&request, &status), now()),
        slot(&request, now())
    );
    let fresh = NcpSecretStatus::default();
    assert_eq!(
        next_look(&plight(&request, &fresh), now()),
        slot(&request, now())
    );
}

#[test]
fn a_value_that_a_rotation_may_mend_is_followed_while_one_runs() {
    let status = status(rotating_for(seconds(60)));
    for trouble in [
        Reason::StageEmpty,
        Reason::SourceUnreadable,
        Reason::MissingKey,
    ] {
        assert_eq!(
            wait(&status, "1h", Some(trouble)),
            seconds(10),
            "{trouble:?}"
        );
    }
}
