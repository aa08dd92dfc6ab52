//! Finishing an account that was made without a password, by the link that its sign-up sends.

use axum::http::{Method, StatusCode};
use countersign_domain::base::{Code, Email, Error, Secret};
use countersign_domain::signin::Rules;
use countersign_domain::signin::flow::{self, Aim, Begin, Means, Name};
use countersign_domain::verification::Dialect;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::call::{Answered, Call};
use super::error::{Body, Failure};
use super::passwordless::{page, waiting};
use super::session::signed_in;
use super::wire::{Authentication, answer, done};
use super::{Route, Who, handler};

/// The rows of this file.
pub(super) static ROUTES: &[Route] = &[
    Route::new(Method::GET, "/identity/resources/users/v1/activate/strategy", Who::Anybody, handler!(strategy))
        .limited(30),
    Route::new(Method::POST, "/identity/resources/users/v1/activate", Who::Anybody, handler!(activate)).limited(30),
    Route::new(Method::POST, "/identity/resources/users/v1/activate/reset", Who::Anybody, handler!(resend)).limited(10),
];

#[derive(OpenApi)]
#[openapi(paths(strategy, activate, resend))]
pub(super) struct Document;

/// What sends the link of a sign-up: to the application's page `/account/activate`.
pub(super) fn by_link(call: &Call, email: Email) -> Result<Begin, Failure> {
    Ok(Begin {
        dialect: Dialect::Frontegg,
        name: Some(Name::Email(email)),
        means: Means::Link(page(call, "account/activate")?),
        aim: Aim::Activation,
        held: None,
        rules: Rules::of_frontegg(call.project()),
        needs_number: false,
    })
}

fn wrong(error: Error) -> Failure {
    let words = "The link is wrong, was used or has expired. Ask for a new one.";
    match error.code {
        // Whoever has only claimed an address elsewhere is not told more.
        Code::SignUpDisabled => Failure::new(StatusCode::BAD_REQUEST, words),
        _ => Failure::or_wrong(error, StatusCode::BAD_REQUEST, words),
    }
}

/// How an account is finished.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggActivationStrategy)]
struct Strategy {
    /// Whether its owner chooses a password.
    should_set_password: bool,
}

/// How the account of this link is finished. Nothing is used up.
#[utoipa::path(get, path = "/identity/resources/users/v1/activate/strategy", tag = "frontegg",
    params(("userId" = String, Query), ("token" = String, Query)),
    responses((status = 200, body = Strategy), (status = 400, body = Body), (status = 429, body = Body)))]
async fn strategy(call: &Call) -> Answered {
    let (Some(user), Some(token)) = (call.query("userId"), call.query("token")) else {
        return Err(Failure::new(StatusCode::BAD_REQUEST, "userId and token are required."));
    };
    let found = call.app.find_activation(&call.ctx, &call.hosted, user.to_owned(), Secret::new(token)).await;
    found.map_err(wrong)?;
    answer(StatusCode::OK, &Strategy { should_set_password: flow::wants_password(call.project()) })
}

/// A link as it was followed.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggActivation, rename_all = "camelCase")]
struct ActivateBody {
    user_id: String,
    token: String,
    /// 8 to 256 characters, where people sign in with a password. Elsewhere it is not looked at.
    password: Option<String>,
    /// Where the project has a captcha policy.
    recaptcha_token: Option<String>,
}

/// Finishes an account by its link, and signs its owner in: the address is his.
#[utoipa::path(post, path = "/identity/resources/users/v1/activate", tag = "frontegg", request_body = ActivateBody,
    responses((status = 201, body = Authentication), (status = 400, body = Body), (status = 403, body = Body), (status = 429, body = Body), (status = 503, body = Body)))]
async fn activate(call: &Call) -> Answered {
    let mut params = call.params();
    let captcha = params.optional_text("recaptchaToken", 1, 8_192);
    let (user, token) = (params.text("userId", 1, 64).map(str::to_owned), params.secret("token", 1, 256));
    let password = if flow::wants_password(call.project()) { params.secret("password", 8, 256) } else { None };
    let (Some(user), Some(token)) = (user, token) else { return Err(params.failure().into()) };
    params.check()?;
    let link = (user, token);
    let known =
        call.app.find_activation(&call.ctx, &call.hosted, link.0.clone(), link.1.clone()).await.map_err(wrong)?;
    call.app.require_person(&call.ctx, &call.hosted, captcha, known.email.as_ref()).await?;
    let opened = call.app.activate(&call.ctx, &call.hosted, call.terms(), link, &known, password).await;
    signed_in(call, StatusCode::CREATED, &opened.map_err(wrong)?).await
}

/// Who lost the link.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggResendActivation)]
struct ResendBody {
    #[schema(example = "anna@example.com")]
    email: String,
}

/// Sends the link again. An address that nobody has, or whose account is finished, is answered the same.
#[utoipa::path(post, path = "/identity/resources/users/v1/activate/reset", tag = "frontegg", request_body = ResendBody,
    responses((status = 200, description = "It is on its way, if it is needed."), (status = 400, body = Body), (status = 429, body = Body), (status = 503, body = Body)))]
async fn resend(call: &Call) -> Answered {
    let mut params = call.params();
    let Some(email) = params.email("email") else { return Err(params.failure().into()) };
    call.app.start_flow(&call.ctx, &call.hosted, by_link(call, email)?).await.map_err(waiting)?;
    Ok(done(StatusCode::OK))
}
