//! A local server that behaves like NAVER Cloud Platform Secret Manager.
//!
//! It speaks real HTTP on loopback, checks real signatures, and keeps secrets, their chain of values, their
//! lifecycle and their rotation as NCP's documentation describes them. Where that is silent or contradicts
//! itself, a switch of [`Behavior`] chooses. Its time is that of a [`steerable_clock::Clock`]: the signature
//! window, the schedule of rotations, deletions and time-outs follow when that is moved.
//!
//! Its admin port has a page for people, which shows the clock, the secrets and recent requests in a browser and has
//! buttons to change them.
//!
//! Names such as `secretmanager-createsecret` are pages of `https://api.ncloud-docs.com/docs/` or
//! `https://guide.ncloud-docs.com/docs/`.

mod actions;
mod auth;
pub mod behavior;
mod calls;
mod emulator;
mod fault;
mod host;
mod metadata;
mod seed;
mod server;
mod settings;
mod shared;
mod span;
pub mod state;
mod store;
mod tls;
mod wire;

pub use auth::{Key, KeyRefused, Role, sign};
pub use behavior::Behavior;
pub use calls::{Call, Counted};
pub use emulator::Emulator;
pub use fault::{Effect, Fault, FaultId};
pub use host::Host;
pub use metadata::ServerRole;
pub use seed::{Place, Seed, SeedError};
pub use settings::{Endpoints, Ports, Settings, StartError};
pub use state::{
    Action, ActionUrl, Boundary, Chain, Change, FindError, HttpAction, Lifecycle, NewSecret, Phase,
    ProtectionKey, Refusal, Region, Secret, Stage, Text, Trigger,
};
pub use store::{NotSaved, StateFile, StateFileError, Unreadable};
pub use tls::{PemKind, Tls, TlsError};
pub use wire::{GatewayError, Kind, Operation, ServiceError};
