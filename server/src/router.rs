//! The whole router: dialects, pages, and what belongs to none of them.

use axum::Router;
use axum::response::Redirect;
use axum::routing::{get, post};

use crate::app::App;
use crate::http::{health, jwks, receipt};
use crate::{dev, docs, login, nuvix, page};

/// Every route of the server.
pub fn router(app: App) -> Router {
    let mut router = Router::new()
        .nest("/v1", nuvix::router())
        .merge(login::router())
        .route("/", get(|| async { Redirect::to("/docs") }))
        .route("/health", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/openapi.json", get(docs::openapi))
        .route("/docs", get(docs::show))
        .route("/assets/{name}", get(page::asset))
        .route("/.well-known/jwks.json", get(jwks::show))
        .route("/webhooks/sms/{project}", post(receipt::take).get(receipt::take))
        .fallback(nuvix::unknown_route);
    if app.dev.is_some() {
        router = router.merge(dev::router());
    }
    router.with_state(app)
}
