use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// A value that must never be seen anywhere.
const CANARY: &str = "canary-value-1f0e";

fn pairs(entries: &[(&str, &str)]) -> Pairs {
    let own = |&(name, value): &(&str, &str)| (name.to_owned(), Value::from(value.to_owned()));
    Pairs(entries.iter().map(own).collect())
}

fn chosen(entries: &[(&str, &str, bool)]) -> Keys {
    let own = |&(key, from, optional): &(&str, &str, bool)| ChosenKey {
        key: key.into(),
        from: from.into(),
        optional,
    };
    Keys::Chosen(entries.iter().map(own).collect())
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
        rendered(&Keys::All, "Opaque", &pairs),
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
    assert_eq!(rendered(&Keys::All, "Opaque", &nothing), expected);
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
        assert_eq!(rendered(&Keys::All, "Opaque", &pairs), expected, "{name:?}");
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
    let cases: [(&str, &[&str], Option<&str>); 14] = [
        ("Opaque", &["x"], None),
        ("example.com/mine", &["x"], None),
        ("kubernetes.io/tls", &["tls.crt", "tls.key"], None),
        ("kubernetes.io/tls", &["ca.crt", "tls.crt", "tls.key"], None),
        ("kubernetes.io/tls", &["tls.crt"], Some("tls.key")),
        ("kubernetes.io/tls", &["tls.key"], Some("tls.crt")),
        (
            "kubernetes.io/dockerconfigjson",
            &[".dockerconfigjson"],
            None,
        ),
        (
            "kubernetes.io/dockerconfigjson",
            &[".dockercfg"],
            Some(".dockerconfigjson"),
        ),
        ("kubernetes.io/ssh-auth", &["ssh-privatekey"], None),
        ("kubernetes.io/ssh-auth", &["x"], Some("ssh-privatekey")),
        ("kubernetes.io/basic-auth", &["username"], None),
        ("kubernetes.io/basic-auth", &["password"], None),
        ("kubernetes.io/basic-auth", &["password", "username"], None),
        ("kubernetes.io/basic-auth", &["x"], Some("password")),
    ];
    for (type_, names, missing) in cases {
        let entries: Vec<_> = names.iter().map(|name| (*name, "v")).collect();
        let trouble = rendered(&Keys::All, type_, &pairs(&entries)).err();
        let expected = missing.map(|key| Trouble::TypeNeedsKey { key });
        assert_eq!(trouble, expected, "{type_} {names:?}");
    }
}

#[test]
fn r11_content_is_bounded_to_the_byte_and_to_the_key() {
    let of = |sizes: &[usize]| {
        let value =
            |(index, size): (usize, &usize)| (format!("k{index}"), Value::new(vec![7; *size]));
        Pairs(sizes.iter().enumerate().map(value).collect())
    };
    let half = LARGEST / 2;
    assert!(rendered(&Keys::All, "Opaque", &of(&[half, half])).is_ok());
    let too_large = Err(Trouble::TooLarge);
    assert_eq!(
        rendered(&Keys::All, "Opaque", &of(&[half, half, 1])),
        too_large
    );
    assert!(rendered(&Keys::All, "Opaque", &of(&[1; MOST_KEYS])).is_ok());
    assert_eq!(
        rendered(&Keys::All, "Opaque", &of(&[1; MOST_KEYS + 1])),
        too_large
    );
    let keys = chosen(&[("a", "k0", false), ("b", "k0", false), ("c", "k0", false)]);
    assert_eq!(
        rendered(&keys, "Opaque", &of(&[half])),
        too_large,
        "a value counts each time"
    );
}

#[test]
fn has_keys_means_these_and_no_others() {
    let pairs = pairs(&[("b", "2"), ("a", "1")]);
    let content = render(&Keys::All, "Opaque", &pairs).ok().unwrap();
    let has = |keys: &[&str]| {
        let keys: BTreeSet<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        content.has_keys(keys.iter())
    };
    assert!(has(&["a", "b"]));
    assert!(!has(&["a"]) && !has(&["a", "b", "c"]) && !has(&["a", "c"]) && !has(&[]));
}

fn key(bytes: &[u8]) -> InstallationKey {
    InstallationKey::new(Value::new(bytes.to_vec()))
}

fn mark(key: &InstallationKey, type_: &str, entries: &[(String, Vec<u8>)]) -> String {
    let value = |(name, value): &(String, Vec<u8>)| (name.clone(), Value::new(value.clone()));
    let pairs = Pairs(entries.iter().map(value).collect());
    key.mark(type_, &render(&Keys::All, type_, &pairs).ok().unwrap())
}

#[test]
fn a_mark_is_the_id_of_the_key_and_a_keyed_hash_and_stays_what_it_is() {
    let mark = mark(&key(&[1; 32]), "Opaque", &own(&[("a", "1"), ("b", CANARY)]));
    // Another mark for the same content would write every Secret of every installation once more.
    let hash = "9d889a0ecb243cb562e8bef2045ce7217236914e1331461866e9f715f216600d";
    assert_eq!(mark, format!("56161267.{hash}"));
    let (id, hash) = mark.split_once('.').unwrap();
    let hex = |text: &str| text.bytes().all(|byte| b"0123456789abcdef".contains(&byte));
    assert!(
        id.len() == 8 && hash.len() == 64 && hex(id) && hex(hash),
        "{mark}"
    );
}

#[test]
fn marks_tell_apart_parts_that_run_into_each_other() {
    let key = key(&[1; 32]);
    let contents = [
        own(&[("a", "b")]),
        own(&[("ab", "")]),
        own(&[("a", ""), ("b", "")]),
        own(&[("a", "bc"), ("d", "")]),
        own(&[("a", "b"), ("c", "d")]),
        own(&[("a", "b"), ("cd", "")]),
        own(&[("a", "b\0c")]),
    ];
    let marks: BTreeSet<_> = contents
        .iter()
        .map(|content| mark(&key, "Opaque", content))
        .collect();
    assert_eq!(marks.len(), contents.len());
    assert_ne!(
        mark(&key, "Opaquea", &contents[0]),
        mark(&key, "Opaque", &own(&[("aa", "b")]))
    );
}

fn content() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    let entries =
        prop::collection::btree_map("[a-c]{1,3}", prop::collection::vec(0_u8..3, 0..4), 1..5);
    entries.prop_map(|entries| entries.into_iter().collect())
}

proptest! {
    #[test]
    fn a_mark_changes_exactly_when_type_keys_or_values_change(
        one in content(), other in content(), types in ("[ab]{1,2}", "[ab]{1,2}"),
    ) {
        let key = key(&[7; 32]);
        let same = one == other && types.0 == types.1;
        prop_assert_eq!(mark(&key, &types.0, &one) == mark(&key, &types.1, &other), same);
        let turned: Vec<_> = one.iter().rev().cloned().collect();
        prop_assert_eq!(mark(&key, &types.0, &one), mark(&key, &types.0, &turned));
    }

    #[test]
    fn other_keys_have_other_ids_and_other_hashes(one in any::<[u8; 32]>(), other in any::<[u8; 32]>()) {
        prop_assume!(one != other);
        let content = own(&[("a", "1")]);
        let (mine, others) = (mark(&key(&one), "Opaque", &content), mark(&key(&other), "Opaque", &content));
        let (mine, others) = (mine.split_once('.').unwrap(), others.split_once('.').unwrap());
        prop_assert_ne!(mine.0, others.0);
        prop_assert_ne!(mine.1, others.1);
    }

    #[test]
    fn r3_no_refusal_shows_a_value_and_no_content_has_an_illegal_or_unasked_key(
        names in prop::collection::btree_set("[a-c./ ]{0,3}", 0..6),
        choice in prop::option::of(prop::collection::btree_map("[a-c]{1,2}", ("[a-c./ ]{0,3}", any::<bool>()), 1..5)),
        type_ in prop::sample::select(vec!["Opaque", "kubernetes.io/tls", "kubernetes.io/basic-auth"]),
    ) {
        let pairs = Pairs(names.iter().map(|name| (name.clone(), Value::from(CANARY.to_owned()))).collect());
        let keys = match &choice {
            None => Keys::All,
            Some(choice) => Keys::Chosen(choice.iter().map(|(key, (from, optional))| ChosenKey {
                key: key.clone(), from: from.clone(), optional: *optional,
            }).collect()),
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
}
