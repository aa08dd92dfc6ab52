//! Passwords that were forgotten.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use super::passwordless::{PHONE, ask, by_sms};
use super::{Browser, EMAIL, ID, refused};
use crate::server::{Server, eventually, on_both};

const NEW: &str = "another good password";
const WRONG: &str = "The code or link is wrong, was used or has expired. Ask for a new one.";

fn start(server: &Server, way: &str, identifier: &str, kind: &str) -> String {
    let body = json!({"identifier": identifier, "identifierType": kind, "emailMetadata": {}});
    let answer = server.post(&format!("{ID}/users/v2/passwords/reset/{way}"), &body).send();
    let session = answer.expect(200).json()["sessionId"].as_str().unwrap().to_owned();
    server.home.keep_secret(&session);
    session
}

fn verify(server: &Server, session: &str, code: &str) -> crate::call::Answer {
    let body = json!({"otcToken": code, "sessionId": session});
    server.post(&format!("{ID}/users/v2/passwords/reset/sms/verify"), &body).send()
}

fn choose(server: &Server, user: &str, token: &str, password: &str) -> crate::call::Answer {
    let body = json!({"userId": user, "token": token, "password": password});
    server.post(&format!("{ID}/users/v1/passwords/reset/verify"), &body).send()
}

fn newest(server: &Server, to: &str, before: usize) -> Value {
    eventually("another message", || {
        let messages = server.inbox(to);
        (messages.len() > before).then(|| messages[0].clone())
    })
}

on_both! {
    fn a_code_by_sms_brings_a_new_password_and_ends_every_session(kind: Kind) {
        let server = by_sms(kind);
        for (identifier, of) in [(PHONE, "phoneNumber"), (EMAIL, "email")] {
            let mut browser = Browser::new(&server);
            let code = ask(&mut browser, &json!({"phoneNumber": PHONE}));
            browser.post(&format!("{ID}/auth/v1/passwordless/smscode/postlogin"), &json!({"token": code})).expect(201);
            let before = server.inbox(PHONE).len();
            let session = start(&server, "sms", identifier, of);
            assert_eq!(session.len(), 64);
            let code = newest(&server, PHONE, before)["code"].as_str().unwrap().to_owned();
            refused(&verify(&server, &session, "000"), 400, WRONG);
            refused(&verify(&server, &"ab".repeat(32), &code), 400, WRONG);
            let answer = verify(&server, &session, &code);
            let (user, token) = (answer.expect(200).json()["userId"].clone(), answer.json()["token"].clone());
            let (user, token) = (user.as_str().unwrap(), token.as_str().unwrap());
            server.home.keep_secret(token);
            assert_eq!(user, "anna");
            refused(&verify(&server, &session, &code), 400, WRONG);
            refused(&choose(&server, user, token, "short"), 400, "password must be at least 8 characters");
            refused(&choose(&server, user, &"ab".repeat(32), NEW), 400, WRONG);
            browser.refresh().expect(201);
            assert_eq!(choose(&server, user, token, NEW).expect(201).body, "{}");
            refused(&choose(&server, user, token, NEW), 400, WRONG);
            refused(&browser.refresh(), 401, "Session not found");
            let mut browser = Browser::new(&server);
            let body = json!({"email": EMAIL, "password": NEW});
            browser.post(&format!("{ID}/auth/v1/user"), &body).expect(200);
        }
    }
}

#[test]
fn a_link_by_e_mail_brings_a_new_password() {
    let server = by_sms(Kind::Sqlite);
    server.settings(&json!({"frontegg": {"appUrl": "https://app.example.com"}}));
    let before = server.inbox(EMAIL).len();
    start(&server, "email", EMAIL, "email");
    let message = newest(&server, EMAIL, before);
    let (user, token) = link_of(&server, &message, "https://app.example.com/account/reset-password");
    choose(&server, &user, &token, NEW).expect(201);
    let mut browser = Browser::new(&server);
    browser.post(&format!("{ID}/auth/v1/user"), &json!({"email": EMAIL, "password": NEW})).expect(200);
}

/// What the address of a link brings along.
pub(super) fn link_of(server: &Server, message: &Value, page: &str) -> (String, String) {
    let link = message["link"].as_str().unwrap();
    let query = link.strip_prefix(page).and_then(|rest| rest.strip_prefix("?userId=")).unwrap();
    let (user, token) = query.split_once("&token=").unwrap();
    server.home.keep_secret(token);
    (user.to_owned(), token.to_owned())
}

on_both! {
    fn boxes_ask_for_the_link_by_the_address_alone(kind: Kind) {
        let server = by_sms(kind);
        let path = format!("{ID}/users/v1/passwords/reset");
        let ask = |body: &Value| server.post(&path, body).header("Origin", "http://localhost:3000").send();
        let validate = |user: &str, token: &str| {
            let body = json!({"userId": user, "token": token});
            server.post(&format!("{ID}/users/v1/passwords/reset/validate"), &body).send()
        };
        let before = server.inbox(EMAIL).len();
        assert_eq!(ask(&json!({"email": EMAIL, "emailMetadata": {}})).expect(200).body, "{}");
        let message = newest(&server, EMAIL, before);
        let (user, token) = link_of(&server, &message, "http://localhost:3000/account/reset-password");
        for _ in 0..2 {
            assert_eq!(validate(&user, &token).expect(200).body, "{}", "nothing is used up");
        }
        let altered = "ab".repeat(32);
        for (user, token) in [(user.as_str(), altered.as_str()), ("anna", token.as_str()), ("who", "x")] {
            refused(&validate(user, token), 410, WRONG);
        }
        choose(&server, &user, &token, NEW).expect(201);
        refused(&validate(&user, &token), 410, WRONG);
        let mut browser = Browser::new(&server);
        browser.post(&format!("{ID}/auth/v1/user"), &json!({"email": EMAIL, "password": NEW})).expect(200);
        // Somebody unknown.
        assert_eq!(ask(&json!({"email": "who@example.com"})).expect(200).body, "{}");
        server.settled();
        assert!(server.inbox("who@example.com").is_empty());
        refused(&ask(&json!({})), 400, "email is required");
        refused(&ask(&json!({"email": "anna"})), 400, "email must be an e-mail address");
        refused(&validate("", "x"), 400, "userId is required");
        refused(&validate("x", ""), 400, "token is required");
        server.settings(&json!({"auth": {"emailPassword": false}}));
        let off = "Invalid authentication type: this way to sign in is not enabled for this project.";
        refused(&ask(&json!({"email": EMAIL})), 400, off);
        refused(&validate("x", "x"), 400, off);
    }
}

on_both! {
    fn a_link_that_has_expired_is_told_to_be(kind: Kind) {
        let server = by_sms(kind);
        server.settings(&json!({"frontegg": {"appUrl": "https://app.example.com"}}));
        let before = server.inbox(EMAIL).len();
        start(&server, "email", EMAIL, "email");
        let message = newest(&server, EMAIL, before);
        let (user, token) = link_of(&server, &message, "https://app.example.com/account/reset-password");
        server.advance(3_600);
        let body = json!({"userId": user, "token": token});
        refused(&server.post(&format!("{ID}/users/v1/passwords/reset/validate"), &body).send(), 410, WRONG);
    }
}

on_both! {
    fn somebody_unknown_is_answered_the_same_and_gets_nothing(kind: Kind) {
        let server = by_sms(kind);
        for (identifier, of) in [("who@example.com", "email"), ("+14255550199", "phoneNumber"), ("anna", "username")] {
            let session = start(&server, "sms", identifier, of);
            assert_eq!(session.len(), 64);
            refused(&verify(&server, &session, "000000"), 400, WRONG);
        }
        server.settled();
        assert!(server.inbox("+14255550199").is_empty());
    }
}

#[test]
fn what_cannot_be_read_is_refused() {
    let server = by_sms(Kind::Sqlite);
    for (body, words) in [
        (json!({}), "identifier is required"),
        (
            json!({"identifier": EMAIL, "identifierType": "id"}),
            "identifierType must be email, phoneNumber or username.",
        ),
        (json!({"identifier": "anna", "identifierType": "email"}), "This is not an e-mail address."),
    ] {
        refused(&server.post(&format!("{ID}/users/v2/passwords/reset/sms"), &body).send(), 400, words);
    }
}

#[test]
fn ways_to_a_new_password_are_told() {
    let server = Server::start(Kind::Sqlite);
    let path = format!("{ID}/configurations/v1/password-recovery/strategies");
    let told = |server: &Server| server.get(&path).send().expect(200).json();
    assert_eq!(told(&server), json!([{"strategy": "email", "isActive": true}, {"strategy": "sms", "isActive": true}]));
    server.settings(&json!({"auth": {"phone": false}}));
    assert_eq!(told(&server)[1], json!({"strategy": "sms", "isActive": false}));
}
