use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::api::{NcpSecret, RESTARTED_FOR, WorkloadKind};
use crate::core::request::parse;
use crate::value::Value;

mod laws;

fn now() -> Timestamp {
    "2026-11-22T12:34:56.789Z".parse().unwrap()
}

fn after(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

fn key(text: &str) -> InstallationKey {
    InstallationKey::new(Value::new(text.as_bytes().to_vec()))
}

fn request(restart: serde_json::Value) -> Request {
    let mut object = json!({
        "apiVersion": "ncp-secrets.io/v1alpha1",
        "kind": "NcpSecret",
        "metadata": {"name": "orders-db", "namespace": "shop", "uid": "u", "generation": 1},
        "spec": {"storeRef": {"name": "s"}, "source": {"secretId": "0f"}},
    });
    object["spec"]["restart"] = restart;
    let object: NcpSecret = serde_json::from_value(object).unwrap();
    parse(&object).unwrap()
}

fn orders() -> Request {
    request(json!([{"kind": "Deployment", "name": "orders"}]))
}

/// The Secret with these values of `a` and `b`.
fn content(key: &InstallationKey, request: &Request, a: &str, b: &str) -> Fingerprint {
    let values = [("a", a), ("b", b)].map(|(name, value)| (name, Value::from(value.to_owned())));
    Fingerprint::of(
        key,
        request,
        values.iter().map(|(name, value)| (*name, value)),
    )
}

/// A workload that takes `a`.
fn workload(mark: Option<&str>) -> Workload {
    let reference = json!({"name": "orders-db", "key": "a"});
    let env = json!([{"name": "A", "valueFrom": {"secretKeyRef": reference}}]);
    let mut spec = json!({"template": {"spec": {"containers": [{"env": env}]}}});
    if let Some(mark) = mark {
        spec["template"]["metadata"] = json!({"annotations": {RESTARTED_FOR: mark}});
    }
    Workload {
        spec,
        ..Workload::default()
    }
}

/// What is said of the one workload after the content was seen at some times, each with the seconds since the first.
fn seen(key: &InstallationKey, request: &Request, contents: &[(i64, &str, &str)]) -> RestartStatus {
    let mut said = Vec::new();
    for (seconds, a, b) in contents {
        let content = content(key, request, a, b);
        said = entries(request, key, &said, Some(&content), after(*seconds));
    }
    said.remove(0)
}

fn judged(entry: &RestartStatus, workload: &Workload, changed: i64, now: i64) -> Verdict {
    let (request, key) = (orders(), key("key"));
    let case = Case {
        request: &request,
        key: &key,
        entry,
        workload,
        changed: after(changed),
    };
    judge(&case, after(now))
}

#[test]
fn the_first_sight_takes_a_baseline_and_owes_nothing() {
    let (key, request) = (key("key"), orders());
    let entry = seen(&key, &request, &[(0, "1", "1")]);
    assert_eq!(entry.baseline, content(&key, &request, "1", "1").as_str());
    assert_eq!((entry.owed.as_ref(), entry.due_time.as_ref()), (None, None));
    assert_eq!(errand(&entry, after(0)), Some(Errand::Check));
    let mut checked = entry.clone();
    settle(&mut checked, standing(&request, &workload(None)), None);
    assert_eq!(checked.result, RestartResult::UpToDate);
    assert_eq!(checked.baseline, entry.baseline);
    assert_eq!(errand(&checked, after(9999)), None);
}

#[test]
fn equal_content_owes_nothing_however_often_it_is_seen() {
    let (key, request) = (key("key"), orders());
    let entry = seen(
        &key,
        &request,
        &[(0, "1", "1"), (50, "1", "1"), (9999, "1", "1")],
    );
    assert_eq!(entry, seen(&key, &request, &[(0, "1", "1")]));
}

#[test]
fn changes_within_half_a_minute_are_one() {
    let (key, request) = (key("key"), orders());
    let one = seen(&key, &request, &[(0, "1", "1"), (10, "2", "1")]);
    let due = one.due_time.clone().unwrap().0;
    assert_eq!(one.result, RestartResult::Waiting);
    assert!(due >= after(40) && due < after(41), "{due}");
    assert_eq!(errand(&one, after(39)), None);
    assert_eq!(errand(&one, after(41)), Some(Errand::Restart));

    let three = seen(
        &key,
        &request,
        &[
            (0, "1", "1"),
            (10, "2", "1"),
            (20, "3", "1"),
            (39, "4", "1"),
        ],
    );
    assert_eq!(three.due_time, one.due_time);
    assert_eq!(three.baseline, one.baseline);
    let latest = content(&key, &request, "4", "1");
    assert_eq!(three.owed.as_deref(), Some(latest.as_str()));

    let back = seen(
        &key,
        &request,
        &[(0, "1", "1"), (10, "2", "1"), (20, "1", "1")],
    );
    assert_eq!(back.due_time, one.due_time);
    let expected = Verdict::Settled(RestartResult::UpToDate, None);
    assert_eq!(judged(&back, &workload(None), 20, 41), expected);
    // Somebody restarted it while the other content was there.
    let between = Mark::write(after(15), "another", "another");
    let verdict = judged(&back, &workload(Some(&between)), 20, 315);
    assert!(matches!(verdict, Verdict::Restart(_)), "{verdict:?}");
}

#[test]
fn a_lost_installation_key_and_a_forged_status_take_a_new_baseline() {
    let request = orders();
    let (old, new) = (key("old"), key("new"));
    let known = seen(&old, &request, &[(0, "1", "1"), (10, "2", "1")]);
    let forged = RestartStatus {
        baseline: content(&new, &request, "0", "0").as_str().replace('0', "1"),
        ..known.clone()
    };
    for before in [known.clone(), forged] {
        let content = content(&new, &request, "3", "1");
        let after = entries(&request, &new, &[before], Some(&content), after(20)).remove(0);
        assert_eq!(after.baseline, content.as_str());
        assert_eq!((after.owed, after.due_time), (None, None));
    }
    // Without a look nothing can be compared, and nothing is restarted.
    let case = Case {
        request: &request,
        key: &new,
        entry: &known,
        workload: &workload(None),
        changed: after(10),
    };
    let expected = Verdict::Settled(RestartResult::UpToDate, None);
    assert_eq!(judge(&case, after(50)), expected);
}

#[test]
fn a_status_keeps_what_it_said_of_the_workloads_that_the_spec_still_names() {
    let key = key("key");
    let both = request(json!([
        {"kind": "Deployment", "name": "orders"}, {"kind": "StatefulSet", "name": "orders"},
    ]));
    let content = content(&key, &both, "1", "1");
    let said = entries(&both, &key, &[], Some(&content), now());
    assert_eq!(said.len(), 2);
    assert_eq!(entries(&both, &key, &said, None, after(9)), said);
    assert_eq!(entries(&orders(), &key, &said, None, after(9)), said[..1]);
    assert_eq!(entries(&both, &key, &said[..1], None, after(9)), said[..1]);
    let none = request(json!([]));
    assert_eq!(entries(&none, &key, &said, Some(&content), after(9)), []);
}

#[test]
fn what_is_owed_is_judged_by_what_the_workload_is_now() {
    let (key, request) = (key("key"), orders());
    let consumed = seen(&key, &request, &[(0, "1", "1"), (10, "2", "1")]);
    let unconsumed = seen(&key, &request, &[(0, "1", "1"), (10, "1", "2")]);
    let settled = |result| Verdict::Settled(result, None);

    let verdict = judged(&consumed, &workload(None), 10, 41);
    let Verdict::Restart(mark) = &verdict else {
        panic!("{verdict:?}");
    };
    assert!(
        mark.starts_with("2026-11-22T12:35:37.789Z orders-db "),
        "{mark}"
    );
    let verdict = judged(&unconsumed, &workload(None), 10, 41);
    assert_eq!(verdict, settled(RestartResult::UpToDate));
    let gone = Workload {
        deleting: true,
        ..workload(None)
    };
    let verdict = judged(&consumed, &gone, 10, 41);
    assert_eq!(verdict, settled(RestartResult::NotFound));
    let elsewhere = Workload {
        spec: json!({"workloadRef": {"kind": "Deployment", "name": "other"}}),
        ..Workload::default()
    };
    let verdict = judged(&consumed, &elsewhere, 10, 41);
    assert_eq!(verdict, settled(RestartResult::NotConsuming));
}

#[test]
fn a_restart_that_was_made_is_not_made_again() {
    let (key, request) = (key("key"), orders());
    let owed = seen(&key, &request, &[(0, "1", "1"), (10, "2", "1")]);
    let content = content(&key, &request, "2", "1");
    let mark = |seconds, content: &str| Mark::write(after(seconds), "another", content);
    let at = |seconds| Verdict::Settled(RestartResult::Restarted, Some(after(seconds)));
    // For this content, by a process that did not get to tell.
    let made = workload(Some(&mark(41, content.nickname())));
    assert_eq!(judged(&owed, &made, 10, 50), at(41));
    // For the content of another object, after the change.
    let made = workload(Some(&mark(20, "another")));
    assert_eq!(judged(&owed, &made, 10, 50), at(20));
    // Just before the change, or at the same time: it comes again, and not at once.
    for seconds in [9, 14] {
        let made = workload(Some(&mark(seconds, "another")));
        let expected = Verdict::Later(after(seconds + 300));
        assert_eq!(judged(&owed, &made, 10, 50), expected);
        let verdict = judged(&owed, &made, 10, seconds + 300);
        assert!(matches!(verdict, Verdict::Restart(_)), "{verdict:?}");
    }
}

#[test]
fn what_stands_in_the_annotation_holds_nothing_up_for_ever() {
    let (key, request) = (key("key"), orders());
    let owed = seen(&key, &request, &[(0, "1", "1"), (10, "2", "1")]);
    for mark in [
        "",
        "odd",
        "9999-01-01T00:00:00Z orders-db x",
        "2026-01-01T00:00:00Z a b",
    ] {
        let verdict = judged(&owed, &workload(Some(mark)), 10, 41);
        assert!(
            matches!(verdict, Verdict::Restart(_)),
            "{mark}: {verdict:?}"
        );
    }
}

#[test]
fn a_workload_has_five_minutes_between_two_restarts_also_if_its_annotation_is_lost() {
    let (key, request) = (key("key"), orders());
    let mut entry = seen(&key, &request, &[(0, "1", "1"), (10, "2", "1")]);
    settle(&mut entry, RestartResult::Restarted, Some(after(41)));
    assert_eq!(entry.baseline, content(&key, &request, "2", "1").as_str());
    let third = content(&key, &request, "3", "1");
    let again = entries(&request, &key, &[entry], Some(&third), after(60)).remove(0);
    let due = again.due_time.clone().unwrap().0;
    assert!(due >= after(341) && due <= after(343), "{due}");
    let verdict = judged(&again, &workload(None), 60, 200);
    assert!(
        matches!(verdict, Verdict::Later(until) if until >= after(341)),
        "{verdict:?}"
    );
}

#[test]
fn what_stands_in_the_way_is_told_and_tried_again_only_while_something_is_owed() {
    let (key, request) = (key("key"), orders());
    let idle = seen(&key, &request, &[(0, "1", "1")]);
    let owed = seen(&key, &request, &[(0, "1", "1"), (10, "2", "1")]);
    let five = Some(SignedDuration::from_mins(5));
    let half = Some(SignedDuration::from_secs(30));
    let cases = [
        (Obstacle::NotFound, RestartResult::NotFound, None, None),
        (Obstacle::NotServed, RestartResult::NotServed, None, None),
        (Obstacle::Forbidden, RestartResult::Forbidden, None, five),
        (Obstacle::Refused, RestartResult::Refused, None, five),
    ];
    for (obstacle, result, when_idle, when_owed) in cases {
        let (mut idle, mut owed) = (idle.clone(), owed.clone());
        assert_eq!(meet(&mut idle, obstacle), when_idle, "{obstacle:?}");
        assert_eq!(meet(&mut owed, obstacle), when_owed, "{obstacle:?}");
        assert_eq!((idle.result, owed.result), (result, result));
        assert_eq!(owed.owed.is_some(), when_owed.is_some(), "{obstacle:?}");
        assert_eq!(errand(&idle, after(9999)), None);
    }
    for mut entry in [idle, owed] {
        let before = entry.clone();
        assert_eq!(meet(&mut entry, Obstacle::Passing), half);
        assert_eq!(entry, before);
    }
}

#[test]
fn people_hear_of_restarts_and_of_those_that_failed_and_of_nothing_else() {
    let (key, request) = (key("key"), orders());
    let idle = seen(&key, &request, &[(0, "1", "1")]);
    let owed = seen(&key, &request, &[(0, "1", "1"), (10, "2", "1")]);
    let with = |entry: &RestartStatus, result, restarted| {
        let mut entry = entry.clone();
        settle(&mut entry, result, restarted);
        entry
    };
    let met = |entry: &RestartStatus, obstacle| {
        let mut entry = entry.clone();
        meet(&mut entry, obstacle);
        entry
    };
    let forbidden = met(&owed, Obstacle::Forbidden);
    let cases = [
        (None, Some(&idle), false),
        (Some(&idle), None, false),
        (
            Some(&idle),
            Some(&with(&idle, RestartResult::NotConsuming, None)),
            false,
        ),
        (Some(&idle), Some(&met(&idle, Obstacle::Forbidden)), false),
        (Some(&idle), Some(&owed), false),
        (
            Some(&owed),
            Some(&with(&owed, RestartResult::UpToDate, None)),
            false,
        ),
        (
            Some(&owed),
            Some(&with(&owed, RestartResult::Restarted, Some(after(41)))),
            true,
        ),
        (
            Some(&owed),
            Some(&with(&owed, RestartResult::OnDelete, Some(after(41)))),
            true,
        ),
        (
            Some(&owed),
            Some(&with(&owed, RestartResult::NotConsuming, None)),
            true,
        ),
        (Some(&owed), Some(&forbidden), true),
        (
            Some(&forbidden),
            Some(&met(&forbidden, Obstacle::Forbidden)),
            false,
        ),
        (
            Some(&forbidden),
            Some(&with(&forbidden, RestartResult::Restarted, Some(after(41)))),
            true,
        ),
    ];
    for (before, after, told) in cases {
        let [before, after] =
            [before, after].map(|entry| entry.cloned().into_iter().collect::<Vec<_>>());
        assert_eq!(
            news(&before, &after).count(),
            usize::from(told),
            "{before:?} {after:?}"
        );
    }
}

#[test]
fn each_result_has_a_sentence_that_fits_into_status() {
    let kinds = [
        WorkloadKind::Deployment,
        WorkloadKind::StatefulSet,
        WorkloadKind::DaemonSet,
        WorkloadKind::Rollout,
    ];
    let results = [
        RestartResult::NotRead,
        RestartResult::UpToDate,
        RestartResult::Waiting,
        RestartResult::Restarted,
        RestartResult::Paused,
        RestartResult::OnDelete,
        RestartResult::NotFound,
        RestartResult::NotServed,
        RestartResult::NotConsuming,
        RestartResult::Forbidden,
        RestartResult::Refused,
    ];
    for kind in kinds {
        for result in results {
            let sentence = sentence(result, kind);
            assert!(
                sentence.ends_with('.') && sentence.len() < 700,
                "{sentence}"
            );
            assert!(json!(result).as_str() == Some(result.as_str()));
        }
        assert!(json!(kind).as_str() == Some(kind.as_str()));
    }
}

#[test]
fn a_paused_workload_and_one_that_is_updated_on_delete_say_so() {
    let with = |spec| Workload {
        spec,
        ..Workload::default()
    };
    let cases = [
        (json!({}), RestartResult::Restarted),
        (json!({"paused": true}), RestartResult::Paused),
        (json!({"paused": false}), RestartResult::Restarted),
        (
            json!({"updateStrategy": {"type": "OnDelete"}}),
            RestartResult::OnDelete,
        ),
        (
            json!({"updateStrategy": {"type": "RollingUpdate"}}),
            RestartResult::Restarted,
        ),
    ];
    for (spec, expected) in cases {
        assert_eq!(restarted(&with(spec.clone())), expected, "{spec}");
    }
}
