//! The example application, with the server inside it.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tower::ServiceExt as _;

#[expect(dead_code, reason = "the example's own way to start it, and to send")]
#[path = "../../examples/mount.rs"]
mod example;

/// Keeps what it is given to send.
#[derive(Clone)]
struct Kept(UnboundedSender<(String, String)>);

impl example::Gateway for Kept {
    async fn send(&self, number: String, text: String) -> Result<(), String> {
        self.0.send((number, text)).map_err(|error| error.to_string())
    }
}

/// Status, cookie and body of an answer.
async fn ask(app: &Router, method: &str, path: &str, cookie: &str, body: Value) -> (StatusCode, String, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(CONTENT_TYPE, "application/json")
        .header(COOKIE, cookie)
        .extension(ConnectInfo(SocketAddr::from(([192, 0, 2, 9], 5_000))))
        .body(Body::from(body.to_string()))
        .unwrap();
    let answer = app.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    let set = answer.headers().get(SET_COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let cookie = set.split(';').next().unwrap_or_default().to_owned();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (status, cookie, serde_json::from_slice(&bytes).unwrap_or_default())
}

#[tokio::test]
async fn the_example_signs_a_number_in_with_the_applications_own_sms() {
    const NUMBER: &str = "+14255550123";
    let folder = TempDir::new().unwrap();
    let (gateway, mut sent) = unbounded_channel();
    let auth = example::open(folder.path(), Kept(gateway)).await.unwrap();
    let app = example::app(&auth);
    let (status, _, refused) = ask(&app, "GET", "/me", "", Value::Null).await;
    assert_eq!((status, &refused["error"]["code"]), (StatusCode::UNAUTHORIZED, &json!("sign_in_first")));

    let wanted = json!({ "phoneNumber": NUMBER });
    let (status, flow, answer) = ask(&app, "POST", "/api/auth/phone-number/send-otp", "", wanted).await;
    assert_eq!((status, answer), (StatusCode::OK, json!({ "success": true, "expiresIn": 300 })));
    let (number, text) = sent.recv().await.unwrap();
    assert_eq!(number, NUMBER);
    let code: String = text.chars().filter(char::is_ascii_digit).collect();
    assert_eq!(code.len(), 6, "{text}");

    let shown = json!({ "phoneNumber": NUMBER, "code": code });
    let (status, session, answer) = ask(&app, "POST", "/api/auth/sign-in/phone-number", &flow, shown).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let (status, _, me) = ask(&app, "GET", "/me", &session, Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(me, json!({ "id": answer["user"]["id"], "phoneNumber": NUMBER, "phoneNumberVerified": true }));

    // The application's own routes are its own: nothing but what is below the mounts is the server's.
    let (status, ..) = ask(&app, "GET", "/api/orders", "", Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    auth.shutdown().await;
}
