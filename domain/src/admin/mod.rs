//! Administrators of the server: the people of the console.

pub(crate) mod sql;

use crate::args;
use crate::base::argon::{self, Cost};
use crate::base::{Ctx, Error, Result, Secret};
use crate::db::Tx;

/// Hashes an administrator's password. It takes about 15 ms, so it belongs outside any transaction.
pub fn hash_password(ctx: &Ctx, password: &Secret) -> Result<String> {
    argon::hash(Cost::default(), password, &*ctx.random)
}

/// Makes an administrator, or gives the one with this e-mail another password.
pub fn put(tx: &mut Tx<'_>, ctx: &Ctx, email: &str, password_hash: &str) -> Result<()> {
    if !email.contains('@') || email.len() > 254 || email.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(Error::invalid("email", "must be an e-mail address"));
    }
    tx.exec(sql::PUT, args![&ctx.id(), &email.to_lowercase(), password_hash, ctx.now]).map(drop)
}

/// Whether there is an administrator with this e-mail.
pub fn exists(tx: &mut Tx<'_>, email: &str) -> Result<bool> {
    Ok(tx.find(sql::EXISTS, args![&email.to_lowercase()], |_| Ok(()))?.is_some())
}
