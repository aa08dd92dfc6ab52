//! Users and accounts, as customers' own servers see them.

use countersign_domain::db::Kind;
use countersign_domain::project::{self, NewKey};
use serde_json::{Value, json};

use super::{ID, refused};
use crate::browser::Browser;
use crate::call::{Answer, Call};
use crate::people::PASSWORD;
use crate::server::{Server, on_both};

/// A server of a customer.
pub(super) struct Vendor<'a> {
    server: &'a Server,
    token: String,
}

impl<'a> Vendor<'a> {
    pub(super) fn new(server: &'a Server) -> Self {
        Self { server, token: server.vendor_token(server.api_key()) }
    }

    pub(super) fn call(&self, method: &str, path: &str) -> Call {
        self.server.call(method, path).without("X-Appwrite-Project").header("x-access-token", &self.token)
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path).json(body).send()
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        self.call("GET", path).send()
    }

    /// The ids in a page of a list.
    #[track_caller]
    pub(super) fn ids(&self, path: &str) -> Vec<String> {
        let page = self.get(path).expect(200).json();
        page["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    }
}

on_both! {
    fn a_server_makes_finds_and_moves_users(kind: Kind) {
        let server = Server::start(kind);
        let vendor = Vendor::new(&server);
        let tenants = "/tenants/resources/tenants";
        vendor.post(&format!("{tenants}/v1"), &json!({"name": "Acme", "tenantId": "acme"})).expect(201);
        let new = |email: &str| json!({"email": email, "name": "Anna", "password": PASSWORD, "metadata": "{\"a\":1}",
            "provider": "local", "roleIds": ["x"], "skipInviteEmail": true, "phoneNumber": ""});
        server.home.keep_secret(PASSWORD);
        let made = vendor.post(&format!("{ID}/vendor-only/users/v1"), &new("anna@example.com")).expect(201).json();
        assert_eq!((&made["tenantId"], &made["metadata"]), (&json!("demo"), &json!("{\"a\":1}")));
        let again = vendor.post(&format!("{ID}/vendor-only/users/v1"), &new("anna@example.com"));
        refused(&again, 409, "An account with this e-mail address exists. Sign in instead.");
        let mut body = new("bert@example.com");
        body["tenantId"] = json!("acme");
        let bert = vendor.post(&format!("{ID}/vendor-only/users/v1"), &body).expect(201).json();
        assert_eq!(bert["tenantIds"], json!(["acme"]));
        Browser::new(&server).by_password("anna@example.com").expect(200);

        let (anna, bert) = (made["id"].as_str().unwrap(), bert["id"].as_str().unwrap());
        let list = |query: &str| vendor.ids(&format!("{ID}/users/v3?{query}"));
        assert_eq!(list(""), [anna, bert]);
        assert_eq!(list("_order=DESC&_sortBy=email"), [bert, anna]);
        assert_eq!(list("_email=BERT@example.com"), [bert]);
        assert_eq!(list("_identifier=anna@example.com&_identifierType=email"), [anna]);
        assert!(list("_identifier=anna&_identifierType=username").is_empty());
        assert!(list("_identifier=%2B14255550123&_identifierType=phoneNumber").is_empty());
        assert!(list("_identifier=no-number&_identifierType=phoneNumber").is_empty());
        assert_eq!(list(&format!("ids={bert}&ids={anna}")).len(), 2);
        assert_eq!(list(&format!("ids={bert},none")), [bert]);
        assert_eq!(list("_tenantId=acme"), [bert]);
        assert_eq!(list("_tenantId=demo"), [anna], "who belongs to none belongs to the project's own");
        assert!(list("_tenantId=nothing").is_empty());
        let page = vendor.get(&format!("{ID}/users/v3?_limit=1&_offset=1")).json();
        assert_eq!(page["_metadata"], json!({"totalItems": 2, "totalPages": 2}));
        assert_eq!(page["_links"], json!({"next": "", "prev": "_limit=1&_offset=0", "first": "_limit=1&_offset=0",
            "last": "_limit=1&_offset=1"}));
        assert_eq!(page["items"][0]["id"], bert);
        for bad in ["_limit=0", "_limit=201", "_limit=x", "_offset=-1", "_order=up", "_sortBy=secret", "_identifier=x&_identifierType=y"] {
            assert_eq!(vendor.get(&format!("{ID}/users/v3?{bad}")).status, 400, "{bad}");
        }

        vendor.call("POST", &format!("{ID}/users/v1/{anna}/verify")).send().expect(200);
        let call = vendor.call("GET", "/identity/resources/users/v2/me").header("frontegg-user-id", anna);
        assert_eq!(call.send().expect(200).json()["verified"], true);
        refused(&vendor.post(&format!("{ID}/users/v1/nobody/verify"), &json!({})), 404, "There is no such user.");
        refused(&vendor.post(&format!("{ID}/users/v2"), &new("c@example.com")), 400, "Name the account in the header frontegg-tenant-id.");
        let call = vendor.call("POST", &format!("{ID}/users/v2")).header("frontegg-tenant-id", "nothing");
        refused(&call.json(&new("c@example.com")).send(), 404, "There is no account with this id.");
        let mut bypass = new("c@example.com");
        bypass["mfaBypass"] = json!(true);
        assert_eq!(list("").len(), 2, "nobody was made by what was refused");
        server.settings(&json!({"mfa": {"enforce": "force"}}));
        vendor.post(&format!("{ID}/vendor-only/users/v1"), &bypass).expect(201);
        assert_eq!(server.home.count("SELECT COUNT(*) FROM users WHERE mfa_bypass = TRUE"), 1);
    }
}

on_both! {
    fn what_a_server_notes_about_a_user_is_kept_and_finds_him(kind: Kind) {
        let server = Server::start(kind);
        let vendor = Vendor::new(&server);
        let noted = |email: &str, id: &str| json!({"email": email, "externalId": id, "vendorMetadata": "{\"plan\": \"pro\"}"});
        let make = |path: &str, body: &Value| {
            let call = vendor.call("POST", &format!("{ID}/{path}")).header("frontegg-tenant-id", "demo");
            call.json(body).send().expect(201).json()
        };
        let anna = make("vendor-only/users/v1", &noted("anna@example.com", "crm-1"));
        let bert = make("users/v2", &noted("bert@example.com", "crm-1"));
        let carl = make("migrations/v1/local", &noted("carl@example.com", "crm/2 ä"));
        let plain = make("users/v2", &json!({"email": "dora@example.com"}));
        for (made, external) in [(&anna, json!("crm-1")), (&bert, json!("crm-1")), (&carl, json!("crm/2 ä"))] {
            assert_eq!((&made["externalId"], &made["vendorMetadata"]), (&external, &json!("{\"plan\": \"pro\"}")));
        }
        assert_eq!((&plain["externalId"], &plain["vendorMetadata"], &plain["mfaBypass"]), (&Value::Null, &json!("{}"), &json!(false)));
        let id = |user: &Value| user["id"].as_str().unwrap().to_owned();
        let list = |query: &str| vendor.ids(&format!("{ID}/users/v3?_identifierType=externalId&_identifier={query}"));
        assert_eq!(list("crm-1"), [id(&anna), id(&bert)]);
        assert_eq!(list("crm%2F2%20%C3%A4"), [id(&carl)]);
        assert_eq!(list("crm-1&_email=bert@example.com"), [id(&bert)]);
        assert_eq!(list("crm-1&_limit=1&_offset=1"), [id(&bert)]);
        for nobody in ["crm", "crm-1%00", "crm-1&_tenantId=nothing"] {
            assert!(list(nobody).is_empty(), "{nobody}");
        }
        let page = vendor.get(&format!("{ID}/users/v3?_email=anna@example.com")).expect(200).json();
        assert_eq!(page["items"][0], anna, "the list says the same");
        for bad in [json!({"externalId": "x".repeat(257)}), json!({"externalId": 7}), json!({"vendorMetadata": "[]"}), json!({"vendorMetadata": {}}), json!({"externalId": "a\nb"})] {
            let mut body = json!({"email": "e@example.com"});
            body.as_object_mut().unwrap().extend(bad.as_object().unwrap().clone());
            for path in ["vendor-only/users/v1", "migrations/v1/local"] {
                assert_eq!(vendor.post(&format!("{ID}/{path}"), &body).status, 400, "{path} {bad}");
            }
        }
        assert!(vendor.ids(&format!("{ID}/users/v3?_email=e@example.com")).is_empty());
    }
}

on_both! {
    fn a_server_keeps_accounts_of_users(kind: Kind) {
        let server = Server::start(kind);
        let vendor = Vendor::new(&server);
        let (v1, v2) = ("/tenants/resources/tenants/v1", "/tenants/resources/tenants/v2");
        let own = vendor.get(&format!("{v2}/demo")).expect(200).json();
        assert_eq!((&own["name"], &own["vendorId"], &own["metadata"]), (&json!("Demo"), &json!(server.client_id()), &json!("{}")));
        let body = json!({"name": "Acme", "tenantId": "acme", "creatorEmail": "a@example.com", "metadata": "{}", "unknown": 1});
        let made = vendor.post(v1, &body).expect(201).json();
        assert_eq!((&made["tenantId"], &made["id"], &made["creatorEmail"]), (&json!("acme"), &json!("acme"), &json!("a@example.com")));
        assert_eq!(vendor.get(&format!("{v2}/acme")).json(), made);
        refused(&vendor.post(v1, &body), 409, "An account with this id exists.");
        refused(&vendor.post(v1, &json!({})), 400, "name is required");
        assert_eq!(vendor.post(v1, &json!({"name": "x", "tenantId": "no id"})).status, 400);
        assert_eq!(vendor.post(v1, &json!({"name": "x", "metadata": "[]"})).status, 400);
        let changed = vendor.call("PUT", &format!("{v2}/acme")).json(&json!({"name": "Acme Inc."})).send().json();
        assert_eq!((&changed["name"], &changed["creatorEmail"]), (&json!("Acme Inc."), &json!("a@example.com")));
        let list = |query: &str| vendor.ids(&format!("{v2}?{query}"));
        assert_eq!(list("_sortBy=name"), ["acme", "demo"]);
        assert_eq!(list("_sortBy=tenantId&_order=DESC"), ["demo", "acme"]);
        assert_eq!(list("_filter=INC"), ["acme"]);
        assert_eq!(list("_tenantIds=demo&_tenantIds=x"), ["demo"]);
        assert_eq!(list("_limit=1&_offset=1&_sortBy=name"), ["demo"]);
        assert_eq!(vendor.get(&format!("{v2}?_sortBy=x")).status, 400);
        vendor.call("DELETE", &format!("{v1}/acme")).send().expect(200);
        refused(&vendor.get(&format!("{v2}/acme")), 404, "There is no account with this id.");
        refused(&vendor.call("DELETE", &format!("{v1}/acme")).send(), 404, "There is no account with this id.");
        assert_eq!(vendor.call("DELETE", &format!("{v1}/demo")).send().status, 400);
        vendor.post(v1, &body).expect(201);
        assert_eq!(vendor.get(&format!("{v2}/acme")).json()["name"], "Acme");
    }
}

#[test]
fn a_migrated_user_signs_in_with_the_password_that_he_had() {
    let server = Server::start(Kind::Sqlite);
    let vendor = Vendor::new(&server);
    let path = format!("{ID}/migrations/v1/local");
    // bcrypt of `appwrite`.
    let hash = "$2a$15$xX/myGbFU.ZSKHSi6EHdBOySTdYm8QxBLXmOPHrYMwV0mHRBBSBOq";
    let body = json!({"email": "anna@example.com", "name": "Anna", "passwordHash": hash, "passwordHashType": "bcrypt",
        "phoneNumber": "+14255550123", "phoneNumberType": "auth", "metadata": "{}"});
    server.home.keep_secret("+14255550123");
    let made = vendor.post(&path, &body).expect(201).json();
    assert_eq!(made["verified"], true);
    let found = vendor.ids(&format!("{ID}/users/v3?_identifier=%2B14255550123&_identifierType=phoneNumber"));
    assert_eq!(found, [made["id"].as_str().unwrap()]);
    assert_eq!(vendor.post(&path, &body).status, 409);
    let mut browser = Browser::new(&server);
    let body = json!({"email": "anna@example.com", "password": "appwrite"});
    let answer = browser.post(&format!("{ID}/auth/v1/user"), &body);
    server.home.keep_secret(answer.expect(200).json()["accessToken"].as_str().unwrap());
    let body = json!({"email": "c@example.com", "phoneNumber": "+14255550124", "phoneNumberType": "mfa"});
    server.home.keep_secret("+14255550124");
    assert_eq!(vendor.post(&path, &body).expect(201).json()["mfaEnrolled"], true);
    let by_number = format!("{ID}/users/v3?_identifier=%2B14255550124&_identifierType=phoneNumber");
    assert!(vendor.ids(&by_number).is_empty(), "such a number finds nobody");
    let bad = json!({"email": "b@example.com", "passwordHash": hash, "passwordHashType": "rot13"});
    refused(&vendor.post(&path, &bad), 400, "passwordHashType must be bcrypt or argon2");
    assert_eq!(vendor.post(&path, &json!({})).status, 400, "somebody must be known by something");
}

#[test]
fn a_token_ends_with_its_key_and_binds_to_its_scopes_and_its_project() {
    let server = Server::start(Kind::Sqlite);
    let key = |scopes: &[&str]| {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let new = NewKey { name: "k".to_owned(), scopes, expires_at: None, secret: None };
        let (key, secret) = server.home.write("demo", 0, move |tx, ctx| project::create_key(tx, ctx, "demo", &new));
        server.home.keep_secret(secret.expose());
        (key.id, secret.expose().to_owned())
    };
    let (id, secret) = key(&["users.read"]);
    let token = server.vendor_token(&secret);
    let list = || server.get(&format!("{ID}/users/v3")).header("Authorization", format!("Bearer {token}")).send();
    list().expect(200);
    let made =
        server.post("/tenants/resources/tenants/v1", &json!({"name": "x"})).header("x-access-token", &token).send();
    refused(&made, 403, "The API key lacks the scope users.write.");
    // The token, not the host, says the project.
    server.home.create_project("shop", &[]);
    server.home.write("shop", 0, |tx, ctx| {
        let hosts = json!({"frontegg": {"hosts": ["shop.example"]}});
        project::update(tx, ctx, "shop", None, &hosts)
    });
    crate::server::eventually("the other project is known", || {
        let call = server.get("/vendors/public").host("shop.example").send();
        (call.json()["name"] == "shop").then_some(())
    });
    let by_host = server.get(&format!("{ID}/users/v3")).host("shop.example").header("x-access-token", &token).send();
    by_host.expect(200);
    let named = server.get("/vendors/public").header("frontegg-vendor-host", "https://shop.example").send();
    assert_eq!(named.json()["name"], "shop");
    server.home.write("demo", 0, move |tx, ctx| project::delete_key(tx, ctx, "demo", &id));
    refused(&list(), 401, "Unauthorized");
    server.advance(3_600);
    let late = server.vendor_token(server.api_key());
    server.advance(3_600);
    let call = server.get(&format!("{ID}/users/v3")).header("x-access-token", late);
    refused(&call.send(), 401, "Unauthorized");
}
