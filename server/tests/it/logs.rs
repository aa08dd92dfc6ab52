//! What happened to the account of whoever is signed in.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use crate::call::shape;
use crate::people::{PAGE, PASSWORD};
use crate::server::{Person, Server, on_both};

const PHONE: &str = "+14255550172";
const BROWSER: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36";

/// Signs the same person in `count` times, a second apart.
fn signed_in(server: &Server, count: usize) -> Person {
    server.settings(&json!({"otp": {"resendSeconds": [0]}}));
    let mut person = None;
    for n in 1..=count {
        let handle = server.ask("owner", PHONE).send().expect(201).json()["userId"].as_str().unwrap().to_owned();
        let code = server.code(PHONE, n);
        let opened = server.exchange(&handle, &code).header("User-Agent", BROWSER).send();
        person = Some(server.person(opened.expect(201)));
        server.advance(1);
    }
    person.unwrap()
}

/// A limit or an offset as a query.
fn query(method: &str, number: i64) -> String {
    let json = json!({"method": method, "values": [number]}).to_string();
    format!("queries[]={}", json.replace('{', "%7B").replace('}', "%7D").replace('"', "%22"))
}

on_both! {
    fn the_newest_events_come_first_and_in_parts(kind: Kind) {
        let server = Server::start(kind);
        let person = signed_in(&server, 4);
        let other = server.sign_in("other", "+14255550173");
        let list = |person: &Person, query: &str| {
            let answer = server.get(&format!("/v1/account/logs?{query}")).header("Cookie", person.cookie()).send();
            answer.expect(200).json()
        };
        let times = |list: &Value| -> Vec<String> {
            list["logs"].as_array().unwrap().iter().map(|log| log["time"].as_str().unwrap().to_owned()).collect()
        };
        let all = list(&person, "");
        assert_eq!((&all["total"], all["logs"].as_array().unwrap().len()), (&json!(4), 4));
        let all = times(&all);
        assert!(all.windows(2).all(|pair| pair[0] > pair[1]), "{all:?}");
        let part = list(&person, &format!("{}&{}", query("limit", 2), query("offset", 1)));
        assert_eq!((&part["total"], times(&part)), (&json!(4), all[1..3].to_vec()));
        let behind = list(&person, &query("offset", i64::MAX));
        assert_eq!((&behind["total"], &behind["logs"]), (&json!(4), &json!([])));
        let uncounted = list(&person, &format!("total=false&{}", query("limit", 1)));
        assert_eq!((&uncounted["total"], times(&uncounted)), (&json!(0), all[..1].to_vec()));
        assert_eq!(list(&other, "")["total"], 1, "everybody sees his own");
    }
}

#[test]
fn a_log_has_the_fields_of_its_flavour() {
    let server = Server::start(Kind::Sqlite);
    let person = signed_in(&server, 1);
    let appwrite = server.get("/v1/account/logs").header("Cookie", person.cookie()).send();
    let body = appwrite.expect(200).json();
    assert_eq!(body["logs"], body["data"], "the same list under both keys");
    let text = appwrite.body.split_once("\"logs\":[").unwrap().1.split_once("],\"data\"").unwrap().0;
    let expected = [
        "event: \"session.create\"",
        "userId: \"owner\"",
        "userEmail: \"\"",
        "userName: \"\"",
        "mode: \"default\"",
        "ip: \"127.0.0.1\"",
        "time: date",
        "osCode: \"WIN\"",
        "osName: \"Windows\"",
        "osVersion: \"10\"",
        "clientType: \"browser\"",
        "clientCode: \"CH\"",
        "clientName: \"Chrome\"",
        "clientVersion: \"124.0\"",
        "clientEngine: \"Blink\"",
        "clientEngineVersion: \"124.0.0.0\"",
        "deviceName: \"desktop\"",
        "deviceBrand: \"\"",
        "deviceModel: \"\"",
        "countryCode: \"--\"",
        "countryName: \"Unknown\"",
    ];
    assert_eq!(shape(text), expected);
    let nuvix = server.get("/v1/account/logs").nuvix().header("Cookie", person.cookie()).send();
    let body = nuvix.expect(200).json();
    let log = &body["data"][0];
    assert_eq!((&body["$permissions"], &log["$permissions"]), (&json!([]), &json!([])));
    assert_eq!([&log["userEmail"], &log["userName"], &log["countryCode"]], [&Value::Null; 3]);
}

#[test]
fn the_address_of_somebody_else_is_not_shown() {
    let server = Server::start(Kind::Sqlite);
    let person = signed_in(&server, 1);
    server.home.execute(
        "INSERT INTO audit_events (id, project_id, at, event, actor, user_id, address, agent, detail)
         SELECT id || actors.column1, project_id, at + 1, 'claim.remove', actors.column1, user_id, address, agent,
                detail
         FROM audit_events, (VALUES ('guest'), ('key:k'), ('user:other'), ('user:owner')) AS actors
         WHERE event = 'session.create'",
    );
    let answer = server.get("/v1/account/logs").header("Cookie", person.cookie()).send();
    let told: Vec<_> = answer.expect(200).json()["logs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|log| ["mode", "ip", "clientCode"].map(|name| log[name].as_str().unwrap().to_owned()).join(" "))
        .collect();
    // Of equal times the ids decide, which here end in the actor.
    let own = "default 127.0.0.1 CH";
    assert_eq!(told, [own, "default  ", "admin  ", "default  ", own], "{}", answer.body);
}

#[test]
fn who_is_not_signed_in_and_what_is_no_query_is_refused() {
    let server = Server::start(Kind::Sqlite);
    let person = signed_in(&server, 1);
    for target in ["/v1/account/logs", "/v1/account/identities"] {
        server.get(target).send().refused(401, "general_unauthorized_scope");
        server.get(&format!("{target}?queries[]=x")).send().refused(401, "general_unauthorized_scope");
        let key = server.get(target).header("X-Appwrite-Key", server.api_key()).send();
        assert_eq!(key.status, 401, "{}", key.raw);
        let get = |query: &str| server.get(&format!("{target}?{query}")).header("Cookie", person.cookie()).send();
        for wrong in ["queries[0]=limit(2)", "queries[]=", "queries[]=%7B", "queries[]=%ff", "queries[9]=5"] {
            get(wrong).refused(400, "general_query_invalid");
        }
        get(&query("limit", 0)).refused(400, "general_query_invalid");
        get(&query("offset", -1)).refused(400, "general_query_invalid");
        assert!(get(&query("cursorAfter", 1)).refused(400, "general_query_invalid").body.contains("cursorAfter"));
        get(&[query("limit", 1).as_str(); 101].join("&")).refused(400, "general_query_invalid");
        get("queries=x").refused(400, "general_argument_invalid");
        get("total=5").refused(400, "general_argument_invalid");
        get("search=x&queries[a]=5").expect(200);
    }
}

#[test]
fn each_change_of_an_account_is_in_its_logs() {
    let server = Server::impatient(Kind::Sqlite);
    let mut known = 0;
    // What happened since the last look, whatever happened at one instant in the order of names.
    let mut news = |person: &Person| -> Vec<String> {
        let answer = server.by(person, "GET", &format!("/v1/account/logs?{}", query("limit", 100))).send();
        let logs = answer.expect(200).json()["logs"].as_array().unwrap().clone();
        let mut new: Vec<_> =
            logs[..logs.len() - known].iter().map(|log| log["event"].as_str().unwrap().to_owned()).collect();
        known = logs.len();
        new.sort();
        new
    };
    let (email, other, password) = ("anna@example.com", "+14255550175", "another horse entirely");
    let person = server.sign_in("anna", PHONE);
    assert_eq!(news(&person), ["session.create"]);
    server.set_email(&person, email);
    assert_eq!(news(&person), ["email.update", "password.update"], "the first password is one too");
    server.verify_email(&person, email);
    assert_eq!(news(&person), ["email.verify"]);
    server.home.keep_secret(other);
    let patch = |target: &str, body: &Value| server.by(&person, "PATCH", target).json(body).send().expect(200).status;
    patch("/v1/account/phone", &json!({"phone": other, "password": PASSWORD}));
    server.by(&person, "POST", "/v1/account/verification/phone").send().expect(201);
    let code = server.newest(other, "verify-phone", 1)["code"].clone();
    let body = json!({"userId": "anna", "secret": code});
    server.by(&person, "PUT", "/v1/account/verification/phone").json(&body).send().expect(200);
    assert_eq!(news(&person), ["phone.update", "phone.verify"]);
    let seed = server.add_app(&person);
    patch("/v1/account/mfa", &json!({"mfa": true}));
    server.step_up(&person, &seed);
    assert_eq!(
        news(&person),
        ["authenticator.create", "authenticator.verify", "challenge.complete", "challenge.create", "mfa.update"]
    );
    let codes = |method: &str| server.by(&person, method, "/v1/account/mfa/recovery-codes").send().status;
    assert_eq!((codes("POST"), codes("PATCH")), (201, 200));
    server.by(&person, "DELETE", "/v1/account/mfa/authenticators/totp").send().expect(204);
    patch("/v1/account/mfa", &json!({"mfa": false}));
    assert_eq!(news(&person), ["authenticator.delete", "mfa.update", "recovery-codes.create", "recovery-codes.update"]);
    let second = server.again(email, PASSWORD);
    patch("/v1/account/name", &json!({"name": "Ada"}));
    patch("/v1/account/prefs", &json!({"prefs": {}}));
    server.home.keep_secret(password);
    patch("/v1/account/password", &json!({"password": password, "oldPassword": PASSWORD}));
    server.account(&second).expect(401);
    assert_eq!(news(&person), ["password.update", "session.create", "session.delete", "user.update", "user.update"]);
    server.post("/v1/account/recovery", &json!({"email": email, "url": PAGE})).send().expect(201);
    let link = server.link(email, "recovery", 1);
    let body = json!({"userId": link.user, "secret": link.secret, "password": PASSWORD});
    server.call("PUT", "/v1/account/recovery").json(&body).send().expect(200);
    let again = server.again(email, PASSWORD);
    assert_eq!(news(&again), ["recovery.complete", "session.create", "session.delete"]);
    server.sign_up("bert", "bert@example.com", PASSWORD).send().expect(201);
    let logs = server.by(&server.again("bert@example.com", PASSWORD), "GET", "/v1/account/logs").send().json();
    let events: Vec<_> = logs["logs"].as_array().unwrap().iter().map(|log| log["event"].clone()).collect();
    assert_eq!(events, ["session.create", "user.create"]);
}
