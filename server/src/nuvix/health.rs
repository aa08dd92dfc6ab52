//! Whether the server is well, for this dialect's clients.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::answer;
use super::call::Call;
use super::error::{Body, Failure};
use super::wire::Health;

/// Whether the server and its database answer.
#[utoipa::path(get, path = "/v1/health", tag = "health", responses((status = 200, body = Health), (status = 401, body = Body), (status = 503, body = Body)))]
pub(super) async fn get(call: &Call) -> Result<Response, Failure> {
    crate::http::health::ask_database(&call.app).await?;
    let ping = call.app.clock.now().micros_since(call.ctx.now) / 1_000;
    Ok(answer(StatusCode::OK, &Health { name: "http", ping, status: "pass" }))
}

/// Says that the server is there, as the SDKs' `ping()` asks.
#[utoipa::path(get, path = "/v1/ping", tag = "health", responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn ping(_: &Call) -> Result<Response, Failure> {
    Ok("Pong!".into_response())
}
