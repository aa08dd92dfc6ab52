//! Signing up.

use countersign_domain::db::Kind;
use serde_json::json;

use super::{Browser, EMAIL, ID, refused};
use crate::people::PASSWORD;
use crate::server::{Server, on_both};

fn path() -> String {
    format!("{ID}/users/v1/signUp")
}

on_both! {
    fn whoever_signs_up_with_a_password_is_signed_in(kind: Kind) {
        let server = Server::start(kind);
        let mut browser = Browser::new(&server);
        let body = json!({
            "provider": "local", "email": EMAIL, "password": PASSWORD, "name": "Anna", "companyName": "Shop",
            "metadata": "{}", "recaptchaToken": "", "invitationToken": "",
        });
        let answer = browser.post(&path(), &body);
        let told = answer.expect(201).json();
        assert_eq!((&told["shouldActivate"], &told["authResponse"]["userEmail"]), (&json!(false), &json!(EMAIL)));
        assert_eq!(told["userId"], told["authResponse"]["userId"]);
        for name in ["accessToken", "refreshToken"] {
            server.home.keep_secret(told["authResponse"][name].as_str().unwrap());
        }
        browser.refresh().expect(201);
        Browser::new(&server).by_password(EMAIL).expect(200);
        refused(&browser.post(&path(), &body), 409, "An account with this e-mail address exists. Sign in instead.");
    }
}

on_both! {
    fn without_a_password_an_address_that_is_taken_is_answered_like_a_new_one(kind: Kind) {
        let server = Server::start(kind);
        server.sign_up("anna", EMAIL, PASSWORD).send().expect(201);
        server.settings(&json!({"frontegg": {"mainStrategy": "Code"}}));
        for email in [EMAIL, "new@example.com"] {
            let call = server.post(&path(), &json!({"provider": "local", "email": email, "companyName": "Shop"}));
            let answer = call.header("Origin", "http://localhost:3000").send();
            assert_eq!(answer.expect(201).body, r#"{"shouldActivate":true}"#);
            server.newest(email, "verify-email", 1);
        }
        assert_eq!(server.home.count("SELECT COUNT(*) FROM users"), 2);
        let mut browser = Browser::new(&server);
        browser.post(&format!("{ID}/auth/v1/passwordless/code/prelogin"), &json!({"email": "new@example.com"})).expect(201);
        let code = server.newest("new@example.com", "sign-in", 1)["code"].as_str().unwrap().to_owned();
        let answer = browser.post(&format!("{ID}/auth/v1/passwordless/code/postlogin"), &json!({"token": code}));
        assert_eq!(answer.expect(201).json()["emailVerified"], true);
    }
}

#[test]
fn signing_up_can_be_off_or_full() {
    let server = Server::start(Kind::Sqlite);
    let words = "No new accounts are taken here at the moment.";
    let bodies = [json!({"email": EMAIL, "password": PASSWORD}), json!({"email": EMAIL})];
    for patch in [json!({"auth": {"signUp": false}}), json!({"auth": {"signUp": true, "limit": 1}})] {
        if patch["auth"]["limit"] == 1 {
            server.settings(&json!({"auth": {"signUp": true}}));
            server.sign_up("bernd", "bernd@example.org", PASSWORD).send().expect(201);
        }
        server.settings(&patch);
        for body in &bodies {
            refused(&server.post(&path(), body).header("Origin", "http://localhost:3000").send(), 400, words);
        }
    }
}

#[test]
fn no_account_is_made_where_its_link_can_lead_nowhere_or_is_not_sent() {
    let server = Server::start(Kind::Sqlite);
    let nowhere = "A link can lead nowhere: set frontegg.appUrl to the address of the application.";
    refused(&server.post(&path(), &json!({"email": EMAIL})).send(), 400, nowhere);
    server.settings(&json!({"frontegg": {"appUrl": "https://app.example.com"}, "email": {"providers": []}}));
    let unsent = "No code can be sent: the project has no provider for it.";
    refused(&server.post(&path(), &json!({"email": EMAIL})).send(), 503, unsent);
    assert_eq!(server.home.count("SELECT COUNT(*) FROM users"), 0);
}

#[test]
fn what_cannot_be_read_is_refused() {
    let server = Server::start(Kind::Sqlite);
    for (below, body, words) in [
        ("", json!({}), "email is required"),
        ("", json!({"email": EMAIL, "password": "short"}), "password must be at least 8 characters"),
        ("", json!({"email": EMAIL, "provider": "google"}), "provider must be local: there is no other here."),
        (
            "/phoneNumber",
            json!({"phoneNumber": "+14255550123"}),
            "Signing up by a phone number is not enabled. Sign up with an e-mail address.",
        ),
        (
            "/username",
            json!({"username": "anna"}),
            "Signing up by a user name is not enabled. Sign up with an e-mail address.",
        ),
    ] {
        refused(&server.post(&format!("{}{below}", path()), &body).send(), 400, words);
    }
}
