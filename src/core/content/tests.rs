use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const CANARY: &str = "canary-value-1f0e";

fn own(entries: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
    entries
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec()))
        .collect()
}

fn content_of(entries: &[(String, Vec<u8>)]) -> Content<'static> {
    let mut content = Content::default();
    for (key, value) in entries {
        let value = Value::new(value.clone());
        content
            .add(Cow::Owned(key.clone()), Held::Made(value))
            .unwrap();
    }
    content
}

#[test]
fn has_keys_means_these_and_no_others() {
    let content = content_of(&own(&[("b", "2"), ("a", "1")]));
    let has = |keys: &[&str]| {
        let keys: BTreeSet<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        content.has_keys(keys.iter())
    };
    assert!(has(&["a", "b"]));
    assert!(!has(&["a"]) && !has(&["a", "b", "c"]) && !has(&["a", "c"]) && !has(&[]));
}

#[test]
fn a_value_that_was_made_is_hashed_as_one_that_was_read() {
    let value = Value::from("1".to_owned());
    let read = Content::single("a", &value);
    let key = key(&[1; 32]);
    assert_eq!(
        key.mark("uid", "Opaque", &read),
        mark(&key, "Opaque", &own(&[("a", "1")]))
    );
}

fn key(bytes: &[u8]) -> InstallationKey {
    InstallationKey::new(Value::new(bytes.to_vec()))
}

fn mark(key: &InstallationKey, type_: &str, entries: &[(String, Vec<u8>)]) -> String {
    key.mark("uid", type_, &content_of(entries))
}

#[test]
fn a_mark_is_the_id_of_the_key_and_a_keyed_hash_and_stays_what_it_is() {
    let mark = mark(&key(&[1; 32]), "Opaque", &own(&[("a", "1"), ("b", CANARY)]));
    // Another mark for the same content would write every Secret of every installation once more.
    let hash = "566bee2406fbf8d49c54542f426a946d483f9d1e5b44da75e74e82a8500404bd";
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

fn contents() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    let entries =
        prop::collection::btree_map("[a-c]{1,3}", prop::collection::vec(0_u8..3, 0..4), 1..5);
    entries.prop_map(|entries| entries.into_iter().collect())
}

proptest! {
    #[test]
    fn a_mark_changes_exactly_when_type_keys_or_values_change(
        one in contents(), other in contents(), types in ("[ab]{1,2}", "[ab]{1,2}"),
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
}

#[test]
fn r3_two_objects_with_the_same_content_have_different_marks() {
    let key = key(&[1; 32]);
    let content = content_of(&own(&[("password", "hunter2")]));
    let one = key.mark("one", "Opaque", &content);
    let other = key.mark("other", "Opaque", &content);
    assert_ne!(one, other, "a guess would be confirmed by comparing status");
}
