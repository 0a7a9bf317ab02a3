//! From watch events to wakes: what changed in the cluster, and which objects that concerns.

use std::future::pending;
use std::sync::Arc;

use futures::future::join_all;
use jiff::SignedDuration;

use super::outlet::{Desk, Outlet};
use super::{Inventory, Urgency, Wake};
use crate::api::StoreKind;
use crate::cluster::{Change, Feed, Objects, Secrets, StoreObject, WatchedSecret};
use crate::core::observed::Observed;
use crate::core::request::{ObjectKey, StoreKey};

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

impl Scope {
    /// What an operator follows that was told to keep to these namespaces, or to none in particular, and whether to follow
    /// the stores of the cluster.
    ///
    /// Those are not there for one that keeps to some namespaces: it needs no rights outside them.
    #[must_use]
    pub fn of(namespaces: &[String], cluster_stores: bool) -> Self {
        let mut namespaces = namespaces.to_vec();
        namespaces.sort();
        namespaces.dedup();
        Self {
            cluster_stores: cluster_stores && namespaces.is_empty(),
            namespaces,
        }
    }
}

/// All watches, and where their news go.
pub struct Feeds {
    parts: Vec<Part>,
    cluster_stores: Option<Feed>,
    inventory: Arc<Inventory>,
    outlet: Arc<Outlet>,
}

/// The watches of one namespace, or of all.
struct Part {
    namespace: Option<String>,
    feeds: [Feed; 3],
}

/// What watch events are turned into.
#[derive(Clone)]
struct Sink {
    inventory: Arc<Inventory>,
    outlet: Arc<Outlet>,
}

/// Starts all watches; what they tell goes into the inventory, whether or not anybody attends.
#[must_use]
pub fn follow_all(
    scope: &Scope,
    objects: &Objects,
    secrets: &Secrets,
    inventory: &Arc<Inventory>,
) -> Feeds {
    let outlet = Arc::new(Outlet::default());
    let sink = Sink {
        inventory: Arc::clone(inventory),
        outlet: Arc::clone(&outlet),
    };
    let namespaces: Vec<Option<String>> = if scope.namespaces.is_empty() {
        vec![None]
    } else {
        scope.namespaces.iter().cloned().map(Some).collect()
    };
    let parts = namespaces.into_iter().map(|namespace| {
        let within = namespace.as_deref();
        let objects_feed = objects.watch_secrets(within, sink.clone().objects(namespace.clone()));
        // Which Secrets concern anybody can be told only when the objects are known.
        let begin = objects_feed.completed();
        let targets_feed = secrets.watch(within, begin, sink.clone().targets(namespace.clone()));
        let stores = sink
            .clone()
            .stores(StoreKind::NcpSecretStore, namespace.clone());
        let stores_feed = objects.watch_stores(within, stores);
        Part {
            namespace,
            feeds: [objects_feed, targets_feed, stores_feed],
        }
    });
    let parts = parts.collect();
    let cluster_stores = scope.cluster_stores.then(|| {
        let sink = sink.clone().stores(StoreKind::ClusterNcpSecretStore, None);
        objects.watch_cluster_stores(sink)
    });
    Feeds {
        parts,
        cluster_stores,
        inventory: Arc::clone(inventory),
        outlet,
    }
}

impl Feeds {
    /// Asks for a pass over each object that is known, and from then on over those that news concern; never ends.
    ///
    /// Objects of a namespace are asked for when its watches are complete; another one, whose watches are not, does not
    /// keep them waiting. When this is dropped, nobody is asked for any more.
    pub async fn attend(&self, desk: Desk) {
        let _open = self.outlet.open(desk);
        join_all(self.parts.iter().map(|part| self.attend_to(part))).await;
        pending::<()>().await;
    }

    async fn attend_to(&self, part: &Part) {
        for feed in part.feeds.iter().chain(&self.cluster_stores) {
            feed.completed().await;
        }
        let within = part.namespace.as_deref();
        self.inventory.doubt_missing_targets(within);
        self.outlet.admit(within);
        let sink = Sink {
            inventory: Arc::clone(&self.inventory),
            outlet: Arc::clone(&self.outlet),
        };
        let objects = self.inventory.objects_in(within);
        tracing::info!(
            namespace = within,
            objects = objects.len(),
            "all watches are complete, passes begin"
        );
        for store in self.inventory.store_keys() {
            if within.is_none()
                || store
                    .namespace
                    .as_deref()
                    .is_none_or(|own| within == Some(own))
            {
                sink.name(store);
            }
        }
        for object in objects {
            sink.wake(object, Urgency::Initial, SignedDuration::ZERO);
        }
    }

    /// Whether all watches still run; one that ended never comes back.
    #[must_use]
    pub fn are_alive(&self) -> bool {
        self.all().all(Feed::is_alive)
    }

    /// Whether objects can be worked on: those of all namespaces, or of one at least of those that were named.
    #[must_use]
    pub fn are_of_use(&self) -> bool {
        let complete = |part: &Part| part.feeds.iter().all(Feed::is_complete);
        self.cluster_stores.iter().all(Feed::is_complete) && self.parts.iter().any(complete)
    }

    /// The watches whose first list is not complete, and why.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        self.all().filter_map(Feed::missing).collect()
    }

    fn all(&self) -> impl Iterator<Item = &Feed> {
        let feeds = self.parts.iter().flat_map(|part| &part.feeds);
        feeds.chain(&self.cluster_stores)
    }
}

impl Sink {
    fn objects(self, namespace: Option<String>) -> impl FnMut(Change<ObjectKey, WatchedSecret>) {
        let mut listed_before = false;
        move |change| match change {
            // What a later list shows to be new or changed was so while the watch was broken.
            Change::Listed(key, watched) => {
                let urgency = if listed_before {
                    Urgency::Prompt
                } else {
                    Urgency::Initial
                };
                self.object(key, watched, urgency, listed_before);
            }
            Change::Applied(key, watched) => {
                self.object(key, watched, Urgency::Prompt, listed_before);
            }
            Change::Removed(key, watched) => {
                let heirs = self.inventory.object_gone(&key, &watched.about.uid);
                for heir in heirs {
                    self.wake(heir, Urgency::Repair, REPAIR_DELAY);
                }
                // A pass over an object that is gone does nothing but give up its place in the queue.
                self.wake(Arc::new(key), Urgency::Repair, SignedDuration::ZERO);
            }
            Change::Complete(listed) => {
                listed_before = true;
                self.inventory.objects_listed(namespace.as_deref(), &listed);
            }
        }
    }

    fn object(&self, key: ObjectKey, watched: WatchedSecret, urgency: Urgency, late: bool) {
        if let Some(object) = self.inventory.object_seen(key, watched) {
            if late {
                self.inventory.came_late(&object);
            }
            self.wake(object, urgency, SignedDuration::ZERO);
        }
    }

    fn targets(self, namespace: Option<String>) -> impl FnMut(Change<ObjectKey, Observed>) {
        move |change| match change {
            Change::Listed(key, observed) | Change::Applied(key, observed) => {
                let owner = observed.owner.as_ref().map(|owner| owner.name.clone());
                if self.inventory.target_seen(key.clone(), &observed) {
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
        self.outlet.name(store);
    }

    fn wake(&self, object: Arc<ObjectKey>, urgency: Urgency, after: SignedDuration) {
        self.outlet.wake(Wake {
            object,
            urgency,
            after,
        });
    }
}
