//! Signing out where an application asks for it (OIDC RP-Initiated Logout): this browser's session with all that
//! applications got by it.
//!
//! Any page can lead a browser here. It is done at once only where the page that did is a platform of the project, or
//! shows a token of whoever is signed in; else the person is asked.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::REFERER;
use axum::http::request::Parts;
use axum::response::Response;
use countersign_domain::base::{Error, Time};
use countersign_domain::project::Redirect;
use countersign_domain::signin::authorize;
use countersign_domain::token::Unchecked;
use minijinja::context;
use serde::Deserialize;

use super::answer;
use super::error::Refused;
use super::visit::{self, Form, Visit};
use crate::app::{App, Signed};
use crate::http::origin::Origin;
use crate::http::{cors, form};

/// What an application asks for.
struct Leaving {
    /// Where the person goes then.
    to: Option<Redirect>,
    /// Of whom it showed a token, which may have expired.
    user: Option<String>,
}

/// What is read of a token.
#[derive(Deserialize)]
struct Hint {
    sub: String,
}

impl Leaving {
    /// Reads a request, with the visit to the pages of the project that it is about.
    async fn read(app: &App, parts: &Parts, form: &Form) -> Result<(Visit, Self), Refused> {
        let hint = Some(form.get("id_token_hint")).filter(|hint| !hint.is_empty() && hint.len() <= 8_192);
        let client = match form.get("client_id") {
            "" => hint.and_then(Unchecked::read).map(|says| says.aud),
            client => Some(client.to_owned()),
        };
        let project = match &client {
            Some(client) => {
                let found = app.projects.find_by_client(app, client).await?;
                let words = "The application that sent you here is not known, so nothing was done.";
                Some(found.ok_or_else(|| Refused::unsent(words))?.id.clone())
            }
            None => None,
        };
        let visit = Visit::of(app, parts, project.as_deref()).await?;
        let to = match form.get("post_logout_redirect_uri") {
            "" => None,
            uri => {
                let checked = Redirect::check(&visit.hosted.project, uri, app.dev.is_some()).map_err(|_| {
                    Refused::unsent(
                        "The application that sent you here may not lead you to where it wants to, so nothing was done.",
                    )
                })?;
                let state = Some(form.get("state")).filter(|state| !state.is_empty());
                Some(state.map_or_else(|| checked.clone(), |state| checked.with(&[("state", state)])))
            }
        };
        let hosted = &visit.hosted;
        let shown = hint.and_then(|hint| {
            // At the beginning of time nothing has expired.
            hosted.keys.verify_access::<Hint>(hosted.project.client_id(), hint, Time::from_micros(0))
        });
        Ok((visit, Self { to, user: shown.map(|hint| hint.sub) }))
    }

    /// Whether whoever sent the browser here may sign its person out without asking.
    fn is_trusted(&self, visit: &Visit, headers: &HeaderMap, signed: &Signed) -> bool {
        self.user.as_ref() == Some(&signed.user.id)
            || origin_of(headers).is_some_and(|origin| cors::is_platform(&visit.app, &visit.hosted, &origin))
    }
}

/// The origin of the page that led here, if its browser says.
fn origin_of(headers: &HeaderMap) -> Option<Origin<'_>> {
    let referer = headers.get(REFERER)?.to_str().ok()?;
    let begin = referer.find("://")? + 3;
    let end = referer.get(begin..)?.find('/').map_or(referer.len(), |at| begin + at);
    Origin::parse(referer.get(..end)?)
}

/// Signs out where that may be done at once, else asks.
pub(super) async fn show(State(app): State<App>, request: Request) -> Response {
    answer(async {
        let (parts, _) = request.into_parts();
        let form = Form::of(form::pairs(parts.uri.query().unwrap_or_default()));
        let (visit, leaving) = Leaving::read(&app, &parts, &form).await?;
        let onward =
            || leaving.to.as_ref().map_or_else(|| Ok(visit::redirect()), |to| visit::redirect_away(to.as_str()));
        match visit.signed.as_deref() {
            None => onward(),
            Some(signed) if leaving.is_trusted(&visit, &parts.headers, signed) => {
                end(&visit, signed).await?;
                let mut response = onward()?;
                visit.forget_all(&mut response)?;
                Ok(response)
            }
            Some(_) => {
                let fields = ["client_id", "post_logout_redirect_uri", "state"];
                let fields: Vec<_> = fields.map(|name| (name, form.get(name).to_owned())).into();
                visit::page("login/leave.html", context! { brand => visit.brand(), fields }, None)
            }
        }
    })
    .await
}

/// Signs out: the person said so on our page.
pub(super) async fn finish(State(app): State<App>, request: Request) -> Response {
    answer(async {
        let (parts, form) = visit::receive(&app, request).await?;
        let (visit, leaving) = Leaving::read(&app, &parts, &form).await?;
        if let Some(signed) = visit.signed.as_deref() {
            end(&visit, signed).await?;
        }
        let mut response = match &leaving.to {
            Some(to) => {
                let context = context! { brand => visit.brand(), is_out => true, to => to.as_str(), host => "" };
                visit::page("login/onward.html", context, None)?
            }
            None => visit::redirect(),
        };
        visit.forget_all(&mut response)?;
        Ok(response)
    })
    .await
}

async fn end(visit: &Visit, signed: &Signed) -> Result<(), Error> {
    let (ctx, session) = (visit.ctx.clone(), signed.session.clone());
    visit.app.db.write(move |tx| authorize::leave(tx, &ctx, &session)).await
}
