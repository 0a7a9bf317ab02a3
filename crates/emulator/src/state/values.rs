//! Direct changes of values: as a rule they shift nothing (`secretmanager-updatesecretvalue`).

use jiff::Timestamp;

use super::chain::Stage;
use super::change::{ChainUpdate, StageUpdate};
use super::refusal::Refusal;
use super::secret::{About, Phase, Secret};
use super::text::Text;
use super::value;
use crate::behavior::{Behavior, OmittedStage, Verdict, WrittenActive};

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
        self.write(stage, value, behavior);
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
        let shifts = matches!(update.active, StageUpdate::Set(_))
            && behavior.written_active == WrittenActive::Shifts;
        // ACTIVE first, so that a PREVIOUS that is given stands in place of the shifted one.
        let stages = [
            (Stage::Active, update.active),
            (Stage::Previous, update.previous),
            (Stage::Pending, update.pending),
        ];
        for (_, stage) in &stages {
            if let StageUpdate::Set(value) = stage {
                value::check(value, behavior)?;
            }
        }
        for (stage, update) in stages {
            match update {
                StageUpdate::Set(value) => self.write(stage, Some(value), behavior),
                StageUpdate::Emptied => self.write(stage, None, behavior),
                // It has just got its value.
                StageUpdate::Omitted if shifts && stage == Stage::Previous => {}
                StageUpdate::Omitted if behavior.omitted_stage == OmittedStage::Deleted => {
                    self.chain.set(stage, None);
                }
                StageUpdate::Omitted => {}
            }
        }
        self.touch(About::Values, behavior, now);
        Ok(())
    }

    /// Writes a stage. An ACTIVE that is only emptied shifts nothing.
    fn write(&mut self, stage: Stage, value: Option<Text>, behavior: &Behavior) {
        let shifts = stage == Stage::Active && behavior.written_active == WrittenActive::Shifts;
        if shifts && value.is_some() {
            self.chain.keep_active();
        }
        self.chain.set(stage, value);
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
