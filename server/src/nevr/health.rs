//! Whether the process lives, where nevr's clients look for it.

use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::wire::answer;
use crate::app::App;

#[derive(Serialize, ToSchema)]
#[schema(as = NevrHealth)]
pub(super) struct Health {
    status: &'static str,
    /// The server's clock.
    timestamp: String,
}

/// The process lives. Also at `/api/_health`.
#[utoipa::path(get, path = "/api/health", tag = "nevr", responses((status = 200, body = Health)))]
pub(super) fn show(app: &App) -> Response {
    let health = Health { status: "ok", timestamp: app.clock.now().to_rfc3339() };
    answer(&health).unwrap_or_else(|failure| failure.into_response(app.clock.now()))
}
