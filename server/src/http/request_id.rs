//! A name for each request: on the answer as `X-Request-Id`, and in the log.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use countersign_domain::base::Random;
use futures_util::FutureExt as _;
use futures_util::future::{Join, Map, Ready, join, ready};
use tower::{Layer, Service};

use super::client::{Cidr, is_trusted};
use super::listener::Peer;

/// The header it travels in.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const MIN: usize = 8;
const MAX: usize = 64;

/// The id of a request, found in its extensions: 16 hex digits, or what a trusted proxy called it.
#[derive(Clone, Copy)]
pub struct RequestId {
    text: [u8; MAX],
    len: u8,
}

impl RequestId {
    fn of_number(number: u64) -> Self {
        let mut text = [0; MAX];
        data_encoding::HEXLOWER.encode_mut(&number.to_be_bytes(), &mut text[..16]);
        Self { text, len: 16 }
    }

    fn parse(given: &[u8]) -> Option<Self> {
        let harmless = |b: &u8| b.is_ascii_alphanumeric() || *b == b'-';
        if !(MIN..=MAX).contains(&given.len()) || !given.iter().all(harmless) {
            return None;
        }
        let mut text = [0; MAX];
        text[..given.len()].copy_from_slice(given);
        Some(Self { text, len: given.len() as u8 })
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.text[..usize::from(self.len)]).unwrap_or_default()
    }

    fn write(self, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::from_str(self.as_str()) {
            headers.insert(X_REQUEST_ID, value);
        }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Names each request and writes the name on its answer. Goes around the whole router, not on its routes: there each
/// layer costs a box per request.
#[derive(Clone)]
pub struct RequestIds(Arc<Source>);

struct Source {
    /// An id names a request and guards nothing, so a random start and a count are enough.
    start: u64,
    count: AtomicU64,
    trusted: Vec<Cidr>,
}

impl Source {
    /// The id that a trusted proxy gave, if it is harmless; else a new one.
    fn id(&self, peer: Option<Peer>, headers: &HeaderMap) -> RequestId {
        let given = if self.trusted.is_empty() { None } else { headers.get(X_REQUEST_ID) };
        given
            .filter(|_| peer.is_some_and(|Peer(peer)| is_trusted(peer.ip(), &self.trusted)))
            .and_then(|value| RequestId::parse(value.as_bytes()))
            .unwrap_or_else(|| {
                // Steps of an odd number meet every number once; these are far apart (the golden ratio).
                let step = self.count.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                RequestId::of_number(self.start.wrapping_add(step))
            })
    }
}

impl RequestIds {
    /// Ids from `random`, or from `trusted` proxies.
    pub fn new(random: &dyn Random, trusted: Vec<Cidr>) -> Self {
        let start = u64::from_be_bytes(random.bytes());
        Self(Arc::new(Source { start, count: AtomicU64::new(0), trusted }))
    }
}

impl<S> Layer<S> for RequestIds {
    type Service = Named<S>;

    fn layer(&self, inner: S) -> Named<S> {
        Named { inner, ids: self.clone() }
    }
}

/// A service whose requests have ids.
#[derive(Clone)]
pub struct Named<S> {
    inner: S,
    ids: RequestIds,
}

type Answer<E> = Result<Response, E>;

impl<S> Service<Request> for Named<S>
where
    S: Service<Request<Body>, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    // Built from ready-made futures, because an own one would need a pin projection or a box.
    type Future = Map<Join<S::Future, Ready<RequestId>>, fn((Answer<S::Error>, RequestId)) -> Answer<S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let id = self.ids.0.id(request.extensions().get().copied(), request.headers());
        request.extensions_mut().insert(id);
        join(self.inner.call(request), ready(id)).map(stamp::<S::Error>)
    }
}

fn stamp<E>((answer, id): (Answer<E>, RequestId)) -> Answer<E> {
    answer.map(|mut response| {
        id.write(response.headers_mut());
        response
    })
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use axum::{Extension, Router};
    use countersign_domain::base::random::SeededRandom;
    use tower::ServiceExt as _;

    use super::*;

    async fn ask(peer: Option<&str>, given: Option<&str>) -> (String, String) {
        let router = Router::new().route("/", get(|Extension(id): Extension<RequestId>| async move { id.to_string() }));
        let ids = RequestIds::new(&SeededRandom::new(1), vec!["10.0.0.0/8".parse().unwrap()]);
        let mut request = Request::new(Body::empty());
        if let Some(peer) = peer {
            request.extensions_mut().insert(Peer(peer.parse().unwrap()));
        }
        if let Some(given) = given {
            request.headers_mut().insert(X_REQUEST_ID, given.parse().unwrap());
        }
        let response = ids.layer(router).oneshot(request).await.unwrap();
        let header = response.headers()[X_REQUEST_ID].to_str().unwrap().to_owned();
        let body = axum::body::to_bytes(response.into_body(), 100).await.unwrap();
        (header, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn handler_and_answer_have_the_same_fresh_id() {
        let (header, body) = ask(None, None).await;
        assert_eq!(header, body);
        assert_eq!(header.len(), 16);
        assert!(header.bytes().all(|b| b.is_ascii_hexdigit()));
    }

    #[tokio::test]
    async fn only_a_trusted_proxy_names_a_request() {
        assert_eq!(ask(Some("10.0.0.1:5"), Some("Abc-1234")).await.0, "Abc-1234");
        assert_eq!(ask(Some("10.0.0.1:5"), Some(&"x".repeat(64))).await.1, "x".repeat(64));
        for (peer, given) in [(Some("192.0.2.1:5"), "Abc-1234"), (None, "Abc-1234")] {
            assert_ne!(ask(peer, Some(given)).await.0, given);
        }
    }

    #[tokio::test]
    async fn a_name_that_could_do_harm_is_not_taken_over() {
        for bad in ["short-7", "", "abcdefg h", "abcdefg\"h", "abcdefg_h", &"x".repeat(65)] {
            assert_ne!(ask(Some("10.0.0.1:5"), Some(bad)).await.0, *bad, "{bad}");
        }
    }
}
