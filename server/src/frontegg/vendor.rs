//! Tokens of customers' own servers.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use countersign_domain::base::{Code, Error};
use countersign_domain::project;
use utoipa::OpenApi;

use super::call::{Answered, Call};
use super::error::{Body, Failure};
use super::token::{self, VENDOR_SECONDS};
use super::wire::{VendorToken, answer};
use super::{Route, Who, handler};

/// The rows of this file.
pub(super) static ROUTES: &[Route] =
    &[Route::new(Method::POST, "/auth/vendor", Who::Anybody, handler!(create)).limited(60).by_client()];

#[derive(OpenApi)]
#[openapi(paths(create))]
pub(super) struct Document;

/// What a server signs in with.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the body is read field by field, so that one answer names all that is wrong")]
#[schema(as = FronteggVendor, rename_all = "camelCase")]
struct VendorBody {
    /// The project's `frontegg.clientId`, or its id.
    client_id: String,
    /// The secret of one of its API keys, whose scopes bind.
    secret: String,
}

/// Makes a token for a customer's own server. It ends with its API key.
#[utoipa::path(post, path = "/auth/vendor", tag = "frontegg", request_body = VendorBody,
    responses((status = 200, body = VendorToken), (status = 401, body = Body), (status = 429, body = Body)))]
async fn create(call: &Call) -> Answered {
    let mut params = call.params();
    let Some(secret) = params.secret("secret", 1, 1_024) else { return Err(params.failure().into()) };
    let (project, now) = (Arc::clone(&call.hosted.id), call.ctx.now);
    let found = call.app.db.write(move |tx| {
        let key = project::find_key(tx, &project, secret.expose(), now)?.ok_or(Code::KeyNotFound)?;
        if project::is_touch_due(&key, now) {
            project::touch_key(tx, &key, now)?;
        }
        Ok(key)
    });
    let key = found.await.map_err(|error: Error| Failure::from(error))?;
    let token = token::of_vendor(call, &key.id).await?;
    answer(StatusCode::OK, &VendorToken { token: token.expose().to_owned(), expires_in: VENDOR_SECONDS })
}
