//! Which objects want which target, and what the targets that are known have to do with them.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::kept::Kept;
use super::{Inventory, State};
use crate::controller::targets::{Bond, bearer_key};
use crate::core::observed::Observed;
use crate::core::request::{ObjectKey, Request};

/// Who wants targets that do not have its own name; the others are found by the name.
#[derive(Default)]
pub(super) struct Claims(HashMap<ObjectKey, BTreeSet<Arc<ObjectKey>>>);

impl Claims {
    pub(super) fn enter(&mut self, object: &Arc<ObjectKey>, target: &ObjectKey) {
        if **object != *target {
            let claimants = self.0.entry(target.clone()).or_default();
            claimants.insert(Arc::clone(object));
        }
    }

    fn leave(&mut self, object: &ObjectKey, target: &ObjectKey) {
        if let Some(claimants) = self.0.get_mut(target) {
            claimants.remove(object);
            if claimants.is_empty() {
                self.0.remove(target);
            }
        }
    }
}

impl Inventory {
    /// The objects that want that target.
    #[must_use]
    pub fn claimants(&self, target: &ObjectKey) -> Vec<Arc<ObjectKey>> {
        self.lock().claimants(target).cloned().collect()
    }

    /// The other object that asked for the target first, if there is one: the oldest, then the lower UID.
    #[must_use]
    pub fn rival(&self, request: &Request) -> Option<Arc<ObjectKey>> {
        let state = self.lock();
        let target = super::target_key(request);
        let others = state.claimants(&target);
        let own = (request.created, request.uid.as_str());
        others
            .filter(|key| ***key != request.object)
            .filter_map(|key| Some((state.objects.get(key)?.precedence()?, key)))
            .filter(|(theirs, _)| *theirs < own)
            .min()
            .map(|(_, key)| Arc::clone(key))
    }
}

impl State {
    pub(super) fn claimants(&self, target: &ObjectKey) -> impl Iterator<Item = &Arc<ObjectKey>> {
        let namesake = self
            .objects
            .get_key_value(target)
            .filter(|(_, kept)| kept.wants_its_name())
            .map(|(key, _)| key);
        let others = self.claims.0.get(target).into_iter().flatten();
        namesake.into_iter().chain(others)
    }

    pub(super) fn is_claimed(&self, target: &ObjectKey) -> bool {
        self.claimants(target).next().is_some()
    }

    /// Takes note that an object that was taken out wants its target no more.
    pub(super) fn disclaim(&mut self, key: &ObjectKey, kept: &Kept) {
        let Some(target) = kept.target_key(key) else {
            return;
        };
        self.claims.leave(key, &target);
        if !self.is_claimed(&target) {
            self.targets.unawaited(&target);
        }
    }

    /// What the objects that are known have to do with a target.
    pub(super) fn bond(&self, key: &ObjectKey, observed: &Observed) -> Bond {
        let bearer = bearer_key(key, observed)
            .and_then(|bearer| self.objects.get_key_value(&bearer))
            .filter(|(_, kept)| {
                observed
                    .carries()
                    .is_some_and(|(_, uid)| uid == kept.about.uid)
            });
        match bearer {
            Some((object, kept))
                if kept.target_key(object).is_some_and(|wanted| wanted != *key) =>
            {
                Bond::Stray(Arc::clone(object))
            }
            None if !self.is_claimed(key) => Bond::Loose,
            Some(_) | None => Bond::Held,
        }
    }

    pub(super) fn bind_all(&mut self, targets: &[Arc<ObjectKey>]) {
        for key in targets {
            if let Some(observed) = self.targets.get(key) {
                let bond = self.bond(key, &observed);
                self.targets.bind(key, bond);
            }
        }
    }
}
