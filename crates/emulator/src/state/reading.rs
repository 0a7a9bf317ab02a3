//! Whether the values of a secret may be read.

use indexmap::IndexMap;

use super::State;
use super::protection::ProtectionKey;
use super::refusal::Refusal;
use super::secret::{Lifecycle, Phase, Secret};
use crate::behavior::{Behavior, Verdict};

impl State {
    /// A secret whose values may be read.
    ///
    /// # Errors
    ///
    /// [`Refusal::SecretNotFound`], or what forbids to read: [`Refusal::BlockedRead`] or
    /// [`Refusal::ProtectionKeyDisabled`].
    pub fn readable(&self, id: &str) -> Result<&Secret, Refusal> {
        let secret = self.secret(id).ok_or(Refusal::SecretNotFound)?;
        let waits = self.behavior.read_while_rotating == Verdict::Refused;
        if waits && secret.phase == Phase::Rotating {
            return Err(Refusal::BlockedRead(Lifecycle::Rotating));
        }
        secret.require_decryptable(&self.behavior, &self.protection_keys)?;
        Ok(secret)
    }
}

impl Secret {
    /// Whether its lifecycle and its key let its values be read, also by its own rotation.
    pub(super) fn require_decryptable(
        &self,
        behavior: &Behavior,
        keys: &IndexMap<String, ProtectionKey>,
    ) -> Result<(), Refusal> {
        match self.lifecycle {
            Lifecycle::Enable | Lifecycle::Rotating => {}
            Lifecycle::Disable if behavior.read_in_disable == Verdict::Accepted => {}
            Lifecycle::Disable | Lifecycle::Revoke | Lifecycle::Destroyed => {
                return Err(Refusal::BlockedRead(self.lifecycle));
            }
        }
        let key = self.protection.key.as_ref();
        let key = key.and_then(|name| keys.get(&name.tag));
        let disabled = key.is_some_and(|key| key.disabled);
        if disabled && behavior.read_with_disabled_key == Verdict::Refused {
            return Err(Refusal::ProtectionKeyDisabled);
        }
        Ok(())
    }
}
