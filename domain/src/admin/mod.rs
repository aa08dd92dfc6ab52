//! Administrators of the server: the people of the console, their sessions, and the tokens of their scripts.
//!
//! They belong to no project, and neither do their events: these are in the trail of the project without a name.

mod session;
pub(crate) mod sql;
#[cfg(test)]
mod tests;
mod token;

pub use session::{
    LIFETIME, Session, create_session, delete_session, delete_sessions, find_session, is_touch_due, list_sessions,
    purge, touch_session,
};
pub use token::{
    NewToken, PREFIX, Token, create_token, delete_token, find_token, is_token_touch_due, list_tokens, touch_token,
};

use std::sync::Arc;

use serde_json::json;

use crate::args;
use crate::audit::{self, What};
use crate::base::argon::{self, Cost};
use crate::base::{Code, Ctx, Email, Error, Result, Secret, Time};
use crate::db::{Row, Tx};

/// The shortest password, in characters: whoever has it may do anything.
const SHORTEST: usize = 12;
/// The longest, in bytes.
pub const LONGEST: usize = 1_024;

/// An administrator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Admin {
    /// His id.
    pub id: String,
    /// His e-mail address, in lower case.
    pub email: String,
    /// When he was made.
    pub created_at: Time,
}

impl Admin {
    fn load(row: &Row<'_>) -> Result<Self> {
        Self::load_from(row, 0)
    }

    /// Reads the columns of an administrator that begin at `first`.
    fn load_from(row: &Row<'_>, first: usize) -> Result<Self> {
        Ok(Self { id: row.get(first)?, email: row.get(first + 1)?, created_at: row.get(first + 2)? })
    }
}

/// An administrator with the hash of his password, to sign him in.
#[derive(Clone, Debug)]
pub struct Known {
    /// Who it is.
    pub admin: Admin,
    /// The hash of his password.
    pub hash: Secret,
}

/// Refuses a password that is too short or too long.
pub fn check_password(password: &Secret) -> Result<()> {
    if password.expose().len() > LONGEST {
        return Err(Error::invalid("password", format!("must have at most {LONGEST} bytes")));
    }
    if argon::normalised(password).expose().chars().count() < SHORTEST {
        return Err(Error::invalid("password", format!("must have at least {SHORTEST} characters")));
    }
    Ok(())
}

/// Hashes an administrator's password. It takes about 15 ms, so it belongs outside any transaction.
pub fn hash_password(ctx: &Ctx, password: &Secret) -> Result<String> {
    argon::hash(Cost::default(), password, &*ctx.random)
}

/// Whether `password` is the administrator's. Takes as long where there is none, and belongs outside any transaction.
pub fn is_password(password: &Secret, known: Option<&Known>) -> Result<bool> {
    match known {
        Some(known) => argon::verify(password, known.hash.expose()),
        None => argon::pretend(Cost::default(), password).map(|()| false),
    }
}

/// Makes an administrator, or gives the one with this e-mail another password: for the demo project, which leaves no
/// trace of it.
pub fn put(tx: &mut Tx<'_>, ctx: &Ctx, email: &str, password_hash: &str) -> Result<()> {
    tx.exec(sql::PUT, args![&ctx.id(), &address(email)?, password_hash, ctx.now]).map(drop)
}

/// Makes an administrator; `Code::AdminExists` when there is one with this e-mail address.
pub fn create(tx: &mut Tx<'_>, ctx: &Ctx, email: &str, password_hash: &str) -> Result<Admin> {
    let admin = Admin { id: ctx.id(), email: address(email)?, created_at: ctx.now };
    if tx.exec(sql::INSERT, args![&admin.id, &admin.email, password_hash, ctx.now])? == 0 {
        return Err(Code::AdminExists.into());
    }
    record(tx, ctx, What::AdminCreate, &admin, None)?;
    Ok(admin)
}

/// Gives an administrator another password. All his sessions end but `keep`; his tokens stay.
pub fn set_password(tx: &mut Tx<'_>, ctx: &Ctx, id: &str, password_hash: &str, keep: Option<&str>) -> Result<()> {
    let admin = get(tx, id)?;
    tx.exec(sql::SET_PASSWORD, args![password_hash, id])?;
    tx.exec(sql::DELETE_SESSIONS, args![id, keep.unwrap_or_default()])?;
    record(tx, ctx, What::AdminPassword, &admin, None)
}

/// Removes an administrator with his sessions and tokens. `Code::LastAdmin` when there is no other: nobody could make one
/// but on the machine itself.
pub fn delete(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<()> {
    // Two who remove each other wait here, so that one of them is left.
    tx.exec(sql::LOCK_ALL, args![])?;
    let admins = list(tx)?;
    let admin = admins.iter().find(|admin| admin.id == id).ok_or(Code::AdminNotFound)?;
    if admins.len() == 1 {
        return Err(Code::LastAdmin.into());
    }
    tx.exec(sql::DELETE_SESSIONS, args![id, ""])?;
    tx.exec(sql::DELETE_TOKENS, args![id])?;
    tx.exec(sql::DELETE, args![id])?;
    record(tx, ctx, What::AdminDelete, admin, None)
}

/// The administrator with this id, or `Code::AdminNotFound`.
pub fn get(tx: &mut Tx<'_>, id: &str) -> Result<Admin> {
    tx.find(sql::FIND, args![id], Admin::load)?.ok_or_else(|| Code::AdminNotFound.into())
}

/// The administrator with this e-mail address, with the hash of his password.
pub fn find_by_email(tx: &mut Tx<'_>, email: &str) -> Result<Option<Known>> {
    tx.find(sql::FIND_BY_EMAIL, args![&email.trim().to_lowercase()], load_known)
}

/// The administrator with this id, with the hash of his password.
pub fn find_known(tx: &mut Tx<'_>, id: &str) -> Result<Option<Known>> {
    tx.find(sql::FIND_KNOWN, args![id], load_known)
}

/// All administrators, the oldest first.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Admin>> {
    tx.list(sql::LIST, args![], Admin::load)
}

fn load_known(row: &Row<'_>) -> Result<Known> {
    Ok(Known { admin: Admin::load(row)?, hash: Secret::new(row.get::<String>(3)?) })
}

fn address(email: &str) -> Result<String> {
    let email = email.trim().to_lowercase();
    if Email::parse(&email).is_err() {
        return Err(Error::invalid("email", "must be an e-mail address such as ada@example.com"));
    }
    Ok(email)
}

/// Writes down what was done to an administrator, or to something of his, whose id and name are `part`.
fn record(tx: &mut Tx<'_>, ctx: &Ctx, what: What, admin: &Admin, part: Option<(&str, &str)>) -> Result<()> {
    let mut detail = json!({ "admin": admin.id, "email": admin.email });
    if let Some((id, name)) = part {
        detail["id"] = id.into();
        if !name.is_empty() {
            detail["name"] = name.into();
        }
    }
    audit::record(tx, &of_no_project(ctx), what, None, &detail.to_string())
}

/// The same surroundings, of no project.
fn of_no_project(ctx: &Ctx) -> Ctx {
    Ctx { project: Arc::from(""), ..ctx.clone() }
}
