//! Accounts of users (contract frontegg §1.6).

use axum::http::{Method, StatusCode};
use countersign_domain::signin::invite::own_tenant;
use countersign_domain::tenant::{self, Details, LONGEST, Order, Part, Tenant};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::call::{Answered, Call, Identity};
use super::error::{Body, Failure};
use super::wire::{Page, Paged, answer, done};
use super::{READ, Route, WRITE, Who, handler};
use crate::http::params::Params;

/// The rows of this file.
pub(super) static ROUTES: &[Route] = &[
    Route::new(Method::POST, "/tenants/resources/tenants/v1", Who::Vendor(WRITE), handler!(create)),
    Route::new(Method::GET, "/tenants/resources/tenants/v2", Who::Vendor(READ), handler!(list)),
    Route::new(Method::GET, "/tenants/resources/tenants/v2/{tenantId}", Who::Vendor(READ), handler!(get)),
    Route::new(Method::PUT, "/tenants/resources/tenants/v2/{tenantId}", Who::Vendor(WRITE), handler!(update)),
    Route::new(Method::DELETE, "/tenants/resources/tenants/v1/{tenantId}", Who::Vendor(WRITE), handler!(delete)),
    Route::new(Method::GET, "/tenants/resources/account-settings/v1", Who::PeopleOrVendor(READ), handler!(settings)),
];

#[derive(OpenApi)]
#[openapi(paths(create, list, get, update, delete, settings))]
pub(super) struct Document;

/// An account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggTenant)]
pub(super) struct TenantModel {
    id: String,
    /// The same again.
    tenant_id: String,
    name: String,
    /// The project, as its clients know it.
    vendor_id: String,
    created_at: String,
    updated_at: String,
    /// None of ours are.
    is_reseller: bool,
    creator_name: Option<String>,
    creator_email: Option<String>,
    website: Option<String>,
    deleted_at: Option<String>,
    /// A JSON object as text.
    metadata: String,
}

impl TenantModel {
    pub(super) fn of(tenant: &Tenant, client: &str) -> Self {
        Self {
            id: tenant.id.clone(),
            tenant_id: tenant.id.clone(),
            name: tenant.name.clone(),
            vendor_id: client.to_owned(),
            created_at: tenant.created_at.to_rfc3339(),
            updated_at: tenant.updated_at.to_rfc3339(),
            is_reseller: false,
            creator_name: tenant.details.creator_name.clone(),
            creator_email: tenant.details.creator_email.clone(),
            website: tenant.details.website.clone(),
            deleted_at: None,
            metadata: tenant.details.metadata.clone().unwrap_or_else(|| "{}".to_owned()),
        }
    }
}

/// What the portal shows of an account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggAccountSettings)]
struct AccountSettings {
    tenant_id: String,
    company_name: String,
}

/// What is said of an account.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggTenantBody, rename_all = "camelCase")]
struct TenantBody {
    /// 1 to 256 characters.
    name: String,
    /// The id that it is to have: 1 to 36 letters, digits, `.`, `_` or `-`.
    tenant_id: Option<String>,
    website: Option<String>,
    creator_name: Option<String>,
    creator_email: Option<String>,
    /// A JSON object as text.
    metadata: Option<String>,
}

fn details(params: &mut Params<'_>) -> Details {
    let mut text = |name, max| params.optional_text(name, 1, max).map(str::to_owned);
    Details {
        metadata: text("metadata", 65_536),
        website: text("website", 1_024),
        creator_name: text("creatorName", 1_024),
        creator_email: text("creatorEmail", 1_024),
    }
}

fn shown(call: &Call, status: StatusCode, tenant: &Tenant) -> Answered {
    answer(status, &TenantModel::of(tenant, call.project().client_id()))
}

/// Makes an account. One that was removed is there again under its id.
#[utoipa::path(post, path = "/tenants/resources/tenants/v1", tag = "frontegg", request_body = TenantBody,
    responses((status = 201, body = TenantModel), (status = 400, body = Body), (status = 409, body = Body)))]
async fn create(call: &Call) -> Answered {
    let mut params = call.params();
    let name = params.text("name", 1, 256).map(str::to_owned);
    let id = params.optional_text("tenantId", 1, 64).map(str::to_owned);
    let details = details(&mut params);
    let Some(name) = name else { return Err(params.failure().into()) };
    params.check()?;
    let ctx = call.ctx.clone();
    let made = call.app.db.write(move |tx| tenant::create(tx, &ctx, id.as_deref(), &name, &details)).await?;
    shown(call, StatusCode::CREATED, &made)
}

/// Accounts, in pages.
#[utoipa::path(get, path = "/tenants/resources/tenants/v2", tag = "frontegg",
    params(
        ("_filter" = Option<String>, Query, description = "A part of the name."),
        ("_tenantIds" = Option<Vec<String>>, Query, description = "Only these."),
        ("_limit" = Option<i64>, Query, description = "1 to 200, else 50."),
        ("_offset" = Option<i64>, Query, description = "Which page, from 0."),
        ("_sortBy" = Option<String>, Query, description = "`createdAt`, `name` or `tenantId`."),
        ("_order" = Option<String>, Query, description = "`ASC` or `DESC`."),
    ),
    responses((status = 200, body = Paged<TenantModel>), (status = 400, body = Body)))]
async fn list(call: &Call) -> Answered {
    let page = Page::read(call, LONGEST)?;
    let order = match call.query("_sortBy").unwrap_or("createdAt") {
        "createdAt" => Order::Time,
        "name" => Order::Name,
        "tenantId" => Order::Id,
        _ => return Err(Failure::new(StatusCode::BAD_REQUEST, "_sortBy must be createdAt, name or tenantId")),
    };
    let part = Part {
        name: call.query("_filter").unwrap_or_default().to_owned(),
        ids: call.queries("_tenantIds").iter().flat_map(|ids| ids.split(',')).map(str::to_owned).collect(),
        order,
        descending: page.descending,
        limit: page.limit,
        offset: page.offset(),
    };
    let (ctx, own) = (call.ctx.clone(), own_tenant(call.project()));
    let (tenants, total) = call.app.db.read(move |tx| tenant::list(tx, &ctx, &own, &part)).await?;
    let client = call.project().client_id();
    let models = tenants.iter().map(|tenant| TenantModel::of(tenant, client)).collect();
    answer(StatusCode::OK, &Paged::of(&page, models, total))
}

async fn find(call: &Call, id: &str) -> Result<Tenant, Failure> {
    let (ctx, own, id) = (call.ctx.clone(), own_tenant(call.project()), id.to_owned());
    Ok(call.app.db.read(move |tx| tenant::get(tx, &ctx, &own, &id)).await?)
}

/// An account. The one that has the project's id is always there.
#[utoipa::path(get, path = "/tenants/resources/tenants/v2/{tenantId}", tag = "frontegg",
    params(("tenantId" = String, Path)), responses((status = 200, body = TenantModel), (status = 404, body = Body)))]
async fn get(call: &Call) -> Answered {
    shown(call, StatusCode::OK, &find(call, call.gap("tenantId")).await?)
}

/// Changes an account; what is left out stays.
#[utoipa::path(put, path = "/tenants/resources/tenants/v2/{tenantId}", tag = "frontegg", request_body = TenantBody,
    params(("tenantId" = String, Path)), responses((status = 200, body = TenantModel), (status = 404, body = Body)))]
async fn update(call: &Call) -> Answered {
    let mut params = call.params();
    let name = params.optional_text("name", 1, 256).map(str::to_owned);
    let details = details(&mut params);
    params.check()?;
    let (ctx, own, id) = (call.ctx.clone(), own_tenant(call.project()), call.gap("tenantId").to_owned());
    let work =
        move |tx: &mut countersign_domain::db::Tx<'_>| tenant::update(tx, &ctx, &own, &id, name.as_deref(), &details);
    shown(call, StatusCode::OK, &call.app.db.write(work).await?)
}

/// Removes an account. Its users stay, in their other accounts or in the project's own, which cannot be removed.
#[utoipa::path(delete, path = "/tenants/resources/tenants/v1/{tenantId}", tag = "frontegg",
    params(("tenantId" = String, Path)), responses((status = 200, description = "It is gone."), (status = 404, body = Body)))]
async fn delete(call: &Call) -> Answered {
    let (ctx, id) = (call.ctx.clone(), call.gap("tenantId").to_owned());
    call.app.db.write(move |tx| tenant::delete(tx, &ctx, &id)).await?;
    Ok(done(StatusCode::OK))
}

/// The name of the account that the user acts in, or that a server names in `frontegg-tenant-id`.
#[utoipa::path(get, path = "/tenants/resources/account-settings/v1", tag = "frontegg",
    responses((status = 200, body = AccountSettings), (status = 401, body = Body)))]
async fn settings(call: &Call) -> Answered {
    let id = match &call.identity {
        Identity::User(signed) => {
            let (ctx, id) = (call.ctx.clone(), signed.user.id.clone());
            call.app.db.read(move |tx| tenant::of_user(tx, &ctx, &id)).await?.active
        }
        Identity::Vendor(_) | Identity::Guest => call.tenant().unwrap_or(&call.hosted.id).to_owned(),
    };
    let tenant = find(call, &id).await?;
    answer(StatusCode::OK, &AccountSettings { tenant_id: tenant.id, company_name: tenant.name })
}
