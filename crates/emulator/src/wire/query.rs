//! Queries of the two operations that have one.

use jiff::Timestamp;

use super::error::Failure;
use super::target::Target;
use crate::behavior::{Behavior, Verdict};

/// Entries on one page of the logs when no number is given (`secretmanager-getsecretlogs`).
const DEFAULT_LOG_PAGE: u32 = 100;

/// A number of pages or entries, 1 or more.
pub(super) type Count = usize;

/// Get Secret List: the page, counted from 1.
pub(super) fn list_page(target: Target, behavior: &Behavior) -> Result<Count, Failure> {
    page_number(&Query::parse(target)?, behavior)
}

/// Get Secret Logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LogQuery {
    pub keyword: Option<String>,
    pub page: Count,
    pub page_size: Count,
    pub from: Timestamp,
    pub to: Timestamp,
}

impl LogQuery {
    pub(super) fn parse(target: Target, behavior: &Behavior) -> Result<Self, Failure> {
        let query = Query::parse(target)?;
        let page_size = query.number("pageSize")?.unwrap_or(DEFAULT_LOG_PAGE);
        if !(1..=behavior.largest_log_page).contains(&page_size) {
            return Err(Failure::invalid("pageSize is out of range."));
        }
        Ok(Self {
            keyword: query.text("keyword")?,
            page: page_number(&query, behavior)?,
            page_size: count(page_size),
            from: query.moment("timestampFrom")?.unwrap_or(Timestamp::MIN),
            to: query.moment("timestampTo")?.unwrap_or(Timestamp::MAX),
        })
    }
}

fn page_number(query: &Query, behavior: &Behavior) -> Result<Count, Failure> {
    match query.number("pageNo")?.unwrap_or(1) {
        0 if behavior.page_zero == Verdict::Refused => Err(Failure::invalid("pageNo starts at 1.")),
        0 => Ok(1),
        page => Ok(count(page)),
    }
}

fn count(number: u32) -> Count {
    usize::try_from(number).unwrap_or(usize::MAX)
}

struct Query(Vec<(String, String)>);

impl Query {
    fn parse(target: Target) -> Result<Self, Failure> {
        let parameters = target.parameters()?;
        let owned = parameters
            .into_iter()
            .map(|(name, value)| (name.into_owned(), value.into_owned()));
        Ok(Self(owned.collect()))
    }

    /// A parameter that may occur once.
    fn text(&self, name: &str) -> Result<Option<String>, Failure> {
        let mut values = self.0.iter().filter(|(other, _)| other == name);
        let value = values.next().map(|(_, value)| value.clone());
        if values.next().is_some() {
            return Err(Failure::invalid(&format!("{name} occurs twice.")));
        }
        Ok(value)
    }

    fn number(&self, name: &str) -> Result<Option<u32>, Failure> {
        self.parsed(name, |text| text.parse().ok())
    }

    fn moment(&self, name: &str) -> Result<Option<Timestamp>, Failure> {
        self.parsed(name, |text| {
            Timestamp::from_millisecond(text.parse().ok()?).ok()
        })
    }

    fn parsed<T>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        self.text(name)?
            .map(|text| {
                parse(&text).ok_or_else(|| Failure::invalid(&format!("{name} {}.", fault(&text))))
            })
            .transpose()
    }
}

/// What is wrong with a number that cannot be used.
fn fault(text: &str) -> &'static str {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        "is not a number"
    } else if text.starts_with('-') {
        "is too small"
    } else {
        "is too large"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(target: &str) -> Option<Count> {
        list_page(Target::new(target), &Behavior::default()).ok()
    }

    #[test]
    fn the_page_of_the_list_is_a_number_from_one() {
        let table = [
            ("/x", Some(1)),
            ("/x?pageNo=3", Some(3)),
            ("/x?pageNo=0", Some(1)),
            ("/x?other=1", Some(1)),
            ("/x?pageNo=4294967295", Some(4_294_967_295)),
            ("/x?pageNo=4294967296", None),
            ("/x?pageNo=-1", None),
            ("/x?pageNo=", None),
            ("/x?pageNo=one", None),
            ("/x?pageNo=1&pageNo=2", None),
        ];
        for (target, expected) in table {
            assert_eq!(page(target), expected, "{target}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_number_is_told() {
        let table = [
            ("/x?pageNo=4294967296", "pageNo is too large."),
            ("/x?pageNo=-1", "pageNo is too small."),
            ("/x?pageNo=one", "pageNo is not a number."),
            ("/x?pageNo=", "pageNo is not a number."),
            ("/x?pageNo=1&pageNo=1", "pageNo occurs twice."),
            (
                "/x?timestampTo=99999999999999999",
                "timestampTo is too large.",
            ),
            (
                "/x?timestampFrom=-99999999999999999",
                "timestampFrom is too small.",
            ),
        ];
        for (target, told) in table {
            let refused = LogQuery::parse(Target::new(target), &Behavior::default()).err();
            assert_eq!(refused, Some(Failure::invalid(told)), "{target}");
        }
    }

    #[test]
    fn page_zero_can_be_refused() {
        let strict = Behavior {
            page_zero: Verdict::Refused,
            ..Behavior::default()
        };
        assert!(list_page(Target::new("/x?pageNo=0"), &strict).is_err());
    }

    #[test]
    fn logs_have_their_own_parameters() {
        let target =
            "/x?pageNo=2&pageSize=5&timestampFrom=1753067196000&keyword=Get%20Secret%20Log";
        let query = LogQuery::parse(Target::new(target), &Behavior::default()).unwrap();
        let expected = LogQuery {
            keyword: Some("Get Secret Log".to_owned()),
            page: 2,
            page_size: 5,
            from: Timestamp::from_millisecond(1_753_067_196_000).unwrap(),
            to: Timestamp::MAX,
        };
        assert_eq!(query, expected);
        for bad in ["/x?pageSize=0", "/x?pageSize=1001", "/x?timestampTo=soon"] {
            assert!(
                LogQuery::parse(Target::new(bad), &Behavior::default()).is_err(),
                "{bad}"
            );
        }
    }
}
