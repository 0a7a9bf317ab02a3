//! What `OnChange` makes of each row.

use super::*;

fn by(policy: RefreshPolicy, request: Request) -> Request {
    Request { policy, ..request }
}

/// The moments that both policies give.
fn moments(status: &NcpSecretStatus, trouble: Option<Reason>) -> (Timestamp, Timestamp) {
    let request = with_a_far_slot("24h", seconds(20 * HOUR));
    let moment = |policy| {
        let request = by(policy, request.clone());
        let plight = Plight {
            trouble,
            failures: 3,
            ..plight(&request, status)
        };
        next_look(&plight, now())
    };
    (
        moment(RefreshPolicy::RotationAware),
        moment(RefreshPolicy::OnChange),
    )
}

fn rotating() -> SourceStatus {
    SourceStatus {
        rotating_since: Some(Time(now() - seconds(60))),
        rotation_phase: "ROTATING".into(),
        ..calm()
    }
}

fn due_in(ahead: i64) -> SourceStatus {
    SourceStatus {
        next_rotation_time: Some(Time(now() + seconds(ahead))),
        ..calm()
    }
}

#[test]
fn on_change_nothing_but_a_change_makes_a_look_at_what_is_good() {
    let failed = SourceStatus {
        rotation_phase: "ROTATION_FAILED".into(),
        ..calm()
    };
    for source in [calm(), rotating(), failed, due_in(600), due_in(-600)] {
        let (aware, on_change) = moments(&status(source.clone()), None);
        assert!(aware < NEVER, "{source:?}");
        assert_eq!(on_change, NEVER, "{source:?}");
    }
}

#[test]
fn on_change_a_look_that_came_to_no_good_end_is_repeated_like_any_other() {
    for synced in [true, false] {
        let status = failing_for(seconds(HOUR), synced);
        for trouble in Reason::ALL {
            let (aware, on_change) = moments(&status, Some(trouble));
            assert_eq!(aware, on_change, "{trouble:?} {synced}");
            assert!(on_change < NEVER, "{trouble:?} {synced}");
        }
    }
}

#[test]
fn on_change_a_rotation_hurries_nothing_even_while_something_is_wrong() {
    for source in [rotating(), due_in(60), due_in(-60)] {
        let status = status(source);
        for trouble in [Reason::StageEmpty, Reason::MissingKey, Reason::KeyConflict] {
            let (aware, on_change) = moments(&status, Some(trouble));
            assert!(aware < on_change, "{trouble:?}");
            let request = with_a_far_slot("24h", seconds(20 * HOUR));
            assert_eq!(on_change, slot(&request, now()));
        }
    }
}
