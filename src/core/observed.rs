//! What the cluster holds under a target's name, as far as metadata tell; values are never seen.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::trouble::Holder;
use crate::api::OWNER_UID;

/// A Secret as its metadata show it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// Its UID.
    pub uid: String,
    /// The version that a conditional write names.
    pub resource_version: String,
    /// Whether it is being deleted.
    pub deleting: bool,
    /// The `NcpSecret` that it says it belongs to.
    pub owner: Option<Owner>,
    /// Whether it bears the label of the Secrets that we write.
    pub managed: bool,
    /// The objects that it is collected with.
    pub references: Vec<Reference>,
    /// The content annotation.
    pub content: Option<String>,
    /// Its labels that are ours; none when it has no labels at all.
    pub labels: Option<BTreeMap<String, String>>,
    /// Its annotations that are ours; none when it has no annotations at all.
    pub annotations: Option<BTreeMap<String, String>>,
    /// Names of labels that we set and did not take back, and nobody else.
    pub our_labels: BTreeSet<String>,
    /// Names of annotations that we set and did not take back, and nobody else.
    pub our_annotations: BTreeSet<String>,
    /// When somebody last wrote under our name; a copy was never written so.
    pub written: Option<Timestamp>,
    /// Names of its keys.
    pub keys: BTreeSet<String>,
    /// Who else wrote some of its keys.
    pub foreign_writer: Option<String>,
    /// Who else wrote anything of it since our own last write, the latest first.
    pub meddler: Option<String>,
}

/// The `NcpSecret` that a Secret names in its annotations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Its name.
    pub name: String,
    /// Its UID.
    pub uid: String,
}

/// One owner reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// API group and version of the owner.
    pub api_version: String,
    /// Kind of the owner.
    pub kind: String,
    /// Name of the owner.
    pub name: String,
    /// UID of the owner.
    pub uid: String,
    /// Whether the owner is its controller.
    pub controller: bool,
    /// Whether the owner cannot go before it.
    pub blocks_deletion: bool,
}

/// Whether an object may write a Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It carries the object's UID.
    Ours,
    /// An earlier object of that name left it behind, as this operator wrote it.
    Orphaned,
    /// It is not to be touched.
    Foreign(Holder),
}

impl Observed {
    /// Name and UID of the `NcpSecret` that the Secret carries, if its marks and its controller agree on one.
    #[must_use]
    pub fn carries(&self) -> Option<(&str, &str)> {
        let controller = self
            .references
            .iter()
            .find(|reference| reference.controller);
        match (&self.owner, controller) {
            (Some(owner), Some(controller)) if controller.uid != owner.uid => None,
            (Some(owner), _) => Some((&owner.name, &owner.uid)),
            (None, Some(controller)) => Some((&controller.name, &controller.uid)),
            (None, None) => None,
        }
    }

    /// Whether it is collected with the object of that UID, as the garbage collector sees it.
    #[must_use]
    pub fn is_collected_with(&self, uid: &str) -> bool {
        self.references.iter().any(|reference| reference.uid == uid)
    }

    /// Whether the object of that UID is its controller.
    #[must_use]
    pub fn is_controlled_by(&self, uid: &str) -> bool {
        self.references
            .iter()
            .any(|reference| reference.uid == uid && reference.controller)
    }

    /// Whether we put our marks on it ourselves: marks are copied together with the rest, who wrote them is not.
    #[must_use]
    pub fn is_of_our_making(&self) -> bool {
        self.our_annotations.contains(OWNER_UID)
    }

    /// Decides whose the Secret is, seen from the object with that name and UID.
    #[must_use]
    pub fn claimed_by(&self, name: &str, uid: &str) -> Claim {
        if self.deleting {
            return Claim::Foreign(Holder::Deleting);
        }
        let controller = self
            .references
            .iter()
            .find(|reference| reference.controller);
        match (&self.owner, controller) {
            (_, Some(other)) if other.uid != uid => Claim::Foreign(Holder::Controller {
                kind: other.kind.clone(),
                name: other.name.clone(),
            }),
            (Some(owner), _) if owner.uid == uid => Claim::Ours,
            // The annotations may be lost; a controller reference with our UID says the same.
            (None, Some(_)) => Claim::Ours,
            (Some(owner), _) if owner.name == name && self.managed => {
                if self.is_of_our_making() {
                    Claim::Orphaned
                } else {
                    Claim::Foreign(Holder::Copyist)
                }
            }
            (Some(owner), _) => Claim::Foreign(Holder::Other {
                name: owner.name.clone(),
            }),
            (None, None) => Claim::Foreign(Holder::Unknown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned_by(name: &str, uid: &str) -> Observed {
        Observed {
            owner: Some(Owner {
                name: name.into(),
                uid: uid.into(),
            }),
            managed: true,
            our_annotations: BTreeSet::from([OWNER_UID.into()]),
            ..Observed::default()
        }
    }

    fn reference(uid: &str) -> Reference {
        Reference {
            api_version: "ncp-secrets.io/v1alpha1".into(),
            kind: "NcpSecret".into(),
            name: "n".into(),
            uid: uid.into(),
            controller: true,
            blocks_deletion: false,
        }
    }

    #[test]
    fn r2_a_secret_that_is_not_ours_is_foreign_and_the_claim_names_its_holder() {
        let foreign = |holder| Claim::Foreign(holder);
        let with = |observed: Observed, references| Observed {
            references,
            ..observed
        };
        let cases = [
            ("our uid", owned_by("n", "1"), Claim::Ours),
            (
                "our uid and reference",
                with(owned_by("n", "1"), vec![reference("1")]),
                Claim::Ours,
            ),
            (
                "annotations lost",
                with(Observed::default(), vec![reference("1")]),
                Claim::Ours,
            ),
            (
                "left by an earlier object of our name",
                owned_by("n", "0"),
                Claim::Orphaned,
            ),
            (
                "a copy of what an earlier object of our name left",
                Observed {
                    our_annotations: BTreeSet::new(),
                    ..owned_by("n", "0")
                },
                foreign(Holder::Copyist),
            ),
            (
                "still collected with the earlier object",
                with(owned_by("n", "0"), vec![reference("0")]),
                foreign(Holder::Controller {
                    kind: "NcpSecret".into(),
                    name: "n".into(),
                }),
            ),
            (
                "mark of an earlier object, label lost",
                Observed {
                    managed: false,
                    ..owned_by("n", "0")
                },
                foreign(Holder::Other { name: "n".into() }),
            ),
            (
                "another object's",
                owned_by("m", "2"),
                foreign(Holder::Other { name: "m".into() }),
            ),
            ("no marks", Observed::default(), foreign(Holder::Unknown)),
            (
                "ours, on its way out",
                Observed {
                    deleting: true,
                    ..owned_by("n", "1")
                },
                foreign(Holder::Deleting),
            ),
            (
                "our mark copied onto somebody else's",
                with(owned_by("n", "1"), vec![reference("9")]),
                foreign(Holder::Controller {
                    kind: "NcpSecret".into(),
                    name: "n".into(),
                }),
            ),
        ];
        for (case, observed, expected) in cases {
            assert_eq!(observed.claimed_by("n", "1"), expected, "{case}");
            let carries_ours = observed.carries().is_some_and(|(_, uid)| uid == "1");
            let is_ours = expected == Claim::Ours || expected == foreign(Holder::Deleting);
            assert_eq!(carries_ours, is_ours, "{case}");
        }
    }
}
