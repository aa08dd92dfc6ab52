//! Paths, methods, projects and headers: what is the same for every route.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use crate::server::Server;

const PHONE: &str = "+14255550121";

#[test]
fn legacy_paths_do_what_the_new_ones_do() {
    let server = Server::start(Kind::Sqlite);
    server.settings(&json!({"otp": {"resendSeconds": [0]}}));
    let asks = ["/v1/account/tokens/phone", "/v1/account/sessions/phone"];
    let exchanges = [
        ("POST", "/v1/account/sessions/token"),
        ("PUT", "/v1/account/sessions/phone"),
        ("PUT", "/v1/account/sessions/magic-url"),
    ];
    let mut count = 0;
    for ask in asks {
        for (method, exchange) in exchanges {
            count += 1;
            let user = format!("u{count}");
            server.home.keep_secret(PHONE);
            server.post(ask, &json!({"userId": user, "phone": PHONE})).send().expect(201);
            let code = server.code(PHONE, count);
            let body = json!({"userId": user, "secret": code});
            let person = server.person(server.call(method, exchange).json(&body).send().expect(201));
            let jwt = server.call("POST", "/v1/account/jwt").header("Cookie", person.cookie()).send();
            jwt.expect(201);
        }
    }
}

#[test]
fn a_project_is_named_by_either_header_by_the_query_or_not_at_all() {
    let server = Server::start(Kind::Sqlite);
    let bare = |target: &str| server.get(target).without("X-Appwrite-Project");
    bare("/v1/locale").send().expect(200);
    bare("/v1/locale?project=demo").send().expect(200);
    bare("/v1/locale").header("X-Appwrite-Project", "demo").send().expect(200);
    bare("/v1/locale").header("X-Nuvix-Project", "demo").send().expect(200);
    for unknown in ["other", "DEMO", "demo ' OR 1=1", "../demo"] {
        let answer = bare("/v1/locale").header("X-Appwrite-Project", unknown).send();
        answer.refused(404, "project_not_found");
        bare("/v1/locale").header("X-Nuvix-Project", unknown).send().refused(404, "project_not_found");
    }
    bare("/v1/locale?project=other").send().refused(404, "project_not_found");
    bare("/v1/locale?project=%00").send().refused(404, "project_not_found");
    // A header says more than the query; of several parts the last one counts.
    bare("/v1/locale?project=other").header("X-Appwrite-Project", "demo").send().expect(200);
    bare("/v1/locale").header("X-Appwrite-Project", "other, demo").send().expect(200);
    server.exchange("u", "1").header("X-Nuvix-Project", "other").send().refused(404, "project_not_found");
}

#[test]
fn what_no_route_has_is_not_found_in_the_dialects_shape() {
    let server = Server::start(Kind::Sqlite);
    for (method, target) in [
        ("GET", "/v1/nothing"),
        ("GET", "/v1"),
        ("GET", "/v1/"),
        ("GET", "/nothing"),
        ("GET", "/v1/account/tokens/phone"),
        ("DELETE", "/v1/account/tokens/phone"),
        ("DELETE", "/v1/account/mfa"),
        ("PUT", "/v1/account/sessions/token"),
        ("HEAD", "/v1/account"),
        ("HEAD", "/v1/locale"),
        ("OPTIONS", "/v1/account"),
        ("TRACE", "/v1/account"),
        ("PROPFIND", "/v1/account"),
        ("GET", "/v1/account/sessions/a/b"),
        ("GET", "/V1/account"),
        ("GET", "/v1/Account"),
    ] {
        let answer = server.call(method, target).send();
        if method == "HEAD" {
            assert_eq!((answer.status, answer.body.as_str()), (404, ""), "{target}");
        } else {
            assert_eq!(answer.said(), (404, "general_route_not_found".to_owned()), "{method} {target}: {}", answer.raw);
        }
    }
}

#[test]
fn no_odd_spelling_of_a_path_gets_past_its_limiter() {
    let server = Server::strict(Kind::Sqlite);
    let rows = server.home.rows();
    let body = json!({"userId": "u1", "phone": PHONE});
    for target in [
        "//v1/account/tokens/phone",
        "/v1//account/tokens/phone",
        "/v1/account//tokens/phone",
        "/v1/account/tokens/phone/",
        "/v1/./account/tokens/phone",
        "/v1/account/./tokens/phone",
        "/v1/x/../account/tokens/phone",
        "/v1/account/tokens%2fphone",
        "/v1/account%2Ftokens/phone",
        "/v1/account/tokens/phone%20",
        "/v1/account/tokens/phone%00",
        "/v1/account/tokens/phone;x=1",
        "/v1/account/tokens/Phone",
        "/v1/account/tokens/%70hone",
        "/%761/account/tokens/phone",
        "\\v1\\account\\tokens\\phone",
    ] {
        let answer = server.post(target, &body).send();
        // Either it is no route, or it is the route with its limit.
        let limited = answer.header("x-ratelimit-limit") == Some("10");
        assert!((400..500).contains(&answer.status) || limited, "{target}: {}", answer.raw);
        if !limited {
            assert_eq!(server.home.rows(), rows, "{target}");
        }
    }
    // A query and a fragmentless `?` change nothing about the route.
    let answer = server.post("/v1/account/tokens/phone?x=1&phone=2", &body).send();
    assert_eq!(answer.expect(201).header("x-ratelimit-limit"), Some("10"));
    let answer = server.post(&format!("http://{}/v1/account/tokens/phone", "other.example"), &body).send();
    assert_eq!(answer.header("x-ratelimit-limit"), Some("10"), "the absolute form is the same route: {}", answer.raw);
}

#[test]
fn both_prefixes_choose_the_shape_of_refusals() {
    let server = Server::start(Kind::Sqlite);
    let wrong = json!({"userId": "", "phone": 5});
    let appwrite = server.post("/v1/account/tokens/phone", &wrong).send();
    appwrite.refused(400, "general_argument_invalid");
    let message = appwrite.json()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("`userId`") && message.contains("`phone`"), "{message}");
    let nuvix = server.post("/v1/account/tokens/phone", &wrong).nuvix().send();
    nuvix.refused(400, "general_bad_request");
    let list: Vec<String> = serde_json::from_value(nuvix.json()["message"].clone()).unwrap();
    assert_eq!(list.len(), 2);
    assert!(list[0].contains("`userId`") && list[1].contains("`phone`"), "{list:?}");
    // A header of Nuvix's alone is enough to be its client, unless the project is named the other way.
    let by_key = server.post("/v1/account/tokens/phone", &wrong).without("X-Appwrite-Project");
    let by_key = by_key.header("X-Nuvix-Key", server.api_key()).send();
    assert!(by_key.json()["message"].is_array());
    let mixed = server.post("/v1/account/tokens/phone", &wrong).header("X-Nuvix-Key", server.api_key()).send();
    assert!(mixed.json()["message"].is_string());
}

#[test]
fn the_dialect_can_be_switched_off() {
    let server = Server::start(Kind::Sqlite);
    let person = server.sign_in("owner", PHONE);
    server.settings(&json!({"nuvix": {"enabled": false}}));
    server.account(&person).refused(403, "general_api_disabled");
    server.ask("u1", PHONE).send().refused(403, "general_api_disabled");
    server.get("/health").send().expect(200);
    server.settings(&json!({"nuvix": {"enabled": true}}));
    server.account(&person).expect(200);
}

#[test]
fn a_mode_is_default_or_admin() {
    let server = Server::start(Kind::Sqlite);
    for mode in ["default", "admin"] {
        server.get("/v1/locale").header("X-Appwrite-Mode", mode).send().expect(200);
    }
    for name in ["X-Appwrite-Mode", "X-Nuvix-Mode"] {
        server.get("/v1/locale").header(name, "root").send().refused(400, "invalid_params");
    }
}

#[test]
fn every_answer_carries_the_headers_that_browsers_are_to_obey() {
    let server = Server::start(Kind::Sqlite);
    for target in ["/v1/locale", "/v1/account", "/v1/nothing", "/health", "/docs", "/dev", "/openapi.json", "/nothing"]
    {
        let answer = server.get(target).send();
        for (name, value) in
            [("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"), ("referrer-policy", "no-referrer")]
        {
            assert_eq!(answer.header(name), Some(value), "{target}: {name}");
        }
        let id = answer.header("x-request-id").unwrap();
        assert!(id.len() == 16 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{id}");
        assert_eq!(answer.header("server"), None);
    }
    // A stranger does not name his own request.
    let named = server.get("/health").header("X-Request-Id", "chosen-by-me").send();
    assert_ne!(named.header("x-request-id"), Some("chosen-by-me"));
}

#[test]
fn the_fallback_header_is_on_every_answer_of_the_dialect() {
    let server = Server::start(Kind::Sqlite);
    for answer in [
        server.get("/v1/locale").send(),
        server.get("/v1/account").send(),
        server.exchange("nobody", "000000").send(),
        server.exchange("", "").send(),
        server.call("PUT", "/v1/account").send(),
        server.get("/v1/health").header("X-Appwrite-Key", "unknown").send(),
    ] {
        assert_eq!(answer.header("x-debug-fallback"), Some("true"), "{}", answer.raw);
    }
}

#[test]
fn locale_and_ping_answer_anybody() {
    let server = Server::start(Kind::Sqlite);
    let locale = server.get("/v1/locale").header("X-Forwarded-For", "203.0.113.9").send();
    let body = locale.expect(200).json();
    assert_eq!((&body["ip"], &body["countryCode"]), (&json!("127.0.0.1"), &json!("--")));
    let names: Vec<_> = crate::call::fields(&locale.body).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["ip", "countryCode", "country", "continentCode", "continent", "eu", "currency"]);
    assert_eq!(server.get("/v1/ping").send().expect(200).body, "Pong!");
    server.get("/v1/health").send().refused(401, "general_unauthorized_scope");
    let health: Value = server.get("/v1/health").nuvix().header("X-Nuvix-Key", server.api_key()).send().json();
    assert_eq!(health["status"], "pass");
}
