//! From watch events to wakes: what changed in the cluster, and which objects that concerns.

use std::sync::Arc;

use jiff::SignedDuration;

use super::inventory::Novelty;
use super::{Inventory, Urgency, Wake, Wakes};
use crate::api::StoreKind;
use crate::cluster::{Change, Feed, Objects, Secrets, StoreObject, WatchedSecret};
use crate::core::observed::Observed;
use crate::core::request::{ObjectKey, StoreKey};
use tokio::sync::mpsc;

/// Repairs wait this long, so that the deletion of a whole namespace is known as one.
const REPAIR_DELAY: SignedDuration = SignedDuration::from_millis(500);

/// The objects of a store that went hear of it this late: it may have gone with its namespace, and they with it.
const STORE_GONE_DELAY: SignedDuration = SignedDuration::from_secs(5);

/// Which part of the cluster is followed.
#[derive(Clone, Debug)]
pub struct Scope {
    /// These namespaces; all when empty.
    pub namespaces: Vec<String>,
    /// Whether the cluster's stores are followed.
    pub cluster_stores: bool,
}

impl Default for Scope {
    fn default() -> Self {
        Self {
            namespaces: Vec::new(),
            cluster_stores: true,
        }
    }
}

/// What watch events are turned into.
#[derive(Clone)]
struct Sink {
    inventory: Arc<Inventory>,
    wakes: Wakes,
    stores: mpsc::UnboundedSender<StoreKey>,
}

/// Starts all watches.
///
/// Passes over objects are asked for on `wakes`; stores that are new or changed are named on `stores`.
#[must_use]
pub fn follow_all(
    scope: &Scope,
    objects: &Objects,
    secrets: &Secrets,
    inventory: &Arc<Inventory>,
    wakes: &Wakes,
    stores: &mpsc::UnboundedSender<StoreKey>,
) -> Vec<Feed> {
    let sink = Sink {
        inventory: Arc::clone(inventory),
        wakes: wakes.clone(),
        stores: stores.clone(),
    };
    let namespaces: Vec<Option<String>> = if scope.namespaces.is_empty() {
        vec![None]
    } else {
        scope.namespaces.iter().cloned().map(Some).collect()
    };
    let mut feeds = Vec::new();
    for namespace in namespaces {
        let within = namespace.as_deref();
        let objects_feed = objects.watch_secrets(within, sink.clone().objects(namespace.clone()));
        // Which Secrets concern anybody can be told only when the objects are known.
        let begin = objects_feed.completed();
        feeds.push(objects_feed);
        feeds.push(secrets.watch(within, begin, sink.clone().targets(namespace.clone())));
        feeds.push(
            objects.watch_stores(
                within,
                sink.clone()
                    .stores(StoreKind::NcpSecretStore, namespace.clone()),
            ),
        );
    }
    if scope.cluster_stores {
        let cluster = sink.stores(StoreKind::ClusterNcpSecretStore, None);
        feeds.push(objects.watch_cluster_stores(cluster));
    }
    feeds
}

impl Sink {
    fn objects(self, namespace: Option<String>) -> impl FnMut(Change<ObjectKey, WatchedSecret>) {
        move |change| match change {
            Change::Listed(key, watched) => self.object(&key, watched, Urgency::Initial),
            Change::Applied(key, watched) => self.object(&key, watched, Urgency::Prompt),
            Change::Removed(key, watched) => {
                let heirs = self.inventory.object_gone(&key, &watched.about.uid);
                for heir in heirs {
                    self.wake(heir, Urgency::Repair, REPAIR_DELAY);
                }
                // A pass over an object that is gone does nothing but give up its place in the queue.
                self.wake(Arc::new(key), Urgency::Repair, SignedDuration::ZERO);
            }
            Change::Complete(listed) => {
                self.inventory.objects_listed(namespace.as_deref(), &listed);
            }
        }
    }

    fn object(&self, key: &ObjectKey, watched: WatchedSecret, urgency: Urgency) {
        if self.inventory.object_seen(key, watched) == Novelty::Changed {
            self.wake(Arc::new(key.clone()), urgency, SignedDuration::ZERO);
        }
    }

    fn targets(self, namespace: Option<String>) -> impl FnMut(Change<ObjectKey, Observed>) {
        move |change| match change {
            Change::Listed(key, observed) | Change::Applied(key, observed) => {
                let owner = observed.owner.as_ref().map(|owner| owner.name.clone());
                if self.inventory.target_seen(key.clone(), Arc::new(observed)) {
                    self.target_moved(&key, owner);
                }
            }
            Change::Removed(key, observed) => {
                let owner = observed.owner.as_ref().map(|owner| owner.name.clone());
                if self.inventory.target_gone(&key, &observed) {
                    self.target_moved(&key, owner);
                }
            }
            Change::Complete(listed) => {
                for key in self.inventory.targets_listed(namespace.as_deref(), &listed) {
                    self.target_moved(&key, None);
                }
            }
        }
    }

    /// Wakes everybody who wants the target, and whom it names as its owner.
    fn target_moved(&self, target: &ObjectKey, owner: Option<String>) {
        let owner = owner.map(|name| {
            Arc::new(ObjectKey {
                namespace: target.namespace.clone(),
                name,
            })
        });
        let claimants = self.inventory.claimants(target);
        for object in claimants.into_iter().chain(owner) {
            self.wake(object, Urgency::Repair, REPAIR_DELAY);
        }
    }

    fn stores(
        self,
        kind: StoreKind,
        namespace: Option<String>,
    ) -> impl FnMut(Change<ObjectKey, StoreObject>) {
        let name = move |key: ObjectKey| StoreKey {
            kind,
            namespace: (kind == StoreKind::NcpSecretStore).then_some(key.namespace),
            name: key.name,
        };
        move |change| match change {
            Change::Listed(key, store) | Change::Applied(key, store) => {
                let key = name(key);
                if self.inventory.store_seen(key.clone(), store) {
                    self.wake_users(&key, SignedDuration::ZERO);
                }
                // Also when only its status changed: what could not be written to an older version is written now.
                self.name(key);
            }
            Change::Removed(key, _) => {
                let key = name(key);
                self.inventory.store_gone(&key);
                self.wake_users(&key, STORE_GONE_DELAY);
                self.name(key);
            }
            Change::Complete(listed) => {
                let listed: Vec<StoreKey> = listed.into_iter().map(name).collect();
                let gone = self.inventory.store_keys().into_iter().filter(|key| {
                    key.kind == kind
                        && (namespace.is_none() || key.namespace == namespace)
                        && !listed.contains(key)
                });
                for key in gone {
                    self.inventory.store_gone(&key);
                    self.wake_users(&key, STORE_GONE_DELAY);
                    self.name(key);
                }
            }
        }
    }

    fn wake_users(&self, store: &StoreKey, after: SignedDuration) {
        for object in self.inventory.users_of(store) {
            self.wake(object, Urgency::Repair, after);
        }
    }

    fn name(&self, store: StoreKey) {
        // Nobody listens any more only when the process ends.
        let _ = self.stores.send(store);
    }

    fn wake(&self, object: Arc<ObjectKey>, urgency: Urgency, after: SignedDuration) {
        // Nobody listens any more only when the process ends.
        let _ = self.wakes.send(Wake {
            object,
            urgency,
            after,
        });
    }
}
