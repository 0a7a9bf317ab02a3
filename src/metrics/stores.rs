//! Metrics of stores: they vanish with their store.

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::asked::{Gauge, Labels};
use crate::api::Reason;
use crate::core::request::StoreKey;

/// Up to a call in a second, to a few, to those that are told, and far beyond.
const WAITS: [f64; 9] = [0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0];

/// What a store shows of itself when it is asked.
pub struct StoreReading {
    /// Which store.
    pub store: StoreKey,
    /// How many calls it could make now.
    pub left: u32,
    /// Whether its breaker is open.
    pub is_open: bool,
}

pub(super) const GAUGES: &[Gauge<StoreReading>] = &[
    Gauge {
        name: "store_budget_left",
        help: "Calls that the store could make now",
        show: |reading| Some((labels_of(&reading.store), reading.left.into())),
    },
    Gauge {
        name: "store_breaker_open",
        help: "1 while nobody calls with the credentials of the store, because they are refused or missing",
        show: |reading| Some((labels_of(&reading.store), reading.is_open.into())),
    },
];

/// What a store tells of that all its objects share.
pub struct StoreTrouble {
    /// Which store.
    pub store: StoreKey,
    /// What it is.
    pub reason: Reason,
}

pub(super) const TROUBLES: &[Gauge<StoreTrouble>] = &[Gauge {
    name: "store_trouble",
    help: "1 for each store that tells of a trouble of all its objects, with the reason",
    show: |told| {
        let mut labels = labels_of(&told.store);
        labels.push(("reason", told.reason.as_str().to_owned()));
        Some((labels, 1))
    },
}];

fn labels_of(store: &StoreKey) -> Labels {
    vec![
        ("kind", store.kind.as_str().to_owned()),
        ("namespace", store.namespace.clone().unwrap_or_default()),
        ("store", store.name.clone()),
    ]
}

/// How long looks waited for their stores.
#[derive(Clone)]
pub(super) struct Waits(Family<Labels, Histogram, fn() -> Histogram>);

impl Waits {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let waits = Family::new_with_constructor((|| Histogram::new(WAITS)) as fn() -> Histogram);
        registry.register(
            "store_wait_seconds",
            "How long looks that had to wait for calls of their store waited",
            waits.clone(),
        );
        Self(waits)
    }

    pub(super) fn waited(&self, store: &StoreKey, seconds: f64) {
        self.0.get_or_create(&labels_of(store)).observe(seconds);
    }

    pub(super) fn forget(&self, store: &StoreKey) {
        self.0.remove(&labels_of(store));
    }
}
