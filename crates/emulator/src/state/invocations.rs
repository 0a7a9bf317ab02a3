//! The calls of HTTP actions that are still to be made, and how they ended.

use jiff::Timestamp;

use super::State;
use super::http_action::{CallOutcome, Invocation};

impl State {
    /// Whether there are calls of HTTP actions that nobody has taken yet.
    #[must_use]
    pub fn has_invocations(&self) -> bool {
        !self.to_call.is_empty()
    }

    /// The calls of HTTP actions that nobody has taken yet, each as its trigger is now. The call of a trigger whose
    /// action is no HTTP action any more has ended with this.
    pub fn take_invocations(&mut self, now: Timestamp) -> Vec<Invocation> {
        let waiting = std::mem::take(&mut self.to_call);
        waiting
            .iter()
            .filter_map(|id| {
                let secret = self.secrets.get(id)?;
                let job = secret.job.as_ref().filter(|job| job.uncalled)?;
                let trigger = secret.trigger.as_ref().and_then(|id| self.triggers.get(id));
                let number = job.number;
                let invocation = trigger.and_then(|trigger| Invocation::of(secret, job, trigger));
                if invocation.is_none() {
                    let token = job.token.clone();
                    self.call_ended(id, &token, number, CallOutcome::NoAction, now);
                }
                invocation
            })
            .collect()
    }

    /// Takes down how a call ended.
    pub fn called(&mut self, invocation: &Invocation, outcome: CallOutcome, now: Timestamp) {
        let Invocation {
            secret_id,
            job_token,
            job_number,
            ..
        } = invocation;
        self.call_ended(secret_id, job_token, *job_number, outcome, now);
    }

    fn call_ended(
        &mut self,
        id: &str,
        token: &str,
        number: u64,
        outcome: CallOutcome,
        now: Timestamp,
    ) {
        self.forget_change(id);
        if let Some((secret, mut around)) = self.part(id) {
            secret.called(token, number, outcome, &mut around, now);
        }
        self.expect_change(id);
    }
}
