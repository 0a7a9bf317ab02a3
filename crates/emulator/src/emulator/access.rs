//! Keys, switches, faults, and what was called.

use jiff::Timestamp;

use super::Emulator;
use crate::auth::{Key, KeyRefused, Role};
use crate::behavior::Behavior;
use crate::calls::{Call, Counted};
use crate::fault::{Fault, FaultId};
use crate::metadata::ServerRole;
use crate::seed::SeedKey;
use crate::state::FindError;
use crate::wire::Operation;

impl Emulator {
    /// Makes a key.
    #[must_use]
    pub fn add_key(&self, role: Role) -> Key {
        self.shared.change_keys(|keys| keys.make(role, None))
    }

    /// Makes a temporary key, which authenticates until a moment of the emulator's clock.
    #[must_use]
    pub fn add_temporary_key(&self, role: Role, expires: Timestamp) -> Key {
        self.shared
            .change_keys(|keys| keys.make(role, Some(expires)))
    }

    /// Adds a given key, or replaces the one of the same identifier.
    ///
    /// # Errors
    ///
    /// [`KeyRefused`] for halves that no key of NCP has.
    pub fn add_given_key(&self, key: &Key, role: Role) -> Result<(), KeyRefused> {
        self.shared.change_keys(|keys| keys.add(key, role, None))
    }

    /// Every key that is not temporary, oldest first.
    #[must_use]
    pub fn keys(&self) -> Vec<Key> {
        self.shared.keys().lasting()
    }

    /// Stops a key: it does not authenticate any more. Returns whether there is one.
    #[expect(clippy::must_use_candidate, reason = "the key is often known to exist")]
    pub fn stop_key(&self, access_key: &str) -> bool {
        self.shared
            .change_keys(|keys| keys.set_stopped(access_key, true))
    }

    /// Resumes a stopped key. Returns whether there is one.
    #[expect(clippy::must_use_candidate, reason = "the key is often known to exist")]
    pub fn start_key(&self, access_key: &str) -> bool {
        self.shared
            .change_keys(|keys| keys.set_stopped(access_key, false))
    }

    /// Gives a key another role. Returns whether there is one.
    #[expect(clippy::must_use_candidate, reason = "the key is often known to exist")]
    pub fn set_role(&self, access_key: &str, role: Role) -> bool {
        self.shared
            .change_keys(|keys| keys.set_role(access_key, role))
    }

    /// Deletes a key, which must be stopped first. Returns whether it is gone.
    #[expect(clippy::must_use_candidate, reason = "the key is often known to exist")]
    pub fn delete_key(&self, access_key: &str) -> bool {
        self.shared
            .change_keys(|keys| keys.delete(access_key))
            .is_ok()
    }

    /// Attaches a role to the server whose metadata service this is, instead of its role before, or takes that
    /// away. Keys that were handed out stay valid until their end.
    pub fn set_server_role(&self, role: Option<ServerRole>) {
        self.shared.set_server_role(role);
    }

    /// The role of the server.
    #[must_use]
    pub fn server_role(&self) -> Option<ServerRole> {
        self.shared.metadata().role().cloned()
    }

    /// Moves switches.
    pub fn behave(&self, change: impl FnOnce(&mut Behavior)) {
        self.change(|state, _| state.behave(change));
    }

    /// Adds a fault. Several faults of one request all have their effect.
    #[expect(clippy::must_use_candidate, reason = "faults often stay to the end")]
    pub fn add_fault(&self, fault: Fault) -> FaultId {
        self.shared.faults().add(fault)
    }

    /// Adds a fault whose secret may be given by name.
    pub(crate) fn add_named_fault(&self, fault: Fault) -> Result<FaultId, FindError> {
        let fault = self.state(|state| fault.resolved(state))?;
        Ok(self.add_fault(fault))
    }

    pub(crate) fn add_seed_key(&self, key: SeedKey) -> Result<Key, KeyRefused> {
        self.shared.change_keys(|keys| key.sow(keys))
    }

    /// The faults that wait, oldest first, each with what is left of its number.
    #[must_use]
    pub fn faults(&self) -> Vec<(FaultId, Fault)> {
        self.shared.faults().waiting().to_vec()
    }

    /// Removes a fault. Returns whether it still waited.
    #[expect(
        clippy::must_use_candidate,
        reason = "the fault is often known to wait"
    )]
    pub fn remove_fault(&self, id: FaultId) -> bool {
        self.shared.faults().remove(id)
    }

    /// Removes every fault.
    pub fn clear_faults(&self) {
        self.shared.faults().clear();
    }

    /// The latest hundred thousand requests, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.shared.calls().latest()
    }

    /// How often an operation was called, whatever the answer.
    #[must_use]
    pub fn count(&self, operation: Operation) -> usize {
        self.shared.calls().count(operation)
    }

    /// How many requests there were of each kind, by operation, secret, key and result. A hundred thousand kinds
    /// are told apart; further requests are counted by operation and result, without secret and key.
    #[must_use]
    pub fn counters(&self) -> Vec<(Counted, u64)> {
        self.shared.calls().counters()
    }

    /// Forgets what was called, and the counters.
    pub fn reset_calls(&self) {
        self.shared.calls().clear();
    }
}
