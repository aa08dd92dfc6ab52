//! Challenges: showing a second factor in a session.

use super::Caller;
use super::account::password_targets;
use super::finish::lock_target_of;
use super::gate::{Factor, factors};
use super::handle::{self, Holder};
use super::issue::{self, Ask};
use super::start::{Rules, channel, is_served, payload};
use crate::audit::{self, What};
use crate::base::{Code, Ctx, Email, Phone, Result, Secret, Target};
use crate::db::Tx;
use crate::limit::{self, guess};
use crate::mfa;
use crate::project::Project;
use crate::session::{self, Session};
use crate::user::User;
use crate::verification::{self, Channel, Dialect, NewHandle, Purpose, Subject, Verification};

use super::verify::Token;

/// Who asks for a code, and by which numbers it is made.
#[derive(Clone, Debug)]
pub struct Asking {
    /// Who asks.
    pub dialect: Dialect,
    /// The dialect's numbers.
    pub rules: Rules,
}

impl Asking {
    /// By the project's `otp` settings.
    pub fn of(project: &Project, dialect: Dialect) -> Self {
        Self { dialect, rules: Rules::of(project) }
    }
}

/// Makes a challenge for the caller's session and sends its code, if it has one to send.
///
/// A factor that the session began with changes nothing when it is shown again. The project may have that refused
/// (`Code::UselessChallenge`); else it is let through, as its clients expect (contract nuvix §3.6).
pub fn create(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    dialect: Dialect,
    factor: Factor,
) -> Result<Token> {
    create_by(tx, ctx, project, caller, &Asking::of(project, dialect), factor)
}

/// [`create`] by a dialect's own numbers.
pub fn create_by(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    asking: &Asking,
    factor: Factor,
) -> Result<Token> {
    let user = caller.reload(tx, ctx)?;
    let mfa = &project.settings.mfa;
    if mfa.refuse_first_factor && caller.session.began_by(factor.name()) {
        return Err(Code::UselessChallenge.into());
    }
    let on = match factor {
        Factor::Totp => mfa.totp,
        Factor::Email => mfa.email,
        Factor::Phone => mfa.phone,
        Factor::RecoveryCode => mfa.recovery_codes,
    };
    if !on {
        return Err(Code::MethodDisabled.into());
    }
    let holder = Holder::of_challenge(ctx, &caller.session.id);
    let token = match factor {
        Factor::Phone => {
            let phone = second_phone(project, &user)?;
            send(tx, ctx, project, caller, asking, (Purpose::Mfa, &Target::Phone(phone)), &holder)?
        }
        Factor::Email => {
            let email = verified_email(project, &user)?;
            send(tx, ctx, project, caller, asking, (Purpose::Mfa, &Target::Email(email)), &holder)?
        }
        Factor::Totp => ask_app(tx, ctx, project, caller, asking.dialect, Channel::Totp, &holder)?,
        Factor::RecoveryCode => ask_app(tx, ctx, project, caller, asking.dialect, Channel::Recovery, &holder)?,
    };
    audit::record(tx, ctx, What::ChallengeCreate, Some(&user.id), "{}")?;
    Ok(token)
}

/// The contract's order: no provider, no number, number not verified.
pub(super) fn second_phone(project: &Project, user: &User) -> Result<Phone> {
    if project.settings.sms.providers.is_empty() {
        return Err(Code::NoSmsProvider.into());
    }
    match user.second_phone() {
        // A mock number is no exception: no mock code answers a challenge, so its code is sent.
        Some(phone) if !is_served(project, phone) => Err(Code::CountryNotAllowed.into()),
        Some(phone) => Ok(phone.clone()),
        None if user.shown_phone().is_none() => Err(Code::PhoneNotFound.into()),
        None => Err(Code::PhoneNotVerified.into()),
    }
}

pub(super) fn verified_email(project: &Project, user: &User) -> Result<Email> {
    if project.settings.email.providers.is_empty() {
        return Err(Code::NoEmailProvider.into());
    }
    match &user.email {
        Some(email) if user.is_email_verified() => Ok(email.clone()),
        Some(_) => Err(Code::EmailNotVerified.into()),
        None => Err(Code::EmailNotFound.into()),
    }
}

/// To what the handles of a caller are bound: to his session, or to him where a server acts for him.
pub(super) fn bound_to(caller: &Caller) -> String {
    if caller.session.id.is_empty() { format!("user:{}", caller.user.id) } else { caller.session.id.clone() }
}

/// Sends a code by which the caller shows a factor, or does something to one.
pub(super) fn send(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    asking: &Asking,
    (purpose, target): (Purpose, &Target),
    holder: &Holder,
) -> Result<Token> {
    let bound = bound_to(caller);
    let rules = with_lifetime(project, &asking.rules, target);
    let ask = Ask {
        subject: Subject {
            dialect: asking.dialect,
            purpose,
            channel: channel(target),
            target: target.as_str(),
            session: Some(&bound),
            wanted_length: rules.length,
        },
        reaches: None,
        user: Some(&caller.user.id),
        wanted_user: None,
        rules: &rules,
        payload: payload(ctx, target)?,
        phrase: false,
        mock: false,
        own: true,
    };
    let mut ledger = limit::lock_target(tx, ctx, target.as_str())?;
    let handle = issue::code(tx, ctx, &ask, holder, &mut ledger)?;
    Ok(token(caller, holder, &handle))
}

/// The dialect's numbers, and the project's word on how long codes of second factors live.
fn with_lifetime(project: &Project, rules: &Rules, target: &Target) -> Rules {
    let mfa = &project.settings.mfa;
    let own = match target {
        Target::Phone(_) => mfa.sms_lifetime_seconds,
        Target::Email(_) => mfa.email_lifetime_seconds,
    };
    Rules { lifetime_seconds: own.unwrap_or(rules.lifetime_seconds), ..rules.clone() }
}

/// A challenge whose code nobody sends. Its guesses are the person's; a new one takes the place of the session's earlier
/// one, whose unused tries come back. It allows as many as the day's budget still has: strangers who guess at his number
/// fill two thirds of it at most, and so do not lock him out.
pub(super) fn ask_app(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    dialect: Dialect,
    channel: Channel,
    holder: &Holder,
) -> Result<Token> {
    let rules = Rules::of(project);
    let target = app_target(&caller.user.id);
    let ledger = limit::lock_target(tx, ctx, &target)?;
    limit::store_target(tx, ctx, &target, &ledger)?;
    let subject = Subject {
        dialect,
        purpose: Purpose::Mfa,
        channel,
        target: &target,
        session: Some(&caller.session.id),
        wanted_length: DIGITS,
    };
    verification::retire_of_session(tx, ctx, &subject)?;
    let tries = tries_that_fit(tx, ctx, &caller.user.id, &target, channel.weight(DIGITS), rules.max_attempts)?;
    let expires_at = ctx.now.plus_seconds(rules.lifetime_seconds);
    if tries == 0 {
        return Err(Code::TooManyAttempts { retry_at: expires_at }.into());
    }
    let issued = verification::create(tx, ctx, &subject, DIGITS, Some(&caller.user.id), expires_at)?;
    let new = NewHandle { hash: &holder.hash, wanted_user: None, max_attempts: tries };
    let handle = verification::create_handle(tx, ctx, &new, &target, Some(&issued), expires_at)?;
    Ok(token(caller, holder, &handle))
}

/// Digits of an app's code.
const DIGITS: i64 = 6;

/// How many guesses still fit in the day. An app's codes cannot grow, so there are fewer tries instead. Strangers to the
/// app's owner get two thirds of its budget; what strangers to the number spent leaves a third of the person's, so that
/// the owner always has some.
fn tries_that_fit(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, target: &str, weight: i64, most: i64) -> Result<i64> {
    if weight == 0 {
        return Ok(most);
    }
    let origin = ctx.origin()?;
    let familiar = limit::is_known_origin(tx, &ctx.project, target, origin.as_ref().map(<[u8; 32]>::as_slice))?;
    let share = if familiar { guess::DAILY } else { guess::DAILY / 3 * 2 };
    let of_app = share - verification::reserved_by_target(tx, ctx, target)?;
    let of_person = guess::DAILY - verification::reserved_by_user(tx, ctx, user)?;
    Ok((of_app.min(of_person) / weight).clamp(0, most))
}

/// The ledger's name for what has no number and no address. No number in E.164 and no address begins so.
fn app_target(user: &str) -> String {
    format!("user:{user}")
}

fn token(caller: &Caller, holder: &Holder, handle: &verification::Handle) -> Token {
    Token {
        id: holder.text.clone(),
        user: caller.user.id.clone(),
        created_at: handle.created_at,
        expires_at: handle.expires_at,
    }
}

/// Answers a challenge of the caller's session. The outer result is for the store; the inner one is the answer, committed
/// with the attempt.
pub fn complete(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    challenge: &str,
    secret: &Secret,
) -> Result<Result<Session>> {
    let hash = handle::of_challenge(ctx, &caller.session.id, challenge);
    answer(tx, ctx, project, caller, &hash, secret, |_, session| Ok(session))
}

/// The same where the answer carries the session's secret: it becomes another one, so that whoever knew the secret before
/// the second factor was shown does not know it after.
pub fn complete_and_rotate(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    challenge: &str,
    secret: &Secret,
) -> Result<Result<(Session, Secret)>> {
    let hash = handle::of_challenge(ctx, &caller.session.id, challenge);
    answer(tx, ctx, project, caller, &hash, secret, |tx, session| {
        let rotated = session::rotate(tx, ctx, &session.user_id, &session.id)?;
        Ok((session, rotated))
    })
}

/// Checks an answer through the handle with this hash; `then` makes the result of a right one, and is undone with it if it
/// fails.
pub(super) fn answer<T>(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    hash: &[u8; 32],
    secret: &Secret,
    then: impl FnOnce(&mut Tx<'_>, Session) -> Result<T>,
) -> Result<Result<T>> {
    lock_target_of(tx, ctx, hash)?;
    let Some(opened) = verification::open(tx, ctx, hash)? else { return Ok(Err(Code::InvalidToken.into())) };
    let verification = opened.verification;
    let answer = tx.attempt(|tx| {
        let session = prove(tx, ctx, project, caller, &verification, secret)?;
        then(tx, session)
    })?;
    if matches!(&answer, Err(error) if error.code == Code::InvalidToken) && verification.is_open(ctx, Purpose::Mfa) {
        limit::count_failure(tx, ctx, &verification.target)?;
    }
    Ok(answer)
}

fn prove(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    verification: &Verification,
    secret: &Secret,
) -> Result<Session> {
    let wrong = || Err(Code::InvalidToken.into());
    let user = caller.reload(tx, ctx)?;
    if !verification.is_open(ctx, Purpose::Mfa) || verification.user.as_deref() != Some(&user.id) {
        return wrong();
    }
    let factor = match verification.channel {
        Channel::Sms => Factor::Phone,
        Channel::Email => Factor::Email,
        Channel::Totp => Factor::Totp,
        Channel::Recovery => Factor::RecoveryCode,
        Channel::Token => return wrong(),
    };
    // What was removed or replaced since the challenge was made proves nothing any more.
    let is_current = match factor {
        Factor::Phone => user.second_phone().is_some_and(|phone| phone.as_e164() == verification.target),
        Factor::Email => user.email.as_ref().is_some_and(|email| email.as_str() == verification.target),
        Factor::Totp | Factor::RecoveryCode => true,
    } && match factor {
        Factor::RecoveryCode => project.settings.mfa.recovery_codes,
        Factor::Totp | Factor::Email | Factor::Phone => factors(project, &user).contains(&factor),
    };
    let right = is_current
        && match factor {
            Factor::Phone | Factor::Email => verification::matches(ctx, verification, Purpose::Mfa, secret)?,
            Factor::Totp => mfa::check_totp(tx, ctx, &user.id, secret)?,
            Factor::RecoveryCode => mfa::use_recovery_code(tx, ctx, &user.id, secret)?,
        };
    if !right || !verification::consume(tx, ctx, &verification.id)? {
        return wrong();
    }
    limit::count_proof(tx, ctx, &verification.target)?;
    if let (Factor::Phone, Some(phone)) = (factor, user.second_phone()) {
        limit::count_conversion(tx, ctx, phone.prefix(), phone.country())?;
    }
    forgive_others(tx, ctx, &user, &verification.target)?;
    audit::record(tx, ctx, What::ChallengeComplete, Some(&user.id), "{}")?;
    session::prove_factor(tx, ctx, &user.id, &caller.session.id, factor.name())
}

/// A success by another way ends the row of a hundred failures at whatever else the person has (NIST SP 800-63B §5.2.2),
/// and every row of wrong passwords, which may have locked his.
pub(super) fn forgive_others(tx: &mut Tx<'_>, ctx: &Ctx, user: &User, proved: &str) -> Result<()> {
    let phone = user.verified_phone().map(|phone| phone.as_e164().to_owned());
    let mfa_phone = user.mfa_phone.as_ref().map(|phone| phone.as_e164().to_owned());
    let email = user.email.as_ref().map(|email| email.as_str().to_owned());
    let app = user.totp.then(|| app_target(&user.id));
    let email = email.filter(|_| user.is_email_verified());
    for target in [phone, mfa_phone, email, app].into_iter().flatten().filter(|target| target != proved) {
        limit::forgive(tx, ctx, &target, guess::FAILURES)?;
    }
    for target in password_targets(user).filter(|target| target != proved) {
        limit::forgive(tx, ctx, &target, 1)?;
    }
    Ok(())
}
