//! Both families of errors: the gateway's (`common-ncpapi`) and Secret Manager's own
//! (`secretmanager-api-overview`).

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::auth::NotAuthenticated;
use crate::behavior::{Behavior, CodeForm, ErrorFamily, RefusedAs};
use crate::state::Refusal;

/// An error of the API gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GatewayError {
    /// 400 with the code 100.
    BadRequest,
    /// 401 with the code 200.
    AuthenticationFailed,
    /// 401 with the code 210.
    PermissionDenied,
    /// 404 with the code 300.
    NotFound,
    /// 413 with the code 430.
    TooLarge,
    /// 429 with the code 400.
    QuotaExceeded,
    /// 429 with the code 410.
    ThrottleLimited,
    /// 429 with the code 420.
    RateLimited,
    /// 503 with the code 500.
    EndpointError,
    /// 504 with the code 510.
    EndpointTimeout,
    /// 500 with the code 900.
    UnexpectedError,
}

impl GatewayError {
    /// HTTP status, error code and message.
    const fn parts(self) -> (u16, u16, &'static str) {
        match self {
            Self::BadRequest => (400, 100, "Bad Request Exception"),
            Self::AuthenticationFailed => (401, 200, "Authentication Failed"),
            Self::PermissionDenied => (401, 210, "Permission Denied"),
            Self::NotFound => (404, 300, "Not Found Exception"),
            Self::TooLarge => (413, 430, "Request Entity Too Large"),
            Self::QuotaExceeded => (429, 400, "Quota Exceeded"),
            Self::ThrottleLimited => (429, 410, "Throttle Limited"),
            Self::RateLimited => (429, 420, "Rate Limited"),
            Self::EndpointError => (503, 500, "Endpoint Error"),
            Self::EndpointTimeout => (504, 510, "Endpoint Timeout"),
            Self::UnexpectedError => (500, 900, "Unexpected Error"),
        }
    }
}

/// An error of Secret Manager itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ServiceError {
    /// 400.
    InvalidRequest,
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 404.
    NotFound,
    /// 409.
    InvalidStatus,
    /// 422.
    UnprocessableEntity,
    /// 500 `INTERNAL_SERVER_ERROR`.
    Internal,
}

impl ServiceError {
    /// HTTP status, error code and message.
    const fn parts(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::InvalidRequest => (400, "INVALID_REQUEST", "Invalid request"),
            Self::Unauthorized => (401, "UNAUTHORIZED", "Unauthorized"),
            Self::Forbidden => (403, "FORBIDDEN", "Forbidden"),
            Self::NotFound => (404, "NOT_FOUND", "Not found"),
            Self::InvalidStatus => (409, "INVALID_STATUS", "Invalid status"),
            Self::UnprocessableEntity => (422, "UNPROCESSABLE_ENTITY", "Invalid status"),
            Self::Internal => (500, "INTERNAL_SERVER_ERROR", "Server internal error"),
        }
    }
}

impl From<RefusedAs> for ServiceError {
    fn from(reading: RefusedAs) -> Self {
        match reading {
            RefusedAs::InvalidRequest => Self::InvalidRequest,
            RefusedAs::Forbidden => Self::Forbidden,
            RefusedAs::NotFound => Self::NotFound,
            RefusedAs::InvalidStatus => Self::InvalidStatus,
            RefusedAs::Unprocessable => Self::UnprocessableEntity,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Gateway(GatewayError),
    Service(ServiceError),
}

/// An error answer. Its details never contain a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    family: Family,
    details: String,
}

impl Failure {
    pub(crate) fn gateway(error: GatewayError, details: &str) -> Self {
        Self {
            family: Family::Gateway(error),
            details: details.to_owned(),
        }
    }

    pub(crate) fn service(error: impl Into<ServiceError>, details: impl Into<String>) -> Self {
        Self {
            family: Family::Service(error.into()),
            details: details.into(),
        }
    }

    /// 500 `INTERNAL_SERVER_ERROR`.
    pub(crate) fn internal(details: &str) -> Self {
        Self::service(ServiceError::Internal, details)
    }

    /// 400 `INVALID_REQUEST`.
    pub(super) fn invalid(details: &str) -> Self {
        Self::service(ServiceError::InvalidRequest, details)
    }

    /// The answer to a path that there is not, as observed.
    pub(crate) fn unknown_url() -> Self {
        Self::gateway(GatewayError::NotFound, "URL not found.")
    }

    pub(crate) fn not_authenticated(why: NotAuthenticated, behavior: &Behavior) -> Self {
        match (why, behavior.missing_authentication) {
            (NotAuthenticated::Missing, ErrorFamily::Service) => {
                Self::service(ServiceError::Unauthorized, "Authentication is required.")
            }
            _ => Self::gateway(
                GatewayError::AuthenticationFailed,
                "Invalid authentication information.",
            ),
        }
    }

    pub(crate) fn no_permission(behavior: &Behavior) -> Self {
        match behavior.missing_permission {
            ErrorFamily::Gateway => Self::gateway(
                GatewayError::PermissionDenied,
                "You do not have permission to call this API.",
            ),
            ErrorFamily::Service => Self::service(ServiceError::Forbidden, "No authorization."),
        }
    }

    pub(super) fn refused(refusal: &Refusal, behavior: &Behavior) -> Self {
        let error = match refusal {
            Refusal::SecretNotFound
            | Refusal::TriggerNotFound
            | Refusal::ProtectionKeyNotFound
            | Refusal::StageEmpty => ServiceError::NotFound,
            Refusal::JobNotFound => behavior.unknown_job.into(),
            Refusal::NameTaken => behavior.name_taken.into(),
            Refusal::Invalid(_) => ServiceError::InvalidRequest,
            Refusal::InvalidValue(_) => behavior.invalid_value.into(),
            Refusal::BlockedRead(_) | Refusal::ProtectionKeyDisabled => {
                behavior.blocked_read.into()
            }
            Refusal::NoTrigger => behavior.no_linked_trigger.into(),
            Refusal::ProtectionKeyUnusable(_)
            | Refusal::TooManySecrets
            | Refusal::WrongLifecycle(_)
            | Refusal::WrongPhase(_)
            | Refusal::AutomaticRotationOn
            | Refusal::AutomaticRotationOff
            | Refusal::NothingToRollBack
            | Refusal::JobNotStarted
            | Refusal::NothingPending => behavior.wrong_state.into(),
        };
        Self::service(error, refusal.to_string())
    }

    /// The HTTP status.
    pub(crate) const fn status(&self) -> u16 {
        match self.family {
            Family::Gateway(error) => error.parts().0,
            Family::Service(error) => error.parts().0,
        }
    }

    /// The error code as text.
    pub(crate) fn code(&self) -> String {
        match self.family {
            Family::Gateway(error) => error.parts().1.to_string(),
            Family::Service(error) => error.parts().1.to_owned(),
        }
    }

    /// The JSON body.
    pub(crate) fn body(&self, behavior: &Behavior) -> Vec<u8> {
        let (code, message) = match self.family {
            Family::Gateway(error) => {
                let (_, code, message) = error.parts();
                let code = match behavior.gateway_error_code {
                    CodeForm::Text => json!(code.to_string()),
                    CodeForm::Number => json!(code),
                };
                (code, message)
            }
            Family::Service(error) => (json!(error.parts().1), error.parts().2),
        };
        json!({"error": {"errorCode": code, "message": message, "details": self.details}})
            .to_string()
            .into_bytes()
    }
}
