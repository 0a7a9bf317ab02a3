//! Access keys on the admin port. A secret half is shown once, when its key is made.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::input::{Confided, Named, Wish};
use super::refused::Refused;
use super::{Admin, listed};
use crate::auth::{NotDeleted, Role};
use crate::seed::SeedKey;

pub(super) fn routes() -> Router<Admin> {
    Router::new()
        .route("/keys", get(list).post(create))
        .route("/keys/{access_key}", patch(change).delete(delete))
}

async fn list(State(admin): State<Admin>) -> Response {
    listed("keys", admin.shared.keys().list())
}

async fn create(
    State(admin): State<Admin>,
    Confided(wish): Confided<SeedKey>,
) -> Result<Response, Refused> {
    let key = admin.shared.change_keys(|keys| {
        let known = |id: &String| keys.get(id).is_some();
        if wish.access_key.as_ref().is_some_and(known) {
            return Err(Refused::conflict("there is a key of this identifier"));
        }
        wish.sow(keys)
            .map_err(|error| Refused::senseless(error.to_string()))
    })?;
    let made = Json(json!({"accessKey": key.access_key, "secretKey": key.secret_key}));
    Ok((StatusCode::CREATED, made).into_response())
}

/// What becomes of a key; what is absent stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyChange {
    stopped: Option<bool>,
    role: Option<Role>,
}

async fn change(
    State(admin): State<Admin>,
    Named(access_key): Named<String>,
    Wish(wish): Wish<KeyChange>,
) -> Result<Response, Refused> {
    admin.shared.change_keys(|keys| {
        if let Some(stopped) = wish.stopped {
            keys.set_stopped(&access_key, stopped);
        }
        if let Some(role) = wish.role {
            keys.set_role(&access_key, role);
        }
    });
    let keys = admin.shared.keys();
    let key = keys.get(&access_key);
    let key = key.ok_or_else(|| Refused::unknown(NotDeleted::Unknown.to_string()))?;
    Ok(Json(key).into_response())
}

async fn delete(
    State(admin): State<Admin>,
    Named(access_key): Named<String>,
) -> Result<StatusCode, Refused> {
    match admin.shared.change_keys(|keys| keys.delete(&access_key)) {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(unknown @ NotDeleted::Unknown) => Err(Refused::unknown(unknown.to_string())),
        Err(in_use @ NotDeleted::InUse) => Err(Refused::conflict(in_use.to_string())),
    }
}
