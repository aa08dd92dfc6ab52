//! Limits of routes (contract nuvix §1.7), as clients see them.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::people::{PAGE, PASSWORD};
use crate::server::{Server, on_both};

const PHONE: &str = "+14255550171";
const HOUR: i64 = 3_600;

#[track_caller]
fn remaining(answer: &Answer, limit: i64, left: i64) {
    let told = (answer.number("x-ratelimit-limit"), answer.number("x-ratelimit-remaining"));
    assert_eq!(told, (Some(limit), Some(left)), "{}", answer.raw);
}

on_both! {
    fn the_eleventh_code_for_one_number_in_an_hour_is_refused(kind: Kind) {
        let server = Server::strict(kind);
        for n in 0..10 {
            // Every spelling counts as the number.
            let phone = if n % 2 == 0 { PHONE } else { "+1 (425) 555-0171" };
            let answer = server.ask(&format!("u{n}"), phone).send();
            remaining(answer.expect(201), 10, 9 - n);
        }
        let refused = server.ask("u10", PHONE).send();
        remaining(refused.refused(429, "general_rate_limit_exceeded"), 10, 0);
        let body = refused.json();
        let reset = refused.number("x-ratelimit-reset").unwrap();
        assert_eq!((&body["limit"], &body["remaining"]), (&json!(10), &json!(0)));
        assert_eq!(body["reset"], reset);
        let wait = refused.number("retry-after").unwrap();
        assert!((1..=HOUR).contains(&wait), "{wait}");
        // Ten calls spent the address as well, but the alias counts apart, and so does a key not at all.
        server.ask("u11", "+14255550172").send().refused(429, "general_rate_limit_exceeded");
        let alias = server.post("/v1/account/sessions/phone", &json!({"userId": "u12", "phone": PHONE}));
        remaining(alias.send().expect(201), 10, 9);
        let with_key = server.ask("u13", PHONE).header("X-Appwrite-Key", server.api_key()).send();
        assert_eq!(with_key.expect(201).header("x-ratelimit-limit"), None);
        server.advance(wait);
        remaining(server.ask("u14", PHONE).send().expect(201), 10, 9);
    }
}

on_both! {
    fn one_number_is_limited_from_all_flavours_together_and_reset_is_in_their_units(kind: Kind) {
        let server = Server::strict(kind);
        let appwrite = server.ask("u1", PHONE).send();
        let nuvix = server.ask("u2", PHONE).nuvix().send();
        remaining(appwrite.expect(201), 10, 9);
        remaining(nuvix.expect(201), 10, 8);
        let (seconds, millis) =
            (appwrite.number("x-ratelimit-reset").unwrap(), nuvix.number("x-ratelimit-reset").unwrap());
        assert_eq!(millis / 1_000, seconds);
        for n in 0..8 {
            server.ask(&format!("more{n}"), PHONE).send().expect(201);
        }
        let refused = server.ask("u3", PHONE).nuvix().send();
        refused.refused(429, "general_rate_limit_exceeded");
        assert_eq!(refused.json()["reset"], millis);
    }
}

on_both! {
    fn the_exchange_and_its_aliases_share_one_counter_per_person(kind: Kind) {
        let server = Server::strict(kind);
        let exchange = |n: i64, user: &str| {
            let body = json!({"userId": user, "secret": "000000"});
            let (method, target) = match n % 3 {
                0 => ("POST", "/v1/account/sessions/token"),
                1 => ("PUT", "/v1/account/sessions/phone"),
                _ => ("PUT", "/v1/account/sessions/magic-url"),
            };
            server.call(method, target).json(&body).send()
        };
        for n in 0..10 {
            remaining(exchange(n, "victim").refused(401, "user_invalid_token"), 10, 9 - n);
        }
        for n in 0..3 {
            exchange(n, "victim").refused(429, "general_rate_limit_exceeded");
        }
        remaining(exchange(0, "another").expect(401), 10, 9);
        // What does not validate counts too.
        server.call("PUT", "/v1/account/sessions/phone").json(&json!({"userId": "another"})).send().expect(400);
        remaining(exchange(0, "another").expect(401), 10, 7);
    }
}

#[test]
fn each_limited_route_tells_its_limit_and_the_others_none() {
    let server = Server::strict(Kind::Sqlite);
    let person = server.sign_in("owner", PHONE);
    let other = server.call("POST", "/v1/account/sessions/anonymous").send();
    remaining(other.expect(201), 50, 49);
    let call = |method: &str, target: &str| server.call(method, target).header("Cookie", person.cookie());
    remaining(call("PATCH", "/v1/account/sessions/current").send().expect(200), 10, 9);
    remaining(call("POST", "/v1/account/jwts").send().expect(201), 100, 99);
    remaining(call("POST", "/v1/account/jwt").send().expect(201), 100, 99);
    remaining(call("DELETE", "/v1/account/sessions/nothing").send().expect(404), 100, 99);
    for target in ["/v1/account", "/v1/account/prefs", "/v1/account/sessions", "/v1/locale", "/v1/ping"] {
        assert_eq!(call("GET", target).send().expect(200).header("x-ratelimit-limit"), None, "{target}");
    }
    // A guest who is refused has been counted.
    remaining(server.call("DELETE", "/v1/account/sessions").send().expect(401), 100, 99);
    for n in 0..9 {
        remaining(call("PATCH", "/v1/account/sessions/current").send().expect(200), 10, 8 - n);
    }
    call("PATCH", "/v1/account/sessions/current").send().refused(429, "general_rate_limit_exceeded");
    server.settings(&json!({"nuvix": {"rateLimits": false}}));
    let free = call("PATCH", "/v1/account/sessions/current").send();
    assert_eq!(free.expect(200).header("x-ratelimit-limit"), None);
}

#[test]
fn an_address_may_ask_for_so_many_messages_and_no_forwarded_header_changes_it() {
    let server = Server::start(Kind::Sqlite);
    server.settings(&json!({"sms": {"perAddressPerHour": 3}}));
    let ask = |n: usize, decorate: &dyn Fn(Call) -> Call| {
        decorate(server.ask(&format!("u{n}"), &format!("+1425555018{n}"))).send()
    };
    for n in 0..3 {
        ask(n, &|call| call).expect(201);
    }
    for header in ["X-Forwarded-For", "Forwarded", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP"] {
        let refused = ask(4, &|call| call.header(header, "203.0.113.9"));
        assert!(refused.refused(429, "general_rate_limit_exceeded").number("retry-after").is_some(), "{header}");
    }
    ask(5, &|call| call.header("X-Appwrite-Key", server.api_key())).expect(201);
    server.settings(&json!({"auth": {"mockNumbers": [{"phone": "+14255550186", "otp": "123456"}]}}));
    ask(6, &|call| call).expect(201);
    server.advance(HOUR);
    ask(7, &|call| call).expect(201);
}

on_both! {
    fn a_number_gets_so_many_messages_in_a_day_and_its_caller_cannot_tell(kind: Kind) {
        let server = Server::start(kind);
        server.settings(&json!({"otp": {"perPhonePerDay": 3, "resendSeconds": [0]}}));
        let mut shapes = Vec::new();
        for _ in 0..5 {
            let answer = server.ask("owner", PHONE).send();
            shapes.push(crate::call::masked(&answer.expect(201).raw));
        }
        assert!(shapes.iter().all(|shape| *shape == shapes[0]), "{shapes:?}");
        server.code(PHONE, 3);
        crate::server::eventually("the refusals", || {
            let refused = server.home.messages().iter().filter(|m| m.state == "refused").count();
            (refused == 2).then_some(())
        });
        assert_eq!(server.inbox(PHONE).len(), 3);
        server.advance(86_400);
        server.ask("owner", PHONE).send().expect(201);
        server.code(PHONE, 4);
    }
}

on_both! {
    fn mistyped_numbers_are_counted_one_by_one(kind: Kind) {
        let home = crate::server::Home::new(kind);
        // The caller's address is what a trusted proxy says, so each comes from elsewhere.
        let server = Server::with(&home, &[("COUNTERSIGN_TRUSTED_PROXIES", "127.0.0.0/8")]);
        for n in 0..15 {
            let address = format!("198.51.100.{n}");
            let answer = server.ask(&format!("u{n}"), &format!("+1-{n}")).header("X-Forwarded-For", address).send();
            answer.refused(400, "general_argument_invalid");
        }
    }
}

#[test]
fn behind_a_trusted_proxy_the_client_is_who_it_says() {
    let home = crate::server::Home::new(Kind::Sqlite);
    let server = Server::with(&home, &[("COUNTERSIGN_TRUSTED_PROXIES", "127.0.0.0/8, 10.0.0.0/8")]);
    let from = |chain: &str| {
        let call = server.call("POST", "/v1/account/sessions/anonymous").header("X-Forwarded-For", chain);
        call.header("X-Forwarded-Proto", "https").send()
    };
    let answer = from("203.0.113.7, 10.1.1.1");
    remaining(answer.expect(201), 50, 49);
    assert_eq!(answer.json()["ip"], "203.0.113.7");
    for line in answer.cookies() {
        assert!(line.contains("; Secure"), "{line}");
    }
    assert!(answer.cookies()[0].contains("SameSite=None"));
    // What the client wrote in front of it is not believed.
    remaining(from("192.0.2.1, 203.0.113.7, 10.1.1.1").expect(201), 50, 48);
    remaining(from("203.0.113.8").expect(201), 50, 49);
    // One household counts as one, however many addresses it has.
    remaining(from("2001:db8:0:1::1").expect(201), 50, 49);
    remaining(from("2001:0DB8:0:1:ffff::2").expect(201), 50, 48);
    remaining(from("::ffff:203.0.113.7").expect(201), 50, 47);
}

on_both! {
    fn the_routes_of_passwords_and_emails_have_limits_of_their_own(kind: Kind) {
        let server = Server::strict(kind);
        let person = server.member("owner", "owner@example.com");
        let (email, other) = ("a@example.com", "b@example.com");
        let link = |email: &str| json!({"userId": "unique()", "email": email, "url": PAGE, "password": PASSWORD});
        let id = |user: &str| json!({"userId": user, "secret": "x", "password": PASSWORD});
        let post = |target: &str, body: &Value| server.post(target, body).send();
        let put = |target: &str, body: &Value| server.call("PUT", target).json(body).send();
        let by = |method: &str, target: &str| server.by(&person, method, target).json(&link(email)).send();
        // Signing up and in were the first calls.
        remaining(post("/v1/account", &json!({})).expect(400), 10, 8);
        let wrong = |email: &str| json!({"email": email, "password": "not this one"});
        remaining(post("/v1/account/sessions/email", &wrong("Owner@Example.com")).expect(401), 10, 8);
        remaining(post("/v1/account/sessions", &wrong(" OWNER@example.com")).expect(401), 10, 9);
        remaining(post("/v1/account/sessions/email", &wrong(email)).expect(401), 10, 9);
        for (target, limit) in [
            ("/v1/account/tokens/email", 10),
            ("/v1/account/tokens/magic-url", 60),
            ("/v1/account/sessions/magic-url", 60),
            ("/v1/account/recovery", 10),
        ] {
            remaining(post(target, &link(email)).expect(201), limit, limit - 1);
            remaining(post(target, &link(" A@Example.COM")).expect(201), limit, limit - 2);
            // Another address is another counter, but the caller is the same.
            remaining(post(target, &link(other)).expect(201), limit, limit - 3);
        }
        for target in ["/v1/account/recovery", "/v1/account/verification", "/v1/account/verifications/email"] {
            remaining(put(target, &id("u1")).expect(401), 10, 9);
            remaining(put(target, &id("u1")).expect(401), 10, 8);
            remaining(put(target, &id("u2")).expect(401), 10, 9);
        }
        for (n, target) in ["/v1/account/verification/phone", "/v1/account/verifications/phone"].iter().enumerate() {
            remaining(put(target, &id("u1")).expect(401), 10, 9 - n as i64);
        }
        for target in ["/v1/account/verification", "/v1/account/verifications/email"] {
            remaining(by("POST", target).expect(201), 10, 9);
            remaining(by("POST", target).expect(201), 10, 8);
        }
        for target in ["/v1/account/verification/phone", "/v1/account/verifications/phone"] {
            remaining(by("POST", target).expect(400), 10, 9);
        }
        for (target, status) in [("/v1/account/password", 401), ("/v1/account/email", 200), ("/v1/account/phone", 400)] {
            remaining(by("PATCH", target).expect(status), 10, 9);
        }
    }
}

on_both! {
    fn the_routes_of_second_factors_have_limits_of_their_own(kind: Kind) {
        let server = Server::strict(kind);
        let person = server.member("owner", "owner@example.com");
        let bert = server.member("bert", "bert@example.com");
        for target in ["/v1/account/mfa/challenge", "/v1/account/mfa/challenges"] {
            let make = |person| server.by(person, "POST", target).json(&json!({"factor": "recoverycode"})).send();
            let first = make(&person);
            remaining(first.expect(201), 10, 9);
            remaining(make(&person).expect(201), 10, 8);
            remaining(make(&bert).expect(201), 10, 9);
            let id = first.json()["$id"].as_str().unwrap().to_owned();
            for n in 0..2 {
                for id in [id.as_str(), "another"] {
                    let body = json!({"challengeId": id, "otp": "0000000000"});
                    let answer = server.by(&person, "PUT", target).json(&body).send();
                    remaining(answer.refused(401, "user_invalid_token"), 10, 9 - n);
                }
            }
        }
        for (method, target) in [
            ("GET", "/v1/account/mfa/factors"),
            ("POST", "/v1/account/mfa/authenticators/totp"),
            ("DELETE", "/v1/account/mfa/authenticators/totp"),
            ("POST", "/v1/account/mfa/recovery-codes"),
            ("GET", "/v1/account/mfa/recovery-codes"),
            ("PATCH", "/v1/account/mfa/recovery-codes"),
            ("PATCH", "/v1/account/mfa"),
        ] {
            let answer = server.by(&person, method, target).send();
            assert_eq!(answer.header("x-ratelimit-limit"), None, "{method} {target}");
        }
    }
}

on_both! {
    fn the_eleventh_password_for_one_address_in_an_hour_is_not_looked_at(kind: Kind) {
        let server = Server::strict(kind);
        server.sign_up("owner", "owner@example.com", PASSWORD).send().expect(201);
        for n in 0..10 {
            let email = ["owner@example.com", " OWNER@Example.com"][n % 2];
            server.by_password(email, "not this one").send().refused(401, "user_invalid_credentials");
        }
        let refused = server.by_password("owner@example.com", PASSWORD).send();
        remaining(refused.refused(429, "general_rate_limit_exceeded"), 10, 0);
        let nuvix = server.by_password("Owner@example.com", PASSWORD).nuvix().send();
        assert_eq!(nuvix.expect(429).json()["reset"].as_i64().unwrap() / 1_000, refused.json()["reset"]);
        let with_key = server.by_password("owner@example.com", PASSWORD).header("X-Appwrite-Key", server.api_key()).send();
        server.home.keep_secret(with_key.json()["secret"].as_str().unwrap());
        assert_eq!(with_key.expect(201).header("x-ratelimit-limit"), None);
        // Whoever tries passwords does not stop codes.
        server.sign_in_by_email("again", "owner@example.com", 1);
        server.advance(HOUR);
        remaining(server.by_password("owner@example.com", "x").send().expect(401), 10, 9);
    }
}

#[test]
fn emails_have_a_budget_of_their_own_for_each_network() {
    let server = Server::start(Kind::Sqlite);
    server.settings(&json!({"sms": {"perAddressPerHour": 3}, "otp": {"resendSeconds": [0]}}));
    let person = server.member("owner", "owner@example.com");
    server.ask_by_email("u1", "u1@example.com").send().expect(201);
    let link = json!({"userId": "u2", "email": "u2@example.com", "url": PAGE});
    server.post("/v1/account/tokens/magic-url", &link).send().expect(201);
    let verify = server.by(&person, "POST", "/v1/account/verification").json(&link);
    verify.send().expect(201);
    for call in [
        server.ask_by_email("u3", "u3@example.com"),
        server.post("/v1/account/tokens/magic-url", &link),
        server.post("/v1/account/recovery", &link),
        verify,
    ] {
        let refused = call.send();
        assert!(refused.refused(429, "general_rate_limit_exceeded").number("retry-after").is_some());
    }
    // Codes by SMS are counted apart.
    server.ask("u4", PHONE).send().expect(201);
    server.ask_by_email("u5", "u5@example.com").header("X-Appwrite-Key", server.api_key()).send().expect(201);
}

on_both! {
    fn a_stranger_who_tries_secrets_for_somebody_elses_id_spends_only_his_own_calls(kind: Kind) {
        let home = crate::server::Home::new(kind);
        let server = Server::with(&home, &[("COUNTERSIGN_TRUSTED_PROXIES", "127.0.0.0/8")]);
        let person = server.member("owner", "owner@example.com");
        let paths = ["/v1/account/verification", "/v1/account/verification/phone", "/v1/account/recovery"];
        let body = json!({"userId": "owner", "secret": "x", "password": PASSWORD});
        let put = |target: &str, from: &str| {
            server.by(&person, "PUT", target).json(&body).header("X-Forwarded-For", from).send()
        };
        for target in paths {
            for n in 0..10 {
                remaining(put(target, "198.51.100.1").expect(401), 10, 9 - n);
            }
            put(target, "198.51.100.1").refused(429, "general_rate_limit_exceeded");
            remaining(put(target, "203.0.113.9").expect(401), 10, 9);
        }
    }
}
