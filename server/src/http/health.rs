//! Whether the process lives and can serve; metrics for Prometheus.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use countersign_domain::base::Result;
use countersign_domain::message;
use serde_json::json;

use super::metrics;
use crate::app::App;

/// Asks the database something small.
pub async fn ask_database(app: &App) -> Result<()> {
    app.db.read(|tx| message::count_queued(tx).map(drop)).await
}

/// The process lives.
#[utoipa::path(get, path = "/health", tag = "health", responses((status = 200, description = "The process lives.")))]
pub async fn live() -> impl IntoResponse {
    Json(json!({ "status": "ok" }))
}

/// The process can serve: its database answers.
#[utoipa::path(get, path = "/health/ready", tag = "health",
    responses((status = 200, description = "It can serve."), (status = 503, description = "Its database does not answer.")))]
pub async fn ready(State(app): State<App>) -> Response {
    match ask_database(&app).await {
        Ok(()) => Json(json!({ "status": "ok" })).into_response(),
        Err(error) => {
            tracing::error!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "database unavailable" }))).into_response()
        }
    }
}

/// Counters, for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "health", responses((status = 200, body = String, content_type = "application/openmetrics-text")))]
pub async fn metrics(State(app): State<App>) -> Response {
    if let Ok(waiting) = app.db.read(message::count_queued).await {
        app.metrics.message_queue(waiting);
    }
    ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], app.metrics.encode()).into_response()
}
