//! Custom tokens: a customer's own server vouches for a user, who signs in with what it made.

use super::finish::{First, Opening, SignedIn, open};
use super::start::{Started, Terms};
use super::{handle, sql};
use crate::args;
use crate::audit::{self, What};
use crate::base::{Code, Ctx, Error, Result, Secret};
use crate::db::{Kind, Tx};
use crate::limit::{self, guess};
use crate::project::Project;
use crate::user;
use crate::verification::{self, Channel, Dialect, NewHandle, Purpose, Subject, Verification};

/// From this many digits on a token is beyond guessing: it is found by itself, and its tries are not counted.
pub(super) const LONG: usize = 32;
/// Wrong tries after which a shorter one is dead.
const TRIES: i64 = 5;

/// A token that was made: given here and never again.
#[derive(Clone, Debug)]
pub struct CustomToken {
    /// What the caller is told of it. The handle is the user's id.
    pub started: Started,
    /// Its secret, lower-case hex.
    pub secret: Secret,
}

/// Makes a token for `user` of `length` hex digits that works for `seconds` and once. Several stand side by side. When
/// what may be guessed of the person in a day is spent, a short one gets more digits.
pub fn create(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    dialect: Dialect,
    user: &str,
    length: i64,
    seconds: i64,
) -> Result<CustomToken> {
    let user = user::get(tx, &ctx.project, user)?;
    let target = target(&user.id);
    // Held until the end, so that two tokens do not fit in one place.
    let ledger = limit::lock_target(tx, ctx, &target)?;
    limit::store_target(tx, ctx, &target, &ledger)?;
    let length = length_that_fits(tx, ctx, &user.id, length)?;
    let secret = hex(ctx, length);
    let expires_at = ctx.now.plus_seconds(seconds);
    let subject = Subject {
        dialect,
        purpose: Purpose::CustomToken,
        channel: Channel::Token,
        target: &target,
        session: None,
        wanted_length: length,
    };
    let issued = verification::create(tx, ctx, &subject, length, Some(&user.id), expires_at)?;
    verification::arm_link(tx, ctx, &issued.id, &subject, &secret)?;
    let is_long = length as usize >= LONG;
    let text = if is_long { secret.expose() } else { issued.id.as_str() };
    let hash = handle::of_link(ctx, Purpose::CustomToken, &user.id, text);
    let max_attempts = if is_long { i64::from(i32::MAX) } else { TRIES };
    let new = NewHandle { hash: &hash, wanted_user: None, max_attempts };
    let held = verification::create_handle(tx, ctx, &new, &target, Some(&issued), expires_at)?;
    audit::record(tx, ctx, What::TokenCreate, Some(&user.id), "{}")?;
    let started = Started {
        id: held.id,
        handle: user.id,
        created_at: ctx.now.micros(),
        expires_at: expires_at.micros(),
        phrase: None,
    };
    Ok(CustomToken { started, secret })
}

/// The ledger's name for tokens of a user.
pub(super) fn target(user: &str) -> String {
    format!("token:{user}")
}

fn hex(ctx: &Ctx, length: i64) -> Secret {
    let length = usize::try_from(length).unwrap_or(LONG);
    let mut text = ctx.random.hex(length.div_ceil(2));
    text.truncate(length);
    Secret::new(text)
}

/// The wanted length while nothing was spent of the day, else the next one whose tries still fit.
fn length_that_fits(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, wanted: i64) -> Result<i64> {
    let spent = verification::reserved_by_user(tx, ctx, user)?;
    let fits = |length: &i64| {
        let cost = TRIES * Channel::Token.weight(*length);
        // A first short one may have overdrawn the day; what costs nothing fits all the same.
        spent == 0 || cost == 0 || spent + cost <= guess::DAILY
    };
    Ok((wanted..=LONG as i64).find(fits).unwrap_or(wanted))
}

/// What came of a token that was shown.
pub(super) enum Shown {
    /// No token of this user could be it. Nothing was counted.
    None,
    /// It is none of those that there are. It was counted on each of them.
    Wrong,
    /// It is this one.
    Right(Box<Verification>),
}

/// Checks a short token: the attempt counts on every live one of the user; if it is one of them, on that one alone.
pub(super) fn check_short(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, secret: &Secret) -> Result<Shown> {
    if tx.kind() == Kind::Postgres {
        // One after the other, so that no two hold handles which the other wants.
        tx.push(sql::LOCK_TOKENS_ON_POSTGRES, args![&ctx.project, &target(user)])?;
    }
    let tried = verification::count_attempt_on_all(tx, ctx, &target(user))?;
    if tried.is_empty() {
        return Ok(Shown::None);
    }
    let mut right = None;
    // All are compared, so that time does not tell which it was.
    for (handle, id) in &tried {
        let verification = verification::find(tx, id)?.ok_or_else(|| Error::internal("a handle opens nothing"))?;
        if verification::matches(ctx, &verification, Purpose::CustomToken, secret)? {
            right = Some((handle, verification));
        }
    }
    let Some((own, verification)) = right else { return Ok(Shown::Wrong) };
    for (handle, _) in tried.iter().filter(|(handle, _)| handle != own) {
        verification::uncount_attempt(tx, handle)?;
    }
    Ok(Shown::Right(Box::new(verification)))
}

/// Signs in with a token that was right.
pub(super) fn sign_in(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, verification: &Verification) -> Result<SignedIn> {
    if !verification::consume(tx, ctx, &verification.id)? {
        return Err(Code::InvalidToken.into());
    }
    let id = verification.user.as_deref().ok_or(Code::InvalidToken)?;
    let created = user::find(tx, &ctx.project, id)?.is_some_and(|user| user.pending);
    let user = user::activate(tx, ctx, id)?;
    let opening = Opening { provider: "token", uid: "", factor: "token" };
    open(tx, ctx, project, &Terms::of(project), user, opening, First { created, verified: None })
}
