//! The routes of an embedded server.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};

use super::Countersign;
use crate::http::listener::Peer;
use crate::http::request_id::RequestIds;
use crate::http::security;
use crate::router::{self, Surface};

/// A dialect that can be mounted.
///
/// ```
/// use countersign::{Countersign, Dialect};
///
/// let builder = Countersign::builder().dialects([Dialect::Nuvix]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Dialect {
    /// Nuvix and Appwrite clients, below `/v1`.
    Nuvix,
    /// nevr clients, below `/auth`, `/api/auth` and `/api/api/auth`.
    Nevr,
    /// Frontegg's clients: `/auth/vendor`, and all below `/frontegg`, `/identity`, `/tenants/resources` and
    /// `/team/resources`.
    Frontegg,
}

impl Countersign {
    /// The routes of the mounted dialects, `/.well-known/jwks.json` and `/webhooks/sms/{project}` for delivery
    /// receipts, to be merged into the application's own, whatever its state.
    ///
    /// Serve the application with `into_make_service_with_connect_info::<SocketAddr>()`: the limits count by address,
    /// so a request whose address is not known is answered with 500.
    ///
    /// ```
    /// # fn app(auth: &countersign::Countersign) -> axum::Router {
    /// use axum::{Router, routing::get};
    ///
    /// Router::new().route("/", get(|| async { "my shop" })).merge(auth.router())
    /// # }
    /// ```
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let app = &self.0.app;
        let mut surfaces = vec![Surface::Shared];
        surfaces.extend(self.0.dialects.iter().map(|dialect| match dialect {
            Dialect::Nuvix => Surface::Nuvix,
            Dialect::Nevr => Surface::NevrAlone,
            Dialect::Frontegg => Surface::FronteggAlone,
        }));
        if self.0.login_page {
            surfaces.push(Surface::Login);
        }
        router::of(&surfaces)
            .with_state(app.clone())
            .layer(middleware::map_response(async |response: Response| security::apply(response)))
            .layer(RequestIds::new(&*app.random, app.trusted_proxies.clone()))
            .layer(middleware::from_fn(with_peer))
    }
}

/// Tells our routes the peer's address in the way of our own listener.
async fn with_peer(mut request: Request, next: Next) -> Response {
    if request.extensions().get::<Peer>().is_none() {
        let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>().copied() else {
            tracing::error!(
                "the address of a request is not known: serve the application with \
                 into_make_service_with_connect_info::<SocketAddr>()"
            );
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        request.extensions_mut().insert(Peer(peer));
    }
    next.run(request).await
}
