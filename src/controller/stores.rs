//! The status of stores: troubles that all objects of a store share are told here, once.

use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use tokio::sync::mpsc;

use super::connection::Standing;
use super::world::World;
use crate::api::{Reason, StoreStatus, condition};
use crate::cluster::{Refusal, StoreObject, Subject};
use crate::core::request::StoreKey;
use crate::core::trouble::Trouble;

/// Writes the status of each store that is named, for ever.
pub async fn report_stores(world: Arc<World>, mut named: mpsc::UnboundedReceiver<StoreKey>) {
    while let Some(key) = named.recv().await {
        report(&world, &key).await;
    }
}

async fn report(world: &World, key: &StoreKey) {
    let Some(store) = world.inventory.store(key) else {
        world.connections.forget(key);
        world.metrics.forget_store(key);
        return;
    };
    if store.about.deleting {
        return;
    }
    let Some(status) = next(world, key, &store) else {
        return;
    };
    match world
        .objects
        .write_store_status(key, &store.about, &status)
        .await
    {
        Ok(_) => announce(world, key, &store, &status).await,
        // Another version is on its way through the watch, or nothing is left to tell about.
        Err(Refusal::Moved | Refusal::NotFound | Refusal::NotServed) => {}
        Err(refusal) => {
            tracing::warn!(store = key.name, %refusal, "the status of a store could not be written");
            world.connections.name_later(key.clone());
        }
    }
}

/// The status as it should be; none when it is so already or nobody knows better than what it says.
fn next(world: &World, key: &StoreKey, store: &StoreObject) -> Option<StoreStatus> {
    let previous = store.status.as_ref().and_then(|status| {
        let ready = status
            .conditions
            .iter()
            .find(|condition| condition.type_ == condition::READY)?;
        (status.observed_generation == store.about.generation).then_some(ready)
    });
    let trouble = if store.spec.is_some() {
        match world.connections.standing(key, store) {
            Standing::Bad { trouble, since } => Some((trouble, since)),
            Standing::Unproven if previous.is_some() => return None,
            Standing::Unproven | Standing::Good => None,
        }
    } else {
        let trouble = Trouble::StoreNotReady { store: key.clone() };
        Some((trouble, world.clock.now()))
    };
    let is_short = world.connections.is_short(key, store);
    let (status, reason, message, since) = match trouble {
        Some((trouble, since)) => ("False", trouble.reason(), trouble.message(), since),
        None if is_short => {
            let shortage = Trouble::BudgetExhausted;
            let now = world.clock.now();
            ("True", shortage.reason(), shortage.message(), now)
        }
        None => (
            "True",
            Reason::Configured,
            "The store is configured; calls have not said otherwise.".to_owned(),
            world.clock.now(),
        ),
    };
    if previous.is_some_and(|ready| ready.reason == reason.as_str() && ready.message == message) {
        return None;
    }
    let since = previous
        .filter(|ready| ready.status == status)
        .map_or_else(|| Time(since), |ready| ready.last_transition_time.clone());
    Some(StoreStatus {
        observed_generation: store.about.generation,
        conditions: vec![Condition {
            type_: condition::READY.into(),
            status: status.into(),
            reason: reason.as_str().into(),
            message,
            last_transition_time: since,
            observed_generation: Some(store.about.generation),
        }],
    })
}

async fn announce(world: &World, key: &StoreKey, store: &StoreObject, status: &StoreStatus) {
    let Some(ready) = status.conditions.first() else {
        return;
    };
    tracing::info!(
        store = key.name,
        namespace = key.namespace,
        reason = ready.reason,
        "store status changed"
    );
    if let Some(reason) = Reason::parse(&ready.reason)
        && reason != Reason::Configured
    {
        let subject = Subject {
            kind: key.kind.as_str(),
            namespace: key.namespace.as_deref(),
            name: &key.name,
            uid: &store.about.uid,
        };
        world
            .announcer
            .warn(&subject, "Connect", reason, &ready.message)
            .await;
    }
}
