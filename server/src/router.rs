//! The whole router: dialects, pages, and what belongs to none of them.

use axum::Router;
use axum::http::Method;
use axum::response::Redirect;

use crate::app::App;
use crate::http::routes::Routes;
use crate::http::{health, jwks, receipt};
use crate::{admin, dev, docs, frontegg, login, nevr, nuvix, page};

/// Where the dialect of Nuvix and Appwrite clients is.
const NUVIX: &str = "/v1";

/// A part of the server that can be mounted by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Surface {
    /// What every dialect needs beside its own routes.
    Shared,
    /// The dialect of Nuvix and Appwrite clients.
    Nuvix,
    /// The dialect of nevr clients, with all of `/auth` and `/api`.
    Nevr,
    /// The same beside other routes below `/api`.
    NevrAlone,
    /// The dialect of Frontegg's clients.
    Frontegg,
    /// The same beside an application's own routes.
    FronteggAlone,
    /// The admin API.
    Admin,
    /// The login page.
    Login,
    /// What the server tells about itself.
    Server,
}

/// The public keys and the delivery receipts.
fn shared() -> Routes {
    Routes::default()
        .get("/.well-known/jwks.json", jwks::show)
        .post("/webhooks/sms/{project}", receipt::take)
        .get("/webhooks/sms/{project}", receipt::take)
}

/// The public keys where Frontegg's browser clients look for them.
fn frontegg_keys() -> Routes {
    Routes::default().get("/frontegg/.well-known/jwks.json", jwks::show)
}

/// What belongs to no surface.
fn server() -> Routes {
    Routes::default()
        .get("/", || async { Redirect::to("/docs") })
        .get("/health", health::live)
        .get("/health/ready", health::ready)
        .get("/metrics", health::metrics)
        .get("/openapi.json", docs::openapi)
        .get("/docs", docs::show)
}

/// The login page with the files that it loads.
fn login_page() -> Routes {
    login::routes().merge(assets())
}

/// The files that pages load.
fn assets() -> Routes {
    Routes::default().get("/assets/{name}", page::asset)
}

/// These surfaces, each in its place.
pub fn of(surfaces: &[Surface]) -> Router<App> {
    surfaces.iter().fold(Router::new(), |router, surface| match surface {
        Surface::Shared => router.merge(shared().into_router()),
        Surface::Nuvix => router.nest(NUVIX, nuvix::router()),
        Surface::Nevr => router.merge(nevr::router()),
        Surface::NevrAlone => router.merge(nevr::mounts()),
        Surface::Frontegg => router.merge(frontegg::router()).merge(frontegg_keys().into_router()),
        Surface::FronteggAlone => router.merge(frontegg::mounts()).merge(frontegg_keys().into_router()),
        Surface::Admin => router.nest(admin::BASE, admin::router()),
        Surface::Login => router.merge(login_page().into_router()),
        Surface::Server => router.merge(server().into_router()),
    })
}

/// Every route of the server.
pub fn router(app: App) -> Router {
    let all = [
        Surface::Shared,
        Surface::Nuvix,
        Surface::Nevr,
        Surface::Frontegg,
        Surface::Admin,
        Surface::Login,
        Surface::Server,
    ];
    let mut router = of(&all).fallback(nuvix::unknown_route);
    if app.dev.is_some() {
        router = router.merge(dev::router());
    }
    router.with_state(app)
}

/// Method and path template of every route that [`router`] has, those of `--dev` included.
pub fn routes() -> Vec<(Method, String)> {
    let mut all: Vec<_> = nuvix::routes().map(|(method, path)| (method.clone(), format!("{NUVIX}{path}"))).collect();
    all.extend(nevr::routes());
    all.extend(frontegg::routes());
    all.extend(admin::routes().map(|(method, path)| (method.clone(), format!("{}{path}", admin::BASE))));
    for surface in [shared(), frontegg_keys(), login_page(), server(), dev::routes()] {
        all.extend(surface.list().iter().map(|(method, path)| (method.clone(), (*path).to_owned())));
    }
    all
}
