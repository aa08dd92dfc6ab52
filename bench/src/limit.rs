//! What an axum route can do at all: the same bytes, from memory.

use std::net::SocketAddr;
use std::path::Path;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;

use crate::Done;

pub(crate) async fn run(listen: SocketAddr, body: &Path) -> Done {
    let body: &'static [u8] = Vec::leak(std::fs::read(body)?);
    let router = Router::new()
        .route("/v1/account", get(move || async move { ([(CONTENT_TYPE, "application/json; charset=utf-8")], body) }));
    let listener = TcpListener::bind(listen).await?.tap_io(|stream| {
        // A benchmark without it measures Nagle's algorithm.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await?;
    Ok(())
}
