//! What this process knows: the objects, targets and stores as last seen, and what each object's last pass left behind.
//!
//! What we write ourselves is entered at once from the reply, and an event of the watch that is older than our own
//! write does not undo it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::memory::Memory;
use super::targets::{Targets, is_newer};
use crate::api::NcpSecretStatus;
use crate::cluster::{Decoded, StoreObject, WatchedSecret};
use crate::core::observed::Observed;
use crate::core::request::{ObjectKey, Request, StoreKey};
use crate::core::trouble::Trouble;

mod claims;
mod kept;
mod readings;
mod stores;
mod turns;

use claims::Claims;
use kept::Kept;

/// Everything that is known, behind one lock that is never held across a wait.
#[derive(Default)]
pub struct Inventory {
    state: Mutex<State>,
    /// Whether the stores of the cluster are nobody's here, because they are not followed.
    local: bool,
}

#[derive(Default)]
struct State {
    /// Each in a box of its own, because a map has up to twice as many places as it needs.
    objects: HashMap<Arc<ObjectKey>, Box<Kept>>,
    claims: Claims,
    targets: Targets,
    stores: HashMap<StoreKey, Arc<StoreObject>>,
}

/// An object as a pass sees it.
#[derive(Clone)]
pub struct Known {
    /// What it is.
    pub about: Decoded,
    /// What it asks for, or why that cannot be.
    pub request: Arc<Result<Request, Trouble>>,
    /// Its status.
    pub status: Arc<NcpSecretStatus>,
    /// What its last pass left behind.
    pub memory: Memory,
    /// Whether its namespace is being deleted.
    pub leaving: bool,
}

impl Inventory {
    /// Knows nothing yet, and never knows the stores of the cluster.
    #[must_use]
    pub fn without_cluster_stores() -> Self {
        Self {
            local: true,
            ..Self::default()
        }
    }

    /// Enters an object as watched; answers which, if a pass would care for what is new: a new object, or a new spec or
    /// force-sync of a known one.
    pub fn object_seen(&self, key: ObjectKey, watched: WatchedSecret) -> Option<Arc<ObjectKey>> {
        let mut state = self.lock();
        let (key, earlier) = match state.objects.remove_entry(&key) {
            Some((key, kept)) => (key, Some(kept)),
            None => (Arc::new(key), None),
        };
        let mut around = state.targets.strays_of(&key);
        if let Some(earlier) = &earlier {
            around.extend(earlier.target_key(&key).map(Arc::new));
            state.disclaim(&key, earlier);
        }
        let before = earlier.filter(|before| before.about.uid == watched.about.uid);
        let (kept, is_news) = match before {
            None => (Box::new(Kept::new(&key, watched)), true),
            Some(mut before) => {
                let is_news = before.update(&key, watched);
                (before, is_news)
            }
        };
        if let Some(target) = kept.target_key(&key) {
            state.claims.enter(&key, &target);
            around.push(Arc::new(target));
        }
        state.objects.insert(Arc::clone(&key), kept);
        state.bind_all(&around);
        is_news.then_some(key)
    }

    /// Forgets an object; answers who else wanted its target.
    pub fn object_gone(&self, key: &ObjectKey, uid: &str) -> Vec<Arc<ObjectKey>> {
        let mut state = self.lock();
        if state
            .objects
            .get(key)
            .is_none_or(|kept| kept.about.uid != uid)
        {
            return Vec::new();
        }
        state.forget(key)
    }

    /// Forgets the objects of a namespace, or of all, that a complete list does not have.
    pub fn objects_listed(&self, namespace: Option<&str>, listed: &HashSet<ObjectKey>) {
        let mut state = self.lock();
        let gone: Vec<_> = state
            .objects
            .keys()
            .filter(|key| namespace.is_none_or(|namespace| key.namespace == namespace))
            .filter(|key| !listed.contains(key.as_ref()))
            .cloned()
            .collect();
        for key in gone {
            state.forget(&key);
        }
    }

    /// Enters a target as watched or as a write left it; answers whether that is news for anybody.
    pub fn target_seen(&self, key: ObjectKey, observed: &Observed) -> bool {
        let mut state = self.lock();
        if !state.targets.is_news(&key, observed) {
            return false;
        }
        let bond = state.bond(&key, observed);
        // Most targets have the name of their object, and share it.
        let shared = state.objects.get_key_value(&key);
        let key = shared.map_or_else(|| Arc::new(key), |(shared, _)| Arc::clone(shared));
        state.targets.enter(key, observed, bond)
    }

    /// Forgets a target; answers whether it was the one that is known.
    pub fn target_gone(&self, key: &ObjectKey, last: &Observed) -> bool {
        let mut state = self.lock();
        let awaited = state.is_claimed(key);
        state.targets.leave(key, last, awaited)
    }

    /// Forgets the targets of a namespace, or of all, that a complete list does not have; answers which.
    pub fn targets_listed(
        &self,
        namespace: Option<&str>,
        listed: &HashSet<ObjectKey>,
    ) -> Vec<Arc<ObjectKey>> {
        self.lock().targets.listed(namespace, listed)
    }

    /// An object as last seen.
    #[must_use]
    pub fn object(&self, key: &ObjectKey) -> Option<Known> {
        let state = self.lock();
        state.objects.get(key).map(|kept| kept.open(key))
    }

    /// Whether the object is there, is to stay, and asks for just this.
    ///
    /// A pass takes time, and what its object asked for at its beginning may be the contrary of what it asks for now.
    #[must_use]
    pub fn still_asks(&self, request: &Request) -> bool {
        self.lock()
            .objects
            .get(&request.object)
            .is_some_and(|kept| {
                kept.about.uid == request.uid
                    && kept.about.generation == request.generation
                    && !kept.about.deleting
            })
    }

    /// Takes note that a namespace is being deleted, and everything in it that is known.
    pub fn namespace_leaves(&self, namespace: &str) {
        let mut state = self.lock();
        let within = |key: &ObjectKey| key.namespace == namespace;
        for (_, kept) in state.objects.iter_mut().filter(|(key, _)| within(key)) {
            kept.leaving = true;
        }
    }

    /// The target of that name, if the watch shows one.
    #[must_use]
    pub fn target(&self, key: &ObjectKey) -> Option<Arc<Observed>> {
        self.lock().targets.get(key).map(Arc::new)
    }

    /// The Secrets that carry the UID of an object under names that it wants no more.
    #[must_use]
    pub fn strays(&self, object: &ObjectKey) -> Vec<(Arc<ObjectKey>, Observed)> {
        let state = self.lock();
        let strays = state.targets.strays_of(object).into_iter();
        strays
            .filter_map(|key| {
                let observed = state.targets.get(&key)?;
                Some((key, observed))
            })
            .collect()
    }

    /// The objects of a namespace, or of all.
    #[must_use]
    pub fn objects_in(&self, namespace: Option<&str>) -> Vec<Arc<ObjectKey>> {
        let state = self.lock();
        let keys = state.objects.keys();
        keys.filter(|key| namespace.is_none_or(|namespace| key.namespace == namespace))
            .cloned()
            .collect()
    }

    /// How many objects there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().objects.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Keeps what a pass left behind, unless the object is another one by now.
    pub fn remember(&self, key: &ObjectKey, uid: &str, memory: Memory) {
        if let Some(kept) = self.lock().objects.get_mut(key)
            && kept.about.uid == uid
        {
            kept.memory = memory;
        }
    }

    /// Enters a status that was written, unless the object is another one by now.
    pub fn status_written(
        &self,
        key: &ObjectKey,
        uid: &str,
        resource_version: String,
        status: &NcpSecretStatus,
    ) {
        if let Some(kept) = self.lock().objects.get_mut(key)
            && kept.about.uid == uid
            && is_newer(&resource_version, &kept.about.resource_version)
        {
            kept.about.resource_version = resource_version;
            kept.tell(status);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn forget(&mut self, key: &ObjectKey) -> Vec<Arc<ObjectKey>> {
        let Some((key, kept)) = self.objects.remove_entry(key) else {
            return Vec::new();
        };
        self.disclaim(&key, &kept);
        let target = kept.target_key(&key).map(Arc::new);
        let mut around = self.targets.strays_of(&key);
        around.extend(target.clone());
        self.bind_all(&around);
        target.map_or_else(Vec::new, |target| {
            self.claimants(&target).cloned().collect()
        })
    }
}

/// The Secret that a request is about.
#[must_use]
pub fn target_key(request: &Request) -> ObjectKey {
    ObjectKey {
        namespace: request.object.namespace.clone(),
        name: request.target.name.clone(),
    }
}

#[cfg(test)]
mod tests;
