//! The operator against a real API server and the emulator: nothing is mocked. Run with `cargo xtask test`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod absent;
mod away;
mod backoff;
mod bad_input;
mod breaker;
mod budget;
mod clock;
mod consumers;
mod crashes;
mod crds;
mod credentials;
mod crowds;
mod deeds;
mod drift;
mod events;
mod examples;
mod fights;
mod first_sync;
mod gitops;
mod grants;
mod guide;
mod honest_keys;
mod hostile;
mod installed;
mod kept;
mod lease;
mod leaving;
mod lifecycle;
mod lifetime;
mod log;
mod logged;
mod namespaces;
mod no_restart;
mod overdue;
mod ownership;
mod pending;
mod policy;
mod probes;
mod program;
mod refused;
mod removal;
mod renaming;
mod replicas;
mod restart_crashes;
mod restart_pace;
mod restart_rights;
mod restarts;
mod rights;
mod rollouts;
mod rotation;
mod scene;
mod secrecy;
mod seen;
mod series;
mod server_role;
mod shaping;
mod sharing;
mod slots;
mod sources;
mod stalls;
mod superseded;
mod suspend;
mod tap;
mod targets;
mod tenancy;
mod uncertain;
mod verdicts;
mod workloads;
