//! One look at the source of a request: through the store, its grants and its credentials.

use std::sync::Arc;

use super::connections::{Denied, Ticket, Verdict};
use super::inventory::Inventory;
use super::sharing::{Found, LookKey, LookNumber};
use super::world::World;
use crate::api::terms::Region;
use crate::cluster::StoreObject;
use crate::core::grant::granted;
use crate::core::proof::Access;
use crate::core::remote::{LookError, Reading, Remote};
use crate::core::request::Request;
use crate::core::store::StoreSpec;
use crate::core::trouble::Trouble;

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
        return Err(Trouble::StoreNotFound { store: store() });
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
            stage: request.stage,
        }
    }

    /// How the store was asked with that ticket.
    #[must_use]
    pub fn access(&self, ticket: &Ticket) -> Access {
        Access {
            hosts: ticket.account.hosts(),
            store_uid: self.store.about.uid.clone(),
            store_generation: self.store.about.generation,
            credentials_uid: ticket.version.uid.clone(),
            credentials_version: ticket.version.resource_version.clone(),
        }
    }
}

/// Looks at the source, or takes part in a look that was begun after that one.
///
/// # Errors
///
/// The trouble of the store.
pub async fn look(
    world: &World,
    request: &Request,
    way: &Way,
    after: LookNumber,
) -> Result<Look, Denied> {
    let connections = &world.connections;
    let mut ticket = connections
        .ticket(&request.store, &way.store, &way.spec)
        .await?;
    loop {
        let calls = async {
            let result = ticket.account.look(&request.source, request.stage).await;
            world.metrics.look(word(&result));
            result
        };
        let key = way.look_key(request, &ticket);
        let found = world.sharing.look(&key, after, calls).await;
        let Some(error) = shared_trouble(&found) else {
            if proves_the_credentials(&found) {
                connections.accepted(&ticket).await;
            }
            return Ok(Look { found, ticket });
        };
        match connections
            .refused(ticket.clone(), Trouble::Look(error))
            .await
        {
            Verdict::Again(other) => ticket = *other,
            Verdict::Stands => return Ok(Look { found, ticket }),
        }
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
