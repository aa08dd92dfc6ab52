//! How often routes may be called.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use super::{OTHER, PASSWORD, refused};
use crate::call::Answer;
use crate::server::{Server, on_both};

fn verify(server: &Server, mount: &str) -> Answer {
    server.post(&format!("{mount}/phone-number/verify"), &json!({"phoneNumber": OTHER, "code": "000000"})).send()
}

/// Calls until it is refused; how many passed, and the refusal.
fn pass(most: usize, mut call: impl FnMut() -> Answer) -> (usize, Answer) {
    for n in 0..most {
        let answer = call();
        if answer.status == 429 {
            return (n, answer);
        }
    }
    panic!("{most} calls passed")
}

on_both! {
    fn ten_calls_a_minute_pass_at_a_path_whatever_its_spelling(kind: Kind) {
        let server = Server::strict(kind);
        let mounts = ["/auth", "/api/auth", "/api/api/auth", "/api//auth/"];
        let mut n = 0;
        // Where windows begin with the clock, the minute may end in the middle.
        let most = if kind == Kind::Sqlite { 11 } else { 21 };
        let (passed, answer) = pass(most, || { n += 1; verify(&server, mounts[n % 4]) });
        assert!(passed == 10 || kind == Kind::Postgres, "{passed}");
        refused(&answer, 429, "RATE_LIMITED");
        assert_eq!(
            answer.body,
            "{\"error\":{\"code\":\"RATE_LIMITED\",\"message\":\"Too many requests. Please try again later.\"},\
             \"code\":\"RATE_LIMITED\",\"message\":\"Too many requests. Please try again later.\"}"
        );
        let seconds = answer.number("retry-after").unwrap();
        assert!((1..=60).contains(&seconds), "{seconds}");
        assert_eq!(answer.number("x-retry-after"), Some(seconds));
        // Other paths have counters of their own, and no forwarded header makes another address.
        let other = json!({"phoneNumber": OTHER, "code": "000000"});
        assert_eq!(server.post("/auth/sign-in/phone-number", &other).send().status, 400);
        let forwarded = server.post("/auth/phone-number/verify", &other).header("X-Forwarded-For", "203.0.113.9");
        assert_eq!(forwarded.send().status, 429);
        server.advance(seconds);
        assert_eq!(verify(&server, "/auth").status, 400);
    }
}

#[test]
fn a_project_may_be_stricter_or_looser_or_count_nothing() {
    let server = Server::strict(Kind::Sqlite);
    server.settings(&json!({"nevr": {"rateLimit": {"window": 30_000, "max": 3}}}));
    let (passed, answer) = pass(10, || verify(&server, "/auth"));
    assert_eq!((passed, answer.number("retry-after").unwrap() <= 30), (3, true));
    server.settings(&json!({"nevr": {"rateLimit": {"window": 60_000, "max": 50}}}));
    server.advance(60);
    assert_eq!(pass(60, || verify(&server, "/auth")).0, 50);
    server.settings(&json!({"nevr": {"rateLimit": false}}));
    assert!((0..60).all(|_| verify(&server, "/auth").json()["code"] == "INVALID_OTP"));
}

#[test]
fn signing_in_signing_up_passwords_and_second_factors_have_rules_of_their_own() {
    let server = Server::strict(Kind::Sqlite);
    let post = |path: &str, body: Value| server.post(path, &body).send();
    let wrong = json!({"email": "anna@example.com", "password": "not the password"});
    assert_eq!(pass(20, || post("/auth/sign-in/email", wrong.clone())).0, 10);
    assert_eq!(pass(20, || post("/auth/sign-up/email", json!({"name": "Anna", "password": PASSWORD}))).0, 10);
    assert_eq!(pass(20, || post("/auth/change-password", json!({}))).0, 5);
    assert_eq!(pass(20, || post("/auth/two-factor/verify-totp", json!({"code": "000000"}))).0, 3);
    assert!((0..30).all(|_| server.get("/auth/get-session").send().status == 200));
}
