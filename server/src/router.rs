//! The whole router: dialects, pages, and what belongs to none of them.

use axum::Router;
use axum::http::Method;
use axum::response::Redirect;

use crate::app::App;
use crate::http::routes::Routes;
use crate::http::{health, jwks, receipt};
use crate::{dev, docs, login, nuvix, page};

/// Where the dialect of Nuvix and Appwrite clients is.
const NUVIX: &str = "/v1";

/// What belongs to no surface.
fn common() -> Routes {
    Routes::default()
        .get("/", || async { Redirect::to("/docs") })
        .get("/health", health::live)
        .get("/health/ready", health::ready)
        .get("/metrics", health::metrics)
        .get("/openapi.json", docs::openapi)
        .get("/docs", docs::show)
        .get("/assets/{name}", page::asset)
        .get("/.well-known/jwks.json", jwks::show)
        .post("/webhooks/sms/{project}", receipt::take)
        .get("/webhooks/sms/{project}", receipt::take)
}

/// Every route of the server.
pub fn router(app: App) -> Router {
    let mut router = Router::new()
        .nest(NUVIX, nuvix::router())
        .merge(login::routes().into_router())
        .merge(common().into_router())
        .fallback(nuvix::unknown_route);
    if app.dev.is_some() {
        router = router.merge(dev::router());
    }
    router.with_state(app)
}

/// Method and path template of every route that [`router`] has, those of `--dev` included.
pub fn routes() -> Vec<(Method, String)> {
    let mut all: Vec<_> = nuvix::routes().map(|(method, path)| (method.clone(), format!("{NUVIX}{path}"))).collect();
    for surface in [login::routes(), common(), dev::routes()] {
        all.extend(surface.list().iter().map(|(method, path)| (method.clone(), (*path).to_owned())));
    }
    all
}
