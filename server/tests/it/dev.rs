//! `serve --dev`: its doors, and that nothing else has them.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use crate::server::{Home, Server, on_both};

const PHONE: &str = "+14255550123";

on_both! {
    fn each_start_on_the_same_data_prints_the_same(kind: Kind) {
        let home = Home::new(kind);
        let facts = || {
            let mut facts = Server::on(&home).facts.clone();
            let url = facts["url"].as_str().unwrap().to_owned();
            for name in ["url", "loginUrl", "consoleUrl", "inboxUrl"] {
                let text = facts[name].as_str().unwrap().replace(&url, "URL");
                facts[name] = json!(text);
            }
            facts
        };
        let first = facts();
        assert_eq!(facts(), first);
        assert_eq!(first["project"], "demo");
        assert_eq!((&first["loginUrl"], &first["inboxUrl"]), (&json!("URL/login"), &json!("URL/dev")));
        let key = first["apiKey"].as_str().unwrap().strip_prefix("standard_").unwrap();
        assert!(key.len() == 256 && key.bytes().all(|b| b.is_ascii_hexdigit()));
        assert_eq!(first.as_object().unwrap().len(), 9);
        assert_eq!(home.count("SELECT COUNT(*) FROM api_keys"), 1);
        // Another key file, another key.
        assert_ne!(Server::strict(kind).facts["apiKey"], first["apiKey"]);
    }
}

on_both! {
    fn a_reset_leaves_a_fresh_project_with_the_same_credentials(kind: Kind) {
        let server = Server::strict(kind);
        server.settings(&json!({"auth": {"anonymous": false}, "sms": {"brand": "Changed"}}));
        let person = server.sign_in("owner", PHONE);
        server.account(&person).expect(200);
        // The sign-in itself was the first of ten.
        for _ in 0..9 {
            server.exchange("owner", "000000").send().expect(401);
        }
        server.exchange("owner", "000000").send().expect(429);
        let answer = server.post("/dev/reset", &json!({})).send();
        assert_eq!(answer.expect(200).json(), server.facts);
        server.account(&person).expect(401);
        assert!(server.inbox(PHONE).is_empty());
        let [users, sessions, messages, verifications, handles, targets] = server.home.rows();
        assert_eq!([users, sessions, messages, verifications, handles, targets], [0; 6]);
        server.exchange("owner", "000000").send().expect(401);
        server.call("POST", "/v1/account/sessions/anonymous").send().expect(201);
        let again = server.sign_in("owner", PHONE);
        assert_ne!(again.value, person.value);
        assert!(server.inbox(PHONE)[0]["body"].as_str().unwrap().contains("Demo"));
        server.get("/v1/health").header("X-Appwrite-Key", server.api_key()).send().expect(200);
    }
}

#[test]
fn the_doors_answer_to_this_machine_only() {
    let server = Server::start(Kind::Sqlite);
    server.sign_in("owner", PHONE);
    let doors = || {
        [
            ("GET /dev", server.get("/dev")),
            ("GET /dev/inbox", server.get("/dev/inbox")),
            ("POST /dev/clock", server.post("/dev/clock", &json!({"advanceSeconds": 0}))),
            ("POST /dev/settings", server.post("/dev/settings", &json!({}))),
        ]
    };
    for (name, door) in doors() {
        door.clone().send().expect(200);
        for host in
            ["evil.example", "127.0.0.1.evil.example", "192.0.2.1", "0.0.0.0", "[::2]", "localhost.", "a@localhost"]
        {
            assert_eq!(door.clone().host(host).send().status, 403, "{name} at {host}");
        }
        for host in ["localhost", "localhost:8080", "127.0.0.2", "[::1]:1"] {
            assert_eq!(door.clone().host(host).send().status, 200, "{name} at {host}");
        }
        for origin in ["https://evil.example", "null", "http://127.0.0.1.evil.example", "x"] {
            assert_eq!(door.clone().header("Origin", origin).send().status, 403, "{name} from {origin}");
        }
        assert_eq!(door.clone().header("Origin", "http://localhost:3000").send().status, 200, "{name}");
        assert_eq!(door.without("Host").send().status, 403, "{name} at no host");
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        for target in ["/dev/clock", "/dev/settings", "/dev/reset"] {
            assert_eq!(server.call("POST", target).body(kind, "{}").send().status, 415, "{target} as {kind}");
        }
    }
    assert_eq!(server.call("POST", "/dev/reset").send().status, 415);
    assert_eq!(server.inbox(PHONE).len(), 1, "nothing was reset");
}

#[test]
fn the_clock_only_moves_forward_and_settings_are_refused_by_name() {
    let server = Server::start(Kind::Sqlite);
    for body in [
        json!({"advanceSeconds": -1}),
        json!({"advanceSeconds": i64::MAX}),
        json!({"advanceSeconds": 1.5}),
        json!({"advanceSeconds": "1"}),
        json!({"advance": 1}),
        json!({}),
        json!([]),
        json!(5),
    ] {
        let answer = server.post("/dev/clock", &body).send();
        assert!((400..500).contains(&answer.status), "{body}: {}", answer.raw);
    }
    let now = |seconds: i64| -> String {
        let answer = server.post("/dev/clock", &json!({"advanceSeconds": seconds})).send();
        answer.expect(200).json()["now"].as_str().unwrap().to_owned()
    };
    let before = now(0);
    assert!(now(86_400) > before);
    for (patch, field) in [
        (json!({"otp": {"lenght": 8}}), "otp.lenght"),
        (json!({"otp": {"length": 3}}), "otp.length"),
        (json!({"sms": {"providers": [{"name": "x", "account": {"kind": "pigeon"}}]}}), "sms.providers"),
        (json!({"unknown": 1}), "unknown"),
        (json!([]), "settings"),
    ] {
        let answer = server.post("/dev/settings", &patch).send();
        assert!(answer.expect(400).body.contains(field), "{patch}: {}", answer.raw);
    }
    // What is shown holds no credential, and can be sent back as it is.
    let account = json!({"kind": "twilio", "accountSid": "AC1", "authToken": "t0ps3cret", "from": "+15005550006"});
    server.home.keep_secret("t0ps3cret");
    let shown =
        server.post("/dev/settings", &json!({"sms": {"providers": [{"name": "main", "account": account}]}})).send();
    assert!(!shown.expect(200).body.contains("t0ps3cret"));
    assert_eq!(server.post("/dev/settings", &shown.json()).send().expect(200).json(), shown.json());
}

#[test]
fn the_inbox_gives_the_newest_and_takes_filters() {
    let server = Server::start(Kind::Sqlite);
    for n in 0..3 {
        server.sign_in(&format!("u{n}"), &format!("+1425555032{n}"));
    }
    let to = |query: &str| -> Vec<String> {
        let answer = server.get(&format!("/dev/inbox{query}")).send();
        let messages: Vec<Value> = serde_json::from_value(answer.expect(200).json()).unwrap();
        messages.iter().map(|m| m["to"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(to(""), ["+14255550322", "+14255550321", "+14255550320"]);
    assert_eq!(to("?limit=1"), ["+14255550322"]);
    assert_eq!(to("?to=%2B14255550321"), ["+14255550321"]);
    assert_eq!(to("?to=+14255550321"), ["+14255550321"], "a plus that nobody escaped");
    assert_eq!(to("?channel=sms&to=+14255550320").len(), 1);
    assert_eq!(to("?channel=email").len(), 0);
    let page = server.get("/dev").send();
    assert!(page.expect(200).body.contains("+14255550321"));
    assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
}

#[test]
fn dev_refuses_to_be_reached_from_elsewhere() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let home = Home::new(Kind::Sqlite);
        let out = home.command(&["serve", "--dev", "--json", "--listen", address]).output().unwrap();
        assert!(!out.status.success(), "{address}");
        assert!(out.stdout.is_empty());
        let told = String::from_utf8(out.stderr).unwrap();
        assert!(told.contains("this machine only"), "{told}");
    }
}

on_both! {
    fn dev_refuses_a_database_with_another_project(kind: Kind) {
        let server = Server::strict(kind);
        server.home.create_project("shop", &[]);
        let home = std::sync::Arc::clone(&server.home);
        drop(server);
        let out = home.command(&["serve", "--dev", "--json", "--listen", "127.0.0.1:0"]).output().unwrap();
        assert!(!out.status.success());
        let told = String::from_utf8(out.stderr).unwrap();
        assert!(told.contains("shop"), "{told}");
    }
}

on_both! {
    fn production_has_no_doors_for_developers(kind: Kind) {
        let server = Server::in_production(&Home::new(kind));
        for (method, target) in [
            ("GET", "/dev"),
            ("GET", "/dev/inbox"),
            ("POST", "/dev/clock"),
            ("POST", "/dev/reset"),
            ("POST", "/dev/settings"),
        ] {
            server.call(method, target).json(&json!({})).send().refused(404, "general_route_not_found");
        }
        server.get("/v1/locale").send().refused(404, "project_not_found");
        server.get("/health").send().expect(200);
        assert_eq!(server.home.count("SELECT COUNT(*) FROM projects"), 0);
    }
}

#[test]
fn a_key_file_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let server = Server::strict(Kind::Sqlite);
    let home = std::sync::Arc::clone(&server.home);
    drop(server);
    let mode = std::fs::metadata(home.key_file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    std::fs::set_permissions(home.key_file(), std::fs::Permissions::from_mode(0o644)).unwrap();
    let out = home.command(&["serve", "--dev", "--json", "--listen", "127.0.0.1:0"]).output().unwrap();
    assert!(!out.status.success());
    assert!(String::from_utf8(out.stderr).unwrap().contains("chmod 600"));
}
