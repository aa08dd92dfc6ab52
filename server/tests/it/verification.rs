//! Showing that an address or a number is one's own, and changing it.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use crate::call::{Call, shape};
use crate::people::{PAGE, PASSWORD};
use crate::server::{Person, Server, on_both};

const EMAIL: &str = "anna@example.com";
const PHONE: &str = "+14255550451";
const OTHER: &str = "+14255550452";

fn ask_email(server: &Server, person: &Person) -> Call {
    server.by(person, "POST", "/v1/account/verifications/email").json(&json!({"url": PAGE}))
}

fn ask_phone(server: &Server, person: &Person) -> Call {
    server.by(person, "POST", "/v1/account/verifications/phone")
}

/// A number's code shown in a session, for the account with this id.
fn show(server: &Server, person: &Person, user: &str, code: &str) -> Call {
    let body = json!({"userId": user, "secret": code});
    server.by(person, "PUT", "/v1/account/verifications/phone").json(&body)
}

fn set_phone(server: &Server, person: &Person, phone: &str) -> Call {
    server.home.keep_secret(phone);
    server.by(person, "PATCH", "/v1/account/phone").json(&json!({"phone": phone, "password": PASSWORD}))
}

fn set_email(server: &Server, person: &Person, email: &str) -> Call {
    server.home.keep_secret(email);
    server.by(person, "PATCH", "/v1/account/email").json(&json!({"email": email, "password": PASSWORD}))
}

fn code(server: &Server, phone: &str, count: usize) -> String {
    server.newest(phone, "verify-phone", count)["code"].as_str().unwrap().to_owned()
}

on_both! {
    fn a_link_verifies_an_address_without_a_session_and_once(kind: Kind) {
        let server = Server::impatient(kind);
        let person = server.member("anna", EMAIL);
        // The account is remembered as it was.
        server.account(&person).expect(200);
        ask_email(&server, &person).send().expect(201);
        let first = server.link(EMAIL, "verify-email", 1);
        ask_email(&server, &person).send().expect(201);
        let link = server.link(EMAIL, "verify-email", 2);
        assert_eq!(link.user, "anna");
        let put = |body: &Value| server.call("PUT", "/v1/account/verifications/email").json(body).send();
        for (user, secret) in [("bert", link.secret.as_str()), ("anna", "x"), ("anna", &"0".repeat(64)), ("anna", &link.secret[1..])] {
            put(&json!({"userId": user, "secret": secret})).refused(401, "user_invalid_token");
        }
        assert_eq!(server.account(&person).json()["emailVerification"], false);
        put(&link.body()).expect(200);
        assert_eq!(server.account(&person).json()["emailVerification"], true);
        for link in [&link, &first] {
            put(&link.body()).refused(401, "user_invalid_token");
        }
        ask_email(&server, &person).send().refused(409, "user_email_already_verified");
        let sessions = server.by(&person, "GET", "/v1/account/sessions").send().json();
        assert_eq!(sessions["total"], 1, "it signs nobody in");
    }
}

#[test]
fn a_token_of_a_verification_has_the_fields_of_its_flavour_on_both_paths() {
    let server = Server::impatient(Kind::Sqlite);
    let expected = [
        "$id: id",
        "$createdAt: date",
        "$updatedAt: date",
        "userId: \"anna\"",
        "secret: \"\"",
        "expire: date",
        "phrase: \"\"",
    ];
    let own = "$permissions: [\"read(\\\"user:anna\\\")\",\"update(\\\"user:anna\\\")\",\"delete(\\\"user:anna\\\")\"]";
    let check = |body: &str, nuvix: bool| {
        let mut lines = shape(body);
        if nuvix {
            assert_eq!(lines.remove(3), own);
        }
        assert_eq!(lines, expected);
    };
    for (nuvix, email_path, phone_path) in [
        (false, "/v1/account/verifications/email", "/v1/account/verifications/phone"),
        (true, "/v1/account/verification", "/v1/account/verification/phone"),
    ] {
        let flavoured = |call: Call| if nuvix { call.nuvix() } else { call };
        server.post("/dev/reset", &json!({})).send().expect(200);
        let person = server.member("anna", EMAIL);
        set_phone(&server, &person, PHONE).send().expect(200);
        let asked = flavoured(server.by(&person, "POST", email_path)).json(&json!({"url": PAGE})).send();
        check(&asked.expect(201).body, nuvix);
        let link = server.link(EMAIL, "verify-email", 1);
        assert_eq!(link.expire, asked.json()["expire"].as_str().unwrap());
        check(&flavoured(server.call("PUT", email_path)).json(&link.body()).send().expect(200).body, nuvix);
        let asked = flavoured(server.by(&person, "POST", phone_path)).send();
        check(&asked.expect(201).body, nuvix);
        let body = json!({"userId": "anna", "secret": code(&server, PHONE, 1)});
        check(&flavoured(server.by(&person, "PUT", phone_path)).json(&body).send().expect(200).body, nuvix);
        let account = server.account(&person).json();
        assert_eq!([&account["emailVerification"], &account["phoneVerification"]], [&json!(true); 2]);
    }
}

on_both! {
    fn a_link_that_is_followed_in_a_session_of_its_account_counts_there_and_in_no_other(kind: Kind) {
        let server = Server::impatient(kind);
        let person = server.member("anna", EMAIL);
        let bert = server.member("bert", "bert@example.com");
        let factors = |person: &Person| {
            let session = server.by(person, "GET", "/v1/account/sessions/current").send();
            session.expect(200).json()["factors"].clone()
        };
        ask_email(&server, &bert).send().expect(201);
        let of_bert = server.link("bert@example.com", "verify-email", 1);
        let put = |person: &Person, body: &Value| {
            server.by(person, "PUT", "/v1/account/verification").json(body).send().expect(200);
        };
        put(&person, &of_bert.body());
        assert_eq!([factors(&person), factors(&bert)], [json!(["password"]), json!(["password"])]);
        assert_eq!(server.account(&bert).json()["emailVerification"], true);
        ask_email(&server, &person).send().expect(201);
        put(&person, &server.link(EMAIL, "verify-email", 1).body());
        assert_eq!(factors(&person), json!(["password", "email"]));
    }
}

on_both! {
    fn a_link_to_an_address_that_was_changed_or_is_an_hour_old_is_dead(kind: Kind) {
        let server = Server::impatient(kind);
        let person = server.member("anna", EMAIL);
        let follow = |email: &str, count: usize| {
            let link = server.link(email, "verify-email", count);
            server.call("PUT", "/v1/account/verification").json(&link.body()).send()
        };
        ask_email(&server, &person).send().expect(201);
        server.newest(EMAIL, "verify-email", 1);
        set_email(&server, &person, "b@example.com").send().expect(200);
        follow(EMAIL, 1).refused(401, "user_invalid_token");
        ask_email(&server, &person).send().expect(201);
        server.newest("b@example.com", "verify-email", 1);
        server.advance(3_601);
        follow("b@example.com", 1).refused(401, "user_invalid_token");
        assert_eq!(server.account(&person).json()["emailVerification"], false);
    }
}

on_both! {
    fn a_code_verifies_a_number_in_the_session_that_asked_and_nowhere_else(kind: Kind) {
        let server = Server::impatient(kind);
        let person = server.member("anna", EMAIL);
        let other = server.again(EMAIL, PASSWORD);
        let bert = server.member("bert", "bert@example.com");
        ask_phone(&server, &person).send().refused(400, "user_phone_not_found");
        assert_eq!(set_phone(&server, &person, PHONE).send().expect(200).json()["phoneVerification"], false);
        ask_phone(&server, &person).send().expect(201);
        let code = code(&server, PHONE, 1);
        let guest = server.call("PUT", "/v1/account/verifications/phone");
        for user in ["anna", "nobody"] {
            guest.clone().json(&json!({"userId": user, "secret": code})).send().refused(401, "user_invalid_token");
        }
        show(&server, &other, "anna", &code).send().refused(401, "user_invalid_token");
        show(&server, &bert, "anna", &code).send().refused(401, "user_invalid_token");
        show(&server, &bert, "bert", &code).send().refused(401, "user_invalid_token");
        show(&server, &person, "bert", &code).send().refused(401, "user_invalid_token");
        show(&server, &person, "nobody", &code).send().refused(404, "user_not_found");
        // It is no code for signing in.
        server.exchange("anna", &code).send().refused(401, "user_invalid_token");
        assert_eq!(server.home.count("SELECT MAX(attempts) FROM handles"), 0);
        show(&server, &person, "anna", "000000000").send().refused(401, "user_invalid_token");
        assert_eq!(server.home.count("SELECT MAX(attempts) FROM handles"), 1);
        show(&server, &person, "anna", &code).send().expect(200);
        let account = server.account(&person).json();
        assert_eq!([&account["phone"], &account["phoneVerification"]], [&json!(PHONE), &json!(true)]);
        show(&server, &person, "anna", &code).send().refused(401, "user_invalid_token");
        ask_phone(&server, &person).send().refused(409, "user_phone_already_verified");
    }
}

on_both! {
    fn after_five_wrong_tries_a_code_for_a_number_is_dead(kind: Kind) {
        let server = Server::impatient(kind);
        let person = server.member("anna", EMAIL);
        set_phone(&server, &person, PHONE).send().expect(200);
        ask_phone(&server, &person).send().expect(201);
        let first = code(&server, PHONE, 1);
        for _ in 0..5 {
            show(&server, &person, "anna", "x").send().refused(401, "user_invalid_token");
        }
        show(&server, &person, "anna", &first).send().refused(401, "user_invalid_token");
        ask_phone(&server, &person).send().expect(201);
        show(&server, &person, "anna", &code(&server, PHONE, 2)).send().expect(200);
    }
}

on_both! {
    fn two_people_may_claim_a_number_and_the_first_to_prove_it_has_it(kind: Kind) {
        let server = Server::impatient(kind);
        let (anna, bert) = (server.member("anna", EMAIL), server.member("bert", "bert@example.com"));
        for person in [&anna, &bert] {
            set_phone(&server, person, PHONE).send().expect(200);
            ask_phone(&server, person).send().expect(201);
        }
        server.newest(PHONE, "verify-phone", 2);
        let codes: Vec<_> = server.mail(PHONE, "verify-phone").iter().map(|m| m["code"].clone()).collect();
        let (of_bert, of_anna) = (codes[0].as_str().unwrap(), codes[1].as_str().unwrap());
        show(&server, &anna, "anna", of_anna).send().expect(200);
        // The other's claim went with the proof.
        let lost = show(&server, &bert, "bert", of_bert).send();
        assert!([(409, "user_phone_already_exists".to_owned()), (401, "user_invalid_token".to_owned())].contains(&lost.said()), "{}", lost.raw);
        assert_eq!(server.account(&bert).json()["phone"], "");
        // Whoever claims what is taken hears so at the proof, not before.
        set_phone(&server, &bert, PHONE).send().expect(200);
        ask_phone(&server, &bert).send().expect(201);
        show(&server, &bert, "bert", &code(&server, PHONE, 3)).send().refused(409, "user_phone_already_exists");
        let account = server.account(&anna).json();
        assert_eq!([&account["phone"], &account["phoneVerification"]], [&json!(PHONE), &json!(true)]);
    }
}

on_both! {
    fn the_old_number_signs_in_until_the_new_one_is_proved_and_is_told_then(kind: Kind) {
        let server = Server::impatient(kind);
        let person = server.settler("anna", PHONE, EMAIL);
        let changed = set_phone(&server, &person, OTHER).send().expect(200).json();
        assert_eq!([&changed["phone"], &changed["phoneVerification"]], [&json!(OTHER), &json!(false)]);
        let sign_in = |handle: &str, phone: &str, count: usize| {
            server.ask(handle, phone).send().expect(201);
            let code = server.newest(phone, "sign-in", count)["code"].as_str().unwrap().to_owned();
            server.person(server.exchange(handle, &code).send().expect(201))
        };
        assert_eq!(sign_in("h1", PHONE, 2).user, "anna");
        server.settled();
        assert!(server.mail(PHONE, "phone-changed").is_empty());
        ask_phone(&server, &person).send().expect(201);
        let shown = show(&server, &person, "anna", &code(&server, OTHER, 1)).header("X-Appwrite-Locale", "de").send();
        shown.expect(200);
        for to in [PHONE, EMAIL] {
            let notice = server.newest(to, "phone-changed", 1);
            assert_eq!([&notice["code"], &notice["link"], &notice["locale"]], [&Value::Null, &Value::Null, &json!("de")]);
            assert!(!notice["body"].as_str().unwrap().contains(&OTHER[1..]), "{notice}");
        }
        server.settled();
        assert!(server.mail(OTHER, "phone-changed").is_empty());
        assert_eq!(sign_in("h2", OTHER, 1).user, "anna");
        assert_ne!(sign_in("h3", PHONE, 3).user, "anna");
        // Naming the present number again drops a claim.
        set_phone(&server, &person, "+14255550459").send().expect(200);
        let back = set_phone(&server, &person, OTHER).send().expect(200).json();
        assert_eq!([&back["phone"], &back["phoneVerification"]], [&json!(OTHER), &json!(true)]);
    }
}

on_both! {
    fn another_address_is_to_be_verified_anew_and_the_old_one_is_told(kind: Kind) {
        let server = Server::impatient(kind);
        let person = server.settler("anna", PHONE, EMAIL);
        server.member("bert", "bert@example.com");
        let rows = server.home.rows();
        for taken in ["bert@example.com", "BERT@Example.com"] {
            set_email(&server, &person, taken).send().refused(409, "user_target_already_exists");
        }
        assert_eq!(server.home.rows(), rows);
        let changed = set_email(&server, &person, " New@Example.COM").send().expect(200).json();
        assert_eq!([&changed["email"], &changed["emailVerification"]], [&json!("new@example.com"), &json!(false)]);
        assert_eq!(server.account(&person).json(), changed);
        let notice = server.newest(EMAIL, "email-changed", 1);
        assert_eq!([&notice["code"], &notice["link"]], [&Value::Null; 2]);
        assert!(!notice["body"].as_str().unwrap().contains("new@example.com"), "{notice}");
        server.settled();
        assert!(server.inbox("new@example.com").is_empty());
        server.by_password(EMAIL, PASSWORD).send().refused(401, "user_invalid_credentials");
        server.again("new@example.com", PASSWORD);
        // The same one again changes nothing.
        server.verify_email(&person, "new@example.com");
        let same = set_email(&server, &person, "NEW@example.com").send().expect(200).json();
        assert_eq!(same["emailVerification"], true);
        server.settled();
        assert!(server.mail("new@example.com", "email-changed").is_empty());
    }
}

#[test]
fn what_is_missing_is_named() {
    let server = Server::impatient(Kind::Sqlite);
    let person = server.sign_in("anna", PHONE);
    ask_email(&server, &person).send().refused(400, "user_email_not_found");
    ask_phone(&server, &person).send().refused(409, "user_phone_already_verified");
    let member = server.member("bert", EMAIL);
    set_phone(&server, &member, OTHER).send().expect(200);
    server.settings(&json!({"sms": {"countries": ["DE"]}}));
    ask_phone(&server, &member).send().refused(400, "general_argument_invalid");
    server.settings(&json!({"sms": {"countries": ["*"], "providers": []}}));
    ask_phone(&server, &member).send().refused(503, "general_phone_disabled");
    let guest = |method: &str, target: &str| server.call(method, target).json(&json!({"url": PAGE})).send();
    for target in ["/v1/account/verification", "/v1/account/verification/phone"] {
        guest("POST", target).refused(401, "general_unauthorized_scope");
        // A server is nobody who could have an address; no key has the scope of the second.
        for (method, refusal) in [("POST", "user_unauthorized"), ("PUT", "general_unauthorized_scope")] {
            let call = server.call(method, target).json(&json!({"url": PAGE, "userId": "anna", "secret": "000000"}));
            call.header("X-Appwrite-Key", server.api_key()).send().refused(401, refusal);
        }
    }
}

#[test]
fn a_mock_number_is_verified_by_its_own_code() {
    let server = Server::impatient(Kind::Sqlite);
    server.settings(&json!({"auth": {"mockNumbers": [{"phone": OTHER, "otp": "424242"}]}}));
    server.home.keep_secret("424242");
    let person = server.member("anna", EMAIL);
    set_phone(&server, &person, OTHER).send().expect(200);
    ask_phone(&server, &person).send().expect(201);
    server.settled();
    show(&server, &person, "anna", "242424").send().refused(401, "user_invalid_token");
    show(&server, &person, "anna", "424242").send().expect(200);
    assert!(server.inbox(OTHER).is_empty());
    assert_eq!(server.account(&person).json()["phoneVerification"], true);
}

on_both! {
    fn a_guest_becomes_somebody_by_an_address_and_a_number(kind: Kind) {
        let server = Server::impatient(kind);
        let guest = server.person(server.call("POST", "/v1/account/sessions/anonymous").send().expect(201));
        server.set_email(&guest, EMAIL);
        server.verify_email(&guest, EMAIL);
        set_phone(&server, &guest, PHONE).send().expect(200);
        ask_phone(&server, &guest).send().expect(201);
        show(&server, &guest, &guest.user, &code(&server, PHONE, 1)).send().expect(200);
        assert_eq!(server.again(EMAIL, PASSWORD).user, guest.user);
        assert_eq!(server.sign_in_by_email("h", EMAIL, 1).user, guest.user);
        server.account(&guest).expect(200);
    }
}

on_both! {
    fn inside_the_wait_no_second_message_goes_out(kind: Kind) {
        let server = Server::start(kind);
        let person = server.member("anna", EMAIL);
        set_phone(&server, &person, PHONE).send().expect(200);
        let first = ask_phone(&server, &person).send();
        let again = ask_phone(&server, &person).send();
        assert_eq!(first.expect(201).body, again.expect(201).body);
        ask_email(&server, &person).send().expect(201);
        ask_email(&server, &person).send().expect(201);
        // Another session of his may know that he is to wait.
        let other = server.again(EMAIL, PASSWORD);
        let refused = ask_phone(&server, &other).send();
        assert!(refused.refused(429, "general_rate_limit_exceeded").number("retry-after").unwrap() <= 30);
        server.settled();
        assert_eq!((server.mail(PHONE, "verify-phone").len(), server.mail(EMAIL, "verify-email").len()), (1, 1));
    }
}
