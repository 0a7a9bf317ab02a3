//! The JSON text of one stage: its limits, and the next value of a rotation.

use std::collections::HashSet;
use std::fmt;

use fastrand::Rng;
use indexmap::IndexMap;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::random::RandomText;
use super::refusal::Refusal;
use super::text::Text;
use crate::behavior::{AddedPending, Behavior, Verdict};

/// Most bytes of one stage (`secretmanager-createsecret`).
pub const LARGEST_VALUE: usize = 10_000;
/// Most key-value pairs of one stage (`secretmanager-createsecret`).
pub const MOST_PAIRS: usize = 100;

type Pairs = IndexMap<String, Box<RawValue>>;

/// Checks the limits of a value.
pub(super) fn check(value: &Text, behavior: &Behavior) -> Result<(), Refusal> {
    pairs_within_limits(value, behavior).map(|_| ())
}

/// Checks a new secret's value together with the names of the keys that rotate.
pub(super) fn check_with_targets(
    value: &Text,
    targets: &[String],
    behavior: &Behavior,
) -> Result<(), Refusal> {
    let pairs = pairs_within_limits(value, behavior)?;
    if targets.is_empty() {
        return Err(Refusal::Invalid("rotationTargets must not be empty"));
    }
    if targets.iter().collect::<HashSet<_>>().len() < targets.len() {
        return Err(Refusal::Invalid("rotationTargets must be different"));
    }
    if targets.iter().all(|target| pairs.contains_key(target)) {
        Ok(())
    } else {
        Err(Refusal::Invalid(
            "rotationTargets must be keys of the value",
        ))
    }
}

/// The names of a value's keys, in their order; none when it is not a JSON object.
pub(super) fn keys(value: &Text) -> Vec<String> {
    parse(value)
        .map(|pairs| pairs.into_keys().collect())
        .unwrap_or_default()
}

/// The PENDING value of Add Pending Stage: random text for each rotation target.
pub(super) fn pending(
    active: Option<&Text>,
    targets: &[String],
    reading: AddedPending,
    random: &mut Rng,
) -> Result<Text, Refusal> {
    let mut pairs = match (reading, active) {
        (AddedPending::CopiesActive, Some(active)) => {
            parse(active).ok_or(Refusal::InvalidValue(NOT_AN_OBJECT))?
        }
        (AddedPending::OnlyTargets, _) | (_, None) => Pairs::new(),
    };
    for target in targets {
        let text = RandomText::for_pending().generate(random)?;
        let value = serde_json::value::to_raw_value(text.as_str())
            .map_err(|_| Refusal::InvalidValue("the value cannot be written as JSON"))?;
        pairs.insert(target.clone(), value);
    }
    let written = serde_json::to_string(&pairs)
        .map(Text::from)
        .map_err(|_| Refusal::InvalidValue("the value cannot be written as JSON"))?;
    check_bytes(&written)?;
    check_count(pairs.len())?;
    Ok(written)
}

const NOT_AN_OBJECT: &str = "the value must be a JSON object";

fn pairs_within_limits(value: &Text, behavior: &Behavior) -> Result<Pairs, Refusal> {
    check_bytes(value)?;
    let written = pairs_as_written(value).ok_or(Refusal::InvalidValue(NOT_AN_OBJECT))?;
    let count = written.len();
    check_count(count)?;
    let pairs: Pairs = written.into_iter().collect();
    if behavior.repeated_pairs == Verdict::Refused && pairs.len() < count {
        return Err(Refusal::InvalidValue("the value names a key twice"));
    }
    let texts_only = || pairs.values().all(|value| value.get().starts_with('"'));
    if behavior.nested_values == Verdict::Refused && !texts_only() {
        return Err(Refusal::InvalidValue(
            "the values of the pairs must be texts",
        ));
    }
    Ok(pairs)
}

fn check_bytes(value: &Text) -> Result<(), Refusal> {
    if value.as_str().len() > LARGEST_VALUE {
        return Err(Refusal::InvalidValue(
            "the value must be at most 10,000 bytes",
        ));
    }
    Ok(())
}

fn check_count(pairs: usize) -> Result<(), Refusal> {
    if !(1..=MOST_PAIRS).contains(&pairs) {
        return Err(Refusal::InvalidValue("the value must have 1 to 100 pairs"));
    }
    Ok(())
}

fn parse(value: &Text) -> Option<Pairs> {
    Some(pairs_as_written(value)?.into_iter().collect())
}

/// Every pair, also those whose key comes again.
fn pairs_as_written(value: &Text) -> Option<Vec<(String, Box<RawValue>)>> {
    serde_json::from_str(value.as_str())
        .ok()
        .map(|Written(pairs)| pairs)
}

struct Written(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Writing)
    }
}

struct Writing;

impl<'de> Visitor<'de> for Writing {
    type Value = Written;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Written, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Written(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_pairs(count: usize) -> String {
        let pairs: Vec<_> = (0..count).map(|n| format!("\"k{n}\":\"v\"")).collect();
        format!("{{{}}}", pairs.join(","))
    }

    fn with_bytes(length: usize) -> String {
        format!("{{\"k\":\"{}\"}}", "v".repeat(length - 8))
    }

    #[test]
    fn the_limits_are_kept() {
        let table = [
            (r#"{"abc":"cba"}"#.to_owned(), true),
            (r#"{"abc":1,"d":{"e":[null]}}"#.to_owned(), true),
            (with_pairs(100), true),
            (with_pairs(101), false),
            (r#"{"abc":"x","abc":"y"}"#.to_owned(), true),
            (format!("{{{}\"k\":1}}", "\"k\":1,".repeat(99)), true),
            (format!("{{{}\"k\":1}}", "\"k\":1,".repeat(100)), false),
            (with_bytes(10_000), true),
            (with_bytes(10_001), false),
            ("{}".to_owned(), false),
            ("[]".to_owned(), false),
            ("\"abc\"".to_owned(), false),
            ("null".to_owned(), false),
            (String::new(), false),
            ("{\"abc\":\"cba\"".to_owned(), false),
            ("{\"abc\":\"cba\"} x".to_owned(), false),
        ];
        for (text, allowed) in table {
            let checked = check(&Text::from(text.as_str()), &Behavior::default());
            assert_eq!(checked.is_ok(), allowed, "{text}");
        }
    }

    #[test]
    fn other_than_texts_can_be_refused() {
        let strict = Behavior {
            nested_values: Verdict::Refused,
            ..Behavior::default()
        };
        assert!(check(&Text::from(r#"{"a": "b"}"#), &strict).is_ok());
        assert!(check(&Text::from(r#"{"a": "b", "c": 1}"#), &strict).is_err());
    }

    #[test]
    fn a_key_that_comes_twice_can_be_refused() {
        let strict = Behavior {
            repeated_pairs: Verdict::Refused,
            ..Behavior::default()
        };
        assert!(check(&Text::from(r#"{"abc":"x","abd":"y"}"#), &strict).is_ok());
        assert!(check(&Text::from(r#"{"abc":"x","abc":"y"}"#), &strict).is_err());
        assert!(check(&Text::from(r#"{"abc":"x","\u0061bc":"y"}"#), &strict).is_err());
    }

    #[test]
    fn only_the_targets_get_new_values_and_the_order_stays() {
        let active = Text::from(r#"{"z":"kept","password":"old","a": 1.50}"#);
        let targets = ["password".to_owned()];
        let mut random = Rng::with_seed(7);
        let pending = pending(
            Some(&active),
            &targets,
            AddedPending::CopiesActive,
            &mut random,
        )
        .unwrap();
        let pairs = parse(&pending).unwrap();
        let names: Vec<_> = pairs.keys().map(String::as_str).collect();
        assert_eq!(names, ["z", "password", "a"]);
        assert_eq!(pairs["z"].get(), "\"kept\"");
        assert_eq!(pairs["a"].get(), "1.50");
        let password: String = serde_json::from_str(pairs["password"].get()).unwrap();
        assert_eq!(password.len(), 12);
    }

    #[test]
    fn the_targets_alone_can_be_pending() {
        let active = Text::from(r#"{"z":"kept","password":"old"}"#);
        let targets = ["password".to_owned()];
        let mut random = Rng::with_seed(7);
        let reading = AddedPending::OnlyTargets;
        let pending = pending(Some(&active), &targets, reading, &mut random).unwrap();
        assert_eq!(keys(&pending), ["password"]);
    }
}
