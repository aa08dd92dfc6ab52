//! Calls of outgoing webhooks.

use std::time::Duration;

use countersign_domain::base::Clock as _;
use reqwest::header::HeaderMap;
use standardwebhooks::Webhook;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::*;
use crate::{WebhookAnswer, WebhookCall};

const FIRST: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const SECOND: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const BODY: &str = r#"{"type":"user.create","timestamp":"2026-01-01T00:00:00.000Z","data":{"userId":"anna"}}"#;
const ID: &str = "0190d5f2-0000-7000-8000-000000000001";

async fn answering(response: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(response).mount(&server).await;
    server
}

async fn call(world: &World, url: &str, secrets: &[&str]) -> WebhookAnswer {
    let secrets: Vec<_> = secrets.iter().map(|s| Secret::new(*s)).collect();
    world.sender.send_webhook(WebhookCall { id: ID, url, secrets: &secrets, body: BODY }).await
}

async fn asked(server: &MockServer) -> Vec<Request> {
    server.received_requests().await.unwrap()
}

/// A sender whose clock shows what the machine's does: the library that checks signatures looks at that one.
fn of_today() -> World {
    let World { inbox, .. } = world();
    let clock = Arc::new(MovableClock::standing(countersign_domain::base::time::SystemClock::default().now()));
    let sender =
        Sender::new(clock.clone(), inbox.clone(), Options { private: Private::Everywhere, ..Options::default() })
            .unwrap();
    World { sender, clock, inbox }
}

fn accepts(secret: &str, headers: &HeaderMap, body: &[u8]) -> bool {
    Webhook::new(secret).unwrap().verify(body, headers).is_ok()
}

#[tokio::test]
async fn what_is_sent_is_accepted_by_the_library_of_the_scheme() {
    let server = answering(ResponseTemplate::new(204)).await;
    let world = of_today();
    assert_eq!(call(&world, &format!("{}/hooks?a=b", server.uri()), &[FIRST]).await, WebhookAnswer::Status(204));
    let asked = asked(&server).await;
    let request = &asked[0];
    assert_eq!((request.url.path(), request.url.query()), ("/hooks", Some("a=b")));
    assert_eq!(request.body, BODY.as_bytes());
    let header = |name: &str| request.headers.get(name).unwrap().to_str().unwrap();
    assert_eq!((header("webhook-id"), header("content-type")), (ID, "application/json"));
    assert_eq!(header("webhook-timestamp"), world.clock.now().seconds().to_string());
    assert!(header("user-agent").starts_with("Countersign/"));
    assert!(accepts(FIRST, &request.headers, &request.body));
    assert!(!accepts(SECOND, &request.headers, &request.body));
    assert!(!accepts(FIRST, &request.headers, b"{}"), "another body");
}

#[tokio::test]
async fn during_a_rotation_either_secret_accepts_it() {
    let server = answering(ResponseTemplate::new(200)).await;
    call(&of_today(), &server.uri(), &[SECOND, FIRST]).await;
    let asked = asked(&server).await;
    for secret in [FIRST, SECOND] {
        assert!(accepts(secret, &asked[0].headers, &asked[0].body));
    }
    let signatures = asked[0].headers.get("webhook-signature").unwrap().to_str().unwrap();
    assert_eq!(signatures.split(' ').filter(|one| one.starts_with("v1,")).count(), 2, "{signatures}");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let other = answering(ResponseTemplate::new(200)).await;
    for status in [301, 302, 303, 307, 308] {
        let server = answering(ResponseTemplate::new(status).insert_header("location", other.uri())).await;
        assert_eq!(call(&world(), &server.uri(), &[FIRST]).await, WebhookAnswer::Status(status));
    }
    assert!(asked(&other).await.is_empty());
}

#[tokio::test]
async fn a_private_address_is_not_called() {
    let server = answering(ResponseTemplate::new(200)).await;
    let world = world_with(Options::default());
    for (url, reason) in [
        (server.uri(), UNENCRYPTED),
        (server.uri().replace("127.0.0.1", "localhost"), UNENCRYPTED),
        (server.uri().replace("http:", "https:"), PRIVATE),
        ("https://localhost:9/".to_owned(), PRIVATE),
        ("https://[::ffff:10.0.0.5]/".to_owned(), PRIVATE),
        ("https://169.254.169.254/latest/meta-data".to_owned(), PRIVATE),
        ("http://example.com/".to_owned(), UNENCRYPTED),
    ] {
        let answer = call(&world, &url, &[FIRST]).await;
        if url.contains("example.com") {
            // Its name may not resolve here; it is not called either way.
            assert!(matches!(answer, WebhookAnswer::None(_)), "{url}: {answer:?}");
        } else {
            assert_eq!(answer, WebhookAnswer::None(reason), "{url}");
        }
    }
    assert!(asked(&server).await.is_empty());
    assert_eq!(call(&only("127.0.0.1"), &server.uri(), &[FIRST]).await, WebhookAnswer::Status(200), "listed");
}

#[tokio::test]
async fn an_answer_of_any_size_is_cut_and_its_status_counts() {
    let server = answering(ResponseTemplate::new(200).set_body_bytes(vec![b'x'; 4_000_000])).await;
    assert_eq!(call(&world(), &server.uri(), &[FIRST]).await, WebhookAnswer::Status(200));
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_is_given_up() {
    // Answers later than anybody waits; paused time would also skip the receiver's, so this one takes its time.
    let server = answering(ResponseTemplate::new(200).set_delay(Duration::from_mins(1))).await;
    assert_eq!(call(&world(), &server.uri(), &[FIRST]).await, WebhookAnswer::None("no answer in time"));
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    assert_eq!(call(&world(), &url, &[FIRST]).await, WebhookAnswer::None("connection refused"));
}

#[tokio::test]
async fn without_a_good_secret_nothing_leaves() {
    let server = answering(ResponseTemplate::new(200)).await;
    for secrets in [&[][..], &["whsec_not base64"], &[FIRST, "whsec_!"]] {
        assert!(matches!(call(&world(), &server.uri(), secrets).await, WebhookAnswer::None(_)), "{secrets:?}");
    }
    assert!(asked(&server).await.is_empty());
}
