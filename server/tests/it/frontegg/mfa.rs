//! Second factors: set up, shown on the way in, given up.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use super::Browser;
use crate::call::{Answer, Call, is_uuid};
use crate::people::PASSWORD;
use crate::server::{Server, on_both};

pub(super) const MFA: &str = "/identity/resources/users/v1/mfa";
pub(super) const LOGIN: &str = "/identity/resources/auth/v1/user/mfa";
pub(super) const EMAIL: &str = "anna@example.com";
pub(super) const PHONE: &str = "+14255550123";
pub(super) const OTHER: &str = "+14255550124";

/// A client of Frontegg's: its cookies and its access token.
pub(super) struct Client<'a> {
    pub server: &'a Server,
    browser: Browser<'a>,
    token: Option<String>,
}

impl<'a> Client<'a> {
    pub fn new(server: &'a Server) -> Self {
        Self { server, browser: Browser::new(server), token: None }
    }

    fn call(&self, method: &str, path: &str) -> Call {
        let call = self.browser.call(method, path);
        match &self.token {
            Some(token) => call.header("Authorization", format!("Bearer {token}")),
            None => call,
        }
    }

    /// Keeps cookies and access token of an answer.
    fn keep(&mut self, answer: &Answer) {
        self.browser.keep(answer);
        super::keep_tokens(&self.browser, answer);
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        for name in ["otcToken", "recoveryCode", "secret"] {
            if let Some(secret) = body[name].as_str() {
                self.server.home.keep_secret(secret);
            }
        }
        if let Some(token) = body["accessToken"].as_str() {
            self.token = Some(token.to_owned());
        }
    }

    pub fn post(&mut self, path: &str, body: &Value) -> Answer {
        let answer = self.call("POST", path).json(body).send();
        self.keep(&answer);
        answer
    }

    pub fn get(&self, path: &str) -> Answer {
        self.call("GET", path).send()
    }

    /// Signs in by password; gives the body.
    pub fn knock(&mut self) -> Value {
        let body = json!({"email": EMAIL, "password": PASSWORD});
        self.token = None;
        self.post("/identity/resources/auth/v1/user", &body).expect(200).json()
    }

    /// What the newest access token says.
    fn claims(&self) -> Value {
        let payload = self.token.as_deref().unwrap().split('.').nth(1).unwrap();
        serde_json::from_slice(&data_encoding::BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap()).unwrap()
    }

    /// Sets a number up; gives what came of it.
    pub fn add_phone(&mut self, phone: &str, count: usize) -> Value {
        let sent = self.post(&format!("{MFA}/sms/enroll"), &json!({"phoneNumber": phone})).expect(200).json();
        assert_eq!(sent["phoneNumber"], phone);
        let code = self.server.code(phone, count);
        let shown = json!({"otcToken": sent["otcToken"], "code": code});
        self.post(&format!("{MFA}/sms/enroll/verify"), &shown).expect(200).json()
    }

    /// Sets an app up; gives its seed and what came of it.
    pub fn add_app(&mut self) -> (String, Value) {
        let app = self.post(&format!("{MFA}/authenticator/enroll"), &json!({})).expect(200).json();
        assert!(app["qrCode"].as_str().unwrap().starts_with("data:image/png;base64,iVBOR"), "{app}");
        let seed = app["secret"].as_str().unwrap().to_owned();
        let code = self.server.totp(&seed);
        let done = self.post(&format!("{MFA}/authenticator/enroll/verify"), &json!({"token": code})).expect(200).json();
        (seed, done)
    }

    pub fn devices(&self) -> Value {
        self.get(&format!("{MFA}/devices")).expect(200).json()
    }
}

/// A call of a server, with the key of `--dev`.
pub(super) fn vendor(server: &Server, method: &str, path: &str) -> Call {
    let body = json!({"clientId": server.facts["clientId"], "secret": server.api_key()});
    let token = server.post("/auth/vendor", &body).send().expect(200).json()["token"].as_str().unwrap().to_owned();
    server.home.keep_secret(&token);
    server.call(method, path).header("Authorization", format!("Bearer {token}"))
}

/// Status and first words of a refusal.
#[track_caller]
pub(super) fn refused(answer: &Answer, status: u16, words: &str) {
    let said = answer.json()["errors"][0].as_str().unwrap_or_default().to_owned();
    assert!(answer.status == status && said.starts_with(words), "{status} {words}: {}", answer.raw);
    assert!(answer.header("frontegg-trace-id").is_some(), "{}", answer.raw);
}

/// A server without waits, on which Anna has an address and a password.
pub(super) fn with_anna(kind: Kind) -> Server {
    let server = Server::start(kind);
    server.settings(&json!({"otp": {"resendSeconds": [0]}, "frontegg": {"rateLimits": false}}));
    server.sign_up("anna", EMAIL, PASSWORD).send().expect(201);
    for phone in [PHONE, OTHER] {
        server.home.keep_secret(phone);
    }
    server
}

/// A code that is none.
fn wrong(code: &str) -> String {
    let (head, last) = code.split_at(code.len() - 1);
    format!("{head}{}", if last == "0" { "1" } else { "0" })
}

on_both! {
    fn a_number_is_set_up_asked_for_at_the_next_sign_in_and_given_up_again(kind: Kind) {
        let server = with_anna(kind);
        let mut anna = Client::new(&server);
        assert_eq!(anna.knock()["mfaRequired"], false);
        assert_eq!(anna.claims()["amr"], json!(["pwd"]));
        let none = json!({"webauthn": [], "phones": [], "authenticators": [], "emails": []});
        assert_eq!(anna.devices(), none);
        let sent = anna.post(&format!("{MFA}/sms/enroll"), &json!({"phoneNumber": PHONE})).expect(200).json();
        let code = server.code(PHONE, 1);
        let bad = json!({"otcToken": sent["otcToken"], "code": wrong(&code)});
        refused(&anna.post(&format!("{MFA}/sms/enroll/verify"), &bad), 400, "The code is wrong");
        let good = json!({"otcToken": sent["otcToken"], "code": code});
        let done = anna.post(&format!("{MFA}/sms/enroll/verify"), &good).expect(200).json();
        assert_eq!(done["recoveryCode"].as_str().map(str::len), Some(20));
        refused(&anna.post(&format!("{MFA}/sms/enroll/verify"), &good), 400, "The code is wrong");
        let device = anna.devices()["phones"][0].clone();
        assert!(is_uuid(device["id"].as_str().unwrap()) && device["phoneNumber"] == "+142*****123", "{device}");

        // The next sign-in asks for it.
        let mut next = Client::new(&server);
        let half_way = next.knock();
        assert_eq!((&half_way["mfaRequired"], &half_way["mfaEnrolled"]), (&json!(true), &json!(true)));
        assert!(half_way["accessToken"].is_null() && half_way["refreshToken"].is_null());
        let devices = json!({"webauthn": [], "phones": [device], "authenticators": [], "emails": []});
        assert_eq!((&half_way["mfaDevices"], &half_way["mfaStrategies"]), (&devices, &json!(["SMS"])));
        let token = &half_way["mfaToken"];
        let refresh = json!({"refreshToken": token});
        refused(&next.post("/identity/resources/auth/v1/user/token/refresh", &refresh), 401, "Session not found");
        let id = device["id"].as_str().unwrap();
        refused(&next.post(&format!("{LOGIN}/sms/{id}"), &json!({"mfaToken": "0".repeat(64)})), 401, "The MFA token");
        refused(&next.post(&format!("{LOGIN}/sms/other"), &json!({"mfaToken": token})), 404, "The account has no such");
        let sent = next.post(&format!("{LOGIN}/sms/{id}"), &json!({"mfaToken": token})).expect(201).json();
        assert_eq!(sent["phoneNumber"], "+142*****123");
        let code = server.code(PHONE, 2);
        let path = format!("/frontegg{LOGIN}/sms/{id}/verify");
        let bad = json!({"mfaToken": token, "otcToken": sent["otcToken"], "code": wrong(&code)});
        refused(&next.post(&path, &bad), 401, "The code is wrong");
        let good = json!({"mfaToken": token, "otcToken": sent["otcToken"], "code": code});
        let signed_in = next.post(&path, &good).expect(201).json();
        assert_eq!((&signed_in["mfaRequired"], &signed_in["recoveryCode"]), (&json!(false), &Value::Null));
        let claims = next.claims();
        assert_eq!(claims["amr"], json!(["mfa", "pwd", "sms"]));
        assert_eq!(claims["acr"], "http://schemas.openid.net/pape/policies/2007/06/multi-factor");
        refused(&next.post(&path, &good), 401, "The MFA token");
        next.post("/identity/resources/auth/v1/user/token/refresh", &json!({})).expect(201);

        // Given up by a code to it.
        refused(&next.post(&format!("{MFA}/sms/other/disable"), &json!({})), 404, "The account has no such");
        let sent = next.post(&format!("{MFA}/sms/{id}/disable"), &json!({})).expect(200).json();
        assert_eq!(sent["phoneNumber"], "+142*****123");
        let code = server.code(PHONE, 3);
        let path = format!("{MFA}/sms/{id}/disable/verify");
        let bad = json!({"otcToken": sent["otcToken"], "code": wrong(&code)});
        refused(&next.post(&path, &bad), 400, "The code is wrong");
        next.post(&path, &json!({"otcToken": sent["otcToken"], "code": code})).expect(200);
        assert_eq!(next.devices(), none);
        assert_eq!(Client::new(&server).knock()["mfaRequired"], false);
    }
}

#[test]
fn an_app_is_set_up_shown_and_given_up_by_the_routes_of_old_and_of_today() {
    let server = with_anna(Kind::Sqlite);
    let mut anna = Client::new(&server);
    anna.knock();
    refused(&anna.post(&format!("{MFA}/disable"), &json!({})), 400, "MFA is not enrolled");
    let (seed, done) = anna.add_app();
    assert_eq!(done["recoveryCode"].as_str().map(str::len), Some(20));
    refused(&anna.post(&format!("{MFA}/enroll"), &json!({})), 400, "The account has an authenticator app");
    let id = anna.devices()["authenticators"][0]["id"].as_str().unwrap().to_owned();
    for path in [format!("{LOGIN}/verify"), format!("{LOGIN}/authenticator/{id}/verify")] {
        let mut next = Client::new(&server);
        let token = next.knock()["mfaToken"].clone();
        let code = server.totp(&seed);
        refused(&next.post(&path, &json!({"mfaToken": token, "value": wrong(&code)})), 401, "The code is wrong");
        next.post(&path, &json!({"mfaToken": token, "value": code})).expect(201);
        assert_eq!(next.claims()["amr"], json!(["mfa", "pwd", "otp"]));
    }
    let mut next = Client::new(&server);
    let token = next.knock()["mfaToken"].clone();
    let code = server.totp(&seed);
    let other = next.post(&format!("{LOGIN}/authenticator/other/verify"), &json!({"mfaToken": token, "value": code}));
    refused(&other, 404, "The account has no such");
    // Another factor needs one that was shown lately; and so does giving up without a code.
    server.advance(1_801);
    anna.post("/identity/resources/auth/v1/user/token/refresh", &json!({})).expect(201);
    let words = "This needs a second factor that was shown lately";
    refused(&anna.post(&format!("{MFA}/sms/enroll"), &json!({"phoneNumber": PHONE})), 403, words);
    refused(&anna.post(&format!("{MFA}/disable"), &json!({})), 403, words);
    let path = format!("{MFA}/authenticator/{id}/disable/verify");
    refused(&anna.post(&path, &json!({"token": "000000"})), 400, "The code is wrong");
    let code = server.totp(&seed);
    anna.post(&path, &json!({"token": code})).expect(200);
    let words = "MFA is not enrolled";
    let gone = anna.post(&path, &json!({"token": code}));
    refused(&gone, 400, words);
    assert_eq!(gone.json()["errorCode"], "ER-01097");
}

#[test]
fn a_verified_address_is_a_second_factor_by_a_code_to_it() {
    let server = with_anna(Kind::Sqlite);
    let mut anna = Client::new(&server);
    anna.knock();
    anna.add_app();
    vendor(&server, "GET", &format!("{MFA}/devices")).header("frontegg-user-id", "anna").send().expect(200);
    server.home.execute("UPDATE users SET email_proof = 'code' WHERE id = 'anna'");
    let mut next = Client::new(&server);
    let half_way = next.knock();
    assert_eq!(half_way["mfaStrategies"], json!(["AuthenticatorApp", "EmailCode"]));
    assert_eq!(half_way["mfaDevices"]["emails"].as_array().map(Vec::len), Some(1));
    let token = &half_way["mfaToken"];
    let sent = next.post(&format!("{LOGIN}/emailcode"), &json!({"mfaToken": token})).expect(201).json();
    let code = server.newest(EMAIL, "mfa", 1)["code"].as_str().unwrap().to_owned();
    let path = format!("{LOGIN}/emailcode/verify");
    let bad = json!({"mfaToken": token, "otcToken": sent["otcToken"], "code": wrong(&code)});
    refused(&next.post(&path, &bad), 401, "The code is wrong");
    next.post(&path, &json!({"mfaToken": token, "otcToken": sent["otcToken"], "code": code})).expect(201);
    assert_eq!(next.claims()["amr"], json!(["mfa", "pwd", "otp"]));
}

on_both! {
    fn where_everybody_must_have_two_factors_one_is_set_up_on_the_way_in(kind: Kind) {
        let server = with_anna(kind);
        server.settings(&json!({"mfa": {"enforce": "force"}}));
        let mut anna = Client::new(&server);
        let half_way = anna.knock();
        assert_eq!((&half_way["mfaRequired"], &half_way["mfaEnrolled"]), (&json!(true), &json!(false)));
        assert_eq!(half_way["mfaStrategies"], json!(["AuthenticatorApp", "SMS", "EmailCode"]));
        let none = json!({"webauthn": [], "phones": [], "authenticators": [], "emails": []});
        assert_eq!(half_way["mfaDevices"], none);
        let token = &half_way["mfaToken"];
        let refresh = json!({"refreshToken": token});
        refused(&anna.post("/identity/resources/auth/v1/user/token/refresh", &refresh), 401, "Session not found");
        let number = json!({"mfaToken": token, "phoneNumber": PHONE});
        let sent = anna.post(&format!("{LOGIN}/sms/enroll"), &number).expect(201).json();
        let code = server.code(PHONE, 1);
        let path = format!("{LOGIN}/sms/enroll/verify");
        let bad = json!({"mfaToken": token, "otcToken": sent["otcToken"], "code": wrong(&code)});
        refused(&anna.post(&path, &bad), 401, "The code is wrong");
        let good = json!({"mfaToken": token, "otcToken": sent["otcToken"], "code": code});
        let signed_in = anna.post(&path, &good).expect(201).json();
        assert_eq!(signed_in["recoveryCode"].as_str().map(str::len), Some(20));
        assert_eq!(anna.claims()["amr"], json!(["mfa", "pwd", "sms"]));
        // Who has one shows it, and sets no other up instead.
        let mut next = Client::new(&server);
        let half_way = next.knock();
        assert_eq!(half_way["mfaEnrolled"], true);
        let token = &half_way["mfaToken"];
        let number = json!({"mfaToken": token, "phoneNumber": OTHER});
        refused(&next.post(&format!("{LOGIN}/sms/enroll"), &number), 401, "This account asks for a second factor");
        let app = json!({"mfaToken": token});
        refused(&next.post(&format!("{LOGIN}/authenticator/enroll"), &app), 401, "This account asks for a second factor");
    }
}

#[test]
fn an_address_is_set_up_on_the_way_in_by_a_code_to_it() {
    let server = with_anna(Kind::Sqlite);
    server.settings(&json!({"mfa": {"enforce": "force"}}));
    let mut anna = Client::new(&server);
    let token = anna.knock()["mfaToken"].clone();
    let sent = anna.post(&format!("{LOGIN}/emailcode"), &json!({"mfaToken": token})).expect(201).json();
    let code = server.newest(EMAIL, "mfa", 1)["code"].as_str().unwrap().to_owned();
    let path = format!("{LOGIN}/emailcode/verify");
    let shown = |code: &str| json!({"mfaToken": token, "otcToken": sent["otcToken"], "code": code});
    refused(&anna.post(&path, &shown(&wrong(&code))), 401, "The code is wrong");
    let done = anna.post(&path, &shown(&code)).expect(201).json();
    assert_eq!((&done["emailVerified"], done["recoveryCode"].as_str().map(str::len)), (&json!(true), Some(20)));
    assert_eq!(anna.claims()["amr"], json!(["mfa", "pwd", "otp"]));
    refused(&anna.post(&path, &shown(&code)), 401, "The MFA token");
    assert_eq!(Client::new(&server).knock()["mfaStrategies"], json!(["EmailCode"]), "and is shown from now on");
}

#[test]
fn an_app_is_set_up_on_the_way_in_as_well() {
    let server = with_anna(Kind::Sqlite);
    server.settings(&json!({"mfa": {"enforce": "forceExceptSaml"}}));
    let mut anna = Client::new(&server);
    let token = anna.knock()["mfaToken"].clone();
    let app = anna.post(&format!("{LOGIN}/authenticator/enroll"), &json!({"mfaToken": token})).expect(201).json();
    let code = server.totp(app["secret"].as_str().unwrap());
    let path = format!("{LOGIN}/authenticator/enroll/verify");
    refused(&anna.post(&path, &json!({"mfaToken": token, "token": wrong(&code)})), 401, "The code is wrong");
    let done = anna.post(&path, &json!({"mfaToken": token, "token": code})).expect(201).json();
    assert_eq!(done["recoveryCode"].as_str().map(str::len), Some(20));
    refused(&anna.post(&path, &json!({"mfaToken": token, "token": code})), 401, "The MFA token");
}

#[test]
fn a_box_of_old_finds_the_app_in_the_first_answer_and_sets_it_up_by_the_route_that_shows_one() {
    let server = with_anna(Kind::Sqlite);
    server.settings(&json!({"mfa": {"enforce": "force"}}));
    let mut anna = Client::new(&server);
    let half_way = anna.knock();
    let picture = half_way["qrCode"].as_str().unwrap();
    assert!(picture.starts_with("data:image/png;base64,"), "{picture}");
    let code = server.totp(half_way["secret"].as_str().unwrap());
    let shown = |code: &str| json!({"mfaToken": half_way["mfaToken"], "value": code});
    let path = format!("{LOGIN}/verify");
    refused(&anna.post(&path, &shown(&wrong(&code))), 401, "The code is wrong");
    let done = anna.post(&path, &shown(&code)).expect(201).json();
    assert_eq!(done["recoveryCode"].as_str().map(str::len), Some(20));
    let half_way = Client::new(&server).knock();
    assert_eq!((&half_way["mfaEnrolled"], half_way.get("qrCode")), (&json!(true), None));
}

on_both! {
    fn a_remembered_device_is_not_asked_again_and_is_after_a_change(kind: Kind) {
        let server = with_anna(kind);
        server.settings(&json!({"mfa": {"rememberDevice": true, "rememberDeviceSeconds": 3_600}}));
        let mut anna = Client::new(&server);
        anna.knock();
        let (seed, _) = anna.add_app();
        let mut browser = Client::new(&server);
        let token = browser.knock()["mfaToken"].clone();
        let asked = "/identity/resources/configurations/v1/mfa-policy/allow-remember-device";
        let allowed = browser.get(&format!("{asked}?mfaToken={}", token.as_str().unwrap()));
        assert_eq!(allowed.expect(200).json(), json!({"isAllowedToRemember": true, "mfaDeviceExpiration": 3_600}));
        refused(&browser.get(&format!("{asked}?mfaToken=other")), 401, "The MFA token");
        refused(&browser.get(asked), 400, "mfaToken is required");
        let shown = json!({"mfaToken": token, "value": server.totp(&seed), "rememberDevice": true});
        browser.post(&format!("{LOGIN}/verify"), &shown).expect(201);
        assert_eq!(browser.knock()["mfaRequired"], false, "it is remembered");
        assert_eq!(browser.claims()["amr"], json!(["pwd"]), "and is no factor that was shown");
        let words = "This needs a second factor that was shown lately";
        refused(&browser.post(&format!("{MFA}/sms/enroll"), &json!({"phoneNumber": PHONE})), 403, words);
        assert_eq!(Client::new(&server).knock()["mfaRequired"], true, "another browser is asked");
        server.advance(3_600);
        let token = browser.knock()["mfaToken"].clone();
        assert!(token.is_string(), "its time is over");
        let shown = json!({"mfaToken": token, "value": server.totp(&seed), "rememberDevice": true});
        browser.post(&format!("{LOGIN}/verify"), &shown).expect(201);
        browser.add_phone(PHONE, 1);
        assert_eq!(browser.knock()["mfaRequired"], true, "a factor changed");
    }
}

#[test]
fn who_is_in_is_asked_once_more_and_gets_other_tokens() {
    let server = with_anna(Kind::Sqlite);
    let mut anna = Client::new(&server);
    anna.knock();
    let (seed, _) = anna.add_app();
    server.advance(3_000);
    anna.post("/identity/resources/auth/v1/user/token/refresh", &json!({})).expect(201);
    let before = anna.claims();
    let path = "/identity/resources/auth/v1/user/step-up/generate";
    refused(&Client::new(&server).post(path, &json!({})), 401, "Unauthorized");
    refused(&anna.post(path, &json!({"maxAge": -1})), 400, "maxAge");
    let asked = anna.post(path, &json!({"maxAge": 60})).expect(201).json();
    assert_eq!((&asked["mfaRequired"], &asked["mfaStrategies"]), (&json!(true), &json!(["AuthenticatorApp"])));
    let token = &asked["mfaToken"];
    let refresh = json!({"refreshToken": token});
    let mut stranger = Client::new(&server);
    refused(&stranger.post("/identity/resources/auth/v1/user/token/refresh", &refresh), 401, "Session not found");
    anna.get(&format!("{MFA}/devices")).expect(200);
    let shown = json!({"mfaToken": token, "value": server.totp(&seed)});
    anna.post(&format!("{LOGIN}/verify"), &shown).expect(201);
    let after = anna.claims();
    assert_eq!(after["sid"], before["sid"]);
    assert!(after["auth_time"].as_i64() > before["auth_time"].as_i64());
    refused(&anna.post(&format!("{LOGIN}/verify"), &shown), 401, "The MFA token");
}

on_both! {
    fn a_recovery_code_gives_all_factors_up_and_guesses_at_it_are_few(kind: Kind) {
        let server = with_anna(kind);
        let mut anna = Client::new(&server);
        anna.knock();
        let (_, done) = anna.add_app();
        let code = done["recoveryCode"].clone();
        let path = format!("{LOGIN}/recover");
        let mut stranger = Client::new(&server);
        for email in [EMAIL, "nobody@example.com"] {
            let guess = json!({"email": email, "recoveryCode": "0".repeat(20)});
            let answers: Vec<_> = (0..6).map(|_| stranger.post(&path, &guess)).collect();
            for answer in &answers[..5] {
                refused(answer, 401, "The address or the recovery code is wrong");
            }
            refused(&answers[5], 429, "Too many tries");
            assert!(answers[5].number("retry-after").is_some());
        }
        server.advance(86_400);
        stranger.post(&path, &json!({"email": EMAIL, "recoveryCode": code})).expect(200);
        refused(&anna.get(&format!("{MFA}/devices")), 401, "Unauthorized");
        assert_eq!(Client::new(&server).knock()["mfaRequired"], false);
        let again = stranger.post(&path, &json!({"email": EMAIL, "recoveryCode": code}));
        refused(&again, 401, "The address or the recovery code is wrong");
    }
}

#[test]
fn a_server_sets_up_and_takes_away_for_a_user_and_people_reach_none_of_its_routes() {
    let server = with_anna(Kind::Sqlite);
    let path = format!("{MFA}/sms/enroll");
    refused(&vendor(&server, "POST", &path).json(&json!({"phoneNumber": PHONE})).send(), 400, "Name in the header");
    let of_anna =
        |path: &str, body: &Value| vendor(&server, "POST", path).header("frontegg-user-id", "anna").json(body).send();
    let sent = of_anna(&path, &json!({"phoneNumber": PHONE})).expect(200).json();
    let code = server.code(PHONE, 1);
    let shown = json!({"otcToken": sent["otcToken"], "code": code});
    let done = of_anna(&format!("{MFA}/sms/enroll/verify"), &shown).expect(200).json();
    server.home.keep_secret(done["recoveryCode"].as_str().unwrap());
    let mut anna = Client::new(&server);
    assert_eq!(anna.knock()["mfaRequired"], true);
    let unenroll = "/identity/resources/vendor-only/users/v1/anna/mfa/unenroll";
    refused(&anna.post(unenroll, &json!({})), 401, "Unauthorized");
    vendor(&server, "POST", unenroll).send().expect(200);
    assert_eq!(anna.knock()["mfaRequired"], false);
    refused(&anna.post(unenroll, &json!({})), 403, "This route is for servers");
    let nobody = "/identity/resources/vendor-only/users/v1/nobody/mfa/unenroll";
    refused(&vendor(&server, "POST", nobody).send(), 404, "There is no such user");
}

#[test]
fn security_keys_are_not_offered_and_bad_bodies_are_told_what_is_wrong() {
    let server = with_anna(Kind::Sqlite);
    let mut anna = Client::new(&server);
    anna.knock();
    for path in ["enroll", "enroll/verify", "any/disable", "any/disable/verify"] {
        refused(&anna.post(&format!("{MFA}/webauthn/{path}"), &json!({})), 400, "WebAuthn is not offered");
    }
    for path in ["enroll", "enroll/verify", "any", "any/verify"] {
        refused(&anna.post(&format!("{LOGIN}/webauthn/{path}"), &json!({})), 400, "WebAuthn is not offered");
    }
    for (path, body, words) in [
        (format!("{MFA}/sms/enroll"), json!({}), "phoneNumber is required"),
        (format!("{MFA}/sms/enroll"), json!({"phoneNumber": "anna"}), "This is not a phone number"),
        (format!("{MFA}/sms/enroll/verify"), json!({"otcToken": "a"}), "code is required"),
        (format!("{MFA}/sms/enroll/verify"), json!({"otcToken": "a", "code": "123456"}), "The code is wrong"),
        (format!("{MFA}/authenticator/enroll/verify"), json!({"token": 123_456}), "token must be"),
        (format!("{MFA}/authenticator/enroll/verify"), json!({"token": "123456"}), "MFA is not enrolled"),
        (format!("{LOGIN}/sms/any"), json!({}), "mfaToken is required"),
        (format!("{LOGIN}/verify"), json!({"mfaToken": "a"}), "value is required"),
        (format!("{LOGIN}/recover"), json!({"email": "anna", "recoveryCode": "a"}), ""),
    ] {
        refused(&anna.post(&path, &body), 400, words);
    }
    let guest = Client::new(&server);
    refused(&guest.get(&format!("{MFA}/devices")), 401, "Unauthorized");
    // The token of a whole session opens nothing here.
    let refresh = anna.browser.cookie(&server.frontegg_cookie("refresh")).unwrap().to_owned();
    refused(&anna.post(&format!("{LOGIN}/emailcode"), &json!({"mfaToken": refresh})), 401, "The MFA token");
}
