//! What surrounds secrets, on the admin port: rotation triggers and protection keys.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{delete, get};
use axum::{Json, Router};

use super::input::{Named, Wish};
use super::refused::Refused;
use super::{Admin, listed};
use crate::state::{ProtectionKey, Trigger};

pub(super) fn routes() -> Router<Admin> {
    Router::new()
        .route("/triggers", get(triggers).put(put_trigger))
        .route(
            "/protection-keys",
            get(protection_keys).put(put_protection_key),
        )
        .route("/triggers/{id}", delete(delete_trigger))
        .route("/protection-keys/{tag}", delete(delete_protection_key))
}

async fn triggers(State(admin): State<Admin>) -> Response {
    admin
        .shared
        .change(|state, _| listed("triggers", state.triggers()))
}

async fn put_trigger(
    State(admin): State<Admin>,
    Wish(trigger): Wish<Trigger>,
) -> Result<Json<Trigger>, Refused> {
    admin
        .shared
        .change(|state, _| state.admit_trigger(trigger.clone()))?;
    Ok(Json(trigger))
}

async fn delete_trigger(
    State(admin): State<Admin>,
    Named(id): Named<String>,
) -> Result<StatusCode, Refused> {
    admin.shared.change(|state, _| state.remove_trigger(&id))?;
    Ok(StatusCode::NO_CONTENT)
}

async fn protection_keys(State(admin): State<Admin>) -> Response {
    admin
        .shared
        .change(|state, _| listed("protectionKeys", state.protection_keys()))
}

async fn put_protection_key(
    State(admin): State<Admin>,
    Wish(key): Wish<ProtectionKey>,
) -> Result<Json<ProtectionKey>, Refused> {
    admin
        .shared
        .change(|state, _| state.admit_protection_key(key.clone()))?;
    Ok(Json(key))
}

async fn delete_protection_key(
    State(admin): State<Admin>,
    Named(tag): Named<String>,
) -> Result<StatusCode, Refused> {
    admin
        .shared
        .change(|state, _| state.remove_protection_key(&tag))?;
    Ok(StatusCode::NO_CONTENT)
}
