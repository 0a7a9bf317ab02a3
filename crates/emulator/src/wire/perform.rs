//! Performing an authorised request on the state.

use jiff::Timestamp;
use serde::Serialize;

use super::body;
use super::error::{Failure, ServiceError};
use super::operation::Operation;
use super::read;
use super::route::Route;
use super::target::Target;
use super::view::{self, Success};
use crate::behavior::{Destroyed, OtherHost};
use crate::host::Host;
use crate::state::{Lifecycle, LogEntry, Refusal, Secret, State};

/// A request whose sender may make it.
pub(crate) struct ApiCall<'a> {
    pub route: &'a Route,
    pub host: Host,
    pub target: Target<'a>,
    pub body: &'a [u8],
    pub access_key: &'a str,
    /// The address it came from.
    pub address: String,
}

/// Performs a request and gives the body of its success. What it did is in the secret's log afterwards.
pub(crate) fn perform(
    state: &mut State,
    call: &ApiCall,
    now: Timestamp,
) -> Result<Vec<u8>, Failure> {
    let outcome = match &call.route.secret_id {
        None => call.without_secret(state, now),
        Some(id) => call.with_secret(id, state, now),
    };
    if let Some(id) = &call.route.secret_id {
        state.record(id, call.log_entry(&outcome, now));
    }
    outcome
}

impl ApiCall<'_> {
    fn without_secret(&self, state: &mut State, now: Timestamp) -> Result<Vec<u8>, Failure> {
        match self.route.operation {
            Operation::CreateSecret => self.create(state, now),
            Operation::GetProtectionKeyList => Ok(self.protection_keys(state)),
            Operation::GetTriggerList => Ok(self.triggers(state)),
            Operation::GetSecretList => self.list(state),
            _ => Err(Failure::unknown_url()),
        }
    }

    fn with_secret(&self, id: &str, state: &mut State, now: Timestamp) -> Result<Vec<u8>, Failure> {
        self.require_visible(id, state)?;
        match self.route.operation {
            Operation::GetSecretDetail => read::detail(id, state),
            Operation::GetSecretLogs => self.logs(id, state),
            Operation::GetSecretValue => read::read_chain(id, state),
            Operation::GetSecretStageValue => self.read_stage(id, state),
            Operation::GenerateRandomSecret => self.random(id, state),
            _ => self.change(id, state, now),
        }
    }

    fn create(&self, state: &mut State, now: Timestamp) -> Result<Vec<u8>, Failure> {
        let wish = body::parse::<body::Create>(self.body)?.wish(self.host, state.behavior())?;
        let id = match state.create(wish, now) {
            Ok(secret) => secret.id.clone(),
            Err(refusal) => return Err(Failure::refused(&refusal, state.behavior())),
        };
        state.record(&id, self.log_entry(&Ok(vec![]), now));
        let secret = find(&id, state)?;
        Ok(encoded(&Success::of(view::Detail::created(secret, state))))
    }

    /// Whether this host answers for a secret.
    fn require_visible(&self, id: &str, state: &State) -> Result<(), Failure> {
        let behavior = state.behavior();
        let secret = find(id, state)?;
        let shows_destroyed = behavior.destroyed == Destroyed::Shown
            && self.route.operation == Operation::GetSecretDetail;
        if secret.lifecycle == Lifecycle::Destroyed && !shows_destroyed {
            return Err(Failure::refused(&Refusal::SecretNotFound, behavior));
        }
        if Host::of(secret) == self.host {
            return Ok(());
        }
        match behavior.other_host {
            OtherHost::Served => Ok(()),
            OtherHost::NotFound => Err(Failure::refused(&Refusal::SecretNotFound, behavior)),
            OtherHost::Forbidden => Err(Failure::service(
                ServiceError::Forbidden,
                "the secret belongs to another host",
            )),
        }
    }

    fn log_entry(&self, outcome: &Result<Vec<u8>, Failure>, now: Timestamp) -> LogEntry {
        LogEntry {
            at: now,
            requestor: self.access_key.to_owned(),
            address: Some(self.address.clone()),
            action: self.route.operation.title().to_owned(),
            result: match outcome {
                Ok(_) => "SUCCESS".to_owned(),
                Err(failure) => failure.code(),
            },
            job_token: self.route.job_token.clone(),
        }
    }
}

pub(super) fn find<'a>(id: &str, state: &'a State) -> Result<&'a Secret, Failure> {
    state
        .secret(id)
        .ok_or_else(|| Failure::refused(&Refusal::SecretNotFound, state.behavior()))
}

/// None of the answers can fail to be written as JSON.
pub(super) fn encoded(answer: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(answer).unwrap_or_default()
}
