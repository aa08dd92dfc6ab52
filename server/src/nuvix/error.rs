//! Failures in this dialect's words (contract nuvix §1.5, §1.6).

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use countersign_domain::base::{Code, Error, Time};
use serde::Serialize;

use super::Flavour;
use crate::http::call::Refusal;
use crate::http::limit::Hit;

/// The version that every error body names.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A refusal: status, type and words.
#[derive(Debug)]
pub(super) struct Failure {
    pub status: StatusCode,
    pub kind: &'static str,
    pub message: Box<str>,
    /// One text per field that is wrong.
    pub fields: Vec<String>,
    pub hit: Option<Hit>,
    pub retry_at: Option<Time>,
    /// What the log should know and the client should not.
    pub detail: Option<Box<str>>,
}

impl Refusal for Failure {
    fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    fn name(&self) -> String {
        self.kind.to_owned()
    }
}

impl Failure {
    pub(super) fn new(status: StatusCode, kind: &'static str, message: impl Into<Box<str>>) -> Self {
        Self { status, kind, message: message.into(), fields: Vec::new(), hit: None, retry_at: None, detail: None }
    }

    /// Values that are not acceptable, each text naming its field.
    pub(super) fn invalid(fields: Vec<String>) -> Self {
        let message = fields.join(" ");
        Self { fields, ..Self::new(StatusCode::BAD_REQUEST, "general_argument_invalid", message) }
    }

    pub(super) fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "general_route_not_found",
            "There is no such route. Check the path and the method.",
        )
    }

    pub(super) fn bad_request(message: impl Into<Box<str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "general_bad_request", message)
    }

    pub(super) fn too_many(hit: Hit) -> Self {
        Self {
            hit: Some(hit),
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "general_rate_limit_exceeded",
                "Too many requests. Wait until the time in X-RateLimit-Reset and try again.",
            )
        }
    }

    /// The answer, in the flavour of the caller.
    pub(super) fn into_response(self, flavour: Flavour, now: Time) -> Response {
        let listed = flavour == Flavour::Nuvix && !self.fields.is_empty();
        let body = Body {
            message: if listed { Message::List(self.fields) } else { Message::Text(self.message.into()) },
            code: self.status.as_u16(),
            // Stock Nuvix has one type for all that does not validate.
            kind: if listed { "general_bad_request" } else { self.kind },
            version: VERSION,
            limit: self.hit.map(|h| h.limit),
            remaining: self.hit.map(|h| h.remaining),
            reset: self.hit.map(|h| flavour.reset(h.reset_at)),
        };
        let text = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = (self.status, text).into_response();
        response.headers_mut().insert(CONTENT_TYPE, super::JSON);
        if let Some(at) = self.hit.map(|h| h.reset_at).or(self.retry_at) {
            let seconds = (at.micros_since(now) + 999_999).div_euclid(1_000_000).max(1);
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The body of every refusal.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Error)]
pub(super) struct Body {
    /// What went wrong and what to do. A list of texts, one per field, for `X-Nuvix-*` callers when values are wrong.
    message: Message,
    /// The HTTP status again.
    code: u16,
    /// What clients switch on.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The server's version.
    version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remaining: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reset: Option<i64>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(untagged)]
enum Message {
    Text(String),
    List(Vec<String>),
}

impl From<Error> for Failure {
    #[expect(clippy::too_many_lines, reason = "one arm per code")]
    fn from(error: Error) -> Self {
        use StatusCode as S;
        let failure = |status, kind, message: &str| Self::new(status, kind, message);
        match &error.code {
            // The last ones are of the admin API alone.
            Code::Internal
            | Code::KeyFileMismatch
            | Code::AdminNotFound
            | Code::AdminExists
            | Code::LastAdmin
            | Code::AdminTokenNotFound
            | Code::PlatformNotFound
            | Code::ProviderNotFound
            | Code::ProviderExists
            | Code::TemplateNotFound
            | Code::PolicyNotFound
            | Code::PolicyExists
            | Code::MessageNotFound => Self {
                detail: Some(error.to_string().into()),
                ..failure(
                    S::INTERNAL_SERVER_ERROR,
                    "general_server_error",
                    "An internal error happened. It is in the server's log.",
                )
            },
            Code::StoreUnavailable => Self {
                detail: Some(error.to_string().into()),
                ..failure(
                    S::SERVICE_UNAVAILABLE,
                    "general_server_error",
                    "The server cannot reach its database. Nothing was changed; try again.",
                )
            },
            Code::InvalidValue { field, reason } => Self::invalid(vec![format!("Invalid `{field}` param: {reason}")]),
            Code::ProjectNotFound => failure(
                S::NOT_FOUND,
                "project_not_found",
                "There is no project with this id. Check the project header.",
            ),
            Code::ProjectExists => failure(S::CONFLICT, "general_bad_request", "A project with this id exists."),
            Code::KeyNotFound => failure(S::NOT_FOUND, "general_not_found", "There is no key with this id."),
            Code::KeyExpired => {
                failure(S::UNAUTHORIZED, "project_key_expired", "The API key has expired. Create a new one.")
            }
            Code::MethodDisabled => failure(
                S::NOT_IMPLEMENTED,
                "user_auth_method_unsupported",
                "This way to sign in is not enabled for this project.",
            ),
            Code::NoSmsProvider => failure(
                S::SERVICE_UNAVAILABLE,
                "general_phone_disabled",
                "Phone sign-in is not set up: the project has no SMS provider.",
            ),
            Code::CountryNotAllowed => Self::invalid(vec![
                "Invalid `phone` param: messages to this country or kind of number are not allowed in this project"
                    .to_owned(),
            ]),
            Code::InvalidToken => failure(
                S::UNAUTHORIZED,
                "user_invalid_token",
                "The code or token is wrong, used or expired. Ask for a new one.",
            ),
            Code::TooManyAttempts { retry_at } => Self {
                retry_at: Some(*retry_at),
                ..failure(
                    S::TOO_MANY_REQUESTS,
                    "general_rate_limit_exceeded",
                    "Too many requests. Wait a little and try again.",
                )
            },
            Code::AccountLocked => failure(
                S::TOO_MANY_REQUESTS,
                "general_rate_limit_exceeded",
                "Too many wrong passwords. Set a new password, or sign in another way.",
            ),
            // Only Frontegg clients are asked to show that a person asks.
            Code::CaptchaFailed | Code::CaptchaUnavailable => {
                failure(S::FORBIDDEN, "general_access_forbidden", "Show first that a person asks.")
            }
            Code::TokenExpired => {
                failure(S::UNAUTHORIZED, "user_invalid_token", "The code has expired. Ask for a new one.")
            }
            Code::SessionNotFresh => failure(
                S::UNAUTHORIZED,
                "user_challenge_required",
                "This needs a session that just began. Sign in again first.",
            ),
            Code::OtherFactorRequired | Code::FactorNotFound => {
                failure(S::BAD_REQUEST, "user_more_factors_required", "The account needs another second factor first.")
            }
            Code::NotYours => failure(S::UNAUTHORIZED, "user_unauthorized", "This belongs to another account."),
            Code::UserNotFound => failure(S::NOT_FOUND, "user_not_found", "There is no user with this id."),
            Code::UserExists => {
                failure(S::CONFLICT, "user_already_exists", "A user with this id, e-mail or phone exists.")
            }
            Code::UserBlocked => {
                failure(S::UNAUTHORIZED, "user_blocked", "This account is blocked. Ask the people who run the service.")
            }
            Code::UserLimitReached => {
                failure(S::BAD_REQUEST, "user_count_exceeded", "This project takes no more users.")
            }
            Code::SignUpDisabled => {
                failure(S::NOT_IMPLEMENTED, "user_auth_method_unsupported", "This project takes no new users.")
            }
            Code::PhoneTaken => {
                failure(S::CONFLICT, "user_phone_already_exists", "Another account has this phone number.")
            }
            Code::ContactNotFound => failure(S::NOT_FOUND, "user_target_not_found", "There is no target with this id."),
            // No route of this dialect knows of these.
            Code::TenantNotFound => failure(S::NOT_FOUND, "team_not_found", "There is no account with this id."),
            Code::TenantExists => failure(S::CONFLICT, "team_already_exists", "An account with this id exists."),
            Code::ContactExists => failure(
                S::CONFLICT,
                "user_target_already_exists",
                "A target with this id, address, number or token exists.",
            ),
            Code::InvalidEmail => failure(
                S::BAD_REQUEST,
                "general_invalid_email",
                "Invalid `identifier` param: must be an e-mail address such as anna@example.com",
            ),
            Code::InvalidPhone => failure(
                S::BAD_REQUEST,
                "general_invalid_phone",
                "Invalid `identifier` param: must be a phone number that starts with '+' and its country code, such as \
                 +14255550123",
            ),
            Code::SessionNotFound => {
                failure(S::NOT_FOUND, "user_session_not_found", "There is no session with this id.")
            }
            Code::NoEmailProvider => failure(
                S::SERVICE_UNAVAILABLE,
                "general_smtp_disabled",
                "E-mail is not set up: the project has no e-mail provider.",
            ),
            Code::InvalidCredentials => {
                failure(S::UNAUTHORIZED, "user_invalid_credentials", "The e-mail or the password is wrong.")
            }
            Code::PasswordRecentlyUsed => {
                failure(S::BAD_REQUEST, "password_recently_used", "This password was used before. Choose another one.")
            }
            Code::PasswordPersonalData => failure(
                S::BAD_REQUEST,
                "password_personal_data",
                "The password holds a name, an id, an e-mail address or a phone number of the account. Choose another one.",
            ),
            Code::EmailTaken => {
                failure(S::CONFLICT, "user_target_already_exists", "Another account has this e-mail address.")
            }
            Code::EmailNotFound => {
                failure(S::BAD_REQUEST, "user_email_not_found", "The account has no e-mail address. Set one first.")
            }
            Code::EmailNotVerified => failure(
                S::BAD_REQUEST,
                "user_email_not_verified",
                "The account's e-mail address is not verified. Verify it first.",
            ),
            Code::EmailAlreadyVerified => {
                failure(S::CONFLICT, "user_email_already_verified", "The account's e-mail address is verified already.")
            }
            Code::PhoneNotFound => {
                failure(S::BAD_REQUEST, "user_phone_not_found", "The account has no phone number. Set one first.")
            }
            Code::PhoneNotVerified => failure(
                S::BAD_REQUEST,
                "user_phone_not_verified",
                "The account's phone number is not verified. Verify it first.",
            ),
            Code::PhoneAlreadyVerified => {
                failure(S::CONFLICT, "user_phone_already_verified", "The account's phone number is verified already.")
            }
            Code::UrlNotAllowed => failure(
                S::BAD_REQUEST,
                "general_bad_request",
                "Links may not lead to this URL. Add its host to the project's platforms first.",
            ),
            Code::AuthenticatorNotFound => failure(
                S::NOT_FOUND,
                "user_authenticator_not_found",
                "The account has no authenticator app. Add one first.",
            ),
            Code::AuthenticatorAlreadyVerified => failure(
                S::CONFLICT,
                "user_authenticator_already_verified",
                "The account's authenticator app is verified already. Remove it first.",
            ),
            Code::RecoveryCodesExist => failure(
                S::CONFLICT,
                "user_recovery_codes_already_exists",
                "The account has recovery codes already. Regenerate them instead.",
            ),
            Code::RecoveryCodesNotFound => failure(
                S::NOT_FOUND,
                "user_recovery_codes_not_found",
                "The account has no recovery codes. Create them first.",
            ),
            Code::MoreFactorsRequired => failure(
                S::UNAUTHORIZED,
                "user_more_factors_required",
                "This account asks for a second factor. Complete a challenge first.",
            ),
            Code::ChallengeRequired => failure(
                S::UNAUTHORIZED,
                "user_challenge_required",
                "This needs a second factor that was proved lately. Complete a challenge first.",
            ),
            Code::UselessChallenge => failure(
                S::BAD_REQUEST,
                "user_invalid_challenge",
                "The session began with this factor. Choose another one for the challenge.",
            ),
            Code::InvalidQuery { reason } => {
                failure(S::BAD_REQUEST, "general_query_invalid", &format!("Invalid `queries` param: {reason}."))
            }
            Code::TooManyValues => failure(
                S::BAD_REQUEST,
                "general_query_limit_exceeded",
                "Invalid `queries` param: a filter takes at most 100 values.",
            ),
            Code::CursorNotFound => failure(
                S::BAD_REQUEST,
                "general_cursor_not_found",
                "There is nothing with the id of the cursor. Begin with the first page again.",
            ),
            // No route of this dialect has webhooks or remembered devices.
            Code::WebhookNotFound | Code::DeliveryNotFound | Code::DeviceNotFound => {
                failure(S::NOT_FOUND, "general_not_found", "There is nothing with this id.")
            }
        }
    }
}
