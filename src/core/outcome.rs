//! How a pass ended, as a value.

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
    },
    /// It is not known to be equal, for this reason.
    Failed {
        /// The reason.
        trouble: Trouble,
        /// What the service said, if it was asked and answered.
        facts: Option<Facts>,
    },
    /// The pass could not end: the API server was away, or the target moved in between. It starts again.
    Interrupted,
    /// The object or its namespace is going away: there is nothing to do and nothing to say.
    Leaving,
}
