//! One look at the source of a request: through the store, its grants and its credentials.

use std::sync::Arc;

use super::connections::{Denied, Ticket, Verdict};
use super::inventory::Inventory;
use super::sharing::{Found, LookKey, LookNumber, Status};
use super::world::World;
use crate::api::terms::Region;
use crate::cluster::StoreObject;
use crate::core::grant::granted;
use crate::core::proof::Access;
use crate::core::remote::{Failure, LookError, Reading, Remote};
use crate::core::request::Request;
use crate::core::store::{Auth, StoreSpec};
use crate::core::trouble::Trouble;
use crate::core::urgency::Urgency;
use crate::source::Allowance;

/// A store that the request may read through.
pub struct Way {
    store: Arc<StoreObject>,
    spec: StoreSpec,
}

/// Finds the store and asks its grants; makes no call.
///
/// # Errors
///
/// Why the request may not or cannot read.
pub fn find_way(inventory: &Inventory, request: &Request) -> Result<Way, Trouble> {
    let store = || request.store.clone();
    let Some(object) = inventory.store(&request.store) else {
        return Err(inventory.missing(&request.store));
    };
    let Some(spec) = object.spec.clone() else {
        return Err(Trouble::StoreNotReady { store: store() });
    };
    if let Some(grants) = &spec.grants
        && !granted(grants, &request.object.namespace, &request.source)
    {
        return Err(Trouble::NotGranted { store: store() });
    }
    Ok(Way {
        store: object,
        spec,
    })
}

/// What a look came to, and with what it was made.
pub struct Look {
    /// What it brought back; others may have got the same.
    pub found: Found,
    /// The credentials.
    pub ticket: Ticket,
}

impl Way {
    /// The store, and what it says.
    #[must_use]
    pub fn store(&self) -> (&StoreObject, &StoreSpec) {
        (&self.store, &self.spec)
    }

    /// The region of the store.
    #[must_use]
    pub const fn region(&self) -> Region {
        self.spec.region
    }

    fn look_key(&self, request: &Request, ticket: &Ticket) -> LookKey {
        LookKey {
            store_uid: self.store.about.uid.clone(),
            store_generation: self.store.about.generation,
            credentials: ticket.version.clone(),
            source: request.source.clone(),
            wanted: request.wanted(),
        }
    }

    /// How the store was asked with that ticket.
    #[must_use]
    pub fn access(&self, ticket: &Ticket) -> Access {
        let credentials_version = match self.spec.auth {
            Auth::Secret(_) => ticket.version.resource_version.clone(),
            // Its keys are others every few hours, and see what the role may see.
            Auth::ServerRole => String::new(),
        };
        Access {
            hosts: ticket.account.hosts(),
            store_uid: self.store.about.uid.clone(),
            store_generation: self.store.about.generation,
            credentials_uid: ticket.version.uid.clone(),
            credentials_version,
        }
    }
}

/// Somebody who wants to look.
pub struct Seeker<'pass> {
    /// With what.
    pub world: &'pass World,
    /// At what.
    pub request: &'pass Request,
    /// Through which store.
    pub way: &'pass Way,
    /// How it compares with others.
    pub urgency: Urgency,
    /// Whether looks have not failed before.
    pub was_fine: bool,
}

/// A look that may begin.
pub struct Start {
    ticket: Ticket,
    allowance: Allowance,
    /// The look must be begun after that one.
    after: LookNumber,
}

impl Seeker<'_> {
    /// Asks for credentials, and for the calls of a look unless that of another will do; `given` are calls that were
    /// set aside for it. Nothing when it has to wait for them.
    ///
    /// # Errors
    ///
    /// The trouble of the store.
    pub async fn approach(
        &self,
        after: LookNumber,
        given: Option<Allowance>,
    ) -> Result<Option<Start>, Denied> {
        let ticket = self.ticket().await?;
        let budget = ticket.budget();
        let key = self.way.look_key(self.request, &ticket);
        let own = given.filter(|given| Arc::ptr_eq(given.budget(), budget));
        let allowance = match (own, self.world.sharing.status(&key, after)) {
            (Some(allowance), _) => Ok(allowance),
            (None, Status::Ended) => Ok(Arc::clone(budget).unforeseen(self.urgency)),
            // The next one would come only in five minutes, so it takes its turn here and not in a lane.
            (None, _) if ticket.probes() => Ok(Arc::clone(budget).unforeseen(self.urgency)),
            (None, Status::Underway) => budget.admit_companion(self.urgency),
            (None, Status::Nothing) => budget.admit_newcomer(self.urgency),
        };
        Ok(allowance.ok().map(|allowance| Start {
            ticket,
            allowance,
            after,
        }))
    }

    /// The same for somebody who holds a place already and rather waits within it.
    ///
    /// # Errors
    ///
    /// The trouble of the store.
    pub async fn approach_again(&self, after: LookNumber) -> Result<Start, Denied> {
        let ticket = self.ticket().await?;
        let allowance = Arc::clone(ticket.budget()).unforeseen(self.urgency);
        Ok(Start {
            ticket,
            allowance,
            after,
        })
    }

    async fn ticket(&self) -> Result<Ticket, Denied> {
        let connections = &self.world.connections;
        connections
            .ticket(&self.request.store, &self.way.store, &self.way.spec)
            .await
    }

    /// Looks at the source, or takes part in the look of another.
    pub async fn look(&self, start: Start) -> Look {
        let Start {
            mut ticket,
            allowance,
            after,
        } = start;
        let connections = &self.world.connections;
        loop {
            let key = self.way.look_key(self.request, &ticket);
            let calls = || self.calls(&ticket, &allowance);
            let found = self.world.sharing.look(&key, after, calls).await;
            let Some(error) = shared_trouble(&found) else {
                if proves_the_credentials(&found) {
                    connections.accepted(&ticket).await;
                }
                return Look { found, ticket };
            };
            let trouble = Trouble::Look(error);
            match connections.refused(ticket.clone(), trouble).await {
                Verdict::Again(other) => ticket = *other,
                Verdict::Stands => return Look { found, ticket },
            }
        }
    }

    async fn calls(&self, ticket: &Ticket, allowance: &Allowance) -> Result<Remote, LookError> {
        let request = self.request;
        let result = ticket
            .account
            .look(&request.source, request.wanted(), allowance)
            .await;
        self.world.metrics.look(word(&result));
        if shared_trouble(&result).is_none() {
            ticket.budget().be_cautious(false);
        }
        if let Some(error) = unanswered(&result) {
            self.world
                .connections
                .unanswered(ticket, error, self.was_fine);
        }
        result
    }
}

/// What a look came to, in the word of metrics.
const fn word(result: &Result<Remote, LookError>) -> &'static str {
    match result {
        Ok(_) => "Read",
        Err(error) => error.reason().as_str(),
    }
}

/// Whether NCP has answered somebody whom it knows; no answer, and the answer of a gateway that is too busy, prove
/// nothing.
const fn proves_the_credentials(result: &Result<Remote, LookError>) -> bool {
    match result {
        Ok(Remote {
            reading: Reading::Failed(LookError::Throttled { .. } | LookError::Unavailable { .. }),
            ..
        }) => false,
        Ok(_) => true,
        Err(error) => match error {
            LookError::PermissionDenied
            | LookError::NotFound
            | LookError::NameNotFound
            | LookError::NameAmbiguous => true,
            LookError::CredentialsRejected
            | LookError::ClockSkew { .. }
            | LookError::Throttled { .. }
            | LookError::Unavailable { .. } => false,
        },
    }
}

/// The failure of a look that got no usable answer, if that may be the fault of the host.
const fn unanswered(result: &Result<Remote, LookError>) -> Option<&LookError> {
    let (Ok(Remote {
        reading: Reading::Failed(error),
        ..
    })
    | Err(error)) = result
    else {
        return None;
    };
    match error {
        LookError::Unavailable {
            failure: Failure::InvalidRequest,
            ..
        } => None,
        LookError::Unavailable { .. } => Some(error),
        _ => None,
    }
}

/// What the failure of one look says of the credentials that all looks of the store share.
fn shared_trouble(result: &Result<Remote, LookError>) -> Option<LookError> {
    let (Ok(Remote {
        reading: Reading::Failed(error),
        ..
    })
    | Err(error)) = result
    else {
        return None;
    };
    matches!(
        error,
        LookError::CredentialsRejected | LookError::ClockSkew { .. }
    )
    .then(|| error.clone())
}
