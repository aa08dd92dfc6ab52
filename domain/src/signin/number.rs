//! A number and the code that came to it: what is shown where the number, and not a handle, stands in the request.
//!
//! Whoever holds the flow's handle guesses through it. Without one, guesses have counters of their own, charged to the
//! person and never to a handle, so that a stranger neither uses up nor shortens what the owner holds.

use super::challenge::forgive_others;
use super::finish::{self, SignedIn, consume, lock_target_of};
use super::handle::HandleKind;
use super::notice::{self, Notice};
use super::start::Terms;
use super::{account, erase_sessions, verify};
use crate::audit::{self, What};
use crate::base::time::DAY;
use crate::base::{Code, Ctx, Phone, Result, Secret, Target};
use crate::db::Tx;
use crate::limit::{self, guess};
use crate::password;
use crate::project::Project;
use crate::user::{self, Proof, User};
use crate::verification::{self, Dialect, Handle, Purpose, Verification};

/// Guesses at one number through no handle that one network may make in a day.
pub const BY_NETWORK: i64 = 5;
/// The same of all networks together.
pub const BY_ALL: i64 = 15;
/// The kinds of their counters.
const NETWORK: &str = "bare-guess-network";
const ALL: &str = "bare-guess";

/// What somebody shows.
#[derive(Clone, Debug)]
pub struct Shown {
    /// By which dialect.
    pub dialect: Dialect,
    /// The number.
    pub phone: Phone,
    /// What he holds of the flow, if anything: an opaque handle.
    pub handle: Option<String>,
    /// The code.
    pub code: Secret,
}

/// Signs in. The outer result is for the store; the inner one is the answer, and is committed with the attempt.
pub fn sign_in(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    terms: &Terms,
    shown: &Shown,
) -> Result<Result<SignedIn>> {
    settle(tx, ctx, Purpose::SignIn, shown, |tx, right| {
        right.through.clear(tx, ctx, shown)?;
        finish::sign_in(tx, ctx, project, terms, &right.verification, None)
    })
}

/// Says whether the code would sign in, and uses nothing up: it may still do so once. Changes no account.
pub fn check(tx: &mut Tx<'_>, ctx: &Ctx, shown: &Shown) -> Result<Result<()>> {
    settle(tx, ctx, Purpose::SignIn, shown, |tx, right| right.give_back(tx, ctx, shown))
}

/// Who may choose a new password with the code, and what is kept of the old one: what the caller needs before it hashes
/// one. Uses nothing up.
pub fn find_recovery(tx: &mut Tx<'_>, ctx: &Ctx, shown: &Shown) -> Result<Result<account::Known>> {
    settle(tx, ctx, Purpose::Recovery, shown, |tx, right| {
        let user = recovered(tx, ctx, &right.verification)?;
        right.give_back(tx, ctx, shown)?;
        let stored = password::find(tx, ctx, &user.id)?;
        Ok(account::Known { user: Some(user), stored, locked: false })
    })
}

/// Sets a new password, of which `hash` is made: the number is proved, every session ends, and whoever signs in next still
/// shows his second factor.
pub fn finish_recovery(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    shown: &Shown,
    hash: &str,
) -> Result<Result<User>> {
    settle(tx, ctx, Purpose::Recovery, shown, |tx, right| {
        right.through.clear(tx, ctx, shown)?;
        consume(tx, ctx, &right.verification)?;
        set_password(tx, ctx, project, &right.verification, &shown.phone, hash)
    })
}

/// What a proof of the number of whoever forgot his password brings him: the new one.
pub(super) fn set_password(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    verification: &Verification,
    phone: &Phone,
    hash: &str,
) -> Result<User> {
    let before = recovered(tx, ctx, verification)?;
    verification::consume_all(tx, ctx, Purpose::Recovery, phone.as_e164())?;
    if let Some(email) = &before.email {
        // A link that somebody asked for before must not undo this.
        verification::consume_all(tx, ctx, Purpose::Recovery, email.as_str())?;
    }
    if !before.phone_proof.is_verified() && before.phone_claim.is_none() {
        user::prove_claim(tx, ctx, &before.id, phone, Proof::Code)?;
    }
    let stored = password::find(tx, ctx, &before.id)?;
    let after = account::store(tx, ctx, project, &before.id, stored.as_ref(), hash)?;
    erase_sessions(tx, ctx, &before.id)?;
    forgive_others(tx, ctx, &after, phone.as_e164())?;
    audit::record(tx, ctx, What::RecoveryComplete, Some(&before.id), "{}")?;
    notice::send(tx, ctx, project, &before, Notice::PasswordChanged)?;
    Ok(after)
}

pub(super) fn recovered(tx: &mut Tx<'_>, ctx: &Ctx, verification: &Verification) -> Result<User> {
    let id = verification.user.as_deref().ok_or(Code::InvalidToken)?;
    let target = Target::from_stored(verification.target.clone());
    let user = user::find(tx, &ctx.project, id)?;
    user.filter(|user| verify::may_recover_by(user, &target)).ok_or_else(|| Code::InvalidToken.into())
}

/// A code that was right.
struct Right {
    verification: Verification,
    through: Through,
}

/// What it was shown through.
enum Through {
    /// A handle, by its id.
    Handle(String),
    /// The number alone, with the guess that was written down.
    Number(String),
}

impl Right {
    /// Nothing was guessed: neither the handle nor the person has a try less.
    fn give_back(&self, tx: &mut Tx<'_>, ctx: &Ctx, shown: &Shown) -> Result<()> {
        if let Through::Handle(id) = &self.through {
            verification::uncount_attempt(tx, id)?;
        }
        self.through.clear(tx, ctx, shown)
    }
}

impl Through {
    /// A success ends what was counted of guesses through no handle.
    fn clear(&self, tx: &mut Tx<'_>, ctx: &Ctx, shown: &Shown) -> Result<()> {
        if let Self::Number(guess) = self {
            verification::give_back_guess(tx, guess)?;
            limit::clear(tx, ctx, NETWORK, &network_key(ctx, shown))?;
            limit::clear(tx, ctx, ALL, shown.phone.as_e164())?;
        }
        Ok(())
    }
}

fn network_key(ctx: &Ctx, shown: &Shown) -> String {
    format!("{} {}", shown.phone.as_e164(), ctx.network().unwrap_or_default())
}

/// Counts the attempt, compares, and does `then` with what was right; if that fails, it alone is undone.
fn settle<T>(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    purpose: Purpose,
    shown: &Shown,
    then: impl FnOnce(&mut Tx<'_>, &Right) -> Result<T>,
) -> Result<Result<T>> {
    match compare(tx, ctx, purpose, shown)? {
        Ok(right) => tx.attempt(|tx| then(tx, &right)),
        Err(reason) => Ok(Err(reason.into())),
    }
}

/// Why nothing can be compared through a handle, if that is so.
pub(super) fn unusable(tx: &mut Tx<'_>, ctx: &Ctx, purpose: Purpose, held: &Handle) -> Result<Option<Code>> {
    if held.expires_at <= ctx.now {
        verification::retire_handle(tx, held)?;
        return Ok(Some(Code::TokenExpired));
    }
    if !held.spent {
        return Ok(None);
    }
    // The way out is another code, as soon as one may be asked for.
    let ledger = limit::find_target(tx, &ctx.project, &held.target)?;
    let until = ledger.and_then(|ledger| ledger.cooldowns.until(purpose.name(), ctx.now));
    Ok(Some(Code::TooManyAttempts { retry_at: until.unwrap_or(ctx.now) }))
}

fn compare(tx: &mut Tx<'_>, ctx: &Ctx, purpose: Purpose, shown: &Shown) -> Result<Result<Right, Code>> {
    if let Some(handle) = &shown.handle {
        let hash = HandleKind::Opaque.hash(ctx, handle);
        lock_target_of(tx, ctx, &hash)?;
        let held = verification::find_handle(tx, &hash)?;
        // A handle to another number's code is none to this one's.
        if let Some(held) = held.filter(|held| held.target == shown.phone.as_e164()) {
            return through_handle(tx, ctx, purpose, shown, &hash, &held);
        }
    }
    through_number(tx, ctx, purpose, shown)
}

fn through_handle(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    purpose: Purpose,
    shown: &Shown,
    hash: &[u8; 32],
    held: &Handle,
) -> Result<Result<Right, Code>> {
    if let Some(reason) = unusable(tx, ctx, purpose, held)? {
        return Ok(Err(reason));
    }
    let Some(opened) = verification::open(tx, ctx, hash)? else { return Ok(Err(Code::InvalidToken)) };
    let verification = opened.verification;
    if verification::matches(ctx, &verification, purpose, &shown.code)? {
        return Ok(Ok(Right { verification, through: Through::Handle(held.id.clone()) }));
    }
    limit::count_failure(tx, ctx, &verification.target)?;
    Ok(Err(Code::InvalidToken))
}

/// The newest code of this purpose is compared, once, if the number, the network and the person have guesses left.
fn through_number(tx: &mut Tx<'_>, ctx: &Ctx, purpose: Purpose, shown: &Shown) -> Result<Result<Right, Code>> {
    let target = shown.phone.as_e164();
    if limit::find_target(tx, &ctx.project, target)?.is_none() {
        // Nobody ever asked for a code to it: there is nothing to guess, and nothing is kept of whoever tries.
        return Ok(Err(Code::InvalidToken));
    }
    limit::lock_target(tx, ctx, target)?;
    let newest = verification::find_newest(tx, ctx, shown.dialect, purpose, target)?;
    // A right code that was just used is no wrong guess.
    let Some(verification) = newest.filter(|v| v.consumed_at.is_none()) else { return Ok(Err(Code::InvalidToken)) };
    if verification.expires_at <= ctx.now {
        return Ok(Err(Code::TokenExpired));
    }
    let account = user::find(tx, &ctx.project, verification.user.as_deref().unwrap_or_default())?;
    let person = account.filter(|account| !account.pending).map(|account| account.id);
    // What a network tries beyond its own guesses takes nothing from the others'.
    let fits = limit::add(tx, ctx, NETWORK, &network_key(ctx, shown), DAY, 1, 0)?.used <= BY_NETWORK
        && limit::add(tx, ctx, ALL, target, DAY, 1, 0)?.used <= BY_ALL
        && fits(tx, ctx, &verification, person.as_deref())?;
    if !fits {
        let retry_at = limit::window_at(ctx.now, DAY).plus_micros(DAY);
        return Ok(Err(Code::TooManyAttempts { retry_at }));
    }
    let guess = verification::charge_guess(tx, ctx, &verification, person.as_deref())?;
    if verification::matches(ctx, &verification, purpose, &shown.code)? {
        return Ok(Ok(Right { verification, through: Through::Number(guess) }));
    }
    limit::count_failure(tx, ctx, target)?;
    Ok(Err(Code::InvalidToken))
}

/// Whether one more guess fits in the day's budget of the target and of the person, as handles must.
fn fits(tx: &mut Tx<'_>, ctx: &Ctx, verification: &Verification, person: Option<&str>) -> Result<bool> {
    let weight = verification.channel.weight(verification.length);
    let origin = ctx.origin()?;
    let origin = origin.as_ref().map(<[u8; 32]>::as_slice);
    let familiar = limit::is_known_origin(tx, &ctx.project, &verification.target, origin)?;
    let share = if familiar { guess::DAILY } else { guess::DAILY / 3 * 2 };
    let of_target = verification::reserved_by_target(tx, ctx, &verification.target)?;
    let of_person = verification::reserved_by_user(tx, ctx, person.unwrap_or_default())?;
    Ok(weight == 0 || (of_target + weight <= share && of_person + weight <= guess::DAILY))
}
