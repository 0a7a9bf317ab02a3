use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::api::NcpSecret;
use crate::core::request::parse;

type Pairs<'text> = &'text [(&'text str, &'text str)];

fn key(text: &str) -> InstallationKey {
    InstallationKey::new(Value::new(text.as_bytes().to_vec()))
}

fn request(uid: &str, target: &str) -> Request {
    let object: NcpSecret = serde_json::from_value(json!({
        "apiVersion": "ncp-secrets.io/v1alpha1",
        "kind": "NcpSecret",
        "metadata": {"name": "orders", "namespace": "shop", "uid": uid, "generation": 1},
        "spec": {
            "storeRef": {"name": "s"}, "source": {"secretId": "0f"}, "target": {"name": target},
        },
    }))
    .unwrap();
    parse(&object).unwrap()
}

fn taken(key: &InstallationKey, request: &Request, pairs: Pairs<'_>) -> Fingerprint {
    let values: Vec<_> = pairs
        .iter()
        .map(|(name, value)| (*name, Value::new(value.as_bytes().to_vec())))
        .collect();
    Fingerprint::of(
        key,
        request,
        values.iter().map(|(name, value)| (*name, value)),
    )
}

fn keys(keys: &[&str]) -> Consumption {
    Consumption::Keys(keys.iter().map(|key| (*key).to_owned()).collect())
}

#[test]
fn only_what_is_consumed_counts() {
    let (key, request) = (key("key"), request("u", "db"));
    let before: Pairs<'_> = &[("a", "1"), ("b", "2")];
    let cases: &[(Pairs<'_>, Consumption, bool)] = &[
        (before, Consumption::All, false),
        (before, keys(&["a", "b", "c"]), false),
        (&[("a", "1"), ("b", "3")], Consumption::Nothing, false),
        (&[("a", "1"), ("b", "3")], keys(&["a"]), false),
        (&[("a", "1"), ("b", "3")], keys(&["a", "b"]), true),
        (&[("a", "1"), ("b", "3")], Consumption::All, true),
        // A key that appears, and one that goes.
        (&[("a", "1"), ("b", "2"), ("c", "")], keys(&["a"]), false),
        (&[("a", "1"), ("b", "2"), ("c", "")], keys(&["c"]), true),
        (&[("a", "1"), ("b", "2"), ("c", "")], Consumption::All, true),
        (&[("b", "2")], keys(&["b"]), false),
        (&[("b", "2")], keys(&["a"]), true),
        (&[("b", "2")], Consumption::All, true),
        (&[], Consumption::All, true),
        // Values that change places.
        (&[("a", "2"), ("b", "1")], keys(&["a"]), true),
    ];
    let first = taken(&key, &request, before);
    for (after, consumption, expected) in cases {
        let second = taken(&key, &request, after);
        let differs = second.differs(&first, consumption, &key, &request);
        assert_eq!(differs, *expected, "{after:?} {consumption:?}");
        let differs = first.differs(&second, consumption, &key, &request);
        assert_eq!(differs, *expected, "{after:?} {consumption:?}");
    }
}

#[test]
fn what_a_caller_leaves_out_comes_and_goes_unnoticed() {
    let (key, request) = (key("key"), request("u", "db"));
    let values = [
        ("password", Value::new(b"one".to_vec())),
        ("password_PENDING", Value::new(b"two".to_vec())),
    ];
    let pending = BTreeSet::from(["password_PENDING"]);
    let content = values.iter().map(|(name, value)| (*name, value));
    let during = Fingerprint::of(
        &key,
        &request,
        content.filter(|(name, _)| !pending.contains(name)),
    );
    let idle = taken(&key, &request, &[("password", "one")]);
    assert_eq!(during, idle);
}

#[test]
fn status_proves_nothing_that_this_installation_did_not_write_for_this_object_and_target() {
    let (ours, about) = (key("key"), request("u", "db"));
    let fingerprint = taken(&ours, &about, &[("a", "1"), ("b", "2")]);
    let text = fingerprint.as_str();
    let read = |key: &InstallationKey, request: &Request, text: &str| {
        Fingerprint::read(key, request, text).is_some()
    };
    assert_eq!(
        Fingerprint::read(&ours, &about, text),
        Some(fingerprint.clone())
    );
    assert!(!read(&key("other"), &about, text));
    assert!(!read(&ours, &request("v", "db"), text));
    assert!(!read(&ours, &request("u", "other"), text));
    let last = if text.ends_with('0') { "1" } else { "0" };
    let forged = format!("{}{last}", &text[..text.len() - 1]);
    let cut = &text[..text.len() - ENTRY];
    for other in ["", ".", "..", "a.b.c", "é", &forged, cut] {
        assert!(!read(&ours, &about, other), "{other}");
    }
    assert_eq!(fingerprint.nickname().len(), 16);
}

#[test]
fn r3_equal_values_look_different_under_other_names_and_in_other_objects() {
    let key = key("key");
    let (one, other) = (request("u", "db"), request("v", "db"));
    let pairs: Pairs<'_> = &[("a", "same"), ("b", "same")];
    let (one, other) = (taken(&key, &one, pairs), taken(&key, &other, pairs));
    let values = |fingerprint: &Fingerprint| -> Vec<String> {
        let entries = fingerprint.entries();
        entries.into_values().map(str::to_owned).collect()
    };
    let all: BTreeSet<_> = values(&one).into_iter().chain(values(&other)).collect();
    assert_eq!(all.len(), 4);
}

#[test]
fn the_largest_secret_fits_into_status() {
    let (key, request) = (key("key"), request("u", "db"));
    let names: Vec<_> = (0..1024).map(|number| format!("key-{number:04}")).collect();
    let value = Value::new(Vec::new());
    let content = names.iter().map(|name| (name.as_str(), &value));
    let fingerprint = Fingerprint::of(&key, &request, content);
    assert!(fingerprint.as_str().len() <= 16_512);
    assert_eq!(fingerprint.entries().len(), 1024);
}

proptest! {
    #[test]
    fn no_text_harms(text in any::<String>(), name in any::<String>()) {
        let (key, request) = (key("key"), request("u", "db"));
        prop_assert_eq!(Fingerprint::read(&key, &request, &text), None);
        let fingerprint = taken(&key, &request, &[(name.as_str(), text.as_str())]);
        let read = Fingerprint::read(&key, &request, fingerprint.as_str());
        prop_assert_eq!(read, Some(fingerprint));
    }

    #[test]
    fn keys_differ_exactly_where_values_do(
        before in prop::collection::btree_map("[a-e]", "[xy]", 0..5),
        after in prop::collection::btree_map("[a-e]", "[xy]", 0..5),
        consumed in prop::collection::btree_set("[a-f]", 1..4),
    ) {
        let (key, request) = (key("key"), request("u", "db"));
        let take = |content: &BTreeMap<String, String>| {
            let pairs: Vec<_> = content.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            taken(&key, &request, &pairs)
        };
        let (first, second) = (take(&before), take(&after));
        let differ = consumed.iter().any(|name| before.get(name) != after.get(name));
        let chosen = Consumption::Keys(consumed);
        prop_assert_eq!(second.differs(&first, &chosen, &key, &request), differ);
        prop_assert_eq!(second.differs(&first, &Consumption::All, &key, &request), before != after);
    }
}
