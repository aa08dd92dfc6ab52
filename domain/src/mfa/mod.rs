//! Second factors that a user keeps: an authenticator app, and recovery codes on paper.
//!
//! The database alone yields neither: seeds are sealed under the key file, recovery codes are MACs under it.

mod recovery;
pub(crate) mod sql;
#[cfg(test)]
mod tests;
mod totp;

pub use recovery::{
    Readable, count_recovery_codes, create_recovery_code, create_recovery_codes, delete_recovery_codes,
    read_recovery_codes, replace_recovery_codes, use_recovery_code,
};
pub use totp::{
    Authenticator, Moved, NewAuthenticator, check_totp, create_authenticator, delete_authenticator, find_authenticator,
    read_seed, uri, verify_authenticator,
};

pub(crate) use totp::{Sealed, insert_moved, open_seed, seal_moved};

use crate::args;
use crate::base::{Ctx, Result, Time};
use crate::db::Tx;

/// Takes all second factors from a user whose account is wiped or deleted.
pub fn delete_all(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<()> {
    for statement in [sql::DELETE_AUTHENTICATOR, sql::DELETE_SET, sql::DELETE_CODES] {
        tx.push(statement, args![&ctx.project, user])?;
    }
    Ok(())
}

/// Erases the copies of recovery codes whose time to be read is over; gives how many. The codes go on working.
pub fn purge(tx: &mut Tx<'_>, now: Time) -> Result<u64> {
    tx.exec(sql::PURGE_COPIES, args![now])
}

/// Removes what nothing opens or matches any more after the key file was lost: all authenticators and recovery codes.
pub fn forget_sealed(tx: &mut Tx<'_>) -> Result<()> {
    for statement in sql::FORGET {
        tx.push(statement, &[])?;
    }
    Ok(())
}

/// Where a sealed text belongs: it opens for this user and this authenticator or set only.
fn bound_to(ctx: &Ctx, user: &str, id: &str) -> String {
    format!("{}/{user}/{id}", ctx.project)
}
