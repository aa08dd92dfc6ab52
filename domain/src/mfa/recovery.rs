//! Recovery codes: for who has lost everything else. Each works once.

use zeroize::Zeroizing;

use super::{bound_to, sql};
use crate::args;
use crate::base::crypto::Label;
use crate::base::{Code, Ctx, Error, Result, Secret, Time};
use crate::db::Tx;

/// Takes the recovery codes away, or `Code::RecoveryCodesNotFound`.
pub fn delete_recovery_codes(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<()> {
    if tx.exec(sql::DELETE_SET, args![&ctx.project, user])? == 0 {
        return Err(Code::RecoveryCodesNotFound.into());
    }
    tx.push(sql::DELETE_CODES, args![&ctx.project, user])
}

/// How many codes a set has (contract nuvix §3.6).
const COUNT: usize = 6;
/// Random bytes of a code: ten hex digits.
const CODE_BYTES: usize = 5;
/// The same of one that stands alone.
const LONE_CODE_BYTES: usize = 10;
/// For how many seconds the session that made a set can read it again.
const READABLE_FOR: i64 = 600;

/// What can be read of a set again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Readable {
    /// Nothing any more: whoever needs them makes new ones.
    Gone,
    /// The codes that are not used yet.
    Codes {
        /// The codes.
        codes: Vec<Secret>,
        /// The session that made them.
        by_session: String,
        /// Until when they can be read, by that session alone. None: by each session of the user, as long as the set
        /// exists.
        until: Option<Time>,
    },
}

/// Makes six codes, each of ten lower-case hex digits. For ten minutes `session` can read them again; with `readable`
/// (the setting `mfa.recoveryCodesReadable`) any session of the user, always. `Code::RecoveryCodesExist` while a code
/// is left.
pub fn create_recovery_codes(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    user: &str,
    session: &str,
    readable: bool,
) -> Result<Vec<Secret>> {
    let old = lock(tx, ctx, user)?;
    if count_recovery_codes(tx, &ctx.project, user)? > 0 {
        return Err(Code::RecoveryCodesExist.into());
    }
    let codes = several(ctx);
    put(tx, ctx, user, session, readable, old.as_deref(), &codes)?;
    Ok(codes)
}

/// Makes one code of twenty hex digits, for clients that know of one alone. `Code::RecoveryCodesExist` while a code is left.
pub fn create_recovery_code(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, session: &str) -> Result<Secret> {
    let old = lock(tx, ctx, user)?;
    if count_recovery_codes(tx, &ctx.project, user)? > 0 {
        return Err(Code::RecoveryCodesExist.into());
    }
    let code = Secret::from(ctx.random.hex(LONE_CODE_BYTES));
    put(tx, ctx, user, session, false, old.as_deref(), std::slice::from_ref(&code))?;
    Ok(code)
}

/// The same in place of codes that are left; from now on those do not work. `Code::RecoveryCodesNotFound` if none is.
pub fn replace_recovery_codes(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    user: &str,
    session: &str,
    readable: bool,
) -> Result<Vec<Secret>> {
    let old = lock(tx, ctx, user)?;
    if count_recovery_codes(tx, &ctx.project, user)? == 0 {
        return Err(Code::RecoveryCodesNotFound.into());
    }
    let codes = several(ctx);
    put(tx, ctx, user, session, readable, old.as_deref(), &codes)?;
    Ok(codes)
}

/// What can be read of the user's codes, or `Code::RecoveryCodesNotFound` if none is left. Whether the one who asks may
/// is for the caller to say.
pub fn read_recovery_codes(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<Readable> {
    let set = tx.find(sql::FIND_SET, args![&ctx.project, user], |row| {
        Ok((row.get::<String>(0)?, row.get(1)?, row.get::<Option<Vec<u8>>>(2)?, row.get::<Option<Time>>(3)?))
    })?;
    let left: Vec<Vec<u8>> = tx.list(sql::LIST_CODES, args![&ctx.project, user], |row| row.get(0))?;
    let Some((id, by_session, sealed, until)) = set.filter(|_| !left.is_empty()) else {
        return Err(Code::RecoveryCodesNotFound.into());
    };
    let Some(sealed) = sealed.filter(|_| until.is_none_or(|until| until > ctx.now)) else {
        return Ok(Readable::Gone);
    };
    let text = ctx.keys.open(Label::RecoveryCode, &bound_to(ctx, user, &id), &sealed)?;
    let mut codes = Vec::with_capacity(left.len());
    for code in std::str::from_utf8(&text).map_err(Error::internal)?.split(' ') {
        let mac = mac(ctx, user, &id, code)?;
        if left.iter().any(|stored| stored[..] == mac) {
            codes.push(Secret::new(code));
        }
    }
    Ok(Readable::Codes { codes, by_session, until })
}

/// Uses a code up; false when it is none of the user's, or used. It may be written in capitals and with spaces: people
/// type it from paper. The statements are the same for whoever has no codes and for nobody's id.
pub fn use_recovery_code(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, text: &Secret) -> Result<bool> {
    let code: String = text.expose().chars().filter(|c| !c.is_whitespace()).collect();
    let mut code = Zeroizing::new(code);
    code.make_ascii_lowercase();
    let set = tx.find(sql::FIND_SET, args![&ctx.project, user], |row| row.get::<String>(0))?.unwrap_or_default();
    Ok(tx.exec(sql::USE_CODE, args![&ctx.project, user, &mac(ctx, user, &set, &code)?])? == 1)
}

/// How many codes of the user are not used yet.
pub fn count_recovery_codes(tx: &mut Tx<'_>, project: &str, user: &str) -> Result<i64> {
    Ok(tx.find(sql::COUNT_CODES, args![project, user], |row| row.get(0))?.unwrap_or(0))
}

/// Waits for whoever else makes codes for this user; gives the id of the set that is there.
fn lock(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<Option<String>> {
    tx.find(sql::LOCK_SET, args![&ctx.project, user], |row| row.get(0))
}

fn several(ctx: &Ctx) -> Vec<Secret> {
    (0..COUNT).map(|_| Secret::from(ctx.random.hex(CODE_BYTES))).collect()
}

/// Puts a new set in the place of `old`.
fn put(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    user: &str,
    session: &str,
    readable: bool,
    old: Option<&str>,
    codes: &[Secret],
) -> Result<()> {
    let id = ctx.id();
    let text = Zeroizing::new(codes.iter().map(Secret::expose).collect::<Vec<_>>().join(" "));
    let sealed = ctx.keys.seal(Label::RecoveryCode, &bound_to(ctx, user, &id), text.as_bytes(), &*ctx.random)?;
    let until = (!readable).then(|| ctx.now.plus_seconds(READABLE_FOR));
    let stored = tx.exec(
        sql::PUT_SET,
        args![&ctx.project, user, &id, session, &sealed, until, ctx.now, old.unwrap_or_default()],
    )?;
    if stored == 0 {
        // Somebody made the first set at the same time.
        return Err(Code::RecoveryCodesExist.into());
    }
    tx.push(sql::DELETE_CODES, args![&ctx.project, user])?;
    for code in codes {
        tx.push(sql::INSERT_CODE, args![&ctx.project, user, &mac(ctx, user, &id, code.expose())?])?;
    }
    Ok(())
}

/// By which a code is stored: right for this user and this set only.
fn mac(ctx: &Ctx, user: &str, set: &str, code: &str) -> Result<[u8; 32]> {
    let parts = [ctx.project.as_bytes(), user.as_bytes(), set.as_bytes(), code.as_bytes()];
    ctx.keys.mac(Label::RecoveryCode, &parts)
}
