//! Moments, sizes and speeds as people read them.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// Most characters that a list shows of a text that a client made up.
const LONGEST: usize = 48;

/// A moment as a page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Moment {
    text: String,
    /// For programs that read the page.
    machine: String,
    /// How far it is from now.
    away: String,
}

impl Moment {
    pub(super) fn new(moment: Timestamp, now: Timestamp) -> Self {
        Self {
            text: moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
            machine: moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            away: away(moment.duration_since(now)),
        }
    }
}

fn away(span: SignedDuration) -> String {
    let seconds = span.as_secs().unsigned_abs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let far = match (days, hours, minutes) {
        (0, 0, 0) if seconds == 0 => return "now".to_owned(),
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    };
    if span.is_negative() {
        format!("{far} ago")
    } else {
        format!("in {far}")
    }
}

/// How fast a clock runs.
pub(super) fn speed(speed: f64) -> String {
    if speed <= 0.0 {
        "frozen".to_owned()
    } else if (speed - 1.0).abs() < f64::EPSILON {
        "runs at normal speed".to_owned()
    } else {
        format!("runs at {speed} times normal speed")
    }
}

/// The size of a value.
pub(super) fn size(text: &str) -> String {
    match text.len() {
        1 => "1 byte".to_owned(),
        bytes => format!("{bytes} bytes"),
    }
}

/// The beginning of a text that may be very long.
pub(super) fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_says_how_far_it_is() {
        let table = [
            (0, "now"),
            (59, "in 59 s"),
            (-60, "1 min ago"),
            (3_661, "in 1 h 1 min"),
            (-90_000, "1 d 1 h ago"),
            (7 * 86_400, "in 7 d 0 h"),
        ];
        for (seconds, words) in table {
            assert_eq!(away(SignedDuration::from_secs(seconds)), words);
        }
        let ends = Moment::new(Timestamp::MAX, Timestamp::MIN);
        assert!(ends.text.starts_with("9999-12-30") && ends.away.starts_with("in "));
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(short("short"), "short");
        let long = short(&"한".repeat(1_000));
        assert_eq!(long.chars().count(), LONGEST + 1);
    }

    #[test]
    fn a_speed_is_told_in_words() {
        assert_eq!(speed(0.0), "frozen");
        assert_eq!(speed(1.0), "runs at normal speed");
        assert_eq!(speed(0.5), "runs at 0.5 times normal speed");
        assert_eq!(speed(3600.0), "runs at 3600 times normal speed");
    }
}
