//! The step from one factor to two for clients that carry a token from the one to the other (contract frontegg §2.5).
//!
//! The token is the secret of a session that lacks a factor, which opens nothing else; or, in a session that lacks none, a
//! secret made for asking once more. Whoever completes the step gets another secret of the session.

use super::challenge::{Asking, answer, ask_app, create_by};
use super::enrol::{self, Devices, Enrolled, phone_id};
use super::gate::{Factor, Step, another, step};
use super::handle::{self, Holder, of_challenge};
use super::start::Terms;
use super::verify::Token;
use super::{Caller, SignedIn, find_session};
use crate::audit::{self, What};
use crate::base::{Code, Ctx, Phone, Result, Secret, Target};
use crate::db::Tx;
use crate::project::Project;
use crate::user::{self, User};
use crate::verification::{self, Channel, Dialect, NewHandle, Purpose, Subject};
use crate::{device, mfa, session};

/// How long a token for asking once more works, in seconds.
const STEP_UP_SECONDS: i64 = 600;
/// Its random bytes.
const SECRET_BYTES: usize = 32;

/// Somebody who is at this step.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Whose session it is.
    pub caller: Caller,
    /// The verification behind the token, where the session lacks nothing.
    again: Option<String>,
}

impl Waiting {
    /// What he has to do.
    pub fn step(&self, project: &Project) -> Step {
        let Caller { user, session } = &self.caller;
        match self.again {
            None => step(project, user, &session.factors),
            Some(_) => another(project, user, session.began_with()),
        }
    }

    /// What he can show. Empty for whoever sets something up.
    pub fn devices(&self, tx: &mut Tx<'_>, ctx: &Ctx, project: &Project) -> Result<Devices> {
        devices(tx, ctx, &self.caller.user, &self.step(project))
    }

    /// Demands that he may show this factor: `Code::FactorNotFound`.
    fn may_show(&self, project: &Project, factor: Factor) -> Result<()> {
        match self.step(project) {
            Step::Show(can) if can.contains(&factor) => Ok(()),
            Step::Done | Step::Show(_) | Step::Enrol(_) => Err(Code::FactorNotFound.into()),
        }
    }
}

/// What can be shown at this step.
pub fn devices(tx: &mut Tx<'_>, ctx: &Ctx, user: &User, step: &Step) -> Result<Devices> {
    match step {
        Step::Show(factors) => enrol::devices_of(tx, ctx, user, factors),
        Step::Done | Step::Enrol(_) => Ok(Devices::default()),
    }
}

/// Who is at this step with this token. `Code::InvalidToken` for all that is none, the secret of a session that lacks
/// nothing included; `Code::UserBlocked`.
pub fn find(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, token: &Secret) -> Result<Waiting> {
    let waiting = match find_session(tx, ctx, token)? {
        Some((session, user)) => Waiting { caller: Caller { user, session }, again: None },
        None => find_again(tx, ctx, token)?,
    };
    if waiting.caller.user.blocked {
        return Err(Code::UserBlocked.into());
    }
    match waiting.step(project) {
        Step::Done => Err(Code::InvalidToken.into()),
        Step::Show(_) | Step::Enrol(_) => Ok(waiting),
    }
}

fn find_again(tx: &mut Tx<'_>, ctx: &Ctx, token: &Secret) -> Result<Waiting> {
    let invalid = || Code::InvalidToken;
    let hash = handle::of_link(ctx, Purpose::StepUp, "", token.expose());
    let found = verification::peek(tx, ctx, &hash)?.filter(|found| found.is_open(ctx, Purpose::StepUp));
    let found = found.ok_or_else(invalid)?;
    let (id, session) = (found.user.as_deref().ok_or_else(invalid)?, found.session.as_deref().ok_or_else(invalid)?);
    let user = user::find(tx, &ctx.project, id)?.ok_or_else(invalid)?;
    let session = session::get(tx, ctx, id, session).map_err(|_| invalid())?;
    Ok(Waiting { caller: Caller { user, session }, again: Some(found.id) })
}

/// Asks the caller for a second factor once more; gives the token for it. His session goes on as it is.
pub fn start(tx: &mut Tx<'_>, ctx: &Ctx, caller: &Caller, dialect: Dialect) -> Result<Secret> {
    let user = caller.reload(tx, ctx)?;
    let secret = Secret::from(ctx.random.hex(SECRET_BYTES));
    let expires_at = ctx.now.plus_seconds(STEP_UP_SECONDS);
    let target = format!("step-up:{}", user.id);
    // So long that nobody guesses it, and that it takes nothing of the guess budget.
    let length = 2 * SECRET_BYTES as i64;
    let subject = Subject {
        dialect,
        purpose: Purpose::StepUp,
        channel: Channel::Token,
        target: &target,
        session: Some(&caller.session.id),
        wanted_length: length,
    };
    let issued = verification::create(tx, ctx, &subject, length, Some(&user.id), expires_at)?;
    verification::arm_link(tx, ctx, &issued.id, &subject, &secret)?;
    let hash = handle::of_link(ctx, Purpose::StepUp, "", secret.expose());
    let new = NewHandle { hash: &hash, wanted_user: None, max_attempts: i64::from(i32::MAX) };
    verification::create_handle(tx, ctx, &new, &target, Some(&issued), expires_at)?;
    audit::record(tx, ctx, What::ChallengeCreate, Some(&user.id), "{}")?;
    Ok(secret)
}

/// Sends a code to the number with this id; gives its token and where it went.
pub fn send_sms(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    waiting: &Waiting,
    asking: &Asking,
    id: &str,
) -> Result<(Token, Phone)> {
    waiting.may_show(project, Factor::Phone)?;
    let phone = waiting.caller.user.second_phone().ok_or(Code::FactorNotFound)?;
    if phone_id(ctx, &waiting.caller.user.id, phone)? != id {
        return Err(Code::FactorNotFound.into());
    }
    let token = create_by(tx, ctx, project, &waiting.caller, asking, Factor::Phone)?;
    Ok((token, phone.clone()))
}

/// Sends a code to the account's address: to show it, or, where nothing is set up, to set it up.
pub fn send_email(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, waiting: &Waiting, asking: &Asking) -> Result<Token> {
    let email = waiting.caller.user.email.clone().ok_or(Code::FactorNotFound)?;
    match waiting.step(project) {
        Step::Enrol(can) if can.contains(&Factor::Email) => {
            enrol::start(tx, ctx, project, &waiting.caller, asking, &Target::Email(email))
        }
        Step::Done | Step::Show(_) | Step::Enrol(_) => {
            waiting.may_show(project, Factor::Email)?;
            create_by(tx, ctx, project, &waiting.caller, asking, Factor::Email)
        }
    }
}

/// Demands that he is to set this up: `Code::MoreFactorsRequired` for whoever has something to show instead,
/// `Code::FactorNotFound` where it is none that he can set up.
pub fn may_enrol(project: &Project, waiting: &Waiting, factor: Factor) -> Result<()> {
    match waiting.step(project) {
        Step::Enrol(can) if can.contains(&factor) => Ok(()),
        Step::Enrol(_) => Err(Code::FactorNotFound.into()),
        Step::Done | Step::Show(_) => Err(Code::MoreFactorsRequired.into()),
    }
}

/// What somebody shows at this step.
#[derive(Clone, Debug)]
pub struct Shown {
    /// By which dialect.
    pub dialect: Dialect,
    /// What of.
    pub by: By,
    /// The code.
    pub code: Secret,
    /// Whether the device is not to be asked again for a while, where the project allows that.
    pub remember: bool,
}

/// Of what a code is that is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum By {
    /// Of the number with the first id, sent under the token that comes second.
    Sms(String, String),
    /// Of the account's address, sent under this token.
    Email(String),
    /// Of the app with this id; without one, of the only one.
    App(Option<String>),
    /// Of a number that is being set up, sent under this token.
    NewPhone(String),
    /// Of an app that is being set up.
    NewApp,
}

/// Somebody who completed the step.
#[derive(Clone, Debug)]
pub struct Stepped {
    /// His session with its new secret, and his account.
    pub signed_in: SignedIn,
    /// The secret of the device, if it is remembered.
    pub device: Option<Secret>,
    /// The code that came with the first factor.
    pub recovery_code: Option<Secret>,
}

/// Shows a factor, or sets one up, and completes the step. The outer result is for the store; the inner one is the answer,
/// committed with the attempt.
pub fn finish(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    terms: &Terms,
    waiting: &Waiting,
    shown: &Shown,
) -> Result<Result<Stepped>> {
    let caller = &waiting.caller;
    let enrolled = match (&shown.by, waiting.step(project)) {
        (By::NewPhone(token), _) => {
            may_enrol(project, waiting, Factor::Phone)?;
            enrol::finish(tx, ctx, project, caller, token, &shown.code)?
        }
        (By::Email(token), Step::Enrol(_)) => {
            may_enrol(project, waiting, Factor::Email)?;
            enrol::finish(tx, ctx, project, caller, token, &shown.code)?
        }
        // Older clients know one route for both.
        (By::NewApp, _) | (By::App(None), Step::Enrol(_)) => {
            may_enrol(project, waiting, Factor::Totp)?;
            Ok(enrol::finish_app(tx, ctx, project, caller, &shown.code)?)
        }
        (By::Sms(..) | By::Email(_) | By::App(_), _) => {
            let hash = match challenge_of(tx, ctx, project, waiting, shown)? {
                Ok(hash) => hash,
                Err(error) => return Ok(Err(error)),
            };
            return answer(tx, ctx, project, caller, &hash, &shown.code, |tx, _| {
                complete(tx, ctx, project, terms, waiting, shown, None)
            });
        }
    };
    match enrolled {
        Ok(enrolled) => complete(tx, ctx, project, terms, waiting, shown, Some(enrolled)).map(Ok),
        Err(error) => Ok(Err(error)),
    }
}

/// The handle of the challenge that is answered; for an app one that is made now. Nothing was counted when there is none.
fn challenge_of(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    waiting: &Waiting,
    shown: &Shown,
) -> Result<Result<[u8; 32]>> {
    let Caller { user, session } = &waiting.caller;
    match &shown.by {
        By::Sms(id, token) => {
            waiting.may_show(project, Factor::Phone)?;
            let phone = user.second_phone().ok_or(Code::FactorNotFound)?;
            if phone_id(ctx, &user.id, phone)? != *id {
                return Err(Code::FactorNotFound.into());
            }
            Ok(Ok(of_challenge(ctx, &session.id, token)))
        }
        By::Email(token) => {
            waiting.may_show(project, Factor::Email)?;
            Ok(Ok(of_challenge(ctx, &session.id, token)))
        }
        By::App(id) => {
            waiting.may_show(project, Factor::Totp)?;
            let app = mfa::find_authenticator(tx, ctx, &user.id)?;
            if app.is_none_or(|app| id.as_ref().is_some_and(|id| *id != app.id)) {
                return Err(Code::FactorNotFound.into());
            }
            let holder = Holder::of_challenge(ctx, &session.id);
            match ask_app(tx, ctx, project, &waiting.caller, shown.dialect, Channel::Totp, &holder) {
                Ok(_) => {}
                Err(error) if matches!(error.code, Code::TooManyAttempts { .. }) => return Ok(Err(error)),
                Err(error) => return Err(error),
            }
            audit::record(tx, ctx, What::ChallengeCreate, Some(&user.id), "{}")?;
            Ok(Ok(of_challenge(ctx, &session.id, &holder.text)))
        }
        By::NewPhone(_) | By::NewApp => Err(Code::FactorNotFound.into()),
    }
}

fn complete(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    terms: &Terms,
    waiting: &Waiting,
    shown: &Shown,
    enrolled: Option<Enrolled>,
) -> Result<Stepped> {
    let (user, session) = (&waiting.caller.user.id, &waiting.caller.session.id);
    match &waiting.again {
        // What waited for this lives as long as any from now on.
        None => drop(session::extend(tx, ctx, user, session, terms.seconds)?),
        Some(verification) if verification::consume(tx, ctx, verification)? => {}
        Some(_) => return Err(Code::InvalidToken.into()),
    }
    let secret = session::rotate_shaped(tx, ctx, user, session, terms.shape)?;
    let mfa = &project.settings.mfa;
    let device = if shown.remember && mfa.remember_device {
        Some(device::create(tx, ctx, user, mfa.remember_device_seconds)?.1)
    } else {
        None
    };
    let session = session::get(tx, ctx, user, session)?;
    let user = user::get(tx, &ctx.project, user)?;
    let recovery_code = enrolled.and_then(|enrolled| enrolled.recovery_code);
    Ok(Stepped { signed_in: SignedIn { session, secret, user }, device, recovery_code })
}

/// Lets somebody in who signed in on a device that is remembered as his. It stands for a second factor in this session,
/// and is none that was shown lately. None where he is still to show one.
pub fn recognise(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    terms: &Terms,
    caller: &Caller,
    secret: &Secret,
) -> Result<Option<session::Session>> {
    let Caller { user, session } = caller;
    if !project.settings.mfa.remember_device || !matches!(step(project, user, &session.factors), Step::Show(_)) {
        return Ok(None);
    }
    if device::find(tx, ctx, &user.id, secret)?.is_none() {
        return Ok(None);
    }
    session::add_factors(tx, ctx, &user.id, &session.id, &["device"])?;
    audit::record(tx, ctx, What::DeviceUse, Some(&user.id), "{}")?;
    session::extend(tx, ctx, &user.id, &session.id, terms.seconds).map(Some)
}
