//! Rotation: its events, its jobs, and how they end (`secretmanager-rotate-action`, `secretmanager-use`).

use jiff::Timestamp;

use super::http_action::CallOutcome;
use super::job::{Cause, Job, JobStep};
use super::log::LogEntry;
use super::refusal::Refusal;
use super::secret::{About, LastRotation, Phase, Secret};
use super::surroundings::{Surroundings, hexadecimal};
use super::value;
use crate::behavior::{Afterwards, FailedCall, FailedPhase, RetryToken, RotatingFrom, Verdict};

const TOKEN_DIGITS: usize = 32;

impl Secret {
    pub(super) fn execute(
        &mut self,
        around: &mut Surroundings,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.require_enabled(around.behavior)?;
        self.require_rotation_at_rest()?;
        self.require_trigger()?;
        self.raise(Cause::Execute, around, now);
        Ok(())
    }

    pub(super) fn retry(
        &mut self,
        around: &mut Surroundings,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.require_enabled(around.behavior)?;
        self.require_no_job()?;
        if self.phase != Phase::RotationFailed {
            return Err(Refusal::WrongPhase(self.phase));
        }
        self.require_trigger()?;
        self.raise(Cause::Retry, around, now);
        Ok(())
    }

    pub(super) fn cancel(
        &mut self,
        around: &mut Surroundings,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.require_not_revoked()?;
        if self.phase == Phase::None && self.job.is_none() {
            return Err(Refusal::WrongPhase(self.phase));
        }
        self.job = None;
        self.failed_token = None;
        self.phase = match around.behavior.phase_after_cancel {
            FailedPhase::None => Phase::None,
            FailedPhase::RotationFailed => Phase::RotationFailed,
        };
        self.keep_pending(around.behavior.pending_after_cancel);
        self.touch(About::Settings, around.behavior, now);
        Ok(())
    }

    pub(super) fn roll_back(
        &mut self,
        around: &mut Surroundings,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.require_editable(around.behavior)?;
        self.require_rotation_at_rest()?;
        if !self.ever_rotated || self.chain.previous.is_none() {
            return Err(Refusal::NothingToRollBack);
        }
        self.chain.roll_back(around.behavior.rollback);
        self.touch(About::Settings, around.behavior, now);
        Ok(())
    }

    pub(super) fn job_step(
        &mut self,
        token: &str,
        step: JobStep,
        around: &mut Surroundings,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.require_job(token)?;
        match step {
            JobStep::Start => self.start(around)?,
            JobStep::AddPending => {
                self.require_running(around)?;
                self.chain.pending = Some(value::pending(
                    self.chain.active.as_ref(),
                    &self.rotation_targets,
                    around.behavior.added_pending,
                    around.random,
                )?);
            }
            JobStep::UpdatePending(new) => {
                self.require_running(around)?;
                value::check(&new, around.behavior)?;
                self.chain.pending = Some(new);
            }
            JobStep::Complete => self.complete(around, now)?,
            JobStep::Fail => self.fail(around, now),
        }
        self.touch(About::Settings, around.behavior, now);
        Ok(())
    }

    /// Whether the token is that of the job that waits or runs.
    ///
    /// # Errors
    ///
    /// [`Refusal::JobNotFound`] when it is not.
    pub fn require_job(&self, token: &str) -> Result<(), Refusal> {
        match &self.job {
            Some(job) if job.token == token => Ok(()),
            _ => Err(Refusal::JobNotFound),
        }
    }

    /// Raises a rotation event: a job begins, and the linked trigger is called.
    pub(super) fn raise(&mut self, cause: Cause, around: &mut Surroundings, now: Timestamp) {
        let trigger = self.trigger.as_ref().and_then(|id| around.triggers.get(id));
        let Some(trigger) = trigger else {
            return;
        };
        let same = cause == Cause::Retry && around.behavior.retry_token == RetryToken::Same;
        let token = self
            .failed_token
            .take()
            .filter(|_| same)
            .unwrap_or_else(|| hexadecimal(TOKEN_DIGITS, around.random));
        around
            .log
            .push(LogEntry::internal(now, cause.word(), "Raise Rotation Event").of_job(&token));
        self.recent_action = Some(trigger.action_name());
        self.jobs = self.jobs.saturating_add(1);
        let job = Job::new(self.jobs, token, cause, &trigger.action, now);
        if job.uncalled {
            around.to_call.insert(self.id.clone());
        }
        self.job = Some(job);
        if around.behavior.rotating_from == RotatingFrom::Event {
            self.phase = Phase::Rotating;
        }
        self.touch(About::Settings, around.behavior, now);
    }

    /// Lets a built-in action take a step; an action whose step is refused reports failure.
    pub(super) fn take_action_step(
        &mut self,
        step: JobStep,
        around: &mut Surroundings,
        now: Timestamp,
    ) {
        let Some(token) = self.job.as_ref().map(|job| job.token.clone()) else {
            return;
        };
        around
            .log
            .push(LogEntry::internal(now, "action", step.title()).of_job(&token));
        if self.job_step(&token, step, around, now).is_err() {
            self.fail(around, now);
        }
    }

    /// Takes down how the call of an action ended; a call of a job that is over changes nothing else.
    pub(super) fn called(
        &mut self,
        token: &str,
        number: u64,
        outcome: CallOutcome,
        around: &mut Surroundings,
        now: Timestamp,
    ) {
        let entry = LogEntry::internal(now, "trigger", "Call Action").of_job(token);
        around.log.push(entry.with_result(outcome.to_string()));
        match &mut self.job {
            Some(job) if job.number == number => job.uncalled = false,
            _ => return,
        }
        if !outcome.is_success() && around.behavior.failed_call == FailedCall::FailsRotation {
            self.fail(around, now);
            self.touch(About::Settings, around.behavior, now);
        }
    }

    /// Ends a job that was not ended in time.
    pub(super) fn time_out(&mut self, around: &mut Surroundings, now: Timestamp) {
        if let Some(job) = &self.job {
            let entry = LogEntry::internal(now, "service", "Time Out Rotation Job");
            around.log.push(entry.of_job(&job.token));
        }
        self.fail(around, now);
        self.touch(About::Settings, around.behavior, now);
    }

    fn start(&mut self, around: &Surroundings) -> Result<(), Refusal> {
        self.require_decryptable(around.behavior, around.protection_keys)?;
        if let Some(job) = &mut self.job {
            job.started = true;
        }
        self.phase = Phase::Rotating;
        Ok(())
    }

    fn complete(&mut self, around: &mut Surroundings, now: Timestamp) -> Result<(), Refusal> {
        self.require_running(around)?;
        if self.chain.pending.is_none() {
            return Err(Refusal::NothingPending);
        }
        self.chain.shift();
        self.ever_rotated = true;
        self.phase = Phase::None;
        self.end_job(around, now);
        Ok(())
    }

    fn fail(&mut self, around: &mut Surroundings, now: Timestamp) {
        self.failed_token = self.job.as_ref().map(|job| job.token.clone());
        self.phase = Phase::RotationFailed;
        self.keep_pending(around.behavior.pending_after_failure);
        self.end_job(around, now);
    }

    fn end_job(&mut self, around: &mut Surroundings, now: Timestamp) {
        self.job = None;
        self.last_rotation = Some(LastRotation {
            date: now,
            result_id: hexadecimal(TOKEN_DIGITS, around.random),
        });
    }

    fn keep_pending(&mut self, afterwards: Afterwards) {
        if afterwards == Afterwards::Dropped {
            self.chain.pending = None;
        }
    }

    fn require_trigger(&self) -> Result<(), Refusal> {
        self.trigger.as_ref().map(|_| ()).ok_or(Refusal::NoTrigger)
    }

    /// Whether the job was started and its secret may be changed.
    fn require_running(&self, around: &Surroundings) -> Result<(), Refusal> {
        self.require_editable(around.behavior)?;
        let started = self.job.as_ref().is_some_and(|job| job.started);
        if started || around.behavior.unstarted_job == Verdict::Accepted {
            Ok(())
        } else {
            Err(Refusal::JobNotStarted)
        }
    }
}
