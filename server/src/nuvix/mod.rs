//! The dialect of Nuvix and Appwrite clients: the table of its routes, and what all of them share.
//!
//! A route is one row of [`ROUTES`]: paths, who may call it, what it counts. [`call::run`] applies the row in the order
//! of the contract (nuvix §1.4); a handler parses its parameters, calls one verb and shapes the answer.

mod account;
mod call;
mod cors;
mod error;
mod health;
mod locale;
mod openapi;
mod params;
mod sent;
mod session;
mod token;
mod wire;

use axum::Router;
use axum::http::header::{CONTENT_TYPE, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use countersign_domain::base::Time;
use futures_util::future::BoxFuture;
use serde::Serialize;

use crate::app::App;
use crate::http::limit::Hit;

use call::Call;
use error::Failure;

pub(crate) use call::unknown_route;
pub(crate) use openapi::document;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// Whose client calls: they differ in small things (contract nuvix §7).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Flavour {
    Nuvix,
    Appwrite,
}

impl Flavour {
    /// A text that may be unset: null for Nuvix, empty for Appwrite.
    fn unset(self, value: Option<String>) -> Option<String> {
        match self {
            Self::Nuvix => value,
            Self::Appwrite => Some(value.unwrap_or_default()),
        }
    }

    /// When a window of a limit ends: milliseconds for Nuvix, seconds for Appwrite.
    fn reset(self, at: Time) -> i64 {
        match self {
            Self::Nuvix => at.micros() / 1_000,
            Self::Appwrite => at.seconds(),
        }
    }

    const fn number(self) -> usize {
        match self {
            Self::Nuvix => 0,
            Self::Appwrite => 1,
        }
    }
}

/// A part of the key under which a route counts its calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    /// The client's address.
    Ip,
    /// The route as matched: an alias has its own counter.
    Url,
    /// The signed-in user.
    User,
    /// A field of the body.
    Field(&'static str),
}

/// How often a route may be called in an hour (contract nuvix §1.7).
#[derive(Clone, Copy, Debug)]
struct Limit {
    calls: u32,
    keys: &'static [&'static [Part]],
    /// The counter's name when several routes share it.
    shared: Option<&'static str>,
}

const HOURLY: i64 = countersign_domain::base::time::HOUR;

/// The way to sign in that a route belongs to; it can be switched off for a project.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Switch {
    Phone,
    Anonymous,
    Jwt,
}

/// Who may call a route.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "a row of the table of routes by callers")]
struct Who {
    /// Nobody signed in.
    guest: bool,
    /// A session.
    session: bool,
    /// A JWT of a session.
    jwt: bool,
    /// An API key with the route's scope.
    key: bool,
}

/// Anybody; a key needs the scope.
const ANYBODY: Who = Who { guest: true, session: true, jwt: true, key: true };
/// People who are signed in.
const PEOPLE: Who = Who { guest: false, session: true, jwt: true, key: false };
/// Servers.
const SERVERS: Who = Who { guest: false, session: false, jwt: false, key: true };

type Handler = for<'a> fn(&'a Call) -> BoxFuture<'a, Result<Response, Failure>>;

/// A row of the route table.
struct Route {
    method: Method,
    /// The documented path first, then its aliases. Below `/v1`, unless it is one of the unversioned.
    paths: &'static [&'static str],
    who: Who,
    scope: &'static str,
    switch: Option<Switch>,
    limit: Option<Limit>,
    handler: Handler,
}

impl Route {
    const fn new(
        method: Method,
        paths: &'static [&'static str],
        who: Who,
        scope: &'static str,
        handler: Handler,
    ) -> Self {
        Self { method, paths, who, scope, switch: None, limit: None, handler }
    }

    const fn switch(mut self, switch: Switch) -> Self {
        self.switch = Some(switch);
        self
    }

    const fn limit(mut self, calls: u32, keys: &'static [&'static [Part]]) -> Self {
        self.limit = Some(Limit { calls, keys, shared: None });
        self
    }

    const fn shared_limit(mut self, name: &'static str, calls: u32, keys: &'static [&'static [Part]]) -> Self {
        self.limit = Some(Limit { calls, keys, shared: Some(name) });
        self
    }
}

macro_rules! handler {
    ($($path:ident)::+) => {
        |call| Box::pin($($path)::+(call))
    };
}

use Part::{Field, Ip, Url, User};

const URL_IP: &[&[Part]] = &[&[Url, Ip]];
const EXCHANGE: &[&[Part]] = &[&[Ip, Field("userId")]];

/// All routes of this dialect.
static ROUTES: &[Route] = &[
    Route::new(
        Method::POST,
        &["/account/tokens/phone", "/account/sessions/phone"],
        ANYBODY,
        "sessions.write",
        handler!(token::create_phone_token),
    )
    .switch(Switch::Phone)
    .limit(10, &[&[Url, Field("phone")], &[Url, Ip]]),
    Route::new(Method::POST, &["/account/sessions/token"], ANYBODY, "sessions.write", handler!(session::create))
        .shared_limit("exchange", 10, EXCHANGE),
    Route::new(
        Method::PUT,
        &["/account/sessions/phone", "/account/sessions/magic-url"],
        ANYBODY,
        "sessions.write",
        handler!(session::create),
    )
    .shared_limit("exchange", 10, EXCHANGE),
    Route::new(
        Method::POST,
        &["/account/sessions/anonymous"],
        ANYBODY,
        "sessions.write",
        handler!(session::create_anonymous),
    )
    .switch(Switch::Anonymous)
    .shared_limit("anonymous", 50, &[&[Ip]]),
    Route::new(Method::GET, &["/account"], PEOPLE, "account", handler!(account::get)),
    Route::new(Method::GET, &["/account/prefs"], PEOPLE, "account", handler!(account::get_prefs)),
    Route::new(Method::PATCH, &["/account/prefs"], PEOPLE, "account", handler!(account::update_prefs)),
    Route::new(Method::PATCH, &["/account/name"], PEOPLE, "account", handler!(account::update_name)),
    Route::new(Method::PATCH, &["/account/status"], PEOPLE, "account", handler!(account::block)),
    Route::new(Method::GET, &["/account/sessions"], PEOPLE, "account", handler!(session::list)),
    Route::new(Method::DELETE, &["/account/sessions"], PEOPLE, "account", handler!(session::delete_all))
        .limit(100, URL_IP),
    Route::new(Method::GET, &["/account/sessions/{sessionId}"], PEOPLE, "account", handler!(session::get)),
    Route::new(Method::PATCH, &["/account/sessions/{sessionId}"], PEOPLE, "account", handler!(session::extend))
        .limit(10, URL_IP),
    Route::new(Method::DELETE, &["/account/sessions/{sessionId}"], PEOPLE, "account", handler!(session::delete))
        .limit(100, URL_IP),
    Route::new(Method::POST, &["/account/jwts", "/account/jwt"], PEOPLE, "account", handler!(token::create_jwt))
        .switch(Switch::Jwt)
        .limit(100, &[&[Url, User]]),
    Route::new(Method::GET, &["/locale"], ANYBODY, "locale.read", handler!(locale::get)),
    Route::new(Method::GET, &["/health"], SERVERS, "health.read", handler!(health::get)),
    Route::new(Method::GET, &["/ping"], ANYBODY, "global", handler!(health::ping)),
];

/// The router of this dialect, below `/v1`.
pub fn router() -> Router<App> {
    let mut router = Router::new();
    let mut seen: Vec<&str> = Vec::new();
    for path in ROUTES.iter().flat_map(|r| r.paths) {
        if seen.contains(path) {
            continue;
        }
        seen.push(path);
        let here: &'static [&'static Route] = Vec::leak(ROUTES.iter().filter(|r| r.paths.contains(path)).collect());
        router = router.route(path, any(move |state, params, request| call::run(here, path, state, params, request)));
    }
    router.fallback(unknown_route)
}

/// An answer with a JSON body.
fn answer(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(text) => answer_bytes(status, text.into()),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn answer_bytes(status: StatusCode, body: bytes::Bytes) -> Response {
    let mut response = Response::new(axum::body::Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

fn write_hit(headers: &mut HeaderMap, flavour: Flavour, hit: Hit) {
    for (name, value) in [
        (HeaderName::from_static("x-ratelimit-limit"), i64::from(hit.limit)),
        (HeaderName::from_static("x-ratelimit-remaining"), i64::from(hit.remaining)),
        (HeaderName::from_static("x-ratelimit-reset"), flavour.reset(hit.reset_at)),
    ] {
        headers.insert(name, HeaderValue::from(value));
    }
}
