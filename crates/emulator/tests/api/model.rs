//! A small model of one secret: what the pages say each operation does, and to which it is refused. Where they do not
//! say that something is refused about the order of a job, a period or a failed schedule, it is refused here.

use jiff::{SignedDuration, Timestamp};
use ncp_emulator::Operation;

pub const SUCCESS: u16 = 200;
pub const BAD: u16 = 400;
pub const UNKNOWN: u16 = 404;
pub const NOT_NOW: u16 = 409;

/// After how long a rotation without an end counts as failed: the emulator's default.
const TIME_OUT: SignedDuration = SignedDuration::from_hours(24);
const DELETION_WAIT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What an operation is asked for.
#[derive(Clone, Debug)]
pub struct Wish {
    pub operation: Operation,
    /// For the operations that write a value.
    pub value: String,
    /// For the operations that take one: days.
    pub period: u32,
    /// For the operations that can link a trigger.
    pub trigger: bool,
}

/// A secret as it should be.
#[derive(Clone, Debug)]
pub struct Model {
    pub lifecycle: &'static str,
    pub phase: &'static str,
    /// SUSPENDED, PREVIOUS, ACTIVE, PENDING.
    pub chain: [Option<String>; 4],
    pub linked: bool,
    /// Days, and the next date.
    pub automatic: Option<(u32, Timestamp)>,
    pub destroyed_at: Option<Timestamp>,
    job: Option<Job>,
    completed: bool,
}

#[derive(Clone, Debug)]
struct Job {
    started: bool,
    deadline: Timestamp,
}

fn days(count: u32) -> SignedDuration {
    SignedDuration::from_hours(24) * i32::try_from(count).unwrap()
}

impl Model {
    pub fn created(wish: &Wish, now: Timestamp) -> Self {
        let automatic = wish.trigger.then(|| (wish.period, now + days(wish.period)));
        Self {
            lifecycle: "ENABLE",
            phase: "NONE",
            chain: [None, None, Some(wish.value.clone()), None],
            linked: wish.trigger,
            automatic,
            destroyed_at: None,
            job: None,
            completed: false,
        }
    }

    pub fn lives(&self) -> bool {
        self.lifecycle != "DESTROYED"
    }

    /// Lets an hour pass; `now` is its end.
    pub fn pass_hour(&mut self, now: Timestamp) {
        if self.destroyed_at.is_some_and(|date| date <= now) {
            self.destroy();
        }
        if self.job.as_ref().is_some_and(|job| job.deadline <= now) {
            self.end("ROTATION_FAILED");
        }
        if let Some((period, next)) = &mut self.automatic
            && *next <= now
        {
            *next += days(*period);
            if self.lifecycle == "ENABLE" && self.phase == "NONE" {
                self.raise(now);
            }
        }
    }

    /// The status of the answer; a success has its effect.
    pub fn perform(&mut self, wish: &Wish, now: Timestamp) -> u16 {
        if !self.lives() {
            return UNKNOWN;
        }
        let status = self.judge(wish);
        if status == SUCCESS {
            self.take_effect(wish, now);
        }
        status
    }

    #[expect(
        clippy::match_same_arms,
        reason = "the operations of a job need one before anything else counts"
    )]
    fn judge(&self, wish: &Wish) -> u16 {
        use Operation as Op;
        let enabled = self.lifecycle == "ENABLE";
        let revoked = self.lifecycle == "REVOKE";
        let rests = self.phase == "NONE";
        let rotates = self.job.is_some();
        let automatic = self.automatic.is_some();
        let job_runs = self.job.as_ref().is_some_and(|job| job.started) && enabled;
        let possible = match wish.operation {
            Op::GetSecretDetail | Op::GetSecretLogs | Op::RequestSecretDeletion => true,
            Op::GetSecretValue
            | Op::GetSecretStageValue
            | Op::DisableSecret
            | Op::UpdateProtectionKey
            | Op::UpdateSecretStageValue
            | Op::UpdateSecretValue => enabled,
            Op::EnableSecret => self.lifecycle == "DISABLE",
            Op::CancelSecretDeletion | Op::DeleteSecret => revoked,
            Op::UpdateSecretMemo | Op::DisableAutoRotation => !revoked,
            Op::UpdateRotationPeriod => !revoked && automatic,
            Op::EnableAutoRotation if enabled && !wish.trigger && !self.linked => return BAD,
            Op::EnableAutoRotation => {
                enabled && (self.linked || !wish.trigger || (!rotates && !automatic))
            }
            Op::UpdateRotationTrigger => enabled && !rotates && !automatic,
            Op::DeleteRotationTrigger => !revoked && !rotates && !automatic && self.linked,
            Op::ExecuteRotationJob => enabled && rests && self.linked,
            Op::RetryRotationJob => enabled && self.phase == "ROTATION_FAILED" && self.linked,
            Op::CancelRotationJob => !revoked && !rests,
            Op::RollbackRotationJob => {
                enabled && rests && self.completed && self.chain[1].is_some()
            }
            Op::StartRotationJob
            | Op::AddPendingStage
            | Op::UpdatePendingStage
            | Op::GenerateRandomSecret
            | Op::CompleteRotationJob
            | Op::FailRotationJob
                if !rotates =>
            {
                return UNKNOWN;
            }
            Op::GenerateRandomSecret | Op::FailRotationJob => true,
            Op::StartRotationJob => enabled,
            Op::AddPendingStage | Op::UpdatePendingStage => job_runs,
            Op::CompleteRotationJob => job_runs && self.chain[3].is_some(),
            Op::CreateSecret
            | Op::GetProtectionKeyList
            | Op::GetSecretList
            | Op::GetTriggerList => panic!("not of one secret"),
        };
        if possible { SUCCESS } else { NOT_NOW }
    }

    fn take_effect(&mut self, wish: &Wish, now: Timestamp) {
        use Operation as Op;
        match wish.operation {
            Op::DisableSecret => self.lifecycle = "DISABLE",
            Op::EnableSecret => self.lifecycle = "ENABLE",
            Op::RequestSecretDeletion => {
                self.lifecycle = "REVOKE";
                self.destroyed_at = Some(now + DELETION_WAIT);
            }
            Op::CancelSecretDeletion => {
                self.lifecycle = "DISABLE";
                self.destroyed_at = None;
            }
            Op::DeleteSecret => self.destroy(),
            Op::UpdateSecretStageValue => self.chain[2] = Some(wish.value.clone()),
            Op::UpdateSecretValue => {
                self.chain[1] = Some(wish.value.clone());
                self.chain[3] = None;
            }
            Op::EnableAutoRotation => {
                self.linked = true;
                self.automatic = Some((wish.period, now + days(wish.period)));
            }
            Op::UpdateRotationPeriod => {
                self.automatic = Some((wish.period, now + days(wish.period)));
            }
            Op::DisableAutoRotation => self.automatic = None,
            Op::UpdateRotationTrigger => self.linked = true,
            Op::DeleteRotationTrigger => self.linked = false,
            Op::ExecuteRotationJob | Op::RetryRotationJob => self.raise(now),
            Op::CancelRotationJob => {
                self.end("NONE");
                self.chain[3] = None;
            }
            Op::RollbackRotationJob => {
                let [suspended, previous, _, _] = std::mem::take(&mut self.chain);
                self.chain = [None, suspended, previous, None];
            }
            Op::StartRotationJob => self.job.as_mut().unwrap().started = true,
            Op::UpdatePendingStage => self.chain[3] = Some(wish.value.clone()),
            Op::CompleteRotationJob => {
                let [_, previous, active, pending] = std::mem::take(&mut self.chain);
                self.chain = [previous, active, pending, None];
                self.completed = true;
                self.end("NONE");
            }
            Op::FailRotationJob => self.end("ROTATION_FAILED"),
            _ => {}
        }
    }

    fn raise(&mut self, now: Timestamp) {
        self.phase = "ROTATING";
        self.job = Some(Job {
            started: false,
            deadline: now + TIME_OUT,
        });
    }

    fn end(&mut self, phase: &'static str) {
        self.phase = phase;
        self.job = None;
    }

    fn destroy(&mut self) {
        self.lifecycle = "DESTROYED";
        self.phase = "NONE";
        self.chain = Default::default();
        self.linked = false;
        self.automatic = None;
        self.destroyed_at = None;
        self.job = None;
    }
}
