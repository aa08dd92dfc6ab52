//! The second factor: after the first one, where the account or the project asks for more (`signin::gate`).

use axum::extract::{Request, State};
use axum::response::Response;
use countersign_domain::base::{Actor, Code, Ctx, Email, Error, Phone, Secret};
use countersign_domain::signin::{self, Caller, Factor, SignedIn, challenge};
use countersign_domain::verification::Dialect;
use minijinja::context;

use super::error::{Refusal, Refused};
use super::flow::Challenge;
use super::visit::{self, Form, Visit};
use super::{LONGEST, Say, answer, digits, too_many};
use crate::app::App;

/// The longest recovery code as people type it, in characters.
const LONGEST_RECOVERY: usize = 40;

/// What comes after the first factor: the session's cookie, and the likeliest second factor where one is missing.
pub(super) async fn enter(visit: &Visit, signed_in: SignedIn) -> Result<Response, Refused> {
    let SignedIn { session, secret, user } = signed_in;
    let mut response = visit::redirect();
    visit.keep_session(&mut response, &secret, session.expires_at)?;
    let caller = Caller { user, session };
    let begun = match signin::gate(&visit.hosted.project, &caller.user, &caller.session) {
        Ok(()) => Ok(None),
        Err(_) => begin(visit, caller).await,
    };
    match begun {
        Ok(Some(challenge)) => visit.keep_flow(&mut response, &challenge.cookie(), challenge.expires_at)?,
        // Why it failed is said when the person chooses a way himself.
        Ok(None) | Err(_) => visit.forget_flow(&mut response)?,
    }
    Ok(response)
}

async fn begin(visit: &Visit, caller: Caller) -> Result<Option<Challenge>, Error> {
    let actor = Actor::User { user: caller.user.id.clone(), session: caller.session.id.clone() };
    let ctx = Ctx { actor, ..visit.ctx.clone() };
    match next(visit, &caller).await?.first() {
        // Nobody uses a recovery code up who does not ask to.
        None | Some(Factor::RecoveryCode) => Ok(None),
        Some(factor) => create(visit, &ctx, caller, *factor).await.map(Some),
    }
}

async fn next(visit: &Visit, caller: &Caller) -> Result<Vec<Factor>, Error> {
    let (hosted, caller) = (visit.hosted.clone(), caller.clone());
    visit.app.db.read(move |tx| signin::next_factors(tx, &hosted.project, &caller.user, &caller.session)).await
}

async fn create(visit: &Visit, ctx: &Ctx, caller: Caller, factor: Factor) -> Result<Challenge, Error> {
    let made = visit.app.create_challenge(ctx, &visit.hosted, caller, Dialect::Page, factor).await?;
    Ok(Challenge { id: made.id, expires_at: made.expires_at, factor })
}

/// The code form while a challenge is open, else the ways to choose from.
pub(super) async fn show(State(app): State<App>, request: Request) -> Response {
    let wants_ways = request.uri().query().is_some_and(|query| query == "ways");
    answer(async {
        let visit = Visit::open(&app, request).await?;
        let Some(caller) = visit.gated() else { return Ok(visit::redirect()) };
        match visit.challenge().filter(|challenge| challenge.is_live(visit.ctx.now)) {
            Some(challenge) if !wants_ways => code_page(&visit, &caller, &challenge, Say::Nothing),
            Some(_) | None => ways_page(&visit, &caller, None).await,
        }
    })
    .await
}

/// Asks for a factor, or for another code of the one that is open.
pub(super) async fn ask(State(app): State<App>, request: Request) -> Response {
    answer(async {
        let (visit, form) = Visit::posted(&app, request).await?;
        let Some(caller) = visit.gated() else { return Ok(visit::redirect()) };
        let Some(factor) = Factor::parse(form.get("factor")) else {
            return ways_page(&visit, &caller, Some(Refusal::bad("Choose one of these ways."))).await;
        };
        if let Some(refusal) = too_many(&visit, "login-challenge").await? {
            return ways_page(&visit, &caller, Some(refusal)).await;
        }
        let again = form.has("again");
        match create(&visit, &visit.ctx, caller.clone(), factor).await {
            Ok(challenge) => {
                let say = if again { Say::Again } else { Say::Nothing };
                let mut page = code_page(&visit, &caller, &challenge, say)?;
                visit.keep_flow(&mut page, &challenge.cookie(), challenge.expires_at)?;
                Ok(page)
            }
            Err(error) => {
                let refusal = Refusal::of(&error, visit.ctx.now);
                let open =
                    visit.challenge().filter(|open| again && open.factor == factor && open.is_live(visit.ctx.now));
                match open {
                    // The code that is out still works.
                    Some(open) => code_page(&visit, &caller, &open, Say::Refused(refusal)),
                    None => ways_page(&visit, &caller, Some(refusal)).await,
                }
            }
        }
    })
    .await
}

/// Checks the code. The session gets another secret with it.
pub(super) async fn finish(State(app): State<App>, request: Request) -> Response {
    answer(async {
        let (visit, form) = Visit::posted(&app, request).await?;
        let Some(caller) = visit.gated() else { return Ok(visit::redirect()) };
        let Some(open) = visit.challenge().filter(|open| open.is_live(visit.ctx.now)) else {
            let refusal = Refusal::bad("This took too long. Choose a way again.");
            return ways_page(&visit, &caller, Some(refusal)).await;
        };
        let code = match read_code(open.factor, &form) {
            Ok(code) => code,
            Err(refusal) => return code_page(&visit, &caller, &open, Say::Refused(refusal)),
        };
        if let Some(refusal) = too_many(&visit, "login-second").await? {
            return code_page(&visit, &caller, &open, Say::Refused(refusal));
        }
        let proved = {
            let (ctx, hosted) = (visit.ctx.clone(), visit.hosted.clone());
            let (caller, id) = (caller.clone(), open.id.clone());
            app.db
                .write(move |tx| challenge::complete_and_rotate(tx, &ctx, &hosted.project, &caller, &id, &code))
                .await?
        };
        match proved {
            Ok((session, secret)) => {
                let mut response = visit::redirect();
                visit.keep_session(&mut response, &secret, session.expires_at)?;
                visit.forget_flow(&mut response)?;
                Ok(response)
            }
            Err(error) => {
                let refusal = refusal(&error, open.factor, &visit);
                if refusal.ends_flow {
                    return ways_page(&visit, &caller, Some(refusal)).await;
                }
                code_page(&visit, &caller, &open, Say::Refused(refusal))
            }
        }
    })
    .await
}

fn read_code(factor: Factor, form: &Form) -> Result<Secret, Refusal> {
    let text = form.get("code");
    if factor != Factor::RecoveryCode {
        return digits(text).ok_or_else(|| Refusal::bad("Enter the code. It has digits only."));
    }
    let code: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    if code.is_empty() || text.chars().count() > LONGEST_RECOVERY {
        return Err(Refusal::bad("Enter one of your recovery codes."));
    }
    Ok(Secret::new(code))
}

fn refusal(error: &Error, factor: Factor, visit: &Visit) -> Refusal {
    match (&error.code, factor) {
        (Code::InvalidToken, Factor::Totp) => Refusal::bad(
            "This code is wrong or was used already. Enter the newest one. If that fails too, choose the app again under \
             “Use another way”.",
        ),
        (Code::InvalidToken, Factor::RecoveryCode) => Refusal::bad(
            "This is none of your recovery codes, or it was used already. If others fail too, choose recovery codes again \
             under “Use another way”.",
        ),
        _ => Refusal::of(error, visit.ctx.now),
    }
}

fn code_page(visit: &Visit, caller: &Caller, open: &Challenge, say: Say) -> Result<Response, Refused> {
    let again = matches!(say, Say::Again);
    let refusal = if let Say::Refused(refusal) = say { Some(refusal) } else { None };
    let target = match open.factor {
        Factor::Email => caller.user.email.as_ref().map(Email::masked),
        Factor::Phone => caller.user.verified_phone().map(Phone::masked),
        Factor::Totp | Factor::RecoveryCode => None,
    };
    let context = context! {
        brand => visit.brand(),
        is_dev => visit.is_dev(),
        factor => open.factor.name(),
        target,
        minutes => (open.expires_at.micros_since(visit.ctx.now) / 60_000_000).max(1),
        wait => visit.resend_wait(),
        longest => if open.factor == Factor::RecoveryCode { LONGEST_RECOVERY } else { LONGEST + 4 },
        again,
        alert => refusal.as_ref().map(|refusal| refusal.message.as_str()),
    };
    visit::page("login/second.html", context, refusal.as_ref())
}

/// The ways to choose from; where there are none, what to do.
async fn ways_page(visit: &Visit, caller: &Caller, refusal: Option<Refusal>) -> Result<Response, Refused> {
    let is_blocked = caller.user.blocked;
    let ways = if is_blocked { Vec::new() } else { next(visit, caller).await? };
    let shown = |way: Factor| ways.contains(&way);
    let context = context! {
        brand => visit.brand(),
        is_blocked,
        stuck => ways.is_empty(),
        totp => shown(Factor::Totp),
        email => caller.user.email.as_ref().filter(|_| shown(Factor::Email)).map(Email::masked),
        phone => caller.user.verified_phone().filter(|_| shown(Factor::Phone)).map(Phone::masked),
        recovery => shown(Factor::RecoveryCode),
        alert => refusal.as_ref().map(|refusal| refusal.message.as_str()),
    };
    visit::page("login/ways.html", context, refusal.as_ref())
}
