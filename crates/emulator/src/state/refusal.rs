//! Why the state machine does not do what it is asked to.

use super::secret::{Lifecycle, Phase};

/// A refusal. Its text never contains a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no secret of this identifier, or it is destroyed.
    #[error("no such secret")]
    SecretNotFound,
    /// There is no rotation trigger of this identifier in the secret's region.
    #[error("no such rotation trigger")]
    TriggerNotFound,
    /// There is no protection key of this tag in the secret's region.
    #[error("no such protection key")]
    ProtectionKeyNotFound,
    /// The protection key is disabled or of another boundary.
    #[error("the protection key cannot be used: {0}")]
    ProtectionKeyUnusable(&'static str),
    /// The protection key is disabled, so that nothing can be decrypted.
    #[error("the protection key is disabled")]
    ProtectionKeyDisabled,
    /// The account has as many secrets as it may have.
    #[error("the account has as many secrets as it may have")]
    TooManySecrets,
    /// The job token is wrong, or its job is over.
    #[error("no such rotation job")]
    JobNotFound,
    /// The stage has no value.
    #[error("the stage is empty")]
    StageEmpty,
    /// A secret of this name exists.
    #[error("the name is in use")]
    NameTaken,
    /// An argument is outside its limits.
    #[error("{0}")]
    Invalid(&'static str),
    /// A value is outside its limits.
    #[error("{0}")]
    InvalidValue(&'static str),
    /// The lifecycle does not allow this change.
    #[error("not possible in the status {0}")]
    WrongLifecycle(Lifecycle),
    /// The lifecycle does not allow to read values.
    #[error("values cannot be read in the status {0}")]
    BlockedRead(Lifecycle),
    /// The rotation phase does not allow this.
    #[error("not possible in the rotation phase {0}")]
    WrongPhase(Phase),
    /// No rotation trigger is linked.
    #[error("no rotation trigger is linked")]
    NoTrigger,
    /// Automatic rotation is on.
    #[error("not possible while automatic rotation is on")]
    AutomaticRotationOn,
    /// Automatic rotation is off.
    #[error("not possible while automatic rotation is off")]
    AutomaticRotationOff,
    /// No rotation was completed, or PREVIOUS is empty.
    #[error("there is no rotation to take back")]
    NothingToRollBack,
    /// The job has not reported its start.
    #[error("the rotation job has not been started")]
    JobNotStarted,
    /// The job has no new value.
    #[error("the stage PENDING is empty")]
    NothingPending,
}
