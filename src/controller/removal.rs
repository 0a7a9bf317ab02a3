//! The end of a Secret with its source: only for certain, only once, and only the Secret that was observed.

use std::sync::Arc;

use super::connections::Ticket;
use super::failure::Failure;
use super::inventory::{Known, target_key};
use super::look::Way;
use super::world::World;
use crate::api::DeletionPolicy;
use crate::cluster::Refusal;
use crate::core::certainty::{Answer, Evidence, deletes};
use crate::core::observed::{Claim, Observed};
use crate::core::proof::Origin;
use crate::core::remote::{Facts, Lifecycle, LookError};
use crate::core::request::Request;
use crate::core::status::{was_deleted, was_synced};
use crate::core::trouble::Trouble;
use crate::core::urgency::Urgency;

/// What a look was about and how it was made.
pub(super) struct Inquiry<'pass> {
    pub(super) world: &'pass World,
    pub(super) request: &'pass Request,
    pub(super) known: &'pass Known,
    pub(super) way: &'pass Way,
    pub(super) ticket: &'pass Ticket,
    pub(super) urgency: Urgency,
}

impl Inquiry<'_> {
    /// Proof that the secret was written to the Secret of the object.
    pub(super) fn sync_proof(&self, facts: &Facts) -> String {
        self.origin(facts).sync_proof(&self.world.key)
    }

    /// Proof that the secret was seen in REVOKE, if it was, and if it is the one that the Secret was written from.
    pub(super) fn revocation_proof(&self, facts: &Facts) -> Option<String> {
        let origin = self.origin(facts);
        (facts.lifecycle == Lifecycle::Revoke && self.is_proven(&origin))
            .then(|| origin.revocation_proof(&self.world.key, &self.way.access(self.ticket)))
    }

    /// Deletes the Secret if its source is gone for certain and the spec wants it to go too.
    pub(super) async fn after(
        &self,
        failure: Failure,
        facts: Option<&Facts>,
        observed: Option<&Observed>,
    ) -> Failure {
        let policy = self.request.target.deletion;
        if policy != DeletionPolicy::Delete || !was_synced(&self.known.status) {
            return failure;
        }
        let evidence = match (failure.trouble(), facts) {
            (Some(Trouble::Withheld(Lifecycle::Destroyed)), Some(facts)) => Evidence {
                answer: Answer::Destroyed,
                synced_from_it: self.is_proven(&self.origin(facts)),
                revocation_seen: false,
            },
            (Some(Trouble::Look(LookError::NotFound | LookError::NameNotFound)), _) => {
                self.evidence_of_absence().await
            }
            _ => return failure,
        };
        // Once it is done nothing is asked for a second time.
        let done = observed.is_none() && was_deleted(&self.known.status);
        if !done && !deletes(policy, &evidence) {
            return failure;
        }
        match observed {
            None => failure.mapped(|cause| Trouble::TargetDeleted { cause }),
            Some(observed) => self.delete(failure, observed).await,
        }
    }

    async fn delete(&self, failure: Failure, observed: &Observed) -> Failure {
        let object = &self.request.object;
        if observed.claimed_by(&object.name, &self.request.uid) != Claim::Ours {
            return failure;
        }
        let target = target_key(self.request);
        self.world.metrics.secret_write("delete");
        match self.world.secrets.delete(&target, observed).await {
            Ok(()) | Err(Refusal::NotFound) => {
                tracing::info!(
                    namespace = object.namespace,
                    object = object.name,
                    target = target.name,
                    "Secret deleted with its source"
                );
                self.world.inventory.target_gone(&target, observed);
                failure.mapped(|cause| Trouble::TargetDeleted { cause })
            }
            Err(refusal) => refusal.into(),
        }
    }

    /// What a source that is not found proves; NCP is asked once more only if its answer decides.
    async fn evidence_of_absence(&self) -> Evidence {
        let unclear = Evidence {
            answer: Answer::Unclear,
            synced_from_it: false,
            revocation_seen: false,
        };
        let Some(source) = &self.known.status.source else {
            return unclear;
        };
        let origin = Origin::told(self.request, self.way.region(), source);
        let access = self.way.access(self.ticket);
        let proof = origin.revocation_proof(&self.world.key, &access);
        let evidence = Evidence {
            answer: Answer::UnknownEverywhere,
            synced_from_it: self.is_proven(&origin),
            revocation_seen: source.lifecycle == Lifecycle::Revoke.as_str()
                && source.revocation_proof.as_ref() == Some(&proof),
        };
        let decides = deletes(DeletionPolicy::Delete, &evidence);
        let allowance = Arc::clone(self.ticket.budget()).unforeseen(self.urgency);
        let account = &self.ticket.account;
        if decides && account.is_unknown(&source.secret_id, &allowance).await {
            evidence
        } else {
            unclear
        }
    }

    fn origin<'facts>(&'facts self, facts: &'facts Facts) -> Origin<'facts> {
        Origin {
            request: self.request,
            region: self.way.region(),
            host: facts.host.as_str(),
            secret_id: &facts.secret_id,
        }
    }

    fn is_proven(&self, origin: &Origin<'_>) -> bool {
        let source = self.known.status.source.as_ref();
        let told = source.and_then(|source| source.sync_proof.as_ref());
        told == Some(&origin.sync_proof(&self.world.key))
    }
}
