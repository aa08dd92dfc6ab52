//! Accounts elsewhere that one may sign in with. No provider is offered, so nobody has one.

use axum::http::StatusCode;
use axum::response::Response;

use super::call::Call;
use super::error::{Body, Failure};
use super::query::Page;
use super::wire::IdentityList;
use super::{answer, wire};

/// The caller's accounts elsewhere: none.
#[utoipa::path(get, path = "/v1/account/identities", tag = "account",
    params(
        ("queries[]" = Option<Vec<String>>, Query, description = "`limit` (1 to 5000, else 25) and `offset`, each as `{\"method\":\"limit\",\"values\":[25]}`."),
        ("total" = Option<bool>, Query, description = "`false`: `total` is 0.")
    ),
    responses((status = 200, body = IdentityList), (status = 400, body = Body), (status = 401, body = Body)))]
pub(super) async fn list(call: &Call) -> Result<Response, Failure> {
    Page::of(call.params()?)?;
    let list = IdentityList { permissions: wire::none(call.flavour), total: 0, identities: [], data: [] };
    Ok(answer(StatusCode::OK, &list))
}

/// Forgets an account elsewhere. There is none with any id.
#[utoipa::path(delete, path = "/v1/account/identities/{identityId}", tag = "account", params(("identityId" = String, Path, description = "An id.")),
    responses((status = 401, body = Body), (status = 404, body = Body)))]
pub(super) async fn delete(_: &Call) -> Result<Response, Failure> {
    Err(Failure::new(StatusCode::NOT_FOUND, "user_identity_not_found", "There is no identity with this id."))
}
