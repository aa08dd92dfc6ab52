//! A new password for whoever forgot his, by a code in an SMS or by a link in an e-mail.

use axum::http::{Method, StatusCode};
use countersign_domain::base::{Code, Email, Error, Phone};
use countersign_domain::signin::Rules;
use countersign_domain::signin::flow::{Aim, Begin, Begun, Means, Name};
use countersign_domain::verification::Dialect;
use serde::Serialize;
use utoipa::OpenApi;

use super::call::{Answered, Call};
use super::error::{Body, Failure};
use super::password::must_be_on;
use super::passwordless::{page, waiting};
use super::wire::{answer, done};
use super::{Route, Who, handler};

/// The rows of this file.
pub(super) static ROUTES: &[Route] = &[
    Route::new(Method::POST, "/identity/resources/users/v2/passwords/reset/sms", Who::Anybody, handler!(start_sms))
        .limited(10),
    Route::new(Method::POST, "/identity/resources/users/v2/passwords/reset/email", Who::Anybody, handler!(start_email))
        .limited(10),
    Route::new(Method::POST, "/identity/resources/users/v1/passwords/reset", Who::Anybody, handler!(start_by_address))
        .limited(10),
    Route::new(Method::POST, "/identity/resources/users/v1/passwords/reset/validate", Who::Anybody, handler!(validate))
        .limited(30),
    Route::new(Method::POST, "/identity/resources/users/v2/passwords/reset/sms/verify", Who::Anybody, handler!(verify))
        .limited(30),
    Route::new(Method::POST, "/identity/resources/users/v1/passwords/reset/verify", Who::Anybody, handler!(finish))
        .limited(30),
    Route::new(
        Method::GET,
        "/identity/resources/configurations/v1/password-recovery/strategies",
        Who::Anybody,
        handler!(strategies),
    ),
];

#[derive(OpenApi)]
#[openapi(paths(start_sms, start_email, start_by_address, validate, verify, finish, strategies))]
pub(super) struct Document;

/// Who forgot his password.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggPasswordReset, rename_all = "camelCase")]
struct StartBody {
    #[schema(example = "anna@example.com")]
    identifier: String,
    /// `email`, `phoneNumber` or `username`.
    #[schema(example = "email")]
    identifier_type: String,
}

/// The session of a reset.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggPasswordResetStarted)]
struct Started {
    session_id: String,
}

/// What a code is exchanged for.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggPasswordResetVerified)]
struct Verified {
    user_id: String,
    /// Sets a new password, once, within ten minutes.
    token: String,
}

/// Sends a code by SMS to whoever forgot his password. Somebody unknown is answered the same.
#[utoipa::path(post, path = "/identity/resources/users/v2/passwords/reset/sms", tag = "frontegg", request_body = StartBody,
    responses((status = 200, body = Started), (status = 400, body = Body), (status = 429, body = Body), (status = 503, body = Body)))]
async fn start_sms(call: &Call) -> Answered {
    start(call, Means::Sms).await
}

/// Sends a link by e-mail to whoever forgot his password; it leads to the application's page `/account/reset-password`.
/// Somebody unknown is answered the same.
#[utoipa::path(post, path = "/identity/resources/users/v2/passwords/reset/email", tag = "frontegg", request_body = StartBody,
    responses((status = 200, body = Started), (status = 400, body = Body), (status = 429, body = Body), (status = 503, body = Body)))]
async fn start_email(call: &Call) -> Answered {
    start(call, by_link(call)?).await
}

fn by_link(call: &Call) -> Result<Means, Failure> {
    Ok(Means::Link(page(call, "account/reset-password")?))
}

/// Whose password is forgotten.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggForgotPassword, rename_all = "camelCase")]
struct AddressBody {
    #[schema(example = "anna@example.com")]
    email: String,
    /// Taken and not looked at.
    #[schema(value_type = Option<Object>)]
    email_metadata: Option<serde_json::Value>,
}

/// Sends the same link, as boxes ask for it. Somebody unknown is answered the same.
#[utoipa::path(post, path = "/identity/resources/users/v1/passwords/reset", tag = "frontegg", request_body = AddressBody,
    responses((status = 200, description = "It is on its way, if somebody has the address."), (status = 400, body = Body), (status = 429, body = Body), (status = 503, body = Body)))]
async fn start_by_address(call: &Call) -> Answered {
    let mut params = call.params();
    let Some(email) = params.email("email") else { return Err(params.failure().into()) };
    begin(call, Name::Email(email), by_link(call)?).await?;
    Ok(done(StatusCode::OK))
}

async fn start(call: &Call, means: Means) -> Answered {
    let mut params = call.params();
    let (identifier, kind) = (params.text("identifier", 1, 1_024), params.text("identifierType", 1, 32));
    let (Some(identifier), Some(kind)) = (identifier, kind) else { return Err(params.failure().into()) };
    let name = match kind {
        "email" => Name::Email(Email::parse(identifier).map_err(|_| Code::InvalidEmail)?),
        "phoneNumber" => Name::Phone(Phone::parse(identifier, None).map_err(|_| Code::InvalidPhone)?),
        "username" => Name::Username(identifier.to_owned()),
        _ => {
            let words = "identifierType must be email, phoneNumber or username.";
            return Err(Failure::new(StatusCode::BAD_REQUEST, words));
        }
    };
    answer(StatusCode::OK, &Started { session_id: begin(call, name, means).await? })
}

/// Starts a recovery; its handle.
async fn begin(call: &Call, name: Name, means: Means) -> Result<String, Failure> {
    let begin = Begin {
        dialect: Dialect::Frontegg,
        name: Some(name),
        means,
        aim: Aim::Recovery,
        held: None,
        rules: Rules::of_frontegg(call.project()),
        needs_number: false,
    };
    match call.app.start_flow(&call.ctx, &call.hosted, begin).await.map_err(waiting)? {
        Begun::Flow(flow) => Ok(flow.handle),
        Begun::NoNumber(_) => Err(Code::PhoneNotFound.into()),
    }
}

/// The code of a reset.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggPasswordResetCode, rename_all = "camelCase")]
struct VerifyBody {
    /// The code itself.
    #[schema(example = "123456")]
    otc_token: String,
    session_id: String,
}

/// Takes the code that came by SMS, for what sets a new password.
#[utoipa::path(post, path = "/identity/resources/users/v2/passwords/reset/sms/verify", tag = "frontegg",
    request_body = VerifyBody,
    responses((status = 200, body = Verified), (status = 400, body = Body), (status = 429, body = Body)))]
async fn verify(call: &Call) -> Answered {
    let mut params = call.params();
    let (code, session) = (params.secret("otcToken", 1, 64), params.text("sessionId", 1, 256));
    let (Some(code), Some(session)) = (code, session) else { return Err(params.failure().into()) };
    let recovered = call.app.exchange_recovery(&call.ctx, Dialect::Frontegg, session.to_owned(), code).await;
    let recovered = recovered.map_err(wrong)?;
    answer(StatusCode::OK, &Verified { user_id: recovered.user, token: recovered.token.expose().to_owned() })
}

/// A new password.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggNewPassword, rename_all = "camelCase")]
struct FinishBody {
    user_id: String,
    token: String,
    /// 8 to 256 characters.
    password: String,
}

/// Sets a new password. Every session of the account ends; its second factor stays.
#[utoipa::path(post, path = "/identity/resources/users/v1/passwords/reset/verify", tag = "frontegg",
    request_body = FinishBody,
    responses((status = 201, description = "The password is set."), (status = 400, body = Body), (status = 429, body = Body)))]
async fn finish(call: &Call) -> Answered {
    let mut params = call.params();
    let user = params.text("userId", 1, 64);
    let (token, password) = (params.secret("token", 1, 256), params.secret("password", 8, 256));
    let (Some(user), Some(token), Some(password)) = (user, token, password) else {
        return Err(params.failure().into());
    };
    must_be_on(call)?;
    call.app.finish_recovery(&call.ctx, &call.hosted, user.to_owned(), token, password).await.map_err(wrong)?;
    Ok(done(StatusCode::CREATED))
}

fn wrong(error: Error) -> Failure {
    Failure::or_wrong(error, StatusCode::BAD_REQUEST, WRONG)
}

const WRONG: &str = "The code or link is wrong, was used or has expired. Ask for a new one.";

/// A link as it was followed.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggFollowedLink, rename_all = "camelCase")]
struct LinkBody {
    user_id: String,
    token: String,
}

/// Whether a link, or what a code was exchanged for, would set a new password now. Nothing is used up.
#[utoipa::path(post, path = "/identity/resources/users/v1/passwords/reset/validate", tag = "frontegg",
    request_body = LinkBody,
    responses((status = 200, description = "It would."), (status = 400, body = Body), (status = 410, description = "It would not.", body = Body), (status = 429, body = Body)))]
async fn validate(call: &Call) -> Answered {
    let mut params = call.params();
    let (user, token) = (params.text("userId", 1, 64), params.secret("token", 1, 256));
    let (Some(user), Some(token)) = (user, token) else { return Err(params.failure().into()) };
    must_be_on(call)?;
    let found = call.app.find_recovery(&call.ctx, user.to_owned(), token).await;
    found.map_err(|error| Failure::or_wrong(error, StatusCode::GONE, WRONG))?;
    Ok(done(StatusCode::OK))
}

/// A way to a new password.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggRecoveryStrategy)]
struct Strategy {
    /// `email` or `sms`.
    strategy: &'static str,
    is_active: bool,
}

/// By what a new password can be asked for.
#[utoipa::path(get, path = "/identity/resources/configurations/v1/password-recovery/strategies", tag = "frontegg",
    responses((status = 200, body = [Strategy])))]
async fn strategies(call: &Call) -> Answered {
    let settings = &call.project().settings;
    let passwords = settings.auth.email_password;
    let by_mail = passwords && !settings.email.providers.is_empty();
    let by_sms = passwords && settings.auth.phone && !settings.sms.providers.is_empty();
    let all = [Strategy { strategy: "email", is_active: by_mail }, Strategy { strategy: "sms", is_active: by_sms }];
    answer(StatusCode::OK, &all)
}
