//! The alerts and the dashboard of the chart: Prometheus' own checker takes them, they speak of metrics that the operator
//! exports, and each alert leads to a chapter of the documentation.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod alerts;
mod chart;
mod dashboard;
mod exported;
mod promtool;
mod query;

use std::path::PathBuf;

/// A file or folder of the repository.
fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}
