//! Signing in by e-mail: codes, links, phrases, alerts.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use crate::call::{Call, masked, shape};
use crate::people::{Link, PAGE, PASSWORD};
use crate::server::{Server, eventually, on_both};

const EMAIL: &str = "anna@example.com";
const PHONE: &str = "+14255550431";
const CHROME: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";

/// A request for a link that signs in.
fn ask_for_link(server: &Server, user: &str, email: &str) -> Call {
    server.home.keep_secret(email);
    server.post("/v1/account/tokens/magic-url", &json!({"userId": user, "email": email, "url": PAGE}))
}

fn recover(server: &Server, email: &str) -> Call {
    server.home.keep_secret(email);
    server.post("/v1/account/recovery", &json!({"email": email, "url": PAGE}))
}

on_both! {
    fn a_code_by_email_signs_in_and_verifies_the_address(kind: Kind) {
        let server = Server::start(kind);
        server.ask_by_email("anna", EMAIL).send().expect(201);
        let message = server.newest(EMAIL, "sign-in", 1);
        assert_eq!((&message["channel"], &message["link"]), (&json!("email"), &Value::Null));
        let code = message["code"].as_str().unwrap();
        assert!(code.len() == 6 && message["body"].as_str().unwrap().contains(code), "{message}");
        server.exchange("anna", "wrong").send().refused(401, "user_invalid_token");
        let opened = server.exchange("anna", code).send();
        let body = opened.expect(201).json();
        assert_eq!((&body["provider"], &body["providerUid"], &body["factors"]), (&json!("token"), &json!(""), &json!(["email"])));
        let account = server.account(&server.person(&opened)).expect(200).json();
        assert_eq!(
            [&account["$id"], &account["email"], &account["emailVerification"], &account["passwordUpdate"]],
            [&json!("anna"), &json!(EMAIL), &json!(true), &json!("")]
        );
        server.exchange("anna", code).send().refused(401, "user_invalid_token");
    }
}

on_both! {
    fn a_link_signs_in_once_within_an_hour_and_ends_its_siblings(kind: Kind) {
        let server = Server::impatient(kind);
        let answer = ask_for_link(&server, "anna", EMAIL).send();
        assert_eq!(answer.expect(201).json()["userId"], "anna");
        let message = server.newest(EMAIL, "magic-link", 1);
        let first = Link::of(message["link"].as_str().unwrap());
        assert!(message["link"].as_str().unwrap().starts_with(PAGE), "{message}");
        assert!(message["body"].as_str().unwrap().contains(message["link"].as_str().unwrap()), "{message}");
        assert_eq!((first.user.as_str(), first.secret.len(), &message["code"]), ("anna", 64, &Value::Null));
        assert_eq!(first.expire, answer.json()["expire"].as_str().unwrap());
        ask_for_link(&server, "anna", EMAIL).send().expect(201);
        let second = server.link(EMAIL, "magic-link", 2);
        for (user, secret) in [("bert", &second.secret), ("anna", &second.secret.to_uppercase()), ("anna", &"0".repeat(64))] {
            server.exchange(user, secret).send().refused(401, "user_invalid_token");
        }
        let opened = server.call("PUT", "/v1/account/sessions/magic-url").json(&second.body()).send();
        let body = opened.expect(201).json();
        assert_eq!((&body["provider"], &body["factors"]), (&json!("magic-url"), &json!(["email"])));
        assert_eq!(server.account(&server.person(&opened)).expect(200).json()["emailVerification"], true);
        for link in [&first, &second] {
            server.exchange(&link.user, &link.secret).send().refused(401, "user_invalid_token");
        }
        ask_for_link(&server, "again", EMAIL).send().expect(201);
        let link = server.link(EMAIL, "magic-link", 3);
        server.advance(3_601);
        server.exchange(&link.user, &link.secret).send().refused(401, "user_invalid_token");
        ask_for_link(&server, "again", EMAIL).send().expect(201);
        let link = server.link(EMAIL, "magic-link", 4);
        assert_eq!(server.person(server.exchange(&link.user, &link.secret).send().expect(201)).user, "anna");
    }
}

#[test]
fn a_secret_for_one_thing_does_no_other() {
    let server = Server::start(Kind::Sqlite);
    let person = server.member("anna", EMAIL);
    let put = |target: &str, body: &Value| server.call("PUT", target).json(body).send();
    recover(&server, EMAIL).send().expect(201);
    let recovery = server.link(EMAIL, "recovery", 1);
    ask_for_link(&server, "handle", EMAIL).send().expect(201);
    let magic = server.link(EMAIL, "magic-link", 1);
    server.by(&person, "POST", "/v1/account/verification").json(&json!({"url": PAGE})).send().expect(201);
    let verify = server.link(EMAIL, "verify-email", 1);
    let new = |link: &Link| json!({"userId": link.user, "secret": link.secret, "password": "a new password"});
    for (link, target) in [
        (&recovery, "/v1/account/sessions/token"),
        (&verify, "/v1/account/sessions/token"),
        (&recovery, "/v1/account/verification"),
        (&magic, "/v1/account/verification"),
        (&magic, "/v1/account/recovery"),
        (&verify, "/v1/account/recovery"),
    ] {
        let answer = match target {
            "/v1/account/sessions/token" => server.exchange(&link.user, &link.secret).send(),
            "/v1/account/recovery" => put(target, &new(link)),
            _ => put(target, &link.body()),
        };
        assert_eq!(answer.said(), (401, "user_invalid_token".to_owned()), "{target}: {}", answer.raw);
    }
    // None of them was spent by that.
    put("/v1/account/verification", &verify.body()).expect(200);
    put("/v1/account/recovery", &new(&recovery)).expect(200);
    server.exchange(&magic.user, &magic.secret).send().expect(201);
}

on_both! {
    fn known_unknown_and_blocked_addresses_get_one_answer(kind: Kind) {
        let server = Server::start(kind);
        let known = "known@example.com";
        server.sign_in_by_email("known", known, 1);
        server.member("claimed", "claim@example.com");
        let blocked = server.sign_in_by_email("blocked", "blckd@example.com", 1);
        server.by(&blocked, "PATCH", "/v1/account/status").send().expect(200);
        server.advance(31);
        for nuvix in [false, true] {
            let mut raw: [Vec<String>; 3] = Default::default();
            for (n, email) in [known, "nobdy@example.com", "claim@example.com", "blckd@example.com"].iter().enumerate() {
                let user = format!("u{n}{nuvix}");
                let calls = [server.ask_by_email(&user, email), ask_for_link(&server, &user, email), recover(&server, email)];
                for (call, raw) in calls.into_iter().zip(&mut raw) {
                    let answer = if nuvix { call.nuvix().send() } else { call.send() };
                    raw.push(masked(&answer.expect(201).raw).replace(&user, "USER"));
                }
            }
            for raw in raw {
                assert!(raw.iter().all(|one| *one == raw[0]), "{raw:#?}");
            }
            // What waits would expire in the queue.
            server.settled();
            server.advance(3_601);
        }
        // Whoever is blocked hears so from nobody but with the code in hand, and unknown ones get no recovery.
        let count = |email: &str, template: &str| server.mail(email, template).len();
        assert_eq!([count(known, "recovery"), count("claim@example.com", "recovery")], [2, 2]);
        assert_eq!([count("nobdy@example.com", "recovery"), count("blckd@example.com", "recovery")], [0, 0]);
        assert_eq!([count("nobdy@example.com", "sign-in"), count("blckd@example.com", "magic-link")], [2, 2]);
        let handle = server.ask_by_email("late", "blckd@example.com").send().expect(201).json();
        let code = server.newest("blckd@example.com", "sign-in", 4)["code"].as_str().unwrap().to_owned();
        server.exchange(handle["userId"].as_str().unwrap(), "000000").send().refused(401, "user_invalid_token");
        server.exchange(handle["userId"].as_str().unwrap(), &code).send().refused(401, "user_blocked");
    }
}

on_both! {
    fn every_spelling_of_an_address_is_one_account(kind: Kind) {
        let server = Server::impatient(kind);
        let first = server.sign_in_by_email("anna", EMAIL, 1);
        for (n, spelling) in ["ANNA@example.com", " Anna@Example.COM\n", "anna@ｅｘａｍｐｌｅ.com"].iter().enumerate() {
            let handle = format!("again{n}");
            server.post("/v1/account/tokens/email", &json!({"userId": handle, "email": spelling})).send().expect(201);
            let code = server.newest(EMAIL, "sign-in", n + 2)["code"].as_str().unwrap().to_owned();
            assert_eq!(server.person(server.exchange(&handle, &code).send().expect(201)).user, first.user, "{spelling}");
        }
        assert_eq!(server.home.count("SELECT COUNT(*) FROM users"), 1);
        // A cool-down is the address's too, however it is written.
        server.settings(&json!({"otp": {"resendSeconds": [30]}}));
        for spelling in [EMAIL, "Anna@example.com", "anna@EXAMPLE.com "] {
            server.post("/v1/account/tokens/email", &json!({"userId": "last", "email": spelling})).send().expect(201);
        }
        server.settled();
        assert_eq!(server.mail(EMAIL, "sign-in").len(), 5);
    }
}

on_both! {
    fn what_a_stranger_set_up_on_an_address_is_gone_when_its_owner_comes(kind: Kind) {
        let server = Server::impatient(kind);
        for (n, way) in ["code", "link", "recovery"].iter().enumerate() {
            let (user, email) = (format!("u{n}"), format!("owner{n}@example.com"));
            let stranger = server.member(&user, &email);
            server.by(&stranger, "PATCH", "/v1/account/name").json(&json!({"name": "Mallory"})).send().expect(200);
            let seed = server.add_app(&stranger);
            let owner = match *way {
                "code" => server.sign_in_by_email("own", &email, 1),
                "link" => {
                    ask_for_link(&server, "own", &email).send().expect(201);
                    let link = server.link(&email, "magic-link", 1);
                    server.person(server.exchange(&link.user, &link.secret).send().expect(201))
                }
                _ => {
                    recover(&server, &email).send().expect(201);
                    let link = server.link(&email, "recovery", 1);
                    let body = json!({"userId": link.user, "secret": link.secret, "password": "my own password"});
                    server.call("PUT", "/v1/account/recovery").json(&body).send().expect(200);
                    server.again(&email, "my own password")
                }
            };
            server.account(&stranger).expect(401);
            server.by_password(&email, PASSWORD).send().refused(401, "user_invalid_credentials");
            let account = server.account(&owner).expect(200).json();
            assert_eq!((&account["name"], &account["emailVerification"]), (&json!(""), &json!(true)), "{way}");
            let factors = server.by(&owner, "GET", "/v1/account/mfa/factors").send().json();
            assert_eq!(factors["totp"], false, "{way}: {seed:.2}");
        }
    }
}

on_both! {
    fn an_account_that_proved_a_number_keeps_what_it_has_when_its_claimed_address_proves_itself(kind: Kind) {
        let server = Server::impatient(kind);
        let person = server.sign_in("claimer", PHONE);
        server.set_email(&person, EMAIL);
        let owner = server.sign_in_by_email("owner", EMAIL, 1);
        assert_eq!(owner.user, "owner");
        let account = server.account(&person).expect(200).json();
        assert_eq!([&account["email"], &account["phone"]], [&json!(""), &json!(PHONE)]);
        let notice = server.newest(PHONE, "claim-removed", 1);
        assert_eq!([&notice["code"], &notice["link"]], [&Value::Null; 2]);
        server.by_password(EMAIL, PASSWORD).send().refused(401, "user_invalid_credentials");
    }
}

#[test]
fn a_phrase_is_the_same_in_the_answer_and_the_message() {
    let server = Server::impatient(Kind::Sqlite);
    let mut phrases = std::collections::BTreeSet::new();
    for (n, target) in ["/v1/account/tokens/email", "/v1/account/tokens/magic-url"].iter().enumerate() {
        for (m, phrase) in [json!(true), json!("true")].iter().enumerate() {
            let email = format!("p{n}{m}@example.com");
            let body = json!({"userId": format!("p{n}{m}"), "email": email, "url": PAGE, "phrase": phrase});
            let told = server.post(target, &body).send().expect(201).json()["phrase"].as_str().unwrap().to_owned();
            let mail = eventually("the message", || server.inbox(&email).first().cloned());
            assert!(!told.is_empty() && mail["body"].as_str().unwrap().contains(&told), "{told}: {mail}");
            phrases.insert(told);
        }
        let email = format!("none{n}@example.com");
        let body = json!({"userId": format!("none{n}"), "email": email, "url": PAGE});
        assert_eq!(server.post(target, &body).send().expect(201).json()["phrase"], "");
    }
    assert!(phrases.len() > 1, "{phrases:?}");
}

#[test]
fn a_token_by_email_has_the_fields_of_its_flavour() {
    let server = Server::start(Kind::Sqlite);
    let expected = [
        "$id: id",
        "$createdAt: date",
        "$updatedAt: date",
        "userId: \"u\"",
        "secret: \"\"",
        "expire: date",
        "phrase: \"\"",
    ];
    let own = "$permissions: [\"read(\\\"user:u\\\")\",\"update(\\\"user:u\\\")\",\"delete(\\\"user:u\\\")\"]";
    for (n, ask) in [Server::ask_by_email as fn(&Server, &str, &str) -> Call, ask_for_link].iter().enumerate() {
        let appwrite = ask(&server, "u", EMAIL).send();
        assert_eq!(shape(&appwrite.expect(201).body), expected);
        let nuvix = ask(&server, "u", EMAIL).nuvix().send();
        let mut lines = shape(&nuvix.expect(201).body);
        assert_eq!(lines.remove(3), own, "{n}");
        assert_eq!(lines, expected);
        let key = ask(&server, "u", EMAIL).header("X-Appwrite-Key", server.api_key()).send();
        assert_eq!(key.expect(201).json()["secret"], "");
        server.post("/dev/reset", &json!({})).send().expect(200);
    }
}

#[test]
fn a_message_is_in_the_language_of_who_asked() {
    let server = Server::impatient(Kind::Sqlite);
    let member = server.member("member", "member@example.com");
    let calls = [
        ("sign-in", EMAIL, server.ask_by_email("u1", EMAIL)),
        ("magic-link", EMAIL, ask_for_link(&server, "u2", EMAIL)),
        ("recovery", "member@example.com", recover(&server, "member@example.com")),
        (
            "verify-email",
            "member@example.com",
            server.by(&member, "POST", "/v1/account/verification").json(&json!({"url": PAGE})),
        ),
    ];
    let mut subjects = Vec::new();
    for (n, locale) in ["de", "en"].into_iter().enumerate() {
        for (template, email, call) in &calls {
            call.clone().header("X-Appwrite-Locale", locale).send().expect(201);
            let message = server.newest(email, template, n + 1);
            assert_eq!(message["locale"], locale, "{template}");
            subjects.push(message["subject"].as_str().unwrap().to_owned());
        }
    }
    assert!((0..4).all(|n| subjects[n] != subjects[n + 4]), "{subjects:?}");
}

#[test]
fn without_a_provider_or_with_the_way_switched_off_nothing_is_sent() {
    let server = Server::start(Kind::Sqlite);
    let member = server.member("member", "member@example.com");
    let verified = server.sign_in_by_email("verified", "v@example.com", 1);
    let verification = || server.by(&member, "POST", "/v1/account/verification").json(&json!({"url": PAGE}));
    let challenge = || server.by(&verified, "POST", "/v1/account/mfa/challenge").json(&json!({"factor": "email"}));
    let link = || ask_for_link(&server, "u2", EMAIL);
    let code = || server.ask_by_email("u1", EMAIL);
    for (switch, call) in [("emailOtp", code()), ("magicUrl", link()), ("emailPassword", recover(&server, EMAIL))] {
        server.settings(&json!({"auth": {switch: false}}));
        let rows = server.home.rows();
        call.send().refused(501, "user_auth_method_unsupported");
        call.nuvix().send().refused(501, "user_auth_method_unsupported");
        assert_eq!(server.home.rows(), rows);
        server.settings(&json!({"auth": {switch: true}}));
    }
    server.post("/v1/account/sessions/magic-url", &json!({})).send().refused(400, "general_argument_invalid");
    server.settings(&json!({"auth": {"magicUrl": false}}));
    server.post("/v1/account/sessions/magic-url", &json!({})).send().refused(501, "user_auth_method_unsupported");
    server.settings(&json!({"auth": {"magicUrl": true}, "email": {"providers": []}}));
    let rows = server.home.rows();
    for call in [code(), link(), recover(&server, EMAIL), verification(), challenge()] {
        call.send().refused(503, "general_smtp_disabled");
    }
    assert_eq!(server.home.rows(), rows);
}

on_both! {
    fn a_new_session_is_told_about_where_the_project_wants_it(kind: Kind) {
        let server = Server::impatient(kind);
        server.settler("anna", PHONE, EMAIL);
        let by_phone = |count: usize| {
            server.ask("handle", PHONE).send().expect(201);
            let code = server.newest(PHONE, "sign-in", count)["code"].as_str().unwrap().to_owned();
            let call = server.exchange("handle", &code).header("User-Agent", CHROME).header("X-Appwrite-Locale", "de");
            server.person(call.send().expect(201))
        };
        by_phone(2);
        server.settled();
        assert!(server.mail(EMAIL, "session-alert").is_empty());
        server.settings(&json!({"auth": {"sessionAlerts": true}}));
        by_phone(3);
        let alert = server.newest(EMAIL, "session-alert", 1);
        assert_eq!((&alert["locale"], &alert["code"], &alert["link"]), (&json!("de"), &Value::Null, &Value::Null));
        let body = alert["body"].as_str().unwrap();
        assert!(["Chrome on GNU Linux", "127.0.0.1", " UTC"].iter().all(|part| body.contains(part)), "{body}");
        server.again(EMAIL, PASSWORD);
        server.newest(EMAIL, "session-alert", 2);
        // An e-mail that signs in tells it already, and nobody is told of his first session.
        server.sign_in_by_email("handle2", EMAIL, 1);
        server.sign_in("bert", "+14255550432");
        server.settled();
        assert_eq!(server.mail(EMAIL, "session-alert").len(), 2);
        assert!(server.mail("+14255550432", "session-alert").is_empty());
    }
}

#[test]
fn an_idempotency_key_makes_one_email_of_two_requests() {
    let server = Server::impatient(Kind::Sqlite);
    let first = ask_for_link(&server, "unique()", EMAIL).header("Idempotency-Key", "k").send();
    let second = ask_for_link(&server, "unique()", EMAIL).header("Idempotency-Key", "k").send();
    assert_eq!(first.expect(201).body, second.expect(201).body);
    let elsewhere = json!({"userId": "unique()", "email": EMAIL, "url": "https://other.example.com/"});
    let phrase = json!({"userId": "unique()", "email": EMAIL, "url": PAGE, "phrase": true});
    for body in [elsewhere, phrase] {
        let other = server.post("/v1/account/tokens/magic-url", &body).header("Idempotency-Key", "k").send();
        other.refused(400, "general_argument_invalid");
    }
    recover(&server, EMAIL).header("Idempotency-Key", "k").send().refused(400, "general_argument_invalid");
    server.settled();
    assert_eq!(server.mail(EMAIL, "magic-link").len(), 1);
}
