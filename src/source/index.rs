//! From the name of a secret to its ID, which the service cannot look up: the list of all secrets, kept.
//!
//! The list has no filter (`secretmanager-getsecretlist`), so looking up one name costs as much as looking up all
//! of them. Each host's list is read when a name is asked for that it does not show, by one asker for all, and at
//! most every [`SHORTEST_AGE`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::budget::Allowance;
use super::call_error::CallError;
use super::calls::Caller;
use super::endpoints::{Endpoint, Route};
use super::listing::{Bearer, read_all};
use crate::core::remote::{Failure, Host, LookError};

/// The least clock time between two readings of one host's list: short, because people make a secret and then at once
/// the object that names it; objects whose name is missing ask ever more rarely by themselves.
pub(super) const SHORTEST_AGE: SignedDuration = SignedDuration::from_secs(5);

/// The same when a name is known and only may have got a better bearer, because each reading costs calls.
pub(super) const SHORTEST_AGE_OF_DOUBT: SignedDuration = SignedDuration::from_mins(10);

/// The names of one credential's secrets, on the hosts that its store may ask.
pub(super) struct Index {
    first: Arc<Shelf>,
    second: Option<Arc<Shelf>>,
}

/// Where a name was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) id: Box<str>,
    pub(super) host: Host,
}

/// Why a name leads to no ID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FindError {
    /// No list shows the name.
    NotListed,
    /// Several secrets bear it.
    Ambiguous,
    /// A list could not be read.
    List(CallError),
}

impl From<FindError> for LookError {
    fn from(error: FindError) -> Self {
        match error {
            FindError::NotListed => Self::NameNotFound,
            FindError::Ambiguous => Self::NameAmbiguous,
            FindError::List(error) => error.into(),
        }
    }
}

impl Index {
    /// An empty index; the lists are read when a name is asked for.
    pub(super) fn new(caller: &Arc<Caller>, route: &Route) -> Self {
        let shelf = |endpoint: &Endpoint| Arc::new(Shelf::new(caller.clone(), endpoint.clone()));
        Self {
            first: shelf(&route.first),
            second: route.second.as_ref().map(shelf),
        }
    }

    /// The ID behind a name, from the lists as they were read last if they show it.
    pub(super) async fn find(&self, name: &str, allowance: &Allowance) -> Result<Found, FindError> {
        for shelf in self.shelves() {
            match shelf.bearer(name) {
                Some(Bearer::One(id)) => return Ok(shelf.found(id)),
                Some(Bearer::Several) => break,
                None => {}
            }
        }
        self.find_again(name, None, SHORTEST_AGE, allowance).await
    }

    /// The ID behind a name for somebody who has reason to doubt `doubted`: lists older than `age` are read again,
    /// the second one only if the first does not show another bearer.
    ///
    /// The answer is `doubted` itself when the lists, new or too young to be read again, still show it.
    pub(super) async fn find_again(
        &self,
        name: &str,
        doubted: Option<&str>,
        age: SignedDuration,
        allowance: &Allowance,
    ) -> Result<Found, FindError> {
        let mut still = Err(FindError::NotListed);
        for shelf in self.shelves() {
            let found = match shelf.renew(age, allowance).await {
                Ok(()) => match shelf.bearer(name) {
                    Some(Bearer::One(id)) => Ok(shelf.found(id)),
                    Some(Bearer::Several) => return Err(FindError::Ambiguous),
                    None => continue,
                },
                Err(error) if error.may_be_elsewhere() => Err(FindError::List(error)),
                Err(error) => return Err(FindError::List(error)),
            };
            match &found {
                Ok(found) if doubted != Some(&*found.id) => return Ok(found.clone()),
                _ => still = prefer(still, found),
            }
        }
        still
    }

    fn shelves(&self) -> impl Iterator<Item = &Arc<Shelf>> {
        std::iter::once(&self.first).chain(&self.second)
    }
}

/// Of two answers that are no good one the one that claims less: a list that could not be read, the doubted
/// bearer, no bearer.
fn prefer(
    one: Result<Found, FindError>,
    other: Result<Found, FindError>,
) -> Result<Found, FindError> {
    match (one, other) {
        (Err(FindError::List(one)), Err(FindError::List(other))) => {
            Err(FindError::List(one.or_more_cautious(other)))
        }
        (Err(FindError::NotListed) | Ok(_), other) => other,
        (one, _) => one,
    }
}

/// The list of one host.
struct Shelf {
    caller: Arc<Caller>,
    endpoint: Endpoint,
    held: Mutex<Held>,
    reading: Arc<tokio::sync::Mutex<()>>,
}

/// What the readings of the list came to.
#[derive(Default)]
struct Held {
    bearers: HashMap<Box<str>, Bearer>,
    tried: Option<Timestamp>,
    error: Option<CallError>,
}

impl Shelf {
    fn new(caller: Arc<Caller>, endpoint: Endpoint) -> Self {
        Self {
            caller,
            endpoint,
            held: Mutex::default(),
            reading: Arc::default(),
        }
    }

    fn found(&self, id: Box<str>) -> Found {
        Found {
            id,
            host: self.endpoint.host,
        }
    }

    fn bearer(&self, name: &str) -> Option<Bearer> {
        self.held().bearers.get(name).cloned()
    }

    /// Reads the list unless it was tried less than `age` ago; then the outcome of that time stands.
    ///
    /// The reading goes on when the asker gives up, or a list that takes longer than a look may would never be
    /// read to its end.
    async fn renew(
        self: &Arc<Self>,
        age: SignedDuration,
        allowance: &Allowance,
    ) -> Result<(), CallError> {
        let turn = self.reading.clone().lock_owned().await;
        if let Some(outcome) = self.outcome_within(age) {
            return outcome;
        }
        let (owned, allowance) = (self.clone(), allowance.for_others());
        let reading = tokio::spawn(async move {
            let outcome = owned.read(&allowance).await;
            drop(turn);
            outcome
        });
        reading
            .await
            .unwrap_or_else(|_| Err(Failure::Interrupted.into()))
    }

    fn outcome_within(&self, age: SignedDuration) -> Option<Result<(), CallError>> {
        let held = self.held();
        let passed = self
            .caller
            .transport()
            .clock()
            .now()
            .duration_since(held.tried?);
        // A clock that was set back must not keep the list from being read.
        let young = passed < age && !passed.is_negative();
        young.then(|| held.error.clone().map_or(Ok(()), Err))
    }

    async fn read(&self, allowance: &Allowance) -> Result<(), CallError> {
        let began = self.caller.transport().clock().now();
        let outcome = read_all(&self.caller, &self.endpoint, allowance).await;
        let mut held = self.held();
        held.tried = Some(began);
        match outcome {
            Ok(bearers) => {
                held.bearers = bearers;
                held.error = None;
                Ok(())
            }
            Err(error) => {
                held.error = Some(error.clone());
                Err(error)
            }
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
