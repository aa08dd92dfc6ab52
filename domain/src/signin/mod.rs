//! Signing in, from the first request to the session, and what stands around it: the noun that joins the others.
//!
//! [`start`] is what a public route does: it answers the same for known and unknown numbers and addresses, because it
//! never looks an account up. [`prepare`] is the worker's part: it looks, makes the account, makes the code. [`finish`]
//! turns the right code or link into a session, [`number`] a number and a code. [`challenge`] and [`second`] show second
//! factors, [`verify`] numbers and addresses, [`account`] passwords, [`factor`] sets up what challenges ask for, [`phone`]
//! keeps the numbers that people sign in by, [`authorize`] leads people from our login page to an application,
//! [`mod@contact`] says where people can be written to, and [`gate`] says whether a session has proved enough.

pub mod account;
mod approval;
pub mod authorize;
pub mod challenge;
pub mod coexistence;
pub mod contact;
pub mod custom;
pub mod enrol;
pub mod export;
pub mod factor;
mod finish;
pub mod flow;
mod gate;
mod handle;
mod idempotency;
pub mod import;
pub mod invite;
mod issue;
pub mod keys;
pub mod lockout;
pub mod manage;
mod notice;
pub mod number;
pub mod phone;
mod phrase;
mod prepare;
mod refresh;
pub mod remove;
pub mod second;
pub(crate) mod sql;
mod start;
pub mod step;
#[cfg(test)]
mod tests;
pub mod verify;
mod webhook;

pub use approval::{ShownCode, list_shown};
pub use finish::{SignedIn, finish, sign_in_anonymously};
pub use gate::{Factor, Step, factors, gate, next_factors, require_fresh, step as next_step};
pub use handle::HandleKind;
pub use notice::Notice;
pub use prepare::{Ready, allow_test, prepare};
pub use refresh::{Refreshed, refresh};
pub use start::{Rules, Start, Started, Terms, Way, check_request, start};
pub use webhook::tell_messages;

use std::sync::Arc;

use crate::args;
use crate::audit::{self, What};
use crate::base::time::DAY;
use crate::base::{Code, Ctx, Result, Secret, Target};
use crate::db::Tx;
use crate::project::{self, Project};
use crate::session::Session;
use crate::user::User;
use crate::{
    admin, contact as contacts, device, limit, message, mfa, password, revocation, session, token, user, verification,
    webhook as hooks,
};

/// Somebody who is signed in, as the request found him.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account.
    pub user: User,
    /// The session.
    pub session: Session,
}

impl Caller {
    /// The account as it is now. `Code::UserBlocked` when it was switched off meanwhile, `Code::UserNotFound` when it
    /// is gone.
    fn reload(&self, tx: &mut Tx<'_>, ctx: &Ctx) -> Result<User> {
        let user = user::get(tx, &ctx.project, &self.user.id)?;
        if user.blocked { Err(Code::UserBlocked.into()) } else { Ok(user) }
    }
}

/// The session with this secret and its account, unless it has expired.
pub fn find_session(tx: &mut Tx<'_>, ctx: &Ctx, secret: &Secret) -> Result<Option<(Session, User)>> {
    let Some(id) = session::id_of(secret) else { return Ok(None) };
    let hash = session::hash(secret);
    let found = tx.find(sql::FIND_WITH_USER, args![&id, &ctx.project, &hash], |row| {
        Ok((Session::load(row)?, User::load_from(row, 11)?))
    })?;
    Ok(found.filter(|(session, _)| session.expires_at > ctx.now))
}

/// The session with this id and its account, unless it has expired. For whoever shows a token that names it.
pub fn find_session_by_id(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<Option<(Session, User)>> {
    let found = tx.find(sql::FIND_BY_ID_WITH_USER, args![id, &ctx.project], |row| {
        Ok((Session::load(row)?, User::load_from(row, 11)?))
    })?;
    Ok(found.filter(|(session, _)| session.expires_at > ctx.now))
}

/// Removes every way into an account but its number and address.
fn erase_access(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<()> {
    password::delete(tx, ctx, user)?;
    mfa::delete_all(tx, ctx, user)?;
    device::delete_all(tx, ctx, user)?;
    contacts::delete_all(tx, ctx, user)?;
    erase_sessions(tx, ctx, user)
}

fn erase_sessions(tx: &mut Tx<'_>, ctx: &Ctx, user: &str) -> Result<()> {
    session::delete_all(tx, ctx, user).map(drop)
}

/// Removes what was set up on an account that never proved anything, for the owner of `target`, which it holds.
fn wipe(tx: &mut Tx<'_>, ctx: &Ctx, user: &User, target: &Target) -> Result<()> {
    user::wipe(tx, ctx, &user.id, target)?;
    erase_access(tx, ctx, &user.id)
}

/// Forgets, a little at a time, what no rule looks at any more; gives how many of the large tables' rows went, so that
/// the caller knows whether to go on at once.
pub fn purge(tx: &mut Tx<'_>, ctx: &Ctx, projects: &[Arc<Project>]) -> Result<u64> {
    limit::purge(tx, ctx.now)?;
    revocation::purge(tx, ctx.now.plus_micros(-DAY))?;
    tx.exec(sql::PURGE_IDEMPOTENT, args![ctx.now.plus_micros(-DAY)])?;
    for project in projects {
        let days = project.settings.auth.purge_pending_days;
        user::purge_pending(tx, &project.id, ctx.now.plus_micros(-days * DAY))?;
    }
    session::purge(tx, ctx.now)?;
    admin::purge(tx, ctx.now)?;
    mfa::purge(tx, ctx.now)?;
    device::purge(tx, ctx.now)?;
    token::purge(tx, ctx.now)?;
    Ok(verification::purge(tx, ctx.now)? + message::purge(tx, ctx.now)? + hooks::purge(tx, ctx.now)?)
}

/// Gives up what only a lost key file could open: provider credentials, signing keys, messages that wait, passwords,
/// authenticators, recovery codes, secrets of webhooks. Accounts and sessions stay: they are hashes. The audit trail is chained anew, for
/// nobody can check the lost key's hashes, and says so. Gives the ids of the projects, which need their providers again.
pub fn forget_sealed(tx: &mut Tx<'_>, ctx: &Ctx) -> Result<Vec<String>> {
    token::forget_keys(tx)?;
    message::bury_all(tx, ctx.now)?;
    password::forget_all(tx)?;
    mfa::forget_sealed(tx)?;
    tx.exec(sql::FORGET_FACTORS, &[])?;
    // Kept answers are sealed too; a retry is answered anew.
    tx.exec(sql::PURGE_IDEMPOTENT, args![ctx.now.plus_micros(DAY)])?;
    audit::forget_chains(tx)?;
    let projects = project::forget_providers(tx, ctx)?;
    for project in &projects {
        let ctx = Ctx { project: Arc::from(project.as_str()), ..ctx.clone() };
        audit::record(tx, &ctx, What::KeysReset, None, "{}")?;
    }
    // Last: webhooks are told nothing of what is in the trail by now.
    hooks::forget_secrets(tx, ctx)?;
    Ok(projects)
}

/// A topic that no listener knows, so that each forgets all that it remembers.
const EVERYTHING: &str = "everything";

/// Removes a project with everything in it.
pub fn delete_project(tx: &mut Tx<'_>, ctx: &Ctx, id: &str) -> Result<()> {
    project::delete(tx, ctx, id)?;
    for statement in sql::DELETE_PROJECT_ROWS {
        tx.exec(statement, args![id])?;
    }
    // Nobody may remember its people: another project can get its id.
    revocation::announce(tx, ctx, EVERYTHING, "")
}
