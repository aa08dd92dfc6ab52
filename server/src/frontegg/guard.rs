//! Policies of a project that are about signing in: captcha and lockout.

use axum::http::{Method, StatusCode};
use countersign_domain::base::Time;
use countersign_domain::project::{self, HIDDEN, Project};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use utoipa::OpenApi;

use super::call::{Answered, Call};
use super::error::{Body, Failure};
use super::wire::answer;
use super::{Route, Who, handler};

/// What a server needs to read policies, and to change them.
const READ: &str = "users.read";
const WRITE: &str = "users.write";

/// The rows of this file.
pub(super) static ROUTES: &[Route] = &[
    Route::new(Method::GET, CAPTCHA, Who::Vendor(READ), handler!(get_captcha)),
    Route::new(Method::POST, CAPTCHA, Who::Vendor(WRITE), handler!(create_captcha)),
    Route::new(Method::PUT, CAPTCHA, Who::Vendor(WRITE), handler!(put_captcha)),
    Route::new(Method::GET, CAPTCHA_PUBLIC, Who::Anybody, handler!(show_captcha)),
    Route::new(Method::GET, LOCKOUT, Who::PeopleOrVendor(READ), handler!(get_lockout)),
    Route::new(Method::POST, LOCKOUT, Who::Vendor(WRITE), handler!(create_lockout)),
    Route::new(Method::PATCH, LOCKOUT, Who::Vendor(WRITE), handler!(update_lockout)),
];

const CAPTCHA: &str = "/identity/resources/configurations/v1/captcha-policy";
const CAPTCHA_PUBLIC: &str = "/identity/resources/configurations/v1/captcha-policy/public";
const LOCKOUT: &str = "/identity/resources/configurations/v1/lockout-policy";

#[derive(OpenApi)]
#[openapi(paths(get_captcha, create_captcha, put_captcha, show_captcha, get_lockout, create_lockout, update_lockout))]
pub(super) struct Document;

/// A captcha policy, as it may be shown.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggCaptchaPolicy)]
struct Captcha {
    id: String,
    enabled: bool,
    site_key: String,
    /// Never the key itself.
    #[schema(example = "[hidden]")]
    secret_key: &'static str,
    min_score: f64,
    ignored_emails: Vec<String>,
    created_at: String,
    updated_at: String,
}

/// What pages may know of it.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggPublicCaptchaPolicy)]
struct PublicCaptcha {
    enabled: bool,
    site_key: String,
    min_score: f64,
}

/// What makes or changes a captcha policy.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggCaptchaPolicyBody, rename_all = "camelCase")]
struct CaptchaBody {
    enabled: bool,
    /// Of reCAPTCHA v3.
    site_key: String,
    secret_key: String,
    /// 0 to 1.
    min_score: f64,
    /// Addresses that show nothing.
    ignored_emails: Option<Vec<String>>,
}

/// A lockout policy.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggLockoutPolicy)]
struct Lockout {
    id: String,
    enabled: bool,
    max_attempts: i64,
    created_at: String,
    updated_at: String,
}

/// What makes or changes a lockout policy.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggLockoutPolicyBody, rename_all = "camelCase")]
struct LockoutBody {
    enabled: Option<bool>,
    /// Wrong passwords in a row, 1 to 100.
    max_attempts: Option<i64>,
}

fn no_captcha() -> Failure {
    Failure::new(StatusCode::NOT_FOUND, "Captcha policy is not defined")
}

fn no_lockout() -> Failure {
    Failure::new(StatusCode::NOT_FOUND, "Lockout policy is not defined")
}

/// Policies live in the project's settings, which have these dates.
fn dates(project: &Project) -> (String, String) {
    let date = |time: Time| time.to_rfc3339();
    (date(project.created_at), date(project.updated_at))
}

fn captcha_of(project: &Project) -> Result<Captcha, Failure> {
    let policy = project.settings.frontegg.captcha.clone().ok_or_else(no_captcha)?;
    let (created_at, updated_at) = dates(project);
    Ok(Captcha {
        id: project.id.clone(),
        enabled: policy.enabled,
        site_key: policy.site_key,
        secret_key: HIDDEN,
        min_score: policy.min_score,
        ignored_emails: policy.ignored_emails,
        created_at,
        updated_at,
    })
}

fn lockout_of(project: &Project) -> Result<Lockout, Failure> {
    let policy = project.settings.auth.lockout.clone().ok_or_else(no_lockout)?;
    let (created_at, updated_at) = dates(project);
    let (enabled, max_attempts) = (policy.enabled, policy.max_attempts);
    Ok(Lockout { id: project.id.clone(), enabled, max_attempts, created_at, updated_at })
}

/// Changes the settings by what the body holds under these names.
async fn change(call: &Call, section: [&'static str; 2], names: &[&str]) -> Result<Project, Failure> {
    let params = call.params();
    let given: Map<String, Json> =
        names.iter().filter_map(|name| Some(((*name).to_owned(), params.json(name)?.clone()))).collect();
    if given.is_empty() {
        return Err(Failure::new(StatusCode::BAD_REQUEST, "Missing parameters to update"));
    }
    let [section, policy] = section;
    let patch = json!({ section: { policy: given } });
    let ctx = call.ctx.clone();
    Ok(call.app.db.write(move |tx| project::update(tx, &ctx, &ctx.project, None, &patch)).await?)
}

async fn change_captcha(call: &Call) -> Result<Project, Failure> {
    let names = ["enabled", "siteKey", "secretKey", "minScore", "ignoredEmails"];
    change(call, ["frontegg", "captcha"], &names).await
}

async fn change_lockout(call: &Call) -> Result<Project, Failure> {
    change(call, ["auth", "lockout"], &["enabled", "maxAttempts"]).await
}

/// The captcha policy, without its secret key.
#[utoipa::path(get, path = "/identity/resources/configurations/v1/captcha-policy", tag = "frontegg",
    responses((status = 200, body = Captcha), (status = 404, body = Body)))]
async fn get_captcha(call: &Call) -> Answered {
    answer(StatusCode::OK, &captcha_of(call.project())?)
}

/// Makes a captcha policy: from now on whoever signs in or up shows that he is a person.
#[utoipa::path(post, path = "/identity/resources/configurations/v1/captcha-policy", tag = "frontegg",
    request_body = CaptchaBody,
    responses((status = 201, body = Captcha), (status = 400, body = Body), (status = 409, body = Body)))]
async fn create_captcha(call: &Call) -> Answered {
    if call.project().settings.frontegg.captcha.is_some() {
        return Err(Failure::new(StatusCode::CONFLICT, "Captcha policy exists already. Use PUT to update it."));
    }
    let mut params = call.params();
    params.text("siteKey", 1, 200);
    params.text("secretKey", 1, 200);
    params.check()?;
    answer(StatusCode::CREATED, &captcha_of(&change_captcha(call).await?)?)
}

/// Changes the captcha policy. A secret key that is left out, or `[hidden]`, stays.
#[utoipa::path(put, path = "/identity/resources/configurations/v1/captcha-policy", tag = "frontegg",
    request_body = CaptchaBody,
    responses((status = 200, body = Captcha), (status = 400, body = Body), (status = 404, body = Body)))]
async fn put_captcha(call: &Call) -> Answered {
    if call.project().settings.frontegg.captcha.is_none() {
        return Err(no_captcha());
    }
    answer(StatusCode::OK, &captcha_of(&change_captcha(call).await?)?)
}

/// What pages need to know of the captcha policy.
#[utoipa::path(get, path = "/identity/resources/configurations/v1/captcha-policy/public", tag = "frontegg",
    responses((status = 200, body = PublicCaptcha), (status = 404, body = Body)))]
async fn show_captcha(call: &Call) -> Answered {
    let Captcha { enabled, site_key, min_score, .. } = captcha_of(call.project())?;
    answer(StatusCode::OK, &PublicCaptcha { enabled, site_key, min_score })
}

/// The lockout policy.
#[utoipa::path(get, path = "/identity/resources/configurations/v1/lockout-policy", tag = "frontegg",
    responses((status = 200, body = Lockout), (status = 401, body = Body), (status = 404, body = Body)))]
async fn get_lockout(call: &Call) -> Answered {
    answer(StatusCode::OK, &lockout_of(call.project())?)
}

/// Makes a lockout policy: so many wrong passwords in a row lock an account's, until it is unlocked, reset, or its owner
/// signs in another way.
#[utoipa::path(post, path = "/identity/resources/configurations/v1/lockout-policy", tag = "frontegg",
    request_body = LockoutBody,
    responses((status = 201, body = Lockout), (status = 400, body = Body), (status = 409, body = Body)))]
async fn create_lockout(call: &Call) -> Answered {
    if call.project().settings.auth.lockout.is_some() {
        return Err(Failure::new(StatusCode::CONFLICT, "Lockout policy exists already. Use PATCH to update it."));
    }
    answer(StatusCode::CREATED, &lockout_of(&change_lockout(call).await?)?)
}

/// Changes the lockout policy.
#[utoipa::path(patch, path = "/identity/resources/configurations/v1/lockout-policy", tag = "frontegg",
    request_body = LockoutBody,
    responses((status = 200, body = Lockout), (status = 400, body = Body), (status = 404, body = Body)))]
async fn update_lockout(call: &Call) -> Answered {
    if call.project().settings.auth.lockout.is_none() {
        return Err(no_lockout());
    }
    answer(StatusCode::OK, &lockout_of(&change_lockout(call).await?)?)
}
