//! Sessions: cookies, bearer tokens, and what their owner does with them.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use super::{OTHER, PASSWORD, impatient, refused};
use crate::browser::Browser;
use crate::server::Server;

const CLEARED: &str =
    "nevr.session_token=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; HttpOnly; SameSite=lax";

#[test]
fn cookies_have_exactly_the_attributes_of_nevrs() {
    let server = impatient(Kind::Sqlite);
    let mut browser = Browser::new(&server);
    let sent = browser.post("/auth/phone-number/send-otp", &json!({"phoneNumber": OTHER}));
    let handle = sent.cookie("nevr.flow").unwrap().to_owned();
    assert_eq!(sent.cookies(), [format!("nevr.flow={handle}; Max-Age=300; Path=/; HttpOnly; SameSite=Lax")]);
    let code = server.code(OTHER, 1);
    let signed_in = browser.post("/auth/sign-in/phone-number", &json!({"phoneNumber": OTHER, "code": code}));
    let token = signed_in.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(
        signed_in.cookies(),
        [
            format!("nevr.session_token={token}; Max-Age=604800; Path=/; HttpOnly; SameSite=lax"),
            "nevr.flow=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; HttpOnly; SameSite=Lax".to_owned(),
        ]
    );
    let left = browser.post("/auth/sign-out", &json!({}));
    assert_eq!((left.body.as_str(), left.cookies()), (r#"{"success":true}"#, vec![CLEARED]));
    assert_eq!(browser.post("/auth/sign-out", &json!({})).expect(200).cookies(), [CLEARED], "also without a session");
    let home = server.home.clone();
    let project = json!({"nevr": {"rateLimit": false}, "sms": {"countries": ["*"]}});
    server.settings(&project);
    drop(server);
    // In production a cookie is for https alone, also where no proxy says so.
    let production = Server::in_production(&home);
    let answer = production.get("/auth/get-session").header("Cookie", "nevr.session_token=x").send();
    if answer.status == 200 {
        assert_eq!(answer.cookies(), [CLEARED.replace("Path=/; HttpOnly", "Path=/; Secure; HttpOnly")]);
    } else {
        refused(&answer, 404, "PROJECT_NOT_FOUND");
    }
}

#[test]
fn a_bearer_token_is_looked_at_before_a_cookie() {
    let server = impatient(Kind::Sqlite);
    let (mut anna, mut bert) = (Browser::new(&server), Browser::new(&server));
    let of_anna = anna.sign_in(OTHER, 1).json()["token"].as_str().unwrap().to_owned();
    bert.sign_in("+14255550124", 1).expect(200);
    let both = bert.call("GET", "/auth/get-session").header("Authorization", format!("Bearer {of_anna}")).send();
    assert_eq!(both.json()["user"]["phoneNumber"], OTHER);
    let bad = bert.call("GET", "/auth/get-session").header("Authorization", "Bearer nothing").send();
    assert_eq!((bad.body.as_str(), bad.cookies().len()), ("null", 0), "the cookie is not what is wrong");
    let alone = server.get("/auth/get-session").header("Authorization", format!("bearer {of_anna}")).send();
    let body = alone.json();
    assert_eq!(body["session"]["userId"], body["user"]["id"]);
    assert_ne!(body["session"]["token"], of_anna, "no answer but that of the sign-in holds the token");
    assert!(!alone.body.contains(&of_anna));
}

#[test]
fn who_is_signed_out_is_null_and_a_cookie_that_opens_nothing_goes() {
    let server = impatient(Kind::Sqlite);
    let guest = server.get("/auth/get-session").send();
    assert_eq!((guest.expect(200).body.as_str(), guest.cookies().len()), ("null", 0));
    let stale = server.get("/auth/get-session").header("Cookie", "nevr.session_token=x").send();
    assert_eq!((stale.expect(200).body.as_str(), stale.cookies()), ("null", vec![CLEARED]));
    let mut browser = Browser::new(&server);
    browser.sign_in(OTHER, 1).expect(200);
    server.advance(604_800);
    let late = browser.get("/auth/get-session");
    assert_eq!((late.body.as_str(), late.cookies()), ("null", vec![CLEARED]));
}

#[test]
fn a_session_that_is_used_lives_on_and_its_cookie_with_it() {
    let server = impatient(Kind::Sqlite);
    let mut browser = Browser::new(&server);
    let token = browser.sign_in(OTHER, 1).json()["token"].as_str().unwrap().to_owned();
    let expires = |answer: &Value| answer["session"]["expiresAt"].as_str().unwrap().to_owned();
    let first = expires(&browser.get("/auth/get-session").json());
    server.advance(86_300);
    let soon = browser.get("/auth/get-session");
    assert_eq!((expires(&soon.json()), soon.cookies().len()), (first.clone(), 0));
    server.advance(100);
    let due = browser.get("/auth/get-session");
    assert!(expires(&due.json()) > first);
    assert_eq!(due.cookies(), [format!("nevr.session_token={token}; Max-Age=604800; Path=/; HttpOnly; SameSite=lax")]);
    server.advance(604_799);
    assert_ne!(browser.get("/auth/get-session").body, "null");
}

#[test]
fn who_does_not_want_to_be_remembered_is_signed_in_for_a_day() {
    let server = impatient(Kind::Sqlite);
    let mut browser = Browser::new(&server);
    let sign_up = json!({"name": "Anna", "email": "anna@example.com", "password": PASSWORD, "rememberMe": false});
    let made = browser.post("/auth/sign-up/email", &sign_up);
    assert!(made.expect(200).cookies()[0].contains("; Max-Age=86400; "), "{:?}", made.cookies());
    server.advance(86_399);
    assert!(browser.get("/auth/get-session").cookies().is_empty());
    server.advance(1);
    assert_eq!(browser.get("/auth/get-session").body, "null");
    let sign_in = json!({"email": "anna@example.com", "password": PASSWORD, "callbackURL": "/home"});
    let again = browser.post("/auth/sign-in/email", &sign_in).expect(200).json();
    assert_eq!((&again["redirect"], &again["url"]), (&json!(true), &json!("/home")));
    for bad in ["//evil.example", "/\\evil.example", "javascript:alert(1)", "https://u@localhost"] {
        let sign_in = json!({"email": "anna@example.com", "password": PASSWORD, "callbackURL": bad});
        refused(&browser.post("/auth/sign-in/email", &sign_in), 403, "INVALID_CALLBACK_URL");
    }
}

#[test]
fn sessions_are_listed_and_ended_by_their_owner_alone() {
    let server = impatient(Kind::Sqlite);
    let (mut phone, mut laptop, mut bert) = (Browser::new(&server), Browser::new(&server), Browser::new(&server));
    phone.sign_in(OTHER, 1).expect(200);
    let token = laptop.sign_in(OTHER, 2).json()["token"].as_str().unwrap().to_owned();
    bert.sign_in("+14255550124", 1).expect(200);
    let list = phone.get("/auth/list-sessions").json()["sessions"].clone();
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert!(!list.to_string().contains(&token));
    let second = list[1]["token"].clone();
    assert_eq!(
        bert.post("/auth/revoke-session", &json!({"token": second})).expect(200).json(),
        json!({"status": true})
    );
    assert_ne!(laptop.get("/auth/get-session").body, "null", "it was not his to end");
    phone.post("/auth/revoke-session", &json!({"token": second})).expect(200);
    assert_eq!(laptop.get("/auth/get-session").body, "null");
    let token = laptop.sign_in(OTHER, 3).json()["token"].as_str().unwrap().to_owned();
    phone.post("/auth/revoke-session", &json!({"token": token})).expect(200);
    assert_eq!(laptop.get("/auth/get-session").body, "null");
    laptop.sign_in(OTHER, 4).expect(200);
    phone.post("/auth/revoke-other-sessions", &json!({})).expect(200);
    assert_eq!(laptop.get("/auth/get-session").body, "null");
    assert_ne!(phone.get("/auth/get-session").body, "null");
    assert_eq!(phone.post("/auth/revoke-sessions", &json!({})).expect(200).cookies(), [CLEARED]);
    refused(&phone.get("/auth/list-sessions"), 401, "UNAUTHORIZED");
}

#[test]
fn a_reset_by_phone_ends_every_session() {
    let server = impatient(Kind::Sqlite);
    let (mut anna, mut thief) = (Browser::new(&server), Browser::new(&server));
    anna.sign_in(OTHER, 1).expect(200);
    thief.sign_in(OTHER, 2).expect(200);
    anna.post("/auth/phone-number/request-password-reset", &json!({"phoneNumber": OTHER})).expect(200);
    let reset = json!({"phoneNumber": OTHER, "otp": server.code(OTHER, 3), "newPassword": PASSWORD});
    anna.post("/auth/phone-number/reset-password", &reset).expect(200);
    for browser in [&mut anna, &mut thief] {
        assert_eq!(browser.get("/auth/get-session").body, "null");
    }
    anna.post("/auth/sign-in/phone-number", &json!({"phoneNumber": OTHER, "password": PASSWORD})).expect(200);
}
