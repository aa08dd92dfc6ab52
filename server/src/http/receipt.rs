//! Delivery receipts of SMS providers, authenticated by the credentials of the project's own provider.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use countersign_domain::base::Actor;
use countersign_domain::message::{self, Account, Receipt};
use countersign_send::sms::receipt::{self, Param};
use http_body_util::{BodyExt as _, Limited};

use crate::app::App;

/// Takes a receipt of Twilio or Vonage for a project. It counts only when it is signed with the credentials of one of
/// the project's providers; what is unknown or not signed is refused without saying more.
#[utoipa::path(post, path = "/webhooks/sms/{project}", tag = "receipts", params(("project" = String, Path, description = "The project's id.")),
    responses((status = 204, description = "Taken."), (status = 403, description = "Not signed by a provider of this project.")))]
pub async fn take(State(app): State<App>, Path(project): Path<String>, request: Request) -> StatusCode {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, 65_536).collect().await else { return StatusCode::PAYLOAD_TOO_LARGE };
    let Ok(hosted) = app.project(&project).await else { return StatusCode::FORBIDDEN };
    let body = body.to_bytes();
    let params = params(&parts.headers, &body, parts.uri.query());
    let url = app.public_url.as_ref().map(|base| format!("{base}{}", parts.uri));
    let signature = parts.headers.get("x-twilio-signature").and_then(|v| v.to_str().ok());
    for provider in &hosted.project.settings.sms.providers {
        let read = match &provider.account {
            Account::Twilio { auth_token, .. } => {
                url.as_deref().map(|url| receipt::twilio(&auth_token.0, url, &params, signature))
            }
            Account::Vonage { signature_secret: Some(secret), .. } => Some(receipt::vonage(&secret.0, &params)),
            _ => None,
        };
        match read {
            Some(Ok(Some(receipt))) => return store(&app, &hosted.id, provider.name.clone(), receipt).await,
            // On its way: nothing to write down.
            Some(Ok(None)) => return StatusCode::NO_CONTENT,
            Some(Err(_)) | None => {}
        }
    }
    tracing::warn!(project, "a delivery receipt was refused: it is not signed by a provider of the project");
    StatusCode::FORBIDDEN
}

async fn store(app: &App, project: &Arc<str>, provider: String, receipt: Receipt) -> StatusCode {
    let ctx = app.ctx(Arc::clone(project), Actor::System, None);
    match app.db.write(move |tx| message::receive(tx, &ctx, &provider, &receipt)).await {
        // An unknown message is an old one, forgotten here: the provider need not send it again.
        Ok(_) => StatusCode::NO_CONTENT,
        Err(error) => {
            tracing::error!(%error, "a delivery receipt could not be written down");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

/// The parameters of a form or JSON body, or of the query.
fn params(headers: &HeaderMap, body: &[u8], query: Option<&str>) -> Vec<Param> {
    let json = headers
        .get(CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/json"));
    if json {
        let Ok(serde_json::Value::Object(map)) = serde_json::from_slice(body) else { return Vec::new() };
        return map
            .into_iter()
            .map(|(name, value)| match value {
                serde_json::Value::String(text) => (name, text),
                other => (name, other.to_string()),
            })
            .collect();
    }
    let text = if body.is_empty() { query.unwrap_or_default() } else { std::str::from_utf8(body).unwrap_or_default() };
    super::form::pairs(text).collect()
}
