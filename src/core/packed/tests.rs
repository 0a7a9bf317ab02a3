use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::api::{NcpSecretSpec, NcpSecretStatus};
use crate::core::observed::{Observed, Owner, Reference};

/// As the status of an object that was synced.
fn status(secret: &str, time: &str) -> NcpSecretStatus {
    let condition = |type_: &str, reason: &str, message: &str| {
        json!({
            "type": type_, "status": "True", "reason": reason, "message": message,
            "observedGeneration": 3, "lastTransitionTime": time,
        })
    };
    serde_json::from_value(json!({
        "observedGeneration": 3,
        "conditions": [
            condition("Ready", "Synced", "The Secret holds the value that NCP showed at the last look."),
            condition("SourceAvailable", "Enabled", "The state of the secret allows reading."),
            condition("RotationHealthy", "Manual", "Automatic rotation is off."),
        ],
        "source": {
            "secretId": secret, "secretName": "shop-orders", "keyIsolation": "Regional", "lifecycle": "ENABLE",
            "rotationPhase": "NONE", "updateTime": time, "syncProof": "5f1c9a3b5f1c9a3b5f1c9a3b5f1c9a3b",
        },
        "target": {
            "name": "orders-db", "keys": ["password", "user"], "changedTime": time,
            "content": "91be04d2.5f1c9a3b5f1c9a3b5f1c9a3b5f1c9a3b5f1c9a3b5f1c9a3b5f1c9a3b5f1c9a3b",
        },
    }))
    .unwrap()
}

/// As a Secret that was written for an object.
fn observed(keys: BTreeSet<String>, written: Option<Timestamp>) -> Observed {
    let uid = "0c6d6c1e-3d5a-4f0e-9c55-0f6a1f1f7a11";
    let owner = Owner {
        name: "orders-db".into(),
        uid: uid.into(),
    };
    let annotations = BTreeMap::from([
        ("ncp-secrets.io/owner".to_owned(), "orders-db".to_owned()),
        ("ncp-secrets.io/owner-uid".to_owned(), uid.to_owned()),
    ]);
    Observed {
        uid: "77f5a1c2-8a54-4e0b-8d0a-5d2f3f0f9b22".into(),
        resource_version: "123456".into(),
        managed: true,
        references: vec![Reference {
            api_version: "ncp-secrets.io/v1alpha1".into(),
            kind: "NcpSecret".into(),
            name: "orders-db".into(),
            uid: uid.into(),
            controller: true,
            blocks_deletion: false,
        }],
        owner: Some(owner),
        our_annotations: annotations.keys().cloned().collect(),
        annotations: Some(annotations),
        keys,
        written,
        ..Observed::default()
    }
}

#[test]
fn what_most_objects_look_like_becomes_small() {
    let size = |whole: usize, packed: &[u8]| (whole, packed.len());
    let status = status("3f2a9c5d7e1b4a60", "2026-11-22T12:00:00Z");
    let text = serde_json::to_vec(&status).unwrap();
    let (whole, packed) = size(text.len(), &small(&status).unwrap());
    assert!(packed * 3 < whole, "status: {packed} of {whole} bytes");

    let observed = observed(BTreeSet::from(["password".into()]), None);
    let text = serde_json::to_vec(&observed).unwrap();
    let (whole, packed) = size(text.len(), &small(&observed).unwrap());
    assert!(packed * 3 < whole, "observed: {packed} of {whole} bytes");
}

#[test]
fn what_json_does_not_tell_exactly_is_kept_whole() {
    let exact = status("0f", "2026-11-22T12:00:00Z");
    assert!(matches!(Packed::new(&exact).0, Form::Small(_)));
    let fine = status("0f", "2026-11-22T12:00:00.123456789Z");
    let packed = Packed::new(&fine);
    assert_eq!(packed.open(), Some(fine));
}

#[test]
fn bytes_that_nobody_packed_open_to_nothing() {
    for bytes in [&[][..], &[0; 4], &[255; 9], b"\x02\0\0\0 nothing"] {
        assert_eq!(read::<NcpSecretStatus>(bytes), None, "{bytes:?}");
    }
}

proptest! {
    #[test]
    fn what_was_packed_opens_as_it_was(
        secret in ".*", message in ".{0,400}", generation: i64, second in 0..4_000_000_000_i64, nanosecond in 0..1_000_000_000_i32,
    ) {
        let mut status = status(&secret, "2026-11-22T12:00:00Z");
        status.observed_generation = generation;
        let time = Timestamp::new(second, nanosecond).unwrap();
        for condition in &mut status.conditions {
            condition.message.clone_from(&message);
            condition.last_transition_time.0 = time;
        }
        let packed = Packed::new(&status);
        prop_assert_eq!(packed.open(), Some(status.clone()));
        prop_assert_eq!(&packed, &Packed::new(&status));
        status.observed_generation = generation.wrapping_add(1);
        prop_assert_ne!(&packed, &Packed::new(&status));
    }

    #[test]
    fn what_was_observed_opens_as_it_was(
        keys in proptest::collection::btree_set(".*", 0..20), nanosecond in proptest::option::of(0..i64::MAX),
        meddler in proptest::option::of(".*"),
    ) {
        let written = nanosecond.map(|it| Timestamp::from_nanosecond(it.into()).unwrap());
        let observed = Observed { meddler, ..observed(keys, written) };
        prop_assert_eq!(Packed::new(&observed).open(), Some(observed));
    }

    #[test]
    fn a_spec_opens_as_it_was(name in ".*", prefix in ".*", template in ".*", include in proptest::collection::vec(".*", 0..9)) {
        let spec: NcpSecretSpec = serde_json::from_value(json!({
            "storeRef": {"name": name}, "source": {"secretName": name}, "suspend": true,
            "data": [{"key": name, "template": template}],
            "allKeys": {"include": include, "prefix": prefix, "style": "UpperSnake"},
        })).unwrap();
        prop_assert_eq!(Packed::new(&spec).open(), Some(spec));
    }
}
