//! The sessions of whoever is signed in, and of whom a server names: where he is signed in, and ending them.

use axum::http::{Method, StatusCode};
use countersign_domain::base::{Code, Error};
use countersign_domain::session::{self, Session};
use countersign_domain::user;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::call::{Answered, Call};
use super::error::{Body, Failure};
use super::wire::{answer, done};
use super::{READ, Route, WRITE, Who, cookie, handler};

/// The rows of this file.
pub(super) static ROUTES: &[Route] = &[
    Route::new(Method::GET, "/identity/resources/users/sessions/v1/me", Who::PeopleOrFor(READ), handler!(list)),
    Route::new(Method::GET, "/identity/resources/users/sessions/v1/me/current", Who::People, handler!(get_current)),
    Route::new(
        Method::DELETE,
        "/identity/resources/users/sessions/v1/me/all",
        Who::PeopleOrFor(WRITE),
        handler!(delete_others),
    ),
    Route::new(
        Method::DELETE,
        "/identity/resources/users/sessions/v1/me/{sessionId}",
        Who::PeopleOrFor(WRITE),
        handler!(delete),
    ),
    Route::new(Method::POST, "/identity/resources/users/sessions/v1/revoke", Who::Vendor(WRITE), handler!(revoke)),
];

#[derive(OpenApi)]
#[openapi(paths(list, get_current, delete, delete_others, revoke))]
pub(super) struct Document;

/// A session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggSession)]
struct SessionModel {
    id: String,
    /// From when on it does not work, unless it is refreshed.
    expires: String,
    created_at: String,
    /// From which address it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    ip_address: Option<String>,
    /// By which `User-Agent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    /// Whether it is the one that asks.
    current: bool,
    /// Nobody acts as somebody else here.
    impersonated: bool,
}

impl SessionModel {
    fn of(session: Session, own: &str) -> Self {
        let there = |text: String| Some(text).filter(|text| !text.is_empty());
        Self {
            current: session.id == own,
            id: session.id,
            expires: session.expires_at.to_rfc3339(),
            created_at: session.created_at.to_rfc3339(),
            ip_address: there(session.address),
            user_agent: there(session.agent),
            impersonated: false,
        }
    }
}

/// Where somebody is signed in, the oldest first.
#[utoipa::path(get, path = "/identity/resources/users/sessions/v1/me", tag = "frontegg",
    responses((status = 200, body = Vec<SessionModel>), (status = 401, body = Body)))]
async fn list(call: &Call) -> Answered {
    let (ctx, caller) = (call.ctx.clone(), call.caller()?);
    let id = caller.user.id;
    let sessions = call.app.db.read(move |tx| session::list(tx, &ctx, &id)).await?;
    let models: Vec<_> = sessions.into_iter().map(|session| SessionModel::of(session, &caller.session.id)).collect();
    answer(StatusCode::OK, &models)
}

/// The session that asks.
#[utoipa::path(get, path = "/identity/resources/users/sessions/v1/me/current", tag = "frontegg",
    responses((status = 200, body = SessionModel), (status = 401, body = Body)))]
async fn get_current(call: &Call) -> Answered {
    let session = call.caller()?.session;
    let own = session.id.clone();
    answer(StatusCode::OK, &SessionModel::of(session, &own))
}

/// Ends one of the user's sessions.
#[utoipa::path(delete, path = "/identity/resources/users/sessions/v1/me/{sessionId}", tag = "frontegg",
    params(("sessionId" = String, Path)),
    responses((status = 200, description = "It is over."), (status = 401, body = Body), (status = 404, body = Body)))]
async fn delete(call: &Call) -> Answered {
    let (ctx, caller, id) = (call.ctx.clone(), call.caller()?, call.gap("sessionId").to_owned());
    let is_own = caller.session.id == id;
    call.app.db.write(move |tx| session::delete(tx, &ctx, &caller.user.id, &id)).await.map_err(missing)?;
    let mut response = done(StatusCode::OK);
    if is_own {
        cookie::clear_refresh(call, &mut response)?;
    }
    Ok(response)
}

/// Whoever asks is signed in, and it is another session that is not there.
fn missing(error: Error) -> Failure {
    match error.code {
        Code::SessionNotFound => Failure::new(StatusCode::NOT_FOUND, "The user has no such session."),
        _ => error.into(),
    }
}

/// Ends all of the user's sessions but the one that asks: for a server, all.
#[utoipa::path(delete, path = "/identity/resources/users/sessions/v1/me/all", tag = "frontegg",
    responses((status = 200, description = "They are over."), (status = 401, body = Body)))]
async fn delete_others(call: &Call) -> Answered {
    let (ctx, caller) = (call.ctx.clone(), call.caller()?);
    call.app.db.write(move |tx| session::delete_others(tx, &ctx, &caller.user.id, &caller.session.id)).await?;
    Ok(done(StatusCode::OK))
}

/// Whose sessions are to end.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggRevocation, rename_all = "camelCase")]
struct RevokeBody {
    user_id: String,
}

/// Ends all sessions of a user.
#[utoipa::path(post, path = "/identity/resources/users/sessions/v1/revoke", tag = "frontegg", request_body = RevokeBody,
    responses((status = 200, description = "They are over."), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body), (status = 404, body = Body)))]
async fn revoke(call: &Call) -> Answered {
    let mut params = call.params();
    let Some(id) = params.text("userId", 1, 36).map(str::to_owned) else { return Err(params.failure().into()) };
    let ctx = call.ctx.clone();
    let ended = call.app.db.write(move |tx| {
        user::get(tx, &ctx.project, &id)?;
        session::delete_all(tx, &ctx, &id)
    });
    ended.await?;
    Ok(done(StatusCode::OK))
}
