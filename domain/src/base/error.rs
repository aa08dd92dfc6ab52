//! The one list of things that can go wrong. Every dialect maps each code to its own status and name.

use std::fmt;

use super::Time;

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, as a stable code. Dialects match on it exhaustively.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Code {
    /// A defect of ours or of the machine. Its details are for the log only.
    Internal,
    /// The store cannot be reached or written (disk full, connection lost). Nothing was changed.
    StoreUnavailable,
    /// Sealed data does not open with this key file.
    KeyFileMismatch,
    /// A value is not acceptable. `field` names it as the setting or option that it is.
    InvalidValue {
        /// The name of the value.
        field: String,
        /// What is wrong with it, as a sentence for people.
        reason: String,
    },
    /// No project has this id.
    ProjectNotFound,
    /// A project with this id exists.
    ProjectExists,
    /// No API key has this id.
    KeyNotFound,
    /// The API key is past its expiry.
    KeyExpired,
    /// The sign-in method is switched off for the project.
    MethodDisabled,
    /// No SMS provider is set up.
    NoSmsProvider,
    /// SMS may not be sent to this country, or to this kind of number.
    CountryNotAllowed,
    /// The handle, code or token is wrong, used, expired or unknown.
    InvalidToken,
    /// Too many tries; another may be made at `retry_at`.
    TooManyAttempts {
        /// When the next try is let through.
        retry_at: Time,
    },
    /// No user has this id.
    UserNotFound,
    /// A user with this id, e-mail or phone exists.
    UserExists,
    /// The user is blocked.
    UserBlocked,
    /// The project's limit of users is reached.
    UserLimitReached,
    /// Nobody new may sign up.
    SignUpDisabled,
    /// Another account holds this number verified.
    PhoneTaken,
    /// The user has no contact with this id.
    ContactNotFound,
    /// No account of a project's users has this id.
    TenantNotFound,
    /// An account of a project's users has this id already.
    TenantExists,
    /// A contact with this id or identifier exists.
    ContactExists,
    /// What should be an e-mail address is none.
    InvalidEmail,
    /// What should be a phone number is none.
    InvalidPhone,
    /// No session has this id.
    SessionNotFound,
    /// No remembered device has this id.
    DeviceNotFound,
    /// No e-mail provider is set up.
    NoEmailProvider,
    /// The e-mail or the password is wrong.
    InvalidCredentials,
    /// The new password was used before.
    PasswordRecentlyUsed,
    /// The new password holds data of its user.
    PasswordPersonalData,
    /// Another account has this e-mail address.
    EmailTaken,
    /// The account has no e-mail address.
    EmailNotFound,
    /// The account's e-mail address is not verified.
    EmailNotVerified,
    /// The account's e-mail address is verified already.
    EmailAlreadyVerified,
    /// The account has no phone number.
    PhoneNotFound,
    /// The account's phone number is not verified.
    PhoneNotVerified,
    /// The account's phone number is verified already.
    PhoneAlreadyVerified,
    /// A link may not lead to this address.
    UrlNotAllowed,
    /// The account has no such authenticator.
    AuthenticatorNotFound,
    /// The account's authenticator is verified already.
    AuthenticatorAlreadyVerified,
    /// The account has recovery codes already.
    RecoveryCodesExist,
    /// The account has no recovery codes.
    RecoveryCodesNotFound,
    /// The session needs a second factor first.
    MoreFactorsRequired,
    /// A second factor must have been proved in the session lately.
    ChallengeRequired,
    /// The challenge would prove what the session began with.
    UselessChallenge,
    /// What is asked of a list cannot be asked.
    InvalidQuery {
        /// What is wrong with it, as a part of a sentence for people.
        reason: String,
    },
    /// A filter of a list has more values than one may have.
    TooManyValues,
    /// A list is to go on behind or before an entry that is not there.
    CursorNotFound,
    /// The project has no webhook with this id.
    WebhookNotFound,
    /// The project has no delivery of a webhook with this id.
    DeliveryNotFound,
    /// No administrator has this id.
    AdminNotFound,
    /// An administrator with this e-mail address exists.
    AdminExists,
    /// Without this administrator there would be none.
    LastAdmin,
    /// No administrator's token has this id.
    AdminTokenNotFound,
    /// No front end has this id.
    PlatformNotFound,
    /// No provider has this name.
    ProviderNotFound,
    /// A provider with this name exists.
    ProviderExists,
    /// The project has no text of its own here.
    TemplateNotFound,
    /// No message has this id.
    MessageNotFound,
    /// The code was right or wrong too late. Told only where it says nothing about an account.
    TokenExpired,
    /// The session began too long ago for what is delicate.
    SessionNotFresh,
    /// The project has no such policy.
    PolicyNotFound,
    /// The project has such a policy already.
    PolicyExists,
    /// The account needs a second factor other than SMS first.
    OtherFactorRequired,
    /// The account has no second factor of this kind and id.
    FactorNotFound,
    /// What is named belongs to another account.
    NotYours,
    /// Too many wrong passwords locked the account's.
    AccountLocked,
    /// What should show that a person asks does not.
    CaptchaFailed,
    /// Whether a person asks could not be found out.
    CaptchaUnavailable,
}

impl Code {
    /// Its name, for metrics and logs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::StoreUnavailable => "store-unavailable",
            Self::KeyFileMismatch => "key-file-mismatch",
            Self::InvalidValue { .. } => "invalid-value",
            Self::ProjectNotFound => "project-not-found",
            Self::ProjectExists => "project-exists",
            Self::KeyNotFound => "key-not-found",
            Self::KeyExpired => "key-expired",
            Self::MethodDisabled => "method-disabled",
            Self::NoSmsProvider => "no-sms-provider",
            Self::CountryNotAllowed => "country-not-allowed",
            Self::InvalidToken => "invalid-token",
            Self::TooManyAttempts { .. } => "too-many-attempts",
            Self::UserNotFound => "user-not-found",
            Self::UserExists => "user-exists",
            Self::UserBlocked => "user-blocked",
            Self::UserLimitReached => "user-limit-reached",
            Self::SignUpDisabled => "sign-up-disabled",
            Self::PhoneTaken => "phone-taken",
            Self::ContactNotFound => "contact-not-found",
            Self::TenantNotFound => "tenant-not-found",
            Self::TenantExists => "tenant-exists",
            Self::ContactExists => "contact-exists",
            Self::InvalidEmail => "invalid-email",
            Self::InvalidPhone => "invalid-phone",
            Self::SessionNotFound => "session-not-found",
            Self::DeviceNotFound => "device-not-found",
            Self::NoEmailProvider => "no-email-provider",
            Self::InvalidCredentials => "invalid-credentials",
            Self::PasswordRecentlyUsed => "password-recently-used",
            Self::PasswordPersonalData => "password-personal-data",
            Self::EmailTaken => "email-taken",
            Self::EmailNotFound => "email-not-found",
            Self::EmailNotVerified => "email-not-verified",
            Self::EmailAlreadyVerified => "email-already-verified",
            Self::PhoneNotFound => "phone-not-found",
            Self::PhoneNotVerified => "phone-not-verified",
            Self::PhoneAlreadyVerified => "phone-already-verified",
            Self::UrlNotAllowed => "url-not-allowed",
            Self::AuthenticatorNotFound => "authenticator-not-found",
            Self::AuthenticatorAlreadyVerified => "authenticator-already-verified",
            Self::RecoveryCodesExist => "recovery-codes-exist",
            Self::RecoveryCodesNotFound => "recovery-codes-not-found",
            Self::MoreFactorsRequired => "more-factors-required",
            Self::ChallengeRequired => "challenge-required",
            Self::UselessChallenge => "useless-challenge",
            Self::InvalidQuery { .. } => "invalid-query",
            Self::TooManyValues => "too-many-values",
            Self::CursorNotFound => "cursor-not-found",
            Self::WebhookNotFound => "webhook-not-found",
            Self::DeliveryNotFound => "delivery-not-found",
            Self::AdminNotFound => "admin-not-found",
            Self::AdminExists => "admin-exists",
            Self::LastAdmin => "last-admin",
            Self::AdminTokenNotFound => "admin-token-not-found",
            Self::PlatformNotFound => "platform-not-found",
            Self::ProviderNotFound => "provider-not-found",
            Self::ProviderExists => "provider-exists",
            Self::TemplateNotFound => "template-not-found",
            Self::MessageNotFound => "message-not-found",
            Self::TokenExpired => "token-expired",
            Self::SessionNotFresh => "session-not-fresh",
            Self::PolicyNotFound => "policy-not-found",
            Self::PolicyExists => "policy-exists",
            Self::OtherFactorRequired => "other-factor-required",
            Self::FactorNotFound => "factor-not-found",
            Self::NotYours => "not-yours",
            Self::AccountLocked => "account-locked",
            Self::CaptchaFailed => "captcha-failed",
            Self::CaptchaUnavailable => "captcha-unavailable",
        }
    }
}

/// A code, and for `Internal` what the log should know.
#[derive(Debug, thiserror::Error)]
pub struct Error {
    /// The stable code.
    pub code: Code,
    detail: Option<String>,
    retry: bool,
}

impl Error {
    /// A defect, with a note for the log. Never put a secret or a phone number in it.
    pub fn internal(detail: impl fmt::Display) -> Self {
        Self { code: Code::Internal, detail: Some(detail.to_string()), retry: false }
    }

    /// The store failed, with a note for the log.
    pub fn store(detail: impl fmt::Display) -> Self {
        Self { code: Code::StoreUnavailable, detail: Some(detail.to_string()), retry: false }
    }

    /// The same failure of the store, in which the whole transaction may succeed when it is run again.
    #[must_use]
    pub(crate) fn retryable(mut self) -> Self {
        self.retry = true;
        self
    }

    /// The same failure, after which nothing may be run again.
    #[must_use]
    pub(crate) fn once(mut self) -> Self {
        self.retry = false;
        self
    }

    /// Whether running the whole transaction again may help.
    pub(crate) const fn may_retry(&self) -> bool {
        self.retry
    }

    /// The same error once more, for everybody whose work shared a failed commit.
    #[must_use]
    pub(crate) fn again(&self) -> Self {
        Self { code: self.code.clone(), detail: self.detail.clone(), retry: self.retry }
    }

    /// `field` does not take its value.
    pub fn invalid(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Code::InvalidValue { field: field.into(), reason: reason.into() }.into()
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self { code, detail: None, retry: false }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.code, &self.detail) {
            (Code::InvalidValue { field, reason }, _) => write!(f, "{field}: {reason}"),
            (Code::KeyFileMismatch, _) => {
                f.write_str("the key file does not belong to this database: stored secrets cannot be opened with it")
            }
            (code, Some(detail)) => write!(f, "{code:?}: {detail}"),
            (code, None) => write!(f, "{code:?}"),
        }
    }
}
