//! The servers: the three API hosts and the admin port.

mod admin;
mod api;
mod listen;
mod page;
mod reply;
mod request;

pub(crate) use admin::{Admin, ClockFeed, router};
pub(crate) use listen::{bind, serve};
