//! After how many wrong passwords in a row an account's is locked (contract frontegg §2.9), and the link that ends a lock
//! (§2.10).

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use countersign_domain::base::Code;
use countersign_domain::project::Project;
use countersign_domain::project::policy::{self, Kind, Policy, Write};
use countersign_domain::signin::lockout;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use utoipa::OpenApi;

use super::call::{Answered, Call};
use super::error::{Body, Failure};
use super::wire::{answer, done};
use super::{Route, Who, handler};

const READ: Who = Who::PeopleOrVendor("project.read");
const WRITE: Who = Who::Vendor("project.write");
const PATH: &str = "/identity/resources/configurations/v1/lockout-policy";

/// The rows of this file.
pub(super) static ROUTES: &[Route] = &[
    Route::new(Method::GET, PATH, READ, handler!(get)),
    Route::new(Method::POST, PATH, WRITE, handler!(create)),
    Route::new(Method::PATCH, PATH, WRITE, handler!(update)),
    Route::new(Method::POST, "/identity/resources/users/v3/me/unlock", Who::Anybody, handler!(unlock)).limited(30),
];

#[derive(OpenApi)]
#[openapi(paths(get, create, update, unlock))]
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

/// The link of a mail.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggUnlock, rename_all = "camelCase")]
struct UnlockBody {
    /// What the link has as `token`.
    token: String,
}

/// Ends a lock by the link of the mail that told of it. Signs nobody in.
#[utoipa::path(post, path = "/identity/resources/users/v3/me/unlock", tag = "frontegg", request_body = UnlockBody,
    responses((status = 200, description = "The password signs in again."), (status = 400, body = Body), (status = 429, body = Body)))]
async fn unlock(call: &Call) -> Answered {
    let mut params = call.params();
    let Some(token) = params.secret("token", 1, 256) else { return Err(params.failure().into()) };
    let ctx = call.ctx.clone();
    let ended = call.app.db.write(move |tx| lockout::finish(tx, &ctx, &token)).await.and_then(|answer| answer);
    ended.map_err(|error| {
        let words = "The link is wrong, was used or has expired. Sign in another way, or choose a new password.";
        Failure::or_wrong(error, StatusCode::BAD_REQUEST, words)
    })?;
    Ok(done(StatusCode::OK))
}
