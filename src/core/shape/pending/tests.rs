use proptest::prelude::*;

use super::*;
use crate::core::content::MOST_KEYS;
use crate::core::pairs;
use crate::core::request::ChosenKey;
use crate::core::shape::{AllKeys, Template, render};

fn pairs(text: &str) -> Pairs {
    pairs::parse(text.as_bytes()).unwrap()
}

fn from(key: &str, name: &str, optional: bool, decode: Decode) -> ChosenKey {
    let origin = Origin::From {
        name: name.into(),
        optional,
        decode,
    };
    ChosenKey {
        key: key.into(),
        origin,
    }
}

fn plain(key: &str, name: &str) -> ChosenKey {
    from(key, name, false, Decode::None)
}

fn template(key: &str, text: &str) -> ChosenKey {
    ChosenKey {
        key: key.into(),
        origin: Origin::Template(Template::parse(text).unwrap()),
    }
}

fn only(chosen: Vec<ChosenKey>) -> Keys {
    Keys { chosen, all: None }
}

fn every() -> Keys {
    Keys {
        chosen: Vec::new(),
        all: Some(AllKeys::default()),
    }
}

type Shown = Vec<(String, String)>;

fn shown<'content>(
    content: impl Iterator<Item = (&'content str, &'content crate::value::Value)>,
) -> Shown {
    let text = |value: &crate::value::Value| String::from_utf8(value.expose().to_vec()).unwrap();
    content
        .map(|(key, value)| (key.to_owned(), text(value)))
        .collect()
}

/// The content with the PENDING value, and the part of it that is in use.
fn exposed(
    keys: &Keys,
    suffix: &str,
    active: &str,
    pending: Option<&str>,
) -> Result<(Shown, Shown), Trouble> {
    let (active, pending) = (pairs(active), pending.map(pairs));
    let mut content = render(keys, "Opaque", &active)?;
    expose_pending(&mut content, keys, suffix, &active, pending.as_ref())?;
    Ok((shown(content.iter()), shown(content.in_use())))
}

fn own(entries: &[(&str, &str)]) -> Shown {
    let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    entries.iter().map(own).collect()
}

#[test]
fn keys_of_the_value_exist_a_second_time_and_what_is_made_of_them_does_not() {
    let mut keys = only(vec![
        plain("PASSWORD", "password"),
        template("url", "db://{{ password }}"),
    ]);
    let (old, new) = (
        r#"{"password":"old","user":"u"}"#,
        r#"{"password":"new","user":"v"}"#,
    );
    let in_use = own(&[("PASSWORD", "old"), ("url", "db://old")]);
    let all = own(&[
        ("PASSWORD", "old"),
        ("PASSWORD_PENDING", "new"),
        ("url", "db://old"),
    ]);
    assert_eq!(
        exposed(&keys, "_PENDING", old, Some(new)),
        Ok((all, in_use))
    );
    keys.all = Some(AllKeys::default());
    let all = own(&[
        ("PASSWORD", "old"),
        ("PASSWORD.next", "new"),
        ("password", "old"),
        ("password.next", "new"),
        ("url", "db://old"),
        ("user", "u"),
        ("user.next", "v"),
    ]);
    assert_eq!(exposed(&keys, ".next", old, Some(new)).unwrap().0, all);
}

#[test]
fn without_a_pending_value_everything_is_in_use() {
    let old = r#"{"a":"1","b":"2"}"#;
    let all = own(&[("a", "1"), ("b", "2")]);
    assert_eq!(exposed(&every(), "_P", old, None), Ok((all.clone(), all)));
}

#[test]
fn all_keys_are_found_again_under_the_names_that_they_were_given() {
    let spec = serde_json::from_value(serde_json::json!({"style": "UpperSnake", "prefix": "DB_"}));
    let keys = Keys {
        chosen: Vec::new(),
        all: Some(AllKeys::parse(&spec.unwrap()).unwrap()),
    };
    let (all, _) = exposed(
        &keys,
        "_P",
        r#"{"userName":"old"}"#,
        Some(r#"{"userName":"new"}"#),
    )
    .unwrap();
    assert_eq!(
        all,
        own(&[("DB_USER_NAME", "old"), ("DB_USER_NAME_P", "new")])
    );
}

#[test]
fn r1_a_pending_value_that_lacks_keys_or_cannot_be_decoded_harms_no_key_in_use() {
    let keys = only(vec![
        from("A", "a", false, Decode::Base64),
        plain("B", "b"),
        from("C", "c", true, Decode::None),
    ]);
    let old = r#"{"a":"QQ==","b":"B"}"#;
    let in_use = own(&[("A", "A"), ("B", "B")]);
    for (new, pending) in [
        (r#"{"a":"no base64!","b":"new"}"#, vec![("B_P", "new")]),
        (r#"{"a":"Qg=="}"#, vec![("A_P", "B")]),
        (r#"{"c":"only there"}"#, vec![]),
        (r#"{"z":"another"}"#, vec![]),
    ] {
        let (all, used) = exposed(&keys, "_P", old, Some(new)).unwrap();
        assert_eq!(used, in_use, "{new}");
        let mut expected = own(&[("A", "A"), ("B", "B")]);
        expected.extend(own(&pending));
        expected.sort();
        assert_eq!(all, expected, "{new}");
    }
}

#[test]
fn r1_a_pending_value_that_does_not_fit_is_left_out() {
    let many: serde_json::Map<_, _> = (0..MOST_KEYS)
        .map(|number| (format!("k{number:04}"), serde_json::json!("v")))
        .collect();
    let text = serde_json::Value::Object(many).to_string();
    let (all, in_use) = exposed(&every(), "_P", &text, Some(&text)).unwrap();
    assert_eq!((all.len(), in_use.len()), (MOST_KEYS, MOST_KEYS));
}

#[test]
fn a_name_that_cannot_be_is_told_in_every_phase() {
    let conflict = |key: &str| Some(Trouble::KeyConflict { key: key.into() });
    let invalid = |key: String| Some(Trouble::InvalidKey { key });
    let long = "k".repeat(250);
    let long_value = format!(r#"{{"{long}":"1"}}"#);
    for (keys, active, expected) in [
        (every(), r#"{"a":"1","a_P":"2"}"#, conflict("a_P")),
        (
            Keys {
                all: Some(AllKeys::default()),
                ..only(vec![template("a_P", "t")])
            },
            r#"{"a":"1"}"#,
            conflict("a_P"),
        ),
        (
            Keys {
                all: Some(AllKeys::default()),
                ..only(vec![from("a_P", "missing", true, Decode::None)])
            },
            r#"{"a":"1"}"#,
            conflict("a_P"),
        ),
        (every(), &long_value, None),
    ] {
        for pending in [None, Some(r#"{"a":"3"}"#)] {
            assert_eq!(
                exposed(&keys, "_P", active, pending).err(),
                expected,
                "{active}"
            );
        }
    }
    let too_long = exposed(&every(), "_PENDING", &long_value, None).err();
    assert_eq!(too_long, invalid(format!("{long}_PENDING")));
}

proptest! {
    #[test]
    fn r1_what_is_in_use_is_what_there_would_be_without_a_pending_value(
        active in prop::collection::btree_map("[a-c]{1,2}", "[a-z]{0,3}", 1..6),
        pending in prop::collection::btree_map("[a-e]{1,2}", "[a-z]{0,3}", 0..6),
    ) {
        let text = |map| serde_json::to_string(map).unwrap();
        let (active, pending) = (text(&active), text(&pending));
        let without = render_plainly(&active);
        let (all, in_use) = exposed(&every(), "_P", &active, Some(&pending)).unwrap();
        prop_assert_eq!(&in_use, &without);
        for (key, _) in &all {
            let name = key.strip_suffix("_P").unwrap_or(key);
            prop_assert!(in_use.iter().any(|(known, _)| known == name));
        }
    }
}

fn render_plainly(active: &str) -> Shown {
    let active = pairs(active);
    let keys = every();
    shown(render(&keys, "Opaque", &active).unwrap().iter())
}
