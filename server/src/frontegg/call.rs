//! One call of a route: which project, who asks, and every check before the handler's own.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use countersign_domain::base::time::SECOND;
use countersign_domain::base::{Actor, Code, Ctx, Error, Time};
use countersign_domain::project::{self, Key, Project};
use countersign_domain::session::Session;
use countersign_domain::signin::{self, Caller, Step, Terms};
use countersign_domain::token::Unchecked;
use countersign_domain::user::{self, User};

use super::error::Failure;
use super::token::{self, UserClaims, VendorClaims};
use super::{Gaps, Place, Route, Who, at};
use crate::app::{App, Hosted, Signed};
use crate::http::call::{Answering, bearer, describe, peer, read, text};
use crate::http::client::{self, client_address, is_https};
use crate::http::cookie as http_cookie;
use crate::http::cors;
use crate::http::form;
use crate::http::limit::Rule;
use crate::http::metrics::Dialect;
use crate::http::params::{Body, Params};

/// What a handler gives.
pub(super) type Answered = Result<Response, Failure>;

/// What its name is in the answer (contract frontegg §1.3).
const TRACE_ID: HeaderName = HeaderName::from_static("frontegg-trace-id");
const ACCESS_TOKEN: HeaderName = HeaderName::from_static("x-access-token");
const VENDOR_HOST: HeaderName = HeaderName::from_static("frontegg-vendor-host");
const USER_ID: HeaderName = HeaderName::from_static("frontegg-user-id");
const TENANT_ID: HeaderName = HeaderName::from_static("frontegg-tenant-id");
const EXPOSED: HeaderValue = HeaderValue::from_static("Retry-After, frontegg-trace-id, X-Request-Id");
/// Every header that a browser client sends (contract frontegg §1.3).
const ALLOWED: HeaderValue = HeaderValue::from_static(
    "Authorization, Content-Type, x-access-token, frontegg-user-id, frontegg-tenant-id, frontegg-vendor-host, \
     frontegg-application-id, frontegg-requested-application-id, frontegg-environment-id, frontegg-login-alias, \
     frontegg-scoped-tenant, frontegg-source, x-frontegg-framework, x-frontegg-sdk",
);
/// The longest credential that is looked at.
const LONGEST: usize = 8_192;

/// A call that has passed every check but the handler's own.
pub(super) struct Call {
    pub app: App,
    pub hosted: Arc<Hosted>,
    pub ctx: Ctx,
    pub identity: Identity,
    /// Whether cookies are for https only.
    pub secure: bool,
    /// Whether a page on another origin called, so that its cookies must travel there.
    pub cross_site: bool,
    headers: HeaderMap,
    gaps: Vec<(&'static str, String)>,
    query: Vec<(String, String)>,
    body: Body,
}

/// Who asks.
pub(super) enum Identity {
    /// Nobody that is known.
    Guest,
    /// Somebody who is signed in.
    User(Arc<Signed>),
    /// A customer's own server.
    Vendor(Box<Vendor>),
}

/// A customer's own server.
pub(super) struct Vendor {
    /// The API key that its token was made of.
    pub key: Key,
    /// For whom it acts, if it says so.
    pub user: Option<User>,
}

impl Call {
    /// The fields of the body. An empty text is none.
    pub(super) const fn params(&self) -> Params<'_> {
        Params::of(&self.body)
    }

    pub(super) fn project(&self) -> &Project {
        &self.hosted.project
    }

    /// The terms on which somebody is let in.
    pub(super) fn terms(&self) -> Terms {
        Terms::of_frontegg(&self.hosted.project)
    }

    /// Whoever is signed in, or for whom a server acts.
    pub(super) fn user(&self) -> Result<&User, Failure> {
        match &self.identity {
            Identity::User(signed) => Ok(&signed.user),
            Identity::Vendor(vendor) => vendor.user.as_ref().ok_or_else(Failure::unauthorized),
            Identity::Guest => Err(Failure::unauthorized()),
        }
    }

    /// The same as a caller of the domain. A server vouches for whom it acts.
    pub(super) fn caller(&self) -> Result<Caller, Failure> {
        let user = self.user()?.clone();
        let session = match &self.identity {
            Identity::User(signed) => signed.session.clone(),
            Identity::Vendor(_) | Identity::Guest => Session::vouched(&user.id, self.ctx.now),
        };
        Ok(Caller { user, session })
    }

    /// What stands in a gap of the path, as it was written: no id of ours needs escaping. Empty where there is no such gap.
    pub(super) fn gap(&self, name: &str) -> &str {
        self.gaps.iter().find(|(gap, _)| *gap == name).map_or("", |(_, value)| value)
    }

    /// The last value of this name in the query that is not empty.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        self.queries(name).pop()
    }

    /// All values of this name in the query that are not empty: `a=1&a=2`, also written as `a[]=1`.
    pub(super) fn queries(&self, name: &str) -> Vec<&str> {
        let is_it = |key: &str| key.strip_suffix("[]").unwrap_or(key) == name;
        self.query.iter().filter(|(key, value)| is_it(key) && !value.is_empty()).map(|(_, v)| v.as_str()).collect()
    }

    /// The account of a project's users that a server names in `frontegg-tenant-id`.
    pub(super) fn tenant(&self) -> Option<&str> {
        text(&self.headers, TENANT_ID).filter(|id| !id.is_empty())
    }

    /// The origin of the page that calls, as its browser says.
    pub(super) fn origin(&self) -> Option<&str> {
        text(&self.headers, ORIGIN)
    }

    /// The value of a cookie.
    pub(super) fn cookie(&self, name: &str) -> Option<&str> {
        http_cookie::get(&self.headers, name).filter(|value| !value.is_empty() && value.len() <= LONGEST)
    }
}

/// Answers a request to anything below the mounts.
pub(super) async fn run(app: App, request: Request) -> Response {
    let uri = request.uri().clone();
    let places = at(uri.path());
    let path = places.first().map_or("", |(route, _)| route.path);
    let mut page = cors::Caller::default();
    let answering = Answering::of(&app, Dialect::Frontegg, path, &request);
    let answered = checked(places, &app, request, &mut page);
    let mut response = answering.answer(&app, answered, Failure::into_response).await;
    if let Ok(value) = HeaderValue::from_str(answering.id()) {
        response.headers_mut().insert(TRACE_ID, value);
    }
    page.write(response.headers_mut(), EXPOSED);
    response
}

async fn checked(
    places: Vec<(&'static Route, Gaps<'_>)>,
    app: &App,
    request: Request,
    page: &mut cors::Caller,
) -> Answered {
    if places.is_empty() {
        return Err(Failure::not_found());
    }
    let (parts, body) = request.into_parts();
    let headers = &parts.headers;
    let shown = Shown::of(headers);
    let found = places.into_iter().find(|(route, _)| route.method == parts.method);
    let (hosted, body) = match &found {
        Some((Route { place: Place::Body, .. }, _)) => {
            let body = read_body(app, headers, body).await?;
            (by_client(app, &body).await?, Sent::Read(body))
        }
        Some(_) | None => (by_host(app, headers, shown.as_ref()).await?, Sent::Unread(body)),
    };
    *page = cors::Caller::of(app, &hosted, headers, text(headers, HOST).unwrap_or_default());
    if parts.method == Method::OPTIONS {
        return page.preflight(ALLOWED).ok_or_else(Failure::not_found);
    }
    let (route, gaps) = found.ok_or_else(Failure::not_found)?;
    if !hosted.project.settings.frontegg.enabled {
        return Err(Failure::new(StatusCode::FORBIDDEN, "This API is switched off for the project."));
    }
    if page.is_foreign() && parts.method != Method::GET {
        let words = "This origin is not a platform of the project. Add its host to the project's platforms.";
        return Err(Failure::new(StatusCode::FORBIDDEN, words));
    }
    let peer = peer(&parts.extensions);
    let address = client_address(peer, headers, &app.trusted_proxies);
    let mut ctx = app.ctx(Arc::clone(&hosted.id), Actor::Guest, Some(address));
    let identity = identify(app, &hosted, &ctx, headers, shown).await?;
    count(app, &ctx, route, address, &hosted.project, &identity).await?;
    permit(route.who, &identity)?;
    match &identity {
        Identity::User(signed) => {
            ctx.actor = Actor::User { user: signed.user.id.clone(), session: signed.session.id.clone() };
        }
        Identity::Vendor(vendor) => ctx.actor = Actor::Key(vendor.key.id.clone()),
        Identity::Guest => {}
    }
    describe(&mut ctx, app, headers);
    let body = match body {
        Sent::Read(body) => body,
        Sent::Unread(_) if parts.method == Method::GET => Body::default(),
        Sent::Unread(body) => read_body(app, headers, body).await?,
    };
    let call = Call {
        app: app.clone(),
        hosted,
        ctx,
        identity,
        secure: app.dev.is_none() || is_https(peer, headers, &app.trusted_proxies),
        cross_site: page.is_cross_site(),
        gaps: gaps.0.into_iter().map(|(name, value)| (name, value.to_owned())).collect(),
        query: form::pairs(parts.uri.query().unwrap_or_default()).collect(),
        headers: parts.headers,
        body,
    };
    (route.handler)(&call).await
}

/// The body of a request, read or not.
enum Sent {
    Read(Body),
    Unread(axum::body::Body),
}

async fn read_body(app: &App, headers: &HeaderMap, body: axum::body::Body) -> Result<Body, Failure> {
    let too_large = |words: String| Failure::new(StatusCode::PAYLOAD_TOO_LARGE, words);
    let bytes = read(app, body).await.map_err(too_large)?;
    Ok(Body::read(headers, &bytes)?.without_blanks())
}

/// A token that a request shows, before anything about it is checked.
struct Shown<'a> {
    token: &'a str,
    says: Unchecked,
}

impl<'a> Shown<'a> {
    /// The bearer token, or the one that Frontegg's servers send (contract frontegg §1.2).
    fn of(headers: &'a HeaderMap) -> Option<Self> {
        let own = text(headers, ACCESS_TOKEN).map(str::trim);
        let shown = [bearer(headers), own].into_iter().flatten().filter(|token| token.len() <= LONGEST);
        shown.into_iter().find_map(|token| Some(Self { token, says: Unchecked::read(token)? }))
    }

    fn is_vendor(&self) -> bool {
        self.says.kind == token::VENDOR
    }
}

/// The project of a server's token, of the host name that a server says, of the one that a browser called, or else the
/// default one (contract frontegg §1.1). Each is chosen by whoever sends it: it opens nothing by itself.
async fn by_host(app: &App, headers: &HeaderMap, shown: Option<&Shown<'_>>) -> Result<Arc<Hosted>, Failure> {
    if let Some(shown) = shown.filter(|shown| shown.is_vendor())
        && let Some(hosted) = app.projects.find_by_client(app, &shown.says.aud).await?
    {
        return Ok(hosted);
    }
    let host = text(headers, VENDOR_HOST).filter(|host| !host.is_empty()).or_else(|| text(headers, HOST));
    // Clients write the host that they were given, at times as an address.
    let host = host.unwrap_or_default();
    let host = host.strip_prefix("https://").or_else(|| host.strip_prefix("http://")).unwrap_or(host);
    Ok(app.project_of_host(host.trim_end_matches('/')).await?)
}

/// The project that the body names by its client id.
async fn by_client(app: &App, body: &Body) -> Result<Arc<Hosted>, Failure> {
    let mut params = Params::of(body);
    let Some(client) = params.text("clientId", 1, 64) else { return Err(params.failure().into()) };
    // An unknown id is refused like a wrong secret.
    app.projects.find_by_client(app, client).await?.ok_or_else(Failure::bad_secret)
}

/// Counts the call by address and path, the same at every mount. A customer's own server is not counted.
async fn count(
    app: &App,
    ctx: &Ctx,
    route: &Route,
    address: IpAddr,
    project: &Project,
    identity: &Identity,
) -> Result<(), Failure> {
    if route.limit == 0 || !project.settings.frontegg.rate_limits || matches!(identity, Identity::Vendor(_)) {
        return Ok(());
    }
    let rule = Rule { limit: route.limit, window_micros: 60 * SECOND };
    let address = client::counted(address);
    match app.hit(ctx, "frontegg", &[vec![route.path, address.as_str()]], rule).await? {
        Some(hit) if !hit.allowed => Err(Code::TooManyAttempts { retry_at: hit.reset_at }.into()),
        Some(_) | None => Ok(()),
    }
}

/// Who asks. What is shown and opens nothing is nobody.
async fn identify(
    app: &App,
    hosted: &Hosted,
    ctx: &Ctx,
    headers: &HeaderMap,
    shown: Option<Shown<'_>>,
) -> Result<Identity, Failure> {
    let Some(shown) = shown else { return Ok(Identity::Guest) };
    if !shown.is_vendor() {
        let signed = by_token(app, hosted, ctx, shown.token).await?;
        return Ok(signed.filter(|signed| is_let_in(&hosted.project, signed)).map_or(Identity::Guest, Identity::User));
    }
    let Some(key) = by_key(app, hosted, ctx.now, shown.token).await? else { return Ok(Identity::Guest) };
    let user = match text(headers, USER_ID).filter(|id| !id.is_empty()) {
        Some(id) => {
            let (project, id) = (Arc::clone(&hosted.id), id.to_owned());
            Some(app.db.read(move |tx| user::get(tx, &project, &id)).await?)
        }
        None => None,
    };
    Ok(Identity::Vendor(Box::new(Vendor { key, user })))
}

/// Whether the session is good for more than showing a second factor.
fn is_let_in(project: &Project, signed: &Signed) -> bool {
    !signed.user.blocked && signin::next_step(project, &signed.user, &signed.session.factors) == Step::Done
}

/// Whose access token this is, if its session still lives, whatever that is good for.
async fn by_token(app: &App, hosted: &Hosted, ctx: &Ctx, token: &str) -> Result<Option<Arc<Signed>>, Error> {
    let claims = hosted.keys.verify_access::<UserClaims>(hosted.project.client_id(), token, ctx.now);
    match claims.filter(|claims| claims.kind == token::USER) {
        Some(claims) => app.session_by_id(ctx, &claims.sub, &claims.sid).await,
        None => Ok(None),
    }
}

/// The key that a server's token was made of, if it still counts.
async fn by_key(app: &App, hosted: &Hosted, now: Time, token: &str) -> Result<Option<Key>, Failure> {
    let claims = hosted.keys.verify_access::<VendorClaims>(hosted.project.client_id(), token, now);
    let Some(claims) = claims.filter(|claims| claims.kind == token::VENDOR) else { return Ok(None) };
    let project = Arc::clone(&hosted.id);
    match app.db.read(move |tx| project::find_key_by_id(tx, &project, &claims.key_id, now)).await {
        Ok(key) => Ok(key),
        Err(error) if error.code == Code::KeyExpired => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Who is signed in, for routes that are not of this dialect.
pub(crate) async fn signed_in(
    app: &App,
    hosted: &Hosted,
    ctx: &Ctx,
    headers: &HeaderMap,
) -> Result<Option<Arc<Signed>>, Error> {
    match Shown::of(headers).filter(|shown| !shown.is_vendor()) {
        Some(shown) => by_token(app, hosted, ctx, shown.token).await,
        None => Ok(None),
    }
}

fn permit(who: Who, identity: &Identity) -> Result<(), Failure> {
    let refused = |status, words: &str| Err(Failure::new(status, words));
    match (who, identity) {
        (Who::Anybody, _) | (Who::People | Who::PeopleOrVendor(_) | Who::PeopleOrFor(_), Identity::User(_)) => Ok(()),
        (_, Identity::Guest) => Err(Failure::unauthorized()),
        (Who::People, Identity::Vendor(_)) => {
            refused(StatusCode::FORBIDDEN, "This route is for people: send a user's token.")
        }
        (Who::Vendor(_), Identity::User(_)) => {
            refused(StatusCode::FORBIDDEN, "This route is for servers: send a token of /auth/vendor.")
        }
        (Who::Vendor(scope) | Who::PeopleOrVendor(scope) | Who::PeopleOrFor(scope), Identity::Vendor(vendor)) => {
            if !vendor.key.may(scope) {
                return refused(StatusCode::FORBIDDEN, &format!("The API key lacks the scope {scope}."));
            }
            match (who, &vendor.user) {
                (Who::PeopleOrFor(_), None) => {
                    refused(StatusCode::BAD_REQUEST, "Name in the header frontegg-user-id for whom you act.")
                }
                _ => Ok(()),
            }
        }
    }
}
