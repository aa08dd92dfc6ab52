//! Which origins may call from a browser (contract nuvix §1.13). A page elsewhere changes nothing here: that is the
//! defence against forged requests on cookies.

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::Route;
use super::error::Failure;
use crate::http::cors::Caller;

/// The headers that let the page read the answer.
pub(super) fn write(caller: &Caller, headers: &mut HeaderMap) {
    caller.write(headers, EXPOSED);
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
    if caller.is_unsaid() {
        return Err(Failure::not_found());
    }
    if caller.is_foreign() {
        return refuse(StatusCode::FORBIDDEN, "Origin not allowed");
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
    write(caller, out);
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
