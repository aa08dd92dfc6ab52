//! Who is signed in, for the application's own handlers.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use axum::http::StatusCode;
use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use countersign_domain::base::{Actor, Code};
use countersign_domain::signin;
use serde_json::json;

use super::{Countersign, Dialect};
use crate::app::Signed;
use crate::http::cors;
use crate::{frontegg, nevr, nuvix};

/// A session of somebody who has proved enough: an extractor for the handlers of the application.
///
/// It is found wherever the mounted dialects' clients keep it: cookies, `Authorization: Bearer`, `X-Nuvix-Session` and
/// `X-Appwrite-Session`, JWTs. Whoever is blocked or has yet to show a second factor is refused, and so is a change that a foreign page asks
/// for with the person's cookies. `Option<Session>` is `None` where nobody is signed in, and refuses the rest.
///
/// ```
/// use axum::{Router, routing::get};
/// use countersign::{Countersign, Session};
///
/// async fn greet(session: Option<Session>) -> String {
///     match session {
///         Some(session) => format!("Hello, {}", session.user.name),
///         None => "Hello, stranger".to_owned(),
///     }
/// }
///
/// fn routes(auth: &Countersign) -> Router {
///     Router::new().route("/hello", get(greet)).with_state(auth.clone())
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Session {
    /// Its id; empty for a JWT that a server made for somebody without a session.
    pub id: String,
    /// Who it is.
    pub user: User,
    /// What was proved in it: `phone`, `password`, `totp` …
    pub factors: Vec<String>,
    /// When it ends by itself.
    pub expires_at: SystemTime,
}

/// Somebody with an account.
///
/// ```
/// # fn show(session: countersign::Session) -> String {
/// let countersign::User { id, phone, phone_verified, .. } = session.user;
/// # format!("{id} {phone:?} {phone_verified}")
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct User {
    /// The account's id.
    pub id: String,
    /// The name; empty while there is none.
    pub name: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// Whether the address was proved.
    pub email_verified: bool,
    /// The number, in E.164.
    pub phone: Option<String>,
    /// Whether the number was proved.
    pub phone_verified: bool,
    /// Labels that the project's servers gave.
    pub labels: Vec<String>,
}

impl Session {
    fn of(signed: &Signed) -> Self {
        let (session, user) = (&signed.session, &signed.user);
        let micros = u64::try_from(session.expires_at.micros()).unwrap_or_default();
        Self {
            id: session.id.clone(),
            user: User {
                id: user.id.clone(),
                name: user.name.clone(),
                email: user.email.as_ref().map(|email| email.as_str().to_owned()),
                email_verified: user.is_email_verified(),
                phone: user.shown_phone().map(|phone| phone.as_e164().to_owned()),
                phone_verified: user.is_phone_verified(),
                labels: user.labels.clone(),
            },
            factors: session.factors.clone(),
            expires_at: UNIX_EPOCH + Duration::from_micros(micros),
        }
    }
}

/// Why a handler that asks for a [`Session`] was not reached. As an answer it is JSON:
/// `{"error": {"code": "…", "message": "…"}}`.
///
/// ```
/// use axum::response::IntoResponse;
/// use countersign::SessionRejection;
///
/// assert_eq!(SessionRejection::SignInFirst.into_response().status(), 401);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SessionRejection {
    /// Nobody is signed in, or the session has ended. 401 `sign_in_first`.
    SignInFirst,
    /// A second factor has yet to be shown. 401 `second_factor_required`.
    SecondFactorRequired,
    /// The account is blocked. 401 `user_blocked`.
    Blocked,
    /// A page that is no platform of the project asks for a change. 403 `foreign_origin`.
    ForeignOrigin,
    /// The store could not be asked. 503 `unavailable`.
    Unavailable,
}

impl IntoResponse for SessionRejection {
    fn into_response(self) -> Response {
        let (status, code, message) = match self {
            Self::SignInFirst => (StatusCode::UNAUTHORIZED, "sign_in_first", "Sign in first."),
            Self::SecondFactorRequired => {
                (StatusCode::UNAUTHORIZED, "second_factor_required", "Show your second factor first, then try again.")
            }
            Self::Blocked => (StatusCode::UNAUTHORIZED, "user_blocked", "This account is blocked."),
            Self::ForeignOrigin => (
                StatusCode::FORBIDDEN,
                "foreign_origin",
                "This page may not change anything here. Its host must be a platform of the project.",
            ),
            Self::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "This does not work right now. Try again in a moment.")
            }
        };
        (status, Json(json!({ "error": { "code": code, "message": message } }))).into_response()
    }
}

impl Countersign {
    async fn session(&self, parts: &Parts) -> Result<Session, SessionRejection> {
        let app = &self.0.app;
        let failed = |error: countersign_domain::base::Error| {
            tracing::error!(%error, "a session could not be looked up");
            SessionRejection::Unavailable
        };
        let hosted = app.project(&self.0.project).await.map_err(failed)?;
        let ctx = app.ctx(Arc::clone(&hosted.id), Actor::Guest, None);
        let host = parts.headers.get(HOST).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if !parts.method.is_safe() && cors::Caller::of(app, &hosted, &parts.headers, host).is_foreign() {
            return Err(SessionRejection::ForeignOrigin);
        }
        let mut found = None;
        for dialect in &self.0.dialects {
            if found.is_none() {
                let looked = match dialect {
                    Dialect::Nuvix => nuvix::signed_in(app, &hosted, &ctx, &parts.headers).await,
                    Dialect::Nevr => nevr::signed_in(app, &ctx, &parts.headers).await,
                    Dialect::Frontegg => frontegg::signed_in(app, &hosted, &ctx, &parts.headers).await,
                };
                found = looked.map_err(failed)?;
            }
        }
        let signed = found.ok_or(SessionRejection::SignInFirst)?;
        if signed.user.blocked {
            return Err(SessionRejection::Blocked);
        }
        match signin::gate(&hosted.project, &signed.user, &signed.session) {
            Ok(()) => Ok(Session::of(&signed)),
            Err(error) if error.code == Code::MoreFactorsRequired => Err(SessionRejection::SecondFactorRequired),
            Err(error) => Err(failed(error)),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Session
where
    Countersign: FromRef<S>,
{
    type Rejection = SessionRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, SessionRejection> {
        Countersign::from_ref(state).session(parts).await
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Session
where
    Countersign: FromRef<S>,
{
    type Rejection = SessionRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, SessionRejection> {
        match Countersign::from_ref(state).session(parts).await {
            Ok(session) => Ok(Some(session)),
            Err(SessionRejection::SignInFirst) => Ok(None),
            Err(other) => Err(other),
        }
    }
}
