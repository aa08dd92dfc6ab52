//! Second factors.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use super::{OTHER, PASSWORD, impatient, refused, wrong};
use crate::browser::Browser;
use crate::server::Server;

const EMAIL: &str = "anna@example.com";

/// Sets up an app; its seed and the backup codes.
fn enable(server: &Server, browser: &mut Browser<'_>, password: &Value) -> (String, Vec<String>) {
    let made =
        browser.post("/auth/two-factor/enable", &json!({"password": password, "issuer": "Shop"})).expect(200).json();
    let seed = made["secret"].as_str().unwrap().to_owned();
    let codes: Vec<_> =
        made["backupCodes"].as_array().unwrap().iter().map(|c| c.as_str().unwrap().to_owned()).collect();
    for secret in codes.iter().chain([&seed]) {
        server.home.keep_secret(secret);
    }
    assert!(made["totpUri"].as_str().unwrap().starts_with("otpauth://totp/Shop:"), "{made}");
    assert_eq!(browser.get("/auth/get-session").json()["user"]["twoFactorEnabled"], false, "not before it is verified");
    let code = server.totp(&seed);
    refused(&browser.post("/auth/two-factor/verify-setup", &json!({"code": wrong(&code)})), 401, "INVALID_CODE");
    let on = browser.post("/auth/two-factor/verify-setup", &json!({"code": code}));
    assert_eq!(on.expect(200).body, r#"{"success":true,"twoFactorEnabled":true}"#);
    server.advance(60);
    (seed, codes)
}

/// What a sign-in answers that waits for a second factor.
fn redirected(browser: &Browser<'_>, answer: &crate::call::Answer) {
    assert_eq!(answer.expect(200).json()["twoFactorRedirect"], true, "{}", answer.raw);
    assert!(answer.json()["message"].is_string());
    let waiting = browser.cookie("nevr.two_factor").unwrap();
    let line = format!("nevr.two_factor={waiting}; Max-Age=300; Path=/; HttpOnly; SameSite=lax");
    assert!(answer.cookies().contains(&line.as_str()), "{:?}", answer.cookies());
    assert!(browser.cookie("nevr.session_token").is_none());
}

#[test]
fn phone_sign_in_waits_for_the_second_factor() {
    let server = impatient(Kind::Sqlite);
    let mut browser = Browser::new(&server);
    browser.sign_in(OTHER, 1).expect(200);
    let (seed, codes) = enable(&server, &mut browser, &Value::Null);
    browser.post("/auth/sign-out", &json!({})).expect(200);
    let answer = browser.sign_in(OTHER, 2);
    redirected(&browser, &answer);
    assert_eq!(browser.get("/auth/get-session").body, "null");
    // Its token opens nothing else, in whatever form it is shown.
    let token = browser.cookie("nevr.two_factor").unwrap().split('.').next().unwrap().to_owned();
    for call in [
        server.get("/auth/list-sessions").header("Authorization", format!("Bearer {token}")),
        server.get("/auth/list-sessions").header("Cookie", format!("nevr.session_token={token}")),
        server.post("/auth/two-factor/disable", &json!({})).header("Authorization", format!("Bearer {token}")),
    ] {
        refused(&call.send(), 401, "TWO_FACTOR_REQUIRED");
    }
    let code = server.totp(&seed);
    refused(&browser.post("/auth/two-factor/verify-totp", &json!({"code": wrong(&code)})), 401, "INVALID_CODE");
    let shown = browser.post("/auth/two-factor/verify-totp", &json!({"code": code})).expect(200).json();
    assert_eq!(shown["user"]["twoFactorEnabled"], true);
    assert_ne!(shown["token"], token, "the token before it is dead");
    assert_eq!(browser.cookie("nevr.session_token"), shown["token"].as_str());
    assert!(browser.cookie("nevr.two_factor").is_none());
    assert_eq!(browser.get("/auth/get-session").json()["user"]["phoneNumber"], OTHER);
    let old = server.get("/auth/get-session").header("Authorization", format!("Bearer {token}")).send();
    assert_eq!(old.body, "null");
    // A backup code helps out, once.
    for (codes, works) in [(&codes[0], true), (&codes[0], false), (&codes[1], true)] {
        let mut other = Browser::new(&server);
        let count = server.inbox(OTHER).iter().filter(|m| m["template"] == "sign-in").count();
        other.post("/auth/phone-number/send-otp", &json!({"phoneNumber": OTHER})).expect(200);
        let code = server.newest(OTHER, "sign-in", count + 1)["code"].as_str().unwrap().to_owned();
        other.post("/auth/sign-in/phone-number", &json!({"phoneNumber": OTHER, "code": code})).expect(200);
        let answer = other.post("/auth/two-factor/verify-backup-code", &json!({"code": codes}));
        if works {
            assert!(answer.expect(200).json()["remainingBackupCodes"].as_i64().unwrap() < 6);
        } else {
            refused(&answer, 401, "INVALID_BACKUP_CODE");
        }
    }
}

#[test]
fn sign_in_by_email_and_by_password_wait_for_it_too_and_a_reset_keeps_it() {
    let server = impatient(Kind::Sqlite);
    let mut browser = Browser::new(&server);
    let sign_up = json!({"name": "Anna", "email": EMAIL, "password": PASSWORD});
    browser.post("/auth/sign-up/email", &sign_up).expect(200);
    let code = browser.code(OTHER, 1);
    browser.post("/auth/phone-number/verify", &json!({"phoneNumber": OTHER, "code": code})).expect(200);
    refused(&browser.post("/auth/two-factor/enable", &json!({"password": "not it"})), 400, "INVALID_PASSWORD");
    refused(&browser.post("/auth/two-factor/enable", &json!({})), 400, "INVALID_PASSWORD");
    let (seed, _) = enable(&server, &mut browser, &json!(PASSWORD));
    let by_email = json!({"email": EMAIL, "password": PASSWORD, "rememberMe": false});
    let mut other = Browser::new(&server);
    let answer = other.post("/auth/sign-in/email", &by_email);
    redirected(&other, &answer);
    let shown = other.post("/auth/two-factor/verify-totp", &json!({"code": server.totp(&seed)}));
    assert!(shown.expect(200).cookies()[0].contains("; Max-Age=86400; "), "{:?}", shown.cookies());
    let mut third = Browser::new(&server);
    let answer = third.post("/auth/sign-in/phone-number", &json!({"phoneNumber": OTHER, "password": PASSWORD}));
    redirected(&third, &answer);
    // A code to the number is another factor than the password.
    third.post("/auth/two-factor/send-otp", &json!({})).expect(200);
    let code = server.newest(OTHER, "mfa", 1)["code"].as_str().unwrap().to_owned();
    third.post("/auth/two-factor/verify-otp", &json!({"code": code})).expect(200);
    third.post("/auth/phone-number/request-password-reset", &json!({"phoneNumber": OTHER})).expect(200);
    let code = server.newest(OTHER, "recovery", 1)["code"].as_str().unwrap().to_owned();
    let reset = json!({"phoneNumber": OTHER, "otp": code, "newPassword": "another-secure-password"});
    third.post("/auth/phone-number/reset-password", &reset).expect(200);
    let again = json!({"phoneNumber": OTHER, "password": "another-secure-password"});
    let mut fourth = Browser::new(&server);
    let answer = fourth.post("/auth/sign-in/phone-number", &again);
    redirected(&fourth, &answer);
    server.advance(300);
    let late = fourth.post("/auth/two-factor/verify-totp", &json!({"code": server.totp(&seed)}));
    refused(&late, 401, "INVALID_TWO_FACTOR_COOKIE");
}

#[test]
fn second_factors_are_switched_off_by_password_and_factor() {
    let server = impatient(Kind::Sqlite);
    let mut browser = Browser::new(&server);
    let sign_up = json!({"name": "Anna", "email": EMAIL, "password": PASSWORD});
    browser.post("/auth/sign-up/email", &sign_up).expect(200);
    let (seed, _) = enable(&server, &mut browser, &json!(PASSWORD));
    let password = json!({"password": PASSWORD});
    let others = browser.post("/auth/two-factor/generate-backup-codes", &password).expect(200).json();
    assert_eq!(others["backupCodes"].as_array().unwrap().len(), 6);
    server.advance(1_800);
    refused(&browser.post("/auth/two-factor/disable", &password), 403, "TWO_FACTOR_REQUIRED");
    refused(&browser.post("/auth/two-factor/get-totp-uri", &password), 403, "TWO_FACTOR_REQUIRED");
    browser.post("/auth/two-factor/verify-totp", &json!({"code": server.totp(&seed)})).expect(200);
    refused(&browser.post("/auth/two-factor/get-totp-uri", &json!({"password": "not it"})), 400, "INVALID_PASSWORD");
    let again = browser.post("/auth/two-factor/get-totp-uri", &password).expect(200).json();
    assert!(again["totpURI"].as_str().unwrap().contains(&format!("secret={seed}&")), "another app gets the same seed");
    assert_eq!(again["totpUri"], again["totpURI"]);
    refused(&browser.post("/auth/two-factor/disable", &json!({"password": "not it"})), 400, "INVALID_PASSWORD");
    let off = browser.post("/auth/two-factor/disable", &password);
    assert_eq!(off.expect(200).body, r#"{"success":true,"twoFactorEnabled":false}"#);
    refused(&browser.post("/auth/two-factor/disable", &password), 400, "TWO_FACTOR_NOT_ENABLED");
    refused(&browser.post("/auth/two-factor/get-totp-uri", &password), 400, "TWO_FACTOR_NOT_ENABLED");
    refused(&browser.post("/auth/two-factor/verify-totp", &json!({"code": "123456"})), 400, "TWO_FACTOR_NOT_ENABLED");
    refused(&browser.post("/auth/two-factor/send-otp", &json!({})), 400, "OTP_NOT_ENABLED");
    // What nevr leaves open to anybody is not there.
    refused(&browser.post("/auth/two-factor/generate-totp", &json!({"secret": seed})), 404, "NOT_FOUND");
}
