//! Showing that a number or an address is one's own, and choosing a new password by an e-mail.

use super::challenge::forgive_others;
use super::finish::{consume, drop_claims, lock_target_of};
use super::gate::{Factor, require_fresh, require_recent};
use super::handle::{self, HandleKind, Holder};
use super::issue::{self, Ask};
use super::notice::{self, Notice};
use super::phone::review;
use super::start::{Rules, channel, check_phone, check_reach, payload};
use super::{Caller, account, erase_sessions, number};
use crate::audit::{self, What};
use crate::base::{Code, Ctx, Phone, Result, Secret, Target, Time};
use crate::db::Tx;
use crate::device;
use crate::limit;
use crate::password;
use crate::project::{Project, Redirect};
use crate::session;
use crate::user::{self, Proof, User};
use crate::verification::{self, Checked, Dialect, Handle, Purpose, Subject, Verification};

/// A token as the requester is told of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub user: String,
    /// When it was made.
    pub created_at: Time,
    /// Until when it works.
    pub expires_at: Time,
}

/// Sends the caller a code to the number that he says is his. Its handle is his session.
pub fn start_phone(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, caller: &Caller, dialect: Dialect) -> Result<Token> {
    let user = caller.reload(tx, ctx)?;
    let phone = user.shown_phone().cloned().ok_or(Code::PhoneNotFound)?;
    if user.is_phone_verified() {
        return Err(Code::PhoneAlreadyVerified.into());
    }
    may_add(ctx, project, &user, caller)?;
    let asked = Asked { dialect, rules: Rules::of(project), fresh_for: 0, review: None };
    ask_number(tx, ctx, project, caller, Purpose::VerifyPhone, &Number { phone, asked })
}

/// A number that somebody who is signed in wants to have, and how his dialect asks for its proof.
#[derive(Clone, Debug)]
pub struct Number {
    /// The number.
    pub phone: Phone,
    /// How it is asked for.
    pub asked: Asked,
}

/// How a dialect asks for the proof of a number.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Who asks.
    pub dialect: Dialect,
    /// The dialect's numbers.
    pub rules: Rules,
    /// For how many seconds after its beginning a session may replace a number that is verified.
    pub fresh_for: i64,
    /// The page on which the person says whether it was himself who set the number up, if he is to be asked by e-mail.
    pub review: Option<Redirect>,
}

/// Sends the caller a code to a number that he wants to have. Nothing of his account changes before he shows it.
pub fn start_number(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, caller: &Caller, number: &Number) -> Result<Token> {
    let user = caller.reload(tx, ctx)?;
    may_take(ctx, project, &user, caller, number)?;
    ask_number(tx, ctx, project, caller, Purpose::VerifyPhone, number)
}

/// Another way in needs what a new factor needs; one in the place of another also needs a session that just began. A
/// server that vouches for its user answers for both.
pub(super) fn may_take(ctx: &Ctx, project: &Project, user: &User, caller: &Caller, number: &Number) -> Result<()> {
    if ctx.is_by_key() {
        return Ok(());
    }
    may_add(ctx, project, user, caller)?;
    match user.verified_phone() {
        Some(old) if *old != number.phone => require_fresh(ctx, &caller.session, number.asked.fresh_for),
        Some(_) | None => Ok(()),
    }
}

/// What a proof belongs to: the session that asked, or the account where a server asks for it.
fn holder_of(caller: &Caller) -> String {
    if caller.session.is_vouched() { format!("user:{}", caller.user.id) } else { caller.session.id.clone() }
}

/// Sends the caller a code to a number, for this purpose.
pub(super) fn ask_number(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    purpose: Purpose,
    number: &Number,
) -> Result<Token> {
    let Number { phone, asked: Asked { dialect, rules, .. } } = number;
    let target = Target::Phone(phone.clone());
    // Mock codes prove numbers and do nothing else with them.
    let mock = project.settings.mock_code(phone).filter(|_| purpose == Purpose::VerifyPhone);
    if mock.is_none() {
        check_phone(project, phone)?;
    }
    let session = holder_of(caller);
    let ask = Ask {
        subject: Subject {
            dialect: *dialect,
            purpose,
            channel: channel(&target),
            target: target.as_str(),
            session: Some(&session),
            wanted_length: mock.map_or(rules.length, |code| code.len() as i64),
        },
        reaches: None,
        user: Some(&caller.user.id),
        wanted_user: None,
        rules,
        payload: payload(ctx, &target)?,
        phrase: false,
        mock: mock.is_some(),
        own: true,
    };
    let mut ledger = limit::lock_target(tx, ctx, target.as_str())?;
    let holder = Holder::of_session(tx, ctx, &session, purpose, target.as_str())?;
    let handle = issue::code(tx, ctx, &ask, &holder, &mut ledger)?;
    let user = caller.user.id.clone();
    Ok(Token { id: handle.id, user, created_at: handle.created_at, expires_at: handle.expires_at })
}

/// The handle of a number's proof in the caller's session.
fn number_handle(ctx: &Ctx, caller: &Caller, purpose: Purpose) -> [u8; 32] {
    HandleKind::Session.hash(ctx, &format!("{}:{}", purpose.name(), holder_of(caller)))
}

/// Checks a code that the caller's session asked for, and makes the number his. The outer result is for the store; the
/// inner one is the answer, committed with the attempt.
pub fn finish_phone(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    secret: &Secret,
) -> Result<Result<Token>> {
    let hash = number_handle(ctx, caller, Purpose::VerifyPhone);
    lock_target_of(tx, ctx, &hash)?;
    match verification::check(tx, ctx, &hash, Purpose::VerifyPhone, secret)? {
        Checked::NoHandle => Ok(Err(Code::InvalidToken.into())),
        Checked::Wrong { target } => {
            limit::count_failure(tx, ctx, &target)?;
            Ok(Err(Code::InvalidToken.into()))
        }
        Checked::Right { verification, .. } => {
            tx.attempt(|tx| Ok(token_of(&verification, &take_number(tx, ctx, project, caller, &verification, None)?)))
        }
    }
}

/// Checks a code to this number that the caller's session asked for by [`start_number`], and gives him the number.
pub fn finish_number(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    number: &Number,
    secret: &Secret,
) -> Result<Result<User>> {
    // It may have gone to another number than the one that is named now.
    let meant = |held: &Handle| held.target == number.phone.as_e164();
    settle_number(tx, ctx, caller, Purpose::VerifyPhone, &meant, secret, |tx, verification| {
        take_claimed(tx, ctx, project, caller, number, verification)
    })
}

/// Checks a code that the caller's session, or a server for its user, asked for; does `then` with what was right. None of
/// it is theirs to whom `meant` says no.
pub(super) fn settle_number<T>(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    caller: &Caller,
    purpose: Purpose,
    meant: &dyn Fn(&Handle) -> bool,
    secret: &Secret,
    then: impl FnOnce(&mut Tx<'_>, &Verification) -> Result<T>,
) -> Result<Result<T>> {
    let hash = number_handle(ctx, caller, purpose);
    lock_target_of(tx, ctx, &hash)?;
    let held = verification::find_handle(tx, &hash)?.filter(|held| meant(held));
    let Some(held) = held else { return Ok(Err(Code::InvalidToken.into())) };
    if let Some(reason) = number::unusable(tx, ctx, purpose, &held)? {
        return Ok(Err(reason.into()));
    }
    match verification::check(tx, ctx, &hash, purpose, secret)? {
        Checked::NoHandle => Ok(Err(Code::InvalidToken.into())),
        Checked::Wrong { target } => {
            limit::count_failure(tx, ctx, &target)?;
            Ok(Err(Code::InvalidToken.into()))
        }
        Checked::Right { verification, .. } => tx.attempt(|tx| then(tx, &verification)),
    }
}

/// Gives the caller a number whose code was right, whatever he claims by now.
pub(super) fn take_claimed(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    number: &Number,
    verification: &Verification,
) -> Result<User> {
    let user = caller.reload(tx, ctx)?;
    may_take(ctx, project, &user, caller, number)?;
    user::claim_phone(tx, ctx, &user.id, &number.phone)?;
    take_number(tx, ctx, project, caller, verification, number.asked.review.as_ref())
}

fn take_number(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    verification: &Verification,
    review: Option<&Redirect>,
) -> Result<User> {
    let Target::Phone(phone) = Target::from_stored(verification.target.clone()) else {
        return Err(Code::InvalidToken.into());
    };
    let proof = consume(tx, ctx, verification)?;
    let before = caller.reload(tx, ctx)?;
    let after = user::prove_claim(tx, ctx, &before.id, &phone, proof)?;
    if before.phone.as_ref().is_some_and(|old| *old != phone) {
        // Whoever has the old number may be signed in somewhere.
        session::delete_others(tx, ctx, &after.id, &caller.session.id)?;
        device::delete_all(tx, ctx, &after.id)?;
        match review {
            None => notice::send(tx, ctx, project, &before, Notice::PhoneChanged)?,
            // His address is asked below.
            Some(_) => notice::send_to_number(tx, ctx, project, &before, Notice::PhoneChanged)?,
        }
    }
    if proof == Proof::Code {
        drop_claims(tx, ctx, project, &phone)?;
    }
    audit::record(tx, ctx, What::PhoneVerify, Some(&after.id), "{}")?;
    count_factor(tx, ctx, &after, Some(caller).filter(|caller| !caller.session.is_vouched()), Factor::Phone)?;
    if let Some(page) = review {
        review::ask(tx, ctx, project, &after, &phone, page)?;
    }
    Ok(after)
}

/// Sends the caller a link to his address. It leads to `redirect` and says who he is.
pub fn start_email(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    dialect: Dialect,
    redirect: &Redirect,
) -> Result<Token> {
    let user = caller.reload(tx, ctx)?;
    let email = user.email.clone().ok_or(Code::EmailNotFound)?;
    if user.is_email_verified() {
        return Err(Code::EmailAlreadyVerified.into());
    }
    may_add(ctx, project, &user, caller)?;
    let target = Target::Email(email);
    check_reach(project, &target)?;
    let rules = Rules::of(project);
    let ask = Ask {
        subject: Subject {
            dialect,
            purpose: Purpose::VerifyEmail,
            channel: channel(&target),
            target: target.as_str(),
            session: Some(&caller.session.id),
            wanted_length: rules.length,
        },
        reaches: None,
        user: Some(&user.id),
        wanted_user: None,
        rules: &rules,
        payload: payload(ctx, &target)?,
        phrase: false,
        mock: false,
        own: true,
    };
    let address = |secret: &Secret, expires_at| redirect.with_secret(&user.id, secret, expires_at);
    let link = issue::link(tx, ctx, &ask, &user.id, &address)?;
    Ok(Token { id: link.id, user: user.id.clone(), created_at: ctx.now, expires_at: link.expires_at })
}

/// Follows a link to `user`'s address: whoever has it, the address is that account's. With a session of the account it
/// counts there as a factor.
pub fn finish_email(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    caller: Option<&Caller>,
    user: &str,
    secret: &Secret,
) -> Result<Result<Token>> {
    follow(tx, ctx, Purpose::VerifyEmail, user, secret, |tx, verification, target| {
        verification::consume_all(tx, ctx, Purpose::VerifyEmail, &verification.target)?;
        let (Target::Email(email), true) = (target, verification.user.as_deref() == Some(user)) else {
            return Err(Code::InvalidToken.into());
        };
        let after = user::prove_email(tx, ctx, user, email)?;
        audit::record(tx, ctx, What::EmailVerify, Some(&after.id), "{}")?;
        count_factor(tx, ctx, &after, caller.filter(|c| c.user.id == after.id), Factor::Email)?;
        Ok(token_of(verification, &after))
    })
}

/// Whether an account may be recovered by the address that it holds: one that was proved or set by an API key, or, on an
/// account that never proved anything, any.
pub(super) fn may_recover(user: &User) -> bool {
    !user.blocked && !user.pending && (user.email_proof != Proof::None || !user.has_proved_beside_email())
}

/// The same for a number or an address: nobody recovers by a number that only a mock code proved.
pub(super) fn may_recover_by(user: &User, target: &Target) -> bool {
    match target {
        Target::Email(_) => may_recover(user),
        Target::Phone(phone) => {
            !user.blocked && !user.pending && user.phone.as_ref() == Some(phone) && !user.takes_mock_codes()
        }
    }
}

/// The address that a link went to, if the link still works, without using it up: for a page that says what it is about
/// to do. `Code::InvalidToken` when it does not.
pub fn find_link(tx: &mut Tx<'_>, ctx: &Ctx, purpose: Purpose, handle: &str, secret: &Secret) -> Result<Target> {
    Ok(Target::from_stored(look(tx, ctx, purpose, handle, secret)?.target))
}

pub(super) fn look(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    purpose: Purpose,
    handle: &str,
    secret: &Secret,
) -> Result<Verification> {
    let hash = handle::of_link(ctx, purpose, handle, secret.expose());
    let found = verification::peek(tx, ctx, &hash)?;
    found.filter(|v| v.is_open(ctx, purpose)).ok_or_else(|| Code::InvalidToken.into())
}

/// Who may choose a new password by this link, if anybody: what the caller needs to know before it hashes one.
pub fn find_recovery(tx: &mut Tx<'_>, ctx: &Ctx, handle: &str, secret: &Secret) -> Result<User> {
    let id = look(tx, ctx, Purpose::Recovery, handle, secret)?.user.ok_or(Code::InvalidToken)?;
    let user = user::find(tx, &ctx.project, &id)?.ok_or(Code::InvalidToken)?;
    if user.blocked { Err(Code::UserBlocked.into()) } else { Ok(user) }
}

/// Follows a link to a new password, of which `hash` is made: the address, or the number whose code was exchanged for the
/// link (`flow::exchange_recovery`), is proved, every session ends, and whoever
/// signs in next still shows his second factor.
pub fn finish_recovery(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    handle: &str,
    secret: &Secret,
    hash: &str,
) -> Result<Result<Token>> {
    follow(tx, ctx, Purpose::Recovery, handle, secret, |tx, verification, target| {
        let email = match target {
            Target::Email(email) => email,
            Target::Phone(phone) => {
                let after = number::set_password(tx, ctx, project, verification, phone, hash)?;
                return Ok(token_of(verification, &after));
            }
        };
        verification::consume_all(tx, ctx, Purpose::Recovery, email.as_str())?;
        let id = verification.user.as_deref().ok_or(Code::InvalidToken)?;
        let before = user::find(tx, &ctx.project, id)?.filter(may_recover).ok_or(Code::InvalidToken)?;
        if before.email_proof == Proof::None {
            // Whoever made this account never showed that the address is his: nothing of his stays.
            super::wipe(tx, ctx, &before, &Target::Email(email.clone()))?;
        }
        user::prove_email(tx, ctx, id, email)?;
        let stored = password::find(tx, ctx, id)?;
        let after = account::store(tx, ctx, project, id, stored.as_ref(), hash)?;
        erase_sessions(tx, ctx, id)?;
        forgive_others(tx, ctx, &after, email.as_str())?;
        audit::record(tx, ctx, What::RecoveryComplete, Some(id), "{}")?;
        notice::send(tx, ctx, project, &before, Notice::PasswordChanged)?;
        Ok(token_of(verification, &after))
    })
}

/// What all links to an address share. Older ones are `work`'s to end.
pub(super) fn follow<T>(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    purpose: Purpose,
    handle: &str,
    secret: &Secret,
    work: impl FnOnce(&mut Tx<'_>, &Verification, &Target) -> Result<T>,
) -> Result<Result<T>> {
    let hash = handle::of_link(ctx, purpose, handle, secret.expose());
    lock_target_of(tx, ctx, &hash)?;
    let Checked::Right { verification, .. } = verification::check(tx, ctx, &hash, purpose, secret)? else {
        return Ok(Err(Code::InvalidToken.into()));
    };
    tx.attempt(|tx| {
        consume(tx, ctx, &verification)?;
        work(tx, &verification, &Target::from_stored(verification.target.clone()))
    })
}

fn token_of(verification: &Verification, user: &User) -> Token {
    Token {
        id: verification.id.clone(),
        user: user.id.clone(),
        created_at: verification.created_at,
        expires_at: verification.expires_at,
    }
}

/// With the flag on, a new factor needs one that was shown lately.
pub(super) fn may_add(ctx: &Ctx, project: &Project, user: &User, caller: &Caller) -> Result<()> {
    if user.mfa { require_recent(ctx, project, user, &caller.session) } else { Ok(()) }
}

/// With the flag off, what is proved in a session counts in it; with the flag on, adding a factor raises nothing.
pub(super) fn count_factor(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    user: &User,
    caller: Option<&Caller>,
    factor: Factor,
) -> Result<()> {
    if let Some(caller) = caller.filter(|_| !user.mfa) {
        session::prove_factor(tx, ctx, &user.id, &caller.session.id, factor.name())?;
    }
    Ok(())
}
