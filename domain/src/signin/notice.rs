//! Telling people what happened to their account: at what was verified before it happened.

use super::start::payload;
use crate::base::time::DAY;
use crate::base::{Ctx, Result, Target};
use crate::db::Tx;
use crate::limit;
use crate::message::{self, Doer, Payload};
use crate::project::Project;
use crate::user::{Proof, User};

/// What happened. Its name is that of the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notice {
    /// Somebody signed in.
    SessionAlert,
    /// The address is another one now.
    EmailChanged,
    /// The number is another one now.
    PhoneChanged,
    /// The number is no more.
    PhoneRemoved,
    /// It is no more, because the person said that a stranger set it up.
    PhoneReported,
    /// There is a new password.
    PasswordChanged,
    /// An authenticator app was added.
    AuthenticatorAdded,
    /// It was removed.
    AuthenticatorRemoved,
    /// A number for codes of second factors was added.
    MfaPhoneAdded,
    /// It was removed.
    MfaPhoneRemoved,
    /// There are new recovery codes.
    RecoveryCodesChanged,
    /// A second factor is asked for.
    MfaOn,
    /// No second factor is asked for any more.
    MfaOff,
    /// A number or address that nobody had proved here was proved elsewhere.
    ClaimRemoved,
    /// So many wrong passwords in a row were tried that the right one is refused from where it never came before.
    PasswordLocked,
}

impl Notice {
    /// As stored, and as templates call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SessionAlert => "session-alert",
            Self::EmailChanged => "email-changed",
            Self::PhoneChanged => "phone-changed",
            Self::PhoneRemoved => "phone-removed",
            Self::PhoneReported => "phone-reported",
            Self::PasswordChanged => "password-changed",
            Self::AuthenticatorAdded => "authenticator-added",
            Self::AuthenticatorRemoved => "authenticator-removed",
            Self::MfaPhoneAdded => "mfa-phone-added",
            Self::MfaPhoneRemoved => "mfa-phone-removed",
            Self::RecoveryCodesChanged => "recovery-codes-changed",
            Self::MfaOn => "mfa-on",
            Self::MfaOff => "mfa-off",
            Self::ClaimRemoved => "claim-removed",
            Self::PasswordLocked => "password-locked",
        }
    }
}

/// Notices that one number or address gets in a day; whoever does more is told no more.
const PER_DAY: i64 = 20;
/// The kind of their counter.
const KIND: &str = "notice";
/// For how long a notice is worth sending, in seconds.
pub(super) const LIFETIME: i64 = 86_400;

/// Tells the user, by e-mail if an address is verified, else by SMS. A change of the number goes to the old one too. A
/// session is told about by e-mail only. `user` is the account as it was before.
pub(super) fn send(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, user: &User, notice: Notice) -> Result<()> {
    let email = user.email.clone().filter(|_| user.is_email_verified()).map(Target::Email);
    let phone = told_number(user);
    let by_sms = match notice {
        // A reported number is a stranger's.
        Notice::SessionAlert | Notice::PhoneReported | Notice::PasswordLocked => false,
        Notice::PhoneChanged | Notice::PhoneRemoved => true,
        Notice::EmailChanged
        | Notice::PasswordChanged
        | Notice::AuthenticatorAdded
        | Notice::AuthenticatorRemoved
        | Notice::MfaPhoneAdded
        | Notice::MfaPhoneRemoved
        | Notice::RecoveryCodesChanged
        | Notice::MfaOn
        | Notice::MfaOff
        | Notice::ClaimRemoved => email.is_none(),
    };
    tell(tx, ctx, project, user, notice, email.into_iter().chain(phone.filter(|_| by_sms)))
}

/// Tells the number alone, for whose user something else goes to the address.
pub(super) fn send_to_number(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, user: &User, notice: Notice) -> Result<()> {
    tell(tx, ctx, project, user, notice, told_number(user).into_iter())
}

/// The number of an account if somebody real reads what goes there, else the one of its second factor. A claim stands in
/// front of it, but the number is verified still.
fn told_number(user: &User) -> Option<Target> {
    let verified = matches!(user.phone_proof, Proof::Vouched | Proof::Code);
    user.phone.clone().filter(|_| verified).or_else(|| user.mfa_phone.clone()).map(Target::Phone)
}

fn tell(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    project: &Project,
    user: &User,
    notice: Notice,
    targets: impl Iterator<Item = Target>,
) -> Result<()> {
    for target in targets {
        if may_tell(tx, ctx, project, &target)? {
            enqueue(tx, ctx, Some(&user.id), &target, notice, None)?;
        }
    }
    Ok(())
}

/// Whether `target` can be told of one thing more today; it is counted.
pub(super) fn may_tell(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, target: &Target) -> Result<bool> {
    let reachable = match target {
        Target::Email(_) => !project.settings.email.providers.is_empty(),
        Target::Phone(_) => !project.settings.sms.providers.is_empty(),
    };
    Ok(reachable && count(tx, ctx, target)?)
}

/// Counts one thing more that `target` is told of today; whether it may be told.
pub(super) fn count(tx: &mut Tx<'_>, ctx: &Ctx, target: &Target) -> Result<bool> {
    Ok(limit::add(tx, ctx, KIND, target.as_str(), DAY, 1, 0)?.used <= PER_DAY)
}

/// What a message that tells of something carries: who did it, and from where.
pub(super) fn telling(ctx: &Ctx, target: &Target) -> Result<Payload> {
    Ok(Payload {
        origin: None,
        doer: Some(Doer {
            address: ctx.address.map(|a| a.to_canonical().to_string()).unwrap_or_default(),
            agent: ctx.user_agent.as_deref().unwrap_or_default().to_owned(),
            at: ctx.now.micros(),
        }),
        ..payload(ctx, target)?
    })
}

/// Puts a notice to `target` into the outbox; one that is refused stays there for the people who run the service to see.
pub(super) fn enqueue(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    user: Option<&str>,
    target: &Target,
    notice: Notice,
    refusal: Option<&str>,
) -> Result<()> {
    let payload = Payload { user: user.map(str::to_owned), ..telling(ctx, target)? };
    let new = message::New {
        verification: None,
        purpose: notice.name(),
        payload: &payload,
        expires_at: ctx.now.plus_seconds(LIFETIME),
        refusal,
    };
    message::enqueue(tx, ctx, new).map(drop)
}
