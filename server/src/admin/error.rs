//! Failures in the words of the admin API.

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use countersign_domain::base::{Code, Error, Time};
use serde::Serialize;
use utoipa::ToSchema;

use super::wire;
use crate::http::call::Refusal;

/// A refusal.
#[derive(Debug)]
pub(super) struct Failure {
    pub status: StatusCode,
    pub code: &'static str,
    message: String,
    field: Option<String>,
    retry_at: Option<Time>,
    /// What the log should know and the client should not.
    pub detail: Option<String>,
}

/// The body of every refusal.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminError)]
pub(super) struct Body {
    error: Told,
}

/// What went wrong.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminErrorDetail)]
struct Told {
    /// What programs switch on.
    #[schema(example = "invalid-value")]
    code: &'static str,
    /// What is wrong and what to do.
    message: String,
    /// The field or parameter that is to blame, if one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
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
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), field: None, retry_at: None, detail: None }
    }

    /// `field` does not take its value.
    pub(super) fn invalid(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Error::invalid(field, reason).into()
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "route-not-found", "There is no such route. Check the path.")
    }

    /// Nobody who is known asks.
    pub(super) fn unauthorized(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
    }

    pub(super) fn into_response(self, now: Time) -> Response {
        let body = Body { error: Told { code: self.code, message: self.message, field: self.field } };
        let mut response = wire::answer(self.status, &body);
        if let Some(at) = self.retry_at {
            let seconds = (at.micros_since(now) + 999_999).div_euclid(1_000_000).max(1);
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.into_response()
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
        let code = error.code.name();
        let say = |status, message: &str| Self::new(status, code, message);
        match &error.code {
            Code::Internal | Code::KeyFileMismatch => Self {
                detail: Some(error.to_string()),
                ..say(S::INTERNAL_SERVER_ERROR, "An internal error happened. It is in the server's log.")
            },
            Code::StoreUnavailable => Self {
                detail: Some(error.to_string()),
                ..say(S::SERVICE_UNAVAILABLE, "The server cannot reach its database. Nothing was changed; try again.")
            },
            Code::InvalidValue { field, reason } => {
                Self { field: Some(field.clone()), ..Self::new(S::BAD_REQUEST, code, format!("{field}: {reason}")) }
            }
            Code::ProjectNotFound => say(S::NOT_FOUND, "There is no project with this id."),
            Code::ProjectExists => say(S::CONFLICT, "A project with this id exists. Choose another id."),
            Code::KeyNotFound => say(S::NOT_FOUND, "The project has no API key with this id."),
            Code::KeyExpired => say(S::UNAUTHORIZED, "The key has expired. Create a new one."),
            Code::MethodDisabled => say(S::CONFLICT, "This is switched off in the project's settings."),
            Code::NoSmsProvider => say(S::CONFLICT, "The project has no SMS provider. Add one first."),
            Code::NoEmailProvider => say(S::CONFLICT, "The project has no e-mail provider. Add one first."),
            Code::CountryNotAllowed => Self {
                field: Some("to".to_owned()),
                ..say(
                    S::BAD_REQUEST,
                    "SMS to this country or kind of number are not allowed. See the project's sms.countries.",
                )
            },
            Code::InvalidToken => say(S::BAD_REQUEST, "The code or token is wrong, used or expired."),
            Code::TooManyAttempts { retry_at } => Self {
                retry_at: Some(*retry_at),
                ..say(S::TOO_MANY_REQUESTS, "Too many tries. Wait for the seconds in Retry-After, then try again.")
            },
            Code::UserNotFound => {
                say(S::NOT_FOUND, "The project has no user with this id, or nobody proved to be him.")
            }
            Code::UserExists => say(S::CONFLICT, "A user with this id, e-mail address or number exists."),
            Code::UserBlocked => say(S::CONFLICT, "The user is blocked."),
            Code::UserLimitReached => say(S::CONFLICT, "The project takes no more users. See its auth.limit."),
            Code::SignUpDisabled => say(S::CONFLICT, "The project takes no new users. See its auth.signUp."),
            Code::PhoneTaken => say(S::CONFLICT, "Another user has this number."),
            Code::EmailTaken => say(S::CONFLICT, "Another user has this e-mail address."),
            Code::TokenExpired => say(S::BAD_REQUEST, "The code or token is expired."),
            Code::SessionNotFresh => say(S::UNAUTHORIZED, "The session began too long ago for this. Sign in again."),
            Code::NotYours => say(S::FORBIDDEN, "This belongs to another account."),
            Code::AccountLocked => say(S::CONFLICT, "Too many wrong passwords locked the account's."),
            Code::CaptchaFailed | Code::CaptchaUnavailable => say(S::FORBIDDEN, "Nothing shows that a person asks."),
            Code::SessionNotFound => say(S::NOT_FOUND, "There is no session with this id."),
            Code::DeviceNotFound => say(S::NOT_FOUND, "The user has no remembered device with this id."),
            Code::InvalidCredentials => say(S::UNAUTHORIZED, "The e-mail address or the password is wrong."),
            Code::PasswordRecentlyUsed => say(S::BAD_REQUEST, "This password was used before. Choose another one."),
            Code::PasswordPersonalData => {
                say(S::BAD_REQUEST, "The password holds a name, an id, an address or a number of the user.")
            }
            Code::ContactNotFound => say(S::NOT_FOUND, "The user has no target with this id."),
            Code::TenantNotFound => say(S::NOT_FOUND, "The project has no account with this id."),
            Code::TenantExists => say(S::CONFLICT, "The project has an account with this id already."),
            Code::ContactExists => say(S::CONFLICT, "A target with this id, address, number or token exists."),
            Code::InvalidEmail => say(S::BAD_REQUEST, "This must be an e-mail address such as anna@example.com."),
            Code::InvalidPhone => say(S::BAD_REQUEST, "This must be a phone number such as +14255550123."),
            Code::WebhookNotFound => say(S::NOT_FOUND, "The project has no webhook with this id."),
            Code::DeliveryNotFound => say(S::NOT_FOUND, "The project has no delivery of a webhook with this id."),
            Code::EmailNotFound => say(S::CONFLICT, "The user has no e-mail address. Set one first."),
            Code::EmailNotVerified => say(S::CONFLICT, "The user's e-mail address is not verified."),
            Code::EmailAlreadyVerified => say(S::CONFLICT, "The user's e-mail address is verified already."),
            Code::PhoneNotFound => say(S::CONFLICT, "The user has no phone number. Set one first."),
            Code::PhoneNotVerified => say(S::CONFLICT, "The user's phone number is not verified."),
            Code::PhoneAlreadyVerified => say(S::CONFLICT, "The user's phone number is verified already."),
            Code::UrlNotAllowed => {
                say(S::BAD_REQUEST, "Links may not lead there. Add the host to the platforms first.")
            }
            Code::AuthenticatorNotFound => say(S::NOT_FOUND, "The user has no authenticator app."),
            Code::AuthenticatorAlreadyVerified => say(S::CONFLICT, "The user's authenticator app is verified already."),
            Code::RecoveryCodesExist => say(S::CONFLICT, "The user has recovery codes already."),
            Code::RecoveryCodesNotFound => say(S::NOT_FOUND, "The user has no recovery codes."),
            Code::MoreFactorsRequired | Code::ChallengeRequired | Code::UselessChallenge => {
                say(S::CONFLICT, "This asks the user himself for a second factor.")
            }
            Code::InvalidQuery { reason } => Self {
                field: Some("filter".to_owned()),
                ..Self::new(S::BAD_REQUEST, code, format!("The list cannot be asked for this: {reason}."))
            },
            Code::TooManyValues => {
                Self { field: Some("filter".to_owned()), ..say(S::BAD_REQUEST, "A filter takes at most 100 values.") }
            }
            Code::CursorNotFound => Self {
                field: Some("cursor".to_owned()),
                ..say(
                    S::BAD_REQUEST,
                    "What the cursor points at is not there any more. Begin with the first page again.",
                )
            },
            Code::PolicyNotFound => say(S::NOT_FOUND, "The project has no such policy."),
            Code::PolicyExists => say(S::CONFLICT, "The project has such a policy already."),
            Code::OtherFactorRequired => say(S::CONFLICT, "The user needs a second factor other than SMS first."),
            Code::FactorNotFound => say(S::NOT_FOUND, "The user has no such second factor."),
            Code::AdminNotFound => say(S::NOT_FOUND, "There is no administrator with this id."),
            Code::AdminExists => say(S::CONFLICT, "There is an administrator with this e-mail address."),
            Code::LastAdmin => say(S::CONFLICT, "This is the only administrator. Make another one first."),
            Code::AdminTokenNotFound => say(S::NOT_FOUND, "There is no token with this id."),
            Code::PlatformNotFound => say(S::NOT_FOUND, "The project has no front end with this id."),
            Code::ProviderNotFound => say(S::NOT_FOUND, "The project has no provider of this channel with this name."),
            Code::ProviderExists => say(S::CONFLICT, "The channel has a provider with this name. Choose another name."),
            Code::TemplateNotFound => say(S::NOT_FOUND, "The project has no text of its own here."),
            Code::MessageNotFound => {
                say(S::NOT_FOUND, "The project has no message with this id. They are kept for thirty days.")
            }
        }
    }
}
