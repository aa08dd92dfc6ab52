//! API keys of a project.

use axum::response::Response;
use countersign_domain::project::{self, Key, NewKey, SCOPES};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::Call;
use super::error::{Body, Failure};
use super::session::shown;
use super::wire::{Listed, created, no_content, ok, time};

/// An API key, without its secret.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeyModel {
    id: String,
    name: String,
    /// What it may do.
    scopes: Vec<String>,
    expires_at: Option<String>,
    /// When it was used last, to the day.
    accessed_at: Option<String>,
    created_at: String,
}

impl KeyModel {
    fn of(key: &Key) -> Self {
        Self {
            id: key.id.clone(),
            name: key.name.clone(),
            scopes: key.scopes.clone(),
            expires_at: shown(key.expires_at),
            accessed_at: shown(key.accessed_at),
            created_at: key.created_at.to_rfc3339(),
        }
    }
}

/// A new API key with its secret.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeKey {
    #[serde(flatten)]
    key: KeyModel,
    /// Shown here and never again.
    secret: String,
}

/// The body that makes an API key.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewApiKey {
    #[schema(example = "backend")]
    name: String,
    /// What it may do: some of `GET /admin/v1/scopes`.
    scopes: Vec<String>,
    /// From when on it is refused; never when left out.
    #[serde(default)]
    expires_at: Option<String>,
}

/// The scopes that an API key may hold.
#[utoipa::path(get, path = "/admin/v1/scopes", tag = "admin projects",
    responses((status = 200, body = Listed<String>), (status = 401, body = Body)))]
pub(super) async fn list_scopes(call: &Call) -> Result<Response, Failure> {
    call.asked().done()?;
    Ok(ok(&Listed::all(SCOPES.to_vec())))
}

/// The API keys of a project.
#[utoipa::path(get, path = "/admin/v1/projects/{projectId}/keys", tag = "admin projects", params(("projectId" = String, Path)),
    responses((status = 200, body = Listed<KeyModel>), (status = 404, body = Body)))]
pub(super) async fn list(call: &Call) -> Result<Response, Failure> {
    call.asked().done()?;
    let keys = call.read(|tx, ctx| project::list_keys(tx, &ctx.project)).await?;
    Ok(ok(&Listed::all(keys.iter().map(KeyModel::of).collect())))
}

/// Makes an API key.
#[utoipa::path(post, path = "/admin/v1/projects/{projectId}/keys", tag = "admin projects", params(("projectId" = String, Path)),
    request_body = NewApiKey,
    responses((status = 201, body = MadeKey), (status = 400, body = Body), (status = 404, body = Body)))]
pub(super) async fn create(call: &Call) -> Result<Response, Failure> {
    let NewApiKey { name, scopes, expires_at } = call.body()?;
    let expires_at = expires_at.map(|text| time("expiresAt", &text)).transpose()?;
    if let Some(at) = expires_at {
        at.check_future(call.ctx.now, "expiresAt")?;
    }
    let new = NewKey { name, scopes, expires_at, secret: None };
    let (key, secret) = call.write(move |tx, ctx| project::create_key(tx, ctx, &ctx.project, &new)).await?;
    Ok(created(&MadeKey { key: KeyModel::of(&key), secret: secret.expose().to_owned() }))
}

/// Revokes an API key at once.
#[utoipa::path(delete, path = "/admin/v1/projects/{projectId}/keys/{keyId}", tag = "admin projects",
    params(("projectId" = String, Path), ("keyId" = String, Path)),
    responses((status = 204), (status = 404, body = Body)))]
pub(super) async fn delete(call: &Call) -> Result<Response, Failure> {
    let id = call.path("keyId");
    call.write(move |tx, ctx| project::delete_key(tx, ctx, &ctx.project, &id)).await?;
    Ok(no_content())
}
