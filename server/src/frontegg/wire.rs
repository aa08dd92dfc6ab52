//! What this dialect answers (contract frontegg §1.5).

use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use serde::Serialize;
use utoipa::ToSchema;

use super::call::Answered;
use crate::http::json;

/// A sign-in: tokens, or what is yet to be shown.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggAuthentication)]
pub(super) struct Authentication {
    /// Always `bearer`.
    pub token_type: &'static str,
    /// Whether a second factor is needed; then there is no access token.
    pub mfa_required: bool,
    /// For `Authorization: Bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token: Option<String>,
    /// For the next refresh, where there is no cookie. None after a refresh that another tab was faster with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Seconds that the access token counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 3600)]
    pub expires_in: Option<i64>,
    /// Until when it counts, as HTTP writes dates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    /// For the routes of second factors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mfa_token: Option<String>,
}

/// A server's token.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FronteggVendorToken)]
pub(super) struct VendorToken {
    /// For `Authorization: Bearer` or `x-access-token`.
    pub token: String,
    /// Seconds that it counts.
    #[schema(example = 3600)]
    pub expires_in: i64,
}

/// An answer with a JSON body.
pub(super) fn answer(status: StatusCode, body: &impl Serialize) -> Answered {
    Ok(json::answer(status, body)?)
}

/// An answer that says no more than that it was done. Clients read an object.
pub(super) fn done(status: StatusCode) -> Response {
    json::answer_bytes(status, Bytes::from_static(b"{}"))
}
