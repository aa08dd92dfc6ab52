//! The dialect of Nuvix and Appwrite clients: the table of its routes, and what all of them share.
//!
//! A route is one row of [`ROUTES`]: paths, who may call it, what it counts. [`call::run`] applies the row in the order
//! of the contract (nuvix §1.4); a handler parses its parameters, calls one verb and shapes the answer.

mod account;
mod audit;
mod avatar;
mod call;
mod contact;
mod cors;
mod error;
mod health;
mod identity;
mod locale;
mod mfa;
mod openapi;
mod params;
mod query;
mod sent;
mod session;
mod token;
mod users;
mod verification;
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

pub(crate) use call::{signed_in, unknown_route};
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
    EmailPassword,
    EmailOtp,
    MagicUrl,
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
/// Anybody but a server.
const VISITORS: Who = Who { guest: true, session: true, jwt: true, key: false };
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
    /// Whether a session that has yet to show a second factor is refused.
    gated: bool,
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
        Self { method, paths, who, scope, switch: None, limit: None, gated: true, handler }
    }

    const fn switch(mut self, switch: Switch) -> Self {
        self.switch = Some(switch);
        self
    }

    /// Also for a session that has yet to show a second factor (contract nuvix §3.6).
    const fn ungated(mut self) -> Self {
        self.gated = false;
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
const URL_USER: &[&[Part]] = &[&[Url, User]];
const URL_USER_IP: &[&[Part]] = &[&[Url, User], &[Url, Ip]];
const URL_EMAIL: &[&[Part]] = &[&[Url, Field("email")]];
const URL_EMAIL_IP: &[&[Part]] = &[&[Url, Field("email")], &[Url, Ip]];
// Upstream counts these by `userId` alone, so that any stranger spends an account's calls.
const URL_USER_ID: &[&[Part]] = &[&[Url, Ip, Field("userId")]];
const EXCHANGE: &[&[Part]] = &[&[Ip, Field("userId")]];

const VERIFY_EMAIL: &[&str] = &["/account/verifications/email", "/account/verification"];
const VERIFY_PHONE: &[&str] = &["/account/verifications/phone", "/account/verification/phone"];
const AUTHENTICATORS: &[&str] = &["/account/mfa/authenticators/{type}"];
const RECOVERY_CODES: &[&str] = &["/account/mfa/recovery-codes"];
const TARGETS: &[&str] = &["/users/{userId}/targets"];
const TARGET: &[&str] = &["/users/{userId}/targets/{targetId}"];
const PUSH_TARGET: &[&str] = &["/account/targets/{targetId}/push"];
const CHALLENGES: &[&str] = &["/account/mfa/challenges", "/account/mfa/challenge"];

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
        handler!(session::create_by_put),
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
    Route::new(
        Method::POST,
        &["/account/sessions/email", "/account/sessions"],
        ANYBODY,
        "sessions.write",
        handler!(session::create_by_password),
    )
    .switch(Switch::EmailPassword)
    .limit(10, URL_EMAIL),
    Route::new(
        Method::POST,
        &["/account/tokens/email"],
        ANYBODY,
        "sessions.write",
        handler!(token::create_email_token),
    )
    .switch(Switch::EmailOtp)
    .limit(10, URL_EMAIL_IP),
    Route::new(
        Method::POST,
        &["/account/tokens/magic-url", "/account/sessions/magic-url"],
        ANYBODY,
        "sessions.write",
        handler!(token::create_magic_url_token),
    )
    .switch(Switch::MagicUrl)
    .limit(60, URL_EMAIL_IP),
    Route::new(Method::POST, &["/account"], ANYBODY, "sessions.write", handler!(account::create))
        .switch(Switch::EmailPassword)
        .limit(10, URL_IP),
    Route::new(Method::GET, &["/account"], PEOPLE, "account", handler!(account::get)),
    Route::new(Method::PATCH, &["/account/email"], PEOPLE, "account", handler!(account::update_email))
        .limit(10, URL_USER_IP),
    Route::new(Method::PATCH, &["/account/phone"], PEOPLE, "account", handler!(account::update_phone))
        .limit(10, URL_USER_IP),
    Route::new(Method::PATCH, &["/account/password"], PEOPLE, "account", handler!(account::update_password))
        .limit(10, URL_IP),
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
        .limit(100, URL_IP)
        .ungated(),
    Route::new(Method::POST, &["/account/jwts", "/account/jwt"], PEOPLE, "account", handler!(token::create_jwt))
        .switch(Switch::Jwt)
        .limit(100, &[&[Url, User]]),
    Route::new(Method::GET, &["/account/logs"], PEOPLE, "account", handler!(audit::list)),
    Route::new(Method::GET, &["/account/identities"], PEOPLE, "account", handler!(identity::list)),
    Route::new(Method::DELETE, &["/account/identities/{identityId}"], PEOPLE, "account", handler!(identity::delete)),
    Route::new(Method::POST, &["/account/targets/push"], PEOPLE, "targets.write", handler!(contact::create_push))
        .limit(60, URL_USER),
    Route::new(Method::PUT, PUSH_TARGET, PEOPLE, "targets.write", handler!(contact::update_push)).limit(60, URL_USER),
    Route::new(Method::DELETE, PUSH_TARGET, PEOPLE, "targets.write", handler!(contact::delete_push)),
    Route::new(Method::GET, &["/avatars/qr"], ANYBODY, "avatars.read", handler!(avatar::get_qr)),
    Route::new(Method::POST, VERIFY_EMAIL, PEOPLE, "account", handler!(verification::create_email)).limit(10, URL_USER),
    Route::new(Method::PUT, VERIFY_EMAIL, VISITORS, "public", handler!(verification::update_email))
        .limit(10, URL_USER_ID),
    Route::new(Method::POST, VERIFY_PHONE, PEOPLE, "account", handler!(verification::create_phone))
        .limit(10, URL_USER_IP),
    Route::new(Method::PUT, VERIFY_PHONE, VISITORS, "public", handler!(verification::update_phone)).shared_limit(
        "verify-phone",
        10,
        EXCHANGE,
    ),
    Route::new(
        Method::POST,
        &["/account/recovery"],
        ANYBODY,
        "sessions.write",
        handler!(verification::create_recovery),
    )
    .limit(10, URL_EMAIL_IP),
    Route::new(Method::PUT, &["/account/recovery"], ANYBODY, "sessions.write", handler!(verification::update_recovery))
        .limit(10, URL_USER_ID),
    Route::new(Method::PATCH, &["/account/mfa"], PEOPLE, "account", handler!(mfa::update)),
    Route::new(Method::GET, &["/account/mfa/factors"], PEOPLE, "account", handler!(mfa::list_factors)).ungated(),
    Route::new(Method::POST, AUTHENTICATORS, PEOPLE, "account", handler!(mfa::create_authenticator)),
    Route::new(Method::PUT, AUTHENTICATORS, PEOPLE, "account", handler!(mfa::verify_authenticator)),
    Route::new(Method::DELETE, AUTHENTICATORS, PEOPLE, "account", handler!(mfa::delete_authenticator)),
    Route::new(Method::POST, RECOVERY_CODES, PEOPLE, "account", handler!(mfa::create_recovery_codes)),
    Route::new(Method::PATCH, RECOVERY_CODES, PEOPLE, "account", handler!(mfa::update_recovery_codes)),
    Route::new(Method::GET, RECOVERY_CODES, PEOPLE, "account", handler!(mfa::get_recovery_codes)),
    Route::new(Method::POST, CHALLENGES, PEOPLE, "account", handler!(mfa::create_challenge))
        .limit(10, URL_USER)
        .ungated(),
    Route::new(Method::PUT, CHALLENGES, PEOPLE, "account", handler!(mfa::update_challenge))
        .limit(10, &[&[Url, Field("challengeId")]])
        .ungated(),
    Route::new(Method::GET, &["/users"], SERVERS, "users.read", handler!(users::list)),
    Route::new(Method::GET, &["/users/identities"], SERVERS, "users.read", handler!(users::list_identities)),
    Route::new(
        Method::DELETE,
        &["/users/identities/{identityId}"],
        SERVERS,
        "users.write",
        handler!(users::delete_identity),
    ),
    Route::new(Method::GET, TARGETS, SERVERS, "targets.read", handler!(contact::list)),
    Route::new(Method::POST, TARGETS, SERVERS, "targets.write", handler!(contact::create)),
    Route::new(Method::GET, TARGET, SERVERS, "targets.read", handler!(contact::get)),
    Route::new(Method::PATCH, TARGET, SERVERS, "targets.write", handler!(contact::update)),
    Route::new(Method::DELETE, TARGET, SERVERS, "targets.write", handler!(contact::delete)),
    Route::new(Method::POST, &["/users"], SERVERS, "users.write", handler!(users::create)),
    Route::new(Method::POST, &["/users/argon2"], SERVERS, "users.write", handler!(users::create_argon2)),
    Route::new(Method::POST, &["/users/bcrypt"], SERVERS, "users.write", handler!(users::create_bcrypt)),
    Route::new(Method::POST, &["/users/md5"], SERVERS, "users.write", handler!(users::create_md5)),
    Route::new(Method::POST, &["/users/phpass"], SERVERS, "users.write", handler!(users::create_phpass)),
    Route::new(Method::POST, &["/users/sha"], SERVERS, "users.write", handler!(users::create_sha)),
    Route::new(Method::POST, &["/users/scrypt"], SERVERS, "users.write", handler!(users::create_scrypt)),
    Route::new(
        Method::POST,
        &["/users/scrypt-modified"],
        SERVERS,
        "users.write",
        handler!(users::create_scrypt_modified),
    ),
    Route::new(Method::GET, &["/users/{userId}"], SERVERS, "users.read", handler!(users::get)),
    Route::new(Method::DELETE, &["/users/{userId}"], SERVERS, "users.write", handler!(users::delete)),
    Route::new(Method::GET, &["/users/{userId}/prefs"], SERVERS, "users.read", handler!(users::get_prefs)),
    Route::new(Method::PATCH, &["/users/{userId}/prefs"], SERVERS, "users.write", handler!(users::update_prefs)),
    Route::new(Method::PATCH, &["/users/{userId}/status"], SERVERS, "users.write", handler!(users::update_status)),
    Route::new(Method::PUT, &["/users/{userId}/labels"], SERVERS, "users.write", handler!(users::update_labels)),
    Route::new(Method::PATCH, &["/users/{userId}/name"], SERVERS, "users.write", handler!(users::update_name)),
    Route::new(Method::PATCH, &["/users/{userId}/password"], SERVERS, "users.write", handler!(users::update_password)),
    Route::new(Method::PATCH, &["/users/{userId}/email"], SERVERS, "users.write", handler!(users::update_email)),
    Route::new(Method::PATCH, &["/users/{userId}/phone"], SERVERS, "users.write", handler!(users::update_phone)),
    Route::new(
        Method::PATCH,
        &["/users/{userId}/verifications/email", "/users/{userId}/verification"],
        SERVERS,
        "users.write",
        handler!(users::update_email_verification),
    ),
    Route::new(
        Method::PATCH,
        &["/users/{userId}/verifications/phone", "/users/{userId}/verification/phone"],
        SERVERS,
        "users.write",
        handler!(users::update_phone_verification),
    ),
    Route::new(Method::GET, &["/users/{userId}/sessions"], SERVERS, "users.read", handler!(users::list_sessions)),
    Route::new(Method::POST, &["/users/{userId}/sessions"], SERVERS, "users.write", handler!(users::create_session)),
    Route::new(Method::DELETE, &["/users/{userId}/sessions"], SERVERS, "users.write", handler!(users::delete_sessions)),
    Route::new(
        Method::DELETE,
        &["/users/{userId}/sessions/{sessionId}"],
        SERVERS,
        "users.write",
        handler!(users::delete_session),
    ),
    Route::new(Method::GET, &["/users/{userId}/logs"], SERVERS, "users.read", handler!(users::list_logs)),
    Route::new(Method::GET, &["/users/{userId}/memberships"], SERVERS, "users.read", handler!(users::list_memberships)),
    Route::new(Method::POST, &["/users/{userId}/tokens"], SERVERS, "users.write", handler!(users::create_token)),
    Route::new(Method::POST, &["/users/{userId}/jwts"], SERVERS, "users.write", handler!(users::create_jwt)),
    Route::new(Method::PATCH, &["/users/{userId}/mfa"], SERVERS, "users.write", handler!(users::update_mfa)),
    Route::new(Method::GET, &["/users/{userId}/mfa/factors"], SERVERS, "users.read", handler!(users::list_factors)),
    Route::new(
        Method::GET,
        &["/users/{userId}/mfa/recovery-codes"],
        SERVERS,
        "users.read",
        handler!(users::get_recovery_codes),
    ),
    Route::new(
        Method::PATCH,
        &["/users/{userId}/mfa/recovery-codes"],
        SERVERS,
        "users.write",
        handler!(users::create_recovery_codes),
    ),
    Route::new(
        Method::PUT,
        &["/users/{userId}/mfa/recovery-codes"],
        SERVERS,
        "users.write",
        handler!(users::update_recovery_codes),
    ),
    Route::new(
        Method::DELETE,
        &["/users/{userId}/mfa/authenticators/{type}"],
        SERVERS,
        "users.write",
        handler!(users::delete_authenticator),
    ),
    Route::new(Method::GET, &["/locale"], ANYBODY, "locale.read", handler!(locale::get)),
    Route::new(Method::GET, &["/health"], SERVERS, "health.read", handler!(health::get)),
    Route::new(Method::GET, &["/ping"], ANYBODY, "global", handler!(health::ping)),
];

/// Method and path of each route, aliases included.
pub(crate) fn routes() -> impl Iterator<Item = (&'static Method, &'static str)> {
    ROUTES.iter().flat_map(|route| route.paths.iter().map(move |path| (&route.method, *path)))
}

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
