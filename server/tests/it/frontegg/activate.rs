//! Accounts that are made without a password, and finished by a link.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use super::recovery::link_of;
use super::{Browser, EMAIL, ID, keep_tokens, refused};
use crate::call::Answer;
use crate::people::PASSWORD;
use crate::server::{Server, on_both};

const APP: &str = "https://app.example.com";
const WRONG: &str = "The link is wrong, was used or has expired. Ask for a new one.";

/// A server on which people sign in first by this.
fn by(kind: Kind, main: &str) -> Server {
    let server = Server::impatient(kind);
    server.settings(&json!({"frontegg": {"appUrl": APP, "mainStrategy": main}}));
    server
}

fn sign_up(server: &Server, email: &str) {
    let body = json!({"provider": "local", "email": email, "name": "Anna", "companyName": "Shop", "metadata": "{}"});
    let answer = server.post(&format!("{ID}/users/v1/signUp"), &body).send();
    assert_eq!(answer.expect(201).body, r#"{"shouldActivate":true}"#);
}

/// The newest link to an address, once it got `count` of them.
fn link(server: &Server, email: &str, count: usize) -> (String, String) {
    link_of(server, &server.newest(email, "verify-email", count), &format!("{APP}/account/activate"))
}

fn strategy(server: &Server, user: &str, token: &str) -> Answer {
    server.get(&format!("{ID}/users/v1/activate/strategy?userId={user}&token={token}")).send()
}

fn activate(browser: &mut Browser<'_>, user: &str, token: &str, rest: &Value) -> Answer {
    let mut body = json!({"userId": user, "token": token, "recaptchaToken": ""});
    body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    let answer = browser.post(&format!("{ID}/users/v1/activate"), &body);
    keep_tokens(browser, &answer);
    answer
}

on_both! {
    fn whoever_signed_up_without_a_password_is_in_by_the_link(kind: Kind) {
        for main in ["Code", "MagicLink", "SmsCode"] {
            let server = by(kind, main);
            sign_up(&server, EMAIL);
            let (user, token) = link(&server, EMAIL, 1);
            for _ in 0..2 {
                assert_eq!(strategy(&server, &user, &token).expect(200).body, r#"{"shouldSetPassword":false}"#);
            }
            let mut browser = Browser::new(&server);
            for (user, token) in [(user.as_str(), "ab".repeat(32).as_str()), ("anna", token.as_str())] {
                refused(&strategy(&server, user, token), 400, WRONG);
                refused(&activate(&mut browser, user, token, &json!({})), 400, WRONG);
            }
            let told = activate(&mut browser, &user, &token, &json!({"password": PASSWORD})).expect(201).json();
            assert_eq!((&told["mfaRequired"], &told["emailVerified"]), (&json!(false), &json!(true)), "{main}");
            let me = browser.call("GET", &format!("{ID}/users/v2/me"));
            let me = me.header("Authorization", format!("Bearer {}", told["accessToken"].as_str().unwrap())).send();
            assert_eq!((&me.expect(200).json()["name"], &me.json()["verified"]), (&json!("Anna"), &json!(true)));
            browser.refresh().expect(201);
            refused(&strategy(&server, &user, &token), 400, WRONG);
            refused(&activate(&mut browser, &user, &token, &json!({})), 400, WRONG);
            refused(&Browser::new(&server).by_password(EMAIL), 401, "Incorrect email or password");
        }
    }
}

on_both! {
    fn where_people_sign_in_with_a_password_they_choose_it_with_the_link(kind: Kind) {
        let server = by(kind, "EmailAndPassword");
        sign_up(&server, EMAIL);
        let (user, token) = link(&server, EMAIL, 1);
        assert_eq!(strategy(&server, &user, &token).expect(200).json()["shouldSetPassword"], true);
        let mut browser = Browser::new(&server);
        refused(&activate(&mut browser, &user, &token, &json!({})), 400, "password is required");
        let short = json!({"password": "short"});
        refused(&activate(&mut browser, &user, &token, &short), 400, "password must be at least 8 characters");
        activate(&mut browser, &user, &token, &json!({"password": PASSWORD})).expect(201);
        browser.refresh().expect(201);
        Browser::new(&server).by_password(EMAIL).expect(200);
    }
}

on_both! {
    fn the_link_is_sent_again_to_whoever_needs_it_and_everybody_is_answered_alike(kind: Kind) {
        let server = by(kind, "SmsCode");
        server.sign_up("bernd", "bernd@example.org", PASSWORD).send().expect(201);
        sign_up(&server, EMAIL);
        link(&server, EMAIL, 1);
        let path = format!("{ID}/users/v1/activate/reset");
        for email in [EMAIL, "bernd@example.org", "who@example.com"] {
            assert_eq!(server.post(&path, &json!({"email": email})).send().expect(200).body, "{}");
        }
        let (user, token) = link(&server, EMAIL, 2);
        activate(&mut Browser::new(&server), &user, &token, &json!({})).expect(201);
        server.settled();
        for email in ["bernd@example.org", "who@example.com"] {
            assert!(server.inbox(email).is_empty(), "{email}");
        }
        refused(&server.post(&path, &json!({})).send(), 400, "email is required");
    }
}

on_both! {
    fn a_second_factor_is_asked_for_after_the_link(kind: Kind) {
        let server = by(kind, "Code");
        server.settings(&json!({"mfa": {"enforce": "force", "email": false, "totp": true}}));
        sign_up(&server, EMAIL);
        let (user, token) = link(&server, EMAIL, 1);
        let mut browser = Browser::new(&server);
        let told = activate(&mut browser, &user, &token, &json!({})).expect(201).json();
        assert_eq!((&told["mfaRequired"], &told["mfaEnrolled"]), (&json!(true), &json!(false)));
        assert!(told["mfaToken"].is_string() && told["accessToken"].is_null());
        refused(&browser.refresh(), 401, "Session not found");
    }
}

#[test]
fn what_cannot_be_read_is_refused() {
    let server = by(Kind::Sqlite, "Code");
    for query in ["", "?userId=x", "?token=x", "?userId=&token="] {
        let answer = server.get(&format!("{ID}/users/v1/activate/strategy{query}")).send();
        refused(&answer, 400, "userId and token are required.");
    }
    for (body, words) in [
        (json!({"token": "x"}), "userId is required"),
        (json!({"userId": "x"}), "token is required"),
        (json!({"userId": "x", "token": "x"}), WRONG),
    ] {
        refused(&server.post(&format!("{ID}/users/v1/activate"), &body).send(), 400, words);
    }
}
