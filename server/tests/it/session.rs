//! Sessions: every form of one on the wire, and the moment from which it no longer counts.

use std::thread;
use std::time::Duration;

use countersign_domain::base::Random;
use countersign_domain::base::random::SeededRandom;
use countersign_domain::db::Kind;
use serde_json::{Value, json};

use crate::call::{Call, fields, shape};
use crate::server::{Home, Person, Server, eventually, on_both, secret_of};

const PHONE: &str = "+14255550151";
const YEAR: i64 = 31_536_000;
const CHROME: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";

/// Every way to say who one is with one session.
pub fn forms(server: &Server, person: &Person, jwt: &str) -> Vec<(&'static str, Call)> {
    let get = || server.get("/v1/account");
    let value = person.value.as_str();
    let fallback = |name: &str| json!({ name: value }).to_string();
    vec![
        ("cookie of Appwrite", get().header("Cookie", person.cookie())),
        ("its twin", get().header("Cookie", format!("a_session_demo_legacy={value}"))),
        ("cookie of Nuvix", get().nuvix().header("Cookie", format!("other=1; nx_session={value}"))),
        ("header of Appwrite", get().header("X-Appwrite-Session", value)),
        ("header of Nuvix", get().nuvix().header("X-Nuvix-Session", value)),
        ("fallback of Appwrite", get().header("X-Fallback-Cookies", fallback("a_session_demo"))),
        ("fallback of Nuvix", get().nuvix().header("X-Fallback-Cookies", fallback("nx_session"))),
        ("JWT of Appwrite", get().header("X-Appwrite-JWT", jwt)),
        ("JWT of Nuvix", get().nuvix().header("X-Nuvix-JWT", jwt)),
    ]
}

pub fn jwt(server: &Server, person: &Person) -> String {
    let answer = server.call("POST", "/v1/account/jwts").header("Cookie", person.cookie()).send();
    let jwt = answer.expect(201).json()["jwt"].as_str().unwrap().to_owned();
    server.home.keep_secret(&jwt);
    jwt
}

fn as_person(server: &Server, method: &str, target: &str, person: &Person) -> Call {
    server.call(method, target).header("Cookie", person.cookie())
}

on_both! {
    fn every_form_of_a_session_works_and_all_die_with_it_at_once(kind: Kind) {
        let server = Server::start(kind);
        let person = server.sign_in("owner", PHONE);
        let jwt = jwt(&server, &person);
        for (name, call) in forms(&server, &person, &jwt) {
            let answer = call.send();
            assert_eq!(answer.status, 200, "{name}: {}", answer.raw);
            assert_eq!(answer.json()["$id"], "owner", "{name}");
        }
        as_person(&server, "DELETE", "/v1/account/sessions/current", &person).send().expect(204);
        for (name, call) in forms(&server, &person, &jwt) {
            let answer = call.send();
            assert_eq!(answer.said(), (401, "general_unauthorized_scope".to_owned()), "{name}: {}", answer.raw);
        }
    }
}

on_both! {
    fn deleting_all_sessions_or_one_from_another_ends_them_at_once(kind: Kind) {
        let server = Server::start(kind);
        server.settings(&json!({"otp": {"resendSeconds": [0]}}));
        let first = server.sign_in("owner", PHONE);
        let others: Vec<_> = (2..5)
            .map(|n| {
                server.ask(&format!("again{n}"), PHONE).send().expect(201);
                let code = server.code(PHONE, n);
                server.person(&server.exchange(&format!("again{n}"), &code).send())
            })
            .collect();
        for person in &others {
            server.account(person).expect(200);
        }
        let one = format!("/v1/account/sessions/{}", others[0].session);
        as_person(&server, "DELETE", &one, &first).send().expect(204);
        server.account(&others[0]).expect(401);
        as_person(&server, "DELETE", &one, &first).send().refused(404, "user_session_not_found");
        server.account(&others[1]).expect(200);
        as_person(&server, "DELETE", "/v1/account/sessions", &first).send().expect(204);
        for person in others.iter().chain([&first]) {
            server.account(person).expect(401);
        }
        assert_eq!(server.home.count("SELECT COUNT(*) FROM sessions"), 0);
    }
}

on_both! {
    fn another_persons_session_is_not_found(kind: Kind) {
        let server = Server::start(kind);
        let (one, other) = (server.sign_in("one", PHONE), server.sign_in("other", "+14255550152"));
        let target = format!("/v1/account/sessions/{}", other.session);
        for method in ["GET", "PATCH", "DELETE"] {
            as_person(&server, method, &target, &one).send().refused(404, "user_session_not_found");
        }
        server.account(&other).expect(200);
        // A right secret under another name is no session.
        let forged = json!({"id": "one", "secret": secret_of(&other.value)}).to_string();
        let forged = data_encoding::BASE64.encode(forged.as_bytes());
        server.get("/v1/account").header("X-Appwrite-Session", forged).send().expect(401);
    }
}

on_both! {
    fn a_blocked_person_is_told_so_in_every_form_and_cannot_sign_in(kind: Kind) {
        let server = Server::start(kind);
        let person = server.sign_in("owner", PHONE);
        let jwt = jwt(&server, &person);
        let blocked = as_person(&server, "PATCH", "/v1/account/status", &person).send();
        assert_eq!(blocked.expect(200).json()["status"], false);
        assert_eq!(blocked.cookie("a_session_demo"), Some(""));
        for (name, call) in forms(&server, &person, &jwt) {
            let answer = call.send();
            assert_eq!(answer.said(), (401, "user_blocked".to_owned()), "{name}: {}", answer.raw);
        }
        as_person(&server, "DELETE", "/v1/account/sessions/current", &person).send().refused(401, "user_blocked");
        server.advance(31);
        server.ask("again", PHONE).send().expect(201);
        let code = server.code(PHONE, 2);
        server.exchange("again", &code).send().refused(401, "user_blocked");
    }
}

#[test]
fn two_credentials_at_once_and_keys_on_accounts_are_refused() {
    let server = Server::start(Kind::Sqlite);
    let person = server.sign_in("owner", PHONE);
    let jwt = jwt(&server, &person);
    let get = || server.get("/v1/account");
    let key = server.api_key();
    get()
        .header("Cookie", person.cookie())
        .header("X-Appwrite-JWT", &jwt)
        .send()
        .refused(403, "user_jwt_and_session_set");
    get()
        .header("Cookie", person.cookie())
        .header("X-Appwrite-Key", key)
        .send()
        .refused(403, "user_key_and_session_set");
    get().header("X-Appwrite-JWT", &jwt).header("X-Appwrite-Key", key).send().refused(403, "user_key_and_session_set");
    get().header("X-Appwrite-Key", key).send().refused(401, "user_unauthorized");
    get().header("X-Nuvix-Key", key).send().refused(401, "user_unauthorized");
    server.get(&format!("/v1/account?apikey={key}")).send().refused(401, "user_unauthorized");
    get().header("X-Appwrite-Key", "standard_0").send().refused(401, "user_unauthorized");
    server.get("/v1/ping").header("X-Appwrite-Key", "standard_0").send().refused(401, "user_unauthorized");
    server.get("/v1/health").header("X-Appwrite-Key", key).send().expect(200);
    get().send().refused(401, "general_unauthorized_scope");
    for wrong in ["x", "a.b.c", &format!("{jwt}A"), &jwt[..jwt.len() - 1]] {
        get().header("X-Appwrite-JWT", wrong).send().refused(401, "user_jwt_invalid");
    }
    // A JWT makes no other, and has no session of its own.
    let with_jwt = |method: &str, target: &str| server.call(method, target).header("X-Appwrite-JWT", &jwt).send();
    with_jwt("POST", "/v1/account/jwts").refused(404, "user_session_not_found");
    with_jwt("GET", "/v1/account/sessions/current").refused(404, "user_session_not_found");
    with_jwt("GET", "/v1/account/sessions").expect(200);
    server.advance(900);
    get().header("X-Appwrite-JWT", &jwt).send().refused(401, "user_jwt_invalid");
}

#[test]
fn whatever_is_no_session_is_a_guest() {
    let server = Server::start(Kind::Sqlite);
    let person = server.sign_in("owner", PHONE);
    let encode = |text: &str| data_encoding::BASE64.encode(text.as_bytes());
    let secret = secret_of(&person.value);
    let values = [
        String::new(),
        "x".to_owned(),
        "====".to_owned(),
        "\"".to_owned(),
        "%00".to_owned(),
        "a".repeat(5_000),
        encode("{"),
        encode("[]"),
        encode("null"),
        encode("{\"id\":\"owner\"}"),
        encode("{\"id\":5,\"secret\":7}"),
        encode(&format!("{{\"id\":\"owner\",\"secret\":\"{}\"}}", &secret[1..])),
        encode(&format!("{{\"id\":\"owner\",\"secret\":\"{secret}0\"}}")),
        encode(&format!("{{\"id\":\"owner\\u0000\",\"secret\":\"{secret}\"}}")),
        encode(&"[".repeat(500)),
        secret.clone(),
        person.value[..person.value.len() - 4].to_owned(),
    ];
    for value in values {
        for (name, text) in [
            ("Cookie", format!("a_session_demo={value}")),
            ("Cookie", format!("nx_session={value}; a_session_demo={value}")),
            ("X-Appwrite-Session", value.clone()),
            ("X-Nuvix-Session", value.clone()),
            ("X-Fallback-Cookies", value.clone()),
            ("X-Fallback-Cookies", json!({"a_session_demo": value}).to_string()),
        ] {
            let answer = server.get("/v1/account").header(name, &text).send();
            assert_eq!(answer.said(), (401, "general_unauthorized_scope".to_owned()), "{name}: {text}: {}", answer.raw);
        }
    }
    for text in ["{\"a_session_demo\":5}", "[1]", "{", "{\"a_session_demo\":{}}"] {
        server.get("/v1/account").header("X-Fallback-Cookies", text).send().expect(401);
    }
}

on_both! {
    fn one_session_too_many_ends_the_oldest_at_once(kind: Kind) {
        let server = Server::start(kind);
        server.settings(&json!({"auth": {"sessionsLimit": 2}, "otp": {"resendSeconds": [0]}}));
        let mut people = vec![server.sign_in("owner", PHONE)];
        for n in 2..=4 {
            server.advance(1);
            let user = format!("again{n}");
            server.ask(&user, PHONE).send().expect(201);
            let code = server.code(PHONE, n);
            // Each is remembered by the process before the next one ends it.
            server.account(people.last().unwrap()).expect(200);
            people.push(server.person(&server.exchange(&user, &code).send()));
            let states: Vec<_> = people.iter().map(|p| server.account(p).status).collect();
            let mut expected = vec![401; n - 2];
            expected.extend([200, 200]);
            assert_eq!(states, expected);
        }
    }
}

on_both! {
    fn a_session_expires_unless_it_is_extended(kind: Kind) {
        let server = Server::start(kind);
        let person = server.sign_in("owner", PHONE);
        let lost = server.sign_in("lost", "+14255550152");
        let read = |person: &Person| as_person(&server, "GET", "/v1/account/sessions/current", person).send();
        let before = read(&person).expect(200).json()["expire"].as_str().unwrap().to_owned();
        server.advance(YEAR - 60);
        let extended = as_person(&server, "PATCH", "/v1/account/sessions/current", &person).send();
        let after = extended.expect(200).json()["expire"].as_str().unwrap().to_owned();
        assert!(after > before, "{after} {before}");
        assert_eq!(read(&person).json()["expire"], after.as_str());
        server.account(&lost).expect(200);
        server.advance(120);
        server.account(&lost).refused(401, "general_unauthorized_scope");
        server.account(&person).expect(200);
        server.advance(YEAR);
        server.account(&person).expect(401);
    }
}

on_both! {
    fn an_anonymous_guest_has_an_account_of_his_own(kind: Kind) {
        let server = Server::start(kind);
        let answer = server.call("POST", "/v1/account/sessions/anonymous").send();
        let body = answer.expect(201).json();
        assert_eq!((&body["provider"], &body["factors"]), (&json!("anonymous"), &json!(["anonymous"])));
        let person = server.person(&answer);
        let account = server.account(&person);
        assert_eq!(account.expect(200).json()["phone"], "");
        server.call("POST", "/v1/account/sessions/anonymous").header("Cookie", person.cookie()).send()
            .refused(401, "user_session_already_exists");
        let nuvix = server.call("POST", "/v1/account/sessions/anonymous").nuvix();
        nuvix.header("Cookie", format!("nx_session={}", person.value)).send().expect(201);
        server.settings(&json!({"auth": {"anonymous": false}}));
        server.call("POST", "/v1/account/sessions/anonymous").send().refused(501, "user_auth_method_unsupported");
    }
}

#[test]
fn a_session_ended_on_one_node_is_refused_on_the_other_within_a_second() {
    let home = Home::new(Kind::Postgres);
    let (one, other) = (Server::on(&home), Server::on(&home));
    assert_eq!(one.facts["apiKey"], other.facts["apiKey"], "one key file, one key");
    one.settings(&json!({"nuvix": {"rateLimits": false}}));
    let person = one.sign_in("owner", PHONE);
    // Both nodes remember it.
    for _ in 0..3 {
        one.account(&person).expect(200);
        other.account(&person).expect(200);
    }
    as_person(&one, "DELETE", "/v1/account/sessions/current", &person).send().expect(204);
    one.account(&person).expect(401);
    thread::sleep(Duration::from_secs(1));
    other.account(&person).expect(401);
    // Blocking and settings travel the same way.
    let person = other.sign_in("second", "+14255550152");
    one.account(&person).expect(200);
    as_person(&other, "PATCH", "/v1/account/status", &person).send().expect(200);
    thread::sleep(Duration::from_secs(1));
    one.account(&person).refused(401, "user_blocked");
    other.settings(&json!({"auth": {"anonymous": false}}));
    thread::sleep(Duration::from_secs(1));
    one.call("POST", "/v1/account/sessions/anonymous").send().refused(501, "user_auth_method_unsupported");
    // A developer who moved one node's clock must not be left with sessions that never end.
    other.advance(3_600);
    thread::sleep(Duration::from_secs(1));
    one.settings(&json!({"auth": {"anonymous": true}}));
    thread::sleep(Duration::from_secs(1));
    other.call("POST", "/v1/account/sessions/anonymous").send().expect(201);
    other.settings(&json!({"auth": {"anonymous": false}}));
    thread::sleep(Duration::from_secs(1));
    one.call("POST", "/v1/account/sessions/anonymous").send().expect(501);
}

#[test]
fn a_code_counts_once_over_all_nodes() {
    let home = Home::new(Kind::Postgres);
    let nodes = [Server::on(&home), Server::on(&home)];
    nodes[0].settings(&json!({"nuvix": {"rateLimits": false}}));
    eventually("the settings on the other node", || {
        let none = nodes[1].exchange("nobody", "000000").send();
        none.header("x-ratelimit-limit").is_none().then_some(())
    });
    nodes[0].ask("owner", PHONE).send().expect(201);
    let code = eventually("the code at either node", || {
        nodes.iter().find_map(|n| n.inbox(PHONE).first().map(|m| m["code"].as_str().unwrap().to_owned()))
    });
    let mut statuses = Vec::new();
    thread::scope(|scope| {
        let racers: Vec<_> = (0..32)
            .map(|n| {
                let (node, code) = (&nodes[n % 2], &code);
                scope.spawn(move || node.exchange("owner", code).send().status)
            })
            .collect();
        statuses.extend(racers.into_iter().map(|r| r.join().unwrap()));
    });
    assert_eq!(statuses.iter().filter(|s| **s == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|s| **s == 401).count(), 31, "{statuses:?}");
}

on_both! {
    fn a_session_outlives_its_server_and_an_ended_one_does_not(kind: Kind) {
        let server = Server::start(kind);
        let person = server.sign_in("owner", PHONE);
        let ended = server.sign_in("ended", "+14255550152");
        as_person(&server, "DELETE", "/v1/account/sessions/current", &ended).send().expect(204);
        let server = server.restarted();
        server.account(&person).expect(200);
        server.account(&ended).expect(401);
    }
}

#[test]
fn a_stolen_database_file_opens_nothing() {
    let server = Server::start(Kind::Sqlite);
    let account =
        json!({"kind": "twilio", "accountSid": "AC1", "authToken": "t0ps3cret-token", "from": "+15005550006"});
    let providers = json!([{"name": "inbox", "account": {"kind": "inbox"}}, {"name": "main", "account": account}]);
    server.settings(&json!({"sms": {"providers": providers}}));
    let person = server.sign_in("owner", PHONE);
    let secret = secret_of(&person.value);
    let raw = data_encoding::HEXLOWER.decode(secret.as_bytes()).unwrap();
    let stolen = server.home.stolen();
    let holds = |what: &[u8]| stolen.windows(what.len()).any(|w| w == what);
    assert!(holds(person.session.as_bytes()), "the file is the right one");
    for secret in [secret.as_bytes(), &raw, person.value.as_bytes(), server.api_key().as_bytes(), b"t0ps3cret-token"] {
        assert!(!holds(secret), "{:?}", String::from_utf8_lossy(secret));
    }
}

#[test]
fn a_stale_cookie_hides_no_good_one() {
    let server = Server::start(Kind::Sqlite);
    let (stale, person) = (server.sign_in("stale", "+14255550152"), server.sign_in("owner", PHONE));
    as_person(&server, "DELETE", "/v1/account/sessions/current", &stale).send().expect(204);
    let (old, good) = (&stale.value, &person.value);
    for cookies in [
        format!("nx_session={old}; a_session_demo={good}"),
        format!("nx_session=; a_session_demo={good}"),
        format!("nx_session=garbage; a_session_demo={old}; a_session_demo_legacy={good}"),
    ] {
        let answer = server.get("/v1/account").header("Cookie", &cookies).send();
        assert_eq!(answer.status, 200, "{cookies}: {}", answer.raw);
    }
    let both = json!({"nx_session": old, "a_session_demo": good}).to_string();
    server.get("/v1/account").header("X-Fallback-Cookies", both).send().expect(200);
    // A header counts only where no cookie signs in.
    let other = server.get("/v1/account").header("Cookie", person.cookie()).header("X-Appwrite-Session", old);
    other.send().expect(200);
    server.get("/v1/account").header("Cookie", stale.cookie()).header("X-Appwrite-Session", good).send().expect(200);
}

on_both! {
    fn whoever_is_signed_in_spends_no_code(kind: Kind) {
        let server = Server::start(kind);
        let person = server.sign_in("owner", PHONE);
        server.ask("second", "+14255550152").send().expect(201);
        let code = server.code("+14255550152", 1);
        let exchange = || server.exchange("second", &code);
        exchange().header("Cookie", person.cookie()).send().refused(401, "user_session_already_exists");
        let nuvix = exchange().nuvix().header("Cookie", format!("nx_session={}", person.value)).send();
        assert_eq!(server.person(nuvix.expect(201)).user, "second");
        server.account(&person).expect(200);
    }
}

on_both! {
    fn a_kill_in_the_middle_of_an_exchange_leaves_all_or_nothing(kind: Kind) {
        let random: &dyn Random = &SeededRandom::new(12);
        let mut server = Server::start(kind);
        let mut sessions = 0;
        for round in 0..8 {
            let (user, phone) = (format!("u{round}"), format!("+1425555034{round}"));
            server.ask(&user, &phone).send().expect(201);
            let code = server.code(&phone, 1);
            let pause = Duration::from_micros(4_000 * u64::from(random.bytes::<1>()[0]) / 255);
            let answer = thread::scope(|scope| {
                let racer = scope.spawn(|| server.exchange(&user, &code).try_send().ok());
                thread::sleep(pause);
                server.kill9();
                racer.join().unwrap()
            });
            server = server.restarted();
            let stored = server.home.count("SELECT COUNT(*) FROM sessions");
            let again = server.exchange(&user, &code).send().status;
            match (answer.map(|a| a.status), stored - sessions) {
                // What was answered is durable; what is durable may not have been answered.
                (Some(201) | None, 1) => assert_eq!(again, 401, "round {round}: the code worked twice"),
                (None, 0) => assert_eq!(again, 201, "round {round}: the code was lost without a session"),
                (status, more) => panic!("round {round}: {status:?} with {more} new sessions"),
            }
            sessions += 1;
            assert_eq!(server.home.count("SELECT COUNT(*) FROM sessions"), sessions);
        }
    }
}

#[test]
fn a_session_has_the_fields_of_its_flavour() {
    let server = Server::start(Kind::Sqlite);
    server.ask("owner", PHONE).send().expect(201);
    let code = server.code(PHONE, 1);
    let opened = server.exchange("owner", &code).header("User-Agent", CHROME).send();
    opened.expect(201);
    let person = server.person(&opened);
    let expected = [
        "$id: id",
        "$createdAt: date",
        "$updatedAt: date",
        "userId: \"owner\"",
        "expire: date",
        "provider: \"phone\"",
        "providerUid: \"\"",
        "providerAccessToken: \"\"",
        "providerAccessTokenExpiry: \"\"",
        "providerRefreshToken: \"\"",
        "ip: \"127.0.0.1\"",
        "osCode: \"LIN\"",
        "osName: \"GNU/Linux\"",
        "osVersion: \"\"",
        "clientType: \"browser\"",
        "clientCode: \"CH\"",
        "clientName: \"Chrome\"",
        "clientVersion: \"126.0\"",
        "clientEngine: \"Blink\"",
        "clientEngineVersion: \"126.0.0.0\"",
        "deviceName: \"desktop\"",
        "deviceBrand: \"\"",
        "deviceModel: \"\"",
        "countryCode: \"--\"",
        "countryName: \"Unknown\"",
        "current: true",
        "factors: [\"phone\"]",
        "secret: \"\"",
        "mfaUpdatedAt: \"\"",
    ];
    assert_eq!(shape(&opened.body), expected);
    let nuvix = server.get("/v1/account/sessions/current").nuvix().header("X-Nuvix-Session", &person.value).send();
    let of_nuvix = shape(&nuvix.expect(200).body);
    assert_eq!(of_nuvix.len(), expected.len() + 1);
    assert_eq!(
        of_nuvix[3],
        "$permissions: [\"read(\\\"user:owner\\\")\",\"update(\\\"user:owner\\\")\",\"delete(\\\"user:owner\\\")\"]"
    );
    for line in ["countryCode: null", "mfaUpdatedAt: null"] {
        assert!(of_nuvix.iter().any(|l| l == line), "{line}: {of_nuvix:?}");
    }

    let list = as_person(&server, "GET", "/v1/account/sessions", &person).send();
    let list = fields(&list.expect(200).body);
    let names: Vec<_> = list.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["total", "sessions", "data"]);
    assert_eq!(list[0].1, "1");
    assert_eq!(list[1].1, list[2].1);
    let sessions: Vec<Value> = serde_json::from_str(&list[1].1).unwrap();
    assert_eq!((&sessions[0]["current"], &sessions[0]["secret"]), (&json!(true), &json!("")));
}

#[test]
fn a_session_comes_as_the_cookies_of_its_flavour_and_goes_with_them() {
    let server = Server::start(Kind::Sqlite);
    let open = |flavour: fn(Call) -> Call| {
        let answer = flavour(server.call("POST", "/v1/account/sessions/anonymous")).send();
        answer.expect(201);
        answer
    };
    let appwrite = open(|call| call);
    let person = server.person(&appwrite);
    let lines = appwrite.cookies();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for (line, name, same_site) in [(lines[0], "a_session_demo", true), (lines[1], "a_session_demo_legacy", false)] {
        assert!(line.starts_with(&format!("{name}={};", person.value)), "{line}");
        for part in ["; Path=/", "; HttpOnly", "; Expires="] {
            assert!(line.contains(part), "{part}: {line}");
        }
        assert!(!line.contains("Secure"), "plain http: {line}");
        assert_eq!(line.contains("SameSite=Lax"), same_site, "{line}");
    }
    let fallback: Value = serde_json::from_str(appwrite.header("x-fallback-cookies").unwrap()).unwrap();
    assert_eq!(fallback, json!({"a_session_demo": person.value}));
    let nuvix = open(Call::nuvix);
    server.person(&nuvix);
    assert_eq!(nuvix.cookies().len(), 1);
    assert!(nuvix.cookie("nx_session").is_some());

    let gone = as_person(&server, "DELETE", "/v1/account/sessions/current", &person).send();
    gone.expect(204);
    assert!(gone.body.is_empty());
    assert_eq!(gone.header("x-fallback-cookies"), Some("{}"));
    for line in gone.cookies() {
        assert!(line.contains("=; ") && line.contains("Expires=Thu, 01 Jan 1970 00:00:00 GMT"), "{line}");
    }
    assert_eq!(gone.cookies().len(), 2);
}

#[test]
fn a_key_sees_the_session_it_opens_in_the_form_that_headers_take() {
    let server = Server::start(Kind::Sqlite);
    server.ask("owner", PHONE).send().expect(201);
    let code = server.code(PHONE, 1);
    let opened = server.exchange("owner", &code).header("X-Appwrite-Key", server.api_key()).send();
    let body = opened.expect(201).json();
    let value = body["secret"].as_str().unwrap();
    server.home.keep_secret(value);
    assert_eq!(secret_of(value).len(), 256);
    assert_eq!(body["current"], false);
    let account = server.get("/v1/account").header("X-Appwrite-Session", value).send();
    assert_eq!(account.expect(200).json()["$id"], "owner");
}
