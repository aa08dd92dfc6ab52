//! One user, as customers' own servers read, change and remove him.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use super::users::Vendor;
use super::{EMAIL, ID, refused, with_anna};
use crate::browser::Browser;
use crate::call::fields;
use crate::server::{Server, on_both};

const ANNA: &str = "/identity/resources/users/v1/anna";
const ME: &str = "/identity/resources/users/v2/me";

/// What she reads of herself.
fn me(server: &Server) -> (Value, Vec<String>) {
    let token = Browser::new(server).by_password(EMAIL).expect(200).json()["accessToken"].as_str().unwrap().to_owned();
    server.home.keep_secret(&token);
    let call = server.get(ME).without("X-Appwrite-Project").header("Authorization", format!("Bearer {token}"));
    let answer = call.send();
    (answer.expect(200).json(), fields(&answer.body).into_iter().map(|(name, _)| name).collect())
}

on_both! {
    fn a_server_reads_and_changes_a_user(kind: Kind) {
        let server = with_anna(kind);
        let vendor = Vendor::new(&server);
        let whole = vendor.get(&format!("{ID}/vendor-only/users/v1/anna")).expect(200).json();
        assert_eq!((&whole["id"], &whole["email"], &whole["vendorMetadata"]), (&json!("anna"), &json!(EMAIL), &json!("{}")));
        assert_eq!(vendor.get(ANNA).expect(200).json(), whole);
        let put = |body: &Value| vendor.call("PUT", ANNA).json(body).send();
        assert_eq!(put(&json!({})).expect(200).json(), whole, "what is left out stays");

        let body = json!({
            "name": "Anna B.", "phoneNumber": "+1-202-555-0123", "profilePictureUrl": "https://shop.example/a.png",
            "metadata": "{\"theme\":\"dark\"}", "vendorMetadata": "{\"plan\":\"pro\"}", "externalId": "crm-17",
            "mfaBypass": true, "email": "other@example.com", "verified": true, "isLocked": true,
        });
        let changed = put(&body).expect(200).json();
        for name in ["name", "phoneNumber", "profilePictureUrl", "metadata", "vendorMetadata", "externalId", "mfaBypass"] {
            assert_eq!(changed[name], body[name], "{name}");
        }
        assert_eq!((&changed["email"], &changed["verified"], &changed["isLocked"]), (&json!(EMAIL), &json!(false), &json!(false)));
        assert_eq!(vendor.get(ANNA).json(), changed);
        let acting = vendor.call("GET", ME).header("frontegg-user-id", "anna").send().expect(200).json();
        assert_eq!(acting, changed, "a server that acts for her reads what servers read");
        // She is told the id, and nothing of the rest.
        let (told, names) = me(&server);
        assert_eq!(told["externalId"], "crm-17");
        for hidden in ["vendorMetadata", "mfaBypass"] {
            assert!(!names.iter().any(|name| name == hidden), "{hidden}");
        }

        let one = put(&json!({"vendorMetadata": "{}"})).expect(200).json();
        assert_eq!((&one["vendorMetadata"], &one["externalId"], &one["name"]), (&json!("{}"), &json!("crm-17"), &json!("Anna B.")));
        let none = put(&json!({"externalId": null, "vendorMetadata": null, "profilePictureUrl": null, "metadata": null, "mfaBypass": false})).expect(200).json();
        for (name, value) in [("externalId", json!(null)), ("profilePictureUrl", json!(null)), ("vendorMetadata", json!("{}")), ("mfaBypass", json!(false)), ("metadata", body["metadata"].clone())] {
            assert_eq!(none[name], value, "{name}");
        }
        refused(&put(&json!({"vendorMetadata": "[]"})), 400, "vendorMetadata must be a JSON object, as text");
        refused(&put(&json!({"externalId": "x".repeat(257)})), 400, "externalId must be at most 256 characters");
        refused(&put(&json!({"name": "Half", "mfaBypass": "yes"})), 400, "mfaBypass must be true or false");
        refused(&put(&json!({"name": "Half", "externalId": "a\nb"})), 400, "externalId must be 1 to 256 characters in one line.");
        assert_eq!(vendor.get(ANNA).json(), none, "all or nothing");
        for path in ["vendor-only/users/v1/nobody", "users/v1/nobody"] {
            refused(&vendor.get(&format!("{ID}/{path}")), 404, "There is no such user.");
        }
        refused(&vendor.call("PUT", &format!("{ID}/users/v1/nobody")).json(&body).send(), 404, "There is no such user.");
        // What she says of herself writes none of it.
        let token = Browser::new(&server).by_password(EMAIL).json()["accessToken"].as_str().unwrap().to_owned();
        server.home.keep_secret(&token);
        let own = server.call("PUT", ME).without("X-Appwrite-Project").header("Authorization", format!("Bearer {token}"));
        own.json(&json!({"externalId": "mine", "vendorMetadata": "{\"mine\":1}", "mfaBypass": true})).send().expect(200);
        let after = vendor.get(ANNA).json();
        for name in ["externalId", "vendorMetadata", "mfaBypass"] {
            assert_eq!(after[name], none[name], "{name}");
        }
        // Somebody who is locked can be changed.
        vendor.call("POST", &format!("{ANNA}/lock")).send().expect(200);
        assert_eq!(put(&json!({"externalId": "crm-18"})).expect(200).json()["externalId"], "crm-18");
    }
}

on_both! {
    fn a_server_gives_a_user_another_address(kind: Kind) {
        let server = with_anna(kind);
        server.sign_up("bert", "bert@example.com", crate::people::PASSWORD).send().expect(201);
        let vendor = Vendor::new(&server);
        vendor.call("POST", &format!("{ANNA}/verify")).send().expect(200);
        let put = |email: &str| vendor.call("PUT", &format!("{ANNA}/email")).json(&json!({"email": email})).send();
        let changed = put("New@Example.com").expect(200).json();
        assert_eq!((&changed["email"], &changed["verified"]), (&json!("new@example.com"), &json!(false)));
        refused(&Browser::new(&server).by_password(EMAIL), 401, "Incorrect email or password");
        Browser::new(&server).by_password("new@example.com").expect(200);
        refused(&put("bert@example.com"), 409, "An account with this e-mail address exists. Sign in instead.");
        refused(&put("no address"), 400, "email must be an e-mail address");
        refused(&vendor.call("PUT", &format!("{ANNA}/email")).json(&json!({})).send(), 400, "email is required");
        assert_eq!(vendor.get(ANNA).json()["email"], "new@example.com");
        let nobody = vendor.call("PUT", &format!("{ID}/users/v1/nobody/email")).json(&json!({"email": "x@example.com"}));
        refused(&nobody.send(), 404, "There is no such user.");
    }
}

on_both! {
    fn a_user_is_taken_out_of_an_account_or_removed_whole(kind: Kind) {
        let server = with_anna(kind);
        let vendor = Vendor::new(&server);
        for id in ["acme", "bolt"] {
            vendor.post("/tenants/resources/tenants/v1", &json!({"name": id, "tenantId": id})).expect(201);
            let call = vendor.call("POST", &format!("{ID}/users/v2")).header("frontegg-tenant-id", id);
            call.json(&json!({"email": EMAIL})).send().expect(201);
        }
        let token = Browser::new(&server).by_password(EMAIL).expect(200).json()["accessToken"].as_str().unwrap().to_owned();
        server.home.keep_secret(&token);
        let of = |method: &str, tenant: &str| vendor.call(method, ANNA).header("frontegg-tenant-id", tenant).send();
        assert_eq!(of("GET", "acme").expect(200).json()["tenantIds"], json!(["acme", "bolt"]));
        let by_mail = |query: &str, tenant: &str| {
            vendor.call("GET", &format!("{ID}/users/v1/email?{query}")).header("frontegg-tenant-id", tenant).send()
        };
        assert_eq!(by_mail("email=ANNA@example.com", "bolt").expect(200).json()["id"], "anna");
        assert_eq!(vendor.get(&format!("{ID}/users/v1/email?email={EMAIL}")).expect(200).json(), vendor.get(ANNA).json());
        refused(&by_mail("email=anna@example.com", "demo"), 404, "There is no such user.");
        refused(&by_mail("email=nobody@example.com", "bolt"), 404, "There is no such user.");
        for bad in ["", "email=", "email=anna"] {
            refused(&by_mail(bad, "bolt"), 400, "email is required: an e-mail address in the query");
        }
        for (method, tenant) in [("GET", "demo"), ("DELETE", "demo"), ("GET", "nothing"), ("DELETE", "nothing")] {
            refused(&of(method, tenant), 404, "There is no such user.");
        }
        of("DELETE", "acme").expect(200);
        assert_eq!(vendor.get(ANNA).json()["tenantIds"], json!(["bolt"]));
        refused(&of("DELETE", "acme"), 404, "There is no such user.");
        let mine = || server.get(ME).without("X-Appwrite-Project").header("Authorization", format!("Bearer {token}")).send();
        assert_eq!(mine().expect(200).json()["tenantId"], "bolt", "she stays signed in");
        of("DELETE", "bolt").expect(200);
        refused(&vendor.get(ANNA), 404, "There is no such user.");
        refused(&mine(), 401, "Unauthorized");
        refused(&Browser::new(&server).by_password(EMAIL), 401, "Incorrect email or password");
        assert_eq!(server.home.count("SELECT COUNT(*) FROM memberships"), 0);

        // Without an account: whatever she belongs to.
        server.sign_up("anna", EMAIL, crate::people::PASSWORD).send().expect(201);
        for id in ["acme", "bolt"] {
            let call = vendor.call("POST", &format!("{ID}/users/v2")).header("frontegg-tenant-id", id);
            call.json(&json!({"email": EMAIL})).send().expect(201);
        }
        vendor.call("DELETE", ANNA).send().expect(200);
        refused(&vendor.call("DELETE", ANNA).send(), 404, "There is no such user.");
        assert_eq!(server.home.count("SELECT COUNT(*) FROM memberships"), 0);
    }
}
