//! The positions of all switches together: the tolerant ones, and the strict ones.

use jiff::SignedDuration;

use super::{
    AddedPending, Afterwards, Behavior, CodeForm, CreateOnGlobalHost, Destroyed, EmptyStage,
    ErrorFamily, ExpirationForm, FailedCall, FailedPhase, ListScope, LogForm, Missing, NameScope,
    NoServerRole, NullData, OmittedStage, OtherBoundary, OtherHost, PagePastEnd, RefusedAs,
    RegionalSignature, RepeatedDeletion, RetryToken, RollbackChain, RotatingFrom, RotatingStatus,
    RotationDate, Schedule, Shown, UpdateDate, Verdict, WrittenActive, WrittenValue,
};

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
            log_entry: LogForm::Nested,

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
            read_while_rotating: Verdict::Accepted,
            read_with_disabled_key: Verdict::Accepted,
            edit_in_disable: Verdict::Refused,
            edit_while_rotating: Verdict::Accepted,
            viewer_reads_values: Verdict::Accepted,
            nested_values: Verdict::Accepted,
            repeated_pairs: Verdict::Accepted,
            written_active: WrittenActive::Replaces,
            omitted_stage: OmittedStage::Kept,
            name_scope: NameScope::Region,
            most_secrets: 1_000_000,
            update_date: UpdateDate::EveryChange,
            destroyed: Destroyed::NotFound,
            repeated_deletion: RepeatedDeletion::RestartsWait,

            list_scope: ListScope::Host,
            other_host: OtherHost::NotFound,
            create_on_global_host: CreateOnGlobalHost::MakesIsolated,
            key_of_other_boundary: OtherBoundary::MovesSecret,
            regional_signature: RegionalSignature::Either,
            signature_v1: Verdict::Accepted,
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
            unstarted_job: Verdict::Accepted,
            pending_after_failure: Afterwards::Kept,
            pending_after_cancel: Afterwards::Dropped,
            phase_after_cancel: FailedPhase::None,
            retry_token: RetryToken::New,
            rollback: RollbackChain::Unshift,
            added_pending: AddedPending::CopiesActive,
            period_without_schedule: Verdict::Accepted,
            rotation_date: RotationDate::RoundedUp,
            schedule: Schedule::Punctual,
            schedule_after_failure: Verdict::Accepted,
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

impl Behavior {
    /// Everything is refused of which it is doubtful whether NCP accepts it. A client that works against this works
    /// against the other readings of these points as well.
    ///
    /// What tokens of the metadata service are for stays possible, because a request without one is refused.
    #[must_use]
    pub fn strict() -> Self {
        Self {
            absent_defaults: Verdict::Refused,
            read_in_disable: Verdict::Refused,
            read_while_rotating: Verdict::Refused,
            read_with_disabled_key: Verdict::Refused,
            edit_in_disable: Verdict::Refused,
            edit_while_rotating: Verdict::Refused,
            viewer_reads_values: Verdict::Refused,
            nested_values: Verdict::Refused,
            repeated_pairs: Verdict::Refused,
            name_scope: NameScope::Account,
            create_on_global_host: CreateOnGlobalHost::Refused,
            regional_signature: RegionalSignature::WholePath,
            signature_v1: Verdict::Refused,
            page_past_end: PagePastEnd::Refused,
            page_zero: Verdict::Refused,
            // The documented default, as no page says that more may be asked for.
            largest_log_page: 100,
            unstarted_job: Verdict::Refused,
            period_without_schedule: Verdict::Refused,
            schedule_after_failure: Verdict::Refused,
            metadata_without_token: Verdict::Refused,
            metadata_wrong_token: Verdict::Refused,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn strict_refuses_whatever_can_be_refused_but_tokens() {
        let Ok(Value::Object(strict)) = serde_json::to_value(Behavior::strict()) else {
            panic!("switches are an object");
        };
        let accepted = strict
            .iter()
            .filter(|(_, position)| **position == "accepted");
        let names: Vec<_> = accepted.map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["metadataTokens"]);
    }

    #[test]
    fn by_default_only_what_is_said_to_be_refused_is_refused() {
        let Ok(Value::Object(switches)) = serde_json::to_value(Behavior::default()) else {
            panic!("switches are an object");
        };
        let refused = switches
            .iter()
            .filter(|(_, position)| **position == "refused");
        let mut names: Vec<_> = refused.map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            ["editInDisable", "metadataWrongToken", "readInDisable"]
        );
    }
}
