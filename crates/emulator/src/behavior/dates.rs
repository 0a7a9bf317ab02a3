//! Days and dates as the switches have them.

use jiff::{SignedDuration, Timestamp};

use super::{Behavior, RotationDate};

const SHORTEST_DAY: SignedDuration = SignedDuration::from_secs(1);

impl Behavior {
    /// How long `days` last here.
    pub(crate) fn days(&self, days: u32) -> SignedDuration {
        let days = i32::try_from(days).unwrap_or(i32::MAX);
        self.day
            .max(SHORTEST_DAY)
            .checked_mul(days)
            .unwrap_or(SignedDuration::MAX)
    }

    /// The date of automatic rotation `days` after `from` (`secretmanager-createsecret`, its example).
    pub(crate) fn rotation_date(&self, from: Timestamp, days: u32) -> Timestamp {
        let exact = from
            .saturating_add(self.days(days))
            .unwrap_or(Timestamp::MAX);
        match self.rotation_date {
            RotationDate::Exact => exact,
            RotationDate::RoundedUp => rounded_up(exact, self.day.max(SHORTEST_DAY) / 24),
        }
    }
}

fn rounded_up(moment: Timestamp, step: SignedDuration) -> Timestamp {
    let step = step.as_nanos().max(1);
    let over = moment.as_nanosecond().rem_euclid(step);
    if over == 0 {
        return moment;
    }
    Timestamp::from_nanosecond(moment.as_nanosecond() + step - over).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_example_gives_the_documented_date() {
        let registered = Timestamp::from_millisecond(1_753_065_580_243).unwrap();
        let next = Behavior::default().rotation_date(registered, 90);
        assert_eq!(next.as_millisecond(), 1_760_842_800_000);
    }

    #[test]
    fn a_date_on_the_full_hour_stays() {
        let registered = Timestamp::from_millisecond(1_760_842_800_000).unwrap();
        let next = Behavior::default().rotation_date(registered, 1);
        assert_eq!(next, registered + SignedDuration::from_hours(24));
    }

    #[test]
    fn a_shorter_day_shortens_periods_and_rounding() {
        let behavior = Behavior {
            day: SignedDuration::from_secs(24),
            ..Behavior::default()
        };
        let registered = Timestamp::from_millisecond(10_500).unwrap();
        let next = behavior.rotation_date(registered, 2);
        assert_eq!(next.as_millisecond(), 59_000);
    }

    #[test]
    fn a_day_of_no_length_still_lasts_a_second() {
        let behavior = Behavior {
            day: SignedDuration::ZERO,
            ..Behavior::default()
        };
        assert_eq!(behavior.days(7), SignedDuration::from_secs(7));
    }
}
