//! Providers of SMS and e-mail.

use axum::response::Response;
use countersign_domain::base::{Error, Target};
use countersign_domain::message::{Channel, Outcome};
use countersign_domain::project::{self, Project};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

use super::call::Call;
use super::error::{Body, Failure};
use super::project::channel;
use super::wire::{Listed, created, email, no_content, ok, phone};

/// The body that puts providers in another order.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Order {
    /// The name of each provider of the channel, the preferred one first.
    order: Vec<String>,
}

/// The body that sends a test message.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TestMessage {
    /// A number with its country code, or an e-mail address.
    #[schema(example = "+14255550123")]
    to: String,
}

/// What became of a test message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TestOutcome {
    /// `accepted`, `refused`, or `unknown`: it may have been sent.
    #[schema(example = "accepted")]
    outcome: &'static str,
    /// The provider's id for the message.
    provider_id: Option<String>,
    /// What the provider said.
    reason: Option<String>,
    /// Where it went, masked.
    to: String,
}

/// The provider called `name`, as it may be shown.
fn shown(project: &Project, channel: Channel, name: &str) -> Result<Json, Failure> {
    let all = project::list_providers(&project.settings, channel)?;
    let found = all.into_iter().find(|provider| provider.get("name").and_then(Json::as_str) == Some(name));
    Ok(found.ok_or_else(|| Error::internal("a provider that was stored is not there"))?)
}

/// The providers of a channel (`sms` or `email`) in order of preference. What stands for a credential is `"[hidden]"`.
#[utoipa::path(get, path = "/admin/v1/projects/{projectId}/providers/{channel}", tag = "admin messages",
    params(("projectId" = String, Path), ("channel" = String, Path, description = "`sms` or `email`.")),
    responses((status = 200, body = Listed<Object>), (status = 404, body = Body)))]
pub(super) async fn list(call: &Call) -> Result<Response, Failure> {
    call.asked().done()?;
    let channel = channel(call)?;
    let project = call.read(|tx, ctx| project::get(tx, &ctx.keys, &ctx.project)).await?;
    Ok(ok(&Listed::all(project::list_providers(&project.settings, channel)?)))
}

/// Adds a provider behind the others: `name`, `account` with its `kind`, and what the kind needs.
#[utoipa::path(post, path = "/admin/v1/projects/{projectId}/providers/{channel}", tag = "admin messages",
    params(("projectId" = String, Path), ("channel" = String, Path, description = "`sms` or `email`.")),
    request_body(content_type = "application/json", content = Object),
    responses((status = 201, body = Object), (status = 400, body = Body), (status = 409, body = Body)))]
pub(super) async fn create(call: &Call) -> Result<Response, Failure> {
    let (channel, provider) = (channel(call)?, call.json().clone());
    let name = provider.get("name").and_then(Json::as_str).unwrap_or_default().to_owned();
    let project =
        call.write(move |tx, ctx| project::create_provider(tx, ctx, &ctx.project, channel, &provider)).await?;
    Ok(created(&shown(&project, channel, &name)?))
}

/// Puts the providers of a channel in another order of preference.
#[utoipa::path(put, path = "/admin/v1/projects/{projectId}/providers/{channel}", tag = "admin messages",
    params(("projectId" = String, Path), ("channel" = String, Path, description = "`sms` or `email`.")),
    request_body = Order,
    responses((status = 200, body = Listed<Object>), (status = 400, body = Body)))]
pub(super) async fn reorder(call: &Call) -> Result<Response, Failure> {
    let (channel, Order { order }) = (channel(call)?, call.body()?);
    let project = call.write(move |tx, ctx| project::reorder_providers(tx, ctx, &ctx.project, channel, &order)).await?;
    Ok(ok(&Listed::all(project::list_providers(&project.settings, channel)?)))
}

/// Merges what is sent into a provider, deep. A credential that is left out, or `"[hidden]"`, stays as it is; another
/// `kind` replaces the whole account.
#[utoipa::path(patch, path = "/admin/v1/projects/{projectId}/providers/{channel}/{name}", tag = "admin messages",
    params(("projectId" = String, Path), ("channel" = String, Path, description = "`sms` or `email`."), ("name" = String, Path)),
    request_body(content_type = "application/json", content = Object),
    responses((status = 200, body = Object), (status = 400, body = Body), (status = 404, body = Body), (status = 409, body = Body)))]
pub(super) async fn update(call: &Call) -> Result<Response, Failure> {
    let (channel, name, patch) = (channel(call)?, call.path("name"), call.json().clone());
    let renamed = patch.get("name").and_then(Json::as_str).unwrap_or(&name).to_owned();
    let project =
        call.write(move |tx, ctx| project::update_provider(tx, ctx, &ctx.project, channel, &name, &patch)).await?;
    Ok(ok(&shown(&project, channel, &renamed)?))
}

/// Removes a provider.
#[utoipa::path(delete, path = "/admin/v1/projects/{projectId}/providers/{channel}/{name}", tag = "admin messages",
    params(("projectId" = String, Path), ("channel" = String, Path, description = "`sms` or `email`."), ("name" = String, Path)),
    responses((status = 204), (status = 404, body = Body)))]
pub(super) async fn delete(call: &Call) -> Result<Response, Failure> {
    let (channel, name) = (channel(call)?, call.path("name"));
    call.write(move |tx, ctx| project::delete_provider(tx, ctx, &ctx.project, channel, &name)).await?;
    Ok(no_content())
}

/// Sends a test message through a provider, within the countries, budgets and money of the project.
#[utoipa::path(post, path = "/admin/v1/projects/{projectId}/providers/{channel}/{name}/test", tag = "admin messages",
    params(("projectId" = String, Path), ("channel" = String, Path, description = "`sms` or `email`."), ("name" = String, Path)),
    request_body = TestMessage,
    responses((status = 200, body = TestOutcome), (status = 400, body = Body), (status = 404, body = Body), (status = 429, body = Body)))]
pub(super) async fn test(call: &Call) -> Result<Response, Failure> {
    let (channel, TestMessage { to }) = (channel(call)?, call.body()?);
    let target = match channel {
        Channel::Sms => Target::Phone(phone("to", &to)?),
        Channel::Email => Target::Email(email("to", &to)?),
    };
    let to = target.masked();
    let outcome = call.app.send_test(&call.ctx, call.hosted()?, &call.path("name"), target).await?;
    let (outcome, provider_id, reason) = match outcome {
        Outcome::Accepted { provider_id } => ("accepted", provider_id, None),
        Outcome::Refused { reason } => ("refused", None, Some(reason)),
        Outcome::Unknown { reason } => ("unknown", None, Some(reason)),
    };
    Ok(ok(&TestOutcome { outcome, provider_id, reason, to }))
}
