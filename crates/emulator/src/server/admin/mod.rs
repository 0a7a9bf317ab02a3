//! The admin port: control of a running emulator.

mod authority;
mod clock;
mod clock_feed;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
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
        .layer(middleware::from_fn_with_state(admin.clone(), saved))
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
        Err(error) => refusal(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

fn refusal(status: StatusCode, message: &str) -> Response {
    (status, axum::Json(json!({"error": message}))).into_response()
}
