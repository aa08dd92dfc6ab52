//! The account of whoever is signed in.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use crate::call::{Call, fields, shape};
use crate::server::{Person, Server, on_both};

const PHONE: &str = "+14255550161";

fn patch(server: &Server, target: &str, person: &Person, body: &Value) -> Call {
    server.call("PATCH", target).header("Cookie", person.cookie()).json(body)
}

on_both! {
    fn name_and_prefs_are_changed_and_read_back(kind: Kind) {
        let server = Server::start(kind);
        let person = server.sign_in("owner", PHONE);
        for name in ["Ada", "Zoë 🦊 \"<b>\"", "", "x".repeat(128).as_str()] {
            let answer = patch(&server, "/v1/account/name", &person, &json!({"name": name})).send();
            assert_eq!(answer.expect(200).json()["name"], name);
            assert_eq!(server.account(&person).json()["name"], name);
        }
        let prefs = json!({"theme": "dark", "deep": {"list": [1, 2.5, null, "\u{0}\n"]}, "": ""});
        let answer = patch(&server, "/v1/account/prefs", &person, &json!({"prefs": prefs})).send();
        assert_eq!(answer.expect(200).json()["prefs"], prefs, "Appwrite answers with the account");
        let nuvix = patch(&server, "/v1/account/prefs", &person, &json!({"prefs": {"b": 1}})).nuvix().send();
        assert_eq!(nuvix.expect(200).json(), json!({"b": 1}), "Nuvix answers with the object, which replaced all");
        let read = server.get("/v1/account/prefs").header("Cookie", person.cookie()).send();
        assert_eq!(read.expect(200).json(), json!({"b": 1}));
        assert_eq!(server.account(&person).json()["prefs"], json!({"b": 1}));
        let server = server.restarted();
        assert_eq!(server.account(&person).json()["prefs"], json!({"b": 1}));
    }
}

#[test]
fn an_account_has_the_fields_of_its_flavour() {
    let server = Server::start(Kind::Sqlite);
    let person = server.sign_in("owner", PHONE);
    let appwrite = server.account(&person);
    let mut lines = shape(&appwrite.expect(200).body);
    let targets = lines.iter().position(|l| l.starts_with("targets: ")).unwrap();
    lines.remove(targets);
    let expected = [
        "$id: \"owner\"",
        "$createdAt: date",
        "$updatedAt: date",
        "name: \"\"",
        "registration: date",
        "status: true",
        "labels: []",
        "passwordUpdate: \"\"",
        "email: \"\"",
        "phone: \"+14255550161\"",
        "emailVerification: false",
        "phoneVerification: true",
        "mfa: false",
        "prefs: {}",
        "accessedAt: date",
    ];
    assert_eq!(lines, expected);
    assert_eq!(targets, 14);
    let target = &appwrite.json()["targets"][0];
    let told: Vec<_> = ["name", "userId", "providerId", "providerType", "identifier", "expired"]
        .map(|name| target[name].to_string())
        .to_vec();
    assert_eq!(told, ["\"\"", "\"owner\"", "\"\"", "\"sms\"", "\"+14255550161\"", "false"]);
    assert_eq!(appwrite.json()["targets"].as_array().unwrap().len(), 1);

    let nuvix = server.get("/v1/account").nuvix().header("Cookie", person.cookie()).send();
    let body = nuvix.expect(200).json();
    assert_eq!(fields(&nuvix.body)[3].0, "$permissions");
    for unset in ["name", "passwordUpdate", "email"] {
        assert_eq!(body[unset], Value::Null, "{unset}");
    }
    let own = json!(["read(\"any\")", "update(\"user:owner\")", "delete(\"user:owner\")"]);
    assert_eq!(body["$permissions"], own);
    assert_eq!(body["targets"][0]["providerId"], Value::Null);
    // The answer is kept with the session, each flavour's own.
    assert_eq!(server.account(&person).body, appwrite.body);
}

#[test]
fn a_jwt_can_be_made_for_up_to_an_hour_and_switched_off() {
    let server = Server::start(Kind::Sqlite);
    let person = server.sign_in("owner", PHONE);
    let ask = |body: &Value| server.post("/v1/account/jwts", body).header("Cookie", person.cookie()).send();
    let payload = |jwt: &str| {
        let part = data_encoding::BASE64URL_NOPAD.decode(jwt.split('.').nth(1).unwrap().as_bytes()).unwrap();
        serde_json::from_slice::<Value>(&part).unwrap()
    };
    for (body, seconds) in [(json!({}), 900), (json!({"duration": 60}), 60), (json!({"duration": 3_600}), 3_600)] {
        let answer = ask(&body);
        let jwt = answer.expect(201).json()["jwt"].as_str().unwrap().to_owned();
        server.home.keep_secret(&jwt);
        let claims = payload(&jwt);
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), seconds);
        let told: Vec<_> = ["userId", "sessionId", "aud"].map(|n| claims[n].as_str().unwrap().to_owned()).to_vec();
        assert_eq!(told, ["owner", &person.session, "demo"]);
    }
    for wrong in [json!(0), json!(3_601), json!("x"), json!(-1), json!(1.5), json!([])] {
        let answer = ask(&json!({"duration": wrong}));
        assert!(answer.refused(400, "general_argument_invalid").body.contains("duration"), "{}", answer.raw);
    }
    let empty = server.call("POST", "/v1/account/jwt").header("Cookie", person.cookie()).send();
    empty.expect(201);
    server.settings(&json!({"auth": {"jwt": false}}));
    ask(&json!({})).refused(501, "user_auth_method_unsupported");
}
