//! Codes by SMS and e-mail, links, and tokens for other services.

use axum::http::StatusCode;
use axum::response::Response;
use countersign_domain::base::{Code, Target};
use countersign_domain::signin::{HandleKind, Rules, Start, Way};
use countersign_domain::verification::{Dialect, Purpose};

use super::call::Call;
use super::error::{Body, Failure};
use super::params::CustomId;
use super::wire::{Jwt, Token};
use super::{answer, wire};

/// Sends a code to a phone number. The answer is the same whether or not somebody has the number; its `userId` is to
/// be sent back with the code.
#[utoipa::path(post, path = "/v1/account/tokens/phone", tag = "sessions", request_body = super::openapi::PhoneToken,
    responses((status = 201, body = Token), (status = 400, body = Body), (status = 429, body = Body), (status = 501, body = Body), (status = 503, body = Body)))]
pub(super) async fn create_phone_token(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let wanted = params.custom_id("userId");
    let phone = params.phone("phone");
    let (Some(wanted), Some(phone)) = (wanted, phone) else { return Err(params.failure()) };
    start(call, wanted, phone.into(), Way::Code, false).await
}

/// Sends a code to an e-mail address. The answer is the same whether or not somebody has the address; its `userId` is to
/// be sent back with the code. With `phrase` both the answer and the e-mail hold the same words.
#[utoipa::path(post, path = "/v1/account/tokens/email", tag = "sessions", request_body = super::openapi::EmailToken,
    responses((status = 201, body = Token), (status = 400, body = Body), (status = 429, body = Body), (status = 501, body = Body), (status = 503, body = Body)))]
pub(super) async fn create_email_token(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let (wanted, email) = (params.custom_id("userId"), params.email("email"));
    let phrase = params.bool_or("phrase", false);
    let (Some(wanted), Some(email)) = (wanted, email) else { return Err(params.failure()) };
    params.check()?;
    start(call, wanted, email.into(), Way::Code, phrase).await
}

/// Sends a link to an e-mail address. It leads to `url`, or to our own page without one, with `userId` and `secret`,
/// which open a session.
#[utoipa::path(post, path = "/v1/account/tokens/magic-url", tag = "sessions", request_body = super::openapi::MagicUrlToken,
    responses((status = 201, body = Token), (status = 400, body = Body), (status = 429, body = Body), (status = 501, body = Body), (status = 503, body = Body)))]
pub(super) async fn create_magic_url_token(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let (wanted, email) = (params.custom_id("userId"), params.email("email"));
    let url = params.optional_text("url", 0, 2_048);
    let phrase = params.bool_or("phrase", false);
    let (Some(wanted), Some(email)) = (wanted, email) else { return Err(params.failure()) };
    params.check()?;
    let redirect = call.redirect(url, Purpose::MagicLink)?;
    start(call, wanted, email.into(), Way::MagicLink(redirect), phrase).await
}

async fn start(call: &Call, wanted: CustomId<'_>, target: Target, way: Way, phrase: bool) -> Result<Response, Failure> {
    let start = Start {
        dialect: Dialect::Nuvix,
        target,
        way,
        kind: HandleKind::UserId,
        wanted: match wanted {
            CustomId::Given(id) => Some(id.to_owned()),
            CustomId::Unique => None,
        },
        rules: Rules::of(&call.hosted.project),
        phrase,
        idempotency_key: call.idempotency_key.clone(),
    };
    let started = call.app.start_sign_in(&call.ctx, &call.hosted, start).await?;
    Ok(answer(StatusCode::CREATED, &Token::of(call.flavour, &started)))
}

/// The life of a JWT in seconds, unless the client says otherwise (contract nuvix §1.8).
const JWT_SECONDS: i64 = 900;

/// A signed token that other services can check with the keys at `/.well-known/jwks.json`.
#[utoipa::path(post, path = "/v1/account/jwts", tag = "account", request_body(content_type = "application/json", content = Object),
    responses((status = 201, body = Jwt), (status = 401, body = Body), (status = 404, body = Body)))]
pub(super) async fn create_jwt(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let seconds = params.number_or("duration", JWT_SECONDS, 1, 3_600);
    params.check()?;
    let Some(session) = call.session() else { return Err(Code::SessionNotFound.into()) };
    let jwt = call.hosted.keys.issue(&call.ctx, &call.user()?.id, &session.id, seconds)?;
    let permissions = wire::none(call.flavour);
    Ok(answer(StatusCode::CREATED, &Jwt { permissions, jwt: jwt.expose().to_owned() }))
}
