//! One request to the login box: who asks, from where, with which cookies, and whether from a page of our own.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, REFERRER_POLICY, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use countersign_domain::base::{Actor, Ctx, Error, Secret, Time};
use countersign_domain::signin::{self, Caller};
use http_body_util::{BodyExt as _, Limited};
use minijinja::Value;

use super::authorize::{ASKED, KEPT_SECONDS, Kept};
use super::error::{self, Refusal, Refused};
use super::flow::{Challenge, Flow};
use crate::app::{App, Hosted, Signed};
use crate::http::call::{describe, peer, text};
use crate::http::client::{client_address, is_https};
use crate::http::cookie::{self, SetCookie};
use crate::http::form;
use crate::http::oidc::PAGE_SESSION;
use crate::http::origin::is_own_page;
use crate::http::security::SAME_ORIGIN;
use crate::page;

/// The cookie of a sign-in under way.
const FLOW: &str = "countersign_flow";
/// The most that a form of ours can hold, with room.
const MOST_BYTES: usize = 4 * 1_024;

/// A request to the login box.
pub(super) struct Visit {
    pub app: App,
    pub hosted: Arc<Hosted>,
    pub ctx: Ctx,
    /// Who is signed in in this browser, whether or not a second factor is missing.
    pub signed: Option<Arc<Signed>>,
    /// For which application somebody signs in, if one sent him here.
    pub kept: Option<Kept>,
    headers: HeaderMap,
    is_https: bool,
}

/// What was sent with a POST.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// What stands in an address.
    pub(super) fn of(pairs: impl Iterator<Item = (String, String)>) -> Self {
        Self(pairs.collect())
    }

    /// The value of `name`, or nothing.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }
}

impl Visit {
    /// Reads a request but its body.
    pub(super) async fn open(app: &App, request: Request) -> Result<Self, Refused> {
        Self::of(app, &request.into_parts().0, None).await
    }

    /// Reads a POST with its form.
    pub(super) async fn posted(app: &App, request: Request) -> Result<(Self, Form), Refused> {
        let (parts, form) = receive(app, request).await?;
        Ok((Self::of(app, &parts, None).await?, form))
    }

    /// A request to the pages of `project`; without one, to those of the project whose application sent the browser here,
    /// else of the one that it is signed in to, else of the default one.
    pub(super) async fn of(app: &App, parts: &Parts, project: Option<&str>) -> Result<Self, Refused> {
        let headers = &parts.headers;
        let peer = peer(&parts.extensions);
        let address = client_address(peer, headers, &app.trusted_proxies);
        let kept = if project.is_none() { Kept::read(app, headers).await? } else { None };
        let project = project.or(kept.as_ref().map(|kept| &*kept.asked.hosted.id));
        let visit = |hosted: Arc<Hosted>| {
            let mut ctx = app.ctx(Arc::clone(&hosted.id), Actor::Guest, Some(address));
            describe(&mut ctx, app, headers);
            let is_https = is_https(peer, headers, &app.trusted_proxies);
            Self { app: app.clone(), hosted, ctx, signed: None, kept: kept.clone(), headers: headers.clone(), is_https }
        };
        if let Some((secret, of)) = cookie::get(headers, PAGE_SESSION).and_then(|value| value.split_once('.'))
            && secret.len() <= 256
            && project.is_none_or(|project| project == of)
            && let Some(hosted) = app.projects.get(app, of).await?
        {
            let mut visit = visit(hosted);
            visit.signed = app.session(&visit.ctx, secret, |secret| Some((Secret::new(secret), None))).await?;
            visit.signed.take_if(|signed| kept.as_ref().is_some_and(|kept| !kept.accepts(&signed.session)));
            if let Some(Signed { session, user, .. }) = visit.signed.as_deref() {
                visit.ctx.actor = Actor::User { user: user.id.clone(), session: session.id.clone() };
                return Ok(visit);
            }
        }
        match project.or(app.default_project.as_deref()) {
            Some(project) => Ok(visit(app.project(project).await?)),
            None => Err(Refused::new(
                StatusCode::NOT_FOUND,
                "This server has no login page yet. Whoever runs it chooses the project with the setting default_project.",
            )),
        }
    }

    /// Whoever is signed in and has yet to show a second factor.
    pub(super) fn gated(&self) -> Option<Caller> {
        let Signed { session, user, .. } = self.signed.as_deref()?;
        let open = signin::gate(&self.hosted.project, user, session).is_ok();
        (!open).then(|| Caller { user: user.clone(), session: session.clone() })
    }

    /// What the page calls the service.
    pub(super) fn brand(&self) -> &str {
        self.hosted.project.brand()
    }

    /// The number that an application says its person may want to sign in by.
    pub(super) fn hint(&self) -> &str {
        let hint = self.kept.as_ref().and_then(|kept| kept.asked.login_hint.as_deref());
        hint.filter(|hint| hint.starts_with('+') && hint.len() <= 64).unwrap_or_default()
    }

    /// Seconds until another code can be asked for.
    pub(super) fn resend_wait(&self) -> i64 {
        self.hosted.project.settings.otp.resend_seconds.first().copied().unwrap_or(0)
    }

    pub(super) fn is_dev(&self) -> bool {
        self.app.dev.is_some()
    }

    /// The sign-in under way in this browser, expired or not.
    pub(super) fn flow(&self) -> Option<Flow> {
        cookie::get(&self.headers, FLOW).and_then(Flow::parse)
    }

    /// The second factor under way in this browser, expired or not.
    pub(super) fn challenge(&self) -> Option<Challenge> {
        cookie::get(&self.headers, FLOW).and_then(Challenge::parse)
    }

    /// Remembers what is under way: the cookie of a [`Flow`] or of a [`Challenge`].
    pub(super) fn keep_flow(&self, response: &mut Response, value: &str, until: Time) -> Result<(), Refused> {
        set(response, &SetCookie { path: Some("/login"), ..self.lasting(FLOW, value, until) })
    }

    pub(super) fn forget_flow(&self, response: &mut Response) -> Result<(), Refused> {
        set(response, &SetCookie { path: Some("/login"), ..self.lasting(FLOW, "", self.ctx.now) }.removed())
    }

    pub(super) fn keep_session(&self, response: &mut Response, secret: &Secret, until: Time) -> Result<(), Refused> {
        let value = format!("{}.{}", secret.expose(), self.hosted.id);
        set(response, &self.lasting(PAGE_SESSION, &value, until))
    }

    pub(super) fn forget_session(&self, response: &mut Response) -> Result<(), Refused> {
        set(response, &self.lasting(PAGE_SESSION, "", self.ctx.now).removed())
    }

    /// Remembers for which application somebody signs in.
    pub(super) fn keep_asked(&self, response: &mut Response, kept: &Kept) -> Result<(), Refused> {
        let until = self.ctx.now.plus_seconds(KEPT_SECONDS);
        set(response, &SetCookie { path: Some("/login"), ..self.lasting(ASKED, &kept.cookie(), until) })
    }

    pub(super) fn forget_asked(&self, response: &mut Response) -> Result<(), Refused> {
        set(response, &SetCookie { path: Some("/login"), ..self.lasting(ASKED, "", self.ctx.now) }.removed())
    }

    /// Forgets all of it: nobody is signed in here any more.
    pub(super) fn forget_all(&self, response: &mut Response) -> Result<(), Refused> {
        self.forget_session(response)?;
        self.forget_flow(response)?;
        self.forget_asked(response)
    }

    fn lasting<'a>(&self, name: &'a str, value: &'a str, until: Time) -> SetCookie<'a> {
        let seconds = until.micros_since(self.ctx.now).div_euclid(1_000_000).max(0);
        SetCookie { max_age: Some(seconds), secure: self.is_https, ..SetCookie::new(name, value) }
    }
}

/// Reads a POST. One from a page of another site is refused before anything of it is looked at.
pub(super) async fn receive(app: &App, request: Request) -> Result<(Parts, Form), Refused> {
    let (parts, body) = request.into_parts();
    if !is_own_page(&parts.headers, app.public_url.as_deref()) {
        return Err(Refused::new(
            StatusCode::FORBIDDEN,
            "This form was sent from another site, so nothing was done. Open the login page itself.",
        ));
    }
    let kind = text(&parts.headers, CONTENT_TYPE).and_then(|kind| kind.split(';').next()).unwrap_or_default();
    if !kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Refused::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "This page takes forms only."));
    }
    let bytes = Limited::new(body, MOST_BYTES)
        .collect()
        .await
        .map_err(|_| Refused::new(StatusCode::PAYLOAD_TOO_LARGE, "This form is too large."))?
        .to_bytes();
    Ok((parts, Form::of(form::pairs(&String::from_utf8_lossy(&bytes)))))
}

/// A page, with what its form says about a refusal.
pub(super) fn page(name: &str, context: Value, refusal: Option<&Refusal>) -> Result<Response, Refused> {
    let html = page::render(name, context)?;
    let status = refusal.map_or(StatusCode::OK, |refusal| refusal.status);
    let headers = [(CACHE_CONTROL, HeaderValue::from_static("no-store")), (REFERRER_POLICY, SAME_ORIGIN)];
    let mut response = (status, headers, Html(html)).into_response();
    if let Some(refusal) = refusal {
        error::write_retry(&mut response, refusal);
    }
    Ok(response)
}

fn set(response: &mut Response, cookie: &SetCookie<'_>) -> Result<(), Refused> {
    let header = cookie.to_header().map_err(Error::internal)?;
    response.headers_mut().append(SET_COOKIE, header);
    Ok(())
}

/// To the login page, by GET. It shows whatever comes next.
pub(super) fn redirect() -> Response {
    redirect_to("/login")
}

/// To another of our pages, by GET.
pub(super) fn redirect_to(path: &'static str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(LOCATION, HeaderValue::from_static(path));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// To a page of somebody else, by GET.
pub(super) fn redirect_away(to: &str) -> Result<Response, Refused> {
    let mut response = StatusCode::FOUND.into_response();
    response.headers_mut().insert(LOCATION, HeaderValue::from_str(to).map_err(Error::internal)?);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
