//! What objects and stores show of themselves in metrics.

use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::Inventory;
use crate::api::{NcpSecretStatus, Reason};
use crate::core::status::{is_revoked, not_ready, rotation_unhealthy, told_reason};
use crate::metrics::{ObjectReading, StoreTrouble};

/// What an object shows of itself.
#[derive(Default, PartialEq)]
pub(super) struct Shown {
    not_ready: Option<Reason>,
    rotation_unhealthy: Option<Reason>,
    next_rotation: Option<Timestamp>,
    rotating_since: Option<Timestamp>,
    destruction: Option<Timestamp>,
}

impl Inventory {
    /// What each object shows of itself that has anything to show. Nobody looks after those that are suspended, so that they show
    /// nothing.
    #[must_use]
    pub fn readings(&self) -> Vec<ObjectReading> {
        let state = self.lock();
        let objects = state.objects.iter();
        let followed = objects.filter(|(_, kept)| !kept.is_suspended());
        let readings = followed.filter_map(|(key, kept)| {
            let shown = kept.shown.as_ref()?;
            Some(ObjectReading {
                object: Arc::clone(key),
                not_ready: shown.not_ready,
                rotation_unhealthy: shown.rotation_unhealthy,
                next_rotation: shown.next_rotation,
                rotating_since: shown.rotating_since,
                destruction: shown.destruction,
            })
        });
        readings.collect()
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

impl Shown {
    /// What an object of that status shows, if anything.
    pub(super) fn of(status: &NcpSecretStatus) -> Option<Box<Self>> {
        let source = status.source.as_ref();
        let time = |time: &Option<Time>| time.as_ref().map(|time| time.0);
        // The date stays in the status when NCP does not know the secret any more.
        let revoked = source.filter(|_| is_revoked(status));
        let shown = Self {
            not_ready: not_ready(status),
            rotation_unhealthy: rotation_unhealthy(status),
            next_rotation: source.and_then(|source| time(&source.next_rotation_time)),
            rotating_since: source.and_then(|source| time(&source.rotating_since)),
            destruction: revoked.and_then(|source| time(&source.expected_destroy_time)),
        };
        (shown != Self::default()).then(|| Box::new(shown))
    }
}
