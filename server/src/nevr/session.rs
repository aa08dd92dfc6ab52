//! Sessions: how they begin, and what their owner does with them.

use axum::response::Response;
use bytes::Bytes;
use countersign_domain::base::{Code, Error, Secret};
use countersign_domain::session;
use countersign_domain::signin::{self, SignedIn};
use serde::Serialize;

use super::call::{Answered, Call, Identity};
use super::cookie;
use super::error::{Body, Failure};
use super::phone::forget_flows;
use super::wire::{
    Current, SessionModel, Sessions, Status, Success, TwoFactorRedirect, UserModel, answer, answer_bytes,
};

/// Under which number the answer of `get-session` is kept (`Signed::shaped`).
const SHAPED: usize = 3;

/// Answers a sign-in: with the session's cookie, or with that of the second factor where one is needed.
pub(super) fn opened<T: Serialize>(
    call: &Call,
    signed_in: &SignedIn,
    remember: bool,
    shape: impl FnOnce(String, UserModel) -> T,
) -> Answered {
    let SignedIn { session, secret, user } = signed_in;
    if signin::gate(&call.hosted.project, user, session).is_err() {
        let message = "Two-factor authentication required";
        let mut response = answer(&TwoFactorRedirect { two_factor_redirect: true, message })?;
        cookie::keep_waiting(call, &mut response, secret, remember, session.expires_at)?;
        return Ok(response);
    }
    let token = secret.expose().to_owned();
    let mut response = answer(&shape(token, UserModel::of(user)))?;
    cookie::keep_session(call, &mut response, secret.expose(), session.expires_at)?;
    Ok(response)
}

/// Ends the session, if there is one.
#[utoipa::path(post, path = "/auth/sign-out", tag = "nevr", responses((status = 200, body = Success)))]
pub(super) async fn sign_out(call: &Call) -> Answered {
    if let Identity::Session(signed) | Identity::Halfway(signed, _) | Identity::Blocked(signed) = &call.identity {
        end(call, &signed.user.id, &signed.session.id).await?;
    }
    let mut response = answer(&Success { success: true })?;
    cookie::clear_session(call, &mut response)?;
    if call.cookie(cookie::TWO_FACTOR).is_some() {
        cookie::clear_waiting(call, &mut response)?;
    }
    forget_flows(call, &mut response)?;
    Ok(response)
}

/// Ends a session; somebody else may have ended it meanwhile.
async fn end(call: &Call, user: &str, id: &str) -> Result<(), Error> {
    let (ctx, user, id) = (call.ctx.clone(), user.to_owned(), id.to_owned());
    match call.app.db.write(move |tx| session::delete(tx, &ctx, &user, &id)).await {
        Err(error) if error.code != Code::SessionNotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Who is signed in, or `null`. A session that is used lives on, and a cookie that opens nothing goes.
#[utoipa::path(get, path = "/auth/get-session", tag = "nevr", responses((status = 200, body = Option<Current>)))]
pub(super) async fn get(call: &Call) -> Answered {
    let Some(signed) = call.full() else {
        let mut response = answer_bytes(Bytes::from_static(b"null"));
        if matches!(call.identity, Identity::Guest { stale: true }) {
            cookie::clear_session(call, &mut response)?;
        }
        return Ok(response);
    };
    let life = &call.nevr().session;
    if !signed.session.is_due(call.ctx.now, life.expires_in, life.update_age) {
        let shape = || {
            let current = Current { session: SessionModel::of(&signed.session), user: UserModel::of(&signed.user) };
            serde_json::to_vec(&current).map(Bytes::from).unwrap_or_default()
        };
        return Ok(answer_bytes(signed.shaped(SHAPED, shape)));
    }
    let (ctx, user, id) = (call.ctx.clone(), signed.user.id.clone(), signed.session.id.clone());
    let seconds = life.expires_in;
    let extended = call.app.db.write(move |tx| session::extend(tx, &ctx, &user, &id, seconds)).await;
    let session = match extended {
        Ok(session) => session,
        // It was ended at this moment.
        Err(error) if error.code == Code::SessionNotFound => return Ok(answer_bytes(Bytes::from_static(b"null"))),
        Err(error) => return Err(error.into()),
    };
    let current = Current { session: SessionModel::of(&session), user: UserModel::of(&signed.user) };
    let mut response = answer(&current)?;
    if let Some(token) = &call.kept {
        cookie::keep_session(call, &mut response, token, session.expires_at)?;
    }
    Ok(response)
}

/// The caller's sessions.
#[utoipa::path(get, path = "/auth/list-sessions", tag = "nevr", responses((status = 200, body = Sessions), (status = 401, body = Body)))]
pub(super) async fn list(call: &Call) -> Answered {
    let (ctx, user) = (call.ctx.clone(), call.user()?.id.clone());
    let sessions = call.app.db.read(move |tx| session::list(tx, &ctx, &user)).await?;
    answer(&Sessions { sessions: sessions.iter().map(SessionModel::of).collect() })
}

/// Ends one of the caller's sessions, by the `token` of the list or by its own. None is ended when it is nobody's, or
/// somebody else's.
#[utoipa::path(post, path = "/auth/revoke-session", tag = "nevr", request_body = super::openapi::Token,
    responses((status = 200, body = Status), (status = 401, body = Body)))]
pub(super) async fn revoke(call: &Call) -> Answered {
    let mut params = call.params();
    let Some(token) = params.text("token", 1, 256) else { return Err(params.failure().into()) };
    let id = if token.len() == 36 { Some(token.to_owned()) } else { session::id_of(&Secret::new(token)) };
    let mut response = answer(&Status { status: true })?;
    if let Some(id) = id {
        end(call, &call.user()?.id, &id).await?;
        if call.session()?.id == id {
            cookie::clear_session(call, &mut response)?;
        }
    }
    Ok(response)
}

/// Ends all of the caller's sessions, this one included.
#[utoipa::path(post, path = "/auth/revoke-sessions", tag = "nevr", responses((status = 200, body = Status), (status = 401, body = Body)))]
pub(super) async fn revoke_all(call: &Call) -> Answered {
    let (ctx, user) = (call.ctx.clone(), call.user()?.id.clone());
    call.app.db.write(move |tx| session::delete_all(tx, &ctx, &user)).await?;
    let mut response = answer(&Status { status: true })?;
    cookie::clear_session(call, &mut response)?;
    Ok(response)
}

/// Ends all of the caller's sessions but this one.
#[utoipa::path(post, path = "/auth/revoke-other-sessions", tag = "nevr", responses((status = 200, body = Status), (status = 401, body = Body)))]
pub(super) async fn revoke_others(call: &Call) -> Answered {
    let (ctx, user, keep) = (call.ctx.clone(), call.user()?.id.clone(), call.session()?.id.clone());
    call.app.db.write(move |tx| session::delete_others(tx, &ctx, &user, &keep)).await?;
    answer(&Status { status: true })
}

/// The answer of a second factor that was right: the session's new token is its cookie from now on.
pub(super) fn stepped_up<T: Serialize>(
    call: &Call,
    session: &session::Session,
    secret: &Secret,
    body: &T,
) -> Result<Response, Failure> {
    let mut response = answer(body)?;
    cookie::keep_session(call, &mut response, secret.expose(), session.expires_at)?;
    if call.cookie(cookie::TWO_FACTOR).is_some() {
        cookie::clear_waiting(call, &mut response)?;
    }
    Ok(response)
}
