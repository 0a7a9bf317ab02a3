//! The way of a call over the network: signed, bounded in bytes and time, and to nowhere but its endpoint.

use std::error::Error as StdError;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, ACCEPT_ENCODING, HeaderMap};
use reqwest::{Certificate, Client, Url};
use steerable_clock::Clock;
use thiserror::Error;
use zeroize::Zeroizing;

use super::body;
use super::call_error::CallError;
use super::credentials::Credentials;
use super::endpoints::{Endpoint, Endpoints};
use super::operation::Operation;
use super::reply::{Reply, speaks_for_itself};
use crate::core::remote::Failure;

/// Idle connections kept for each host; as many calls as that go out together without a new handshake.
const IDLE_CONNECTIONS: usize = 32;

/// How long an idle connection is kept, shorter than servers commonly keep theirs.
const IDLE_TIME: Duration = Duration::from_secs(30);

/// This machine, whatever a resolver says.
pub(super) const LOCALHOST: [SocketAddr; 2] = [
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
    SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), 0),
];

/// How long a call may take, in real time: a steered clock does not make networks faster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// From the first packet to a connection that can carry a request.
    pub connect: Duration,
    /// From the beginning of the call to the last byte of its answer.
    pub total: Duration,
}

impl Default for Deadlines {
    /// 5 s to connect, 15 s in all.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            total: Duration::from_secs(15),
        }
    }
}

/// A call that ended, or was given up by the one who waited for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallRecord {
    /// `detail`, `stage_value`, `values` or `list`.
    pub operation: &'static str,
    /// `ok`, `cancelled`, or one word of a closed set of failures.
    pub result: &'static str,
}

/// Who is told of each call.
pub type OnCall = Arc<dyn Fn(CallRecord) + Send + Sync>;

/// What a [`Transport`] is made of.
pub struct Settings {
    /// Where calls may go.
    pub endpoints: Endpoints,
    /// PEM certificates of authorities that are trusted besides the platform's.
    pub extra_authorities: Option<Vec<u8>>,
    /// How long a call may take.
    pub deadlines: Deadlines,
    /// The time that is signed.
    pub clock: Clock,
    /// Who is told of each call.
    pub on_call: OnCall,
}

/// Why calls cannot be made at all.
#[derive(Debug, Error)]
pub enum TransportError {
    /// The extra authorities are not understood.
    #[error("failed to read the extra certificate authorities as PEM")]
    Authorities(#[source] Option<reqwest::Error>),
    /// The encryption cannot be set up; without any authority on this machine, for example.
    #[error("failed to set up encrypted connections")]
    Encryption(#[source] reqwest::Error),
}

/// One pool of connections for the process.
pub struct Transport {
    client: Client,
    endpoints: Endpoints,
    deadline: Duration,
    clock: Clock,
    on_call: OnCall,
}

impl Transport {
    /// Sets up the connections; none is opened yet.
    ///
    /// # Errors
    ///
    /// When the extra authorities are not PEM, or nobody would be trusted.
    pub fn new(settings: Settings) -> Result<Self, TransportError> {
        let authorities = match &settings.extra_authorities {
            Some(pem) => authorities(pem)?,
            None => Vec::new(),
        };
        let client = Client::builder()
            .https_only(settings.endpoints.are_https())
            .tls_certs_merge(authorities)
            // Plain http is allowed to this machine only, so nothing else may say where `localhost` is.
            .resolve_to_addrs("localhost", &LOCALHOST)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .http1_only()
            .connect_timeout(settings.deadlines.connect)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .pool_idle_timeout(IDLE_TIME)
            .user_agent(concat!("ncp-secret-operator/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(TransportError::Encryption)?;
        Ok(Self {
            client,
            endpoints: settings.endpoints,
            deadline: settings.deadlines.total,
            clock: settings.clock,
            on_call: settings.on_call,
        })
    }

    /// Where calls may go.
    pub(super) const fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// The clock whose time is signed.
    pub(super) const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Makes one call and reads the `data` of its answer; `read` finding nothing usable there means that the
    /// answer is malformed.
    pub(super) async fn call<T>(
        &self,
        credentials: &Credentials,
        endpoint: &Endpoint,
        operation: Operation<'_>,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, CallError> {
        let (url, target) = operation
            .path()
            .and_then(|path| endpoint.url(&path))
            .ok_or(Failure::InvalidRequest)?;
        let mut tally = Tally {
            on_call: &self.on_call,
            record: CallRecord {
                operation: operation.word(),
                result: "cancelled",
            },
        };
        let outcome = self
            .exchange(credentials, url, &target, operation.bound())
            .await
            .and_then(|answer| {
                let reply = answer.reply();
                read(reply.data()?).ok_or_else(|| Failure::Malformed.into())
            });
        tally.record.result = outcome.as_ref().err().map_or("ok", CallError::word);
        outcome
    }

    async fn exchange(
        &self,
        credentials: &Credentials,
        url: Url,
        target: &str,
        bound: usize,
    ) -> Result<Answer, CallError> {
        let headers = credentials
            .headers(target, self.clock.now().as_millisecond())
            .map_err(|_| CallError::CredentialsRejected)?;
        let exchange = async {
            let mut response = self
                .client
                .get(url)
                .headers(headers)
                .header(ACCEPT, "application/json")
                .header(ACCEPT_ENCODING, "identity")
                .send()
                .await
                .map_err(|error| failure(&error))?;
            let now = self.clock.now();
            let status = response.status().as_u16();
            let body = match body::read(&mut response, bound).await {
                Err(_) if speaks_for_itself(status) => Zeroizing::default(),
                body => body?,
            };
            Ok(Answer {
                status,
                headers: std::mem::take(response.headers_mut()),
                body,
                now,
            })
        };
        tokio::time::timeout(self.deadline, exchange)
            .await
            .unwrap_or(Err(Failure::Timeout))
            .map_err(CallError::from)
    }
}

/// An answer that arrived whole.
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Zeroizing<Vec<u8>>,
    now: jiff::Timestamp,
}

impl Answer {
    fn reply(&self) -> Reply<'_> {
        Reply {
            status: self.status,
            headers: &self.headers,
            body: &self.body,
            now: self.now,
        }
    }
}

/// Tells of a call when it ends in any way.
struct Tally<'a> {
    on_call: &'a OnCall,
    record: CallRecord,
}

impl Drop for Tally<'_> {
    fn drop(&mut self) {
        (self.on_call)(self.record);
    }
}

fn authorities(pem: &[u8]) -> Result<Vec<Certificate>, TransportError> {
    let authorities = Certificate::from_pem_bundle(pem)
        .map_err(|error| TransportError::Authorities(Some(error)))?;
    if authorities.is_empty() {
        return Err(TransportError::Authorities(None));
    }
    Ok(authorities)
}

/// What became of a call that the network did not carry to its end.
pub(super) fn failure(error: &reqwest::Error) -> Failure {
    if error.is_connect() {
        if is_handshake(error) {
            Failure::Handshake
        } else {
            Failure::Connect
        }
    } else if error.is_timeout() {
        Failure::Timeout
    } else {
        Failure::Interrupted
    }
}

/// Of all that can fail while connecting, only the handshake calls what it received invalid.
fn is_handshake(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(error) = source {
        source = match error.downcast_ref::<io::Error>() {
            Some(error) if error.kind() == io::ErrorKind::InvalidData => return true,
            // Its `source` would pass over the error that it wraps.
            Some(error) => error
                .get_ref()
                .map(|inner| inner as &(dyn StdError + 'static)),
            None => error.source(),
        };
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities_that_are_none_are_refused() {
        for pem in [
            &b""[..],
            b"no PEM at all",
            b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
        ] {
            assert!(matches!(
                authorities(pem),
                Err(TransportError::Authorities(_))
            ));
        }
    }
}
