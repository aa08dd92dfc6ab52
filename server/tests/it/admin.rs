//! The admin API, as the console and scripts use it.

mod people;
mod project;
mod webhook;

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::server::{Server, on_both};

const EMAIL: &str = "admin@example.com";
const NEW: &str = "another horse battery";

/// An administrator's session.
pub struct Admin<'s> {
    server: &'s Server,
    secret: String,
}

impl Admin<'_> {
    /// A call from a page of the server itself.
    pub fn call(&self, method: &str, path: &str) -> Call {
        let own = format!("http://{}", self.server.address);
        let call = self.server.call(method, &format!("/admin/v1{path}")).without("X-Appwrite-Project");
        call.header("Cookie", format!("countersign_admin={}", self.secret)).header("Origin", own)
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Value {
        self.call("GET", path).send().expect(200).json()
    }

    pub fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.call(method, path).json(body).send()
    }

    #[track_caller]
    pub fn post(&self, path: &str, body: &Value) -> Value {
        self.send("POST", path, body).expect(201).json()
    }

    #[track_caller]
    pub fn delete(&self, path: &str) {
        self.call("DELETE", path).send().expect(204);
    }
}

pub fn password(server: &Server) -> &str {
    server.facts["admin"]["password"].as_str().unwrap()
}

fn try_sign_in(server: &Server, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password});
    let answer = server.post("/admin/v1/sessions", &body).send();
    if let Some(secret) = answer.cookie("countersign_admin") {
        server.home.keep_secret(secret);
    }
    answer
}

#[track_caller]
pub fn sign_in(server: &Server) -> Admin<'_> {
    let answer = try_sign_in(server, EMAIL, password(server));
    let secret = answer.expect(201).cookie("countersign_admin").unwrap().to_owned();
    Admin { server, secret }
}

/// Expects a refusal; gives its field.
#[track_caller]
pub fn refused(answer: &Answer, status: u16, code: &str) -> String {
    let body = answer.json();
    assert_eq!((answer.status, body["error"]["code"].as_str()), (status, Some(code)), "{}", answer.raw);
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"), "{}", answer.raw);
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{}", answer.raw);
    assert!(!body["error"]["message"].as_str().unwrap().is_empty());
    body["error"]["field"].as_str().unwrap_or_default().to_owned()
}

on_both! {
    fn an_administrator_signs_in_looks_around_and_out(kind: Kind) {
        let server = Server::start(kind);
        let answer = try_sign_in(&server, "ADMIN@example.com", password(&server));
        let body = answer.expect(201).json();
        let line = answer.cookies()[0].to_owned();
        assert!(line.contains("; Path=/; HttpOnly; SameSite=Strict") && line.contains("Max-Age=43200"), "{line}");
        assert!(!line.contains("Secure"), "plain http");
        assert_eq!((&body["admin"]["email"], &body["session"]["current"]), (&json!(EMAIL), &json!(true)));
        let secret = answer.cookie("countersign_admin").unwrap().to_owned();
        assert!(secret.len() == 64 && !answer.body.contains(&secret));
        let admin = Admin { server: &server, secret };
        let me = admin.get("/me");
        assert_eq!((&me["admin"]["email"], &me["token"], &me["server"]["dev"]), (&json!(EMAIL), &Value::Null, &json!(true)));
        assert_eq!(me["session"]["id"], body["session"]["id"]);
        let other = sign_in(&server);
        let listed = admin.get("/sessions");
        assert_eq!((listed["data"].as_array().unwrap().len(), &listed["next"]), (2, &Value::Null));
        let gone = admin.call("DELETE", "/sessions/current").send();
        assert!(gone.expect(204).cookies()[0].starts_with("countersign_admin=; Max-Age=0"), "{}", gone.raw);
        refused(&admin.call("GET", "/me").send(), 401, "unauthorized");
        other.delete("/sessions");
        refused(&other.call("GET", "/me").send(), 401, "unauthorized");
        let events = server.home.count("SELECT COUNT(*) FROM audit_events WHERE project_id = '' AND event LIKE 'admin-session.%'");
        assert_eq!(events, 4);
    }
}

#[test]
fn an_unknown_address_and_a_wrong_password_get_the_same_bytes() {
    let server = Server::start(Kind::Sqlite);
    let strip = |answer: Answer| {
        assert!(answer.cookies().is_empty());
        let mut headers = answer.headers.clone();
        headers.retain(|(name, _)| !matches!(name.as_str(), "x-request-id" | "date"));
        (answer.status, headers, answer.body)
    };
    let wrong = strip(try_sign_in(&server, EMAIL, "wrong horse battery"));
    assert_eq!(wrong.0, 401);
    for email in ["nobody@example.com", "no address", ""] {
        assert_eq!(strip(try_sign_in(&server, email, "wrong horse battery")), wrong, "{email}");
    }
}

on_both! {
    fn a_flood_of_passwords_is_refused_for_a_while_and_only_there(kind: Kind) {
        let server = Server::start(kind);
        for _ in 0..10 {
            refused(&try_sign_in(&server, EMAIL, "wrong horse battery"), 401, "invalid-credentials");
        }
        let answer = try_sign_in(&server, EMAIL, password(&server));
        refused(&answer, 429, "too-many-attempts");
        let wait = answer.number("retry-after").unwrap();
        assert!((1..=900).contains(&wait), "{wait}");
        // Other addresses of administrators are tried on their own, up to what one network address may.
        let mut tried = 11;
        while tried < 61 {
            let answer = try_sign_in(&server, &format!("a{tried}@example.com"), "wrong horse battery");
            if answer.status == 429 {
                break;
            }
            tried += 1;
        }
        assert_eq!(tried, 60);
        server.advance(wait);
        sign_in(&server);
    }
}

#[test]
fn a_page_of_others_changes_nothing_and_signs_nobody_in() {
    let server = Server::start(Kind::Sqlite);
    let admin = sign_in(&server);
    let cookie = format!("countersign_admin={}", admin.secret);
    let body = json!({"name": "Taken over"});
    let patch = || server.call("PATCH", "/admin/v1/projects/demo").header("Cookie", &cookie);
    for (name, value) in [("Origin", "https://evil.example"), ("Origin", "null"), ("Sec-Fetch-Site", "same-site")] {
        refused(&patch().header(name, value).json(&body).send(), 403, "foreign-origin");
    }
    refused(&patch().json(&body).send(), 403, "foreign-origin");
    // As a form of another page could send it: neither the type nor the cookie would do.
    let own = format!("http://{}", server.address);
    let plain = patch().header("Origin", &own).body("text/plain", body.to_string()).send();
    refused(&plain, 415, "unsupported-media-type");
    patch().header("Sec-Fetch-Site", "same-origin").json(&json!({})).send().expect(200);
    // What a proxy in front asks a browser for is no token, and excuses from nothing.
    let through = || patch().header("Authorization", "Basic YTpi");
    refused(&through().json(&body).send(), 403, "foreign-origin");
    through().header("Origin", &own).json(&json!({})).send().expect(200);
    let sign_in = json!({"email": EMAIL, "password": password(&server)});
    let forged = server.post("/admin/v1/sessions", &sign_in).header("Origin", "https://evil.example").send();
    refused(&forged, 403, "foreign-origin");
    assert!(forged.cookies().is_empty());
    assert_eq!(admin.get("/projects/demo")["name"], "Demo");
    // No answer tells another page anything.
    let read = server.get("/admin/v1/me").header("Cookie", &cookie).header("Origin", "https://evil.example").send();
    assert!(!read.headers.iter().any(|(name, _)| name.starts_with("access-control")), "{}", read.raw);
}

#[test]
fn behind_a_proxy_that_speaks_https_the_cookie_is_secure() {
    let home = crate::server::Home::new(Kind::Sqlite);
    let server = Server::with(&home, &[("COUNTERSIGN_TRUSTED_PROXIES", "127.0.0.1")]);
    let body = json!({"email": EMAIL, "password": password(&server)});
    let answer = server.post("/admin/v1/sessions", &body).header("X-Forwarded-Proto", "https").send();
    home.keep_secret(answer.cookie("countersign_admin").unwrap());
    assert!(answer.expect(201).cookies()[0].contains("; Secure; SameSite=Strict"), "{}", answer.raw);
}

on_both! {
    fn a_session_ends_when_nothing_is_done_in_it_and_after_half_a_day(kind: Kind) {
        let server = Server::start(kind);
        let admin = sign_in(&server);
        for _ in 0..14 {
            server.advance(50 * 60);
            admin.get("/me");
        }
        server.advance(21 * 60);
        refused(&admin.call("GET", "/me").send(), 401, "unauthorized");
        let admin = sign_in(&server);
        server.advance(3_600);
        refused(&admin.call("GET", "/me").send(), 401, "unauthorized");
    }
}

on_both! {
    fn a_token_acts_for_its_administrator_until_it_is_revoked(kind: Kind) {
        let server = Server::start(kind);
        let admin = sign_in(&server);
        let create = |body: &Value| admin.send("POST", "/tokens", body);
        let mine = password(&server);
        for (body, field) in [
            (json!({"name": "ci"}), "currentPassword"),
            (json!({"name": "ci", "currentPassword": "wrong horse battery"}), "currentPassword"),
            (json!({"name": "", "currentPassword": mine}), "name"),
            (json!({"name": "ci", "currentPassword": mine, "expiresAt": "2020-01-01T00:00:00Z"}), "expiresAt"),
            (json!({"name": "ci", "currentPassword": mine, "expiresAt": "soon"}), "expiresAt"),
            (json!({"name": "ci", "currentPassword": mine, "scope": "all"}), "scope"),
        ] {
            assert_eq!(refused(&create(&body), 400, "invalid-value"), field);
        }
        let made = create(&json!({"name": "ci", "currentPassword": mine})).expect(201).json();
        let secret = made["secret"].as_str().unwrap();
        server.home.keep_secret(secret);
        assert!(secret.starts_with("cs_admin_") && secret.len() == 73);
        let by_token = |method: &str, path: &str| {
            let call = server.call(method, &format!("/admin/v1{path}")).without("X-Appwrite-Project");
            call.header("Authorization", format!("bearer {secret}"))
        };
        let me = by_token("GET", "/me").send().expect(200).json();
        assert_eq!((&me["admin"]["email"], &me["token"]["name"], &me["session"]), (&json!(EMAIL), &json!("ci"), &Value::Null));
        by_token("PATCH", "/projects/demo").json(&json!({"name": "Demo two"})).send().expect(200);
        // A lost token makes nothing that outlives it.
        let more = json!({"name": "x", "currentPassword": mine});
        refused(&by_token("POST", "/tokens").json(&more).send(), 403, "session-required");
        let listed = admin.get("/tokens");
        assert_eq!(listed["total"], 1);
        assert!(listed["data"][0]["accessedAt"].is_string() && !listed.to_string().contains(secret), "{listed}");
        admin.delete(&format!("/tokens/{}", made["id"].as_str().unwrap()));
        refused(&by_token("GET", "/me").send(), 401, "unauthorized");
        let id = made["id"].as_str().unwrap();
        refused(&admin.call("DELETE", &format!("/tokens/{id}")).send(), 404, "admin-token-not-found");
        let own = admin.get("/audit?event=admin-token.create");
        assert_eq!(own["data"][0]["detail"]["name"], "ci");
        assert!(!own.to_string().contains(secret));
    }
}

on_both! {
    fn administrators_come_and_go_and_another_password_ends_the_other_sessions(kind: Kind) {
        let server = Server::start(kind);
        let (admin, other) = (sign_in(&server), sign_in(&server));
        let mine = password(&server);
        let ada = |password: &str| json!({"email": "Ada@example.com", "password": password, "currentPassword": mine});
        assert_eq!(refused(&admin.send("POST", "/admins", &ada("short")), 400, "invalid-value"), "password");
        let made = admin.post("/admins", &ada(NEW));
        assert_eq!(made["email"], "ada@example.com");
        refused(&admin.send("POST", "/admins", &ada(NEW)), 409, "admin-exists");
        let path = format!("/admins/{}", made["id"].as_str().unwrap());
        assert_eq!(admin.get(&path), made);
        let ada = try_sign_in(&server, "ada@example.com", NEW);
        let ada = Admin { server: &server, secret: ada.expect(201).cookie("countersign_admin").unwrap().to_owned() };

        let me = admin.get("/me")["admin"]["id"].as_str().unwrap().to_owned();
        let own = format!("/admins/{me}/password");
        let change = |current: &str| admin.send("PUT", &own, &json!({"password": NEW, "currentPassword": current}));
        assert_eq!(refused(&change("wrong horse battery"), 400, "invalid-value"), "currentPassword");
        change(mine).expect(204);
        admin.get("/me");
        refused(&other.call("GET", "/me").send(), 401, "unauthorized");
        refused(&try_sign_in(&server, EMAIL, mine), 401, "invalid-credentials");

        assert_eq!(admin.get("/admins")["total"], 2);
        admin.delete(&path);
        refused(&ada.call("GET", "/me").send(), 401, "unauthorized");
        refused(&admin.call("GET", &path).send(), 404, "admin-not-found");
        refused(&admin.call("DELETE", &format!("/admins/{me}")).send(), 409, "last-admin");
    }
}

#[test]
fn what_no_route_takes_is_said_in_the_apis_own_words() {
    let server = Server::start(Kind::Sqlite);
    let admin = sign_in(&server);
    refused(&admin.call("GET", "/nothing").send(), 404, "route-not-found");
    refused(&admin.call("GET", "/projects/demo%00").send(), 404, "route-not-found");
    refused(&admin.call("GET", "/projects/%ff").send(), 404, "route-not-found");
    let wrong = admin.call("PUT", "/projects").send();
    refused(&wrong, 405, "method-not-allowed");
    assert_eq!(wrong.header("allow"), Some("GET, POST"));
    refused(&admin.call("GET", "/projects/other").send(), 404, "project-not-found");
    let post = |body: &str| admin.call("POST", "/projects").body("application/json", body).send();
    for body in ["{", "[]", "\"x\"", "{\"id\": }"] {
        refused(&post(body), 400, "malformed-body");
    }
    assert_eq!(refused(&post("{}"), 400, "invalid-value"), "id");
    assert_eq!(refused(&post("{\"id\": 5}"), 400, "invalid-value"), "id");
    let large = format!("{{\"id\": \"{}\"}}", "x".repeat(300_000));
    refused(&post(&large), 413, "body-too-large");
    assert_eq!(refused(&admin.call("GET", "/projects?page=2").send(), 400, "invalid-value"), "page");
    // An administrator is nobody in the dialects.
    let cookie = format!("countersign_admin={}", admin.secret);
    for path in ["/v1/account", "/v1/users"] {
        server.get(path).header("Cookie", &cookie).send().refused(401, "general_unauthorized_scope");
    }
}
