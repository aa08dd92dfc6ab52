//! The account of whoever is signed in.

use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use countersign_domain::user::{self, User};

use super::call::{Call, Identity};
use super::error::{Body, Failure};
use super::wire::{Account, prefs};
use super::{answer, answer_bytes, session};

fn shaped(call: &Call, user: &User) -> Response {
    answer(StatusCode::OK, &Account::of(call.flavour, user))
}

/// Who is signed in.
#[utoipa::path(get, path = "/v1/account", tag = "account", responses((status = 200, body = Account), (status = 401, body = Body)))]
pub(super) async fn get(call: &Call) -> Result<Response, Failure> {
    let user = call.user()?;
    // Asked for on every page of an application: the answer is kept with the session.
    if let Identity::Session(signed) = &call.identity {
        let body = signed.shaped(call.flavour.number(), || {
            serde_json::to_vec(&Account::of(call.flavour, user)).map(Bytes::from).unwrap_or_default()
        });
        return Ok(answer_bytes(StatusCode::OK, body));
    }
    Ok(shaped(call, user))
}

/// The user's own object.
#[utoipa::path(get, path = "/v1/account/prefs", tag = "account", responses((status = 200, body = Object), (status = 401, body = Body)))]
pub(super) async fn get_prefs(call: &Call) -> Result<Response, Failure> {
    Ok(answer(StatusCode::OK, &prefs(call.user()?)))
}

/// Replaces the user's own object.
#[utoipa::path(patch, path = "/v1/account/prefs", tag = "account", request_body(content_type = "application/json", content = Object),
    responses((status = 200, description = "The account (Appwrite) or the object (Nuvix).", body = Account), (status = 400, body = Body)))]
pub(super) async fn update_prefs(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let Some(object) = params.object("prefs").cloned() else { return Err(params.failure()) };
    let (ctx, id) = (call.ctx.clone(), call.user()?.id.clone());
    let user = call.app.db.write(move |tx| user::update_prefs(tx, &ctx, &id, &object)).await?;
    Ok(match call.flavour {
        super::Flavour::Nuvix => answer(StatusCode::OK, &prefs(&user)),
        super::Flavour::Appwrite => shaped(call, &user),
    })
}

/// Changes the name.
#[utoipa::path(patch, path = "/v1/account/name", tag = "account", request_body(content_type = "application/json", content = Object),
    responses((status = 200, body = Account), (status = 400, body = Body)))]
pub(super) async fn update_name(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let Some(name) = params.text("name", 0, 128).map(str::to_owned) else { return Err(params.failure()) };
    let (ctx, id) = (call.ctx.clone(), call.user()?.id.clone());
    let user = call.app.db.write(move |tx| user::update_name(tx, &ctx, &id, &name)).await?;
    Ok(shaped(call, &user))
}

/// Blocks the caller's own account. Only an API key can unblock it.
#[utoipa::path(patch, path = "/v1/account/status", tag = "account", responses((status = 200, body = Account), (status = 401, body = Body)))]
pub(super) async fn block(call: &Call) -> Result<Response, Failure> {
    let (ctx, id) = (call.ctx.clone(), call.user()?.id.clone());
    let user = call.app.db.write(move |tx| user::set_blocked(tx, &ctx, &id, true)).await?;
    let mut response = shaped(call, &user);
    session::clear(call, &mut response)?;
    Ok(response)
}
