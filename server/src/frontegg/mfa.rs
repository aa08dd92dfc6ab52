//! Second factors of whoever is signed in, or for whom a server acts (contract frontegg §2.4).

use axum::http::{Method, StatusCode};
use countersign_domain::base::Secret;
use countersign_domain::signin::{enrol, remove};
use countersign_domain::verification::Dialect;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::call::{Answered, Call};
use super::error::{Body, Failure};
use super::wire::{MfaDevices, answer, done};
use super::{Route, Who, handler};
use crate::http::qr;

const READ: Who = Who::PeopleOrFor("users.read");
const WRITE: Who = Who::PeopleOrFor("users.write");

/// A `POST` below the folder of this file.
macro_rules! post {
    ($path:literal, $handler:ident) => {
        Route::new(Method::POST, concat!("/identity/resources/users/v1/mfa", $path), WRITE, handler!($handler))
            .limited(30)
    };
}

/// The rows of this file.
pub(super) static ROUTES: &[Route] = &[
    Route::new(Method::GET, "/identity/resources/users/v1/mfa/devices", READ, handler!(devices)),
    post!("/sms/enroll", enroll_sms),
    post!("/sms/enroll/verify", verify_sms),
    post!("/sms/{deviceId}/disable", disable_sms),
    post!("/sms/{deviceId}/disable/verify", verify_disable_sms),
    post!("/authenticator/enroll", enroll_app),
    post!("/authenticator/enroll/verify", verify_app),
    post!("/authenticator/{deviceId}/disable/verify", disable_app),
    post!("/enroll", enroll),
    post!("/enroll/verify", verify),
    post!("/disable", disable),
    Route::new(
        Method::POST,
        "/identity/resources/vendor-only/users/v1/{userId}/mfa/unenroll",
        Who::Vendor("users.write"),
        handler!(unenroll),
    ),
];

#[derive(OpenApi)]
#[openapi(paths(
    devices,
    enroll_sms,
    verify_sms,
    disable_sms,
    verify_disable_sms,
    enroll_app,
    verify_app,
    disable_app,
    enroll,
    verify,
    disable,
    unenroll
))]
pub(super) struct Document;

/// A code that was sent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggSent)]
pub(super) struct Sent {
    /// To be shown with the code.
    pub otc_token: String,
    /// Where it went; masked, unless the client just named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "+14255550123")]
    pub phone_number: Option<String>,
}

/// An authenticator app that is being set up.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggNewApp)]
pub(super) struct NewApp {
    /// An image, as a `data:` address.
    pub(super) qr_code: String,
    /// The seed, for typing.
    pub(super) secret: String,
}

impl NewApp {
    pub(super) fn of(app: &enrol::NewApp) -> Result<Self, Failure> {
        Ok(Self { qr_code: qr::data_uri(app.uri.expose())?, secret: app.secret.expose().to_owned() })
    }
}

/// What came of setting a factor up.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggEnrolled)]
struct Enrolled {
    /// With the first factor: by it all can be given up. It is shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_code: Option<String>,
}

/// A number.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggMfaNumber, rename_all = "camelCase")]
struct NumberBody {
    #[schema(example = "+14255550123")]
    phone_number: String,
}

/// A code that was sent.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggMfaCode, rename_all = "camelCase")]
struct CodeBody {
    otc_token: String,
    #[schema(example = "123456")]
    code: String,
}

/// A code of an app.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggMfaAppCode)]
struct AppBody {
    #[schema(example = "123456")]
    token: String,
}

/// A wrong code of somebody who is signed in: he stays so.
pub(super) fn wrong(error: countersign_domain::base::Error) -> Failure {
    Failure::or_wrong(error, StatusCode::BAD_REQUEST, "The code is wrong, was used or has expired.")
}

fn shown(call: &Call) -> Result<(String, Secret), Failure> {
    let mut params = call.params();
    let (token, code) = (params.text("otcToken", 1, 128), params.secret("code", 1, 64));
    let (Some(token), Some(code)) = (token, code) else { return Err(params.failure().into()) };
    Ok((token.to_owned(), code))
}

/// The second factors of the user.
#[utoipa::path(get, path = "/identity/resources/users/v1/mfa/devices", tag = "frontegg",
    responses((status = 200, body = MfaDevices), (status = 401, body = Body)))]
async fn devices(call: &Call) -> Answered {
    let (ctx, hosted, user) = (call.ctx.clone(), call.hosted.clone(), call.user()?.clone());
    let devices = call.app.db.read(move |tx| enrol::devices(tx, &ctx, &hosted.project, &user)).await?;
    answer(StatusCode::OK, &MfaDevices::of(devices))
}

/// Sends a code to a number that is to be a second factor.
#[utoipa::path(post, path = "/identity/resources/users/v1/mfa/sms/enroll", tag = "frontegg", request_body = NumberBody,
    responses((status = 200, body = Sent), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body), (status = 429, body = Body)))]
async fn enroll_sms(call: &Call) -> Answered {
    let mut params = call.params();
    let Some(phone) = params.phone("phoneNumber") else { return Err(params.failure().into()) };
    let phone = phone?;
    let token = call.app.enrol_phone(&call.ctx, &call.hosted, call.caller()?, phone.clone()).await?;
    let sent = Sent { otc_token: token.id, phone_number: Some(phone.as_e164().to_owned()) };
    answer(StatusCode::OK, &sent)
}

/// Shows it: the number is a second factor from now on.
#[utoipa::path(post, path = "/identity/resources/users/v1/mfa/sms/enroll/verify", tag = "frontegg", request_body = CodeBody,
    responses((status = 200, body = Enrolled), (status = 400, body = Body), (status = 401, body = Body)))]
async fn verify_sms(call: &Call) -> Answered {
    let (token, code) = shown(call)?;
    let (ctx, hosted, caller) = (call.ctx.clone(), call.hosted.clone(), call.caller()?);
    let answered =
        call.app.db.write(move |tx| enrol::finish(tx, &ctx, &hosted.project, &caller, &token, &code)).await?;
    enrolled(answered.map_err(wrong)?)
}

fn enrolled(enrolled: enrol::Enrolled) -> Answered {
    let recovery_code = enrolled.recovery_code.map(|code| code.expose().to_owned());
    answer(StatusCode::OK, &Enrolled { recovery_code })
}

/// Sends a code to a number that is to be a second factor no more.
#[utoipa::path(post, path = "/identity/resources/users/v1/mfa/sms/{deviceId}/disable", tag = "frontegg", params(("deviceId" = String, Path)),
    responses((status = 200, body = Sent), (status = 401, body = Body), (status = 403, body = Body), (status = 404, body = Body), (status = 429, body = Body)))]
async fn disable_sms(call: &Call) -> Answered {
    let id = call.gap("deviceId").to_owned();
    let (token, phone) = call.app.remove_phone(&call.ctx, &call.hosted, call.caller()?, id).await?;
    answer(StatusCode::OK, &Sent { otc_token: token.id, phone_number: Some(phone.hinted()) })
}

/// Shows it: the number is none any more.
#[utoipa::path(post, path = "/identity/resources/users/v1/mfa/sms/{deviceId}/disable/verify", tag = "frontegg", params(("deviceId" = String, Path)),
    request_body = CodeBody,
    responses((status = 200, description = "It is none any more."), (status = 400, body = Body), (status = 401, body = Body), (status = 404, body = Body)))]
async fn verify_disable_sms(call: &Call) -> Answered {
    let (token, code) = shown(call)?;
    let id = call.gap("deviceId").to_owned();
    let (ctx, hosted, caller) = (call.ctx.clone(), call.hosted.clone(), call.caller()?);
    let answered = call
        .app
        .db
        .write(move |tx| remove::finish_phone(tx, &ctx, &hosted.project, &caller, &id, &token, &code))
        .await?;
    answered.map_err(wrong)?;
    Ok(done(StatusCode::OK))
}

/// Begins to set up an authenticator app.
#[utoipa::path(post, path = "/identity/resources/users/v1/mfa/authenticator/enroll", tag = "frontegg",
    responses((status = 200, body = NewApp), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body)))]
async fn enroll_app(call: &Call) -> Answered {
    let (ctx, hosted, caller) = (call.ctx.clone(), call.hosted.clone(), call.caller()?);
    let app = call.app.db.write(move |tx| enrol::start_app(tx, &ctx, &hosted.project, &caller)).await?;
    answer(StatusCode::OK, &NewApp::of(&app)?)
}

/// The same for older clients.
#[utoipa::path(post, path = "/identity/resources/users/v1/mfa/enroll", tag = "frontegg",
    responses((status = 200, body = NewApp), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body)))]
async fn enroll(call: &Call) -> Answered {
    enroll_app(call).await
}

/// Finishes it with a code of the app.
#[utoipa::path(post, path = "/identity/resources/users/v1/mfa/authenticator/enroll/verify", tag = "frontegg", request_body = AppBody,
    responses((status = 200, body = Enrolled), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body)))]
async fn verify_app(call: &Call) -> Answered {
    let mut params = call.params();
    let Some(code) = params.secret("token", 1, 64) else { return Err(params.failure().into()) };
    let (ctx, hosted, caller) = (call.ctx.clone(), call.hosted.clone(), call.caller()?);
    let answered = call.app.db.write(move |tx| enrol::finish_app(tx, &ctx, &hosted.project, &caller, &code)).await;
    enrolled(answered.map_err(wrong)?)
}

/// The same for older clients.
#[utoipa::path(post, path = "/identity/resources/users/v1/mfa/enroll/verify", tag = "frontegg", request_body = AppBody,
    responses((status = 200, body = Enrolled), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body)))]
async fn verify(call: &Call) -> Answered {
    verify_app(call).await
}

/// Gives an authenticator app up: by a code of it, or, without one, after a second factor that was shown lately.
#[utoipa::path(post, path = "/identity/resources/users/v1/mfa/authenticator/{deviceId}/disable/verify", tag = "frontegg",
    params(("deviceId" = String, Path)), request_body = Option<AppBody>,
    responses((status = 200, description = "It is gone."), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body), (status = 429, body = Body)))]
async fn disable_app(call: &Call) -> Answered {
    drop_app(call, Some(call.gap("deviceId").to_owned())).await
}

/// The same for older clients.
#[utoipa::path(post, path = "/identity/resources/users/v1/mfa/disable", tag = "frontegg", request_body = Option<AppBody>,
    responses((status = 200, description = "It is gone."), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body), (status = 429, body = Body)))]
async fn disable(call: &Call) -> Answered {
    drop_app(call, None).await
}

async fn drop_app(call: &Call, id: Option<String>) -> Answered {
    let mut params = call.params();
    let code = if params.is_absent("token") { None } else { params.secret("token", 1, 64) };
    params.check()?;
    let (ctx, hosted, caller) = (call.ctx.clone(), call.hosted.clone(), call.caller()?);
    let answered = call
        .app
        .db
        .write(move |tx| {
            let project = &hosted.project;
            remove::delete_app(tx, &ctx, project, &caller, Dialect::Frontegg, id.as_deref(), code.as_ref())
        })
        .await?;
    answered.map_err(wrong)?;
    Ok(done(StatusCode::OK))
}

/// Takes every second factor from a user. He is told.
#[utoipa::path(post, path = "/identity/resources/vendor-only/users/v1/{userId}/mfa/unenroll", tag = "frontegg", params(("userId" = String, Path)),
    responses((status = 200, description = "He has none any more."), (status = 401, body = Body), (status = 403, body = Body), (status = 404, body = Body)))]
async fn unenroll(call: &Call) -> Answered {
    let (ctx, hosted, id) = (call.ctx.clone(), call.hosted.clone(), call.gap("userId").to_owned());
    call.app.db.write(move |tx| remove::delete_all(tx, &ctx, &hosted.project, &id)).await?;
    Ok(done(StatusCode::OK))
}
