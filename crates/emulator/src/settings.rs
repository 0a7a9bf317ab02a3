//! What an emulator is started with.

use std::io;
use std::net::{IpAddr, Ipv4Addr};

use steerable_clock::{Clock, Steering};

use crate::behavior::Behavior;
use crate::host::Host;
use crate::seed::SeedError;
use crate::store::{NotSaved, StateFileError};
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
    /// Names under which the admin port may be reached besides `localhost` and addresses.
    pub admin_hosts: Vec<String>,
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

impl Ports {
    pub(crate) const fn of(self, host: Host) -> Option<u16> {
        match host {
            Host::KrGlobal => self.kr_global,
            Host::KrRegional => self.kr_regional,
            Host::JpnRegional => self.jpn_regional,
        }
    }
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
            admin_hosts: Vec::new(),
        }
    }
}

/// Where an emulator listens: base URLs without a slash at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

impl Endpoints {
    /// The base URL in place of a host's.
    #[must_use]
    pub fn of(&self, host: Host) -> &str {
        match host {
            Host::KrGlobal => &self.kr_global,
            Host::KrRegional => &self.kr_regional,
            Host::JpnRegional => &self.jpn_regional,
        }
    }

    pub(crate) const fn of_mut(&mut self, host: Host) -> &mut String {
        match host {
            Host::KrGlobal => &mut self.kr_global,
            Host::KrRegional => &mut self.kr_regional,
            Host::JpnRegional => &mut self.jpn_regional,
        }
    }
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
    /// The client that calls rotation actions cannot be made.
    #[error("failed to prepare the calls of rotation actions")]
    Actions(#[source] reqwest::Error),
    /// The state file cannot be used.
    #[error(transparent)]
    StateFile(#[from] StateFileError),
    /// The state file cannot be written.
    #[error(transparent)]
    NotSaved(#[from] NotSaved),
    /// The seed cannot be used.
    #[error(transparent)]
    Seed(#[from] SeedError),
}
