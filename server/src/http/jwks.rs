//! The public keys by which other services check our tokens (RFC 7517).

use axum::Json;
use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, HOST};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use countersign_domain::token::CACHED_SECONDS;
use serde::Deserialize;

use crate::app::App;

/// Whose keys.
#[derive(Deserialize)]
pub struct Wanted {
    project: Option<String>,
}

/// The public keys of a project's tokens: `?project=`, or the project of the host name, or the default project.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "account", params(("project" = Option<String>, Query, description = "The project's id.")),
    responses((status = 200, description = "A JWK set."), (status = 404, description = "No such project.")))]
pub async fn show(State(app): State<App>, headers: HeaderMap, Query(wanted): Query<Wanted>) -> Response {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let found = match &wanted.project {
        Some(id) => app.project(id).await,
        None => app.project_of_host(host).await,
    };
    match found {
        Ok(hosted) => {
            let cached = format!("public, max-age={CACHED_SECONDS}");
            ([(CACHE_CONTROL, cached)], Json(hosted.keys.jwks(app.clock.now()))).into_response()
        }
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}
