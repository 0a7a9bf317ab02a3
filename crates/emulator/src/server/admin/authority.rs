//! The emulator's own certificate authority on the admin port.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::{Admin, refusal};

pub(super) fn routes() -> Router<Admin> {
    Router::new().route("/ca.pem", get(read_authority))
}

async fn read_authority(State(admin): State<Admin>) -> Response {
    match admin.authority {
        Some(pem) => {
            let kind = [(header::CONTENT_TYPE, "application/x-pem-file")];
            (kind, pem.to_string()).into_response()
        }
        None => refusal(
            StatusCode::NOT_FOUND,
            "the emulator has no certificate authority of its own: TLS is off, or its certificate was given",
        ),
    }
}
