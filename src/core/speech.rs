//! What people read about a trouble: what happened, and what to do.
//!
//! Sentences carry names of keys and objects, and never a value, a reply, or anything that differs from attempt to
//! attempt.

mod look;
mod quote;
mod spec;

use jiff::Timestamp;

use self::look::{look_advice, look_sentence, unreadable_sentence};
use self::quote::{LONGEST_MANAGER, cut, cut_to};
pub(super) use self::quote::{quote, quote_of_three};
use self::spec::spec_sentence;
use super::pace::Drift;
use super::remote::{Lifecycle, Unreadable};
use super::request::StoreKey;
use super::trouble::{CredentialsProblem, Holder, Immutability, Trouble};

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
