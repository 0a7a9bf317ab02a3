//! Where the news of the cluster go: to whoever works on them, and nowhere while nobody does.
//!
//! Nothing is kept for later: who begins to work asks for everything that is known by then.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;

use super::{Wake, Wakes};
use crate::core::request::StoreKey;

/// Who works on the news.
#[derive(Clone)]
pub struct Desk {
    /// Passes over objects are asked for here.
    pub wakes: Wakes,
    /// Stores that are new or changed are named here.
    pub stores: mpsc::UnboundedSender<StoreKey>,
}

/// Where the news of the cluster go.
#[derive(Default)]
pub(super) struct Outlet(Mutex<Option<Open>>);

struct Open {
    desk: Desk,
    /// Whether news of all namespaces pass.
    everywhere: bool,
    /// The namespaces whose news pass besides.
    namespaces: HashSet<String>,
}

/// Closes the outlet when it is dropped.
pub(super) struct Opened<'outlet>(&'outlet Outlet);

impl Outlet {
    /// Opens it for namespaces that are admitted from now on.
    pub(super) fn open(&self, desk: Desk) -> Opened<'_> {
        *self.lock() = Some(Open {
            desk,
            everywhere: false,
            namespaces: HashSet::new(),
        });
        Opened(self)
    }

    /// Lets news of a namespace pass, or of all.
    pub(super) fn admit(&self, namespace: Option<&str>) {
        if let Some(open) = self.lock().as_mut() {
            match namespace {
                Some(namespace) => drop(open.namespaces.insert(namespace.to_owned())),
                None => open.everywhere = true,
            }
        }
    }

    pub(super) fn wake(&self, wake: Wake) {
        if let Some(open) = self.lock().as_ref()
            && open.admits(&wake.object.namespace)
        {
            // Nobody listens any more only when the work is about to end.
            let _ = open.desk.wakes.send(wake);
        }
    }

    pub(super) fn name(&self, store: StoreKey) {
        if let Some(open) = self.lock().as_ref()
            && store
                .namespace
                .as_ref()
                .is_none_or(|namespace| open.admits(namespace))
        {
            // Nobody listens any more only when the work is about to end.
            let _ = open.desk.stores.send(store);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn admits(&self, namespace: &str) -> bool {
        self.everywhere || self.namespaces.contains(namespace)
    }
}

impl Drop for Opened<'_> {
    fn drop(&mut self) {
        *self.0.lock() = None;
    }
}
