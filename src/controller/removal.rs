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
use crate::core::plan::claim;
use crate::core::proof::Origin;
use crate::core::remote::{Facts, Lifecycle, LookError};
use crate::core::request::{ObjectKey, Request};
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
    /// Proof that the secret was written to the Secret of the object, which has that content annotation.
    pub(super) fn sync_proof(&self, facts: &Facts, content: &str) -> String {
        self.origin(facts).sync_proof(&self.world.key, content)
    }

    /// Proof that the secret was seen in REVOKE, if it was, and if it is the one that the Secret was written from.
    pub(super) fn revocation_proof(&self, facts: &Facts) -> Option<String> {
        let origin = self.origin(facts);
        (facts.lifecycle == Lifecycle::Revoke && self.is_proven(&origin, self.told_content()))
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
        let destroyed = match (failure.trouble(), facts) {
            (
                Some(Trouble::Withheld {
                    lifecycle: Lifecycle::Destroyed,
                    ..
                }),
                Some(facts),
            ) => Some(facts),
            (Some(Trouble::Look(LookError::NotFound | LookError::NameNotFound)), _) => None,
            _ => return failure,
        };
        // Once it is done nothing is asked for a second time.
        if observed.is_none() && was_deleted(&self.known.status) {
            return failure.mapped(|cause| Trouble::TargetDeleted { cause });
        }
        let written = match self.find_written(observed).await {
            Ok(written) => written,
            Err(Unfound::Foreign(trouble)) => return trouble.into(),
            Err(Unfound::Refused(refusal)) => return refusal.into(),
        };
        let content = match &written {
            Some((_, there)) => there.content.as_deref().unwrap_or_default(),
            None => self.told_content(),
        };
        let evidence = match destroyed {
            Some(facts) => Evidence {
                answer: Answer::Destroyed,
                synced_from_it: self.is_proven(&self.origin(facts), content),
                revocation_seen: false,
            },
            None => self.evidence_of_absence(content).await,
        };
        if !deletes(policy, &evidence) {
            return failure;
        }
        match written {
            Some((target, there)) => self.delete(failure, &target, &there).await,
            // An earlier pass did not come to tell of it.
            None => failure.mapped(|cause| Trouble::TargetDeleted { cause }),
        }
    }

    /// The Secret that was written, wherever it is: the watch shows only what bears our label, and the spec may name
    /// another target by now.
    async fn find_written(
        &self,
        observed: Option<&Observed>,
    ) -> Result<Option<(ObjectKey, Observed)>, Unfound> {
        let wanted = target_key(self.request);
        if let Some(observed) = observed {
            return Ok(Some((wanted, observed.clone())));
        }
        if let Some(there) = self.world.secrets.observe(&wanted).await? {
            claim(self.request, &there)?;
            return Ok(Some((wanted, there)));
        }
        let told = self.known.status.target.as_ref();
        let Some(told) = told.filter(|told| told.name != wanted.name) else {
            return Ok(None);
        };
        let earlier = ObjectKey {
            name: told.name.clone(),
            ..wanted
        };
        let there = self.world.secrets.observe(&earlier).await?;
        Ok(there.map(|there| (earlier, there)))
    }

    async fn delete(&self, failure: Failure, target: &ObjectKey, observed: &Observed) -> Failure {
        let object = &self.request.object;
        if observed.claimed_by(&object.name, &self.request.uid) != Claim::Ours {
            return failure;
        }
        if !self.world.inventory.still_asks(self.request) {
            return Failure::Interrupted;
        }
        self.world.metrics.secret_write("delete");
        match self.world.secrets.delete(target, observed).await {
            Ok(()) | Err(Refusal::NotFound) => {
                tracing::info!(
                    namespace = object.namespace,
                    object = object.name,
                    target = target.name,
                    "Secret deleted with its source"
                );
                self.world.inventory.target_gone(target, observed);
                failure.mapped(|cause| Trouble::TargetDeleted { cause })
            }
            Err(refusal) => refusal.into(),
        }
    }

    /// What a source that is not found proves; NCP is asked once more only if its answer decides.
    async fn evidence_of_absence(&self, content: &str) -> Evidence {
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
            synced_from_it: self.is_proven(&origin, content),
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

    /// Whether the Secret with that content annotation was written from there.
    fn is_proven(&self, origin: &Origin<'_>, content: &str) -> bool {
        let source = self.known.status.source.as_ref();
        let told = source.and_then(|source| source.sync_proof.as_ref());
        told == Some(&origin.sync_proof(&self.world.key, content))
    }

    /// The content annotation that the Secret was last written with, as status tells.
    fn told_content(&self) -> &str {
        let target = self.known.status.target.as_ref();
        target
            .and_then(|target| target.content.as_deref())
            .unwrap_or_default()
    }
}

/// Why it is not known where the Secret is that was written.
enum Unfound {
    /// Somebody else's is in its place.
    Foreign(Trouble),
    /// The API server does not say.
    Refused(Refusal),
}

impl From<Trouble> for Unfound {
    fn from(trouble: Trouble) -> Self {
        Self::Foreign(trouble)
    }
}

impl From<Refusal> for Unfound {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
