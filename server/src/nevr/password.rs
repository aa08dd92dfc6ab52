//! Accounts with an e-mail address and a password.

use axum::http::StatusCode;
use countersign_domain::base::{Code, Email, Target};
use countersign_domain::project::Redirect;
use countersign_domain::signin;

use super::call::{Answered, Call};
use super::error::{Body, Failure};
use super::phone::PASSWORD;
use super::session::opened;
use super::wire::{EmailSignIn, PasswordChanged, SignIn, UserModel, answer};
use crate::app::NewAccount;

/// Makes an account and signs in. A `phoneNumber` is claimed, and becomes the account's by its proof.
#[utoipa::path(post, path = "/auth/sign-up/email", tag = "nevr", request_body = super::openapi::SignUp,
    responses((status = 200, body = SignIn), (status = 400, body = Body), (status = 409, body = Body), (status = 429, body = Body)))]
pub(super) async fn sign_up(call: &Call) -> Answered {
    let mut params = call.params();
    let (name, email) = (params.text("name", 1, 128), params.email("email"));
    let password = params.secret("password", PASSWORD.0, PASSWORD.1);
    let image = params.optional_url("image").map(str::to_owned);
    let phone = if params.is_absent("phoneNumber") { None } else { params.phone("phoneNumber") };
    let remember = params.bool_or("rememberMe", true);
    let (Some(name), Some(email), Some(password)) = (name, email, password) else {
        return Err(params.failure().into());
    };
    params.check()?;
    let phone = phone.transpose()?;
    if phone.as_ref().is_some_and(|phone| !call.nevr().takes(phone)) {
        return Err(Failure::invalid_phone());
    }
    call.passwords_are_on()?;
    let new = NewAccount { id: None, email, name: name.to_owned(), password };
    let terms = call.terms(remember);
    let signed_in = call.app.sign_up_and_in(&call.ctx, &call.hosted, terms, new, phone, image).await?;
    opened(call, &signed_in, remember, |token, user| SignIn { token, user })
}

/// Signs in by an e-mail address and a password.
#[utoipa::path(post, path = "/auth/sign-in/email", tag = "nevr", request_body = super::openapi::EmailPassword,
    responses((status = 200, body = EmailSignIn), (status = 400, body = Body), (status = 401, body = Body), (status = 429, body = Body)))]
pub(super) async fn sign_in(call: &Call) -> Answered {
    let mut params = call.params();
    let email: Option<Email> = params.email("email");
    let password = params.secret("password", 1, 256);
    let url = params.optional_text("callbackURL", 1, 2_048);
    let remember = params.bool_or("rememberMe", true);
    let (Some(email), Some(password)) = (email, password) else { return Err(params.failure().into()) };
    params.check()?;
    call.passwords_are_on()?;
    let url = url.map(|url| callback(call, url)).transpose()?;
    let by = Target::Email(email);
    let signed_in =
        call.app.sign_in_by_password_on(&call.ctx, &call.hosted, call.terms(remember), by, password).await.map_err(
            |error| {
                let words = "The e-mail address or the password is wrong.";
                Failure::or_wrong(error, StatusCode::UNAUTHORIZED, "INVALID_EMAIL_OR_PASSWORD", words)
            },
        )?;
    opened(call, &signed_in, remember, |token, user| EmailSignIn { token, user, redirect: url.is_some(), url })
}

/// Where the client is to go on: a path of its own page, or a platform of the project.
fn callback(call: &Call, url: &str) -> Result<String, Failure> {
    let is_path = url.starts_with('/')
        && !url.starts_with("//")
        && !url.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\');
    if is_path {
        return Ok(url.to_owned());
    }
    match Redirect::check(&call.hosted.project, url, call.app.dev.is_some()) {
        Ok(redirect) => Ok(redirect.as_str().to_owned()),
        Err(_) => Err(Code::UrlNotAllowed.into()),
    }
}

/// Gives the caller another password, in a session that just began. Every other session of his ends, whatever
/// `revokeOtherSessions` says.
#[utoipa::path(post, path = "/auth/change-password", tag = "nevr", request_body = super::openapi::PasswordChange,
    responses((status = 200, body = PasswordChanged), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body)))]
pub(super) async fn change(call: &Call) -> Answered {
    let mut params = call.params();
    let old = if params.is_absent("currentPassword") { None } else { params.secret("currentPassword", 1, 256) };
    let new = params.secret("newPassword", PASSWORD.0, PASSWORD.1);
    params.bool_or("revokeOtherSessions", true);
    let Some(new) = new else { return Err(params.failure().into()) };
    params.check()?;
    call.passwords_are_on()?;
    signin::require_fresh(&call.ctx, call.session()?, call.nevr().session.fresh_age)?;
    let user = call.app.update_password(&call.ctx, &call.hosted, call.caller()?, new, old).await?;
    answer(&PasswordChanged { status: true, token: None, user: UserModel::of(&user) })
}
