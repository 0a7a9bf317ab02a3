//! The Helm chart with the real Helm 3 and Helm 4, on real API servers of its own. Run with `cargo xtask test`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod cluster;
mod confinement;
mod contradictions;
mod helm;
mod installation;
mod monitors;
mod pod_security;
mod release;
mod values;
