//! One caller of one server.

use std::sync::Arc;

use super::listener::plenty;
use super::listener::{Act, Bench, PATIENT, Seen, answer, bench, credentials, listen, success};
use crate::api::terms::{KeyIsolation, Region};
use crate::core::remote::Failure;
use crate::source::Deadlines;
use crate::source::call_error::CallError;
use crate::source::calls::Caller;
use crate::source::endpoints::Endpoint;

/// The `data` of a detail.
pub(super) const DETAIL: &str = r#"{"secretId":"SID","secretStatus":"ENABLE"}"#;

/// A caller, and what its server sees.
pub(super) struct Line {
    pub(super) caller: Caller,
    pub(super) endpoint: Endpoint,
    pub(super) seen: Arc<Seen>,
    pub(super) bench: Bench,
}

impl Line {
    pub(super) async fn to(
        deadlines: Deadlines,
        act: impl Fn(&str) -> Act + Send + Sync + 'static,
    ) -> Self {
        let (address, seen) = listen(act).await;
        let base = format!("http://{address}/some/prefix");
        Self::at(&base, seen, deadlines)
    }

    pub(super) fn at(base: &str, seen: Arc<Seen>, deadlines: Deadlines) -> Self {
        let bench = bench(base, base, deadlines, None);
        let route = bench
            .transport
            .endpoints()
            .route(Region::Kr, KeyIsolation::Regional);
        Self {
            caller: Caller::new(bench.transport.clone(), credentials()),
            endpoint: route.unwrap().first,
            seen,
            bench,
        }
    }

    pub(super) async fn detail(&self) -> Result<(), CallError> {
        self.caller
            .detail(&plenty(), &self.endpoint, "SID")
            .await
            .map(|_| ())
    }

    pub(super) fn results(&self) -> Vec<&'static str> {
        let records = self.bench.records.lock().unwrap();
        records.iter().map(|record| record.result).collect()
    }
}

/// What a call comes to when the server does this.
pub(super) async fn outcome(
    act: impl Fn() -> Act + Send + Sync + 'static,
) -> Result<(), CallError> {
    Line::to(PATIENT, move |_| act()).await.detail().await
}

pub(super) fn failed(failure: Failure) -> Result<(), CallError> {
    Err(failure.into())
}

pub(super) fn good() -> Vec<u8> {
    answer(200, "", &success(DETAIL).1)
}
