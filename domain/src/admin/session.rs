//! Administrators who are signed in, by a secret of which only the hash is stored.

use super::{Admin, Known, record, sql};
use crate::args;
use crate::audit::What;
use crate::base::crypto::sha256;
use crate::base::time::{HOUR, SECOND};
use crate::base::{Code, Ctx, Result, Secret, Time};
use crate::db::{Row, Tx};

/// How long a session lives at most, in microseconds, whatever is done in it.
pub const LIFETIME: i64 = 12 * HOUR;
/// How long it lives while nothing is done in it.
const IDLE: i64 = HOUR;
/// How exactly it is known when something was done.
const SEEN: i64 = 60 * SECOND;
/// How many random bytes a secret has.
const SECRET_BYTES: usize = 32;

/// An administrator's session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// Its id.
    pub id: String,
    /// From which address it was made.
    pub address: String,
    /// By which `User-Agent`.
    pub agent: String,
    /// When it was made.
    pub created_at: Time,
    /// When something was done in it, to the minute.
    pub seen_at: Time,
    /// From when on it does not work, whatever is done in it.
    pub expires_at: Time,
}

impl Session {
    fn load(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            address: row.get(1)?,
            agent: row.get(2)?,
            created_at: row.get(3)?,
            seen_at: row.get(4)?,
            expires_at: row.get(5)?,
        })
    }

    /// When it ends if nothing is done in it from now on.
    pub fn ends_at(&self) -> Time {
        self.expires_at.min(self.seen_at.plus_micros(IDLE))
    }
}

/// Opens a session for who showed his password. `Code::InvalidCredentials` when it was changed since it was looked up.
pub fn create_session(tx: &mut Tx<'_>, ctx: &Ctx, known: &Known) -> Result<(Session, Secret)> {
    // Whoever changes the password waits for this, or this for him.
    if tx.exec(sql::LOCK, args![&known.admin.id, known.hash.expose()])? == 0 {
        return Err(Code::InvalidCredentials.into());
    }
    let secret = Secret::new(ctx.random.hex(SECRET_BYTES));
    let session = Session {
        id: ctx.id(),
        address: ctx.address.map(|a| a.to_canonical().to_string()).unwrap_or_default(),
        agent: ctx.user_agent.as_deref().unwrap_or_default().to_owned(),
        created_at: ctx.now,
        seen_at: ctx.now,
        expires_at: ctx.now.plus_micros(LIFETIME),
    };
    tx.exec(
        sql::INSERT_SESSION,
        args![
            &session.id,
            &known.admin.id,
            &sha256(secret.expose().as_bytes()),
            &session.address,
            &session.agent,
            ctx.now,
            session.expires_at,
        ],
    )?;
    record(tx, ctx, What::AdminSessionCreate, &known.admin, Some((&session.id, "")))?;
    Ok((session, secret))
}

/// The session with this secret and whose it is, unless it is over.
pub fn find_session(tx: &mut Tx<'_>, secret: &Secret, now: Time) -> Result<Option<(Session, Admin)>> {
    let hash = sha256(secret.expose().as_bytes());
    let found = tx.find(sql::FIND_SESSION, args![&hash], |row| Ok((Session::load(row)?, Admin::load_from(row, 6)?)))?;
    Ok(found.filter(|(session, _)| session.ends_at() > now))
}

/// Whether it has to be written down again that something is done in the session.
pub fn is_touch_due(session: &Session, now: Time) -> bool {
    now.micros_since(session.seen_at) >= SEEN
}

/// Writes down that something is done in the session.
pub fn touch_session(tx: &mut Tx<'_>, id: &str, now: Time) -> Result<()> {
    tx.push(sql::TOUCH_SESSION, args![now, id])
}

/// The sessions of an administrator that are not over, the oldest first.
pub fn list_sessions(tx: &mut Tx<'_>, admin: &str, now: Time) -> Result<Vec<Session>> {
    tx.list(sql::LIST_SESSIONS, args![admin, now, now.plus_micros(-IDLE)], Session::load)
}

/// Ends a session of `admin`, or `Code::SessionNotFound`.
pub fn delete_session(tx: &mut Tx<'_>, ctx: &Ctx, admin: &Admin, id: &str) -> Result<()> {
    if tx.exec(sql::DELETE_SESSION, args![&admin.id, id])? == 0 {
        return Err(Code::SessionNotFound.into());
    }
    record(tx, ctx, What::AdminSessionDelete, admin, Some((id, "")))
}

/// Ends all sessions of `admin`; gives how many.
pub fn delete_sessions(tx: &mut Tx<'_>, ctx: &Ctx, admin: &Admin) -> Result<u64> {
    let count = tx.exec(sql::DELETE_SESSIONS, args![&admin.id, ""])?;
    if count > 0 {
        record(tx, ctx, What::AdminSessionDelete, admin, None)?;
    }
    Ok(count)
}

/// Removes sessions that are over.
pub fn purge(tx: &mut Tx<'_>, now: Time) -> Result<u64> {
    tx.exec(sql::PURGE_SESSIONS, args![now])
}
