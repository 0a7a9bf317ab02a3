//! The client over real HTTP.

mod account;
mod bad_servers;
mod emulator;
mod hosts;
mod index;
mod line;
mod listener;
mod listing;
mod tls;
mod wire;
mod world;
