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
}

impl Notice {
    /// As stored, and as templates call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SessionAlert => "session-alert",
            Self::EmailChanged => "email-changed",
            Self::PhoneChanged => "phone-changed",
            Self::PasswordChanged => "password-changed",
            Self::AuthenticatorAdded => "authenticator-added",
            Self::AuthenticatorRemoved => "authenticator-removed",
            Self::MfaPhoneAdded => "mfa-phone-added",
            Self::MfaPhoneRemoved => "mfa-phone-removed",
            Self::RecoveryCodesChanged => "recovery-codes-changed",
            Self::MfaOn => "mfa-on",
            Self::MfaOff => "mfa-off",
            Self::ClaimRemoved => "claim-removed",
        }
    }
}

/// Notices that one number or address gets in a day; whoever does more is told no more.
const PER_DAY: i64 = 20;
/// The kind of their counter.
const KIND: &str = "notice";
/// For how long a notice is worth sending, in seconds.
const LIFETIME: i64 = 86_400;

/// Tells the user, by e-mail if an address is verified, else by SMS. A change of the number goes to the old one too. A
/// session is told about by e-mail only. `user` is the account as it was before.
pub(super) fn send(tx: &mut Tx<'_>, ctx: &Ctx, project: &Project, user: &User, notice: Notice) -> Result<()> {
    let email = user.email.clone().filter(|_| user.is_email_verified()).map(Target::Email);
    // Nobody real reads what goes to a mock number. A claim stands in front of it, but the number is verified still.
    let verified = matches!(user.phone_proof, Proof::Vouched | Proof::Code);
    let phone = user.phone.clone().filter(|_| verified).or_else(|| user.mfa_phone.clone()).map(Target::Phone);
    let by_sms = match notice {
        Notice::SessionAlert => false,
        Notice::PhoneChanged => true,
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
    for target in email.into_iter().chain(phone.filter(|_| by_sms)) {
        let reachable = match &target {
            Target::Email(_) => !project.settings.email.providers.is_empty(),
            Target::Phone(_) => !project.settings.sms.providers.is_empty(),
        };
        if reachable && limit::add(tx, ctx, KIND, target.as_str(), DAY, 1, 0)?.used <= PER_DAY {
            enqueue(tx, ctx, &user.id, &target, notice)?;
        }
    }
    Ok(())
}

fn enqueue(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, target: &Target, notice: Notice) -> Result<()> {
    let payload = Payload {
        user: Some(user.to_owned()),
        origin: None,
        doer: Some(Doer {
            address: ctx.address.map(|a| a.to_canonical().to_string()).unwrap_or_default(),
            agent: ctx.user_agent.as_deref().unwrap_or_default().to_owned(),
            at: ctx.now.micros(),
        }),
        ..payload(ctx, target)?
    };
    let new = message::New {
        verification: None,
        purpose: notice.name(),
        payload: &payload,
        expires_at: ctx.now.plus_seconds(LIFETIME),
        refusal: None,
    };
    message::enqueue(tx, ctx, new).map(drop)
}
