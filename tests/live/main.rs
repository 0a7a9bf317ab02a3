//! The operator against a real API server and the emulator: nothing is mocked. Run with `cargo xtask test`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod absent;
mod backoff;
mod bad_input;
mod breaker;
mod budget;
mod crashes;
mod crds;
mod credentials;
mod crowds;
mod deeds;
mod drift;
mod examples;
mod fights;
mod first_sync;
mod grants;
mod guide;
mod honest_keys;
mod hostile;
mod kept;
mod leaving;
mod lifecycle;
mod lifetime;
mod log;
mod ownership;
mod probes;
mod program;
mod refused;
mod removal;
mod renaming;
mod restarts;
mod rotation;
mod scene;
mod secrecy;
mod seen;
mod shaping;
mod sharing;
mod slots;
mod sources;
mod stalls;
mod tap;
mod targets;
mod tenancy;
mod uncertain;
mod verdicts;
