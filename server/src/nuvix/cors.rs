//! Which origins may call from a browser (contract nuvix §1.13). A page elsewhere changes nothing here: that is the
//! defence against forged requests on cookies.

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::Route;
use super::error::Failure;
use crate::app::{App, Hosted};
use crate::http::origin::{Origin, is_loopback_host};

/// From which page a call comes.
#[derive(Clone, Default)]
pub(super) struct Caller {
    kind: Kind,
}

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

impl Caller {
    pub(super) fn of(app: &App, hosted: &Hosted, headers: &HeaderMap, host: &str) -> Self {
        let Some(value) = headers.get(ORIGIN) else { return Self::default() };
        let kind = match Origin::of(headers) {
            Ok(None) => Kind::Unsaid,
            Err(_) => Kind::Foreign,
            Ok(Some(origin)) if origin.is_same_host(host) => Kind::Same,
            Ok(Some(origin)) => {
                let platform = hosted.project.platforms.iter().any(|p| p.covers(origin.host));
                let dev = app.dev.is_some() && is_loopback_host(origin.host);
                if platform || dev { Kind::Platform(value.clone()) } else { Kind::Foreign }
            }
        };
        Self { kind }
    }

    pub(super) fn is_foreign(&self) -> bool {
        matches!(self.kind, Kind::Foreign)
    }

    pub(super) fn is_cross_site(&self) -> bool {
        matches!(self.kind, Kind::Platform(_))
    }

    /// The headers that let the page read the answer.
    pub(super) fn write(&self, headers: &mut HeaderMap) {
        if let Kind::Platform(origin) = &self.kind {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
        if !matches!(self.kind, Kind::Unsaid) {
            headers.insert(VARY, HeaderValue::from_static("origin, access-control-request-headers"));
        }
    }
}

const EXPOSED: HeaderValue = HeaderValue::from_static(
    "X-Nuvix-Session, X-Appwrite-Session, X-Fallback-Cookies, X-Request-Id, X-RateLimit-Limit, X-RateLimit-Remaining, \
     X-RateLimit-Reset, Retry-After",
);

/// Headers that a page may send, in lower case.
const ALLOWED: &[&str] = &[
    "accept",
    "authorization",
    "cache-control",
    "content-length",
    "content-range",
    "content-type",
    "idempotency-key",
    "range",
    "x-appwrite-dev-key",
    "x-appwrite-id",
    "x-appwrite-impersonate-user-email",
    "x-appwrite-impersonate-user-id",
    "x-appwrite-impersonate-user-phone",
    "x-appwrite-jwt",
    "x-appwrite-key",
    "x-appwrite-locale",
    "x-appwrite-mode",
    "x-appwrite-project",
    "x-appwrite-response-format",
    "x-appwrite-session",
    "x-appwrite-timeout",
    "x-appwrite-timestamp",
    "x-fallback-cookies",
    "x-http-method-override",
    "x-nuvix-id",
    "x-nuvix-jwt",
    "x-nuvix-key",
    "x-nuvix-locale",
    "x-nuvix-mode",
    "x-nuvix-project",
    "x-nuvix-response-format",
    "x-nuvix-session",
    "x-nuvix-timeout",
    "x-requested-with",
    "x-sdk-graphql",
    "x-sdk-language",
    "x-sdk-name",
    "x-sdk-platform",
    "x-sdk-version",
];

/// Answers a preflight; without an `Origin` it is no preflight, and there is no such route.
pub(super) fn preflight(caller: &Caller, headers: &HeaderMap, routes: &[&Route]) -> Result<Response, Failure> {
    let refuse = |status: StatusCode, text: &'static str| Ok((status, text).into_response());
    match caller.kind {
        Kind::Unsaid => return Err(Failure::not_found()),
        Kind::Foreign => return refuse(StatusCode::FORBIDDEN, "Origin not allowed"),
        Kind::Same | Kind::Platform(_) => {}
    }
    let Some(method) = headers.get(ACCESS_CONTROL_REQUEST_METHOD).and_then(|v| v.to_str().ok()) else {
        return refuse(StatusCode::BAD_REQUEST, "No Access-Control-Request-Method header");
    };
    if !routes.iter().any(|r| r.method.as_str() == method) {
        return refuse(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed");
    }
    let asked = headers.get(ACCESS_CONTROL_REQUEST_HEADERS);
    let names = asked.and_then(|v| v.to_str().ok()).unwrap_or_default();
    let known = |name: &str| ALLOWED.contains(&name.trim().to_ascii_lowercase().as_str());
    if !names.split(',').filter(|n| !n.trim().is_empty()).all(known) {
        return refuse(StatusCode::BAD_REQUEST, "Headers not allowed");
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    let out = response.headers_mut();
    caller.write(out);
    out.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, PUT, PATCH, POST, DELETE"));
    if let Some(asked) = asked {
        out.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
    }
    out.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("3600"));
    Ok(response)
}

/// The refusal of a change that a foreign page asks for.
pub(super) fn foreign() -> Failure {
    Failure::new(
        StatusCode::FORBIDDEN,
        "general_unknown_origin",
        "This origin is not a platform of the project. Add its host to the project's platforms.",
    )
}
