//! Naming another number without a session, where people sign in by SMS (contract frontegg §2.3).

use axum::http::{Method, StatusCode};
use countersign_domain::base::Email;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::call::{Answered, Call};
use super::error::{Body, Failure};
use super::phone::{asked, read_phone, wrong_code};
use super::wire::{answer, done};
use super::{Route, Who, cookie, handler};

/// The rows of this file.
pub(super) static ROUTES: &[Route] = &[
    Route::new(Method::POST, "/identity/resources/users/v1/phone/reset", Who::Anybody, handler!(start)).limited(10),
    Route::new(Method::POST, "/identity/resources/users/v1/phone/reset/verify", Who::Anybody, handler!(verify))
        .limited(30),
    Route::new(Method::PUT, "/identity/resources/users/v1/phone/change", Who::Anybody, handler!(change)).limited(20),
];

#[derive(OpenApi)]
#[openapi(paths(start, verify, change))]
pub(super) struct Document;

/// That a code may be on its way.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggPhoneReset)]
pub(super) struct Started {
    pub reset_phone_number_token: String,
}

/// That the code was right.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggPhoneResetVerified)]
struct Verified {
    change_phone_number_token: String,
}

/// Whose number it is.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggPhoneResetStart, rename_all = "camelCase")]
struct StartBody {
    #[schema(example = "anna@example.com")]
    email: String,
}

/// The code.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggPhoneResetCode, rename_all = "camelCase")]
struct VerifyBody {
    reset_phone_number_token: String,
    code: String,
}

/// The number.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggPhoneChange, rename_all = "camelCase")]
struct ChangeBody {
    change_phone_number_token: String,
    /// With `+` and its country code.
    #[schema(example = "+12025550177")]
    phone_number: String,
}

/// Sends a code to an address, by which its user may name another number. The answer is the same where nobody has it.
#[utoipa::path(post, path = "/identity/resources/users/v1/phone/reset", tag = "frontegg", request_body = StartBody,
    responses((status = 200, body = Started), (status = 400, body = Body), (status = 429, body = Body), (status = 503, body = Body)))]
async fn start(call: &Call) -> Answered {
    let mut params = call.params();
    let Some(email) = params.email("email") else { return Err(params.failure().into()) };
    started(call, StatusCode::OK, email).await
}

/// Sends the code, and answers what the number is named with.
pub(super) async fn started(call: &Call, status: StatusCode, email: Email) -> Answered {
    let started = call.app.start_phone_reset(&call.ctx, &call.hosted, &asked(call)?, email).await?;
    answer(status, &Started { reset_phone_number_token: started.handle })
}

/// Takes the code from the address, and gives what names a number within ten minutes.
#[utoipa::path(post, path = "/identity/resources/users/v1/phone/reset/verify", tag = "frontegg", request_body = VerifyBody,
    responses((status = 200, body = Verified), (status = 400, body = Body), (status = 429, body = Body)))]
async fn verify(call: &Call) -> Answered {
    let mut params = call.params();
    let (token, code) = (params.text("resetPhoneNumberToken", 1, 128), params.secret("code", 1, 64));
    let (Some(token), Some(code)) = (token, code) else { return Err(params.failure().into()) };
    let token = call.app.verify_phone_reset(&call.ctx, token.to_owned(), code).await.map_err(wrong_code)?;
    answer(StatusCode::OK, &Verified { change_phone_number_token: token.expose().to_owned() })
}

/// Names the number, for the code that is asked for next, by the cookie of this answer. The account has it once that code
/// signs in.
#[utoipa::path(put, path = "/identity/resources/users/v1/phone/change", tag = "frontegg", request_body = ChangeBody,
    responses((status = 200, description = "A code may be asked for."), (status = 400, body = Body), (status = 429, body = Body)))]
async fn change(call: &Call) -> Answered {
    let mut params = call.params();
    let Some(token) = params.secret("changePhoneNumberToken", 1, 128) else { return Err(params.failure().into()) };
    let named = call.app.change_phone(&call.ctx, &call.hosted, token, read_phone(call)?).await.map_err(late)?;
    let mut response = done(StatusCode::OK);
    let seconds = cookie::seconds_until(call, named.expires_at);
    cookie::set(call, &mut response, &cookie::flow_name(call.project().client_id()), &named.handle, seconds)?;
    Ok(response)
}

fn late(error: countersign_domain::base::Error) -> Failure {
    let words = "The time to name a number is over. Ask for another code first.";
    Failure::or_wrong(error, StatusCode::BAD_REQUEST, words)
}
