//! The servers: the three API hosts and the admin port.

mod admin;
mod api;
mod clock_feed;
mod listen;
mod reply;
mod request;

pub(crate) use admin::router;
pub(crate) use clock_feed::ClockFeed;
pub(crate) use listen::{bind, serve};
