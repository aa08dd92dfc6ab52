//! Whether whoever signs in or up shows that he is a person (contract frontegg §2.9).

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use countersign_domain::base::Code;
use countersign_domain::project::policy::{self, Kind, Policy, Write};
use countersign_domain::project::{HIDDEN, Project};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use utoipa::OpenApi;

use super::call::{Answered, Call};
use super::error::{Body, Failure};
use super::wire::answer;
use super::{Route, Who, handler};

const READ: Who = Who::Vendor("project.read");
const WRITE: Who = Who::Vendor("project.write");
const PATH: &str = "/identity/resources/configurations/v1/captcha-policy";

/// The rows of this file.
pub(super) static ROUTES: &[Route] = &[
    Route::new(Method::GET, PATH, READ, handler!(get)),
    Route::new(Method::POST, PATH, WRITE, handler!(create)),
    Route::new(Method::PUT, PATH, WRITE, handler!(update)),
    Route::new(
        Method::GET,
        "/identity/resources/configurations/v1/captcha-policy/public",
        Who::Anybody,
        handler!(show),
    ),
];

#[derive(OpenApi)]
#[openapi(paths(get, create, update, show))]
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

fn missing() -> Failure {
    Failure::new(StatusCode::NOT_FOUND, "Captcha policy is not defined")
}

impl Captcha {
    fn of(project: &Project, policy: Policy) -> Result<Self, Failure> {
        let captcha = project.settings.frontegg.captcha.clone().ok_or_else(missing)?;
        Ok(Self {
            id: policy.id,
            enabled: captcha.enabled,
            site_key: captcha.site_key,
            secret_key: HIDDEN,
            min_score: captcha.min_score,
            ignored_emails: captcha.ignored_emails,
            created_at: policy.created_at.to_rfc3339(),
            updated_at: policy.updated_at.to_rfc3339(),
        })
    }
}

async fn write(call: &Call, how: Write) -> Result<Captcha, Failure> {
    let params = call.params();
    let names = ["enabled", "siteKey", "secretKey", "minScore", "ignoredEmails"];
    let given = names.iter().filter_map(|name| Some(((*name).to_owned(), params.json(name)?.clone())));
    let patch = json!({ "frontegg": { "captcha": given.collect::<Map<String, Json>>() } });
    let ctx = call.ctx.clone();
    let written = call.app.db.write(move |tx| policy::write(tx, &ctx, Kind::Captcha, how, &patch, &patch)).await;
    let (project, policy) = written.map_err(|error| match error.code {
        Code::PolicyNotFound => missing(),
        Code::PolicyExists => {
            Failure::new(StatusCode::CONFLICT, "Captcha policy exists already. Use PUT to update it.")
        }
        _ => error.into(),
    })?;
    Captcha::of(&project, policy)
}

/// The captcha policy, without its secret key.
#[utoipa::path(get, path = "/identity/resources/configurations/v1/captcha-policy", tag = "frontegg",
    responses((status = 200, body = Captcha), (status = 404, body = Body)))]
async fn get(call: &Call) -> Answered {
    let hosted = Arc::clone(&call.hosted);
    let found = call.app.db.read(move |tx| policy::find(tx, &hosted.project, Kind::Captcha)).await?;
    answer(StatusCode::OK, &Captcha::of(call.project(), found.ok_or_else(missing)?)?)
}

/// Makes a captcha policy: from now on whoever signs in or up shows that he is a person.
#[utoipa::path(post, path = "/identity/resources/configurations/v1/captcha-policy", tag = "frontegg",
    request_body = CaptchaBody,
    responses((status = 201, body = Captcha), (status = 400, body = Body), (status = 409, body = Body)))]
async fn create(call: &Call) -> Answered {
    let mut params = call.params();
    params.text("siteKey", 1, 200);
    params.text("secretKey", 1, 200);
    params.check()?;
    answer(StatusCode::CREATED, &write(call, Write::Create).await?)
}

/// Changes the captcha policy. A secret key that is left out, or `[hidden]`, stays.
#[utoipa::path(put, path = "/identity/resources/configurations/v1/captcha-policy", tag = "frontegg",
    request_body = CaptchaBody,
    responses((status = 200, body = Captcha), (status = 400, body = Body), (status = 404, body = Body)))]
async fn update(call: &Call) -> Answered {
    answer(StatusCode::OK, &write(call, Write::Update).await?)
}

/// What pages need to know of the captcha policy. Where there is none it is told to be off: the page on which boxes of 5.79
/// finish an account waits for one for ever after a 404.
#[utoipa::path(get, path = "/identity/resources/configurations/v1/captcha-policy/public", tag = "frontegg",
    responses((status = 200, body = PublicCaptcha)))]
async fn show(call: &Call) -> Answered {
    let captcha = call.project().settings.frontegg.captcha.as_ref();
    answer(
        StatusCode::OK,
        &PublicCaptcha {
            enabled: captcha.is_some_and(|captcha| captcha.enabled),
            site_key: captcha.map(|captcha| captcha.site_key.clone()).unwrap_or_default(),
            min_score: captcha.map(|captcha| captcha.min_score).unwrap_or_default(),
        },
    )
}
