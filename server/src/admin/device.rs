//! The remembered devices of a project's users: browsers that are not asked for a second factor for a while.

use axum::response::Response;
use countersign_domain::device::{self, Device};
use countersign_domain::user;
use serde::Serialize;
use utoipa::ToSchema;

use super::call::Call;
use super::error::{Body, Failure};
use super::wire::{Listed, no_content, ok};

/// A remembered device of a user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ManagedDevice {
    id: String,
    /// The address from which it was remembered.
    address: String,
    /// Its `User-Agent` then.
    agent: String,
    created_at: String,
    /// When it is asked for a second factor again.
    expires_at: String,
}

impl ManagedDevice {
    fn of(device: Device) -> Self {
        Self {
            created_at: device.created_at.to_rfc3339(),
            expires_at: device.expires_at.to_rfc3339(),
            id: device.id,
            address: device.address,
            agent: device.agent,
        }
    }
}

/// The remembered devices of a user, the oldest first.
#[utoipa::path(get, path = "/admin/v1/projects/{projectId}/users/{userId}/devices", tag = "admin users",
    params(("projectId" = String, Path), ("userId" = String, Path)),
    responses((status = 200, body = Listed<ManagedDevice>), (status = 404, body = Body)))]
pub(super) async fn list(call: &Call) -> Result<Response, Failure> {
    call.asked().done()?;
    let id = call.user_id()?;
    let found = call
        .read(move |tx, ctx| {
            user::get(tx, &ctx.project, &id)?;
            device::list(tx, ctx, &id)
        })
        .await?;
    Ok(ok(&Listed::all(found.into_iter().map(ManagedDevice::of).collect())))
}

/// Revokes all remembered devices of a user: each is asked for a second factor again.
#[utoipa::path(delete, path = "/admin/v1/projects/{projectId}/users/{userId}/devices", tag = "admin users",
    params(("projectId" = String, Path), ("userId" = String, Path)),
    responses((status = 204), (status = 404, body = Body)))]
pub(super) async fn delete_all(call: &Call) -> Result<Response, Failure> {
    let id = call.user_id()?;
    call.write(move |tx, ctx| {
        user::get(tx, &ctx.project, &id)?;
        device::revoke_all(tx, ctx, &id)
    })
    .await?;
    Ok(no_content())
}

/// Revokes a remembered device of a user.
#[utoipa::path(delete, path = "/admin/v1/projects/{projectId}/users/{userId}/devices/{deviceId}", tag = "admin users",
    params(("projectId" = String, Path), ("userId" = String, Path), ("deviceId" = String, Path)),
    responses((status = 204), (status = 404, body = Body)))]
pub(super) async fn delete(call: &Call) -> Result<Response, Failure> {
    let (id, device) = (call.user_id()?, call.path("deviceId"));
    call.write(move |tx, ctx| {
        user::get(tx, &ctx.project, &id)?;
        device::revoke(tx, ctx, &id, &device)
    })
    .await?;
    Ok(no_content())
}
