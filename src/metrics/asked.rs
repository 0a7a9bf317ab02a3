//! Gauges that are asked for anew each time that somebody reads: what is gone is not shown.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

/// Names and values.
pub(super) type Labels = Vec<(&'static str, String)>;

type Ask<Reading> = Arc<dyn Fn() -> Vec<Reading> + Send + Sync>;

/// Who is asked; nobody while this process stands by.
pub(super) struct Asked<Reading>(Arc<Mutex<Option<Ask<Reading>>>>);

/// A gauge: its name, what it shows, and what a reading gives it, if anything.
pub(super) struct Gauge<Reading> {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) show: fn(&Reading) -> Option<(Labels, i64)>,
}

impl<Reading> Clone for Asked<Reading> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<Reading: 'static> Asked<Reading> {
    pub(super) fn register(registry: &mut Registry, gauges: &'static [Gauge<Reading>]) -> Self {
        let asked = Self(Arc::default());
        registry.register_collector(Box::new(Gauges {
            asked: asked.clone(),
            gauges,
        }));
        asked
    }

    pub(super) fn ask(&self, readings: impl Fn() -> Vec<Reading> + Send + Sync + 'static) {
        self.set(Some(Arc::new(readings)));
    }

    pub(super) fn ask_nobody(&self) {
        self.set(None);
    }

    fn set(&self, ask: Option<Ask<Reading>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = ask;
    }

    fn readings(&self) -> Vec<Reading> {
        let ask = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ask = ask.clone();
        ask.map_or_else(Vec::new, |ask| ask())
    }
}

struct Gauges<Reading: 'static> {
    asked: Asked<Reading>,
    gauges: &'static [Gauge<Reading>],
}

impl<Reading> fmt::Debug for Gauges<Reading> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Gauges")
    }
}

impl<Reading: 'static> Collector for Gauges<Reading> {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let readings = self.asked.readings();
        for gauge in self.gauges {
            let mut metric =
                encoder.encode_descriptor(gauge.name, gauge.help, None, MetricType::Gauge)?;
            for (labels, number) in readings.iter().filter_map(gauge.show) {
                ConstGauge::new(number).encode(metric.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }
}
