//! The dialect of Frontegg's clients (contract frontegg): its browser and mobile clients, and servers that call it.
//!
//! A route is one row: its path, who may call it, how often. [`call::run`] applies the row; a handler reads its fields,
//! calls one verb and shapes the answer. Each file has its own rows and says what they are for ([`PARTS`]). All of it is
//! there twice, because browser clients put `/frontegg` before it.

mod activate;
mod call;
mod captcha;
mod configuration;
mod cookie;
mod error;
mod lockout;
mod mfa;
mod mfa_login;
mod oauth;
mod oauth_browser;
mod openapi;
mod password;
mod passwordless;
mod phone;
mod phone_reset;
mod policy;
mod recovery;
mod session;
mod sessions;
mod signup;
mod sms;
mod start;
mod strategy;
mod template;
mod tenant;
mod token;
mod user;
mod users;
mod vendor;
mod vendor_user;
mod webauthn;
mod wire;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::routing::any;
use futures_util::future::BoxFuture;

use crate::app::App;

use call::{Answered, Call};

pub(crate) use call::signed_in;
pub(crate) use openapi::document;

/// Where the routes are.
const MOUNTS: [&str; 2] = ["", "/frontegg"];

/// Who may call a route. A server needs the scope that is named.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Who {
    /// Anybody.
    Anybody,
    /// Whoever is signed in.
    People,
    /// A server.
    Vendor(&'static str),
    /// Whoever is signed in, or a server.
    PeopleOrVendor(&'static str),
    /// Whoever is signed in, or a server that names in `frontegg-user-id` for whom it acts.
    PeopleOrFor(&'static str),
}

/// What a server needs to read about people.
const READ: &str = "users.read";
/// What it needs to change them.
const WRITE: &str = "users.write";

/// By what the project of a call is found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    /// A server's token, `frontegg-vendor-host`, `Host`, or else it is the default one.
    Host,
    /// `clientId` in the body.
    Body,
}

type Handler = for<'a> fn(&'a Call) -> BoxFuture<'a, Answered>;

/// A row of the route table.
struct Route {
    method: Method,
    /// Below each of [`MOUNTS`].
    path: &'static str,
    who: Who,
    /// The most calls from one address in a minute; 0: any number.
    limit: u32,
    place: Place,
    handler: Handler,
}

impl Route {
    const fn new(method: Method, path: &'static str, who: Who, handler: Handler) -> Self {
        Self { method, path, who, limit: 0, place: Place::Host, handler }
    }

    /// The same for at most so many calls from one address in a minute.
    const fn limited(mut self, limit: u32) -> Self {
        self.limit = limit;
        self
    }

    /// The same of the project that the body names.
    const fn by_client(mut self) -> Self {
        self.place = Place::Body;
        self
    }

    /// What stands in the gaps of its path when it is called at `path`; none when it is not this route.
    fn gaps<'a>(&self, path: &'a str) -> Option<Gaps<'a>> {
        let mut gaps = Gaps::default();
        let mut parts = path.split('/');
        for own in self.path.split('/') {
            let part = parts.next()?;
            match own.strip_prefix('{').and_then(|own| own.strip_suffix('}')) {
                Some(name) if !part.is_empty() => gaps.0.push((name, part)),
                None if own == part => {}
                Some(_) | None => return None,
            }
        }
        parts.next().is_none().then_some(gaps)
    }
}

/// What stands in the gaps of a path: names and values.
#[derive(Default, PartialEq, Eq, Debug)]
struct Gaps<'a>(Vec<(&'static str, &'a str)>);

macro_rules! handler {
    ($($path:ident)::+) => {
        |call| Box::pin($($path)::+(call))
    };
}
use handler;

/// The routes of a file and their documentation.
struct Part {
    routes: &'static [Route],
    document: fn() -> utoipa::openapi::OpenApi,
}

macro_rules! part {
    ($file:ident) => {
        Part { routes: $file::ROUTES, document: <$file::Document as utoipa::OpenApi>::openapi }
    };
}

/// All files with routes.
static PARTS: &[Part] = &[
    part!(start),
    part!(password),
    part!(passwordless),
    part!(recovery),
    part!(signup),
    part!(activate),
    part!(session),
    part!(oauth),
    part!(oauth_browser),
    part!(sessions),
    part!(user),
    part!(vendor),
    part!(users),
    part!(vendor_user),
    part!(tenant),
    part!(mfa),
    part!(mfa_login),
    part!(webauthn),
    part!(policy),
    part!(captcha),
    part!(lockout),
    part!(strategy),
    part!(configuration),
    part!(phone),
    part!(phone_reset),
    part!(sms),
    part!(template),
];

fn all() -> impl Iterator<Item = &'static Route> {
    PARTS.iter().flat_map(|part| part.routes)
}

/// Method and path of each route, at every mount.
pub(crate) fn routes() -> impl Iterator<Item = (Method, String)> {
    MOUNTS
        .into_iter()
        .flat_map(|mount| all().map(move |route| (route.method.clone(), format!("{mount}{}", route.path))))
}

/// Hosted login, route by route: `/oauth/callback` is where applications take the answer.
const OAUTH: [&str; 5] =
    ["/oauth/authorize", "/oauth/authorize/silent", "/oauth/token", "/oauth/logout", "/oauth/logout/token"];

/// The router of this dialect. One handler takes all below its mounts, so that what is no route is refused in its words.
pub fn router() -> Router<App> {
    ["/flags", "/metadata", "/vendors/public", "/.well-known/openid-configuration"]
        .into_iter()
        .fold(mounts(), |router, path| router.route(path, any(answer)))
}

/// The router for an application that has routes of its own: what browser clients ask for without `/frontegg` is its.
pub fn mounts() -> Router<App> {
    let mut router = Router::new().route("/auth/vendor", any(answer));
    for path in OAUTH {
        router = router.route(path, any(answer));
    }
    for mount in ["/frontegg", "/identity", "/tenants/resources", "/team/resources"] {
        for path in [mount.to_owned(), format!("{mount}/"), format!("{mount}/{{*path}}")] {
            router = router.route(&path, any(answer));
        }
    }
    router
}

async fn answer(State(app): State<App>, request: Request) -> axum::response::Response {
    let path = bare(request.uri().path());
    if path == oauth_browser::LOGOUT
        && let Some(led) = oauth_browser::asked_by_page(&app, &request)
    {
        return led;
    }
    if ![oauth::TOKEN, oauth::LOGOUT_TOKEN].contains(&path) {
        return call::run(app, request).await;
    }
    match oauth::unfolded(&app, request).await {
        Ok(request) => call::run(app, request).await,
        Err(failure) => failure.into_response(app.clock.now()),
    }
}

/// A path without what browser clients put before it.
fn bare(path: &str) -> &str {
    path.strip_prefix(MOUNTS[1]).filter(|rest| rest.starts_with('/')).unwrap_or(path)
}

/// The routes at a path, whatever their method, with what stands in its gaps. One that names the path itself comes before
/// one with a gap there.
fn at(path: &str) -> Vec<(&'static Route, Gaps<'_>)> {
    let path = bare(path);
    let mut found: Vec<_> = all().filter_map(|route| Some((route, route.gaps(path)?))).collect();
    found.sort_by_key(|(_, gaps)| gaps.0.len());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing(_: &Call) -> BoxFuture<'_, Answered> {
        unreachable!("no test calls it")
    }

    #[test]
    fn a_path_is_a_route_with_something_in_each_gap() {
        let route = Route::new(Method::GET, "/a/{one}/b/{two}", Who::Anybody, nothing);
        assert_eq!(route.gaps("/a/x/b/y"), Some(Gaps(vec![("one", "x"), ("two", "y")])));
        for path in ["/a/x/b", "/a/x/b/", "/a//b/y", "/a/x/b/y/", "/a/x/c/y", "a/x/b/y", "/A/x/b/y"] {
            assert_eq!(route.gaps(path), None, "{path}");
        }
    }

    #[test]
    fn every_route_is_there_with_and_without_the_prefix() {
        for (_, path) in routes() {
            let found = at(&path);
            assert!(!found.is_empty() && path.ends_with(found[0].0.path), "{path}");
        }
        for path in
            ["/frontegg", "/frontegg/", "/fronteggs/auth/vendor", "/frontegg/frontegg/auth/vendor", "/auth/vendor/"]
        {
            assert!(at(path).is_empty(), "{path}");
        }
    }

    #[test]
    fn no_two_routes_are_one_and_none_is_outside_the_router() {
        let mut all: Vec<_> = routes().collect();
        let count = all.len();
        all.sort_by(|a, b| (a.1.as_str(), a.0.as_str()).cmp(&(b.1.as_str(), b.0.as_str())));
        all.dedup();
        assert_eq!(all.len(), count);
        let served = ["/frontegg/", "/identity/", "/tenants/resources/", "/team/resources/"];
        let mut exact =
            vec!["/auth/vendor", "/flags", "/metadata", "/vendors/public", "/.well-known/openid-configuration"];
        exact.extend(OAUTH);
        for (_, path) in routes() {
            assert!(served.iter().any(|mount| path.starts_with(mount)) || exact.contains(&path.as_str()), "{path}");
        }
    }
}
