//! The credentials of a store: from the Secret that holds them to an account with NCP.

use std::sync::Arc;

use jiff::Timestamp;

use crate::cluster::secrets::Version;
use crate::cluster::{Refusal, Secrets};
use crate::core::store::StoreSpec;
use crate::core::trouble::{CredentialsProblem, Trouble};
use crate::source::{Account, Credentials, CredentialsError, Transport};

/// Credentials as they were read.
#[derive(Clone)]
pub(super) struct Reading {
    /// With which to look.
    pub(super) account: Arc<Account>,
    /// The version of the Secret that they come from.
    pub(super) version: Version,
    /// When that was last known to be the latest.
    pub(super) confirmed: Timestamp,
}

/// Why there are no credentials.
pub(super) enum Unread {
    /// The Secret holds none that could be used.
    Useless {
        trouble: Trouble,
        version: Option<Version>,
    },
    /// The API server does not answer.
    Interrupted,
}

/// Reads credentials.
pub(super) struct CredentialReader {
    secrets: Secrets,
    transport: Arc<Transport>,
}

impl CredentialReader {
    pub(super) const fn new(secrets: Secrets, transport: Arc<Transport>) -> Self {
        Self { secrets, transport }
    }

    /// Which version of the credential Secret is there, without reading it.
    pub(super) async fn version(&self, spec: &StoreSpec) -> Result<Option<Version>, Refusal> {
        self.secrets.version(&spec.credentials).await
    }

    /// Reads the credentials of a store; those that are `known` only if their Secret changed since.
    pub(super) async fn read(
        &self,
        spec: &StoreSpec,
        known: Option<&Reading>,
        now: Timestamp,
    ) -> Result<Reading, Unread> {
        if let Some(reading) = known
            && self
                .secrets
                .version(&spec.credentials)
                .await
                .ok()
                .flatten()
                .as_ref()
                == Some(&reading.version)
        {
            return Ok(Reading {
                confirmed: now,
                ..reading.clone()
            });
        }
        let secret = || spec.credentials.name.clone();
        let pair = self
            .secrets
            .read_pair(
                &spec.credentials,
                &spec.access_key_key,
                &spec.secret_key_key,
            )
            .await
            .map_err(|refusal| match refusal {
                Refusal::NotFound => {
                    Unread::missing(CredentialsProblem::NoSecret { secret: secret() }, None)
                }
                Refusal::Refused { code: 403, .. } => {
                    Unread::missing(CredentialsProblem::Forbidden { secret: secret() }, None)
                }
                _ => Unread::Interrupted,
            })?;
        let version = pair.version;
        let lacking = |key: &str| {
            let problem = CredentialsProblem::NoKey {
                secret: secret(),
                key: key.to_owned(),
            };
            Unread::missing(problem, Some(version.clone()))
        };
        let access = pair.access.ok_or_else(|| lacking(&spec.access_key_key))?;
        let secret_key = pair.secret.ok_or_else(|| lacking(&spec.secret_key_key))?;
        let credentials =
            Credentials::parse(access.expose(), secret_key.expose()).map_err(|error| {
                let key = match error {
                    CredentialsError::AccessKey => spec.access_key_key.clone(),
                    CredentialsError::SecretKey => spec.secret_key_key.clone(),
                };
                let problem = CredentialsProblem::NotAKeyPair {
                    secret: secret(),
                    key,
                };
                Unread::missing(problem, Some(version.clone()))
            })?;
        let account = Account::new(
            Arc::clone(&self.transport),
            spec.region,
            spec.isolation,
            credentials,
        )
        .map_err(|_| Unread::Interrupted)?;
        Ok(Reading {
            account: Arc::new(account),
            version,
            confirmed: now,
        })
    }
}

impl Unread {
    const fn missing(problem: CredentialsProblem, version: Option<Version>) -> Self {
        Self::Useless {
            trouble: Trouble::CredentialsMissing { problem },
            version,
        }
    }
}
