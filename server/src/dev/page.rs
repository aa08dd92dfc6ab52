//! The inbox as a page that refreshes itself.

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{Html, IntoResponse as _, Response};
use countersign_domain::base::Result;

use super::Inbox;
use crate::app::App;
use crate::page;

/// Shows the newest messages.
pub(super) async fn show(State(app): State<App>) -> Response {
    let Some(dev) = &app.dev else { return super::not_dev() };
    match html(&dev.inbox, &dev.url) {
        Ok(html) => ([(CACHE_CONTROL, "no-store")], Html(html)).into_response(),
        Err(error) => super::failed(&error),
    }
}

pub(super) fn html(inbox: &Inbox, url: &str) -> Result<String> {
    let messages = inbox.newest(None, None, 50);
    let context = minijinja::context! { messages => page::value(&messages), project => super::PROJECT, url => url };
    page::render("dev/inbox.html", context)
}
