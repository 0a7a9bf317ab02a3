//! Operations that change a secret: what they ask for, and what they answer.

use jiff::Timestamp;
use serde_json::json;

use super::body;
use super::error::Failure;
use super::operation::Operation;
use super::perform::{ApiCall, encoded, find};
use super::view::{self, Success};
use super::view_values;
use crate::state::{Change, JobStep, Secret, State, Text};

impl ApiCall<'_> {
    pub(super) fn change(
        &self,
        id: &str,
        state: &mut State,
        now: Timestamp,
    ) -> Result<Vec<u8>, Failure> {
        let change = self.wanted_change()?;
        if let Err(refusal) = state.apply(id, change, now) {
            return Err(Failure::refused(&refusal, state.behavior()));
        }
        self.answer(find(id, state)?, state)
    }

    /// The change that the operation and the body ask for.
    fn wanted_change(&self) -> Result<Change, Failure> {
        Ok(match self.route.operation {
            Operation::CancelRotationJob => Change::Cancel,
            Operation::CancelSecretDeletion => Change::CancelDeletion,
            Operation::DisableAutoRotation => Change::DisableAutoRotation,
            Operation::DisableSecret => Change::Disable,
            Operation::EnableAutoRotation => body::parse::<body::AutoRotation>(self.body)?.change(),
            Operation::EnableSecret => Change::Enable,
            Operation::ExecuteRotationJob => Change::Execute,
            Operation::RequestSecretDeletion => Change::RequestDeletion,
            Operation::RetryRotationJob => Change::Retry,
            Operation::RollbackRotationJob => Change::RollBack,
            Operation::UpdateProtectionKey => {
                body::parse::<body::Protection>(self.body)?.change(self.host.region())?
            }
            Operation::UpdateRotationPeriod => {
                Change::UpdatePeriod(body::parse::<body::Period>(self.body)?.rotation_period)
            }
            Operation::UpdateRotationTrigger => {
                Change::LinkTrigger(body::parse::<body::TriggerLink>(self.body)?.trigger_id)
            }
            Operation::UpdateSecretMemo => {
                Change::UpdateMemo(body::parse::<body::Memo>(self.body)?.memo)
            }
            Operation::UpdateSecretStageValue => {
                let named = self.route.stage()?;
                let value = body::parse::<body::Value>(self.body)?.value;
                Change::UpdateStage(named, Some(value))
            }
            Operation::UpdateSecretValue => body::parse::<body::Values>(self.body)?.change(),
            Operation::DeleteRotationTrigger => Change::UnlinkTrigger,
            Operation::DeleteSecret => Change::Delete,
            Operation::StartRotationJob => self.job(JobStep::Start),
            Operation::AddPendingStage => self.job(JobStep::AddPending),
            Operation::UpdatePendingStage => {
                let value = body::parse::<body::Value>(self.body)?.value;
                self.job(JobStep::UpdatePending(value))
            }
            Operation::CompleteRotationJob => self.job(JobStep::Complete),
            Operation::FailRotationJob => self.job(JobStep::Fail),
            Operation::CreateSecret
            | Operation::GetProtectionKeyList
            | Operation::GetSecretDetail
            | Operation::GetSecretList
            | Operation::GetSecretLogs
            | Operation::GetSecretStageValue
            | Operation::GetSecretValue
            | Operation::GetTriggerList
            | Operation::GenerateRandomSecret => return Err(Failure::unknown_url()),
        })
    }
    fn job(&self, step: JobStep) -> Change {
        Change::Job {
            token: self.route.job_token.clone().unwrap_or_default(),
            step,
        }
    }

    fn answer(&self, secret: &Secret, state: &State) -> Result<Vec<u8>, Failure> {
        let behavior = state.behavior();
        let id = &secret.id;
        let data = match self.route.operation {
            Operation::CancelSecretDeletion
            | Operation::DisableSecret
            | Operation::EnableSecret
            | Operation::RequestSecretDeletion => json!({
                "secretId": id,
                "secretStatus": secret.shown_lifecycle(behavior).word(),
                "updateDate": secret.update_date.as_millisecond(),
            }),
            Operation::EnableAutoRotation
            | Operation::DisableAutoRotation
            | Operation::UpdateRotationPeriod
            | Operation::UpdateRotationTrigger => {
                return Ok(encoded(&Success::of(self.rotation_view(secret, state))));
            }
            Operation::UpdateProtectionKey => json!({
                "secretId": id, "protectionKey": view::protection_key(secret, behavior),
            }),
            Operation::UpdateSecretMemo => json!({"secretId": id, "memo": secret.memo}),
            Operation::UpdateSecretStageValue => {
                let written = self.route.stage()?;
                return Ok(encoded(&Success::of(view_values::written_stage(
                    secret, written, behavior,
                ))));
            }
            Operation::UpdateSecretValue => {
                return Ok(encoded(&Success::of(view_values::written_chain(
                    secret, behavior,
                ))));
            }
            Operation::StartRotationJob => {
                return Ok(encoded(&Success::of(view_values::chain_read(
                    secret, behavior,
                ))));
            }
            Operation::AddPendingStage | Operation::UpdatePendingStage => {
                json!({"pending": secret.chain.pending.as_ref().map(Text::as_str)})
            }
            _ => return Ok(encoded(&view::nothing(behavior))),
        };
        Ok(encoded(&Success::of(data)))
    }

    /// What the four operations about automatic rotation show, each its own part.
    fn rotation_view<'a>(&self, secret: &'a Secret, state: &State) -> view::RotationView<'a> {
        let operation = self.route.operation;
        let shows_trigger = matches!(
            operation,
            Operation::EnableAutoRotation | Operation::UpdateRotationTrigger
        );
        view::RotationView::of(
            secret,
            operation != Operation::UpdateRotationTrigger,
            shows_trigger.then(|| view::trigger(secret, state)),
        )
    }
}
