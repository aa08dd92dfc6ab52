//! The dialect of nevr clients, over the wire.

mod limit;
mod mfa;
mod session;

use std::thread;

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::call::{Answer, fields, masked};
use crate::server::{Server, eventually, on_both};

/// The number of the examples, which nobody can have.
const NUMBER: &str = "+1234567890";
const OTHER: &str = "+14255550123";
const PASSWORD: &str = "new-secure-password";

impl Browser<'_> {
    /// Asks for a code; it is the `count`-th code to this number.
    #[track_caller]
    pub(super) fn code(&mut self, phone: &str, count: usize) -> String {
        self.post("/auth/phone-number/send-otp", &json!({"phoneNumber": phone})).expect(200);
        eventually("a code", || {
            let codes: Vec<_> =
                self.server.inbox(phone).iter().filter_map(|m| m["code"].as_str().map(str::to_owned)).collect();
            (codes.len() >= count).then(|| codes[0].clone())
        })
    }

    /// Signs in; `count` as above.
    #[track_caller]
    pub(super) fn sign_in(&mut self, phone: &str, count: usize) -> Answer {
        let code = self.code(phone, count);
        self.post("/auth/sign-in/phone-number", &json!({"phoneNumber": phone, "code": code}))
    }
}

/// Status and name of a refusal, whose body must have the dialect's shape.
#[track_caller]
pub(super) fn refused(answer: &Answer, status: u16, code: &str) {
    let body = answer.json();
    let names: Vec<_> = fields(&answer.body).into_iter().map(|(name, _)| name).collect();
    assert_eq!((answer.status, body["error"]["code"].as_str()), (status, Some(code)), "{}", answer.raw);
    assert_eq!((&body["code"], &body["message"]), (&body["error"]["code"], &body["error"]["message"]));
    let usual = ["error", "code", "message"];
    assert_eq!(names[..3], usual, "{}", answer.raw);
    assert_eq!(names.len() > 3, code == "VALIDATION_ERROR", "{}", answer.raw);
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
}

/// A server whose cool-downs are over at once.
pub(super) fn impatient(kind: Kind) -> Server {
    let server = Server::start(kind);
    server.settings(&json!({"otp": {"resendSeconds": [0]}}));
    server
}

#[test]
fn the_documents_requests_are_answered_as_it_shows() {
    let server = Server::start(Kind::Sqlite);
    let mut browser = Browser::new(&server);
    let sent = browser.post("/auth/phone-number/send-otp", &json!({"phoneNumber": NUMBER}));
    assert_eq!(sent.expect(200).body, r#"{"success":true,"expiresIn":300}"#);
    let code = server.code(NUMBER, 1);
    let shown = json!({"phoneNumber": NUMBER, "code": code});
    let verified = browser.post("/auth/phone-number/verify", &shown);
    assert!(verified.expect(200).body.starts_with(r#"{"success":true,"verified":true,"#), "{}", verified.body);
    assert_eq!(verified.json()["token"], Value::Null);
    assert!(browser.cookie("nevr.session_token").is_none(), "nobody is signed in by it");
    assert_eq!(server.home.count("SELECT COUNT(*) FROM users WHERE pending = FALSE"), 0);
    let signed_in = browser.post("/auth/sign-in/phone-number", &shown);
    let token = signed_in.expect(200).json()["token"].as_str().unwrap().to_owned();
    let user = signed_in.json()["user"].clone();
    assert_eq!((&user["phoneNumber"], &user["phoneNumberVerified"]), (&json!(NUMBER), &json!(true)));
    let names: Vec<_> = fields(&signed_in.body).into_iter().map(|(name, _)| name).collect();
    assert_eq!((token.len(), names), (43, vec!["token".to_owned(), "user".to_owned()]));
    refused(&browser.post("/auth/sign-in/phone-number", &shown), 400, "INVALID_OTP");
    let asked = browser.post("/auth/phone-number/request-password-reset", &json!({"phoneNumber": NUMBER}));
    assert_eq!(asked.expect(200).body, r#"{"success":true}"#);
    let reset = json!({"phoneNumber": NUMBER, "otp": server.code(NUMBER, 2), "newPassword": "new-pass"});
    server.home.keep_secret("new-pass");
    assert_eq!(browser.post("/auth/phone-number/reset-password", &reset).expect(200).body, r#"{"success":true}"#);
    refused(&browser.post("/auth/phone-number/reset-password", &reset), 400, "PASSWORD_RESET_OTP_INVALID");
    let headers = signed_in.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let guarded: Vec<_> = headers.filter(|(name, _)| name.starts_with("x-") && *name != "x-request-id").collect();
    assert!(guarded.contains(&("x-content-type-options", "nosniff")), "{guarded:?}");
    assert!(guarded.contains(&("x-frame-options", "DENY")) && guarded.contains(&("x-xss-protection", "1; mode=block")));
}

#[test]
fn every_mount_serves_the_same_and_a_client_with_its_base_url_twice_is_served() {
    let server = impatient(Kind::Sqlite);
    for (n, mount) in ["/auth", "/api/auth", "/api/api/auth", "/api//auth/"].into_iter().enumerate() {
        let mut browser = Browser::new(&server);
        browser.post(&format!("{mount}/phone-number/send-otp"), &json!({"phoneNumber": OTHER})).expect(200);
        let code = server.code(OTHER, n + 1);
        let shown = json!({"phoneNumber": OTHER, "code": code});
        browser.post(&format!("{mount}/sign-in/phone-number/"), &shown).expect(200);
        assert_eq!(browser.get(&format!("{mount}/get-session")).json()["user"]["phoneNumber"], OTHER);
        assert_eq!(browser.get(&format!("{mount}/session")).json()["user"]["phoneNumber"], OTHER);
    }
    for path in ["/api/health", "/api/_health"] {
        let health = server.get(path).send().expect(200).json();
        assert_eq!(health["status"], "ok");
        assert!(crate::call::is_date(health["timestamp"].as_str().unwrap()));
    }
    for path in ["/auth", "/auth/nothing", "/api/nothing", "/auth/Get-Session", "/auth/./get-session"] {
        let answer = server.get(path).send();
        refused(&answer, 404, "NOT_FOUND");
        assert_eq!(answer.json()["message"], "Endpoint not found");
    }
    refused(&server.get("/auth/sign-out").send(), 404, "NOT_FOUND");
    refused(&server.call("OPTIONS", "/auth/sign-out").send(), 404, "NOT_FOUND");
    assert_eq!(server.call("HEAD", "/auth/get-session").send().status, 404);
}

#[test]
fn bodies_that_cannot_be_read_are_refused_as_json_and_an_empty_one_is_an_empty_object() {
    let server = Server::start(Kind::Sqlite);
    let path = "/auth/phone-number/send-otp";
    for (kind, body) in
        [("application/json", "{"), ("application/json", "[]"), ("text/plain", r#"{"phoneNumber":"+1"}"#)]
    {
        refused(&server.call("POST", path).body(kind, body).send(), 400, "BAD_REQUEST");
    }
    let empty = server.call("POST", path).send();
    refused(&empty, 400, "VALIDATION_ERROR");
    assert_eq!(empty.json()["errors"], json!({"phoneNumber": ["phoneNumber is required"]}));
    assert_eq!(empty.json()["message"], "Validation failed");
    for bad in [json!(5), json!([]), json!(""), json!(true), json!({"a": 1})] {
        refused(&server.post(path, &json!({"phoneNumber": bad})).send(), 400, "VALIDATION_ERROR");
    }
    for bad in ["12", "anna", "+1425555012345678", "+19002345678"] {
        refused(&server.post(path, &json!({"phoneNumber": bad})).send(), 400, "INVALID_PHONE_NUMBER");
    }
    let code = json!({"phoneNumber": OTHER, "code": 123_456});
    for path in ["/auth/sign-in/phone-number", "/auth/phone-number/verify"] {
        refused(&server.post(path, &code).send(), 400, "VALIDATION_ERROR");
    }
    let short = json!({"phoneNumber": OTHER, "otp": "123456", "newPassword": "short"});
    let answer = server.post("/auth/phone-number/reset-password", &short).send();
    refused(&answer, 400, "VALIDATION_ERROR");
    assert_eq!(answer.json()["errors"]["newPassword"], json!(["newPassword must be at least 8 characters"]));
    assert_eq!(server.post("/auth/sign-out", &json!({})).send().status, 200);
    assert_eq!(server.call("POST", "/auth/sign-out").send().status, 200);
}

#[test]
fn every_name_of_the_contract_is_told_where_it_belongs() {
    let server = impatient(Kind::Sqlite);
    let mut anna = Browser::new(&server);
    let sign_in = |phone: &str, code: &str| json!({"phoneNumber": phone, "code": code});
    refused(&anna.post("/auth/phone-number/verify", &sign_in(OTHER, "123456")), 400, "INVALID_OTP");
    let code = anna.code(OTHER, 1);
    refused(&anna.post("/auth/sign-in/phone-number", &sign_in(OTHER, &wrong(&code))), 400, "INVALID_OTP");
    server.advance(300);
    refused(&anna.post("/auth/sign-in/phone-number", &sign_in(OTHER, &code)), 400, "OTP_EXPIRED");
    let code = anna.code(OTHER, 2);
    for _ in 0..5 {
        refused(&anna.post("/auth/phone-number/verify", &sign_in(OTHER, &wrong(&code))), 400, "INVALID_OTP");
    }
    let spent = anna.post("/auth/sign-in/phone-number", &sign_in(OTHER, &code));
    refused(&spent, 429, "TOO_MANY_ATTEMPTS");
    assert!(spent.number("retry-after").unwrap() >= 1);
    anna.sign_in(OTHER, 3).expect(200);
    refused(&anna.post("/auth/update-user", &json!({"phoneNumber": NUMBER})), 400, "PHONE_NUMBER_CANNOT_BE_UPDATED");
    refused(&anna.post("/auth/update-user", &json!({"email": "a@example.com"})), 400, "EMAIL_CAN_NOT_BE_UPDATED");
    refused(&anna.post("/auth/update-user", &json!({})), 400, "BAD_REQUEST");
    let image = json!({"name": "Anna", "image": "https://example.com/anna.png", "phoneNumberVerified": false});
    let updated = anna.post("/auth/update-user", &image).expect(200).json();
    assert_eq!((&updated["status"], &updated["user"]["name"]), (&json!(true), &json!("Anna")));
    assert_eq!((&updated["user"]["image"], &updated["user"]["phoneNumberVerified"]), (&image["image"], &json!(true)));

    let by_password = json!({"phoneNumber": OTHER, "password": "not the password"});
    let answer = Browser::new(&server).post("/auth/sign-in/phone-number", &by_password);
    refused(&answer, 401, "INVALID_PHONE_NUMBER_OR_PASSWORD");
    // Another account has the number.
    let mut bert = Browser::new(&server);
    let sign_up = json!({"name": "Bert", "email": "bert@example.com", "password": PASSWORD, "phoneNumber": OTHER,
        "phoneNumberVerified": true});
    let made = bert.post("/auth/sign-up/email", &sign_up).expect(200).json();
    assert_eq!((&made["user"]["phoneNumber"], &made["user"]["phoneNumberVerified"]), (&json!(OTHER), &json!(false)));
    refused(&Browser::new(&server).post("/auth/sign-up/email", &sign_up), 409, "USER_ALREADY_EXISTS");
    let code = bert.code(OTHER, 4);
    refused(&bert.post("/auth/phone-number/verify", &sign_in(OTHER, &code)), 409, "PHONE_NUMBER_ALREADY_EXISTS");
    let bad = json!({"email": "bert@example.com", "password": "not the password"});
    refused(&Browser::new(&server).post("/auth/sign-in/email", &bad), 401, "INVALID_EMAIL_OR_PASSWORD");

    server.settings(&json!({"auth": {"passwordDictionary": true}}));
    let weak = json!({"currentPassword": PASSWORD, "newPassword": "password"});
    refused(&bert.post("/auth/change-password", &weak), 400, "PASSWORD_TOO_WEAK");
    let change = |old: &str| json!({"currentPassword": old, "newPassword": "another-secure-password"});
    refused(&bert.post("/auth/change-password", &change("not it")), 400, "INVALID_PASSWORD");
    assert_eq!(bert.post("/auth/change-password", &change(PASSWORD)).expect(200).json()["status"], true);
    server.advance(301);
    refused(&bert.post("/auth/change-password", &change("another-secure-password")), 403, "SESSION_NOT_FRESH");
    assert_eq!(bert.get("/auth/list-accounts").json()[0]["providerId"], "credential");

    server.settings(&json!({"nevr": {"countries": ["DE"]}}));
    let ask = json!({"phoneNumber": OTHER});
    refused(&server.post("/auth/phone-number/send-otp", &ask).send(), 400, "INVALID_PHONE_NUMBER");
    server.settings(&json!({"nevr": {"countries": []}, "sms": {"providers": []}}));
    refused(&server.post("/auth/phone-number/send-otp", &ask).send(), 503, "SEND_OTP_NOT_IMPLEMENTED");
    server.settings(&json!({"auth": {"phone": false}}));
    refused(&server.post("/auth/phone-number/send-otp", &ask).send(), 403, "METHOD_DISABLED");
    server.settings(&json!({"nevr": {"enabled": false}}));
    refused(&server.post("/auth/phone-number/send-otp", &ask).send(), 403, "API_DISABLED");
}

#[test]
fn a_number_that_only_a_key_set_needs_its_proof_before_a_password_signs_in_by_it() {
    let server = impatient(Kind::Sqlite);
    let new = json!({"userId": "anna", "phone": OTHER, "password": PASSWORD});
    server.post("/v1/users", &new).header("X-Appwrite-Key", server.api_key()).send().expect(201);
    let by_password = json!({"phoneNumber": OTHER, "password": PASSWORD, "rememberMe": false});
    let mut browser = Browser::new(&server);
    refused(&browser.post("/auth/sign-in/phone-number", &by_password), 401, "PHONE_NUMBER_NOT_VERIFIED");
    server.settings(&json!({"nevr": {"requireVerification": false}}));
    let signed_in = browser.post("/auth/sign-in/phone-number", &by_password);
    assert_eq!(signed_in.expect(200).json()["user"]["phoneNumberVerified"], false);
    assert!(signed_in.cookies()[0].contains("; Max-Age=86400; "), "{:?}", signed_in.cookies());
}

on_both! {
    fn of_64_who_race_with_one_code_exactly_one_signs_in(kind: Kind) {
        let server = impatient(kind);
        for holds in [true, false] {
            let mut browser = Browser::new(&server);
            let code = browser.code(OTHER, if holds { 1 } else { 2 });
            let call = if holds { browser.call("POST", "/auth/sign-in/phone-number") } else {
                Browser::new(&server).call("POST", "/auth/sign-in/phone-number")
            };
            let call = call.json(&json!({"phoneNumber": OTHER, "code": code}));
            let won: usize = thread::scope(|scope| {
                let racers: Vec<_> = (0..64).map(|_| scope.spawn(|| usize::from(call.send().status == 200))).collect();
                racers.into_iter().map(|racer| racer.join().unwrap()).sum()
            });
            assert_eq!(won, 1, "{holds}");
        }
        assert_eq!(server.home.count("SELECT COUNT(*) FROM sessions"), 2);
    }
}

#[test]
fn a_known_and_an_unknown_number_get_the_same_answers_to_the_byte() {
    let server = impatient(Kind::Sqlite);
    let (known, unknown) = (OTHER, "+14255550199");
    Browser::new(&server).sign_in(known, 1).expect(200);
    server.settings(&json!({"nevr": {"allowSignUp": false}}));
    for (path, body) in [
        ("/auth/phone-number/send-otp", json!({})),
        ("/auth/phone-number/request-password-reset", json!({})),
        ("/auth/phone-number/verify", json!({"code": "000000"})),
        ("/auth/sign-in/phone-number", json!({"code": "000000"})),
        ("/auth/sign-in/phone-number", json!({"password": "not the password"})),
        ("/auth/phone-number/reset-password", json!({"otp": "000000", "newPassword": PASSWORD})),
    ] {
        let [a, b] = [known, unknown].map(|phone| {
            let mut body = body.clone();
            body["phoneNumber"] = json!(phone);
            let answer = server.post(path, &body).send();
            let handle =
                answer.cookies().iter().find_map(|c| c.split(';').next()?.split_once('=')).map(|c| c.1.to_owned());
            let raw = masked(&answer.raw);
            handle.map_or(raw.clone(), |handle| raw.replace(&handle, "*"))
        });
        assert_eq!(a, b, "{path}");
    }
    server.settled();
    let users = server.home.count("SELECT COUNT(*) FROM users");
    assert_eq!(users, 1, "sign-up switched off means no path makes a user");
}

#[test]
fn with_the_flow_cookie_the_owners_code_survives_whatever_strangers_guess() {
    let server = impatient(Kind::Sqlite);
    let mut anna = Browser::new(&server);
    let code = anna.code(OTHER, 1);
    let guess = |code: &str| json!({"phoneNumber": OTHER, "code": code});
    for _ in 0..5 {
        let answer = Browser::new(&server).post("/auth/sign-in/phone-number", &guess(&wrong(&code)));
        refused(&answer, 400, "INVALID_OTP");
    }
    // From this network the number alone opens nothing any more, not even with the right code.
    let spent = Browser::new(&server).post("/auth/sign-in/phone-number", &guess(&code));
    refused(&spent, 429, "TOO_MANY_ATTEMPTS");
    assert!(spent.number("retry-after").unwrap() > 0);
    for _ in 0..4 {
        refused(&anna.post("/auth/phone-number/verify", &guess(&wrong(&code))), 400, "INVALID_OTP");
    }
    anna.post("/auth/sign-in/phone-number", &guess(&code)).expect(200);
}

#[test]
fn a_number_is_added_to_the_account_that_is_signed_in_and_to_no_other() {
    let server = impatient(Kind::Sqlite);
    let mut anna = Browser::new(&server);
    let sign_up = json!({"name": "Anna", "email": "anna@example.com", "password": PASSWORD});
    anna.post("/auth/sign-up/email", &sign_up).expect(200);
    let code = anna.code(OTHER, 1);
    let shown = json!({"phoneNumber": OTHER, "code": code, "updatePhoneNumber": true, "disableSession": true});
    refused(&Browser::new(&server).post("/auth/phone-number/verify", &shown), 400, "INVALID_OTP");
    assert_eq!(anna.get("/auth/get-session").json()["user"]["phoneNumber"], Value::Null);
    let verified = anna.post("/auth/phone-number/verify", &shown).expect(200).json();
    assert_eq!((&verified["verified"], &verified["user"]["phoneNumber"]), (&json!(true), &json!(OTHER)));
    assert_eq!(anna.get("/auth/get-session").json()["user"]["phoneNumberVerified"], true);
    refused(&anna.post("/auth/phone-number/verify", &shown), 400, "INVALID_OTP");
    // From now on the number signs in to this account.
    let signed_in = Browser::new(&server).sign_in(OTHER, 2).expect(200).json();
    assert_eq!(signed_in["user"]["email"], "anna@example.com");
}

#[test]
fn a_project_is_found_by_the_host_under_which_it_is_called() {
    let server = impatient(Kind::Sqlite);
    server.home.create_project("shop", &[]);
    server.home.write("shop", 0, |tx, ctx| {
        let patch = json!({"nevr": {"hosts": ["shop.example.com"], "enabled": false}});
        countersign_domain::project::update(tx, ctx, "shop", None, &patch).map(drop)
    });
    eventually("the other project answers", || {
        let answer = server.get("/auth/get-session").host("Shop.example.com:8443").send();
        (answer.status == 403).then_some(())
    });
    assert_eq!(server.get("/auth/get-session").host("other.example.com").send().body, "null");
}

#[test]
fn a_foreign_page_changes_nothing_and_a_platform_reads_with_its_cookies() {
    let server = Server::start(Kind::Sqlite);
    let ask = json!({"phoneNumber": OTHER});
    for origin in ["https://evil.example", "null"] {
        let answer = server.post("/auth/phone-number/send-otp", &ask).header("Origin", origin).send();
        refused(&answer, 403, "INVALID_ORIGIN");
        let read = server.get("/auth/get-session").header("Origin", origin).send();
        assert_eq!(read.header("access-control-allow-origin"), None);
        assert_eq!(server.call("OPTIONS", "/auth/sign-out").header("Origin", origin).send().status, 404);
    }
    let page = "http://localhost:3000";
    let answer = server.post("/auth/phone-number/send-otp", &ask).header("Origin", page).send();
    assert_eq!(answer.expect(200).header("access-control-allow-origin"), Some(page));
    assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
    let preflight = server.call("OPTIONS", "/auth/sign-out").header("Origin", page).send();
    assert_eq!(preflight.expect(204).header("access-control-max-age"), Some("86400"));
    assert_eq!(preflight.header("access-control-allow-headers"), Some("Content-Type, Authorization, X-Requested-With"));
}

/// A code that differs in its last digit.
pub(super) fn wrong(code: &str) -> String {
    let (head, last) = code.split_at(code.len() - 1);
    format!("{head}{}", if last == "0" { "1" } else { "0" })
}
