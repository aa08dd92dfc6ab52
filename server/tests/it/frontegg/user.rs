//! Whoever is signed in: his profile and his accounts.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use super::{EMAIL, ID, claims, refused, with_anna};
use crate::browser::Browser;
use crate::call::{Call, fields};
use crate::server::{Server, on_both};

const ME: &str = "/identity/resources/users/v2/me";

/// A call with somebody's access token.
fn by(call: Call, token: &Value) -> Call {
    call.without("X-Appwrite-Project").header("Authorization", format!("Bearer {}", token.as_str().unwrap()))
}

fn token(server: &Server) -> Value {
    Browser::new(server).by_password(EMAIL).expect(200).json()["accessToken"].clone()
}

#[test]
fn who_is_signed_in_is_told_as_clients_read_him() {
    let server = with_anna(Kind::Sqlite);
    let token = token(&server);
    let answer = by(server.get(&format!("{ME}?addRoles=true")), &token).send();
    let me = answer.expect(200).json();
    let names: Vec<_> = fields(&answer.body).into_iter().map(|(name, _)| name).collect();
    let expected = "id sub email name profilePictureUrl verified mfaEnrolled phoneNumber provider tenantId tenantIds tenants \
                    roles permissions metadata createdAt lastLogin activatedForTenant isLocked subAccountAccessAllowed \
                    managedBy";
    assert_eq!(names, expected.split(' ').collect::<Vec<_>>());
    for (name, value) in [
        ("id", json!("anna")),
        ("sub", json!("anna")),
        ("email", json!(EMAIL)),
        ("verified", json!(false)),
        ("mfaEnrolled", json!(false)),
        ("tenantId", json!("demo")),
        ("tenantIds", json!(["demo"])),
        ("tenants", json!([{"tenantId": "demo", "roles": []}])),
        ("metadata", json!("{}")),
        ("isLocked", json!(false)),
    ] {
        assert_eq!(me[name], value, "{name}");
    }
    refused(&server.get(ME).send(), 401, "Unauthorized");
    refused(&server.get(ME).header("Authorization", "Basic eDp5").send(), 401, "Unauthorized");
}

#[test]
fn a_profile_changes_what_its_owner_says_and_nothing_else() {
    let server = with_anna(Kind::Sqlite);
    let token = token(&server);
    let put = |body: &Value| by(server.call("PUT", ME), &token).json(body).send();
    let body = json!({
        "name": "Anna", "phoneNumber": "+1-202-555-0123", "profilePictureUrl": "https://shop.example/a.png",
        "metadata": "{\"theme\":\"dark\"}", "email": "other@example.com", "verified": true, "mfaBypass": true,
    });
    let me = put(&body).expect(200).json();
    assert_eq!((&me["name"], &me["phoneNumber"]), (&json!("Anna"), &json!("+1-202-555-0123")));
    assert_eq!((&me["email"], &me["verified"]), (&json!(EMAIL), &json!(false)));
    assert_eq!(by(server.get(ME), &token).send().json(), me);
    assert_eq!(put(&json!({"name": ""})).expect(200).json(), me, "an empty text is none");
    refused(&put(&json!({"phoneNumber": "0202"})), 400, "phoneNumber must be a plus, and digits with single dashes");
    refused(&put(&json!({"metadata": "[]"})), 400, "metadata must be a JSON object, as text");
    refused(&put(&json!({"profilePictureUrl": "javascript:x"})), 400, "profilePictureUrl must be a web address");
    let mut browser = Browser::new(&server);
    let claims = claims(browser.by_password(EMAIL).json()["accessToken"].as_str().unwrap());
    assert_eq!((&claims["name"], &claims["metadata"]), (&json!("Anna"), &json!({"theme": "dark"})));
    assert_eq!(claims["profilePictureUrl"], "https://shop.example/a.png");
    let code = server.post("/v1/account/tokens/phone", &json!({"userId": "unique()", "phone": "+12025550123"}));
    code.send().expect(201);
    assert_eq!(server.home.count("SELECT COUNT(*) FROM users WHERE phone IS NOT NULL AND id = 'anna'"), 0);
}

on_both! {
    fn an_access_token_ends_with_its_session_its_key_and_its_owner(kind: Kind) {
        let server = with_anna(kind);
        let first = token(&server);
        let second = token(&server);
        by(server.get(ME), &first).send().expect(200);
        by(server.call("POST", &format!("{ID}/auth/v1/logout")), &first).send().expect(201);
        refused(&by(server.get(ME), &first).send(), 401, "Unauthorized");
        by(server.get(ME), &second).send().expect(200);
        server.advance(3_600);
        refused(&by(server.get(ME), &second).send(), 401, "Unauthorized");
        let third = token(&server);
        let vendor = json!(server.vendor_token(server.api_key()));
        let switch = |what: &str| by(server.call("POST", &format!("{ID}/users/v1/anna/{what}")), &vendor).send();
        switch("lock").expect(200);
        refused(&by(server.get(ME), &third).send(), 401, "Unauthorized");
        let words = "This account is locked. Ask the people who run the service.";
        refused(&Browser::new(&server).by_password(EMAIL), 423, words);
        switch("unlock").expect(200);
        by(server.get(ME), &third).send().expect(200);
        // A key that somebody else may have.
        let done = server.home.command(&["keys", "rotate", "--project", "demo", "--at-once"]).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        crate::server::eventually("the old key is gone", || {
            (by(server.get(ME), &third).send().status == 401).then_some(())
        });
        by(server.get(ME), &token(&server)).send().expect(200);
    }
}

on_both! {
    fn somebody_who_belongs_to_several_accounts_acts_in_one_and_changes_by_a_refresh(kind: Kind) {
        let server = with_anna(kind);
        let vendor = json!(server.vendor_token(server.api_key()));
        for id in ["acme", "bolt", "other"] {
            let body = json!({"name": id.to_uppercase(), "tenantId": id});
            by(server.post("/tenants/resources/tenants/v1", &body), &vendor).send().expect(201);
        }
        for id in ["acme", "bolt"] {
            let call = by(server.post(&format!("{ID}/users/v2"), &json!({"email": EMAIL})), &vendor);
            call.header("frontegg-tenant-id", id).send().expect(201);
        }
        let mut browser = Browser::new(&server);
        let token = browser.by_password(EMAIL).json()["accessToken"].clone();
        let read = |token: &Value| by(server.get("/identity/resources/users/v3/me/tenants"), token).send().json();
        let told = read(&token);
        let ids: Vec<_> = told["tenants"].as_array().unwrap().iter().map(|t| t["tenantId"].clone()).collect();
        assert_eq!((ids, &told["activeTenant"]["name"]), (vec![json!("acme"), json!("bolt")], &json!("ACME")));
        let path = format!("{ID}/auth/v1/user/token/refresh");
        refused(&browser.post(&path, &json!({"tenantId": "other"})), 404, "There is no account with this id.");
        let other = browser.post(&path, &json!({"tenantId": "bolt"})).expect(201).json();
        for name in ["accessToken", "refreshToken"] {
            server.home.keep_secret(other[name].as_str().unwrap());
        }
        let says = claims(other["accessToken"].as_str().unwrap());
        assert_eq!((&says["tenantId"], &says["tenantIds"]), (&json!("bolt"), &json!(["acme", "bolt"])));
        assert_eq!(read(&token)["activeTenant"]["tenantId"], "bolt");
        browser.post(&path, &json!({"tenantId": null})).expect(201);
        let plain = by(server.get("/identity/resources/users/v2/me/tenants"), &token).send().json();
        assert_eq!(plain.as_array().unwrap().len(), 2);
        let settings = by(server.get("/tenants/resources/account-settings/v1"), &token).send().json();
        assert_eq!(settings, json!({"tenantId": "bolt", "companyName": "BOLT"}));
        by(server.call("DELETE", "/tenants/resources/tenants/v1/bolt"), &vendor).send().expect(200);
        assert_eq!(read(&token)["activeTenant"]["tenantId"], "acme");
    }
}
