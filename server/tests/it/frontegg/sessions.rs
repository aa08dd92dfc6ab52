//! Where somebody is signed in, and ending it.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use super::{Browser, EMAIL, ID, claims, refused, with_anna};
use crate::call::{Answer, fields};
use crate::people::PASSWORD;
use crate::server::{Server, on_both};

const MISSING: &str = "The user has no such session.";

fn me(below: &str) -> String {
    format!("{ID}/users/sessions/v1/me{below}")
}

fn by(server: &Server, token: &str, method: &str, path: &str) -> Answer {
    server.call(method, path).header("Authorization", format!("Bearer {token}")).send()
}

/// Signs in with this `User-Agent`; the browser, its token and the session's id.
fn signed_in<'a>(server: &'a Server, email: &str, agent: &str) -> (Browser<'a>, String, String) {
    let mut browser = Browser::new(server);
    let call = browser.call("POST", &format!("{ID}/auth/v1/user")).json(&json!({"email": email, "password": PASSWORD}));
    let answer = call.header("User-Agent", agent).send();
    browser.keep(&answer);
    super::keep_tokens(&browser, &answer);
    let token = answer.expect(200).json()["accessToken"].as_str().unwrap().to_owned();
    let session = claims(&token)["sid"].as_str().unwrap().to_owned();
    (browser, token, session)
}

on_both! {
    fn everybody_sees_his_own_sessions_and_ends_them(kind: Kind) {
        let server = with_anna(kind);
        server.sign_up("bernd", "bernd@example.org", PASSWORD).send().expect(201);
        let (mut here, token, own) = signed_in(&server, EMAIL, "Firefox");
        let (mut phone, _, phones) = signed_in(&server, EMAIL, "Phone");
        let (mut third, _, thirds) = signed_in(&server, EMAIL, "Third");
        let (mut bernds, bernd, of_bernd) = signed_in(&server, "bernd@example.org", "Firefox");

        let answer = by(&server, &token, "GET", &me(""));
        let list = answer.expect(200).json();
        let told = |n: usize, name: &str| list[n][name].clone();
        assert_eq!([0, 1, 2].map(|n| told(n, "id")), [json!(own), json!(phones), json!(thirds)]);
        assert_eq!([0, 1, 2].map(|n| told(n, "current")), [json!(true), json!(false), json!(false)]);
        assert_eq!([0, 1].map(|n| told(n, "userAgent")), [json!("Firefox"), json!("Phone")]);
        assert_eq!(list.as_array().map(Vec::len), Some(3), "and nobody else's");
        let current = by(&server, &token, "GET", &me("/current"));
        assert_eq!(current.expect(200).json(), list[0]);
        let names: Vec<_> = fields(&current.body).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["id", "expires", "createdAt", "ipAddress", "userAgent", "current", "impersonated"]);
        assert_eq!((&list[0]["ipAddress"], &list[0]["impersonated"]), (&json!("127.0.0.1"), &json!(false)));

        for id in [of_bernd.as_str(), "nobody"] {
            refused(&by(&server, &token, "DELETE", &me(&format!("/{id}"))), 404, MISSING);
        }
        bernds.refresh().expect(201);
        assert_eq!(by(&server, &token, "DELETE", &me(&format!("/{phones}"))).expect(200).body, "{}");
        refused(&phone.refresh(), 401, "Session not found");
        refused(&by(&server, &token, "DELETE", &me(&format!("/{phones}"))), 404, MISSING);
        third.refresh().expect(201);
        assert_eq!(by(&server, &token, "DELETE", &me("/all")).expect(200).body, "{}");
        refused(&third.refresh(), 401, "Session not found");
        here.refresh().expect(201);
        assert_eq!(by(&server, &bernd, "GET", &me("")).expect(200).json().as_array().map(Vec::len), Some(1));
        let ended = by(&server, &token, "DELETE", &me(&format!("/{own}")));
        assert_eq!(ended.expect(200).cookie(&server.frontegg_cookie("refresh")), Some(""));
        refused(&by(&server, &token, "GET", &me("")), 401, "Unauthorized");
        refused(&here.refresh(), 401, "Session not found");
    }
}

on_both! {
    fn a_server_ends_the_sessions_of_whom_it_names(kind: Kind) {
        let server = with_anna(kind);
        let vendor = server.vendor_token(server.api_key());
        let acting = |method: &str, path: &str, user: &str| {
            server.call(method, path).header("x-access-token", &vendor).header("frontegg-user-id", user).send()
        };
        let revoke = |body: &Value| {
            server.post(&format!("{ID}/users/sessions/v1/revoke"), body).header("x-access-token", &vendor).send()
        };
        let (mut browser, _, session) = signed_in(&server, EMAIL, "Firefox");
        let list = acting("GET", &me(""), "anna").expect(200).json();
        assert_eq!((&list[0]["id"], &list[0]["current"]), (&json!(session), &json!(false)));
        acting("DELETE", &me("/all"), "anna").expect(200);
        refused(&browser.refresh(), 401, "Session not found");

        let (mut browser, _, session) = signed_in(&server, EMAIL, "Firefox");
        acting("DELETE", &me(&format!("/{session}")), "anna").expect(200);
        refused(&browser.refresh(), 401, "Session not found");

        let (mut browser, token, _) = signed_in(&server, EMAIL, "Firefox");
        assert_eq!(revoke(&json!({"userId": "anna"})).expect(200).body, "{}");
        refused(&browser.refresh(), 401, "Session not found");
        refused(&by(&server, &token, "GET", &me("")), 401, "Unauthorized");
        refused(&revoke(&json!({"userId": "nobody"})), 404, "There is no such user.");
        refused(&revoke(&json!({})), 400, "userId is required");
    }
}
