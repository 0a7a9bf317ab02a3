//! The values of a secret, by stage (`secretmanager-use`).

use serde::{Deserialize, Serialize};

use super::text::Text;
use crate::behavior::RollbackChain;

/// A stage that the API can name. SUSPENDED is in the chain as well, but no API reads or writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// The value used just before.
    Previous,
    /// The value in normal use.
    Active,
    /// The new value of a rotation that is not complete.
    Pending,
}

impl Stage {
    /// Every stage, oldest first.
    pub const ALL: [Self; 3] = [Self::Previous, Self::Active, Self::Pending];

    /// The word in paths and bodies, for example `active`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Previous => "previous",
            Self::Active => "active",
            Self::Pending => "pending",
        }
    }

    /// The word in the answer of Get Secret Stage Value, for example `ACTIVE`.
    #[must_use]
    pub const fn upper_case_word(self) -> &'static str {
        match self {
            Self::Previous => "PREVIOUS",
            Self::Active => "ACTIVE",
            Self::Pending => "PENDING",
        }
    }
}

/// The four values of a secret; any may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Chain {
    /// The value before PREVIOUS.
    pub suspended: Option<Text>,
    /// The value used just before.
    pub previous: Option<Text>,
    /// The value in normal use.
    pub active: Option<Text>,
    /// The new value of a rotation that is not complete.
    pub pending: Option<Text>,
}

impl Chain {
    /// The value of a stage.
    #[must_use]
    pub const fn get(&self, stage: Stage) -> Option<&Text> {
        match stage {
            Stage::Previous => self.previous.as_ref(),
            Stage::Active => self.active.as_ref(),
            Stage::Pending => self.pending.as_ref(),
        }
    }

    pub(super) fn set(&mut self, stage: Stage, value: Option<Text>) {
        match stage {
            Stage::Previous => self.previous = value,
            Stage::Active => self.active = value,
            Stage::Pending => self.pending = value,
        }
    }

    /// What Complete does.
    pub(super) fn shift(&mut self) {
        self.keep_active();
        self.active = self.pending.take();
    }

    /// Makes ACTIVE PREVIOUS, and PREVIOUS SUSPENDED.
    pub(super) fn keep_active(&mut self) {
        self.suspended = self.previous.take();
        self.previous = self.active.take();
    }

    pub(super) fn roll_back(&mut self, reading: RollbackChain) {
        self.pending = None;
        match reading {
            RollbackChain::Unshift => {
                self.active = self.previous.take();
                self.previous = self.suspended.take();
            }
            RollbackChain::Swap => std::mem::swap(&mut self.active, &mut self.previous),
            RollbackChain::Copy => self.active.clone_from(&self.previous),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(stages: [&str; 4]) -> Chain {
        let [suspended, previous, active, pending] =
            stages.map(|text| (text != "-").then(|| Text::from(text)));
        Chain {
            suspended,
            previous,
            active,
            pending,
        }
    }

    #[test]
    fn completion_shifts_the_chain() {
        let mut values = chain(["s", "p", "a", "n"]);
        values.shift();
        assert_eq!(values, chain(["p", "a", "n", "-"]));
    }

    #[test]
    fn a_rollback_follows_the_reading() {
        let table = [
            (RollbackChain::Unshift, ["-", "s", "p", "-"]),
            (RollbackChain::Swap, ["s", "a", "p", "-"]),
            (RollbackChain::Copy, ["s", "p", "p", "-"]),
        ];
        for (reading, after) in table {
            let mut values = chain(["s", "p", "a", "n"]);
            values.roll_back(reading);
            assert!(values == chain(after), "{reading:?}");
        }
    }
}
