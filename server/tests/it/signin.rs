//! Signing in by phone: what a stranger can learn, and what a crowd can break.

use std::collections::HashMap;
use std::sync::Barrier;
use std::thread;

use countersign_domain::db::Kind;
use serde_json::json;

use crate::call::{fields, masked, shape};
use crate::server::{Server, on_both};

const OWNER: &str = "+14255550101";
const DAY: i64 = 86_400;

on_both! {
    fn a_number_that_is_unknown_known_or_blocked_gets_the_same_answer_to_the_byte(kind: Kind) {
        let server = Server::strict(kind);
        for nuvix in [false, true] {
            let phone = if nuvix { "+14255550102" } else { OWNER };
            let ask = |user: &str| {
                let call = server.ask(user, phone);
                let answer = if nuvix { call.nuvix().send() } else { call.send() };
                answer.expect(201);
                masked(&answer.raw)
            };
            let owner = if nuvix { "owner2" } else { "owner1" };
            let unknown = ask("curious");
            // Nothing may expire in the queue when the clock moves.
            server.code(phone, 1);
            server.advance(DAY);
            ask(owner);
            let code = server.code(phone, 2);
            let person = server.person(server.exchange(owner, &code).send().expect(201));
            server.advance(DAY);
            let known = ask("curious");
            server.code(phone, 3);
            server.advance(DAY);
            server.call("PATCH", "/v1/account/status").header("Cookie", person.cookie()).send().expect(200);
            let blocked = ask("curious");
            assert!(unknown.contains("\"userId\":\"curious\""), "{unknown}");
            assert_eq!(known, unknown);
            assert_eq!(blocked, unknown);
            // Inside the cool-down the answer is the same but for the counter of the route.
            let again = ask("curious").replace("remaining: 8", "remaining: 9");
            assert_eq!(again, unknown);
            server.advance(DAY);
        }
    }
}

on_both! {
    fn a_wrong_code_says_the_same_whoever_is_asked_about(kind: Kind) {
        let server = Server::start(kind);
        server.sign_in("known", OWNER);
        server.advance(DAY);
        server.ask("asked", OWNER).send().expect(201);
        server.code(OWNER, 2);
        let refusals: Vec<_> = ["known", "asked", "nobody"]
            .iter()
            .map(|user| {
                let answer = server.exchange(user, "000000x").send();
                answer.refused(401, "user_invalid_token");
                masked(&answer.raw)
            })
            .collect();
        assert_eq!(refusals[0], refusals[1]);
        assert_eq!(refusals[0], refusals[2]);
    }
}

/// How often each status was given to `calls` made at the same moment.
fn at_once(count: usize, call: impl Fn(usize) -> u16 + Sync) -> HashMap<u16, usize> {
    let start = Barrier::new(count);
    let mut statuses = HashMap::new();
    thread::scope(|scope| {
        let racers: Vec<_> = (0..count)
            .map(|n| {
                let (start, call) = (&start, &call);
                scope.spawn(move || {
                    start.wait();
                    call(n)
                })
            })
            .collect();
        for racer in racers {
            *statuses.entry(racer.join().unwrap()).or_insert(0) += 1;
        }
    });
    statuses
}

on_both! {
    fn of_64_who_race_with_one_right_code_exactly_one_signs_in(kind: Kind) {
        let server = Server::start(kind);
        for round in 0..3 {
            let (user, phone) = (format!("racer{round}"), format!("+1425555020{round}"));
            server.ask(&user, &phone).send().expect(201);
            let code = server.code(&phone, 1);
            let before = server.home.count("SELECT COUNT(*) FROM sessions");
            let statuses = at_once(64, |_| server.exchange(&user, &code).send().status);
            assert_eq!(statuses, HashMap::from([(201, 1), (401, 63)]));
            assert_eq!(server.home.count("SELECT COUNT(*) FROM sessions"), before + 1);
            server.exchange(&user, &code).send().refused(401, "user_invalid_token");
        }
    }
}

on_both! {
    fn two_hundred_wrong_guesses_at_once_kill_the_code(kind: Kind) {
        let server = Server::start(kind);
        server.ask("owner", OWNER).send().expect(201);
        let code = server.code(OWNER, 1);
        let wrong = |n: usize| format!("{:06}", (code.parse::<usize>().unwrap() + 1 + n) % 1_000_000);
        let statuses = at_once(200, |n| server.exchange("owner", &wrong(n)).send().status);
        assert_eq!(statuses, HashMap::from([(401, 200)]));
        assert_eq!(server.home.count("SELECT MAX(attempts) FROM handles"), 5, "no guess beyond the fifth is compared");
        server.exchange("owner", &code).send().refused(401, "user_invalid_token");
    }
}

on_both! {
    fn five_wrong_guesses_kill_a_code_and_four_do_not(kind: Kind) {
        let server = Server::start(kind);
        for (user, phone, wrong, status) in [("four", "+14255550103", 4, 201), ("five", "+14255550104", 5, 401)] {
            server.ask(user, phone).send().expect(201);
            let code = server.code(phone, 1);
            for _ in 0..wrong {
                server.exchange(user, "999999999").send().refused(401, "user_invalid_token");
            }
            server.exchange(user, &code).send().expect(status);
        }
    }
}

on_both! {
    fn a_stranger_can_neither_kill_nor_replace_the_owners_code(kind: Kind) {
        let server = Server::start(kind);
        server.ask("owner", OWNER).send().expect(201);
        let code = server.code(OWNER, 1);
        // He asks for the same number himself, within the cool-down and after it.
        server.ask("stranger", OWNER).send().expect(201);
        for n in 0..20 {
            server.exchange("stranger", &format!("00000{n}x")).send().refused(401, "user_invalid_token");
            // He knows no handle, so these are no guesses.
            server.exchange("nobody", &code).send().refused(401, "user_invalid_token");
        }
        server.exchange("stranger", &code).send().refused(401, "user_invalid_token");
        server.advance(31);
        server.ask("stranger", OWNER).send().expect(201);
        let newer = server.code(OWNER, 2);
        assert_ne!(newer, code);
        server.exchange("owner", &code).send().expect(201);
        server.exchange("owner", &code).send().refused(401, "user_invalid_token");
    }
}

on_both! {
    fn a_code_outlives_its_server_and_its_attempts_do_too(kind: Kind) {
        let server = Server::start(kind);
        server.ask("owner", OWNER).send().expect(201);
        let code = server.code(OWNER, 1);
        for _ in 0..3 {
            server.exchange("owner", "999999999").send().expect(401);
        }
        let server = server.restarted();
        for _ in 0..2 {
            server.exchange("owner", "999999999").send().expect(401);
        }
        server.exchange("owner", &code).send().refused(401, "user_invalid_token");
        server.ask("other", "+14255550105").send().expect(201);
        let code = server.code("+14255550105", 1);
        let server = server.restarted();
        server.exchange("other", &code).send().expect(201);
    }
}

on_both! {
    fn an_expired_code_is_dead_and_a_resent_one_replaces_its_own(kind: Kind) {
        let server = Server::start(kind);
        server.ask("late", OWNER).send().expect(201);
        let code = server.code(OWNER, 1);
        server.advance(899);
        // The next one to the same holder moves his handle: the old code is dead, the new one works.
        server.ask("late", OWNER).send().expect(201);
        let next = server.code(OWNER, 2);
        server.exchange("late", &code).send().refused(401, "user_invalid_token");
        server.advance(899);
        server.exchange("late", &next).send().expect(201);
        server.advance(DAY);
        server.ask("later", OWNER).send().expect(201);
        let code = server.code(OWNER, 3);
        server.advance(900);
        server.exchange("later", &code).send().refused(401, "user_invalid_token");
    }
}

on_both! {
    fn an_expired_or_used_code_stays_dead_when_the_clock_steps_back(kind: Kind) {
        let server = Server::start(kind);
        server.ask("late", OWNER).send().expect(201);
        let code = server.code(OWNER, 1);
        server.advance(900);
        server.exchange("late", &code).send().refused(401, "user_invalid_token");
        server.ask("used", "+14255550105").send().expect(201);
        let used = server.code("+14255550105", 1);
        server.exchange("used", &used).send().expect(201);
        // A new process has lost what the clock was moved by.
        let server = server.restarted();
        server.exchange("late", &code).send().refused(401, "user_invalid_token");
        server.exchange("used", &used).send().refused(401, "user_invalid_token");
    }
}

on_both! {
    fn a_double_click_is_one_message_and_every_click_holds_a_handle_to_it(kind: Kind) {
        let server = Server::start(kind);
        // Three handles to a six-digit code fit in a day's guess budget.
        let statuses = at_once(12, |n| server.ask(&format!("click{}", n % 3), OWNER).send().status);
        assert_eq!(statuses, HashMap::from([(201, 12)]));
        let code = server.code(OWNER, 1);
        server.exchange("click1", "999999999").send().expect(401);
        server.exchange("click2", &code).send().expect(201);
        assert_eq!(server.inbox(OWNER).len(), 1);
        for user in ["click0", "click1", "click2"] {
            server.exchange(user, &code).send().refused(401, "user_invalid_token");
        }
    }
}

on_both! {
    fn one_idempotency_key_is_one_message_and_one_answer(kind: Kind) {
        let server = Server::start(kind);
        server.settings(&json!({"otp": {"resendSeconds": [0]}}));
        let ask = || server.ask("unique()", OWNER).header("Idempotency-Key", "k-1").send();
        let first = ask();
        first.expect(201);
        let second = ask();
        assert_eq!(first.body, second.body);
        let other = server.ask("unique()", "+14255550199").header("Idempotency-Key", "k-1").send();
        other.expect(400);
        assert!(other.body.contains("Idempotency-Key"), "{}", other.raw);
        // Another key, or none, is another request.
        server.ask("unique()", OWNER).header("Idempotency-Key", "k-2").send().expect(201);
        server.code(OWNER, 2);
        assert_eq!(server.inbox(OWNER).len(), 2);
        let user = first.json()["userId"].as_str().unwrap().to_owned();
        let oldest = server.inbox(OWNER)[1]["code"].as_str().unwrap().to_owned();
        server.exchange(&user, &oldest).send().expect(201);
    }
}

on_both! {
    fn an_id_that_is_taken_is_answered_with_another_and_never_a_conflict(kind: Kind) {
        let server = Server::start(kind);
        let owner = server.sign_in("taken", OWNER);
        assert_eq!(owner.user, "taken");
        let answer = server.ask("taken", "+14255550106").send();
        answer.expect(201);
        let other = answer.json()["userId"].as_str().unwrap().to_owned();
        assert_ne!(other, "taken");
        let code = server.code("+14255550106", 1);
        server.exchange("taken", &code).send().refused(401, "user_invalid_token");
        assert_eq!(server.person(server.exchange(&other, &code).send().expect(201)).user, other);
        // Whoever comes back gets his own account, whatever id he sends.
        server.advance(31);
        server.ask("elsewhere", OWNER).send().expect(201);
        let code = server.code(OWNER, 2);
        assert_eq!(server.person(server.exchange("elsewhere", &code).send().expect(201)).user, "taken");
    }
}

#[test]
fn a_token_has_the_fields_of_its_flavour_and_shows_no_secret() {
    let server = Server::start(Kind::Sqlite);
    let appwrite = server.ask("u1", OWNER).send();
    appwrite.expect(201);
    let expected = [
        "$id: id",
        "$createdAt: date",
        "$updatedAt: date",
        "userId: \"u1\"",
        "secret: \"\"",
        "expire: date",
        "phrase: \"\"",
    ];
    assert_eq!(shape(&appwrite.body), expected);
    let nuvix = server.ask("u2", "+14255550107").nuvix().send();
    nuvix.expect(201);
    let own = "$permissions: [\"read(\\\"user:u2\\\")\",\"update(\\\"user:u2\\\")\",\"delete(\\\"user:u2\\\")\"]";
    assert_eq!(shape(&nuvix.body)[3], own);
    assert_eq!(fields(&nuvix.body).len(), 8);
    // A key sees no code either: only users.createToken shows a secret.
    let key = server.ask("u3", "+14255550108").header("X-Appwrite-Key", server.api_key()).send();
    assert_eq!(key.expect(201).json()["secret"], "");
}

#[test]
fn every_spelling_of_a_number_is_one_owner() {
    let server = Server::start(Kind::Sqlite);
    let owner = server.sign_in("owner", "+14255550109");
    for (n, spelling) in [
        "0014255550109",
        "+1 (425) 555-0109",
        " +1.425.555.0109 ",
        "+1\u{a0}425\u{a0}555\u{a0}0109",
        "tel:+1-425-555-0109",
        "+\u{661}\u{664}\u{662}\u{665}\u{665}\u{665}\u{665}\u{660}\u{661}\u{660}\u{669}",
        "\u{ff0b}\u{ff11}425 555 0109",
    ]
    .iter()
    .enumerate()
    {
        server.advance(DAY);
        let user = format!("again{n}");
        server.ask(&user, spelling).send().expect(201);
        let code = server.code("+14255550109", n + 2);
        assert_eq!(server.person(server.exchange(&user, &code).send().expect(201)).user, owner.user, "{spelling}");
    }
}

#[test]
fn a_message_is_in_the_language_that_the_client_names() {
    let server = Server::start(Kind::Sqlite);
    for (n, (header, value, locale)) in [
        ("X-Appwrite-Locale", "de", "de"),
        ("X-Nuvix-Locale", "fr-CA", "fr"),
        ("Accept-Language", "tlh, es;q=0.8, de;q=0.5", "es"),
        ("X-Appwrite-Locale", "xx", "en"),
        ("Accept-Language", "", "en"),
    ]
    .into_iter()
    .enumerate()
    {
        let phone = format!("+1425555030{n}");
        server.ask(&format!("u{n}"), &phone).header(header, value).send().expect(201);
        server.code(&phone, 1);
        assert_eq!(server.inbox(&phone)[0]["locale"], locale, "{header}: {value}");
    }
    // The dialect's own header counts more than the browser's.
    let phone = "+14255550310";
    let both = server.ask("both", phone).header("Accept-Language", "de").header("X-Appwrite-Locale", "ja");
    both.send().expect(201);
    server.code(phone, 1);
    assert_eq!(server.inbox(phone)[0]["locale"], "ja");
}

#[test]
fn a_mock_number_signs_in_with_its_own_code_and_gets_no_message() {
    let server = Server::start(Kind::Sqlite);
    let mock = "+14255550110";
    server.settings(&json!({"auth": {"mockNumbers": [{"phone": mock, "otp": "424242"}]}}));
    server.home.keep_secret("424242");
    let mut users = Vec::new();
    for round in ["first", "second"] {
        server.ask(round, mock).send().expect(201);
        crate::server::eventually("the mock message", || {
            server.home.message_to(mock).filter(|m| m.state == "mock").map(drop)
        });
        server.exchange(round, "242424").send().refused(401, "user_invalid_token");
        users.push(server.person(server.exchange(round, "424242").send().expect(201)).user);
        server.exchange(round, "424242").send().refused(401, "user_invalid_token");
    }
    assert_eq!(users, ["first", "first"]);
    assert!(server.inbox(mock).is_empty());
    // Without a provider only mock numbers are served.
    server.settings(&json!({"sms": {"providers": []}}));
    server.ask("third", mock).send().expect(201);
    server.ask("fourth", OWNER).send().refused(503, "general_phone_disabled");
}

#[test]
fn phone_sign_in_can_be_switched_off_and_countries_closed() {
    let server = Server::start(Kind::Sqlite);
    server.settings(&json!({"sms": {"countries": ["DE"]}}));
    server.ask("u1", OWNER).send().refused(400, "general_argument_invalid");
    server.ask("u1", "+491711234567").send().expect(201);
    server.settings(&json!({"sms": {"countries": ["*"]}, "auth": {"phone": false}}));
    server.ask("u1", OWNER).send().refused(501, "user_auth_method_unsupported");
    server.settings(&json!({"auth": {"phone": true, "signUp": false}}));
    // Nobody new may come, and nobody can tell.
    server.ask("u2", "+14255550111").send().expect(201);
    crate::server::eventually("the refusal", || {
        server.home.message_to("+14255550111").filter(|m| m.state == "refused").map(drop)
    });
    assert!(server.inbox("+14255550111").is_empty());
}
