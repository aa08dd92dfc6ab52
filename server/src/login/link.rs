//! Where a link in an e-mail leads when the client names no page of its own.
//!
//! Opening one changes nothing, because programs that scan mail open links too: the page says what will happen, and its
//! button does it. The secret is in the address, as in every link; the page tells it to nobody.

use axum::extract::{Request, State};
use axum::http::header::REFERRER_POLICY;
use axum::http::request::Parts;
use axum::response::Response;
use countersign_domain::base::{Actor, Code, Ctx, Error, Secret, id};
use countersign_domain::signin::phone::review;
use countersign_domain::signin::{Caller, HandleKind, lockout, verify};
use countersign_domain::verification::{Dialect, Purpose};
use minijinja::context;

use super::error::{Refusal, Refused};
use super::visit::{self, Form, Visit};
use super::{answer, second, too_many};
use crate::app::App;
use crate::http::form;
use crate::http::security::ORIGIN_ONLY;

/// What a link says.
struct Link {
    project: String,
    purpose: Purpose,
    /// The handle: an account's id, or what its requester proposed as one. A link that unlocks a password has none.
    user: String,
    /// The number that it is about, if it is about one.
    number: String,
    secret: Secret,
}

/// What the person says about a number: `answer` in the form.
const MINE: &str = "mine";
const STRANGERS: &str = "strangers";

impl Link {
    /// Reads the parameters of a link, from its address or from the form of its page.
    fn read(form: &Form) -> Result<Self, Refused> {
        let purpose = Purpose::parse(form.get("purpose")).ok().filter(|purpose| {
            matches!(
                purpose,
                Purpose::MagicLink | Purpose::VerifyEmail | Purpose::Recovery | Purpose::ReviewPhone | Purpose::Unlock
            )
        });
        let (project, user, secret) = (form.get("project"), form.get("userId"), form.get("secret"));
        let number = form.get("number");
        let has_number = id::is_valid(number) || purpose != Some(Purpose::ReviewPhone);
        let has_user = id::is_valid(user) || purpose == Some(Purpose::Unlock);
        // Anything shorter could be a code, and codes are entered elsewhere.
        let is_secret = secret.len() == 64 && secret.bytes().all(|b| b.is_ascii_hexdigit());
        match purpose {
            Some(purpose) if id::is_valid(project) && has_user && has_number && is_secret => Ok(Self {
                project: project.to_owned(),
                purpose,
                user: user.to_owned(),
                number: number.to_owned(),
                secret: Secret::new(secret),
            }),
            Some(_) | None => Err(Refused::dead_link()),
        }
    }

    /// The same as a question about a number.
    fn review(&self) -> review::Link {
        review::Link { user: self.user.clone(), number: self.number.clone(), secret: self.secret.clone() }
    }

    /// The request, at the pages of the link's project.
    async fn visit(&self, app: &App, parts: &Parts) -> Result<Visit, Refused> {
        match app.projects.get(app, &self.project).await? {
            Some(_) => Visit::of(app, parts, Some(&self.project)).await,
            None => Err(Refused::dead_link()),
        }
    }
}

/// Says what the link is for. Changes nothing.
pub(super) async fn show(State(app): State<App>, request: Request) -> Response {
    answer(async {
        let (parts, _) = request.into_parts();
        let link = Link::read(&Form::of(form::pairs(parts.uri.query().unwrap_or_default())))?;
        let visit = link.visit(&app, &parts).await?;
        page(&visit, &link, None).await
    })
    .await
}

/// Does it.
pub(super) async fn finish(State(app): State<App>, request: Request) -> Response {
    answer(async {
        let (parts, form) = visit::receive(&app, request).await?;
        let link = Link::read(&form)?;
        let visit = link.visit(&app, &parts).await?;
        if let Some(refusal) = too_many(&visit, "login-link").await? {
            return page(&visit, &link, Some(refusal)).await;
        }
        match link.purpose {
            Purpose::VerifyEmail => confirm(&visit, link).await,
            Purpose::Recovery => recover(&visit, link, Secret::new(form.get("password"))).await,
            Purpose::ReviewPhone => answer_review(&visit, link, form.get("answer")).await,
            Purpose::Unlock => unlock(&visit, link).await,
            // `Link::read` lets no other through.
            _ => sign_in(&visit, link).await,
        }
    })
    .await
}

async fn sign_in(visit: &Visit, link: Link) -> Result<Response, Refused> {
    // Who was signed in here before has no part in it.
    let ctx = Ctx { actor: Actor::Guest, ..visit.ctx.clone() };
    let (app, kind) = (&visit.app, HandleKind::UserId);
    let signed_in = app.finish_sign_in(&ctx, &visit.hosted, Dialect::Page, kind, link.user, link.secret).await;
    second::enter(visit, signed_in.map_err(refused)?).await
}

async fn confirm(visit: &Visit, link: Link) -> Result<Response, Refused> {
    let open = visit.signed.as_deref().filter(|_| visit.gated().is_none());
    let caller = open.map(|signed| Caller { user: signed.user.clone(), session: signed.session.clone() });
    let ctx = visit.ctx.clone();
    let Link { user, secret, .. } = link;
    let done = visit.app.db.write(move |tx| verify::finish_email(tx, &ctx, caller.as_ref(), &user, &secret)).await?;
    done.map_err(refused)?;
    done_page(visit, Purpose::VerifyEmail)
}

async fn recover(visit: &Visit, link: Link, password: Secret) -> Result<Response, Refused> {
    if password.expose().is_empty() {
        return page(visit, &link, Some(Refusal::bad("Enter a new password."))).await;
    }
    let (user, secret) = (link.user.clone(), link.secret.clone());
    match visit.app.recover(&visit.ctx, &visit.hosted, user, secret, password).await {
        Ok(done) => {
            let mut response = done_page(visit, Purpose::Recovery)?;
            if visit.signed.as_deref().is_some_and(|signed| signed.user.id == done.user) {
                // Every session of the account has ended, this one too.
                visit.forget_session(&mut response)?;
            }
            Ok(response)
        }
        Err(error) if error.code == Code::InvalidToken => Err(Refused::dead_link()),
        Err(error) => {
            let refusal = Refusal::of(&error, visit.ctx.now);
            if refusal.ends_flow { Err(error.into()) } else { page(visit, &link, Some(refusal)).await }
        }
    }
}

async fn unlock(visit: &Visit, link: Link) -> Result<Response, Refused> {
    let (ctx, secret) = (visit.ctx.clone(), link.secret);
    let done = visit.app.db.write(move |tx| lockout::finish(tx, &ctx, &secret)).await?;
    done.map_err(refused)?;
    done_page(visit, Purpose::Unlock)
}

/// Takes down what the person says about a number that was set up on his account.
async fn answer_review(visit: &Visit, link: Link, answer: &str) -> Result<Response, Refused> {
    let (ctx, hosted, review) = (visit.ctx.clone(), visit.hosted.clone(), link.review());
    let is_mine = match answer {
        MINE => true,
        STRANGERS => false,
        _ => return page(visit, &link, Some(Refusal::bad("Choose one of the answers."))).await,
    };
    let done = visit.app.db.write(move |tx| {
        if is_mine { review::confirm(tx, &ctx, &review) } else { review::report(tx, &ctx, &hosted.project, &review) }
    });
    done.await?.map_err(refused)?;
    let context = context! { brand => visit.brand(), purpose => link.purpose.name(), is_mine, by_phone => false };
    let mut response = origin_only(visit::page("login/done.html", context, None)?);
    if !is_mine && visit.signed.as_deref().is_some_and(|signed| signed.user.id == link.user) {
        // Every session of the account has ended, this one too.
        visit.forget_session(&mut response)?;
    }
    Ok(response)
}

fn refused(error: Error) -> Refused {
    if error.code == Code::InvalidToken { Refused::dead_link() } else { error.into() }
}

async fn page(visit: &Visit, link: &Link, refusal: Option<Refusal>) -> Result<Response, Refused> {
    let (ctx, purpose, user, secret) = (visit.ctx.clone(), link.purpose, link.user.clone(), link.secret.clone());
    let review = link.review();
    let (email, phone) = visit
        .app
        .db
        .read(move |tx| {
            let (user, phone) = match purpose {
                Purpose::ReviewPhone => review::find(tx, &ctx, &review)?,
                Purpose::Unlock => (lockout::find(tx, &ctx, &secret)?, None),
                _ => return Ok((verify::find_link(tx, &ctx, purpose, &user, &secret)?.masked(), None)),
            };
            Ok((user.email.map(|email| email.masked()).unwrap_or_default(), phone.map(|phone| phone.masked())))
        })
        .await
        .map_err(refused)?;
    let context = context! {
        brand => visit.brand(),
        project => &link.project,
        purpose => link.purpose.name(),
        user => &link.user,
        secret => link.secret.expose(),
        email,
        phone,
        number => &link.number,
        mine => MINE,
        strangers => STRANGERS,
        alert => refusal.as_ref().map(|refusal| refusal.message.as_str()),
    };
    Ok(origin_only(visit::page("login/link.html", context, refusal.as_ref())?))
}

fn done_page(visit: &Visit, purpose: Purpose) -> Result<Response, Refused> {
    // Only the default project has a login page.
    let has_login = visit.app.default_project.as_deref() == Some(&*visit.hosted.id);
    let by_phone = has_login && visit.hosted.project.settings.auth.phone;
    let context = context! { brand => visit.brand(), purpose => purpose.name(), by_phone };
    Ok(origin_only(visit::page("login/done.html", context, None)?))
}

/// The address of the page holds a secret. Under `no-referrer` browsers would send our own form with `Origin: null`.
fn origin_only(mut response: Response) -> Response {
    response.headers_mut().insert(REFERRER_POLICY, ORIGIN_ONLY);
    response
}
