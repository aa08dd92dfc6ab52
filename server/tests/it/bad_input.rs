//! What clients should not send: always refused in the dialect's shape, naming the field, and nothing is written.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::server::{Person, Server, on_both};

const PHONE: &str = "+14255550113";

/// Every route that takes a body: its method and path, a body that is right, and its fields.
fn routes() -> Vec<(&'static str, &'static str, Value, Vec<&'static str>)> {
    let ask = json!({"userId": "new", "phone": "+14255550114"});
    let exchange = json!({"userId": "nobody", "secret": "000000"});
    vec![
        ("POST", "/v1/account/tokens/phone", ask.clone(), vec!["userId", "phone"]),
        ("POST", "/v1/account/sessions/phone", ask, vec!["userId", "phone"]),
        ("POST", "/v1/account/sessions/token", exchange.clone(), vec!["userId", "secret"]),
        ("PUT", "/v1/account/sessions/phone", exchange.clone(), vec!["userId", "secret"]),
        ("PUT", "/v1/account/sessions/magic-url", exchange, vec!["userId", "secret"]),
        ("POST", "/v1/account/sessions/anonymous", json!({}), vec![]),
        ("PATCH", "/v1/account/prefs", json!({"prefs": {}}), vec!["prefs"]),
        ("PATCH", "/v1/account/name", json!({"name": "Ada"}), vec!["name"]),
        ("PATCH", "/v1/account/status", json!({}), vec![]),
        ("PATCH", "/v1/account/sessions/current", json!({}), vec![]),
        ("POST", "/v1/account/jwts", json!({}), vec!["duration"]),
        ("POST", "/v1/account/jwt", json!({}), vec!["duration"]),
    ]
    .into_iter()
    .chain(email_routes())
    .chain(mfa_routes())
    .collect()
}

/// Those of passwords, e-mails and verifications.
fn email_routes() -> Vec<(&'static str, &'static str, Value, Vec<&'static str>)> {
    let sign_up = json!({"userId": "new", "email": "new@example.com", "password": "correct horse"});
    let sign_in = json!({"email": "new@example.com", "password": "correct horse"});
    let phone = json!({"phone": "+14255550114", "password": "correct horse"});
    let code = json!({"userId": "new", "email": "new@example.com"});
    let link = json!({"userId": "new", "email": "new@example.com", "url": "https://app.example.com/"});
    let new = json!({"userId": "new", "secret": "000000", "password": "correct horse"});
    let change = json!({"password": "correct horse", "oldPassword": "battery staple"});
    vec![
        ("POST", "/v1/account", sign_up, vec!["userId", "email", "password", "name"]),
        ("POST", "/v1/account/sessions/email", sign_in.clone(), vec!["email", "password"]),
        ("POST", "/v1/account/sessions", sign_in.clone(), vec!["email", "password"]),
        ("PATCH", "/v1/account/password", change, vec!["password", "oldPassword"]),
        ("PATCH", "/v1/account/email", sign_in, vec!["email", "password"]),
        ("PATCH", "/v1/account/phone", phone, vec!["phone", "password"]),
        ("POST", "/v1/account/tokens/email", code, vec!["userId", "email", "phrase"]),
        ("POST", "/v1/account/tokens/magic-url", link.clone(), vec!["userId", "email", "url", "phrase"]),
        ("POST", "/v1/account/sessions/magic-url", link.clone(), vec!["userId", "email", "url", "phrase"]),
        ("POST", "/v1/account/recovery", link.clone(), vec!["email", "url"]),
        ("PUT", "/v1/account/recovery", new.clone(), vec!["userId", "secret", "password"]),
        ("POST", "/v1/account/verification", link.clone(), vec!["url"]),
        ("POST", "/v1/account/verifications/email", link, vec!["url"]),
        ("PUT", "/v1/account/verification", new.clone(), vec!["userId", "secret"]),
        ("PUT", "/v1/account/verifications/email", new.clone(), vec!["userId", "secret"]),
        ("POST", "/v1/account/verification/phone", json!({}), vec![]),
        ("PUT", "/v1/account/verification/phone", new.clone(), vec!["userId", "secret"]),
        ("PUT", "/v1/account/verifications/phone", new, vec!["userId", "secret"]),
    ]
}

/// Those of second factors.
fn mfa_routes() -> Vec<(&'static str, &'static str, Value, Vec<&'static str>)> {
    let answer = json!({"challengeId": "x", "otp": "000000"});
    vec![
        ("PATCH", "/v1/account/mfa", json!({"mfa": true}), vec!["mfa"]),
        ("POST", "/v1/account/mfa/authenticators/totp", json!({}), vec![]),
        ("PUT", "/v1/account/mfa/authenticators/totp", json!({"otp": "000000"}), vec!["otp"]),
        ("POST", "/v1/account/mfa/recovery-codes", json!({}), vec![]),
        ("PATCH", "/v1/account/mfa/recovery-codes", json!({}), vec![]),
        ("POST", "/v1/account/mfa/challenge", json!({"factor": "totp"}), vec!["factor"]),
        ("POST", "/v1/account/mfa/challenges", json!({"factor": "totp"}), vec!["factor"]),
        ("PUT", "/v1/account/mfa/challenge", answer.clone(), vec!["challengeId", "otp"]),
        ("PUT", "/v1/account/mfa/challenges", answer, vec!["challengeId", "otp"]),
    ]
}

/// Fields that may be left out.
const OPTIONAL: [&str; 5] = ["duration", "name", "oldPassword", "phrase", "url"];

/// Values that a field of this name does not take.
fn wrong_values(field: &str) -> Vec<Value> {
    let mut values = vec![
        json!(1.5),
        json!(-1),
        json!(u64::MAX),
        json!(1e300),
        json!(["x"]),
        json!([[[]]]),
        json!("x".repeat(10_000)),
        json!("\u{0}".repeat(300)),
    ];
    if !matches!(field, "mfa" | "phrase") {
        values.push(json!(true));
    }
    match field {
        "mfa" | "phrase" => values.extend([json!({}), json!(5), json!("yes"), json!("TRUE"), json!("")]),
        "password" | "otp" | "challengeId" => values.extend([json!({}), json!(12_345_678), json!(""), Value::Null]),
        "url" => {
            values.extend([json!({}), json!(5), json!(" "), json!("/here"), json!("https://app.example.com/\u{0}")]);
        }
        "oldPassword" => values.extend([json!({}), json!(12_345_678)]),
        "prefs" => values.extend([json!("{}"), json!("a"), json!([]), Value::Null]),
        "duration" => values.extend([json!("900 "), json!("1e2"), json!({}), json!(0), json!(3_601)]),
        "name" => {
            values.extend([json!({}), json!(5), json!("a\u{0}b"), json!("two\nlines"), json!("ä".repeat(129))]);
        }
        "secret" => values.extend([json!({}), json!(123_456), json!(["123456"]), json!(""), Value::Null]),
        _ => {
            values.extend([
                json!({}),
                json!({"$ne": ""}),
                json!(5),
                json!(""),
                json!(" "),
                json!("a\u{0}"),
                Value::Null,
            ]);
        }
    }
    values
}

struct World {
    server: Server,
    person: Person,
}

impl World {
    fn new(kind: Kind) -> Self {
        let server = Server::start(kind);
        let person = server.sign_in("owner", PHONE);
        Self { server, person }
    }

    /// A call by whoever may call the route.
    fn call(&self, method: &str, target: &str) -> Call {
        let call = self.server.call(method, target);
        let public = target.contains("/tokens/") || target.contains("/sessions") && !target.ends_with("/current");
        if public { call } else { call.header("Cookie", self.person.cookie()) }
    }
}

#[track_caller]
fn refused(answer: &Answer, what: &str) {
    assert!((400..500).contains(&answer.status), "{what}: {}", answer.raw);
    answer.refused(answer.status, &answer.kind());
}

on_both! {
    fn a_field_of_the_wrong_kind_is_refused_by_name(kind: Kind) {
        let world = World::new(kind);
        let rows = world.server.home.rows();
        for (method, target, good, fields) in routes() {
            for field in fields {
                let mut wrong: Vec<(String, Value)> = wrong_values(field)
                    .into_iter()
                    .map(|value| {
                        let mut body = good.clone();
                        body[field] = value;
                        (format!("{method} {target} {field}"), body)
                    })
                    .collect();
                // Only an account that exists must be told its name.
                if !OPTIONAL.contains(&field) || (field == "name" && method == "PATCH") {
                    let mut missing = good.clone();
                    missing.as_object_mut().unwrap().remove(field);
                    wrong.push((format!("{method} {target} without {field}"), missing));
                }
                for (what, body) in wrong {
                    let what = format!("{what}: {}", body.to_string().chars().take(200).collect::<String>());
                    for nuvix in [false, true] {
                        let call = world.call(method, target).json(&body);
                        let answer = if nuvix { call.nuvix().send() } else { call.send() };
                        refused(&answer, &what);
                        assert_eq!(answer.status, 400, "{what}: {}", answer.raw);
                        let message = answer.json()["message"].clone();
                        assert!(message.to_string().contains(field), "{what}: {}", answer.raw);
                        assert_eq!(message.is_array(), nuvix, "{what}: {}", answer.raw);
                    }
                }
            }
        }
        assert_eq!(world.server.home.rows(), rows);
        assert_eq!(world.server.account(&world.person).expect(200).json()["name"], "");
    }
}

on_both! {
    fn a_body_that_is_no_json_object_is_refused_on_every_route(kind: Kind) {
        let world = World::new(kind);
        let rows = world.server.home.rows();
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        let deep_field = format!("{{\"userId\":{deep},\"phone\":{deep},\"prefs\":{deep}}}");
        let deep_object = "{\"prefs\":".repeat(10_000) + "1" + &"}".repeat(10_000);
        let bodies: &[(&str, &[u8])] = &[
            ("application/json", b"{"),
            ("application/json", b"{\"userId\":}"),
            ("application/json", b"{\"userId\":\"a\""),
            ("application/json", b"{'userId':'a'}"),
            ("application/json", b"{\"a\":1}{\"a\":2}"),
            ("application/json", b"{\"a\":NaN}"),
            ("application/json", b"\xff\xfe{}"),
            ("application/json", b"{\"userId\":\"\xff\"}"),
            ("application/json", b"{\"userId\":\"\\ud800\"}"),
            ("application/json", b"[]"),
            ("application/json", b"[{\"userId\":\"a\"}]"),
            ("application/json", b"null"),
            ("application/json", b"5"),
            ("application/json", b"\"text\""),
            ("application/json", b"userId=a"),
            ("application/json", deep.as_bytes()),
            ("application/json", deep_field.as_bytes()),
            ("application/json", deep_object.as_bytes()),
            ("text/plain", b"{}"),
            ("application/xml", b"<a/>"),
            ("multipart/form-data; boundary=x", b"--x--"),
            ("", b"{}"),
        ];
        for (method, target, ..) in routes() {
            for (kind, body) in bodies {
                let begin = String::from_utf8_lossy(&body[..body.len().min(60)]);
                let what = format!("{method} {target} as {kind}: {begin:?}");
                let answer = world.call(method, target).body(kind, *body).send();
                refused(&answer, &what);
                assert_eq!(answer.said(), (400, "general_bad_request".to_owned()), "{what}: {}", answer.raw);
            }
        }
        assert_eq!(world.server.home.rows(), rows);
        assert_eq!(world.server.account(&world.person).expect(200).json()["status"], true);
    }
}

#[test]
fn a_body_that_is_too_large_is_refused_and_the_server_goes_on() {
    let world = World::new(Kind::Sqlite);
    let rows = world.server.home.rows();
    for (method, target, ..) in routes() {
        let body = json!({"prefs": {"a": "x".repeat(2_000_000)}}).to_string();
        // The server may hang up before it has heard all of it.
        if let Ok(answer) = world.call(method, target).body("application/json", body).try_send() {
            assert_eq!(answer.status, 413, "{method} {target}: {}", answer.raw);
        }
    }
    assert_eq!(world.server.home.rows(), rows);
    let prefs = json!({"prefs": {"a": "x".repeat(65_536)}});
    let answer = world.call("PATCH", "/v1/account/prefs").json(&prefs).send();
    refused(&answer, "prefs of 64 KiB");
    world.server.account(&world.person).expect(200);
}

#[test]
fn an_empty_body_is_an_empty_object_and_a_form_is_as_good_as_json() {
    let world = World::new(Kind::Sqlite);
    for (body, kind) in [("", "application/json"), (" \n", "application/json"), ("", "text/plain")] {
        let answer = world.call("POST", "/v1/account/jwts").body(kind, body).send();
        answer.expect(201);
        let answer = world.call("POST", "/v1/account/sessions/token").body(kind, body).send();
        answer.refused(400, "general_argument_invalid");
        assert!(answer.body.contains("userId") && answer.body.contains("secret"), "{}", answer.raw);
    }
    let form = "application/x-www-form-urlencoded; charset=utf-8";
    let asked =
        world.call("POST", "/v1/account/tokens/phone").body(form, "userId=form&phone=%2B14255550115&extra=1").send();
    assert_eq!(asked.expect(201).json()["userId"], "form");
    let code = world.server.code("+14255550115", 1);
    let body = format!("userId=form&secret={code}");
    world.call("POST", "/v1/account/sessions/token").body(form, body).send().expect(201);
    for body in ["userId", "=&=&", "%ff%fe=%00", "userId[]=a&userId[b]=c", "&&&&"] {
        let answer = world.call("POST", "/v1/account/sessions/token").body(form, body).send();
        answer.refused(400, "general_argument_invalid");
    }
    // Fields that nobody knows are no error.
    let body = json!({"userId": "x", "phone": "+14255550116", "admin": true, "__proto__": {}});
    world.call("POST", "/v1/account/tokens/phone").json(&body).send().expect(201);
}

#[test]
fn bad_ids_and_bad_numbers_are_refused() {
    let world = World::new(Kind::Sqlite);
    let rows = world.server.home.rows();
    for id in [
        "",
        " ",
        "-a",
        ".a",
        "_a",
        "a b",
        "a/b",
        "ä",
        "a\u{0}",
        "a\n",
        "unique( )",
        "UNIQUE()",
        "a@b",
        "abcdefghijklmnopqrstuvwxyz01234567890",
        "<script>",
        "%61",
        "a'--",
        "\u{202e}a",
    ] {
        let answer = world.server.ask(id, "+14255550117").send();
        answer.refused(400, "general_argument_invalid");
        assert!(answer.body.contains("userId"), "{id:?}: {}", answer.raw);
        world.server.exchange(id, "000000").send().refused(400, "general_argument_invalid");
    }
    world.server.exchange("unique()", "000000").send().refused(400, "general_argument_invalid");
    for phone in [
        "+",
        "+1",
        "+1425555",
        "+0123456789",
        "+00014255550117",
        "14255550117",
        "4255550117",
        "++14255550117",
        "+1425555011+7",
        "+1425555011a",
        "+14255550117x5",
        "+14255550117;ext=5",
        "+14255550117,,5",
        "+1 425 555 0117\n",
        "tel:",
        "tel:+1-425-555-0117;phone-context=x",
        "+1425555\u{0}0117",
        "+999",
        "+1425555011712345678",
        "+14255550117 +14255550118",
        "anonymous",
        "1e10",
        "+1(425)555*0117",
        "#14255550117",
        "+\u{2460}4255550117",
        "https://x/+14255550117",
        "'; DROP TABLE users; --",
        "00",
        "+210000000000000",
    ] {
        let answer = world.server.post("/v1/account/tokens/phone", &json!({"userId": "u", "phone": phone})).send();
        if phone.ends_with('\n') {
            // A line end behind a number is copied along, and means nothing.
            answer.expect(201);
            continue;
        }
        answer.refused(400, "general_argument_invalid");
        assert!(answer.body.contains("`phone`"), "{phone:?}: {}", answer.raw);
    }
    assert_eq!(world.server.code("+14255550117", 1).len(), 6);
    let [users, sessions, messages, ..] = world.server.home.rows();
    assert_eq!([users, sessions, messages], [rows[0] + 1, rows[1], rows[2] + 1], "the one that is a number");
}

on_both! {
    fn a_code_in_another_spelling_is_no_code_and_costs_at_most_one_try(kind: Kind) {
        let server = Server::start(kind);
        server.ask("owner", PHONE).send().expect(201);
        let code = server.code(PHONE, 1);
        let number: i64 = code.parse().unwrap();
        let exchange = |secret: Value| {
            server.post("/v1/account/sessions/token", &json!({"userId": "owner", "secret": secret})).send()
        };
        for other in [
            json!(number),
            json!(number as f64),
            json!([code]),
            json!({"secret": code}),
            json!([[code]]),
            Value::Null,
            json!(true),
            json!(""),
            json!("x".repeat(257)),
        ] {
            exchange(other).refused(400, "general_argument_invalid");
        }
        assert_eq!(server.home.count("SELECT MAX(attempts) FROM handles"), 0);
        let wide: String = code.chars().map(|c| char::from_u32(u32::from(c) - 0x30 + 0xff10).unwrap()).collect();
        for other in [format!(" {code}"), format!("{code}\u{0}"), wide, format!("0{code}")] {
            exchange(json!(other)).refused(401, "user_invalid_token");
        }
        assert_eq!(server.home.count("SELECT MAX(attempts) FROM handles"), 4);
        exchange(json!(code)).expect(201);
    }
}

on_both! {
    fn odd_paths_headers_and_queries_do_no_harm(kind: Kind) {
        let world = World::new(kind);
        let rows = world.server.home.rows();
        let long = "x".repeat(5_000);
        for id in ["%00", "a%00b", "%ff", "%2e%2e", "%2F", &long, "%F0%9F%A6%8A", "'--", "null", "%"] {
            for method in ["GET", "PATCH", "DELETE"] {
                let target = format!("/v1/account/sessions/{id}");
                let answer = world.server.call(method, &target).header("Cookie", world.person.cookie()).send();
                refused(&answer, &format!("{method} {id}"));
            }
        }
        for query in ["", "&&", "=", "project=demo&project=x", "%ff=%fe", "apikey=", "queries[0]=x", "%00=%00"] {
            let call = world.server.get(&format!("/v1/account?{query}")).header("Cookie", world.person.cookie());
            call.send().expect(200);
        }
        for (name, value) in [
            ("User-Agent", "\u{e9}\u{1f98a}".to_owned()),
            ("User-Agent", "x".repeat(20_000)),
            ("Accept-Language", ",;q=;;,*;q=9,-,en-".to_owned()),
            ("Accept-Language", "a,".repeat(10_000)),
            ("X-Appwrite-Locale", "../../etc/passwd".to_owned()),
            ("X-Appwrite-Response-Format", "nonsense".to_owned()),
            ("Content-Encoding", "gzip".to_owned()),
            ("Range", "bytes=0-".to_owned()),
            ("X-HTTP-Method-Override", "DELETE".to_owned()),
        ] {
            let call = world.server.call("POST", "/v1/account/sessions/anonymous").header(name, &value);
            let answer = call.send();
            assert_eq!(answer.status, 201, "{name}: {value:.40}: {}", answer.raw);
        }
        for key in ["\u{e9}".to_owned(), "k".repeat(300), String::new()] {
            let call = world.server.call("POST", "/v1/account/sessions/anonymous").header("Idempotency-Key", &key);
            call.send().refused(400, "general_bad_request");
        }
        let [users, sessions, rest @ ..] = world.server.home.rows();
        assert_eq!([users, sessions], [rows[0] + 9, rows[1] + 9]);
        assert_eq!(rest, rows[2..]);
    }
}
