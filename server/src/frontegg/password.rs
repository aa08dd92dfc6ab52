//! Signing in with a password.

use axum::http::{Method, StatusCode};
use countersign_domain::base::{Code, Email, Target};
use utoipa::OpenApi;

use super::call::{Answered, Call};
use super::error::Body;
use super::session::signed_in;
use super::wire::Authentication;
use super::{Route, Who, handler};

/// The rows of this file.
pub(super) static ROUTES: &[Route] =
    &[Route::new(Method::POST, "/identity/resources/auth/v1/user", Who::Anybody, handler!(sign_in)).limited(20)];

#[derive(OpenApi)]
#[openapi(paths(sign_in))]
pub(super) struct Document;

/// An address and a password.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggPassword, rename_all = "camelCase")]
struct PasswordBody {
    /// The address.
    #[schema(example = "anna@example.com")]
    email: String,
    /// The password.
    password: String,
}

/// Signs in by an e-mail address and a password.
#[utoipa::path(post, path = "/identity/resources/auth/v1/user", tag = "frontegg", request_body = PasswordBody,
    responses((status = 200, body = Authentication), (status = 401, body = Body), (status = 423, body = Body), (status = 429, body = Body)))]
async fn sign_in(call: &Call) -> Answered {
    let mut params = call.params();
    let email: Option<Email> = params.email("email");
    let password = params.secret("password", 1, 256);
    let (Some(email), Some(password)) = (email, password) else { return Err(params.failure().into()) };
    if !call.project().settings.auth.email_password {
        return Err(Code::MethodDisabled.into());
    }
    let by = Target::Email(email);
    let opened = call.app.sign_in_by_password_on(&call.ctx, &call.hosted, call.terms(), by, password).await?;
    signed_in(call, StatusCode::OK, &opened).await
}
