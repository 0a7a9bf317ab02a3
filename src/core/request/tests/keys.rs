//! What may stand in `data` and `allKeys`, and what is said of anything else.

use super::*;
use crate::api::Decode;
use crate::core::shape::{KeysError, TemplateFault, TemplateFaultKind};

#[test]
fn keys_are_those_that_a_secret_can_have_each_once() {
    let long = "k".repeat(253);
    for key in ["a", "A_b-c.d", "-", "_", ".a", "a..", &long] {
        let spec = with("data", json!([{"key": key, "from": "x", "optional": true}]));
        let origin = Origin::From {
            name: "x".into(),
            optional: true,
            decode: Decode::None,
        };
        let chosen = ChosenKey {
            key: key.into(),
            origin,
        };
        let expected = Keys {
            chosen: vec![chosen],
            all: None,
        };
        assert_eq!(parsed(spec).unwrap().keys, expected, "{key}");
    }
    let too_long = "k".repeat(254);
    for key in ["", ".", "..", "..a", "a/b", "a b", "a\0", "ключ", &too_long] {
        let spec = with("data", json!([{"key": key, "from": "x"}]));
        assert_eq!(
            parsed(spec),
            Err(Trouble::InvalidKey { key: key.into() }),
            "{key:?}"
        );
    }
    let twice = with(
        "data",
        json!([{"key": "a", "from": "x"}, {"key": "a", "from": "y"}]),
    );
    assert_eq!(parsed(twice), Err(Trouble::KeyConflict { key: "a".into() }));
}

fn wrong(spec: Json) -> Option<KeysError> {
    match refused(spec) {
        Some(SpecError::Keys(error)) => Some(error),
        Some(other) => panic!("{other:?}"),
        None => None,
    }
}

fn item(fields: &Json) -> Json {
    let mut item = json!({"key": "k"});
    item.as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    with("data", json!([item]))
}

#[test]
fn a_key_has_exactly_one_form() {
    let not_one = Some(KeysError::NotOneForm { key: "k".into() });
    let only_with_from = Some(KeysError::OnlyWithFrom { key: "k".into() });
    for (fields, expected) in [
        (json!({"from": "a"}), None),
        (
            json!({"from": "a", "optional": false, "decode": "Base64"}),
            None,
        ),
        (json!({"template": "{{ a }}"}), None),
        (json!({"format": "Env"}), None),
        (json!({}), not_one.clone()),
        (json!({"optional": true}), not_one.clone()),
        (json!({"from": "a", "template": "b"}), not_one.clone()),
        (json!({"from": "a", "format": "Json"}), not_one.clone()),
        (json!({"template": "a", "format": "Json"}), not_one.clone()),
        (
            json!({"from": "a", "template": "a", "format": "Json"}),
            not_one,
        ),
        (
            json!({"template": "a", "optional": false}),
            only_with_from.clone(),
        ),
        (
            json!({"template": "a", "decode": "None"}),
            only_with_from.clone(),
        ),
        (
            json!({"format": "Yaml", "optional": true}),
            only_with_from.clone(),
        ),
        (
            json!({"format": "Yaml", "decode": "Base64"}),
            only_with_from,
        ),
    ] {
        assert_eq!(wrong(item(&fields)), expected, "{fields}");
    }
}

#[test]
fn without_data_every_key_is_taken_and_with_data_none_by_itself() {
    let every = Some(AllKeys::default());
    let data = json!([{"key": "k", "from": "a"}]);
    let all = |spec| parsed(spec).unwrap().keys.all;
    assert_eq!(all(minimal()), every);
    assert_eq!(all(with("allKeys", json!({}))), every);
    assert_eq!(all(with("data", data.clone())), None);
    let mut both = with("data", data);
    both["allKeys"] = json!({});
    assert_eq!(all(both), every);
}

#[test]
fn a_template_that_cannot_be_read_is_refused_with_its_line() {
    let fault = |kind, line| {
        let fault = TemplateFault { kind, line };
        Some(KeysError::Template {
            key: "k".into(),
            fault,
        })
    };
    let statement = |word: &str| TemplateFaultKind::Statement(word.into());
    for (text, expected) in [
        ("{{ a }}", None),
        ("no names at all", None),
        ("{{ a", fault(TemplateFaultKind::Syntax, 1)),
        ("a\nb\n{{ a b }}", fault(TemplateFaultKind::Syntax, 3)),
        ("{% if a %}", fault(TemplateFaultKind::Syntax, 1)),
        ("\n{% include 'a' %}", fault(statement("include"), 2)),
        ("{%- macro x() %}", fault(statement("macro"), 1)),
        ("{% raw %}{% endraw %}", fault(statement("raw"), 1)),
    ] {
        assert_eq!(wrong(item(&json!({"template": text}))), expected, "{text}");
    }
    let length = Some(KeysError::TemplateLength { key: "k".into() });
    for (text, expected) in [
        (String::new(), length.clone()),
        ("é".repeat(16384), None),
        ("é".repeat(16385), length),
    ] {
        assert_eq!(wrong(item(&json!({"template": text}))), expected);
    }
}

#[test]
fn all_keys_are_bounded_and_their_expressions_are_some() {
    let all = |field: &str, value: Json| with("allKeys", json!({field: value}));
    for list in ["include", "exclude"] {
        let field = if list == "include" {
            "allKeys.include"
        } else {
            "allKeys.exclude"
        };
        let expression = |index| Some(KeysError::Expression { field, index });
        let too_complex = Some(KeysError::TooComplex { field });
        for (expressions, expected) in [
            (json!(["a"]), None),
            (json!(vec!["a"; 16]), None),
            (json!(vec!["a"; 17]), Some(KeysError::Expressions { field })),
            (json!([]), Some(KeysError::Expressions { field })),
            (
                json!(["DB_.*", "(?i)user", "[a-z]{1,9}", r"\w+\d?", "한글.*"]),
                None,
            ),
            (json!(["a", ""]), expression(1)),
            (json!(["a".repeat(256)]), None),
            (json!(["a".repeat(257)]), expression(0)),
            (json!(["é".repeat(256)]), None),
            (json!(["a", "("]), expression(1)),
            (json!(["a)|(?:b"]), expression(0)),
            (json!(["a(?=b)"]), expression(0)),
            (json!([r"(a)\1"]), expression(0)),
            (json!(["(a{99}){99}"]), expression(0)),
            (json!(["[가-힣]"]), expression(0)),
            (json!(vec!["[a-z]{200}[0-9]{200}"; 16]), too_complex),
        ] {
            let found = wrong(all(list, expressions.clone()));
            assert_eq!(found, expected, "{expressions}");
        }
    }
    for (prefix, good) in [
        ("", false),
        ("DB_", true),
        ("-._", true),
        ("..", true),
        ("a b", false),
        ("é", false),
        (&*"a".repeat(128), true),
        (&*"a".repeat(129), false),
    ] {
        let expected = (!good).then_some(KeysError::Prefix);
        assert_eq!(wrong(all("prefix", json!(prefix))), expected, "{prefix}");
    }
}

#[test]
fn keys_with_a_pending_value_are_told_apart_from_all_others_before_any_value_is_there() {
    let spec = |data: Json, rotation: Json| {
        let mut spec = with("data", data);
        spec["rotation"] = rotation;
        parsed(spec).map(|request| request.pending_suffix)
    };
    let two = |other: &str| json!([{"key": "a", "from": "x"}, {"key": other, "template": "t"}]);
    let expose = json!({"pending": "Expose"});
    assert_eq!(spec(two("b"), json!({})), Ok(None));
    let ignored = json!({"pending": "Ignore", "pendingSuffix": "_b"});
    assert_eq!(spec(two("a_b"), ignored), Ok(None));
    assert_eq!(spec(two("b"), expose.clone()), Ok(Some("_PENDING".into())));
    let conflict = |key: &str| Err(Trouble::KeyConflict { key: key.into() });
    assert_eq!(
        spec(two("a_PENDING"), expose.clone()),
        conflict("a_PENDING")
    );
    let named = json!({"pending": "Expose", "pendingSuffix": ".2"});
    assert_eq!(spec(two("a.2"), named.clone()), conflict("a.2"));
    assert_eq!(spec(two("a_PENDING"), named), Ok(Some(".2".into())));
    let long = "k".repeat(250);
    let key = format!("{long}_PENDING");
    let data = json!([{"key": long, "from": "x"}]);
    assert_eq!(spec(data, expose.clone()), Err(Trouble::InvalidKey { key }));
    let made = json!([{"key": "k".repeat(250), "template": "t"}]);
    assert!(spec(made, expose).is_ok(), "a template has no second key");
}
