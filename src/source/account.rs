//! One credential in one region, and a look at a secret with it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thiserror::Error;

use super::answers::{Chain, Staged};
use super::budget::Allowance;
use super::call_error::CallError;
use super::calls::Caller;
use super::credentials::Credentials;
use super::endpoints::{Endpoint, Route};
use super::index::{FindError, Index, SHORTEST_AGE, SHORTEST_AGE_OF_DOUBT};
use super::transport::Transport;
use crate::api::terms::{KeyIsolation, Region, Stage};
use crate::core::pairs;
use crate::core::remote::{
    Facts, Failure, Host, Lifecycle, LookError, Reading, Remote, SourceRef, Unreadable, Wanted,
};
use crate::core::rotation::is_unfinished;

/// A credential with what was learnt by using it: the names of its secrets, and the hosts that know them.
///
/// Nothing that was learnt outlives it, so another credential means another account.
pub struct Account {
    caller: Arc<Caller>,
    route: Route,
    index: Index,
    /// The IDs that the second host turned out to know; all others are asked for at the first.
    at_second: Mutex<HashSet<Box<str>>>,
}

/// No host of the region serves secrets under such keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("secrets under global keys are not offered in this region")]
pub struct NotOffered;

impl Account {
    /// An account that has learnt nothing yet; no call is made.
    ///
    /// # Errors
    ///
    /// For global keys in Japan (`secretmanager-api-overview`).
    pub fn new(
        transport: Arc<Transport>,
        region: Region,
        isolation: KeyIsolation,
        credentials: Credentials,
    ) -> Result<Self, NotOffered> {
        let route = transport
            .endpoints()
            .route(region, isolation)
            .ok_or(NotOffered)?;
        let caller = Arc::new(Caller::new(transport, credentials));
        Ok(Self {
            index: Index::new(&caller, &route),
            caller,
            route,
            at_second: Mutex::default(),
        })
    }

    /// Looks at a secret once: its detail, and then, if its lifecycle can be read, the value of a stage. In that
    /// order a rotation that completes in between is never taken for idle.
    ///
    /// Two calls, or one if the lifecycle cannot be read; more for a name, for a secret whose host is not known
    /// yet, and for a value that is refused. The PENDING value costs none: it comes with the other, in one call for both.
    /// Once NCP has refused the credential or the clock no call is sent, until the account is
    /// [reopened](Self::reopen).
    ///
    /// # Errors
    ///
    /// When there are no facts to show: [`LookError`] says why. A failure after the detail call is a
    /// [`Reading::Failed`].
    pub async fn look(
        &self,
        source: &SourceRef,
        wanted: Wanted,
        allowance: &Allowance,
    ) -> Result<Remote, LookError> {
        let facts = match source {
            SourceRef::Id(id) => self.detail(id, None, allowance).await?,
            SourceRef::Name(name) => self.detail_by_name(name, allowance).await?,
        };
        self.read(facts, wanted, allowance).await
    }

    /// Sends calls again, although NCP refused the credential or the clock: it may have changed its mind.
    pub fn reopen(&self) {
        self.caller.reopen();
    }

    /// The addresses of the hosts that may know a secret.
    #[must_use]
    pub fn hosts(&self) -> String {
        let hosts = std::iter::once(&self.route.first).chain(&self.route.second);
        let addresses: Vec<_> = hosts.map(Endpoint::address).collect();
        addresses.join(" ")
    }

    /// Whether each host that may know a secret says by itself, now, that it does not exist.
    pub async fn is_unknown(&self, id: &str, allowance: &Allowance) -> bool {
        let hosts = std::iter::once(&self.route.first).chain(&self.route.second);
        for host in hosts {
            if self.caller.detail(allowance, host, id).await != Err(CallError::NotFound) {
                return false;
            }
        }
        true
    }

    /// The facts from whichever host knows the secret; the one that knew it last is asked first.
    async fn detail(
        &self,
        id: &str,
        listed_at: Option<Host>,
        allowance: &Allowance,
    ) -> Result<Facts, CallError> {
        let (first, second) = self.route.starting_at(self.known_at(id).or(listed_at));
        let facts = match (self.caller.detail(allowance, first, id).await, second) {
            (Err(error), Some(second)) if error.may_be_elsewhere() => self
                .caller
                .detail(allowance, second, id)
                .await
                .map_err(|other| error.or_more_cautious(other)),
            (answer, _) => answer,
        }?;
        self.remember(&facts);
        Ok(facts)
    }

    /// The facts of the secret that bears the name. The index is asked a second time when the secret is gone, has
    /// another name, or is on its way out while another may have taken its name.
    async fn detail_by_name(&self, name: &str, allowance: &Allowance) -> Result<Facts, LookError> {
        let found = self.index.find(name, allowance).await?;
        let answer = self.detail(&found.id, Some(found.host), allowance).await;
        let age = match &answer {
            Err(CallError::NotFound) => SHORTEST_AGE,
            Ok(facts) if !bears(facts, name) => SHORTEST_AGE,
            Ok(facts) if is_leaving(&facts.lifecycle) => SHORTEST_AGE_OF_DOUBT,
            _ => return Ok(answer?),
        };
        let again = self
            .index
            .find_again(name, Some(&found.id), age, allowance)
            .await;
        match (answer, again) {
            (_, Ok(other)) if other.id != found.id => {
                let facts = self.detail(&other.id, Some(other.host), allowance).await?;
                named(facts, name)
            }
            (Ok(facts), _) => named(facts, name),
            // The list may be older than the end of the secret, and its name already be another's.
            (Err(_), Ok(_)) => Err(LookError::NameNotFound),
            (Err(gone), Err(FindError::NotListed)) => Err(gone.into()),
            (Err(_), Err(error)) => Err(error.into()),
        }
    }

    async fn read(
        &self,
        facts: Facts,
        wanted: Wanted,
        allowance: &Allowance,
    ) -> Result<Remote, LookError> {
        if !facts.lifecycle.readable() {
            return Ok(Remote::without_pending(facts, Reading::Withheld));
        }
        if wanted == Wanted::ActiveAndPending && is_unfinished(&facts) {
            let endpoint = self.endpoint(facts.host);
            match self
                .caller
                .values(allowance, endpoint, &facts.secret_id)
                .await
            {
                Ok(Chain { active, pending }) => {
                    return Ok(Remote {
                        facts,
                        reading: reading(&active),
                        pending: match reading(&pending) {
                            Reading::Value(pairs) => Some(pairs),
                            _ => None,
                        },
                    });
                }
                // It may be refused only for what it shows besides the value in use.
                Err(error) if error.is_about_the_call() => {}
                Err(error) => {
                    let reading = Reading::Failed(error.into());
                    return Ok(Remote::without_pending(facts, reading));
                }
            }
        }
        self.read_stage(facts, wanted.stage(), allowance).await
    }

    async fn read_stage(
        &self,
        facts: Facts,
        stage: Stage,
        allowance: &Allowance,
    ) -> Result<Remote, LookError> {
        let endpoint = self.endpoint(facts.host);
        match self
            .caller
            .stage_value(allowance, endpoint, &facts.secret_id, stage)
            .await
        {
            Ok(staged) => Ok(Remote::without_pending(facts, reading(&staged))),
            Err(
                refusal @ (CallError::PermissionDenied
                | CallError::NotFound
                | CallError::WrongState(_)
                | CallError::Unavailable {
                    failure: Failure::InvalidRequest,
                    ..
                }),
            ) => self.explain(refusal, facts, stage, allowance).await,
            Err(error) => Ok(Remote::without_pending(
                facts,
                Reading::Failed(error.into()),
            )),
        }
    }

    /// Asks the lifecycle why a value was refused, because what a refusal answers is not documented.
    async fn explain(
        &self,
        refusal: CallError,
        facts: Facts,
        stage: Stage,
        allowance: &Allowance,
    ) -> Result<Remote, LookError> {
        let again = self.detail(&facts.secret_id, Some(facts.host), allowance);
        let reading = match again.await {
            Ok(facts) if !facts.lifecycle.readable() => {
                return Ok(Remote::without_pending(facts, Reading::Withheld));
            }
            Ok(_) => match (refusal, stage) {
                (CallError::NotFound, _)
                | (CallError::WrongState(_), Stage::Previous | Stage::Pending) => Reading::Empty,
                (CallError::WrongState(_), Stage::Active) => {
                    Reading::Unreadable(Unreadable::WrongState)
                }
                (refusal, _) => Reading::Failed(refusal.into()),
            },
            Err(CallError::NotFound) => return Err(LookError::NotFound),
            Err(error) => Reading::Failed(error.into()),
        };
        Ok(Remote::without_pending(facts, reading))
    }

    fn endpoint(&self, host: Host) -> &Endpoint {
        self.route.starting_at(Some(host)).0
    }

    fn known_at(&self, id: &str) -> Option<Host> {
        let second = self.route.second.as_ref()?;
        self.at_second().contains(id).then_some(second.host)
    }

    fn remember(&self, facts: &Facts) {
        let mut at_second = self.at_second();
        if facts.host == self.route.first.host {
            at_second.remove(facts.secret_id.as_str());
        } else if !at_second.contains(facts.secret_id.as_str()) {
            at_second.insert(facts.secret_id.as_str().into());
        }
    }

    fn at_second(&self) -> MutexGuard<'_, HashSet<Box<str>>> {
        self.at_second
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A detail that leaves out the name does not contradict the list.
fn bears(facts: &Facts, name: &str) -> bool {
    facts.secret_name.is_empty() || facts.secret_name == name
}

fn named(facts: Facts, name: &str) -> Result<Facts, LookError> {
    if bears(&facts, name) {
        Ok(facts)
    } else {
        Err(CallError::from(Failure::Malformed).into())
    }
}

const fn is_leaving(lifecycle: &Lifecycle) -> bool {
    matches!(lifecycle, Lifecycle::Revoke | Lifecycle::Destroyed)
}

/// A value without one pair counts as an empty stage: it would leave nothing of the Secret.
fn reading(staged: &Staged) -> Reading {
    let Staged::Text(text) = staged else {
        return Reading::Empty;
    };
    match pairs::parse(text.expose()) {
        Ok(pairs) if pairs.iter().len() == 0 => Reading::Empty,
        Ok(pairs) => Reading::Value(pairs),
        Err(unreadable) => Reading::Unreadable(unreadable),
    }
}
