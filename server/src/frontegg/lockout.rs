//! After how many wrong passwords in a row an account's is locked (contract frontegg §2.9).

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use countersign_domain::base::Code;
use countersign_domain::project::Project;
use countersign_domain::project::policy::{self, Kind, Policy, Write};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use utoipa::OpenApi;

use super::call::{Answered, Call};
use super::error::{Body, Failure};
use super::wire::answer;
use super::{Route, Who, handler};

const READ: Who = Who::PeopleOrVendor("project.read");
const WRITE: Who = Who::Vendor("project.write");
const PATH: &str = "/identity/resources/configurations/v1/lockout-policy";

/// The rows of this file.
pub(super) static ROUTES: &[Route] = &[
    Route::new(Method::GET, PATH, READ, handler!(get)),
    Route::new(Method::POST, PATH, WRITE, handler!(create)),
    Route::new(Method::PATCH, PATH, WRITE, handler!(update)),
];

#[derive(OpenApi)]
#[openapi(paths(get, create, update))]
pub(super) struct Document;

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

fn missing() -> Failure {
    Failure::new(StatusCode::NOT_FOUND, "Lockout policy is not defined")
}

impl Lockout {
    fn of(project: &Project, policy: Policy) -> Result<Self, Failure> {
        let lockout = project.settings.auth.lockout.clone().ok_or_else(missing)?;
        Ok(Self {
            id: policy.id,
            enabled: lockout.enabled,
            max_attempts: lockout.max_attempts,
            created_at: policy.created_at.to_rfc3339(),
            updated_at: policy.updated_at.to_rfc3339(),
        })
    }
}

async fn write(call: &Call, how: Write) -> Result<Lockout, Failure> {
    let params = call.params();
    let names = ["enabled", "maxAttempts"];
    let given: Map<String, Json> =
        names.iter().filter_map(|name| Some(((*name).to_owned(), params.json(name)?.clone()))).collect();
    if given.is_empty() && how == Write::Update {
        return Err(Failure::new(StatusCode::BAD_REQUEST, "Missing parameters to update"));
    }
    let patch = json!({ "auth": { "lockout": given } });
    let ctx = call.ctx.clone();
    let written = call.app.db.write(move |tx| policy::write(tx, &ctx, Kind::Lockout, how, &patch, &patch)).await;
    let (project, policy) = written.map_err(|error| match error.code {
        Code::PolicyNotFound => missing(),
        Code::PolicyExists => {
            Failure::new(StatusCode::CONFLICT, "Lockout policy exists already. Use PATCH to update it.")
        }
        _ => error.into(),
    })?;
    Lockout::of(&project, policy)
}

/// The lockout policy.
#[utoipa::path(get, path = "/identity/resources/configurations/v1/lockout-policy", tag = "frontegg",
    responses((status = 200, body = Lockout), (status = 401, body = Body), (status = 404, body = Body)))]
async fn get(call: &Call) -> Answered {
    let hosted = Arc::clone(&call.hosted);
    let found = call.app.db.read(move |tx| policy::find(tx, &hosted.project, Kind::Lockout)).await?;
    answer(StatusCode::OK, &Lockout::of(call.project(), found.ok_or_else(missing)?)?)
}

/// Makes a lockout policy: so many wrong passwords in a row lock an account's, until it is unlocked, reset, or its owner
/// signs in another way.
#[utoipa::path(post, path = "/identity/resources/configurations/v1/lockout-policy", tag = "frontegg",
    request_body = LockoutBody,
    responses((status = 201, body = Lockout), (status = 400, body = Body), (status = 409, body = Body)))]
async fn create(call: &Call) -> Answered {
    answer(StatusCode::CREATED, &write(call, Write::Create).await?)
}

/// Changes the lockout policy.
#[utoipa::path(patch, path = "/identity/resources/configurations/v1/lockout-policy", tag = "frontegg",
    request_body = LockoutBody,
    responses((status = 200, body = Lockout), (status = 400, body = Body), (status = 404, body = Body)))]
async fn update(call: &Call) -> Answered {
    answer(StatusCode::OK, &write(call, Write::Update).await?)
}
