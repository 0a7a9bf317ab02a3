//! From the text of a value to its pairs.
//!
//! The service keeps a value as the text of one JSON object (`secretmanager-createsecret`). Its examples hold
//! strings only; what else may stand in it is not documented, so anything else is kept as the text it was
//! written as, and no number loses a digit.

use std::collections::HashSet;
use std::fmt;

use serde::Deserializer as _;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use super::remote::{Pair, Pairs, Unreadable};
use crate::value::Value;

/// Reads the pairs of a value, in the order in which they were written; `{}` has none.
///
/// A string is taken as the text it stands for, anything else (numbers, booleans, `null`, arrays, objects) as
/// the bytes of its JSON.
///
/// # Errors
///
/// [`Unreadable::NotJson`] for what is no JSON text, or escapes half a surrogate pair in a name or a string;
/// [`Unreadable::NotAnObject`]; [`Unreadable::DuplicateKey`] for a name that stands twice, however it is escaped.
pub fn parse(text: &[u8]) -> Result<Pairs, Unreadable> {
    let whole: &RawValue = serde_json::from_slice(text).map_err(|_| Unreadable::NotJson)?;
    if !whole.get().starts_with('{') {
        return Err(Unreadable::NotAnObject);
    }
    let members = members(whole).map_err(|_| Unreadable::NotJson)?;
    if let Some(twice) = first_twice(&members) {
        return Err(Unreadable::DuplicateKey(twice.to_owned()));
    }
    members
        .into_iter()
        .map(|(name, json)| pair(name, json))
        .collect::<Result<_, _>>()
        .map(Pairs)
}

fn pair(name: String, json: &RawValue) -> Result<Pair, Unreadable> {
    let is_text = json.get().starts_with('"');
    let value = if is_text {
        let text: String = serde_json::from_str(json.get()).map_err(|_| Unreadable::NotJson)?;
        Value::from(text)
    } else {
        Value::new(json.get().as_bytes().to_vec())
    };
    Ok(Pair {
        name,
        value,
        is_text,
    })
}

fn first_twice<'a>(members: &'a [(String, &RawValue)]) -> Option<&'a str> {
    let mut names = HashSet::with_capacity(members.len());
    members
        .iter()
        .map(|(name, _)| name.as_str())
        .find(|name| !names.insert(*name))
}

/// The members of an object with the text of each; nothing is descended into, so no depth can exhaust the stack.
fn members(object: &RawValue) -> serde_json::Result<Vec<(String, &RawValue)>> {
    struct Members;

    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(String, &'de RawValue)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some(member) = map.next_entry()? {
                members.push(member);
            }
            Ok(members)
        }
    }

    serde_json::Deserializer::from_str(object.get()).deserialize_map(Members)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(text: &str) -> Result<Vec<(String, Vec<u8>)>, Unreadable> {
        parse(text.as_bytes()).map(|pairs| {
            pairs
                .iter()
                .map(|(name, value)| (name.to_owned(), value.expose().to_vec()))
                .collect()
        })
    }

    fn is(text: &str, wanted: &[(&str, &str)]) {
        let wanted: Vec<_> = wanted
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
            .collect();
        assert_eq!(pairs(text), Ok(wanted), "{text}");
    }

    #[test]
    fn strings_are_what_they_stand_for() {
        is(r#"{"abc":"cba"}"#, &[("abc", "cba")]);
        is(r#"{"a":""}"#, &[("a", "")]);
        is(
            r#"{"a":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"}"#,
            &[("a", "\"\\/\u{8}\u{c}\n\r\té😀")],
        );
        is("{\"é\\u0041\":\"한글\"}", &[("éA", "한글")]);
    }

    #[test]
    fn everything_else_is_the_text_it_was_written_as() {
        is(
            r#" { "n" : 1.50 , "big":123456789012345678901234567890, "e":-0.0E+07 } "#,
            &[
                ("n", "1.50"),
                ("big", "123456789012345678901234567890"),
                ("e", "-0.0E+07"),
            ],
        );
        is(
            r#"{"t":true,"f":false,"z":null}"#,
            &[("t", "true"), ("f", "false"), ("z", "null")],
        );
        is(
            r#"{"o":{ "b" : 1, "b" : "\u0041" },"a":[ 1 ,"\ud800" ]}"#,
            &[
                ("o", r#"{ "b" : 1, "b" : "\u0041" }"#),
                ("a", r#"[ 1 ,"\ud800" ]"#),
            ],
        );
    }

    #[test]
    fn the_order_is_kept_and_an_empty_object_has_no_pairs() {
        is(
            r#"{"z":"1","a":"2","m":"3"}"#,
            &[("z", "1"), ("a", "2"), ("m", "3")],
        );
        is("{}", &[]);
        is(" \n{ }\t", &[]);
    }

    #[test]
    fn what_is_no_json_is_said_to_be_none() {
        for text in [
            "",
            " ",
            "{",
            "}",
            "password",
            "{'a':1}",
            r#"{"a":1,}"#,
            r#"{"a":"1"}}"#,
            r#"{"a":"1"} x"#,
            r#"{"a":01}"#,
            r#"{"a":NaN}"#,
            "{\"a\":\"line\nbreak\"}",
            r#"{"a":"\ud800"}"#,
            r#"{"\ud800":"a"}"#,
            "\u{feff}{}",
        ] {
            assert_eq!(pairs(text), Err(Unreadable::NotJson), "{text:?}");
        }
        assert_eq!(
            parse(b"{\"a\":\"\xff\"}").map(|_| ()),
            Err(Unreadable::NotJson)
        );
    }

    #[test]
    fn json_of_another_kind_is_no_object() {
        for text in ["null", "true", "1", "\"{}\"", "[]", r#"[{"a":"b"}]"#] {
            assert_eq!(pairs(text), Err(Unreadable::NotAnObject), "{text}");
        }
    }

    #[test]
    fn a_name_stands_once_however_it_is_escaped() {
        assert_eq!(
            pairs(r#"{"a":"1","b":"2","\u0061":"3"}"#),
            Err(Unreadable::DuplicateKey("a".to_owned()))
        );
        is(r#"{"a":"1","A":"2"}"#, &[("a", "1"), ("A", "2")]);
    }

    #[test]
    fn depth_exhausts_nothing() {
        let deep = "[".repeat(200_000) + &"]".repeat(200_000);
        assert_eq!(pairs(&deep), Err(Unreadable::NotAnObject));
        is(&format!("{{\"a\":{deep}}}"), &[("a", &deep)]);
        let objects = "{\"a\":".repeat(100_000) + "1" + &"}".repeat(100_000);
        is(
            &objects,
            &[("a", objects[5..objects.len() - 1].to_owned().as_str())],
        );
        assert_eq!(pairs(&"[".repeat(500_000)), Err(Unreadable::NotJson));
    }

    proptest! {
        #[test]
        fn strings_in_are_strings_out(wanted in prop::collection::btree_map(".*", ".*", 0..20)) {
            let text = serde_json::to_string(&wanted).unwrap();
            let wanted: Vec<_> = wanted
                .into_iter()
                .map(|(name, value)| (name, value.into_bytes()))
                .collect();
            prop_assert_eq!(pairs(&text), Ok(wanted));
        }

        #[test]
        fn numbers_keep_every_digit(number in r"-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,5})?") {
            let text = format!("{{\"n\":{number}}}");
            prop_assert_eq!(pairs(&text), Ok(vec![("n".to_owned(), number.into_bytes())]));
        }

        #[test]
        fn no_input_harms(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn nothing_json_like_harms(text in r#"[\[\]{}:,"\\u0-9a-f \-.eEtrnul]{0,60}"#) {
            let _ = parse(text.as_bytes());
        }

        #[test]
        fn no_error_shows_a_value(value in "[a-z]{12,30}", tail in "[\\]}\",x]{1,3}") {
            for text in [
                format!("{{\"k\":\"{value}\"{tail}"),
                format!("{{\"k\":\"{value}\",\"k\":\"{value}\"}}"),
                format!("[\"{value}\"]"),
                value.clone(),
            ] {
                if let Err(error) = parse(text.as_bytes()) {
                    let shown = format!("{error:?}");
                    prop_assert!(!shown.contains(&value));
                }
            }
        }
    }
}
