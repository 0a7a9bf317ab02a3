//! Every point on which NCP's documentation is silent or contradicts itself, in one place.
//!
//! Each field of [`Behavior`] is one such point. Its default is the reading that most clients expect, so that a
//! client that works with the defaults can be tried against each other reading as well.

mod choices;
mod dates;
mod defaults;
mod limits;
mod metadata_choices;
mod patch;
mod rotation_choices;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::span;

pub use choices::{
    CodeForm, CreateOnGlobalHost, Destroyed, EmptyStage, ErrorFamily, ListScope, LogForm, Missing,
    NameScope, NullData, OmittedStage, OtherBoundary, OtherHost, PagePastEnd, RefusedAs,
    RegionalSignature, RepeatedDeletion, Shown, UpdateDate, Verdict, WrittenActive, WrittenValue,
};
pub use metadata_choices::{ExpirationForm, NoServerRole};
pub use patch::SwitchRefused;
pub use rotation_choices::{
    AddedPending, Afterwards, FailedCall, FailedPhase, RetryToken, RollbackChain, RotatingFrom,
    RotatingStatus, RotationDate, Schedule,
};

/// The switches. They can be moved at any time and hold from the next request on.
///
/// Limits such as that of `pageSize` hold where switches are moved by their names; what a program puts into the fields
/// stays as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Behavior {
    /// HTTP status of every success, 200 to 299. The pages name none.
    pub success_status: u16,
    /// `data` of an action without a result. Older pages show the text `"null"`.
    pub null_data: NullData,
    /// How an empty stage of the chain is shown.
    pub empty_stage: EmptyStage,
    /// `trigger` of a secret without one.
    pub no_trigger: Missing,
    /// `errorCode` of the gateway: the page types it Integer and shows text.
    pub gateway_error_code: CodeForm,
    /// `keyId` of a protection key: the page types it String and shows a number.
    pub key_id: CodeForm,
    /// `protectionKey.kmsBoundaryType` of a secret.
    pub boundary: Shown,
    /// `lastRotationDate` and `lastRotationResultId` of a secret, which only older pages have.
    pub last_rotation: Shown,
    /// The answer to a written value: cipher text, or on older pages the value itself.
    pub written_value: WrittenValue,
    /// `region` of a secret in Japan.
    pub japan_region: String,
    /// A line of Get Secret Logs, whose fields no page names: nested as in the log of KMS, or flat.
    pub log_entry: LogForm,

    /// Who answers when the signature headers are missing.
    pub missing_authentication: ErrorFamily,
    /// Who answers when the key lacks the permission: gateway 401/210, or service 403.
    pub missing_permission: ErrorFamily,
    /// A change that the lifecycle or the rotation phase does not allow.
    pub wrong_state: RefusedAs,
    /// A read of a value that the lifecycle does not allow.
    pub blocked_read: RefusedAs,
    /// A name that is in use.
    pub name_taken: RefusedAs,
    /// A value that is too large, has too many pairs, or is no JSON object.
    pub invalid_value: RefusedAs,
    /// A job token that is wrong or whose job is over.
    pub unknown_job: RefusedAs,
    /// A rotation that is executed without a linked trigger.
    pub no_linked_trigger: RefusedAs,
    /// A body without a required field for which the page also gives a default.
    pub absent_defaults: Verdict,

    /// Reading a value in `DISABLE`: the guide states that it is refused, the API pages do not.
    pub read_in_disable: Verdict,
    /// Reading a value while a rotation runs; Start Rotation Job reads it in any case.
    pub read_while_rotating: Verdict,
    /// Reading a value behind a user's key that is disabled. Such a key cannot be chosen in any case.
    pub read_with_disabled_key: Verdict,
    /// Changing a value or the protection key in `DISABLE`: the guide states that it is refused, the API pages do not.
    pub edit_in_disable: Verdict,
    /// Changing a value while a rotation runs.
    pub edit_while_rotating: Verdict,
    /// Reading values with the right to view only.
    pub viewer_reads_values: Verdict,
    /// Values inside the JSON object that are not strings.
    pub nested_values: Verdict,
    /// A value whose JSON object names a key twice; each pair as it is written counts.
    pub repeated_pairs: Verdict,
    /// Another ACTIVE value by Update Secret Value or Update Secret Stage Value.
    pub written_active: WrittenActive,
    /// A stage that an Update Secret Value does not mention: kept, or deleted as on older pages.
    pub omitted_stage: OmittedStage,
    /// Within what a secret's name is unique.
    pub name_scope: NameScope,
    /// How many secrets the account may have. One more is refused as a wrong state is.
    pub most_secrets: u32,
    /// What moves `updateDate`.
    pub update_date: UpdateDate,
    /// What a destroyed secret's detail answers.
    pub destroyed: Destroyed,
    /// A request for deletion in `REVOKE`.
    pub repeated_deletion: RepeatedDeletion,

    /// Whose secrets a host lists.
    pub list_scope: ListScope,
    /// What a host answers for a secret of another host.
    pub other_host: OtherHost,
    /// A secret that is created on the host of the global keys without naming a boundary.
    pub create_on_global_host: CreateOnGlobalHost,
    /// A secret of Korea whose new protection key has another boundary than its host.
    pub key_of_other_boundary: OtherBoundary,
    /// What is signed for a host whose base URL has a path.
    pub regional_signature: RegionalSignature,
    /// The signature in the header `x-ncp-apigw-signature-v1`.
    pub signature_v1: Verdict,
    /// Secrets on one page of the list, at least 1.
    pub page_size: u32,
    /// A page of the list past the last one.
    pub page_past_end: PagePastEnd,
    /// `pageNo=0` as the first page: the table starts at 1, the page's own example sends 0.
    pub page_zero: Verdict,
    /// Largest `pageSize` of the logs, at least 1.
    pub largest_log_page: u32,
    /// Largest request body in bytes, at least 16384; more is answered with 413.
    pub largest_body: u32,

    /// `secretStatus` while a rotation runs.
    pub rotating_status: RotatingStatus,
    /// When `rotationPhase` becomes `ROTATING`.
    pub rotating_from: RotatingFrom,
    /// How long after its event a rotation without an end counts as failed.
    #[serde(deserialize_with = "span::deserialize")]
    pub rotation_timeout: SignedDuration,
    /// A rotation whose HTTP action could not be called or answered with an error.
    pub failed_call: FailedCall,
    /// What an action's parameter with the secret's identifier is called. The pages name the path parameter only.
    pub secret_id_parameter: String,
    /// What an action's parameter with the job token is called. The pages name the path parameter only.
    pub job_token_parameter: String,
    /// Calls of a job before its Start. The guide calls the order required, but does not say that others are refused.
    pub unstarted_job: Verdict,
    /// PENDING after a failed rotation.
    pub pending_after_failure: Afterwards,
    /// PENDING after a cancelled rotation.
    pub pending_after_cancel: Afterwards,
    /// `rotationPhase` after a cancelled rotation.
    pub phase_after_cancel: FailedPhase,
    /// The job token of a retry.
    pub retry_token: RetryToken,
    /// What the other stages become in a rollback.
    pub rollback: RollbackChain,
    /// What Add Pending Stage takes over from ACTIVE.
    pub added_pending: AddedPending,
    /// A new rotation period of an enabled, linked secret while automatic rotation is off; it is on afterwards.
    pub period_without_schedule: Verdict,
    /// How the next date of automatic rotation is rounded; one documented example.
    pub rotation_date: RotationDate,
    /// Whether a date of automatic rotation starts a rotation.
    pub schedule: Schedule,
    /// A date of automatic rotation after a failed rotation.
    pub schedule_after_failure: Verdict,
    /// How long one day of a rotation period or a deletion wait lasts, at least a second.
    #[serde(deserialize_with = "span::deserialize")]
    pub day: SignedDuration,

    /// A request to the metadata service without a token, as in its version 1.
    pub metadata_without_token: Verdict,
    /// A request with a token that is unknown or over; where it is accepted, it counts as none. That it is refused is
    /// what tokens are for, though no page says so.
    pub metadata_wrong_token: Verdict,
    /// Tokens of the metadata service, as in its version 2; where they are refused, their path is not found.
    pub metadata_tokens: Verdict,
    /// Shortest lifetime of a token that may be asked for.
    #[serde(deserialize_with = "span::deserialize")]
    pub shortest_metadata_token: SignedDuration,
    /// Longest lifetime of a token that may be asked for; the documented example asks for 6 hours.
    #[serde(deserialize_with = "span::deserialize")]
    pub longest_metadata_token: SignedDuration,
    /// What the metadata service of a server without a role answers.
    pub no_server_role: NoServerRole,
    /// How long the keys of a server's role are valid, at least a second.
    #[serde(deserialize_with = "span::deserialize")]
    pub server_role_key_lifetime: SignedDuration,
    /// How long before their end new ones are handed out. With their whole lifetime, each request gets new ones.
    #[serde(deserialize_with = "span::deserialize")]
    pub server_role_key_renewal: SignedDuration,
    /// `Expiration` of the keys.
    pub server_role_key_expiration: ExpirationForm,
    /// An empty `Message` beside the keys.
    pub server_role_key_message: Shown,
}
