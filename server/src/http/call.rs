//! What every surface does with a request before and after its own part.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, AsHeaderName, USER_AGENT};
use axum::http::{Extensions, HeaderMap, Method};
use axum::response::Response;
use countersign_domain::base::{Ctx, Error, Time};
use futures_util::FutureExt as _;
use http_body_util::{BodyExt as _, Limited};

use super::listener::Peer;
use super::metrics::Dialect;
use super::request_id::RequestId;
use crate::app::App;
use crate::text::parse_accept_language;

/// The longest `User-Agent` that is kept, in bytes.
const LONGEST_AGENT: usize = 512;

/// A refusal of a surface, in its own shape.
pub trait Refusal: From<Error> {
    /// What the log should know and the client should not.
    fn detail(&self) -> Option<&str>;
    /// By what the log names it.
    fn name(&self) -> String;
}

/// A request that is being answered.
pub struct Answering {
    dialect: Dialect,
    method: Method,
    path: &'static str,
    id: Option<RequestId>,
    now: Time,
}

impl Answering {
    /// One to `path` of a route table, so that the log names no ids.
    pub fn of(app: &App, dialect: Dialect, path: &'static str, request: &Request) -> Self {
        let id = request.extensions().get::<RequestId>().copied();
        Self { dialect, method: request.method().clone(), path, id, now: app.clock.now() }
    }

    /// The name of the request in the log; empty where it has none.
    pub fn id(&self) -> &str {
        self.id.as_ref().map_or("", RequestId::as_str)
    }

    /// Answers it, counts it, and writes down what went wrong. `shape` is a refusal as the client gets it.
    pub async fn answer<F: Refusal>(
        &self,
        app: &App,
        answered: impl Future<Output = Result<Response, F>> + Send,
        shape: impl FnOnce(F, Time) -> Response + Send,
    ) -> Response {
        let Self { dialect, method, path, now, .. } = self;
        let request = self.id();
        // A defect in one handler must not take the connection, with other people's requests, down.
        let answered = AssertUnwindSafe(answered).catch_unwind().await;
        let answered = answered.unwrap_or_else(|_| Err(Error::internal("a handler panicked").into()));
        let response = match answered {
            Ok(response) => response,
            Err(refusal) => {
                if let Some(detail) = refusal.detail() {
                    let refusal = refusal.name();
                    tracing::error!(request, %method, path, refusal, detail, "a request failed");
                }
                shape(refusal, *now)
            }
        };
        let status = response.status().as_u16();
        let took = u64::try_from(app.clock.now().micros_since(*now)).unwrap_or_default();
        app.metrics.request(*dialect, status, Duration::from_micros(took));
        if app.log_requests {
            tracing::info!(request, %method, path, status, micros = took, "request");
        }
        response
    }
}

/// A header that is text.
pub fn text(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The token of a header `Authorization: Bearer`. Another scheme is a proxy's in front of us.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = text(headers, AUTHORIZATION)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// Whose socket it came over.
pub fn peer(extensions: &Extensions) -> SocketAddr {
    extensions.get::<Peer>().map_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), |peer| peer.0)
}

/// The client's `User-Agent`.
pub fn agent(headers: &HeaderMap) -> Option<Arc<str>> {
    text(headers, USER_AGENT).map(|agent| Arc::from(agent.get(..LONGEST_AGENT).unwrap_or(agent)))
}

/// The language of ours that the client likes best.
pub fn language(app: &App, headers: &HeaderMap) -> Option<Arc<str>> {
    text(headers, ACCEPT_LANGUAGE).map(|accepted| Arc::from(app.texts.choose(&parse_accept_language(accepted))))
}

/// Puts down by what somebody asks, and in what language he is to be answered.
pub fn describe(ctx: &mut Ctx, app: &App, headers: &HeaderMap) {
    ctx.user_agent = agent(headers);
    ctx.locale = language(app, headers);
}

/// The whole body; what is wrong with it, in words, when it is larger than the server takes or did not arrive.
pub async fn read(app: &App, body: Body) -> Result<Bytes, String> {
    match Limited::new(body, app.body_bytes).collect().await {
        Ok(read) => Ok(read.to_bytes()),
        Err(_) => Err(format!("The body could not be read, or is larger than {} bytes.", app.body_bytes)),
    }
}
