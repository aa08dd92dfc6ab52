//! The account of whoever is signed in.

use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use countersign_domain::base::Secret;
use countersign_domain::signin::{self, manage};
use countersign_domain::user::{self, User};

use super::call::{Call, Identity};
use super::error::{Body, Failure};
use super::params::CustomId;
use super::wire::{Account, prefs};
use super::{answer, answer_bytes, contact, session};
use crate::app::NewAccount;

pub(super) async fn shaped(call: &Call, user: &User) -> Result<Response, Failure> {
    let contacts = contact::of(call, user).await?;
    Ok(answer(StatusCode::OK, &Account::of(call.flavour, user, &contacts)))
}

/// Makes an account with an e-mail address and a password. It opens no session.
#[utoipa::path(post, path = "/v1/account", tag = "account", request_body = super::openapi::NewAccount,
    responses((status = 201, body = Account), (status = 400, body = Body), (status = 409, body = Body), (status = 429, body = Body)))]
pub(super) async fn create(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let id = params.custom_id("userId");
    let (email, password) = (params.email("email"), params.text("password", 8, 256));
    let name = params.optional_text("name", 0, 128).unwrap_or_default().to_owned();
    let (Some(id), Some(email), Some(password)) = (id, email, password) else { return Err(params.failure()) };
    params.check()?;
    let new = NewAccount {
        id: match id {
            CustomId::Given(id) => Some(id.to_owned()),
            CustomId::Unique => None,
        },
        email,
        name,
        password: Secret::new(password),
    };
    let user = call.app.sign_up(&call.ctx, &call.hosted, new).await?;
    let contacts = contact::of(call, &user).await?;
    Ok(answer(StatusCode::CREATED, &Account::of(call.flavour, &user, &contacts)))
}

/// Changes the password. Whoever has one sends it as `oldPassword`. Every other session ends.
#[utoipa::path(patch, path = "/v1/account/password", tag = "account", request_body = super::openapi::PasswordChange,
    responses((status = 200, body = Account), (status = 400, body = Body), (status = 401, body = Body)))]
pub(super) async fn update_password(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let password = params.text("password", 8, 256);
    let old = params.optional_text("oldPassword", 0, 256).filter(|old| !old.is_empty()).map(Secret::new);
    let Some(password) = password.map(Secret::new) else { return Err(params.failure()) };
    params.check()?;
    let user = call.app.update_password(&call.ctx, &call.hosted, call.caller()?, password, old).await?;
    shaped(call, &user).await
}

/// Changes the e-mail address, which is to be verified again. Without a password so far, `password` becomes the first.
#[utoipa::path(patch, path = "/v1/account/email", tag = "account", request_body = super::openapi::EmailPassword,
    responses((status = 200, body = Account), (status = 400, body = Body), (status = 401, body = Body), (status = 409, body = Body)))]
pub(super) async fn update_email(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let (email, password) = (params.email("email"), params.text("password", 8, 256));
    let (Some(email), Some(password)) = (email, password) else { return Err(params.failure()) };
    let caller = call.caller()?;
    let proof = call.app.show_password(&call.ctx, &call.hosted, &caller, Secret::new(password)).await?;
    let (ctx, hosted) = (call.ctx.clone(), call.hosted.clone());
    let user = call
        .app
        .db
        .write(move |tx| signin::account::update_email(tx, &ctx, &hosted.project, &caller, proof.shown(), &email))
        .await?;
    shaped(call, &user).await
}

/// Changes the phone number, which is to be verified; until then a verified one stays in use. Without a password so far,
/// `password` becomes the first.
#[utoipa::path(patch, path = "/v1/account/phone", tag = "account", request_body = super::openapi::PhonePassword,
    responses((status = 200, body = Account), (status = 400, body = Body), (status = 401, body = Body)))]
pub(super) async fn update_phone(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let (phone, password) = (params.phone("phone"), params.text("password", 8, 256));
    let (Some(phone), Some(password)) = (phone, password) else { return Err(params.failure()) };
    let caller = call.caller()?;
    let proof = call.app.show_password(&call.ctx, &call.hosted, &caller, Secret::new(password)).await?;
    let (ctx, hosted) = (call.ctx.clone(), call.hosted.clone());
    let user = call
        .app
        .db
        .write(move |tx| signin::account::update_phone(tx, &ctx, &hosted.project, &caller, proof.shown(), &phone))
        .await?;
    shaped(call, &user).await
}

/// Who is signed in.
#[utoipa::path(get, path = "/v1/account", tag = "account", responses((status = 200, body = Account), (status = 401, body = Body)))]
pub(super) async fn get(call: &Call) -> Result<Response, Failure> {
    let user = call.user()?;
    // Asked for on every page of an application: the answer is kept with the session.
    if let Identity::Session(signed) = &call.identity {
        let slot = call.flavour.number();
        if let Some(body) = signed.find_shaped(slot) {
            return Ok(answer_bytes(StatusCode::OK, body));
        }
        let contacts = contact::of(call, user).await?;
        let body = signed.shaped(slot, || {
            serde_json::to_vec(&Account::of(call.flavour, user, &contacts)).map(Bytes::from).unwrap_or_default()
        });
        return Ok(answer_bytes(StatusCode::OK, body));
    }
    shaped(call, user).await
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
        super::Flavour::Appwrite => shaped(call, &user).await?,
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
    shaped(call, &user).await
}

/// Blocks the caller's own account. Only an API key can unblock it.
#[utoipa::path(patch, path = "/v1/account/status", tag = "account", responses((status = 200, body = Account), (status = 401, body = Body)))]
pub(super) async fn block(call: &Call) -> Result<Response, Failure> {
    let (ctx, id) = (call.ctx.clone(), call.user()?.id.clone());
    let user = call.app.db.write(move |tx| manage::set_blocked(tx, &ctx, &id, true)).await?;
    let mut response = shaped(call, &user).await?;
    session::clear(call, &mut response)?;
    Ok(response)
}
