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
            Code::InvalidValue { reason, .. } => Self::bad(reason.as_str()),
            Code::CountryNotAllowed => {
                Self::bad("Codes cannot be sent to this country or kind of number. Use another number.")
            }
            Code::InvalidToken => {
                Self::bad("This code is wrong or no longer works. Look for the newest message, or send a new code.")
            }
            Code::TooManyAttempts { retry_at } => {
                let seconds = retry_at.micros_since(now).div_euclid(1_000_000).saturating_add(1).max(1);
                let minutes = (seconds + 59) / 60;
                let wait = if minutes == 1 { "a minute".to_owned() } else { format!("{minutes} minutes") };
                Self {
                    retry_after: Some(seconds),
                    ..Self::new(
                        S::TOO_MANY_REQUESTS,
                        format!("Too many tries from your network. Wait {wait}, then try again."),
                    )
                }
            }
            Code::MethodDisabled | Code::NoSmsProvider => {
                tracing::warn!(%error, "nobody can sign in by phone");
                Self::new(S::SERVICE_UNAVAILABLE, "Signing in by phone is not available here at the moment.")
            }
            Code::UserBlocked => ended(S::FORBIDDEN, "This account is blocked. Ask the people who run the service."),
            Code::UserLimitReached | Code::SignUpDisabled => {
                ended(S::FORBIDDEN, "No new accounts are taken here at the moment.")
            }
            Code::ProjectNotFound
            | Code::ProjectExists
            | Code::KeyNotFound
            | Code::KeyExpired
            | Code::UserNotFound
            | Code::UserExists
            | Code::PhoneTaken
            | Code::SessionNotFound
            | Code::NoEmailProvider
            | Code::InvalidCredentials
            | Code::PasswordRecentlyUsed
            | Code::PasswordPersonalData
            | Code::EmailTaken
            | Code::EmailNotFound
            | Code::EmailNotVerified
            | Code::EmailAlreadyVerified
            | Code::PhoneNotFound
            | Code::PhoneNotVerified
            | Code::PhoneAlreadyVerified
            | Code::UrlNotAllowed
            | Code::AuthenticatorNotFound
            | Code::AuthenticatorAlreadyVerified
            | Code::RecoveryCodesExist
            | Code::RecoveryCodesNotFound
            | Code::MoreFactorsRequired
            | Code::ChallengeRequired
            | Code::UselessChallenge => {
                tracing::warn!(%error, "the login box failed");
                ended(S::BAD_REQUEST, "This did not work. Start again.")
            }
        }
    }
}

/// A request that gets no form: the page says why.
pub(super) struct Refused {
    status: StatusCode,
    message: String,
}

impl Refused {
    /// `message` is all that the page says.
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// The page.
    pub(super) fn into_response(self) -> Response {
        match page::render("login/refused.html", context! { message => self.message }) {
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
        Self { status, message }
    }
}

/// Tells a client that reads headers how long to wait.
pub(super) fn write_retry(response: &mut Response, refusal: &Refusal) {
    if let Some(seconds) = refusal.retry_after {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
}
