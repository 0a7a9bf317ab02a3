//! The role of a server (`compute-vmetadata-roledata`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::auth::Role;

/// The role of type Server that is attached to the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerRole {
    /// Its identifier, a part of a path. The real form is not documented.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What its keys may do.
    pub role: Role,
    /// When it was made.
    pub created: Timestamp,
}

impl ServerRole {
    /// A role with a made-up identifier.
    #[must_use]
    pub fn named(name: &str, role: Role, created: Timestamp) -> Self {
        Self {
            id: format!("{:032x}", fastrand::u128(..)),
            name: name.to_owned(),
            role,
            created,
        }
    }
}
