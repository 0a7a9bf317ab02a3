//! The ways in which one call fails, and which of two failures counts.

use std::time::Duration;

use jiff::SignedDuration;

use crate::core::remote::{Failure, LookError};

/// Why a call brought nothing back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CallError {
    /// The access key or its signature is refused.
    CredentialsRejected,
    /// The timestamp is refused; our clock is `ahead` of the gateway's.
    ClockSkew { ahead: SignedDuration },
    /// The key is good and may not do this: 403, or the gateway's 401 with code 210.
    PermissionDenied,
    /// The service's own `NOT_FOUND`.
    NotFound,
    /// The state does not allow it. Which of the two statuses a wrong state gives is not documented.
    WrongState(u16),
    /// Fewer calls are asked for.
    Throttled { retry_after: Option<Duration> },
    /// No usable answer.
    Unavailable {
        failure: Failure,
        retry_after: Option<Duration>,
    },
}

impl CallError {
    /// The word for it in metrics.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::CredentialsRejected => "credentials_rejected",
            Self::ClockSkew { .. } => "clock_skew",
            Self::PermissionDenied => "permission_denied",
            Self::NotFound => "not_found",
            Self::WrongState(_) => "wrong_state",
            Self::Throttled { .. } => "throttled",
            Self::Unavailable { failure, .. } => match failure {
                Failure::Connect => "connect",
                Failure::Handshake => "handshake",
                Failure::Timeout => "timeout",
                Failure::Interrupted => "interrupted",
                Failure::Status(_) => "status",
                Failure::InvalidRequest => "invalid_request",
                Failure::UnknownUrl => "unknown_url",
                Failure::Redirect => "redirect",
                Failure::TooLarge => "too_large",
                Failure::Malformed => "malformed",
            },
        }
    }

    /// Whether another host may still know better. What a host answers for a secret of the other one is not
    /// documented.
    pub(super) const fn may_be_elsewhere(&self) -> bool {
        matches!(
            self,
            Self::PermissionDenied
                | Self::NotFound
                | Self::Unavailable {
                    failure: Failure::UnknownUrl | Failure::InvalidRequest,
                    ..
                }
        )
    }

    /// Whether another call for less may be answered: nothing was said of the network, the credentials or the pace.
    pub(super) const fn is_about_the_call(&self) -> bool {
        matches!(
            self,
            Self::PermissionDenied
                | Self::NotFound
                | Self::WrongState(_)
                | Self::Unavailable {
                    failure: Failure::UnknownUrl
                        | Failure::InvalidRequest
                        | Failure::TooLarge
                        | Failure::Malformed,
                    ..
                }
        )
    }

    /// Of the errors of two hosts the one that proves less, so that "not found" needs both.
    pub(super) fn or_more_cautious(self, other: Self) -> Self {
        if other.caution() > self.caution() {
            other
        } else {
            self
        }
    }

    const fn caution(&self) -> u8 {
        match self {
            Self::NotFound => 0,
            Self::PermissionDenied => 1,
            Self::CredentialsRejected | Self::ClockSkew { .. } => 2,
            Self::WrongState(_) | Self::Throttled { .. } | Self::Unavailable { .. } => 3,
        }
    }
}

impl From<Failure> for CallError {
    fn from(failure: Failure) -> Self {
        Self::Unavailable {
            failure,
            retry_after: None,
        }
    }
}

impl From<CallError> for LookError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::CredentialsRejected => Self::CredentialsRejected,
            CallError::ClockSkew { ahead } => Self::ClockSkew { ahead },
            CallError::PermissionDenied => Self::PermissionDenied,
            CallError::NotFound => Self::NotFound,
            CallError::WrongState(status) => Self::Unavailable {
                failure: Failure::Status(status),
                retry_after: None,
            },
            CallError::Throttled { retry_after } => Self::Throttled { retry_after },
            CallError::Unavailable {
                failure,
                retry_after,
            } => Self::Unavailable {
                failure,
                retry_after,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_errors_the_one_that_proves_less_counts() {
        let in_order = [
            CallError::NotFound,
            CallError::PermissionDenied,
            CallError::CredentialsRejected,
            CallError::Throttled { retry_after: None },
        ];
        for (less, a) in in_order.iter().enumerate() {
            for (more, b) in in_order.iter().enumerate() {
                let wanted = &in_order[less.max(more)];
                assert_eq!(&a.clone().or_more_cautious(b.clone()), wanted);
            }
        }
    }
}
