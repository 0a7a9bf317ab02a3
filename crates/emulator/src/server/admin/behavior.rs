//! The switches on the admin port.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Map, Value};

use super::Admin;
use super::input::Wish;
use super::refused::Refused;
use crate::behavior::Behavior;

pub(super) fn routes() -> Router<Admin> {
    Router::new().route("/behavior", get(show).patch(change))
}

async fn show(State(admin): State<Admin>) -> Json<Behavior> {
    Json(admin.shared.change(|state, _| state.behavior().clone()))
}

/// Moves all of the switches that are named, or none.
async fn change(
    State(admin): State<Admin>,
    Wish(changes): Wish<Map<String, Value>>,
) -> Result<Json<Behavior>, Refused> {
    admin.shared.change(|state, _| {
        let patched = state.behavior().patched(changes);
        let patched = patched.map_err(|error| Refused::senseless(error.to_string()))?;
        state.behave(|behavior| behavior.clone_from(&patched));
        Ok(Json(patched))
    })
}
