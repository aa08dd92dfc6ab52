//! Answers with a JSON body, of one person and one moment.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use countersign_domain::base::{Error, Result};
use serde::Serialize;

/// The type of such a body.
pub const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
/// Nobody keeps it.
pub const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// An answer with a JSON body.
pub fn answer(status: StatusCode, body: &impl Serialize) -> Result<Response> {
    Ok(answer_bytes(status, serde_json::to_vec(body).map_err(Error::internal)?.into()))
}

/// The same of a body that is JSON already.
pub fn answer_bytes(status: StatusCode, body: Bytes) -> Response {
    let mut response = Response::new(axum::body::Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    response
}
