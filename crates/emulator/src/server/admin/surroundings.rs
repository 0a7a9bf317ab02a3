//! What surrounds secrets, on the admin port: rotation triggers and protection keys.

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};

use super::input::Wish;
use super::{Admin, listed};
use crate::state::{ProtectionKey, Trigger};

pub(super) fn routes() -> Router<Admin> {
    Router::new()
        .route("/triggers", get(triggers).put(put_trigger))
        .route(
            "/protection-keys",
            get(protection_keys).put(put_protection_key),
        )
}

async fn triggers(State(admin): State<Admin>) -> Response {
    admin
        .shared
        .change(|state, _| listed("triggers", state.triggers()))
}

async fn put_trigger(State(admin): State<Admin>, Wish(trigger): Wish<Trigger>) -> Json<Trigger> {
    admin
        .shared
        .change(|state, _| state.put_trigger(trigger.clone()));
    Json(trigger)
}

async fn protection_keys(State(admin): State<Admin>) -> Response {
    admin
        .shared
        .change(|state, _| listed("protectionKeys", state.protection_keys()))
}

async fn put_protection_key(
    State(admin): State<Admin>,
    Wish(key): Wish<ProtectionKey>,
) -> Json<ProtectionKey> {
    admin
        .shared
        .change(|state, _| state.put_protection_key(key.clone()));
    Json(key)
}
