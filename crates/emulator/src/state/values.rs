//! Direct changes of values: they shift nothing (`secretmanager-updatesecretvalue`).

use jiff::Timestamp;

use super::chain::Stage;
use super::change::{ChainUpdate, StageUpdate};
use super::refusal::Refusal;
use super::secret::{About, Phase, Secret};
use super::text::Text;
use super::value;
use crate::behavior::{Behavior, OmittedStage, Verdict};

impl Secret {
    pub(super) fn update_stage(
        &mut self,
        stage: Stage,
        value: Option<Text>,
        behavior: &Behavior,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.require_values_editable(behavior)?;
        if let Some(value) = &value {
            value::check(value, behavior)?;
        }
        self.chain.set(stage, value);
        self.touch(About::Values, behavior, now);
        Ok(())
    }

    pub(super) fn update_chain(
        &mut self,
        update: ChainUpdate,
        behavior: &Behavior,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.require_values_editable(behavior)?;
        let stages = [
            (Stage::Previous, update.previous),
            (Stage::Active, update.active),
            (Stage::Pending, update.pending),
        ];
        for (_, stage) in &stages {
            if let StageUpdate::Set(value) = stage {
                value::check(value, behavior)?;
            }
        }
        for (stage, update) in stages {
            match update {
                StageUpdate::Set(value) => self.chain.set(stage, Some(value)),
                StageUpdate::Emptied => self.chain.set(stage, None),
                StageUpdate::Omitted if behavior.omitted_stage == OmittedStage::Deleted => {
                    self.chain.set(stage, None);
                }
                StageUpdate::Omitted => {}
            }
        }
        self.touch(About::Values, behavior, now);
        Ok(())
    }

    fn require_values_editable(&self, behavior: &Behavior) -> Result<(), Refusal> {
        self.require_editable(behavior)?;
        let rotates = self.phase == Phase::Rotating;
        if rotates && behavior.edit_while_rotating == Verdict::Refused {
            return Err(Refusal::WrongPhase(self.phase));
        }
        Ok(())
    }
}
