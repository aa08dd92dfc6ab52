//! The step between the login page and an application that sent the browser here (RFC 6749 §4.1): what it asked for is
//! kept in a cookie while its person signs in, and then he goes on to it and nowhere else.
//!
//! The cookie is only what a browser says, like the address by which it was asked: each is checked whole, every time.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use countersign_domain::base::{Code, Error, Time};
use countersign_domain::session::Session;
use countersign_domain::signin::{self, Caller, Step, authorize};
use minijinja::context;

use super::answer;
use super::error::Refused;
use super::visit::{self, Visit};
use crate::app::{App, Signed};
use crate::http::oidc::{self, Asked, Prompt};
use crate::http::{cookie, form};

/// The cookie of what an application asked for.
pub(super) const ASKED: &str = "countersign_asked";
/// How long somebody may take to sign in, in seconds.
pub(super) const KEPT_SECONDS: i64 = 1_800;

/// What an application asked for, kept while its person signs in.
#[derive(Clone)]
pub(super) struct Kept {
    pub asked: Asked,
    /// A session that began before does not do.
    since: Option<Time>,
}

impl Kept {
    /// What the browser keeps, if that can still be answered.
    pub(super) async fn read(app: &App, headers: &HeaderMap) -> Result<Option<Self>, Error> {
        let Some((since, query)) = cookie::get(headers, ASKED).and_then(|value| value.split_once('.')) else {
            return Ok(None);
        };
        let pairs: Vec<_> = form::pairs(query).collect();
        let since = since.parse().ok().map(Time::from_micros);
        Ok(Asked::read(app, &pairs).await?.ok().map(|asked| Self { asked, since }))
    }

    /// The value of the cookie.
    pub(super) fn cookie(&self) -> String {
        let since = self.since.map(|since| since.micros().to_string()).unwrap_or_default();
        format!("{since}.{}", self.asked.query())
    }

    /// Whether a session is young enough.
    pub(super) fn accepts(&self, session: &Session) -> bool {
        self.since.is_none_or(|since| session.created_at >= since)
    }
}

/// What comes next for whoever an application sent here.
enum Next {
    /// He goes back with a code.
    Code(Box<Caller>),
    /// He signs in, on this page.
    Page(&'static str),
    /// He goes back without one.
    Refuse(&'static str, &'static str),
}

impl Next {
    fn of(visit: &Visit, prompt: Prompt) -> Self {
        let page =
            |path, error, words| if prompt == Prompt::Never { Self::Refuse(error, words) } else { Self::Page(path) };
        let Some(Signed { session, user, .. }) = visit.signed.as_deref() else {
            return page("/login", "login_required", "Nobody is signed in.");
        };
        if user.blocked {
            return Self::Refuse("access_denied", "The account is blocked.");
        }
        if visit.gated().is_some() {
            return page("/login/second", "interaction_required", "A second factor is missing.");
        }
        match signin::next_step(&visit.hosted.project, user, &session.factors) {
            Step::Done => Self::Code(Box::new(Caller { user: user.clone(), session: session.clone() })),
            Step::Show(_) | Step::Enrol(_) => {
                Self::Refuse("access_denied", "A second factor is demanded, and the account has none to show.")
            }
        }
    }
}

/// Sends the browser on: back with a code, or to the page on which its person signs in.
pub(super) async fn show(State(app): State<App>, request: Request) -> Response {
    answer(async {
        let (parts, _) = request.into_parts();
        let pairs: Vec<_> = form::pairs(parts.uri.query().unwrap_or_default()).collect();
        let asked = match Asked::read(&app, &pairs).await? {
            Ok(asked) => asked,
            Err(oidc::Refused::Here(words)) => return Err(Refused::unsent(words)),
            Err(oidc::Refused::Back(to)) => return visit::redirect_away(&to),
        };
        let mut visit = Visit::of(&app, &parts, Some(&asked.hosted.id)).await?;
        let kept = match Kept::read(&app, &parts.headers).await? {
            // He comes back from signing in.
            Some(kept) if kept.asked.query() == asked.query() => kept,
            Some(_) | None => Kept { since: asked.since(visit.ctx.now), asked },
        };
        visit.signed.take_if(|signed| !kept.accepts(&signed.session));
        let to = match Next::of(&visit, kept.asked.prompt) {
            Next::Page(path) => {
                let mut response = visit::redirect_to(path);
                visit.keep_asked(&mut response, &kept)?;
                return Ok(response);
            }
            Next::Refuse(error, words) => kept.asked.refused(error, words),
            Next::Code(caller) => code(&visit, &kept.asked, caller).await?,
        };
        let mut response = visit::redirect_away(&to)?;
        visit.forget_asked(&mut response)?;
        Ok(response)
    })
    .await
}

/// Where somebody who is signed in goes.
async fn code(visit: &Visit, asked: &Asked, caller: Box<Caller>) -> Result<String, Error> {
    let (ctx, hosted, grant) = (visit.ctx.clone(), visit.hosted.clone(), asked.grant.clone());
    let issued = visit.app.db.write(move |tx| authorize::issue(tx, &ctx, &hosted.project, &caller, &grant)).await;
    match issued {
        Ok(code) => Ok(asked.granted(code.expose())),
        // It changed since it was looked at.
        Err(error) => match error.code {
            Code::MoreFactorsRequired | Code::UserBlocked | Code::SessionNotFound | Code::UserNotFound => {
                Ok(asked.refused("access_denied", "The sign-in has just ended."))
            }
            _ => Err(error),
        },
    }
}

/// Tells somebody who is signed in that he goes on, and lets his browser do so. A page of its own, because browsers do not
/// let a form lead to another site, by however many steps (CSP `form-action`).
pub(super) fn onward(visit: &Visit, kept: &Kept) -> Result<Response, Refused> {
    let to = format!("/login/authorize?{}", kept.asked.query());
    let context = context! { brand => visit.brand(), is_out => false, to, host => kept.asked.host() };
    visit::page("login/onward.html", context, None)
}
