//! Telling the owner of a password that wrong ones locked it, and ending the lock by the link that he gets.
//!
//! Nobody is told from anybody: a name that nobody has is locked by the same statements, and the worker sends its mail
//! nowhere. Ending a lock signs nobody in, and changes nothing else.

use super::account;
use super::issue::{self, Ask};
use super::notice::{self, LIFETIME, Notice};
use super::start::{Rules, channel};
use super::verify::{follow, look};
use crate::base::{Code, Ctx, Result, Secret, Target};
use crate::db::Tx;
use crate::project::{Project, Redirect};
use crate::user::{self, User};
use crate::verification::{self, Dialect, Purpose, Subject, Verification};

/// The page that a link leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// Where it is.
    pub address: Redirect,
    /// The name of the parameter by which it is told the secret.
    pub parameter: &'static str,
}

/// The handle of a link is its secret alone: pages are told nothing else (contract frontegg §3.1).
const HANDLE: &str = "";

/// Whether a link to this address may unlock the password of an account.
pub(super) fn may_unlock(user: &User, target: &Target) -> bool {
    let is_his = matches!(target, Target::Email(email) if user.email.as_ref() == Some(email));
    is_his && user.is_email_verified() && user.password_at.is_some() && !user.blocked && !user.pending
}

/// Tells whoever owns the account that was named `by` this that its password is locked: by a link to `page`, or without
/// one in words alone.
pub(super) fn tell(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    user: Option<&User>,
    by: &Target,
    page: Option<&Page>,
) -> Result<()> {
    if project.settings.email.providers.is_empty() {
        return Ok(());
    }
    let address = user.and_then(|user| user.email.clone()).map(Target::Email);
    let target = address.unwrap_or_else(|| by.clone());
    // Counted for everybody, and only then looked at.
    let may_be_told = notice::count(tx, ctx, &target)?;
    let owner = user.filter(|user| may_be_told && may_unlock(user, &target)).map(|user| user.id.as_str());
    let Some(page) = page else {
        let refusal = if owner.is_none() { Some(NOBODY) } else { None };
        return notice::enqueue(tx, ctx, owner, &target, Notice::PasswordLocked, refusal);
    };
    let rules = Rules::of(project);
    let ask = Ask {
        subject: Subject {
            dialect: Dialect::Page,
            purpose: Purpose::Unlock,
            channel: channel(&target),
            target: target.as_str(),
            session: None,
            wanted_length: rules.length,
        },
        reaches: None,
        user: owner,
        wanted_user: None,
        rules: &rules,
        payload: notice::telling(ctx, &target)?,
        phrase: false,
        mock: false,
        own: false,
    };
    let address = |secret: &Secret, _| {
        let address = page.address.with(&[(page.parameter, secret.expose())]);
        Ok(address.as_str().to_owned())
    };
    let expires_at = ctx.now.plus_seconds(LIFETIME);
    issue::send_link(tx, ctx, &ask, HANDLE, expires_at, &address).map(drop)
}

/// Why a notice goes nowhere.
const NOBODY: &str = "nobody with a password has this address verified, or he was told enough today";

/// Whose password a link unlocks, if it still works. Uses nothing up. `Code::InvalidToken` when it does not.
pub fn find(tx: &mut Tx<'_>, ctx: &Ctx, secret: &Secret) -> Result<User> {
    let found = look(tx, ctx, Purpose::Unlock, HANDLE, secret)?;
    owner(tx, ctx, &found)
}

fn owner(tx: &mut Tx<'_>, ctx: &Ctx, verification: &Verification) -> Result<User> {
    let id = verification.user.as_deref().ok_or(Code::InvalidToken)?;
    let target = Target::from_stored(verification.target.clone());
    let user = user::find(tx, &ctx.project, id)?.filter(|user| may_unlock(user, &target));
    user.ok_or_else(|| Code::InvalidToken.into())
}

/// Follows a link: the right password signs in again, from anywhere. Older links of the account end with this one. The
/// outer result is for the store; the inner one is the answer.
pub fn finish(tx: &mut Tx<'_>, ctx: &Ctx, secret: &Secret) -> Result<Result<()>> {
    follow(tx, ctx, Purpose::Unlock, HANDLE, secret, |tx, verification, _| {
        let user = owner(tx, ctx, verification)?;
        verification::consume_all(tx, ctx, Purpose::Unlock, &verification.target)?;
        account::unlock(tx, ctx, &user.id).map(drop)
    })
}
