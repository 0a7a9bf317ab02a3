//! What holds for every row of the table.

use super::*;

fn long_run(interval: SignedDuration) -> impl Iterator<Item = Timestamp> {
    let step = interval / 7 + seconds(1);
    (0..50).map(move |index| now() + step * index)
}

#[test]
fn r8_looks_of_one_source_fall_together_and_apart_from_others() {
    for interval in ["30s", "1h", "24h"] {
        let one = request("orders", interval);
        let again = Request {
            uid: "2".into(),
            generation: 9,
            ..request("orders", interval)
        };
        for moment in long_run(one.interval) {
            assert_eq!(slot(&one, moment), slot(&again, moment));
        }
    }
    // A thousand sources leave no tenth of the hour empty or crowded.
    let mut tenths = [0; 10];
    for number in 0..1000 {
        let wait = slot(&request(&format!("source-{number}"), "1h"), now()).duration_since(now());
        tenths[usize::try_from((wait.as_millis() - 1) * 10 / 3_600_000).unwrap()] += 1;
    }
    assert!(
        tenths.iter().all(|count| (60..140).contains(count)),
        "{tenths:?}"
    );
}

#[test]
fn r8_the_slot_tells_stores_and_kinds_of_names_apart() {
    let named = request("orders", "24h");
    let by_id = Request {
        source: SourceRef::Id("orders".into()),
        ..named.clone()
    };
    let store = |store: StoreKey| Request {
        store,
        ..named.clone()
    };
    let other_store = store(StoreKey {
        name: "t".into(),
        ..named.store.clone()
    });
    let other_namespace = store(StoreKey {
        namespace: Some("t".into()),
        ..named.store.clone()
    });
    let requests = [&named, &by_id, &other_store, &other_namespace];
    let slots: BTreeSet<_> = requests
        .iter()
        .map(|request| slot(request, now()))
        .collect();
    assert_eq!(slots.len(), requests.len());
}

#[test]
fn r8_the_slot_is_the_same_in_every_version() {
    // Another number here would move every look of every installation on its update.
    let request = request("orders", "1h");
    assert_eq!(
        hash(&request.store, &request.source),
        4_325_381_730_161_151_629
    );
    assert_eq!(
        slot(&request, now()).to_string(),
        "2026-11-22T13:22:55.814Z"
    );
}

fn any_time() -> impl Strategy<Value = Option<Time>> {
    let around = (-100 * 24 * HOUR..100 * 24 * HOUR).prop_map(|offset| now() + seconds(offset));
    let near =
        (-7_200_000_i64..7_200_000).prop_map(|offset| now() + SignedDuration::from_millis(offset));
    let far = prop::sample::select(vec![Timestamp::MIN, Timestamp::MAX, Timestamp::UNIX_EPOCH]);
    prop::option::of(prop_oneof![3 => around, 3 => near, 1 => far].prop_map(Time))
}

prop_compose! {
    fn any_status()(
        lifecycle in prop::sample::select(vec!["ENABLE", "DISABLE", "REVOKE", "ROTATING", "DESTROYED", "?"]),
        phase in prop::sample::select(vec!["NONE", "ROTATING", "ROTATION_FAILED", "?"]),
        (next_rotation_time, rotating_since) in (any_time(), any_time()),
        (expected_destroy_time, failing_since) in (any_time(), any_time()),
        (synced, read) in any::<(bool, bool)>(),
    ) -> NcpSecretStatus {
        let source = SourceStatus {
            lifecycle: lifecycle.into(),
            rotation_phase: phase.into(),
            next_rotation_time,
            rotating_since,
            expected_destroy_time,
            ..calm()
        };
        let mut status = status(source);
        status.failing_since = failing_since;
        if !synced { status.target = None; }
        if !read { status.source = None; }
        status
    }
}

fn any_interval() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("30s".to_owned()),
        Just("8760h".to_owned()),
        (30..400_000).prop_map(|n| format!("{n}s"))
    ]
}

fn any_now() -> impl Strategy<Value = Timestamp> {
    (0..4_000_000_000_000_i64).prop_map(|millis| Timestamp::from_millisecond(millis).unwrap())
}

proptest! {
    #[test]
    fn a_look_is_at_least_a_second_away_and_at_most_an_interval_a_day_or_the_longest_backoff(
        status in any_status(),
        interval in any_interval(),
        trouble in prop::option::of(prop::sample::select(Reason::ALL.to_vec())),
        failures in any::<u32>(),
        retry_after in prop::option::of(any::<Duration>()),
        dice in 0.0..=1.0,
        source in "[a-z]{3,9}",
        on_change in any::<bool>(),
    ) {
        let mut request = request(&source, &interval);
        if on_change {
            request.policy = RefreshPolicy::OnChange;
        }
        let plight = Plight { request: &request, status: &status, trouble, failures, retry_after, dice };
        let next = next_look(&plight, now());
        prop_assert_eq!(next, next_look(&plight, now()));
        prop_assert_eq!(next == NEVER, on_change && trouble.is_none());
        if next == NEVER {
            return Ok(());
        }
        let wait = next.duration_since(now());
        prop_assert!(wait >= seconds(1), "{}", wait);
        let most = match trouble {
            Some(Reason::SourceNotFound | Reason::SourceDestroyed) => seconds(24 * HOUR).max(request.interval),
            Some(Reason::TargetNotOwned) => seconds(30),
            Some(Reason::DriftConflict) => seconds(60),
            Some(reason) if FAILED_CALLS.contains(&reason) => seconds(300),
            Some(Reason::RefreshFailing | Reason::TargetMissing) => seconds(300),
            _ => request.interval,
        };
        prop_assert!(wait <= most, "{} {:?}", wait, trouble);
    }

    #[test]
    fn of_two_rows_that_apply_the_sooner_one_counts(status in any_status(), interval in any_interval()) {
        let request = request("orders", &interval);
        let next = next_look(&plight(&request, &status), now());
        let slot = slot(&request, now());
        let rows = [Some(slot), rotation_wake(&plight(&request, &status), now())];
        let sooner = rows.into_iter().flatten().min().unwrap();
        prop_assert_eq!(next, sooner.max(now() + seconds(1)));
    }

    #[test]
    fn r8_a_slot_is_ahead_within_the_interval_and_always_at_the_same_point_of_it(
        moment in any_now(), later in 0..10_000_000_000_i64, interval in any_interval(), source in "[a-z]{3,9}",
    ) {
        let request = request(&source, &interval);
        let length = i64::try_from(request.interval.as_millis()).unwrap();
        let first = slot(&request, moment);
        prop_assert!(first > moment && first.duration_since(moment) <= request.interval);
        let second = slot(&request, moment + SignedDuration::from_millis(later));
        let apart = second.as_millisecond() - first.as_millisecond();
        prop_assert_eq!(apart.rem_euclid(length), 0);
        prop_assert_eq!(slot(&request, first).duration_since(first), request.interval);
    }

    #[test]
    fn r8_the_slot_does_not_care_for_less_than_a_millisecond(nanos in 0..1_000_000_i32) {
        let request = request("orders", "1h");
        let within = now() + SignedDuration::new(0, nanos);
        prop_assert_eq!(slot(&request, within), slot(&request, now()));
    }

    #[test]
    fn the_harm_of_a_wrong_date_is_bounded(status in any_status(), moment in any_now()) {
        let request = request("orders", "1h");
        for trouble in Reason::ALL.into_iter().map(Some).chain([None]) {
            let plight = Plight { trouble, ..plight(&request, &status) };
            prop_assert!(next_look(&plight, moment) > moment);
            let _ = next_look(&plight, Timestamp::MAX);
            let _ = next_look(&plight, Timestamp::MIN);
        }
    }
}
