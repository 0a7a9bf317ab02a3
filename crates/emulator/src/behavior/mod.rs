//! Every point on which NCP's documentation is silent or contradicts itself, in one place.
//!
//! Each field of [`Behavior`] is one such point. Its default is the reading that most clients expect, so that a
//! client that works with the defaults can be tried against each other reading as well.

mod choices;
mod metadata_choices;
mod patch;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use choices::{
    AddedPending, Afterwards, CodeForm, CreateOnGlobalHost, Destroyed, EmptyStage, ErrorFamily,
    FailedCall, FailedPhase, ListScope, Missing, NameScope, NullData, OmittedStage, OtherHost,
    PagePastEnd, RefusedAs, RegionalSignature, RepeatedDeletion, RetryToken, RollbackChain,
    RotatingFrom, RotatingStatus, RotationDate, Schedule, Shown, UpdateDate, Verdict, WrittenValue,
};
pub use metadata_choices::{ExpirationForm, NoServerRole};
pub use patch::SwitchRefused;

/// The switches. They can be moved at any time and hold from the next request on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Behavior {
    /// HTTP status of every success. The pages name none.
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

    /// Reading a value in `DISABLE`: refused by the guide, not by the API pages.
    pub read_in_disable: Verdict,
    /// Changing a value or the protection key in `DISABLE`: refused by the guide, not by the API pages.
    pub edit_in_disable: Verdict,
    /// Changing a value while a rotation runs.
    pub edit_while_rotating: Verdict,
    /// Reading values with the right to view only.
    pub viewer_reads_values: Verdict,
    /// Values inside the JSON object that are not strings.
    pub nested_values: Verdict,
    /// A stage that an Update Secret Value does not mention: kept, or deleted as on older pages.
    pub omitted_stage: OmittedStage,
    /// Within what a secret's name is unique.
    pub name_scope: NameScope,
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
    /// What is signed for a host whose base URL has a path.
    pub regional_signature: RegionalSignature,
    /// The signature in the header `x-ncp-apigw-signature-v1`.
    pub signature_v1: Verdict,
    /// Secrets on one page of the list.
    pub page_size: u32,
    /// A page of the list past the last one.
    pub page_past_end: PagePastEnd,
    /// `pageNo=0` as the first page: the table starts at 1, the page's own example sends 0.
    pub page_zero: Verdict,
    /// Largest `pageSize` of the logs.
    pub largest_log_page: u32,
    /// Largest request body in bytes; more is answered with 413.
    pub largest_body: u32,

    /// `secretStatus` while a rotation runs.
    pub rotating_status: RotatingStatus,
    /// When `rotationPhase` becomes `ROTATING`.
    pub rotating_from: RotatingFrom,
    /// How long after its event a rotation without an end counts as failed.
    pub rotation_timeout: SignedDuration,
    /// A rotation whose HTTP action could not be called or answered with an error.
    pub failed_call: FailedCall,
    /// What an action's parameter with the secret's identifier is called. The pages name the path parameter only.
    pub secret_id_parameter: String,
    /// What an action's parameter with the job token is called. The pages name the path parameter only.
    pub job_token_parameter: String,
    /// Calls of a job before its Start; the guide calls the order required.
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
    /// A new rotation period while automatic rotation is off.
    pub period_without_schedule: Verdict,
    /// How the next date of automatic rotation is rounded; one documented example.
    pub rotation_date: RotationDate,
    /// Whether a date of automatic rotation starts a rotation.
    pub schedule: Schedule,
    /// A date of automatic rotation after a failed rotation.
    pub schedule_after_failure: Verdict,
    /// How long one day of a rotation period or a deletion wait lasts.
    pub day: SignedDuration,

    /// A request to the metadata service without a token, as in its version 1.
    pub metadata_without_token: Verdict,
    /// A request with a token that is unknown or over; where it is accepted, it counts as none.
    pub metadata_wrong_token: Verdict,
    /// Tokens of the metadata service, as in its version 2; where they are refused, their path is not found.
    pub metadata_tokens: Verdict,
    /// Shortest lifetime of a token that may be asked for.
    pub shortest_metadata_token: SignedDuration,
    /// Longest lifetime of a token that may be asked for; the documented example asks for 6 hours.
    pub longest_metadata_token: SignedDuration,
    /// What the metadata service of a server without a role answers.
    pub no_server_role: NoServerRole,
    /// How long the keys of a server's role are valid, at least a second.
    pub server_role_key_lifetime: SignedDuration,
    /// How long before their end new ones are handed out. With their whole lifetime, each request gets new ones.
    pub server_role_key_renewal: SignedDuration,
    /// `Expiration` of the keys.
    pub server_role_key_expiration: ExpirationForm,
    /// An empty `Message` beside the keys.
    pub server_role_key_message: Shown,
}

impl Default for Behavior {
    fn default() -> Self {
        Self {
            success_status: 200,
            null_data: NullData::Null,
            empty_stage: EmptyStage::Null,
            no_trigger: Missing::Absent,
            gateway_error_code: CodeForm::Text,
            key_id: CodeForm::Number,
            boundary: Shown::Hidden,
            last_rotation: Shown::Hidden,
            written_value: WrittenValue::Encrypted,
            japan_region: "JPN".to_owned(),

            missing_authentication: ErrorFamily::Gateway,
            missing_permission: ErrorFamily::Gateway,
            wrong_state: RefusedAs::InvalidStatus,
            blocked_read: RefusedAs::InvalidStatus,
            name_taken: RefusedAs::InvalidStatus,
            invalid_value: RefusedAs::InvalidRequest,
            unknown_job: RefusedAs::NotFound,
            no_linked_trigger: RefusedAs::InvalidStatus,
            absent_defaults: Verdict::Accepted,

            read_in_disable: Verdict::Refused,
            edit_in_disable: Verdict::Refused,
            edit_while_rotating: Verdict::Accepted,
            viewer_reads_values: Verdict::Accepted,
            nested_values: Verdict::Accepted,
            omitted_stage: OmittedStage::Kept,
            name_scope: NameScope::Region,
            update_date: UpdateDate::EveryChange,
            destroyed: Destroyed::NotFound,
            repeated_deletion: RepeatedDeletion::RestartsWait,

            list_scope: ListScope::Host,
            other_host: OtherHost::NotFound,
            create_on_global_host: CreateOnGlobalHost::MakesIsolated,
            regional_signature: RegionalSignature::WholePath,
            signature_v1: Verdict::Refused,
            page_size: 100,
            page_past_end: PagePastEnd::Empty,
            page_zero: Verdict::Accepted,
            largest_log_page: 1000,
            largest_body: 1024 * 1024,

            rotating_status: RotatingStatus::Enable,
            rotating_from: RotatingFrom::Event,
            rotation_timeout: SignedDuration::from_hours(24),
            failed_call: FailedCall::WaitsForTimeout,
            secret_id_parameter: "secretId".to_owned(),
            job_token_parameter: "jobToken".to_owned(),
            unstarted_job: Verdict::Refused,
            pending_after_failure: Afterwards::Kept,
            pending_after_cancel: Afterwards::Dropped,
            phase_after_cancel: FailedPhase::None,
            retry_token: RetryToken::New,
            rollback: RollbackChain::Unshift,
            added_pending: AddedPending::CopiesActive,
            period_without_schedule: Verdict::Refused,
            rotation_date: RotationDate::RoundedUp,
            schedule: Schedule::Punctual,
            schedule_after_failure: Verdict::Refused,
            day: SignedDuration::from_hours(24),

            metadata_without_token: Verdict::Accepted,
            metadata_wrong_token: Verdict::Refused,
            metadata_tokens: Verdict::Accepted,
            shortest_metadata_token: SignedDuration::from_secs(1),
            longest_metadata_token: SignedDuration::from_hours(6),
            no_server_role: NoServerRole::EmptyList,
            server_role_key_lifetime: SignedDuration::from_hours(1),
            server_role_key_renewal: SignedDuration::from_mins(5),
            server_role_key_expiration: ExpirationForm::Utc,
            server_role_key_message: Shown::Hidden,
        }
    }
}

const SHORTEST_DAY: SignedDuration = SignedDuration::from_secs(1);

impl Behavior {
    /// How long `days` last here.
    pub(crate) fn days(&self, days: u32) -> SignedDuration {
        let days = i32::try_from(days).unwrap_or(i32::MAX);
        self.day
            .max(SHORTEST_DAY)
            .checked_mul(days)
            .unwrap_or(SignedDuration::MAX)
    }

    /// The date of automatic rotation `days` after `from` (`secretmanager-createsecret`, its example).
    pub(crate) fn rotation_date(&self, from: Timestamp, days: u32) -> Timestamp {
        let exact = from
            .saturating_add(self.days(days))
            .unwrap_or(Timestamp::MAX);
        match self.rotation_date {
            RotationDate::Exact => exact,
            RotationDate::RoundedUp => rounded_up(exact, self.day.max(SHORTEST_DAY) / 24),
        }
    }
}

fn rounded_up(moment: Timestamp, step: SignedDuration) -> Timestamp {
    let step = step.as_nanos().max(1);
    let over = moment.as_nanosecond().rem_euclid(step);
    if over == 0 {
        return moment;
    }
    Timestamp::from_nanosecond(moment.as_nanosecond() + step - over).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_example_gives_the_documented_date() {
        let registered = Timestamp::from_millisecond(1_753_065_580_243).unwrap();
        let next = Behavior::default().rotation_date(registered, 90);
        assert_eq!(next.as_millisecond(), 1_760_842_800_000);
    }

    #[test]
    fn a_date_on_the_full_hour_stays() {
        let registered = Timestamp::from_millisecond(1_760_842_800_000).unwrap();
        let next = Behavior::default().rotation_date(registered, 1);
        assert_eq!(next, registered + SignedDuration::from_hours(24));
    }

    #[test]
    fn a_shorter_day_shortens_periods_and_rounding() {
        let behavior = Behavior {
            day: SignedDuration::from_secs(24),
            ..Behavior::default()
        };
        let registered = Timestamp::from_millisecond(10_500).unwrap();
        let next = behavior.rotation_date(registered, 2);
        assert_eq!(next.as_millisecond(), 59_000);
    }

    #[test]
    fn a_day_of_no_length_still_lasts_a_second() {
        let behavior = Behavior {
            day: SignedDuration::ZERO,
            ..Behavior::default()
        };
        assert_eq!(behavior.days(7), SignedDuration::from_secs(7));
    }
}
