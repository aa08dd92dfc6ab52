//! Giving up second factors: one after a proof, all of them by a server's word or by a recovery code. With the last app or
//! number that was set up the account is asked for a second factor no more.

use super::challenge::{Asking, answer, ask_app, bound_to, send};
use super::enrol::{check, phone_id};
use super::gate::require_recent;
use super::handle::{Holder, of_challenge};
use super::notice::{self, Notice};
use super::verify::Token;
use super::{Caller, coexistence, erase_sessions};
use crate::audit::{self, What};
use crate::base::time::DAY;
use crate::base::{Code, Ctx, Email, Phone, Result, Secret, Target};
use crate::db::Tx;
use crate::project::Project;
use crate::user::{self, User};
use crate::verification::{Channel, Dialect, Purpose};
use crate::{device, limit, mfa};

/// Sends a code to the number with this id, which is to be a second factor no more. `Code::FactorNotFound` when it is none:
/// a number by which somebody signs in is not set up here, and not given up here.
pub fn start_phone(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    asking: &Asking,
    id: &str,
) -> Result<(Token, Phone)> {
    let user = caller.reload(tx, ctx)?;
    let phone = find_phone(ctx, &user, id)?;
    may_remove(ctx, project, &user, caller)?;
    let target = Target::Phone(phone.clone());
    let holder = Holder::of_challenge(ctx, &bound_to(caller));
    let token = send(tx, ctx, project, caller, asking, (Purpose::RemoveFactor, &target), &holder)?;
    Ok((token, phone))
}

/// The number for second factors with this id.
pub fn find_phone(ctx: &Ctx, user: &User, id: &str) -> Result<Phone> {
    match &user.mfa_phone {
        Some(phone) if phone_id(ctx, &user.id, phone)? == id => Ok(phone.clone()),
        Some(_) | None => Err(Code::FactorNotFound.into()),
    }
}

/// A code to the number is a second factor that is shown now, unless the session began with one by SMS.
fn may_remove(ctx: &Ctx, project: &Project, user: &User, caller: &Caller) -> Result<()> {
    if ctx.is_by_key() || !caller.session.began_by("phone") {
        return Ok(());
    }
    require_recent(ctx, project, user, &caller.session)
}

/// Shows it, and gives the number up. The outer result is for the store; the inner one is the answer.
pub fn finish_phone(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    id: &str,
    token: &str,
    code: &Secret,
) -> Result<Result<User>> {
    check(tx, ctx, caller, Purpose::RemoveFactor, (token, code), |tx, before, verification| {
        let phone = find_phone(ctx, before, id)?;
        if phone.as_e164() != verification.target {
            return Err(Code::InvalidToken.into());
        }
        may_remove(ctx, project, before, caller)?;
        let after = user::set_mfa_phone(tx, ctx, &before.id, None)?;
        audit::record(tx, ctx, What::MfaPhoneDelete, Some(&before.id), "{}")?;
        notice::send(tx, ctx, project, before, Notice::MfaPhoneRemoved)?;
        settle(tx, ctx, project, before, after)
    })
}

/// Gives the authenticator app up: by a code of it, or, without one, after a second factor that was shown lately or by a
/// server's word. `Code::AuthenticatorNotFound` when there is none that is verified, or not the one with this id.
pub fn delete_app(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    dialect: Dialect,
    id: Option<&str>,
    code: Option<&Secret>,
) -> Result<Result<User>> {
    let user = caller.reload(tx, ctx)?;
    let app = mfa::find_authenticator(tx, ctx, &user.id)?.filter(|app| app.verified_at.is_some());
    if app.is_none_or(|app| id.is_some_and(|id| id != app.id)) {
        return Ok(Err(Code::AuthenticatorNotFound.into()));
    }
    if let Err(error) = coexistence::may_remove_app(project, &user).or_else(|e| by_key_or(ctx, e)) {
        return Ok(Err(error));
    }
    let Some(code) = code.filter(|_| !ctx.is_by_key()) else {
        if !ctx.is_by_key() {
            require_recent(ctx, project, &user, &caller.session)?;
        }
        return remove_app(tx, ctx, project, &user).map(Ok);
    };
    let holder = Holder::of_challenge(ctx, &caller.session.id);
    match ask_app(tx, ctx, project, caller, dialect, Channel::Totp, &holder) {
        Ok(_) => {}
        Err(error) if matches!(error.code, Code::TooManyAttempts { .. }) => return Ok(Err(error)),
        Err(error) => return Err(error),
    }
    let hash = of_challenge(ctx, &caller.session.id, &holder.text);
    answer(tx, ctx, project, caller, &hash, code, |tx, _| {
        let user = caller.reload(tx, ctx)?;
        remove_app(tx, ctx, project, &user)
    })
}

/// Servers are free to leave an account as they like.
fn by_key_or(ctx: &Ctx, error: crate::base::Error) -> Result<()> {
    if ctx.is_by_key() { Ok(()) } else { Err(error) }
}

fn remove_app(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, before: &User) -> Result<User> {
    mfa::delete_authenticator(tx, ctx, &before.id)?;
    let after = user::set_totp(tx, ctx, &before.id, false)?;
    audit::record(tx, ctx, What::AuthenticatorDelete, Some(&before.id), "{}")?;
    notice::send(tx, ctx, project, before, Notice::AuthenticatorRemoved)?;
    settle(tx, ctx, project, before, after)
}

/// What giving up any factor brings about.
fn settle(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, before: &User, after: User) -> Result<User> {
    device::delete_all(tx, ctx, &before.id)?;
    if after.totp || after.mfa_phone.is_some() {
        return Ok(after);
    }
    // Codes of old factors would open new ones.
    mfa::delete_all(tx, ctx, &before.id)?;
    let off = user::set_mfa(tx, ctx, &before.id, false)?;
    if before.mfa {
        audit::record(tx, ctx, What::MfaUpdate, Some(&before.id), r#"{"mfa":false}"#)?;
        notice::send(tx, ctx, project, before, Notice::MfaOff)?;
    }
    Ok(off)
}

/// Takes every second factor from a user, by a server's word. He is told.
pub fn delete_all(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, id: &str) -> Result<User> {
    let before = user::get(tx, &ctx.project, id)?;
    erase(tx, ctx, project, &before)
}

fn erase(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, before: &User) -> Result<User> {
    user::set_mfa_phone(tx, ctx, &before.id, None)?;
    let after = user::set_totp(tx, ctx, &before.id, false)?;
    settle(tx, ctx, project, before, after)
}

/// Tries with recovery codes for one address that one network may make in a day.
pub const BY_NETWORK: i64 = 5;
/// The same of all networks together.
pub const BY_ALL: i64 = 15;
/// The kinds of their counters.
const NETWORK: &str = "mfa-recovery-network";
const ALL: &str = "mfa-recovery";

/// Takes every second factor from the account with this address, for whoever shows a recovery code of it: its sessions end,
/// its user is told and signs in anew. A wrong code, an unknown address and a blocked account are one answer,
/// `Code::InvalidToken`; tries are counted whether or not anybody has the address. The outer result is for the store.
pub fn recover(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, email: &Email, code: &Secret) -> Result<Result<()>> {
    let network = format!("{} {}", email.as_str(), ctx.network().unwrap_or_default());
    // What a network tries beyond its own guesses takes nothing from the others'.
    let fits = limit::add(tx, ctx, NETWORK, &network, DAY, 1, 0)?.used <= BY_NETWORK
        && limit::add(tx, ctx, ALL, email.as_str(), DAY, 1, 0)?.used <= BY_ALL;
    if !fits {
        return Ok(Err(Code::TooManyAttempts { retry_at: limit::window_at(ctx.now, DAY).plus_micros(DAY) }.into()));
    }
    let user = user::find_by(tx, &ctx.project, &Target::Email(email.clone()))?;
    let user = user.filter(|user| !user.pending && !user.blocked);
    tx.attempt(|tx| {
        let id = user.as_ref().map(|user| user.id.as_str()).unwrap_or_default();
        let right = mfa::use_recovery_code(tx, ctx, id, code)?;
        let Some(before) = user.as_ref().filter(|_| right) else { return Err(Code::InvalidToken.into()) };
        limit::clear(tx, ctx, NETWORK, &network)?;
        limit::clear(tx, ctx, ALL, email.as_str())?;
        audit::record(tx, ctx, What::MfaRecover, Some(&before.id), "{}")?;
        erase(tx, ctx, project, before)?;
        erase_sessions(tx, ctx, &before.id)
    })
}
