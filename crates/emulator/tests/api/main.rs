//! The running server over real HTTP.

mod access;
mod admin;
mod client;
mod documented;
mod faults;
mod hostile;
mod hosts;
mod readings;
