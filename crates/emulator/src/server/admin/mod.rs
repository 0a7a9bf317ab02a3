//! The admin port: control of a running emulator, as JSON.
//!
//! | method and path | what it does |
//! | --- | --- |
//! | `GET /healthz` | `ok`, under any name |
//! | `GET /ca.pem` | the certificate of the emulator's own authority, when TLS is on with it |
//! | `GET /clock`, `?after=VERSION` | the clock's reading, or the next one after a version |
//! | `GET /clock/now` | milliseconds since 1970, as a signature wants them |
//! | `POST /clock` | moves the clock: `set`, `advance`, `speed`, `freeze` |
//! | `GET /secrets` | every secret that is not destroyed |
//! | `POST /secrets` | creates a secret, written as in the seed file |
//! | `GET /secrets/{secret}` | a secret, by identifier or name |
//! | `GET /secrets/{secret}/values` | its chain with SUSPENDED, in any lifecycle |
//! | `PUT /secrets/{secret}/values/{stage}` | `{"value": pairs, text or null, "unchecked": false}` |
//! | `POST /secrets/{secret}/{deed}` | enable, disable, request-deletion, cancel-deletion, delete, rotate, retry, cancel, roll-back |
//! | `GET /secrets/{secret}/log` | its log, newest first |
//! | `GET`, `PUT /triggers` | the rotation triggers; adds or replaces one |
//! | `GET`, `PUT /protection-keys` | the users' keys; adds or replaces one |
//! | `GET /keys` | the access keys without their secret halves |
//! | `POST /keys` | makes or adds a key, written as in the seed file, and answers both halves |
//! | `PATCH /keys/{accessKey}` | `{"stopped": true, "role": "viewer"}` |
//! | `DELETE /keys/{accessKey}` | deletes a stopped key |
//! | `GET`, `PATCH /behavior` | the switches; moves all that are named, or none |
//! | `GET`, `POST`, `DELETE /faults` | the faults that wait; adds one, written as in the seed file; removes all |
//! | `DELETE /faults/{id}` | removes a fault |
//! | `GET /calls` | the latest calls, newest first; `operation`, `secret`, `accessKey` and `limit` choose |
//! | `GET /counters` | how many calls there were by operation, secret, key and result |
//! | `DELETE /calls` | forgets the calls and the counters |
//!
//! A refusal is `{"error": sentence}`: 400 for what makes no sense, 403 for what a web page must not do, 404 for what
//! there is not, 405 for a method that a path does not have, 409 for what is not possible as things are, 413 for a
//! body of more than 2 MB.

mod authority;
mod behavior;
mod calls;
mod clock;
mod clock_feed;
mod faults;
mod guard;
mod input;
mod keys;
mod refused;
mod secret_view;
mod secrets;
mod surroundings;
mod values;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use indexmap::IndexMap;
use serde::Serialize;

use super::page;
use crate::settings::Endpoints;
use crate::shared::Shared;

use refused::Refused;

pub(in crate::server) use refused::unknown_path;

pub(crate) use clock_feed::{ClockFeed, NotSteered, Steer, Version};

/// What the admin port acts on.
#[derive(Clone)]
pub(crate) struct Admin {
    pub shared: Arc<Shared>,
    pub feed: Arc<ClockFeed>,
    /// The names under which it answers besides `localhost` and addresses.
    pub hosts: Arc<[String]>,
    /// As PEM, when TLS is on with the emulator's own authority.
    pub authority: Option<Arc<str>>,
    pub endpoints: Arc<Endpoints>,
}

impl Admin {
    /// Moves the clock, also in the state file.
    pub(in crate::server) fn steer(&self, wish: &Steer) -> Result<Version, NotSteered> {
        let version = self.feed.steer(wish)?;
        self.shared.save_clock(|| self.feed.current().reading);
        Ok(version)
    }
}

/// Whether it is healthy is no secret, and whoever starts it asks under a name of their own: not guarded.
const HEALTH: &str = "/healthz";

/// The routes of the admin port. The guard comes last, so that it stands before all of them.
pub(crate) fn router(admin: Admin) -> Router {
    Router::new()
        .route(HEALTH, get(async || "ok\n"))
        .merge(authority::routes())
        .merge(clock::routes())
        .merge(secrets::routes())
        .merge(values::routes())
        .merge(surroundings::routes())
        .merge(keys::routes())
        .merge(behavior::routes())
        .merge(faults::routes())
        .merge(calls::routes())
        .merge(page::routes())
        .fallback(page::missing)
        .method_not_allowed_fallback(refused::unknown_method)
        .layer(from_fn_with_state(admin.clone(), saved))
        .layer(from_fn_with_state(admin.clone(), guard::guard))
        .with_state(admin)
}

/// Answers a change once it is in the state file.
async fn saved(State(admin): State<Admin>, request: Request, next: Next) -> Response {
    let changes = !request.method().is_safe();
    let answer = next.run(request).await;
    if !changes {
        return answer;
    }
    match admin.shared.settled().await {
        Ok(()) => answer,
        Err(error) => Refused::broken(error.to_string()).into_response(),
    }
}

/// A list in an object, so that it can get further fields one day.
fn listed<T: Serialize>(name: &'static str, items: impl IntoIterator<Item = T>) -> Response {
    let items: Vec<T> = items.into_iter().collect();
    Json(IndexMap::from([(name, items)])).into_response()
}
