//! The admin port: control of a running emulator.

mod authority;
mod clock;
mod clock_feed;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

use crate::shared::Shared;

pub(crate) use clock_feed::ClockFeed;

/// What the admin port acts on.
#[derive(Clone)]
pub(crate) struct Admin {
    pub shared: Arc<Shared>,
    pub feed: Arc<ClockFeed>,
    /// As PEM, when TLS is on with the emulator's own authority.
    pub authority: Option<Arc<str>>,
}

/// The routes of the admin port.
pub(crate) fn router(admin: Admin) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .merge(authority::routes())
        .merge(clock::routes())
        .with_state(admin)
}

fn refusal(status: StatusCode, message: &str) -> Response {
    (status, axum::Json(json!({"error": message}))).into_response()
}
