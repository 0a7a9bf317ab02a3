//! The readings between which a switch of the metadata service chooses.

use serde::{Deserialize, Serialize};

use super::choices::choice;

choice! {
    /// What the metadata service of a server without a role answers. NCP's Go SDK does not check the status, so
    /// that it takes the text of a 404 for the identifier of a role.
    NoServerRole {
        /// The list of roles is empty, and what would be about the role is not found.
        EmptyList,
        /// `iam` and everything below is not found.
        NotFound,
    }
}

choice! {
    /// `Expiration` of the keys of a server's role.
    ExpirationForm {
        /// Their end, as in `2024-01-23T22:58:28Z`.
        Utc,
        /// Their end, as in `2024-01-24T07:58:28+09:00`.
        WithOffset,
        /// An hour before they were made, though they are valid.
        Past,
        /// A text that is no moment of RFC 3339.
        Unreadable,
        /// Left out.
        Missing,
    }
}
