//! What only `serve --dev` has: an inbox, a clock that can be moved, a demo project that can be reset.
//!
//! Every route demands a loopback `Host`, no foreign `Origin`, and JSON for POST, so that no page on the web can reach
//! it through a developer's browser.

mod demo;
mod inbox;
mod page;

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use countersign_domain::base::time::MovableClock;
use countersign_domain::base::{Clock as _, Email, Error};
use countersign_domain::project;
use serde::Deserialize;
use serde_json::{Value, json};

pub use demo::{Admin, Facts, PROJECT, ensure};
pub use inbox::{Inbox, Message};

use crate::app::App;
use crate::http::origin::{Origin, is_loopback_host};
use crate::http::routes::Routes;
use crate::text;

/// The parts of `--dev`.
#[derive(Clone)]
pub struct Dev {
    /// The clock, which can be moved forward.
    pub clock: Arc<MovableClock>,
    /// What was sent.
    pub inbox: Arc<Inbox>,
    /// The address of the server, for what it prints.
    pub url: String,
}

/// The routes of `--dev`; without it none of them exists.
pub fn routes() -> Routes {
    Routes::default()
        .get("/dev", page::show)
        .get("/dev/inbox", messages)
        .post("/dev/clock", advance)
        .post("/dev/reset", reset)
        .post("/dev/settings", settings)
}

/// They, behind their guard.
pub fn router() -> Router<App> {
    routes().into_router().layer(from_fn(guard))
}

async fn guard(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let host = headers.get(HOST).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !is_loopback_host(host) {
        return refuse(StatusCode::FORBIDDEN, "The developer's routes answer only to a loopback host.");
    }
    match Origin::of(headers) {
        Ok(None) => {}
        Ok(Some(origin)) if is_loopback_host(origin.host) => {}
        Ok(Some(_)) | Err(_) => {
            return refuse(StatusCode::FORBIDDEN, "The developer's routes do not answer to other pages.");
        }
    }
    let json = headers
        .get(CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/json"));
    if request.method() == Method::POST && !json {
        return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Send JSON, with `Content-Type: application/json`.");
    }
    next.run(request).await
}

fn refuse(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "message": message }))).into_response()
}

fn failed(error: &Error) -> Response {
    tracing::warn!(%error, "a developer's route failed");
    refuse(StatusCode::BAD_REQUEST, &error.to_string())
}

fn not_dev() -> Response {
    refuse(StatusCode::NOT_FOUND, "Start the server with --dev.")
}

#[derive(Deserialize)]
struct Wanted {
    to: Option<String>,
    channel: Option<String>,
    limit: Option<usize>,
}

async fn messages(State(app): State<App>, Query(wanted): Query<Wanted>) -> Response {
    let Some(dev) = &app.dev else { return not_dev() };
    // A plus in a query that nobody escaped arrives as a space.
    let to = wanted.to.as_deref().map(|to| {
        let plus = to.replacen(' ', "+", 1);
        match (Email::parse(&plus), app.phone(&plus)) {
            (Ok(email), _) => email.as_str().to_owned(),
            (Err(_), Ok(phone)) => phone.as_e164().to_owned(),
            (Err(_), Err(_)) => to.to_owned(),
        }
    });
    Json(dev.inbox.newest(to.as_deref(), wanted.channel.as_deref(), wanted.limit.unwrap_or(100))).into_response()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Advance {
    advance_seconds: i64,
}

async fn advance(State(app): State<App>, Json(body): Json<Value>) -> Response {
    let Some(dev) = &app.dev else { return not_dev() };
    match serde_json::from_value::<Advance>(body) {
        Ok(Advance { advance_seconds }) if (0..=10 * 31_536_000).contains(&advance_seconds) => {
            dev.clock.advance(advance_seconds);
            app.outbox.notify_one();
            Json(json!({ "now": dev.clock.now().to_rfc3339() })).into_response()
        }
        Ok(_) => {
            refuse(StatusCode::BAD_REQUEST, "advanceSeconds must be from 0 to 315360000: the clock only moves forward.")
        }
        Err(error) => refuse(StatusCode::BAD_REQUEST, &format!("Send {{\"advanceSeconds\": n}}: {error}.")),
    }
}

async fn reset(State(app): State<App>) -> Response {
    let Some(dev) = &app.dev else { return not_dev() };
    match demo::reset(&app).await {
        Ok(facts) => {
            dev.inbox.clear();
            app.windows.clear();
            Json(facts).into_response()
        }
        Err(error) => failed(&error),
    }
}

async fn settings(State(app): State<App>, Json(body): Json<Value>) -> Response {
    let ctx = app.system_ctx(PROJECT);
    let changed = app
        .db
        .write(move |tx| {
            let project = project::update(tx, &ctx, PROJECT, None, &body)?;
            text::check_settings(&project.settings)?;
            Ok(project)
        })
        .await;
    match changed.and_then(|project| project.settings.shown()) {
        Ok(shown) => Json(shown).into_response(),
        Err(error) => failed(&error),
    }
}
