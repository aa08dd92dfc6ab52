//! The OpenAPI document, made from the code, and a page that shows it.

mod view;

use std::sync::LazyLock;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{Html, IntoResponse as _, Response};
use countersign_domain::base::{Error, Result};
use serde_json::Value;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;

use crate::app::App;
use crate::http::{health, jwks, receipt};
use crate::{admin, frontegg, nevr, nuvix, page};

#[derive(OpenApi)]
#[openapi(
    info(title = "Countersign", description = "Phone-first authentication.", license(name = "MIT OR Apache-2.0")),
    paths(health::live, health::ready, health::metrics, receipt::take, jwks::show, show, openapi)
)]
struct Common;

static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
    let mut document = Common::openapi();
    document.merge(nuvix::document());
    document.merge(nevr::document());
    document.merge(frontegg::document());
    document.merge(admin::document());
    document
});

/// The document as JSON, for the page. An empty one if it cannot be written; `/openapi.json` then says why.
static JSON: LazyLock<Value> = LazyLock::new(|| serde_json::to_value(document()).unwrap_or_default());

/// Stands in examples for a server that was not told its public address.
const SOME_SERVER: &str = "https://auth.example.com";
/// Stands in examples for a project's id.
const SOME_PROJECT: &str = "PROJECT";

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
#[utoipa::path(get, path = "/docs", tag = "docs", responses((status = 200, description = "The page.", body = String, content_type = "text/html")))]
pub async fn show(State(app): State<App>) -> Response {
    // Never the Host header: what people copy must not be chosen by a stranger.
    let url = app.base_url().unwrap_or(SOME_SERVER);
    let project = app.default_project.as_deref().unwrap_or(SOME_PROJECT);
    match html(&JSON, url, project, app.dev.is_some()) {
        Ok(html) => ([(CACHE_CONTROL, "no-cache")], Html(html)).into_response(),
        Err(error) => failed(&error),
    }
}

fn html(document: &Value, url: &str, project: &str, is_dev: bool) -> Result<String> {
    let shown = view::Page::of(document, &view::Server { url, project });
    page::render("docs/index.html", minijinja::context! { page => page::value(&shown), url, project, is_dev })
}

fn failed(error: &Error) -> Response {
    tracing::error!(%error, "the documentation could not be shown");
    axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_of_the_document_is_on_the_page() {
        let html = html(&JSON, "https://id.example.com", "acme", false).unwrap().replace("&#x2f;", "/");
        let mut count = 0;
        for (path, methods) in JSON["paths"].as_object().unwrap() {
            for method in methods.as_object().unwrap().keys() {
                count += 1;
                assert!(html.contains(&format!("id=\"{}\"", view::anchor(method, path))), "{method} {path}");
            }
        }
        assert_eq!(html.matches("class=\"op\"").count(), count);
        for name in JSON["components"]["schemas"].as_object().unwrap().keys() {
            assert!(html.contains(&format!("id=\"model-{name}\"")), "{name}");
        }
        assert!(html.contains("https://id.example.com/v1/account/tokens/phone"));
        assert!(html.contains("X-Appwrite-Project: acme"));
    }

    #[test]
    fn no_model_has_the_name_of_one_of_another_surface() {
        let names = |document: Document| document.components.unwrap().schemas.into_keys();
        let others: Vec<String> = names(nuvix::document()).collect();
        let same: Vec<String> = names(admin::document()).filter(|name| others.contains(name)).collect();
        assert_eq!(same, Vec::<String>::new());
    }

    #[test]
    fn every_link_on_the_page_leads_somewhere() {
        let html = html(&JSON, SOME_SERVER, SOME_PROJECT, true).unwrap();
        for link in html.split("href=\"#").skip(1) {
            let id = link.split('"').next().unwrap();
            assert!(html.contains(&format!("id=\"{id}\"")), "#{id}");
        }
    }
}
