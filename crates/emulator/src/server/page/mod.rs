//! The page on the admin port, for people: what the emulator holds, and buttons to change it.
//!
//! It is made on the server of templates, without any script.

mod button;
mod calls;
mod clock;
mod home;
mod links;
mod notice;
mod secret;
mod secret_view;
mod templates;
mod words;

#[cfg(test)]
mod tests;

use axum::Router;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use serde::Serialize;

use super::admin::{Admin, unknown_path};
use templates::Template;

/// What a browser may do with the page. The referrer stays on this server, but is not left out altogether: a
/// form of a page without any is sent with `Origin: null`, as if it came from elsewhere.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    ),
];

/// The routes of the page.
pub(super) fn routes() -> Router<Admin> {
    Router::new()
        .route("/", get(home::show))
        .route("/page/style.css", get(style))
        .route("/page/clock/advance", post(clock::advance))
        .route("/page/clock/speed", post(clock::run_at))
        .route("/page/clock/freeze", post(clock::freeze))
        .route("/page/clock/run", post(clock::run))
        .route("/page/secrets/{id}", get(secret::show))
        .route(
            "/page/secrets/{id}/{button}",
            get(secret::ask).post(secret::press),
        )
        .layer(map_response(guarded))
}

/// The answer to a path that there is not: a page for browsers, and an error of the admin port for programs.
pub(super) async fn missing(uri: Uri, headers: HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT).map(HeaderValue::as_bytes);
    if accepted.is_some_and(|kinds| kinds.starts_with(b"text/html")) {
        let sentence = format!("There is no {} here.", words::short(uri.path()));
        guarded(not_found(&sentence)).await
    } else {
        unknown_path(uri).await
    }
}

async fn style() -> Response {
    let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (kind, include_str!("templates/style.css")).into_response()
}

async fn guarded(mut response: Response) -> Response {
    response.headers_mut().extend(HEADERS);
    response
}

/// What the page of what there is not says.
#[derive(Serialize)]
struct Missing<'a> {
    sentence: &'a str,
}

fn not_found(sentence: &str) -> Response {
    Template::Missing.page(StatusCode::NOT_FOUND, Missing { sentence })
}
