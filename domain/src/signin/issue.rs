//! The one way to issue a code or a link: cool-down, sharing, budgets, outbox.

use super::handle::{self, Holder};
use super::phrase;
use super::start::Rules;
use crate::base::time::HOUR;
use crate::base::{Code, Ctx, Result, Secret, Time};
use crate::db::Tx;
use crate::limit::{self, guess};
use crate::message::{self, Payload};
use crate::verification::{self, Handle, NewHandle, OnItsWay, Subject};

/// Seconds for which a link works (contract nuvix §3.4).
pub(super) const LINK_SECONDS: i64 = 3_600;
/// Wrong tries of a link's handle: it is found by a secret that nobody guesses, so there are none to count.
const NO_LIMIT: i64 = 1_000_000;
/// The reason on the message that the day's cap refused.
pub(super) const DAY_IS_FULL: &str = "the day's messages to this number or address are used up";

/// A code that is asked for.
pub(super) struct Ask<'a> {
    /// What about.
    pub subject: Subject<'a>,
    /// The number or address itself, where the subject's target is a name that stands for it.
    pub reaches: Option<&'a str>,
    /// The account behind it, where that is known already.
    pub user: Option<&'a str>,
    /// The account id that the requester would like.
    pub wanted_user: Option<&'a str>,
    /// The dialect's numbers.
    pub rules: &'a Rules,
    /// What the message says.
    pub payload: Payload,
    /// Whether the message carries a phrase (`phrase::of` its handle).
    pub phrase: bool,
    /// Whether the code is a mock number's, which costs nothing.
    pub mock: bool,
    /// Whether the requester may know how things stand with the target, because it is his own.
    pub own: bool,
}

impl Ask<'_> {
    /// The subject of the verification: what the code goes to is what it proves.
    fn sent(&self) -> Subject<'_> {
        Subject { target: self.reaches.unwrap_or(self.subject.target), ..self.subject }
    }

    /// The phrase that goes with this handle, if one is asked for.
    pub fn phrase_of(&self, ctx: &Ctx, handle: &str) -> Result<Option<String>> {
        self.phrase.then(|| phrase::of(ctx, handle)).transpose()
    }
}

/// Issues a code, or gives `holder` a part in the one that is on its way. The target's row is locked by the caller.
pub(super) fn code(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    ask: &Ask<'_>,
    holder: &Holder,
    ledger: &mut limit::Target,
) -> Result<Handle> {
    let subject = &ask.subject;
    let (purpose, target) = (subject.purpose.name(), subject.target);
    let new = NewHandle { hash: &holder.hash, wanted_user: ask.wanted_user, max_attempts: ask.rules.max_attempts };
    if !ask.mock
        && let Some(until) = ledger.cooldowns.until(purpose, ctx.now)
    {
        return share(tx, ctx, ask, holder, &new, until);
    }
    let expires_at = ctx.now.plus_seconds(ask.rules.lifetime_seconds);
    if !ask.mock && ledger.day_sends >= ask.rules.per_phone_per_day {
        refuse(tx, ctx, ask.own, ledger, purpose, &ask.payload, expires_at)?;
        return create_empty(tx, ctx, holder, &new, target, expires_at);
    }
    if let Some(old) = &holder.own {
        verification::retire_handle(tx, old)?;
    }
    let length = length(tx, ctx, ask, ledger)?;
    let issued = verification::create(tx, ctx, &ask.sent(), length, ask.user, expires_at)?;
    let handle = verification::create_handle(tx, ctx, &new, target, Some(&issued), expires_at)?;
    let payload = Payload {
        phrase: ask.phrase_of(ctx, &handle.id)?,
        fixed_length: ask.rules.fixed_length,
        ..ask.payload.clone()
    };
    let message =
        message::New { verification: Some(&issued.id), purpose, payload: &payload, expires_at, refusal: None };
    message::enqueue(tx, ctx, message)?;
    if !ask.mock {
        ledger.cooldowns.start(purpose, ctx.now, &ask.rules.resend_seconds, ask.rules.lifetime_seconds);
    }
    ledger.day_sends += 1;
    limit::store_target(tx, ctx, target, ledger)?;
    Ok(handle)
}

/// A link that is on its way, or looks as if it were.
pub(super) struct Link {
    /// The id of the token.
    pub id: String,
    /// What was issued, if anything was.
    pub issued: Option<OnItsWay>,
    /// Until when it works.
    pub expires_at: Time,
}

/// Issues a link for `user`, the id in its address. Inside the cool-down the earlier link is on its way, and no second
/// one goes out: the answer is the same.
pub(super) fn link(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    ask: &Ask<'_>,
    user: &str,
    address: &dyn Fn(&Secret, Time) -> Result<String>,
) -> Result<Link> {
    let subject = &ask.subject;
    let (purpose, target) = (subject.purpose.name(), subject.target);
    let expires_at = ctx.now.plus_seconds(LINK_SECONDS);
    let mut ledger = limit::lock_target(tx, ctx, target)?;
    if ledger.cooldowns.until(purpose, ctx.now).is_some() {
        return Ok(Link { id: ctx.id(), issued: None, expires_at });
    }
    if ledger.day_sends >= ask.rules.per_phone_per_day {
        refuse(tx, ctx, ask.own, &ledger, purpose, &ask.payload, expires_at)?;
        return Ok(Link { id: ctx.id(), issued: None, expires_at });
    }
    let link = send_link(tx, ctx, ask, user, expires_at, address)?;
    ledger.cooldowns.start(purpose, ctx.now, &ask.rules.resend_seconds, LINK_SECONDS);
    ledger.day_sends += 1;
    limit::store_target(tx, ctx, target, &ledger)?;
    Ok(link)
}

/// Sends a link for `user` that works until `expires_at`, whatever went out before: less than a day, because no older link
/// is looked for when they are ended.
pub(super) fn send_link(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    ask: &Ask<'_>,
    user: &str,
    expires_at: Time,
    address: &dyn Fn(&Secret, Time) -> Result<String>,
) -> Result<Link> {
    let subject = &ask.subject;
    let (purpose, target) = (subject.purpose.name(), subject.target);
    let secret = Secret::new(ctx.random.hex(32));
    // Its secret is beyond guessing, as the longest code is: it takes nothing of the guess budget.
    let issued = verification::create(tx, ctx, &ask.sent(), guess::MAX_LENGTH, ask.user, expires_at)?;
    verification::arm_link(tx, ctx, &issued.id, &ask.sent(), &secret)?;
    let hash = handle::of_link(ctx, subject.purpose, user, secret.expose());
    let new = NewHandle { hash: &hash, wanted_user: ask.wanted_user, max_attempts: NO_LIMIT };
    let held = verification::create_handle(tx, ctx, &new, target, Some(&issued), expires_at)?;
    let payload = Payload {
        link: Some(address(&secret, expires_at)?),
        phrase: ask.phrase_of(ctx, &held.id)?,
        ..ask.payload.clone()
    };
    let message =
        message::New { verification: Some(&issued.id), purpose, payload: &payload, expires_at, refusal: None };
    message::enqueue(tx, ctx, message)?;
    Ok(Link { id: held.id, issued: Some(issued), expires_at })
}

/// The day's cap is reached: whoever owns the target is told, everybody else gets the usual answer.
fn refuse(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    own: bool,
    ledger: &limit::Target,
    purpose: &str,
    payload: &Payload,
    expires_at: Time,
) -> Result<()> {
    if own {
        let retry_at = ledger.day_at.plus_micros(crate::base::time::DAY);
        return Err(Code::TooManyAttempts { retry_at }.into());
    }
    let refusal = Some(DAY_IS_FULL);
    message::enqueue(tx, ctx, message::New { verification: None, purpose, payload, expires_at, refusal }).map(drop)
}

/// Inside the cool-down: no second message. The requester gets a handle of his own to the code on its way, if there is
/// one that he may share and his handle fits; else an empty one, which looks the same, or the time to wait where he may
/// know it.
fn share(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    ask: &Ask<'_>,
    holder: &Holder,
    new: &NewHandle<'_>,
    until: Time,
) -> Result<Handle> {
    let target = ask.subject.target;
    let on_its_way = verification::find_on_its_way(tx, ctx, &ask.subject)?;
    if let (Some(own), Some(there)) = (&holder.own, &on_its_way)
        && own.verification.as_ref() == Some(&there.id)
    {
        return Ok(own.clone());
    }
    match on_its_way {
        Some(there) if there.takes_another() && fits(tx, ctx, ask, &there)? => {
            if let Some(old) = &holder.own {
                verification::retire_handle(tx, old)?;
            }
            verification::create_handle(tx, ctx, new, target, Some(&there), there.expires_at)
        }
        Some(_) | None if ask.own => Err(Code::TooManyAttempts { retry_at: until }.into()),
        Some(_) | None => {
            let expires_at = ctx.now.plus_seconds(ask.rules.lifetime_seconds);
            create_empty(tx, ctx, holder, new, target, expires_at)
        }
    }
}

/// An empty handle, unless what the requester holds still works: it may open an earlier code, which an empty one would
/// only take away.
pub(super) fn create_empty(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    holder: &Holder,
    new: &NewHandle<'_>,
    target: &str,
    expires_at: Time,
) -> Result<Handle> {
    if let Some(old) = &holder.own {
        if old.expires_at > ctx.now {
            return Ok(old.clone());
        }
        verification::retire_handle(tx, old)?;
    }
    verification::create_handle(tx, ctx, new, target, None, expires_at)
}

/// The digits of a new code. Where they are fixed and do not fit: `Code::TooManyAttempts`, the same for known and unknown
/// targets, because only what was asked about this one is looked at (design "Guess budget").
fn length(tx: &mut Tx<'_>, ctx: &Ctx, ask: &Ask<'_>, ledger: &limit::Target) -> Result<i64> {
    let (target, tries) = (ask.subject.target, ask.rules.max_attempts);
    let wanted = ask.subject.wanted_length.max(guess::length_under_attack(ledger.failures, 0));
    if !ask.rules.fixed_length || ask.mock {
        return length_that_fits(tx, ctx, target, wanted, tries);
    }
    let spray = limit::spent(tx, ctx, guess::WRONG, "", guess::WRONG_WINDOW)?.used >= guess::SPRAY;
    if length_that_fits(tx, ctx, target, ask.subject.wanted_length, tries)? != ask.subject.wanted_length {
        return Err(Code::TooManyAttempts { retry_at: verification::relief_at(tx, ctx, target)? }.into());
    }
    if wanted != ask.subject.wanted_length || (spray && !is_familiar(tx, ctx, target)?) {
        return Err(Code::TooManyAttempts { retry_at: ctx.now.plus_micros(HOUR) }.into());
    }
    Ok(wanted)
}

fn is_familiar(tx: &mut Tx<'_>, ctx: &Ctx, target: &str) -> Result<bool> {
    let origin = ctx.origin()?;
    limit::is_known_origin(tx, &ctx.project, target, origin.as_ref().map(<[u8; 32]>::as_slice))
}

fn fits(tx: &mut Tx<'_>, ctx: &Ctx, ask: &Ask<'_>, there: &OnItsWay) -> Result<bool> {
    Ok(length_that_fits(tx, ctx, ask.subject.target, there.length, ask.rules.max_attempts)? == there.length)
}

/// The shortest length whose handle fits in the target's budget. Only the target's part is looked at here, the same
/// for known and unknown ones; the worker looks at the person's.
fn length_that_fits(tx: &mut Tx<'_>, ctx: &Ctx, target: &str, wanted: i64, tries: i64) -> Result<i64> {
    let used = verification::reserved_by_target(tx, ctx, target)?;
    let length = guess::length_that_fits(wanted, tries, used, false);
    if length == wanted {
        return Ok(length);
    }
    let familiar = is_familiar(tx, ctx, target)?;
    Ok(guess::length_that_fits(wanted, tries, used, familiar))
}
