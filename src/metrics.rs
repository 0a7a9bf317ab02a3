//! What is counted, for Prometheus.

mod asked;
mod objects;
mod stores;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64};

use jiff::{SignedDuration, Timestamp};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use self::asked::Asked;
pub use self::objects::ObjectReading;
use self::stores::Waits;
pub use self::stores::{StoreReading, StoreTrouble};
use crate::api::Reason;
use crate::controller::{Depth, Overdue};
use crate::core::outcome::Outcome;
use crate::core::request::StoreKey;
use crate::core::trouble::Trouble;

/// All metrics of the process. Clones count together.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    passes: Family<ByOutcome, Counter>,
    looks: Family<ByResult, Counter>,
    calls: Family<ByCall, Counter>,
    secret_writes: Family<ByKind, Counter>,
    restarts: Family<ByRestart, Counter>,
    status_writes: Counter,
    objects: Gauge<i64, AtomicI64>,
    ready: Gauge<i64, AtomicI64>,
    waiting: Gauge<i64, AtomicI64>,
    leader: Gauge<i64, AtomicI64>,
    overdue: Gauge<i64, AtomicI64>,
    overdue_without_room: Gauge<i64, AtomicI64>,
    watches_missing: Gauge<i64, AtomicI64>,
    held: Gauge<i64, AtomicI64>,
    oldest: Gauge<f64, AtomicU64>,
    waits: Waits,
    asked_stores: Asked<StoreReading>,
    asked_troubles: Asked<StoreTrouble>,
    asked_objects: Asked<ObjectReading>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByOutcome {
    outcome: &'static str,
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByResult {
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByCall {
    operation: &'static str,
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByKind {
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByRestart {
    kind: &'static str,
    result: &'static str,
}

impl Default for Metrics {
    #[expect(clippy::too_many_lines, reason = "a list")]
    fn default() -> Self {
        let mut registry = Registry::with_prefix("ncp_secret_operator");
        let passes = Family::default();
        let looks = Family::default();
        let calls = Family::default();
        let secret_writes = Family::default();
        let restarts = Family::default();
        let status_writes = Counter::default();
        let objects = Gauge::default();
        let ready = Gauge::default();
        let waiting = Gauge::default();
        let leader = Gauge::default();
        let overdue = Gauge::default();
        let overdue_without_room = Gauge::default();
        let watches_missing = Gauge::default();
        let held = Gauge::default();
        let oldest = Gauge::default();
        registry.register(
            "passes",
            "Passes over objects, by how they ended",
            passes.clone(),
        );
        registry.register("looks", "Looks at sources, by result", looks.clone());
        registry.register(
            "calls",
            "Calls to NCP, by operation and result",
            calls.clone(),
        );
        registry.register(
            "secret_writes",
            "Writes of Secrets sent to the API server, by kind",
            secret_writes.clone(),
        );
        registry.register(
            "restarts",
            "Workloads that were due for a restart, by kind and what came of it",
            restarts.clone(),
        );
        registry.register(
            "status_writes",
            "Writes of the status of NcpSecrets",
            status_writes.clone(),
        );
        registry.register("objects", "NcpSecrets that are followed", objects.clone());
        registry.register(
            "queue_ready",
            "NcpSecrets whose pass is due and has not begun",
            ready.clone(),
        );
        registry.register(
            "queue_waiting",
            "NcpSecrets that wait for their time",
            waiting.clone(),
        );
        registry.register(
            "leader",
            "1 while this process leads, 0 while it stands by",
            leader.clone(),
        );
        registry.register(
            "overdue",
            "NcpSecrets that have waited for a pass for two intervals and a minute although there was room",
            overdue.clone(),
        );
        registry.register(
            "overdue_without_room",
            "NcpSecrets that have waited for as long because all passes that may run at once do run",
            overdue_without_room.clone(),
        );
        registry.register(
            "watches_missing",
            "Watches whose first list is not complete",
            watches_missing.clone(),
        );
        registry.register(
            "queue_held",
            "NcpSecrets whose pass is due and whose store may make no more calls now",
            held.clone(),
        );
        registry.register(
            "queue_oldest_seconds",
            "How long the pass that is due for longest has been due, 0 if none is",
            oldest.clone(),
        );
        registry.register(
            "build",
            "The version that runs",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        let waits = Waits::register(&mut registry);
        let asked_stores = Asked::register(&mut registry, stores::GAUGES);
        let asked_troubles = Asked::register(&mut registry, stores::TROUBLES);
        let asked_objects = Asked::register(&mut registry, objects::GAUGES);
        let registry = Arc::new(registry);
        Self {
            registry,
            passes,
            looks,
            calls,
            secret_writes,
            restarts,
            status_writes,
            objects,
            ready,
            waiting,
            leader,
            overdue,
            overdue_without_room,
            watches_missing,
            held,
            oldest,
            waits,
            asked_stores,
            asked_troubles,
            asked_objects,
        }
    }
}

impl Metrics {
    /// The text that Prometheus reads.
    ///
    /// # Errors
    ///
    /// When a metric cannot be written as text.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }

    /// Counts a pass.
    pub fn pass(&self, outcome: &Outcome) {
        let (outcome, reason) = match outcome {
            Outcome::Quiet => ("quiet", ""),
            Outcome::Synced { conflict, .. } => {
                let reason = conflict.as_ref().map_or(Reason::Synced, Trouble::reason);
                ("synced", reason.as_str())
            }
            Outcome::Failed { trouble, .. } => ("failed", trouble.reason().as_str()),
            Outcome::Suspended => ("suspended", ""),
            Outcome::Interrupted => ("interrupted", ""),
            Outcome::Held => ("held", ""),
            Outcome::Leaving => ("leaving", ""),
        };
        self.passes
            .get_or_create(&ByOutcome { outcome, reason })
            .inc();
    }

    /// Counts a look.
    pub fn look(&self, result: &'static str) {
        self.looks.get_or_create(&ByResult { result }).inc();
    }

    /// Counts a call to NCP.
    pub fn call(&self, operation: &'static str, result: &'static str) {
        self.calls
            .get_or_create(&ByCall { operation, result })
            .inc();
    }

    /// Counts a write of a Secret.
    pub fn secret_write(&self, kind: &'static str) {
        self.secret_writes.get_or_create(&ByKind { kind }).inc();
    }

    /// Counts a workload that was due for a restart.
    pub fn restart(&self, kind: &'static str, result: &'static str) {
        self.restarts
            .get_or_create(&ByRestart { kind, result })
            .inc();
    }

    /// Counts a write of a status.
    pub fn status_write(&self) {
        self.status_writes.inc();
    }

    /// Asks for what stores and objects show of themselves, each time that somebody reads, as long as this process leads.
    pub fn ask(
        &self,
        stores: impl Fn() -> Vec<StoreReading> + Send + Sync + 'static,
        troubles: impl Fn() -> Vec<StoreTrouble> + Send + Sync + 'static,
        objects: impl Fn() -> Vec<ObjectReading> + Send + Sync + 'static,
    ) {
        self.asked_stores.ask(stores);
        self.asked_troubles.ask(troubles);
        self.asked_objects.ask(objects);
    }

    /// Notes how long a look waited for calls of its store.
    pub fn waited(&self, store: &StoreKey, wait: SignedDuration) {
        self.waits.waited(store, wait.as_secs_f64().max(0.0));
    }

    /// Forgets a store that is gone.
    pub fn forget_store(&self, store: &StoreKey) {
        self.waits.forget(store);
    }

    /// Shows how much there is to do, and since when the oldest of it is due.
    pub fn queue(&self, depth: &Depth, objects: usize, now: Timestamp) {
        self.ready.set(number(depth.ready));
        self.waiting.set(number(depth.waiting));
        self.held.set(number(depth.held));
        self.objects.set(number(objects));
        let age = depth
            .oldest
            .map_or(SignedDuration::ZERO, |since| now.duration_since(since));
        self.oldest.set(age.as_secs_f64().max(0.0));
    }

    /// Shows whether this process leads.
    pub fn leads(&self, leads: bool) {
        self.leader.set(leads.into());
        if !leads {
            for gauge in [&self.ready, &self.waiting, &self.held, &self.objects] {
                gauge.set(0);
            }
            self.oldest.set(0.0);
            self.asked_stores.ask_nobody();
            self.asked_troubles.ask_nobody();
            self.asked_objects.ask_nobody();
        }
    }

    /// Shows how much has been left alone for too long, and how many watches are not complete.
    pub fn health(&self, overdue: Overdue, watches_missing: usize) {
        self.overdue.set(number(overdue.with_room));
        self.overdue_without_room.set(number(overdue.without_room));
        self.watches_missing.set(number(watches_missing));
    }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
