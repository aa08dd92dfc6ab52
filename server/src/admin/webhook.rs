//! Where a project's events go, and what became of them.

use axum::response::Response;
use countersign_domain::base::{Secret, Time};
use countersign_domain::webhook::{self, Change, Delivery, EVENTS, New, State, Wanted, Webhook};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::call::Call;
use super::error::{Body, Failure};
use super::session::shown;
use super::wire::{Listed, created, no_content, ok};

/// Hours that a secret still signs after another took its place, unless the request says how many.
const KEEP_HOURS: i64 = 24;

/// A webhook. Its secret is shown where it is made, and never again.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct WebhookModel {
    id: String,
    name: String,
    #[schema(example = "https://shop.example/hooks")]
    url: String,
    /// The events it wants: `*`, `user.*` or `user.create` each.
    events: Vec<String>,
    enabled: bool,
    /// Why it is off.
    off_reason: Option<String>,
    /// Until when what it is told is signed by its former secret too.
    previous_until: Option<String>,
    /// When the first call failed after the last that did not.
    failing_since: Option<String>,
    created_at: String,
    updated_at: String,
}

/// A webhook with the secret by which its receiver checks signatures (Standard Webhooks).
#[derive(Serialize, ToSchema)]
pub(super) struct WebhookWithSecret {
    #[serde(flatten)]
    webhook: WebhookModel,
    #[schema(example = "whsec_…")]
    secret: String,
}

/// An event for a webhook.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeliveryModel {
    /// The same over all calls and replays: `webhook-id` on the wire.
    id: String,
    webhook_id: String,
    #[schema(example = "session.create")]
    event: String,
    /// `queued`, `sending`, `done` or `dead`.
    #[schema(example = "done")]
    state: String,
    /// When it is due.
    due_at: String,
    created_at: String,
    settled_at: Option<String>,
}

/// A delivery with what is sent and every call.
#[derive(Serialize, ToSchema)]
pub(super) struct DeliveryWithTimeline {
    #[serde(flatten)]
    delivery: DeliveryModel,
    /// What is sent.
    #[schema(value_type = Object)]
    payload: Box<RawValue>,
    /// Every call whose outcome is known, in order.
    timeline: Vec<CallModel>,
}

/// A call of a receiver.
#[derive(Serialize, ToSchema)]
pub(super) struct CallModel {
    at: String,
    /// `delivered`, `gone`, `failed`, `interrupted` when nobody knows; `replayed` where the calls began anew.
    #[schema(example = "delivered")]
    what: String,
    /// The HTTP status of the answer.
    status: Option<u16>,
    /// Why it failed.
    reason: Option<String>,
}

/// How many deliveries are sent once more.
#[derive(Serialize, ToSchema)]
pub(super) struct Replayed {
    replayed: u64,
}

/// The id of what will be sent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pinged {
    delivery_id: String,
}

impl WebhookModel {
    fn of(webhook: Webhook) -> Self {
        Self {
            id: webhook.id,
            name: webhook.name,
            url: webhook.url,
            events: webhook.events,
            enabled: webhook.enabled,
            off_reason: Some(webhook.off_reason).filter(|reason| !reason.is_empty()),
            previous_until: shown(webhook.previous_until),
            failing_since: shown(webhook.failing_since),
            created_at: webhook.created_at.to_rfc3339(),
            updated_at: webhook.updated_at.to_rfc3339(),
        }
    }
}

impl WebhookWithSecret {
    fn of((webhook, secret): (Webhook, Secret)) -> Self {
        Self { webhook: WebhookModel::of(webhook), secret: secret.expose().to_owned() }
    }
}

impl DeliveryModel {
    fn of(delivery: Delivery) -> Self {
        Self {
            id: delivery.id,
            webhook_id: delivery.webhook,
            event: delivery.event,
            state: delivery.state.name().to_owned(),
            due_at: delivery.due_at.to_rfc3339(),
            created_at: delivery.created_at.to_rfc3339(),
            settled_at: shown(delivery.settled_at),
        }
    }
}

impl DeliveryWithTimeline {
    fn of(mut delivery: Delivery) -> Result<Self, Failure> {
        let tries = std::mem::take(&mut delivery.tries);
        let payload = RawValue::from_string(std::mem::take(&mut delivery.payload));
        Ok(Self {
            payload: payload.map_err(countersign_domain::base::Error::internal)?,
            delivery: DeliveryModel::of(delivery),
            timeline: tries
                .into_iter()
                .map(|call| CallModel {
                    at: Time::from_micros(call.at).to_rfc3339(),
                    what: call.outcome,
                    status: call.status,
                    reason: Some(call.reason).filter(|reason| !reason.is_empty()),
                })
                .collect(),
        })
    }
}

/// The body that makes a webhook.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewWebhook {
    /// 1 to 128 characters.
    name: String,
    /// Where events go, by https.
    #[schema(example = "https://shop.example/hooks")]
    url: String,
    /// The events it wants: `*`, `user.*` or `user.create` each; all of them when left out.
    #[serde(default = "everything")]
    events: Vec<String>,
}

fn everything() -> Vec<String> {
    vec!["*".to_owned()]
}

/// The body that changes a webhook. What is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[derive(Default)]
pub(super) struct WebhookChange {
    name: Option<String>,
    url: Option<String>,
    events: Option<Vec<String>>,
    enabled: Option<bool>,
}

/// The body that gives a webhook another secret.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Rotation {
    /// Hours that the former secret still signs beside the new one: 0 to 168, else 24.
    keep_hours: i64,
}

impl Default for Rotation {
    fn default() -> Self {
        Self { keep_hours: KEEP_HOURS }
    }
}

/// Every event that a webhook can be told.
#[utoipa::path(get, path = "/admin/v1/webhook-events", tag = "admin webhooks",
    responses((status = 200, body = Listed<String>)))]
pub(super) async fn list_events(call: &Call) -> Result<Response, Failure> {
    call.asked().done()?;
    Ok(ok(&Listed::all(EVENTS.to_vec())))
}

/// The webhooks of a project.
#[utoipa::path(get, path = "/admin/v1/projects/{projectId}/webhooks", tag = "admin webhooks", params(("projectId" = String, Path)),
    responses((status = 200, body = Listed<WebhookModel>), (status = 404, body = Body)))]
pub(super) async fn list(call: &Call) -> Result<Response, Failure> {
    call.asked().done()?;
    let webhooks = call.read(|tx, ctx| webhook::list(tx, &ctx.project)).await?;
    Ok(ok(&Listed::all(webhooks.into_iter().map(WebhookModel::of).collect())))
}

/// Makes a webhook. It is told what happens from now on.
#[utoipa::path(post, path = "/admin/v1/projects/{projectId}/webhooks", tag = "admin webhooks", params(("projectId" = String, Path)),
    request_body = NewWebhook,
    responses((status = 201, body = WebhookWithSecret), (status = 400, body = Body), (status = 404, body = Body)))]
pub(super) async fn create(call: &Call) -> Result<Response, Failure> {
    let NewWebhook { name, url, events } = call.body()?;
    let (new, reach) = (New { name, url, events }, call.app.reach);
    let made = call.write(move |tx, ctx| webhook::create(tx, ctx, reach, &new)).await?;
    Ok(created(&WebhookWithSecret::of(made)))
}

/// One webhook.
#[utoipa::path(get, path = "/admin/v1/projects/{projectId}/webhooks/{webhookId}", tag = "admin webhooks",
    params(("projectId" = String, Path), ("webhookId" = String, Path)),
    responses((status = 200, body = WebhookModel), (status = 404, body = Body)))]
pub(super) async fn get(call: &Call) -> Result<Response, Failure> {
    call.asked().done()?;
    let id = call.path("webhookId");
    Ok(ok(&WebhookModel::of(call.read(move |tx, ctx| webhook::get(tx, &ctx.project, &id)).await?)))
}

/// Changes a webhook, or switches it off or on.
#[utoipa::path(patch, path = "/admin/v1/projects/{projectId}/webhooks/{webhookId}", tag = "admin webhooks",
    params(("projectId" = String, Path), ("webhookId" = String, Path)), request_body = WebhookChange,
    responses((status = 200, body = WebhookModel), (status = 400, body = Body), (status = 404, body = Body)))]
pub(super) async fn update(call: &Call) -> Result<Response, Failure> {
    let WebhookChange { name, url, events, enabled } = call.body()?;
    let (change, reach, id) = (Change { name, url, events, enabled }, call.app.reach, call.path("webhookId"));
    let changed = call.write(move |tx, ctx| webhook::update(tx, ctx, reach, &id, &change)).await?;
    Ok(ok(&WebhookModel::of(changed)))
}

/// Removes a webhook with its deliveries.
#[utoipa::path(delete, path = "/admin/v1/projects/{projectId}/webhooks/{webhookId}", tag = "admin webhooks",
    params(("projectId" = String, Path), ("webhookId" = String, Path)),
    responses((status = 204), (status = 404, body = Body)))]
pub(super) async fn delete(call: &Call) -> Result<Response, Failure> {
    let id = call.path("webhookId");
    call.write(move |tx, ctx| webhook::delete(tx, ctx, &id)).await?;
    Ok(no_content())
}

/// Gives a webhook another secret. For a time both sign.
#[utoipa::path(post, path = "/admin/v1/projects/{projectId}/webhooks/{webhookId}/rotate", tag = "admin webhooks",
    params(("projectId" = String, Path), ("webhookId" = String, Path)), request_body = Rotation,
    responses((status = 200, body = WebhookWithSecret), (status = 400, body = Body), (status = 404, body = Body)))]
pub(super) async fn rotate(call: &Call) -> Result<Response, Failure> {
    let Rotation { keep_hours } = call.body()?;
    let id = call.path("webhookId");
    let keep_for = keep_hours.checked_mul(3_600).ok_or_else(|| Failure::invalid("keepHours", "must be 0 to 168"))?;
    let rotated = call.write(move |tx, ctx| webhook::rotate(tx, ctx, &id, keep_for)).await?;
    Ok(ok(&WebhookWithSecret::of(rotated)))
}

/// Sends a webhook the event `webhook.ping`, once.
#[utoipa::path(post, path = "/admin/v1/projects/{projectId}/webhooks/{webhookId}/test", tag = "admin webhooks",
    params(("projectId" = String, Path), ("webhookId" = String, Path)),
    responses((status = 201, body = Pinged), (status = 404, body = Body)))]
pub(super) async fn test(call: &Call) -> Result<Response, Failure> {
    let id = call.path("webhookId");
    let delivery_id = call.write(move |tx, ctx| webhook::ping(tx, ctx, &id)).await?;
    Ok(created(&Pinged { delivery_id }))
}

/// Sends up to 200 dead deliveries of a webhook once more.
#[utoipa::path(post, path = "/admin/v1/projects/{projectId}/webhooks/{webhookId}/replay", tag = "admin webhooks",
    params(("projectId" = String, Path), ("webhookId" = String, Path)),
    responses((status = 200, body = Replayed), (status = 404, body = Body)))]
pub(super) async fn replay_dead(call: &Call) -> Result<Response, Failure> {
    let id = call.path("webhookId");
    let replayed = call
        .write(move |tx, ctx| {
            webhook::get(tx, &ctx.project, &id)?;
            webhook::replay_dead(tx, ctx, &id, 200)
        })
        .await?;
    Ok(ok(&Replayed { replayed }))
}

/// What a project's webhooks are told, the newest first.
#[utoipa::path(get, path = "/admin/v1/projects/{projectId}/deliveries", tag = "admin webhooks",
    params(("projectId" = String, Path),
        ("webhook" = Option<String>, Query, description = "Only those of the webhook with this id."),
        ("state" = Option<String>, Query, description = "`queued`, `sending`, `done` or `dead`."),
        ("limit" = Option<i64>, Query, description = "1 to 200, else 25."),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before.")),
    responses((status = 200, body = Listed<DeliveryModel>), (status = 400, body = Body), (status = 404, body = Body)))]
pub(super) async fn list_deliveries(call: &Call) -> Result<Response, Failure> {
    let mut asked = call.asked();
    let webhook = asked.text("webhook").map(str::to_owned);
    let state = match asked.text("state") {
        None => None,
        Some(name) => {
            let known = State::ALL.into_iter().find(|state| state.name() == name);
            Some(known.ok_or_else(|| Failure::invalid("state", "must be queued, sending, done or dead"))?)
        }
    };
    let (limit, before) = (asked.limit()?, asked.cursor()?);
    asked.done()?;
    let wanted = Wanted { webhook, state, before, limit: limit + 1 };
    let found = call.read_much(move |tx, ctx| webhook::list_deliveries(tx, &ctx.project, &wanted)).await?;
    Ok(ok(&Listed::page(found, limit, |delivery| &delivery.id, DeliveryModel::of, None)))
}

/// One delivery with what is sent and every call.
#[utoipa::path(get, path = "/admin/v1/projects/{projectId}/deliveries/{deliveryId}", tag = "admin webhooks",
    params(("projectId" = String, Path), ("deliveryId" = String, Path)),
    responses((status = 200, body = DeliveryWithTimeline), (status = 404, body = Body)))]
pub(super) async fn get_delivery(call: &Call) -> Result<Response, Failure> {
    call.asked().done()?;
    let id = call.path("deliveryId");
    let delivery = call.read(move |tx, ctx| webhook::get_delivery(tx, &ctx.project, &id)).await?;
    Ok(ok(&DeliveryWithTimeline::of(delivery)?))
}

/// Sends a delivery that is dead or done once more, with its old id.
#[utoipa::path(post, path = "/admin/v1/projects/{projectId}/deliveries/{deliveryId}/replay", tag = "admin webhooks",
    params(("projectId" = String, Path), ("deliveryId" = String, Path)),
    responses((status = 200, body = DeliveryWithTimeline), (status = 404, body = Body)))]
pub(super) async fn replay(call: &Call) -> Result<Response, Failure> {
    let id = call.path("deliveryId");
    let delivery = call.write(move |tx, ctx| webhook::replay(tx, ctx, &id)).await?;
    Ok(ok(&DeliveryWithTimeline::of(delivery)?))
}
