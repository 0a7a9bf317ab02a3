//! What this process knows: the objects, targets and stores as last seen, and what each object's last pass left behind.
//!
//! What we write ourselves is entered at once from the reply, and an event of the watch that is older than our own
//! write does not undo it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::memory::Memory;
use super::targets::{Bond, Targets, bearer_key, is_newer};
use crate::api::{NcpSecretStatus, Reason, StoreKind};
use crate::cluster::{Decoded, StoreObject, WatchedSecret};
use crate::core::observed::Observed;
use crate::core::request::{ObjectKey, Request, StoreKey};
use crate::core::trouble::Trouble;

mod readings;
mod turns;

use turns::Turn;

/// Everything that is known, behind one lock that is never held across a wait.
#[derive(Default)]
pub struct Inventory {
    state: Mutex<State>,
    /// Whether the stores of the cluster are nobody's here, because they are not followed.
    local: bool,
}

#[derive(Default)]
struct State {
    objects: HashMap<Arc<ObjectKey>, Known>,
    /// Which objects want which target.
    claimants: HashMap<ObjectKey, BTreeSet<Arc<ObjectKey>>>,
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
    turn: Turn,
}

/// What an event means for the object that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Novelty {
    /// Nothing that a pass would care for.
    Nothing,
    /// A new object, or a new spec or force-sync of a known one.
    Changed,
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

    /// Enters an object as watched.
    pub fn object_seen(&self, key: &ObjectKey, watched: WatchedSecret) -> Novelty {
        let mut state = self.lock();
        let key = state
            .objects
            .get_key_value(key)
            .map_or_else(|| Arc::new(key.clone()), |(key, _)| Arc::clone(key));
        let earlier = state.objects.remove(&key);
        let mut around = state.targets.strays_of(&key);
        around.extend(earlier.as_ref().and_then(Known::target_key));
        state.disclaim(&key, earlier.as_ref());
        let before = earlier.filter(|before| before.about.uid == watched.about.uid);
        let (known, novelty) = match before {
            None => (Known::new(watched), Novelty::Changed),
            Some(before) => before.updated(watched),
        };
        if let Ok(request) = known.request.as_ref() {
            state
                .claimants
                .entry(target_key(request))
                .or_default()
                .insert(Arc::clone(&key));
        }
        around.extend(known.target_key());
        state.objects.insert(key, known);
        state.bind_all(&around);
        novelty
    }

    /// Forgets an object; answers who else wanted its target.
    pub fn object_gone(&self, key: &ObjectKey, uid: &str) -> Vec<Arc<ObjectKey>> {
        let mut state = self.lock();
        if state
            .objects
            .get(key)
            .is_none_or(|known| known.about.uid != uid)
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
    pub fn target_seen(&self, key: ObjectKey, observed: Arc<Observed>) -> bool {
        let mut state = self.lock();
        if !state.targets.is_news(&key, &observed) {
            return false;
        }
        let bond = state.bond(&key, &observed);
        state.targets.enter(key, observed, bond)
    }

    /// Forgets a target; answers whether it was the one that is known.
    pub fn target_gone(&self, key: &ObjectKey, last: &Observed) -> bool {
        let mut state = self.lock();
        let awaited = state.claimants.contains_key(key);
        state.targets.leave(key, last, awaited)
    }

    /// Forgets the targets of a namespace, or of all, that a complete list does not have; answers which.
    pub fn targets_listed(
        &self,
        namespace: Option<&str>,
        listed: &HashSet<ObjectKey>,
    ) -> Vec<ObjectKey> {
        self.lock().targets.listed(namespace, listed)
    }

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

    /// An object as last seen.
    #[must_use]
    pub fn object(&self, key: &ObjectKey) -> Option<Known> {
        self.lock().objects.get(key).cloned()
    }

    /// Whether the object is there, is to stay, and asks for just this.
    ///
    /// A pass takes time, and what its object asked for at its beginning may be the contrary of what it asks for now.
    #[must_use]
    pub fn still_asks(&self, request: &Request) -> bool {
        self.lock()
            .objects
            .get(&request.object)
            .is_some_and(|known| {
                known.about.uid == request.uid
                    && known.about.generation == request.generation
                    && !known.about.deleting
            })
    }

    /// Takes note that a namespace is being deleted, and everything in it that is known.
    pub fn namespace_leaves(&self, namespace: &str) {
        let mut state = self.lock();
        let within = |key: &ObjectKey| key.namespace == namespace;
        for (_, known) in state.objects.iter_mut().filter(|(key, _)| within(key)) {
            known.leaving = true;
        }
    }

    /// The target of that name, if the watch shows one.
    #[must_use]
    pub fn target(&self, key: &ObjectKey) -> Option<Arc<Observed>> {
        self.lock().targets.get(key).cloned()
    }

    /// The Secrets that carry the UID of an object under names that it wants no more.
    #[must_use]
    pub fn strays(&self, object: &ObjectKey) -> Vec<(ObjectKey, Arc<Observed>)> {
        let state = self.lock();
        let strays = state.targets.strays_of(object).into_iter();
        strays
            .filter_map(|key| {
                let observed = state.targets.get(&key).cloned()?;
                Some((key, observed))
            })
            .collect()
    }

    /// The store of that name.
    #[must_use]
    pub fn store(&self, key: &StoreKey) -> Option<Arc<StoreObject>> {
        self.lock().stores.get(key).cloned()
    }

    /// The objects that want that target.
    #[must_use]
    pub fn claimants(&self, target: &ObjectKey) -> Vec<Arc<ObjectKey>> {
        self.lock()
            .claimants
            .get(target)
            .into_iter()
            .flatten()
            .cloned()
            .collect()
    }

    /// The other object that asked for the target first, if there is one: the oldest, then the lower UID.
    #[must_use]
    pub fn rival(&self, request: &Request) -> Option<Arc<ObjectKey>> {
        let state = self.lock();
        let others = state.claimants.get(&target_key(request))?.iter();
        let precedence = |known: &Known| {
            let request = known.request.as_ref().as_ref().ok()?;
            (!known.about.deleting).then(|| (request.created, request.uid.clone()))
        };
        others
            .filter(|key| ***key != request.object)
            .filter_map(|key| Some((precedence(state.objects.get(key)?)?, key)))
            .filter(|(theirs, _)| *theirs < (request.created, request.uid.clone()))
            .min()
            .map(|(_, key)| Arc::clone(key))
    }

    /// The objects that read through a store.
    #[must_use]
    pub fn users_of(&self, store: &StoreKey) -> Vec<Arc<ObjectKey>> {
        let state = self.lock();
        state
            .objects
            .iter()
            .filter(|(_, known)| known.uses(store))
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
            .filter(|(_, known)| known.looks_through(store));
        let met = |known: &Known| known.memory.cause.is_some_and(is_of_credentials);
        let mut other = None;
        for (key, known) in &mut users {
            if met(known) {
                return Some(Arc::clone(key));
            }
            if other.is_none() || known.memory.cause.is_none() {
                other = Some((key, known));
            }
        }
        let (key, known) = other?;
        known.memory.cause = Some(trouble);
        Some(Arc::clone(key))
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
        if let Some(known) = self.lock().objects.get_mut(key)
            && known.about.uid == uid
        {
            known.memory = memory;
        }
    }

    /// Enters a status that was written, unless the object is another one by now.
    pub fn status_written(
        &self,
        key: &ObjectKey,
        uid: &str,
        resource_version: String,
        status: NcpSecretStatus,
    ) {
        if let Some(known) = self.lock().objects.get_mut(key)
            && known.about.uid == uid
            && is_newer(&resource_version, &known.about.resource_version)
        {
            known.about.resource_version = resource_version;
            known.status = Arc::new(status);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn forget(&mut self, key: &ObjectKey) -> Vec<Arc<ObjectKey>> {
        let Some((key, known)) = self.objects.remove_entry(key) else {
            return Vec::new();
        };
        self.disclaim(&key, Some(&known));
        let mut around = self.targets.strays_of(&key);
        around.extend(known.target_key());
        self.bind_all(&around);
        match known.request.as_ref() {
            Ok(request) => self
                .claimants
                .get(&target_key(request))
                .into_iter()
                .flatten()
                .cloned()
                .collect(),
            Err(_) => Vec::new(),
        }
    }

    fn disclaim(&mut self, key: &Arc<ObjectKey>, known: Option<&Known>) {
        let Some(Ok(request)) = known.map(|known| known.request.as_ref()) else {
            return;
        };
        let target = target_key(request);
        if let Some(claimants) = self.claimants.get_mut(&target) {
            claimants.remove(key);
            if claimants.is_empty() {
                self.claimants.remove(&target);
                self.targets.unawaited(&target);
            }
        }
    }

    /// What the objects that are known have to do with a target.
    fn bond(&self, key: &ObjectKey, observed: &Observed) -> Bond {
        let bearer = bearer_key(key, observed)
            .and_then(|bearer| self.objects.get_key_value(&bearer))
            .filter(|(_, known)| {
                observed
                    .carries()
                    .is_some_and(|(_, uid)| uid == known.about.uid)
            });
        match bearer {
            Some((object, known)) if known.target_key().is_some_and(|wanted| wanted != *key) => {
                Bond::Stray(Arc::clone(object))
            }
            None if !self.claimants.contains_key(key) => Bond::Loose,
            Some(_) | None => Bond::Held,
        }
    }

    fn bind_all(&mut self, targets: &[ObjectKey]) {
        for key in targets {
            if let Some(observed) = self.targets.get(key).cloned() {
                let bond = self.bond(key, &observed);
                self.targets.bind(key, bond);
            }
        }
    }
}

impl Known {
    fn new(watched: WatchedSecret) -> Self {
        Self {
            about: watched.about,
            request: Arc::new(watched.request),
            status: Arc::new(watched.status),
            memory: Memory::default(),
            leaving: false,
            turn: Turn::default(),
        }
    }

    fn target_key(&self) -> Option<ObjectKey> {
        self.request.as_ref().as_ref().ok().map(target_key)
    }

    fn uses(&self, store: &StoreKey) -> bool {
        matches!(self.request.as_ref(), Ok(request) if request.store == *store)
    }

    /// Whether its passes look through that store when they have to.
    fn looks_through(&self, store: &StoreKey) -> bool {
        let is_asked = matches!(self.request.as_ref(), Ok(request) if !request.suspended);
        self.uses(store) && is_asked && !self.about.deleting && !self.leaving
    }

    fn updated(mut self, watched: WatchedSecret) -> (Self, Novelty) {
        if !is_newer(
            &watched.about.resource_version,
            &self.about.resource_version,
        ) {
            return (self, Novelty::Nothing);
        }
        let changed = self.about.generation != watched.about.generation
            || self.about.deleting != watched.about.deleting
            || self.about.force_sync != watched.about.force_sync
            || *self.request != watched.request;
        if changed {
            self.request = Arc::new(watched.request);
        }
        self.about = watched.about;
        if *self.status != watched.status {
            self.status = Arc::new(watched.status);
        }
        (
            self,
            if changed {
                Novelty::Changed
            } else {
                Novelty::Nothing
            },
        )
    }
}

/// Whether the breaker of a store is open for such a trouble.
const fn is_of_credentials(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::CredentialsMissing | Reason::CredentialsRejected | Reason::ClockSkew
    )
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
