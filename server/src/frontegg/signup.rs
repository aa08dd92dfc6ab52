//! Signing up.

use axum::body::to_bytes;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use countersign_domain::base::{Code, Error};
use serde::Serialize;
use serde_json::Value as Json;
use utoipa::OpenApi;

use super::activate::by_link;
use super::call::{Answered, Call};
use super::error::{Body, Failure};
use super::passwordless::waiting;
use super::session::signed_in;
use super::wire::{Authentication, answer};
use super::{Route, Who, handler};
use crate::app::NewAccount;

/// The rows of this file.
pub(super) static ROUTES: &[Route] = &[
    Route::new(Method::POST, "/identity/resources/users/v1/signUp", Who::Anybody, handler!(create)).limited(10),
    Route::new(Method::POST, "/identity/resources/users/v1/signUp/phoneNumber", Who::Anybody, handler!(by_phone))
        .limited(10),
    Route::new(Method::POST, "/identity/resources/users/v1/signUp/username", Who::Anybody, handler!(by_username))
        .limited(10),
];

#[derive(OpenApi)]
#[openapi(paths(create, by_phone, by_username))]
pub(super) struct Document;

/// The largest answer of a sign-in that is put into one of a sign-up, in bytes.
const LONGEST: usize = 65_536;

/// Somebody new.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggSignUp, rename_all = "camelCase")]
struct SignUpBody {
    /// `local`.
    provider: Option<String>,
    #[schema(example = "anna@example.com")]
    email: String,
    /// 8 to 256 characters. None where people sign in without.
    password: Option<String>,
    name: Option<String>,
    /// Taken and not looked at.
    company_name: Option<String>,
    /// Taken and not looked at.
    metadata: Option<String>,
    /// Where the project has a captcha policy.
    recaptcha_token: Option<String>,
    /// Taken and not looked at.
    invitation_token: Option<String>,
}

/// What became of a sign-up.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggSignedUp)]
struct SignedUp {
    /// Whether the address has to be shown to be one's own first, by the link that went there.
    should_activate: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_id: Option<String>,
    /// The sign-in that comes with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Authentication>)]
    auth_response: Option<Json>,
}

/// Makes an account. With a password its owner is signed in at once. Without one a link goes to his address, to the
/// application's page `/account/activate`; an address that has an account already is answered the same.
#[utoipa::path(post, path = "/identity/resources/users/v1/signUp", tag = "frontegg", request_body = SignUpBody,
    responses((status = 201, body = SignedUp), (status = 400, body = Body), (status = 403, body = Body), (status = 409, body = Body), (status = 429, body = Body), (status = 503, body = Body)))]
async fn create(call: &Call) -> Answered {
    let mut params = call.params();
    let captcha = params.optional_text("recaptchaToken", 1, 8_192);
    let provider = params.optional_text("provider", 1, 64);
    let email = params.email("email");
    let name = params.optional_text("name", 1, 128).unwrap_or_default().to_owned();
    let password = if params.is_absent("password") { None } else { params.secret("password", 8, 256) };
    let Some(email) = email else { return Err(params.failure().into()) };
    params.check()?;
    call.app.require_person(&call.ctx, &call.hosted, captcha, Some(&email)).await?;
    if provider.is_some_and(|provider| provider != "local") {
        return Err(Failure::new(StatusCode::BAD_REQUEST, "provider must be local: there is no other here."));
    }
    let auth = &call.project().settings.auth;
    let Some(password) = password else {
        if !auth.email_otp && !auth.magic_url {
            return Err(Failure::new(StatusCode::BAD_REQUEST, "password is required."));
        }
        call.app.sign_up_by_link(&call.ctx, &call.hosted, by_link(call, email)?, name).await.map_err(waiting)?;
        let body = SignedUp { should_activate: true, user_id: None, tenant_id: None, auth_response: None };
        return answer(StatusCode::CREATED, &body);
    };
    if !auth.email_password {
        return Err(Code::MethodDisabled.into());
    }
    let new = NewAccount { id: None, email, name, password };
    let opened = call.app.sign_up_and_in(&call.ctx, &call.hosted, call.terms(), new, None, None).await?;
    let user_id = Some(opened.user.id.clone());
    let tenant_id = Some(call.project().id.clone());
    let signed_in = signed_in(call, StatusCode::CREATED, &opened).await?;
    within(signed_in, |auth_response| SignedUp {
        should_activate: false,
        user_id,
        tenant_id,
        auth_response: Some(auth_response),
    })
    .await
}

/// A sign-in's answer inside a larger one, with its cookies.
async fn within(response: Response, wrap: impl FnOnce(Json) -> SignedUp) -> Answered {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, LONGEST).await.map_err(Error::internal)?;
    let inner = serde_json::from_slice(&bytes).map_err(Error::internal)?;
    let mut answer = answer(parts.status, &wrap(inner))?;
    answer.headers_mut().extend(
        parts
            .headers
            .into_iter()
            .filter(|(name, _)| name.as_ref().is_some_and(|name| name == axum::http::header::SET_COOKIE)),
    );
    Ok(answer)
}

/// Nobody signs up by a number here: an account begins with an address, and gets its number by a proof.
#[utoipa::path(post, path = "/identity/resources/users/v1/signUp/phoneNumber", tag = "frontegg",
    responses((status = 400, body = Body)))]
async fn by_phone(_: &Call) -> Answered {
    Err(Failure::new(
        StatusCode::BAD_REQUEST,
        "Signing up by a phone number is not enabled. Sign up with an e-mail address.",
    ))
}

/// Nobody signs up by a user name here.
#[utoipa::path(post, path = "/identity/resources/users/v1/signUp/username", tag = "frontegg",
    responses((status = 400, body = Body)))]
async fn by_username(_: &Call) -> Answered {
    Err(Failure::new(
        StatusCode::BAD_REQUEST,
        "Signing up by a user name is not enabled. Sign up with an e-mail address.",
    ))
}
