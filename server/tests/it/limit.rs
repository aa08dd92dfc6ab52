//! Limits of routes (contract nuvix §1.7), as clients see them.

use countersign_domain::db::Kind;
use serde_json::json;

use crate::call::{Answer, Call};
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
