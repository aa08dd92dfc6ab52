//! Pages: templates and assets, embedded in the binary.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use countersign_domain::base::{Error, Result};
use minijinja::{Environment, UndefinedBehavior, Value};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "templates"]
struct Templates;

#[derive(RustEmbed)]
#[folder = "assets"]
struct Assets;

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment
        .set_loader(|name| Ok(Templates::get(name).and_then(|file| String::from_utf8(file.data.into_owned()).ok())));
    environment
});

/// The page of template `name`, escaped by its ending.
pub fn render(name: &str, context: Value) -> Result<String> {
    ENVIRONMENT.get_template(name).and_then(|t| t.render(context)).map_err(Error::internal)
}

/// A file of the pages: style or script.
pub async fn asset(Path(name): Path<String>) -> Response {
    let Some(file) = Assets::get(&name) else { return StatusCode::NOT_FOUND.into_response() };
    let kind = match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "public, max-age=300")], file.data.into_owned()).into_response()
}
