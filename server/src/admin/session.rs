//! Signing in and out.

use axum::response::Response;
use countersign_domain::admin::{self, Admin, Session};
use countersign_domain::base::{Secret, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::administrator::AdminModel;
use super::call::{By, Call};
use super::error::{Body, Failure};
use super::token::TokenModel;
use super::wire::{Listed, created, no_content, ok};

/// A session of an administrator.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AdminSession {
    id: String,
    /// The address from which it was opened.
    address: String,
    /// By which `User-Agent`.
    agent: String,
    created_at: String,
    /// When something was done in it, to the minute.
    seen_at: String,
    /// When it ends if nothing is done in it: an hour after `seenAt`, and never after `expiresAt`.
    ends_at: String,
    /// When it ends whatever is done in it.
    expires_at: String,
    /// Whether it is the one that asks.
    current: bool,
}

impl AdminSession {
    fn of(session: &Session, current: Option<&Session>) -> Self {
        Self {
            id: session.id.clone(),
            address: session.address.clone(),
            agent: session.agent.clone(),
            created_at: session.created_at.to_rfc3339(),
            seen_at: session.seen_at.to_rfc3339(),
            ends_at: session.ends_at().to_rfc3339(),
            expires_at: session.expires_at.to_rfc3339(),
            current: current.is_some_and(|current| current.id == session.id),
        }
    }
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
pub(super) struct SignedIn {
    admin: AdminModel,
    session: AdminSession,
}

/// Who asks.
#[derive(Serialize, ToSchema)]
pub(super) struct Me {
    admin: AdminModel,
    /// The session, if it is asked in one.
    session: Option<AdminSession>,
    /// The token, if a script asks.
    token: Option<TokenModel>,
    server: Server,
}

/// The server that answers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Server {
    version: &'static str,
    /// The address by which people reach it, if it was told.
    public_url: Option<String>,
    /// Whether it runs with `--dev`.
    dev: bool,
    now: String,
}

/// The body of a sign-in.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SignIn {
    #[schema(example = "ada@example.com")]
    email: String,
    password: String,
}

/// Signs an administrator in. The answer sets the cookie `countersign_admin`.
#[utoipa::path(post, path = "/admin/v1/sessions", tag = "admin", request_body = SignIn,
    responses((status = 201, body = SignedIn), (status = 401, body = Body), (status = 429, body = Body)))]
pub(super) async fn create(call: &Call) -> Result<Response, Failure> {
    let SignIn { email, password } = call.body()?;
    let (admin, session, secret) = call.app.admin_sign_in(&call.ctx, &email, Secret::new(password)).await?;
    let shown = SignedIn { admin: AdminModel::of(&admin), session: AdminSession::of(&session, Some(&session)) };
    let mut response = created(&shown);
    call.keep_session(&mut response, &secret, session.expires_at)?;
    Ok(response)
}

/// Who asks, and whom.
#[utoipa::path(get, path = "/admin/v1/me", tag = "admin",
    responses((status = 200, body = Me), (status = 401, body = Body)))]
pub(super) async fn me(call: &Call) -> Result<Response, Failure> {
    call.asked().done()?;
    let (session, token) = match call.by() {
        By::Session(_, session) => (Some(AdminSession::of(session, Some(session))), None),
        By::Token(token) => (None, Some(TokenModel::of(token))),
        By::Nobody => (None, None),
    };
    let server = Server {
        version: env!("CARGO_PKG_VERSION"),
        public_url: call.app.public_url.clone(),
        dev: call.app.dev.is_some(),
        now: call.ctx.now.to_rfc3339(),
    };
    Ok(ok(&Me { admin: AdminModel::of(call.admin()?), session, token, server }))
}

/// The sessions of the administrator who asks.
#[utoipa::path(get, path = "/admin/v1/sessions", tag = "admin",
    responses((status = 200, body = Listed<AdminSession>), (status = 401, body = Body)))]
pub(super) async fn list(call: &Call) -> Result<Response, Failure> {
    call.asked().done()?;
    let Admin { id, .. } = call.admin()?.clone();
    let sessions = call.read(move |tx, ctx| admin::list_sessions(tx, &id, ctx.now)).await?;
    let shown = sessions.iter().map(|session| AdminSession::of(session, call.session()));
    Ok(ok(&Listed::all(shown.collect())))
}

/// Ends a session of the administrator who asks; `current` is the one that is asked in.
#[utoipa::path(delete, path = "/admin/v1/sessions/{sessionId}", tag = "admin", params(("sessionId" = String, Path)),
    responses((status = 204), (status = 401, body = Body), (status = 404, body = Body)))]
pub(super) async fn delete(call: &Call) -> Result<Response, Failure> {
    let mut id = call.path("sessionId");
    if let Some(current) = call.session().filter(|_| id == "current") {
        id.clone_from(&current.id);
    }
    let ends_own = call.session().is_some_and(|current| current.id == id);
    let admin = call.admin()?.clone();
    call.write(move |tx, ctx| admin::delete_session(tx, ctx, &admin, &id)).await?;
    ended(call, ends_own)
}

/// Ends all sessions of the administrator who asks.
#[utoipa::path(delete, path = "/admin/v1/sessions", tag = "admin",
    responses((status = 204), (status = 401, body = Body)))]
pub(super) async fn delete_all(call: &Call) -> Result<Response, Failure> {
    let admin = call.admin()?.clone();
    call.write(move |tx, ctx| admin::delete_sessions(tx, ctx, &admin)).await?;
    ended(call, call.session().is_some())
}

fn ended(call: &Call, own: bool) -> Result<Response, Failure> {
    let mut response = no_content();
    if own {
        call.forget_session(&mut response)?;
    }
    Ok(response)
}

/// An instant that may be none, as it is shown.
pub(super) fn shown(at: Option<Time>) -> Option<String> {
    at.map(Time::to_rfc3339)
}
