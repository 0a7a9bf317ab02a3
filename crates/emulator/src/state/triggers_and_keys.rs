//! The triggers and the protection keys of the account, and which of them make sense.

use super::State;
use super::protection::{Boundary, ProtectionKey};
use super::secret::{Region, Secret};
use super::trigger::Trigger;

/// Why a trigger or a protection key cannot be had, replaced or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It makes no sense.
    #[error("{0}")]
    Senseless(&'static str),
    /// A secret uses it.
    #[error("{0}")]
    InUse(&'static str),
    /// There is none.
    #[error("there is no such {0}")]
    Unknown(&'static str),
}

impl State {
    /// Every trigger, oldest first.
    pub fn triggers(&self) -> impl Iterator<Item = &Trigger> {
        self.triggers.values()
    }

    /// A trigger by its identifier.
    #[must_use]
    pub fn trigger(&self, id: &str) -> Option<&Trigger> {
        self.triggers.get(id)
    }

    /// Adds a trigger, or replaces the one of the same identifier, whatever it is.
    pub fn put_trigger(&mut self, trigger: Trigger) {
        let (number, _) = self.triggers.insert_full(trigger.id.clone(), trigger);
        if let Some(unsaved) = &mut self.unsaved {
            unsaved.triggers.insert(number);
        }
    }

    /// Adds a trigger that makes sense, or replaces the one of the same identifier.
    ///
    /// # Errors
    ///
    /// [`Unfit`], also when it would leave a linked secret in another region.
    pub fn admit_trigger(&mut self, trigger: Trigger) -> Result<(), Unfit> {
        if trigger.id.is_empty() || trigger.name.is_empty() {
            return Err(Unfit::Senseless(
                "id and name of a trigger must not be empty",
            ));
        }
        if trigger.action.is_backwards() {
            return Err(Unfit::Senseless(
                "the spans of an action must not be negative",
            ));
        }
        let left = |it: &Secret| it.uses_trigger(&trigger.id) && it.region != trigger.region;
        if self.secrets().any(left) {
            return Err(Unfit::InUse(
                "the trigger is linked to a secret of another region",
            ));
        }
        self.put_trigger(trigger);
        Ok(())
    }

    /// Removes a trigger that no secret is linked to.
    ///
    /// # Errors
    ///
    /// [`Unfit::Unknown`] or [`Unfit::InUse`].
    pub fn remove_trigger(&mut self, id: &str) -> Result<(), Unfit> {
        if self.secrets().any(|secret| secret.uses_trigger(id)) {
            return Err(Unfit::InUse("the trigger is linked to a secret"));
        }
        let removed = self.triggers.shift_remove_full(id);
        let (number, ..) = removed.ok_or(Unfit::Unknown("trigger"))?;
        if let Some(unsaved) = &mut self.unsaved {
            // Those behind it have moved up.
            unsaved.triggers.extend(number..=self.triggers.len());
        }
        Ok(())
    }

    /// Every user's key, oldest first.
    pub fn protection_keys(&self) -> impl Iterator<Item = &ProtectionKey> {
        self.protection_keys.values()
    }

    /// Adds a user's key, or replaces the one of the same tag, whatever it is.
    pub fn put_protection_key(&mut self, key: ProtectionKey) {
        let (number, _) = self.protection_keys.insert_full(key.tag.clone(), key);
        if let Some(unsaved) = &mut self.unsaved {
            unsaved.protection_keys.insert(number);
        }
    }

    /// Adds a user's key that makes sense, or replaces the one of the same tag.
    ///
    /// # Errors
    ///
    /// [`Unfit`], also when it would leave a secret behind a key of another region or boundary.
    pub fn admit_protection_key(&mut self, key: ProtectionKey) -> Result<(), Unfit> {
        if key.tag.is_empty() || key.name.is_empty() {
            return Err(Unfit::Senseless(
                "tag and name of a protection key must not be empty",
            ));
        }
        if key.region == Region::Jpn && key.boundary == Boundary::Global {
            return Err(Unfit::Senseless(
                "the boundary of a protection key is always ISOLATED in Japan",
            ));
        }
        let left = |it: &Secret| {
            it.uses_key(&key.tag) && (it.region != key.region || it.boundary() != key.boundary)
        };
        if self.secrets().any(left) {
            return Err(Unfit::InUse(
                "the protection key is in use in another region or with another boundary",
            ));
        }
        self.put_protection_key(key);
        Ok(())
    }

    /// Removes a user's key that no secret uses.
    ///
    /// # Errors
    ///
    /// [`Unfit::Unknown`] or [`Unfit::InUse`].
    pub fn remove_protection_key(&mut self, tag: &str) -> Result<(), Unfit> {
        if self.secrets().any(|secret| secret.uses_key(tag)) {
            return Err(Unfit::InUse("the protection key is in use"));
        }
        let removed = self.protection_keys.shift_remove_full(tag);
        let (number, ..) = removed.ok_or(Unfit::Unknown("protection key"))?;
        if let Some(unsaved) = &mut self.unsaved {
            let count = self.protection_keys.len();
            unsaved.protection_keys.extend(number..=count);
        }
        Ok(())
    }
}

impl Secret {
    fn uses_trigger(&self, id: &str) -> bool {
        self.trigger.as_deref() == Some(id)
    }

    fn uses_key(&self, tag: &str) -> bool {
        let key = self.protection.key.as_ref();
        key.is_some_and(|key| key.tag == tag)
    }
}
