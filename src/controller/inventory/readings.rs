//! What objects and stores show of themselves in metrics.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::{Inventory, Known};
use crate::core::request::ObjectKey;
use crate::core::status::{is_revoked, not_ready, rotation_unhealthy, told_reason};
use crate::metrics::{ObjectReading, StoreTrouble};

impl Inventory {
    /// What each object shows of itself. Nobody looks after those that are suspended, so that they show nothing.
    #[must_use]
    pub fn readings(&self) -> Vec<ObjectReading> {
        let state = self.lock();
        let objects = state.objects.iter();
        let objects = objects.filter(|(_, known)| !known.is_suspended());
        objects.map(|(key, known)| known.reading(key)).collect()
    }

    /// What stores tell of that all their objects share.
    #[must_use]
    pub fn store_troubles(&self) -> Vec<StoreTrouble> {
        let state = self.lock();
        let told = state.stores.iter().filter_map(|(key, store)| {
            let reason = told_reason(store.status.as_ref(), store.about.generation)?;
            let store = key.clone();
            Some(StoreTrouble { store, reason })
        });
        told.collect()
    }
}

impl Known {
    fn is_suspended(&self) -> bool {
        matches!(self.request.as_ref(), Ok(request) if request.suspended)
    }

    fn reading(&self, key: &ObjectKey) -> ObjectReading {
        let source = self.status.source.as_ref();
        let time = |time: &Option<Time>| time.as_ref().map(|time| time.0);
        // The date stays in the status when NCP does not know the secret any more.
        let revoked = source.filter(|_| is_revoked(&self.status));
        ObjectReading {
            object: key.clone(),
            not_ready: not_ready(&self.status),
            rotation_unhealthy: rotation_unhealthy(&self.status),
            next_rotation: source.and_then(|source| time(&source.next_rotation_time)),
            rotating_since: source.and_then(|source| time(&source.rotating_since)),
            destruction: revoked.and_then(|source| time(&source.expected_destroy_time)),
        }
    }
}
