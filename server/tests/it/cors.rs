//! Which pages may call, and what a foreign one cannot do.

use countersign_domain::db::Kind;
use serde_json::json;

use crate::call::{Answer, Call};
use crate::server::{Home, Server};

const PHONE: &str = "+14255550191";
const PAGE: &str = "http://localhost:3000";
const EVIL: &str = "https://evil.example";

fn preflight(server: &Server, origin: &str, method: &str, headers: &str) -> Answer {
    let mut call = server.call("OPTIONS", "/v1/account/tokens/phone").without("X-Appwrite-Project");
    if !origin.is_empty() {
        call = call.header("Origin", origin);
    }
    if !method.is_empty() {
        call = call.header("Access-Control-Request-Method", method);
    }
    if !headers.is_empty() {
        call = call.header("Access-Control-Request-Headers", headers);
    }
    call.send()
}

#[test]
fn an_allowed_page_passes_its_preflight() {
    let server = Server::start(Kind::Sqlite);
    let asked = "content-type, x-appwrite-project, X-Appwrite-Response-Format,x-sdk-name, x-fallback-cookies";
    let answer = preflight(&server, PAGE, "POST", asked);
    answer.expect(204);
    for (name, value) in [
        ("access-control-allow-origin", PAGE),
        ("access-control-allow-credentials", "true"),
        ("access-control-allow-methods", "GET, PUT, PATCH, POST, DELETE"),
        ("access-control-allow-headers", asked),
        ("access-control-max-age", "3600"),
        ("vary", "origin, access-control-request-headers"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    assert!(answer.body.is_empty());
    for every in [
        "X-Nuvix-Project, X-Nuvix-Key, X-Nuvix-Locale, X-Nuvix-Mode, X-Nuvix-JWT, X-Nuvix-id, X-Nuvix-Response-Format, \
         X-Nuvix-Timeout, X-Nuvix-Session",
        "X-Appwrite-Project, X-Appwrite-Key, X-Appwrite-Locale, X-Appwrite-Mode, X-Appwrite-JWT, X-Appwrite-ID, \
         X-Appwrite-Response-Format, X-Appwrite-Timeout, X-Appwrite-Session, X-Appwrite-Dev-Key, X-Appwrite-Timestamp",
        "Content-Type, Content-Length, Authorization, X-Requested-With, X-HTTP-Method-Override, Accept, Range, \
         Content-Range, Cache-Control, x-sdk-language, x-sdk-platform, x-sdk-version, x-sdk-graphql",
        "Idempotency-Key",
    ] {
        preflight(&server, PAGE, "POST", every).expect(204);
    }
}

#[test]
fn other_preflights_are_refused_in_plain_text() {
    let server = Server::start(Kind::Sqlite);
    for (origin, method, headers, status) in [
        (EVIL, "POST", "content-type", 403),
        ("null", "POST", "content-type", 403),
        ("https://localhost.evil.example", "POST", "", 403),
        ("http://localhost:3000/", "POST", "", 403),
        (PAGE, "POST", "content-type, x-evil", 400),
        (PAGE, "", "", 400),
        (PAGE, "DELETE", "", 405),
    ] {
        let answer = preflight(&server, origin, method, headers);
        assert_eq!(answer.status, status, "{origin} {method} {headers}: {}", answer.raw);
        assert!(answer.header("content-type").unwrap().starts_with("text/plain"), "{}", answer.raw);
        assert_eq!(answer.header("access-control-allow-headers"), None);
        if status == 403 {
            assert_eq!(answer.header("access-control-allow-origin"), None, "{}", answer.raw);
        }
    }
    preflight(&server, "", "POST", "").refused(404, "general_route_not_found");
}

#[test]
fn an_allowed_page_may_read_the_answer_whatever_it_is() {
    let server = Server::start(Kind::Sqlite);
    let person = server.sign_in("owner", PHONE);
    let with_cookie = |call: Call| call.header("Cookie", person.cookie());
    for origin in [PAGE, "http://127.0.0.1:5173", "http://[::1]:8080"] {
        for answer in [
            with_cookie(server.get("/v1/account")).header("Origin", origin).send().expect(200),
            with_cookie(server.call("PATCH", "/v1/account/prefs"))
                .json(&json!({"prefs": {}}))
                .header("Origin", origin)
                .send()
                .expect(200),
            // Refusals as well, or the page could not tell what went wrong.
            server.get("/v1/account").header("Origin", origin).send().expect(401),
            server.exchange("nobody", "000000").header("Origin", origin).send().expect(401),
            server.exchange("", "").header("Origin", origin).send().expect(400),
        ] {
            assert_eq!(answer.header("access-control-allow-origin"), Some(origin), "{}", answer.raw);
            assert_eq!(answer.header("access-control-allow-credentials"), Some("true"), "{}", answer.raw);
            let exposed = answer.header("access-control-expose-headers").unwrap();
            for name in ["X-Fallback-Cookies", "X-Nuvix-Session", "X-RateLimit-Reset", "Retry-After"] {
                assert!(exposed.contains(name), "{name}");
            }
        }
    }
}

#[test]
fn a_foreign_page_reads_nothing_and_changes_nothing() {
    let server = Server::start(Kind::Sqlite);
    let person = server.sign_in("owner", PHONE);
    let rows = server.home.rows();
    for origin in [EVIL, "null", "https://localhost.evil.example", "file://", "http://localhost:3000, http://evil", ""]
    {
        for (method, target, body) in [
            ("PATCH", "/v1/account/name", json!({"name": "evil"})),
            ("PATCH", "/v1/account/status", json!({})),
            ("PATCH", "/v1/account/prefs", json!({"prefs": {"evil": true}})),
            ("DELETE", "/v1/account/sessions/current", json!({})),
            ("DELETE", "/v1/account/sessions", json!({})),
            ("POST", "/v1/account/jwts", json!({})),
        ] {
            let call = server.call(method, target).json(&body).header("Origin", origin);
            let answer = call.header("Cookie", person.cookie()).send();
            answer.refused(403, "general_unknown_origin");
            assert_eq!(answer.header("access-control-allow-origin"), None, "{}", answer.raw);
        }
        // Nor can it sign its visitor in to an account of its own (login CSRF), or have messages sent.
        for call in [
            server.exchange("nobody", "000000"),
            server.ask("u1", "+14255550192"),
            server.call("POST", "/v1/account/sessions/anonymous"),
        ] {
            call.header("Origin", origin).send().refused(403, "general_unknown_origin");
        }
        let read = server.get("/v1/account").header("Origin", origin).header("Cookie", person.cookie()).send();
        assert_eq!(read.expect(200).header("access-control-allow-origin"), None, "{}", read.raw);
    }
    assert_eq!(server.home.rows(), rows);
    assert_eq!(server.account(&person).json()["name"], "");
    // A server with a key may come from anywhere; it has no visitor to betray.
    server
        .ask("u1", "+14255550192")
        .header("Origin", EVIL)
        .header("X-Appwrite-Key", server.api_key())
        .send()
        .expect(201);
    // Our own pages are no foreign ones.
    let own = format!("http://{}", server.facts["url"].as_str().unwrap().trim_start_matches("http://"));
    let answer = server.ask("u2", "+14255550193").header("Origin", own).send();
    assert_eq!(answer.expect(201).header("access-control-allow-origin"), None);
}

#[test]
fn what_any_page_could_send_without_asking_is_not_read() {
    let server = Server::start(Kind::Sqlite);
    let person = server.sign_in("owner", PHONE);
    let text = json!({"name": "evil"}).to_string();
    for kind in ["text/plain", "multipart/form-data; boundary=x", "application/jsonp", "TEXT/PLAIN;charset=utf-8", ""] {
        let call = server.call("PATCH", "/v1/account/name").body(kind, text.clone());
        call.header("Cookie", person.cookie()).send().refused(400, "general_bad_request");
    }
    assert_eq!(server.account(&person).json()["name"], "");
}

#[test]
fn in_production_only_the_projects_own_front_ends_may_call() {
    let home = Home::new(Kind::Sqlite);
    home.create_project("shop", &["app.example.com", "*.preview.example.com"]);
    home.create_project("bare", &[]);
    let server = Server::in_production(&home);
    let call = |project: &str, origin: &str| {
        let call = server.call("POST", "/v1/account/sessions/anonymous").without("X-Appwrite-Project");
        call.header("X-Appwrite-Project", project).header("Origin", origin).send()
    };
    for origin in [
        "https://app.example.com",
        "https://APP.example.com",
        "http://app.example.com:8443",
        "https://pr-7.preview.example.com",
        "https://a.b.preview.example.com",
    ] {
        let answer = call("shop", origin);
        assert_eq!(answer.expect(201).header("access-control-allow-origin"), Some(origin));
        // On another site and over plain http a browser keeps no cookie of ours.
        assert!(answer.header("x-fallback-cookies").is_some());
        home.keep_secret(answer.cookie("a_session_shop").unwrap());
        call("bare", origin).refused(403, "general_unknown_origin");
    }
    for origin in [
        "https://example.com",
        "https://preview.example.com",
        "https://evil-preview.example.com",
        "https://app.example.com.evil.example",
        "https://xapp.example.com",
        "http://localhost:3000",
        "http://127.0.0.1:3000",
        "null",
    ] {
        call("shop", origin).refused(403, "general_unknown_origin");
    }
}
