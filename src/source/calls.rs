//! The calls of one credential.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::answers::{self, Chain, Page, Staged};
use super::budget::Allowance;
use super::call_error::CallError;
use super::credentials::Credentials;
use super::endpoints::Endpoint;
use super::operation::Operation;
use super::transport::Transport;
use crate::api::terms::Stage;
use crate::core::remote::{Facts, Failure};

/// Makes calls in the name of one credential.
pub(super) struct Caller {
    transport: Arc<Transport>,
    credentials: Credentials,
    /// What the service has against the credential: with it nothing is sent any more.
    refusal: Mutex<Option<CallError>>,
}

impl Caller {
    pub(super) const fn new(transport: Arc<Transport>, credentials: Credentials) -> Self {
        Self {
            transport,
            credentials,
            refusal: Mutex::new(None),
        }
    }

    /// The way that its calls take.
    pub(super) fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Sends calls again, although the service had something against the credential.
    pub(super) fn reopen(&self) {
        *self.refusal() = None;
    }

    /// What the service says about the secret.
    pub(super) async fn detail(
        &self,
        allowance: &Allowance,
        endpoint: &Endpoint,
        id: &str,
    ) -> Result<Facts, CallError> {
        let operation = Operation::Detail { id };
        self.call(allowance, endpoint, operation, |data| {
            answers::facts(data, id, endpoint.host)
        })
        .await
    }

    /// What one stage holds.
    pub(super) async fn stage_value(
        &self,
        allowance: &Allowance,
        endpoint: &Endpoint,
        id: &str,
        stage: Stage,
    ) -> Result<Staged, CallError> {
        let operation = Operation::StageValue { id, stage };
        self.call(allowance, endpoint, operation, |data| {
            answers::staged(data, stage)
        })
        .await
    }

    /// What the stages hold.
    pub(super) async fn values(
        &self,
        allowance: &Allowance,
        endpoint: &Endpoint,
        id: &str,
    ) -> Result<Chain, CallError> {
        let operation = Operation::Values { id };
        self.call(allowance, endpoint, operation, answers::chain)
            .await
    }

    /// One page of the list of all secrets, from page 1.
    ///
    /// No secret is asked for, so the service's `NOT_FOUND` says nothing about one.
    pub(super) async fn list(
        &self,
        allowance: &Allowance,
        endpoint: &Endpoint,
        page: u32,
    ) -> Result<Page, CallError> {
        let operation = Operation::List { page };
        self.call(allowance, endpoint, operation, answers::page)
            .await
            .map_err(|error| match error {
                CallError::NotFound => Failure::UnknownUrl.into(),
                error => error,
            })
    }

    /// Makes one call, for a token; none once the service has refused the credential, also for looks that are underway.
    async fn call<T>(
        &self,
        allowance: &Allowance,
        endpoint: &Endpoint,
        operation: Operation<'_>,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, CallError> {
        self.unless_refused()?;
        allowance.spend().await;
        self.unless_refused()?;
        let outcome = self
            .transport
            .call(&self.credentials, endpoint, operation, read)
            .await;
        match &outcome {
            Err(error @ (CallError::CredentialsRejected | CallError::ClockSkew { .. })) => {
                *self.refusal() = Some(error.clone());
            }
            Err(CallError::Throttled { retry_after }) => allowance.budget().slow(*retry_after),
            _ => {}
        }
        outcome
    }

    fn unless_refused(&self) -> Result<(), CallError> {
        self.refusal().clone().map_or(Ok(()), Err)
    }

    fn refusal(&self) -> MutexGuard<'_, Option<CallError>> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
