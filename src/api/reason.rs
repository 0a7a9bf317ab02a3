//! The closed set of reasons: the same word is condition reason, event reason and metric label.

/// Why a condition is what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(
    missing_docs,
    reason = "each word is explained in docs/operations.md, and a test compares"
)]
pub enum Reason {
    Synced,
    RefreshFailing,
    InvalidSpec,
    NotGranted,
    SourceDisabled,
    SourceRevoked,
    SourceDestroyed,
    SourceNotFound,
    SourceUnreadable,
    StageEmpty,
    MissingKey,
    InvalidKey,
    KeyConflict,
    TooLarge,
    TemplateFailed,
    TargetNotOwned,
    TargetImmutable,
    TargetMissing,
    DriftConflict,
    ClusterRefused,
    StoreNotFound,
    StoreNotReady,
    CredentialsMissing,
    CredentialsRejected,
    PermissionDenied,
    ClockSkew,
    Throttled,
    BudgetExhausted,
    SourceUnavailable,
    Suspended,
    Enabled,
    Rotating,
    Idle,
    InProgress,
    Manual,
    RotationFailed,
    RotationStalled,
    RotationOverdue,
    NotRead,
    Configured,
    WorkloadRestarted,
    WorkloadNotRestarted,
}

impl Reason {
    /// Every reason, in the order of the documentation.
    pub const ALL: [Self; 42] = [
        Self::Synced,
        Self::RefreshFailing,
        Self::InvalidSpec,
        Self::NotGranted,
        Self::SourceDisabled,
        Self::SourceRevoked,
        Self::SourceDestroyed,
        Self::SourceNotFound,
        Self::SourceUnreadable,
        Self::StageEmpty,
        Self::MissingKey,
        Self::InvalidKey,
        Self::KeyConflict,
        Self::TooLarge,
        Self::TemplateFailed,
        Self::TargetNotOwned,
        Self::TargetImmutable,
        Self::TargetMissing,
        Self::DriftConflict,
        Self::ClusterRefused,
        Self::StoreNotFound,
        Self::StoreNotReady,
        Self::CredentialsMissing,
        Self::CredentialsRejected,
        Self::PermissionDenied,
        Self::ClockSkew,
        Self::Throttled,
        Self::BudgetExhausted,
        Self::SourceUnavailable,
        Self::Suspended,
        Self::Enabled,
        Self::Rotating,
        Self::Idle,
        Self::InProgress,
        Self::Manual,
        Self::RotationFailed,
        Self::RotationStalled,
        Self::RotationOverdue,
        Self::NotRead,
        Self::Configured,
        Self::WorkloadRestarted,
        Self::WorkloadNotRestarted,
    ];

    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Synced => "Synced",
            Self::RefreshFailing => "RefreshFailing",
            Self::InvalidSpec => "InvalidSpec",
            Self::NotGranted => "NotGranted",
            Self::SourceDisabled => "SourceDisabled",
            Self::SourceRevoked => "SourceRevoked",
            Self::SourceDestroyed => "SourceDestroyed",
            Self::SourceNotFound => "SourceNotFound",
            Self::SourceUnreadable => "SourceUnreadable",
            Self::StageEmpty => "StageEmpty",
            Self::MissingKey => "MissingKey",
            Self::InvalidKey => "InvalidKey",
            Self::KeyConflict => "KeyConflict",
            Self::TooLarge => "TooLarge",
            Self::TemplateFailed => "TemplateFailed",
            Self::TargetNotOwned => "TargetNotOwned",
            Self::TargetImmutable => "TargetImmutable",
            Self::TargetMissing => "TargetMissing",
            Self::DriftConflict => "DriftConflict",
            Self::ClusterRefused => "ClusterRefused",
            Self::StoreNotFound => "StoreNotFound",
            Self::StoreNotReady => "StoreNotReady",
            Self::CredentialsMissing => "CredentialsMissing",
            Self::CredentialsRejected => "CredentialsRejected",
            Self::PermissionDenied => "PermissionDenied",
            Self::ClockSkew => "ClockSkew",
            Self::Throttled => "Throttled",
            Self::BudgetExhausted => "BudgetExhausted",
            Self::SourceUnavailable => "SourceUnavailable",
            Self::Suspended => "Suspended",
            Self::Enabled => "Enabled",
            Self::Rotating => "Rotating",
            Self::Idle => "Idle",
            Self::InProgress => "InProgress",
            Self::Manual => "Manual",
            Self::RotationFailed => "RotationFailed",
            Self::RotationStalled => "RotationStalled",
            Self::RotationOverdue => "RotationOverdue",
            Self::NotRead => "NotRead",
            Self::Configured => "Configured",
            Self::WorkloadRestarted => "WorkloadRestarted",
            Self::WorkloadNotRestarted => "WorkloadNotRestarted",
        }
    }

    /// The reason of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }

    /// Whether only a person can mend it: kstatus then shows `Failed` instead of `InProgress`.
    #[must_use]
    pub const fn needs_a_person(self) -> bool {
        match self {
            Self::InvalidSpec
            | Self::NotGranted
            | Self::SourceDisabled
            | Self::SourceRevoked
            | Self::SourceDestroyed
            | Self::SourceUnreadable
            | Self::StageEmpty
            | Self::MissingKey
            | Self::InvalidKey
            | Self::KeyConflict
            | Self::TooLarge
            | Self::TemplateFailed
            | Self::TargetNotOwned
            | Self::TargetImmutable
            | Self::TargetMissing
            | Self::DriftConflict
            | Self::ClusterRefused
            | Self::StoreNotReady
            | Self::CredentialsMissing
            | Self::CredentialsRejected
            | Self::PermissionDenied
            | Self::ClockSkew => true,
            Self::Synced
            | Self::RefreshFailing
            | Self::SourceNotFound
            | Self::StoreNotFound
            | Self::Throttled
            | Self::BudgetExhausted
            | Self::SourceUnavailable
            | Self::Suspended
            | Self::Enabled
            | Self::Rotating
            | Self::Idle
            | Self::InProgress
            | Self::Manual
            | Self::RotationFailed
            | Self::RotationStalled
            | Self::RotationOverdue
            | Self::NotRead
            | Self::Configured
            | Self::WorkloadRestarted
            | Self::WorkloadNotRestarted => false,
        }
    }
}
