//! What a customer's own server does to accounts, by an API key.

mod access;

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use crate::call::{Answer, Call, fields, shape};
use crate::people::PASSWORD;
use crate::server::{Server, on_both};

const EMAIL: &str = "anna@example.com";
const OTHER: &str = "bert@example.com";
const PHONE: &str = "+14255550611";
const FREE: &str = "+14255550612";

/// The fields of an account as servers see it.
const USER: [&str; 19] = [
    "$id",
    "$createdAt",
    "$updatedAt",
    "name",
    "registration",
    "status",
    "labels",
    "passwordUpdate",
    "email",
    "phone",
    "emailVerification",
    "phoneVerification",
    "mfa",
    "prefs",
    "targets",
    "accessedAt",
    "password",
    "hash",
    "hashOptions",
];

/// A call with the API key, as a client of Appwrite makes it.
fn by_key(server: &Server, method: &str, path: &str) -> Call {
    server.call(method, &format!("/v1/users{path}")).header("X-Appwrite-Key", server.api_key())
}

/// The same, as one of Nuvix does.
fn nuvix(server: &Server, method: &str, path: &str) -> Call {
    server.call(method, &format!("/v1/users{path}")).nuvix().header("X-Nuvix-Key", server.api_key())
}

fn post(server: &Server, path: &str, body: &Value) -> Call {
    by_key(server, "POST", path).json(body)
}

fn patch(server: &Server, path: &str, body: &Value) -> Call {
    by_key(server, "PATCH", path).json(body)
}

/// An account with all there is.
#[track_caller]
fn anna(server: &Server) -> Value {
    for secret in [EMAIL, PHONE, OTHER, FREE, PASSWORD] {
        server.home.keep_secret(secret);
    }
    let body = json!({"userId": "anna", "email": EMAIL, "phone": PHONE, "password": PASSWORD, "name": "Anna"});
    post(server, "", &body).send().expect(201).json()
}

fn names(answer: &Answer) -> Vec<String> {
    fields(&answer.body).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn an_account_has_the_fields_of_its_flavour() {
    let server = Server::start(Kind::Sqlite);
    for secret in [EMAIL, PHONE, PASSWORD] {
        server.home.keep_secret(secret);
    }
    let body = json!({"userId": "anna", "email": " Anna@Example.com", "phone": PHONE, "name": "Zoë 🦊"});
    let made = post(&server, "", &body).send();
    let mut lines = shape(&made.expect(201).body);
    lines.retain(|line| !line.starts_with("targets: "));
    let expected = [
        "$id: \"anna\"",
        "$createdAt: date",
        "$updatedAt: date",
        "name: \"Zoë 🦊\"",
        "registration: date",
        "status: true",
        "labels: []",
        "passwordUpdate: \"\"",
        "email: \"anna@example.com\"",
        "phone: \"+14255550611\"",
        "emailVerification: false",
        "phoneVerification: false",
        "mfa: false",
        "prefs: {}",
        "accessedAt: \"\"",
        "password: \"\"",
        "hash: \"\"",
        "hashOptions: {}",
    ];
    assert_eq!(lines, expected);
    let targets = &made.json()["targets"];
    let told: Vec<_> = targets.as_array().unwrap().iter().map(|t| [&t["providerType"], &t["identifier"]]).collect();
    assert_eq!(told, [[&json!("email"), &json!(EMAIL)], [&json!("sms"), &json!(PHONE)]]);
    let read = by_key(&server, "GET", "/anna").send();
    assert_eq!(read.expect(200).body, made.body);

    let empty = nuvix(&server, "POST", "").json(&json!({})).send();
    let body = empty.expect(201).json();
    let mut named = USER.map(str::to_owned).to_vec();
    named.insert(3, "$permissions".to_owned());
    assert_eq!(names(&empty), named);
    for unset in ["name", "email", "phone", "passwordUpdate", "accessedAt", "password", "hash"] {
        assert_eq!(body[unset], Value::Null, "{unset}");
    }
    assert_eq!((&body["targets"], &body["hashOptions"]), (&json!([]), &json!({})));
    let id = body["$id"].as_str().unwrap();
    assert!(crate::call::is_uuid(id));
    let permissions = json!(["read(\"any\")", format!("update(\"user:{id}\")"), format!("delete(\"user:{id}\")")]);
    assert_eq!(body["$permissions"], permissions);
    assert_eq!(nuvix(&server, "GET", &format!("/{id}")).send().expect(200).body, empty.body);
}

on_both! {
    fn an_account_signs_in_by_all_that_the_server_gave_it(kind: Kind) {
        let server = Server::start(kind);
        let made = anna(&server);
        assert_eq!((&made["hash"], made["passwordUpdate"].is_string()), (&json!("argon2"), true));
        assert!(made["password"].as_str().unwrap().starts_with("$argon2id$v=19$m="), "{made}");
        let options = made["hashOptions"].as_object().unwrap();
        let mut named: Vec<_> = options.keys().map(String::as_str).collect();
        named.sort_unstable();
        assert_eq!(named, ["hashLength", "memoryCost", "parallelism", "timeCost", "type"]);
        assert_eq!((&options["type"], &options["hashLength"]), (&json!("argon2"), &json!(32)));
        let by_password = server.again(EMAIL, PASSWORD);
        let by_phone = {
            let handle = server.ask("h1", PHONE).send().expect(201).json()["userId"].as_str().unwrap().to_owned();
            let code = server.code(PHONE, 1);
            server.person(server.exchange(&handle, &code).send().expect(201))
        };
        let by_email = server.sign_in_by_email("h2", EMAIL, 1);
        for person in [by_password, by_phone, by_email] {
            assert_eq!(person.user, "anna");
            let account = server.account(&person);
            assert_eq!(account.expect(200).json()["name"], "Anna");
            assert!(!names(&account).iter().any(|name| name.starts_with("hash") || name == "password"));
        }
        let user = by_key(&server, "GET", "/anna").send().json();
        assert_eq!((&user["emailVerification"], &user["phoneVerification"]), (&json!(true), &json!(true)));
    }
}

/// Path, the body beside address and id, and what `hashOptions` is then: one for each format, of the password `appwrite`
/// (contract nuvix §4.5).
fn imports() -> Vec<(&'static str, Value, Value)> {
    let scrypt = "3fdef49701bc4cfaacd551fe017283513284b4731e6945c263246ef948d3cf63b5d269c31fd697246085111a428245e24a4ddc6b64c687bc60a8910dbafc1d5b";
    let sha = "4243da0a694e8a2f727c8060fe0507c8fa01ca68146c76d2c190805b638c20c6bf6ba04e21f11ae138785d0bff63c416e6f87badbffad37f6dee50094cc38c70";
    let modified = "UlM7JiXRcQhzAGlaonpSqNSLIz475WMddOgLjej5De9vxTy48K6WtqlEzrRFeK4t0COfMhWCb8wuMHgxOFCHFQ==";
    let signer = "XyEKE9RcTDeLEsL/RjwPDBv/RqDl8fb3gpYEOQaPihbxf1ZAtSOHCjuAAa7Q3oHpCYhXSN9tizHgVOwn6krflQ==";
    vec![
        (
            "argon2",
            json!({"password": "$argon2i$v=19$m=20,t=3,p=2$YXBwd3JpdGU$A/54i238ed09ZR4NwlACU5XnkjNBZU9QeOEuhjLiexI"}),
            json!({"type": "argon2"}),
        ),
        (
            "bcrypt",
            json!({"password": "$2a$15$xX/myGbFU.ZSKHSi6EHdBOySTdYm8QxBLXmOPHrYMwV0mHRBBSBOq"}),
            json!({"type": "bcrypt"}),
        ),
        ("md5", json!({"password": "144fa7eaa4904e8ee120651997f70dcc"}), json!({"type": "md5"})),
        ("phpass", json!({"password": "$P$Br387rwferoKN7uwHZqNMu98q3U8RO."}), json!({"type": "phpass"})),
        ("sha", json!({"password": sha, "passwordVersion": "sha512"}), json!({"type": "sha", "version": "sha512"})),
        (
            "scrypt",
            json!({
                "password": scrypt, "passwordSalt": "appwrite", "passwordCpu": 16384, "passwordMemory": 13,
                "passwordParallel": 2, "passwordLength": 64,
            }),
            json!({
                "type": "scrypt", "salt": "appwrite", "costCpu": 16384, "costMemory": 13, "costParallel": 2,
                "length": 64,
            }),
        ),
        (
            "scrypt-modified",
            json!({
                "password": modified, "passwordSalt": "UxLMreBr6tYyjQ==", "passwordSaltSeparator": "Bw==",
                "passwordSignerKey": signer,
            }),
            json!({
                "type": "scryptMod", "salt": "UxLMreBr6tYyjQ==", "saltSeparator": "Bw==", "signerKey": signer,
            }),
        ),
    ]
}

on_both! {
    fn imported_hashes_sign_in_and_are_made_anew(kind: Kind) {
        let server = Server::start(kind);
        for (path, more, options) in imports() {
            let email = format!("{path}@example.com");
            let id = format!("by-{path}");
            let mut body = json!({"userId": id, "email": email});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            server.home.keep_secret(body["password"].as_str().unwrap());
            let made = post(&server, &format!("/{path}"), &body).send();
            let made = made.expect(201).json();
            assert_eq!((&made["password"], &made["hash"]), (&body["password"], &options["type"]), "{path}");
            assert_eq!(made["hashOptions"], options, "{path}");
            server.by_password(&email, "Appwrite").send().refused(401, "user_invalid_credentials");
            assert_eq!(server.again(&email, "appwrite").user, id);
            let user = by_key(&server, "GET", &format!("/{id}")).send().json();
            assert!(user["password"].as_str().unwrap().starts_with("$argon2id$"), "{path}");
            assert_eq!((&user["hash"], &user["hashOptions"]["hashLength"]), (&json!("argon2"), &json!(32)));
            server.again(&email, "appwrite");
        }
    }
}

on_both! {
    fn what_another_account_has_is_a_conflict(kind: Kind) {
        let server = Server::start(kind);
        anna(&server);
        post(&server, "", &json!({"userId": "bert", "email": OTHER, "phone": FREE})).send().expect(201);
        let rows = server.home.rows();
        for body in [json!({"userId": "anna"}), json!({"email": "ANNA@example.com"}), json!({"phone": PHONE})] {
            post(&server, "", &body).send().refused(409, "user_already_exists");
            let mut hashed = body.clone();
            hashed["password"] = json!("144fa7eaa4904e8ee120651997f70dcc");
            post(&server, "/md5", &hashed).send().refused(409, "user_already_exists");
        }
        patch(&server, "/bert/email", &json!({"email": EMAIL})).send().refused(409, "user_target_already_exists");
        // Anna proves her number: nobody takes it from her.
        server.ask("h", PHONE).send().expect(201);
        server.exchange("h", &server.code(PHONE, 1)).send().expect(201);
        patch(&server, "/bert/phone", &json!({"number": PHONE})).send().refused(409, "user_phone_already_exists");
        assert_eq!(server.home.rows()[0], rows[0]);
    }
}

/// Every route below `/users/{userId}`, with a body that is good.
fn routes() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("GET", "", Value::Null),
        ("GET", "/prefs", Value::Null),
        ("PATCH", "/prefs", json!({"prefs": {}})),
        ("PATCH", "/status", json!({"status": true})),
        ("PUT", "/labels", json!({"labels": []})),
        ("PATCH", "/name", json!({"name": "x"})),
        ("PATCH", "/password", json!({"password": "another horse"})),
        ("PATCH", "/email", json!({"email": OTHER})),
        ("PATCH", "/phone", json!({"number": FREE})),
        ("PATCH", "/verifications/email", json!({"emailVerification": true})),
        ("PATCH", "/verification", json!({"emailVerification": true})),
        ("PATCH", "/verifications/phone", json!({"phoneVerification": true})),
        ("PATCH", "/verification/phone", json!({"phoneVerification": true})),
        ("GET", "/sessions", Value::Null),
        ("POST", "/sessions", Value::Null),
        ("DELETE", "/sessions", Value::Null),
        ("DELETE", "/sessions/none", Value::Null),
        ("GET", "/logs", Value::Null),
        ("GET", "/memberships", Value::Null),
        ("POST", "/tokens", json!({})),
        ("POST", "/jwts", json!({})),
        ("PATCH", "/mfa", json!({"mfa": true})),
        ("GET", "/mfa/factors", Value::Null),
        ("GET", "/mfa/recovery-codes", Value::Null),
        ("PATCH", "/mfa/recovery-codes", Value::Null),
        ("PUT", "/mfa/recovery-codes", Value::Null),
        ("DELETE", "/mfa/authenticators/totp", Value::Null),
        ("DELETE", "", Value::Null),
    ]
}

#[test]
fn nobody_is_found_where_nobody_is() {
    let server = Server::start(Kind::Sqlite);
    for id in ["nobody", "-bad", "x%20y"] {
        for (method, path, body) in routes() {
            let call = by_key(&server, method, &format!("/{id}{path}"));
            let call = if body.is_null() { call } else { call.json(&body) };
            let answer = call.send();
            assert_eq!(answer.said(), (404, "user_not_found".to_owned()), "{method} {id}{path}: {}", answer.raw);
        }
    }
}

#[test]
fn what_is_wrong_with_a_request_is_named() {
    let server = Server::start(Kind::Sqlite);
    let made = anna(&server);
    let long = "x".repeat(129);
    let cases = [
        ("POST", "", json!({"userId": "-x"}), "userId"),
        ("POST", "", json!({"email": "none"}), "email"),
        ("POST", "", json!({"phone": "12"}), "phone"),
        ("POST", "", json!({"password": "short"}), "password"),
        ("POST", "", json!({"name": long}), "name"),
        ("POST", "/md5", json!({"email": OTHER}), "password"),
        ("POST", "/md5", json!({"password": "no md5"}), "password"),
        ("POST", "/bcrypt", json!({"password": "144fa7eaa4904e8ee120651997f70dcc"}), "password"),
        ("POST", "/sha", json!({"password": "00", "passwordVersion": "sha0"}), "passwordVersion"),
        ("POST", "/scrypt", json!({"password": "00"}), "passwordSalt"),
        ("POST", "/scrypt-modified", json!({"password": "00", "passwordSalt": "AA=="}), "passwordSaltSeparator"),
        ("PATCH", "/anna/prefs", json!({"prefs": []}), "prefs"),
        ("PATCH", "/anna/status", json!({"status": "maybe"}), "status"),
        ("PUT", "/anna/labels", json!({}), "labels"),
        ("PUT", "/anna/labels", json!({"labels": "vip"}), "labels"),
        ("PUT", "/anna/labels", json!({"labels": [1]}), "labels"),
        ("PUT", "/anna/labels", json!({"labels": ["not-a-word"]}), "labels"),
        ("PATCH", "/anna/name", json!({}), "name"),
        ("PATCH", "/anna/password", json!({"password": "short"}), "password"),
        ("PATCH", "/anna/email", json!({"email": "none"}), "email"),
        ("PATCH", "/anna/phone", json!({"number": "none"}), "number"),
        ("PATCH", "/anna/phone", json!({}), "phone"),
        ("PATCH", "/anna/verification", json!({}), "emailVerification"),
        ("PATCH", "/anna/verification/phone", json!({}), "phoneVerification"),
        ("POST", "/anna/tokens", json!({"length": 3}), "length"),
        ("POST", "/anna/tokens", json!({"length": 129}), "length"),
        ("POST", "/anna/tokens", json!({"expire": 59}), "expire"),
        ("POST", "/anna/tokens", json!({"expire": 31_536_001}), "expire"),
        ("POST", "/anna/jwts", json!({"duration": 3_601}), "duration"),
        ("POST", "/anna/jwts", json!({"duration": -1}), "duration"),
        ("PATCH", "/anna/mfa", json!({}), "mfa"),
        ("DELETE", "/anna/mfa/authenticators/sms", Value::Null, "type"),
    ];
    for (method, path, body, name) in cases {
        for (call, kind) in [
            (by_key(&server, method, path), "general_argument_invalid"),
            (nuvix(&server, method, path), "general_bad_request"),
        ] {
            let answer = if body.is_null() { call.send() } else { call.json(&body).send() };
            assert_eq!(answer.said(), (400, kind.to_owned()), "{method} {path} {body}: {}", answer.raw);
            assert!(answer.json()["message"].to_string().contains(name), "{method} {path} {body}: {}", answer.raw);
        }
    }
    assert_eq!(by_key(&server, "GET", "/anna").send().json(), made, "nothing was changed");
}

on_both! {
    fn every_change_answers_with_the_account_as_it_is_then(kind: Kind) {
        let server = Server::start(kind);
        anna(&server);
        let changes = [
            ("PATCH", "/name", json!({"name": ""}), "name", json!("")),
            ("PATCH", "/status", json!({"status": false}), "status", json!(false)),
            ("PATCH", "/status", json!({"status": true}), "status", json!(true)),
            ("PUT", "/labels", json!({"labels": ["vip", "b2", "vip"]}), "labels", json!(["vip", "b2"])),
            ("PUT", "/labels", json!({"labels": []}), "labels", json!([])),
            ("PATCH", "/verification", json!({"emailVerification": true}), "emailVerification", json!(true)),
            ("PATCH", "/verifications/email", json!({"emailVerification": false}), "emailVerification", json!(false)),
            ("PATCH", "/verification/phone", json!({"phoneVerification": true}), "phoneVerification", json!(true)),
            ("PATCH", "/verifications/phone", json!({"phoneVerification": false}), "phoneVerification", json!(false)),
            ("PATCH", "/verifications/email", json!({"emailVerification": true}), "emailVerification", json!(true)),
            ("PATCH", "/email", json!({"email": "Bert@Example.com"}), "email", json!(OTHER)),
            ("PATCH", "/phone", json!({"phone": FREE}), "phone", json!(FREE)),
            ("PATCH", "/phone", json!({"number": PHONE}), "phone", json!(PHONE)),
            ("PATCH", "/mfa", json!({"mfa": true}), "mfa", json!(true)),
            ("PATCH", "/mfa", json!({"mfa": false}), "mfa", json!(false)),
        ];
        for (method, path, body, name, value) in changes {
            let answer = by_key(&server, method, &format!("/anna{path}")).json(&body).send();
            assert_eq!(answer.expect(200).json()[name], value, "{path} {body}");
            assert_eq!(names(&answer), USER, "{path}");
            let read = by_key(&server, "GET", "/anna").send();
            assert_eq!(read.json(), answer.json(), "{path}");
            let other = nuvix(&server, method, &format!("/anna{path}")).json(&body).send();
            assert_eq!(names(other.expect(200))[3], "$permissions", "{path}");
        }
        assert_eq!(by_key(&server, "GET", "/anna").send().json()["emailVerification"], false, "another one is not");
        for (path, name) in [("/email", "email"), ("/phone", "number")] {
            let taken = patch(&server, &format!("/anna{path}"), &json!({ name: "" })).send();
            assert_eq!(taken.expect(200).json()[path.trim_start_matches('/')], "");
        }
        let prefs = json!({"theme": "dark", "deep": [1, null]});
        for call in [by_key, nuvix] {
            let set = call(&server, "PATCH", "/anna/prefs").json(&json!({"prefs": prefs})).send();
            assert_eq!(set.expect(200).json(), prefs);
            assert_eq!(call(&server, "GET", "/anna/prefs").send().expect(200).json(), prefs);
        }
    }
}

on_both! {
    fn a_password_is_set_and_taken_away_and_ends_the_sessions(kind: Kind) {
        let server = Server::start(kind);
        anna(&server);
        let person = server.again(EMAIL, PASSWORD);
        let before = server.account(&person).expect(200).json();
        server.home.keep_secret("another horse");
        let set = patch(&server, "/anna/password", &json!({"password": "another horse"})).send();
        assert_ne!(set.expect(200).json()["passwordUpdate"], before["passwordUpdate"]);
        server.account(&person).refused(401, "general_unauthorized_scope");
        server.by_password(EMAIL, PASSWORD).send().refused(401, "user_invalid_credentials");
        let person = server.again(EMAIL, "another horse");
        let taken = patch(&server, "/anna/password", &json!({"password": ""})).send();
        let taken = taken.expect(200).json();
        assert_eq!(["passwordUpdate", "password", "hash"].map(|name| &taken[name]), [&json!(""); 3]);
        server.account(&person).refused(401, "general_unauthorized_scope");
        server.by_password(EMAIL, "another horse").send().refused(401, "user_invalid_credentials");
    }
}

on_both! {
    fn a_blocked_or_deleted_user_is_out_at_once(kind: Kind) {
        let server = Server::start(kind);
        anna(&server);
        let person = server.again(EMAIL, PASSWORD);
        patch(&server, "/anna/status", &json!({"status": false})).send().expect(200);
        server.account(&person).refused(401, "user_blocked");
        post(&server, "/anna/sessions", &json!({})).send().refused(401, "user_blocked");
        let token = post(&server, "/anna/tokens", &json!({})).send().expect(201).json();
        server.exchange("anna", token["secret"].as_str().unwrap()).send().refused(401, "user_blocked");
        patch(&server, "/anna/status", &json!({"status": true})).send().expect(200);
        server.account(&person).expect(200);
        let gone = by_key(&server, "DELETE", "/anna").send();
        assert_eq!((gone.expect(204).body.as_str(), server.account(&person).said()), ("", (401, "general_unauthorized_scope".into())));
        by_key(&server, "GET", "/anna").send().refused(404, "user_not_found");
        // Number and address are free.
        anna(&server);
        nuvix(&server, "DELETE", "/anna").send().expect(204);
    }
}
