use super::*;

mod rivals;

const ME: &str = "me";
const OTHER: &str = "other";

fn at(seconds: u64) -> Moment {
    Duration::from_secs(seconds)
}

/// What calendars show is of no account, so it is always the same.
fn wall() -> Timestamp {
    time("2026-11-22T12:00:00.123456789Z")
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn candidate() -> Candidate {
    Candidate::new(ME.into(), Timing::default())
}

fn held_by(holder: &str, version: u64) -> Seen {
    Seen {
        version: version.to_string(),
        record: Record {
            holder: Some(holder.into()),
            lasts: Duration::from_secs(15),
            acquired: Some(time("2020-01-01T00:00:00Z")),
            // Far ahead: whoever compared clocks would wait for ever.
            renewed: Some(time(&format!("2999-01-01T00:00:{version:02}Z"))),
            transitions: 4,
        },
    }
}

#[track_caller]
fn write(candidate: &Candidate, now: Moment) -> Write {
    match candidate.step(now, wall()) {
        Step::Write(write) => write,
        other => panic!("{other:?} instead of a write"),
    }
}

/// A candidate that acquired a Lease, which nobody had, by a write that was sent at this moment.
fn leader(now: Moment) -> Candidate {
    let mut candidate = candidate();
    candidate.saw(None, now);
    let first = write(&candidate, now);
    candidate.sends(first, now);
    candidate.accepted("1".into(), now);
    candidate
}

#[test]
fn who_has_seen_nothing_reads_first() {
    assert_eq!(candidate().step(at(0), wall()), Step::Read);
}

#[test]
fn a_lease_that_was_never_there_is_made_at_once() {
    let mut candidate = candidate();
    candidate.saw(None, at(0));
    let expected = Write {
        base: None,
        record: Record {
            holder: Some(ME.into()),
            lasts: Duration::from_secs(15),
            acquired: Some(time("2026-11-22T12:00:00.123456Z")),
            renewed: Some(time("2026-11-22T12:00:00.123456Z")),
            transitions: 0,
        },
    };
    assert_eq!(write(&candidate, at(0)), expected);
}

#[test]
fn a_lease_of_somebody_else_is_taken_when_it_was_not_seen_to_change_for_its_duration() {
    let mut candidate = candidate();
    candidate.saw(Some(held_by(OTHER, 1)), at(100));
    assert_eq!(candidate.step(at(100), wall()), Step::Wait(at(115)));
    // A renewal begins the wait anew, and seeing the same again does not.
    candidate.saw(Some(held_by(OTHER, 2)), at(110));
    candidate.saw(Some(held_by(OTHER, 2)), at(120));
    assert_eq!(candidate.step(at(124), wall()), Step::Wait(at(125)));
    let taken = write(&candidate, at(125));
    assert_eq!(taken.base.as_deref(), Some("2"));
    assert_eq!(taken.record.holder.as_deref(), Some(ME));
    assert_eq!(taken.record.transitions, 5);
    assert_eq!(candidate.leads_until(), None, "it was not accepted yet");
}

#[test]
fn what_is_no_part_of_the_record_does_not_prolong_a_lease() {
    let mut candidate = candidate();
    candidate.saw(Some(held_by(OTHER, 1)), at(100));
    let labelled = Seen {
        version: "7".into(),
        ..held_by(OTHER, 1)
    };
    candidate.saw(Some(labelled), at(110));
    assert_eq!(write(&candidate, at(115)).base.as_deref(), Some("7"));
}

#[test]
fn a_lease_that_was_given_up_is_taken_at_once() {
    let mut candidate = candidate();
    candidate.saw(Some(held_by(OTHER, 1)), at(100));
    let mut free = held_by(OTHER, 2);
    free.record.holder = None;
    candidate.saw(Some(free), at(101));
    let taken = write(&candidate, at(101));
    assert_eq!(
        (taken.base.as_deref(), taken.record.transitions),
        (Some("2"), 5)
    );
}

#[test]
fn a_lease_that_somebody_deleted_under_its_holder_is_waited_for_like_any_other() {
    let mut candidate = candidate();
    candidate.saw(Some(held_by(OTHER, 1)), at(100));
    candidate.saw(None, at(101));
    candidate.saw(None, at(110));
    assert_eq!(candidate.step(at(115), wall()), Step::Wait(at(116)));
    let made = write(&candidate, at(116));
    assert_eq!((made.base, made.record.transitions), (None, 5));
}

#[test]
fn strange_durations_are_neither_believed_nor_waited_for_for_ever() {
    for (lasts, waits) in [(0, 15), (1, 15), (20, 20), (1_000_000, 60)] {
        let mut candidate = candidate();
        let mut seen = held_by(OTHER, 1);
        seen.record.lasts = Duration::from_secs(lasts);
        candidate.saw(Some(seen), at(100));
        assert_eq!(
            candidate.step(at(100), wall()),
            Step::Wait(at(100 + waits)),
            "{lasts}"
        );
    }
}

#[test]
fn a_leader_renews_every_two_seconds_and_leads_for_ten_from_the_moment_it_sent_the_last() {
    let mut candidate = leader(at(50));
    assert_eq!(candidate.leads_until(), Some(at(60)));
    assert_eq!(candidate.step(at(50), wall()), Step::Wait(at(52)));
    let renewal = write(&candidate, at(53));
    assert_eq!(renewal.base.as_deref(), Some("1"));
    assert_eq!(renewal.record.transitions, 0);
    assert_eq!(
        renewal.record.acquired,
        Some(time("2026-11-22T12:00:00.123456Z"))
    );
    // Also when the calendar stands still, others see that something changed.
    assert_eq!(
        renewal.record.renewed,
        Some(time("2026-11-22T12:00:00.123457Z"))
    );
    candidate.sends(renewal, at(53));
    candidate.accepted("2".into(), at(58));
    assert_eq!(candidate.leads_until(), Some(at(63)));
}

#[test]
fn a_renewal_that_was_refused_or_never_answered_gives_no_time() {
    let mut candidate = leader(at(50));
    for fate in [Candidate::refused, Candidate::unheard] {
        let renewal = write(&candidate, at(55));
        candidate.sends(renewal, at(55));
        fate(&mut candidate);
        assert_eq!(candidate.step(at(56), wall()), Step::Read);
        assert_eq!(candidate.leads_until(), Some(at(60)));
        let unchanged = Seen {
            version: "1".into(),
            record: leader(at(50)).known().record.clone(),
        };
        candidate.saw(Some(unchanged), at(56));
        assert_eq!(candidate.leads_until(), Some(at(60)));
        assert_eq!(write(&candidate, at(56)).base.as_deref(), Some("1"));
    }
}

#[test]
fn a_write_whose_reply_was_lost_counts_from_when_it_was_sent() {
    let mut candidate = leader(at(50));
    let renewal = write(&candidate, at(55));
    candidate.sends(renewal.clone(), at(55));
    candidate.unheard();
    let seen = Seen {
        version: "2".into(),
        record: renewal.record,
    };
    candidate.saw(Some(seen), at(59));
    assert_eq!(candidate.leads_until(), Some(at(65)));
}

#[test]
fn a_leader_that_sees_another_holder_has_stopped_leading() {
    let mut candidate = leader(at(50));
    candidate.saw(Some(held_by(OTHER, 2)), at(51));
    assert_eq!(candidate.leads_until(), None);
    assert_eq!(candidate.step(at(51), wall()), Step::Wait(at(66)));
}

#[test]
fn a_leader_whose_lease_was_deleted_makes_it_again_and_stops_if_somebody_was_faster() {
    let mut candidate = leader(at(50));
    candidate.saw(None, at(52));
    assert_eq!(candidate.leads_until(), Some(at(60)));
    let again = write(&candidate, at(52));
    assert_eq!((again.base.clone(), again.record.transitions), (None, 0));
    candidate.sends(again, at(52));
    candidate.refused();
    candidate.saw(Some(held_by(OTHER, 9)), at(53));
    assert_eq!(candidate.leads_until(), None);
}

#[test]
fn its_own_name_in_a_lease_that_it_did_not_write_means_nothing() {
    let mut candidate = candidate();
    candidate.saw(Some(held_by(ME, 1)), at(100));
    assert_eq!(candidate.leads_until(), None);
    assert_eq!(candidate.step(at(100), wall()), Step::Wait(at(115)));
}

#[test]
fn who_stepped_down_takes_its_own_lease_again_without_waiting_if_nobody_else_has_it() {
    let mut candidate = leader(at(50));
    let mine = candidate.known().clone();
    candidate.steps_down();
    assert_eq!(candidate.leads_until(), None);
    assert_eq!(candidate.step(at(61), wall()), Step::Read);
    candidate.saw(Some(mine), at(62));
    let again = write(&candidate, at(62));
    assert_eq!(
        (again.base.as_deref(), again.record.transitions),
        (Some("1"), 0)
    );
}

#[test]
fn only_who_has_the_lease_gives_it_up() {
    let mut holder = leader(at(50));
    let free = holder.gives_up(wall()).unwrap();
    assert_eq!(free.base.as_deref(), Some("1"));
    assert_eq!(
        (free.record.holder.clone(), free.record.lasts),
        (None, Duration::from_secs(1))
    );
    assert_eq!(holder.leads_until(), None);
    holder.sends(free, at(51));
    holder.accepted("2".into(), at(51));
    assert_eq!(holder.leads_until(), None);
    assert_eq!(holder.gives_up(wall()), None);

    let mut other = candidate();
    assert_eq!(other.gives_up(wall()), None);
    other.saw(Some(held_by(OTHER, 1)), at(0));
    assert_eq!(other.gives_up(wall()), None);
}

impl Candidate {
    fn known(&self) -> &Seen {
        match &self.lease {
            Lease::There { seen, .. } => seen,
            other => panic!("{other:?}"),
        }
    }
}
