//! Setting up second factors: the authenticator app, recovery codes, the flag that asks for them.

use super::Caller;
use super::gate::{Factor, factors, require_recent};
use super::notice::{self, Notice};
use super::verify::{count_factor, may_add};
use crate::audit::{self, What};
use crate::base::{Code, Ctx, Result, Secret};
use crate::db::Tx;
use crate::device;
use crate::mfa::{self, Readable};
use crate::project::Project;
use crate::session;
use crate::user::{self, User};

/// An authenticator app that is being set up.
#[derive(Clone, Debug)]
pub struct NewApp {
    /// The seed, for typing.
    pub secret: Secret,
    /// The same as an `otpauth://` address, for a QR code.
    pub uri: Secret,
}

/// Begins to set up an authenticator app, in place of one that was never verified.
pub fn create_app(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, caller: &Caller) -> Result<NewApp> {
    create_app_of(tx, ctx, project, caller, issuer_of(project))
}

/// Who is said in an app to have issued it.
pub(super) fn issuer_of(project: &Project) -> &str {
    project.settings.mfa.issuer.as_deref().unwrap_or(&project.name)
}

/// [`create_app`], shown in the app under this name of whoever issued it.
fn create_app_of(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, caller: &Caller, issuer: &str) -> Result<NewApp> {
    let user = caller.reload(tx, ctx)?;
    if !project.settings.mfa.totp {
        return Err(Code::MethodDisabled.into());
    }
    may_add(ctx, project, &user, caller)?;
    make_app(tx, ctx, project, &user, issuer)
}

/// Makes an app that is yet to be verified, for whoever may have one.
pub(super) fn make_app(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, user: &User, issuer: &str) -> Result<NewApp> {
    if !project.settings.mfa.totp {
        return Err(Code::MethodDisabled.into());
    }
    let made = mfa::create_authenticator(tx, ctx, &user.id)?;
    audit::record(tx, ctx, What::AuthenticatorCreate, Some(&user.id), "{}")?;
    Ok(NewApp { uri: mfa::uri(issuer, &label(user), &made.secret), secret: made.secret })
}

/// By what name the app shows the account: its address, else its number, else its id.
fn label(user: &User) -> String {
    let email = user.email.as_ref().map(|email| email.as_str().to_owned());
    let phone = || user.shown_phone().map(|phone| phone.as_e164().to_owned());
    email.or_else(phone).unwrap_or_else(|| user.id.clone())
}

/// The address of the verified app once more, for the app of another device. Needs a second factor that was shown lately:
/// whoever may do this may as well set up an app of his own.
pub fn read_app(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, caller: &Caller) -> Result<Secret> {
    let user = caller.reload(tx, ctx)?;
    if !project.settings.mfa.totp {
        return Err(Code::MethodDisabled.into());
    }
    require_recent(ctx, project, &user, &caller.session)?;
    let seed = mfa::read_seed(tx, ctx, &user.id)?;
    audit::record(tx, ctx, What::AuthenticatorRead, Some(&user.id), "{}")?;
    Ok(mfa::uri(&project.name, &label(&user), &seed))
}

/// Begins to set up an authenticator app together with recovery codes, in place of such as are there. Nothing is asked for
/// before [`finish`].
pub fn start(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    caller: &Caller,
    issuer: Option<&str>,
) -> Result<(NewApp, Vec<Secret>)> {
    let app = create_app_of(tx, ctx, project, caller, issuer.unwrap_or_else(|| issuer_of(project)))?;
    let has_codes = mfa::count_recovery_codes(tx, &ctx.project, &caller.user.id)? > 0;
    let codes = if !project.settings.mfa.recovery_codes {
        Vec::new()
    } else if has_codes {
        replace_codes(tx, ctx, project, caller)?
    } else {
        create_codes(tx, ctx, project, caller)?
    };
    Ok((app, codes))
}

/// Finishes what [`start`] began, with a code of the app: from now on a second factor is asked for.
pub fn finish(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, caller: &Caller, code: &Secret) -> Result<User> {
    verify_app(tx, ctx, project, caller, code)?;
    set_flag(tx, ctx, project, caller, true)
}

/// Removes app and recovery codes, and asks for no second factor any more. Needs one that was shown lately.
pub fn delete_all(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, caller: &Caller) -> Result<User> {
    let user = caller.reload(tx, ctx)?;
    if !user.mfa && !user.totp {
        return Err(Code::AuthenticatorNotFound.into());
    }
    require_recent(ctx, project, &user, &caller.session)?;
    // First the flag, which asks for what is removed next.
    set_flag(tx, ctx, project, caller, false)?;
    if user.totp {
        delete_app(tx, ctx, project, caller)?;
    }
    mfa::delete_all(tx, ctx, &user.id)?;
    user::get(tx, &ctx.project, &user.id)
}

/// Finishes it with a code of the app, which counts in the session as long as nobody asks for a second factor.
pub fn verify_app(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, caller: &Caller, code: &Secret) -> Result<User> {
    let before = caller.reload(tx, ctx)?;
    if !project.settings.mfa.totp {
        return Err(Code::MethodDisabled.into());
    }
    may_add(ctx, project, &before, caller)?;
    let after = confirm_app(tx, ctx, project, &before, code)?;
    count_factor(tx, ctx, &after, Some(caller), Factor::Totp)?;
    Ok(after)
}

/// Verifies an app, for whoever may have one.
pub(super) fn confirm_app(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, before: &User, code: &Secret) -> Result<User> {
    if !project.settings.mfa.totp {
        return Err(Code::MethodDisabled.into());
    }
    mfa::verify_authenticator(tx, ctx, &before.id, code)?;
    let after = user::set_totp(tx, ctx, &before.id, true)?;
    device::delete_all(tx, ctx, &before.id)?;
    audit::record(tx, ctx, What::AuthenticatorVerify, Some(&after.id), "{}")?;
    notice::send(tx, ctx, project, before, Notice::AuthenticatorAdded)?;
    Ok(after)
}

/// Removes the authenticator app. One that is verified goes only after a second factor was shown lately.
pub fn delete_app(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, caller: &Caller) -> Result<()> {
    let user = caller.reload(tx, ctx)?;
    let app = mfa::find_authenticator(tx, ctx, &user.id)?.ok_or(Code::AuthenticatorNotFound)?;
    let verified = app.verified_at.is_some();
    if verified {
        require_recent(ctx, project, &user, &caller.session)?;
    }
    mfa::delete_authenticator(tx, ctx, &user.id)?;
    audit::record(tx, ctx, What::AuthenticatorDelete, Some(&user.id), "{}")?;
    if verified {
        user::set_totp(tx, ctx, &user.id, false)?;
        device::delete_all(tx, ctx, &user.id)?;
        notice::send(tx, ctx, project, &user, Notice::AuthenticatorRemoved)?;
    }
    Ok(())
}

/// Makes the first recovery codes.
pub fn create_codes(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, caller: &Caller) -> Result<Vec<Secret>> {
    let user = caller.reload(tx, ctx)?;
    let mfa = &project.settings.mfa;
    if !mfa.recovery_codes {
        return Err(Code::MethodDisabled.into());
    }
    may_add(ctx, project, &user, caller)?;
    let codes = mfa::create_recovery_codes(tx, ctx, &user.id, &caller.session.id, mfa.recovery_codes_readable)?;
    audit::record(tx, ctx, What::RecoveryCodesCreate, Some(&user.id), "{}")?;
    notice::send(tx, ctx, project, &user, Notice::RecoveryCodesChanged)?;
    Ok(codes)
}

/// Makes others in their place.
pub fn replace_codes(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, caller: &Caller) -> Result<Vec<Secret>> {
    let user = caller.reload(tx, ctx)?;
    let mfa = &project.settings.mfa;
    if !mfa.recovery_codes {
        return Err(Code::MethodDisabled.into());
    }
    if mfa::count_recovery_codes(tx, &ctx.project, &user.id)? == 0 {
        return Err(Code::RecoveryCodesNotFound.into());
    }
    require_recent(ctx, project, &user, &caller.session)?;
    let codes = mfa::replace_recovery_codes(tx, ctx, &user.id, &caller.session.id, mfa.recovery_codes_readable)?;
    audit::record(tx, ctx, What::RecoveryCodesUpdate, Some(&user.id), "{}")?;
    notice::send(tx, ctx, project, &user, Notice::RecoveryCodesChanged)?;
    Ok(codes)
}

/// Shows the codes that are left: for ten minutes to the session that made them; later, where the project keeps them
/// readable, after a second factor. Where it does not, nothing helps but new ones: `Code::ChallengeRequired`.
pub fn read_codes(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, caller: &Caller) -> Result<Vec<Secret>> {
    match mfa::read_recovery_codes(tx, ctx, &caller.user.id)? {
        Readable::Codes { codes, by_session, until: Some(_) } if by_session == caller.session.id => Ok(codes),
        Readable::Codes { codes, until: None, .. } => {
            require_recent(ctx, project, &caller.user, &caller.session)?;
            Ok(codes)
        }
        Readable::Codes { .. } | Readable::Gone => Err(Code::ChallengeRequired.into()),
    }
}

/// Asks for a second factor from now on, or no more. Switching on keeps the session in: it gets every factor that the
/// account has verified (contract nuvix §3.6). Switching off needs a second factor that was shown lately.
pub fn set_flag(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, caller: &Caller, on: bool) -> Result<User> {
    let before = caller.reload(tx, ctx)?;
    if before.mfa == on {
        return Ok(before);
    }
    if !on {
        require_recent(ctx, project, &before, &caller.session)?;
    }
    let after = user::set_mfa(tx, ctx, &before.id, on)?;
    device::delete_all(tx, ctx, &before.id)?;
    if on {
        let names: Vec<_> = factors(project, &after).into_iter().map(Factor::name).collect();
        session::add_factors(tx, ctx, &after.id, &caller.session.id, &names)?;
    }
    audit::record(tx, ctx, What::MfaUpdate, Some(&after.id), if on { r#"{"mfa":true}"# } else { r#"{"mfa":false}"# })?;
    notice::send(tx, ctx, project, &before, if on { Notice::MfaOn } else { Notice::MfaOff })?;
    Ok(after)
}
