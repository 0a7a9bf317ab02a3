use proptest::prelude::*;

use super::*;

const START: Timestamp = Timestamp::UNIX_EPOCH;

fn at(millis: i64) -> Timestamp {
    START + SignedDuration::from_millis(millis)
}

fn bucket(rate: u32, burst: u32) -> Bucket {
    Bucket::new(Limits { rate, burst }, START)
}

/// How many single tokens can be had at that moment.
fn drain(bucket: &mut Bucket, now: Timestamp) -> u32 {
    std::iter::from_fn(|| bucket.take(1, now).ok()).sum()
}

#[test]
fn a_bucket_starts_full_and_fills_with_the_rate() {
    let mut bucket = bucket(10, 20);
    assert_eq!(drain(&mut bucket, at(0)), 20);
    assert_eq!(bucket.take(1, at(99)), Err(at(100)));
    assert_eq!(bucket.take(1, at(100)), Ok(1));
    assert_eq!(drain(&mut bucket, at(1100)), 10);
    assert_eq!(
        drain(&mut bucket, at(3_600_000)),
        20,
        "no more than a burst"
    );
}

#[test]
fn tokens_are_given_together_or_not_at_all_and_may_come_back() {
    let mut bucket = bucket(1, 2);
    assert_eq!(bucket.take(2, at(0)), Ok(2));
    assert_eq!(bucket.take(2, at(1000)), Err(at(2000)));
    bucket.give_back(1, at(1000));
    assert_eq!(bucket.take(2, at(1000)), Ok(2));
    bucket.give_back(9, at(1000));
    assert_eq!(drain(&mut bucket, at(1000)), 2);
    let mut single = self::bucket(1, 1);
    assert_eq!(single.take(2, at(0)), Ok(1), "as many as there can be");
}

#[test]
fn other_limits_give_nothing_twice() {
    let mut bucket = bucket(1, 10);
    assert_eq!(drain(&mut bucket, at(0)), 10);
    let (rate, burst) = (100, 100);
    bucket.limit(Limits { rate, burst }, at(0));
    assert_eq!(bucket.left(at(0)), 0);
    assert_eq!(bucket.left(at(500)), 50);
    bucket.limit(Limits { rate: 1, burst: 3 }, at(500));
    assert_eq!(bucket.left(at(500)), 3);
}

#[test]
fn r9_a_pace_that_was_asked_for_is_half_down_to_a_floor_and_comes_back_in_a_minute() {
    let mut bucket = bucket(100, 100);
    let mut paces = Vec::new();
    for second in 0..6 {
        // Many answers at once count once.
        for _ in 0..20 {
            bucket.slow(None, at(second * 1000));
        }
        paces.push(bucket.pace(at(second * 1000)) / PACE_OF_ONE);
    }
    assert_eq!(paces, [50, 25, 13, 10, 10, 10]);
    assert!(bucket.left(at(5000)) <= 10);
    assert_eq!(bucket.pace(at(35_000)) / PACE_OF_ONE, 60);
    assert_eq!(bucket.pace(at(65_000)) / PACE_OF_ONE, 100);
    assert_eq!(bucket.left(at(3_600_000)), 100);
}

#[test]
fn r9_a_pause_that_was_asked_for_is_kept_up_to_five_minutes() {
    for (asked, kept) in [(7, 7), (300, 300), (3600, 300)] {
        let mut bucket = bucket(100, 100);
        bucket.slow(Some(Duration::from_secs(asked)), at(0));
        bucket.slow(Some(Duration::from_secs(1)), at(10));
        let end = at(kept * 1000);
        assert_eq!(
            bucket.take(1, end - SignedDuration::from_nanos(1)),
            Err(end)
        );
        assert_eq!(bucket.take(1, end), Ok(1));
    }
}

#[test]
fn a_clock_that_is_set_back_stops_nothing_for_longer_than_it_must() {
    let mut bucket = bucket(1, 1);
    assert_eq!(bucket.take(1, at(3_600_000)), Ok(1));
    assert_eq!(bucket.take(1, at(0)), Err(at(1000)));
    assert_eq!(bucket.take(1, at(1000)), Ok(1));
}

proptest! {
    #[test]
    fn never_more_than_a_burst_and_the_rate_goes_out_in_any_span(
        rate in 1..200_u32, burst in 1..50_u32,
        steps in prop::collection::vec((0..2_000_000_000_i64, 1..5_u32, prop::bool::weighted(0.1)), 1..60),
    ) {
        let mut bucket = bucket(rate, burst);
        let (mut now, mut gone) = (START, Vec::new());
        for (nanos, count, slowed) in steps {
            now += SignedDuration::from_nanos(nanos);
            if slowed {
                bucket.slow(None, now);
            }
            if let Ok(count) = bucket.take(count, now) {
                gone.push((now, u64::from(count)));
            }
        }
        for (from, (start, _)) in gone.iter().enumerate() {
            let mut sum = 0;
            for (moment, count) in &gone[from..] {
                sum += count;
                let passed = u64::try_from(moment.duration_since(*start).as_nanos()).unwrap();
                let allowed = u128::from(burst) * TOKEN + u128::from(passed) * u128::from(rate);
                prop_assert!(u128::from(sum) * TOKEN <= allowed);
            }
        }
    }

    #[test]
    fn who_comes_when_he_was_told_to_is_served(
        rate in 1..200_u32, burst in 1..50_u32, counts in prop::collection::vec(1..4_u32, 1..60), slowed in 0..60_usize,
    ) {
        let mut bucket = bucket(rate, burst);
        let mut now = START;
        for (turn, count) in counts.into_iter().enumerate() {
            if turn == slowed {
                bucket.slow(Some(Duration::from_secs(3)), now);
            }
            // While the pace comes back it may be a little less than he was told, and only then.
            let mut tries = 0;
            while let Err(when) = bucket.take(count, now) {
                prop_assert!(when > now);
                now = when;
                tries += 1;
                prop_assert!(tries <= 3, "{}", tries);
            }
        }
    }
}
