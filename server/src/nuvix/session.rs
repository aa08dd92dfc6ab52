//! Sessions: from a code to a cookie, and what their owner does with them.

use axum::http::header::SET_COOKIE;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use countersign_domain::base::{Code, Error, Secret, Time, id};
use countersign_domain::session;
use countersign_domain::signin::{self, HandleKind, SignedIn};
use countersign_domain::verification::Dialect;

use super::call::{Call, Identity, cookie_names, encode_session, no_content};
use super::error::{Body, Failure};
use super::wire::{SessionList, SessionModel};
use super::{Flavour, answer};
use crate::http::cookie::{SameSite, SetCookie};

/// Signs in with the `userId` of a token and the secret that came in the message.
#[utoipa::path(post, path = "/v1/account/sessions/token", tag = "sessions", request_body = super::openapi::Exchange,
    responses((status = 201, body = SessionModel), (status = 400, body = Body), (status = 401, body = Body), (status = 429, body = Body)))]
pub(super) async fn create(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let user = params.id("userId");
    let secret = params.text("secret", 1, 256);
    let (Some(user), Some(secret)) = (user, secret) else { return Err(params.failure()) };
    only_guests(call)?;
    let signed_in = call
        .app
        .finish_sign_in(
            &call.ctx,
            &call.hosted,
            Dialect::Nuvix,
            HandleKind::UserId,
            user.to_owned(),
            Secret::new(secret),
        )
        .await?;
    opened(call, &signed_in)
}

/// Signs in as `POST /v1/account/sessions/token` does, for older clients.
#[utoipa::path(put, path = "/v1/account/sessions/phone", tag = "sessions", request_body = super::openapi::Exchange,
    responses((status = 201, body = SessionModel), (status = 400, body = Body), (status = 401, body = Body), (status = 429, body = Body)))]
pub(super) async fn create_by_put(call: &Call) -> Result<Response, Failure> {
    create(call).await
}

/// Signs in with an e-mail address and a password.
#[utoipa::path(post, path = "/v1/account/sessions/email", tag = "sessions", request_body = super::openapi::EmailPassword,
    responses((status = 201, body = SessionModel), (status = 400, body = Body), (status = 401, body = Body), (status = 429, body = Body)))]
pub(super) async fn create_by_password(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let (email, password) = (params.email("email"), params.text("password", 1, 256));
    let (Some(email), Some(password)) = (email, password) else { return Err(params.failure()) };
    only_guests(call)?;
    let signed_in = call.app.sign_in_by_password(&call.ctx, &call.hosted, email, Secret::new(password)).await?;
    opened(call, &signed_in)
}

/// Signs a guest in to an account of his own.
#[utoipa::path(post, path = "/v1/account/sessions/anonymous", tag = "sessions",
    responses((status = 201, body = SessionModel), (status = 429, body = Body), (status = 501, body = Body)))]
pub(super) async fn create_anonymous(call: &Call) -> Result<Response, Failure> {
    only_guests(call)?;
    let (ctx, hosted) = (call.ctx.clone(), call.hosted.clone());
    let signed_in = call.app.db.write(move |tx| signin::sign_in_anonymously(tx, &ctx, &hosted.project)).await?;
    opened(call, &signed_in)
}

/// Appwrite has one session a browser; Nuvix opens another (contract nuvix §7).
fn only_guests(call: &Call) -> Result<(), Failure> {
    if call.flavour == Flavour::Appwrite && call.session().is_some() {
        return Err(Failure::new(
            StatusCode::UNAUTHORIZED,
            "user_session_already_exists",
            "Somebody is signed in already. Delete that session first.",
        ));
    }
    Ok(())
}

/// A session as an API key sees it when it is made: with what a client shows.
pub(super) fn shown_to_key(call: &Call, signed_in: &SignedIn) -> SessionModel {
    let encoded = encode_session(&signed_in.user.id, &signed_in.secret);
    SessionModel::of(call.flavour, &signed_in.session, false, encoded)
}

fn opened(call: &Call, signed_in: &SignedIn) -> Result<Response, Failure> {
    let SignedIn { session, secret, user } = signed_in;
    let model = if call.is_key() {
        shown_to_key(call, signed_in)
    } else {
        SessionModel::of(call.flavour, session, true, String::new())
    };
    let mut response = answer(StatusCode::CREATED, &model);
    set_cookies(call, &mut response, &encode_session(&user.id, secret), session.expires_at)?;
    Ok(response)
}

const FALLBACK: HeaderName = HeaderName::from_static("x-fallback-cookies");

fn set_cookies(call: &Call, response: &mut Response, value: &str, expires_at: Time) -> Result<(), Failure> {
    let removed = value.is_empty();
    let [nuvix, appwrite, legacy] = cookie_names(&call.hosted.id);
    // A cookie for other sites must be Secure, so plain http gets one for this site only.
    let open = if call.is_https { SameSite::None } else { SameSite::Lax };
    let names = match call.flavour {
        Flavour::Nuvix => vec![(nuvix, Some(open))],
        Flavour::Appwrite => vec![(appwrite, Some(open)), (legacy, None)],
    };
    for (name, same_site) in &names {
        let mut cookie = SetCookie::new(name, value);
        cookie.secure = call.is_https;
        cookie.same_site = *same_site;
        cookie.expires = Some(expires_at);
        if removed {
            cookie = cookie.removed();
        }
        let header = cookie.to_header().map_err(Error::internal)?;
        response.headers_mut().append(SET_COOKIE, header);
    }
    if call.needs_fallback {
        let text = match names.first().filter(|_| !removed) {
            Some((name, _)) => serde_json::json!({ name: value }).to_string(),
            None => "{}".to_owned(),
        };
        let header = HeaderValue::from_str(&text).map_err(Error::internal)?;
        response.headers_mut().insert(FALLBACK, header);
    }
    Ok(())
}

/// Makes the browser forget the session.
pub(super) fn clear(call: &Call, response: &mut Response) -> Result<(), Failure> {
    set_cookies(call, response, "", Time::from_micros(0))
}

/// The id in the path; `current` is the caller's session.
fn id_in_path(call: &Call) -> Result<String, Failure> {
    match (call.path_value.as_str(), call.session()) {
        ("current", Some(session)) => Ok(session.id.clone()),
        ("current", None) => Err(Code::SessionNotFound.into()),
        // No session is called so, and not every database takes every text.
        (id, _) if !id::is_valid(id) => Err(Code::SessionNotFound.into()),
        (id, _) => Ok(id.to_owned()),
    }
}

fn is_current(call: &Call, id: &str) -> bool {
    call.session().is_some_and(|s| s.id == id)
}

/// All sessions of the caller.
#[utoipa::path(get, path = "/v1/account/sessions", tag = "sessions", responses((status = 200, body = SessionList), (status = 401, body = Body)))]
pub(super) async fn list(call: &Call) -> Result<Response, Failure> {
    let (ctx, user) = (call.ctx.clone(), call.user()?.id.clone());
    let found = call.app.db.read(move |tx| session::list(tx, &ctx, &user)).await?;
    let current = call.session().map(|session| session.id.as_str());
    Ok(answer(StatusCode::OK, &SessionList::of(call.flavour, &found, current)))
}

/// One session of the caller.
#[utoipa::path(get, path = "/v1/account/sessions/{sessionId}", tag = "sessions", params(("sessionId" = String, Path, description = "An id, or `current`.")),
    responses((status = 200, body = SessionModel), (status = 404, body = Body)))]
pub(super) async fn get(call: &Call) -> Result<Response, Failure> {
    let (ctx, user, id) = (call.ctx.clone(), call.user()?.id.clone(), id_in_path(call)?);
    let found = call.app.db.read(move |tx| session::get(tx, &ctx, &user, &id)).await?;
    Ok(answer(StatusCode::OK, &SessionModel::of(call.flavour, &found, is_current(call, &found.id), String::new())))
}

/// Lets a session live for another whole duration from now.
#[utoipa::path(patch, path = "/v1/account/sessions/{sessionId}", tag = "sessions", params(("sessionId" = String, Path, description = "An id, or `current`.")),
    responses((status = 200, body = SessionModel), (status = 404, body = Body)))]
pub(super) async fn extend(call: &Call) -> Result<Response, Failure> {
    let (ctx, user, id) = (call.ctx.clone(), call.user()?.id.clone(), id_in_path(call)?);
    let seconds = call.hosted.project.settings.auth.duration;
    let extended = call.app.db.write(move |tx| session::extend(tx, &ctx, &user, &id, seconds)).await?;
    Ok(answer(
        StatusCode::OK,
        &SessionModel::of(call.flavour, &extended, is_current(call, &extended.id), String::new()),
    ))
}

/// Ends a session.
#[utoipa::path(delete, path = "/v1/account/sessions/{sessionId}", tag = "sessions", params(("sessionId" = String, Path, description = "An id, or `current`.")),
    responses((status = 204), (status = 404, body = Body)))]
pub(super) async fn delete(call: &Call) -> Result<Response, Failure> {
    let (ctx, user, id) = (call.ctx.clone(), call.user()?.id.clone(), id_in_path(call)?);
    let current = is_current(call, &id);
    // Whoever has yet to show a second factor may leave, but not throw others out.
    if !current && call.is_gated() {
        return Err(Code::MoreFactorsRequired.into());
    }
    call.app.db.write(move |tx| session::delete(tx, &ctx, &user, &id)).await?;
    let mut response = no_content();
    if current {
        clear(call, &mut response)?;
    }
    Ok(response)
}

/// Ends all sessions of the caller.
#[utoipa::path(delete, path = "/v1/account/sessions", tag = "sessions", responses((status = 204), (status = 401, body = Body)))]
pub(super) async fn delete_all(call: &Call) -> Result<Response, Failure> {
    let (ctx, user) = (call.ctx.clone(), call.user()?.id.clone());
    call.app.db.write(move |tx| session::delete_all(tx, &ctx, &user)).await?;
    let mut response = no_content();
    if matches!(call.identity, Identity::Session(_)) {
        clear(call, &mut response)?;
    }
    Ok(response)
}
