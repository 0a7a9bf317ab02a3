//! Calls the HTTP actions of triggers, as Cloud Functions runs the actions of its triggers.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::host::Host;
use crate::settings::Endpoints;
use crate::shared::Shared;
use crate::state::{CallOutcome, Invocation, State};

/// How many actions run at once (`cloudfunctions-spec`).
const MOST_AT_ONCE: usize = 100;

/// Tells an action where the emulator that called it listens; with NCP it would know the host.
const ENDPOINT: &str = "x-ncp-emulator-endpoint";

/// Makes the calls.
#[derive(Clone)]
pub(crate) struct Caller {
    shared: Arc<Shared>,
    endpoints: Arc<Endpoints>,
    http: Client,
    places: Arc<Semaphore>,
}

impl Caller {
    /// Prepares to call. An error is one of the machine's trust in certificates.
    pub(crate) fn new(shared: Arc<Shared>, endpoints: Endpoints) -> Result<Self, reqwest::Error> {
        Ok(Self {
            shared,
            endpoints: Arc::new(endpoints),
            http: Client::builder()
                .no_proxy()
                .redirect(Policy::none())
                .build()?,
            places: Arc::new(Semaphore::new(MOST_AT_ONCE)),
        })
    }

    /// Calls each action when its event is raised.
    pub(crate) async fn run(self) {
        let mut calls = JoinSet::new();
        loop {
            for invocation in self.shared.change(State::take_invocations) {
                calls.spawn(self.clone().call(invocation));
            }
            tokio::select! {
                () = self.shared.invoked() => {}
                Some(_) = calls.join_next() => {}
            }
        }
    }

    async fn call(self, invocation: Invocation) {
        let Ok(_place) = self.places.acquire().await else {
            return;
        };
        // An action must not know of a job that a kill makes unhappened.
        if self.shared.settled().await.is_err() {
            tracing::warn!("a rotation action is called though its job is not in the state file");
        }
        let (host, body) = self.shared.change(|state, _| {
            let host = state.secret(&invocation.secret_id).map(Host::of);
            (host, invocation.body(state.behavior()))
        });
        let request = self
            .http
            .post(invocation.action.url.as_url().clone())
            .timeout(Duration::try_from(invocation.action.timeout.span()).unwrap_or_default())
            .json(&body);
        let request = match host {
            Some(host) => request.header(ENDPOINT, self.endpoints.of(host)),
            None => request,
        };
        let outcome = match request.send().await {
            Ok(answer) => CallOutcome::Answered(answer.status().as_u16()),
            Err(error) if error.is_timeout() => CallOutcome::TimedOut,
            Err(_) => CallOutcome::Unreachable,
        };
        if !outcome.is_success() {
            tracing::warn!(
                secret = invocation.secret_id,
                url = %invocation.action.url.as_url(),
                %outcome,
                "a rotation action could not be run; the rotation goes on as the switch failedCall says"
            );
        }
        self.shared.change(|state, now| {
            state.called(&invocation, outcome, now);
        });
    }
}
