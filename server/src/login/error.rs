//! Failures in the words of the login box.

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, RETRY_AFTER};
use axum::response::{Html, IntoResponse as _, Response};
use countersign_domain::base::{Code, Error, Time};
use minijinja::context;

use crate::page;

/// What a form says when it is shown again.
pub(super) struct Refusal {
    pub status: StatusCode,
    pub message: String,
    /// Seconds to wait.
    pub retry_after: Option<i64>,
    /// Whether the code is of no more use.
    pub ends_flow: bool,
}

impl Refusal {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), retry_after: None, ends_flow: false }
    }

    /// What was entered will not do.
    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// Each code in the words of this page. Only what is said after the right code may depend on the account.
    #[expect(clippy::too_many_lines, reason = "one arm per code")]
    pub(super) fn of(error: &Error, now: Time) -> Self {
        use StatusCode as S;
        let ended = |status, message: &str| Self { ends_flow: true, ..Self::new(status, message) };
        match &error.code {
            Code::Internal | Code::KeyFileMismatch => {
                tracing::error!(%error, "the login box failed");
                Self::new(S::INTERNAL_SERVER_ERROR, "Something went wrong on our side. Try again in a moment.")
            }
            Code::StoreUnavailable => {
                tracing::error!(%error, "the login box failed");
                Self::new(S::SERVICE_UNAVAILABLE, "The service is not available right now. Try again in a moment.")
            }
            Code::InvalidValue { field, reason } if field == "password" => Self::bad(format!("The password {reason}.")),
            Code::InvalidValue { reason, .. } => Self::bad(reason.as_str()),
            Code::CountryNotAllowed => {
                Self::bad("Codes cannot be sent to this country or kind of number. Use another number.")
            }
            Code::InvalidToken => {
                Self::bad("This code is wrong or no longer works. Look for the newest message, or send a new code.")
            }
            Code::TokenExpired => ended(S::BAD_REQUEST, "This code has expired. Send a new one to go on."),
            Code::TooManyAttempts { retry_at } => {
                let seconds = retry_at.micros_since(now).div_euclid(1_000_000).saturating_add(1).max(1);
                let minutes = (seconds + 59) / 60;
                let wait = if minutes == 1 { "a minute".to_owned() } else { format!("{minutes} minutes") };
                Self {
                    retry_after: Some(seconds),
                    ..Self::new(S::TOO_MANY_REQUESTS, format!("Too many tries. Wait {wait}, then try again."))
                }
            }
            Code::MethodDisabled | Code::NoSmsProvider | Code::NoEmailProvider => {
                tracing::warn!(%error, "a way to sign in is offered that nobody can use");
                Self::new(S::SERVICE_UNAVAILABLE, "This way of signing in is not available here at the moment.")
            }
            Code::UselessChallenge => Self::bad("This was your first step already. Choose another way."),
            Code::EmailNotFound
            | Code::EmailNotVerified
            | Code::PhoneNotFound
            | Code::PhoneNotVerified
            | Code::AuthenticatorNotFound
            | Code::OtherFactorRequired
            | Code::FactorNotFound
            | Code::RecoveryCodesNotFound => {
                Self::bad("This way is not set up for your account any more. Choose another.")
            }
            Code::PasswordRecentlyUsed => Self::bad("You have used this password before. Choose another one."),
            Code::PasswordPersonalData => Self::bad(
                "The password must not contain your name, e-mail address or phone number. Choose another one.",
            ),
            Code::UserBlocked => ended(S::FORBIDDEN, "This account is blocked. Ask the people who run the service."),
            Code::UserLimitReached | Code::SignUpDisabled => {
                ended(S::FORBIDDEN, "No new accounts are taken here at the moment.")
            }
            Code::ProjectNotFound
            | Code::ProjectExists
            | Code::PolicyNotFound
            | Code::PolicyExists
            | Code::KeyNotFound
            | Code::KeyExpired
            | Code::UserNotFound
            | Code::UserExists
            | Code::PhoneTaken
            | Code::ContactNotFound
            | Code::TenantNotFound
            | Code::TenantExists
            | Code::ContactExists
            | Code::InvalidEmail
            | Code::InvalidPhone
            | Code::SessionNotFound
            | Code::InvalidCredentials
            | Code::EmailTaken
            | Code::EmailAlreadyVerified
            | Code::PhoneAlreadyVerified
            | Code::UrlNotAllowed
            | Code::AuthenticatorAlreadyVerified
            | Code::RecoveryCodesExist
            | Code::MoreFactorsRequired
            | Code::ChallengeRequired
            | Code::SessionNotFresh
            | Code::NotYours
            | Code::AccountLocked
            | Code::CaptchaFailed
            | Code::CaptchaUnavailable
            | Code::InvalidQuery { .. }
            | Code::TooManyValues
            | Code::CursorNotFound
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
            | Code::MessageNotFound => {
                tracing::warn!(%error, "the login box failed");
                ended(S::BAD_REQUEST, "This did not work. Start again.")
            }
        }
    }
}

/// A request that gets no form: the page says why.
pub(super) struct Refused {
    status: StatusCode,
    title: &'static str,
    message: String,
    /// Whether the login page is the place to go on.
    to_login: bool,
}

impl Refused {
    /// `message` is all that the page says.
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, title: "This did not work", message: message.into(), to_login: true }
    }

    /// What an application asks for, and does not get.
    pub(super) fn unsent(message: &str) -> Self {
        Self { to_login: false, ..Self::new(StatusCode::BAD_REQUEST, message) }
    }

    /// A link that nothing can be done with: which of these it is, nobody is told.
    pub(super) fn dead_link() -> Self {
        let message =
            "It was used already, is too old, or is not complete. Ask for a new one where you asked for this one.";
        Self { title: "This link does not work", to_login: false, ..Self::new(StatusCode::BAD_REQUEST, message) }
    }

    /// The page.
    pub(super) fn into_response(self) -> Response {
        let context = context! { title => self.title, message => self.message, to_login => self.to_login };
        match page::render("login/refused.html", context) {
            Ok(html) => (self.status, [(CACHE_CONTROL, "no-store")], Html(html)).into_response(),
            Err(error) => {
                tracing::error!(%error, "a page could not be shown");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        let Refusal { status, message, .. } = Refusal::of(&error, Time::from_micros(0));
        Self::new(status, message)
    }
}

/// Tells a client that reads headers how long to wait.
pub(super) fn write_retry(response: &mut Response, refusal: &Refusal) {
    if let Some(seconds) = refusal.retry_after {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
}
