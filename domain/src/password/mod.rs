//! Passwords: their rules, their hashes, and how those are kept.
//!
//! Three beats: [`find`] what is stored, think ([`check`], [`Policy::check`], [`is_recent`], [`hash`]: all slow), then
//! [`set`] or [`replace_hash`], which do nothing when another password was set meanwhile.

pub mod foreign;
mod policy;
pub(crate) mod sql;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zeroize::Zeroizing;

pub use crate::base::argon::{Cost, hash};
pub use foreign::{Algorithm, Foreign};
pub use policy::{Personal, Policy};

use crate::args;
use crate::base::argon::{describe, is_verifiable, needs_rehash, pretend, verify};
use crate::base::crypto::Label;
use crate::base::{Ctx, Error, Result, Secret, Time};
use crate::db::Tx;

/// A hash that is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Hash {
    /// One of ours, as a PHC string.
    Own(Secret),
    /// One that another system made.
    Foreign(Foreign),
}

/// A hash as text, and how it was made if not by us.
pub type Parts<'a> = (&'a str, Option<&'a Algorithm>);

impl Hash {
    fn of(hash: String, made_by: Option<Algorithm>) -> Self {
        match made_by {
            None => Self::Own(hash.into()),
            Some(algorithm) => Self::Foreign(Foreign::stored(algorithm, hash.into())),
        }
    }

    /// One of ours, as an export wrote it: `Code::InvalidValue` of `password` when it can never be verified.
    pub fn own(hash: Secret) -> Result<Self> {
        if !is_verifiable(hash.expose()) {
            return Err(Error::invalid("password", "must be a PHC string of Argon2 of a cost that can be borne"));
        }
        Ok(Self::Own(hash))
    }

    /// The hash as text, and how it was made if not by us.
    pub fn parts(&self) -> Parts<'_> {
        match self {
            Self::Own(hash) => (hash.expose(), None),
            Self::Foreign(foreign) => (foreign.hash().expose(), Some(foreign.algorithm())),
        }
    }

    fn verify(&self, password: &Secret) -> Result<bool> {
        match self {
            Self::Own(hash) => verify(password, hash.expose()),
            Self::Foreign(foreign) => foreign.verify(password),
        }
    }
}

/// What is kept of a user's password.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stored {
    /// The hash.
    pub hash: Hash,
    /// Those before it, the newest first.
    pub earlier: Vec<Hash>,
    /// When it was set. No two passwords of a user have the same instant.
    pub changed_at: Time,
}

/// A hash as the server's own API shows it (contract nuvix §2, "user").
#[derive(Clone)]
pub struct Shown {
    /// The hash.
    pub password: Secret,
    /// The name of its algorithm.
    pub hash: &'static str,
    /// What the algorithm was given, its name as `type` among it. Salts and keys too: for API keys only, and no log.
    pub options: Value,
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shown").field("hash", &self.hash).finish_non_exhaustive()
    }
}

impl Stored {
    /// Whether a right password should be hashed again: the hash is not ours, or of another cost.
    pub fn needs_rehash(&self, cost: Cost) -> bool {
        match &self.hash {
            Hash::Own(hash) => needs_rehash(cost, hash.expose()),
            Hash::Foreign(_) => true,
        }
    }

    /// As it is shown.
    pub fn shown(&self) -> Result<Shown> {
        match &self.hash {
            Hash::Own(hash) => {
                let (cost, length) = describe(hash.expose())?;
                let options = json!({
                    "type": Algorithm::Argon2.name(),
                    "hashLength": length,
                    "timeCost": cost.iterations,
                    "memoryCost": cost.memory_kib,
                    "parallelism": cost.parallelism,
                });
                Ok(Shown { password: hash.clone(), hash: Algorithm::Argon2.name(), options })
            }
            Hash::Foreign(foreign) => {
                let (algorithm, password) = (foreign.algorithm(), foreign.hash().clone());
                let options = serde_json::to_value(algorithm).map_err(Error::internal)?;
                Ok(Shown { password, hash: algorithm.name(), options })
            }
        }
    }
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Inside<T, A> {
    hash: T,
    earlier: Vec<T>,
    /// How `hash` and then each of `earlier` was made. Nothing stands for us.
    #[serde(default = "Vec::new", skip_serializing_if = "is_ours")]
    made_by: Vec<Option<A>>,
}

fn is_ours<A>(made_by: &[Option<A>]) -> bool {
    made_by.iter().all(Option::is_none)
}

/// Whether `password` is the user's. Without a stored one it is not, and finding out takes as long. Takes 15 ms and
/// more, for some hashes of others seconds: never inside a transaction.
pub fn check(cost: Cost, password: &Secret, stored: Option<&Stored>) -> Result<bool> {
    let right = stored.map_or(Ok(false), |stored| stored.hash.verify(password))?;
    // A hash of others may take no time at all, which must not tell its user from nobody.
    if !right && !matches!(stored, Some(Stored { hash: Hash::Own(_), .. })) {
        pretend(cost, password)?;
    }
    Ok(right)
}

/// Whether `password` is one of the user's last `history` passwords, the present one among them (contract nuvix §3.5).
/// Takes as long as that many checks.
pub fn is_recent(password: &Secret, stored: &Stored, history: i64) -> Result<bool> {
    for hash in std::iter::once(&stored.hash).chain(&stored.earlier).take(many(history)) {
        if hash.verify(password)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What is kept of the user's password, if there is one.
pub fn find(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<Option<Stored>> {
    let row = tx.find(sql::FIND, args![&ctx.project, user], |row| Ok((row.get::<Vec<u8>>(0)?, row.get(1)?)))?;
    row.map(|(sealed, changed_at)| open(ctx, user, &sealed, changed_at)).transpose()
}

/// A row of a user's password, opened.
pub(crate) fn open(ctx: &Ctx, user: &str, sealed: &[u8], changed_at: Time) -> Result<Stored> {
    let text = ctx.keys.open(Label::Password, &place(ctx, user), sealed)?;
    let Inside::<String, Algorithm> { hash, earlier, made_by } =
        serde_json::from_slice(&text).map_err(|_| Error::internal("a stored password cannot be read"))?;
    let mut made_by = made_by.into_iter();
    let mut of = |hash| Hash::of(hash, made_by.next().flatten());
    Ok(Stored { hash: of(hash), earlier: earlier.into_iter().map(of).collect(), changed_at })
}

/// What an import puts into the row of a user's password, made before its transaction.
pub(crate) fn seal_imported(ctx: &Ctx, user: &str, hash: &Hash, earlier: &[Hash]) -> Result<Vec<u8>> {
    seal(ctx, user, hash.parts(), earlier)
}

/// Puts a sealed password into the row of a user who was just made.
pub(crate) fn insert_imported(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, sealed: &[u8], changed_at: Time) -> Result<()> {
    tx.push(sql::INSERT, args![&ctx.project, user, sealed, changed_at])
}

/// Gives the user another password, by its hash, and keeps as many earlier ones as a `history` looks at. `was` is what
/// [`find`] gave. False, and nothing is changed, when that is no longer so.
pub fn set(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, was: Option<&Stored>, hash: &str, history: i64) -> Result<bool> {
    store(tx, ctx, user, was, (hash, None), history)
}

/// [`set`] with a hash that another system made.
pub fn set_foreign(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    user: &str,
    was: Option<&Stored>,
    foreign: &Foreign,
    history: i64,
) -> Result<bool> {
    store(tx, ctx, user, was, (foreign.hash().expose(), Some(foreign.algorithm())), history)
}

fn store(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, was: Option<&Stored>, hash: Parts<'_>, history: i64) -> Result<bool> {
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
    let sealed = seal(ctx, user, (hash, None), &was.earlier)?;
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

fn seal<'a>(
    ctx: &Ctx,
    user: &str,
    (hash, made_by): Parts<'a>,
    earlier: impl IntoIterator<Item = &'a Hash>,
) -> Result<Vec<u8>> {
    let (earlier, others): (_, Vec<_>) = earlier.into_iter().map(Hash::parts).unzip();
    let inside = Inside { hash, earlier, made_by: std::iter::once(made_by).chain(others).collect() };
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
