//! Setting up second factors as Frontegg clients do: an app, a number that is for this alone, the address of the account.
//! In a session; on the way into one, where everybody must have a second factor and this user has none; or by a server
//! that vouches for him. The first one switches second factors on and comes with a recovery code.

use super::Caller;
use super::challenge::{Asking, with_lifetime};
use super::coexistence;
use super::factor;
pub use super::factor::NewApp;
use super::finish::{consume, lock_target_of};
use super::gate::{Factor, Step, factors, step};
use super::handle::{self, Holder};
use super::issue::{self, Ask};
use super::notice::{self, Notice};
use super::start::{channel, check_phone, check_reach, payload};
use super::verify::{Token, may_add};
use crate::audit::{self, What};
use crate::base::crypto::Label;
use crate::base::{Code, Ctx, Email, Phone, Result, Secret, Target};
use crate::db::Tx;
use crate::device;
use crate::limit;
use crate::mfa;
use crate::project::Project;
use crate::session;
use crate::user::{self, User};
use crate::verification::{self, Checked, Purpose, Subject, Verification};

/// What came of setting a factor up.
#[derive(Clone, Debug)]
pub struct Enrolled {
    /// The account as it is now.
    pub user: User,
    /// The code by which all factors can be given up, with the first of them; given here and never again.
    pub recovery_code: Option<Secret>,
}

/// What can be shown as a second factor, with the ids by which clients name it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Devices {
    /// Numbers.
    pub phones: Vec<(String, Phone)>,
    /// Authenticator apps.
    pub authenticators: Vec<String>,
    /// Addresses.
    pub emails: Vec<Email>,
}

/// The id of a number as a second factor of `user`: the same as long as he has it, and of no use to guess the number.
pub fn phone_id(ctx: &Ctx, user: &str, phone: &Phone) -> Result<String> {
    let parts = [ctx.project.as_bytes(), user.as_bytes(), b"mfa-phone", phone.as_e164().as_bytes()];
    let digits = data_encoding::HEXLOWER.encode(ctx.keys.mac(Label::DerivedId, &parts)?.get(..16).unwrap_or_default());
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    Ok(format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)))
}

/// The second factors that a user keeps: his app, his number for codes, and his address where codes by e-mail are one.
pub fn devices(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, user: &User) -> Result<Devices> {
    let kept = User { phone: None, ..user.clone() };
    devices_of(tx, ctx, &kept, &factors(project, &kept))
}

/// The devices of these factors.
pub(super) fn devices_of(tx: &mut Tx<'_>, ctx: &Ctx, user: &User, wanted: &[Factor]) -> Result<Devices> {
    let mut devices = Devices::default();
    for factor in wanted {
        match factor {
            Factor::Phone => {
                if let Some(phone) = user.second_phone() {
                    devices.phones.push((phone_id(ctx, &user.id, phone)?, phone.clone()));
                }
            }
            Factor::Email => devices.emails.extend(user.email.clone()),
            Factor::Totp => {
                devices.authenticators.extend(mfa::find_authenticator(tx, ctx, &user.id)?.map(|app| app.id));
            }
            Factor::RecoveryCode => {}
        }
    }
    Ok(devices)
}

/// To what the handles of a caller are bound: to his session, or to him where a server acts for him.
pub(super) fn bound_to(caller: &Caller) -> String {
    if caller.session.id.is_empty() { format!("user:{}", caller.user.id) } else { caller.session.id.clone() }
}

/// Who still has a factor to show shows it first; and who has second factors on shows one lately before he adds another.
fn may_enrol(ctx: &Ctx, project: &Project, user: &User, caller: &Caller) -> Result<()> {
    if ctx.is_by_key() {
        return Ok(());
    }
    match step(project, user, &caller.session.factors) {
        Step::Show(_) => Err(Code::MoreFactorsRequired.into()),
        Step::Done | Step::Enrol(_) => may_add(ctx, project, user, caller),
    }
}

/// Sends a code to a number that is to be a second factor, or to the address of the account.
pub fn start(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    asking: &Asking,
    target: &Target,
) -> Result<Token> {
    let user = caller.reload(tx, ctx)?;
    may_enrol(ctx, project, &user, caller)?;
    match target {
        Target::Phone(_) if !project.settings.mfa.phone => return Err(Code::MethodDisabled.into()),
        Target::Phone(phone) if user.mfa_phone.as_ref() == Some(phone) => return Err(Code::PhoneAlreadyVerified.into()),
        Target::Phone(phone) => {
            coexistence::may_add_phone(project, &user, caller.session.began_with())?;
            check_phone(project, phone)?;
        }
        Target::Email(_) if !project.settings.mfa.email => return Err(Code::MethodDisabled.into()),
        Target::Email(email) if user.email.as_ref() != Some(email) => return Err(Code::EmailNotFound.into()),
        Target::Email(_) => check_reach(project, target)?,
    }
    send(tx, ctx, project, caller, asking, Purpose::EnrolFactor, target)
}

/// Sends a code for something that is done to a factor. Its handle is bound to the caller's session, or to him.
pub(super) fn send(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    asking: &Asking,
    purpose: Purpose,
    target: &Target,
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
    let holder = Holder::of_challenge(ctx, &bound);
    let handle = issue::code(tx, ctx, &ask, &holder, &mut ledger)?;
    let user = caller.user.id.clone();
    Ok(Token { id: holder.text, user, created_at: handle.created_at, expires_at: handle.expires_at })
}

/// Checks the code of [`send`], and does `then` with what was proved. The outer result is for the store; the inner one is
/// the answer, committed with the attempt.
pub(super) fn check<T>(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    caller: &Caller,
    purpose: Purpose,
    (token, code): (&str, &Secret),
    then: impl FnOnce(&mut Tx<'_>, &User, &Verification) -> Result<T>,
) -> Result<Result<T>> {
    let hash = handle::of_challenge(ctx, &bound_to(caller), token);
    lock_target_of(tx, ctx, &hash)?;
    match verification::check(tx, ctx, &hash, purpose, code)? {
        Checked::NoHandle => Ok(Err(Code::InvalidToken.into())),
        Checked::Wrong { target } => {
            limit::count_failure(tx, ctx, &target)?;
            Ok(Err(Code::InvalidToken.into()))
        }
        Checked::Right { verification, .. } => tx.attempt(|tx| {
            let user = caller.reload(tx, ctx)?;
            if verification.user.as_deref() != Some(&user.id) {
                return Err(Code::InvalidToken.into());
            }
            consume(tx, ctx, &verification)?;
            then(tx, &user, &verification)
        }),
    }
}

/// Shows the code that [`start`] sent: what it went to is a second factor from now on.
pub fn finish(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    token: &str,
    code: &Secret,
) -> Result<Result<Enrolled>> {
    check(tx, ctx, caller, Purpose::EnrolFactor, (token, code), |tx, before, verification| {
        may_enrol(ctx, project, before, caller)?;
        match Target::from_stored(verification.target.clone()) {
            Target::Phone(phone) => {
                coexistence::may_add_phone(project, before, caller.session.began_with())?;
                user::set_mfa_phone(tx, ctx, &before.id, Some(&phone))?;
                audit::record(tx, ctx, What::MfaPhoneVerify, Some(&before.id), "{}")?;
                notice::send(tx, ctx, project, before, Notice::MfaPhoneAdded)?;
                enrolled(tx, ctx, project, caller, before, Factor::Phone)
            }
            Target::Email(email) => {
                user::prove_email(tx, ctx, &before.id, &email)?;
                audit::record(tx, ctx, What::EmailVerify, Some(&before.id), "{}")?;
                enrolled(tx, ctx, project, caller, before, Factor::Email)
            }
        }
    })
}

/// Begins to set up an authenticator app, in place of one that was never verified.
pub fn start_app(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, caller: &Caller) -> Result<NewApp> {
    let user = caller.reload(tx, ctx)?;
    may_enrol(ctx, project, &user, caller)?;
    factor::make_app(tx, ctx, project, &user, factor::issuer_of(project))
}

/// Finishes it with a code of the app.
pub fn finish_app(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, caller: &Caller, code: &Secret) -> Result<Enrolled> {
    let before = caller.reload(tx, ctx)?;
    may_enrol(ctx, project, &before, caller)?;
    factor::confirm_app(tx, ctx, project, &before, code)?;
    enrolled(tx, ctx, project, caller, &before, Factor::Totp)
}

/// What setting up any factor brings about. `before` is the account without it.
fn enrolled(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    before: &User,
    factor: Factor,
) -> Result<Enrolled> {
    device::delete_all(tx, ctx, &before.id)?;
    let has_session = !caller.session.id.is_empty();
    let is_first = !before.mfa;
    let is_awaited = matches!(step(project, before, &caller.session.factors), Step::Enrol(_));
    if has_session && (is_first || is_awaited) {
        session::prove_factor(tx, ctx, &before.id, &caller.session.id, factor.name())?;
    }
    let user = user::set_mfa(tx, ctx, &before.id, true)?;
    if !is_first {
        return Ok(Enrolled { user, recovery_code: None });
    }
    if has_session {
        // Switching it on does not shut out whoever does so.
        let names: Vec<_> = factors(project, &user).into_iter().map(Factor::name).collect();
        session::add_factors(tx, ctx, &user.id, &caller.session.id, &names)?;
    }
    audit::record(tx, ctx, What::MfaUpdate, Some(&user.id), r#"{"mfa":true}"#)?;
    notice::send(tx, ctx, project, before, Notice::MfaOn)?;
    let wanted = project.settings.mfa.recovery_codes && mfa::count_recovery_codes(tx, &ctx.project, &user.id)? == 0;
    let recovery_code = if wanted {
        audit::record(tx, ctx, What::RecoveryCodesCreate, Some(&user.id), "{}")?;
        Some(mfa::create_recovery_code(tx, ctx, &user.id, &caller.session.id)?)
    } else {
        None
    };
    Ok(Enrolled { user, recovery_code })
}
