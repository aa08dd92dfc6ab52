//! Failures in this dialect's words (contract frontegg §1.4): what people read, and Frontegg's number where it has one.

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use countersign_domain::base::{Code, Error, Time};
use serde::Serialize;

use crate::http::call::Refusal;
use crate::http::json;
use crate::http::params::{BadBody, NotAPhone, Wrong};

/// A refusal: status and words.
#[derive(Debug)]
pub(super) struct Failure {
    pub status: StatusCode,
    pub errors: Vec<String>,
    pub code: Option<&'static str>,
    retry_at: Option<Time>,
    /// What the log should know and the client should not.
    pub detail: Option<Box<str>>,
}

impl Refusal for Failure {
    fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    fn name(&self) -> String {
        self.status.to_string()
    }
}

impl Failure {
    pub(super) fn new(status: StatusCode, words: impl Into<String>) -> Self {
        Self { status, errors: vec![words.into()], code: None, retry_at: None, detail: None }
    }

    /// The same with Frontegg's number.
    pub(super) fn numbered(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "There is no such route.").numbered("ER-00004")
    }

    /// Nobody is signed in; the words are Frontegg's.
    pub(super) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Unauthorized")
    }

    /// No session has this refresh token; the words are Frontegg's.
    pub(super) fn no_session() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Session not found")
    }

    /// A server's client id and secret do not go together.
    pub(super) fn bad_secret() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Invalid authentication: clientId and secret do not go together.")
    }

    /// Other words for a wrong secret, where the route has its own.
    pub(super) fn or_wrong(error: Error, status: StatusCode, words: &str) -> Self {
        match error.code {
            Code::InvalidToken | Code::TokenExpired | Code::InvalidCredentials => Self::new(status, words),
            _ => error.into(),
        }
    }

    pub(super) fn into_response(self, now: Time) -> Response {
        let body = Body { errors: self.errors, error_code: self.code };
        let text = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = json::answer_bytes(self.status, text.into());
        if let Some(at) = self.retry_at {
            let seconds = HeaderValue::from((at.micros_since(now) + 999_999).div_euclid(1_000_000).max(1));
            response.headers_mut().insert(RETRY_AFTER, seconds);
        }
        response
    }
}

/// The body of every refusal.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggError)]
pub(super) struct Body {
    /// What went wrong and what to do.
    errors: Vec<String>,
    /// Frontegg's number of it, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ER-00004")]
    error_code: Option<&'static str>,
}

impl From<Wrong> for Failure {
    fn from(wrong: Wrong) -> Self {
        let errors = wrong.0.into_values().flatten().collect();
        Self { status: StatusCode::BAD_REQUEST, errors, code: None, retry_at: None, detail: None }
    }
}

impl From<BadBody> for Failure {
    fn from(bad: BadBody) -> Self {
        Self::new(StatusCode::BAD_REQUEST, bad.message())
    }
}

impl From<NotAPhone> for Failure {
    fn from(_: NotAPhone) -> Self {
        Code::InvalidPhone.into()
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
        let failure = |status, words: &str| Self::new(status, words);
        match &error.code {
            Code::Internal | Code::KeyFileMismatch => Self {
                detail: Some(error.to_string().into()),
                ..failure(S::INTERNAL_SERVER_ERROR, "An internal error happened. It is in the server's log.")
            },
            Code::StoreUnavailable => Self {
                detail: Some(error.to_string().into()),
                ..failure(
                    S::SERVICE_UNAVAILABLE,
                    "The server cannot reach its database. Nothing was changed; try again.",
                )
            },
            Code::InvalidValue { field, .. } if field == "phone" => Code::InvalidPhone.into(),
            Code::InvalidValue { field, reason } => failure(S::BAD_REQUEST, &format!("{field} {reason}.")),
            Code::InvalidPhone => failure(
                S::BAD_REQUEST,
                "This is not a phone number that can be used here. Write it with + and its country code.",
            ),
            Code::InvalidEmail => failure(S::BAD_REQUEST, "This is not an e-mail address."),
            Code::PasswordRecentlyUsed => failure(S::BAD_REQUEST, "This password was used before. Choose another one."),
            Code::PasswordPersonalData => failure(
                S::BAD_REQUEST,
                "The password holds a name, an e-mail address or a phone number of the account. Choose another one.",
            ),
            Code::ProjectNotFound => failure(
                S::NOT_FOUND,
                "No project has this host name. Add it to the project's frontegg.hosts, or set default_project.",
            ),
            Code::MethodDisabled => failure(
                S::BAD_REQUEST,
                "Invalid authentication type: this way to sign in is not enabled for this project.",
            ),
            Code::NoSmsProvider | Code::NoEmailProvider => {
                failure(S::SERVICE_UNAVAILABLE, "No code can be sent: the project has no provider for it.")
            }
            Code::CountryNotAllowed => {
                failure(S::BAD_REQUEST, "Messages to this country or kind of number are not allowed in this project.")
            }
            Code::InvalidToken => {
                failure(S::UNAUTHORIZED, "The code is wrong or was used already. Check it, or ask for a new one.")
            }
            Code::TokenExpired => failure(S::UNAUTHORIZED, "The code has expired. Ask for a new one."),
            Code::TooManyAttempts { retry_at } => Self {
                retry_at: Some(*retry_at),
                ..failure(S::TOO_MANY_REQUESTS, "Too many tries. Wait a moment, then try again.")
            },
            Code::AccountLocked => failure(
                S::LOCKED,
                "The account is locked because of too many failed attempts. Sign in another way, or set a new password.",
            ),
            Code::CaptchaFailed => {
                failure(S::FORBIDDEN, "The captcha does not show that a person asks. Reload the page and try again.")
            }
            Code::CaptchaUnavailable => failure(
                S::SERVICE_UNAVAILABLE,
                "Whether a person asks could not be found out. Nothing was done; try again in a moment.",
            ),
            Code::UserNotFound => failure(S::NOT_FOUND, "There is no such user."),
            Code::UserExists | Code::EmailTaken => {
                failure(S::CONFLICT, "An account with this e-mail address exists. Sign in instead.")
            }
            Code::UserBlocked => failure(S::LOCKED, "This account is locked. Ask the people who run the service."),
            Code::UserLimitReached | Code::SignUpDisabled => {
                failure(S::BAD_REQUEST, "No new accounts are taken here at the moment.")
            }
            Code::NotYours => failure(S::FORBIDDEN, "This belongs to another account."),
            Code::PhoneTaken => failure(S::CONFLICT, "Another account has this phone number."),
            Code::PhoneNotVerified | Code::PhoneNotFound => {
                failure(S::BAD_REQUEST, "User does not have a phone number")
            }
            Code::PhoneAlreadyVerified => failure(S::CONFLICT, "The account has this phone number already."),
            Code::InvalidCredentials => failure(S::UNAUTHORIZED, "Incorrect email or password"),
            Code::SessionNotFound => Self::no_session(),
            Code::SessionNotFresh => {
                failure(S::FORBIDDEN, "This needs a session that just began. Sign in again first.")
            }
            Code::EmailNotFound | Code::EmailNotVerified => {
                failure(S::BAD_REQUEST, "The account has no verified e-mail address.")
            }
            Code::EmailAlreadyVerified => failure(S::BAD_REQUEST, "The e-mail address is verified already."),
            Code::UrlNotAllowed => failure(
                S::FORBIDDEN,
                "People may not be led to this URL. Add its host to the project's platforms first.",
            ),
            Code::AuthenticatorNotFound => {
                failure(S::BAD_REQUEST, "MFA is not enrolled: the account has no authenticator app.")
                    .numbered("ER-01097")
            }
            Code::AuthenticatorAlreadyVerified => {
                failure(S::BAD_REQUEST, "The account has an authenticator app. Remove it first.")
            }
            Code::RecoveryCodesExist | Code::RecoveryCodesNotFound => {
                failure(S::BAD_REQUEST, "The account has no recovery code.")
            }
            Code::MoreFactorsRequired => {
                failure(S::UNAUTHORIZED, "This account asks for a second factor. Sign in and show one first.")
            }
            Code::OtherFactorRequired => failure(
                S::BAD_REQUEST,
                "Another MFA method than SMS is needed first: add an authenticator app, or verify the e-mail address.",
            ),
            Code::FactorNotFound => failure(S::NOT_FOUND, "The account has no such MFA method that can be used here."),
            Code::PolicyNotFound => failure(S::NOT_FOUND, "Security Policy not found. MFA is disabled"),
            Code::PolicyExists => failure(S::CONFLICT, "The policy exists already. Use PATCH or PUT to change it."),
            Code::ChallengeRequired | Code::UselessChallenge => {
                failure(S::FORBIDDEN, "This needs a second factor that was shown lately. Show one again first.")
            }
            Code::KeyNotFound | Code::KeyExpired => Self::bad_secret(),
            Code::TenantNotFound => failure(S::NOT_FOUND, "There is no account with this id."),
            Code::TenantExists => failure(S::CONFLICT, "An account with this id exists."),
            Code::ProjectExists
            | Code::InvalidQuery { .. }
            | Code::TooManyValues
            | Code::CursorNotFound
            | Code::ContactNotFound
            | Code::ContactExists
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
            | Code::MessageNotFound => failure(S::BAD_REQUEST, "This cannot be done here."),
        }
    }
}
