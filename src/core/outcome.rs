//! How a pass ended, as a value.

use super::fingerprint::Fingerprint;
use super::remote::Facts;
use super::trouble::Trouble;

/// How a pass ended.
#[derive(Debug)]
pub enum Outcome {
    /// Nothing was due.
    Quiet,
    /// The Secret is equal to the source.
    Synced {
        /// What the service said.
        facts: Facts,
        /// The keys of the Secret, sorted.
        keys: Vec<String>,
        /// Whether its content changed in this pass.
        changed: bool,
        /// Its content annotation.
        content: String,
        /// What its keys hold, if workloads are to be restarted for that.
        fingerprint: Option<Fingerprint>,
        /// Proof that it was written from this secret.
        proof: String,
        /// Who undoes each repair of it, if somebody does.
        conflict: Option<Trouble>,
    },
    /// It is not known to be equal, for this reason.
    Failed {
        /// The reason.
        trouble: Trouble,
        /// What the service said, if it was asked and answered.
        facts: Option<Facts>,
        /// Proof that the secret was seen in REVOKE, if it was.
        revoked: Option<String>,
    },
    /// The spec asks for nothing to be read or written.
    Suspended,
    /// The pass could not end: the API server was away, or the target moved in between. It starts again.
    Interrupted,
    /// The source is to be read, and its store may make no more calls now: the pass begins again when it may.
    Held,
    /// The object or its namespace is going away: there is nothing to do and nothing to say.
    Leaving,
}
