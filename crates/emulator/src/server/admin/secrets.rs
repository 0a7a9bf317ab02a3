//! Secrets on the admin port: what there is, new ones, their lifecycle and their rotation.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::input::{Confided, Named};
use super::refused::Refused;
use super::secret_view::{Details, Overview};
use super::{Admin, listed};
use crate::seed::SeedSecret;
use crate::state::{Change, Log, LogEntry};

pub(super) fn routes() -> Router<Admin> {
    Router::new()
        .route("/secrets", get(list).post(create))
        .route("/secrets/{secret}", get(show))
        .route("/secrets/{secret}/log", get(log))
        .route("/secrets/{secret}/{deed}", post(act))
}

async fn list(State(admin): State<Admin>) -> Response {
    admin.shared.change(|state, _| {
        let overview = |secret| Overview::of(secret, state);
        listed("secrets", state.secrets().map(overview))
    })
}

async fn show(
    State(admin): State<Admin>,
    Named(secret): Named<String>,
) -> Result<Response, Refused> {
    admin.shared.change(|state, _| {
        let secret = state.find(&secret)?;
        Ok(Json(Details::of(secret, state)).into_response())
    })
}

async fn create(
    State(admin): State<Admin>,
    Confided(wish): Confided<SeedSecret>,
) -> Result<Response, Refused> {
    admin.shared.change(|state, now| {
        let id = wish.sow(state, now)?;
        let secret = state.find(&id)?;
        let details = Json(Details::of(secret, state));
        Ok((StatusCode::CREATED, details).into_response())
    })
}

async fn act(
    State(admin): State<Admin>,
    Named((secret, deed)): Named<(String, String)>,
) -> Result<Response, Refused> {
    let change = change(&deed).ok_or_else(|| {
        let deeds = DEEDS.join(", ");
        Refused::unknown(format!("{deed} is none of {deeds}"))
    })?;
    admin.shared.change(|state, now| {
        let id = state.find(&secret)?.id.clone();
        state.apply(&id, change, now)?;
        let secret = state.find(&id)?;
        Ok(Json(Details::of(secret, state)).into_response())
    })
}

const DEEDS: [&str; 9] = [
    "enable",
    "disable",
    "request-deletion",
    "cancel-deletion",
    "delete",
    "rotate",
    "retry",
    "cancel",
    "roll-back",
];

fn change(deed: &str) -> Option<Change> {
    Some(match deed {
        "enable" => Change::Enable,
        "disable" => Change::Disable,
        "request-deletion" => Change::RequestDeletion,
        "cancel-deletion" => Change::CancelDeletion,
        "delete" => Change::Delete,
        "rotate" => Change::Execute,
        "retry" => Change::Retry,
        "cancel" => Change::Cancel,
        "roll-back" => Change::RollBack,
        _ => return None,
    })
}

async fn log(
    State(admin): State<Admin>,
    Named(secret): Named<String>,
) -> Result<Response, Refused> {
    admin.shared.change(|state, _| {
        let id = &state.find(&secret)?.id;
        let entries = state.log(id).into_iter().flat_map(Log::newest_first);
        Ok(listed("entries", entries.map(line)))
    })
}

fn line(entry: &LogEntry) -> Value {
    json!({
        "at": entry.at,
        "requestor": entry.requestor,
        "address": entry.address,
        "action": entry.action,
        "result": entry.result,
        "jobToken": entry.job_token,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_deed_is_a_change() {
        for deed in DEEDS {
            assert!(change(deed).is_some(), "{deed}");
        }
        assert!(change("destroy").is_none());
    }
}
