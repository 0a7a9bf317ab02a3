//! What was called, on the admin port.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde::{Deserialize, Serialize};

use super::input::Asked;
use super::{Admin, listed};
use crate::calls::{Call, Counted};
use crate::wire::Operation;

pub(super) fn routes() -> Router<Admin> {
    Router::new()
        .route("/calls", get(list).delete(clear))
        .route("/counters", get(counters))
}

/// Which calls are wanted; all of them unless it says otherwise.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Wanted {
    operation: Option<Operation>,
    /// By identifier or name.
    secret: Option<String>,
    access_key: Option<String>,
    limit: usize,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            operation: None,
            secret: None,
            access_key: None,
            limit: 100,
        }
    }
}

impl Wanted {
    fn includes(&self, call: &Call) -> bool {
        let same = |wanted: &Option<String>, is: &Option<String>| wanted.is_none() || wanted == is;
        (self.operation.is_none() || self.operation == call.operation)
            && same(&self.secret, &call.secret_id)
            && same(&self.access_key, &call.access_key)
    }
}

/// Newest first.
async fn list(State(admin): State<Admin>, Asked(mut wanted): Asked<Wanted>) -> Response {
    if let Some(secret) = &mut wanted.secret {
        // A call may have named a secret that there is not.
        admin.shared.change(|state, _| {
            if let Ok(found) = state.find(secret) {
                secret.clone_from(&found.id);
            }
        });
    }
    let calls = admin.shared.calls();
    let fitting = calls.newest_first().filter(|call| wanted.includes(call));
    listed("calls", fitting.take(wanted.limit))
}

/// A counter.
#[derive(Serialize)]
struct Counter {
    #[serde(flatten)]
    what: Counted,
    count: u64,
}

async fn counters(State(admin): State<Admin>) -> Response {
    let counters = admin.shared.calls().counters();
    let counters = counters.into_iter();
    listed(
        "counters",
        counters.map(|(what, count)| Counter { what, count }),
    )
}

async fn clear(State(admin): State<Admin>) -> StatusCode {
    admin.shared.calls().clear();
    StatusCode::NO_CONTENT
}
