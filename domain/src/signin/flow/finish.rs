//! From what came to a flow's number or address to a session, or to the right to choose a new password.

use super::super::account::Known;
use super::super::finish::{self, SignedIn, lock_target_of};
use super::super::handle;
use super::super::start::Terms;
use super::super::{number, verify};
use super::{held_hash, link_user};
use crate::base::{Code, Ctx, Result, Secret};
use crate::db::Tx;
use crate::limit::{self, guess};
use crate::password;
use crate::project::Project;
use crate::verification::{self, Channel, Dialect, NewHandle, Opened, Purpose, Subject};

/// What somebody shows.
#[derive(Clone, Debug)]
pub enum Shown {
    /// A code, through the flow's handle.
    Code {
        /// By what it came.
        channel: Channel,
        /// The handle, if he holds one.
        held: Option<String>,
        /// The code.
        code: Secret,
    },
    /// The secret of a link.
    Link {
        /// The handle of whoever asked for the link, if it must be he who follows it.
        asker: Option<Option<String>>,
        /// The secret.
        secret: Secret,
    },
}

/// For how long whoever showed a code may choose a new password, in seconds.
const RECOVERY_SECONDS: i64 = 600;
/// Wrong tries of a token that nobody guesses.
const NO_LIMIT: i64 = 1_000_000;

/// Signs in. Nobody new comes this way. The outer result is for the store; the inner one is the answer, and is committed
/// with the attempt.
pub fn finish(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    dialect: Dialect,
    terms: &Terms,
    shown: &Shown,
) -> Result<Result<SignedIn>> {
    let terms = Terms { sign_up: false, ..*terms };
    let right = match shown {
        Shown::Code { channel, held, code } => {
            compare(tx, ctx, dialect, Purpose::SignIn, *channel, held.as_deref(), code)?
        }
        Shown::Link { asker, secret } => follow(tx, ctx, dialect, asker.as_ref(), secret)?,
    };
    let Some(Opened { verification, target, .. }) = right else { return Ok(Err(Code::InvalidToken.into())) };
    tx.attempt(|tx| {
        let signed_in = finish::sign_in(tx, ctx, project, &terms, &verification, None)?;
        if target != verification.target {
            limit::count_proof(tx, ctx, &target)?;
        }
        Ok(signed_in)
    })
}

/// What a right code opens. The attempt is counted before the comparison, and a wrong one against the name that was
/// asked by as well as the number or address behind it.
fn compare(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    dialect: Dialect,
    purpose: Purpose,
    channel: Channel,
    held: Option<&str>,
    code: &Secret,
) -> Result<Option<Opened>> {
    let Some(held) = held else { return Ok(None) };
    let hash = held_hash(ctx, held);
    lock_target_of(tx, ctx, &hash)?;
    let Some(opened) = verification::open(tx, ctx, &hash)? else { return Ok(None) };
    let there = &opened.verification;
    let same = there.dialect == dialect && there.channel == channel;
    if verification::matches(ctx, there, purpose, code)? && same {
        return Ok(Some(opened));
    }
    limit::count_failure(tx, ctx, &opened.target)?;
    if opened.target != there.target {
        limit::count_wrong(tx, ctx, &there.target)?;
    }
    Ok(None)
}

/// What the secret of a link opens.
fn follow(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    dialect: Dialect,
    asker: Option<&Option<String>>,
    secret: &Secret,
) -> Result<Option<Opened>> {
    let hash = handle::of_link(ctx, Purpose::MagicLink, &link_user(""), secret.expose());
    lock_target_of(tx, ctx, &hash)?;
    if let Some(held) = asker {
        let Some(held) = held else { return Ok(None) };
        let theirs = verification::find_handle(tx, &held_hash(ctx, held))?.and_then(|handle| handle.verification);
        let linked = verification::find_handle(tx, &hash)?.and_then(|handle| handle.verification);
        if theirs.is_none() || theirs != linked {
            return Ok(None);
        }
    }
    let Some(opened) = verification::open(tx, ctx, &hash)? else { return Ok(None) };
    let right = verification::matches(ctx, &opened.verification, Purpose::MagicLink, secret)?
        && opened.verification.dialect == dialect;
    Ok(Some(opened).filter(|_| right))
}

/// Who may choose a new password, and by what.
#[derive(Clone, Debug)]
pub struct Recovered {
    /// The account.
    pub user: String,
    /// What sets its password, once.
    pub token: Secret,
}

/// Takes a code that came to the number of whoever forgot his password, and gives what sets a new one within ten minutes.
/// The outer result is for the store; the inner one is the answer, and is committed with the attempt.
pub fn exchange_recovery(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    dialect: Dialect,
    held: &str,
    code: &Secret,
) -> Result<Result<Recovered>> {
    let right = compare(tx, ctx, dialect, Purpose::Recovery, Channel::Sms, Some(held), code)?;
    let Some(Opened { verification, target, .. }) = right else { return Ok(Err(Code::InvalidToken.into())) };
    tx.attempt(|tx| {
        // What it proves is written down when the token is used.
        if !verification::consume(tx, ctx, &verification.id)? {
            return Err(Code::InvalidToken.into());
        }
        let user = number::recovered(tx, ctx, &verification)?.id;
        if target != verification.target {
            limit::count_proof(tx, ctx, &target)?;
        }
        let token = Secret::new(ctx.random.hex(32));
        let subject = Subject {
            dialect,
            purpose: Purpose::Recovery,
            channel: Channel::Sms,
            target: &verification.target,
            session: None,
            wanted_length: guess::MAX_LENGTH,
        };
        let expires_at = ctx.now.plus_seconds(RECOVERY_SECONDS);
        let issued = verification::create(tx, ctx, &subject, guess::MAX_LENGTH, Some(&user), expires_at)?;
        verification::arm_link(tx, ctx, &issued.id, &subject, &token)?;
        let hash = handle::of_link(ctx, Purpose::Recovery, &link_user(&user), token.expose());
        let new = NewHandle { hash: &hash, wanted_user: None, max_attempts: NO_LIMIT };
        verification::create_handle(tx, ctx, &new, &verification.target, Some(&issued), expires_at)?;
        Ok(Recovered { user, token })
    })
}

/// Who may choose a new password by this token or link of a flow, and what is kept of the old one. Uses nothing up.
pub fn find_recovery(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, token: &Secret) -> Result<Known> {
    let user = verify::find_recovery(tx, ctx, &link_user(user), token)?;
    let stored = password::find(tx, ctx, &user.id)?;
    Ok(Known { user: Some(user), stored, locked: false })
}

/// Sets a new password by such a token or link, of which `hash` is made. Every session ends, and whoever signs in next
/// still shows his second factor.
pub fn finish_recovery(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    user: &str,
    token: &Secret,
    hash: &str,
) -> Result<Result<verify::Token>> {
    verify::finish_recovery(tx, ctx, project, &link_user(user), token, hash)
}
