//! The cluster: everything that is read from and written to the Kubernetes API server.
//!
//! Secrets are watched, created and changed with metadata-only replies, so that no value ever comes back from the API
//! server; the two full reads (credentials, installation key) stand in [`secrets`], the one file that reads Secrets.

mod body;
mod connect;
mod decode;
mod events;
pub mod lease;
mod metadata;
pub mod objects;
mod owners;
mod refusal;
pub mod secrets;
mod shown;
mod term;
mod watch;
mod wire;
mod workloads;

pub use connect::{ConnectError, connect};
pub use events::{Announcer, Subject};
pub use lease::{Election, Standing};
pub use objects::{Decoded, Objects, StoreObject, WatchedSecret};
pub use refusal::Refusal;
pub use secrets::Secrets;
pub use term::Term;
pub use watch::{Change, Feed, Obstacle};
pub use wire::Server;
pub use workloads::Workloads;
