//! Health, metrics, keys and the document of the API.

use countersign_domain::db::Kind;
use serde_json::Value;

use crate::server::{Server, on_both};

const PHONE: &str = "+14255550122";

on_both! {
    fn a_server_tells_that_it_lives_and_can_serve(kind: Kind) {
        let server = Server::start(kind);
        assert_eq!(server.get("/health").send().expect(200).body, r#"{"status":"ok"}"#);
        assert_eq!(server.get("/health/ready").send().expect(200).body, r#"{"status":"ok"}"#);
    }
}

on_both! {
    fn a_server_whose_database_fails_says_so_and_recovers(kind: Kind) {
        let server = Server::start(kind);
        server.home.execute("ALTER TABLE messages RENAME TO hidden");
        let ready = server.get("/health/ready").send();
        assert_eq!(ready.expect(503).body, r#"{"status":"database unavailable"}"#);
        server.get("/health").send().expect(200);
        let refused = server.ask("owner", PHONE).send();
        assert!((500..=503).contains(&refused.status), "{}", refused.raw);
        refused.refused(refused.status, "general_server_error");
        assert!(!refused.body.contains("messages") && !refused.body.contains("SELECT"), "{}", refused.raw);
        server.home.execute("ALTER TABLE hidden RENAME TO messages");
        server.get("/health/ready").send().expect(200);
        assert_eq!(server.home.count("SELECT COUNT(*) FROM handles"), 0, "what failed left nothing behind");
        server.sign_in("owner", PHONE);
    }
}

#[test]
fn metrics_count_sign_ins_and_name_nobody() {
    let server = Server::start(Kind::Sqlite);
    let person = server.sign_in("owner", PHONE);
    server.account(&person).expect(200);
    server.exchange("nobody", "000000").send().expect(401);
    let answer = server.get("/metrics").send();
    assert!(answer.expect(200).header("content-type").unwrap().starts_with("application/openmetrics-text"));
    for line in [
        r#"countersign_signin_started_total{dialect="nuvix"} 1"#,
        r#"countersign_signin_finished_total{dialect="nuvix"} 1"#,
        r#"countersign_signin_refused_total{dialect="nuvix",reason="invalid-token"} 1"#,
        r#"countersign_message_settled_total{provider="inbox",outcome="accepted"} 1"#,
        "countersign_message_queue 0",
        "# EOF",
    ] {
        assert!(answer.body.lines().any(|l| l == line), "{line} is not in\n{}", answer.body);
    }
    for secret in [PHONE, "4255550122", "owner", &person.session, "127.0.0.1"] {
        assert!(!answer.body.contains(secret), "{secret}");
    }
}

on_both! {
    fn the_keys_that_check_a_token_are_public_and_stay(kind: Kind) {
        let server = Server::start(kind);
        let person = server.sign_in("owner", PHONE);
        let jwt = server.call("POST", "/v1/account/jwts").header("Cookie", person.cookie()).send().json();
        let jwt = jwt["jwt"].as_str().unwrap().to_owned();
        server.home.keep_secret(&jwt);
        let header = data_encoding::BASE64URL_NOPAD.decode(jwt.split('.').next().unwrap().as_bytes()).unwrap();
        let header: Value = serde_json::from_slice(&header).unwrap();
        assert_eq!(header["alg"], "ES256");
        let keys = server.get("/.well-known/jwks.json").send().expect(200).json();
        let key = &keys["keys"][0];
        let told: Vec<_> = ["kty", "crv", "alg", "use"].map(|n| key[n].as_str().unwrap().to_owned()).to_vec();
        assert_eq!(told, ["EC", "P-256", "ES256", "sig"]);
        assert_eq!(key["kid"], header["kid"]);
        assert_eq!(key.as_object().unwrap().len(), 7, "nothing private: {key}");
        assert_eq!(server.get("/.well-known/jwks.json?project=demo").send().json(), keys);
        server.get("/.well-known/jwks.json?project=other").send().expect(404);
        let server = server.restarted();
        assert_eq!(server.get("/.well-known/jwks.json").send().json(), keys);
        server.get("/v1/account").header("X-Appwrite-JWT", &jwt).send().expect(200);
    }
}

#[test]
fn the_document_lists_every_route() {
    let server = Server::start(Kind::Sqlite);
    let document = server.get("/openapi.json").send().expect(200).json();
    for (path, methods) in [
        ("/v1/account", &["get"][..]),
        ("/v1/account/prefs", &["get", "patch"]),
        ("/v1/account/name", &["patch"]),
        ("/v1/account/status", &["patch"]),
        ("/v1/account/sessions", &["get", "delete"]),
        ("/v1/account/sessions/{sessionId}", &["get", "patch", "delete"]),
        ("/v1/account/sessions/anonymous", &["post"]),
        ("/v1/account/sessions/token", &["post"]),
        ("/v1/account/tokens/phone", &["post"]),
        ("/v1/account/jwts", &["post"]),
        ("/v1/locale", &["get"]),
        ("/v1/health", &["get"]),
        ("/v1/ping", &["get"]),
        ("/health", &["get"]),
        ("/health/ready", &["get"]),
        ("/metrics", &["get"]),
        ("/.well-known/jwks.json", &["get"]),
        ("/webhooks/sms/{project}", &["post"]),
    ] {
        for method in methods {
            assert!(document["paths"][path][method].is_object(), "{method} {path}");
        }
    }
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.keys().all(|path| !path.starts_with("/dev")), "what only --dev has is no API");
    server.get("/docs").send().expect(200);
    let root = server.get("/").send();
    assert_eq!(root.expect(303).header("location"), Some("/docs"));
}

#[test]
fn a_receipt_that_nobody_signed_is_refused() {
    let server = Server::start(Kind::Sqlite);
    for project in ["demo", "other", "%00", "..%2f"] {
        let target = format!("/webhooks/sms/{project}");
        let form = "MessageSid=SM1&MessageStatus=delivered";
        server.call("POST", &target).body("application/x-www-form-urlencoded", form).send().expect(403);
        server.call("POST", &target).body("application/json", "{").send().expect(403);
        server.call("GET", &format!("{target}?messageId=1&status=delivered")).send().expect(403);
    }
}
