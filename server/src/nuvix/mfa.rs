//! Second factors: setting them up, and challenges.

use axum::http::StatusCode;
use axum::response::Response;
use countersign_domain::base::Secret;
use countersign_domain::mfa;
use countersign_domain::signin::{self, Factor, challenge, factor};
use countersign_domain::verification::Dialect;

use super::account::shaped;
use super::answer;
use super::call::{Call, no_content};
use super::error::{Body, Failure};
use super::wire::{Account, Challenge, Factors, NewApp, RecoveryCodes, SessionModel};

/// Asks the caller for a second factor from the next sign-in on, or no more. `enabled` is taken for `mfa`.
#[utoipa::path(patch, path = "/v1/account/mfa", tag = "mfa", request_body(content_type = "application/json", content = Object),
    responses((status = 200, body = Account), (status = 401, body = Body)))]
pub(super) async fn update(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let name = if params.is_absent("mfa") && !params.is_absent("enabled") { "enabled" } else { "mfa" };
    let Some(on) = params.bool(name) else { return Err(params.failure()) };
    let (ctx, hosted, caller) = (call.ctx.clone(), call.hosted.clone(), call.caller()?);
    let user = call.app.db.write(move |tx| factor::set_flag(tx, &ctx, &hosted.project, &caller, on)).await?;
    shaped(call, &user).await
}

/// What the caller can prove.
#[utoipa::path(get, path = "/v1/account/mfa/factors", tag = "mfa", responses((status = 200, body = Factors), (status = 401, body = Body)))]
pub(super) async fn list_factors(call: &Call) -> Result<Response, Failure> {
    let user = call.user()?;
    let project = &call.hosted.project;
    let (id, tenant) = (user.id.clone(), call.hosted.id.clone());
    let codes = call.app.db.read(move |tx| mfa::count_recovery_codes(tx, &tenant, &id)).await?;
    let has_codes = codes > 0 && project.settings.mfa.recovery_codes;
    let factors = signin::factors(project, user);
    Ok(answer(StatusCode::OK, &Factors::of(call.flavour, &factors, has_codes)))
}

/// There is one kind of authenticator (contract nuvix §4.4).
pub(super) fn only_totp(kind: &str) -> Result<(), Failure> {
    if kind.eq_ignore_ascii_case("totp") {
        return Ok(());
    }
    Err(Failure::invalid(vec!["Invalid `type` param: must be totp".to_owned()]))
}

/// Begins to set up an authenticator app.
#[utoipa::path(post, path = "/v1/account/mfa/authenticators/{type}", tag = "mfa", params(("type" = String, Path, description = "`totp`")),
    responses((status = 201, body = NewApp), (status = 401, body = Body), (status = 409, body = Body)))]
pub(super) async fn create_authenticator(call: &Call) -> Result<Response, Failure> {
    only_totp(&call.path_value)?;
    let (ctx, hosted, caller) = (call.ctx.clone(), call.hosted.clone(), call.caller()?);
    let app = call.app.db.write(move |tx| factor::create_app(tx, &ctx, &hosted.project, &caller)).await?;
    Ok(answer(StatusCode::CREATED, &NewApp::of(call.flavour, &app)))
}

/// Finishes it with a code of the app.
#[utoipa::path(put, path = "/v1/account/mfa/authenticators/{type}", tag = "mfa", params(("type" = String, Path, description = "`totp`")),
    request_body(content_type = "application/json", content = Object),
    responses((status = 200, body = Account), (status = 401, body = Body), (status = 404, body = Body), (status = 409, body = Body)))]
pub(super) async fn verify_authenticator(call: &Call) -> Result<Response, Failure> {
    only_totp(&call.path_value)?;
    let mut params = call.params()?;
    let Some(code) = params.text("otp", 1, 256).map(Secret::new) else { return Err(params.failure()) };
    let (ctx, hosted, caller) = (call.ctx.clone(), call.hosted.clone(), call.caller()?);
    let user = call.app.db.write(move |tx| factor::verify_app(tx, &ctx, &hosted.project, &caller, &code)).await?;
    shaped(call, &user).await
}

/// Removes the authenticator app, after a second factor that was shown lately.
#[utoipa::path(delete, path = "/v1/account/mfa/authenticators/{type}", tag = "mfa", params(("type" = String, Path, description = "`totp`")),
    responses((status = 204), (status = 401, body = Body), (status = 404, body = Body)))]
pub(super) async fn delete_authenticator(call: &Call) -> Result<Response, Failure> {
    only_totp(&call.path_value)?;
    let (ctx, hosted, caller) = (call.ctx.clone(), call.hosted.clone(), call.caller()?);
    call.app.db.write(move |tx| factor::delete_app(tx, &ctx, &hosted.project, &caller)).await?;
    Ok(no_content())
}

/// Makes six recovery codes. Each works once.
#[utoipa::path(post, path = "/v1/account/mfa/recovery-codes", tag = "mfa",
    responses((status = 201, body = RecoveryCodes), (status = 401, body = Body), (status = 409, body = Body)))]
pub(super) async fn create_recovery_codes(call: &Call) -> Result<Response, Failure> {
    let (ctx, hosted, caller) = (call.ctx.clone(), call.hosted.clone(), call.caller()?);
    let codes = call.app.db.write(move |tx| factor::create_codes(tx, &ctx, &hosted.project, &caller)).await?;
    Ok(answer(StatusCode::CREATED, &RecoveryCodes::of(call.flavour, &codes)))
}

/// Makes others in their place, after a second factor that was shown lately.
#[utoipa::path(patch, path = "/v1/account/mfa/recovery-codes", tag = "mfa",
    responses((status = 200, body = RecoveryCodes), (status = 401, body = Body), (status = 404, body = Body)))]
pub(super) async fn update_recovery_codes(call: &Call) -> Result<Response, Failure> {
    let (ctx, hosted, caller) = (call.ctx.clone(), call.hosted.clone(), call.caller()?);
    let codes = call.app.db.write(move |tx| factor::replace_codes(tx, &ctx, &hosted.project, &caller)).await?;
    Ok(answer(StatusCode::OK, &RecoveryCodes::of(call.flavour, &codes)))
}

/// The codes that are left, for ten minutes to the session that made them.
#[utoipa::path(get, path = "/v1/account/mfa/recovery-codes", tag = "mfa",
    responses((status = 200, body = RecoveryCodes), (status = 401, body = Body), (status = 404, body = Body)))]
pub(super) async fn get_recovery_codes(call: &Call) -> Result<Response, Failure> {
    let (ctx, hosted, caller) = (call.ctx.clone(), call.hosted.clone(), call.caller()?);
    let codes = call.app.db.read(move |tx| factor::read_codes(tx, &ctx, &hosted.project, &caller)).await?;
    Ok(answer(StatusCode::OK, &RecoveryCodes::of(call.flavour, &codes)))
}

/// Makes a challenge for the caller's session, and sends its code if the factor is an e-mail or a phone.
#[utoipa::path(post, path = "/v1/account/mfa/challenges", tag = "mfa", request_body = super::openapi::NewChallenge,
    responses((status = 201, body = Challenge), (status = 400, body = Body), (status = 401, body = Body), (status = 429, body = Body), (status = 503, body = Body)))]
pub(super) async fn create_challenge(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let Some(name) = params.text("factor", 1, 64) else { return Err(params.failure()) };
    let Some(factor) = Factor::parse(name) else {
        let rule = "Invalid `factor` param: must be one of email, phone, totp, recoverycode";
        return Err(Failure::invalid(vec![rule.to_owned()]));
    };
    let token = call.app.create_challenge(&call.ctx, &call.hosted, call.caller()?, Dialect::Nuvix, factor).await?;
    Ok(answer(StatusCode::CREATED, &Challenge::of(call.flavour, &token)))
}

/// Answers a challenge, in the session that it was made for.
#[utoipa::path(put, path = "/v1/account/mfa/challenges", tag = "mfa", request_body = super::openapi::ChallengeAnswer,
    responses((status = 200, body = SessionModel), (status = 400, body = Body), (status = 401, body = Body)))]
pub(super) async fn update_challenge(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let (id, otp) = (params.text("challengeId", 1, 64), params.text("otp", 1, 256));
    let (Some(id), Some(otp)) = (id.map(str::to_owned), otp.map(Secret::new)) else { return Err(params.failure()) };
    let (ctx, hosted, caller) = (call.ctx.clone(), call.hosted.clone(), call.caller()?);
    let session =
        call.app.db.write(move |tx| challenge::complete(tx, &ctx, &hosted.project, &caller, &id, &otp)).await??;
    let is_current = call.session().is_some();
    Ok(answer(StatusCode::OK, &SessionModel::of(call.flavour, &session, is_current, String::new())))
}
