//! The servers: the three API hosts, the metadata service and the admin port.

mod admin;
mod api;
mod handshake;
mod listen;
mod malformed;
mod metadata;
mod page;
mod reply;
mod request;

pub(crate) use admin::{Admin, ClockFeed, router};
pub(crate) use api::serve_api;
pub(crate) use listen::bind;
pub(crate) use metadata::serve_metadata;
