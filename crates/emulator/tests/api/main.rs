//! The running server over real HTTP.
#![cfg(test)]

mod access;
mod actions;
mod admin;
mod admin_access;
mod admin_client;
mod admin_secrets;
mod admin_surroundings;
mod admin_switches;
mod binary;
mod client;
mod docs;
mod documented;
mod documented_errors;
mod documented_rules;
mod doubts;
mod faults;
mod go_sdk;
mod hostile;
mod hosts;
mod killed;
mod metadata;
mod model;
mod page;
mod program;
mod readings;
mod sequences;
mod state_file;
mod tls;
