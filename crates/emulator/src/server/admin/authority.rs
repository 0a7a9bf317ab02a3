//! The emulator's own certificate authority on the admin port.

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::Admin;
use super::refused::Refused;

pub(super) fn routes() -> Router<Admin> {
    Router::new().route("/ca.pem", get(read_authority))
}

async fn read_authority(State(admin): State<Admin>) -> Result<Response, Refused> {
    let pem = admin.authority.ok_or_else(|| {
        Refused::unknown(
            "the emulator has no certificate authority of its own: TLS is off, or its certificate was given",
        )
    })?;
    let kind = [(header::CONTENT_TYPE, "application/x-pem-file")];
    Ok((kind, pem.to_string()).into_response())
}
