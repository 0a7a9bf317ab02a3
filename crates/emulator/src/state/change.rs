//! Every change that can be asked for, as a value.

use jiff::Timestamp;

use super::chain::Stage;
use super::job::JobStep;
use super::protection::ProtectionChoice;
use super::refusal::Refusal;
use super::secret::Secret;
use super::surroundings::Surroundings;
use super::text::Text;

/// A change of one secret. Each is one API of Secret Manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// `DISABLE` to `ENABLE` (`secretmanager-enablesecret`).
    Enable,
    /// `ENABLE` to `DISABLE` (`secretmanager-disablesecret`).
    Disable,
    /// To `REVOKE`, with seven days to go (`secretmanager-requestsecretdeletion`).
    RequestDeletion,
    /// `REVOKE` to `DISABLE` (`secretmanager-cancelsecretdeletion`).
    CancelDeletion,
    /// `REVOKE` to `DESTROYED` (`secretmanager-deletesecret`).
    Delete,
    /// Another memo of at most 1000 bytes (`secretmanager-updatesecretmemo`).
    UpdateMemo(String),
    /// Another protection key (`secretmanager-updateprotectionkey`).
    UpdateProtectionKey(ProtectionChoice),
    /// Another value of one stage, or none (`secretmanager-update-secret-stage-value`).
    UpdateStage(Stage, Option<Text>),
    /// Other values of several stages (`secretmanager-updatesecretvalue`).
    UpdateChain(ChainUpdate),
    /// Automatic rotation on (`secretmanager-enable-auto-rotation`).
    EnableAutoRotation {
        /// Days, 1 to 730.
        period: u32,
        /// The trigger to link; needed when none is linked.
        trigger: Option<String>,
    },
    /// Automatic rotation off (`secretmanager-disable-auto-rotation`).
    DisableAutoRotation,
    /// Another period in days, 1 to 730 (`secretmanager-update-rotation-period`).
    UpdatePeriod(u32),
    /// Another trigger (`secretmanager-update-rotation-trigger`).
    LinkTrigger(String),
    /// No trigger (`secretmanager-delete-rotation-trigger`).
    UnlinkTrigger,
    /// A rotation now (`secretmanager-execute-rotation-job`).
    Execute,
    /// The failed rotation again (`secretmanager-retry-rotation-job`).
    Retry,
    /// No tracking of the rotation any more (`secretmanager-cancel-rotation-job`).
    Cancel,
    /// PREVIOUS becomes ACTIVE again (`secretmanager-rollback-rotation-job`).
    RollBack,
    /// A step of the job with this token (`/action/v1`).
    Job {
        /// The job's token.
        token: String,
        /// The step.
        step: JobStep,
    },
}

/// What Update Secret Value wants of one stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StageUpdate {
    /// The stage is not mentioned.
    #[default]
    Omitted,
    /// The stage becomes empty.
    Emptied,
    /// The stage gets this value.
    Set(Text),
}

/// What Update Secret Value wants of the chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChainUpdate {
    /// Of PREVIOUS.
    pub previous: StageUpdate,
    /// Of ACTIVE.
    pub active: StageUpdate,
    /// Of PENDING.
    pub pending: StageUpdate,
}

impl Secret {
    /// Makes a change, or leaves the secret as it is.
    pub(super) fn apply(
        &mut self,
        change: Change,
        around: &mut Surroundings,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        match change {
            Change::Enable => self.enable(around.behavior, now),
            Change::Disable => self.disable(around.behavior, now),
            Change::RequestDeletion => self.request_deletion(around.behavior, now),
            Change::CancelDeletion => self.cancel_deletion(around.behavior, now),
            Change::Delete => self.delete(),
            Change::UpdateMemo(memo) => self.update_memo(memo, around.behavior, now),
            Change::UpdateProtectionKey(choice) => self.update_protection(&choice, around, now),
            Change::UpdateStage(stage, value) => {
                self.update_stage(stage, value, around.behavior, now)
            }
            Change::UpdateChain(update) => self.update_chain(update, around.behavior, now),
            Change::EnableAutoRotation { period, trigger } => {
                self.enable_auto_rotation(period, trigger, around, now)
            }
            Change::DisableAutoRotation => self.disable_auto_rotation(around.behavior, now),
            Change::UpdatePeriod(period) => self.update_period(period, around.behavior, now),
            Change::LinkTrigger(trigger) => self.link_trigger(&trigger, around, now),
            Change::UnlinkTrigger => self.unlink_trigger(around.behavior, now),
            Change::Execute => self.execute(around, now),
            Change::Retry => self.retry(around, now),
            Change::Cancel => self.cancel(around, now),
            Change::RollBack => self.roll_back(around, now),
            Change::Job { token, step } => self.job_step(&token, step, around, now),
        }
    }
}
