//! What a secret needs of the rest of the state while it changes.

use std::collections::BTreeSet;

use fastrand::Rng;
use indexmap::IndexMap;

use super::log::Log;
use super::protection::ProtectionKey;
use super::trigger::Trigger;
use crate::behavior::Behavior;

/// The rest of the state, borrowed for one change of one secret.
pub(super) struct Surroundings<'a> {
    pub behavior: &'a Behavior,
    pub triggers: &'a IndexMap<String, Trigger>,
    pub protection_keys: &'a IndexMap<String, ProtectionKey>,
    pub random: &'a mut Rng,
    /// The secrets whose HTTP action has still to be called.
    pub to_call: &'a mut BTreeSet<String>,
    /// The secret's own log.
    pub log: &'a mut Log,
}

/// Random hexadecimal digits.
pub(super) fn hexadecimal(digits: usize, random: &mut Rng) -> String {
    std::iter::repeat_with(|| random.digit(16))
        .take(digits)
        .collect()
}
