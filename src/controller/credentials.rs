//! The credentials of a store: from the Secret that holds them, or the server role of the node, to an account with NCP.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::cluster::secrets::Version;
use crate::cluster::{Refusal, Secrets};
use crate::core::moment::later;
use crate::core::store::{Auth, SecretAuth, StoreSpec};
use crate::core::trouble::{CredentialsProblem, Trouble};
use crate::source::{
    Account, Credentials, CredentialsError, RoleError, RoleReading, ServerRole, Transport,
};

/// How long credentials are used before it is asked whether they are still the same.
const TRUSTED_FOR: SignedDuration = SignedDuration::from_mins(5);

/// Temporary keys are asked for again so long before their end, and not more often than in so short a time.
const RENEWED_BEFORE: SignedDuration = SignedDuration::from_mins(2);
const RENEWED_EVERY: SignedDuration = SignedDuration::from_secs(10);

/// Credentials as they were read.
#[derive(Clone)]
pub(super) struct Reading {
    /// With which to look.
    pub(super) account: Arc<Account>,
    /// The version of the Secret that they come from; of temporary keys the role, and a fingerprint.
    pub(super) version: Version,
    /// When that was last known to be the latest.
    pub(super) confirmed: Timestamp,
    /// When temporary keys are to be asked for again, if that is soon.
    pub(super) renewal: Option<Timestamp>,
}

impl Reading {
    /// Whether they can be used without asking for newer ones.
    pub(super) fn is_trusted(&self, now: Timestamp) -> bool {
        now.duration_since(self.confirmed) < TRUSTED_FOR
            && self.renewal.is_none_or(|renewal| now < renewal)
    }
}

/// Why there are no credentials.
pub(super) enum Unread {
    /// What there is cannot be used.
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
    role: Option<Arc<ServerRole>>,
}

impl CredentialReader {
    pub(super) const fn new(
        secrets: Secrets,
        transport: Arc<Transport>,
        role: Option<Arc<ServerRole>>,
    ) -> Self {
        Self {
            secrets,
            transport,
            role,
        }
    }

    /// Which version of the credentials is there; a Secret is not read for that.
    pub(super) async fn version(&self, spec: &StoreSpec) -> Result<Option<Version>, Refusal> {
        match &spec.auth {
            Auth::Secret(auth) => self.secrets.version(&auth.secret).await,
            Auth::ServerRole => match self.role().await {
                Ok(role) => Ok(Some(version(&role))),
                Err(RoleError::Silent) => Err(Refusal::Failed),
                Err(RoleError::Off | RoleError::NoRole | RoleError::NoKeys) => Ok(None),
            },
        }
    }

    /// Reads the credentials of a store; those that are `known` only if they changed since.
    pub(super) async fn read(
        &self,
        spec: &StoreSpec,
        known: Option<&Reading>,
        now: Timestamp,
    ) -> Result<Reading, Unread> {
        match &spec.auth {
            Auth::Secret(auth) => self.read_secret(spec, auth, known, now).await,
            Auth::ServerRole => self.read_role(spec, known, now).await,
        }
    }

    async fn read_secret(
        &self,
        spec: &StoreSpec,
        auth: &SecretAuth,
        known: Option<&Reading>,
        now: Timestamp,
    ) -> Result<Reading, Unread> {
        if let Some(reading) = known
            && self
                .secrets
                .version(&auth.secret)
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
        let secret = || auth.secret.name.clone();
        let pair = self
            .secrets
            .read_pair(&auth.secret, &auth.access_key_key, &auth.secret_key_key)
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
        let access = pair.access.ok_or_else(|| lacking(&auth.access_key_key))?;
        let secret_key = pair.secret.ok_or_else(|| lacking(&auth.secret_key_key))?;
        let credentials =
            Credentials::parse(access.expose(), secret_key.expose()).map_err(|error| {
                let key = match error {
                    CredentialsError::AccessKey => auth.access_key_key.clone(),
                    CredentialsError::SecretKey => auth.secret_key_key.clone(),
                };
                let problem = CredentialsProblem::NotAKeyPair {
                    secret: secret(),
                    key,
                };
                Unread::missing(problem, Some(version.clone()))
            })?;
        Ok(Reading {
            account: self.account(spec, credentials)?,
            version,
            confirmed: now,
            renewal: None,
        })
    }

    async fn role(&self) -> Result<RoleReading, RoleError> {
        match &self.role {
            Some(role) => role.read().await,
            None => Err(RoleError::Off),
        }
    }

    async fn read_role(
        &self,
        spec: &StoreSpec,
        known: Option<&Reading>,
        now: Timestamp,
    ) -> Result<Reading, Unread> {
        let soon = later(now, RENEWED_EVERY);
        let role = match (self.role().await, known) {
            (Ok(role), _) => role,
            // Until NCP says otherwise, the keys that we have are as good as they were.
            (Err(RoleError::Silent | RoleError::NoKeys), Some(known)) => {
                return Ok(Reading {
                    confirmed: now,
                    renewal: Some(soon),
                    ..known.clone()
                });
            }
            (Err(error), _) => {
                let problem = match error {
                    RoleError::Silent => CredentialsProblem::NoMetadata,
                    RoleError::Off => CredentialsProblem::ServerRoleOff,
                    RoleError::NoRole => CredentialsProblem::NoServerRole,
                    RoleError::NoKeys => CredentialsProblem::NoRoleKeys,
                };
                return Err(Unread::missing(problem, None));
            }
        };
        let renewal = renewal(role.expires, now);
        let version = version(&role);
        let account = match known.filter(|known| known.version == version) {
            Some(known) => Arc::clone(&known.account),
            None => self.account(spec, role.credentials)?,
        };
        Ok(Reading {
            account,
            version,
            confirmed: now,
            renewal,
        })
    }

    fn account(&self, spec: &StoreSpec, credentials: Credentials) -> Result<Arc<Account>, Unread> {
        let transport = Arc::clone(&self.transport);
        Account::new(transport, spec.region, spec.isolation, credentials)
            .map(Arc::new)
            .map_err(|_| Unread::Interrupted)
    }
}

fn version(role: &RoleReading) -> Version {
    Version {
        uid: role.role.clone(),
        resource_version: role.fingerprint.clone(),
    }
}

/// When to ask for keys again that end at that moment. An end that has passed or is unknown says nothing, because such keys
/// were handed out all the same: NCP refuses them when they are over, and then they are asked for at once.
fn renewal(expires: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    let end = expires.filter(|end| *end > now)?;
    let early = end.saturating_sub(RENEWED_BEFORE).unwrap_or(now);
    Some(early.max(later(now, RENEWED_EVERY)))
}

impl Unread {
    const fn missing(problem: CredentialsProblem, version: Option<Version>) -> Self {
        Self::Useless {
            trouble: Trouble::CredentialsMissing { problem },
            version,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_end_are_renewed_before_and_an_end_that_is_no_use_hurries_nobody() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let after = |seconds| now + SignedDuration::from_secs(seconds);
        for (end, expected) in [
            (Some(3600), Some(3480)),
            (Some(130), Some(10)),
            (Some(60), Some(10)),
            (Some(1), Some(10)),
            (Some(0), None),
            (Some(-3600), None),
            (None, None),
        ] {
            assert_eq!(renewal(end.map(after), now), expected.map(after), "{end:?}");
        }
        let far = renewal(Some(Timestamp::MAX), Timestamp::MAX);
        assert_eq!(far, None);
        assert!(renewal(Some(Timestamp::MAX), Timestamp::MIN).is_some());
    }
}
