//! Sessions: who is signed in, by a secret of which only the hash is stored.

pub(crate) mod sql;
#[cfg(test)]
mod tests;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use zeroize::Zeroizing;

use crate::args;
use crate::audit::{self, What};
use crate::base::crypto::sha256;
use crate::base::{Code, Ctx, Error, Result, Secret, Time};
use crate::db::{Row, Tx};
use crate::revocation;

/// How many random bytes a secret of 256 hex digits has behind the 32 digits of the session's id, by which it is found.
const SECRET_BYTES: usize = 112;
/// The same of a secret of 43 characters, behind the 16 bytes of the id.
const SHORT_BYTES: usize = 16;
/// How long that is in base64url.
const SHORT_LENGTH: usize = 43;
/// The topic of `user::CHANGED`: whoever remembers a session forgets it with its account.
const USER_CHANGED: &str = "user";

/// What a session began with whose user named his number by a code to his address, and then showed that number: neither of
/// the two is a second factor of it.
pub const RESET: &str = "reset";

/// The provider of a session that came of a browser's, whose id is its `provider_uid`: [`create_from`].
pub const HOSTED: &str = "hosted";

/// Whether `factor` is shown by what a session began with.
pub fn is_shown_by(began_with: Option<&str>, factor: &str) -> bool {
    began_with == Some(factor) || began_with == Some(RESET) && matches!(factor, "phone" | "email")
}

/// What a secret looks like on the wire. Each begins with the session's id (docs/decisions/0004).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// 256 hexadecimal digits (contract nuvix §1.3).
    Hex,
    /// 43 characters of base64url, 32 bytes (contract nevr §1).
    Short,
}

/// A session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub user_id: String,
    /// How it was made: `phone`, `token`, `anonymous` …
    pub provider: String,
    /// The identity at the provider, or empty.
    pub provider_uid: String,
    /// What was proved in it, each once, what it began with first.
    pub factors: Vec<String>,
    /// When the last second factor was proved in it.
    pub mfa_at: Option<Time>,
    /// From which address it was made.
    pub address: String,
    /// By which `User-Agent`.
    pub agent: String,
    /// When it was made.
    pub created_at: Time,
    /// When it was changed last.
    pub updated_at: Time,
    /// From when on it does not work.
    pub expires_at: Time,
}

/// What a new session is to be.
#[derive(Clone, Copy, Debug)]
pub struct New<'a> {
    /// Whose it is.
    pub user: &'a str,
    /// How it was made.
    pub provider: &'a str,
    /// The identity at the provider, or empty.
    pub provider_uid: &'a str,
    /// What was proved.
    pub factors: &'a [&'a str],
    /// How long it lives, in seconds.
    pub seconds: i64,
    /// The most sessions of the user; the oldest goes.
    pub limit: i64,
}

impl Session {
    /// What stands for a session where a server vouches for somebody who has none: it is stored nowhere.
    pub fn vouched(user: &str, now: Time) -> Self {
        Self {
            id: String::new(),
            user_id: user.to_owned(),
            provider: "server".to_owned(),
            provider_uid: String::new(),
            factors: vec!["server".to_owned()],
            mfa_at: None,
            address: String::new(),
            agent: String::new(),
            created_at: now,
            updated_at: now,
            expires_at: now,
        }
    }

    /// Whether it only stands for one: [`Session::vouched`].
    pub const fn is_vouched(&self) -> bool {
        self.id.is_empty()
    }

    /// The factor that it began with.
    pub fn began_with(&self) -> Option<&str> {
        self.factors.first().map(String::as_str)
    }

    /// Whether `factor` is shown by what it began with.
    pub fn began_by(&self, factor: &str) -> bool {
        is_shown_by(self.began_with(), factor)
    }

    /// Whether `factor` was proved in it.
    pub fn has(&self, factor: &str) -> bool {
        self.began_by(factor) || self.factors.iter().any(|f| f == factor)
    }

    /// Whether it is time to let it live on: it was made for `seconds` or more, and `age` of them have passed since it
    /// began or was extended.
    pub fn is_due(&self, now: Time, seconds: i64, age: i64) -> bool {
        self.expires_at >= self.created_at.plus_seconds(seconds) && self.expires_at.plus_seconds(age - seconds) <= now
    }

    /// Whether it began less than `seconds` ago.
    pub fn is_fresh(&self, now: Time, seconds: i64) -> bool {
        self.created_at <= now && now < self.created_at.plus_seconds(seconds)
    }

    /// Reads the first eleven columns as a session.
    pub(crate) fn load(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            user_id: row.get(1)?,
            provider: row.get(2)?,
            provider_uid: row.get(3)?,
            factors: row.get::<String>(4)?.split(' ').filter(|f| !f.is_empty()).map(str::to_owned).collect(),
            mfa_at: row.get(5)?,
            address: row.get(6)?,
            agent: row.get(7)?,
            created_at: row.get(8)?,
            updated_at: row.get(9)?,
            expires_at: row.get(10)?,
        })
    }
}

/// How many random bytes the name of a device has.
const DEVICE_BYTES: usize = 16;

/// A name for a device that comes for the first time: 128 random bits, so that nobody guesses another's.
pub fn new_device(ctx: &Ctx) -> Secret {
    Secret::new(ctx.random.hex(DEVICE_BYTES))
}

/// Whether `name` can be one of [`new_device`], or a longer one of a device that is remembered.
pub fn is_device(name: &str) -> bool {
    (2 * DEVICE_BYTES..=4 * DEVICE_BYTES).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
}

/// Makes a session and gives its secret. When the user has more than `limit`, the oldest are removed.
pub fn create(tx: &mut Tx<'_>, ctx: &Ctx, new: New<'_>) -> Result<(Session, Secret)> {
    create_shaped(tx, ctx, new, Shape::Hex)
}

/// [`create`] with a secret of this shape.
pub fn create_shaped(tx: &mut Tx<'_>, ctx: &Ctx, new: New<'_>, shape: Shape) -> Result<(Session, Secret)> {
    let id = ctx.id();
    let secret = secret_of(ctx, &id, shape)?;
    let session = Session {
        id,
        user_id: new.user.to_owned(),
        provider: new.provider.to_owned(),
        provider_uid: new.provider_uid.to_owned(),
        factors: new.factors.iter().map(|f| (*f).to_owned()).collect(),
        mfa_at: None,
        address: ctx.address.map(|a| a.to_canonical().to_string()).unwrap_or_default(),
        agent: ctx.user_agent.as_deref().unwrap_or_default().to_owned(),
        created_at: ctx.now,
        updated_at: ctx.now,
        expires_at: ctx.now.plus_seconds(new.seconds),
    };
    insert(tx, ctx, &session, &secret, new.limit)?;
    Ok((session, secret))
}

/// Makes a session of a client to which the browser's session `of` speaks for its user: what was proved there is proved
/// here, and as long ago, so that nobody looks freshly signed in who is not. It lives until `until`. When the user has
/// more than `limit`, the oldest are removed.
pub fn create_from(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    of: &Session,
    until: Time,
    limit: i64,
    shape: Shape,
) -> Result<(Session, Secret)> {
    let id = ctx.id();
    let secret = secret_of(ctx, &id, shape)?;
    let session = Session {
        id,
        provider: HOSTED.to_owned(),
        provider_uid: of.id.clone(),
        updated_at: ctx.now,
        expires_at: until,
        ..of.clone()
    };
    insert(tx, ctx, &session, &secret, limit)?;
    Ok((session, secret))
}

fn insert(tx: &mut Tx<'_>, ctx: &Ctx, session: &Session, secret: &Secret, limit: i64) -> Result<()> {
    tx.push(
        sql::INSERT,
        args![
            &session.id,
            &ctx.project,
            &session.user_id,
            &hash(secret),
            &session.provider,
            &session.provider_uid,
            &session.factors.join(" "),
            session.mfa_at,
            &session.address,
            &session.agent,
            session.created_at,
            session.updated_at,
            session.expires_at,
        ],
    )?;
    let user = &session.user_id;
    if tx.exec(sql::DELETE_OLDEST, args![&ctx.project, user, &session.id, (limit - 1).max(0)])? > 0 {
        announce(tx, ctx, user)?;
    }
    Ok(())
}

/// A new secret for the session with this id.
fn secret_of(ctx: &Ctx, id: &str, shape: Shape) -> Result<Secret> {
    let digits = id.replace('-', "");
    if shape == Shape::Hex {
        return Ok(Secret::new(digits + &ctx.random.hex(SECRET_BYTES)));
    }
    let mut bytes = Zeroizing::new(HEXLOWER.decode(digits.as_bytes()).map_err(Error::internal)?);
    bytes.extend_from_slice(&ctx.random.bytes::<SHORT_BYTES>());
    Ok(Secret::new(BASE64URL_NOPAD.encode(&bytes)))
}

/// The id of the session that a secret belongs to, if it has the shape of one.
pub fn id_of(secret: &Secret) -> Option<String> {
    let text = secret.expose();
    if text.len() == SHORT_LENGTH {
        let bytes = Zeroizing::new(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?);
        return id_in(&HEXLOWER.encode(bytes.get(..16)?));
    }
    id_in(text)
}

/// The id whose digits `text` begins with.
fn id_in(text: &str) -> Option<String> {
    let digits = text.get(..32)?;
    let part = |from, to| digits.get(from..to);
    Some(format!("{}-{}-{}-{}-{}", part(0, 8)?, part(8, 12)?, part(12, 16)?, part(16, 20)?, part(20, 32)?))
}

/// The hash by which a secret is stored and remembered.
pub fn hash(secret: &Secret) -> [u8; 32] {
    sha256(secret.expose().as_bytes())
}

/// The user's session with this id, or `Code::SessionNotFound`.
pub fn get(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, id: &str) -> Result<Session> {
    tx.find(sql::FIND, args![&ctx.project, user, id], Session::load)?
        .filter(|s| s.expires_at > ctx.now)
        .ok_or_else(|| Code::SessionNotFound.into())
}

/// The user's sessions that have not expired, the oldest first.
pub fn list(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<Vec<Session>> {
    tx.list(sql::LIST, args![&ctx.project, user, ctx.now], Session::load)
}

/// How many sessions of the project have not expired. Reads all of them.
pub fn count(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<i64> {
    Ok(tx.find(sql::COUNT, args![&ctx.project, ctx.now], |row| row.get(0))?.unwrap_or(0))
}

/// Lets the session live `seconds` from now.
pub fn extend(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, id: &str, seconds: i64) -> Result<Session> {
    get(tx, ctx, user, id)?;
    tx.exec(sql::EXTEND, args![ctx.now.plus_seconds(seconds), ctx.now, &ctx.project, user, id])?;
    announce(tx, ctx, user)?;
    get(tx, ctx, user, id)
}

/// Writes down that `factor` was proved in the session. It counts as a second factor, now, unless the session began with
/// it (security: what was used first does not count twice).
pub fn prove_factor(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, id: &str, factor: &str) -> Result<Session> {
    let session = get(tx, ctx, user, id)?;
    let is_second = !session.began_by(factor);
    let mfa_at = if is_second { Some(ctx.now) } else { session.mfa_at };
    set_factors(tx, ctx, session, &[factor], mfa_at)
}

/// Counts `factors` in the session without saying when they were proved.
pub fn add_factors(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, id: &str, factors: &[&str]) -> Result<Session> {
    let session = get(tx, ctx, user, id)?;
    let mfa_at = session.mfa_at;
    set_factors(tx, ctx, session, factors, mfa_at)
}

fn set_factors(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    mut session: Session,
    more: &[&str],
    mfa_at: Option<Time>,
) -> Result<Session> {
    for factor in more {
        if !session.has(factor) {
            session.factors.push((*factor).to_owned());
        }
    }
    session.mfa_at = mfa_at;
    session.updated_at = ctx.now;
    let factors = session.factors.join(" ");
    tx.push(sql::SET_FACTORS, args![&factors, mfa_at, ctx.now, &ctx.project, &session.user_id, &session.id])?;
    announce(tx, ctx, &session.user_id)?;
    Ok(session)
}

/// Gives the session another secret, or `Code::SessionNotFound`. The one so far opens nothing any more; the id stays.
pub fn rotate(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, id: &str) -> Result<Secret> {
    rotate_shaped(tx, ctx, user, id, Shape::Hex)
}

/// [`rotate`] to a secret of this shape.
pub fn rotate_shaped(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, id: &str, shape: Shape) -> Result<Secret> {
    let secret = secret_of(ctx, id, shape)?;
    if tx.exec(sql::ROTATE, args![&hash(&secret), ctx.now, &ctx.project, user, id])? == 0 {
        return Err(Code::SessionNotFound.into());
    }
    announce(tx, ctx, user)?;
    Ok(secret)
}

/// Gives the session another secret in place of the `shown` one, and lets it live until `until`. None when it has
/// another secret meanwhile. The shown one is known as spent for as long as it would have been good.
pub fn renew(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    session: &Session,
    shown: &Secret,
    until: Time,
    shape: Shape,
) -> Result<Option<(Session, Secret)>> {
    let (old, secret) = (hash(shown), secret_of(ctx, &session.id, shape)?);
    let (new, id) = (hash(&secret), &session.id);
    if tx.exec(sql::RENEW, args![&new, until, ctx.now, &ctx.project, id, &old])? == 0 {
        return Ok(None);
    }
    insert_spent(tx, ctx, session, &old)?;
    announce(tx, ctx, &session.user_id)?;
    Ok(Some((Session { expires_at: until, updated_at: ctx.now, ..session.clone() }, secret)))
}

/// Writes down that `session` came of `secret`, which opens nothing any more: [`find_spent`] knows it from now on.
pub fn spend(tx: &mut Tx<'_>, ctx: &Ctx, session: &Session, secret: &Secret) -> Result<()> {
    insert_spent(tx, ctx, session, &hash(secret))
}

fn insert_spent(tx: &mut Tx<'_>, ctx: &Ctx, session: &Session, hash: &[u8; 32]) -> Result<()> {
    tx.push(sql::INSERT_SPENT, args![hash, &ctx.project, &session.id, ctx.now, session.expires_at])
}

/// A secret that another took the place of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spent {
    /// Of which session.
    pub session_id: String,
    /// When.
    pub at: Time,
}

/// The session that `shown` was the secret of before [`renew`], or that came of it ([`spend`]), unless it would have
/// expired by now.
pub fn find_spent(tx: &mut Tx<'_>, ctx: &Ctx, shown: &Secret) -> Result<Option<Spent>> {
    tx.find(sql::FIND_SPENT, args![&hash(shown), &ctx.project, ctx.now], |row| {
        Ok(Spent { session_id: row.get(0)?, at: row.get(1)? })
    })
}

/// Ends a session whose spent secret was shown again: one of the two who have it must have stolen it.
pub fn delete_reused(tx: &mut Tx<'_>, ctx: &Ctx, session: &Session) -> Result<()> {
    if tx.exec(sql::DELETE, args![&ctx.project, &session.user_id, &session.id])? == 0 {
        // Somebody who showed it at the same moment was faster.
        return Ok(());
    }
    audit::record(tx, ctx, What::SessionReuse, Some(&session.user_id), "{}")?;
    announce(tx, ctx, &session.user_id)
}

/// Ends all sessions of a user but one.
pub fn delete_others(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, keep: &str) -> Result<u64> {
    let count = tx.exec(sql::DELETE_OTHERS, args![&ctx.project, user, keep])?;
    record_end(tx, ctx, user, count)?;
    announce(tx, ctx, user)?;
    Ok(count)
}

/// Ends a session, or `Code::SessionNotFound`.
pub fn delete(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, id: &str) -> Result<()> {
    if tx.exec(sql::DELETE, args![&ctx.project, user, id])? == 0 {
        return Err(Code::SessionNotFound.into());
    }
    audit::record(tx, ctx, What::SessionDelete, Some(user), "{}")?;
    announce(tx, ctx, user)
}

/// Ends the browser's session that `session` is or came of, with every one that came of it; gives how many.
pub fn delete_family(tx: &mut Tx<'_>, ctx: &Ctx, session: &Session) -> Result<u64> {
    let root = if session.provider == HOSTED { &session.provider_uid } else { &session.id };
    let count = tx.exec(sql::DELETE_FAMILY, args![&ctx.project, &session.user_id, root, HOSTED])?;
    record_end(tx, ctx, &session.user_id, count)?;
    announce(tx, ctx, &session.user_id)?;
    Ok(count)
}

/// Ends all sessions of a user; gives how many.
pub fn delete_all(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<u64> {
    let count = tx.exec(sql::DELETE_ALL, args![&ctx.project, user])?;
    record_end(tx, ctx, user, count)?;
    announce(tx, ctx, user)?;
    Ok(count)
}

fn record_end(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, count: u64) -> Result<()> {
    if count == 0 {
        return Ok(());
    }
    audit::record(tx, ctx, What::SessionDelete, Some(user), &format!(r#"{{"count":{count}}}"#))
}

/// Removes sessions, and spent secrets, that expired before `before`.
pub fn purge(tx: &mut Tx<'_>, before: Time) -> Result<u64> {
    tx.exec(sql::PURGE_SPENT, args![before])?;
    tx.exec(sql::PURGE, args![before])
}

fn announce(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<()> {
    revocation::announce(tx, ctx, USER_CHANGED, &format!("{}/{user}", ctx.project))
}
