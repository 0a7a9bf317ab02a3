//! Metrics of stores: they vanish with their store.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

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

type Show = fn(&StoreReading) -> i64;

type Ask = dyn Fn() -> Vec<StoreReading> + Send + Sync;

/// The metrics of all stores.
#[derive(Clone)]
pub(super) struct Stores {
    waits: Family<ByStore, Histogram, fn() -> Histogram>,
    readings: Readings,
}

/// Who is asked; none before this process leads for the first time.
type Readings = Arc<Mutex<Option<Arc<Ask>>>>;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByStore {
    kind: &'static str,
    namespace: String,
    store: String,
}

impl ByStore {
    fn of(store: &StoreKey) -> Self {
        Self {
            kind: store.kind.as_str(),
            namespace: store.namespace.clone().unwrap_or_default(),
            store: store.name.clone(),
        }
    }
}

impl Stores {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let new: fn() -> Histogram = || Histogram::new(WAITS);
        let stores = Self {
            waits: Family::new_with_constructor(new),
            readings: Arc::default(),
        };
        registry.register(
            "store_wait_seconds",
            "How long looks that had to wait for calls of their store waited",
            stores.waits.clone(),
        );
        registry.register_collector(Box::new(Gauges(Arc::clone(&stores.readings))));
        stores
    }

    pub(super) fn ask(&self, readings: impl Fn() -> Vec<StoreReading> + Send + Sync + 'static) {
        *self.readings.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(readings));
    }

    pub(super) fn waited(&self, store: &StoreKey, seconds: f64) {
        self.waits
            .get_or_create(&ByStore::of(store))
            .observe(seconds);
    }

    pub(super) fn forget(&self, store: &StoreKey) {
        self.waits.remove(&ByStore::of(store));
    }
}

/// What is asked for anew each time.
struct Gauges(Readings);

impl fmt::Debug for Gauges {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Gauges")
    }
}

impl Collector for Gauges {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let ask = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let readings = ask.map_or_else(Vec::new, |ask| ask());
        if readings.is_empty() {
            return Ok(());
        }
        let gauges: [(&str, &str, Show); 2] = [
            (
                "store_budget_left",
                "Calls that the store could make now",
                |reading| i64::from(reading.left),
            ),
            (
                "store_breaker_open",
                "1 while nobody calls with the credentials of the store, because they are refused or missing",
                |reading| i64::from(reading.is_open),
            ),
        ];
        for (name, help, show) in gauges {
            let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for reading in &readings {
                let labels = ByStore::of(&reading.store);
                ConstGauge::new(show(reading)).encode(metric.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }
}
