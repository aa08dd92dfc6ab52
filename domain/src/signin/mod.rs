//! Signing in by phone, from the first request to the session: the noun that joins the others.
//!
//! [`start`] is what a public route does: it answers the same for known and unknown numbers, because it never looks an
//! account up. [`prepare`] is the worker's part: it looks, makes the account, makes the code. [`finish`] turns the
//! right code into a session.

mod finish;
mod prepare;
pub(crate) mod sql;
mod start;
#[cfg(test)]
mod tests;

pub use finish::{SignedIn, finish, sign_in_anonymously};
pub use prepare::{Ready, prepare};
pub use start::{HandleKind, Rules, Start, Started, check_request, start};

use crate::args;
use crate::base::time::DAY;
use crate::base::{Ctx, Result, Secret};
use crate::db::Tx;
use crate::project::{self, Project};
use crate::session::Session;
use crate::user::User;
use crate::{limit, message, revocation, session, token, user, verification};

/// The session with this secret and its account, unless it has expired.
pub fn find_session(tx: &mut Tx<'_>, ctx: &Ctx, secret: &Secret) -> Result<Option<(Session, User)>> {
    let Some(id) = session::id_of(secret) else { return Ok(None) };
    let hash = session::hash(secret);
    let found = tx.find(sql::FIND_WITH_USER, args![&id, &ctx.project, &hash], |row| {
        Ok((Session::load(row)?, User::load_from(row, 11)?))
    })?;
    Ok(found.filter(|(session, _)| session.expires_at > ctx.now))
}

/// Forgets, a little at a time, what no rule looks at any more; gives how many of the large tables' rows went, so that
/// the caller knows whether to go on at once.
pub fn purge(tx: &mut Tx<'_>, ctx: &Ctx, projects: &[std::sync::Arc<Project>]) -> Result<u64> {
    limit::purge(tx, ctx.now)?;
    revocation::purge(tx, ctx.now.plus_micros(-DAY))?;
    tx.exec(sql::PURGE_IDEMPOTENT, args![ctx.now.plus_micros(-DAY)])?;
    for project in projects {
        let days = project.settings.auth.purge_pending_days;
        user::purge_pending(tx, &project.id, ctx.now.plus_micros(-days * DAY))?;
    }
    session::purge(tx, ctx.now)?;
    Ok(verification::purge(tx, ctx.now)? + message::purge(tx, ctx.now)?)
}

/// Gives up what only a lost key file could open: provider credentials, signing keys, messages that wait. Accounts and
/// sessions stay: they are hashes. Gives the ids of the projects, which need their providers again.
pub fn forget_sealed(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Vec<String>> {
    token::forget_keys(tx)?;
    message::bury_all(tx, ctx.now)?;
    // Kept answers are sealed too; a retry is answered anew.
    tx.exec(sql::PURGE_IDEMPOTENT, args![ctx.now.plus_micros(DAY)])?;
    project::forget_providers(tx, ctx)
}

/// Removes a project with everything in it.
pub fn delete_project(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<()> {
    project::delete(tx, ctx, id)?;
    for statement in sql::DELETE_PROJECT_ROWS {
        tx.exec(statement, args![id])?;
    }
    Ok(())
}
