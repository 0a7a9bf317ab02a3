//! The clock on the admin port.

use axum::extract::rejection::JsonRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;

use super::clock_feed::{NotSteered, Steer};
use super::{Admin, refusal};

pub(super) fn routes() -> Router<Admin> {
    Router::new().route("/clock", get(read_clock).post(steer_clock))
}

#[derive(Deserialize)]
struct After {
    after: Option<u64>,
}

/// The reading at once, or the next one after a given version.
async fn read_clock(State(admin): State<Admin>, Query(query): Query<After>) -> Response {
    let version = match query.after {
        None => admin.feed.current(),
        Some(after) => admin.feed.other_than(after).await,
    };
    Json(version).into_response()
}

async fn steer_clock(
    State(admin): State<Admin>,
    wish: Result<Json<Steer>, JsonRejection>,
) -> Response {
    let Json(wish) = match wish {
        Ok(wish) => wish,
        Err(rejection) => return refusal(StatusCode::BAD_REQUEST, &rejection.body_text()),
    };
    match admin.feed.steer(&wish) {
        Ok(version) => {
            admin.shared.save_clock(version.reading);
            Json(version).into_response()
        }
        Err(error @ NotSteered::MachineClock) => refusal(StatusCode::CONFLICT, &error.to_string()),
        Err(error @ NotSteered::Senseless) => refusal(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}
