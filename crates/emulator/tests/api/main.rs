//! The running server over real HTTP.

#[cfg(test)]
mod access;
#[cfg(test)]
mod actions;
#[cfg(test)]
mod admin;
#[cfg(test)]
mod admin_access;
#[cfg(test)]
mod admin_client;
#[cfg(test)]
mod admin_secrets;
#[cfg(test)]
mod admin_surroundings;
#[cfg(test)]
mod admin_switches;
#[cfg(test)]
mod binary;
#[cfg(test)]
mod client;
#[cfg(test)]
mod docs;
#[cfg(test)]
mod documented;
#[cfg(test)]
mod documented_errors;
#[cfg(test)]
mod documented_rules;
#[cfg(test)]
mod doubts;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod go_sdk;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod hosts;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod metadata;
#[cfg(test)]
mod model;
#[cfg(test)]
mod page;
#[cfg(test)]
mod program;
#[cfg(test)]
mod readings;
#[cfg(test)]
mod sequences;
#[cfg(test)]
mod state_file;
#[cfg(test)]
mod tls;
