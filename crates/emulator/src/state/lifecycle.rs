//! Enabling, disabling, deletion, memo and protection key.

use jiff::Timestamp;

use super::chain::Chain;
use super::protection::{Boundary, Protection, ProtectionChoice};
use super::refusal::Refusal;
use super::secret::{About, Lifecycle, Phase, Secret};
use super::surroundings::Surroundings;
use crate::behavior::{Behavior, OtherBoundary, RepeatedDeletion};

/// Days between a request for deletion and the end (`secretmanager-requestsecretdeletion`).
const DELETION_WAIT: u32 = 7;
/// Most bytes of a memo (`secretmanager-createsecret`).
const LARGEST_MEMO: usize = 1000;

pub(super) fn check_memo(memo: &str) -> Result<(), Refusal> {
    if memo.len() > LARGEST_MEMO {
        return Err(Refusal::Invalid("memo must be at most 1000 bytes"));
    }
    Ok(())
}

impl Secret {
    pub(super) fn enable(&mut self, behavior: &Behavior, now: Timestamp) -> Result<(), Refusal> {
        if self.lifecycle != Lifecycle::Disable {
            return Err(Refusal::WrongLifecycle(self.shown_lifecycle(behavior)));
        }
        self.enter(Lifecycle::Enable, behavior, now);
        Ok(())
    }

    pub(super) fn disable(&mut self, behavior: &Behavior, now: Timestamp) -> Result<(), Refusal> {
        self.require_enabled(behavior)?;
        self.enter(Lifecycle::Disable, behavior, now);
        Ok(())
    }

    pub(super) fn request_deletion(
        &mut self,
        behavior: &Behavior,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let keeps_date = behavior.repeated_deletion == RepeatedDeletion::KeepsDate;
        match self.shown_lifecycle(behavior) {
            Lifecycle::Revoke if keeps_date => return Ok(()),
            Lifecycle::Enable | Lifecycle::Disable | Lifecycle::Revoke => {}
            other @ (Lifecycle::Rotating | Lifecycle::Destroyed) => {
                return Err(Refusal::WrongLifecycle(other));
            }
        }
        let wait = behavior.days(DELETION_WAIT);
        self.enter(Lifecycle::Revoke, behavior, now);
        self.destroy_date = Some(now.saturating_add(wait).unwrap_or(Timestamp::MAX));
        Ok(())
    }

    pub(super) fn cancel_deletion(
        &mut self,
        behavior: &Behavior,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if self.lifecycle != Lifecycle::Revoke {
            return Err(Refusal::WrongLifecycle(self.shown_lifecycle(behavior)));
        }
        self.enter(Lifecycle::Disable, behavior, now);
        Ok(())
    }

    pub(super) fn delete(&mut self) -> Result<(), Refusal> {
        if self.lifecycle != Lifecycle::Revoke {
            return Err(Refusal::WrongLifecycle(self.lifecycle));
        }
        self.destroy();
        Ok(())
    }

    /// Removes all data; only what names the secret stays.
    pub(super) fn destroy(&mut self) {
        self.lifecycle = Lifecycle::Destroyed;
        self.phase = Phase::None;
        self.memo.clear();
        self.protection = Protection {
            boundary: self.protection.boundary,
            key: None,
        };
        self.chain = Chain::default();
        self.rotation_targets.clear();
        self.destroy_date = None;
        self.automatic_rotation = None;
        self.trigger = None;
        self.recent_action = None;
        self.job = None;
        self.failed_token = None;
        self.last_rotation = None;
    }

    pub(super) fn update_memo(
        &mut self,
        memo: String,
        behavior: &Behavior,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.require_not_revoked()?;
        check_memo(&memo)?;
        self.memo = memo;
        self.touch(About::Settings, behavior, now);
        Ok(())
    }

    pub(super) fn update_protection(
        &mut self,
        choice: &ProtectionChoice,
        around: &Surroundings,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.require_editable(around.behavior)?;
        let host = self.host_boundary();
        self.protection = choice.resolve(self.region, |tag| around.protection_keys.get(tag))?;
        let keeps_host = around.behavior.key_of_other_boundary == OtherBoundary::KeepsHost;
        self.host_boundary = Some(host).filter(|host| keeps_host && *host != self.boundary());
        self.touch(About::Settings, around.behavior, now);
        Ok(())
    }

    /// The boundary of its key.
    #[must_use]
    pub const fn boundary(&self) -> Boundary {
        self.protection.boundary
    }

    /// The boundary of the host it lives on.
    #[must_use]
    pub fn host_boundary(&self) -> Boundary {
        self.host_boundary.unwrap_or_else(|| self.boundary())
    }

    fn enter(&mut self, lifecycle: Lifecycle, behavior: &Behavior, now: Timestamp) {
        self.lifecycle = lifecycle;
        self.destroy_date = None;
        self.touch(About::Lifecycle, behavior, now);
    }
}
