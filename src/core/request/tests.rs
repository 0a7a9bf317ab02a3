use std::fmt::Write as _;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Value as Json, json};

use super::keys::{LONGEST_FROM, MOST_ENTRIES};
use super::*;
use crate::core::shape::AllKeys;

mod keys;
mod schema;
mod target;

fn object(spec: Json) -> NcpSecret {
    let mut object = json!({
        "apiVersion": "ncp-secrets.io/v1alpha1",
        "kind": "NcpSecret",
        "metadata": {
            "name": "orders-db",
            "namespace": "shop",
            "uid": "11111111-2222",
            "generation": 7,
            "creationTimestamp": "2026-01-02T03:04:05Z",
        },
    });
    object["spec"] = spec;
    serde_json::from_value(object).unwrap()
}

fn minimal() -> Json {
    json!({"storeRef": {"name": "production"}, "source": {"secretName": "orders"}})
}

/// The minimal spec with one part replaced.
fn with(part: &str, value: Json) -> Json {
    let mut spec = minimal();
    spec[part] = value;
    spec
}

fn parsed(spec: Json) -> Result<Request, Trouble> {
    parse(&object(spec))
}

fn refused(spec: Json) -> Option<SpecError> {
    match parsed(spec) {
        Err(Trouble::Spec(error)) => Some(error),
        Err(other) => panic!("{other:?}"),
        Ok(_) => None,
    }
}

#[test]
fn a_minimal_spec_gets_every_default() {
    let request = parsed(minimal()).unwrap();
    let expected = Request {
        object: ObjectKey {
            namespace: "shop".into(),
            name: "orders-db".into(),
        },
        uid: "11111111-2222".into(),
        generation: 7,
        created: "2026-01-02T03:04:05Z".parse().unwrap(),
        store: StoreKey {
            kind: StoreKind::NcpSecretStore,
            namespace: Some("shop".into()),
            name: "production".into(),
        },
        source: SourceRef::Name("orders".into()),
        stage: Stage::Active,
        pending_suffix: None,
        suspended: false,
        policy: RefreshPolicy::RotationAware,
        interval: SignedDuration::from_hours(1),
        stale_after: SignedDuration::from_hours(3),
        target: TargetRequest {
            name: "orders-db".into(),
            type_: "Opaque".into(),
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            policy: CreationPolicy::Owner,
            deletion: DeletionPolicy::Retain,
        },
        keys: Keys {
            chosen: Vec::new(),
            all: Some(AllKeys::default()),
        },
        restart: Vec::new(),
    };
    assert_eq!(request, expected);
}

#[test]
fn r4_a_cluster_store_has_no_namespace_and_a_store_has_the_objects_own() {
    let key = |kind: &str| {
        let spec = with("storeRef", json!({"name": "s", "kind": kind}));
        parsed(spec).unwrap().store
    };
    let cluster = StoreKey {
        kind: StoreKind::ClusterNcpSecretStore,
        namespace: None,
        name: "s".into(),
    };
    assert_eq!(key("ClusterNcpSecretStore"), cluster);
    assert_eq!(key("NcpSecretStore").namespace.as_deref(), Some("shop"));
}

#[test]
fn a_source_is_exactly_one_of_id_and_name() {
    let cases = [
        (json!({}), Some(SpecError::NotOneSource)),
        (
            json!({"secretId": "0f", "secretName": "orders"}),
            Some(SpecError::NotOneSource),
        ),
        (json!({"secretId": "0f"}), None),
        (json!({"secretId": ""}), Some(SpecError::SecretId)),
        (json!({"secretId": ".."}), Some(SpecError::SecretId)),
        (json!({"secretId": "0f/../1"}), Some(SpecError::SecretId)),
        (json!({"secretId": "0f?x=1"}), Some(SpecError::SecretId)),
        (json!({"secretId": "0f%2e"}), Some(SpecError::SecretId)),
        (json!({"secretId": "0f\n"}), Some(SpecError::SecretId)),
        (json!({"secretId": "０"}), Some(SpecError::SecretId)),
        (json!({"secretId": "a".repeat(128)}), None),
        (
            json!({"secretId": "a".repeat(129)}),
            Some(SpecError::SecretId),
        ),
        (json!({"secretName": "abc"}), None),
        (json!({"secretName": "ab"}), Some(SpecError::SecretName)),
        (json!({"secretName": "1bc"}), Some(SpecError::SecretName)),
        (json!({"secretName": "a.c"}), Some(SpecError::SecretName)),
        (json!({"secretName": "abc\0"}), Some(SpecError::SecretName)),
        (
            json!({"secretName": "비밀번호"}),
            Some(SpecError::SecretName),
        ),
        (json!({"secretName": "a".repeat(64)}), None),
        (
            json!({"secretName": "a".repeat(65)}),
            Some(SpecError::SecretName),
        ),
    ];
    for (source, expected) in cases {
        assert_eq!(
            refused(with("source", source.clone())),
            expected,
            "{source}"
        );
    }
}

#[test]
fn times_are_whole_hours_minutes_and_seconds_from_30s_to_8760h() {
    let good = [
        ("30s", 30),
        ("1m", 60),
        ("90s", 90),
        ("1h", 3600),
        ("1h30m", 5400),
        ("1h90m", 9000),
        ("1h1m1s", 3661),
        ("0h0m30s", 30),
        ("000000000000030s", 30),
        ("8760h", 31_536_000),
        ("8759h59m60s", 31_536_000),
    ];
    for (text, seconds) in good {
        let request = parsed(with(
            "refresh",
            json!({"interval": text, "staleAfter": text}),
        ));
        let Ok(request) = request else {
            assert_eq!(seconds, 0, "{text}");
            continue;
        };
        assert_eq!(
            request.interval,
            SignedDuration::from_secs(seconds),
            "{text}"
        );
        assert_eq!(request.stale_after, request.interval, "{text}");
    }
    let bad = [
        "",
        "0",
        "0s",
        "29s",
        "1",
        "30",
        "h",
        "s",
        "hms",
        "1h30",
        "30m1h",
        "1s1s",
        "1.5h",
        "-30s",
        "+30s",
        "1h-30m",
        "1h+30m",
        "1d",
        "30000ms",
        "60000000us",
        "1 h",
        " 1h",
        "1h ",
        "1h\n",
        "1h\0",
        "1H",
        "PT1H",
        "１h",
        "1時",
        "8760h1s",
        "8761h",
        "0000000000000030s",
        "99999999999999h",
        "9223372036854775807s",
        "9223372036854775808s",
        "99999999999999999999999999999999h",
    ];
    for text in bad {
        for (key, field) in [
            ("interval", "refresh.interval"),
            ("staleAfter", "refresh.staleAfter"),
        ] {
            let expected = Some(SpecError::Time { field });
            assert_eq!(
                refused(with("refresh", json!({key: text}))),
                expected,
                "{text:?}"
            );
        }
    }
}

#[test]
fn looks_may_fail_for_three_intervals_but_at_least_a_quarter_of_an_hour() {
    for (interval, minutes) in [
        ("30s", 15),
        ("5m", 15),
        ("5m1s", 0),
        ("10m", 30),
        ("24h", 4320),
    ] {
        let request = parsed(with("refresh", json!({"interval": interval}))).unwrap();
        let expected = match minutes {
            0 => SignedDuration::from_secs(903),
            minutes => SignedDuration::from_mins(minutes),
        };
        assert_eq!(request.stale_after, expected, "{interval}");
    }
    let longest = parsed(with("refresh", json!({"interval": "8760h"}))).unwrap();
    assert_eq!(longest.stale_after, SignedDuration::from_hours(26_280));
}

#[test]
fn a_forced_sync_is_kept_as_far_as_status_can_echo_it() {
    let forced = |text: &str| {
        let mut object = object(minimal());
        let annotation = (FORCE_SYNC.to_owned(), text.to_owned());
        object.metadata.annotations = Some(BTreeMap::from([annotation]));
        force_sync(object.metadata.annotations.as_ref())
    };
    assert_eq!(forced(""), Some(String::new()));
    assert_eq!(forced("now"), Some("now".into()));
    assert_eq!(forced(&"é".repeat(300)), Some("é".repeat(253)));
}

#[test]
fn each_workload_is_named_once_and_in_the_order_of_the_spec() {
    let named = |names: &[(&str, &str)]| -> Json {
        let entry = |(kind, name): &(&str, &str)| json!({"kind": kind, "name": name});
        names.iter().map(entry).collect()
    };
    let two = named(&[("StatefulSet", "a"), ("Deployment", "a")]);
    let request = parsed(with("restart", two.clone())).unwrap();
    assert_eq!(json!(request.restart), two);
    assert_eq!(refused(with("restart", json!([]))), None);
    let twice = named(&[("Rollout", "a"), ("Deployment", "a"), ("Rollout", "a")]);
    let expected = Some(SpecError::WorkloadTwice { name: "a".into() });
    assert_eq!(refused(with("restart", twice)), expected);
    let many: Json = (0..17)
        .map(|number| json!({"kind": "Deployment", "name": format!("w{number}")}))
        .collect();
    let expected = Some(SpecError::Count {
        field: "restart",
        most: 16,
    });
    assert_eq!(refused(with("restart", many)), expected);
    let odd = named(&[("Deployment", "../x")]);
    assert_eq!(refused(with("restart", odd)), Some(SpecError::WorkloadName));
}

#[test]
fn an_object_without_metadata_is_refused_and_not_guessed() {
    let mut object = object(minimal());
    object.metadata = ObjectMeta::default();
    assert_eq!(parse(&object), Err(Trouble::Spec(SpecError::TargetName)));
}

#[test]
fn a_refusal_of_any_field_tells_that_field() {
    let mut told = String::new();
    for (part, value, word) in [
        (
            "refresh",
            json!({"interval": "1d"}),
            "spec.refresh.interval",
        ),
        (
            "refresh",
            json!({"staleAfter": "1d"}),
            "spec.refresh.staleAfter",
        ),
        ("target", json!({"name": "A"}), "spec.target.name"),
        ("target", json!({"type": "helm.sh/x"}), "spec.target.type"),
        ("storeRef", json!({"name": "A"}), "spec.storeRef.name"),
        ("source", json!({}), "spec.source"),
        ("data", json!([]), "spec.data"),
        (
            "restart",
            json!([{"kind": "Deployment", "name": "A"}]),
            "spec.restart",
        ),
    ] {
        let message = parsed(with(part, value)).unwrap_err().message();
        assert!(message.starts_with(word), "{message}");
        writeln!(told, "{message}").unwrap();
    }
    assert!(
        !told.contains("1d"),
        "what people wrote is not repeated: {told}"
    );
}
