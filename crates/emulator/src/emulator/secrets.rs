//! Secrets and their rotation, without HTTP and without a key.

use super::Emulator;
use crate::state::{
    Change, JobStep, NewSecret, ProtectionKey, Refusal, Secret, Stage, Text, Trigger,
};

impl Emulator {
    /// Creates a secret and gives its identifier.
    ///
    /// # Errors
    ///
    /// The [`Refusal`] that Create Secret would be refused with.
    pub fn create_secret(&self, new: NewSecret) -> Result<String, Refusal> {
        self.change(|state, now| state.create(new, now).map(|secret| secret.id.clone()))
    }

    /// Adds a rotation trigger, or replaces the one of the same identifier.
    pub fn put_trigger(&self, trigger: Trigger) {
        self.change(|state, _| state.put_trigger(trigger));
    }

    /// Adds a user's key, or replaces the one of the same tag.
    pub fn put_protection_key(&self, key: ProtectionKey) {
        self.change(|state, _| state.put_protection_key(key));
    }

    /// A secret as it is now, also a destroyed one.
    #[must_use]
    pub fn secret(&self, id: &str) -> Option<Secret> {
        self.state(|state| state.secret(id).cloned())
    }

    /// Makes a change as its API would.
    ///
    /// # Errors
    ///
    /// The [`Refusal`] that the API would be refused with.
    pub fn apply(&self, id: &str, change: Change) -> Result<Secret, Refusal> {
        self.change(|state, now| state.apply(id, change, now).cloned())
    }

    /// Sets or empties a stage.
    ///
    /// # Errors
    ///
    /// As [`Emulator::apply`].
    pub fn set_value(&self, id: &str, stage: Stage, value: Option<&str>) -> Result<(), Refusal> {
        let change = Change::UpdateStage(stage, value.map(Text::from));
        self.apply(id, change).map(drop)
    }

    /// Puts any text into a stage in any lifecycle, for tests of clients against values that the API refuses.
    ///
    /// # Errors
    ///
    /// [`Refusal::SecretNotFound`].
    pub fn set_raw_value(
        &self,
        id: &str,
        stage: Stage,
        value: Option<&str>,
    ) -> Result<(), Refusal> {
        self.change(|state, _| state.set_raw_value(id, stage, value.map(Text::from)))
    }

    /// The token of the rotation job that waits or runs.
    #[must_use]
    pub fn job_token(&self, id: &str) -> Option<String> {
        self.state(|state| Some(state.secret(id)?.job.as_ref()?.token.clone()))
    }

    /// Sets PENDING in the rotation that runs.
    ///
    /// # Errors
    ///
    /// As [`Emulator::apply`].
    pub fn update_pending(&self, id: &str, value: &str) -> Result<(), Refusal> {
        self.job_step(id, JobStep::UpdatePending(Text::from(value)))
    }

    /// A step of the job that waits or runs.
    ///
    /// # Errors
    ///
    /// As [`Emulator::apply`]; [`Refusal::JobNotFound`] without a job.
    pub fn job_step(&self, id: &str, step: JobStep) -> Result<(), Refusal> {
        self.change(|state, now| {
            let secret = state.secret(id).ok_or(Refusal::SecretNotFound)?;
            let job = secret.job.as_ref().ok_or(Refusal::JobNotFound)?;
            let token = job.token.clone();
            let change = Change::Job { token, step };
            state.apply(id, change, now).map(drop)
        })
    }
}

/// Declares methods that are one change without further arguments.
macro_rules! changes {
    ($($(#[$about:meta])* $name:ident: $change:expr;)+) => {
        impl Emulator {
            $(
                $(#[$about])*
                ///
                /// # Errors
                ///
                /// As [`Emulator::apply`].
                pub fn $name(&self, id: &str) -> Result<(), Refusal> {
                    self.apply(id, $change).map(drop)
                }
            )+
        }
    };
}

changes! {
    /// Enables a secret.
    enable: Change::Enable;
    /// Disables a secret.
    disable: Change::Disable;
    /// Requests a secret's deletion.
    request_deletion: Change::RequestDeletion;
    /// Cancels a secret's deletion.
    cancel_deletion: Change::CancelDeletion;
    /// Destroys a secret whose deletion is requested.
    delete: Change::Delete;
    /// Raises a rotation event.
    execute_rotation: Change::Execute;
    /// Retries a failed rotation.
    retry_rotation: Change::Retry;
    /// Cancels a rotation.
    cancel_rotation: Change::Cancel;
    /// Takes the last rotation back.
    roll_back_rotation: Change::RollBack;
}

/// Declares methods that are one step of a job.
macro_rules! job_steps {
    ($($(#[$about:meta])* $name:ident: $step:expr;)+) => {
        impl Emulator {
            $(
                $(#[$about])*
                ///
                /// # Errors
                ///
                /// As [`Emulator::job_step`].
                pub fn $name(&self, id: &str) -> Result<(), Refusal> {
                    self.job_step(id, $step)
                }
            )+
        }
    };
}

job_steps! {
    /// Reports the start of the rotation job.
    start_rotation: JobStep::Start;
    /// Makes PENDING with random values.
    add_pending: JobStep::AddPending;
    /// Reports the success of the rotation job.
    complete_rotation: JobStep::Complete;
    /// Reports the failure of the rotation job.
    fail_rotation: JobStep::Fail;
}
