//! Faults on the admin port.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde::Serialize;

use super::input::{Named, Wish};
use super::refused::Refused;
use super::{Admin, listed};
use crate::fault::{Fault, FaultId};

pub(super) fn routes() -> Router<Admin> {
    Router::new()
        .route("/faults", get(list).post(add).delete(clear))
        .route("/faults/{id}", delete(remove))
}

/// A fault with its name.
#[derive(Serialize)]
struct Waiting<'a> {
    id: FaultId,
    #[serde(flatten)]
    fault: &'a Fault,
}

async fn list(State(admin): State<Admin>) -> Response {
    let faults = admin.shared.faults();
    let waiting = faults.waiting().iter();
    listed(
        "faults",
        waiting.map(|(id, fault)| Waiting { id: *id, fault }),
    )
}

async fn add(State(admin): State<Admin>, Wish(fault): Wish<Fault>) -> Result<Response, Refused> {
    let fault = admin.shared.change(|state, _| fault.resolved(state));
    let fault = fault.map_err(|error| Refused::senseless(error.to_string()))?;
    let id = admin.shared.faults().add(fault.clone());
    let added = Json(Waiting { id, fault: &fault });
    Ok((StatusCode::CREATED, added).into_response())
}

async fn clear(State(admin): State<Admin>) -> StatusCode {
    admin.shared.faults().clear();
    StatusCode::NO_CONTENT
}

async fn remove(
    State(admin): State<Admin>,
    Named(id): Named<FaultId>,
) -> Result<StatusCode, Refused> {
    if admin.shared.faults().remove(id) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Refused::unknown(format!("no fault {id} waits")))
    }
}
