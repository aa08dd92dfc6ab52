//! The OpenAPI document, made from the code, and a page that shows it.

use std::sync::LazyLock;

use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse as _, Response};
use countersign_domain::base::Error;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;

use crate::http::{health, jwks, receipt};
use crate::{nuvix, page};

#[derive(OpenApi)]
#[openapi(
    info(title = "Countersign", description = "Phone-first authentication.", license(name = "MIT OR Apache-2.0")),
    paths(health::live, health::ready, health::metrics, receipt::take, jwks::show, show, openapi)
)]
struct Common;

static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
    let mut document = Common::openapi();
    document.merge(nuvix::document());
    document
});

/// The OpenAPI 3.1 document of every route.
pub fn document() -> &'static Document {
    &DOCUMENT
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "docs", responses((status = 200, description = "OpenAPI 3.1.")))]
pub async fn openapi() -> Response {
    match document().to_json() {
        Ok(text) => ([(CONTENT_TYPE, "application/json")], text).into_response(),
        Err(error) => failed(&Error::internal(error)),
    }
}

/// This document as a page.
#[utoipa::path(get, path = "/docs", tag = "docs", responses((status = 200, body = String, content_type = "text/html")))]
pub async fn show() -> Response {
    let html = serde_json::to_value(document()).map_err(Error::internal).and_then(|document| {
        page::render(
            "docs/index.html",
            minijinja::context! { document => minijinja::Value::from(minijinja::value::Serde(&document)) },
        )
    });
    match html {
        Ok(html) => Html(html).into_response(),
        Err(error) => failed(&error),
    }
}

fn failed(error: &Error) -> Response {
    tracing::error!(%error, "the documentation could not be shown");
    axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
