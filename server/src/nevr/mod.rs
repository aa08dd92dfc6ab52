//! The dialect of nevr clients, and of better-auth's where the two agree (contract nevr).
//!
//! A route is one row of [`ROUTES`]: its path, who may call it, what it counts. [`call::run`] applies the row; a handler
//! reads its fields, calls one verb and shapes the answer. All of it is there three times, because clients put their
//! base URL before or instead of `/api`.

mod account;
mod call;
mod cookie;
mod error;
mod health;
mod mfa;
mod openapi;
mod password;
mod phone;
mod session;
mod wire;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::routing::any;
use countersign_domain::project::{Nevr, RateLimit};
use futures_util::future::BoxFuture;

use crate::app::App;

use call::{Answered, Call};

pub(crate) use call::signed_in;
pub(crate) use openapi::document;

/// Where the routes are.
const MOUNTS: [&str; 3] = ["/api/api/auth", "/api/auth", "/auth"];
/// Beside them: whether the process lives.
const HEALTH: [&str; 2] = ["/api/health", "/api/_health"];

/// Who may call a route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Who {
    /// Anybody.
    Anybody,
    /// Whoever is signed in, with a second factor if he needs one.
    People,
    /// The same, and whoever has yet to show a second factor.
    Halfway,
}

/// By which setting the calls of a route are counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Limit {
    None,
    Phone,
    SignIn,
    SignUp,
    Password,
    TwoFactor,
}

impl Limit {
    const fn of(self, nevr: &Nevr) -> RateLimit {
        match self {
            Self::None => RateLimit::Off,
            Self::Phone => nevr.rate_limit,
            Self::SignIn => nevr.base_rate_limits.sign_in,
            Self::SignUp => nevr.base_rate_limits.sign_up,
            Self::Password => nevr.base_rate_limits.password,
            Self::TwoFactor => nevr.base_rate_limits.two_factor,
        }
    }
}

type Handler = for<'a> fn(&'a Call) -> BoxFuture<'a, Answered>;

/// A row of the route table.
struct Route {
    method: Method,
    /// Below each of [`MOUNTS`].
    path: &'static str,
    who: Who,
    limit: Limit,
    handler: Handler,
}

const fn route(method: Method, path: &'static str, who: Who, limit: Limit, handler: Handler) -> Route {
    Route { method, path, who, limit, handler }
}

macro_rules! handler {
    ($($path:ident)::+) => {
        |call| Box::pin($($path)::+(call))
    };
}

use Who::{Anybody, Halfway, People};

/// All routes of this dialect.
static ROUTES: &[Route] = &[
    route(Method::POST, "/phone-number/send-otp", Anybody, Limit::Phone, handler!(phone::send_otp)),
    route(Method::POST, "/phone-number/verify", Anybody, Limit::Phone, handler!(phone::verify)),
    route(Method::POST, "/sign-in/phone-number", Anybody, Limit::Phone, handler!(phone::sign_in)),
    route(
        Method::POST,
        "/phone-number/request-password-reset",
        Anybody,
        Limit::Phone,
        handler!(phone::request_password_reset),
    ),
    route(Method::POST, "/phone-number/reset-password", Anybody, Limit::Phone, handler!(phone::reset_password)),
    route(Method::POST, "/sign-up/email", Anybody, Limit::SignUp, handler!(password::sign_up)),
    route(Method::POST, "/sign-in/email", Anybody, Limit::SignIn, handler!(password::sign_in)),
    route(Method::POST, "/change-password", People, Limit::Password, handler!(password::change)),
    route(Method::POST, "/sign-out", Anybody, Limit::None, handler!(session::sign_out)),
    route(Method::GET, "/get-session", Anybody, Limit::None, handler!(session::get)),
    route(Method::GET, "/session", Anybody, Limit::None, handler!(session::get)),
    route(Method::GET, "/list-sessions", People, Limit::None, handler!(session::list)),
    route(Method::POST, "/revoke-session", People, Limit::None, handler!(session::revoke)),
    route(Method::POST, "/revoke-sessions", People, Limit::None, handler!(session::revoke_all)),
    route(Method::POST, "/revoke-other-sessions", People, Limit::None, handler!(session::revoke_others)),
    route(Method::POST, "/update-user", People, Limit::None, handler!(account::update)),
    route(Method::GET, "/list-accounts", People, Limit::None, handler!(account::list)),
    route(Method::POST, "/two-factor/enable", People, Limit::TwoFactor, handler!(mfa::enable)),
    route(Method::POST, "/two-factor/verify-setup", People, Limit::TwoFactor, handler!(mfa::verify_setup)),
    route(Method::POST, "/two-factor/get-totp-uri", People, Limit::TwoFactor, handler!(mfa::get_totp_uri)),
    route(Method::POST, "/two-factor/disable", People, Limit::TwoFactor, handler!(mfa::disable)),
    route(
        Method::POST,
        "/two-factor/generate-backup-codes",
        People,
        Limit::TwoFactor,
        handler!(mfa::generate_backup_codes),
    ),
    route(Method::POST, "/two-factor/send-otp", Halfway, Limit::TwoFactor, handler!(mfa::send_otp)),
    route(Method::POST, "/two-factor/verify-otp", Halfway, Limit::TwoFactor, handler!(mfa::verify_otp)),
    route(Method::POST, "/two-factor/verify-totp", Halfway, Limit::TwoFactor, handler!(mfa::verify_totp)),
    route(Method::POST, "/two-factor/verify-backup-code", Halfway, Limit::TwoFactor, handler!(mfa::verify_backup_code)),
];

/// Method and path of each route, at every mount.
pub(crate) fn routes() -> impl Iterator<Item = (Method, String)> {
    let mounted = MOUNTS
        .into_iter()
        .flat_map(|mount| ROUTES.iter().map(move |route| (route.method.clone(), format!("{mount}{}", route.path))));
    mounted.chain(HEALTH.into_iter().map(|path| (Method::GET, path.to_owned())))
}

/// The router of this dialect. One handler takes all below its mounts, as nevr's own router does: so that doubled and
/// trailing slashes reach the same route, and its counter.
pub fn router() -> Router<App> {
    below(&["/auth", "/api"])
}

/// The router for an application that has routes of its own below `/api`: nothing but what is below the mounts.
pub fn mounts() -> Router<App> {
    below(&MOUNTS)
}

fn below(mounts: &[&str]) -> Router<App> {
    let mut router = Router::new();
    for mount in mounts {
        let answer = |State(app): State<App>, request: Request| call::run(app, request);
        router = router.route(mount, any(answer)).route(&format!("{mount}/{{*path}}"), any(answer));
    }
    router
}

/// The routes at a path, whatever their method; none when there is nothing there.
fn at(path: &str) -> Option<Place> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let path = format!("/{}", parts.join("/"));
    if HEALTH.contains(&path.as_str()) {
        return Some(Place::Health);
    }
    let below = MOUNTS.into_iter().find_map(|mount| path.strip_prefix(mount))?;
    let found: Vec<_> = ROUTES.iter().filter(|route| route.path == below).collect();
    (!found.is_empty()).then_some(Place::Routes(found))
}

/// What is at a path.
enum Place {
    Health,
    Routes(Vec<&'static Route>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mount_and_every_spelling_of_slashes_leads_to_the_same_route() {
        for path in [
            "/auth/get-session",
            "/api/auth/get-session",
            "/api/api/auth/get-session",
            "/auth//get-session/",
            "/auth/get-session///",
        ] {
            let Some(Place::Routes(found)) = at(path) else { panic!("{path}") };
            assert_eq!(found.iter().map(|r| r.path).collect::<Vec<_>>(), ["/get-session"], "{path}");
        }
        for path in
            ["/auth", "/auth/", "/auth/Get-Session", "/auth/get%2Dsession", "/auth/./get-session", "/api/get-session"]
        {
            assert!(at(path).is_none(), "{path}");
        }
        assert!(matches!(at("/api/_health/"), Some(Place::Health)));
    }

    #[test]
    fn no_two_routes_are_one() {
        let mut all: Vec<_> = routes().collect();
        let count = all.len();
        all.sort_by(|a, b| (a.1.as_str(), a.0.as_str()).cmp(&(b.1.as_str(), b.0.as_str())));
        all.dedup();
        assert_eq!((all.len(), count), (count, MOUNTS.len() * ROUTES.len() + HEALTH.len()));
    }
}
