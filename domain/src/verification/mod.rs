//! Every code, link, token and challenge is one thing: a verification. There is one way to issue it and one to check.
//!
//! A **handle** is what the requester holds; a guess without one is no guess. A verification has up to six, each with
//! its own attempts, so that a stranger can neither use up nor replace the owner's.

pub(crate) mod sql;
#[cfg(test)]
mod tests;

use crate::args;
use crate::base::crypto::{self, Label};
use crate::base::time::DAY;
use crate::base::{Ctx, Error, Result, Secret, Time, id};
use crate::db::Tx;
use crate::limit::guess;

/// The most handles of one verification.
const MAX_HANDLES: i64 = 6;

/// What a proof is for. A code for one purpose never works for another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// Signing in.
    SignIn,
    /// Showing, signed in, that a number is one's own.
    VerifyPhone,
}

impl Purpose {
    /// As stored, and as templates and metrics call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::VerifyPhone => "verify-phone",
        }
    }

    /// The purpose of this name.
    pub fn parse(name: &str) -> Result<Self> {
        [Self::SignIn, Self::VerifyPhone]
            .into_iter()
            .find(|p| p.name() == name)
            .ok_or_else(|| Error::internal("an unknown purpose"))
    }
}

/// Who asks for a verification, so that only callers of the same dialect share one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// Nuvix and Appwrite clients.
    Nuvix,
    /// Frontegg clients.
    Frontegg,
    /// nevr and better-auth clients.
    Nevr,
    /// Our own pages.
    Page,
}

impl Dialect {
    /// As stored, and as metrics call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nuvix => "nuvix",
            Self::Frontegg => "frontegg",
            Self::Nevr => "nevr",
            Self::Page => "page",
        }
    }
}

/// What a verification is about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Who asks.
    pub dialect: Dialect,
    /// What for.
    pub purpose: Purpose,
    /// The number in E.164 (or the address) that the code goes to.
    pub target: &'a str,
    /// The session it is bound to, if any.
    pub session: Option<&'a str>,
    /// Digits asked for; a spent budget makes them more.
    pub wanted_length: i64,
}

/// What a handle is to be.
#[derive(Clone, Copy, Debug)]
pub struct NewHandle<'a> {
    /// The hash of what the requester holds (`Ctx::handle_hash`).
    pub hash: &'a [u8; 32],
    /// The account id that the requester would like.
    pub wanted_user: Option<&'a str>,
    /// Wrong tries that it allows.
    pub max_attempts: i64,
}

/// A handle that somebody holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Handle {
    /// Its id.
    pub id: String,
    /// What it opens; none when it stays empty until its next re-send.
    pub verification: Option<String>,
    /// The number that it is about.
    pub target: String,
    /// When it was made.
    pub created_at: Time,
    /// Until when it works.
    pub expires_at: Time,
}

/// A verification that is on its way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OnItsWay {
    /// Its id.
    pub id: String,
    /// Digits of its code, as far as is known.
    pub length: i64,
    /// The account behind it, once the worker has looked it up.
    pub user: Option<String>,
    /// When it was issued.
    pub created_at: Time,
    /// Until when it works.
    pub expires_at: Time,
    handles: i64,
}

impl OnItsWay {
    /// Whether another handle may be added.
    pub const fn takes_another(&self) -> bool {
        self.handles < MAX_HANDLES
    }
}

/// The live handle with this hash, expired or not.
pub fn find_handle(tx: &mut Tx<'_>, hash: &[u8; 32]) -> Result<Option<Handle>> {
    tx.find(sql::FIND_HANDLE, args![hash], |row| {
        Ok(Handle {
            id: row.get(0)?,
            verification: row.get(1)?,
            target: row.get(2)?,
            created_at: row.get(3)?,
            expires_at: row.get(4)?,
        })
    })
}

/// Retires a handle: it opens nothing any more, and its wrong tries still count in the day's budget.
pub fn retire_handle(tx: &mut Tx<'_>, handle: &Handle) -> Result<()> {
    tx.push(sql::MOVE_HANDLE, args![&handle.id])
}

/// The newest verification for the same subject that can still be used.
pub fn find_on_its_way(tx: &mut Tx<'_>, ctx: &Ctx, subject: &Subject<'_>) -> Result<Option<OnItsWay>> {
    tx.find(
        sql::FIND_ON_ITS_WAY,
        args![
            &ctx.project,
            subject.target,
            ctx.now.plus_micros(-guess::WINDOW),
            subject.dialect.name(),
            subject.purpose.name(),
            subject.wanted_length,
            subject.session.unwrap_or_default(),
            ctx.now,
        ],
        |row| {
            Ok(OnItsWay {
                id: row.get(0)?,
                length: row.get(1)?,
                user: row.get(2)?,
                created_at: row.get(3)?,
                expires_at: row.get(4)?,
                handles: row.get(5)?,
            })
        },
    )
}

/// Issues a verification without a code: it matches nothing until [`arm`] gives it one. Gives its id.
pub fn create(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    subject: &Subject<'_>,
    length: i64,
    user: Option<&str>,
    expires_at: Time,
) -> Result<String> {
    let id = ctx.id();
    tx.push(
        sql::INSERT,
        args![
            &id,
            &ctx.project,
            subject.dialect.name(),
            subject.purpose.name(),
            subject.target,
            subject.wanted_length,
            length,
            subject.session,
            user,
            ctx.now,
            expires_at,
        ],
    )?;
    Ok(id)
}

/// Makes a handle. Without a verification it is empty: it looks like any other and opens nothing.
pub fn create_handle(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    new: &NewHandle<'_>,
    target: &str,
    verification: Option<&OnItsWay>,
    expires_at: Time,
) -> Result<Handle> {
    let id = ctx.id();
    let opens = verification.map(|v| v.id.as_str());
    let weight = verification.map_or(0, |v| guess::weight(v.length));
    let user = verification.and_then(|v| v.user.as_deref());
    tx.push(
        sql::INSERT_HANDLE,
        args![
            &id,
            &ctx.project,
            new.hash,
            opens,
            target,
            user,
            new.wanted_user,
            weight,
            new.max_attempts,
            ctx.now,
            expires_at,
        ],
    )?;
    Ok(Handle {
        id,
        verification: opens.map(str::to_owned),
        target: target.to_owned(),
        created_at: ctx.now,
        expires_at,
    })
}

/// What `create` made, as `create_handle` takes it.
pub fn issued(id: String, length: i64, created_at: Time, expires_at: Time) -> OnItsWay {
    OnItsWay { id, length, user: None, created_at, expires_at, handles: 0 }
}

/// A verification as the worker sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verification {
    /// Its id.
    pub id: String,
    /// What it is for.
    pub purpose: Purpose,
    /// Where its code goes.
    pub target: String,
    /// Digits asked for.
    pub wanted_length: i64,
    /// Digits decided on so far.
    pub length: i64,
    /// The session it is bound to.
    pub session: Option<String>,
    /// The account behind it.
    pub user: Option<String>,
    /// Whether its code is a mock number's.
    pub mock: bool,
    mac: Option<Vec<u8>>,
    /// When it was issued.
    pub created_at: Time,
    /// Until when it works.
    pub expires_at: Time,
    /// When it was used.
    pub consumed_at: Option<Time>,
}

impl Verification {
    /// Whether it has a code.
    pub const fn is_armed(&self) -> bool {
        self.mac.is_some()
    }
}

/// The verification with this id.
pub fn find(tx: &mut Tx<'_>, id: &str) -> Result<Option<Verification>> {
    tx.find(sql::FIND, args![id], |row| {
        Ok(Verification {
            id: row.get(0)?,
            purpose: Purpose::parse(&row.get::<String>(1)?)?,
            target: row.get(2)?,
            wanted_length: row.get(3)?,
            length: row.get(4)?,
            session: row.get(5)?,
            user: row.get(6)?,
            mock: row.get(7)?,
            mac: row.get(8)?,
            created_at: row.get(9)?,
            expires_at: row.get(10)?,
            consumed_at: row.get(11)?,
        })
    })
}

/// Gives a verification its code and the account behind it. `person` is charged for guesses: nobody while the account
/// is pending, when the number alone stands behind it.
pub fn arm(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    verification: &Verification,
    code: &Secret,
    user: &str,
    person: Option<&str>,
    mock: bool,
) -> Result<()> {
    let mac = mac(ctx, verification, code.expose())?;
    let length = code.expose().len() as i64;
    tx.push(sql::ARM, args![&mac, length, user, mock, &verification.id])?;
    if length == verification.length && person.is_none() {
        // The handles say so already.
        return Ok(());
    }
    tx.push(sql::ARM_HANDLES, args![guess::weight(length), person, &verification.id])
}

/// What a check found.
#[derive(Debug)]
pub enum Checked {
    /// Nobody holds this handle, or it is spent, expired, used or empty. Nothing was counted.
    NoHandle,
    /// A wrong guess. It is counted, and the transaction must be committed.
    Wrong {
        /// Where the code went.
        target: String,
    },
    /// The code is right and not yet consumed.
    Right {
        /// What was proved.
        verification: Verification,
        /// The account id that the requester would like.
        wanted_user: Option<String>,
    },
}

/// Checks `secret` through the handle with this hash: the attempt is counted first, compared in constant time second.
/// The caller consumes ([`consume`]) in the same transaction, and commits whatever the result.
pub fn check(tx: &mut Tx<'_>, ctx: &Ctx, hash: &[u8; 32], purpose: Purpose, secret: &Secret) -> Result<Checked> {
    let counted = tx.find(sql::COUNT_ATTEMPT, args![hash, ctx.now], |row| {
        Ok((row.get::<String>(1)?, row.get::<Option<String>>(2)?))
    })?;
    let Some((id, wanted_user)) = counted else {
        tx.push(sql::END_EXPIRED, args![hash, ctx.now])?;
        return Ok(Checked::NoHandle);
    };
    let Some(verification) = find(tx, &id)? else { return Ok(Checked::NoHandle) };
    let expected = mac(ctx, &verification, secret.expose())?;
    let matches = verification.mac.as_deref().is_some_and(|stored| crypto::equal(stored, &expected));
    // The purpose is part of the MAC as well; this says it once more where it can be read.
    if matches
        && verification.purpose == purpose
        && verification.consumed_at.is_none()
        && verification.expires_at > ctx.now
    {
        Ok(Checked::Right { verification, wanted_user })
    } else {
        Ok(Checked::Wrong { target: verification.target })
    }
}

/// Ends a verification with all its handles. False when somebody was faster.
pub fn consume(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<bool> {
    if tx.exec(sql::CONSUME, args![ctx.now, id])? != 1 {
        return Ok(false);
    }
    tx.push(sql::USE_HANDLES, args![id])?;
    Ok(true)
}

/// What the handles of `target` took of the day's guess budget.
pub fn reserved_by_target(tx: &mut Tx<'_>, ctx: &Ctx, target: &str) -> Result<i64> {
    reserved(tx, ctx, sql::RESERVED_BY_TARGET, target)
}

/// What the handles behind which `user` stands took of the day's guess budget.
pub fn reserved_by_user(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<i64> {
    reserved(tx, ctx, sql::RESERVED_BY_USER, user)
}

/// The same without the handles of `verification`, and how many those are: for the worker, who is about to make its code.
pub fn reserved_beside(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, verification: &str) -> Result<(i64, i64)> {
    let handles = tx.find(sql::COUNT_HANDLES, args![verification], |row| row.get(0))?.unwrap_or(0);
    Ok((reserved_by_user(tx, ctx, user)?, handles))
}

fn reserved(tx: &mut Tx<'_>, ctx: &Ctx, statement: &'static str, whose: &str) -> Result<i64> {
    let since = ctx.now.plus_micros(-guess::WINDOW);
    Ok(tx.find(statement, args![ctx.now, &ctx.project, whose, since], |row| row.get(0))?.unwrap_or(0))
}

/// Removes, a thousand at a time, what no rule looks at any more; gives how many rows went.
pub fn purge(tx: &mut Tx<'_>, now: Time) -> Result<u64> {
    let before = now.plus_micros(-2 * DAY);
    let floor = id::floor(before);
    Ok(tx.exec(sql::PURGE, args![&floor, before])? + tx.exec(sql::PURGE_HANDLES, args![&floor, before])?)
}

fn mac(ctx: &Ctx, verification: &Verification, secret: &str) -> Result<[u8; 32]> {
    ctx.keys.mac(
        Label::VerificationCode,
        &[
            verification.id.as_bytes(),
            verification.purpose.name().as_bytes(),
            verification.target.as_bytes(),
            secret.as_bytes(),
        ],
    )
}
