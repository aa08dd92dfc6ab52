//! The users of a project.

use countersign_domain::base::Ctx;
use countersign_domain::db::Kind;
use countersign_domain::device;
use serde_json::{Value, json};

use super::{refused, sign_in};
use crate::people::PASSWORD;
use crate::server::{Server, on_both};

const USERS: &str = "/projects/demo/users";
const PHONE: &str = "+14255550172";

fn anna() -> Value {
    json!({"id": "anna", "name": "Anna", "email": "Anna@example.com", "emailVerified": true, "phone": PHONE,
        "password": PASSWORD, "labels": ["vip"], "prefs": {"theme": "dark"}})
}

on_both! {
    fn a_user_is_made_changed_and_removed(kind: Kind) {
        let server = Server::start(kind);
        server.home.keep_secret(PASSWORD);
        let admin = sign_in(&server);
        let made = admin.post(USERS, &anna());
        let expected = [
            ("id", json!("anna")), ("status", json!("active")), ("email", json!("anna@example.com")),
            ("emailVerified", json!(true)), ("phone", json!(PHONE)), ("phoneVerified", json!(false)),
            ("hasPassword", json!(true)), ("labels", json!(["vip"])), ("prefs", json!({"theme": "dark"})),
            ("origin", json!("key")), ("pending", json!(false)), ("mfa", json!(false)),
        ];
        for (name, value) in expected {
            assert_eq!(made[name], value, "{name}");
        }
        assert!(!made.to_string().contains("argon2"), "{made}");
        assert_eq!(admin.get(&format!("{USERS}/anna")), made);
        refused(&admin.send("POST", USERS, &anna()), 409, "user-exists");
        for (body, field) in [
            (json!({"id": "a b"}), "id"),
            (json!({"email": "anna"}), "email"),
            (json!({"phone": "12"}), "phone"),
            (json!({"password": "short"}), "password"),
            (json!({"status": "gone"}), "status"),
            (json!({"labels": ["a b"]}), "labels"),
            (json!({"phoneVerification": true}), "phoneVerification"),
        ] {
            assert_eq!(refused(&admin.send("POST", USERS, &body), 400, "invalid-value"), field);
        }
        // The last of these failed half-way: nobody is left of it.
        assert_eq!(admin.get(&format!("{USERS}?total=true"))["total"], 1);

        let change = |body: &Value| admin.send("PATCH", &format!("{USERS}/anna"), body);
        let person = server.again("anna@example.com", PASSWORD);
        server.account(&person).expect(200);
        let changed = change(&json!({"name": "Anna B.", "status": "blocked", "phoneVerified": true})).expect(200).json();
        assert_eq!((&changed["name"], &changed["status"], &changed["phoneVerified"]), (&json!("Anna B."), &json!("blocked"), &json!(true)));
        server.account(&person).refused(401, "user_blocked");
        change(&json!({"status": "active"})).expect(200);
        server.account(&person).expect(200);
        let less = change(&json!({"phone": null, "password": null, "labels": [], "prefs": {}})).expect(200).json();
        assert_eq!((&less["phone"], &less["hasPassword"], &less["labels"]), (&Value::Null, &json!(false), &json!([])));
        server.account(&person).refused(401, "general_unauthorized_scope");
        refused(&change(&json!({"phoneVerified": true})), 409, "phone-not-found");
        admin.post(USERS, &json!({"id": "bernd", "email": "bernd@example.com"}));
        refused(&change(&json!({"name": "x", "email": "bernd@example.com"})), 409, "email-taken");
        assert_eq!(admin.get(&format!("{USERS}/anna"))["name"], "Anna B.");

        let trail = admin.get(&format!("{USERS}/anna/audit?limit=100"));
        let actors: Vec<_> = trail["data"].as_array().unwrap().iter().filter(|e| e["event"] == "user.create").collect();
        assert!(actors[0]["actor"].as_str().unwrap().starts_with("admin:"), "{trail}");
        admin.delete(&format!("{USERS}/anna"));
        refused(&admin.call("GET", &format!("{USERS}/anna")).send(), 404, "user-not-found");
        refused(&admin.call("DELETE", &format!("{USERS}/anna")).send(), 404, "user-not-found");
    }
}

on_both! {
    fn users_are_found_by_what_is_known_of_them_page_by_page(kind: Kind) {
        let server = Server::start(kind);
        let admin = sign_in(&server);
        admin.post(USERS, &anna());
        for (n, name) in ["Bernd", "Clara", "Doris"].into_iter().enumerate() {
            server.advance(1);
            let phone = format!("+1425555018{n}");
            admin.post(USERS, &json!({"id": name.to_lowercase(), "name": name, "phone": phone, "status": if n == 1 { "blocked" } else { "active" }}));
        }
        let ids = |query: &str| {
            let found = admin.get(&format!("{USERS}{query}"));
            found["data"].as_array().unwrap().iter().map(|u| u["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let filter = |json: &Value| {
            json.to_string().bytes().fold("?filter=".to_owned(), |query, byte| query + &format!("%{byte:02X}"))
        };
        for (query, expected) in [
            (String::new(), vec!["doris", "clara", "bernd", "anna"]),
            ("?order=name".to_owned(), vec!["anna", "bernd", "clara", "doris"]),
            ("?order=status,-name".to_owned(), vec!["clara", "doris", "bernd", "anna"]),
            ("?status=blocked".to_owned(), vec!["clara"]),
            ("?email=ANNA@example.com".to_owned(), vec!["anna"]),
            ("?phone=+1%20425%20555%200182".to_owned(), vec!["doris"]),
            ("?label=vip".to_owned(), vec!["anna"]),
            ("?emailVerified=true".to_owned(), vec!["anna"]),
            ("?search=cla".to_owned(), vec!["clara"]),
            ("?until=2020-01-01T00:00:00Z".to_owned(), vec![]),
            (filter(&json!({"method": "startsWith", "attribute": "name", "values": ["B"]})), vec!["bernd"]),
            (filter(&json!({"method": "equal", "attribute": "status", "values": ["blocked"]})), vec!["clara"]),
            (filter(&json!({"method": "isNotNull", "attribute": "passwordUpdatedAt"})), vec!["anna"]),
        ] {
            assert_eq!(ids(&query), expected, "{query}");
        }
        let (mut cursor, mut seen) = (String::new(), Vec::new());
        loop {
            let page = admin.get(&format!("{USERS}?limit=3&total=true{cursor}"));
            assert_eq!(page["total"], 4);
            seen.extend(page["data"].as_array().unwrap().iter().map(|user| user["id"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, ["doris", "clara", "bernd", "anna"]);
        for (query, code, field) in [
            ("?status=gone", "invalid-value", "status"),
            ("?phone=12", "invalid-value", "phone"),
            ("?order=shoeSize", "invalid-query", "filter"),
            ("?filter=%7B", "invalid-value", "filter"),
            ("?cursor=nobody", "cursor-not-found", "cursor"),
            ("?limit=1000", "invalid-value", "limit"),
            ("?stauts=blocked", "invalid-value", "stauts"),
        ] {
            assert_eq!(refused(&admin.call("GET", &format!("{USERS}{query}")).send(), 400, code), field, "{query}");
        }
    }
}

on_both! {
    fn sessions_and_factors_of_a_user_are_ended_at_once(kind: Kind) {
        let server = Server::start(kind);
        let admin = sign_in(&server);
        let (one, two) = (server.sign_in("anna", PHONE), {
            server.settings(&json!({"otp": {"resendSeconds": [0]}}));
            server.ask("anna2", PHONE).send().expect(201);
            let asked = server.code(PHONE, 2);
            server.person(server.exchange("anna2", &asked).send().expect(201))
        });
        let base = format!("{USERS}/{}", one.user);
        let listed = admin.get(&format!("{base}/sessions"));
        assert_eq!(listed["total"], 2);
        assert!(![&one, &two].iter().any(|p| listed.to_string().contains(&crate::server::secret_of(&p.value))));
        admin.delete(&format!("{base}/sessions/{}", one.session));
        assert_eq!((server.account(&one).status, server.account(&two).status), (401, 200));
        refused(&admin.call("DELETE", &format!("{base}/sessions/{}", one.session)).send(), 404, "session-not-found");
        let codes = server.call("POST", "/v1/account/mfa/recovery-codes").header("Cookie", two.cookie()).send();
        for code in codes.expect(201).json()["recoveryCodes"].as_array().unwrap() {
            server.home.keep_secret(code.as_str().unwrap());
        }
        let factors = admin.get(&format!("{base}/factors"));
        let told: Vec<_> = factors["data"].as_array().unwrap().iter().map(|f| (&f["factor"], &f["left"])).collect();
        assert_eq!(told, [(&json!("phone"), &Value::Null), (&json!("recovery-codes"), &json!(6))]);
        let factor = |name: &str| admin.call("DELETE", &format!("{base}/factors/{name}")).send();
        factor("recovery-codes").expect(204);
        refused(&factor("recovery-codes"), 404, "recovery-codes-not-found");
        refused(&factor("totp"), 404, "authenticator-not-found");
        assert_eq!(refused(&factor("phone"), 400, "invalid-value"), "factor");
        admin.delete(&format!("{base}/sessions"));
        assert_eq!(server.account(&two).status, 401);
    }
}

on_both! {
    fn remembered_devices_of_a_user_are_listed_and_revoked(kind: Kind) {
        let server = Server::start(kind);
        let admin = sign_in(&server);
        for id in ["anna", "bernd"] {
            admin.post(USERS, &json!({"id": id, "email": format!("{id}@example.com")}));
        }
        let remember = |user: &'static str| {
            let (device, secret) = server.home.write("demo", 0, move |tx, ctx| {
                let ctx = Ctx { user_agent: Some("Firefox".into()), address: "192.0.2.7".parse().ok(), ..ctx.clone() };
                device::create(tx, &ctx, user, 3_600)
            });
            server.home.keep_secret(secret.expose());
            device.id
        };
        let (one, two, theirs) = (remember("anna"), remember("anna"), remember("bernd"));
        let base = format!("{USERS}/anna/devices");
        let listed = admin.get(&base);
        assert_eq!(listed["total"], 2);
        let first = &listed["data"][0];
        assert_eq!((&first["id"], &first["address"], &first["agent"]), (&json!(one), &json!("192.0.2.7"), &json!("Firefox")));
        let mut fields: Vec<_> = first.as_object().unwrap().keys().collect();
        fields.sort();
        assert_eq!(fields, ["address", "agent", "createdAt", "expiresAt", "id"]);
        admin.delete(&format!("{base}/{one}"));
        for id in [&one, &theirs] {
            refused(&admin.call("DELETE", &format!("{base}/{id}")).send(), 404, "device-not-found");
        }
        assert_eq!(admin.get(&base)["data"][0]["id"], json!(two));
        admin.delete(&base);
        assert_eq!((&admin.get(&base)["total"], &admin.get(&format!("{USERS}/bernd/devices"))["total"]), (&json!(0), &json!(1)));
        let told = admin.get(&format!("{USERS}/anna/audit?event=device.delete"));
        assert_eq!(told["data"].as_array().unwrap().len(), 2, "{told}");
    }
}

#[test]
fn a_user_of_one_project_is_nobody_by_the_path_of_another() {
    let server = Server::start(Kind::Sqlite);
    let admin = sign_in(&server);
    admin.post(USERS, &anna());
    admin.post("/projects", &json!({"id": "shop", "name": "Shop"}));
    let path = "/projects/shop/users";
    assert_eq!(admin.get(path)["data"], json!([]));
    assert_eq!(admin.get(&format!("{path}?search=anna"))["data"], json!([]));
    for (method, rest) in [
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("GET", "/sessions"),
        ("DELETE", "/sessions"),
        ("DELETE", "/sessions/x"),
        ("GET", "/devices"),
        ("DELETE", "/devices"),
        ("DELETE", "/devices/x"),
        ("GET", "/factors"),
        ("DELETE", "/factors/recovery-codes"),
        ("GET", "/audit"),
    ] {
        let call = admin.call(method, &format!("{path}/anna{rest}"));
        let call = if method == "PATCH" { call.json(&json!({"name": "x"})) } else { call };
        refused(&call.send(), 404, "user-not-found");
    }
    assert_eq!(admin.get(&format!("{USERS}/anna"))["name"], "Anna");
    // The same id may be somebody else there.
    admin.post(path, &json!({"id": "anna", "name": "Other"}));
    admin.delete(&format!("{path}/anna"));
    assert_eq!(admin.get(&format!("{USERS}/anna"))["name"], "Anna");
    // A project that is made anew knows nobody of the old one, in memory either.
    admin.delete("/projects/shop?confirm=shop");
    admin.post("/projects", &json!({"id": "shop", "name": "Shop"}));
    assert_eq!(admin.get(path)["data"], json!([]));
}
