//! Signing in with a password, and changing it.

use axum::http::{Method, StatusCode};
use countersign_domain::base::{Code, Email, Target};
use utoipa::OpenApi;

use super::call::{Answered, Call};
use super::error::{Body, Failure};
use super::session::signed_in;
use super::wire::{Authentication, done};
use super::{Route, Who, handler};

/// The rows of this file.
pub(super) static ROUTES: &[Route] = &[
    Route::new(Method::POST, "/identity/resources/auth/v1/user", Who::Anybody, handler!(sign_in)).limited(20),
    Route::new(Method::POST, "/identity/resources/users/v1/passwords/change", Who::People, handler!(change))
        .limited(20),
    Route::new(Method::POST, "/identity/resources/auth/v2/user/sso/prelogin", Who::Anybody, handler!(sso_prelogin)),
    Route::new(Method::POST, "/identity/resources/auth/v1/user/saml/prelogin", Who::Anybody, handler!(saml_prelogin)),
];

#[derive(OpenApi)]
#[openapi(paths(sign_in, change, sso_prelogin, saml_prelogin))]
pub(super) struct Document;

/// An address and a password.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggPassword, rename_all = "camelCase")]
struct PasswordBody {
    /// The address.
    #[schema(example = "anna@example.com")]
    email: Option<String>,
    /// The password.
    password: String,
    /// In the place of the address. Nobody has one here.
    username: Option<String>,
    /// Where the project has a captcha policy.
    recaptcha_token: Option<String>,
}

/// Signs in by an e-mail address and a password.
#[utoipa::path(post, path = "/identity/resources/auth/v1/user", tag = "frontegg", request_body = PasswordBody,
    responses((status = 200, body = Authentication), (status = 401, body = Body), (status = 423, body = Body), (status = 429, body = Body)))]
async fn sign_in(call: &Call) -> Answered {
    let mut params = call.params();
    let captcha = params.optional_text("recaptchaToken", 1, 8_192);
    let username = if params.is_absent("email") { params.optional_text("username", 1, 256) } else { None };
    let email: Option<Email> = if username.is_some() { None } else { params.email("email") };
    let password = params.secret("password", 1, 256);
    let Some(password) = password else { return Err(params.failure().into()) };
    if username.is_none() && email.is_none() {
        return Err(params.failure().into());
    }
    params.check()?;
    call.app.require_person(&call.ctx, &call.hosted, captcha, email.as_ref()).await?;
    must_be_on(call)?;
    // Nobody has a user name, so that none is worth guessing at.
    let by = Target::Email(email.ok_or(Code::InvalidCredentials)?);
    let opened = call.app.sign_in_by_password_on(&call.ctx, &call.hosted, call.terms(), by, password).await?;
    signed_in(call, StatusCode::OK, &opened).await
}

/// Refuses where nobody signs in with a password.
pub(super) fn must_be_on(call: &Call) -> Result<(), Failure> {
    if call.project().settings.auth.email_password { Ok(()) } else { Err(Code::MethodDisabled.into()) }
}

/// Another password.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggPasswordChange, rename_all = "camelCase")]
struct ChangeBody {
    /// The one so far. Whoever has none needs a second factor that was shown lately, if he is asked for one.
    password: Option<String>,
    /// 8 to 256 characters.
    new_password: String,
}

/// Gives the caller another password. Every other session of his ends, and he is told by e-mail.
#[utoipa::path(post, path = "/identity/resources/users/v1/passwords/change", tag = "frontegg", request_body = ChangeBody,
    responses((status = 200, description = "It is changed."), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body), (status = 429, body = Body)))]
async fn change(call: &Call) -> Answered {
    let mut params = call.params();
    let old = if params.is_absent("password") { None } else { params.secret("password", 1, 256) };
    let Some(new) = params.secret("newPassword", 8, 256) else { return Err(params.failure().into()) };
    params.check()?;
    must_be_on(call)?;
    let changed = call.app.update_password(&call.ctx, &call.hosted, call.caller()?, new, old).await;
    changed.map_err(|error| Failure::or_wrong(error, StatusCode::BAD_REQUEST, "The current password is wrong."))?;
    Ok(done(StatusCode::OK))
}

fn no_sso() -> Failure {
    Failure::new(StatusCode::NOT_FOUND, "SSO domain was not found")
}

/// No project has single sign-on: clients go on to another way.
#[utoipa::path(post, path = "/identity/resources/auth/v2/user/sso/prelogin", tag = "frontegg",
    responses((status = 404, body = Body)))]
async fn sso_prelogin(_: &Call) -> Answered {
    Err(no_sso())
}

/// The same for older clients.
#[utoipa::path(post, path = "/identity/resources/auth/v1/user/saml/prelogin", tag = "frontegg",
    responses((status = 404, body = Body)))]
async fn saml_prelogin(_: &Call) -> Answered {
    Err(no_sso())
}
