//! Proofs of what was seen, kept in status: nobody else can write one, and none holds for anything but what it is about.
//!
//! Status is no authority, and people may write what they like into it. So what a deletion depends on is signed with
//! the installation key, together with everything that must not have changed since.

use super::content::InstallationKey;
use super::remote::SourceRef;
use super::request::Request;
use crate::api::SourceStatus;
use crate::api::terms::Region;

/// The secret that a Secret was written from.
#[derive(Clone, Copy)]
pub struct Origin<'pass> {
    /// The object that the Secret belongs to.
    pub request: &'pass Request,
    /// The region of the store.
    pub region: Region,
    /// The kind of host that knows it, in the word of status.
    pub host: &'pass str,
    /// Its ID.
    pub secret_id: &'pass str,
}

/// The way in which a secret was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The addresses of the hosts.
    pub hosts: String,
    /// UID of the store.
    pub store_uid: String,
    /// Generation of its spec.
    pub store_generation: i64,
    /// UID of the Secret with its credentials, or ID of the server role.
    pub credentials_uid: String,
    /// Version of that Secret; empty for a role.
    pub credentials_version: String,
}

impl<'pass> Origin<'pass> {
    /// The secret that status names.
    #[must_use]
    pub fn told(request: &'pass Request, region: Region, source: &'pass SourceStatus) -> Self {
        Self {
            request,
            region,
            host: &source.key_isolation,
            secret_id: &source.secret_id,
        }
    }

    /// Proves that the Secret of the object, as long as it bears this content annotation, was written from this secret.
    #[must_use]
    pub fn sync_proof(&self, key: &InstallationKey, content: &str) -> String {
        let [object, region, host, secret_id] = self.parts();
        key.proof(&["synced", object, region, host, secret_id, content])
    }

    /// Proves that the secret was seen in REVOKE, asked for in this way.
    #[must_use]
    pub fn revocation_proof(&self, key: &InstallationKey, access: &Access) -> String {
        let [object, region, host, secret_id] = self.parts();
        let (kind, source) = match &self.request.source {
            SourceRef::Id(id) => ("id", id),
            SourceRef::Name(name) => ("name", name),
        };
        key.proof(&[
            "revoked",
            object,
            region,
            host,
            secret_id,
            kind,
            source,
            &access.hosts,
            &access.store_uid,
            &access.store_generation.to_string(),
            &access.credentials_uid,
            &access.credentials_version,
        ])
    }

    fn parts(&self) -> [&str; 4] {
        let region = match self.region {
            Region::Kr => "KR",
            Region::Jpn => "JPN",
        };
        [&self.request.uid, region, self.host, self.secret_id]
    }
}

#[cfg(test)]
mod tests;
