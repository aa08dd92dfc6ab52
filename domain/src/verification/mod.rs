//! Every code, link, token and challenge is one thing: a verification. There is one way to issue it and one to check.
//!
//! A **handle** is what the requester holds; a guess without one is no guess. A verification has up to six, each with
//! its own attempts, so that a stranger can neither use up nor replace the owner's.

pub(crate) mod sql;
#[cfg(test)]
mod tests;
mod types;

pub use types::{Channel, Dialect, NewHandle, Purpose, Subject};

use crate::args;
use crate::base::crypto::{self, Label};
use crate::base::time::DAY;
use crate::base::{Ctx, Result, Secret, Time, id};
use crate::db::Tx;
use crate::limit::guess;

/// The most handles of one verification.
const MAX_HANDLES: i64 = 6;

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
    /// Whether all its tries are used up.
    pub spent: bool,
}

/// A verification that is on its way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OnItsWay {
    /// Its id.
    pub id: String,
    /// By what its code comes.
    pub channel: Channel,
    /// Digits of its code, as far as is known.
    pub length: i64,
    /// The account behind it, once it is known.
    pub user: Option<String>,
    /// When it was issued.
    pub created_at: Time,
    /// Until when it works.
    pub expires_at: Time,
    handles: i64,
}

impl OnItsWay {
    /// A verification that has just been prepared.
    pub fn of(verification: &Verification) -> Self {
        Self {
            id: verification.id.clone(),
            channel: verification.channel,
            length: verification.length,
            user: verification.user.clone(),
            created_at: verification.created_at,
            expires_at: verification.expires_at,
            handles: 0,
        }
    }

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
            spent: row.get(5)?,
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
                channel: subject.channel,
                length: row.get(1)?,
                user: row.get(2)?,
                created_at: row.get(3)?,
                expires_at: row.get(4)?,
                handles: row.get(5)?,
            })
        },
    )
}

/// Ends what is on its way for the same session and purpose by the same channel: a new one takes its place. Wrong tries
/// still count in the day's budget, what was not tried comes back.
pub fn retire_of_session(tx: &mut Tx<'_>, ctx: &Ctx, subject: &Subject<'_>) -> Result<()> {
    tx.exec(
        sql::RETIRE_OF_SESSION,
        args![
            &ctx.project,
            subject.target,
            subject.session.unwrap_or_default(),
            subject.purpose.name(),
            subject.channel.name(),
        ],
    )
    .map(drop)
}

/// Gives whoever holds a handle of `from` a part of the code `there` instead, if all of them may have one.
pub fn join(tx: &mut Tx<'_>, from: &str, there: &OnItsWay, person: &str) -> Result<bool> {
    let joining: i64 = tx.find(sql::COUNT_HANDLES, args![from], |row| row.get(0))?.unwrap_or(0);
    if there.handles + joining > MAX_HANDLES {
        return Ok(false);
    }
    let weight = there.channel.weight(there.length);
    tx.push(sql::JOIN_HANDLES, args![&there.id, weight, person, there.expires_at, from])?;
    Ok(true)
}

/// When something of what the handles of `target` took of the day's guess budget comes back.
pub fn relief_at(tx: &mut Tx<'_>, ctx: &Ctx, target: &str) -> Result<Time> {
    let since = ctx.now.plus_micros(-guess::WINDOW);
    let first = tx.find(sql::RELIEF_AT, args![ctx.now, guess::WINDOW, &ctx.project, target, since], |row| {
        row.get::<Option<Time>>(0)
    })?;
    Ok(first.flatten().unwrap_or_else(|| ctx.now.plus_micros(guess::WINDOW)))
}

/// Issues a verification without a code: it matches nothing until [`arm`] gives it one.
pub fn create(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    subject: &Subject<'_>,
    length: i64,
    user: Option<&str>,
    expires_at: Time,
) -> Result<OnItsWay> {
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
            subject.channel.name(),
        ],
    )?;
    Ok(OnItsWay {
        id,
        channel: subject.channel,
        length,
        user: user.map(str::to_owned),
        created_at: ctx.now,
        expires_at,
        handles: 0,
    })
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
    let weight = verification.map_or(0, |v| v.channel.weight(v.length));
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
        spent: false,
    })
}

/// A verification as the worker sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verification {
    /// Its id.
    pub id: String,
    /// Who asked for it.
    pub dialect: Dialect,
    /// What it is for.
    pub purpose: Purpose,
    /// By what its code comes.
    pub channel: Channel,
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

    /// Whether it can still prove something, for `purpose`. The purpose is part of the MAC as well; this says it once
    /// more where it can be read.
    pub fn is_open(&self, ctx: &Ctx, purpose: Purpose) -> bool {
        self.purpose == purpose && self.consumed_at.is_none() && self.expires_at > ctx.now
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
            channel: Channel::parse(&row.get::<String>(12)?)?,
            dialect: Dialect::parse(&row.get::<String>(13)?)?,
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
    let mac = mac(ctx, &verification.id, verification.purpose, &verification.target, code.expose())?;
    let length = code.expose().len() as i64;
    tx.push(sql::ARM, args![&mac, length, user, mock, &verification.id])?;
    if length == verification.length && person.is_none() {
        // The handles say so already.
        return Ok(());
    }
    tx.push(sql::ARM_HANDLES, args![verification.channel.weight(length), person, &verification.id])
}

/// Gives a link its secret at once: nothing about it is left for the worker to decide.
pub fn arm_link(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, subject: &Subject<'_>, secret: &Secret) -> Result<()> {
    let mac = mac(ctx, id, subject.purpose, subject.target, secret.expose())?;
    tx.push(sql::ARM_LINK, args![&mac, id])
}

/// Names the account behind a verification that needs no code of the worker's.
pub fn set_user(tx: &mut Tx<'_>, id: &str, user: &str) -> Result<()> {
    tx.push(sql::SET_USER, args![user, id])
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

/// What a handle opens, once the attempt is counted.
#[derive(Debug)]
pub struct Opened {
    /// What is to be proved.
    pub verification: Verification,
    /// What the requester asked for it by: the number or address itself, or a name that stands for it.
    pub target: String,
    /// The account id that the requester would like.
    pub wanted_user: Option<String>,
}

/// Counts an attempt through the handle with this hash, before anything is compared; gives what it is for. None, and
/// nothing counted, when nobody holds the handle, or it is spent, expired, used or empty.
pub fn open(tx: &mut Tx<'_>, ctx: &Ctx, hash: &[u8; 32]) -> Result<Option<Opened>> {
    let counted = tx.find(sql::COUNT_ATTEMPT, args![hash, ctx.now], |row| {
        Ok((row.get::<String>(1)?, row.get::<Option<String>>(2)?, row.get::<String>(3)?))
    })?;
    let Some((id, wanted_user, target)) = counted else {
        tx.push(sql::END_EXPIRED, args![hash, ctx.now])?;
        return Ok(None);
    };
    Ok(find(tx, &id)?.map(|verification| Opened { verification, target, wanted_user }))
}

/// Looks through a handle without counting an attempt: for links, whose secrets nobody guesses.
pub fn peek(tx: &mut Tx<'_>, ctx: &Ctx, hash: &[u8; 32]) -> Result<Option<Verification>> {
    let held = find_handle(tx, hash)?.filter(|handle| handle.expires_at > ctx.now);
    match held.and_then(|handle| handle.verification) {
        Some(id) => find(tx, &id),
        None => Ok(None),
    }
}

/// The newest verification that a dialect issued for `purpose` and `target` in the last day: used, expired or neither.
pub fn find_newest(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    dialect: Dialect,
    purpose: Purpose,
    target: &str,
) -> Result<Option<Verification>> {
    let since = ctx.now.plus_micros(-guess::WINDOW);
    let newest =
        tx.find(sql::FIND_NEWEST, args![&ctx.project, target, since, dialect.name(), purpose.name()], |row| {
            row.get::<String>(0)
        })?;
    match newest {
        Some(id) => find(tx, &id),
        None => Ok(None),
    }
}

/// Writes down one guess at `verification` through no handle, before anything is compared: it counts in the day's budget
/// of the target and of `person`. Gives what [`give_back_guess`] takes.
pub fn charge_guess(tx: &mut Tx<'_>, ctx: &Ctx, verification: &Verification, person: Option<&str>) -> Result<String> {
    let id = ctx.id();
    let weight = verification.channel.weight(verification.length);
    // Nobody holds it, so its hash is that of nothing.
    let hash = ctx.random.bytes::<32>();
    tx.push(
        sql::INSERT_GUESS,
        args![&id, &ctx.project, &hash, &verification.target, person, weight, ctx.now, verification.expires_at],
    )?;
    Ok(id)
}

/// Takes back a guess that was right.
pub fn give_back_guess(tx: &mut Tx<'_>, guess: &str) -> Result<()> {
    tx.push(sql::GIVE_BACK_GUESS, args![guess])
}

/// Whether `secret` is the code or link secret of `verification`, in constant time.
pub fn matches(ctx: &Ctx, verification: &Verification, purpose: Purpose, secret: &Secret) -> Result<bool> {
    let expected = mac(ctx, &verification.id, verification.purpose, &verification.target, secret.expose())?;
    let same = verification.mac.as_deref().is_some_and(|stored| crypto::equal(stored, &expected));
    Ok(same && verification.is_open(ctx, purpose))
}

/// Checks `secret` through the handle with this hash: the attempt is counted first, compared in constant time second.
/// The caller consumes ([`consume`]) in the same transaction, and commits whatever the result.
pub fn check(tx: &mut Tx<'_>, ctx: &Ctx, hash: &[u8; 32], purpose: Purpose, secret: &Secret) -> Result<Checked> {
    let Some(Opened { verification, wanted_user, .. }) = open(tx, ctx, hash)? else { return Ok(Checked::NoHandle) };
    if matches(ctx, &verification, purpose, secret)? {
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

/// Ends, with all their handles, the verifications for `purpose` that are out for `target`: whoever used one link needs
/// no older one, and neither does whoever stole it.
pub fn consume_all(tx: &mut Tx<'_>, ctx: &Ctx, purpose: Purpose, target: &str) -> Result<()> {
    let since = ctx.now.plus_micros(-guess::WINDOW);
    let open =
        tx.list(sql::LIST_OPEN, args![&ctx.project, target, since, purpose.name()], |row| row.get::<String>(0))?;
    for id in open {
        consume(tx, ctx, &id)?;
    }
    Ok(())
}

/// Ends everything that is out for `user`.
pub fn consume_of_user(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<()> {
    tx.exec(sql::CONSUME_OF_USER, args![ctx.now, &ctx.project, user]).map(drop)
}

/// Counts an attempt on every live handle of `target`, before anything is compared; gives handles and verifications.
pub fn count_attempt_on_all(tx: &mut Tx<'_>, ctx: &Ctx, target: &str) -> Result<Vec<(String, String)>> {
    tx.list(sql::COUNT_ATTEMPT_ON_ALL, args![&ctx.project, target, ctx.now], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Takes back an attempt that turned out to be another handle's.
pub fn uncount_attempt(tx: &mut Tx<'_>, handle: &str) -> Result<()> {
    tx.push(sql::UNCOUNT_ATTEMPT, args![handle])
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
    let since = ctx.now.plus_micros(-guess::WINDOW);
    let args = args![ctx.now, &ctx.project, user, since, verification];
    let others = tx.find(sql::RESERVED_BESIDE, args, |row| row.get(0))?.unwrap_or(0);
    Ok((others, handles))
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

fn mac(ctx: &Ctx, id: &str, purpose: Purpose, target: &str, secret: &str) -> Result<[u8; 32]> {
    ctx.keys
        .mac(Label::VerificationCode, &[id.as_bytes(), purpose.name().as_bytes(), target.as_bytes(), secret.as_bytes()])
}
