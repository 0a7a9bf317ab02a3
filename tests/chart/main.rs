//! The Helm chart with the real Helm 3 and Helm 4, on real API servers of its own. Run with `cargo xtask test`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod arguments;
mod cluster;
mod confinement;
mod contradictions;
mod definitions;
mod helm;
mod installation;
mod labels;
mod monitors;
mod neighbours;
mod network;
mod page;
mod parent;
mod places;
mod pod_security;
mod probes;
mod quoting;
mod refused;
mod release;
mod values;
