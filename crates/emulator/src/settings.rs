//! What an emulator is started with.

use std::io;
use std::net::{IpAddr, Ipv4Addr};

use steerable_clock::{Clock, Steering};

use crate::behavior::Behavior;
use crate::tls::{Tls, TlsError};

/// How an emulator starts. The defaults listen on free loopback ports and take the machine's time.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where time comes from.
    pub clock: Clock,
    /// The hand on the clock, for the admin port; without it the clock can be read there only.
    pub steering: Option<Steering>,
    /// The address that all ports are on.
    pub address: IpAddr,
    /// The ports.
    pub ports: Ports,
    /// TLS on the API ports, which speak plain HTTP as well; without it they speak plain HTTP only.
    pub tls: Option<Tls>,
    /// The switches at the start.
    pub behavior: Behavior,
    /// Makes secret identifiers, job tokens and random values the same in each run.
    pub random_seed: Option<u64>,
}

/// Ports; a free one for each that is not given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ports {
    /// For secrets of Korea behind global keys.
    pub kr_global: Option<u16>,
    /// For secrets of Korea behind isolated keys.
    pub kr_regional: Option<u16>,
    /// For secrets of Japan.
    pub jpn_regional: Option<u16>,
    /// For the metadata service of a server.
    pub metadata: Option<u16>,
    /// For control.
    pub admin: Option<u16>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            clock: Clock::machine(),
            steering: None,
            address: Ipv4Addr::LOCALHOST.into(),
            ports: Ports::default(),
            tls: None,
            behavior: Behavior::default(),
            random_seed: None,
        }
    }
}

/// Where an emulator listens: base URLs without a slash at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// In place of `https://secretmanager.apigw.ntruss.com`.
    pub kr_global: String,
    /// In place of `https://ocapi-kr.ncloud.com/secretmanager`.
    pub kr_regional: String,
    /// In place of `https://ocapi-jp.ncloud.com/secretmanager`.
    pub jpn_regional: String,
    /// In place of `http://169.254.169.254`, the metadata service of a server.
    pub metadata: String,
    /// Health and control.
    pub admin: String,
}

/// The emulator could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port cannot be had.
    #[error("failed to listen on {address} port {}", .port.map_or_else(|| "any".to_owned(), |port| port.to_string()))]
    Listen {
        /// The address.
        address: IpAddr,
        /// The port that was asked for.
        port: Option<u16>,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The certificate cannot be had.
    #[error("failed to prepare TLS")]
    Tls(#[from] TlsError),
}
