//! Showing that an e-mail address or a phone number is one's own, and choosing a new password by an e-mail.

use axum::http::StatusCode;
use axum::response::Response;
use countersign_domain::base::{Code, Secret, Target};
use countersign_domain::signin::{HandleKind, Rules, Start, Way, verify};
use countersign_domain::user;
use countersign_domain::verification::{Dialect, Purpose};

use super::answer;
use super::call::Call;
use super::error::{Body, Failure};
use super::wire::Token;

/// Sends a link to the caller's address. It leads to `url`, or to our own page without one, with `userId` and `secret` for the call that completes it.
#[utoipa::path(post, path = "/v1/account/verifications/email", tag = "verification", request_body = super::openapi::Link,
    responses((status = 201, body = Token), (status = 400, body = Body), (status = 409, body = Body), (status = 503, body = Body)))]
pub(super) async fn create_email(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let url = params.optional_text("url", 0, 2_048);
    params.check()?;
    let redirect = call.redirect(url, Purpose::VerifyEmail)?;
    let caller = call.caller()?;
    if let Some(email) = &caller.user.email {
        call.app.spend_address(&call.ctx, &call.hosted, &Target::Email(email.clone())).await?;
    }
    let (ctx, hosted) = (call.ctx.clone(), call.hosted.clone());
    let token = call
        .app
        .db
        .write(move |tx| verify::start_email(tx, &ctx, &hosted.project, &caller, Dialect::Nuvix, &redirect))
        .await?;
    Ok(answer(StatusCode::CREATED, &Token::of_verification(call.flavour, &token)))
}

/// Completes the verification of an address with what the link brought along. It needs no session.
#[utoipa::path(put, path = "/v1/account/verifications/email", tag = "verification", request_body = super::openapi::Exchange,
    responses((status = 200, body = Token), (status = 401, body = Body)))]
pub(super) async fn update_email(call: &Call) -> Result<Response, Failure> {
    let (user, secret) = user_and_secret(call)?;
    let (ctx, caller) = (call.ctx.clone(), call.caller().ok());
    let token = call.app.db.write(move |tx| verify::finish_email(tx, &ctx, caller.as_ref(), &user, &secret)).await??;
    Ok(answer(StatusCode::OK, &Token::of_verification(call.flavour, &token)))
}

/// Sends a code to the caller's number.
#[utoipa::path(post, path = "/v1/account/verifications/phone", tag = "verification",
    responses((status = 201, body = Token), (status = 400, body = Body), (status = 409, body = Body), (status = 503, body = Body)))]
pub(super) async fn create_phone(call: &Call) -> Result<Response, Failure> {
    let caller = call.caller()?;
    if let Some(phone) = caller.user.shown_phone() {
        call.app.spend_address(&call.ctx, &call.hosted, &Target::Phone(phone.clone())).await?;
    }
    let (ctx, hosted) = (call.ctx.clone(), call.hosted.clone());
    let token =
        call.app.db.write(move |tx| verify::start_phone(tx, &ctx, &hosted.project, &caller, Dialect::Nuvix)).await?;
    Ok(answer(StatusCode::CREATED, &Token::of_verification(call.flavour, &token)))
}

/// Completes the verification of a number, in the session that asked for the code.
#[utoipa::path(put, path = "/v1/account/verifications/phone", tag = "verification", request_body = super::openapi::Exchange,
    responses((status = 200, body = Token), (status = 401, body = Body), (status = 404, body = Body), (status = 409, body = Body)))]
pub(super) async fn update_phone(call: &Call) -> Result<Response, Failure> {
    let (user, secret) = user_and_secret(call)?;
    // Without the session that asked, nothing is looked at and nothing is counted.
    let Ok(caller) = call.caller() else { return Err(Code::InvalidToken.into()) };
    let (ctx, hosted) = (call.ctx.clone(), call.hosted.clone());
    let token = call
        .app
        .db
        .write(move |tx| {
            if caller.user.id != user {
                user::get(tx, &ctx.project, &user)?;
                return Ok(Err(Code::InvalidToken.into()));
            }
            verify::finish_phone(tx, &ctx, &hosted.project, &caller, &secret)
        })
        .await??;
    Ok(answer(StatusCode::OK, &Token::of_verification(call.flavour, &token)))
}

/// Sends a link by which a new password can be chosen, if an account has the address. It leads to `url`, or to our own
/// page without one. The answer tells nobody whether an account has it.
#[utoipa::path(post, path = "/v1/account/recovery", tag = "verification", request_body = super::openapi::Recovery,
    responses((status = 201, body = Token), (status = 400, body = Body), (status = 429, body = Body), (status = 503, body = Body)))]
pub(super) async fn create_recovery(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let (email, url) = (params.email("email"), params.optional_text("url", 0, 2_048));
    let Some(email) = email else { return Err(params.failure()) };
    params.check()?;
    let start = Start {
        dialect: Dialect::Nuvix,
        target: email.into(),
        way: Way::Recovery(call.redirect(url, Purpose::Recovery)?),
        kind: HandleKind::UserId,
        wanted: None,
        rules: Rules::of(&call.hosted.project),
        phrase: false,
        idempotency_key: call.idempotency_key.clone(),
    };
    let started = call.app.start_sign_in(&call.ctx, &call.hosted, start).await?;
    Ok(answer(StatusCode::CREATED, &Token::of(call.flavour, &started)))
}

/// Sets the new password with what the link brought along. Every session of the account ends.
#[utoipa::path(put, path = "/v1/account/recovery", tag = "verification", request_body = super::openapi::NewPassword,
    responses((status = 200, body = Token), (status = 400, body = Body), (status = 401, body = Body)))]
pub(super) async fn update_recovery(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let (user, secret) = (params.id("userId"), params.text("secret", 1, 256));
    let password = params.text("password", 8, 256);
    let (Some(user), Some(secret), Some(password)) = (user, secret, password) else { return Err(params.failure()) };
    let token =
        call.app.recover(&call.ctx, &call.hosted, user.to_owned(), Secret::new(secret), Secret::new(password)).await?;
    Ok(answer(StatusCode::OK, &Token::of_verification(call.flavour, &token)))
}

fn user_and_secret(call: &Call) -> Result<(String, Secret), Failure> {
    let mut params = call.params()?;
    match (params.id("userId"), params.text("secret", 1, 256)) {
        (Some(user), Some(secret)) => Ok((user.to_owned(), Secret::new(secret))),
        (None, _) | (_, None) => Err(params.failure()),
    }
}
