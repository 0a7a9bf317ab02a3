//! Tables over the whole state machine.

mod creation;
mod doubts;
mod invocations;
mod lifecycle;
mod rotation;
mod save;
mod schedule;
mod sequences;
mod triggers_and_keys;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::behavior::{
    Afterwards, Destroyed, FailedPhase, RepeatedDeletion, RetryToken, RotatingFrom, RotatingStatus,
    Schedule, UpdateDate, Verdict,
};

const VALUE: &str = r#"{"user":"app","password":"old"}"#;

struct Machine {
    state: State,
    now: Timestamp,
    id: String,
}

impl Machine {
    /// An enabled secret that is linked to a trigger with this action, where nothing doubtful is accepted of jobs.
    fn with(action: Action) -> Self {
        Self::rotating_every(None, action)
    }

    fn rotating_every(period: Option<u32>, action: Action) -> Self {
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let behavior = Behavior {
            unstarted_job: Verdict::Refused,
            period_without_schedule: Verdict::Refused,
            schedule_after_failure: Verdict::Refused,
            ..Behavior::default()
        };
        let mut state = State::new(behavior, 1);
        state.put_trigger(Trigger::named("rotate").action(action));
        let rotation = Rotation {
            period,
            trigger: Some("rotate".to_owned()),
        };
        let new = NewSecret::named("shop-orders")
            .value(VALUE)
            .rotation_targets(["password"])
            .rotation(rotation);
        let id = state.create(new, now).unwrap().id.clone();
        Self { state, now, id }
    }

    fn secret(&self) -> &Secret {
        self.state.secret(&self.id).unwrap()
    }

    fn apply(&mut self, change: Change) -> Result<(), Refusal> {
        self.state.apply(&self.id, change, self.now).map(drop)
    }

    fn job(&mut self, step: JobStep) -> Result<(), Refusal> {
        let token = self.token();
        self.apply(Change::Job { token, step })
    }

    fn token(&self) -> String {
        let job = self.secret().job.as_ref();
        job.map_or_else(|| "no-job".to_owned(), |job| job.token.clone())
    }

    fn pass(&mut self, span: SignedDuration) {
        self.now += span;
        self.state.advance(self.now);
    }

    fn enter(&mut self, lifecycle: Lifecycle) {
        let changes: &[Change] = match lifecycle {
            Lifecycle::Disable => &[Change::Disable],
            Lifecycle::Revoke => &[Change::RequestDeletion],
            Lifecycle::Destroyed => &[Change::RequestDeletion, Change::Delete],
            Lifecycle::Enable | Lifecycle::Rotating => &[],
        };
        for change in changes {
            self.apply(change.clone()).unwrap();
        }
    }

    fn enter_phase(&mut self, phase: Phase) {
        if phase != Phase::None {
            self.apply(Change::Execute).unwrap();
            self.job(JobStep::Start).unwrap();
            self.job(JobStep::AddPending).unwrap();
        }
        if phase == Phase::RotationFailed {
            self.job(JobStep::Fail).unwrap();
        }
    }

    fn complete_rotation(&mut self) {
        self.enter_phase(Phase::Rotating);
        self.job(JobStep::Complete).unwrap();
    }

    fn actions(&self) -> Vec<String> {
        let log = self.state.log(&self.id).unwrap();
        log.newest_first()
            .map(|entry| entry.action.clone())
            .collect()
    }
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}
