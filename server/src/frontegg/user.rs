//! Whoever is signed in: his profile, and the accounts that he belongs to.

use axum::http::{Method, StatusCode};
use countersign_domain::base::json;
use countersign_domain::signin::invite::{self, Profile, own_tenant};
use countersign_domain::tenant::{self, Belonging, Tenant};
use countersign_domain::user::{self, User};
use utoipa::OpenApi;

use super::call::{Answered, Call, Identity};
use super::error::{Body, Failure};
use super::tenant::TenantModel;
use super::wire::{Reader, TenantsOfUser, UserModel, answer};
use super::{READ, Route, WRITE, Who, handler};
use crate::http::params::Params;

/// The rows of this file.
pub(super) static ROUTES: &[Route] = &[
    Route::new(Method::GET, "/identity/resources/users/v2/me", Who::PeopleOrFor(READ), handler!(get)),
    Route::new(Method::PUT, "/identity/resources/users/v2/me", Who::PeopleOrFor(WRITE), handler!(update)),
    Route::new(Method::GET, "/identity/resources/users/v2/me/tenants", Who::PeopleOrFor(READ), handler!(list_tenants)),
    Route::new(Method::GET, "/identity/resources/users/v3/me/tenants", Who::PeopleOrFor(READ), handler!(get_tenants)),
];

#[derive(OpenApi)]
#[openapi(paths(get, update, list_tenants, get_tenants))]
pub(super) struct Document;

/// What somebody says of himself.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggProfile, rename_all = "camelCase")]
struct ProfileBody {
    /// At most 128 characters.
    name: Option<String>,
    /// A number for people to read. It is not proved and signs nobody in.
    #[schema(example = "+1-202-555-0123")]
    phone_number: Option<String>,
    /// The address of a picture.
    profile_picture_url: Option<String>,
    /// A JSON object as text.
    #[schema(example = "{}")]
    metadata: Option<String>,
}

/// The user that is meant, as a client reads him.
pub(super) async fn model(call: &Call, user: User) -> Result<UserModel, Failure> {
    let (ctx, id) = (call.ctx.clone(), user.id.clone());
    let read = call.app.db.read(move |tx| {
        let belonging = tenant::of_user(tx, &ctx, &id)?;
        Ok((belonging, user::find_notes(tx, &ctx.project, &id)?))
    });
    let (belonging, notes) = read.await?;
    let reader = match call.identity {
        Identity::Vendor(_) => Reader::Server,
        Identity::User(_) | Identity::Guest => Reader::Person,
    };
    Ok(UserModel::of(&user, &belonging, notes, reader))
}

/// Who is signed in, or for whom a server acts.
#[utoipa::path(get, path = "/identity/resources/users/v2/me", tag = "frontegg",
    responses((status = 200, body = UserModel), (status = 401, body = Body)))]
async fn get(call: &Call) -> Answered {
    answer(StatusCode::OK, &model(call, call.user()?.clone()).await?)
}

/// The entries of a profile that a body has. `phoneNumber` is one for people to read (contract frontegg §1.5).
pub(super) fn profile(params: &mut Params<'_>) -> Profile {
    let name = params.optional_text("name", 1, 128).map(str::to_owned);
    let mut entries = Vec::new();
    if let Some(number) = params.optional_text("phoneNumber", 1, 32) {
        if is_number(number) {
            entries.push(("phoneNumber", Some(number.to_owned())));
        } else {
            params.refuse::<()>("phoneNumber", "phoneNumber must be a plus, and digits with single dashes");
        }
    }
    if let Some(url) = params.optional_url("profilePictureUrl") {
        entries.push(("image", Some(url.to_owned())));
    }
    if let Some(text) = object_text(params, "metadata") {
        entries.push(("metadata", Some(text.to_owned())));
    }
    Profile { name, entries }
}

/// A JSON object as text.
pub(super) fn object_text<'a>(params: &mut Params<'a>, name: &'static str) -> Option<&'a str> {
    let text = params.optional_text(name, 1, json::LONGEST)?;
    if json::check_object(name, text).is_ok() {
        return Some(text);
    }
    params.refuse(name, format!("{name} must be a JSON object, as text"))
}

/// Contract frontegg §1.5: plus, first digit 1-9, digits with single dashes.
fn is_number(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('+') else { return false };
    rest.bytes().next().is_some_and(|b| matches!(b, b'1'..=b'9'))
        && rest.split('-').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

/// Changes what the user says of himself. Address and number that sign him in change by their proof alone.
#[utoipa::path(put, path = "/identity/resources/users/v2/me", tag = "frontegg", request_body = ProfileBody,
    responses((status = 200, body = UserModel), (status = 400, body = Body), (status = 401, body = Body)))]
async fn update(call: &Call) -> Answered {
    let mut params = call.params();
    let profile = profile(&mut params);
    params.check()?;
    let (ctx, id) = (call.ctx.clone(), call.caller()?.user.id);
    let user = call.app.db.write(move |tx| invite::update_profile(tx, &ctx, &id, &profile)).await?;
    answer(StatusCode::OK, &model(call, user).await?)
}

/// The accounts of the user, and the one that he acts in.
async fn tenants(call: &Call) -> Result<(Vec<Tenant>, Belonging), Failure> {
    let (ctx, id, own) = (call.ctx.clone(), call.user()?.id.clone(), own_tenant(call.project()));
    let found = call.app.db.read(move |tx| {
        let belonging = tenant::of_user(tx, &ctx, &id)?;
        let tenants = belonging.all.iter().map(|id| tenant::get(tx, &ctx, &own, id)).collect::<Result<_, _>>()?;
        Ok((tenants, belonging))
    });
    Ok(found.await?)
}

/// The accounts that the user belongs to.
#[utoipa::path(get, path = "/identity/resources/users/v2/me/tenants", tag = "frontegg",
    responses((status = 200, body = Vec<TenantModel>), (status = 401, body = Body)))]
async fn list_tenants(call: &Call) -> Answered {
    let client = call.project().client_id();
    let models: Vec<_> = tenants(call).await?.0.iter().map(|tenant| TenantModel::of(tenant, client)).collect();
    answer(StatusCode::OK, &models)
}

/// The accounts that the user belongs to, and the one that he acts in. A refresh with its id leads to another.
#[utoipa::path(get, path = "/identity/resources/users/v3/me/tenants", tag = "frontegg",
    responses((status = 200, body = TenantsOfUser), (status = 401, body = Body)))]
async fn get_tenants(call: &Call) -> Answered {
    let client = call.project().client_id();
    let (tenants, belonging) = tenants(call).await?;
    let active = tenants.iter().find(|tenant| tenant.id == belonging.active).ok_or_else(Failure::no_session)?;
    let active_tenant = TenantModel::of(active, client);
    let tenants = tenants.iter().map(|tenant| TenantModel::of(tenant, client)).collect();
    answer(StatusCode::OK, &TenantsOfUser { tenants, active_tenant })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_a_profile_has_single_dashes() {
        for good in ["+1", "+12025550123", "+1-202-555-0123"] {
            assert!(is_number(good), "{good}");
        }
        for bad in ["", "+", "12", "+0123", "+1--2", "+1-", "+-1", "+1 2"] {
            assert!(!is_number(bad), "{bad}");
        }
    }
}
