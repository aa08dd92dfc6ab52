//! The gate that asks for a second factor, and the challenges that show one.

use std::thread;

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use crate::call::Call;
use crate::people::{PAGE, PASSWORD};
use crate::server::{Person, Server, on_both};
use crate::session::{forms, jwt};

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

fn ask(server: &Server, person: &Person, factor: &str) -> Call {
    server.by(person, "POST", CHALLENGE).json(&json!({"factor": factor}))
}

fn session(server: &Server, person: &Person) -> Value {
    server.by(person, "GET", "/v1/account/sessions/current").send().expect(200).json()
}

/// Everybody's routes that a session which has yet to show a second factor is refused at.
fn gated(server: &Server) -> Vec<(&'static str, Call)> {
    let call = |method: &str, target: &str| server.call(method, target);
    vec![
        ("account", call("GET", "/v1/account")),
        ("prefs", call("GET", "/v1/account/prefs")),
        ("name", call("PATCH", "/v1/account/name").json(&json!({"name": "x"}))),
        ("email", call("PATCH", "/v1/account/email").json(&json!({"email": "x@example.com", "password": PASSWORD}))),
        ("phone", call("PATCH", "/v1/account/phone").json(&json!({"phone": PHONE, "password": PASSWORD}))),
        (
            "password",
            call("PATCH", "/v1/account/password").json(&json!({"password": PASSWORD, "oldPassword": PASSWORD})),
        ),
        ("status", call("PATCH", "/v1/account/status")),
        ("logs", call("GET", "/v1/account/logs")),
        ("identities", call("GET", "/v1/account/identities")),
        ("jwt", call("POST", "/v1/account/jwts")),
        ("sessions", call("GET", "/v1/account/sessions")),
        ("session", call("GET", "/v1/account/sessions/current")),
        ("extend", call("PATCH", "/v1/account/sessions/current")),
        ("all sessions", call("DELETE", "/v1/account/sessions")),
        ("flag", call("PATCH", "/v1/account/mfa").json(&json!({"mfa": false}))),
        ("app", call("POST", APP)),
        ("app's code", call("PUT", APP).json(&json!({"otp": WRONG}))),
        ("no app", call("DELETE", APP)),
        ("codes", call("POST", CODES)),
        ("other codes", call("PATCH", CODES)),
        ("read codes", call("GET", CODES)),
        ("verify", call("POST", "/v1/account/verification").json(&json!({"url": PAGE}))),
        ("verify phone", call("POST", "/v1/account/verification/phone")),
        ("verified", call("PUT", "/v1/account/verification").json(&json!({"userId": "anna", "secret": "x"}))),
        ("locale", call("GET", "/v1/locale")),
    ]
}

on_both! {
    fn until_a_second_factor_is_shown_nothing_works_but_what_shows_it_in_every_form(kind: Kind) {
        let server = Server::impatient(kind);
        let first = server.settler("anna", PHONE, EMAIL);
        let seed = server.add_app(&first);
        // A JWT is as good as its session: this one was made before anybody asked for two factors.
        let person = server.again(EMAIL, PASSWORD);
        let token = jwt(&server, &person);
        server.account(&person).expect(200);
        flag(&server, &first, true).send().expect(200);
        assert_eq!(server.account(&first).expect(200).json()["mfa"], true, "the session that switched it on stays in");
        for (form, call) in forms(&server, &person, &token) {
            let answer = call.send();
            assert_eq!(answer.said(), (401, "user_more_factors_required".to_owned()), "{form}: {}", answer.raw);
        }
        for (name, call) in gated(&server) {
            for call in [call.clone().header("Cookie", person.cookie()), call.header("X-Appwrite-JWT", &token)] {
                let answer = call.send();
                assert_eq!(answer.said(), (401, "user_more_factors_required".to_owned()), "{name}: {}", answer.raw);
            }
        }
        // What shows it works, and leaving.
        server.by(&person, "GET", FACTORS).send().expect(200);
        let other = format!("/v1/account/sessions/{}", first.session);
        server.by(&person, "DELETE", &other).send().refused(401, "user_more_factors_required");
        server.account(&first).expect(200);
        let leaver = server.again(EMAIL, PASSWORD);
        server.by(&leaver, "DELETE", "/v1/account/sessions/current").send().expect(204);
        let by_id = server.again(EMAIL, PASSWORD);
        server.by(&by_id, "DELETE", &format!("/v1/account/sessions/{}", by_id.session)).send().expect(204);
        server.step_up(&person, &seed);
        for (form, call) in forms(&server, &person, &token) {
            assert_eq!(call.send().status, 200, "{form}");
        }
        let session = session(&server, &person);
        assert_eq!(session["factors"], json!(["password", "totp"]));
        assert!(crate::call::is_date(session["mfaUpdatedAt"].as_str().unwrap()), "{session}");
    }
}

on_both! {
    fn a_challenge_is_answered_by_phone_email_or_app_on_either_path(kind: Kind) {
        let server = Server::impatient(kind);
        let person = server.settler("anna", PHONE, EMAIL);
        let seed = server.add_app(&person);
        flag(&server, &person, true).send().expect(200);
        for (n, (factor, name)) in
            [("phone", "phone"), ("EMAIL", "email"), ("Totp", "totp"), ("Phone", "phone"), ("email", "email")].into_iter().enumerate()
        {
            let path = if n % 2 == 0 { "/v1/account/mfa/challenge" } else { CHALLENGE };
            let session = server.again(EMAIL, PASSWORD);
            let made = server.by(&session, "POST", path).json(&json!({"factor": factor})).send();
            let challenge = made.expect(201).json()["$id"].as_str().unwrap().to_owned();
            let otp = match name {
                "totp" => server.totp(&seed),
                "phone" => server.newest(PHONE, "mfa", n / 3 + 1)["code"].as_str().unwrap().to_owned(),
                _ => server.newest(EMAIL, "mfa", n / 3 + 1)["code"].as_str().unwrap().to_owned(),
            };
            let put = |otp: &str| server.by(&session, "PUT", path).json(&json!({"challengeId": challenge, "otp": otp}));
            put("x").send().refused(401, "user_invalid_token");
            let done = put(&otp).send().expect(200).json();
            assert_eq!([&done["factors"], &done["$id"]], [&json!(["password", name]), &json!(session.session)]);
            assert_eq!((&done["current"], &done["secret"]), (&json!(true), &json!("")));
            server.account(&session).expect(200);
            put(&otp).send().refused(401, "user_invalid_token");
        }
    }
}

on_both! {
    fn a_challenge_answers_to_its_session_only_for_a_while_and_for_five_tries(kind: Kind) {
        let server = Server::impatient(kind);
        let person = server.settler("anna", PHONE, EMAIL);
        let seed = server.add_app(&person);
        let other = server.again(EMAIL, PASSWORD);
        let bert = server.member("bert", "bert@example.com");
        let wrong = |person: &Person, challenge: &str, otp: &str| {
            server.complete(person, challenge, otp).send().refused(401, "user_invalid_token");
        };
        let challenge = server.challenge(&person, "phone");
        let code = server.newest(PHONE, "mfa", 1)["code"].as_str().unwrap().to_owned();
        for stranger in [&other, &bert] {
            wrong(stranger, &challenge, &code);
        }
        wrong(&person, "nothing", &code);
        wrong(&person, &challenge, &server.totp(&seed));
        for _ in 0..3 {
            wrong(&person, &challenge, "x");
        }
        server.complete(&person, &challenge, &code).send().expect(200);
        for (factor, email) in [("totp", false), ("email", true), ("recoverycode", false)] {
            let challenge = server.challenge(&person, factor);
            let code = |count: usize| {
                if email { server.newest(EMAIL, "mfa", count)["code"].as_str().unwrap().to_owned() } else { server.totp(&seed) }
            };
            for _ in 0..5 {
                wrong(&person, &challenge, "x");
            }
            wrong(&person, &challenge, &code(1));
            if factor != "recoverycode" {
                let challenge = server.challenge(&person, factor);
                let sent = code(2);
                server.advance(901);
                wrong(&person, &challenge, &if email { sent } else { server.totp(&seed) });
            }
        }
    }
}

on_both! {
    fn of_racers_with_one_code_of_an_app_one_is_right(kind: Kind) {
        let server = Server::impatient(kind);
        let person = server.settler("anna", PHONE, EMAIL);
        let seed = server.add_app(&person);
        let sessions = [(); 2].map(|()| server.again(EMAIL, PASSWORD));
        let challenges: Vec<_> = sessions.iter().map(|session| server.challenge(session, "totp")).collect();
        let otp = server.totp(&seed);
        let mut statuses = Vec::new();
        thread::scope(|scope| {
            let racers: Vec<_> = (0..8)
                .map(|n| {
                    let call = server.complete(&sessions[n % 2], &challenges[n % 2], &otp);
                    scope.spawn(move || call.send().status)
                })
                .collect();
            statuses.extend(racers.into_iter().map(|r| r.join().unwrap()));
        });
        assert_eq!(statuses.iter().filter(|s| **s == 200).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|s| **s == 401).count(), 7, "{statuses:?}");
    }
}

#[test]
fn a_factor_that_nobody_has_or_that_is_switched_off_is_refused_by_name() {
    let server = Server::impatient(Kind::Sqlite);
    let guest = server.person(server.call("POST", "/v1/account/sessions/anonymous").send().expect(201));
    ask(&server, &guest, "phone").send().refused(400, "user_phone_not_found");
    ask(&server, &guest, "email").send().refused(400, "user_email_not_found");
    let member = server.member("anna", EMAIL);
    let claim = json!({"phone": PHONE, "password": PASSWORD});
    server.by(&member, "PATCH", "/v1/account/phone").json(&claim).send().expect(200);
    ask(&server, &member, "phone").send().refused(400, "user_phone_not_verified");
    ask(&server, &member, "email").send().refused(400, "user_email_not_verified");
    for factor in ["sms", "", " totp", "recovery_code", "custom"] {
        let answer = ask(&server, &member, factor).send();
        assert!(
            answer.refused(400, "general_argument_invalid").body.contains("`factor`"),
            "{factor:?}: {}",
            answer.raw
        );
    }
    // The contract lets these be made; nothing answers them.
    for factor in ["totp", "recoveryCode", "RECOVERYCODE"] {
        let challenge = server.challenge(&member, factor);
        server.complete(&member, &challenge, "000000").send().refused(401, "user_invalid_token");
    }
    server.settings(&json!({"sms": {"providers": []}}));
    ask(&server, &member, "phone").send().refused(503, "general_phone_disabled");
    for (setting, factor) in
        [("totp", "totp"), ("phone", "phone"), ("email", "email"), ("recoveryCodes", "recoverycode")]
    {
        server.settings(&json!({"mfa": {setting: false}}));
        ask(&server, &member, factor).send().refused(501, "user_auth_method_unsupported");
    }
    server.by(&member, "POST", APP).send().refused(501, "user_auth_method_unsupported");
    server.by(&member, "POST", CODES).send().refused(501, "user_auth_method_unsupported");
    for (method, target) in
        [("GET", FACTORS), ("POST", CHALLENGE), ("POST", APP), ("GET", CODES), ("PATCH", "/v1/account/mfa")]
    {
        server.call(method, target).send().refused(401, "general_unauthorized_scope");
        let key = server.call(method, target).header("X-Appwrite-Key", server.api_key()).send();
        key.refused(401, "user_unauthorized");
    }
}

on_both! {
    fn what_a_session_began_with_counts_once(kind: Kind) {
        let server = Server::impatient(kind);
        let person = server.settler("anna", PHONE, EMAIL);
        flag(&server, &person, true).send().expect(200);
        server.ask("again", PHONE).send().expect(201);
        let code = server.newest(PHONE, "sign-in", 2)["code"].as_str().unwrap().to_owned();
        let session = server.person(server.exchange("again", &code).send().expect(201));
        let challenge = server.challenge(&session, "phone");
        let code = server.newest(PHONE, "mfa", 1)["code"].as_str().unwrap().to_owned();
        let same = server.complete(&session, &challenge, &code).send().expect(200).json();
        assert_eq!([&same["factors"], &same["mfaUpdatedAt"]], [&json!(["phone"]), &json!("")]);
        server.account(&session).refused(401, "user_more_factors_required");
        server.settings(&json!({"mfa": {"refuseFirstFactor": true}}));
        ask(&server, &session, "phone").send().refused(400, "user_invalid_challenge");
        server.settled();
        assert_eq!(server.mail(PHONE, "mfa").len(), 1);
        let challenge = server.challenge(&session, "email");
        let code = server.newest(EMAIL, "mfa", 1)["code"].as_str().unwrap().to_owned();
        server.complete(&session, &challenge, &code).send().expect(200);
        server.account(&session).expect(200);
    }
}

on_both! {
    fn a_project_may_ask_everybody_for_two_factors(kind: Kind) {
        let server = Server::impatient(kind);
        let person = server.settler("anna", PHONE, EMAIL);
        let guest = server.person(server.call("POST", "/v1/account/sessions/anonymous").send().expect(201));
        server.settings(&json!({"mfa": {"enforce": "force"}}));
        let session = server.again(EMAIL, PASSWORD);
        server.account(&session).refused(401, "user_more_factors_required");
        let challenge = server.challenge(&session, "phone");
        let code = server.newest(PHONE, "mfa", 1)["code"].as_str().unwrap().to_owned();
        server.complete(&session, &challenge, &code).send().expect(200);
        server.account(&session).expect(200);
        // The session that began with the phone has proved no more than that.
        server.account(&person).refused(401, "user_more_factors_required");
        // Whoever has no other factor yet comes in to add one.
        server.account(&guest).expect(200);
    }
}
