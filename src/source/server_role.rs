//! Temporary keys of the node's server role, from the metadata service (`compute-vmetadata-roledata`).
//!
//! Plain http, to one address that no resource can change; no proxy, no redirect, short deadlines, bounded replies. Any
//! program that reaches the address can have the keys, so nothing is lost by asking without encryption.

mod answers;

use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Client, Method, Response};
use thiserror::Error;
use zeroize::Zeroizing;

use self::answers::{RoleKeys, keys, role_id, token};
use super::base_url::{Base, EndpointError};
use super::body;
use super::credentials::Credentials;
use super::transport::{LOCALHOST, failure};
use crate::core::remote::Failure;

/// Where the metadata service of each server is (`compute-vmetadata`).
pub const METADATA_ADDRESS: &str = "http://169.254.169.254";

const TOKEN_PATH: &str = "/latest/api/token";
const ROLE_PATH: &str = "/latest/meta-data/iam/security-credentials";

/// Asks for a token of so many seconds; each reading has its own.
const TOKEN_LIFETIME: (&str, &str) = ("X-NCP-METADATA-TOKEN-TTL-SECONDS", "300");
const TOKEN: &str = "X-NCP-METADATA-TOKEN";

/// The service is on the same machine.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);
const ANSWER_WITHIN: Duration = Duration::from_secs(3);

/// No answer is longer; documented ones have a few hundred bytes.
const LONGEST_ANSWER: usize = 16 * 1024;

/// The metadata service of the node.
pub struct ServerRole {
    client: Client,
    base: Base,
}

/// Keys of the role, as they were handed out.
pub struct RoleReading {
    /// The keys.
    pub credentials: Credentials,
    /// The ID of the role, which stays when its keys are renewed.
    pub role: String,
    /// What tells these keys from others, and tells nothing of them.
    pub fingerprint: String,
    /// When they end, if the service says so.
    pub expires: Option<Timestamp>,
}

/// Why there are no keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RoleError {
    /// No usable answer; another attempt may have one.
    #[error("the metadata service does not answer")]
    Silent,
    /// A setting keeps us from asking.
    #[error("server roles are not to be used")]
    Off,
    /// The server has no role.
    #[error("the server has no role")]
    NoRole,
    /// What it answers are no keys.
    #[error("the metadata service does not answer with keys of a role")]
    NoKeys,
}

/// Why the metadata service cannot be asked at all.
#[derive(Debug, Error)]
pub enum MetadataError {
    /// The address cannot be used.
    #[error("failed to use the address of the metadata service")]
    Address(#[from] EndpointError),
    /// The client cannot be set up.
    #[error("failed to set up the client for the metadata service")]
    Client(#[source] reqwest::Error),
}

impl ServerRole {
    /// The metadata service at its documented address, or at another one that an operator's setting names.
    ///
    /// # Errors
    ///
    /// When the other one is no address that may be asked: as for the endpoints of NCP.
    pub fn new(other: Option<&str>, allow_loopback_http: bool) -> Result<Self, MetadataError> {
        let base = match other {
            Some(other) => Base::parse(other, allow_loopback_http)?,
            None => Base::of_the_node(METADATA_ADDRESS),
        };
        let client = Client::builder()
            // Plain http is allowed to this machine only, so nothing else may say where `localhost` is.
            .resolve_to_addrs("localhost", &LOCALHOST)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .http1_only()
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            // The service is asked every few minutes at most.
            .pool_max_idle_per_host(0)
            .build()
            .map_err(MetadataError::Client)?;
        Ok(Self { client, base })
    }

    /// Reads the keys that the role has now.
    ///
    /// # Errors
    ///
    /// Why there are none.
    pub async fn read(&self) -> Result<RoleReading, RoleError> {
        let token = self.token().await?;
        let list = self.get(ROLE_PATH, token.as_ref()).await?;
        let role = list.and_then(|list| role_id(&list));
        let role = role.ok_or(RoleError::NoRole)?;
        let path = format!("{ROLE_PATH}/{}", role.segment);
        let answer = self.get(&path, token.as_ref()).await?;
        let answer = answer.ok_or(RoleError::NoRole)?;
        let RoleKeys {
            credentials,
            fingerprint,
            expires,
        } = keys(&answer).ok_or(RoleError::NoKeys)?;
        Ok(RoleReading {
            credentials,
            role: role.id,
            fingerprint,
            expires,
        })
    }

    /// The token of version 2; none where the service does not give any, which is then asked as in version 1.
    async fn token(&self) -> Result<Option<Zeroizing<String>>, RoleError> {
        let (name, seconds) = TOKEN_LIFETIME;
        let url = self.base.url(TOKEN_PATH).ok_or(RoleError::Silent)?.0;
        let request = self.client.request(Method::PUT, url).header(name, seconds);
        match request.send().await {
            Ok(response) => {
                let (status, body) = whole(response).await?;
                Ok((status == 200).then(|| token(&body)).flatten())
            }
            Err(error) if failure(&error) == Failure::Connect => Err(RoleError::Silent),
            Err(_) => Ok(None),
        }
    }

    /// What is there; nothing for what is not found.
    async fn get(
        &self,
        path: &str,
        token: Option<&Zeroizing<String>>,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, RoleError> {
        let url = self.base.url(path).ok_or(RoleError::NoKeys)?.0;
        let mut request = self.client.get(url);
        if let Some(token) = token {
            request = request.header(TOKEN, token.as_str());
        }
        let response = request.send().await.map_err(|_| RoleError::Silent)?;
        match whole(response).await? {
            (200, body) => Ok(Some(body)),
            (404, _) => Ok(None),
            (500.., _) => Err(RoleError::Silent),
            _ => Err(RoleError::NoKeys),
        }
    }
}

async fn whole(mut response: Response) -> Result<(u16, Zeroizing<Vec<u8>>), RoleError> {
    let status = response.status().as_u16();
    match body::read(&mut response, LONGEST_ANSWER).await {
        Ok(body) => Ok((status, body)),
        Err(Failure::TooLarge | Failure::Malformed) => Err(RoleError::NoKeys),
        Err(_) => Err(RoleError::Silent),
    }
}
