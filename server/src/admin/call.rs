//! One call of the admin API: who asks, from which page, and what was sent.

use std::sync::Arc;

use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request, State};
use axum::http::header::{ALLOW, CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use countersign_domain::admin::{self, Admin, Session, Token};
use countersign_domain::base::{Actor, Code, Ctx, Error, Result as Outcome, Secret, Time, id};
use countersign_domain::db::Tx;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::error::Failure;
use super::wire::{self, Asked};
use super::{Route, Who};
use crate::app::{App, Hosted};
use crate::http::call::{Answering, agent, bearer, peer, read};
use crate::http::client::{client_address, is_https};
use crate::http::cookie::{self, SameSite, SetCookie};
use crate::http::form;
use crate::http::metrics::Dialect;
use crate::http::origin::{is_own_page, says_own_page};

/// The cookie of a session. It goes to the whole host, because the console has it as well.
pub(crate) const COOKIE: &str = "countersign_admin";

/// Who asks.
pub(super) enum By {
    Nobody,
    /// An administrator in his session.
    Session(Admin, Session),
    /// A script that acts for one.
    Token(Token),
}

/// A call that has passed every check but the handler's own.
pub(super) struct Call {
    pub app: App,
    pub ctx: Ctx,
    by: By,
    hosted: Option<Arc<Hosted>>,
    values: Vec<(String, String)>,
    query: Vec<(String, String)>,
    body: Json,
    is_https: bool,
}

impl Call {
    /// The administrator who asks, or for whom a script does.
    pub(super) fn admin(&self) -> Result<&Admin, Failure> {
        match &self.by {
            By::Session(admin, _) => Ok(admin),
            By::Token(token) => Ok(&token.admin),
            By::Nobody => Err(Failure::unauthorized("Sign in first.")),
        }
    }

    pub(super) const fn by(&self) -> &By {
        &self.by
    }

    /// The session that is asked in.
    pub(super) const fn session(&self) -> Option<&Session> {
        match &self.by {
            By::Session(_, session) => Some(session),
            By::Token(_) | By::Nobody => None,
        }
    }

    /// The project in the path.
    pub(super) fn hosted(&self) -> Result<&Arc<Hosted>, Failure> {
        self.hosted.as_ref().ok_or_else(|| Code::ProjectNotFound.into())
    }

    /// A value in the path.
    pub(super) fn path(&self, name: &str) -> String {
        self.values.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// The user in the path. Nobody is called what is no id.
    pub(super) fn user_id(&self) -> Result<String, Failure> {
        Some(self.path("userId")).filter(|user| id::is_valid(user)).ok_or_else(|| Code::UserNotFound.into())
    }

    /// The body, as what it is to be.
    pub(super) fn body<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        wire::read(self.body.clone())
    }

    /// The body as it is.
    pub(super) const fn json(&self) -> &Json {
        &self.body
    }

    /// The parameters of the query.
    pub(super) fn asked(&self) -> Asked<'_> {
        Asked::of(&self.query)
    }

    /// Reads from the database.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Tx<'_>, &Ctx) -> Outcome<T> + Send + 'static,
    ) -> Result<T, Failure> {
        let ctx = self.ctx.clone();
        Ok(self.app.db.read(move |tx| work(tx, &ctx)).await?)
    }

    /// The same for what may read much: on SQLite that happens on the thread that asks, which others need.
    pub(super) async fn read_much<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Tx<'_>, &Ctx) -> Outcome<T> + Send + 'static,
    ) -> Result<T, Failure> {
        let (ctx, db) = (self.ctx.clone(), self.app.db.clone());
        let reading = tokio::task::spawn_blocking(move || {
            tokio::runtime::Handle::current().block_on(db.read(move |tx| work(tx, &ctx)))
        });
        Ok(reading.await.map_err(Error::internal)??)
    }

    /// Changes something in one transaction.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Tx<'_>, &Ctx) -> Outcome<T> + Send + 'static,
    ) -> Result<T, Failure> {
        let ctx = self.ctx.clone();
        Ok(self.app.db.write(move |tx| work(tx, &ctx)).await?)
    }

    /// Refuses who does not know the password of the administrator who asks: whoever found his session open gets no
    /// further by it.
    pub(super) async fn confirm(&self, password: String) -> Result<(), Failure> {
        Ok(self.app.confirm_admin(&self.ctx, self.admin()?, Secret::new(password)).await?)
    }

    /// Lets the browser keep the session until `until`.
    pub(super) fn keep_session(&self, response: &mut Response, secret: &Secret, until: Time) -> Result<(), Failure> {
        let seconds = until.micros_since(self.ctx.now).div_euclid(1_000_000).max(0);
        set(response, &SetCookie { max_age: Some(seconds), ..self.cookie(secret.expose()) })
    }

    /// Lets the browser forget the session.
    pub(super) fn forget_session(&self, response: &mut Response) -> Result<(), Failure> {
        set(response, &self.cookie("").removed())
    }

    const fn cookie<'a>(&self, value: &'a str) -> SetCookie<'a> {
        SetCookie { secure: self.is_https, same_site: Some(SameSite::Strict), ..SetCookie::new(COOKIE, value) }
    }
}

fn set(response: &mut Response, cookie: &SetCookie<'_>) -> Result<(), Failure> {
    let header = cookie.to_header().map_err(Error::internal)?;
    response.headers_mut().append(SET_COOKIE, header);
    Ok(())
}

/// Answers a request to one of `routes`, which share a path.
pub(super) async fn run(
    routes: &'static [&'static Route],
    path: &'static str,
    State(app): State<App>,
    values: Result<RawPathParams, RawPathParamsRejection>,
    request: Request,
) -> Response {
    // Bytes that are no text name nothing.
    let Ok(values) = values else { return Failure::not_found().into_response(app.clock.now()) };
    let values = values.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let answering = Answering::of(&app, Dialect::Admin, path, &request);
    answering.answer(&app, checked(routes, &app, values, request), Failure::into_response).await
}

/// Answers a request to a path that no route has.
pub(super) async fn unknown_route(State(app): State<App>) -> Response {
    Failure::not_found().into_response(app.clock.now())
}

async fn checked(
    routes: &'static [&'static Route],
    app: &App,
    values: Vec<(String, String)>,
    request: Request,
) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    let headers = &parts.headers;
    let Some(route) = routes.iter().find(|route| route.method == parts.method) else {
        return Ok(wrong_method(routes, app.clock.now()));
    };
    let query: Vec<_> = parts.uri.query().map(|query| form::pairs(query).collect()).unwrap_or_default();
    // PostgreSQL stores none of these, and nothing of ours is named so.
    if values.iter().chain(&query).any(|(_, value)| value.contains('\0')) {
        return Err(Failure::not_found());
    }
    let peer = peer(&parts.extensions);
    let address = client_address(peer, headers, &app.trusted_proxies);
    let mut ctx = app.ctx(Arc::from(""), Actor::Guest, Some(address));
    ctx.user_agent = agent(headers);

    let by = if route.who == Who::Anybody { By::Nobody } else { identify(app, headers, ctx.now).await? };
    let public_url = app.public_url.as_deref();
    let may = match (&by, route.who) {
        // No page of others signs anybody in, either.
        (_, Who::Anybody) => is_own_page(headers, public_url),
        (By::Session(..), _) => parts.method == Method::GET || says_own_page(headers, public_url) == Some(true),
        (By::Token(_), Who::Admin) => true,
        (By::Token(_), Who::Person) => {
            return Err(Failure::new(
                StatusCode::FORBIDDEN,
                "session-required",
                "This takes an administrator's session: a token makes no tokens, administrators or passwords.",
            ));
        }
        (By::Nobody, _) => return Err(Failure::unauthorized("Sign in first, or send a token.")),
    };
    if !may {
        return Err(Failure::new(
            StatusCode::FORBIDDEN,
            "foreign-origin",
            "Only a page of this server may change something by a cookie. Scripts send a token instead.",
        ));
    }
    match &by {
        By::Session(admin, _) | By::Token(Token { admin, .. }) => ctx.actor = Actor::Admin(admin.id.clone()),
        By::Nobody => {}
    }
    let mut hosted = None;
    if let Some((_, project)) = values.iter().find(|(name, _)| name == "projectId") {
        let found = app.project(project).await?;
        ctx.project = Arc::clone(&found.id);
        hosted = Some(found);
    }
    let body = if parts.method == Method::GET {
        Json::Null
    } else {
        let too_large = |words: String| Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", words);
        let bytes = read(app, body).await.map_err(too_large)?;
        parse(headers, &bytes)?
    };
    let is_https = is_https(peer, headers, &app.trusted_proxies);
    let call = Call { app: app.clone(), ctx, by, hosted, values, query, body, is_https };
    (route.handler)(&call).await
}

/// A JSON object; an empty body is one, too.
fn parse(headers: &HeaderMap, bytes: &[u8]) -> Result<Json, Failure> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Json::Object(serde_json::Map::new()));
    }
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    // Other types can be sent by any page without asking (security.md 36).
    if !kind.eq_ignore_ascii_case("application/json") {
        return Err(Failure::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported-media-type",
            "The body must be sent as application/json.",
        ));
    }
    match serde_json::from_slice(bytes) {
        Ok(body @ Json::Object(_)) => Ok(body),
        _ => Err(Failure::new(StatusCode::BAD_REQUEST, "malformed-body", "The body must be a JSON object.")),
    }
}

fn wrong_method(routes: &[&Route], now: Time) -> Response {
    let allowed: Vec<_> = routes.iter().map(|route| route.method.as_str()).collect();
    let message = format!("This path takes {}.", allowed.join(", "));
    let mut response = Failure::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", message).into_response(now);
    if let Ok(allowed) = HeaderValue::from_str(&allowed.join(", ")) {
        response.headers_mut().insert(ALLOW, allowed);
    }
    response
}

/// Who asks: by a token, which says more than a cookie that the browser adds by itself.
async fn identify(app: &App, headers: &HeaderMap, now: Time) -> Result<By, Failure> {
    if let Some(token) = bearer(headers) {
        let unknown = || Failure::unauthorized("This token is unknown, expired or revoked.");
        if !token.starts_with(admin::PREFIX) || token.len() > 256 {
            return Err(unknown());
        }
        let secret = Secret::new(token);
        let token = app.db.read(move |tx| admin::find_token(tx, &secret, now)).await?.ok_or_else(unknown)?;
        if admin::is_token_touch_due(&token, now) {
            let id = token.id.clone();
            app.db.write(move |tx| admin::touch_token(tx, &id, now)).await?;
        }
        return Ok(By::Token(token));
    }
    for value in cookie::all(headers, COOKIE).filter(|value| (1..=256).contains(&value.len())) {
        let secret = Secret::new(value);
        if let Some((admin, session)) = find_session(app, secret, now).await? {
            return Ok(By::Session(admin, session));
        }
    }
    Ok(By::Nobody)
}

/// The administrator of a session that is not over, and notes that something is done in it.
async fn find_session(app: &App, secret: Secret, now: Time) -> Result<Option<(Admin, Session)>, Failure> {
    let found = app.db.read(move |tx| admin::find_session(tx, &secret, now)).await?;
    let Some((session, admin)) = found else { return Ok(None) };
    if admin::is_touch_due(&session, now) {
        let id = session.id.clone();
        app.db.write(move |tx| admin::touch_session(tx, &id, now)).await?;
    }
    Ok(Some((admin, session)))
}
