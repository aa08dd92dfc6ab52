//! One call of a route: who asks, and every check in the order of the contract (nuvix §1.4).

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request, State};
use axum::http::header::{COOKIE, HOST};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use countersign_domain::base::{Actor, Code, Ctx, Email, Error, Secret, Time};
use countersign_domain::project::{self, Key, Project, Redirect};
use countersign_domain::session::Session;
use countersign_domain::signin::{self, Caller};
use countersign_domain::user::{self, User};
use countersign_domain::verification::Purpose;
use serde::Deserialize;

use super::cors;
use super::error::Failure;
use super::params::{Body, Params};
use super::sent::Sent;
use super::{Flavour, HOURLY, Part, Route, Switch, write_hit};
use crate::app::{App, Hosted, Signed};
use crate::http::call::{Answering, agent, language, peer, read, text};
use crate::http::client::{self, client_address, is_https};
use crate::http::cookie;
use crate::http::cors::Caller as Page;
use crate::http::form;
use crate::http::limit::{Hit, Rule};
use crate::http::metrics::Dialect;

/// A call that has passed every check but the handler's own.
pub(super) struct Call {
    pub app: App,
    pub hosted: Arc<Hosted>,
    pub flavour: Flavour,
    pub ctx: Ctx,
    pub identity: Identity,
    /// The value in the path, if the route has one.
    pub path_value: String,
    second_path_value: String,
    pub is_https: bool,
    /// Whether the browser may be unable to keep our cookie.
    pub needs_fallback: bool,
    /// `Idempotency-Key`, at most 255 characters.
    pub idempotency_key: Option<String>,
    body: Body,
}

/// Who asks.
pub(super) enum Identity {
    Guest,
    Session(Arc<Signed>),
    /// A JWT of a session.
    Jwt(Arc<Signed>),
    Key(Key),
}

impl Call {
    pub(super) fn params(&self) -> Result<Params<'_>, Failure> {
        Params::of(&self.body)
    }

    /// The second value in the path, if the route has one.
    pub(super) fn second_path_value(&self) -> &str {
        &self.second_path_value
    }

    fn signed(&self) -> Option<&Signed> {
        match &self.identity {
            Identity::Session(signed) | Identity::Jwt(signed) => Some(signed),
            Identity::Guest | Identity::Key(_) => None,
        }
    }

    /// The account that is signed in.
    pub(super) fn user(&self) -> Result<&User, Failure> {
        self.signed().map(|signed| &signed.user).ok_or_else(|| Code::UserNotFound.into())
    }

    /// Whoever is signed in, with the session: a JWT acts in the one that it was made in.
    pub(super) fn caller(&self) -> Result<Caller, Failure> {
        let signed = self.signed().ok_or_else(|| Failure::from(Code::UserNotFound))?;
        Ok(Caller { user: signed.user.clone(), session: signed.session.clone() })
    }

    /// Whether the session has yet to show a second factor.
    pub(super) fn is_gated(&self) -> bool {
        self.signed().is_some_and(|s| signin::gate(&self.hosted.project, &s.user, &s.session).is_err())
    }

    /// The page that a link is to lead to: the client's, or without one our own.
    pub(super) fn redirect(&self, url: Option<&str>, purpose: Purpose) -> Result<Redirect, Failure> {
        if let Some(url) = url.filter(|url| !url.is_empty()) {
            return Ok(Redirect::check(&self.hosted.project, url, self.app.dev.is_some())?);
        }
        self.app.link_page(&self.hosted.id, purpose)?.ok_or_else(|| {
            let rule =
                "Param \"url\" is not optional: this server has no public_url, so links cannot lead to its own page.";
            Failure::invalid(vec![rule.to_owned()])
        })
    }

    /// The session of the call: a JWT has none of its own (contract nuvix §1.8).
    pub(super) fn session(&self) -> Option<&Session> {
        match &self.identity {
            Identity::Session(signed) => Some(&signed.session),
            Identity::Guest | Identity::Jwt(..) | Identity::Key(_) => None,
        }
    }

    pub(super) fn is_key(&self) -> bool {
        matches!(self.identity, Identity::Key(_))
    }
}

impl From<Code> for Failure {
    fn from(code: Code) -> Self {
        Error::from(code).into()
    }
}

/// What every answer tells about its call, a refusal included.
#[derive(Clone, Default)]
struct Marks {
    caller: Page,
    needs_fallback: bool,
    hit: Option<Hit>,
}

impl Marks {
    fn write(&self, headers: &mut HeaderMap, flavour: Flavour) {
        if let Some(hit) = self.hit {
            write_hit(headers, flavour, hit);
        }
        headers.insert(DEBUG_FALLBACK, HeaderValue::from_static(if self.needs_fallback { "true" } else { "false" }));
        cors::write(&self.caller, headers);
    }
}

/// Answers a request to one of `routes`, which share a path.
pub(super) async fn run(
    routes: &'static [&'static Route],
    path: &'static str,
    State(app): State<App>,
    path_params: Result<RawPathParams, RawPathParamsRejection>,
    request: Request,
) -> Response {
    let flavour = Sent::of(request.headers()).flavour();
    // Bytes that are no text name nothing.
    let Ok(path_params) = path_params else { return Failure::not_found().into_response(flavour, app.clock.now()) };
    let mut values = path_params.iter().map(|(_, value)| value.to_owned());
    let path_values = [values.next().unwrap_or_default(), values.next().unwrap_or_default()];
    let mut marks = Marks::default();
    let answering = Answering::of(&app, Dialect::Nuvix, path, &request);
    let answered = checked(routes, path, &app, flavour, path_values, request, &mut marks);
    let mut response = answering.answer(&app, answered, |failure, now| failure.into_response(flavour, now)).await;
    marks.write(response.headers_mut(), flavour);
    response
}

/// Answers a request to a path that no route has.
pub(crate) async fn unknown_route(State(app): State<App>, request: Request) -> Response {
    let headers = request.headers();
    let sent = Sent::of(headers);
    let flavour = sent.flavour();
    let mut marks = Marks { needs_fallback: app.dev.is_some(), ..Marks::default() };
    // A page of the project may read this answer as well.
    let arguments: Vec<_> = request.uri().query().map(|q| form::pairs(q).collect()).unwrap_or_default();
    if let Ok(hosted) = hosted(&app, &sent, &arguments).await {
        let host = text(headers, HOST).unwrap_or_default();
        marks.caller = Page::of(&app, &hosted, headers, host);
    }
    let mut response = Failure::not_found().into_response(flavour, app.clock.now());
    marks.write(response.headers_mut(), flavour);
    response
}

async fn checked(
    routes: &'static [&'static Route],
    path: &'static str,
    app: &App,
    flavour: Flavour,
    [path_value, second_path_value]: [String; 2],
    request: Request,
    marks: &mut Marks,
) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    let headers = &parts.headers;
    let peer = peer(&parts.extensions);
    let arguments: Vec<(String, String)> = parts.uri.query().map(|q| form::pairs(q).collect()).unwrap_or_default();

    let sent = Sent::of(headers);
    let hosted = hosted(app, &sent, &arguments).await?;
    let host = text(headers, HOST).unwrap_or_default();
    let caller = Page::of(app, &hosted, headers, host);
    if parts.method == Method::OPTIONS {
        return cors::preflight(&caller, headers, routes);
    }
    let is_https = is_https(peer, headers, &app.trusted_proxies);
    marks.needs_fallback = app.dev.is_some() || (caller.is_cross_site() && !is_https);
    let is_foreign = caller.is_foreign();
    marks.caller = caller;
    let Some(route) = routes.iter().find(|r| r.method == parts.method) else { return Err(Failure::not_found()) };
    if !matches!(sent.mode(), None | Some("default" | "admin")) {
        return Err(Failure::new(StatusCode::BAD_REQUEST, "invalid_params", "The mode must be default or admin."));
    }

    let address = client_address(peer, headers, &app.trusted_proxies);
    let mut ctx = app.ctx(Arc::clone(&hosted.id), Actor::Guest, Some(address));
    let identity = identify(app, &hosted, &ctx, headers, &sent, &arguments).await?;
    ctx.actor = match &identity {
        Identity::Guest => Actor::Guest,
        Identity::Key(key) => Actor::Key(key.id.clone()),
        Identity::Session(signed) => Actor::User { user: signed.user.id.clone(), session: signed.session.id.clone() },
        Identity::Jwt(signed) => Actor::User { user: signed.user.id.clone(), session: String::new() },
    };
    let is_key = matches!(identity, Identity::Key(_));
    if is_foreign && parts.method != Method::GET && !is_key {
        return Err(cors::foreign());
    }

    let body = if parts.method == Method::GET {
        Body::of_query(arguments)
    } else {
        // Nothing that is only read asks for these.
        ctx.locale = locale(app, headers, &sent);
        ctx.user_agent = agent(headers);
        let too_large = |words: String| Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "general_bad_request", words);
        let bytes = read(app, body).await.map_err(too_large)?;
        match Body::read(headers, &bytes) {
            Body::Fields(fields) if fields.is_empty() && parts.method == Method::DELETE => Body::of_query(arguments),
            body => body,
        }
    };
    let settings = &hosted.project.settings;
    if !is_key && !route.switch.is_none_or(|s| is_on(s, &settings.auth)) {
        return Err(Code::MethodDisabled.into());
    }
    if !is_key && settings.nuvix.rate_limits {
        marks.hit = count(app, &ctx, route, path, address, &identity, &body).await?;
    }
    if let Some(hit) = marks.hit.filter(|h| !h.allowed) {
        return Err(Failure::too_many(hit));
    }
    if !settings.nuvix.enabled {
        return Err(Failure::new(
            StatusCode::FORBIDDEN,
            "general_api_disabled",
            "This API is switched off for the project.",
        ));
    }
    permit(route, &hosted.project, &identity)?;
    body.check()?;

    let idempotency_key = match headers.get("idempotency-key").map(|v| v.to_str().map(str::to_owned)) {
        None => None,
        Some(Ok(key)) if (1..=255).contains(&key.len()) => Some(key),
        Some(_) => return Err(Failure::bad_request("The Idempotency-Key must be 1 to 255 ASCII characters.")),
    };
    let call = Call {
        needs_fallback: marks.needs_fallback,
        idempotency_key,
        app: app.clone(),
        hosted,
        flavour,
        ctx,
        identity,
        path_value,
        second_path_value,
        is_https,
        body,
    };
    (route.handler)(&call).await
}

const DEBUG_FALLBACK: HeaderName = HeaderName::from_static("x-debug-fallback");

fn argument<'a>(arguments: &'a [(String, String)], name: &str) -> Option<&'a str> {
    arguments.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str())
}

async fn hosted(app: &App, sent: &Sent<'_>, arguments: &[(String, String)]) -> Result<Arc<Hosted>, Failure> {
    let named = sent.project().or_else(|| argument(arguments, "project")).or(app.default_project.as_deref());
    match named {
        Some(id) => Ok(app.project(id).await?),
        None => Err(Code::ProjectNotFound.into()),
    }
}

fn clip(text: &str, most: usize) -> &str {
    text.get(..most).unwrap_or(text).get(..text.len().min(most)).unwrap_or_default()
}

/// The language of what is sent: the dialect's header, then `Accept-Language`.
fn locale(app: &App, headers: &HeaderMap, sent: &Sent<'_>) -> Option<Arc<str>> {
    if let Some(wanted) = sent.locale() {
        return Some(Arc::from(app.texts.choose(&[wanted])));
    }
    language(app, headers)
}

fn is_on(switch: Switch, auth: &project::Auth) -> bool {
    match switch {
        Switch::Phone => auth.phone,
        Switch::EmailPassword => auth.email_password,
        Switch::EmailOtp => auth.email_otp,
        Switch::MagicUrl => auth.magic_url,
        Switch::Anonymous => auth.anonymous,
        Switch::Jwt => auth.jwt,
    }
}

#[derive(Deserialize)]
struct Encoded {
    id: String,
    secret: String,
}

/// The value of a session on the wire: base64 of a JSON object with the user's id and the secret (contract nuvix §1.3).
pub(super) fn encode_session(user: &str, secret: &Secret) -> String {
    let json = serde_json::json!({"id": user, "secret": secret.expose()}).to_string();
    data_encoding::BASE64.encode(json.as_bytes())
}

async fn session(app: &App, ctx: &Ctx, encoded: &str) -> Result<Option<Arc<Signed>>, Failure> {
    if encoded.len() > 1_024 {
        return Ok(None);
    }
    Ok(app.session(ctx, encoded, decode_session).await?)
}

fn decode_session(encoded: &str) -> Option<(Secret, Option<String>)> {
    // Browsers and SDKs differ in whether they escape the padding.
    let json = data_encoding::BASE64.decode(encoded.replace("%3D", "=").as_bytes()).ok()?;
    let Encoded { id, secret } = serde_json::from_slice(&json).ok()?;
    Some((Secret::new(secret), Some(id)))
}

/// The names under which a project's cookie may be found; the first is Nuvix's, then Appwrite's with its twin.
pub(super) fn cookie_names(project: &str) -> [String; 3] {
    ["nx_session".to_owned(), format!("a_session_{project}"), format!("a_session_{project}_legacy")]
}

async fn identify(
    app: &App,
    hosted: &Hosted,
    ctx: &Ctx,
    headers: &HeaderMap,
    sent: &Sent<'_>,
    arguments: &[(String, String)],
) -> Result<Identity, Failure> {
    let mut signed = None;
    // A cookie that another of our clients left behind hides no good one.
    if headers.contains_key(COOKIE) {
        for value in cookie_names(&hosted.id).iter().flat_map(|name| cookie::all(headers, name)) {
            if signed.is_none() {
                signed = session(app, ctx, value).await?;
            }
        }
    }
    if signed.is_none()
        && let Some(value) = sent.session()
    {
        signed = session(app, ctx, value).await?;
    }
    if signed.is_none()
        && let Some(text) = sent.fallback
        && let Ok(serde_json::Value::Object(cookies)) = serde_json::from_str(clip(text, 4_096))
    {
        for value in cookie_names(&hosted.id).iter().filter_map(|name| cookies.get(name)?.as_str()) {
            if signed.is_none() {
                signed = session(app, ctx, value).await?;
            }
        }
    }
    let mut identity = signed.map_or(Identity::Guest, Identity::Session);

    if let Some(token) = sent.jwt() {
        if matches!(identity, Identity::Session(_)) {
            return Err(Failure::new(
                StatusCode::FORBIDDEN,
                "user_jwt_and_session_set",
                "Send either a JWT or a session, not both.",
            ));
        }
        identity = by_jwt(app, hosted, ctx, token).await?;
    }

    let key = sent.key().or_else(|| argument(arguments, "apikey"));
    if let Some(secret) = key {
        if !matches!(identity, Identity::Guest) {
            return Err(Failure::new(
                StatusCode::FORBIDDEN,
                "user_key_and_session_set",
                "Send either an API key or a session, not both.",
            ));
        }
        identity = by_key(app, hosted, secret, ctx.now).await?;
    }
    Ok(identity)
}

/// Who is signed in, for routes that are not of this dialect. What is no valid session is nobody.
pub(crate) async fn signed_in(
    app: &App,
    hosted: &Hosted,
    ctx: &Ctx,
    headers: &HeaderMap,
) -> Result<Option<Arc<Signed>>, Error> {
    match identify(app, hosted, ctx, headers, &Sent::of(headers), &[]).await {
        Ok(Identity::Session(signed) | Identity::Jwt(signed)) => Ok(Some(signed)),
        Err(Failure { detail: Some(detail), .. }) => Err(Error::internal(detail)),
        Ok(Identity::Guest | Identity::Key(_)) | Err(_) => Ok(None),
    }
}

async fn by_jwt(app: &App, hosted: &Hosted, ctx: &Ctx, token: &str) -> Result<Identity, Failure> {
    let invalid =
        || Failure::new(StatusCode::UNAUTHORIZED, "user_jwt_invalid", "The JWT is wrong or expired. Create a new one.");
    let claims = hosted.keys.verify(&hosted.id, token, ctx.now).ok_or_else(invalid)?;
    if !claims.session_id.is_empty() {
        // A token outlives its session by no request.
        let signed = app.session_by_id(ctx, &claims.user_id, &claims.session_id).await?;
        return Ok(signed.map_or(Identity::Guest, Identity::Jwt));
    }
    // A server made it for somebody who was not signed in (contract nuvix §1.8).
    let (project, id) = (Arc::clone(&ctx.project), claims.user_id);
    let user = app.db.read(move |tx| user::find(tx, &project, &id)).await?;
    Ok(user.map_or(Identity::Guest, |user| {
        Identity::Jwt(Arc::new(Signed::new(Session::vouched(&user.id, ctx.now), user)))
    }))
}

async fn by_key(app: &App, hosted: &Hosted, secret: &str, now: Time) -> Result<Identity, Failure> {
    // A key without its prefix is a standard one (contract nuvix §1.9).
    let secret = if secret.contains('_') { secret.to_owned() } else { format!("standard_{secret}") };
    let project = Arc::clone(&hosted.id);
    let key = app.db.read(move |tx| project::find_key(tx, &project, &secret, now)).await?;
    let Some(key) = key else {
        return Err(Failure::new(StatusCode::UNAUTHORIZED, "user_unauthorized", "This API key is unknown."));
    };
    if project::is_touch_due(&key, now) {
        let touched = key.clone();
        app.db.write(move |tx| project::touch_key(tx, &touched, now)).await?;
    }
    Ok(Identity::Key(key))
}

async fn count(
    app: &App,
    ctx: &Ctx,
    route: &Route,
    path: &str,
    address: IpAddr,
    identity: &Identity,
    body: &Body,
) -> Result<Option<Hit>, Failure> {
    let Some(limit) = &route.limit else { return Ok(None) };
    let ip = client::counted(address);
    let user = match identity {
        Identity::Session(signed) | Identity::Jwt(signed) => signed.user.id.as_str(),
        Identity::Guest | Identity::Key(_) => "",
    };
    // All spellings of a number or address share one counter; what is none has its own, not one with everybody's
    // mistakes.
    let phone = app.phone(body.text("phone")).ok();
    let email = Email::parse(body.text("email")).ok();
    let keys: Vec<Vec<&str>> = limit
        .keys
        .iter()
        .map(|parts| {
            parts
                .iter()
                .flat_map(|part| match *part {
                    Part::Ip => ["ip", ip.as_str()],
                    Part::Url => ["url", path],
                    Part::User => ["user", user],
                    Part::Field("phone") => ["phone", phone.as_ref().map_or(body.text("phone"), |p| p.as_e164())],
                    Part::Field("email") => ["email", email.as_ref().map_or(body.text("email"), |e| e.as_str())],
                    Part::Field(name) => [name, body.text(name)],
                })
                .collect()
        })
        .collect();
    let kind = limit.shared.unwrap_or(route.method.as_str());
    Ok(app.hit(ctx, kind, &keys, Rule { limit: limit.calls, window_micros: HOURLY }).await?)
}

/// Scope, kind of caller, blocked, second factor.
fn permit(route: &Route, project: &Project, identity: &Identity) -> Result<(), Failure> {
    let unauthorized =
        || Failure::new(StatusCode::UNAUTHORIZED, "user_unauthorized", "This route does not take this kind of caller.");
    match identity {
        Identity::Guest if !route.who.guest => {
            let remedy = if route.who.session { "Sign in first." } else { "Send an API key that has it." };
            Err(Failure::new(
                StatusCode::UNAUTHORIZED,
                "general_unauthorized_scope",
                format!("User (role: guests) missing scopes [{}]. {remedy}", route.scope),
            ))
        }
        Identity::Key(key) if !key.may(route.scope) => Err(Failure::new(
            StatusCode::UNAUTHORIZED,
            "general_unauthorized_scope",
            format!("{} (role: applications) missing scopes [{}].", key.name, route.scope),
        )),
        Identity::Key(_) if !route.who.key => Err(unauthorized()),
        Identity::Guest | Identity::Key(_) => Ok(()),
        Identity::Session(signed) | Identity::Jwt(signed) => {
            let allowed = if matches!(identity, Identity::Session(_)) { route.who.session } else { route.who.jwt };
            if !allowed {
                return Err(unauthorized());
            }
            if signed.user.blocked {
                return Err(Code::UserBlocked.into());
            }
            if route.gated {
                signin::gate(project, &signed.user, &signed.session)?;
            }
            Ok(())
        }
    }
}

/// An answer without a body.
pub(super) fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}
