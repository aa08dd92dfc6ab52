//! Projects and their settings.

use std::collections::BTreeMap;

use axum::response::Response;
use countersign_domain::base::time::DAY;
use countersign_domain::base::{Code, Result as Outcome};
use countersign_domain::limit::{self, send};
use countersign_domain::project::{self, Brief, Project, Settings};
use countersign_domain::{message, session, signin, user};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use utoipa::ToSchema;

use super::call::Call;
use super::error::{Body, Failure};
use super::platform::PlatformModel;
use super::wire::{Listed, created, no_content, ok};
use crate::text;

/// A project as it stands in a list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProjectBrief {
    id: String,
    name: String,
    created_at: String,
    updated_at: String,
}

impl ProjectBrief {
    fn of(brief: Brief) -> Self {
        Self {
            id: brief.id,
            name: brief.name,
            created_at: brief.created_at.to_rfc3339(),
            updated_at: brief.updated_at.to_rfc3339(),
        }
    }
}

/// A project.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProjectModel {
    #[schema(example = "shop")]
    id: String,
    name: String,
    /// All settings; what stands for a credential is `"[hidden]"`.
    #[schema(value_type = Object)]
    settings: Json,
    platforms: Vec<PlatformModel>,
    created_at: String,
    updated_at: String,
}

impl ProjectModel {
    fn of(project: &Project) -> Outcome<Self> {
        Ok(Self {
            id: project.id.clone(),
            name: project.name.clone(),
            settings: project.settings.shown()?,
            platforms: project.platforms.iter().map(PlatformModel::of).collect(),
            created_at: project.created_at.to_rfc3339(),
            updated_at: project.updated_at.to_rfc3339(),
        })
    }
}

/// The body that makes a project.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewProject {
    /// 1 to 36 letters, digits, `.`, `_` and `-`; clients send it.
    #[schema(example = "shop")]
    id: String,
    /// What people read in messages.
    #[schema(example = "The Shop")]
    name: String,
    /// Settings that are not to have their defaults.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    settings: Option<Json>,
}

/// The body that changes a project.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ProjectPatch {
    #[serde(default)]
    name: Option<String>,
    /// Merged into the settings, deep; lists are replaced. A credential that is `"[hidden]"` stays as it is.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    settings: Option<Json>,
}

/// The numbers of a project.
#[derive(Serialize, ToSchema)]
pub(super) struct Overview {
    /// Users, pending ones apart.
    users: i64,
    /// Sessions that have not expired.
    sessions: i64,
    messages: MessageNumbers,
    money: MoneyNumbers,
}

/// The messages of a project in numbers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MessageNumbers {
    /// How many of the last 24 hours are in which state.
    last_day: BTreeMap<String, i64>,
    /// How many of the last thirty days nobody took, or nobody knows of.
    dead: i64,
}

/// The money of a project today (UTC).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MoneyNumbers {
    currency: String,
    spent_today: f64,
    daily_ceiling: f64,
}

/// All projects, the oldest first.
#[utoipa::path(get, path = "/admin/v1/projects", tag = "admin projects",
    params(("limit" = Option<i64>, Query, description = "1 to 200, else 25."), ("cursor" = Option<String>, Query, description = "The `next` of the page before.")),
    responses((status = 200, body = Listed<ProjectBrief>), (status = 400, body = Body)))]
pub(super) async fn list(call: &Call) -> Result<Response, Failure> {
    let mut asked = call.asked();
    let (limit, after) = (asked.limit()?, asked.cursor()?);
    asked.done()?;
    let (found, total) = call
        .read(move |tx, _| Ok((project::list_briefly(tx, after.as_deref(), limit + 1)?, project::count(tx)?)))
        .await?;
    Ok(ok(&Listed::page(found, limit, |project| &project.id, ProjectBrief::of, Some(total))))
}

/// Makes a project.
#[utoipa::path(post, path = "/admin/v1/projects", tag = "admin projects", request_body = NewProject,
    responses((status = 201, body = ProjectModel), (status = 400, body = Body), (status = 409, body = Body)))]
pub(super) async fn create(call: &Call) -> Result<Response, Failure> {
    let NewProject { id, name, settings } = call.body()?;
    let settings = Settings::default().merged(&settings.unwrap_or_else(|| json!({})))?;
    text::check_settings(&settings)?;
    let project = call.write(move |tx, ctx| project::create(tx, ctx, &id, &name, settings.clone())).await?;
    Ok(created(&ProjectModel::of(&project)?))
}

/// One project with its settings and front ends.
#[utoipa::path(get, path = "/admin/v1/projects/{projectId}", tag = "admin projects", params(("projectId" = String, Path)),
    responses((status = 200, body = ProjectModel), (status = 404, body = Body)))]
pub(super) async fn get(call: &Call) -> Result<Response, Failure> {
    call.asked().done()?;
    let project = call.read(|tx, ctx| project::get(tx, &ctx.keys, &ctx.project)).await?;
    Ok(ok(&ProjectModel::of(&project)?))
}

/// Changes the name and merges settings into those of the project: all of them or none.
#[utoipa::path(patch, path = "/admin/v1/projects/{projectId}", tag = "admin projects", params(("projectId" = String, Path)),
    request_body = ProjectPatch,
    responses((status = 200, body = ProjectModel), (status = 400, body = Body), (status = 404, body = Body)))]
pub(super) async fn update(call: &Call) -> Result<Response, Failure> {
    let ProjectPatch { name, settings } = call.body()?;
    let patch = settings.unwrap_or_else(|| json!({}));
    let changed = call
        .write(move |tx, ctx| {
            let project = project::update(tx, ctx, &ctx.project, name.as_deref(), &patch)?;
            text::check_settings(&project.settings)?;
            Ok(project)
        })
        .await?;
    Ok(ok(&ProjectModel::of(&changed)?))
}

/// Removes a project with everything in it. `confirm` must be its id once more.
#[utoipa::path(delete, path = "/admin/v1/projects/{projectId}", tag = "admin projects",
    params(("projectId" = String, Path), ("confirm" = String, Query, description = "The project's id once more.")),
    responses((status = 204), (status = 400, body = Body), (status = 404, body = Body)))]
pub(super) async fn delete(call: &Call) -> Result<Response, Failure> {
    let mut asked = call.asked();
    let confirmed = asked.text("confirm") == Some(&*call.ctx.project);
    asked.done()?;
    if !confirmed {
        let reason = "must be the project's id once more: its users, sessions and keys go with it for good";
        return Err(Failure::invalid("confirm", reason));
    }
    call.write(|tx, ctx| signin::delete_project(tx, ctx, &ctx.project)).await?;
    Ok(no_content())
}

/// The numbers of a project. Counts its users and sessions.
#[utoipa::path(get, path = "/admin/v1/projects/{projectId}/overview", tag = "admin projects", params(("projectId" = String, Path)),
    responses((status = 200, body = Overview), (status = 404, body = Body)))]
pub(super) async fn overview(call: &Call) -> Result<Response, Failure> {
    call.asked().done()?;
    let (users, sessions, last_day, dead, spent) = call
        .read_much(|tx, ctx| {
            let day = ctx.now.plus_micros(-DAY);
            Ok((
                user::count(tx, &ctx.project)?,
                session::count(tx, ctx)?,
                message::count_by_state(tx, &ctx.project, day)?,
                message::count_dead(tx, &ctx.project, ctx.now.plus_micros(-30 * DAY))?,
                limit::spent(tx, ctx, send::MONEY, "", DAY)?.used,
            ))
        })
        .await?;
    let sms = &call.hosted()?.project.settings.sms;
    let mut by_state: BTreeMap<_, _> = message::STATES.iter().map(|state| ((*state).to_owned(), 0)).collect();
    by_state.extend(last_day);
    Ok(ok(&Overview {
        users,
        sessions,
        messages: MessageNumbers { last_day: by_state, dead },
        money: MoneyNumbers {
            currency: sms.currency.clone(),
            // Counted in millionths.
            spent_today: spent as f64 / 1e6,
            daily_ceiling: sms.daily_ceiling,
        },
    }))
}

/// The settings of a project that has changed none.
#[utoipa::path(get, path = "/admin/v1/settings/defaults", tag = "admin projects",
    responses((status = 200, body = Object), (status = 401, body = Body)))]
pub(super) async fn defaults(call: &Call) -> Result<Response, Failure> {
    call.asked().done()?;
    Ok(ok(&Settings::default().shown()?))
}

/// The channel in the path.
pub(super) fn channel(call: &Call) -> Result<message::Channel, Failure> {
    message::Channel::parse(&call.path("channel")).ok_or_else(|| Code::ProviderNotFound.into())
}
