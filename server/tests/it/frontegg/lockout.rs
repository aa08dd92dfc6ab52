//! Lockout: the policy, the lock, the mail that tells of it, and the link that ends it.

use countersign_domain::db::Kind;
use countersign_domain::user::{self, Proof};
use serde_json::{Value, json};

use super::captcha::vendor;
use super::passwordless::{ask, by_sms};
use super::{Browser, EMAIL, ID, refused, with_anna};
use crate::call::Answer;
use crate::people::PASSWORD;
use crate::server::{Server, on_both};

const LOCKED: &str =
    "The account is locked because of too many failed attempts. Sign in another way, or set a new password.";
const DEAD: &str = "The link is wrong, was used or has expired. Sign in another way, or choose a new password.";

fn lockout() -> String {
    format!("{ID}/configurations/v1/lockout-policy")
}

fn try_with(server: &Server, email: &str, password: &str) -> Answer {
    server.post(&format!("{ID}/auth/v1/user"), &json!({"email": email, "password": password})).send()
}

/// Locks a password, which takes three wrong ones here.
fn lock(server: &Server, email: &str) {
    for _ in 0..3 {
        refused(&try_with(server, email, "wrong password"), 401, "Incorrect email or password");
    }
    refused(&try_with(server, email, PASSWORD), 423, LOCKED);
}

/// A server that locks passwords after three tries, and somebody with a verified address.
fn locking(kind: Kind) -> Server {
    let server = with_anna(kind);
    server.settings(&json!({"auth": {"lockout": {"maxAttempts": 3}}, "frontegg": {"rateLimits": false}}));
    server.home.write("demo", 0, |tx, ctx| user::set_email_proof(tx, ctx, "anna", Proof::Code));
    server
}

fn unlock(server: &Server, body: &Value) -> Answer {
    server.post(&format!("{ID}/users/v3/me/unlock"), body).send()
}

on_both! {
    fn a_lockout_policy_is_made_shown_and_changed(kind: Kind) {
        let server = Server::start(kind);
        refused(&vendor(&server, "GET", &lockout()).send(), 404, "Lockout policy is not defined");
        refused(
            &vendor(&server, "PATCH", &lockout()).json(&json!({"enabled": true})).send(),
            404,
            "Lockout policy is not defined",
        );
        refused(
            &vendor(&server, "POST", &lockout()).json(&json!({"maxAttempts": 0})).send(),
            400,
            "auth.lockout.maxAttempts must be from 1 to 100.",
        );
        let made = vendor(&server, "POST", &lockout()).json(&json!({"enabled": true, "maxAttempts": 4})).send();
        assert_eq!((&made.expect(201).json()["enabled"], &made.json()["maxAttempts"]), (&json!(true), &json!(4)));
        refused(
            &vendor(&server, "POST", &lockout()).json(&json!({"enabled": true})).send(),
            409,
            "Lockout policy exists already. Use PATCH to update it.",
        );
        refused(&vendor(&server, "PATCH", &lockout()).json(&json!({})).send(), 400, "Missing parameters to update");
        let changed = vendor(&server, "PATCH", &lockout()).json(&json!({"maxAttempts": 3})).send();
        assert_eq!(changed.expect(200).json()["maxAttempts"], 3);
        assert_eq!(vendor(&server, "GET", &lockout()).send().expect(200).json()["maxAttempts"], 3);
        refused(&server.get(&lockout()).send(), 401, "Unauthorized");
    }
}

on_both! {
    fn wrong_passwords_lock_an_account_known_or_not_and_a_code_unlocks_it(kind: Kind) {
        let server = by_sms(kind);
        vendor(&server, "POST", &lockout()).json(&json!({"maxAttempts": 3})).send().expect(201);
        for email in [EMAIL, "who@example.com"] {
            lock(&server, email);
            refused(&try_with(&server, email, "wrong password"), 423, LOCKED);
        }
        let mut browser = Browser::new(&server);
        let code = ask(&mut browser, &json!({"email": EMAIL}));
        browser.post(&format!("{ID}/auth/v1/passwordless/smscode/postlogin"), &json!({"token": code})).expect(201);
        refused(&try_with(&server, EMAIL, "wrong password"), 401, "Incorrect email or password");
        refused(&try_with(&server, "who@example.com", "wrong password"), 423, LOCKED);
    }
}

on_both! {
    fn the_owner_of_a_locked_password_unlocks_it_by_the_link_in_the_mail_that_tells_of_it(kind: Kind) {
        let server = locking(kind);
        server.settings(&json!({"frontegg": {"appUrl": "https://app.example.com/"}}));
        lock(&server, EMAIL);
        lock(&server, "who@example.com");
        let mail = server.newest(EMAIL, "unlock", 1);
        let link = mail["link"].as_str().unwrap();
        let token = link.strip_prefix("https://app.example.com/account/unlock?token=").expect(link);
        assert!(token.len() == 64 && token.bytes().all(|b| b.is_ascii_hexdigit()), "{link}");
        server.home.keep_secret(token);
        assert!(mail["body"].as_str().unwrap().contains("Too many wrong passwords in a row"), "{mail}");
        assert!(server.mail("who@example.com", "unlock").is_empty());

        refused(&unlock(&server, &json!({})), 400, "token is required");
        refused(&unlock(&server, &json!({"token": "0".repeat(64)})), 400, DEAD);
        assert_eq!(server.get(&format!("{ID}/users/v3/me/unlock")).send().status, 404);
        refused(&try_with(&server, EMAIL, PASSWORD), 423, LOCKED);
        let done = unlock(&server, &json!({"token": token}));
        assert_eq!((done.expect(200).body.as_str(), done.header("set-cookie")), ("{}", None));
        refused(&unlock(&server, &json!({"token": token})), 400, DEAD);
        Browser::new(&server).by_password(EMAIL).expect(200);
        refused(&try_with(&server, "who@example.com", PASSWORD), 423, LOCKED);
    }
}

on_both! {
    fn without_a_page_of_the_application_the_link_leads_to_ours_where_the_button_unlocks(kind: Kind) {
        let server = locking(kind);
        lock(&server, EMAIL);
        let link = server.newest(EMAIL, "unlock", 1)["link"].as_str().unwrap().to_owned();
        let (_, form) = link.split_once("/login/link?").expect("our own page");
        server.home.keep_secret(form.split_once("&secret=").unwrap().1);
        for _ in 0..3 {
            let page = server.get(&format!("/login/link?{form}")).send();
            let body = &page.expect(200).body;
            assert!(body.contains("Unlock your password") && body.contains("Unlock the password"), "{body}");
            assert!(!body.contains(EMAIL) && !body.contains("<script>"), "{body}");
        }
        refused(&try_with(&server, EMAIL, PASSWORD), 423, LOCKED);
        let press = || {
            let call = server.call("POST", "/login/link").without("X-Appwrite-Project");
            call.body("application/x-www-form-urlencoded", form).send()
        };
        let done = press();
        assert!(done.expect(200).body.contains("Your password is unlocked"), "{}", done.body);
        assert_eq!(done.header("set-cookie"), None);
        assert!(press().expect(400).body.contains("This link does not work"));
        Browser::new(&server).by_password(EMAIL).expect(200);
    }
}

#[test]
fn without_a_policy_the_owner_is_told_of_a_hundred_wrong_passwords() {
    let server = with_anna(Kind::Sqlite);
    server.settings(&json!({"frontegg": {"rateLimits": false}}));
    server.home.write("demo", 0, |tx, ctx| user::set_email_proof(tx, ctx, "anna", Proof::Code));
    for _ in 0..100 {
        refused(&try_with(&server, EMAIL, "wrong password"), 401, "Incorrect email or password");
    }
    let told = server.newest(EMAIL, "password-locked", 1);
    assert!(told["body"].as_str().unwrap().contains("choose a new password"), "{told}");
    assert_eq!((&told["link"], &told["code"]), (&Value::Null, &Value::Null));
    try_with(&server, EMAIL, PASSWORD).expect(429);
}
