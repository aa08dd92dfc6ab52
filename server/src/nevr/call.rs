//! One call of a route: which project, who asks, and every check before the handler's own.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::HOST;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use countersign_domain::base::{Actor, Code, Ctx, Error, Secret};
use countersign_domain::project::{Nevr, RateLimit};
use countersign_domain::session::Session;
use countersign_domain::signin::{self, Caller, Terms};
use countersign_domain::user::User;

use super::error::Failure;
use super::{Limit, Place, Route, Who, at, cookie, health};
use crate::app::{App, Hosted, Signed};
use crate::http::call::{Answering, bearer, describe, peer, read, text};
use crate::http::client::{self, client_address, is_https};
use crate::http::cookie as http_cookie;
use crate::http::cors;
use crate::http::limit::Rule;
use crate::http::metrics::Dialect;
use crate::http::params::{Body, Params};

/// What a handler gives.
pub(super) type Answered = Result<Response, Failure>;

const XSS_PROTECTION: HeaderName = HeaderName::from_static("x-xss-protection");
const BLOCK: HeaderValue = HeaderValue::from_static("1; mode=block");
const ALLOWED: HeaderValue = HeaderValue::from_static("Content-Type, Authorization, X-Requested-With");
const EXPOSED: HeaderValue = HeaderValue::from_static("Retry-After, X-Request-Id, X-Retry-After");
/// The longest credential that is looked at.
const LONGEST: usize = 1_024;

/// A call that has passed every check but the handler's own.
pub(super) struct Call {
    pub app: App,
    pub hosted: Arc<Hosted>,
    pub ctx: Ctx,
    pub identity: Identity,
    /// The token of the session, where it came in a cookie.
    pub kept: Option<String>,
    /// Whether cookies are for https only.
    pub secure: bool,
    headers: HeaderMap,
    body: Body,
}

/// Who asks.
pub(super) enum Identity {
    /// Nobody; `stale` when a cookie was shown that opens nothing.
    Guest { stale: bool },
    /// Somebody whose session may be used.
    Session(Arc<Signed>),
    /// Somebody who has yet to show a second factor. The flag says whether his session is to last (`rememberMe`).
    Halfway(Arc<Signed>, bool),
    /// Somebody who is blocked.
    Blocked(Arc<Signed>),
}

impl Call {
    pub(super) const fn params(&self) -> Params<'_> {
        Params::of(&self.body)
    }

    pub(super) fn nevr(&self) -> &Nevr {
        &self.hosted.project.settings.nevr
    }

    /// The terms on which somebody is let in. `remember` is the client's `rememberMe`.
    pub(super) fn terms(&self, remember: bool) -> Terms {
        Terms::of_nevr(&self.hosted.project, remember)
    }

    /// Refuses where passwords are switched off for the project.
    pub(super) fn passwords_are_on(&self) -> Result<(), Failure> {
        if self.hosted.project.settings.auth.email_password { Ok(()) } else { Err(Code::MethodDisabled.into()) }
    }

    /// Whoever is signed in, for routes that only such people reach; or who waits for his second factor.
    fn signed(&self) -> Option<&Signed> {
        match &self.identity {
            Identity::Session(signed) | Identity::Halfway(signed, _) => Some(signed),
            Identity::Guest { .. } | Identity::Blocked(_) => None,
        }
    }

    pub(super) fn user(&self) -> Result<&User, Failure> {
        self.signed().map(|signed| &signed.user).ok_or_else(Failure::unauthorized)
    }

    pub(super) fn session(&self) -> Result<&Session, Failure> {
        self.signed().map(|signed| &signed.session).ok_or_else(Failure::unauthorized)
    }

    pub(super) fn caller(&self) -> Result<Caller, Failure> {
        let signed = self.signed().ok_or_else(Failure::unauthorized)?;
        Ok(Caller { user: signed.user.clone(), session: signed.session.clone() })
    }

    /// The session of the call, if it is good for everything.
    pub(super) fn full(&self) -> Option<&Arc<Signed>> {
        match &self.identity {
            Identity::Session(signed) => Some(signed),
            Identity::Guest { .. } | Identity::Halfway(..) | Identity::Blocked(_) => None,
        }
    }

    /// The value of a cookie.
    pub(super) fn cookie(&self, name: &str) -> Option<&str> {
        http_cookie::get(&self.headers, name).filter(|value| !value.is_empty() && value.len() <= LONGEST)
    }
}

/// Answers a request to anything below the mounts.
pub(super) async fn run(app: App, request: Request) -> Response {
    let place = at(request.uri().path());
    let path = match &place {
        Some(Place::Routes(routes)) => routes.first().map_or("", |route| route.path),
        Some(Place::Health) => "/health",
        None => "",
    };
    let mut page = cors::Caller::default();
    let answering = Answering::of(&app, Dialect::Nevr, path, &request);
    let answered = checked(place, &app, request, &mut page);
    let mut response = answering.answer(&app, answered, Failure::into_response).await;
    response.headers_mut().insert(XSS_PROTECTION, BLOCK);
    page.write(response.headers_mut(), EXPOSED);
    response
}

async fn checked(place: Option<Place>, app: &App, request: Request, page: &mut cors::Caller) -> Answered {
    let (parts, body) = request.into_parts();
    let routes = match place {
        Some(Place::Routes(routes)) => routes,
        Some(Place::Health) if parts.method == Method::GET => return Ok(health::show(app)),
        Some(Place::Health) | None => return Err(Failure::not_found()),
    };
    let headers = &parts.headers;
    let host = text(headers, HOST).unwrap_or_default();
    let hosted = app.project_of_host(host).await?;
    *page = cors::Caller::of(app, &hosted, headers, host);
    if parts.method == Method::OPTIONS {
        return page.preflight(ALLOWED).ok_or_else(Failure::not_found);
    }
    let route = routes.into_iter().find(|route| route.method == parts.method).ok_or_else(Failure::not_found)?;
    if !hosted.project.settings.nevr.enabled {
        return Err(Failure::new(StatusCode::FORBIDDEN, "API_DISABLED", "This API is switched off for the project."));
    }
    if page.is_foreign() && parts.method != Method::GET {
        return Err(Failure::new(
            StatusCode::FORBIDDEN,
            "INVALID_ORIGIN",
            "This origin is not a platform of the project. Add its host to the project's platforms.",
        ));
    }
    let peer = peer(&parts.extensions);
    let address = client_address(peer, headers, &app.trusted_proxies);
    let mut ctx = app.ctx(Arc::clone(&hosted.id), Actor::Guest, Some(address));
    count(app, &ctx, route, address, &hosted).await?;
    let (identity, kept) = identify(app, &hosted, &ctx, headers, route.who).await?;
    permit(route, &identity)?;
    if let Identity::Session(signed) | Identity::Halfway(signed, _) = &identity {
        ctx.actor = Actor::User { user: signed.user.id.clone(), session: signed.session.id.clone() };
    }
    let body = if parts.method == Method::GET {
        Body::default()
    } else {
        describe(&mut ctx, app, headers);
        let too_large = |words: String| Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "BAD_REQUEST", words);
        let bytes = read(app, body).await.map_err(too_large)?;
        Body::read(headers, &bytes)?
    };
    let secure = app.dev.is_none() || is_https(peer, headers, &app.trusted_proxies);
    let call = Call { app: app.clone(), hosted, ctx, identity, kept, secure, headers: parts.headers, body };
    (route.handler)(&call).await
}

/// Counts the call by address and path, the same at every mount.
async fn count(app: &App, ctx: &Ctx, route: &Route, address: IpAddr, hosted: &Hosted) -> Result<(), Failure> {
    let RateLimit::On { window, max } = Limit::of(route.limit, &hosted.project.settings.nevr) else { return Ok(()) };
    let rule = Rule { limit: u32::try_from(max).unwrap_or(u32::MAX), window_micros: window.saturating_mul(1_000) };
    let address = client::counted(address);
    match app.hit(ctx, "nevr", &[vec![route.path, address.as_str()]], rule).await? {
        Some(hit) if !hit.allowed => Err(Failure::rate_limited(hit.reset_at)),
        Some(_) | None => Ok(()),
    }
}

/// Who asks, and by which cookie if by one.
async fn identify(
    app: &App,
    hosted: &Hosted,
    ctx: &Ctx,
    headers: &HeaderMap,
    who: Who,
) -> Result<(Identity, Option<String>), Failure> {
    // What a sign-in left that waits for its second factor says more than an older session beside it.
    if who == Who::Halfway
        && let Some(cookie::Waiting { token, remember }) =
            http_cookie::get(headers, cookie::TWO_FACTOR).and_then(cookie::Waiting::parse)
        && let Some(signed) = find(app, ctx, token).await?
        && !signed.user.blocked
        && signin::gate(&hosted.project, &signed.user, &signed.session).is_err()
    {
        return Ok((Identity::Halfway(signed, remember), None));
    }
    let Found { signed, kept, stale } = look_up(app, ctx, headers).await?;
    let identity = match signed {
        None => Identity::Guest { stale },
        Some(signed) if signed.user.blocked => Identity::Blocked(signed),
        Some(signed) if signin::gate(&hosted.project, &signed.user, &signed.session).is_err() => {
            Identity::Halfway(signed, true)
        }
        Some(signed) => Identity::Session(signed),
    };
    Ok((identity, kept))
}

/// What a request shows of a session.
#[derive(Default)]
struct Found {
    signed: Option<Arc<Signed>>,
    /// The token, if a cookie held it.
    kept: Option<String>,
    /// Whether there was a cookie.
    stale: bool,
}

/// The session that a request shows, whatever it is good for.
async fn look_up(app: &App, ctx: &Ctx, headers: &HeaderMap) -> Result<Found, Failure> {
    let mut found = Found::default();
    if let Some(token) = bearer(headers) {
        // The header is looked at first; with one, a cookie is not.
        found.signed = find(app, ctx, token).await?;
        return Ok(found);
    }
    for token in http_cookie::all(headers, cookie::SESSION).filter(|token| !token.is_empty()) {
        if found.signed.is_none() {
            found.signed = find(app, ctx, token).await?;
            found.kept = found.signed.is_some().then(|| token.to_owned());
        }
        found.stale = true;
    }
    Ok(found)
}

/// Who is signed in, for routes that are not of this dialect.
pub(crate) async fn signed_in(app: &App, ctx: &Ctx, headers: &HeaderMap) -> Result<Option<Arc<Signed>>, Error> {
    match look_up(app, ctx, headers).await {
        Ok(found) => Ok(found.signed),
        Err(Failure { detail: Some(detail), .. }) => Err(Error::internal(detail)),
        Err(_) => Ok(None),
    }
}

async fn find(app: &App, ctx: &Ctx, token: &str) -> Result<Option<Arc<Signed>>, Failure> {
    if token.len() > LONGEST {
        return Ok(None);
    }
    Ok(app.session(ctx, token, |token| Some((Secret::new(token), None))).await?)
}

fn permit(route: &Route, identity: &Identity) -> Result<(), Failure> {
    match (route.who, identity) {
        (Who::Anybody, _)
        | (Who::People | Who::Halfway, Identity::Session(_))
        | (Who::Halfway, Identity::Halfway(..)) => Ok(()),
        (Who::People, Identity::Halfway(..)) => Err(Code::MoreFactorsRequired.into()),
        (Who::People | Who::Halfway, Identity::Blocked(_)) => Err(Code::UserBlocked.into()),
        (Who::People, Identity::Guest { .. }) => Err(Failure::unauthorized()),
        (Who::Halfway, Identity::Guest { .. }) => Err(Failure::new(
            StatusCode::UNAUTHORIZED,
            "INVALID_TWO_FACTOR_COOKIE",
            "No sign-in waits for a second factor here. Sign in first.",
        )),
    }
}
