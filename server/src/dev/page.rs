//! The inbox as a page that refreshes itself.

use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Response};

use crate::app::App;
use crate::page;

/// Shows the newest messages.
pub(super) async fn show(State(app): State<App>) -> Response {
    let Some(dev) = &app.dev else { return super::not_dev() };
    let messages = dev.inbox.newest(None, None, 50);
    match page::render(
        "dev/inbox.html",
        minijinja::context! {
            messages => minijinja::Value::from(minijinja::value::Serde(&messages)), project => super::PROJECT,
        },
    ) {
        Ok(html) => Html(html).into_response(),
        Err(error) => super::failed(&error),
    }
}
