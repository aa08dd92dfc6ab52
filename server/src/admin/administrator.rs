//! Administrators.

use axum::response::Response;
use countersign_domain::admin::{self, Admin};
use countersign_domain::base::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::Call;
use super::error::{Body, Failure};
use super::wire::{Listed, created, no_content, ok};

/// An administrator.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AdminModel {
    id: String,
    #[schema(example = "ada@example.com")]
    email: String,
    created_at: String,
}

impl AdminModel {
    pub(super) fn of(admin: &Admin) -> Self {
        Self { id: admin.id.clone(), email: admin.email.clone(), created_at: admin.created_at.to_rfc3339() }
    }
}

/// The body that makes an administrator.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewAdmin {
    #[schema(example = "bob@example.com")]
    email: String,
    /// His password: 12 characters and more.
    password: String,
    /// Your own password.
    current_password: String,
}

/// The body that sets a password.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewAdminPassword {
    /// The new password: 12 characters and more.
    password: String,
    /// Your own password, also when it is somebody else's that you set.
    current_password: String,
}

/// All administrators.
#[utoipa::path(get, path = "/admin/v1/admins", tag = "admin",
    responses((status = 200, body = Listed<AdminModel>), (status = 401, body = Body)))]
pub(super) async fn list(call: &Call) -> Result<Response, Failure> {
    call.asked().done()?;
    let admins = call.read(|tx, _| admin::list(tx)).await?;
    Ok(ok(&Listed::all(admins.iter().map(AdminModel::of).collect())))
}

/// Makes an administrator. Only in a session, and with the password of the one who asks.
#[utoipa::path(post, path = "/admin/v1/admins", tag = "admin", request_body = NewAdmin,
    responses((status = 201, body = AdminModel), (status = 400, body = Body), (status = 403, body = Body), (status = 409, body = Body), (status = 429, body = Body)))]
pub(super) async fn create(call: &Call) -> Result<Response, Failure> {
    let NewAdmin { email, password, current_password } = call.body()?;
    call.confirm(current_password).await?;
    let hash = call.app.hash_admin_password(&call.ctx, Secret::new(password)).await?;
    let admin = call.write(move |tx, ctx| admin::create(tx, ctx, &email, &hash)).await?;
    Ok(created(&AdminModel::of(&admin)))
}

/// One administrator.
#[utoipa::path(get, path = "/admin/v1/admins/{adminId}", tag = "admin", params(("adminId" = String, Path)),
    responses((status = 200, body = AdminModel), (status = 404, body = Body)))]
pub(super) async fn get(call: &Call) -> Result<Response, Failure> {
    let id = call.path("adminId");
    Ok(ok(&AdminModel::of(&call.read(move |tx, _| admin::get(tx, &id)).await?)))
}

/// Removes an administrator with his sessions and tokens; never the last one. Only in a session.
#[utoipa::path(delete, path = "/admin/v1/admins/{adminId}", tag = "admin", params(("adminId" = String, Path)),
    responses((status = 204), (status = 403, body = Body), (status = 404, body = Body), (status = 409, body = Body)))]
pub(super) async fn delete(call: &Call) -> Result<Response, Failure> {
    let id = call.path("adminId");
    let is_own = call.admin()?.id == id;
    call.write(move |tx, ctx| admin::delete(tx, ctx, &id)).await?;
    let mut response = no_content();
    if is_own {
        call.forget_session(&mut response)?;
    }
    Ok(response)
}

/// Gives an administrator another password. His sessions end, but for the one that asks. Only in a session.
#[utoipa::path(put, path = "/admin/v1/admins/{adminId}/password", tag = "admin", params(("adminId" = String, Path)),
    request_body = NewAdminPassword,
    responses((status = 204), (status = 400, body = Body), (status = 403, body = Body), (status = 404, body = Body), (status = 429, body = Body)))]
pub(super) async fn update_password(call: &Call) -> Result<Response, Failure> {
    let NewAdminPassword { password, current_password } = call.body()?;
    call.confirm(current_password).await?;
    let hash = call.app.hash_admin_password(&call.ctx, Secret::new(password)).await?;
    let (id, keep) = (call.path("adminId"), call.session().map(|session| session.id.clone()));
    call.write(move |tx, ctx| admin::set_password(tx, ctx, &id, &hash, keep.as_deref())).await?;
    Ok(no_content())
}
