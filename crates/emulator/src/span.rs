//! Spans as people write them: `90s`, `30m`, `24h`, `7d`.

use jiff::{SignedDuration, Span, SpanRelativeTo};
use serde::{Deserialize, Deserializer, de};

/// A text is no span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a span such as 90s, 30m, 24h or 7d")]
pub(crate) struct NoSpan;

/// Reads a span. A day has 24 hours, and a week seven days.
pub(crate) fn parse(text: &str) -> Result<SignedDuration, NoSpan> {
    text.parse().or_else(|_| {
        let span: Span = text.parse().map_err(|_| NoSpan)?;
        span.to_duration(SpanRelativeTo::days_are_24_hours())
            .map_err(|_| NoSpan)
    })
}

/// Reads a span of a file or a body.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<SignedDuration, D::Error> {
    // Anything else than a text is no span, and the message shall say what would be one.
    let text = String::deserialize(deserializer).map_err(|_| de::Error::custom(NoSpan))?;
    parse(&text).map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_days_and_weeks_but_no_months() {
        let hours = |hours| Some(SignedDuration::from_hours(hours));
        let table = [
            ("90s", Some(SignedDuration::from_secs(90))),
            ("1h 30m", Some(SignedDuration::from_mins(90))),
            ("1d", hours(24)),
            ("7d", hours(168)),
            ("1d 12h", hours(36)),
            ("1w", hours(168)),
            ("PT24H", hours(24)),
            ("P1D", hours(24)),
            ("-1h", hours(-1)),
            ("1mo", None),
            ("1y", None),
            ("soon", None),
            ("24", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse(text).ok(), expected, "{text}");
        }
    }
}
