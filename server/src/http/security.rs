//! The headers that every answer gets, and the stricter ones of pages.

use axum::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

/// Bytes are what their `Content-Type` says.
pub const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
/// Links tell nobody where they were followed: addresses here may hold secrets.
pub const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");
/// For pages with forms, which set it themselves: under `no-referrer` browsers send `Origin: null` with our own POST.
pub const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
/// For pages with forms whose own address holds a secret: nobody, our own assets included, is told more than the host.
pub const ORIGIN_ONLY: HeaderValue = HeaderValue::from_static("strict-origin");
/// No site may frame us.
pub const DENY: HeaderValue = HeaderValue::from_static("DENY");
/// What a page may load: our own files, nothing inline, nothing foreign.
pub const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
);

/// Puts the headers on an answer. Fits `ServiceExt::map_response` around the whole router. A page that set a policy of
/// its own, of either kind, keeps it.
pub fn apply(mut response: Response) -> Response {
    apply_to(response.headers_mut());
    response
}

/// Puts the headers where an answer's headers are made by hand.
pub fn apply_to(headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    headers.entry(REFERRER_POLICY).or_insert(NO_REFERRER);
    headers.insert(X_FRAME_OPTIONS, DENY);
    let is_page = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.as_bytes().get(..9))
        .is_some_and(|kind| kind.eq_ignore_ascii_case(b"text/html"));
    if is_page {
        headers.entry(CONTENT_SECURITY_POLICY).or_insert(PAGE_POLICY);
    }
}

#[cfg(test)]
mod tests {
    use axum::Json;
    use axum::response::{Html, IntoResponse as _};

    use super::*;

    #[test]
    fn every_answer_is_guarded_and_pages_more_so() {
        let json = apply(Json(1).into_response());
        assert_eq!(json.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(json.headers()[REFERRER_POLICY], "no-referrer");
        assert_eq!(json.headers()[X_FRAME_OPTIONS], "DENY");
        assert!(!json.headers().contains_key(CONTENT_SECURITY_POLICY));

        let page = apply(Html("x").into_response());
        let policy = page.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("unsafe") && !policy.contains('*'));
    }

    #[test]
    fn a_page_keeps_a_policy_of_its_own() {
        let own = [(CONTENT_SECURITY_POLICY, "default-src 'none'"), (REFERRER_POLICY, "same-origin")];
        let page = apply((own, Html("x")).into_response());
        assert_eq!(page.headers()[CONTENT_SECURITY_POLICY], "default-src 'none'");
        assert_eq!(page.headers()[REFERRER_POLICY], "same-origin");
    }
}
