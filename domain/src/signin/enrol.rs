//! Setting up second factors as Frontegg clients do: an app, a number that is for this alone, the address of the account.
//! In a session; on the way into one, where everybody must have a second factor and this user has none; or by a server
//! that vouches for him. The first one switches second factors on and comes with a recovery code.

use super::Caller;
use super::challenge::{Asking, bound_to, send};
use super::coexistence;
use super::factor;
pub use super::factor::NewApp;
use super::finish::{consume, lock_target_of};
use super::gate::{Factor, Step, factors, step};
use super::handle::{self, Holder};
use super::notice::{self, Notice};
use super::start::{check_phone, check_reach};
use super::verify::{Token, may_add};
use crate::audit::{self, What};
use crate::base::crypto::Label;
use crate::base::{Code, Ctx, Email, Phone, Result, Secret, Target, id};
use crate::db::Tx;
use crate::device;
use crate::limit;
use crate::mfa;
use crate::project::Project;
use crate::session;
use crate::user::{self, User};
use crate::verification::{self, Checked, Purpose, Verification};

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
    let mac = ctx.keys.mac(Label::DerivedId, &parts)?;
    Ok(id::derived(mac.first_chunk().copied().unwrap_or_default()))
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
    let holder = Holder::of_challenge(ctx, &bound_to(caller));
    send(tx, ctx, project, caller, asking, (Purpose::EnrolFactor, target), &holder)
}

/// Checks a code that was sent for something that is done to a factor, and does `then` with what was proved. The outer result is for the store; the inner one is
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
