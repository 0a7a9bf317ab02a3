//! What people read about a trouble: what happened, and what to do.
//!
//! Sentences carry names of keys and objects, and never a value, a reply, or anything that differs from attempt to
//! attempt.

use jiff::Timestamp;

use super::pace::Drift;
use super::remote::{Failure, Lifecycle, LookError, Unreadable};
use super::request::StoreKey;
use super::trouble::{CredentialsProblem, Holder, Immutability, SpecError, Trouble};

impl Trouble {
    /// What happened and what to do, in whole sentences.
    #[must_use]
    pub fn message(&self) -> String {
        format!("{} {}", self.sentence(), self.advice())
    }

    /// What happened, in whole sentences.
    pub(super) fn sentence(&self) -> String {
        match self {
            Self::Spec(error) => spec_sentence(error),
            Self::Undecodable => "This object does not have the form of an NcpSecret.".into(),
            Self::NotGranted { store } => format!(
                "{} does not grant this secret to this namespace.",
                name_store(store)
            ),
            Self::StoreNotFound { store } => format!("{} does not exist.", name_store(store)),
            Self::StoreNotFollowed { store } => format!(
                "{} cannot be read: this operator does not follow the stores of the cluster, or keeps to certain namespaces.",
                name_store(store)
            ),
            Self::StoreNotReady { store } => {
                format!("{} has a spec that cannot be used.", name_store(store))
            }
            Self::CredentialsMissing { problem } => problem.sentence(),
            Self::Look(error) => look_sentence(error).into(),
            Self::BudgetExhausted => {
                "More looks are due than the budget of the store allows.".into()
            }
            Self::Withheld {
                lifecycle,
                destruction,
            } => match lifecycle {
                Lifecycle::Disable => "The secret is disabled in NCP.".into(),
                Lifecycle::Revoke => revoked_sentence(*destruction),
                Lifecycle::Destroyed => "The secret was destroyed in NCP.".into(),
                Lifecycle::Enable | Lifecycle::Rotating | Lifecycle::Other(_) => {
                    "NCP does not show the value of the secret.".into()
                }
            },
            Self::Unreadable(why) => unreadable_sentence(why),
            Self::StageEmpty(stage) => {
                format!("The {} stage of the secret holds no value.", stage.as_str())
            }
            Self::MissingKey { key } => {
                format!(
                    "The value in NCP has no key {}, which spec.data asks for.",
                    quote(key)
                )
            }
            Self::TypeNeedsKey { keys } => format!(
                "The content has no key {}, which the type of the Secret requires.",
                keys.iter()
                    .map(|key| quote(key))
                    .collect::<Vec<_>>()
                    .join(" or ")
            ),
            Self::InvalidKey { key } => {
                format!("Kubernetes does not allow the key {}.", quote(key))
            }
            Self::KeyConflict { key } => format!("The key {} would be written twice.", quote(key)),
            Self::TooLarge { key } => format!(
                "With the key {} the content is more than the 1 MiB that fits into a Secret.",
                quote(key)
            ),
            Self::Shape(fault) => fault.sentence(),
            Self::NotOwned { holder } => holder.sentence(),
            Self::Immutable(Immutability::Type) => {
                "The Secret exists with another type, and a type never changes.".into()
            }
            Self::Immutable(Immutability::Content) => {
                "The Secret was made immutable, so its content cannot follow NCP.".into()
            }
            Self::TargetMissing { cause } => format!(
                "The Secret was deleted and cannot be made again: {}",
                cause.sentence()
            ),
            Self::TargetEdited { by, cause } => format!(
                "{} changed the Secret, and it cannot be repaired: {}",
                name_writer(by.as_deref()),
                cause.sentence()
            ),
            Self::TargetDeleted { cause } => format!(
                "{} The Secret was deleted with it, because spec.target.deletionPolicy is Delete.",
                cause.sentence()
            ),
            Self::DriftConflict { drift } => conflict_sentence(drift),
            Self::ClusterRefused {
                code,
                reason,
                fields,
            } => refused_sentence(*code, reason, fields),
        }
    }

    /// What to do about it, in whole sentences.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Spec(_) | Self::Undecodable => "Correct the spec.",
            Self::NotGranted { .. } => {
                "Ask the platform team to add the secret to the store's grants."
            }
            Self::StoreNotFound { .. } => "Create the store, or correct spec.storeRef.",
            Self::StoreNotFollowed { .. } => {
                "Use an NcpSecretStore in this namespace, or have the operator follow cluster stores: without --watch-namespaces, and with --cluster-stores=true."
            }
            Self::StoreNotReady { .. } => "Correct the spec of the store.",
            Self::CredentialsMissing { problem } => problem.advice(),
            Self::Look(error) => look_advice(error),
            Self::BudgetExhausted => {
                "They come later by themselves; if it lasts, raise spec.budget of the store or the intervals of its objects."
            }
            Self::Withheld { lifecycle, .. } => match lifecycle {
                Lifecycle::Revoke => {
                    "To keep the secret, cancel its deletion in NCP and enable it."
                }
                Lifecycle::Destroyed => "Point spec.source at another secret.",
                _ => "Enable the secret in NCP.",
            },
            Self::Unreadable(Unreadable::WrongState) => {
                "Look at the secret in NCP; it is tried again by itself."
            }
            Self::Unreadable(_) => "Store a flat JSON object in NCP, each key once.",
            Self::StageEmpty(_) => "Set the stage in NCP, or choose another in spec.source.stage.",
            Self::MissingKey { .. } => {
                "Nothing was written. Add the key in NCP, correct spec.data, or mark the entry optional."
            }
            Self::TypeNeedsKey { .. } => {
                "Nothing was written. Name such a key in spec.data, or choose another target.type."
            }
            Self::InvalidKey { .. } => {
                "Nothing was written. Use letters, digits, '-', '_' and '.' only; spec.data can give the key another name."
            }
            Self::KeyConflict { .. } => "Nothing was written. Give each entry a key of its own.",
            Self::TooLarge { .. } => {
                "Nothing was written. Choose fewer keys in spec.data or spec.allKeys."
            }
            Self::Shape(fault) => fault.advice(),
            Self::NotOwned {
                holder: Holder::Deleting,
            } => "It is written again as soon as it is gone.",
            Self::NotOwned { .. } => {
                "It was left untouched. Choose another spec.target.name, or remove that Secret."
            }
            Self::Immutable(_) => {
                "Use a new target.name, or delete the Secret and it is made anew."
            }
            Self::TargetMissing { cause }
            | Self::TargetEdited { cause, .. }
            | Self::TargetDeleted { cause } => cause.advice(),
            Self::DriftConflict { .. } => {
                "Until that stops, the Secret is repaired once a minute. Let only one of the two write it."
            }
            Self::ClusterRefused { .. } => {
                "Check the operator's rights, quotas and admission policies of the namespace."
            }
        }
    }
}

fn revoked_sentence(destruction: Option<Timestamp>) -> String {
    let date = destruction.map(|date| date.strftime("%Y-%m-%dT%H:%M:%SZ"));
    date.map_or_else(
        || "Deletion of the secret was requested in NCP.".into(),
        |date| format!("Deletion of the secret was requested in NCP, which destroys it at {date}."),
    )
}

const fn look_sentence(error: &LookError) -> &'static str {
    match error {
        LookError::CredentialsRejected => "NCP does not accept the access key of the store.",
        LookError::ClockSkew { .. } => {
            "NCP refuses requests because the clock of this node differs by more than 5 minutes."
        }
        LookError::PermissionDenied => "The access key of the store may not read this secret.",
        LookError::NotFound => "NCP knows no secret with this ID.",
        LookError::NameNotFound => "NCP lists no secret with this name.",
        LookError::NameAmbiguous => "NCP lists several secrets with this name.",
        LookError::Throttled { .. } => "NCP asks for fewer requests.",
        LookError::Unavailable { failure, .. } => match failure {
            Failure::Connect => "No connection to NCP could be made.",
            Failure::Handshake => "The API host could not prove over TLS that it is NCP.",
            Failure::InvalidRequest => "NCP does not accept the form of the request.",
            Failure::Timeout => "NCP did not answer in time.",
            Failure::Interrupted => "The connection to NCP ended in the middle of an answer.",
            Failure::Status(_) => "NCP answers with an error of its own.",
            Failure::UnknownUrl => {
                "The API host does not know the address of Secret Manager's API."
            }
            Failure::Redirect => "The API host answered with a redirect, which is never followed.",
            Failure::TooLarge => "The answer of the API host is larger than any real one.",
            Failure::Malformed => "The answer of the API host is not one of Secret Manager.",
        },
    }
}

const fn look_advice(error: &LookError) -> &'static str {
    match error {
        LookError::CredentialsRejected => {
            "Correct the key pair in the store's Secret; it is read again within seconds."
        }
        LookError::ClockSkew { .. } => "Correct the clock of the node.",
        LookError::PermissionDenied => "Give the key's account the right to view the secret.",
        LookError::NotFound | LookError::NameNotFound => {
            "Check the ID or name, and the region and keyIsolation of the store."
        }
        LookError::NameAmbiguous => "Use spec.source.secretId instead.",
        LookError::Throttled { .. } => "The next look comes later by itself.",
        LookError::Unavailable { failure, .. } => match failure {
            Failure::InvalidRequest => "Check the ID or name in spec.source.",
            Failure::Handshake
            | Failure::UnknownUrl
            | Failure::Redirect
            | Failure::TooLarge
            | Failure::Malformed => {
                "Check the endpoints that the operator was started with, and proxies in between."
            }
            Failure::Connect | Failure::Timeout | Failure::Interrupted | Failure::Status(_) => {
                "It is tried again by itself; check egress to port 443 if it lasts."
            }
        },
    }
}

fn unreadable_sentence(why: &Unreadable) -> String {
    match why {
        Unreadable::NotJson => "The value in NCP is no JSON.".into(),
        Unreadable::NotAnObject => "The value in NCP is no JSON object.".into(),
        Unreadable::NoPairs => "The value in NCP is an object without any key.".into(),
        Unreadable::DuplicateKey(key) => {
            format!("The value in NCP has the key {} twice.", quote(key))
        }
        Unreadable::WrongState => {
            "NCP says that the state of the secret does not allow to read it.".into()
        }
    }
}

fn spec_sentence(error: &SpecError) -> String {
    match error {
        SpecError::NotOneSource => {
            "spec.source must have exactly one of secretId and secretName.".into()
        }
        SpecError::SecretId => "spec.source.secretId is no ID that NCP could have given.".into(),
        SpecError::SecretName => "spec.source.secretName is no name that NCP allows.".into(),
        SpecError::StoreName => "spec.storeRef.name is no name that an object can have.".into(),
        SpecError::Time { field } => {
            format!("spec.{field} must be a time like 90s, 30m or 1h30m, from 30s to 8760h.")
        }
        SpecError::PendingSuffix => {
            "spec.rotation.pendingSuffix must be 1 to 64 letters, digits, '-', '_' and '.'.".into()
        }
        SpecError::PendingStage => {
            "spec.rotation.pending Expose goes with spec.source.stage Active only.".into()
        }
        SpecError::TargetName => "spec.target.name is no name that a Secret can have.".into(),
        SpecError::TargetType => {
            "spec.target.type must be Opaque, kubernetes.io/tls, kubernetes.io/dockerconfigjson, kubernetes.io/basic-auth, kubernetes.io/ssh-auth, or a name outside kubernetes.io/, helm.sh/ and bootstrap.".into()
        }
        SpecError::Reserved { key } => {
            format!("spec.target sets {}, which is reserved for the operator.", quote(key))
        }
        SpecError::MetadataKey { key } => {
            format!("spec.target sets {}, which is no name of a label or annotation.", quote(key))
        }
        SpecError::LabelValue { key } => {
            format!("spec.target gives the label {} a value that no label can have.", quote(key))
        }
        SpecError::AnnotationValue { key } => {
            format!("spec.target gives the annotation {} more than 4096 characters.", quote(key))
        }
        SpecError::Annotations { most } => {
            format!("spec.target.annotations has more than {most} bytes, names and values together; Kubernetes holds 262144 with those of everybody else.")
        }
        SpecError::Count { field: "data", most } => {
            format!("spec.data must have from 1 to {most} entries, or be absent.")
        }
        SpecError::Count { field, most } => {
            format!("spec.{field} must have {most} entries at the most.")
        }
        SpecError::From { key } => {
            format!("spec.data takes the key {} from a name that is empty or has more than 256 characters.", quote(key))
        }
        SpecError::WorkloadName => {
            "spec.restart names a workload by a name that no object can have.".into()
        }
        SpecError::WorkloadTwice { name } => {
            format!("spec.restart names the workload {} twice; once is enough.", quote(name))
        }
        SpecError::Keys(error) => error.sentence(),
    }
}

impl CredentialsProblem {
    const fn advice(&self) -> &'static str {
        match self {
            Self::NoSecret { .. }
            | Self::NoKey { .. }
            | Self::NotAKeyPair { .. }
            | Self::Forbidden { .. } => {
                "Write a valid key pair into the Secret; it is read again within seconds."
            }
            Self::NoServerRole => {
                "Give the node pool a server role in NCP that may view the secrets, or use auth.secretRef; it is asked for again within seconds."
            }
            Self::ServerRoleOff => {
                "Use auth.secretRef, or have the operator allowed to use server roles, with --server-role=true."
            }
            Self::NoMetadata => {
                "Let the operator's pod reach 169.254.169.254, for example with hostNetwork, or use auth.secretRef; it is asked again within seconds."
            }
            Self::NoRoleKeys => {
                "Check the server role of the node in NCP, or use auth.secretRef; it is asked again within seconds."
            }
        }
    }

    pub(super) fn sentence(&self) -> String {
        match self {
            Self::NoSecret { secret } => {
                let secret = quote(secret);
                format!("The Secret {secret} with the store's credentials does not exist.")
            }
            Self::NoKey { secret, key } => {
                let (secret, key) = (quote(secret), quote(key));
                format!("The Secret {secret} with the store's credentials has no key {key}.")
            }
            Self::NotAKeyPair { secret, key } => {
                let (secret, key) = (quote(secret), quote(key));
                format!(
                    "The key {key} of the Secret {secret} does not hold what NCP gives out as a key pair."
                )
            }
            Self::Forbidden { secret } => {
                let secret = quote(secret);
                format!(
                    "The operator may not read the Secret {secret} with the store's credentials."
                )
            }
            Self::NoServerRole => "The node that the operator runs on has no server role.".into(),
            Self::ServerRoleOff => {
                "The operator was not allowed to use the keys of a server role.".into()
            }
            Self::NoMetadata => {
                "The metadata service of the node that the operator runs on does not answer.".into()
            }
            Self::NoRoleKeys => {
                "The metadata service of the node does not answer with the keys of a server role."
                    .into()
            }
        }
    }
}

impl Holder {
    pub(super) fn sentence(&self) -> String {
        match self {
            Self::Other { name } => {
                format!("The Secret belongs to the NcpSecret {}.", quote(name))
            }
            Self::Earlier { name } => {
                format!(
                    "The NcpSecret {} asked for the same Secret before.",
                    quote(name)
                )
            }
            Self::Controller { kind, name } => {
                format!("The Secret belongs to the {} {}.", cut(kind), quote(name))
            }
            Self::Copyist => {
                "The Secret is a copy of one that this operator wrote, made by somebody else."
                    .into()
            }
            Self::Unknown => "The Secret exists and was not made by this operator.".into(),
            Self::Deleting => "The Secret is being deleted.".into(),
        }
    }
}

fn name_writer(manager: Option<&str>) -> String {
    manager.map_or_else(
        || "Somebody who left no name".into(),
        |manager| format!("The field manager \"{}\"", cut_to(manager, LONGEST_MANAGER)),
    )
}

fn conflict_sentence(drift: &Drift) -> String {
    match drift {
        Drift::Deleted => "The Secret is deleted again each time it is written.".into(),
        Drift::Edited { by } => format!(
            "{} changes the Secret again each time it is repaired.",
            name_writer(by.as_deref())
        ),
    }
}

fn refused_sentence(code: u16, reason: &str, fields: &[String]) -> String {
    let fields = if fields.is_empty() {
        String::new()
    } else {
        format!(" (fields: {})", cut(&fields.join(", ")))
    };
    let reason = cut(reason);
    format!("The API server refuses to write the Secret: {reason}, status {code}{fields}.")
}

fn name_store(store: &StoreKey) -> String {
    format!("{} {}", store.kind.as_str(), quote(&store.name))
}

/// A name between quotes, with everything escaped that would not show.
pub(super) fn quote(name: &str) -> String {
    format!("\"{}\"", cut(name))
}

/// The same where three names stand in one sentence.
pub(super) fn quote_of_three(name: &str) -> String {
    format!("\"{}\"", cut_to(name, LONGEST_OF_THREE))
}

/// The most bytes of each of three names.
const LONGEST_OF_THREE: usize = 190;

/// The most bytes of one name in a message: room for any name in Kubernetes, and with two of them a message still fits
/// into the 1024 bytes of an event's note.
const LONGEST_SHOWN: usize = 253;

/// The most bytes of the name of a field manager, which Kubernetes allows no more of.
const LONGEST_MANAGER: usize = 128;

/// Escapes what would not show, and cuts what nobody would read; names in a value can have any length.
fn cut(text: &str) -> String {
    cut_to(text, LONGEST_SHOWN)
}

fn cut_to(text: &str, most: usize) -> String {
    let mut shown = String::new();
    for letter in text.chars() {
        let escaped = letter.escape_debug();
        if shown.len() + escaped.clone().map(char::len_utf8).sum::<usize>() > most {
            shown.push('…');
            break;
        }
        shown.extend(escaped);
    }
    shown
}
