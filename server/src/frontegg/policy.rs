//! The policy of second factors (contract frontegg §2.7). It is one for all accounts of the environment.

use axum::http::{Method, StatusCode};
use countersign_domain::project::policy::{self, Kind, Policy, Write};
use countersign_domain::project::{Enforce, Project};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use utoipa::{OpenApi, ToSchema};

use super::call::{Answered, Call};
use super::error::{Body, Failure};
use super::wire::answer;
use super::{READ, Route, Who, handler};

const WRITE: Who = Who::Vendor("project.write");
const PATH: &str = "/identity/resources/configurations/v1/mfa-policy";
/// What a device is remembered for, unless a policy says otherwise (contract frontegg §2.7).
const DEFAULT_SECONDS: i64 = 1_209_600;

/// The rows of this file.
pub(super) static ROUTES: &[Route] = &[
    Route::new(Method::GET, PATH, Who::PeopleOrVendor(READ), handler!(get)),
    Route::new(Method::POST, PATH, WRITE, handler!(create)),
    Route::new(Method::PATCH, PATH, WRITE, handler!(update)),
    Route::new(Method::PUT, PATH, WRITE, handler!(put)),
    Route::new(
        Method::GET,
        "/identity/resources/configurations/v1/mfa-policy/vendor",
        Who::PeopleOrVendor(READ),
        handler!(get_vendor),
    ),
];

#[derive(OpenApi)]
#[openapi(paths(get, create, update, put, get_vendor))]
pub(super) struct Document;

/// The policy of second factors.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggMfaPolicy)]
struct MfaPolicy {
    id: String,
    /// `DontForce`, `Force` or `ForceExceptSAML`.
    #[serde(rename = "enforceMFAType")]
    #[schema(value_type = String, example = "DontForce")]
    enforce_mfa_type: &'static str,
    allow_remember_my_device: bool,
    /// For how many seconds a device is remembered.
    #[schema(example = 1_209_600)]
    mfa_device_expiration: i64,
    created_at: String,
    updated_at: String,
}

impl MfaPolicy {
    fn of(project: &Project, policy: Policy) -> Self {
        let mfa = &project.settings.mfa;
        Self {
            id: policy.id,
            enforce_mfa_type: match mfa.enforce {
                Enforce::DontForce => "DontForce",
                Enforce::Force => "Force",
                Enforce::ForceExceptSaml => "ForceExceptSAML",
            },
            allow_remember_my_device: mfa.remember_device,
            mfa_device_expiration: mfa.remember_device_seconds,
            created_at: policy.created_at.to_rfc3339(),
            updated_at: policy.updated_at.to_rfc3339(),
        }
    }
}

/// What a policy is to say. What is left out stays, or has its default in a new one.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggMfaPolicyBody, rename_all = "camelCase")]
struct PolicyBody {
    /// `DontForce`, `Force` (the default) or `ForceExceptSAML`.
    #[schema(rename = "enforceMFAType", example = "DontForce")]
    enforce_mfa_type: Option<String>,
    allow_remember_my_device: Option<bool>,
    /// 60 to 31536000 seconds.
    #[schema(example = 1_209_600)]
    mfa_device_expiration: Option<i64>,
}

async fn found(call: &Call) -> Answered {
    let (keys, id) = (call.ctx.keys.clone(), call.hosted.id.clone());
    let found = call
        .app
        .db
        .read(move |tx| {
            let project = countersign_domain::project::get(tx, &keys, &id)?;
            let policy = policy::find(tx, &project, Kind::Mfa)?;
            Ok(policy.map(|policy| MfaPolicy::of(&project, policy)))
        })
        .await?;
    let none = || Failure::new(StatusCode::NOT_FOUND, "Security Policy not found. MFA is disabled");
    answer(StatusCode::OK, &found.ok_or_else(none)?)
}

/// The policy; 404 where nobody made one.
#[utoipa::path(get, path = "/identity/resources/configurations/v1/mfa-policy", tag = "frontegg",
    responses((status = 200, body = MfaPolicy), (status = 401, body = Body), (status = 404, body = Body)))]
async fn get(call: &Call) -> Answered {
    found(call).await
}

/// The same as the portal asks for it.
#[utoipa::path(get, path = "/identity/resources/configurations/v1/mfa-policy/vendor", tag = "frontegg",
    responses((status = 200, body = MfaPolicy), (status = 401, body = Body), (status = 404, body = Body)))]
async fn get_vendor(call: &Call) -> Answered {
    found(call).await
}

async fn write(call: &Call, how: Write, status: StatusCode) -> Answered {
    if call.tenant().is_some_and(|tenant| tenant != &*call.hosted.id) {
        let words = "The policy is one for all accounts here: leave frontegg-tenant-id away.";
        return Err(Failure::new(StatusCode::BAD_REQUEST, words));
    }
    let mut params = call.params();
    let kind = params.optional_text("enforceMFAType", 1, 32);
    let remember = params.optional_bool("allowRememberMyDevice");
    let seconds = params.optional_number("mfaDeviceExpiration", 60, 31_536_000);
    params.check()?;
    let enforce = kind.map(enforce).transpose()?;
    let mut patch = Map::new();
    let mut set = |key: &str, value: Option<Json>| {
        if let Some(value) = value {
            patch.insert(key.to_owned(), value);
        }
    };
    set("enforce", enforce.map(Json::from));
    set("rememberDevice", remember.map(Json::from));
    set("rememberDeviceSeconds", seconds.map(Json::from));
    if patch.is_empty() && how == Write::Update {
        return Err(Failure::new(StatusCode::BAD_REQUEST, "Missing parameters to update"));
    }
    let fresh = json!({ "mfa": {
        "enforce": enforce.unwrap_or("force"),
        "rememberDevice": remember.unwrap_or(false),
        "rememberDeviceSeconds": seconds.unwrap_or(DEFAULT_SECONDS),
    }});
    let patch = json!({ "mfa": patch });
    let ctx = call.ctx.clone();
    let (project, policy) =
        call.app.db.write(move |tx| policy::write(tx, &ctx, Kind::Mfa, how, &fresh, &patch)).await?;
    answer(status, &MfaPolicy::of(&project, policy))
}

fn enforce(name: &str) -> Result<&'static str, Failure> {
    match name {
        "DontForce" => Ok("dontForce"),
        "Force" => Ok("force"),
        "ForceExceptSAML" => Ok("forceExceptSaml"),
        _ => {
            let words = "enforceMFAType must be DontForce, Force or ForceExceptSAML";
            Err(Failure::new(StatusCode::BAD_REQUEST, words))
        }
    }
}

/// Makes the policy.
#[utoipa::path(post, path = "/identity/resources/configurations/v1/mfa-policy", tag = "frontegg", request_body = PolicyBody,
    responses((status = 201, body = MfaPolicy), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body), (status = 409, body = Body)))]
async fn create(call: &Call) -> Answered {
    write(call, Write::Create, StatusCode::CREATED).await
}

/// Changes the policy.
#[utoipa::path(patch, path = "/identity/resources/configurations/v1/mfa-policy", tag = "frontegg", request_body = PolicyBody,
    responses((status = 200, body = MfaPolicy), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body), (status = 404, body = Body)))]
async fn update(call: &Call) -> Answered {
    write(call, Write::Update, StatusCode::OK).await
}

/// Makes or changes the policy.
#[utoipa::path(put, path = "/identity/resources/configurations/v1/mfa-policy", tag = "frontegg", request_body = PolicyBody,
    responses((status = 200, body = MfaPolicy), (status = 400, body = Body), (status = 401, body = Body), (status = 403, body = Body)))]
async fn put(call: &Call) -> Answered {
    write(call, Write::Put, StatusCode::OK).await
}
