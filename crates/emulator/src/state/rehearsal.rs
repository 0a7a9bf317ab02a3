//! Whether a change would be made, found out by making it on a copy.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::State;
use super::change::Change;
use super::log::Log;
use super::refusal::Refusal;
use super::secret::Lifecycle;
use super::surroundings::Surroundings;

impl State {
    /// What [`State::apply`] would answer; nothing changes, and no random value is used up.
    ///
    /// # Errors
    ///
    /// The [`Refusal`] that the change would be refused with.
    pub fn rehearse(&self, id: &str, change: Change, now: Timestamp) -> Result<(), Refusal> {
        let secret = self
            .secret(id)
            .filter(|it| it.lifecycle != Lifecycle::Destroyed);
        let mut copy = secret.ok_or(Refusal::SecretNotFound)?.clone();
        let mut around = Surroundings {
            behavior: &self.behavior,
            triggers: &self.triggers,
            protection_keys: &self.protection_keys,
            random: &mut self.random.clone(),
            to_call: &mut BTreeSet::new(),
            log: &mut Log::default(),
        };
        copy.apply(change, &mut around, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behavior::Behavior;
    use crate::state::{NewSecret, Trigger};

    #[test]
    fn a_rehearsal_answers_as_the_change_does_and_leaves_no_trace() {
        let now = Timestamp::UNIX_EPOCH;
        let mut state = State::new(Behavior::default(), 1);
        state.put_trigger(Trigger::named("rotate"));
        let new = NewSecret::named("shop-orders").trigger("rotate");
        let id = state.create(new, now).unwrap().id.clone();
        let changes = [
            Change::Execute,
            Change::Execute,
            Change::Enable,
            Change::Disable,
            Change::Delete,
            Change::RequestDeletion,
            Change::Delete,
            Change::Delete,
        ];
        for change in changes {
            let before = state.secret(&id).cloned();
            let logged = state.log(&id).map(|log| log.newest_first().count());
            let rehearsed = state.rehearse(&id, change.clone(), now);
            assert_eq!(state.secret(&id).cloned(), before);
            assert_eq!(state.log(&id).map(|log| log.newest_first().count()), logged);
            let applied = state.apply(&id, change, now).map(drop);
            assert_eq!(rehearsed, applied);
        }
        assert_eq!(
            state.rehearse("none", Change::Enable, now),
            Err(Refusal::SecretNotFound)
        );
    }
}
