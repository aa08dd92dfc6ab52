//! What a user, or his proofs, change about an account.

use super::proof::release;
use super::{Proof, User, announce, find, find_by, get, sql};
use crate::args;
use crate::audit::{self, What};
use crate::base::{Code, Ctx, Email, Error, Phone, Result, Target, Time, fold};
use crate::db::{Tx, Value};

/// At most 128 characters, in one line.
pub(crate) fn check_name(name: &str) -> Result<()> {
    if name.chars().count() > 128 || name.chars().any(char::is_control) {
        return Err(Error::invalid("name", "must be at most 128 characters in one line"));
    }
    Ok(())
}

/// Changes the name: at most 128 characters.
pub fn update_name(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, name: &str) -> Result<User> {
    check_name(name)?;
    audit::record(tx, ctx, What::UserUpdate, Some(id), r#"{"changed":"name"}"#)?;
    let changed = tx.find(sql::SET_NAME, args![name, &fold(name), ctx.now, &ctx.project, id], User::load)?;
    let user = changed.ok_or(Code::UserNotFound)?;
    announce(tx, ctx, id)?;
    Ok(user)
}

/// The user's own JSON object as it is stored: at most 64 KiB.
pub(crate) fn prefs_text(prefs: &serde_json::Map<String, serde_json::Value>) -> Result<String> {
    let text = serde_json::to_string(prefs).map_err(Error::internal)?;
    if text.len() > 65_536 {
        return Err(Error::invalid("prefs", "must be at most 64 KiB"));
    }
    Ok(text)
}

/// Replaces the user's own JSON object, which may have 64 KiB.
pub fn update_prefs(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    id: &str,
    prefs: &serde_json::Map<String, serde_json::Value>,
) -> Result<User> {
    let text = prefs_text(prefs)?;
    audit::record(tx, ctx, What::UserUpdate, Some(id), r#"{"changed":"prefs"}"#)?;
    changed(tx, ctx, id, sql::SET_PREFS, &text)
}

/// Changes one entry of the user's own JSON object, or removes it.
pub fn set_pref(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, name: &str, value: Option<&str>) -> Result<User> {
    let user = get(tx, &ctx.project, id)?;
    let mut prefs: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&user.prefs).map_err(Error::internal)?;
    match value {
        Some(value) => drop(prefs.insert(name.to_owned(), value.into())),
        None => drop(prefs.remove(name)),
    }
    update_prefs(tx, ctx, id, &prefs)
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

/// Sets or takes away the number for codes of second factors.
pub fn set_mfa_phone(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, phone: Option<&Phone>) -> Result<User> {
    changed(tx, ctx, id, sql::SET_MFA_PHONE, phone)
}

/// Writes down whether nobody is to ask for a second factor.
pub fn set_mfa_bypass(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, bypass: bool) -> Result<User> {
    changed(tx, ctx, id, sql::SET_MFA_BYPASS, bypass)
}

/// Writes down whether an authenticator app is verified.
pub fn set_totp(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, totp: bool) -> Result<User> {
    changed(tx, ctx, id, sql::SET_TOTP, totp)
}

/// Writes down when the password was set, or that there is none.
pub fn set_password_at(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, at: Option<Time>) -> Result<User> {
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

/// Signs in an account that a server vouches for. A pending one becomes a user, whose number is his claim until he
/// proves it. `Code::UserBlocked` when it is switched off, `Code::InvalidToken` when it is gone.
pub fn activate(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<User> {
    if let Some(user) = tx.find(sql::ACTIVATE, args![ctx.now, &ctx.project, id], User::load)? {
        return Ok(user);
    }
    let blocked = find(tx, &ctx.project, id)?.is_some_and(|user| user.blocked);
    Err(if blocked { Code::UserBlocked } else { Code::InvalidToken }.into())
}

/// Replaces the labels: at most a thousand of 1 to 36 letters and digits (contract nuvix §4.5), each once.
pub fn set_labels(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, labels: &[String]) -> Result<User> {
    changed(tx, ctx, id, sql::SET_LABELS, &labels_text(labels)?)
}

/// Labels as they are stored.
pub(crate) fn labels_text(labels: &[String]) -> Result<String> {
    let good = |label: &String| (1..=36).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_alphanumeric());
    if labels.len() > 1_000 || !labels.iter().all(good) {
        return Err(Error::invalid("labels", "must be at most 1000 texts of 1 to 36 letters and digits"));
    }
    let mut once: Vec<&String> = Vec::with_capacity(labels.len());
    for label in labels {
        if !once.contains(&label) {
            once.push(label);
        }
    }
    serde_json::to_string(&once).map_err(Error::internal)
}

/// Gives the account an address by a server's word, or takes it away. `Code::EmailTaken` when another account has it.
pub fn set_email_by_key(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, email: Option<&Email>) -> Result<User> {
    if let Some(email) = email {
        tx.exec(sql::DELETE_PENDING_BY_EMAIL, args![&ctx.project, email])?;
        let holder = find_by(tx, &ctx.project, &Target::Email(email.clone()))?;
        if holder.is_some_and(|holder| holder.id != id) {
            return Err(Code::EmailTaken.into());
        }
    }
    let proof = if email.is_some() { Proof::Set } else { Proof::None };
    changed(tx, ctx, id, sql::SET_EMAIL, email)?;
    set_email_proof(tx, ctx, id, proof)
}

/// Gives the account a number by a server's word, or takes it away, with what the user claimed. `Code::PhoneTaken` when
/// another account has it.
pub fn set_phone_by_key(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, phone: Option<&Phone>) -> Result<User> {
    let before = get(tx, &ctx.project, id)?;
    if let Some(phone) = phone {
        release(tx, ctx, id, phone, true)?;
    }
    let proof = match phone {
        // The same number again is as trusted as it was.
        Some(phone) if before.phone.as_ref() == Some(phone) && before.phone_proof != Proof::None => before.phone_proof,
        Some(_) => Proof::Set,
        None => Proof::None,
    };
    changed(tx, ctx, id, sql::SET_CLAIM, None::<&Phone>)?;
    changed(tx, ctx, id, sql::SET_PHONE, phone)?;
    set_phone_proof(tx, ctx, id, proof)
}

/// Writes down why the address is trusted.
pub fn set_email_proof(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, proof: Proof) -> Result<User> {
    changed(tx, ctx, id, sql::SET_EMAIL_PROOF, proof.name())
}

/// Writes down why the number is trusted.
pub fn set_phone_proof(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, proof: Proof) -> Result<User> {
    changed(tx, ctx, id, sql::SET_PHONE_PROOF, proof.name())
}

pub(super) fn changed<'v>(
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
