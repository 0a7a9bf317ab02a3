//! Metrics of single objects: of those with a trouble, and the times that are set.

use std::sync::Arc;

use jiff::Timestamp;

use super::asked::{Gauge, Labels};
use crate::api::Reason;
use crate::core::request::ObjectKey;

/// What an object shows of itself when it is asked.
pub struct ObjectReading {
    /// Which object.
    pub object: Arc<ObjectKey>,
    /// Why its Secret is not good, if that is so.
    pub not_ready: Option<Reason>,
    /// Why its rotation is not healthy, if that is so.
    pub rotation_unhealthy: Option<Reason>,
    /// When the next automatic rotation is due.
    pub next_rotation: Option<Timestamp>,
    /// Since when a rotation runs.
    pub rotating_since: Option<Timestamp>,
    /// When the source is to be destroyed.
    pub destruction: Option<Timestamp>,
}

pub(super) const GAUGES: &[Gauge<ObjectReading>] = &[
    Gauge {
        name: "object_not_ready",
        help: "1 for each NcpSecret whose Ready is False, with the reason",
        show: |reading| reading.not_ready.map(|reason| reading.because_of(reason)),
    },
    Gauge {
        name: "object_rotation_unhealthy",
        help: "1 for each NcpSecret whose RotationHealthy is False, with the reason",
        show: |reading| {
            let reason = reading.rotation_unhealthy;
            reason.map(|reason| reading.because_of(reason))
        },
    },
    Gauge {
        name: "object_next_rotation_timestamp_seconds",
        help: "When the next automatic rotation of the source is due, in Unix time",
        show: |reading| reading.next_rotation.map(|time| reading.at(time)),
    },
    Gauge {
        name: "object_rotating_since_timestamp_seconds",
        help: "Since when a rotation of the source runs, in Unix time",
        show: |reading| reading.rotating_since.map(|time| reading.at(time)),
    },
    Gauge {
        name: "object_destruction_timestamp_seconds",
        help: "When the source is to be destroyed, in Unix time",
        show: |reading| reading.destruction.map(|time| reading.at(time)),
    },
];

impl ObjectReading {
    fn because_of(&self, reason: Reason) -> (Labels, i64) {
        let mut labels = self.labels();
        labels.push(("reason", reason.as_str().to_owned()));
        (labels, 1)
    }

    fn at(&self, time: Timestamp) -> (Labels, i64) {
        (self.labels(), time.as_second())
    }

    fn labels(&self) -> Labels {
        vec![
            ("namespace", self.object.namespace.clone()),
            ("name", self.object.name.clone()),
        ]
    }
}
