//! What a store says, typed and validated once.

use super::bucket::Limits;
use super::request::{ObjectKey, is_name_of_key, is_subdomain};
use crate::api::terms::{KeyIsolation, Region};
use crate::api::{Budget, ClusterNcpSecretStoreSpec, Grant, NcpSecretStoreSpec, ServerRoleAuth};

/// What a valid store of either kind says, with all defaults filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct StoreSpec {
    /// Where its secrets are.
    pub region: Region,
    /// Which hosts know them.
    pub isolation: KeyIsolation,
    /// Where its credentials come from.
    pub auth: Auth,
    /// How many calls may be made.
    pub limits: Limits,
    /// Who may read what; none for a store of one namespace, whose objects may read everything.
    pub grants: Option<Vec<Grant>>,
}

/// Where the credentials of a store come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// A Secret.
    Secret(SecretAuth),
    /// The server role of the node that we run on.
    ServerRole,
}

/// A Secret with a key pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretAuth {
    /// The Secret.
    pub secret: ObjectKey,
    /// Its key that holds the access key.
    pub access_key_key: String,
    /// Its key that holds the secret key.
    pub secret_key_key: String,
}

// Bounds that the schema holds too; a store that was stored before a bound was in it gets past the schema.
const MOST_GRANTS: usize = 256;
const MOST_PATTERNS: usize = 256;
const LONGEST_NAMESPACE: usize = 63;
const LONGEST_ID: usize = 128;
const LONGEST_NAME: usize = 64;
const MOST_PER_SECOND: u32 = 1000;
const MOST_AT_ONCE: u32 = 10_000;

const DEFAULT_RATE: u32 = 50;
const DEFAULT_BURST: u32 = 100;

/// Understands the spec of a store of one namespace; nothing when it asks for what cannot be.
#[must_use]
pub fn parse(spec: NcpSecretStoreSpec, namespace: &str) -> Option<StoreSpec> {
    let reference = spec.auth.secret_ref;
    checked(StoreSpec {
        region: spec.region,
        isolation: spec.key_isolation.unwrap_or_default(),
        auth: Auth::Secret(SecretAuth {
            secret: ObjectKey {
                namespace: namespace.to_owned(),
                name: reference.name,
            },
            access_key_key: reference.access_key_key.unwrap_or_else(access_key_key),
            secret_key_key: reference.secret_key_key.unwrap_or_else(secret_key_key),
        }),
        limits: limits(spec.budget.as_ref()),
        grants: None,
    })
}

/// Understands the spec of a store of the cluster; nothing when it asks for what cannot be.
#[must_use]
pub fn parse_cluster(spec: ClusterNcpSecretStoreSpec) -> Option<StoreSpec> {
    let auth = match (spec.auth.secret_ref, spec.auth.server_role) {
        (Some(reference), None) => Auth::Secret(SecretAuth {
            secret: ObjectKey {
                namespace: reference.namespace,
                name: reference.name,
            },
            access_key_key: reference.access_key_key.unwrap_or_else(access_key_key),
            secret_key_key: reference.secret_key_key.unwrap_or_else(secret_key_key),
        }),
        (None, Some(ServerRoleAuth {})) => Auth::ServerRole,
        _ => return None,
    };
    checked(StoreSpec {
        region: spec.region,
        isolation: spec.key_isolation.unwrap_or_default(),
        auth,
        limits: limits(spec.budget.as_ref()),
        grants: Some(spec.grants),
    })
}

fn access_key_key() -> String {
    "NCLOUD_ACCESS_KEY".into()
}

fn secret_key_key() -> String {
    "NCLOUD_SECRET_KEY".into()
}

/// What is no number of calls becomes none, which is out of bounds.
fn limits(budget: Option<&Budget>) -> Limits {
    let number = |field: Option<i32>, default: u32| {
        field.map_or(default, |number| u32::try_from(number).unwrap_or(0))
    };
    Limits {
        rate: number(
            budget.and_then(|budget| budget.requests_per_second),
            DEFAULT_RATE,
        ),
        burst: number(budget.and_then(|budget| budget.burst), DEFAULT_BURST),
    }
}

fn checked(spec: StoreSpec) -> Option<StoreSpec> {
    // Global keys are Korea's alone (`secretmanager-api-overview`).
    let is_offered = !(spec.isolation == KeyIsolation::Global && spec.region == Region::Jpn);
    let grants = spec.grants.as_deref().unwrap_or_default();
    let is_valid = is_offered
        && is_auth(&spec.auth)
        && (1..=MOST_PER_SECOND).contains(&spec.limits.rate)
        && (1..=MOST_AT_ONCE).contains(&spec.limits.burst)
        && grants.len() <= MOST_GRANTS
        && grants.iter().all(is_grant);
    is_valid.then_some(spec)
}

fn is_auth(auth: &Auth) -> bool {
    match auth {
        Auth::Secret(auth) => {
            is_subdomain(&auth.secret.name)
                && is_label(&auth.secret.namespace)
                && is_name_of_key(&auth.access_key_key)
                && is_name_of_key(&auth.secret_key_key)
        }
        Auth::ServerRole => true,
    }
}

/// Whether it is the name of a namespace, or could be.
#[must_use]
pub fn is_label(name: &str) -> bool {
    name.len() <= LONGEST_NAMESPACE && !name.contains('.') && is_subdomain(name)
}

fn is_grant(grant: &Grant) -> bool {
    let lower =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-*?".contains(&byte);
    let id = |byte: u8| byte.is_ascii_alphanumeric() || b"._~*?-".contains(&byte);
    let name = |byte: u8| byte.is_ascii_alphanumeric() || b"_*?-".contains(&byte);
    let names_a_secret = !grant.secret_ids.is_empty() || !grant.secret_names.is_empty();
    !grant.namespaces.is_empty()
        && names_a_secret
        && are_patterns(&grant.namespaces, LONGEST_NAMESPACE, lower)
        && are_patterns(&grant.secret_ids, LONGEST_ID, id)
        && are_patterns(&grant.secret_names, LONGEST_NAME, name)
}

fn are_patterns(patterns: &[String], longest: usize, allowed: impl Fn(u8) -> bool) -> bool {
    patterns.len() <= MOST_PATTERNS
        && patterns
            .iter()
            .all(|pattern| (1..=longest).contains(&pattern.len()) && pattern.bytes().all(&allowed))
}
