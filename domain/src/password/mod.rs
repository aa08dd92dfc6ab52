//! Passwords: their rules, their hashes, and how those are kept.
//!
//! Three beats: [`find`] what is stored, think ([`check`], [`Policy::check`], [`is_recent`], [`hash`]: all slow), then
//! [`set`] or [`replace_hash`], which do nothing when another password was set meanwhile.

mod policy;
pub(crate) mod sql;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use crate::base::argon::{Cost, hash, needs_rehash};
pub use policy::{Personal, Policy};

use crate::args;
use crate::base::argon::{pretend, verify};
use crate::base::crypto::Label;
use crate::base::{Ctx, Error, Result, Secret, Time};
use crate::db::Tx;

/// What is kept of a user's password.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stored {
    /// The hash, as a PHC string.
    pub hash: Secret,
    /// Those before it, the newest first.
    pub earlier: Vec<Secret>,
    /// When it was set. No two passwords of a user have the same instant.
    pub changed_at: Time,
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Inside<T> {
    hash: T,
    earlier: Vec<T>,
}

/// Whether `password` is the user's. Without a stored one it is not, and finding out takes as long. Takes 15 ms and
/// more: never inside a transaction.
pub fn check(cost: Cost, password: &Secret, stored: Option<&Stored>) -> Result<bool> {
    match stored {
        Some(stored) => verify(password, stored.hash.expose()),
        None => pretend(cost, password).map(|()| false),
    }
}

/// Whether `password` is one of the user's last `history` passwords, the present one among them (contract nuvix §3.5).
/// Takes as long as that many checks.
pub fn is_recent(password: &Secret, stored: &Stored, history: i64) -> Result<bool> {
    for hash in std::iter::once(&stored.hash).chain(&stored.earlier).take(many(history)) {
        if verify(password, hash.expose())? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What is kept of the user's password, if there is one.
pub fn find(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<Option<Stored>> {
    let row = tx.find(sql::FIND, args![&ctx.project, user], |row| Ok((row.get::<Vec<u8>>(0)?, row.get(1)?)))?;
    row.map(|(sealed, changed_at)| {
        let text = ctx.keys.open(Label::Password, &place(ctx, user), &sealed)?;
        let Inside::<String> { hash, earlier } =
            serde_json::from_slice(&text).map_err(|_| Error::internal("a stored password cannot be read"))?;
        Ok(Stored { hash: hash.into(), earlier: earlier.into_iter().map(Secret::from).collect(), changed_at })
    })
    .transpose()
}

/// Gives the user another password, by its hash, and keeps as many earlier ones as a `history` looks at. `was` is what
/// [`find`] gave. False, and nothing is changed, when that is no longer so.
pub fn set(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, was: Option<&Stored>, hash: &str, history: i64) -> Result<bool> {
    let Some(was) = was else {
        let sealed = seal(ctx, user, hash, [])?;
        return Ok(tx.exec(sql::INSERT, args![&ctx.project, user, &sealed, ctx.now])? == 1);
    };
    let earlier = std::iter::once(&was.hash).chain(&was.earlier).take(many(history).saturating_sub(1));
    let sealed = seal(ctx, user, hash, earlier)?;
    // The instant is the version too, so it moves on even where the clock does not.
    let changed_at = ctx.now.max(was.changed_at.plus_micros(1));
    Ok(tx.exec(sql::UPDATE, args![&sealed, changed_at, &ctx.project, user, was.changed_at])? == 1)
}

/// Keeps another hash of the same password. `was` is what [`find`] gave. False, and nothing is changed, when another
/// password was set meanwhile.
pub fn replace_hash(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, was: &Stored, hash: &str) -> Result<bool> {
    let sealed = seal(ctx, user, hash, &was.earlier)?;
    Ok(tx.exec(sql::UPDATE, args![&sealed, was.changed_at, &ctx.project, user, was.changed_at])? == 1)
}

/// Takes the user's password away; whether there was one.
pub fn delete(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<bool> {
    Ok(tx.exec(sql::DELETE, args![&ctx.project, user])? > 0)
}

/// Takes every password away, because the key that sealed them is lost; gives how many.
pub fn forget_all(tx: &mut Tx<'_>) -> Result<u64> {
    tx.exec(sql::DELETE_ALL, args![])
}

fn seal<'a>(ctx: &Ctx, user: &str, hash: &'a str, earlier: impl IntoIterator<Item = &'a Secret>) -> Result<Vec<u8>> {
    let inside = Inside { hash, earlier: earlier.into_iter().map(Secret::expose).collect() };
    let text = Zeroizing::new(serde_json::to_vec(&inside).map_err(Error::internal)?);
    ctx.keys.seal(Label::Password, &place(ctx, user), &text, &*ctx.random)
}

/// Where a sealed password belongs.
fn place(ctx: &Ctx, user: &str) -> String {
    format!("{}/{user}", ctx.project)
}

fn many(history: i64) -> usize {
    usize::try_from(history).unwrap_or(0)
}
