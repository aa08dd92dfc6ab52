//! Changing a password.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use super::{Browser, EMAIL, ID, keep_tokens, refused, with_anna};
use crate::call::Answer;
use crate::people::PASSWORD;
use crate::server::{Server, on_both};

const NEW: &str = "another good password";

fn change(server: &Server, token: &str, body: &Value) -> Answer {
    let call = server.post(&format!("{ID}/users/v1/passwords/change"), body);
    call.header("Authorization", format!("Bearer {token}")).send()
}

fn token(answer: &Answer) -> String {
    answer.expect(200).json()["accessToken"].as_str().unwrap().to_owned()
}

on_both! {
    fn a_new_password_ends_the_other_sessions_and_its_owner_is_told(kind: Kind) {
        let server = with_anna(kind);
        server.home.keep_secret(NEW);
        let vendor = server.vendor_token(server.api_key());
        let verify = server.post(&format!("{ID}/users/v1/anna/verify"), &json!({}));
        verify.header("x-access-token", vendor).send().expect(200);
        let (mut here, mut elsewhere) = (Browser::new(&server), Browser::new(&server));
        let token = token(&here.by_password(EMAIL));
        elsewhere.by_password(EMAIL).expect(200);
        let wrong = json!({"password": "not this one", "newPassword": NEW});
        refused(&change(&server, &token, &wrong), 400, "The current password is wrong.");
        refused(&change(&server, &token, &json!({"newPassword": NEW})), 400, "The current password is wrong.");
        elsewhere.refresh().expect(201);
        let right = json!({"password": PASSWORD, "newPassword": NEW});
        assert_eq!(change(&server, &token, &right).expect(200).body, "{}");
        here.refresh().expect(201);
        refused(&elsewhere.refresh(), 401, "Session not found");
        server.newest(EMAIL, "password-changed", 1);
        refused(&Browser::new(&server).by_password(EMAIL), 401, "Incorrect email or password");
        let mut browser = Browser::new(&server);
        let answer = browser.post(&format!("{ID}/auth/v1/user"), &json!({"email": EMAIL, "password": NEW}));
        keep_tokens(&browser, &answer);
        answer.expect(200);
    }
}

#[test]
fn what_is_no_password_or_nobodys_is_refused() {
    let server = with_anna(Kind::Sqlite);
    let token = token(&Browser::new(&server).by_password(EMAIL));
    for (body, words) in [
        (json!({"password": PASSWORD}), "newPassword is required"),
        (json!({"password": PASSWORD, "newPassword": "short"}), "newPassword must be at least 8 characters"),
    ] {
        refused(&change(&server, &token, &body), 400, words);
    }
    let body = json!({"password": PASSWORD, "newPassword": NEW});
    refused(&change(&server, "nonsense", &body), 401, "Unauthorized");
    server.settings(&json!({"auth": {"emailPassword": false}}));
    let off = "Invalid authentication type: this way to sign in is not enabled for this project.";
    refused(&change(&server, &token, &body), 400, off);
}
