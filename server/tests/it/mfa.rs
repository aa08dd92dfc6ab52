//! Second factors: apps, recovery codes, the flag that asks for them.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use crate::call::{Call, shape};
use crate::people::PASSWORD;
use crate::server::{Person, Server, on_both};

const EMAIL: &str = "anna@example.com";
const PHONE: &str = "+14255550491";
const FACTORS: &str = "/v1/account/mfa/factors";
const APP: &str = "/v1/account/mfa/authenticators/totp";
const CODES: &str = "/v1/account/mfa/recovery-codes";
const CHALLENGE: &str = "/v1/account/mfa/challenges";
/// Not a code of any app: those have six digits.
const WRONG: &str = "0000000";

fn flag(server: &Server, person: &Person, on: bool) -> Call {
    server.by(person, "PATCH", "/v1/account/mfa").json(&json!({"mfa": on}))
}

fn show_app(server: &Server, person: &Person, otp: &str) -> Call {
    server.by(person, "PUT", APP).json(&json!({"otp": otp}))
}

fn session(server: &Server, person: &Person) -> Value {
    server.by(person, "GET", "/v1/account/sessions/current").send().expect(200).json()
}

/// Recovery codes as a call gives them.
fn codes(server: &Server, call: &Call, status: u16) -> Vec<String> {
    let codes: Vec<String> =
        serde_json::from_value(call.send().expect(status).json()["recoveryCodes"].clone()).unwrap();
    for code in &codes {
        server.home.keep_secret(code);
    }
    codes
}

on_both! {
    fn an_app_is_set_up_by_its_code_and_once(kind: Kind) {
        let server = Server::impatient(kind);
        let person = server.settler("anna", PHONE, EMAIL);
        let other = server.again(EMAIL, PASSWORD);
        show_app(&server, &person, WRONG).send().refused(404, "user_authenticator_not_found");
        server.by(&person, "DELETE", APP).send().refused(404, "user_authenticator_not_found");
        let first = server.by(&person, "POST", APP).send().expect(201).json()["secret"].as_str().unwrap().to_owned();
        let made = server.by(&person, "POST", APP).send().expect(201).json();
        let seed = made["secret"].as_str().unwrap();
        for seed in [&first, seed] {
            server.home.keep_secret(seed);
        }
        assert!(seed.len() == 32 && first != seed, "{seed}");
        let uri = format!("otpauth://totp/Demo:anna%40example.com?secret={seed}&issuer=Demo");
        assert_eq!(made["uri"], uri);
        for wrong in [WRONG.to_owned(), server.totp(&first), format!("{} ", server.totp(seed))] {
            show_app(&server, &person, &wrong).send().refused(401, "user_invalid_token");
        }
        let code = server.totp(seed);
        let account = show_app(&server, &person, &code).send().expect(200).json();
        assert_eq!((&account["$id"], &account["mfa"]), (&json!("anna"), &json!(false)));
        assert_eq!(session(&server, &person)["factors"], json!(["phone", "totp"]));
        assert_eq!(session(&server, &other)["factors"], json!(["password"]));
        show_app(&server, &person, &server.totp(seed)).send().refused(409, "user_authenticator_already_verified");
        server.by(&person, "POST", APP).send().refused(409, "user_authenticator_already_verified");
        assert_eq!(server.by(&other, "GET", FACTORS).send().expect(200).json()["totp"], true);
        let notice = server.newest(EMAIL, "authenticator-added", 1);
        assert_eq!([&notice["code"], &notice["link"]], [&Value::Null; 2]);
        // The code that set it up is used.
        let challenge = server.challenge(&person, "totp");
        server.complete(&person, &challenge, &code).send().refused(401, "user_invalid_token");
    }
}

#[test]
fn an_app_is_labelled_by_what_its_owner_has() {
    let server = Server::impatient(Kind::Sqlite);
    let uri = |person: &Person| {
        let made = server.by(person, "POST", APP).send().expect(201).json();
        server.home.keep_secret(made["secret"].as_str().unwrap());
        made["uri"].as_str().unwrap().split('?').next().unwrap().to_owned()
    };
    assert_eq!(uri(&server.sign_in("owner", PHONE)), "otpauth://totp/Demo:%2B14255550491");
    let guest = server.person(server.call("POST", "/v1/account/sessions/anonymous").send().expect(201));
    assert_eq!(uri(&guest), format!("otpauth://totp/Demo:{}", guest.user));
    for kind in ["sms", "TOTP%20", "", "totp/x"] {
        let answer = server.by(&guest, "POST", &format!("/v1/account/mfa/authenticators/{kind}")).send();
        assert!(matches!(answer.status, 400 | 404), "{kind}: {}", answer.raw);
    }
    let refused = server.by(&guest, "POST", "/v1/account/mfa/authenticators/sms").send();
    assert!(refused.refused(400, "general_argument_invalid").body.contains("`type`"));
    server.by(&guest, "POST", "/v1/account/mfa/authenticators/TOTP").send().expect(201);
}

#[test]
fn the_models_of_second_factors_have_the_fields_of_their_flavour() {
    let server = Server::impatient(Kind::Sqlite);
    let person = server.settler("anna", PHONE, EMAIL);
    let own = "$permissions: [\"read(\\\"user:anna\\\")\",\"update(\\\"user:anna\\\")\",\"delete(\\\"user:anna\\\")\"]";
    let none = "$permissions: []";
    let check = |call: Call, status: u16, expected: &[&str], permissions: &str, at: usize| {
        let known = |line: &String| {
            let (name, value) = line.split_once(": ").unwrap();
            let secret = matches!(name, "secret" | "uri" | "recoveryCodes");
            if secret { format!("{name}: {} characters", value.len()) } else { line.clone() }
        };
        let appwrite = call.clone().send();
        let lines: Vec<_> = shape(&appwrite.expect(status).body).iter().map(known).collect();
        assert_eq!(lines, expected);
        let nuvix = call.nuvix().send();
        let mut lines: Vec<_> = shape(&nuvix.expect(status).body).iter().map(known).collect();
        assert_eq!(lines.remove(at), permissions);
        assert_eq!(lines, expected);
        for answer in [appwrite, nuvix] {
            let body = answer.json();
            let codes = body["recoveryCodes"].as_array().cloned().unwrap_or_default();
            for secret in codes.iter().chain([&body["secret"]]).filter_map(Value::as_str) {
                server.home.keep_secret(secret);
            }
        }
    };
    let by = |method: &str, target: &str| server.by(&person, method, target);
    check(by("GET", FACTORS), 200, &["totp: false", "phone: true", "email: true", "recoveryCode: false"], none, 0);
    check(by("POST", APP), 201, &["secret: 34 characters", "uri: 92 characters"], none, 0);
    let id = json!({"factor": "totp"});
    let challenge = ["$id: id", "$createdAt: date", "$updatedAt: date", "userId: \"anna\"", "expire: date"];
    check(by("POST", CHALLENGE).json(&id), 201, &challenge, own, 3);
    codes(&server, &by("POST", CODES), 201);
    let list = ["recoveryCodes: 79 characters"];
    check(by("GET", CODES), 200, &list, none, 0);
    assert_eq!(by("GET", FACTORS).send().json()["recoveryCode"], true);
    let seed = server.add_app(&person);
    server.step_up(&person, &seed);
    check(by("PATCH", CODES), 200, &list, none, 0);
}

on_both! {
    fn the_flag_keeps_its_session_in_and_goes_off_only_with_a_recent_second_factor(kind: Kind) {
        let server = Server::impatient(kind);
        let person = server.settler("anna", PHONE, EMAIL);
        let seed = server.add_app(&person);
        // A session that proved one thing gets the rest from the flag, but not that they were proved lately.
        let other = server.again(EMAIL, PASSWORD);
        let on = server.by(&other, "PATCH", "/v1/account/mfa").json(&json!({"enabled": true})).send();
        assert_eq!(on.expect(200).json()["mfa"], true);
        assert_eq!(session(&server, &other)["factors"], json!(["password", "totp", "email", "phone"]));
        assert_eq!(session(&server, &other)["mfaUpdatedAt"], "");
        flag(&server, &other, false).send().refused(401, "user_challenge_required");
        flag(&server, &other, true).send().expect(200);
        server.step_up(&other, &seed);
        server.advance(1_801);
        flag(&server, &other, false).send().refused(401, "user_challenge_required");
        server.step_up(&other, &seed);
        assert_eq!(flag(&server, &other, false).send().expect(200).json()["mfa"], false);
        for notice in ["mfa-on", "mfa-off"] {
            let notice = server.newest(EMAIL, notice, 1);
            assert_eq!([&notice["code"], &notice["link"]], [&Value::Null; 2]);
        }
        server.account(&server.again(EMAIL, PASSWORD)).expect(200);
        for wrong in [json!({}), json!({"mfa": 1}), json!({"mfa": "yes"}), json!({"mfa": null}), json!({"mfa": {}})] {
            let answer = server.by(&other, "PATCH", "/v1/account/mfa").json(&wrong).send();
            assert!(answer.refused(400, "general_argument_invalid").body.contains("mfa"), "{wrong}");
        }
    }
}

on_both! {
    fn with_the_flag_on_adding_a_factor_needs_a_recent_one_and_raises_nothing(kind: Kind) {
        let server = Server::impatient(kind);
        let person = server.settler("anna", PHONE, EMAIL);
        flag(&server, &person, true).send().expect(200);
        let by_app = server.again(EMAIL, PASSWORD);
        let challenge = server.challenge(&by_app, "phone");
        let code = server.newest(PHONE, "mfa", 1)["code"].as_str().unwrap().to_owned();
        server.complete(&by_app, &challenge, &code).send().expect(200);
        server.advance(1_801);
        let moved = json!({"email": "new@example.com", "password": PASSWORD});
        for call in [
            server.by(&by_app, "POST", APP),
            show_app(&server, &by_app, WRONG),
            server.by(&by_app, "POST", CODES),
            server.by(&by_app, "PATCH", "/v1/account/email").json(&moved),
            server.by(&by_app, "PATCH", "/v1/account/phone").json(&json!({"phone": "+14255550499", "password": PASSWORD})),
        ] {
            call.send().refused(401, "user_challenge_required");
        }
        let challenge = server.challenge(&by_app, "phone");
        let code = server.newest(PHONE, "mfa", 2)["code"].as_str().unwrap().to_owned();
        server.complete(&by_app, &challenge, &code).send().expect(200);
        let before = session(&server, &by_app);
        server.add_app(&by_app);
        let after = session(&server, &by_app);
        assert_eq!([&after["factors"], &after["mfaUpdatedAt"]], [&before["factors"], &before["mfaUpdatedAt"]]);
    }
}

on_both! {
    fn recovery_codes_are_read_for_ten_minutes_by_the_session_that_made_them(kind: Kind) {
        let server = Server::impatient(kind);
        let person = server.settler("anna", PHONE, EMAIL);
        let other = server.again(EMAIL, PASSWORD);
        for method in ["GET", "PATCH"] {
            server.by(&person, method, CODES).send().refused(404, "user_recovery_codes_not_found");
        }
        let made = codes(&server, &server.by(&person, "POST", CODES), 201);
        assert!(made.len() == 6 && made.iter().all(|c| c.len() == 10 && c.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))));
        server.by(&person, "POST", CODES).send().refused(409, "user_recovery_codes_already_exists");
        assert_eq!(codes(&server, &server.by(&person, "GET", CODES), 200), made);
        server.by(&other, "GET", CODES).send().refused(401, "user_challenge_required");
        server.advance(599);
        assert_eq!(codes(&server, &server.by(&person, "GET", CODES), 200), made);
        server.advance(1);
        server.by(&person, "GET", CODES).send().refused(401, "user_challenge_required");
        // New ones need a second factor that was shown lately, which this session has not.
        server.advance(1_800);
        server.by(&other, "PATCH", CODES).send().refused(401, "user_challenge_required");
        let challenge = server.challenge(&other, "recoveryCode");
        server.complete(&other, &challenge, &made[0].to_uppercase()).send().expect(200);
        let again = codes(&server, &server.by(&other, "PATCH", CODES), 200);
        assert!(again.len() == 6 && !again.iter().any(|code| made.contains(code)));
        assert_eq!(codes(&server, &server.by(&other, "GET", CODES), 200), again);
        let challenge = server.challenge(&person, "recoverycode");
        server.complete(&person, &challenge, &made[1]).send().refused(401, "user_invalid_token");
        let notice = server.newest(EMAIL, "recovery-codes-changed", 2);
        assert_eq!([&notice["code"], &notice["link"]], [&Value::Null; 2]);
        assert!(again.iter().all(|code| !notice["body"].as_str().unwrap().contains(code)));
    }
}

on_both! {
    fn each_recovery_code_lets_in_once_and_after_the_last_there_is_room_for_new_ones(kind: Kind) {
        let server = Server::impatient(kind);
        let person = server.settler("anna", PHONE, EMAIL);
        let made = codes(&server, &server.by(&person, "POST", CODES), 201);
        flag(&server, &person, true).send().expect(200);
        for (n, code) in made.iter().enumerate() {
            let session = server.again(EMAIL, PASSWORD);
            assert_eq!(server.by(&session, "GET", FACTORS).send().json()["recoveryCode"], true);
            let challenge = server.challenge(&session, "recoveryCode");
            if n > 0 {
                server.complete(&session, &challenge, &made[0]).send().refused(401, "user_invalid_token");
            }
            let spelled = if n % 2 == 0 { code.clone() } else { format!(" {} {}", &code[..5], &code[5..]) };
            let done = server.complete(&session, &challenge, &spelled).send().expect(200).json();
            assert_eq!(done["factors"], json!(["password", "recoverycode"]));
            server.account(&session).expect(200);
        }
        let last = server.again(EMAIL, PASSWORD);
        assert_eq!(server.by(&last, "GET", FACTORS).send().json()["recoveryCode"], false);
        server.by(&person, "GET", CODES).send().refused(404, "user_recovery_codes_not_found");
        let challenge = server.challenge(&person, "phone");
        let code = server.newest(PHONE, "mfa", 1)["code"].as_str().unwrap().to_owned();
        // This session began with the phone: showing it again is no second factor.
        server.complete(&person, &challenge, &code).send().expect(200);
        server.by(&person, "POST", CODES).send().refused(401, "user_challenge_required");
        let challenge = server.challenge(&person, "email");
        let code = server.newest(EMAIL, "mfa", 1)["code"].as_str().unwrap().to_owned();
        server.complete(&person, &challenge, &code).send().expect(200);
        assert_eq!(codes(&server, &server.by(&person, "POST", CODES), 201).len(), 6);
    }
}

#[test]
fn a_project_may_keep_recovery_codes_readable() {
    let server = Server::impatient(Kind::Sqlite);
    server.settings(&json!({"mfa": {"recoveryCodesReadable": true}}));
    let person = server.settler("anna", PHONE, EMAIL);
    let seed = server.add_app(&person);
    let made = codes(&server, &server.by(&person, "POST", CODES), 201);
    server.advance(86_400);
    let other = server.again(EMAIL, PASSWORD);
    for session in [&person, &other] {
        server.by(session, "GET", CODES).send().refused(401, "user_challenge_required");
        server.step_up(session, &seed);
        assert_eq!(codes(&server, &server.by(session, "GET", CODES), 200), made);
    }
}

on_both! {
    fn an_app_that_was_removed_stops_at_once_and_goes_only_with_a_recent_factor(kind: Kind) {
        let server = Server::impatient(kind);
        let person = server.settler("anna", PHONE, EMAIL);
        server.by(&person, "POST", APP).send().expect(201);
        // One that was never verified goes at once.
        server.by(&person, "DELETE", APP).send().expect(204);
        let seed = server.add_app(&person);
        let other = server.again(EMAIL, PASSWORD);
        server.by(&other, "DELETE", APP).send().refused(401, "user_challenge_required");
        let pending = server.challenge(&other, "totp");
        server.advance(1_800);
        server.by(&person, "DELETE", APP).send().refused(401, "user_challenge_required");
        server.step_up(&person, &seed);
        let gone = server.by(&person, "DELETE", APP).json(&json!({"otp": "000000"})).send();
        assert!(gone.expect(204).body.is_empty());
        server.complete(&other, &pending, &server.totp(&seed)).send().refused(401, "user_invalid_token");
        assert_eq!(server.by(&other, "GET", FACTORS).send().json()["totp"], false);
        server.newest(EMAIL, "authenticator-removed", 1);
        server.by(&person, "DELETE", APP).send().refused(404, "user_authenticator_not_found");
    }
}
