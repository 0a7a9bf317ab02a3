//! Fields of answers, read tolerantly: the pages of the API do not agree on types, nor on what is left out.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// A number or a text, whichever the service chose; anything else counts as absent.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Loose {
    Number(i64),
    Text(String),
    Other(IgnoredAny),
}

/// 2000-01-01 and 2200-01-01; placeholders (0) and times in another unit fall outside.
const PLAUSIBLE: std::ops::Range<i64> = 946_684_800_000..7_258_118_400_000;

/// The text, or the digits of the number.
pub(super) fn text(field: Option<Loose>) -> Option<String> {
    match field? {
        Loose::Number(number) => Some(number.to_string()),
        Loose::Text(text) => Some(text),
        Loose::Other(_) => None,
    }
}

/// The number, also when it stands in a text.
pub(super) fn number(field: Option<&Loose>) -> Option<i64> {
    match field? {
        Loose::Number(number) => Some(*number),
        Loose::Text(text) => text.trim().parse().ok(),
        Loose::Other(_) => None,
    }
}

/// A moment in milliseconds since the epoch; none if it lies where no secret's dates can.
pub(super) fn moment(field: Option<&Loose>) -> Option<Timestamp> {
    let milliseconds = number(field).filter(|ms| PLAUSIBLE.contains(ms))?;
    Timestamp::from_millisecond(milliseconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loose(json: &str) -> Option<Loose> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn numbers_are_read_as_numbers_and_as_text() {
        for (json, wanted) in [
            ("90", Some(90)),
            ("\"90\"", Some(90)),
            ("\" 90 \"", Some(90)),
            ("-1", Some(-1)),
            ("null", None),
            ("\"\"", None),
            ("\"ninety\"", None),
            ("1.5", None),
            ("99999999999999999999", None),
            ("{\"a\":1}", None),
            ("[90]", None),
            ("true", None),
        ] {
            assert_eq!(number(loose(json).as_ref()), wanted, "{json}");
        }
    }

    #[test]
    fn texts_are_read_as_text_and_as_numbers() {
        for (json, wanted) in [
            ("\"210\"", Some("210")),
            ("210", Some("210")),
            ("null", None),
            ("false", None),
        ] {
            assert_eq!(text(loose(json)).as_deref(), wanted, "{json}");
        }
    }

    #[test]
    fn absurd_times_are_none() {
        for (json, wanted) in [
            ("1760842800000", Some("2025-10-19T03:00:00Z")),
            ("\"1760842800000\"", Some("2025-10-19T03:00:00Z")),
            ("946684800000", Some("2000-01-01T00:00:00Z")),
            ("0", None),
            ("-1", None),
            ("1760842800", None),
            ("1760842800000000", None),
            ("9223372036854775807", None),
        ] {
            let wanted = wanted.map(|text| text.parse().unwrap());
            assert_eq!(moment(loose(json).as_ref()), wanted, "{json}");
        }
    }
}
