//! The operator against a real API server and the emulator: nothing is mocked. Run with `cargo xtask test`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod first_sync;
mod scene;
