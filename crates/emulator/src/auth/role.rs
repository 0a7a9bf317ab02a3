//! What a key may do (`secretmanager-subaccount`).

use serde::{Deserialize, Serialize};

use crate::behavior::{Behavior, Verdict};
use crate::wire::{Kind, Operation};

/// The rights of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Everything, like `NCP_SECRETMANAGER_MANAGER`.
    Manager,
    /// Viewing, like `NCP_SECRETMANAGER_USER`.
    Viewer,
    /// Nothing.
    None,
    /// Everything with these secrets, by identifier, and the lists.
    Only(Vec<String>),
}

impl Role {
    pub(crate) fn allows(
        &self,
        operation: Operation,
        secret: Option<&str>,
        behavior: &Behavior,
    ) -> bool {
        match self {
            Self::Manager => true,
            Self::Viewer => match operation.kind() {
                Kind::View => true,
                Kind::ReadValue => behavior.viewer_reads_values == Verdict::Accepted,
                Kind::Change => false,
            },
            Self::None => false,
            Self::Only(allowed) => match secret {
                Some(secret) => allowed.iter().any(|id| id == secret),
                None => operation.kind() == Kind::View,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_allow_what_they_say() {
        let only = || Role::Only(vec!["mine".to_owned()]);
        let mine = Some("mine");
        let table = [
            (Role::Manager, Operation::DeleteSecret, mine, true),
            (Role::Viewer, Operation::GetSecretDetail, mine, true),
            (Role::Viewer, Operation::GetSecretStageValue, mine, true),
            (Role::Viewer, Operation::DisableSecret, mine, false),
            (Role::Viewer, Operation::StartRotationJob, mine, false),
            (Role::None, Operation::GetSecretList, None, false),
            (only(), Operation::UpdateSecretValue, mine, true),
            (only(), Operation::GetSecretDetail, Some("other"), false),
            (only(), Operation::GetSecretList, None, true),
            (only(), Operation::CreateSecret, None, false),
        ];
        for (role, operation, secret, allowed) in table {
            let behavior = Behavior::default();
            assert_eq!(
                role.allows(operation, secret, &behavior),
                allowed,
                "{role:?} {operation:?} {secret:?}"
            );
        }
    }

    #[test]
    fn viewing_can_exclude_values() {
        let behavior = Behavior {
            viewer_reads_values: Verdict::Refused,
            ..Behavior::default()
        };
        let viewer = Role::Viewer;
        assert!(!viewer.allows(Operation::GetSecretValue, Some("x"), &behavior));
        assert!(viewer.allows(Operation::GetSecretDetail, Some("x"), &behavior));
    }
}
