//! When a Secret may be deleted because its source is gone: never by mistake.
//!
//! An answer of NCP must say so now, and must be about the very secret that the Secret was written from. An answer that
//! merely does not know the secret counts only when its end was announced before, in the same way of asking.

use crate::api::DeletionPolicy;

/// What NCP says of the source now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was destroyed: `DESTROYED`.
    Destroyed,
    /// Each host of the store says by itself, for the ID of the secret, that it does not exist: `NOT_FOUND`.
    UnknownEverywhere,
    /// Anything else: a gateway's 404, a refusal, a missing name, no answer.
    Unclear,
}

/// Everything that bears on whether a source is gone for certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// What NCP says now.
    pub answer: Answer,
    /// Whether it is proven that the Secret was written from this secret.
    pub synced_from_it: bool,
    /// Whether it is proven that the secret was last seen in REVOKE, by this spec's source, through this generation of
    /// the store and these credentials.
    pub revocation_seen: bool,
}

/// Whether the source is gone for certain.
#[must_use]
pub const fn is_gone(evidence: &Evidence) -> bool {
    evidence.synced_from_it
        && match evidence.answer {
            Answer::Destroyed => true,
            Answer::UnknownEverywhere => evidence.revocation_seen,
            Answer::Unclear => false,
        }
}

/// Whether the Secret is to be deleted with its source.
#[must_use]
pub fn deletes(policy: DeletionPolicy, evidence: &Evidence) -> bool {
    policy == DeletionPolicy::Delete && is_gone(evidence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r1_nothing_is_deleted_but_for_the_three_certain_cases() {
        use Answer::{Destroyed, Unclear, UnknownEverywhere};
        let certain = [
            (Destroyed, true, false),
            (Destroyed, true, true),
            (UnknownEverywhere, true, true),
        ];
        for answer in [Destroyed, UnknownEverywhere, Unclear] {
            for synced_from_it in [false, true] {
                for revocation_seen in [false, true] {
                    let evidence = Evidence {
                        answer,
                        synced_from_it,
                        revocation_seen,
                    };
                    let expected = certain.contains(&(answer, synced_from_it, revocation_seen));
                    assert_eq!(is_gone(&evidence), expected, "{evidence:?}");
                    assert_eq!(deletes(DeletionPolicy::Delete, &evidence), expected);
                    assert!(!deletes(DeletionPolicy::Retain, &evidence), "{evidence:?}");
                }
            }
        }
    }
}
