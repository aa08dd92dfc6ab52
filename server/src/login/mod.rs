//! The hosted login box: signing in by phone in a browser, with or without JavaScript.
//!
//! `GET /login` shows whatever comes next: the number form, the code form while a code is out, the second factor while
//! one is missing, or who is signed in. The pages say the same for every number, known or not. `/login/link` takes over
//! from links in e-mails, `/login/authorize` from applications that send people here to sign in, and `/login/leave` from
//! those that send them here to sign out.

mod authorize;
mod error;
mod flow;
mod leave;
mod link;
mod second;
#[cfg(test)]
mod tests;
mod visit;

use axum::extract::{Request, State};
use axum::response::Response;
use countersign_domain::base::time::HOUR;
use countersign_domain::base::{Code, Error, Phone, Secret, Time};
use countersign_domain::session;
use countersign_domain::signin::{HandleKind, Rules, Start, Way};
use countersign_domain::verification::Dialect;
use minijinja::context;

use crate::app::{App, Signed};
use crate::http::cookie::imf_fixdate;
use crate::http::limit::Rule;
use crate::http::routes::Routes;

use error::{Refusal, Refused};
use flow::Flow;
use visit::{Form, Visit};

/// Codes of one kind, or links, that one network may try in an hour.
const TRIES: Rule = Rule { limit: 30, window_micros: HOUR };
/// The longest code, in digits.
const LONGEST: usize = 10;

/// The routes.
pub fn routes() -> Routes {
    Routes::default()
        .get("/login", show)
        .post("/login", start)
        .post("/login/code", finish)
        .get("/login/second", second::show)
        .post("/login/second", second::ask)
        .post("/login/second/code", second::finish)
        .get("/login/link", link::show)
        .post("/login/link", link::finish)
        .post("/login/out", out)
        .get("/login/authorize", authorize::show)
        .get("/login/leave", leave::show)
        .post("/login/leave", leave::finish)
        // A reload of what answered a POST asks for these by GET.
        .get("/login/code", back)
        .get("/login/second/code", back)
        .get("/login/out", back)
}

async fn show(State(app): State<App>, request: Request) -> Response {
    let wants_number = request.uri().query().is_some_and(|query| query == "number");
    answer(async {
        let visit = Visit::open(&app, request).await?;
        if visit.gated().is_some() {
            return Ok(visit::redirect_to("/login/second"));
        }
        if let Some(signed) = &visit.signed {
            return match &visit.kept {
                Some(kept) if !signed.user.blocked => authorize::onward(&visit, kept),
                Some(_) | None => account_page(&visit, signed),
            };
        }
        match visit.flow().filter(|flow| flow.is_live(visit.ctx.now)) {
            Some(flow) if !wants_number => code_page(&visit, &flow, Say::Nothing),
            Some(_) | None => number_page(&visit, visit.hint(), None),
        }
    })
    .await
}

async fn back() -> Response {
    visit::redirect()
}

async fn start(State(app): State<App>, request: Request) -> Response {
    answer(async {
        let (visit, form) = Visit::posted(&app, request).await?;
        if visit.signed.is_some() {
            return Ok(visit::redirect());
        }
        let flow = visit.flow();
        let again = form.has("again");
        let phone = match (again, &flow) {
            (true, Some(flow)) => flow.phone.clone(),
            (true, None) => return expired(&visit, None),
            (false, _) => match read_number(&app, &form) {
                Ok(phone) => phone,
                Err(refusal) => return number_page(&visit, form.get("phone"), Some(&refusal)),
            },
        };
        let start = Start {
            dialect: Dialect::Page,
            target: phone.clone().into(),
            way: Way::Code,
            phrase: false,
            kind: HandleKind::Opaque,
            wanted: flow.map(|flow| flow.handle),
            rules: Rules::of(&visit.hosted.project),
            idempotency_key: None,
        };
        match app.start_sign_in(&visit.ctx, &visit.hosted, start).await {
            Ok(started) => {
                let flow = Flow { handle: started.handle, expires_at: Time::from_micros(started.expires_at), phone };
                let mut page = code_page(&visit, &flow, if again { Say::Again } else { Say::Nothing })?;
                visit.keep_flow(&mut page, &flow.cookie(), flow.expires_at)?;
                Ok(page)
            }
            Err(error) => number_page(&visit, phone.as_e164(), Some(&Refusal::of(&error, visit.ctx.now))),
        }
    })
    .await
}

/// The number in the form. curl's `-d` leaves the plus as it is, which then arrives as a space.
fn read_number(app: &App, form: &Form) -> Result<Phone, Refusal> {
    let text = form.get("phone");
    if text.trim().is_empty() {
        return Err(Refusal::bad("Enter your phone number."));
    }
    let unescaped = text.strip_prefix(' ').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let parsed = match unescaped {
        Some(rest) => app.phone(&format!("+{rest}")),
        None => app.phone(text),
    };
    parsed.map_err(|error| Refusal::of(&error, app.clock.now()))
}

async fn finish(State(app): State<App>, request: Request) -> Response {
    answer(async {
        let (visit, form) = Visit::posted(&app, request).await?;
        if visit.signed.is_some() {
            return Ok(visit::redirect());
        }
        let flow = match visit.flow() {
            Some(flow) if flow.is_live(visit.ctx.now) => flow,
            gone => return expired(&visit, gone.as_ref()),
        };
        let Some(code) = digits(form.get("code")) else {
            let refusal = Refusal::bad("Enter the code from the message. It has digits only.");
            return code_page(&visit, &flow, Say::Refused(refusal));
        };
        if let Some(refusal) = too_many(&visit, "login-code").await? {
            return code_page(&visit, &flow, Say::Refused(refusal));
        }
        let handle = flow.handle.clone();
        match app.finish_sign_in(&visit.ctx, &visit.hosted, Dialect::Page, HandleKind::Opaque, handle, code).await {
            Ok(signed_in) => second::enter(&visit, signed_in).await,
            Err(error) => {
                let refusal = Refusal::of(&error, visit.ctx.now);
                if refusal.ends_flow {
                    let mut page = number_page(&visit, "", Some(&refusal))?;
                    visit.forget_flow(&mut page)?;
                    return Ok(page);
                }
                code_page(&visit, &flow, Say::Refused(refusal))
            }
        }
    })
    .await
}

/// A code as people type it: digits, with spaces or dashes between them.
fn digits(text: &str) -> Option<Secret> {
    let code: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let is_code = !code.is_empty() && code.len() <= LONGEST && code.bytes().all(|b| b.is_ascii_digit());
    is_code.then(|| Secret::new(code))
}

/// Counts a try of `kind` against the network it comes from; a refusal when there were too many.
async fn too_many(visit: &Visit, kind: &str) -> Result<Option<Refusal>, Error> {
    let network = visit.ctx.network().unwrap_or_default();
    let hit = visit.app.hit(&visit.ctx, kind, &[vec![network.as_str()]], TRIES).await?;
    Ok(hit.filter(|hit| !hit.allowed).map(|hit| {
        let error = Error::from(Code::TooManyAttempts { retry_at: hit.reset_at });
        Refusal::of(&error, visit.ctx.now)
    }))
}

async fn out(State(app): State<App>, request: Request) -> Response {
    answer(async {
        let (visit, _) = Visit::posted(&app, request).await?;
        if let Some(signed) = &visit.signed {
            let (ctx, user, id) = (visit.ctx.clone(), signed.user.id.clone(), signed.session.id.clone());
            match app.db.write(move |tx| session::delete(tx, &ctx, &user, &id)).await {
                Ok(()) => {}
                // Somebody else ended it meanwhile.
                Err(error) if error.code == Code::SessionNotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        let mut response = visit::redirect();
        visit.forget_session(&mut response)?;
        visit.forget_flow(&mut response)?;
        Ok(response)
    })
    .await
}

async fn answer(result: impl Future<Output = Result<Response, Refused>>) -> Response {
    result.await.unwrap_or_else(Refused::into_response)
}

fn number_page(visit: &Visit, phone: &str, refusal: Option<&Refusal>) -> Result<Response, Refused> {
    let alert = refusal.map(|refusal| refusal.message.as_str());
    let onward = visit.kept.as_ref().map(|kept| kept.asked.host());
    let context = context! { brand => visit.brand(), is_dev => visit.is_dev(), phone, onward, alert };
    visit::page("login/number.html", context, refusal)
}

/// What the code form says besides asking for the code.
enum Say {
    Nothing,
    /// Another code was asked for.
    Again,
    Refused(Refusal),
}

fn code_page(visit: &Visit, flow: &Flow, say: Say) -> Result<Response, Refused> {
    let again = matches!(say, Say::Again);
    let refusal = if let Say::Refused(refusal) = say { Some(refusal) } else { None };
    let context = context! {
        brand => visit.brand(),
        is_dev => visit.is_dev(),
        phone => flow.phone.masked(),
        minutes => (flow.expires_at.micros_since(visit.ctx.now) / 60_000_000).max(1),
        wait => visit.resend_wait(),
        longest => LONGEST,
        again,
        alert => refusal.as_ref().map(|refusal| refusal.message.as_str()),
    };
    visit::page("login/code.html", context, refusal.as_ref())
}

/// The code can be used no more: the number form again, filled in.
fn expired(visit: &Visit, flow: Option<&Flow>) -> Result<Response, Refused> {
    let refusal = Refusal::bad("This code has expired. Send a new one to go on.");
    let mut page = number_page(visit, flow.map_or("", |flow| flow.phone.as_e164()), Some(&refusal))?;
    visit.forget_flow(&mut page)?;
    Ok(page)
}

fn account_page(visit: &Visit, signed: &Signed) -> Result<Response, Refused> {
    let Signed { session, user, .. } = signed;
    let who = match (user.shown_phone(), &user.email) {
        (Some(phone), _) => phone.masked(),
        (None, Some(email)) => email.masked(),
        (None, None) if user.name.is_empty() => "a guest".to_owned(),
        (None, None) => user.name.clone(),
    };
    let context = context! {
        brand => visit.brand(),
        is_dev => visit.is_dev(),
        who,
        is_blocked => user.blocked,
        since => day(session.created_at),
        until => day(session.expires_at),
    };
    visit::page("login/account.html", context, None)
}

/// `21 Nov 2026`.
fn day(time: Time) -> String {
    imf_fixdate(time).get(5..16).unwrap_or_default().to_owned()
}
