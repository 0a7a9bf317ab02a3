//! The list of all secrets of one host, read to its end, and who bears each name.

use std::collections::{HashMap, HashSet};

use super::answers::Listed;
use super::budget::Allowance;
use super::call_error::CallError;
use super::calls::Caller;
use super::endpoints::Endpoint;
use crate::core::remote::{Failure, Lifecycle};

/// The most pages and the most secrets of one list; neither a page's size nor a limit of secrets is documented.
const MOST_PAGES: u32 = 1_000;
const MOST_SECRETS: usize = 50_000;

/// Who bears a name on one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Bearer {
    One(Box<str>),
    Several,
}

/// Reads page after page to the announced last one, or to an empty one; what a page past the end holds is not
/// documented.
pub(super) async fn read_all(
    caller: &Caller,
    endpoint: &Endpoint,
    allowance: &Allowance,
) -> Result<HashMap<Box<str>, Bearer>, CallError> {
    let mut seen = HashSet::new();
    let mut names = Names::default();
    for number in 1..=MOST_PAGES {
        let page = caller.list(allowance, endpoint, number).await?;
        let last = page.pages.map(|last| i64::from(number) >= last);
        let mut repeats = !page.secrets.is_empty();
        for secret in page.secrets {
            // A secret that moved to the next page meanwhile is listed twice, and counts once.
            if seen.insert(secret.id.clone()) {
                repeats = false;
                names.add(secret);
            }
        }
        if page.empty || last == Some(true) {
            return Ok(names.bearers());
        }
        if repeats {
            return match last {
                None => Ok(names.bearers()),
                Some(_) => Err(Failure::Malformed.into()),
            };
        }
        if seen.len() > MOST_SECRETS {
            break;
        }
    }
    Err(Failure::TooLarge.into())
}

/// The bearers of each name while a list is read: those that are in use, and those on their way out.
#[derive(Default)]
struct Names(HashMap<Box<str>, (Option<Bearer>, Option<Bearer>)>);

impl Names {
    fn add(&mut self, secret: Listed) {
        let (in_use, leaving) = self.0.entry(secret.name.into()).or_default();
        let bearer = match secret.lifecycle {
            Lifecycle::Revoke | Lifecycle::Destroyed => leaving,
            _ => in_use,
        };
        *bearer = Some(match bearer {
            None => Bearer::One(secret.id.into()),
            Some(_) => Bearer::Several,
        });
    }

    /// A secret on its way out bears its name only if no other does.
    fn bearers(self) -> HashMap<Box<str>, Bearer> {
        self.0
            .into_iter()
            .filter_map(|(name, (in_use, leaving))| Some((name, in_use.or(leaving)?)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(secrets: &[(&str, Lifecycle)]) -> Option<Bearer> {
        let mut names = Names::default();
        for (id, lifecycle) in secrets {
            names.add(Listed {
                id: (*id).to_owned(),
                name: "name".to_owned(),
                lifecycle: lifecycle.clone(),
            });
        }
        names.bearers().remove("name")
    }

    #[test]
    fn secrets_on_their_way_out_lose_their_name_to_others() {
        use Lifecycle::{Destroyed, Disable, Enable, Revoke};
        let one = |id: &str| Some(Bearer::One(id.into()));
        assert_eq!(bearer(&[]), None);
        assert_eq!(bearer(&[("1", Enable)]), one("1"));
        assert_eq!(bearer(&[("1", Revoke)]), one("1"));
        assert_eq!(bearer(&[("1", Revoke), ("2", Enable)]), one("2"));
        assert_eq!(bearer(&[("2", Disable), ("1", Destroyed)]), one("2"));
        assert_eq!(
            bearer(&[("1", Revoke), ("3", Destroyed), ("2", Enable)]),
            one("2")
        );
        assert_eq!(
            bearer(&[("1", Enable), ("2", Disable)]),
            Some(Bearer::Several)
        );
        assert_eq!(
            bearer(&[("1", Revoke), ("2", Revoke)]),
            Some(Bearer::Several)
        );
        assert_eq!(
            bearer(&[("1", Enable), ("2", Enable), ("3", Revoke)]),
            Some(Bearer::Several)
        );
    }
}
