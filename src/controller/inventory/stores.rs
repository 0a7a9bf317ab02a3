//! The stores that are known, and the objects that read through them.

use std::sync::Arc;

use super::Inventory;
use super::kept::Kept;
use crate::api::{Reason, StoreKind};
use crate::cluster::StoreObject;
use crate::core::request::{ObjectKey, StoreKey};
use crate::core::trouble::Trouble;

impl Inventory {
    /// Enters a store; answers whether what it says is new.
    pub fn store_seen(&self, key: StoreKey, store: StoreObject) -> bool {
        let mut state = self.lock();
        let news = state.stores.get(&key).is_none_or(|known| {
            known.about.uid != store.about.uid || known.about.generation != store.about.generation
        });
        state.stores.insert(key, Arc::new(store));
        news
    }

    /// Forgets a store.
    pub fn store_gone(&self, key: &StoreKey) {
        self.lock().stores.remove(key);
    }

    /// The stores that are known.
    #[must_use]
    pub fn store_keys(&self) -> Vec<StoreKey> {
        self.lock().stores.keys().cloned().collect()
    }

    /// The store of that name.
    #[must_use]
    pub fn store(&self, key: &StoreKey) -> Option<Arc<StoreObject>> {
        self.lock().stores.get(key).cloned()
    }

    /// Why there is no store of that name.
    #[must_use]
    pub fn missing(&self, store: &StoreKey) -> Trouble {
        let store = store.clone();
        if self.local && store.kind == StoreKind::ClusterNcpSecretStore {
            Trouble::StoreNotFollowed { store }
        } else {
            Trouble::StoreNotFound { store }
        }
    }

    /// The objects that read through a store.
    #[must_use]
    pub fn users_of(&self, store: &StoreKey) -> Vec<Arc<ObjectKey>> {
        let state = self.lock();
        let objects = state.objects.iter();
        objects
            .filter(|(key, kept)| kept.uses(key, store))
            .map(|(key, _)| Arc::clone(key))
            .collect()
    }

    /// One of the objects that read through a store and met a trouble that all of them share: its pass looks again. When
    /// none has met it, or those are gone, it is taken to be that of one that could have.
    #[must_use]
    pub fn witness_of(&self, store: &StoreKey, trouble: Reason) -> Option<Arc<ObjectKey>> {
        let mut state = self.lock();
        let mut users = state
            .objects
            .iter_mut()
            .filter(|(key, kept)| kept.looks_through(key, store));
        let met = |kept: &Kept| kept.memory.cause.is_some_and(is_of_credentials);
        let mut other = None;
        for (key, kept) in &mut users {
            if met(kept) {
                return Some(Arc::clone(key));
            }
            if other.is_none() || kept.memory.cause.is_none() {
                other = Some((key, kept));
            }
        }
        let (key, kept) = other?;
        kept.memory.cause = Some(trouble);
        Some(Arc::clone(key))
    }
}

/// Whether the breaker of a store is open for such a trouble.
const fn is_of_credentials(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::CredentialsMissing | Reason::CredentialsRejected | Reason::ClockSkew
    )
}
