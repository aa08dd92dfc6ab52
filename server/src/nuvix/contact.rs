//! Where users can be written to. On this wire a contact is a target.

use axum::http::StatusCode;
use axum::response::Response;
use countersign_domain::contact::{self, Channel, Contact, Identifier, New};
use countersign_domain::signin::contact as contacts;
use countersign_domain::user::{self, User};

use super::call::{Call, no_content};
use super::error::{Body, Failure};
use super::params::{CustomId, Params};
use super::wire::{Target, TargetList};
use super::{answer, query};

/// The contacts of an account, which answers about it show.
pub(super) async fn of(call: &Call, user: &User) -> Result<Vec<Contact>, Failure> {
    let (ctx, user) = (call.ctx.clone(), user.clone());
    Ok(call.app.db.read(move |tx| contacts::list(tx, &ctx, &user)).await?)
}

fn shaped(call: &Call, status: StatusCode, contact: &Contact) -> Response {
    answer(status, &Target::of(call.flavour, contact))
}

fn id_of(id: Option<CustomId<'_>>) -> Option<String> {
    match id {
        Some(CustomId::Given(id)) => Some(id.to_owned()),
        Some(CustomId::Unique) | None => None,
    }
}

/// A text that clients leave out or send empty when there is none.
fn given(params: &mut Params<'_>, name: &str, longest: usize) -> Option<String> {
    params.optional_text(name, 0, longest).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Where a user can be written to.
#[utoipa::path(get, path = "/v1/users/{userId}/targets", tag = "users",
    params(
        ("userId" = String, Path),
        ("queries[]" = Option<Vec<String>>, Query, description = "Filters on `identifier`, `providerType`, `providerId`, `name`, order, `limit`, `offset` and cursor."),
        ("total" = Option<bool>, Query, description = "`false`: `total` is 0.")
    ),
    responses((status = 200, body = TargetList), (status = 400, body = Body), (status = 404, body = Body)))]
pub(super) async fn list(call: &Call) -> Result<Response, Failure> {
    let (query, search) = query::list(call.params()?)?;
    let (ctx, id) = (call.ctx.clone(), call.path_id()?);
    let (found, total) = call
        .app
        .db
        .read(move |tx| {
            let user = user::get(tx, &ctx.project, &id)?;
            let mut all = contacts::list(tx, &ctx, &user)?;
            if let Some(search) = search.as_deref().map(str::to_lowercase) {
                all.retain(|contact| contact.identifier.to_lowercase().contains(&search));
            }
            contact::select(all, &query)
        })
        .await?;
    Ok(answer(StatusCode::OK, &TargetList::of(call.flavour, &found, total)))
}

/// Adds an address, a number or a device to which a user can be written.
#[utoipa::path(post, path = "/v1/users/{userId}/targets", tag = "users", params(("userId" = String, Path)),
    request_body = super::openapi::NewTarget,
    responses((status = 201, body = Target), (status = 400, body = Body), (status = 404, body = Body), (status = 409, body = Body)))]
pub(super) async fn create(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let id = params.custom_id("targetId");
    let channel = params.text("providerType", 1, 16).map(Channel::parse);
    let identifier = params.text("identifier", 1, 255);
    let (provider_id, name) = (given(&mut params, "providerId", 36), given(&mut params, "name", 128));
    let (Some(channel), Some(identifier)) = (channel, identifier) else { return Err(params.failure()) };
    params.check()?;
    let channel = channel.ok_or_else(|| {
        Failure::invalid(vec!["Invalid `providerType` param: must be one of email, sms, push".to_owned()])
    })?;
    let identifier = Identifier::parse(channel, identifier)?;
    let new = New { id: id_of(id), identifier, name: name.unwrap_or_default(), provider_id, session_id: None };
    let (ctx, user) = (call.ctx.clone(), call.path_id()?);
    let made = call.app.db.write(move |tx| contacts::create(tx, &ctx, &user, new.clone())).await?;
    Ok(shaped(call, StatusCode::CREATED, &made))
}

/// One of them.
#[utoipa::path(get, path = "/v1/users/{userId}/targets/{targetId}", tag = "users",
    params(("userId" = String, Path), ("targetId" = String, Path)),
    responses((status = 200, body = Target), (status = 404, body = Body)))]
pub(super) async fn get(call: &Call) -> Result<Response, Failure> {
    let (ctx, user, id) = (call.ctx.clone(), call.path_id()?, call.second_path_value().to_owned());
    let found = call.app.db.read(move |tx| contacts::get(tx, &ctx, &user, &id)).await?;
    Ok(shaped(call, StatusCode::OK, &found))
}

/// Changes one of them. The number and the address of the account stay as they are.
#[utoipa::path(patch, path = "/v1/users/{userId}/targets/{targetId}", tag = "users",
    params(("userId" = String, Path), ("targetId" = String, Path)), request_body = super::openapi::TargetChange,
    responses((status = 200, body = Target), (status = 400, body = Body), (status = 404, body = Body), (status = 409, body = Body)))]
pub(super) async fn update(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let update = contacts::Update {
        identifier: given(&mut params, "identifier", 255),
        name: given(&mut params, "name", 128),
        provider_id: given(&mut params, "providerId", 36),
    };
    params.check()?;
    let (ctx, user, id) = (call.ctx.clone(), call.path_id()?, call.second_path_value().to_owned());
    let now = call.app.db.write(move |tx| contacts::update(tx, &ctx, &user, &id, update.clone())).await?;
    Ok(shaped(call, StatusCode::OK, &now))
}

/// Removes one of them. The account keeps its number and its address.
#[utoipa::path(delete, path = "/v1/users/{userId}/targets/{targetId}", tag = "users",
    params(("userId" = String, Path), ("targetId" = String, Path)),
    responses((status = 204), (status = 404, body = Body)))]
pub(super) async fn delete(call: &Call) -> Result<Response, Failure> {
    let (ctx, user, id) = (call.ctx.clone(), call.path_id()?, call.second_path_value().to_owned());
    call.app.db.write(move |tx| contacts::delete(tx, &ctx, &user, &id)).await?;
    Ok(no_content())
}

/// Registers the caller's device for push messages, for as long as the session lives.
#[utoipa::path(post, path = "/v1/account/targets/push", tag = "account", request_body = super::openapi::NewPushTarget,
    responses((status = 201, body = Target), (status = 400, body = Body), (status = 401, body = Body), (status = 409, body = Body)))]
pub(super) async fn create_push(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let (id, token) = (params.custom_id("targetId"), params.text("identifier", 1, 255).map(str::to_owned));
    let provider_id = given(&mut params, "providerId", 36);
    let Some(token) = token else { return Err(params.failure()) };
    params.check()?;
    let (ctx, caller, id) = (call.ctx.clone(), call.caller()?, id_of(id));
    let made = call
        .app
        .db
        .write(move |tx| contacts::create_push(tx, &ctx, &caller, id.clone(), &token, provider_id.clone()))
        .await?;
    Ok(shaped(call, StatusCode::CREATED, &made))
}

/// Gives a device of the caller's another token.
#[utoipa::path(put, path = "/v1/account/targets/{targetId}/push", tag = "account", params(("targetId" = String, Path)),
    request_body = super::openapi::PushToken,
    responses((status = 200, body = Target), (status = 400, body = Body), (status = 401, body = Body), (status = 404, body = Body), (status = 409, body = Body)))]
pub(super) async fn update_push(call: &Call) -> Result<Response, Failure> {
    let mut params = call.params()?;
    let Some(token) = params.text("identifier", 1, 255).map(str::to_owned) else { return Err(params.failure()) };
    let (ctx, caller, id) = (call.ctx.clone(), call.caller()?, call.path_value.clone());
    let now = call.app.db.write(move |tx| contacts::update_push(tx, &ctx, &caller, &id, &token)).await?;
    Ok(shaped(call, StatusCode::OK, &now))
}

/// Takes a device of the caller's off.
#[utoipa::path(delete, path = "/v1/account/targets/{targetId}/push", tag = "account", params(("targetId" = String, Path)),
    responses((status = 204), (status = 401, body = Body), (status = 404, body = Body)))]
pub(super) async fn delete_push(call: &Call) -> Result<Response, Failure> {
    let (ctx, caller, id) = (call.ctx.clone(), call.caller()?, call.path_value.clone());
    call.app.db.write(move |tx| contacts::delete_push(tx, &ctx, &caller, &id)).await?;
    Ok(no_content())
}
