//! The buttons of a secret's page. Each is one change.

use serde::Serialize;

use super::links;
use crate::state::{Change, Secret, State};
use jiff::Timestamp;

/// A button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Button {
    Rotate,
    Retry,
    Cancel,
    RollBack,
    Disable,
    Enable,
    RequestDeletion,
    CancelDeletion,
    Delete,
}

impl Button {
    pub(super) const OF_ROTATION: [Self; 4] =
        [Self::Rotate, Self::Retry, Self::Cancel, Self::RollBack];
    pub(super) const OF_LIFECYCLE: [Self; 5] = [
        Self::Disable,
        Self::Enable,
        Self::RequestDeletion,
        Self::CancelDeletion,
        Self::Delete,
    ];

    pub(super) fn all() -> impl Iterator<Item = Self> {
        Self::OF_ROTATION.into_iter().chain(Self::OF_LIFECYCLE)
    }

    /// The button of a word in an address.
    pub(super) fn find(word: &str) -> Option<Self> {
        Self::all().find(|button| button.word() == word)
    }

    /// Its word in addresses.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Rotate => "rotate",
            Self::Retry => "retry",
            Self::Cancel => "cancel",
            Self::RollBack => "roll-back",
            Self::Disable => "disable",
            Self::Enable => "enable",
            Self::RequestDeletion => "request-deletion",
            Self::CancelDeletion => "cancel-deletion",
            Self::Delete => "delete",
        }
    }

    /// What stands on it.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Rotate => "Run rotation",
            Self::Retry => "Retry rotation",
            Self::Cancel => "Cancel rotation",
            Self::RollBack => "Roll back",
            Self::Disable => "Disable",
            Self::Enable => "Enable",
            Self::RequestDeletion => "Request deletion",
            Self::CancelDeletion => "Cancel deletion",
            Self::Delete => "Delete for good…",
        }
    }

    /// What is told when it was done.
    pub(super) const fn done(self) -> &'static str {
        match self {
            Self::Rotate => "The rotation has begun: its trigger was called.",
            Self::Retry => "The rotation has begun again: its trigger was called.",
            Self::Cancel => "The rotation is cancelled.",
            Self::RollBack => "Rolled back: the value of PREVIOUS is ACTIVE again.",
            Self::Disable => "The secret is disabled.",
            Self::Enable => "The secret is enabled.",
            Self::RequestDeletion => {
                "Deletion is requested. Until its date the secret can be restored."
            }
            Self::CancelDeletion => "The deletion is cancelled. The secret is now disabled.",
            Self::Delete => "The secret is destroyed, with all its values.",
        }
    }

    pub(super) const fn change(self) -> Change {
        match self {
            Self::Rotate => Change::Execute,
            Self::Retry => Change::Retry,
            Self::Cancel => Change::Cancel,
            Self::RollBack => Change::RollBack,
            Self::Disable => Change::Disable,
            Self::Enable => Change::Enable,
            Self::RequestDeletion => Change::RequestDeletion,
            Self::CancelDeletion => Change::CancelDeletion,
            Self::Delete => Change::Delete,
        }
    }
}

/// A button as a page shows it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ShownButton {
    word: &'static str,
    label: &'static str,
    /// `get` for one that first leads to another page.
    method: &'static str,
    address: String,
    /// Why it cannot be pressed now.
    refusal: Option<String>,
}

impl ShownButton {
    pub(super) fn of(button: Button, secret: &Secret, state: &State, now: Timestamp) -> Self {
        let rehearsed = state.rehearse(&secret.id, button.change(), now);
        Self {
            word: button.word(),
            label: button.label(),
            method: if button == Button::Delete {
                "get"
            } else {
                "post"
            },
            address: format!("{}/{}", links::secret(&secret.id), button.word()),
            refusal: rehearsed.err().map(|refusal| refusal.to_string()),
        }
    }
}
