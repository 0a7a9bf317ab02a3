//! The admin port: control of a running emulator.

mod clock;
mod clock_feed;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

use super::page;
use crate::settings::Endpoints;
use crate::shared::Shared;

pub(crate) use clock_feed::{ClockFeed, NotSteered, Steer};

/// What the admin port acts on.
#[derive(Clone)]
pub(crate) struct Admin {
    pub shared: Arc<Shared>,
    pub feed: Arc<ClockFeed>,
    pub endpoints: Arc<Endpoints>,
}

/// The routes of the admin port.
pub(crate) fn router(admin: Admin) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .merge(clock::routes())
        .merge(page::routes())
        .fallback(page::missing)
        .with_state(admin)
}

/// An error as programs read it.
pub(super) fn refusal(status: StatusCode, message: &str) -> Response {
    (status, axum::Json(json!({"error": message}))).into_response()
}
