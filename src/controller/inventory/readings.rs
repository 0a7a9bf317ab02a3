//! What objects show of themselves in metrics.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::{Inventory, Known};
use crate::core::request::ObjectKey;
use crate::core::status::{not_ready, rotation_unhealthy};
use crate::metrics::ObjectReading;

impl Inventory {
    /// What each object shows of itself.
    #[must_use]
    pub fn readings(&self) -> Vec<ObjectReading> {
        let state = self.lock();
        let objects = state.objects.iter();
        objects.map(|(key, known)| known.reading(key)).collect()
    }
}

impl Known {
    fn reading(&self, key: &ObjectKey) -> ObjectReading {
        let source = self.status.source.as_ref();
        let time = |time: &Option<Time>| time.as_ref().map(|time| time.0);
        ObjectReading {
            object: key.clone(),
            not_ready: not_ready(&self.status),
            rotation_unhealthy: rotation_unhealthy(&self.status),
            next_rotation: source.and_then(|source| time(&source.next_rotation_time)),
            rotating_since: source.and_then(|source| time(&source.rotating_since)),
            destruction: source.and_then(|source| time(&source.expected_destroy_time)),
        }
    }
}
