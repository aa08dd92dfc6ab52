//! Sessions: cookies, refreshing, leaving.

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use super::{EMAIL, ID, claims, refused, with_anna};
use crate::browser::Browser;
use crate::call::fields;
use crate::people::PASSWORD;
use crate::server::on_both;

#[test]
fn a_sign_in_gives_tokens_and_cookies_in_exactly_frontegg_s_form() {
    let server = with_anna(Kind::Sqlite);
    let mut browser = Browser::new(&server);
    let answer = browser.by_password(EMAIL);
    let body = answer.expect(200).json();
    let names: Vec<_> = fields(&answer.body).into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        [
            "tokenType",
            "mfaRequired",
            "accessToken",
            "refreshToken",
            "expiresIn",
            "expires",
            "userId",
            "userEmail",
            "emailVerified"
        ]
    );
    assert_eq!(
        (&body["tokenType"], &body["mfaRequired"], &body["expiresIn"]),
        (&json!("bearer"), &json!(false), &json!(3600))
    );
    assert_eq!(
        (&body["userId"], &body["userEmail"], &body["emailVerified"]),
        (&json!("anna"), &json!(EMAIL), &json!(false))
    );
    let (refresh, device) = (server.frontegg_cookie("refresh"), server.frontegg_cookie("device"));
    let token = body["refreshToken"].as_str().unwrap();
    let name = browser.cookie(&device).unwrap();
    assert_eq!(
        answer.cookies(),
        [
            format!("{refresh}={token}; Max-Age=2592000; Path=/; HttpOnly; SameSite=Lax"),
            format!("{device}={name}; Max-Age=31536000; Path=/; HttpOnly; SameSite=Lax"),
        ]
    );
    assert!(name.len() == 32 && name.bytes().all(|b| b.is_ascii_hexdigit()));
    let claims = claims(body["accessToken"].as_str().unwrap());
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3_600);
    for (claim, value) in [
        ("iss", json!(server.facts["url"])),
        ("aud", json!(server.client_id())),
        ("sub", json!("anna")),
        ("userId", json!("anna")),
        ("type", json!("userToken")),
        ("tenantId", json!("demo")),
        ("tenantIds", json!(["demo"])),
        ("email", json!(EMAIL)),
        ("email_verified", json!(false)),
        ("amr", json!(["pwd"])),
        ("acr", Value::Null),
        ("roles", json!([])),
        ("permissions", json!([])),
        ("metadata", json!({})),
    ] {
        assert_eq!(claims[claim], value, "{claim}");
    }
    assert!(claims["sid"].is_string() && claims["auth_time"] == claims["iat"]);
    let known = browser.cookie(&device).unwrap().to_owned();
    browser.by_password(EMAIL).expect(200);
    assert_eq!(browser.cookie(&device), Some(known.as_str()), "the device keeps its name");
    let wrong = browser.post(&format!("{ID}/auth/v1/user"), &json!({"email": EMAIL, "password": "wrong password"}));
    refused(&wrong, 401, "Incorrect email or password");
}

on_both! {
    fn a_refresh_replaces_the_token_and_a_spent_one_ends_the_session(kind: Kind) {
        let server = with_anna(kind);
        let path = format!("{ID}/auth/v1/user/token/refresh");
        let mut browser = Browser::new(&server);
        refused(&browser.refresh(), 401, "Session not found");
        let first = browser.by_password(EMAIL).json();
        let second = browser.refresh();
        let body = second.expect(201).json();
        assert_ne!(body["refreshToken"], first["refreshToken"]);
        assert_eq!(second.cookie(&server.frontegg_cookie("refresh")), body["refreshToken"].as_str());
        // Another tab that sent the cookie at the same moment gets an access token and keeps the cookie.
        let by_body = |token: &Value| server.post(&path, &json!({"refreshToken": token})).send();
        let tab = by_body(&first["refreshToken"]);
        let parallel = tab.expect(201).json();
        assert!(parallel["accessToken"].is_string() && parallel["refreshToken"].is_null());
        assert!(tab.cookie(&server.frontegg_cookie("refresh")).is_none());
        server.home.keep_secret(parallel["accessToken"].as_str().unwrap());
        // What begins like a secret of the session, and never was one, changes nothing.
        let mut forged = body["refreshToken"].as_str().unwrap().to_owned();
        forged.replace_range(200.., &"0".repeat(56));
        refused(&by_body(&json!(forged)), 401, "Session not found");
        browser.refresh().expect(201);
        server.advance(10);
        refused(&by_body(&first["refreshToken"]), 401, "Session not found");
        refused(&browser.refresh(), 401, "Session not found");
        assert_eq!(server.home.count("SELECT COUNT(*) FROM audit_events WHERE event = 'session.reuse'"), 1);
    }
}

#[test]
fn the_refresh_cookie_is_also_taken_with_all_dashes_removed_and_without_a_body() {
    let server = with_anna(Kind::Sqlite);
    let token = Browser::new(&server).by_password(EMAIL).json()["refreshToken"].as_str().unwrap().to_owned();
    let name = format!("fe_refresh_{}", server.client_id().replace('-', ""));
    let call = server.call("POST", &format!("/frontegg{ID}/auth/v1/user/token/refresh"));
    let answer = call.header("Cookie", format!("{name}={token}")).header("Content-Type", "application/json").send();
    server.home.keep_secret(answer.expect(201).json()["refreshToken"].as_str().unwrap());
}

#[test]
fn a_session_lives_on_while_it_is_refreshed_and_not_longer_than_sessions_may() {
    let server = with_anna(Kind::Sqlite);
    server.settings(&json!({"frontegg": {"refreshTokenSeconds": 600}, "auth": {"duration": 1_000}}));
    let mut browser = Browser::new(&server);
    browser.by_password(EMAIL).expect(200);
    server.advance(500);
    let answer = browser.refresh();
    let life = answer.expect(201).cookies()[0].split("; ").find_map(|part| part.strip_prefix("Max-Age=")).unwrap();
    // The server's clock goes on by itself as well, and a busy machine takes its time. Else it were 600.
    assert!((400..=500).contains(&life.parse::<i64>().unwrap()), "{life}");
    server.advance(499);
    let token = browser.cookie(&server.frontegg_cookie("refresh")).unwrap().to_owned();
    server.advance(2);
    let late = server.post(&format!("{ID}/auth/v1/user/token/refresh"), &json!({"refreshToken": token})).send();
    refused(&late, 401, "Session not found");
}

#[test]
fn leaving_ends_the_session_of_the_cookie_or_else_of_the_access_token() {
    let server = with_anna(Kind::Sqlite);
    let sessions = || server.home.count("SELECT COUNT(*) FROM sessions");
    let path = format!("{ID}/auth/v1/logout");
    let mut browser = Browser::new(&server);
    let left = browser.post(&path, &json!({}));
    let name = server.frontegg_cookie("refresh");
    let gone = format!("{name}=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; HttpOnly; SameSite=Lax");
    assert_eq!((left.expect(201).body.as_str(), left.cookies()), ("{}", vec![gone.as_str()]), "also without one");
    browser.by_password(EMAIL).expect(200);
    let before = sessions();
    browser.post(&path, &json!({})).expect(201);
    assert_eq!((sessions(), browser.cookie(&name)), (before - 1, None));
    let answer = browser.by_password(EMAIL).json();
    let call = server
        .call("POST", &path)
        .header("Authorization", format!("Bearer {}", answer["accessToken"].as_str().unwrap()));
    call.send().expect(201);
    assert_eq!(sessions(), before - 1);
    refused(&browser.refresh(), 401, "Session not found");
}

#[test]
fn whoever_asks_for_a_second_factor_gets_no_access_token_and_no_cookie_and_cannot_refresh() {
    let server = with_anna(Kind::Sqlite);
    let person = server.again(EMAIL, PASSWORD);
    server.add_app(&person);
    server.by(&person, "PATCH", "/v1/account/mfa").json(&json!({"mfa": true})).send().expect(200);
    let mut browser = Browser::new(&server);
    let answer = browser.by_password(EMAIL);
    let body = answer.expect(200).json();
    assert_eq!((&body["mfaRequired"], &body["accessToken"]), (&json!(true), &Value::Null));
    assert!(answer.cookies().is_empty(), "{}", answer.raw);
    let call = server.post(&format!("{ID}/auth/v1/user/token/refresh"), &json!({"refreshToken": body["mfaToken"]}));
    refused(&call.send(), 401, "Session not found");
}

#[test]
fn cookies_travel_to_other_origins_over_https_and_are_for_https_alone() {
    let server = with_anna(Kind::Sqlite);
    let home = server.home.clone();
    home.write("demo", 0, |tx, ctx| {
        countersign_domain::project::create_platform(tx, ctx, "demo", "shop", "shop.example")
    });
    drop(server);
    let production = crate::server::Server::with_arguments(
        &home,
        &["serve", "--json", "--listen", "127.0.0.1:0"],
        &[("COUNTERSIGN_DEFAULT_PROJECT", "demo")],
    );
    let body = json!({"email": EMAIL, "password": PASSWORD});
    let call = production.post(&format!("{ID}/auth/v1/user"), &body);
    let near = call.send();
    let far = call.header("Origin", "https://shop.example").send();
    for (answer, end) in [(near, "; HttpOnly; Secure; SameSite=Lax"), (far, "; HttpOnly; Secure; SameSite=None")] {
        let body = answer.expect(200).json();
        for name in ["accessToken", "refreshToken"] {
            home.keep_secret(body[name].as_str().unwrap());
        }
        assert!(answer.cookies().iter().all(|line| line.ends_with(end)), "{}", answer.raw);
        assert_eq!(answer.cookies().len(), 2);
    }
}
