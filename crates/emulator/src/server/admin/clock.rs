//! The clock on the admin port.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;

use super::Admin;
use super::clock_feed::{NotSteered, Steer};
use super::input::{Asked, Wish};
use super::refused::Refused;

pub(super) fn routes() -> Router<Admin> {
    Router::new()
        .route("/clock", get(read_clock).post(steer_clock))
        .route("/clock/now", get(read_now))
}

#[derive(Deserialize)]
struct After {
    after: Option<u64>,
}

/// The reading at once, or the next one after a given version.
async fn read_clock(State(admin): State<Admin>, Asked(query): Asked<After>) -> Response {
    let version = match query.after {
        None => admin.feed.current(),
        Some(after) => admin.feed.other_than(after).await,
    };
    Json(version).into_response()
}

/// As the header `x-ncp-apigw-timestamp` wants it, so that a shell script can sign.
async fn read_now(State(admin): State<Admin>) -> String {
    admin.shared.clock.now().as_millisecond().to_string()
}

async fn steer_clock(
    State(admin): State<Admin>,
    Wish(wish): Wish<Steer>,
) -> Result<Response, Refused> {
    match admin.steer(&wish) {
        Ok(version) => Ok(Json(version).into_response()),
        Err(error @ NotSteered::MachineClock) => Err(Refused::conflict(error.to_string())),
        Err(error @ NotSteered::Senseless) => Err(Refused::senseless(error.to_string())),
    }
}
