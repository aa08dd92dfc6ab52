//! Captcha.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use super::{Browser, EMAIL, ID, refused};
use crate::call::Call;
use crate::people::PASSWORD;
use crate::server::{Home, Server, on_both};

const SITE: &str = "6Lc_site_key_of_a_test_000000000000000AA";
const SECRET: &str = "6Lc_secret_of_a_test_00000000000000000AA";

fn captcha() -> String {
    format!("{ID}/configurations/v1/captcha-policy")
}

/// A call by a server.
pub fn vendor(server: &Server, method: &str, path: &str) -> Call {
    let token = server.vendor_token(server.api_key());
    server.call(method, path).without("X-Appwrite-Project").header("Authorization", format!("Bearer {token}"))
}

/// A stand-in for reCAPTCHA: the token `person` has a good score, `robot` a bad one, another is none.
fn stand_in() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (mut request, mut part) = (String::new(), [0; 4_096]);
            while !request.contains("response=") {
                match stream.read(&mut part) {
                    Ok(0) | Err(_) => break,
                    Ok(n) => request.push_str(&String::from_utf8_lossy(&part[..n])),
                }
            }
            let body = if !request.contains(&format!("secret={SECRET}")) {
                json!({"success": false, "error-codes": ["invalid-input-secret"]})
            } else if request.contains("response=person") {
                json!({"success": true, "score": 0.9})
            } else if request.contains("response=robot") {
                json!({"success": true, "score": 0.1})
            } else {
                json!({"success": false, "error-codes": ["invalid-input-response"]})
            }
            .to_string();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    format!("http://{address}/recaptcha/api")
}

fn policy() -> Value {
    json!({"enabled": true, "siteKey": SITE, "secretKey": SECRET, "minScore": 0.5, "ignoredEmails": ["test@example.com"]})
}

/// A server that asks a stand-in.
fn asking(kind: Kind, url: &str) -> Server {
    let home = Home::new(kind);
    let server = Server::with(&home, &[("COUNTERSIGN_CAPTCHA_URL", url)]);
    server.home.keep_secret(SECRET);
    server.sign_up("anna", EMAIL, PASSWORD).send().expect(201);
    server.settings(&json!({"frontegg": {"smsLogin": true, "rateLimits": false, "appUrl": "https://app.example.com"}}));
    vendor(&server, "POST", &captcha()).json(&policy()).send().expect(201);
    server
}

on_both! {
    fn a_captcha_policy_is_made_shown_and_changed_without_its_secret(kind: Kind) {
        let server = Server::start(kind);
        server.home.keep_secret(SECRET);
        refused(&vendor(&server, "GET", &captcha()).send(), 404, "Captcha policy is not defined");
        let public = server.get(&format!("{}/public", captcha())).send();
        assert_eq!(public.expect(200).json(), json!({"enabled": false, "siteKey": "", "minScore": 0.0}));
        refused(&vendor(&server, "PUT", &captcha()).json(&policy()).send(), 404, "Captcha policy is not defined");
        let bad = json!({"enabled": true, "siteKey": "no", "secretKey": SECRET, "minScore": 0.5});
        refused(
            &vendor(&server, "POST", &captcha()).json(&bad).send(),
            400,
            "frontegg.captcha.siteKey site key must be valid: the one of reCAPTCHA v3.",
        );
        refused(&vendor(&server, "POST", &captcha()).json(&json!({"siteKey": SITE})).send(), 400, "secretKey is required");
        let made = vendor(&server, "POST", &captcha()).json(&policy()).send();
        let told = made.expect(201).json();
        assert_eq!((&told["siteKey"], &told["secretKey"]), (&json!(SITE), &json!("[hidden]")));
        assert_eq!((&told["minScore"], &told["ignoredEmails"]), (&json!(0.5), &json!(["test@example.com"])));
        refused(
            &vendor(&server, "POST", &captcha()).json(&policy()).send(),
            409,
            "Captcha policy exists already. Use PUT to update it.",
        );
        let changed = vendor(&server, "PUT", &captcha()).json(&json!({"minScore": 0.7, "secretKey": "[hidden]"})).send();
        assert_eq!(changed.expect(200).json()["minScore"], 0.7);
        assert_eq!(vendor(&server, "GET", &captcha()).send().expect(200).json()["minScore"], 0.7);
        let public = server.get(&format!("{}/public", captcha())).send();
        assert_eq!(public.expect(200).json(), json!({"enabled": true, "siteKey": SITE, "minScore": 0.7}));
        refused(&server.get(&captcha()).send(), 401, "Unauthorized");
    }
}

#[test]
fn a_captcha_policy_asks_whoever_signs_in_or_up_and_nobody_else() {
    let server = asking(Kind::Sqlite, &stand_in());
    let login = |email: &str, token: Option<&str>| {
        let body = json!({"email": email, "password": PASSWORD, "recaptchaToken": token});
        Browser::new(&server).post(&format!("{ID}/auth/v1/user"), &body)
    };
    let words = "The captcha does not show that a person asks. Reload the page and try again.";
    for token in [None, Some(""), Some("robot"), Some("made up")] {
        refused(&login(EMAIL, token), 403, words);
    }
    login(EMAIL, Some("person")).expect(200);
    server.sign_up("test", "test@example.com", PASSWORD).send().expect(201);
    login("Test@Example.com", None).expect(200);
    for (path, body) in [
        ("auth/v1/passwordless/smscode/prelogin", json!({"email": EMAIL})),
        ("auth/v1/passwordless/smscode/prelogin", json!({"phoneNumber": "+14255550123"})),
        ("auth/v1/passwordless/smscode/postlogin", json!({"token": "123456"})),
        ("auth/v1/passwordless/code/prelogin", json!({"email": EMAIL})),
        ("auth/v1/passwordless/code/postlogin", json!({"token": "123456"})),
        ("auth/v1/passwordless/magiclink/prelogin", json!({"email": EMAIL})),
        ("auth/v1/passwordless/magiclink/postlogin", json!({"token": "ab".repeat(32)})),
        ("users/v1/signUp", json!({"email": "new@example.com", "password": PASSWORD})),
    ] {
        refused(&server.post(&format!("{ID}/{path}"), &body).send(), 403, words);
    }
    let sent = json!({"phoneNumber": "+14255550123", "recaptchaToken": "person"});
    server.post(&format!("{ID}/auth/v1/passwordless/smscode/prelogin"), &sent).send().expect(201);
    vendor(&server, "PUT", &captcha()).json(&json!({"enabled": false})).send().expect(200);
    login(EMAIL, None).expect(200);
}

#[test]
fn while_nobody_can_say_whether_a_person_asks_nobody_passes() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = asking(Kind::Sqlite, &format!("http://{closed}"));
    let body = json!({"email": EMAIL, "password": PASSWORD, "recaptchaToken": "person"});
    refused(
        &server.post(&format!("{ID}/auth/v1/user"), &body).send(),
        503,
        "Whether a person asks could not be found out. Nothing was done; try again in a moment.",
    );
}
