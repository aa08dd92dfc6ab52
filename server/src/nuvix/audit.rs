//! What happened to the account of whoever is signed in.

use axum::http::StatusCode;
use axum::response::Response;
use countersign_domain::audit;

use super::answer;
use super::call::Call;
use super::error::{Body, Failure};
use super::query::Page;
use super::wire::{Log, LogList};

/// What happened to the caller's account, the newest first.
#[utoipa::path(get, path = "/v1/account/logs", tag = "account",
    params(
        ("queries[]" = Option<Vec<String>>, Query, description = "`limit` (1 to 5000, else 25) and `offset`, each as `{\"method\":\"limit\",\"values\":[25]}`."),
        ("total" = Option<bool>, Query, description = "`false`: `total` is 0.")
    ),
    responses((status = 200, body = LogList), (status = 400, body = Body), (status = 401, body = Body)))]
pub(super) async fn list(call: &Call) -> Result<Response, Failure> {
    let page = Page::of(call.params()?)?;
    let user = call.user()?;
    let (project, id) = (call.ctx.project.clone(), user.id.clone());
    let (events, total) = call.app.db.read(move |tx| audit::list(tx, &project, &id, page.limit, page.offset)).await?;
    let logs = events.into_iter().map(|event| Log::of(call.flavour, user, event)).collect();
    let list = LogList::of(call.flavour, logs, page.total(total));
    Ok(answer(StatusCode::OK, &list))
}
