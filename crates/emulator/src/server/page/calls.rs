//! Recent requests as a page lists them.

use jiff::Timestamp;
use serde::Serialize;

use super::links;
use super::words::{self, Moment};
use crate::calls::Call;
use crate::shared::Shared;
use crate::state::State;

/// How many requests a page lists.
const LISTED: usize = 50;

/// A request as a page shows it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ShownCall {
    at: Moment,
    operation: &'static str,
    secret: Option<CalledSecret>,
    access_key: Option<String>,
    status: Option<u16>,
    failed: bool,
}

/// What a request's path names: a secret, or an identifier of none.
#[derive(Clone, Debug, Serialize)]
struct CalledSecret {
    name: String,
    address: Option<String>,
}

/// The newest requests, or those that name one secret.
pub(super) fn newest(shared: &Shared, secret: Option<&str>) -> Vec<Call> {
    let calls = shared.calls();
    let wanted = |call: &&Call| secret.is_none() || call.secret_id.as_deref() == secret;
    let newest = calls.newest_first().filter(wanted);
    newest.take(LISTED).cloned().collect()
}

pub(super) fn shown(calls: &[Call], state: &State, now: Timestamp) -> Vec<ShownCall> {
    let shown = |call: &Call| ShownCall {
        at: Moment::new(call.at, now),
        operation: call
            .operation
            .map_or("no such path", |operation| operation.title()),
        secret: call
            .secret_id
            .as_deref()
            .map(|id| CalledSecret::new(id, state)),
        access_key: call.access_key.as_deref().map(words::short),
        status: call.status,
        failed: call.status.is_none_or(|status| status >= 400),
    };
    calls.iter().map(shown).collect()
}

impl CalledSecret {
    fn new(id: &str, state: &State) -> Self {
        match state.secret(id) {
            Some(secret) => Self {
                name: secret.name.clone(),
                address: Some(links::secret(id)),
            },
            None => Self {
                name: words::short(id),
                address: None,
            },
        }
    }
}
