//! The pure middle: what is to be done, decided from values alone.
//!
//! Nothing in here talks to anybody, waits, or reads a clock: `now` is an argument everywhere, and the build fails
//! when a file in here reaches for the network, the runtime or the cluster (see `build.rs`).

pub mod breaker;
pub mod bucket;
pub mod certainty;
pub mod content;
pub mod due;
pub mod fingerprint;
pub mod grant;
pub mod lease;
pub mod moment;
pub mod observed;
pub mod outage;
pub mod outcome;
pub mod overdue;
pub mod pace;
pub mod packed;
pub mod pairs;
pub mod plan;
pub mod proof;
pub mod remote;
pub mod request;
pub mod restart;
pub mod rotation;
pub mod schedule;
pub mod shape;
mod speech;
pub mod status;
pub mod store;
pub mod trouble;
pub mod urgency;
pub mod workload;
