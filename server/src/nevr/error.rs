//! Failures in this dialect's words (contract nevr §1, §5). The names are nevr's, and better-auth's where nevr has none.

use std::collections::BTreeMap;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use countersign_domain::base::{Code, Error, Time};
use serde::Serialize;

use crate::http::call::Refusal;
use crate::http::json::{JSON, NO_STORE};
use crate::http::params::{BadBody, NotAPhone, Wrong};

/// What is wrong with each field.
type Fields = BTreeMap<&'static str, Vec<String>>;

/// A refusal: status, name and words.
#[derive(Debug)]
pub(super) struct Failure {
    pub status: StatusCode,
    pub code: &'static str,
    pub message: Box<str>,
    pub errors: Option<Fields>,
    retry_at: Option<Time>,
    /// What the log should know and the client should not.
    pub detail: Option<Box<str>>,
}

impl Refusal for Failure {
    fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    fn name(&self) -> String {
        self.code.to_owned()
    }
}

impl Failure {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<Box<str>>) -> Self {
        Self { status, code, message: message.into(), errors: None, retry_at: None, detail: None }
    }

    /// Fields that do not have the right shape.
    pub(super) fn invalid(errors: Fields) -> Self {
        let failure = Self::new(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", "Validation failed");
        Self { errors: Some(errors), ..failure }
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", "Endpoint not found")
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "Nobody is signed in. Sign in first.")
    }

    pub(super) fn invalid_phone() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "INVALID_PHONE_NUMBER",
            "This is not a phone number that can be used here. Write it with + and its country code.",
        )
    }

    pub(super) fn rate_limited(retry_at: Time) -> Self {
        let failure =
            Self::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", "Too many requests. Please try again later.");
        Self { retry_at: Some(retry_at), ..failure }
    }

    /// Another name and other words for a wrong secret, where the route has its own.
    pub(super) fn or_wrong(error: Error, status: StatusCode, code: &'static str, message: &str) -> Self {
        match error.code {
            Code::InvalidToken | Code::InvalidCredentials => Self::new(status, code, message),
            _ => error.into(),
        }
    }

    pub(super) fn into_response(self, now: Time) -> Response {
        let Self { code, message, errors, .. } = self;
        let error = Named { code, message: &message };
        let body = Body { error, code, message: &message, errors };
        let mut response = (self.status, serde_json::to_vec(&body).unwrap_or_default()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, JSON);
        headers.insert(CACHE_CONTROL, NO_STORE);
        if let Some(at) = self.retry_at {
            let seconds = HeaderValue::from((at.micros_since(now) + 999_999).div_euclid(1_000_000).max(1));
            headers.insert(RETRY_AFTER, seconds.clone());
            // What better-auth's clients read.
            headers.insert(HeaderName::from_static("x-retry-after"), seconds);
        }
        response
    }
}

/// The body of every refusal.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = NevrError)]
pub(super) struct Body<'a> {
    /// What nevr's clients read.
    error: Named<'a>,
    /// The same name, for better-auth's clients.
    code: &'static str,
    /// The same words.
    message: &'a str,
    /// What is wrong with each field, if fields are wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Fields>,
}

/// A name to switch on, with words for people.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = NevrNamedError)]
pub(super) struct Named<'a> {
    /// The name.
    code: &'static str,
    /// What went wrong and what to do.
    message: &'a str,
}

impl From<Wrong> for Failure {
    fn from(wrong: Wrong) -> Self {
        Self::invalid(wrong.0)
    }
}

impl From<BadBody> for Failure {
    fn from(bad: BadBody) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", bad.message())
    }
}

/// Contract nevr §5.
impl From<NotAPhone> for Failure {
    fn from(_: NotAPhone) -> Self {
        Self::invalid_phone()
    }
}

impl From<Code> for Failure {
    fn from(code: Code) -> Self {
        Error::from(code).into()
    }
}

impl From<Error> for Failure {
    #[expect(clippy::too_many_lines, reason = "one arm per code")]
    fn from(error: Error) -> Self {
        use StatusCode as S;
        let failure = |status, code, message: &str| Self::new(status, code, message);
        match &error.code {
            Code::Internal | Code::KeyFileMismatch => Self {
                detail: Some(error.to_string().into()),
                ..failure(
                    S::INTERNAL_SERVER_ERROR,
                    "UNEXPECTED_ERROR",
                    "An internal error happened. It is in the server's log.",
                )
            },
            Code::StoreUnavailable => Self {
                detail: Some(error.to_string().into()),
                ..failure(
                    S::SERVICE_UNAVAILABLE,
                    "UNEXPECTED_ERROR",
                    "The server cannot reach its database. Nothing was changed; try again.",
                )
            },
            Code::InvalidValue { field, reason } if field == "password" => {
                failure(S::BAD_REQUEST, "PASSWORD_TOO_WEAK", &format!("The password {reason}."))
            }
            Code::InvalidValue { field, .. } if field == "phone" => Self::invalid_phone(),
            Code::InvalidValue { field, reason } => {
                failure(S::BAD_REQUEST, "VALIDATION_ERROR", &format!("{field} {reason}."))
            }
            Code::PasswordRecentlyUsed => {
                failure(S::BAD_REQUEST, "PASSWORD_TOO_WEAK", "This password was used before. Choose another one.")
            }
            Code::PasswordPersonalData => failure(
                S::BAD_REQUEST,
                "PASSWORD_TOO_WEAK",
                "The password holds a name, an e-mail address or a phone number of the account. Choose another one.",
            ),
            Code::ProjectNotFound => failure(
                S::NOT_FOUND,
                "PROJECT_NOT_FOUND",
                "No project has this host name. Add it to the project's nevr.hosts, or set default_project.",
            ),
            Code::MethodDisabled => {
                failure(S::FORBIDDEN, "METHOD_DISABLED", "This way to sign in is not enabled for this project.")
            }
            Code::NoSmsProvider | Code::NoEmailProvider => failure(
                S::SERVICE_UNAVAILABLE,
                "SEND_OTP_NOT_IMPLEMENTED",
                "No code can be sent: the project has no provider for it.",
            ),
            Code::CountryNotAllowed => failure(
                S::BAD_REQUEST,
                "INVALID_PHONE_NUMBER",
                "Messages to this country or kind of number are not allowed in this project.",
            ),
            Code::InvalidToken => failure(
                S::BAD_REQUEST,
                "INVALID_OTP",
                "The code is wrong or was used already. Check it, or ask for a new one.",
            ),
            Code::TokenExpired => failure(S::BAD_REQUEST, "OTP_EXPIRED", "The code has expired. Ask for a new one."),
            Code::TooManyAttempts { retry_at } => Self {
                retry_at: Some(*retry_at),
                ..failure(
                    S::TOO_MANY_REQUESTS,
                    "TOO_MANY_ATTEMPTS",
                    "Too many tries. Ask for a new code, or wait and try again.",
                )
            },
            Code::AccountLocked => failure(
                S::TOO_MANY_REQUESTS,
                "TOO_MANY_ATTEMPTS",
                "Too many wrong passwords. Set a new password, or sign in another way.",
            ),
            // Only Frontegg clients are asked to show that a person asks.
            Code::CaptchaFailed | Code::CaptchaUnavailable => {
                failure(S::FORBIDDEN, "FORBIDDEN", "Show first that a person asks.")
            }
            Code::UserNotFound => failure(S::BAD_REQUEST, "USER_NOT_FOUND", "This account is no more."),
            Code::UserExists | Code::EmailTaken => failure(
                S::CONFLICT,
                "USER_ALREADY_EXISTS",
                "An account with this e-mail address exists. Sign in instead.",
            ),
            Code::UserBlocked => {
                failure(S::FORBIDDEN, "BANNED_USER", "This account is blocked. Ask the people who run the service.")
            }
            Code::UserLimitReached | Code::SignUpDisabled => {
                failure(S::BAD_REQUEST, "SIGN_UP_DISABLED", "No new accounts are taken here at the moment.")
            }
            Code::PhoneTaken => {
                failure(S::CONFLICT, "PHONE_NUMBER_ALREADY_EXISTS", "Another account has this phone number.")
            }
            Code::PhoneNotVerified | Code::PhoneNotFound => failure(
                S::UNAUTHORIZED,
                "PHONE_NUMBER_NOT_VERIFIED",
                "The phone number is not verified. Sign in with a code first.",
            ),
            Code::PhoneAlreadyVerified => {
                failure(S::BAD_REQUEST, "PHONE_NUMBER_ALREADY_EXISTS", "The account has this phone number already.")
            }
            Code::InvalidCredentials => failure(S::BAD_REQUEST, "INVALID_PASSWORD", "The password is wrong."),
            Code::SessionNotFound => Self::unauthorized(),
            Code::SessionNotFresh => {
                failure(S::FORBIDDEN, "SESSION_NOT_FRESH", "This needs a session that just began. Sign in again first.")
            }
            Code::NotYours => failure(S::FORBIDDEN, "FORBIDDEN", "This belongs to another account."),
            Code::EmailNotFound | Code::EmailNotVerified => {
                failure(S::FORBIDDEN, "EMAIL_NOT_VERIFIED", "The account has no verified e-mail address.")
            }
            Code::EmailAlreadyVerified => {
                failure(S::BAD_REQUEST, "EMAIL_ALREADY_VERIFIED", "The e-mail address is verified already.")
            }
            Code::UrlNotAllowed => failure(
                S::FORBIDDEN,
                "INVALID_CALLBACK_URL",
                "People may not be led to this URL. Add its host to the project's platforms first.",
            ),
            Code::AuthenticatorNotFound => failure(
                S::BAD_REQUEST,
                "TWO_FACTOR_NOT_ENABLED",
                "The account has no authenticator app. Add one first.",
            ),
            Code::AuthenticatorAlreadyVerified => failure(
                S::BAD_REQUEST,
                "TWO_FACTOR_ALREADY_ENABLED",
                "The account has an authenticator app. Disable it first.",
            ),
            Code::RecoveryCodesExist | Code::RecoveryCodesNotFound => failure(
                S::BAD_REQUEST,
                "BACKUP_CODES_NOT_ENABLED",
                "The account has no backup codes. Enable two-factor authentication first.",
            ),
            Code::MoreFactorsRequired => failure(
                S::UNAUTHORIZED,
                "TWO_FACTOR_REQUIRED",
                "This account asks for a second factor. Show one first.",
            ),
            Code::OtherFactorRequired | Code::FactorNotFound => {
                failure(S::BAD_REQUEST, "TWO_FACTOR_NOT_ENABLED", "The account needs another second factor first.")
            }
            Code::ChallengeRequired | Code::UselessChallenge => failure(
                S::FORBIDDEN,
                "TWO_FACTOR_REQUIRED",
                "This needs a second factor that was shown lately. Show one again first.",
            ),
            Code::ProjectExists
            | Code::PolicyNotFound
            | Code::PolicyExists
            | Code::KeyNotFound
            | Code::KeyExpired
            | Code::InvalidQuery { .. }
            | Code::TooManyValues
            | Code::CursorNotFound
            | Code::ContactNotFound
            | Code::TenantNotFound
            | Code::TenantExists
            | Code::ContactExists
            | Code::InvalidEmail
            | Code::InvalidPhone
            | Code::DeviceNotFound
            | Code::WebhookNotFound
            | Code::DeliveryNotFound
            | Code::AdminNotFound
            | Code::AdminExists
            | Code::LastAdmin
            | Code::AdminTokenNotFound
            | Code::PlatformNotFound
            | Code::ProviderNotFound
            | Code::ProviderExists
            | Code::TemplateNotFound
            | Code::MessageNotFound => failure(S::BAD_REQUEST, "BAD_REQUEST", "This cannot be done here."),
        }
    }
}
