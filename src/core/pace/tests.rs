use proptest::prelude::*;

use super::*;

fn at(seconds: i64) -> Timestamp {
    "2026-11-22T12:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

fn edited(by: &str) -> Drift {
    Drift::Edited {
        by: Some(by.into()),
    }
}

/// Lets drifts happen at these seconds and repairs each when the pace allows; answers the seconds of the repairs.
fn repaired(pace: &mut Pace, drifts: &[(i64, Drift)]) -> Vec<i64> {
    let mut repairs = Vec::new();
    for (second, drift) in drifts {
        if pace.hold(drift, at(*second)).is_none() {
            pace.tried(drift.clone(), at(*second));
            pace.written();
            repairs.push(*second);
        }
    }
    repairs
}

fn every_second(of: std::ops::Range<i64>, drift: &Drift) -> Vec<(i64, Drift)> {
    of.map(|second| (second, drift.clone())).collect()
}

#[test]
fn a_single_change_is_repaired_at_once_and_is_no_conflict() {
    let mut pace = Pace::default();
    assert_eq!(repaired(&mut pace, &[(0, edited("kubectl"))]), [0]);
    assert_eq!(pace.conflict(), None);
    pace.calm(at(61));
    assert_eq!(pace, Pace::default(), "nothing is kept of it for long");
}

#[test]
fn a_fighter_is_answered_every_ten_seconds_then_named_then_answered_once_a_minute() {
    let mut pace = Pace::default();
    let first = every_second(0..20, &edited("argocd"));
    assert_eq!(repaired(&mut pace, &first), [0, 10]);
    assert_eq!(pace.conflict(), None);
    let then = every_second(20..200, &edited("argocd"));
    assert_eq!(repaired(&mut pace, &then), [20, 80, 140]);
    assert_eq!(pace.conflict(), Some(&edited("argocd")));
}

#[test]
fn a_conflict_is_over_after_a_minute_of_peace_and_not_before() {
    let mut pace = Pace::default();
    repaired(&mut pace, &every_second(0..25, &edited("argocd")));
    pace.calm(at(79));
    assert!(pace.conflict().is_some(), "the last repair was at 20");
    pace.calm(at(80));
    assert_eq!(pace, Pace::default());
}

#[test]
fn a_deletion_does_not_wait_for_an_edit() {
    let mut pace = Pace::default();
    let drifts = [(0, edited("kubectl")), (1, Drift::Deleted)];
    assert_eq!(repaired(&mut pace, &drifts), [0, 1]);
    assert_eq!(
        repaired(&mut pace, &every_second(2..40, &Drift::Deleted)),
        [11, 21]
    );
    assert_eq!(pace.conflict(), Some(&Drift::Deleted));
}

#[test]
fn managers_who_take_turns_are_answered_no_more_often() {
    let mut pace = Pace::default();
    let drifts: Vec<_> = (0..40)
        .zip(["one", "two"].into_iter().cycle())
        .map(|(second, by)| (second, edited(by)))
        .collect();
    assert_eq!(repaired(&mut pace, &drifts), [0, 10, 20]);
    assert_eq!(pace.conflict(), Some(&edited("one")));
}

#[test]
fn managers_with_ever_new_names_end_in_a_conflict_too() {
    let mut pace = Pace::default();
    let drifts: Vec<_> = (0..40)
        .map(|second| (second, edited(&format!("job-{second}"))))
        .collect();
    assert_eq!(repaired(&mut pace, &drifts), [0, 10, 20]);
    assert_eq!(pace.conflict(), Some(&edited("job-20")));
}

#[test]
fn who_edits_and_deletes_in_turn_is_answered_no_more_often() {
    let mut pace = Pace::default();
    let drifts: Vec<_> = (0..60)
        .map(|second| {
            let drift = if second % 2 == 0 {
                edited("argocd")
            } else {
                Drift::Deleted
            };
            (second, drift)
        })
        .collect();
    let repairs = repaired(&mut pace, &drifts);
    assert_eq!(repairs[..2], [0, 1]);
    let then = &repairs[1..];
    assert!(
        then.windows(2).all(|pair| pair[1] - pair[0] >= 10),
        "{then:?}"
    );
}

#[test]
fn a_repair_that_could_not_be_written_holds_the_next_one_and_is_no_round() {
    let mut pace = Pace::default();
    for second in [0, 10, 20, 30] {
        assert_eq!(pace.hold(&edited("argocd"), at(second)), None);
        pace.tried(edited("argocd"), at(second));
        let next = pace.hold(&edited("argocd"), at(second + 1));
        assert_eq!(next, Some(at(second + 10)));
    }
    assert_eq!(pace.conflict(), None);
}

#[test]
fn a_repair_that_was_interrupted_is_begun_again_after_a_second() {
    let mut pace = Pace::default();
    pace.tried(edited("kubectl"), at(0));
    pace.interrupted();
    assert_eq!(pace.hold(&edited("kubectl"), at(0)), Some(at(1)));
    assert_eq!(pace.hold(&edited("kubectl"), at(1)), None);
}

#[test]
fn r13_a_conflict_of_an_earlier_process_goes_on() {
    let pace = Pace::in_conflict(at(0));
    assert_eq!(pace.hold(&edited("argocd"), at(59)), Some(at(60)));
    assert_eq!(pace.hold(&edited("argocd"), at(60)), None);
    assert_eq!(pace.hold(&Drift::Deleted, at(1)), None);
}

#[test]
fn a_clock_that_was_set_back_holds_nothing() {
    let mut pace = Pace::default();
    repaired(&mut pace, &[(100, edited("kubectl"))]);
    assert_eq!(pace.hold(&edited("kubectl"), at(0)), None);
}

proptest! {
    #[test]
    fn edits_are_never_repaired_twice_within_ten_seconds(
        gaps in prop::collection::vec((0_i64..40, 0_usize..3), 1..60),
    ) {
        let mut second = 0;
        let drifts: Vec<_> = gaps
            .into_iter()
            .map(|(gap, who)| {
                second += gap;
                (second, edited(["one", "two", "three"][who]))
            })
            .collect();
        let repairs = repaired(&mut Pace::default(), &drifts);
        prop_assert!(repairs.windows(2).all(|pair| pair[1] - pair[0] >= 10), "{:?}", repairs);
        prop_assert_eq!(repairs.first(), Some(&drifts[0].0));
    }
}
