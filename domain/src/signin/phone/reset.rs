//! Naming another number without a session, where a code by SMS is the main way to sign in (contract frontegg §2.3).
//!
//! First a code to the verified address ([`super::super::start`] with `Way::ResetPhone`), then [`verify`] gives a token for
//! it, with which [`change`] names the number. It is kept in the flow alone: the account has it when the code that
//! [`send`] sends to it signs in ([`finish`]), and not before.

use super::super::finish::{First, Opening, SignedIn, consume, drop_claims, lock_target_of, open};
use super::super::handle::{HandleKind, Holder, of_link};
use super::super::issue::{self, Ask};
use super::super::notice::{self, Notice};
use super::super::start::{Rules, Terms, check_phone, payload};
use super::super::verify::Asked;
use super::super::{challenge, erase_sessions, number};
use super::review;
use crate::audit::{self, What};
use crate::base::{Code, Ctx, Email, Phone, Result, Secret, Target, Time};
use crate::db::Tx;
use crate::device;
use crate::limit;
use crate::project::Project;
use crate::session;
use crate::user::{self, User};
use crate::verification::{self, Channel, Checked, Dialect, NewHandle, Purpose, Subject, Verification};

/// For how long another number may be named once the address was proved, in seconds.
const NAMING_SECONDS: i64 = 600;
/// How many numbers may be named in that time: whoever mistypes his own gets another try.
const NAMES: i64 = 5;
/// No code is as long as what is only ever found by its secret, so nothing of the guess budget is kept for it, and no code
/// is ever shared with it.
const TOKEN_LENGTH: i64 = 64;

/// Whether another number may be named by a code to the account's address.
pub(in super::super) fn may_reset(user: &User) -> bool {
    !user.blocked && !user.pending && user.is_email_verified()
}

/// Checks the code that came to an address; gives the secret with which [`change`] names a number. `handle` is what the
/// start gave. The outer result is for the store; the inner one is the answer, committed with the attempt.
pub fn verify(tx: &mut Tx<'_>, ctx: &Ctx, handle: &str, code: &Secret) -> Result<Result<Secret>> {
    let hash = HandleKind::Opaque.hash(ctx, handle);
    lock_target_of(tx, ctx, &hash)?;
    let Some(held) = verification::find_handle(tx, &hash)? else { return Ok(Err(Code::InvalidToken.into())) };
    if let Some(reason) = number::unusable(tx, ctx, Purpose::ResetPhone, &held)? {
        return Ok(Err(reason.into()));
    }
    match verification::check(tx, ctx, &hash, Purpose::ResetPhone, code)? {
        Checked::NoHandle => Ok(Err(Code::InvalidToken.into())),
        Checked::Wrong { target } => {
            limit::count_failure(tx, ctx, &target)?;
            Ok(Err(Code::InvalidToken.into()))
        }
        Checked::Right { verification, .. } => tx.attempt(|tx| {
            consume(tx, ctx, &verification)?;
            let user = owner(tx, ctx, &verification)?;
            let subject = Subject {
                dialect: Dialect::Frontegg,
                purpose: Purpose::ResetPhone,
                channel: Channel::Token,
                target: &verification.target,
                session: None,
                wanted_length: TOKEN_LENGTH,
            };
            let secret = Secret::new(ctx.random.hex(32));
            let expires_at = ctx.now.plus_seconds(NAMING_SECONDS);
            let issued = verification::create(tx, ctx, &subject, TOKEN_LENGTH, Some(&user.id), expires_at)?;
            verification::arm_link(tx, ctx, &issued.id, &subject, &secret)?;
            let hash = of_link(ctx, Purpose::ResetPhone, "", secret.expose());
            let new = NewHandle { hash: &hash, wanted_user: None, max_attempts: NAMES };
            verification::create_handle(tx, ctx, &new, subject.target, Some(&issued), expires_at)?;
            Ok(secret)
        }),
    }
}

/// Whose number it is about. Nobody's any more when the address is not proved to be his now.
fn owner(tx: &mut Tx<'_>, ctx: &Ctx, verification: &Verification) -> Result<User> {
    let id = verification.user.as_deref().ok_or(Code::InvalidToken)?;
    user::find(tx, &ctx.project, id)?.filter(may_reset).ok_or_else(|| Code::InvalidToken.into())
}

/// A number that was named in a flow.
#[derive(Clone, Debug)]
pub struct Named {
    /// The handle of the flow, for the cookie by which [`send`] and [`finish`] know it.
    pub handle: String,
    /// Until when it works.
    pub expires_at: Time,
}

/// Names the number, in a new flow. Nothing of the account changes.
pub fn change(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, token: &Secret, phone: &Phone) -> Result<Result<Named>> {
    let hash = of_link(ctx, Purpose::ResetPhone, "", token.expose());
    lock_target_of(tx, ctx, &hash)?;
    let Checked::Right { verification, .. } = verification::check(tx, ctx, &hash, Purpose::ResetPhone, token)? else {
        return Ok(Err(Code::InvalidToken.into()));
    };
    tx.attempt(|tx| {
        let user = owner(tx, ctx, &verification)?;
        check_phone(project, phone)?;
        let subject = Subject {
            dialect: Dialect::Frontegg,
            purpose: Purpose::ChangePhone,
            channel: Channel::Token,
            target: phone.as_e164(),
            session: None,
            wanted_length: TOKEN_LENGTH,
        };
        let expires_at = verification.expires_at;
        // It has no secret but its handle: no code matches it.
        let issued = verification::create(tx, ctx, &subject, TOKEN_LENGTH, Some(&user.id), expires_at)?;
        let handle = ctx.random.hex(32);
        let hash = HandleKind::Opaque.hash(ctx, &handle);
        let new = NewHandle { hash: &hash, wanted_user: None, max_attempts: NAMES };
        verification::create_handle(tx, ctx, &new, subject.target, Some(&issued), expires_at)?;
        Ok(Named { handle, expires_at })
    })
}

/// A code that went to the number of a flow.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The handle of the flow from now on.
    pub handle: String,
    /// The number.
    pub phone: Phone,
    /// Until when the code works.
    pub expires_at: Time,
}

/// Sends a code to the number that was named in the flow, or another one. None when the handle is of no such flow.
pub fn send(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, handle: &str, rules: &Rules) -> Result<Option<Sent>> {
    let hash = HandleKind::Opaque.hash(ctx, handle);
    let Some((held, flow)) = find(tx, ctx, &hash)? else { return Ok(None) };
    let user = flow.user.clone().ok_or(Code::InvalidToken)?;
    let phone = Phone::from_stored(flow.target.clone());
    check_phone(project, &phone)?;
    let target = Target::Phone(phone.clone());
    // Nobody but this person shares the code: to others the number means nothing.
    let bound_to = format!("reset:{user}");
    let ask = Ask {
        subject: Subject {
            dialect: Dialect::Frontegg,
            purpose: Purpose::ChangePhone,
            channel: Channel::Sms,
            target: target.as_str(),
            session: Some(&bound_to),
            wanted_length: rules.length,
        },
        reaches: None,
        user: Some(&user),
        wanted_user: None,
        rules,
        payload: payload(ctx, &target)?,
        phrase: false,
        mock: false,
        own: true,
    };
    let holder = if flow.channel == Channel::Sms {
        Holder { text: handle.to_owned(), hash, own: Some(held) }
    } else {
        Holder::find(tx, ctx, HandleKind::Opaque, None, target.as_str())?
    };
    let mut ledger = limit::lock_target(tx, ctx, target.as_str())?;
    let sent = issue::code(tx, ctx, &ask, &holder, &mut ledger)?;
    Ok(Some(Sent { handle: holder.text, phone, expires_at: sent.expires_at }))
}

/// The number that was named in the flow with this handle, if there is such a flow. Where somebody names himself by an
/// `email`, it has to be the address that opened the flow: clients send it along.
pub fn find_number(tx: &mut Tx<'_>, ctx: &Ctx, handle: &str, email: Option<&Email>) -> Result<Option<Phone>> {
    let Some((_, flow)) = find(tx, ctx, &HandleKind::Opaque.hash(ctx, handle))? else { return Ok(None) };
    if let Some(email) = email {
        let user = user::find(tx, &ctx.project, flow.user.as_deref().unwrap_or_default())?;
        if user.and_then(|user| user.email).as_ref() != Some(email) {
            return Ok(None);
        }
    }
    Ok(Some(Phone::from_stored(flow.target)))
}

/// What the handle with this hash opens, if a number was named there.
fn find(tx: &mut Tx<'_>, ctx: &Ctx, hash: &[u8; 32]) -> Result<Option<(verification::Handle, Verification)>> {
    let Some(held) = verification::find_handle(tx, hash)?.filter(|held| held.expires_at > ctx.now) else {
        return Ok(None);
    };
    let Some(id) = &held.verification else { return Ok(None) };
    let flow = verification::find(tx, id)?.filter(|flow| flow.is_open(ctx, Purpose::ChangePhone));
    Ok(flow.map(|flow| (held, flow)))
}

/// Signs in by the code that [`send`] sent, and gives the account the number. Everybody who was signed in is signed out:
/// whoever has the old number may be one of them. None when the handle is of no such flow. `Code::PhoneTaken` when another
/// account holds the number. The outer result is for the store; the inner one is the answer, committed with the attempt.
pub fn finish(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    terms: &Terms,
    handle: &str,
    code: &Secret,
    asked: &Asked,
) -> Result<Option<Result<SignedIn>>> {
    let hash = HandleKind::Opaque.hash(ctx, handle);
    lock_target_of(tx, ctx, &hash)?;
    let Some((held, _)) = find(tx, ctx, &hash)? else { return Ok(None) };
    if let Some(reason) = number::unusable(tx, ctx, Purpose::ChangePhone, &held)? {
        return Ok(Some(Err(reason.into())));
    }
    Ok(Some(match verification::check(tx, ctx, &hash, Purpose::ChangePhone, code)? {
        Checked::NoHandle => Err(Code::InvalidToken.into()),
        Checked::Wrong { target } => {
            limit::count_failure(tx, ctx, &target)?;
            Err(Code::InvalidToken.into())
        }
        Checked::Right { verification, .. } => {
            tx.attempt(|tx| sign_in(tx, ctx, project, terms, &verification, asked))?
        }
    }))
}

fn sign_in(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    terms: &Terms,
    verification: &Verification,
    asked: &Asked,
) -> Result<SignedIn> {
    let proof = consume(tx, ctx, verification)?;
    let before = owner(tx, ctx, verification)?;
    let phone = Phone::from_stored(verification.target.clone());
    user::claim_phone(tx, ctx, &before.id, &phone)?;
    let after = user::prove_claim(tx, ctx, &before.id, &phone, proof)?;
    // What named this number names no other one.
    if let Some(email) = &before.email {
        verification::consume_all(tx, ctx, Purpose::ResetPhone, email.as_str())?;
    }
    verification::consume_all(tx, ctx, Purpose::ChangePhone, phone.as_e164())?;
    erase_sessions(tx, ctx, &after.id)?;
    device::delete_all(tx, ctx, &after.id)?;
    if before.phone.as_ref().is_some_and(|old| *old != phone) {
        match &asked.review {
            None => notice::send(tx, ctx, project, &before, Notice::PhoneChanged)?,
            Some(_) => notice::send_to_number(tx, ctx, project, &before, Notice::PhoneChanged)?,
        }
    }
    drop_claims(tx, ctx, project, &phone)?;
    challenge::forgive_others(tx, ctx, &after, phone.as_e164())?;
    audit::record(tx, ctx, What::PhoneVerify, Some(&after.id), "{}")?;
    if let Some(page) = &asked.review {
        review::ask(tx, ctx, project, &after, &phone, page)?;
    }
    let user = user::touch_sign_in(tx, ctx, &after.id)?;
    let opening = Opening { provider: "phone", uid: "", factor: session::RESET };
    open(tx, ctx, project, terms, user, opening, First::default())
}
