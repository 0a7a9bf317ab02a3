use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::core::content::{LARGEST, MOST_KEYS};
use crate::core::pairs;
use crate::core::remote::Pair;
use crate::core::request::{is_secret_key, parse};

/// A value that must never be seen anywhere.
const CANARY: &str = "canary-value-1f0e";

fn text(name: &str, value: Vec<u8>) -> Pair {
    Pair {
        name: name.into(),
        value: Value::new(value),
        is_text: true,
    }
}

fn pairs(entries: &[(&str, &str)]) -> Pairs {
    let own = |&(name, value): &(&str, &str)| text(name, value.into());
    Pairs(entries.iter().map(own).collect())
}

fn every_key() -> Keys {
    Keys {
        chosen: Vec::new(),
        all: Some(AllKeys::default()),
    }
}

fn from(key: &str, name: &str, optional: bool) -> ChosenKey {
    let origin = Origin::From {
        name: name.into(),
        optional,
        decode: Decode::None,
    };
    ChosenKey {
        key: key.into(),
        origin,
    }
}

fn chosen(entries: &[(&str, &str, bool)]) -> Keys {
    let own = |&(key, name, optional): &(&str, &str, bool)| from(key, name, optional);
    Keys {
        chosen: entries.iter().map(own).collect(),
        all: None,
    }
}

fn rendered(keys: &Keys, type_: &str, pairs: &Pairs) -> Result<Vec<(String, Vec<u8>)>, Trouble> {
    render(keys, type_, pairs).map(|content| {
        content
            .iter()
            .map(|(key, value)| (key.to_owned(), value.expose().to_vec()))
            .collect()
    })
}

fn own(entries: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
    entries
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec()))
        .collect()
}

#[test]
fn without_a_choice_every_key_stands_under_its_own_name_in_order() {
    let pairs = pairs(&[("b", "2"), ("a", "1"), (".c-_", "")]);
    assert_eq!(
        rendered(&every_key(), "Opaque", &pairs),
        Ok(own(&[(".c-_", ""), ("a", "1"), ("b", "2")]))
    );
}

#[test]
fn a_choice_renames_and_leaves_out_and_may_take_one_value_twice() {
    let pairs = pairs(&[("user", "u"), ("a key/with é", "p"), ("unused", "x")]);
    let keys = chosen(&[
        ("Z", "user", false),
        ("P", "a key/with é", false),
        ("Q", "user", true),
    ]);
    let expected = own(&[("P", "p"), ("Q", "u"), ("Z", "u")]);
    assert_eq!(rendered(&keys, "Opaque", &pairs), Ok(expected));
}

#[test]
fn r1_a_missing_key_stops_the_whole_content_unless_it_is_optional() {
    let pairs = pairs(&[("user", "u")]);
    let missing = Err(Trouble::MissingKey {
        key: "password".into(),
    });
    let keys = chosen(&[("U", "user", false), ("P", "password", false)]);
    assert_eq!(rendered(&keys, "Opaque", &pairs), missing);
    let keys = chosen(&[("U", "user", false), ("P", "password", true)]);
    assert_eq!(rendered(&keys, "Opaque", &pairs), Ok(own(&[("U", "u")])));
}

#[test]
fn r1_content_without_any_key_never_comes_about() {
    let nothing = pairs(&[]);
    let expected = Err(Trouble::Unreadable(Unreadable::NoPairs));
    assert_eq!(rendered(&every_key(), "Opaque", &nothing), expected);
    let keys = chosen(&[("A", "a", true), ("B", "b", true)]);
    let expected = Err(Trouble::MissingKey { key: "a".into() });
    assert_eq!(rendered(&keys, "Opaque", &nothing), expected);
    assert_eq!(rendered(&keys, "Opaque", &pairs(&[("c", "3")])), expected);
}

#[test]
fn r1_one_illegal_name_stops_the_whole_content() {
    for name in [
        "",
        ".",
        "..",
        "..a",
        "a b",
        "a/b",
        "a\0",
        "é",
        &"k".repeat(254),
    ] {
        let pairs = pairs(&[("good", "1"), (name, CANARY)]);
        let expected = Err(Trouble::InvalidKey { key: name.into() });
        assert_eq!(
            rendered(&every_key(), "Opaque", &pairs),
            expected,
            "{name:?}"
        );
        let keys = chosen(&[("GOOD", name, false)]);
        assert_eq!(
            rendered(&keys, "Opaque", &pairs),
            Ok(own(&[("GOOD", CANARY)])),
            "{name:?}"
        );
    }
}

#[test]
fn each_type_of_kubernetes_has_the_keys_that_it_requires() {
    let cases: [(&str, &[&str], &'static [&'static str]); 14] = [
        ("Opaque", &["x"], &[]),
        ("example.com/mine", &["x"], &[]),
        ("kubernetes.io/tls", &["tls.crt", "tls.key"], &[]),
        ("kubernetes.io/tls", &["ca.crt", "tls.crt", "tls.key"], &[]),
        ("kubernetes.io/tls", &["tls.crt"], &["tls.key"]),
        ("kubernetes.io/tls", &["tls.key"], &["tls.crt"]),
        (
            "kubernetes.io/dockerconfigjson",
            &[".dockerconfigjson"],
            &[],
        ),
        (
            "kubernetes.io/dockerconfigjson",
            &[".dockercfg"],
            &[".dockerconfigjson"],
        ),
        ("kubernetes.io/ssh-auth", &["ssh-privatekey"], &[]),
        ("kubernetes.io/ssh-auth", &["x"], &["ssh-privatekey"]),
        ("kubernetes.io/basic-auth", &["username"], &[]),
        ("kubernetes.io/basic-auth", &["password"], &[]),
        ("kubernetes.io/basic-auth", &["password", "username"], &[]),
        (
            "kubernetes.io/basic-auth",
            &["x"],
            &["username", "password"],
        ),
    ];
    for (type_, names, missing) in cases {
        let entries: Vec<_> = names.iter().map(|name| (*name, "v")).collect();
        let trouble = rendered(&every_key(), type_, &pairs(&entries)).err();
        let expected = (!missing.is_empty()).then_some(Trouble::TypeNeedsKey { keys: missing });
        assert_eq!(trouble, expected, "{type_} {names:?}");
    }
}

#[test]
fn r11_content_is_bounded_to_the_byte_and_to_the_key() {
    let of = |sizes: &[usize]| {
        let value = |(index, size): (usize, &usize)| text(&format!("k{index}"), vec![7; *size]);
        Pairs(sizes.iter().enumerate().map(value).collect())
    };
    let half = LARGEST / 2;
    assert!(rendered(&every_key(), "Opaque", &of(&[half, half])).is_ok());
    let too_large = |key: &str| Err(Trouble::TooLarge { key: key.into() });
    assert_eq!(
        rendered(&every_key(), "Opaque", &of(&[half, half, 1])),
        too_large("k2")
    );
    assert!(rendered(&every_key(), "Opaque", &of(&[1; MOST_KEYS])).is_ok());
    assert_eq!(
        rendered(&every_key(), "Opaque", &of(&[1; MOST_KEYS + 1])),
        Err(Trouble::Shape(Fault::TooManyKeys))
    );
    let keys = chosen(&[("a", "k0", false), ("b", "k0", false), ("c", "k0", false)]);
    assert_eq!(
        rendered(&keys, "Opaque", &of(&[half])),
        too_large("c"),
        "a value counts each time"
    );
}

proptest! {
    #[test]
    fn r3_no_refusal_shows_a_value_and_no_content_has_an_illegal_or_unasked_key(
        names in prop::collection::btree_set("[a-c./ ]{0,3}", 0..6),
        choice in prop::option::of(prop::collection::btree_map("[a-c]{1,2}", ("[a-c./ ]{0,3}", any::<bool>()), 1..5)),
        type_ in prop::sample::select(vec!["Opaque", "kubernetes.io/tls", "kubernetes.io/basic-auth"]),
    ) {
        let pairs = Pairs(names.iter().map(|name| text(name, CANARY.into())).collect());
        let keys = match &choice {
            None => every_key(),
            Some(choice) => Keys {
                chosen: choice.iter().map(|(key, (name, optional))| from(key, name, *optional)).collect(),
                all: None,
            },
        };
        match render(&keys, type_, &pairs) {
            Ok(content) => {
                prop_assert!(content.iter().len() > 0);
                prop_assert!(content.iter().all(|(key, _)| is_secret_key(key)));
                prop_assert!(content.iter().all(|(_, value)| value.expose() == CANARY.as_bytes()));
                let asked = |key: &str| match &choice {
                    None => names.contains(key),
                    Some(choice) => choice.get(key).is_some_and(|(from, _)| names.contains(from)),
                };
                prop_assert!(content.iter().all(|(key, _)| asked(key)));
                let wanted = choice.iter().flatten().filter(|(_, (_, optional))| !optional);
                for (key, _) in wanted {
                    prop_assert!(content.iter().any(|(other, _)| other == key));
                }
            }
            Err(trouble) => {
                let shown = format!("{trouble:?} {}", trouble.message());
                prop_assert!(!shown.contains(CANARY), "{}", shown);
            }
        }
    }

    #[test]
    fn r3_whatever_is_asked_of_whatever_value_ends_in_a_secret_or_in_a_refusal_without_a_value(
        names in prop::collection::btree_map("[a-cA-C_. ]{0,3}|registry|username|password", value(), 0..6),
        data in prop::option::of(prop::collection::btree_map("[a-cA-C]{1,2}", form(), 1..5)),
        all_keys in prop::option::of(all_keys()),
    ) {
        let object: serde_json::Map<_, _> = names.into_iter().collect();
        let pairs = pairs::parse(Json::Object(object).to_string().as_bytes()).unwrap();
        let mut spec = json!({"storeRef": {"name": "s"}, "source": {"secretId": "0f"}});
        if let Some(data) = data {
            let entries = data.into_iter().map(|(key, mut form)| {
                form["key"] = json!(key);
                form
            });
            spec["data"] = entries.collect();
        }
        if let Some(all_keys) = all_keys {
            spec["allKeys"] = all_keys;
        }
        let object = json!({
            "apiVersion": "ncp-secrets.io/v1alpha1", "kind": "NcpSecret",
            "metadata": {"name": "n", "namespace": "n"}, "spec": spec,
        });
        let request = parse(&serde_json::from_value(object).unwrap()).unwrap();
        let first = rendered(&request.keys, "Opaque", &pairs);
        prop_assert_eq!(&first, &rendered(&request.keys, "Opaque", &pairs));
        match first {
            Ok(entries) => {
                prop_assert!(!entries.is_empty() && entries.len() <= MOST_KEYS);
                prop_assert!(entries.iter().all(|(key, _)| is_secret_key(key)));
                prop_assert!(entries.iter().map(|(_, value)| value.len()).sum::<usize>() <= LARGEST);
            }
            Err(trouble) => {
                let shown = format!("{trouble:?} {}", trouble.message());
                prop_assert!(!shown.contains("canary"), "{}", shown);
            }
        }
    }
}

/// A value of any kind with a canary in it, and one that is large.
fn value() -> impl Strategy<Value = Json> {
    prop_oneof![
        4 => "[a-zA-Z0-9+/=:\\u{0}\n'\"$# é😀]{0,6}".prop_map(|text| json!(format!("canary{text}"))),
        1 => Just(json!("Y2FuYXJ5")),
        1 => Just(json!("canary".repeat(20_000))),
        1 => any::<i64>().prop_map(|number| json!({"canary": [number, null]})),
    ]
}

fn form() -> impl Strategy<Value = Json> {
    let templates = [
        "{{ a }}",
        "{{ values['b'] | default(a) | urlencode }}",
        "{% for name in values %}{{ values[name] | tojson }}{% endfor %}",
        "{{ a | b64decode }}{{ b }}",
        "{{ (a * 9) | toyaml }}",
        "{{ values[a] }}",
        "{{ a + 1 }}",
        "constant",
    ];
    let formats = ["Env", "Json", "Yaml", "Properties", "DockerConfigJson"];
    let from = ("[a-c]{1,2}", any::<bool>(), any::<bool>());
    prop_oneof![
        from.prop_map(|(name, optional, decode)| {
            let decode = if decode { "Base64" } else { "None" };
            json!({"from": name, "optional": optional, "decode": decode})
        }),
        prop::sample::select(templates.to_vec()).prop_map(|text| json!({"template": text})),
        prop::sample::select(formats.to_vec()).prop_map(|format| json!({"format": format})),
    ]
}

fn all_keys() -> impl Strategy<Value = Json> {
    let style = prop::sample::select(vec!["Keep", "UpperSnake", "LowerSnake"]);
    let some = || prop::sample::select(vec![".*", "[a-c]", "(?i)a.*", "registry|username"]);
    (style, some(), prop::option::of(some())).prop_map(|(style, include, exclude)| {
        let mut spec = json!({"style": style, "include": [include]});
        if let Some(exclude) = exclude {
            spec["exclude"] = json!([exclude]);
        }
        spec
    })
}
