//! The 32 operations of the API, each with its method and path (`secretmanager-api-overview`).

use serde::{Deserialize, Serialize};

/// What an operation does, as far as permissions go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Shows what there is, without values.
    View,
    /// Shows values.
    ReadValue,
    /// Changes something.
    Change,
}

/// Declares the operations: title, kind, method and path of each.
macro_rules! operations {
    ($($name:ident: $title:literal, $kind:ident, $method:literal $path:literal;)+) => {
        /// An operation of the API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub enum Operation {
            $(#[doc = concat!("`", $method, " ", $path, "`")] $name),+
        }

        impl Operation {
            /// Every operation. Where two paths fit a request, the earlier one is meant.
            pub const ALL: [Self; 32] = [$(Self::$name),+];

            /// Its name in the documentation, for example `Get Secret Detail`.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title),+ }
            }

            /// What it does.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind),+ }
            }

            /// Its HTTP method.
            #[must_use]
            pub const fn method(self) -> &'static str {
                match self { $(Self::$name => $method),+ }
            }

            /// Its path behind the base URL, with the parameters `{secretId}`, `{jobToken}` and `{stage}`.
            #[must_use]
            pub const fn path(self) -> &'static str {
                match self { $(Self::$name => $path),+ }
            }
        }
    };
}

operations! {
    CreateSecret: "Create Secret", Change, "POST" "/api/v1/secrets";
    GetProtectionKeyList: "Get Protection Key List", View, "GET" "/api/v1/keys";
    GetSecretDetail: "Get Secret Detail", View, "GET" "/api/v1/secrets/{secretId}";
    GetSecretList: "Get Secret List", View, "GET" "/api/v1/secrets";
    GetSecretLogs: "Get Secret Logs", View, "GET" "/api/v1/secrets/{secretId}/logs";
    GetSecretValue: "Get Secret Value", ReadValue, "GET" "/api/v1/secrets/{secretId}/values";
    GetSecretStageValue: "Get Secret Stage Value", ReadValue, "GET" "/api/v1/secrets/{secretId}/{stage}";
    GetTriggerList: "Get Trigger List", View, "GET" "/api/v1/triggers";
    CancelRotationJob: "Cancel Rotation Job", Change, "POST" "/api/v1/secrets/{secretId}/cancel-rotation";
    CancelSecretDeletion: "Cancel Secret Deletion", Change, "POST" "/api/v1/secrets/{secretId}/cancel-deletion";
    DisableAutoRotation: "Disable Auto Rotation", Change, "POST" "/api/v1/secrets/{secretId}/disable-auto-rotation";
    DisableSecret: "Disable Secret", Change, "POST" "/api/v1/secrets/{secretId}/disable";
    EnableAutoRotation: "Enable Auto Rotation", Change, "POST" "/api/v1/secrets/{secretId}/enable-auto-rotation";
    EnableSecret: "Enable Secret", Change, "POST" "/api/v1/secrets/{secretId}/enable";
    ExecuteRotationJob: "Execute Rotation Job", Change, "POST" "/api/v1/secrets/{secretId}/rotation";
    RequestSecretDeletion: "Request Secret Deletion", Change, "POST" "/api/v1/secrets/{secretId}/request-deletion";
    RetryRotationJob: "Retry Rotation Job", Change, "POST" "/api/v1/secrets/{secretId}/retry-rotation";
    RollbackRotationJob: "Rollback Rotation Job", Change, "POST" "/api/v1/secrets/{secretId}/rollback-rotation";
    UpdateProtectionKey: "Update Protection Key", Change, "PUT" "/api/v1/secrets/{secretId}/protection-key";
    UpdateRotationPeriod: "Update Rotation Period", Change, "PUT" "/api/v1/secrets/{secretId}/rotation-period";
    UpdateRotationTrigger: "Update Rotation Trigger", Change, "PUT" "/api/v1/secrets/{secretId}/triggers";
    UpdateSecretMemo: "Update Secret Memo", Change, "PUT" "/api/v1/secrets/{secretId}/memo";
    UpdateSecretStageValue: "Update Secret Stage Value", Change, "PUT" "/api/v1/secrets/{secretId}/values/{stage}";
    UpdateSecretValue: "Update Secret Value", Change, "PUT" "/api/v1/secrets/{secretId}/values";
    DeleteRotationTrigger: "Delete Rotation Trigger", Change, "DELETE" "/api/v1/secrets/{secretId}/triggers";
    DeleteSecret: "Delete Secret", Change, "DELETE" "/api/v1/secrets/{secretId}";
    StartRotationJob: "Start Rotation Job", Change, "POST" "/action/v1/secrets/{secretId}/jobs/{jobToken}/start";
    AddPendingStage: "Add Pending Stage", Change, "POST" "/action/v1/secrets/{secretId}/jobs/{jobToken}/pending";
    UpdatePendingStage: "Update Pending Stage", Change, "PUT" "/action/v1/secrets/{secretId}/jobs/{jobToken}/pending";
    GenerateRandomSecret: "Generate Random Secret", Change, "POST" "/action/v1/secrets/{secretId}/jobs/{jobToken}/generate-random-secret";
    CompleteRotationJob: "Complete Rotation Job", Change, "POST" "/action/v1/secrets/{secretId}/jobs/{jobToken}/complete";
    FailRotationJob: "Fail Rotation Job", Change, "POST" "/action/v1/secrets/{secretId}/jobs/{jobToken}/fail";
}
