//! Pages: templates and assets, embedded in the binary.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use countersign_domain::base::{Error, Result};
use data_encoding::HEXLOWER;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, HtmlEscape, UndefinedBehavior, Value};
use rust_embed::RustEmbed;
use serde::Serialize;

#[derive(RustEmbed)]
#[folder = "templates"]
struct Templates;

#[derive(RustEmbed)]
#[folder = "assets"]
struct Assets;

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // Fails for odd delimiters only, and these are the usual ones.
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
        environment.set_syntax(syntax);
    }
    environment.add_function("asset", address);
    environment.add_filter("prose", prose);
    environment.add_filter("breakable", breakable);
    environment
        .set_loader(|name| Ok(Templates::get(name).and_then(|file| String::from_utf8(file.data.into_owned()).ok())));
    environment
});

/// The page of template `name`, escaped by its ending.
pub fn render(name: &str, context: Value) -> Result<String> {
    ENVIRONMENT.get_template(name).and_then(|t| t.render(context)).map_err(Error::internal)
}

/// Anything that serde can write, for the context of a page.
pub fn value(of: &impl Serialize) -> Value {
    Value::from(Serde(of))
}

/// The address of an asset. It changes with the content, so that no browser mixes an old style with a new page.
fn address(name: &str) -> Value {
    let version = Assets::get(name).map(|file| HEXLOWER.encode(&file.metadata.sha256_hash()[..4]));
    Value::from_safe_string(format!("/assets/{}?v={}", HtmlEscape(name), version.unwrap_or_default()))
}

/// A text in which `backticks` stand around code.
fn prose(text: &str) -> Value {
    let mut html = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('`') {
        let Some((code, after)) = after.split_once('`') else { break };
        // Writing to a String does not fail.
        let _ = write!(html, "{}<code>{}</code>", HtmlEscape(before), HtmlEscape(code));
        rest = after;
    }
    let _ = write!(html, "{}", HtmlEscape(rest));
    Value::from_safe_string(html)
}

/// A path that a narrow column may break after each slash.
fn breakable(path: &str) -> Value {
    Value::from_safe_string(HtmlEscape(path).to_string().replace('/', "/<wbr>").replace("&#x2f;", "/<wbr>"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_escapes_everything_and_marks_code() {
        let html = |text: &str| prose(text).to_string();
        assert_eq!(html("send `a<b` & go"), "send <code>a&lt;b</code> &amp; go");
        assert_eq!(html("one ` alone <b>"), "one ` alone &lt;b&gt;");
        assert_eq!(html("``"), "<code></code>");
        assert_eq!(html(""), "");
    }

    #[test]
    fn a_path_breaks_after_its_slashes_only() {
        assert_eq!(breakable("/v1/{a}<").to_string(), "/<wbr>v1/<wbr>{a}&lt;");
    }

    #[test]
    fn every_template_parses() {
        for name in Templates::iter() {
            ENVIRONMENT.get_template(&name).unwrap();
        }
    }

    #[test]
    fn no_page_has_script_or_style_inside() {
        // Mail programs know inline styles only.
        for name in Templates::iter().filter(|name| !name.starts_with("email/")) {
            let file = Templates::get(&name).unwrap();
            let text = str::from_utf8(&file.data).unwrap();
            for inline in ["<style", "style=", " onclick", " onload", " onsubmit", "javascript:"] {
                assert!(!text.contains(inline), "{name} has {inline}");
            }
            for script in text.split("<script").skip(1) {
                assert!(script.starts_with(" src=\"{{ asset("), "{name} has an inline script");
            }
        }
    }
}
