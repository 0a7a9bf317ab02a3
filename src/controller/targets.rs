//! The targets that are known: those that an object wants, and those that carry the UID of one.
//!
//! Everybody can make Secrets that bear our label; no more is kept of those than their passing by.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::core::observed::Observed;
use crate::core::packed::Packed;
use crate::core::request::ObjectKey;

/// What an object has to do with a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Bond {
    /// Nobody wants it, and it carries nobody's UID.
    Loose,
    /// An object wants it, or it carries the UID of one that says nothing of its target.
    Held,
    /// It carries the UID of this object, which wants another target by now.
    Stray(Arc<ObjectKey>),
}

/// The targets that are known.
#[derive(Default)]
pub(super) struct Targets {
    seen: HashMap<Arc<ObjectKey>, Packed<Observed>>,
    /// Targets that were seen to go, against replies to our own writes that come in later.
    gone: HashMap<ObjectKey, Gone>,
    /// What objects left under names that they want no more.
    strays: HashMap<Arc<ObjectKey>, BTreeSet<Arc<ObjectKey>>>,
}

/// A target that went: its UID, and the version at which it went.
struct Gone {
    uid: String,
    resource_version: String,
}

impl Targets {
    pub(super) fn get(&self, key: &ObjectKey) -> Option<Observed> {
        self.seen.get(key)?.open()
    }

    pub(super) fn has(&self, key: &ObjectKey) -> bool {
        self.seen.contains_key(key)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.seen.len()
    }

    /// What the object left under other names.
    pub(super) fn strays_of(&self, object: &ObjectKey) -> Vec<Arc<ObjectKey>> {
        let strays = self.strays.get(object);
        strays.into_iter().flatten().cloned().collect()
    }

    /// Whether a target that is seen is another than, or later than, the one that is known.
    pub(super) fn is_news(&self, key: &ObjectKey, observed: &Observed) -> bool {
        let went = self.gone.get(key).is_some_and(|gone| {
            gone.uid == observed.uid
                && !is_newer(&observed.resource_version, &gone.resource_version)
        });
        !went
            && self.get(key).is_none_or(|known| {
                known.uid != observed.uid
                    || is_newer(&observed.resource_version, &known.resource_version)
            })
    }

    /// Enters a target that is news; one that is loose is forgotten. Answers whether it concerns, or concerned, anybody.
    pub(super) fn enter(&mut self, key: Arc<ObjectKey>, observed: &Observed, bond: Bond) -> bool {
        self.gone.remove(&*key);
        let was_known = self.take(&key).is_some();
        let is_held = bond != Bond::Loose;
        if is_held {
            self.hold(key, Packed::new(observed), bond);
        }
        was_known || is_held
    }

    /// Looks at a known target anew, after the objects around it changed.
    pub(super) fn bind(&mut self, key: &ObjectKey, bond: Bond) {
        if let Some((key, observed)) = self.take(key)
            && bond != Bond::Loose
        {
            self.hold(key, observed, bond);
        }
    }

    fn hold(&mut self, key: Arc<ObjectKey>, observed: Packed<Observed>, bond: Bond) {
        if let Bond::Stray(object) = bond {
            let strays = self.strays.entry(object).or_default();
            strays.insert(Arc::clone(&key));
        }
        self.seen.insert(key, observed);
    }

    /// Forgets a target that went; `awaited` when somebody wants one of that name. Answers whether it was known.
    pub(super) fn leave(&mut self, key: &ObjectKey, last: &Observed, awaited: bool) -> bool {
        if awaited {
            let gone = Gone {
                uid: last.uid.clone(),
                resource_version: last.resource_version.clone(),
            };
            self.gone.insert(key.clone(), gone);
        }
        let known = self.get(key).is_some_and(|known| known.uid == last.uid);
        if known {
            self.take(key);
        }
        known
    }

    /// Nobody waits any more for a target of that name.
    pub(super) fn unawaited(&mut self, key: &ObjectKey) {
        self.gone.remove(key);
    }

    /// Forgets the targets of a namespace, or of all, that a complete list does not have; answers which.
    pub(super) fn listed(
        &mut self,
        namespace: Option<&str>,
        listed: &HashSet<ObjectKey>,
    ) -> Vec<Arc<ObjectKey>> {
        let gone: Vec<_> = self
            .seen
            .keys()
            .filter(|key| namespace.is_none_or(|namespace| key.namespace == namespace))
            .filter(|key| !listed.contains(key.as_ref()))
            .cloned()
            .collect();
        for key in &gone {
            self.take(key);
        }
        gone
    }

    fn take(&mut self, key: &ObjectKey) -> Option<(Arc<ObjectKey>, Packed<Observed>)> {
        let (key, observed) = self.seen.remove_entry(key)?;
        if !self.strays.is_empty()
            && let Some(object) = observed.open().and_then(|it| bearer_key(&key, &it))
            && let Some(strays) = self.strays.get_mut(&object)
        {
            strays.remove(&key);
            if strays.is_empty() {
                self.strays.remove(&object);
            }
        }
        Some((key, observed))
    }
}

/// The object whose UID a target carries, by the name that stands beside it.
pub(super) fn bearer_key(target: &ObjectKey, observed: &Observed) -> Option<ObjectKey> {
    let (name, _) = observed.carries()?;
    Some(ObjectKey {
        namespace: target.namespace.clone(),
        name: name.to_owned(),
    })
}

/// Whether one version of an object is later than another; versions that are no numbers count as later.
pub(super) fn is_newer(version: &str, than: &str) -> bool {
    match (version.parse::<u64>(), than.parse::<u64>()) {
        (Ok(version), Ok(than)) => version > than,
        _ => true,
    }
}
