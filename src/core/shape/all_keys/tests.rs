use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::core::pairs;

fn of(names: &[&str]) -> Pairs {
    let object: serde_json::Map<_, _> = names
        .iter()
        .map(|name| ((*name).to_owned(), json!("canary")))
        .collect();
    pairs::parse(json!(object).to_string().as_bytes()).unwrap()
}

fn chosen(spec: serde_json::Value, names: &[&str]) -> Result<Vec<String>, Trouble> {
    let spec: api::AllKeys = serde_json::from_value(spec).unwrap();
    let keys = AllKeys::parse(&spec)?;
    let pairs = of(names);
    let chosen = keys.choose(&pairs, |key| key == "taken")?;
    Ok(chosen.into_keys().map(Cow::into_owned).collect())
}

fn keys(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn a_key_passes_when_some_included_and_no_excluded_expression_matches_all_of_it() {
    let names = ["DB_HOST", "DB_PASSWORD", "HOST", "OLD_DB_HOST", "db_x"];
    for (spec, expected) in [
        (json!({}), &names[..]),
        (json!({"include": ["DB_.*"]}), &["DB_HOST", "DB_PASSWORD"]),
        (json!({"include": ["HOST"]}), &["HOST"]),
        (json!({"include": ["HOST", "db_.?"]}), &["HOST", "db_x"]),
        (
            json!({"exclude": ["DB_.*", "HOST"]}),
            &["OLD_DB_HOST", "db_x"],
        ),
        (
            json!({"include": ["DB_.*"], "exclude": [".*PASSWORD"]}),
            &["DB_HOST"],
        ),
        (
            json!({"include": ["(?i)DB_.*"], "exclude": ["DB_.*"]}),
            &["db_x"],
        ),
        (json!({"include": ["HOST|DB_HOST"]}), &["DB_HOST", "HOST"]),
        (json!({"include": ["nothing"]}), &[]),
    ] {
        assert_eq!(chosen(spec.clone(), &names), Ok(keys(expected)), "{spec}");
    }
}

#[test]
fn names_get_the_style_and_then_the_prefix() {
    for (spec, expected) in [
        (json!({"style": "UpperSnake"}), "DB_HOST"),
        (json!({"style": "LowerSnake"}), "db_host"),
        (json!({"style": "Keep", "prefix": "a-"}), "a-dbHost"),
        (
            json!({"style": "UpperSnake", "prefix": "app."}),
            "app.DB_HOST",
        ),
    ] {
        assert_eq!(chosen(spec, &["dbHost"]), Ok(keys(&[expected])));
    }
}

#[test]
fn a_name_that_is_not_allowed_in_the_end_is_named() {
    let invalid = |key: &str| Err(Trouble::InvalidKey { key: key.into() });
    let long = "k".repeat(254);
    let fits = "k".repeat(253);
    for (spec, name, expected) in [
        (json!({}), "a b", invalid("a b")),
        (json!({"exclude": ["a b"]}), "a b", Ok(keys(&[]))),
        (json!({"style": "LowerSnake"}), "a b", Ok(keys(&["a_b"]))),
        (json!({"style": "LowerSnake"}), "비밀", invalid("비밀")),
        (json!({"style": "UpperSnake"}), "--", invalid("--")),
        (
            json!({"style": "UpperSnake", "prefix": "A"}),
            "",
            invalid(""),
        ),
        (json!({"prefix": "."}), ".a", invalid("..a")),
        (json!({"prefix": "a"}), ".", Ok(keys(&["a."]))),
        (json!({}), &long, invalid(&long)),
        (json!({"exclude": [".*"]}), &long, Ok(keys(&[]))),
        (json!({"include": ["a"]}), &long, Ok(keys(&[]))),
        (json!({"include": ["k*"]}), &long, invalid(&long)),
        (json!({}), &fits, Ok(keys(&[&fits]))),
        (json!({"prefix": "p"}), &fits, invalid(&format!("p{fits}"))),
    ] {
        assert_eq!(chosen(spec.clone(), &[name]), expected, "{spec} {name}");
    }
}

#[test]
fn only_keys_that_pass_count() {
    let names: Vec<_> = (0..=MOST_KEYS).map(|number| format!("k{number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let too_many = Err(Fault::TooManyKeys.into());
    assert_eq!(chosen(json!({}), &names), too_many);
    let left = chosen(json!({"exclude": ["k0"]}), &names).unwrap();
    assert_eq!(left.len(), MOST_KEYS);
}

#[test]
fn two_names_that_become_one_are_both_named_unless_it_is_taken() {
    let style = json!({"style": "LowerSnake"});
    let collision = Fault::Collision {
        key: "db_host".into(),
        one: "DB_HOST".into(),
        other: "dbHost".into(),
    };
    let names = ["DB_HOST", "dbHost", "a"];
    assert_eq!(chosen(style.clone(), &names), Err(collision.into()));
    let names = ["TAKEN", "taken", "a"];
    assert_eq!(chosen(style, &names), Ok(keys(&["a"])));
}

proptest! {
    #[test]
    fn what_comes_out_is_always_a_key_and_every_refusal_without_a_value(
        names in prop::collection::btree_set("[a-cA-C._ é-]{0,5}", 0..6),
        include in prop::option::of(prop::collection::vec("[a-c.*|]{1,4}", 1..3)),
        style in prop::sample::select(vec!["Keep", "UpperSnake", "LowerSnake"]),
        prefix in prop::option::of("[a.]{1,3}"),
    ) {
        let mut spec = json!({"style": style});
        spec.as_object_mut().unwrap().extend(include.map(|include| ("include".to_owned(), json!(include))));
        spec.as_object_mut().unwrap().extend(prefix.map(|prefix| ("prefix".to_owned(), json!(prefix))));
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        match chosen(spec, &names) {
            Ok(keys) => {
                prop_assert!(keys.iter().all(|key| is_secret_key(key) && key != "taken"));
                prop_assert!(keys.len() <= names.len());
            }
            Err(trouble) => prop_assert!(!trouble.message().contains("canary")),
        }
    }
}
