//! What login boxes and portals read before anybody does anything.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use super::ID;
use crate::server::Server;

#[test]
fn every_read_of_a_start_is_answered_in_the_shape_that_satisfied_the_clients() {
    let server = Server::start(Kind::Sqlite);
    let read = |path: &str| -> Value {
        let plain = server.get(path).without("X-Appwrite-Project").send().expect(200).json();
        let below = server.get(&format!("/frontegg{path}")).header("Content-Type", "application/json").send();
        assert_eq!(below.expect(200).json(), plain, "{path}");
        plain
    };
    assert_eq!(read("/flags"), json!({}));
    assert_eq!(
        read("/metadata?entityName=adminBox"),
        json!({"rows": [{"entityName": "adminBox", "configuration": {}}]})
    );
    assert_eq!(read("/vendors/public")["name"], "Demo");
    assert_eq!(read("/team/resources/sso/v2/configurations/public"), json!({"isActive": false}));
    assert_eq!(read(&format!("{ID}/sso/v2")), json!([]));
    assert_eq!(read(&format!("{ID}/sso/custom/v1")), json!({"providers": []}));
    let sign_up = read(&format!("{ID}/configurations/v1/sign-up/strategies"));
    assert_eq!(sign_up[0], json!({"strategy": "email", "isActive": true, "isRequired": true}));
    assert_eq!(read(&format!("{ID}/configurations/v1/public"))["authStrategy"], "EmailAndPassword");
    let strategies = read(&format!("{ID}/configurations/v1/auth/strategies/public"));
    assert_eq!(strategies["mainAuthStrategies"], json!([{"strategy": "EmailAndPassword"}]));
    assert_eq!(strategies["secondaryAuthStrategies"][0], json!({"strategy": "SmsCodeV2", "isActive": false}));
    let rules = read(&format!("{ID}/users/v1/passwords/config?userId="));
    assert_eq!((&rules["minLength"], &rules["requiredTests"]), (&json!(8), &json!([])));
    server.settings(&json!({"auth": {"signUp": false}}));
    assert_eq!(read(&format!("{ID}/configurations/v1/sign-up/strategies"))[0]["isActive"], false);
    assert_eq!(read(&format!("{ID}/configurations/v1/public"))["allowSignups"], false);
}

#[test]
fn the_whole_configuration_has_the_public_key_and_is_for_whoever_has_a_token() {
    let server = Server::start(Kind::Sqlite);
    let path = format!("{ID}/configurations/v1");
    assert_eq!(server.get(&path).send().status, 401);
    let token = server.vendor_token(server.api_key());
    let by = |path: &str| server.get(path).header("x-access-token", &token).send().expect(200).json();
    let configuration = by(&path);
    let pem = configuration["publicKey"].as_str().unwrap();
    assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----\n"), "{pem}");
    assert_eq!((&configuration["jwtAlgorithm"], &configuration["id"]), (&json!("RS256"), &json!(server.client_id())));
    let sessions = by(&format!("{ID}/configurations/sessions/v1"));
    assert_eq!(sessions["sessionConcurrentConfiguration"], json!({"isActive": true, "maxSessions": 10}));
    assert_eq!(sessions["sessionIdleTimeoutConfiguration"]["isActive"], false, "boxes would log people out");
    assert_eq!(by(&format!("{ID}/configurations/v1/password"))["maxLength"], 256);
    for jwks in ["/.well-known/jwks.json", "/frontegg/.well-known/jwks.json"] {
        let keys = server.get(jwks).send().expect(200).json();
        assert!(
            keys["keys"].as_array().unwrap().iter().any(|key| key["alg"] == "RS256" && key["kty"] == "RSA"),
            "{keys}"
        );
    }
}
