//! Second factors of clients that name no challenge: an app's code or a recovery code is asked for and shown in one step,
//! a code that was sent belongs to the session that asked.

use super::Caller;
use super::challenge::{Asking, answer, ask_app, second_phone, send as send_code, verified_email};
use super::gate::{Factor, next_factors};
use super::handle::{HandleKind, Holder, of_challenge};
use super::start::Terms;
use super::verify::Token;
use crate::audit::{self, What};
use crate::base::{Code, Ctx, Result, Secret, Target};
use crate::db::Tx;
use crate::project::Project;
use crate::session::{self, Session};
use crate::verification::{Channel, Dialect, Purpose};

/// By which of the caller's factors a code can be sent: his number before his address, and none that his session has
/// shown already.
pub fn find_sendable(tx: &mut Tx<'_>, project: &Project, caller: &Caller) -> Result<Option<Factor>> {
    let next = next_factors(tx, project, &caller.user, &caller.session)?;
    Ok([Factor::Phone, Factor::Email].into_iter().find(|factor| next.contains(factor)))
}

/// Sends the code of a second factor. Its handle is the caller's session.
pub fn send(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    dialect: Dialect,
    factor: Factor,
) -> Result<Token> {
    let user = caller.reload(tx, ctx)?;
    let target = match factor {
        Factor::Phone if project.settings.mfa.phone => Target::Phone(second_phone(project, &user)?),
        Factor::Email if project.settings.mfa.email => Target::Email(verified_email(project, &user)?),
        Factor::Phone | Factor::Email | Factor::Totp | Factor::RecoveryCode => {
            return Err(Code::MethodDisabled.into());
        }
    };
    let holder = Holder::of_session(tx, ctx, &caller.session.id, Purpose::Mfa, target.as_str())?;
    let asking = Asking::of(project, dialect);
    let token = send_code(tx, ctx, project, caller, &asking, (Purpose::Mfa, &target), &holder)?;
    audit::record(tx, ctx, What::ChallengeCreate, Some(&user.id), "{}")?;
    Ok(token)
}

/// What somebody shows.
#[derive(Clone, Debug)]
pub struct Shown {
    /// By which dialect.
    pub dialect: Dialect,
    /// What kind of code it is. A phone's stands for an address's as well: both were sent.
    pub factor: Factor,
    /// The code.
    pub code: Secret,
    /// How long the session lives from now on, in seconds, if it waited for this.
    pub seconds: Option<i64>,
}

/// Shows a second factor. The session gets another secret with it. The outer result is for the store; the inner one is the
/// answer, committed with the attempt.
pub fn show(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    terms: &Terms,
    shown: &Shown,
) -> Result<Result<(Session, Secret)>> {
    let mfa = &project.settings.mfa;
    let session = &caller.session.id;
    let hash = match shown.factor {
        Factor::Phone | Factor::Email => HandleKind::Session.hash(ctx, &format!("{}:{session}", Purpose::Mfa.name())),
        Factor::Totp if !mfa.totp => return Ok(Err(Code::MethodDisabled.into())),
        Factor::RecoveryCode if !mfa.recovery_codes => return Ok(Err(Code::MethodDisabled.into())),
        Factor::Totp if !caller.user.totp => return Ok(Err(Code::AuthenticatorNotFound.into())),
        Factor::Totp | Factor::RecoveryCode => {
            let channel = if shown.factor == Factor::Totp { Channel::Totp } else { Channel::Recovery };
            let holder = Holder::of_challenge(ctx, session);
            match ask_app(tx, ctx, project, caller, shown.dialect, channel, &holder) {
                Ok(_) => {}
                Err(error) if matches!(error.code, Code::TooManyAttempts { .. }) => return Ok(Err(error)),
                Err(error) => return Err(error),
            }
            audit::record(tx, ctx, What::ChallengeCreate, Some(&caller.user.id), "{}")?;
            of_challenge(ctx, session, &holder.text)
        }
    };
    answer(tx, ctx, project, caller, &hash, &shown.code, |tx, session| {
        let session = match shown.seconds {
            Some(seconds) => session::extend(tx, ctx, &session.user_id, &session.id, seconds)?,
            None => session,
        };
        let secret = session::rotate_shaped(tx, ctx, &session.user_id, &session.id, terms.shape)?;
        Ok((session, secret))
    })
}
