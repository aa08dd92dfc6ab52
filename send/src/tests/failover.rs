use std::convert::Infallible;
use std::io::Read as _;
use std::time::Duration;

use countersign_domain::message::{Outcome, Provider, Sms};
use serde_json::json;
use tokio::net::TcpListener;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use super::{PRIVATE, UNENCRYPTED, World, http, only, sms, twilio, verify, world, world_with};
use crate::circuit::{Key, State};
use crate::{Options, Sent};

async fn server(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

async fn good() -> MockServer {
    server(ResponseTemplate::new(201).set_body_json(json!({"sid": "SM1"}))).await
}

/// An address where nobody listens.
async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

async fn send<'p>(world: &World, providers: &'p [Provider]) -> Sent<'p, Infallible> {
    world.sender.send_with_failover(&sms(), providers, |_| async { Ok(()) }).await
}

fn names<E>(sent: &Sent<'_, E>) -> Vec<String> {
    sent.tries.iter().map(|t| t.provider.clone()).collect()
}

async fn count(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

fn state(world: &World, provider: &str) -> State {
    use countersign_domain::base::Clock as _;
    let key = Key { channel: "sms", project: "demo".into(), provider: provider.into() };
    world.sender.circuits().state(&key, world.clock.now())
}

#[tokio::test]
async fn the_first_that_accepts_is_the_last_that_is_asked() {
    let (a, b) = (good().await, good().await);
    let providers = [twilio("a", &a.uri()), twilio("b", &b.uri())];
    let sent = send(&world(), &providers).await;
    assert_eq!(sent.provider, Some("a"));
    assert_eq!((names(&sent), count(&b).await), (vec!["a".to_owned()], 0));
}

#[tokio::test]
async fn a_provider_that_hangs_is_passed_over_and_may_have_taken_the_message() {
    let slow = server(ResponseTemplate::new(201).set_delay(Duration::from_secs(20))).await;
    let b = good().await;
    let providers = [twilio("slow", &slow.uri()), twilio("b", &b.uri())];
    let sent = send(&world(), &providers).await;
    assert_eq!(sent.tries[0].outcome, Outcome::Unknown { reason: "no answer in time".into() });
    assert_eq!(sent.provider, Some("b"));
    assert_eq!(sent.outcome, Outcome::Accepted { provider_id: Some("SM1".into()) });
}

#[tokio::test]
async fn a_provider_that_is_not_there_certainly_did_not_take_the_message() {
    let b = good().await;
    let providers = [twilio("gone", &nobody().await), twilio("b", &b.uri())];
    let sent = send(&world(), &providers).await;
    assert_eq!(sent.tries[0].outcome, Outcome::Refused { reason: "connection refused".into() });
    assert_eq!(sent.provider, Some("b"));
}

#[tokio::test]
async fn names_that_do_not_resolve_and_failed_handshakes_are_refusals() {
    let plain = good().await;
    let tls_to_plain = plain.uri().replace("http://", "https://");
    for base in ["https://countersign.invalid", &tls_to_plain, "not an address", "ftp://example.com"] {
        let outcome = world().sender.send_sms(&sms(), &twilio("a", base)).await;
        assert!(matches!(outcome, Outcome::Refused { .. }), "{base} {outcome:?}");
    }
    assert_eq!(count(&plain).await, 0);
}

#[tokio::test]
async fn a_connection_that_breaks_while_waiting_leaves_it_unknown() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let breaking = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
    });
    let outcome = world().sender.send_sms(&sms(), &twilio("a", &base)).await;
    breaking.join().unwrap();
    assert_eq!(outcome, Outcome::Unknown { reason: "the connection broke".into() });
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let target = good().await;
    let hop = server(ResponseTemplate::new(307).insert_header("location", target.uri())).await;
    let sent = send(&world(), &[twilio("a", &hop.uri())]).await.outcome;
    assert_eq!(sent, Outcome::Unknown { reason: "HTTP 307: redirects are not followed".into() });
    assert_eq!((count(&hop).await, count(&target).await), (1, 0));
}

#[tokio::test]
async fn private_addresses_and_plain_http_are_refused_unless_listed() {
    let server = good().await;
    let strict = world_with(Options::default());
    let port = server.address().port();
    for (url, reason) in [
        (server.uri(), UNENCRYPTED),
        (format!("http://localhost:{port}/"), UNENCRYPTED),
        (format!("https://127.0.0.1:{port}/"), PRIVATE),
        (format!("https://localhost:{port}/"), PRIVATE),
        (format!("https://[::1]:{port}/"), PRIVATE),
        ("https://169.254.169.254/latest/meta-data".into(), PRIVATE),
    ] {
        for provider in [http(&url), twilio("a", &url)] {
            let outcome = strict.sender.send_sms(&sms(), &provider).await;
            assert_eq!(outcome, Outcome::Refused { reason: reason.into() }, "{url}");
        }
    }
    assert_eq!(count(&server).await, 0);
    // The signed POST to the customer's own code, in a network of his own.
    for (n, host) in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"].into_iter().enumerate() {
        let provider = http(&format!("http://{host}:{port}/"));
        let outcome = only("127.0.0.1").sender.send_sms(&sms(), &provider).await;
        assert!(matches!(outcome, Outcome::Accepted { .. }), "{host} {outcome:?}");
        let outcome = only("127.0.0.2").sender.send_sms(&sms(), &provider).await;
        assert_eq!((outcome, count(&server).await), (Outcome::Refused { reason: UNENCRYPTED.into() }, n + 1));
    }
}

#[tokio::test]
async fn a_message_that_may_be_out_is_not_reported_as_refused() {
    let unclear = server(ResponseTemplate::new(200)).await;
    let refusing = server(ResponseTemplate::new(400)).await;
    let providers = [twilio("unclear", &unclear.uri()), twilio("refusing", &refusing.uri())];
    let sent = send(&world(), &providers).await;
    assert!(sent.provider.is_none());
    assert!(matches!(sent.outcome, Outcome::Unknown { .. }));
    assert!(matches!(sent.tries[1].outcome, Outcome::Refused { .. }));
}

#[tokio::test]
async fn each_attempt_is_announced_before_it_is_made_and_an_error_ends_them() {
    let (a, b) = (server(ResponseTemplate::new(500)).await, good().await);
    let providers = [twilio("a", &a.uri()), twilio("b", &b.uri())];
    let mut announced = Vec::new();
    let sent = world()
        .sender
        .send_with_failover(&sms(), &providers, |name| {
            announced.push(name.to_owned());
            let result = if name == "b" { Err("the store is gone") } else { Ok(()) };
            async move { result }
        })
        .await;
    assert_eq!(sent.stopped, Some("the store is gone"));
    assert_eq!((names(&sent), count(&a).await, count(&b).await), (vec!["a".to_owned()], 1, 0));
    assert_eq!(sent.outcome, Outcome::Refused { reason: "HTTP 500".into() });
    assert_eq!(announced, ["a", "b"]);
}

#[tokio::test]
async fn without_a_provider_it_is_refused() {
    let sent = send(&world(), &[]).await;
    assert_eq!((sent.outcome, sent.tries.len()), (Outcome::Refused { reason: "no provider".into() }, 0));
}

#[tokio::test]
async fn a_circuit_opens_after_five_failures_skips_the_provider_and_closes_after_a_probe() {
    let world = world();
    let failing = server(ResponseTemplate::new(503)).await;
    let b = good().await;
    let providers = [twilio("a", &failing.uri()), twilio("b", &b.uri())];
    for _ in 0..5 {
        assert_eq!(names(&send(&world, &providers).await), ["a", "b"]);
    }
    assert_eq!(state(&world, "a"), State::Open);
    assert_eq!(names(&send(&world, &providers).await), ["b"]);
    assert_eq!(count(&failing).await, 5);

    world.clock.advance(30);
    assert_eq!(state(&world, "a"), State::HalfOpen);
    assert_eq!(names(&send(&world, &providers).await), ["a", "b"], "the probe fails");
    assert_eq!(names(&send(&world, &providers).await), ["b"]);

    world.clock.advance(30);
    failing.reset().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(201).set_body_json(json!({"sid": "SM2"})))
        .mount(&failing)
        .await;
    assert_eq!(names(&send(&world, &providers).await), ["a"], "the probe passes");
    assert_eq!(state(&world, "a"), State::Closed);
}

#[tokio::test]
async fn refusals_of_single_messages_never_open_a_circuit_but_refused_credentials_do() {
    for (status, expected) in [(400, State::Closed), (403, State::Closed), (401, State::Open), (429, State::Open)] {
        let world = world();
        let a = server(ResponseTemplate::new(status)).await;
        for _ in 0..6 {
            send(&world, &[twilio("a", &a.uri())]).await;
        }
        assert_eq!(state(&world, "a"), expected, "{status}");
    }
}

#[tokio::test]
async fn when_every_circuit_is_open_the_first_provider_is_tried_anyway() {
    let world = world();
    let (a, b) = (nobody().await, nobody().await);
    let providers = [twilio("a", &a), twilio("b", &b)];
    for _ in 0..5 {
        assert_eq!(names(&send(&world, &providers).await), ["a", "b"]);
    }
    assert_eq!(names(&send(&world, &providers).await), ["a"]);
}

async fn send_notice<'p>(world: &World, providers: &'p [Provider]) -> Sent<'p, Infallible> {
    let notice = Sms { code: None, ..sms() };
    world.sender.send_with_failover(&notice, providers, |_| async { Ok(()) }).await
}

#[tokio::test]
async fn a_notice_passes_over_what_carries_codes_only_and_says_nothing_about_its_circuit() {
    let world = world();
    let (codes, b) = (server(ResponseTemplate::new(503)).await, good().await);
    let providers = [verify("codes", &codes.uri()), twilio("b", &b.uri())];
    for _ in 0..6 {
        let sent = send_notice(&world, &providers).await;
        assert_eq!((sent.provider, names(&sent)), (Some("b"), vec!["codes".to_owned(), "b".to_owned()]));
        assert!(matches!(&sent.tries[0].outcome, Outcome::Refused { reason } if reason.contains("no other message")));
    }
    assert_eq!((count(&codes).await, state(&world, "codes")), (0, State::Closed));

    // A broken one is not made whole by what it was not asked, and its probe is left to a code.
    for _ in 0..4 {
        send(&world, &providers).await;
    }
    send_notice(&world, &providers).await;
    send(&world, &providers).await;
    assert_eq!(state(&world, "codes"), State::Open);
    world.clock.advance(30);
    send_notice(&world, &providers).await;
    let asked = count(&codes).await;
    send(&world, &providers).await;
    assert_eq!((count(&codes).await, state(&world, "codes")), (asked + 1, State::Open));
}

#[tokio::test]
async fn a_notice_is_forced_through_the_first_that_carries_it() {
    let world = world();
    let (codes, down) = (good().await, nobody().await);
    let providers = [verify("codes", &codes.uri()), twilio("down", &down)];
    for _ in 0..6 {
        assert_eq!(names(&send_notice(&world, &providers).await), ["codes", "down"], "also when its circuit is open");
    }
    let alone = send_notice(&world, &providers[..1]).await;
    assert_eq!((names(&alone), alone.provider, count(&codes).await), (vec!["codes".to_owned()], None, 0));
    assert!(matches!(alone.outcome, Outcome::Refused { .. }));
}

#[tokio::test]
async fn a_worker_may_send_from_a_task_of_its_own() {
    let server = good().await;
    let (sender, providers) = (world().sender, [twilio("a", &server.uri())]);
    let task = tokio::spawn(async move {
        sender.send_with_failover(&sms(), &providers, |_| async { Ok::<_, Infallible>(()) }).await.tries.len()
    });
    assert_eq!(task.await.unwrap(), 1);
}
