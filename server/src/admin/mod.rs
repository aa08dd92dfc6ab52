//! The admin API: what an administrator, or a script that acts for him, sees and changes. The console calls it too.
//!
//! A route is one row of [`ROUTES`]; [`call::run`] finds out who asks and refuses whom it must; a handler reads what was
//! sent, calls one verb and shapes the answer. Answers are read by pages of this server alone: there is no CORS.

mod administrator;
mod audit;
mod call;
mod device;
mod error;
mod key;
mod message;
mod openapi;
mod platform;
mod project;
mod provider;
mod session;
mod template;
mod token;
mod user;
mod webhook;
mod wire;

use axum::Router;
use axum::http::Method;
use axum::response::Response;
use axum::routing::any;
use futures_util::future::BoxFuture;

use crate::app::App;
use call::Call;
use error::Failure;

pub(crate) use call::COOKIE;
pub(crate) use openapi::document;

/// Where the API is.
pub(crate) const BASE: &str = "/admin/v1";

/// Who may call a route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Who {
    /// Anybody: it is how one signs in.
    Anybody,
    /// An administrator, by his session or a token.
    Admin,
    /// An administrator in his session: a token that was lost must not outlive itself.
    Person,
}

type Handler = for<'a> fn(&'a Call) -> BoxFuture<'a, Result<Response, Failure>>;

/// A row of the route table.
struct Route {
    method: Method,
    path: &'static str,
    who: Who,
    handler: Handler,
}

macro_rules! routes {
    ($($method:ident $path:literal $who:ident $($handler:ident)::+;)*) => {
        &[$(Route {
            method: Method::$method,
            path: $path,
            who: Who::$who,
            handler: |call| Box::pin($($handler)::+(call)),
        }),*]
    };
}

/// All routes of the API.
static ROUTES: &[Route] = routes! {
    POST "/sessions" Anybody session::create;
    GET "/sessions" Admin session::list;
    DELETE "/sessions" Admin session::delete_all;
    DELETE "/sessions/{sessionId}" Admin session::delete;
    GET "/me" Admin session::me;
    GET "/tokens" Admin token::list;
    POST "/tokens" Person token::create;
    DELETE "/tokens/{tokenId}" Admin token::delete;
    GET "/admins" Admin administrator::list;
    POST "/admins" Person administrator::create;
    GET "/admins/{adminId}" Admin administrator::get;
    DELETE "/admins/{adminId}" Person administrator::delete;
    PUT "/admins/{adminId}/password" Person administrator::update_password;
    GET "/audit" Admin audit::list_own;
    GET "/audit/chain" Admin audit::verify_own;
    GET "/scopes" Admin key::list_scopes;
    GET "/settings/defaults" Admin project::defaults;
    GET "/projects" Admin project::list;
    POST "/projects" Admin project::create;
    GET "/projects/{projectId}" Admin project::get;
    PATCH "/projects/{projectId}" Admin project::update;
    DELETE "/projects/{projectId}" Admin project::delete;
    GET "/projects/{projectId}/overview" Admin project::overview;
    GET "/projects/{projectId}/keys" Admin key::list;
    POST "/projects/{projectId}/keys" Admin key::create;
    DELETE "/projects/{projectId}/keys/{keyId}" Admin key::delete;
    GET "/projects/{projectId}/platforms" Admin platform::list;
    POST "/projects/{projectId}/platforms" Admin platform::create;
    DELETE "/projects/{projectId}/platforms/{platformId}" Admin platform::delete;
    GET "/projects/{projectId}/providers/{channel}" Admin provider::list;
    POST "/projects/{projectId}/providers/{channel}" Admin provider::create;
    PUT "/projects/{projectId}/providers/{channel}" Admin provider::reorder;
    PATCH "/projects/{projectId}/providers/{channel}/{name}" Admin provider::update;
    DELETE "/projects/{projectId}/providers/{channel}/{name}" Admin provider::delete;
    POST "/projects/{projectId}/providers/{channel}/{name}/test" Admin provider::test;
    GET "/projects/{projectId}/templates/{channel}" Admin template::list;
    PUT "/projects/{projectId}/templates/{channel}/{purpose}/{locale}" Admin template::put;
    DELETE "/projects/{projectId}/templates/{channel}/{purpose}/{locale}" Admin template::delete;
    POST "/projects/{projectId}/templates/{channel}/{purpose}/{locale}/preview" Admin template::preview;
    GET "/projects/{projectId}/users" Admin user::list;
    POST "/projects/{projectId}/users" Admin user::create;
    GET "/projects/{projectId}/users/{userId}" Admin user::get;
    PATCH "/projects/{projectId}/users/{userId}" Admin user::update;
    DELETE "/projects/{projectId}/users/{userId}" Admin user::delete;
    GET "/projects/{projectId}/users/{userId}/sessions" Admin user::list_sessions;
    DELETE "/projects/{projectId}/users/{userId}/sessions" Admin user::delete_sessions;
    DELETE "/projects/{projectId}/users/{userId}/sessions/{sessionId}" Admin user::delete_session;
    GET "/projects/{projectId}/users/{userId}/devices" Admin device::list;
    DELETE "/projects/{projectId}/users/{userId}/devices" Admin device::delete_all;
    DELETE "/projects/{projectId}/users/{userId}/devices/{deviceId}" Admin device::delete;
    GET "/projects/{projectId}/users/{userId}/factors" Admin user::list_factors;
    DELETE "/projects/{projectId}/users/{userId}/factors/{factor}" Admin user::delete_factor;
    GET "/projects/{projectId}/users/{userId}/audit" Admin audit::list_of_user;
    GET "/projects/{projectId}/messages" Admin message::list;
    GET "/projects/{projectId}/messages/{messageId}" Admin message::get;
    GET "/webhook-events" Admin webhook::list_events;
    GET "/projects/{projectId}/webhooks" Admin webhook::list;
    POST "/projects/{projectId}/webhooks" Admin webhook::create;
    GET "/projects/{projectId}/webhooks/{webhookId}" Admin webhook::get;
    PATCH "/projects/{projectId}/webhooks/{webhookId}" Admin webhook::update;
    DELETE "/projects/{projectId}/webhooks/{webhookId}" Admin webhook::delete;
    POST "/projects/{projectId}/webhooks/{webhookId}/rotate" Admin webhook::rotate;
    POST "/projects/{projectId}/webhooks/{webhookId}/test" Admin webhook::test;
    POST "/projects/{projectId}/webhooks/{webhookId}/replay" Admin webhook::replay_dead;
    GET "/projects/{projectId}/deliveries" Admin webhook::list_deliveries;
    GET "/projects/{projectId}/deliveries/{deliveryId}" Admin webhook::get_delivery;
    POST "/projects/{projectId}/deliveries/{deliveryId}/replay" Admin webhook::replay;
    GET "/projects/{projectId}/audit" Admin audit::list;
    GET "/projects/{projectId}/audit/chain" Admin audit::verify;
};

/// Method and path of each route, below [`BASE`].
pub(crate) fn routes() -> impl Iterator<Item = (&'static Method, &'static str)> {
    ROUTES.iter().map(|route| (&route.method, route.path))
}

/// The router of the API, below [`BASE`].
pub(crate) fn router() -> Router<App> {
    let mut router = Router::new();
    let mut seen: Vec<&str> = Vec::new();
    for path in ROUTES.iter().map(|route| route.path) {
        if seen.contains(&path) {
            continue;
        }
        seen.push(path);
        let here: &'static [&'static Route] = Vec::leak(ROUTES.iter().filter(|route| route.path == path).collect());
        router = router.route(path, any(move |state, params, request| call::run(here, path, state, params, request)));
    }
    router.fallback(call::unknown_route)
}
