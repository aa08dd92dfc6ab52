//! API keys: a customer's own servers. Stored as a hash, shown once.

use serde_json::json;

use super::sql;
use crate::args;
use crate::audit::What;
use crate::base::crypto::sha256;
use crate::base::time::DAY;
use crate::base::{Code, Ctx, Error, Result, Secret, Time};
use crate::db::{Row, Tx};
use crate::revocation;

/// The scopes that a key may hold (contract nuvix §1.9, the part that this server has routes for).
pub const SCOPES: &[&str] = &[
    "account",
    "avatars.read",
    "health.read",
    "locale.read",
    "project.read",
    "project.write",
    "sessions.write",
    "targets.read",
    "targets.write",
    "users.read",
    "users.write",
];

/// An API key, without its secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Key {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub project_id: String,
    /// What its owner calls it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// From when on it is refused.
    pub expires_at: Option<Time>,
    /// When it was used last, to the day.
    pub accessed_at: Option<Time>,
    /// When it was made.
    pub created_at: Time,
}

/// What a new key is to be.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What its owner calls it: 1 to 128 characters.
    pub name: String,
    /// What it may do: from `SCOPES`.
    pub scopes: Vec<String>,
    /// From when on it is refused.
    pub expires_at: Option<Time>,
    /// The secret to use instead of a random one: the demo project's is derived from the key file.
    pub secret: Option<Secret>,
}

impl Key {
    /// Whether it may do what `scope` names. Every key may read the server's health (contract nuvix §1.9).
    pub fn may(&self, scope: &str) -> bool {
        scope == "global" || scope == "health.read" || self.scopes.iter().any(|s| s == scope)
    }

    fn load(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            project_id: row.get(1)?,
            name: row.get(2)?,
            scopes: serde_json::from_str(&row.get::<String>(3)?).map_err(Error::internal)?,
            expires_at: row.get(4)?,
            accessed_at: row.get(5)?,
            created_at: row.get(6)?,
        })
    }
}

/// Makes a key. Its secret, `standard_` and 256 hex digits, is given here and never again.
pub fn create_key(tx: &mut Tx<'_>, ctx: &Ctx, project: &str, new: &NewKey) -> Result<(Key, Secret)> {
    super::get(tx, &ctx.keys, project)?;
    super::check_name(&new.name)?;
    if let Some(unknown) = new.scopes.iter().find(|s| !SCOPES.contains(&s.as_str())) {
        return Err(Error::invalid("scopes", format!("{unknown:?} is not one of {}", SCOPES.join(", "))));
    }
    let secret = new.secret.clone().unwrap_or_else(|| Secret::new(format!("standard_{}", ctx.random.hex(128))));
    let key = Key {
        id: ctx.id(),
        project_id: project.to_owned(),
        name: new.name.clone(),
        scopes: new.scopes.clone(),
        expires_at: new.expires_at,
        accessed_at: None,
        created_at: ctx.now,
    };
    let scopes = serde_json::to_string(&key.scopes).map_err(Error::internal)?;
    tx.exec(
        sql::INSERT_KEY,
        args![&key.id, project, &key.name, &sha256(secret.expose().as_bytes()), &scopes, key.expires_at, ctx.now],
    )?;
    let detail = json!({ "key": key.id, "name": key.name, "scopes": key.scopes });
    super::record(tx, ctx, project, What::KeyCreate, &detail)?;
    Ok((key, secret))
}

/// The key with this secret, if the project has it and it is not past its expiry (`Code::KeyExpired`).
pub fn find_key(tx: &mut Tx<'_>, project: &str, secret: &str, now: Time) -> Result<Option<Key>> {
    let hash = sha256(secret.as_bytes());
    let key = tx.find(sql::FIND_KEY, args![&hash, project], Key::load)?;
    live(key, now)
}

/// The key with this id, under the same conditions: for whoever shows a token that was made of it.
pub fn find_key_by_id(tx: &mut Tx<'_>, project: &str, id: &str, now: Time) -> Result<Option<Key>> {
    let key = tx.find(sql::FIND_KEY_BY_ID, args![project, id], Key::load)?;
    live(key, now)
}

fn live(key: Option<Key>, now: Time) -> Result<Option<Key>> {
    match key {
        Some(key) if key.expires_at.is_some_and(|at| at <= now) => Err(Code::KeyExpired.into()),
        key => Ok(key),
    }
}

/// Whether the day of a key's last use has to be written down again: it is kept to the day.
pub fn is_touch_due(key: &Key, now: Time) -> bool {
    key.accessed_at.is_none_or(|at| now.micros_since(at) >= DAY)
}

/// Writes down that a key is used.
pub fn touch_key(tx: &mut Tx<'_>, key: &Key, now: Time) -> Result<()> {
    tx.push(sql::TOUCH_KEY, args![now, &key.id])
}

/// The keys of a project, the oldest first.
pub fn list_keys(tx: &mut Tx<'_>, project: &str) -> Result<Vec<Key>> {
    tx.list(sql::LIST_KEYS, args![project], Key::load)
}

/// Revokes a key.
pub fn delete_key(tx: &mut Tx<'_>, ctx: &Ctx, project: &str, id: &str) -> Result<()> {
    let gone = tx.find(sql::DELETE_KEY, args![project, id], |row| row.get::<String>(0))?;
    let name = gone.ok_or(Code::KeyNotFound)?;
    super::record(tx, ctx, project, What::KeyDelete, &json!({ "key": id, "name": name }))?;
    revocation::announce(tx, ctx, super::CHANGED, project)
}
