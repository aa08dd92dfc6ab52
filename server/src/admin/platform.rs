//! Front ends of a project.

use axum::response::Response;
use countersign_domain::project::{self, Platform};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::Call;
use super::error::{Body, Failure};
use super::wire::{Listed, created, no_content, ok};

/// A front end: who may call from a browser, and where links may lead.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlatformModel {
    id: String,
    name: String,
    /// A host name, or `*.` and a domain.
    #[schema(example = "app.example.com")]
    hostname: String,
    created_at: String,
}

impl PlatformModel {
    pub(super) fn of(platform: &Platform) -> Self {
        Self {
            id: platform.id.clone(),
            name: platform.name.clone(),
            hostname: platform.hostname.clone(),
            created_at: platform.created_at.to_rfc3339(),
        }
    }
}

/// The body that lets a front end in.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewPlatform {
    /// A host name, or `*.` and a domain.
    #[schema(example = "app.example.com")]
    hostname: String,
    /// Its name; the host name when left out.
    #[serde(default)]
    name: Option<String>,
}

/// The front ends of a project.
#[utoipa::path(get, path = "/admin/v1/projects/{projectId}/platforms", tag = "admin projects", params(("projectId" = String, Path)),
    responses((status = 200, body = Listed<PlatformModel>), (status = 404, body = Body)))]
pub(super) async fn list(call: &Call) -> Result<Response, Failure> {
    call.asked().done()?;
    let project = call.read(|tx, ctx| project::get(tx, &ctx.keys, &ctx.project)).await?;
    Ok(ok(&Listed::all(project.platforms.iter().map(PlatformModel::of).collect())))
}

/// Lets a front end in.
#[utoipa::path(post, path = "/admin/v1/projects/{projectId}/platforms", tag = "admin projects", params(("projectId" = String, Path)),
    request_body = NewPlatform,
    responses((status = 201, body = PlatformModel), (status = 400, body = Body), (status = 404, body = Body)))]
pub(super) async fn create(call: &Call) -> Result<Response, Failure> {
    let NewPlatform { hostname, name } = call.body()?;
    let made = call
        .write(move |tx, ctx| {
            let name = name.as_deref().unwrap_or(&hostname);
            project::create_platform(tx, ctx, &ctx.project, name, &hostname)
        })
        .await?;
    Ok(created(&PlatformModel::of(&made)))
}

/// Shuts a front end out.
#[utoipa::path(delete, path = "/admin/v1/projects/{projectId}/platforms/{platformId}", tag = "admin projects",
    params(("projectId" = String, Path), ("platformId" = String, Path)),
    responses((status = 204), (status = 404, body = Body)))]
pub(super) async fn delete(call: &Call) -> Result<Response, Failure> {
    let id = call.path("platformId");
    call.write(move |tx, ctx| project::delete_platform(tx, ctx, &ctx.project, &id)).await?;
    Ok(no_content())
}
