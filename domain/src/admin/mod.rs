//! Administrators of the server: the people of the console.

pub(crate) mod sql;

use argon2::password_hash::PasswordHasher as _;
use argon2::{Algorithm, Argon2, Params, Version};

use crate::args;
use crate::base::{Ctx, Error, Result, Secret};
use crate::db::Tx;

/// Hashes an administrator's password: Argon2id, m = 19456 KiB, t = 2, p = 1 (OWASP's recommendation). It takes about
/// 15 ms, so it belongs outside any transaction.
pub fn hash_password(ctx: &Ctx, password: &Secret) -> Result<String> {
    let params = Params::new(19_456, 2, 1, None).map_err(Error::internal)?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_with_salt(password.expose().as_bytes(), &ctx.random.bytes::<16>())
        .map(|hash| hash.to_string())
        .map_err(Error::internal)
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
