//! Names, types, labels, annotations and keys of the Secret to write.

use super::*;

#[test]
fn names_are_those_that_an_object_can_have() {
    let long = "a".repeat(253);
    for name in ["a", "a-b", "a.b", "0", "a.0-b.c", &long] {
        assert_eq!(
            refused(with("target", json!({"name": name}))),
            None,
            "{name}"
        );
        assert_eq!(
            refused(with("storeRef", json!({"name": name}))),
            None,
            "{name}"
        );
    }
    let too_long = "a".repeat(254);
    let bad = [
        "", "A", "-a", "a-", ".a", "a.", "a..b", "a.-b", "a/b", "a_b", "a b", "a\0", "é", &too_long,
    ];
    for name in bad {
        let target = with("target", json!({"name": name}));
        assert_eq!(refused(target), Some(SpecError::TargetName), "{name:?}");
        let store = with("storeRef", json!({"name": name}));
        assert_eq!(refused(store), Some(SpecError::StoreName), "{name:?}");
    }
}

#[test]
fn types_are_the_four_of_kubernetes_and_those_that_nobody_reserved() {
    let good = [
        "Opaque",
        "kubernetes.io/tls",
        "kubernetes.io/dockerconfigjson",
        "kubernetes.io/basic-auth",
        "kubernetes.io/ssh-auth",
        "example.com/mine",
        "mine",
        "kubernetes.io",
        "helm.sh",
        "bootstrap",
        "Kubernetes.io/x",
        "a.kubernetes.io/x",
    ];
    for type_ in good {
        assert_eq!(
            refused(with("target", json!({"type": type_}))),
            None,
            "{type_}"
        );
    }
    let long = "a".repeat(254);
    let bad = [
        "",
        "kubernetes.io/service-account-token",
        "kubernetes.io/dockercfg",
        "kubernetes.io/x",
        "kubernetes.io/tls2",
        "helm.sh/release.v1",
        "bootstrap.kubernetes.io/token",
        "bootstrap.x",
        "/",
        "a/",
        "-a",
        "a b",
        "a\0b",
        "タイプ",
        &long,
    ];
    for type_ in bad {
        let expected = Some(SpecError::TargetType);
        assert_eq!(
            refused(with("target", json!({"type": type_}))),
            expected,
            "{type_:?}"
        );
    }
}

#[test]
fn r2_nobody_sets_a_label_or_annotation_that_says_whose_the_secret_is() {
    for key in [
        "ncp-secrets.io/owner",
        "ncp-secrets.io/owner-uid",
        "ncp-secrets.io/content",
        "ncp-secrets.io/",
        "app.kubernetes.io/managed-by",
    ] {
        for map in ["labels", "annotations"] {
            let expected = Some(SpecError::Reserved { key: key.into() });
            assert_eq!(
                refused(with("target", json!({map: {key: "x"}}))),
                expected,
                "{map} {key}"
            );
        }
    }
    for key in [
        "ncp-secrets.io.example.com/owner",
        "x.ncp-secrets.io/owner",
        "managed-by",
    ] {
        assert_eq!(
            refused(with("target", json!({"annotations": {key: "x"}}))),
            None,
            "{key}"
        );
    }
}

#[test]
fn labels_and_annotations_have_the_form_that_kubernetes_allows() {
    let (longest, too_long) = ("k".repeat(63), "k".repeat(64));
    let domain = format!("{}/k", "d".repeat(253));
    for key in ["team", "example.com/team", "a.B_c-d", &longest, &domain] {
        assert_eq!(
            refused(with("target", json!({"labels": {key: ""}}))),
            None,
            "{key}"
        );
    }
    let too_wide = format!("{}/k", "d".repeat(254));
    for key in [
        "", "/", "a/", "/a", "a/b/c", "-a", "a-", "A.com/b", "a..b/c", "a\0", "팀", &too_long,
        &too_wide,
    ] {
        for map in ["labels", "annotations"] {
            let expected = Some(SpecError::MetadataKey { key: key.into() });
            assert_eq!(
                refused(with("target", json!({map: {key: "x"}}))),
                expected,
                "{key:?}"
            );
        }
    }
    for value in ["-", "a b", "a\n", "é", &too_long] {
        let expected = Some(SpecError::LabelValue { key: "team".into() });
        assert_eq!(
            refused(with("target", json!({"labels": {"team": value}}))),
            expected
        );
    }
    let annotation = |length| with("target", json!({"annotations": {"a": "é".repeat(length)}}));
    assert_eq!(refused(annotation(4096)), None);
    assert_eq!(
        refused(annotation(4097)),
        Some(SpecError::AnnotationValue { key: "a".into() })
    );
}

#[test]
fn annotations_leave_room_for_those_of_others_in_what_kubernetes_holds() {
    // 19 × (3 + 3 × 4096) bytes, and what is left of the bound.
    let mut annotations: serde_json::Map<_, _> = (10..29)
        .map(|number| (format!("k{number}"), json!("한".repeat(4096))))
        .collect();
    let left = MOST_ANNOTATED - 19 * (3 + 3 * 4096) - 4;
    annotations.insert(
        "last".into(),
        json!("한".repeat(left / 3) + &"a".repeat(left % 3)),
    );
    let of =
        |annotations: &serde_json::Map<_, _>| with("target", json!({"annotations": annotations}));
    assert_eq!(refused(of(&annotations)), None);
    annotations.insert("a".into(), json!(""));
    let expected = SpecError::Annotations {
        most: MOST_ANNOTATED,
    };
    assert_eq!(refused(of(&annotations)), Some(expected));
}

#[test]
fn r11_everything_has_a_bound() {
    let map = |count: usize| {
        let entries = (0..count).map(|number| (format!("k{number}"), json!("")));
        Json::Object(entries.collect())
    };
    for (name, field) in [
        ("labels", "target.labels"),
        ("annotations", "target.annotations"),
    ] {
        assert_eq!(refused(with("target", json!({name: map(32)}))), None);
        let expected = Some(SpecError::Count { field, most: 32 });
        assert_eq!(refused(with("target", json!({name: map(33)}))), expected);
    }
    let data = |count: usize| {
        let entries = (0..count).map(|number| json!({"key": format!("k{number}"), "from": "x"}));
        with("data", entries.collect())
    };
    assert_eq!(refused(data(1)), None);
    assert_eq!(refused(data(256)), None);
    let expected = Some(SpecError::Count {
        field: "data",
        most: 256,
    });
    assert_eq!(refused(data(257)), expected);
    assert_eq!(
        refused(data(0)),
        expected,
        "an empty list would make an empty Secret"
    );
    for (from, good) in [
        ("", false),
        ("é", true),
        (&*"é".repeat(256), true),
        (&*"é".repeat(257), false),
    ] {
        let spec = with("data", json!([{"key": "k", "from": from}]));
        let expected = (!good).then(|| SpecError::From { key: "k".into() });
        assert_eq!(refused(spec), expected, "{from}");
    }
}
