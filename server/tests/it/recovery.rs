//! A new password by an e-mail.

use std::thread;
use std::time::Duration;

use countersign_domain::base::Random;
use countersign_domain::base::random::SeededRandom;
use countersign_domain::db::Kind;
use serde_json::{Value, json};

use crate::call::{Call, shape};
use crate::people::{Link, PAGE, PASSWORD};
use crate::server::{Home, Server, on_both};
use crate::session::{forms, jwt};

const EMAIL: &str = "anna@example.com";
const PHONE: &str = "+14255550471";
const NEW: &str = "an entirely new one";

/// Asks for a link to an address that got `count - 1` before.
fn recovery(server: &Server, email: &str, count: usize) -> Link {
    server.post("/v1/account/recovery", &json!({"email": email, "url": PAGE})).send().expect(201);
    server.link(email, "recovery", count)
}

fn set(server: &Server, link: &Link, password: &str) -> Call {
    server.home.keep_secret(password);
    let body = json!({"userId": link.user, "secret": link.secret, "password": password, "passwordAgain": password});
    server.call("PUT", "/v1/account/recovery").json(&body)
}

on_both! {
    fn a_recovery_sets_the_password_once_and_ends_every_session(kind: Kind) {
        let server = Server::impatient(kind);
        let person = server.settler("anna", PHONE, EMAIL);
        let other = server.again(EMAIL, PASSWORD);
        let token = jwt(&server, &person);
        for (name, call) in forms(&server, &person, &token) {
            assert_eq!(call.send().status, 200, "{name}");
        }
        server.account(&other).expect(200);
        let first = recovery(&server, " ANNA@example.com ".trim(), 1);
        let link = recovery(&server, EMAIL, 2);
        assert_ne!(link.user, "anna", "the answer tells no id of an account, and neither does the link");
        for (user, secret) in [("anna", link.secret.as_str()), (&link.user, "x"), (&link.user, &"0".repeat(64))] {
            let wrong = Link { user: user.to_owned(), secret: secret.to_owned(), expire: String::new() };
            set(&server, &wrong, NEW).send().refused(401, "user_invalid_token");
        }
        server.account(&other).expect(200);
        set(&server, &link, NEW).header("X-Appwrite-Locale", "de").send().expect(200);
        for (name, call) in forms(&server, &person, &token) {
            let answer = call.send();
            assert_eq!(answer.said(), (401, "general_unauthorized_scope".to_owned()), "{name}: {}", answer.raw);
        }
        server.account(&other).expect(401);
        server.by_password(EMAIL, PASSWORD).send().refused(401, "user_invalid_credentials");
        assert_eq!(server.again(EMAIL, NEW).user, "anna");
        for link in [&link, &first] {
            set(&server, link, "yet another one").send().refused(401, "user_invalid_token");
        }
        let notice = server.newest(EMAIL, "password-changed", 1);
        assert_eq!([&notice["locale"], &notice["code"], &notice["link"]], [&json!("de"), &Value::Null, &Value::Null]);
    }
}

#[test]
fn a_recovery_has_the_fields_of_its_flavour_and_tells_no_id() {
    let server = Server::impatient(Kind::Sqlite);
    server.sign_up("anna", EMAIL, PASSWORD).send().expect(201);
    let expected = [
        "$id: id",
        "$createdAt: date",
        "$updatedAt: date",
        "userId: id",
        "secret: \"\"",
        "expire: date",
        "phrase: \"\"",
    ];
    for (n, nuvix) in [false, true].into_iter().enumerate() {
        let flavoured = |call: Call| if nuvix { call.nuvix().send() } else { call.send() };
        let asked = flavoured(server.post("/v1/account/recovery", &json!({"email": EMAIL, "url": PAGE})));
        let mut lines = shape(&asked.expect(201).body);
        let body = asked.json();
        if nuvix {
            let user = body["userId"].as_str().unwrap();
            let own = ["read", "update", "delete"].map(|verb| format!("{verb}(\"user:{user}\")"));
            assert_eq!(body["$permissions"], json!(own));
            lines.remove(3);
        }
        assert_eq!(lines, expected);
        let link = server.link(EMAIL, "recovery", n + 1);
        assert_eq!([&body["userId"], &body["expire"]], [&json!(link.user), &json!(link.expire)]);
        let done = flavoured(set(&server, &link, &format!("{NEW} {n}")));
        let mut lines = shape(&done.expect(200).body);
        if nuvix {
            lines.remove(3);
        }
        assert_eq!(lines[3], "userId: \"anna\"", "whoever followed the link may know");
        lines[3] = "userId: id".to_owned();
        assert_eq!(lines, expected);
    }
}

on_both! {
    fn a_password_that_the_rules_refuse_does_not_spend_the_link(kind: Kind) {
        let server = Server::impatient(kind);
        server.settings(&json!({
            "auth": {"passwordDictionary": true, "personalDataCheck": true, "passwordHistory": 2},
        }));
        let person = server.member("anna-lovelace", EMAIL);
        let second = json!({"password": "second password of hers", "oldPassword": PASSWORD});
        server.by(&person, "PATCH", "/v1/account/password").json(&second).send().expect(200);
        let link = recovery(&server, EMAIL, 1);
        for (password, kind) in [
            ("short", "general_argument_invalid"),
            ("password123", "general_argument_invalid"),
            ("x anna-lovelace x", "password_personal_data"),
            ("anna@example.com", "password_personal_data"),
        ] {
            set(&server, &link, password).send().refused(400, kind);
        }
        for password in [PASSWORD, "second password of hers"] {
            // Nobody proved this account, so its passwords are a stranger's; they are not set again all the same.
            set(&server, &link, password).send().refused(400, "password_recently_used");
        }
        server.account(&person).expect(200);
        set(&server, &link, NEW).send().expect(200);
        server.again(EMAIL, NEW);
    }
}

on_both! {
    fn a_link_to_a_new_password_lives_an_hour_and_dies_with_its_address(kind: Kind) {
        let server = Server::impatient(kind);
        let person = server.settler("anna", PHONE, EMAIL);
        let link = recovery(&server, EMAIL, 1);
        server.advance(3_601);
        set(&server, &link, NEW).send().refused(401, "user_invalid_token");
        let link = recovery(&server, EMAIL, 2);
        let moved = json!({"email": "new@example.com", "password": PASSWORD});
        server.by(&person, "PATCH", "/v1/account/email").json(&moved).send().expect(200);
        set(&server, &link, NEW).send().refused(401, "user_invalid_token");
        server.again("new@example.com", PASSWORD);
        // The new address is only claimed yet, on an account that proved a number: it recovers nothing.
        server.post("/v1/account/recovery", &json!({"email": "new@example.com", "url": PAGE})).send().expect(201);
        server.settled();
        assert!(server.mail("new@example.com", "recovery").is_empty());
    }
}

on_both! {
    fn whoever_is_blocked_recovers_nothing(kind: Kind) {
        let server = Server::impatient(kind);
        let person = server.settler("anna", PHONE, EMAIL);
        let link = recovery(&server, EMAIL, 1);
        server.by(&person, "PATCH", "/v1/account/status").send().expect(200);
        set(&server, &link, NEW).send().refused(401, "user_blocked");
        let stranger = Link { secret: "0".repeat(64), ..link };
        set(&server, &stranger, NEW).send().refused(401, "user_invalid_token");
        server.by_password(EMAIL, NEW).send().refused(401, "user_invalid_credentials");
        server.by_password(EMAIL, PASSWORD).send().refused(401, "user_blocked");
    }
}

on_both! {
    fn a_recovery_leaves_the_second_factor_where_it_is(kind: Kind) {
        let server = Server::impatient(kind);
        let person = server.settler("anna", PHONE, EMAIL);
        let seed = server.add_app(&person);
        server.by(&person, "PATCH", "/v1/account/mfa").json(&json!({"mfa": true})).send().expect(200);
        let link = recovery(&server, EMAIL, 1);
        set(&server, &link, NEW).send().expect(200);
        let again = server.again(EMAIL, NEW);
        server.account(&again).refused(401, "user_more_factors_required");
        server.step_up(&again, &seed);
        assert_eq!(server.account(&again).expect(200).json()["mfa"], true);
    }
}

#[test]
fn a_recovery_ends_sessions_on_the_other_node_within_a_second() {
    let home = Home::new(Kind::Postgres);
    let (one, other) = (Server::on(&home), Server::on(&home));
    one.settings(&json!({"nuvix": {"rateLimits": false}}));
    let person = one.member("anna", EMAIL);
    for _ in 0..3 {
        other.account(&person).expect(200);
    }
    one.post("/v1/account/recovery", &json!({"email": EMAIL, "url": PAGE})).send().expect(201);
    let link = crate::server::eventually("the link at either node", || {
        [&one, &other].into_iter().find_map(|n| n.mail(EMAIL, "recovery").first().cloned())
    });
    set(&one, &Link::of(link["link"].as_str().unwrap()), NEW).send().expect(200);
    one.account(&person).expect(401);
    thread::sleep(Duration::from_secs(1));
    other.account(&person).expect(401);
    other.again(EMAIL, NEW);
}

on_both! {
    fn of_two_who_follow_one_link_at_once_one_sets_the_password(kind: Kind) {
        let server = Server::impatient(kind);
        server.sign_up("anna", EMAIL, PASSWORD).send().expect(201);
        let link = recovery(&server, EMAIL, 1);
        let wanted: Vec<_> = (0..6).map(|n| format!("racing password {n}")).collect();
        let mut statuses = Vec::new();
        thread::scope(|scope| {
            let racers: Vec<_> = wanted
                .iter()
                .map(|password| scope.spawn(|| set(&server, &link, password).send().status))
                .collect();
            statuses.extend(racers.into_iter().map(|r| r.join().unwrap()));
        });
        let won: Vec<_> = (0..6).filter(|n| statuses[*n] == 200).collect();
        assert_eq!((won.len(), statuses.iter().filter(|s| **s == 401).count()), (1, 5), "{statuses:?}");
        server.again(EMAIL, &wanted[won[0]]);
    }
}

on_both! {
    fn a_kill_in_the_middle_of_a_recovery_leaves_all_or_nothing(kind: Kind) {
        let random: &dyn Random = &SeededRandom::new(14);
        let mut server = Server::impatient(kind);
        for round in 0..6 {
            let email = format!("kill{round}@example.com");
            let person = server.member(&format!("kill{round}"), &email);
            let link = recovery(&server, &email, 1);
            let pause = Duration::from_micros(30_000 + 90_000 * u64::from(random.bytes::<1>()[0]) / 255);
            let answer = thread::scope(|scope| {
                let racer = scope.spawn(|| set(&server, &link, NEW).try_send().ok());
                thread::sleep(pause);
                server.kill9();
                racer.join().unwrap()
            });
            server = server.restarted();
            let (new, old) =
                (server.by_password(&email, NEW).send().status, server.by_password(&email, PASSWORD).send().status);
            let session = server.account(&person).status;
            let again = set(&server, &link, "yet another one").send().status;
            match (answer.map(|a| a.status), new, old, session, again) {
                (Some(200) | None, 201, 401, 401, 401) | (None, 401, 201, 200, 200) => {}
                other => panic!("round {round}: {other:?}"),
            }
        }
    }
}
