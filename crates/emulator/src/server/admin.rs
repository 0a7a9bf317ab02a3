//! The admin port: health and the clock.

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::clock_feed::{ClockFeed, NotSteered, Steer};

/// The routes of the admin port.
pub(crate) fn router(feed: Arc<ClockFeed>) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/clock", get(read_clock).post(steer_clock))
        .with_state(feed)
}

#[derive(Deserialize)]
struct After {
    after: Option<u64>,
}

/// The reading at once, or the next one after a given version.
async fn read_clock(State(feed): State<Arc<ClockFeed>>, Query(query): Query<After>) -> Response {
    let version = match query.after {
        None => feed.current(),
        Some(after) => feed.other_than(after).await,
    };
    Json(version).into_response()
}

async fn steer_clock(
    State(feed): State<Arc<ClockFeed>>,
    wish: Result<Json<Steer>, JsonRejection>,
) -> Response {
    let Json(wish) = match wish {
        Ok(wish) => wish,
        Err(rejection) => return refusal(StatusCode::BAD_REQUEST, &rejection.body_text()),
    };
    match feed.steer(&wish) {
        Ok(version) => Json(version).into_response(),
        Err(error @ NotSteered::MachineClock) => refusal(StatusCode::CONFLICT, &error.to_string()),
        Err(error @ NotSteered::Senseless) => refusal(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

fn refusal(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({"error": message}))).into_response()
}
