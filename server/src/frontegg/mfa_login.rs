//! Second factors on the way into a session (contract frontegg §2.5): the `mfaToken` of the first step opens these routes
//! and nothing else. Asking once more in a session, and giving all factors up by a recovery code.

use axum::http::{Method, StatusCode};
use countersign_domain::base::{Code, Error, Secret};
use countersign_domain::signin::step::{self, By, Shown, Waiting};
use countersign_domain::signin::{Factor, enrol, remove};
use countersign_domain::verification::Dialect;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::call::{Answered, Call};
use super::error::{Body, Failure};
use super::mfa::{NewApp, Sent};
use super::session::{lacking, stepped};
use super::wire::{Authentication, answer, done};
use super::{Route, Who, handler};

/// A `POST` below the folder of this file.
macro_rules! post {
    ($path:literal, $handler:ident) => {
        Route::new(
            Method::POST,
            concat!("/identity/resources/auth/v1/user/mfa", $path),
            Who::Anybody,
            handler!($handler),
        )
        .limited(30)
    };
}

/// The rows of this file.
pub(super) static ROUTES: &[Route] = &[
    post!("/sms/{deviceId}", send_sms),
    post!("/sms/{deviceId}/verify", verify_sms),
    post!("/sms/enroll", enroll_sms),
    post!("/sms/enroll/verify", verify_enroll_sms),
    post!("/emailcode", send_email),
    post!("/emailcode/verify", verify_email),
    post!("/authenticator/enroll", enroll_app),
    post!("/authenticator/enroll/verify", verify_enroll_app),
    post!("/authenticator/{deviceId}/verify", verify_app),
    post!("/verify", verify),
    post!("/recover", recover).limited(10),
    Route::new(
        Method::GET,
        "/identity/resources/configurations/v1/mfa-policy/allow-remember-device",
        Who::Anybody,
        handler!(allow_remember_device),
    )
    .limited(60),
    Route::new(Method::POST, "/identity/resources/auth/v1/user/step-up/generate", Who::People, handler!(step_up))
        .limited(30),
];

#[derive(OpenApi)]
#[openapi(paths(
    send_sms,
    verify_sms,
    enroll_sms,
    verify_enroll_sms,
    send_email,
    verify_email,
    enroll_app,
    verify_enroll_app,
    verify_app,
    verify,
    recover,
    allow_remember_device,
    step_up
))]
pub(super) struct Document;

/// The token of the first step.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggMfaToken, rename_all = "camelCase")]
struct TokenBody {
    mfa_token: String,
}

/// A number that is to be set up.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggMfaTokenNumber, rename_all = "camelCase")]
struct NumberBody {
    mfa_token: String,
    #[schema(example = "+14255550123")]
    phone_number: String,
}

/// A code that was sent.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggMfaTokenCode, rename_all = "camelCase")]
struct CodeBody {
    mfa_token: String,
    otc_token: String,
    #[schema(example = "123456")]
    code: String,
    /// Whether this device is not to be asked again for a while.
    remember_device: Option<bool>,
}

/// A code of an app.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggMfaTokenApp, rename_all = "camelCase")]
struct AppBody {
    mfa_token: String,
    #[schema(example = "123456")]
    value: String,
    /// Whether this device is not to be asked again for a while.
    remember_device: Option<bool>,
}

/// A code of an app that is being set up.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggMfaTokenNewApp, rename_all = "camelCase")]
struct NewAppBody {
    mfa_token: String,
    #[schema(example = "123456")]
    token: String,
    /// Whether this device is not to be asked again for a while.
    remember_device: Option<bool>,
}

/// An address and a recovery code of its account.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggMfaRecovery, rename_all = "camelCase")]
struct RecoverBody {
    #[schema(example = "anna@example.com")]
    email: String,
    recovery_code: String,
}

/// How old a second factor may be.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggStepUp, rename_all = "camelCase")]
struct StepUpBody {
    /// In seconds. A second factor is asked for whatever it is; the time of it is `auth_time` in the token.
    max_age: Option<i64>,
}

/// Whether devices may be remembered.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggRememberDevice)]
struct RememberDevice {
    is_allowed_to_remember: bool,
    /// For how many seconds.
    #[schema(example = 1_209_600)]
    mfa_device_expiration: i64,
}

/// A token that is none, in words of its own: the person has to sign in again.
fn bad_token(error: Error) -> Failure {
    match error.code {
        Code::InvalidToken => {
            Failure::new(StatusCode::UNAUTHORIZED, "The MFA token is wrong or has expired. Sign in again.")
        }
        _ => error.into(),
    }
}

fn token(call: &Call) -> Result<Secret, Failure> {
    let mut params = call.params();
    params.secret("mfaToken", 1, 1_024).ok_or_else(|| params.failure().into())
}

async fn waiting(call: &Call, token: &Secret) -> Result<Waiting, Failure> {
    call.app.waiting(&call.ctx, &call.hosted, token).await.map_err(bad_token)
}

/// Shows a factor, or sets one up, with the code in `field`.
async fn finish(
    call: &Call,
    field: &'static str,
    by: impl FnOnce(&Call, Option<&str>) -> By,
    with_otc: bool,
) -> Answered {
    let mut params = call.params();
    let (token, code) = (params.secret("mfaToken", 1, 1_024), params.secret(field, 1, 64));
    let otc = if with_otc { params.text("otcToken", 1, 128) } else { None };
    let remember = params.bool_or("rememberDevice", false);
    let (Some(token), Some(code), true) = (token, code, otc.is_some() || !with_otc) else {
        return Err(params.failure().into());
    };
    params.check()?;
    waiting(call, &token).await?;
    let shown = Shown { dialect: Dialect::Frontegg, by: by(call, otc), code, remember };
    let done = call.app.finish_step(&call.ctx, &call.hosted, call.terms(), token, shown).await?;
    stepped(call, StatusCode::CREATED, &done).await
}

fn owned(otc: Option<&str>) -> String {
    otc.unwrap_or_default().to_owned()
}

/// Sends a code by SMS as second factor. Asked again at once, it sends no second one.
#[utoipa::path(post, path = "/identity/resources/auth/v1/user/mfa/sms/{deviceId}", tag = "frontegg", params(("deviceId" = String, Path)), request_body = TokenBody,
    responses((status = 201, body = Sent), (status = 401, body = Body), (status = 404, body = Body), (status = 429, body = Body)))]
async fn send_sms(call: &Call) -> Answered {
    let waiting = waiting(call, &token(call)?).await?;
    let id = call.gap("deviceId").to_owned();
    let (sent, phone) = call.app.send_step_sms(&call.ctx, &call.hosted, waiting, id).await?;
    answer(StatusCode::CREATED, &Sent { otc_token: sent.id, phone_number: Some(phone.hinted()) })
}

/// Shows it.
#[utoipa::path(post, path = "/identity/resources/auth/v1/user/mfa/sms/{deviceId}/verify", tag = "frontegg", params(("deviceId" = String, Path)), request_body = CodeBody,
    responses((status = 201, body = Authentication), (status = 401, body = Body), (status = 404, body = Body), (status = 429, body = Body)))]
async fn verify_sms(call: &Call) -> Answered {
    finish(call, "code", |call, otc| By::Sms(call.gap("deviceId").to_owned(), owned(otc)), true).await
}

/// Sends a code to a number that is to be a second factor, where one must be set up.
#[utoipa::path(post, path = "/identity/resources/auth/v1/user/mfa/sms/enroll", tag = "frontegg", request_body = NumberBody,
    responses((status = 201, body = Sent), (status = 400, body = Body), (status = 401, body = Body), (status = 429, body = Body)))]
async fn enroll_sms(call: &Call) -> Answered {
    let mut params = call.params();
    let (token, phone) = (params.secret("mfaToken", 1, 1_024), params.phone("phoneNumber"));
    let (Some(token), Some(phone)) = (token, phone) else { return Err(params.failure().into()) };
    let phone = phone?;
    let waiting = waiting(call, &token).await?;
    let sent = call.app.enrol_phone_by(&call.ctx, &call.hosted, waiting, phone.clone()).await?;
    answer(StatusCode::CREATED, &Sent { otc_token: sent.id, phone_number: Some(phone.as_e164().to_owned()) })
}

/// Shows it. The first factor comes with a recovery code.
#[utoipa::path(post, path = "/identity/resources/auth/v1/user/mfa/sms/enroll/verify", tag = "frontegg", request_body = CodeBody,
    responses((status = 201, body = Authentication), (status = 401, body = Body), (status = 429, body = Body)))]
async fn verify_enroll_sms(call: &Call) -> Answered {
    finish(call, "code", |_, otc| By::NewPhone(owned(otc)), true).await
}

/// Sends a code by e-mail as second factor.
#[utoipa::path(post, path = "/identity/resources/auth/v1/user/mfa/emailcode", tag = "frontegg", request_body = TokenBody,
    responses((status = 201, body = Sent), (status = 401, body = Body), (status = 404, body = Body), (status = 429, body = Body)))]
async fn send_email(call: &Call) -> Answered {
    let waiting = waiting(call, &token(call)?).await?;
    let sent = call.app.send_step_email(&call.ctx, &call.hosted, waiting).await?;
    answer(StatusCode::CREATED, &Sent { otc_token: sent.id, phone_number: None })
}

/// Shows it.
#[utoipa::path(post, path = "/identity/resources/auth/v1/user/mfa/emailcode/verify", tag = "frontegg", request_body = CodeBody,
    responses((status = 201, body = Authentication), (status = 401, body = Body), (status = 404, body = Body), (status = 429, body = Body)))]
async fn verify_email(call: &Call) -> Answered {
    finish(call, "code", |_, otc| By::Email(owned(otc)), true).await
}

/// Begins to set up an authenticator app, where a factor must be set up.
#[utoipa::path(post, path = "/identity/resources/auth/v1/user/mfa/authenticator/enroll", tag = "frontegg", request_body = TokenBody,
    responses((status = 201, body = NewApp), (status = 400, body = Body), (status = 401, body = Body)))]
async fn enroll_app(call: &Call) -> Answered {
    let waiting = waiting(call, &token(call)?).await?;
    step::may_enrol(call.project(), &waiting, Factor::Totp)?;
    let (ctx, hosted) = (call.ctx.clone(), call.hosted.clone());
    let app = call.app.db.write(move |tx| enrol::start_app(tx, &ctx, &hosted.project, &waiting.caller)).await?;
    answer(StatusCode::CREATED, &NewApp::of(&app)?)
}

/// Finishes it with a code of the app. The first factor comes with a recovery code.
#[utoipa::path(post, path = "/identity/resources/auth/v1/user/mfa/authenticator/enroll/verify", tag = "frontegg", request_body = NewAppBody,
    responses((status = 201, body = Authentication), (status = 401, body = Body)))]
async fn verify_enroll_app(call: &Call) -> Answered {
    finish(call, "token", |_, _| By::NewApp, false).await
}

/// Shows a code of an authenticator app.
#[utoipa::path(post, path = "/identity/resources/auth/v1/user/mfa/authenticator/{deviceId}/verify", tag = "frontegg", params(("deviceId" = String, Path)), request_body = AppBody,
    responses((status = 201, body = Authentication), (status = 401, body = Body), (status = 404, body = Body), (status = 429, body = Body)))]
async fn verify_app(call: &Call) -> Answered {
    finish(call, "value", |call, _| By::App(Some(call.gap("deviceId").to_owned())), false).await
}

/// The same for older clients.
#[utoipa::path(post, path = "/identity/resources/auth/v1/user/mfa/verify", tag = "frontegg", request_body = AppBody,
    responses((status = 201, body = Authentication), (status = 401, body = Body), (status = 404, body = Body), (status = 429, body = Body)))]
async fn verify(call: &Call) -> Answered {
    finish(call, "value", |_, _| By::App(None), false).await
}

/// Gives all second factors up by a recovery code. Every session ends, the user is told, and he signs in again. An unknown
/// address is answered like a wrong code.
#[utoipa::path(post, path = "/identity/resources/auth/v1/user/mfa/recover", tag = "frontegg", request_body = RecoverBody,
    responses((status = 200, description = "They are gone."), (status = 401, body = Body), (status = 429, body = Body)))]
async fn recover(call: &Call) -> Answered {
    let mut params = call.params();
    let (email, code) = (params.email("email"), params.secret("recoveryCode", 1, 128));
    let (Some(email), Some(code)) = (email, code) else { return Err(params.failure().into()) };
    let (ctx, hosted) = (call.ctx.clone(), call.hosted.clone());
    let answered = call.app.db.write(move |tx| remove::recover(tx, &ctx, &hosted.project, &email, &code)).await?;
    let words = "The address or the recovery code is wrong.";
    answered.map_err(|error| Failure::or_wrong(error, StatusCode::UNAUTHORIZED, words))?;
    Ok(done(StatusCode::OK))
}

/// Whether the client may offer to remember the device.
#[utoipa::path(get, path = "/identity/resources/configurations/v1/mfa-policy/allow-remember-device", tag = "frontegg",
    params(("mfaToken" = String, Query, description = "The token of the first step.")),
    responses((status = 200, body = RememberDevice), (status = 400, body = Body), (status = 401, body = Body)))]
async fn allow_remember_device(call: &Call) -> Answered {
    let missing = || Failure::new(StatusCode::BAD_REQUEST, "mfaToken is required");
    let token = Secret::new(call.query("mfaToken").ok_or_else(missing)?);
    waiting(call, &token).await?;
    let mfa = &call.project().settings.mfa;
    let body = RememberDevice {
        is_allowed_to_remember: mfa.remember_device,
        mfa_device_expiration: mfa.remember_device_seconds,
    };
    answer(StatusCode::OK, &body)
}

/// Asks for a second factor once more. The session goes on; once the factor is shown it has another refresh token.
#[utoipa::path(post, path = "/identity/resources/auth/v1/user/step-up/generate", tag = "frontegg", request_body = Option<StepUpBody>,
    responses((status = 201, body = Authentication), (status = 400, body = Body), (status = 401, body = Body)))]
async fn step_up(call: &Call) -> Answered {
    let mut params = call.params();
    params.optional_number("maxAge", 0, 31_536_000);
    params.check()?;
    let (ctx, caller) = (call.ctx.clone(), call.caller()?);
    let token = call.app.db.write(move |tx| step::start(tx, &ctx, &caller, Dialect::Frontegg)).await?;
    let waiting = waiting(call, &token).await?;
    lacking(call, StatusCode::CREATED, &waiting.caller, &token, &waiting.step(call.project())).await
}
