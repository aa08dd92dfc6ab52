//! Calls of reCAPTCHA.

use std::time::Duration;

use wiremock::matchers::{body_string, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::CaptchaAnswer;

fn asking(server: &MockServer) -> Sender {
    let options = Options {
        private: Private::Everywhere,
        captcha_url: Some(format!("{}/api/", server.uri())),
        ..Options::default()
    };
    world_with(options).sender
}

async fn answer(response: ResponseTemplate) -> CaptchaAnswer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/api/siteverify"))
        .and(header("content-type", "application/x-www-form-urlencoded"))
        .and(body_string("secret=s3cret&response=a+token%26more"))
        .respond_with(response)
        .expect(1)
        .mount(&server)
        .await;
    asking(&server).check_captcha(&Secret::new("s3cret"), "a token&more").await
}

#[tokio::test]
async fn a_good_token_has_a_score() {
    let body = r#"{"success":true,"score":0.3,"action":"login","hostname":"app.example.com"}"#;
    assert_eq!(answer(ResponseTemplate::new(200).set_body_string(body)).await, CaptchaAnswer::Score(0.3));
}

#[tokio::test]
async fn a_token_that_is_used_or_made_up_is_refused() {
    for code in ["timeout-or-duplicate", "invalid-input-response"] {
        let body = format!(r#"{{"success":false,"error-codes":["{code}"]}}"#);
        assert_eq!(answer(ResponseTemplate::new(200).set_body_string(body)).await, CaptchaAnswer::Refused);
    }
}

#[tokio::test]
async fn what_the_service_does_not_say_clearly_is_unknown() {
    for (status, body) in [
        (500, r#"{"success":true,"score":0.9}"#),
        (302, r#"{"success":true,"score":0.9}"#),
        (200, "<html>"),
        (200, "{}"),
        (200, r#"{"success":true}"#),
        (200, r#"{"success":true,"score":"0.9"}"#),
        (200, r#"{"success":true,"score":90}"#),
        (200, r#"{"success":"true","score":0.9}"#),
        (200, r#"{"success":false,"error-codes":["invalid-input-secret"]}"#),
    ] {
        let found = answer(ResponseTemplate::new(status).set_body_string(body)).await;
        assert!(matches!(found, CaptchaAnswer::Unknown(_)), "{status} {body}: {found:?}");
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_or_hangs_is_unknown() {
    let gone = {
        let server = MockServer::start().await;
        asking(&server)
    };
    // The server above is stopped, or serves another test by now, and knows nothing of captchas.
    assert!(matches!(gone.check_captcha(&Secret::new("s3cret"), "token").await, CaptchaAnswer::Unknown(_)));
    let slow = ResponseTemplate::new(200).set_body_string(r#"{"success":true,"score":1}"#);
    assert!(matches!(answer(slow.set_delay(Duration::from_secs(6))).await, CaptchaAnswer::Unknown(_)));
}

#[tokio::test]
async fn without_a_token_or_a_secret_nobody_is_asked() {
    let server = MockServer::start().await;
    let sender = asking(&server);
    let long = "x".repeat(8_193);
    assert_eq!(sender.check_captcha(&Secret::new("s3cret"), "").await, CaptchaAnswer::Refused);
    assert_eq!(sender.check_captcha(&Secret::new("s3cret"), &long).await, CaptchaAnswer::Refused);
    assert!(matches!(sender.check_captcha(&Secret::new(""), "token").await, CaptchaAnswer::Unknown(_)));
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn it_keeps_out_of_networks_of_our_own() {
    let server = MockServer::start().await;
    let url = Some(server.uri());
    let sender = world_with(Options { captcha_url: url, ..Options::default() }).sender;
    assert_eq!(sender.check_captcha(&Secret::new("s3cret"), "token").await, CaptchaAnswer::Unknown(UNENCRYPTED));
}
