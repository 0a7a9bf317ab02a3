//! The forms that names have: of secrets in NCP, and of what Kubernetes calls by a name.

pub(super) fn is_secret_id(id: &str) -> bool {
    id.len() <= 128
        && id.starts_with(|first: char| first.is_ascii_alphanumeric())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte))
}

pub(super) fn is_secret_name(name: &str) -> bool {
    (3..=64).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

const KUBERNETES_TYPES: [&str; 4] = [
    "kubernetes.io/tls",
    "kubernetes.io/dockerconfigjson",
    "kubernetes.io/basic-auth",
    "kubernetes.io/ssh-auth",
];

pub(super) fn is_allowed_type(type_: &str) -> bool {
    let form = (1..=253).contains(&type_.len())
        && type_.starts_with(|first: char| first.is_ascii_alphanumeric())
        && type_.ends_with(|last: char| last.is_ascii_alphanumeric())
        && type_
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
    let reserved = ["kubernetes.io/", "helm.sh/", "bootstrap."]
        .iter()
        .any(|prefix| type_.starts_with(prefix));
    form && (KUBERNETES_TYPES.contains(&type_) || !reserved)
}

/// Whether Kubernetes allows the name for a key of a Secret.
#[must_use]
pub fn is_secret_key(key: &str) -> bool {
    is_name_of_key(key) && key != "." && !key.starts_with("..")
}

/// The letters and the length that the keys of Secrets have.
pub(in crate::core) fn is_name_of_key(key: &str) -> bool {
    (1..=253).contains(&key.len())
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}

pub(in crate::core) fn is_subdomain(name: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    name.len() <= 253 && name.split('.').all(part)
}

/// The form of label and annotation keys: an optional domain, a slash, a name.
pub(super) fn is_qualified_name(key: &str) -> bool {
    match key.split_once('/') {
        Some((domain, name)) => is_subdomain(domain) && is_name_part(name),
        None => is_name_part(key),
    }
}

pub(super) fn is_name_part(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.ends_with(|last: char| last.is_ascii_alphanumeric())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}
