//! From which page a call comes. A page that is none of the project's changes nothing here: that is the defence against
//! forged requests on cookies (security.md 36, 40).

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;

use super::origin::{Origin, is_loopback_host};
use crate::app::{App, Hosted};

/// From which page a call comes.
#[derive(Clone, Default)]
pub struct Caller {
    kind: Kind,
}

/// The kinds of page.
#[derive(Clone, Default)]
enum Kind {
    /// No browser, or an old one on our own pages.
    #[default]
    Unsaid,
    /// Our own origin.
    Same,
    /// A platform of the project.
    Platform(HeaderValue),
    /// Anybody else, `null` included.
    Foreign,
}

/// Whether pages of `origin` are the project's: a platform of it, or under `--dev` this machine.
pub fn is_platform(app: &App, hosted: &Hosted, origin: &Origin<'_>) -> bool {
    hosted.project.platforms.iter().any(|platform| platform.covers(origin.host))
        || (app.dev.is_some() && is_loopback_host(origin.host))
}

impl Caller {
    /// Looks at the `Origin` of a call that reached us under the name in `host`.
    pub fn of(app: &App, hosted: &Hosted, headers: &HeaderMap, host: &str) -> Self {
        let Some(value) = headers.get(ORIGIN) else { return Self::default() };
        let kind = match Origin::of(headers) {
            Ok(None) => Kind::Unsaid,
            Ok(Some(origin)) if origin.is_same_host(host) => Kind::Same,
            Ok(Some(origin)) if is_platform(app, hosted, &origin) => Kind::Platform(value.clone()),
            Ok(Some(_)) | Err(_) => Kind::Foreign,
        };
        Self { kind }
    }

    /// Whether no page is known to call: no browser, or none that says.
    pub fn is_unsaid(&self) -> bool {
        matches!(self.kind, Kind::Unsaid)
    }

    /// Whether the page is none of the project's.
    pub fn is_foreign(&self) -> bool {
        matches!(self.kind, Kind::Foreign)
    }

    /// Whether the page is a platform of the project, on another origin than ours.
    pub fn is_cross_site(&self) -> bool {
        matches!(self.kind, Kind::Platform(_))
    }

    /// The answer to a preflight by a page that may call, with these headers (Fetch §3.2.2). None for all others.
    pub fn preflight(&self, names: HeaderValue) -> Option<Response> {
        if self.is_unsaid() || self.is_foreign() {
            return None;
        }
        let mut response = Response::default();
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        let methods = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE, OPTIONS");
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names);
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
        Some(response)
    }

    /// The headers that let the page read the answer, and these of its headers.
    pub fn write(&self, headers: &mut HeaderMap, exposed: HeaderValue) {
        if let Kind::Platform(origin) = &self.kind {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
        if !matches!(self.kind, Kind::Unsaid) {
            headers.insert(VARY, HeaderValue::from_static("origin, access-control-request-headers"));
        }
    }
}
