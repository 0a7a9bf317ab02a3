//! What is served over HTTP: the probes and the metrics.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;

use crate::controller::Health;
use crate::metrics::Metrics;

/// What the handlers show.
#[derive(Clone)]
pub struct Shown {
    /// Whether the operator works.
    pub health: Arc<Health>,
    /// What it has counted.
    pub metrics: Metrics,
}

/// Serves until `stop` is done.
///
/// # Errors
///
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    shown: Shown,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let router = Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(shown);
    axum::serve(listener, router)
        .with_graceful_shutdown(stop)
        .await
}

async fn livez(State(shown): State<Shown>) -> impl IntoResponse {
    match shown.health.ailment() {
        None => (StatusCode::OK, "ok\n".to_owned()),
        Some(ailment) => {
            let text = format!("{ailment}; a restart is all that helps\n");
            (StatusCode::INTERNAL_SERVER_ERROR, text)
        }
    }
}

async fn readyz(State(shown): State<Shown>) -> impl IntoResponse {
    let obstacles = shown.health.obstacles();
    if !obstacles.is_empty() {
        let text = format!("not ready:\n{}", lines(&obstacles));
        return (StatusCode::SERVICE_UNAVAILABLE, text);
    }
    let missing = shown.health.missing();
    let text = if missing.is_empty() {
        "ok\n".into()
    } else {
        format!("ok, but without:\n{}", lines(&missing))
    };
    (StatusCode::OK, text)
}

fn lines(items: &[String]) -> String {
    items
        .iter()
        .fold(String::new(), |text, item| text + "- " + item + "\n")
}

async fn metrics(State(shown): State<Shown>) -> impl IntoResponse {
    let health = &shown.health;
    shown
        .metrics
        .health(health.overdue(), health.missing().len());
    match shown.metrics.text() {
        Ok(text) => {
            let type_ = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, type_)], text).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
