//! What the operator exports: the names of its metrics, and the labels of each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use ncp_secret_operator::api::{Reason, StoreKind};
use ncp_secret_operator::core::outcome::Outcome;
use ncp_secret_operator::core::request::{ObjectKey, StoreKey};
use ncp_secret_operator::metrics::{Metrics, ObjectReading, StoreReading, StoreTrouble};

pub type Labels = BTreeSet<String>;

/// Labels by name of metric, as Prometheus has it.
pub fn exported() -> BTreeMap<String, Labels> {
    let text = with_everything().text().unwrap();
    let mut exported: BTreeMap<String, Labels> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let series = line.rsplit_once(' ').unwrap().0;
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let pairs = labels.trim_end_matches('}').split("\",");
        let names = pairs.filter_map(|pair| Some(pair.split_once('=')?.0.to_owned()));
        exported.entry(name.to_owned()).or_default().extend(names);
    }
    exported
}

/// Metrics in which everything that can be shown is shown once.
fn with_everything() -> Metrics {
    let metrics = Metrics::default();
    metrics.pass(&Outcome::Quiet);
    metrics.look("Read");
    metrics.call("GetSecretDetail", "ok");
    metrics.secret_write("create");
    metrics.status_write();
    metrics.restart("Deployment", "Restarted");
    metrics.waited(&store(), SignedDuration::from_secs(1));
    metrics.ask(
        || {
            vec![StoreReading {
                store: store(),
                left: 0,
                is_open: true,
            }]
        },
        || {
            vec![StoreTrouble {
                store: store(),
                reason: Reason::ClockSkew,
            }]
        },
        || {
            vec![ObjectReading {
                object: Arc::new(ObjectKey {
                    namespace: "shop".into(),
                    name: "orders-db".into(),
                }),
                not_ready: Some(Reason::SourceRevoked),
                rotation_unhealthy: Some(Reason::RotationFailed),
                next_rotation: Some(Timestamp::UNIX_EPOCH),
                rotating_since: Some(Timestamp::UNIX_EPOCH),
                destruction: Some(Timestamp::UNIX_EPOCH),
            }]
        },
    );
    metrics
}

fn store() -> StoreKey {
    StoreKey {
        kind: StoreKind::NcpSecretStore,
        namespace: Some("shop".into()),
        name: "ncp".into(),
    }
}

#[test]
fn nothing_that_is_exported_is_forgotten_here() {
    let exported = exported();
    let text = Metrics::default().text().unwrap();
    let families = text.lines().filter_map(|line| {
        let (name, kind) = line.strip_prefix("# TYPE ")?.split_once(' ').unwrap();
        Some(match kind {
            "counter" => format!("{name}_total"),
            "info" => format!("{name}_info"),
            "histogram" => format!("{name}_bucket"),
            _ => name.to_owned(),
        })
    });
    let missing: Vec<_> = families
        .filter(|name| !exported.contains_key(name))
        .collect();
    assert_eq!(missing, [""; 0]);
}
