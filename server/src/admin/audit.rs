//! The audit trail: of a project, of a user, and of what belongs to no project.

use axum::response::Response;
use countersign_domain::audit::{self, Chain, Event, Wanted};
use countersign_domain::user;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::call::Call;
use super::error::{Body, Failure};
use super::session::shown;
use super::wire::{Listed, ok};

/// Something that happened.
#[derive(Serialize, ToSchema)]
pub(super) struct AuditEvent {
    id: String,
    at: String,
    #[schema(example = "session.create")]
    event: String,
    /// `guest`, `system`, or `user:`, `key:` or `admin:` and an id.
    #[schema(example = "admin:0198c0de-0000-7000-8000-000000000000")]
    actor: String,
    /// To whom it happened.
    user: Option<String>,
    address: String,
    agent: String,
    #[schema(value_type = Object)]
    detail: Box<RawValue>,
}

impl AuditEvent {
    fn of(event: Event) -> Self {
        Self {
            id: event.id,
            at: event.at.to_rfc3339(),
            event: event.event,
            actor: event.actor,
            user: event.user,
            address: event.address,
            agent: event.agent,
            detail: RawValue::from_string(event.detail).unwrap_or_default(),
        }
    }
}

/// What was found of a chain.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChainModel {
    /// Whether nothing is wrong with it.
    sound: bool,
    /// How many events are in it, up to the first fault.
    events: i64,
    /// `NUMBER:HASH` of the last sound one: note it elsewhere.
    head: Option<String>,
    /// Events that are not chained yet.
    waiting: i64,
    /// Since when the oldest of them waits, if that is longer than a worker takes.
    overdue_since: Option<String>,
    fault: Option<ChainFault>,
}

/// Where a chain is broken.
#[derive(Serialize, ToSchema)]
struct ChainFault {
    seq: i64,
    event: Option<String>,
    /// `altered`, `missing`, `inserted`, `head-altered`, `rewritten` or `left-out`.
    what: &'static str,
    text: String,
}

impl ChainModel {
    fn of(chain: &Chain) -> Self {
        Self {
            sound: chain.fault.is_none(),
            events: chain.head.seq,
            head: (chain.head.seq > 0).then(|| chain.head.to_string()),
            waiting: chain.waiting,
            overdue_since: shown(chain.overdue_since),
            fault: chain.fault.as_ref().map(|fault| ChainFault {
                seq: fault.seq,
                event: fault.event.clone(),
                what: fault.what.name(),
                text: fault.to_string(),
            }),
        }
    }
}

/// A page of the trail of the call's project, or of none.
async fn page(call: &Call, of_user: Option<String>) -> Result<Response, Failure> {
    let mut asked = call.asked();
    let event = asked.text("event").map(str::to_owned);
    let actor = asked.text("actor").map(str::to_owned);
    let user = match &of_user {
        Some(_) => of_user.clone(),
        None => asked.text("user").map(str::to_owned),
    };
    let (since, until) = (asked.time("since")?, asked.time("until")?);
    let (limit, after) = (asked.limit()?, asked.cursor()?);
    asked.done()?;
    let wanted = Wanted { event, actor, user, since, until, after, limit: limit + 1 };
    let found = call
        .read_much(move |tx, ctx| {
            if let Some(user) = &of_user {
                user::get(tx, &ctx.project, user)?;
            }
            audit::list_wanted(tx, &ctx.project, &wanted)
        })
        .await?;
    Ok(ok(&Listed::page(found, limit, |event| &event.id, AuditEvent::of, None)))
}

async fn chain(call: &Call) -> Result<Response, Failure> {
    call.asked().done()?;
    let chain = call.read_much(|tx, ctx| audit::verify(tx, &ctx.keys, ctx.now, &ctx.project, None)).await?;
    Ok(ok(&ChainModel::of(&chain)))
}

/// What happened in a project, the newest first.
#[utoipa::path(get, path = "/admin/v1/projects/{projectId}/audit", tag = "admin audit",
    params(("projectId" = String, Path),
        ("event" = Option<String>, Query, description = "Only this event, such as `session.create`."),
        ("user" = Option<String>, Query, description = "Only what happened to this user."),
        ("actor" = Option<String>, Query, description = "Only what this one did, such as `admin:…`."),
        ("since" = Option<String>, Query, description = "Not before."),
        ("until" = Option<String>, Query, description = "Before."),
        ("limit" = Option<i64>, Query, description = "1 to 200, else 25."),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before.")),
    responses((status = 200, body = Listed<AuditEvent>), (status = 400, body = Body), (status = 404, body = Body)))]
pub(super) async fn list(call: &Call) -> Result<Response, Failure> {
    page(call, None).await
}

/// What happened to a user, the newest first. Takes what the trail of the project takes, but `user`.
#[utoipa::path(get, path = "/admin/v1/projects/{projectId}/users/{userId}/audit", tag = "admin users",
    params(("projectId" = String, Path), ("userId" = String, Path),
        ("limit" = Option<i64>, Query, description = "1 to 200, else 25."),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before.")),
    responses((status = 200, body = Listed<AuditEvent>), (status = 400, body = Body), (status = 404, body = Body)))]
pub(super) async fn list_of_user(call: &Call) -> Result<Response, Failure> {
    page(call, Some(call.user_id()?)).await
}

/// What happened to administrators and what belongs to no project, the newest first. Takes what the trail of a project
/// takes.
#[utoipa::path(get, path = "/admin/v1/audit", tag = "admin audit",
    params(("limit" = Option<i64>, Query, description = "1 to 200, else 25."),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before.")),
    responses((status = 200, body = Listed<AuditEvent>), (status = 400, body = Body)))]
pub(super) async fn list_own(call: &Call) -> Result<Response, Failure> {
    page(call, None).await
}

/// Walks along the chain of a project's trail, and says whether a change shows in it.
#[utoipa::path(get, path = "/admin/v1/projects/{projectId}/audit/chain", tag = "admin audit", params(("projectId" = String, Path)),
    responses((status = 200, body = ChainModel), (status = 404, body = Body)))]
pub(super) async fn verify(call: &Call) -> Result<Response, Failure> {
    chain(call).await
}

/// The same of the trail of no project.
#[utoipa::path(get, path = "/admin/v1/audit/chain", tag = "admin audit",
    responses((status = 200, body = ChainModel), (status = 401, body = Body)))]
pub(super) async fn verify_own(call: &Call) -> Result<Response, Failure> {
    chain(call).await
}
