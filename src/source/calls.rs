//! The calls of one credential.

use std::sync::Arc;

use super::answers::{self, Chain, Page, Staged};
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
}

impl Caller {
    pub(super) const fn new(transport: Arc<Transport>, credentials: Credentials) -> Self {
        Self {
            transport,
            credentials,
        }
    }

    /// The way that its calls take.
    pub(super) fn transport(&self) -> &Transport {
        &self.transport
    }

    /// What the service says about the secret.
    pub(super) async fn detail(&self, endpoint: &Endpoint, id: &str) -> Result<Facts, CallError> {
        self.transport
            .call(
                &self.credentials,
                endpoint,
                Operation::Detail { id },
                |data| answers::facts(data, id, endpoint.host),
            )
            .await
    }

    /// What one stage holds.
    pub(super) async fn stage_value(
        &self,
        endpoint: &Endpoint,
        id: &str,
        stage: Stage,
    ) -> Result<Staged, CallError> {
        self.transport
            .call(
                &self.credentials,
                endpoint,
                Operation::StageValue { id, stage },
                |data| answers::staged(data, stage),
            )
            .await
    }

    /// What the stages hold.
    pub(super) async fn values(&self, endpoint: &Endpoint, id: &str) -> Result<Chain, CallError> {
        self.transport
            .call(
                &self.credentials,
                endpoint,
                Operation::Values { id },
                answers::chain,
            )
            .await
    }

    /// One page of the list of all secrets, from page 1.
    ///
    /// No secret is asked for, so the service's `NOT_FOUND` says nothing about one.
    pub(super) async fn list(&self, endpoint: &Endpoint, page: u32) -> Result<Page, CallError> {
        self.transport
            .call(
                &self.credentials,
                endpoint,
                Operation::List { page },
                answers::page,
            )
            .await
            .map_err(|error| match error {
                CallError::NotFound => Failure::UnknownUrl.into(),
                error => error,
            })
    }
}
