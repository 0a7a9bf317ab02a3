//! The server's role in the seed file.

use jiff::Timestamp;
use serde::Deserialize;

use crate::auth::Role;
use crate::metadata::ServerRole;

/// The role of the server whose metadata service this is; its identifier is made up unless it is given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct SeedServerRole {
    id: Option<String>,
    name: String,
    role: Role,
}

impl SeedServerRole {
    pub(crate) fn into_role(self, created: Timestamp) -> ServerRole {
        let mut role = ServerRole::named(&self.name, self.role, created);
        if let Some(id) = self.id {
            role.id = id;
        }
        role
    }
}
