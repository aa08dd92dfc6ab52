//! How a server lets its users in, and what it sees of that: sessions, JWTs, tokens, logs, second factors.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use super::{EMAIL, PHONE, anna, by_key, names, nuvix, patch, post};
use crate::call::{Answer, Call};
use crate::people::PASSWORD;
use crate::server::{Server, on_both, secret_of};

on_both! {
    fn a_session_that_a_key_opens_is_used_by_its_secret(kind: Kind) {
        let server = Server::start(kind);
        anna(&server);
        let mut ids = Vec::new();
        for call in [by_key, nuvix] {
            let opened = call(&server, "POST", "/anna/sessions").send();
            let body = opened.expect(201).json();
            assert!(opened.cookies().is_empty() && opened.header("x-fallback-cookies").is_none(), "{}", opened.raw);
            assert_eq!((&body["provider"], &body["factors"]), (&json!("server"), &json!(["server"])));
            assert_eq!((&body["userId"], &body["current"]), (&json!("anna"), &json!(false)));
            let secret = body["secret"].as_str().unwrap().to_owned();
            server.home.keep_secret(&secret);
            server.home.keep_secret(&secret_of(&secret));
            let appwrite = server.get("/v1/account").header("X-Appwrite-Session", &secret).send();
            assert_eq!(appwrite.expect(200).json()["$id"], "anna");
            let other = server.get("/v1/account").nuvix().header("X-Nuvix-Session", &secret).send();
            assert_eq!(other.expect(200).json()["$id"], "anna");
            ids.push((body["$id"].as_str().unwrap().to_owned(), secret));
        }
        for call in [by_key, nuvix] {
            let list = call(&server, "GET", "/anna/sessions").send();
            let body = list.expect(200).json();
            assert_eq!((&body["total"], &body["sessions"]), (&json!(2), &body["data"]));
            let told: Vec<_> = body["sessions"].as_array().unwrap().iter().map(|s| (&s["$id"], &s["secret"])).collect();
            assert_eq!(told, [(&json!(ids[0].0), &json!("")), (&json!(ids[1].0), &json!(""))]);
        }
        let works = |secret: &str| server.get("/v1/account").header("X-Appwrite-Session", secret).send().status;
        by_key(&server, "DELETE", &format!("/anna/sessions/{}", ids[0].0)).send().expect(204);
        assert_eq!((works(&ids[0].1), works(&ids[1].1)), (401, 200));
        by_key(&server, "DELETE", &format!("/anna/sessions/{}", ids[0].0)).send().refused(404, "user_session_not_found");
        by_key(&server, "DELETE", "/anna/sessions").send().expect(204);
        assert_eq!(works(&ids[1].1), 401);
        assert_eq!(by_key(&server, "GET", "/anna/sessions").send().expect(200).json()["total"], 0);
    }
}

/// The claims of a JWT.
fn claims(jwt: &str) -> Value {
    let part = data_encoding::BASE64URL_NOPAD.decode(jwt.split('.').nth(1).unwrap().as_bytes()).unwrap();
    serde_json::from_slice(&part).unwrap()
}

on_both! {
    fn a_jwt_is_of_the_newest_session_the_named_one_or_none(kind: Kind) {
        let server = Server::start(kind);
        anna(&server);
        let make = |body: &Value| {
            let made = post(&server, "/anna/jwts", body).send();
            let jwt = made.expect(201).json()["jwt"].as_str().unwrap().to_owned();
            server.home.keep_secret(&jwt);
            jwt
        };
        let read = |jwt: &str| server.get("/v1/account").header("X-Appwrite-JWT", jwt).send();
        let none = make(&json!({}));
        assert_eq!((&claims(&none)["sessionId"], &claims(&none)["userId"]), (&json!(""), &json!("anna")));
        assert_eq!(read(&none).expect(200).json()["$id"], "anna");
        let first = server.again(EMAIL, PASSWORD);
        server.advance(1);
        let second = server.again(EMAIL, PASSWORD);
        let recent = make(&json!({"sessionId": "recent", "duration": 60}));
        assert_eq!(claims(&recent)["sessionId"], json!(second.session));
        assert_eq!(claims(&recent)["exp"].as_i64().unwrap() - claims(&recent)["iat"].as_i64().unwrap(), 60);
        assert_eq!(claims(&make(&json!({"sessionId": ""})))["sessionId"], json!(second.session));
        let named = make(&json!({"sessionId": first.session}));
        assert_eq!(claims(&named)["sessionId"], json!(first.session));
        post(&server, "/anna/jwts", &json!({"sessionId": "none"})).send().refused(404, "user_session_not_found");
        read(&named).expect(200);
        by_key(&server, "DELETE", &format!("/anna/sessions/{}", first.session)).send().expect(204);
        assert_eq!((read(&named).status, read(&recent).status, read(&none).status), (401, 200, 200));
        let of_nuvix = nuvix(&server, "POST", "/anna/jwts").json(&json!({"duration": 0})).send();
        assert_eq!(of_nuvix.expect(201).json()["$permissions"], json!([]));
        let over = of_nuvix.json()["jwt"].as_str().unwrap().to_owned();
        server.home.keep_secret(&over);
        server.advance(61);
        for jwt in [&over, &recent] {
            read(jwt).refused(401, "user_jwt_invalid");
        }
        patch(&server, "/anna/status", &json!({"status": false})).send().expect(200);
        read(&none).refused(401, "user_blocked");
        by_key(&server, "DELETE", "/anna").send().expect(204);
        assert_eq!(read(&none).status, 401);
    }
}

on_both! {
    fn a_custom_token_is_exchanged_for_a_session(kind: Kind) {
        let server = Server::start(kind);
        anna(&server);
        for (call, body, length, seconds) in [
            (by_key as fn(&Server, &str, &str) -> Call, json!({}), 6, 900),
            (nuvix, json!({"length": 32, "expire": 120}), 32, 120),
            (by_key, json!({"length": "7", "expire": "60"}), 7, 60),
        ] {
            let made = call(&server, "POST", "/anna/tokens").json(&body).send();
            let token = made.expect(201).json();
            let secret = token["secret"].as_str().unwrap();
            server.home.keep_secret(secret);
            assert!(secret.len() == length && secret.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
            let at = |name: &str| {
                countersign_domain::base::Time::parse_rfc3339(token[name].as_str().unwrap()).unwrap().micros()
            };
            assert_eq!(at("expire") - at("$createdAt"), seconds * 1_000_000);
            assert_eq!((&token["userId"], &token["phrase"]), (&json!("anna"), &json!("")));
            let opened = server.exchange("anna", secret).send();
            let body = opened.expect(201).json();
            assert_eq!((&body["provider"], &body["factors"]), (&json!("token"), &json!(["token"])));
            assert_eq!(server.account(&server.person(&opened)).expect(200).json()["$id"], "anna");
            server.exchange("anna", secret).send().refused(401, "user_invalid_token");
        }
        let names_of = |answer: Answer| names(&answer);
        assert_eq!(
            names_of(by_key(&server, "POST", "/anna/tokens").send()),
            ["$id", "$createdAt", "$updatedAt", "userId", "secret", "expire", "phrase"]
        );
        assert_eq!(names_of(nuvix(&server, "POST", "/anna/tokens").send())[3], "$permissions");
    }
}

on_both! {
    fn a_server_reads_what_happened_and_that_there_are_no_teams(kind: Kind) {
        let server = Server::start(kind);
        anna(&server);
        server.again(EMAIL, PASSWORD);
        for call in [by_key, nuvix] {
            let logs = call(&server, "GET", "/anna/logs").send();
            let body = logs.expect(200).json();
            assert_eq!((&body["total"], &body["logs"]), (&json!(2), &body["data"]));
            let told: Vec<_> = body["logs"].as_array().unwrap().iter().map(|l| (&l["event"], &l["mode"], &l["ip"])).collect();
            let [here, default, admin] = ["127.0.0.1", "default", "admin"].map(|text| json!(text));
            let expected = [(&json!("session.create"), &default, &here), (&json!("user.create"), &admin, &here)];
            assert_eq!(told, expected);
            let teams = call(&server, "GET", "/anna/memberships").send();
            assert!(teams.expect(200).body.ends_with("\"total\":0,\"memberships\":[],\"data\":[]}"), "{}", teams.raw);
        }
        let one = by_key(&server, "GET", "/anna/logs?queries[]=%7B%22method%22:%22limit%22,%22values%22:[1]%7D").send();
        assert_eq!(one.expect(200).json()["logs"].as_array().unwrap().len(), 1);
        by_key(&server, "GET", "/anna/logs?queries[]=limit(1)").send().refused(400, "general_query_invalid");
    }
}

on_both! {
    fn a_server_sees_and_changes_second_factors(kind: Kind) {
        let server = Server::start(kind);
        let person = server.sign_in("anna", PHONE);
        let factors = |call: fn(&Server, &str, &str) -> Call| call(&server, "GET", "/anna/mfa/factors").send();
        let codes = "/anna/mfa/recovery-codes";
        by_key(&server, "GET", codes).send().refused(404, "user_recovery_codes_not_found");
        by_key(&server, "PUT", codes).send().refused(404, "user_recovery_codes_not_found");
        by_key(&server, "DELETE", "/anna/mfa/authenticators/totp").send().refused(404, "user_authenticator_not_found");
        server.add_app(&person);
        let made = by_key(&server, "PATCH", codes).send();
        let list = made.expect(200).json()["recoveryCodes"].as_array().unwrap().clone();
        assert!(list.len() == 6 && list.iter().all(|code| code.as_str().unwrap().len() == 10));
        assert_eq!(by_key(&server, "GET", codes).send().expect(200).json(), made.json());
        nuvix(&server, "PATCH", codes).send().refused(409, "user_recovery_codes_already_exists");
        let others = nuvix(&server, "PUT", codes).send();
        assert_eq!(others.expect(200).json()["$permissions"], json!([]));
        assert_ne!(others.json()["recoveryCodes"], made.json()["recoveryCodes"]);
        let expected = json!({"totp": true, "phone": true, "email": false, "recoveryCode": true});
        assert_eq!(factors(by_key).expect(200).json(), expected);
        assert_eq!(factors(nuvix).expect(200).json()["$permissions"], json!([]));
        // They can be read for ten minutes.
        server.advance(601);
        by_key(&server, "GET", codes).send().refused(401, "user_challenge_required");
        patch(&server, "/anna/mfa", &json!({"mfa": true})).send().expect(200);
        server.account(&person).expect(200);
        let challenge = server.challenge(&person, "recoverycode");
        let code = others.json()["recoveryCodes"][0].as_str().unwrap().to_owned();
        server.home.keep_secret(&code);
        server.complete(&person, &challenge, &code).send().expect(200);
        by_key(&server, "DELETE", "/anna/mfa/authenticators/totp").send().expect(204);
        assert_eq!(factors(by_key).json()["totp"], false);
    }
}
