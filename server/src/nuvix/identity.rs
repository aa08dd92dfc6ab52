//! Accounts elsewhere that one may sign in with. No provider is offered, so nobody has one.

use axum::http::StatusCode;
use axum::response::Response;
use countersign_domain::base::page::Kind;
use countersign_domain::base::{Code, Error};

use super::call::Call;
use super::error::{Body, Failure};
use super::params::Params;
use super::wire::IdentityList;
use super::{answer, query, wire};

/// The caller's accounts elsewhere: none.
#[utoipa::path(get, path = "/v1/account/identities", tag = "account",
    params(
        ("queries[]" = Option<Vec<String>>, Query, description = "Filters, orders, `limit` (1 to 5000, else 25), `offset` and cursors, each as `{\"method\":\"limit\",\"values\":[25]}`."),
        ("total" = Option<bool>, Query, description = "`false`: `total` is 0.")
    ),
    responses((status = 200, body = IdentityList), (status = 400, body = Body), (status = 401, body = Body)))]
pub(super) async fn list(call: &Call) -> Result<Response, Failure> {
    none(call)
}

/// An empty list, for whoever asks well.
pub(super) fn none(call: &Call) -> Result<Response, Failure> {
    check(call.params()?)?;
    let list = IdentityList { permissions: wire::none(call.flavour), total: 0, identities: [], data: [] };
    Ok(answer(StatusCode::OK, &list))
}

/// Refuses what cannot be asked of identities. A cursor is the id of one, and there is none.
fn check(params: Params<'_>) -> Result<(), Failure> {
    let (query, _) = query::list(params)?;
    query.check(|name| match name {
        "$id" | "userId" | "provider" | "providerUid" | "providerEmail" => Some(Kind::Text),
        "$createdAt" | "$updatedAt" | "providerAccessTokenExpiry" => Some(Kind::Time),
        "$sequence" => Some(Kind::Rank),
        _ => None,
    })?;
    if query.cursor.is_some() { Err(Error::from(Code::CursorNotFound).into()) } else { Ok(()) }
}

/// Forgets an account elsewhere. There is none with any id.
#[utoipa::path(delete, path = "/v1/account/identities/{identityId}", tag = "account", params(("identityId" = String, Path, description = "An id.")),
    responses((status = 401, body = Body), (status = 404, body = Body)))]
pub(super) async fn delete(_: &Call) -> Result<Response, Failure> {
    Err(Failure::new(StatusCode::NOT_FOUND, "user_identity_not_found", "There is no identity with this id."))
}
