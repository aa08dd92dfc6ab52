//! Tokens of scripts.

use axum::response::Response;
use countersign_domain::admin::{self, NewToken, Token};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::administrator::AdminModel;
use super::call::Call;
use super::error::{Body, Failure};
use super::session::shown;
use super::wire::{Listed, created, no_content, ok, time};

/// A token, without its secret.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TokenModel {
    id: String,
    name: String,
    /// For whom it acts.
    admin: AdminModel,
    expires_at: Option<String>,
    /// When it was used last, to the day.
    accessed_at: Option<String>,
    created_at: String,
}

impl TokenModel {
    pub(super) fn of(token: &Token) -> Self {
        Self {
            id: token.id.clone(),
            name: token.name.clone(),
            admin: AdminModel::of(&token.admin),
            expires_at: shown(token.expires_at),
            accessed_at: shown(token.accessed_at),
            created_at: token.created_at.to_rfc3339(),
        }
    }
}

/// A new token with its secret.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeToken {
    #[serde(flatten)]
    token: TokenModel,
    /// Shown here and never again: `cs_admin_` and 64 hex digits.
    secret: String,
}

/// The body that makes a token.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewAdminToken {
    /// What you call it.
    #[schema(example = "deploy")]
    name: String,
    /// From when on it is refused; never when left out.
    #[serde(default)]
    expires_at: Option<String>,
    /// Your own password.
    current_password: String,
}

/// The tokens of all administrators.
#[utoipa::path(get, path = "/admin/v1/tokens", tag = "admin",
    responses((status = 200, body = Listed<TokenModel>), (status = 401, body = Body)))]
pub(super) async fn list(call: &Call) -> Result<Response, Failure> {
    call.asked().done()?;
    let tokens = call.read(|tx, _| admin::list_tokens(tx)).await?;
    Ok(ok(&Listed::all(tokens.iter().map(TokenModel::of).collect())))
}

/// Makes a token that acts for the administrator who asks. Only in a session, and with his password.
#[utoipa::path(post, path = "/admin/v1/tokens", tag = "admin", request_body = NewAdminToken,
    responses((status = 201, body = MadeToken), (status = 400, body = Body), (status = 403, body = Body), (status = 429, body = Body)))]
pub(super) async fn create(call: &Call) -> Result<Response, Failure> {
    let NewAdminToken { name, expires_at, current_password } = call.body()?;
    let expires_at = expires_at.map(|text| time("expiresAt", &text)).transpose()?;
    call.confirm(current_password).await?;
    let (id, new) = (call.admin()?.id.clone(), NewToken { name, expires_at });
    let (token, secret) = call.write(move |tx, ctx| admin::create_token(tx, ctx, &id, &new)).await?;
    Ok(created(&MadeToken { token: TokenModel::of(&token), secret: secret.expose().to_owned() }))
}

/// Revokes a token, whoever's it is.
#[utoipa::path(delete, path = "/admin/v1/tokens/{tokenId}", tag = "admin", params(("tokenId" = String, Path)),
    responses((status = 204), (status = 404, body = Body)))]
pub(super) async fn delete(call: &Call) -> Result<Response, Failure> {
    let id = call.path("tokenId");
    call.write(move |tx, ctx| admin::delete_token(tx, ctx, &id)).await?;
    Ok(no_content())
}
