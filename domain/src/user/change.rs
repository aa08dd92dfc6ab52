//! What a user, or his proofs, change about an account.

use super::{User, announce, find_by, get, sql};
use crate::args;
use crate::audit::{self, What};
use crate::base::{Code, Ctx, Email, Error, Phone, Result, Target, Time};
use crate::db::{Tx, Value};

/// At most 128 characters, in one line.
pub(super) fn check_name(name: &str) -> Result<()> {
    if name.chars().count() > 128 || name.chars().any(char::is_control) {
        return Err(Error::invalid("name", "must be at most 128 characters in one line"));
    }
    Ok(())
}

/// Changes the name: at most 128 characters.
pub fn update_name(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, name: &str) -> Result<User> {
    check_name(name)?;
    audit::record(tx, ctx, What::UserUpdate, Some(id), r#"{"changed":"name"}"#)?;
    changed(tx, ctx, id, sql::SET_NAME, name)
}

/// Replaces the user's own JSON object, which may have 64 KiB.
pub fn update_prefs(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: &str,
    prefs: &serde_json::Map<String, serde_json::Value>,
) -> Result<User> {
    let text = serde_json::to_string(prefs).map_err(Error::internal)?;
    if text.len() > 65_536 {
        return Err(Error::invalid("prefs", "must be at most 64 KiB"));
    }
    audit::record(tx, ctx, What::UserUpdate, Some(id), r#"{"changed":"prefs"}"#)?;
    changed(tx, ctx, id, sql::SET_PREFS, &text)
}

/// Switches the account off or on. Its sessions stay, and answer `Code::UserBlocked` while it is off.
pub fn set_blocked(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, blocked: bool) -> Result<User> {
    let detail = if blocked { r#"{"blocked":true}"# } else { r#"{"blocked":false}"# };
    audit::record(tx, ctx, What::UserBlock, Some(id), detail)?;
    changed(tx, ctx, id, sql::SET_BLOCKED, blocked)
}

/// Asks for a second factor from now on, or no more.
pub fn set_mfa(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, mfa: bool) -> Result<User> {
    changed(tx, ctx, id, sql::SET_MFA, mfa)
}

/// Writes down whether an authenticator app is verified.
pub fn set_totp(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, totp: bool) -> Result<User> {
    changed(tx, ctx, id, sql::SET_TOTP, totp)
}

/// Writes down when the password was set.
pub fn set_password_at(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, at: Time) -> Result<User> {
    changed(tx, ctx, id, sql::SET_PASSWORD_AT, at)
}

/// Gives the account another address, which nobody has proved yet. `Code::EmailTaken` when another account has it; a
/// pending one holds nothing.
pub fn set_email(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, email: &Email) -> Result<User> {
    let user = get(tx, &ctx.project, id)?;
    if user.email.as_ref() == Some(email) {
        return Ok(user);
    }
    tx.exec(sql::DELETE_PENDING_BY_EMAIL, args![&ctx.project, email])?;
    if find_by(tx, &ctx.project, &Target::Email(email.clone()))?.is_some() {
        return Err(Code::EmailTaken.into());
    }
    changed(tx, ctx, id, sql::SET_EMAIL, email)
}

/// Notes a number that the user says is his. It finds nobody and is not unique until it is proved; the old one keeps
/// signing in. Naming the old one again drops the claim.
pub fn claim_phone(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, phone: &Phone) -> Result<User> {
    let user = get(tx, &ctx.project, id)?;
    let claim = (user.phone.as_ref() != Some(phone)).then_some(phone);
    changed(tx, ctx, id, sql::SET_CLAIM, claim)
}

/// Writes down that somebody signed in otherwise than by a proof of the number or address. `Code::UserBlocked` when the
/// account is switched off, `Code::UserNotFound` when it is gone.
pub fn touch_sign_in(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<User> {
    let signed_in = tx.find(sql::TOUCH_SIGN_IN, args![ctx.now, &ctx.project, id], User::load)?;
    match signed_in {
        Some(user) => Ok(user),
        None if get(tx, &ctx.project, id)?.blocked => Err(Code::UserBlocked.into()),
        None => Err(Code::UserNotFound.into()),
    }
}

fn changed<'v>(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: &str,
    statement: &'static str,
    value: impl Into<Value<'v>>,
) -> Result<User> {
    let changed = tx.find(statement, &[value.into(), ctx.now.into(), (&ctx.project).into(), id.into()], User::load)?;
    let user = changed.ok_or(Code::UserNotFound)?;
    announce(tx, ctx, id)?;
    Ok(user)
}
