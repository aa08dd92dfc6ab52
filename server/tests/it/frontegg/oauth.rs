//! Hosted login: an application sends a browser to our login page and gets a code, and for the code a session.

mod grant;
mod leave;

use countersign_domain::base::crypto::sha256;
use countersign_domain::db::Kind;
use countersign_domain::project;
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::claims;
use crate::browser::Browser;
use crate::call::{Answer, Call};
use crate::redirect::{ELSEWHERE, NO_ADDRESSES};
use crate::server::{Home, Server, eventually, on_both};

const PHONE: &str = "+14255550171";
const OTHER: &str = "+14255550172";
const CALLBACK: &str = "http://localhost:3000/oauth/callback?tab=1";
/// As Frontegg's browser client makes them.
const VERIFIER: &str = "aB3dE5gH7jK9mN1p";
const ME: &str = "/identity/resources/users/v2/me";
const FORM: &str = "application/x-www-form-urlencoded";
const REUSES: &str = "SELECT COUNT(*) FROM audit_events WHERE event = 'session.reuse'";

/// A server that says all it can in its log.
fn start(kind: Kind) -> Server {
    let environment = [("COUNTERSIGN_LOG__REQUESTS", "true"), ("COUNTERSIGN_LOG__LEVEL", "debug")];
    let server = Server::with(&Home::new(kind), &environment);
    server.settings(&json!({"frontegg": {"rateLimits": false}, "otp": {"resendSeconds": [0]}}));
    for phone in [PHONE, OTHER] {
        server.home.keep_secret(phone);
    }
    server
}

fn url(server: &Server) -> &str {
    server.facts["url"].as_str().unwrap()
}

fn encoded(text: &str) -> String {
    let escape = |b: u8| if b.is_ascii_alphanumeric() { (b as char).to_string() } else { format!("%{b:02X}") };
    text.bytes().map(escape).collect()
}

/// What an application asks for, with some of it changed, or left out where it is empty.
fn query(server: &Server, changes: &[(&str, &str)]) -> String {
    let challenge = BASE64URL_NOPAD.encode(&sha256(VERIFIER.as_bytes()));
    let mut all = vec![
        ("response_type", "code"),
        ("client_id", server.client_id()),
        ("redirect_uri", CALLBACK),
        ("scope", "openid email profile"),
        ("state", "a state/?&="),
        ("nonce", "n-0S6_WzA2Mj"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changes {
        all.retain(|(n, _)| n != name);
        if !value.is_empty() {
            all.push((name, value));
        }
    }
    all.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
}

/// Where an answer leads; on this server a path.
#[track_caller]
fn led(server: &Server, answer: &Answer) -> String {
    let to = answer.header("location").unwrap_or_else(|| panic!("{}", answer.raw));
    to.strip_prefix(url(server)).unwrap_or(to).to_owned()
}

/// What an application is told by way of the browser.
#[track_caller]
fn told(answer: &Answer, name: &str) -> Option<String> {
    let to = answer.expect(302).header("location").unwrap();
    let query = to.strip_prefix("http://localhost:3000/oauth/callback?").unwrap_or_else(|| panic!("{to}"));
    assert!(query.starts_with("tab=1&"), "{query}");
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
}

/// The code that an answer brings along.
#[track_caller]
fn code(server: &Server, answer: &Answer) -> String {
    let code = told(answer, "code").unwrap_or_else(|| panic!("{}", answer.raw));
    server.home.keep_secret(&code);
    code
}

/// Sends a browser to sign in, and follows it to a page or back.
fn send(browser: &mut Browser<'_>, changes: &[(&str, &str)]) -> Answer {
    let server = browser.server;
    let answer = browser.get(&format!("/oauth/authorize?{}", query(server, changes)));
    let to = led(server, answer.expect(302));
    if to.starts_with("/login/authorize?") { browser.get(&to) } else { answer }
}

fn form(browser: &mut Browser<'_>, path: &str, form: &str) -> Answer {
    let answer = browser.call("POST", path).body(FORM, form).send();
    browser.keep(&answer);
    answer
}

/// Gives number and code on our page.
fn sign_in(browser: &mut Browser<'_>, phone: &str, count: usize) {
    form(browser, "/login", &format!("phone={}", encoded(phone))).expect(200);
    let code = eventually("a code", || {
        let codes = browser.server.mail(phone, "sign-in");
        (codes.len() >= count).then(|| codes[0]["code"].as_str().unwrap().to_owned())
    });
    form(browser, "/login/code", &format!("code={code}")).expect(303);
}

/// Follows the page that leads on by itself.
fn onward(browser: &mut Browser<'_>) -> Answer {
    let page = browser.get("/login");
    let (_, rest) = page.expect(200).body.split_once("url=").unwrap_or_else(|| panic!("{}", page.raw));
    let to = rest.split('"').next().unwrap().replace("&#x2f;", "/").replace("&amp;", "&");
    browser.get(&to)
}

/// A browser that is signed in at our page.
fn at_the_page<'a>(server: &'a Server, phone: &str, count: usize) -> Browser<'a> {
    let mut browser = Browser::new(server);
    sign_in(&mut browser, phone, count);
    browser
}

/// What an application sends for a code, with some of it changed.
fn exchange(server: &Server, code: &str, changes: &[(&str, &str)]) -> Call {
    let mut body = json!({
        "grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER,
    });
    for (name, value) in changes {
        body[name] = json!(value);
    }
    server.post("/frontegg/oauth/token", &body).without("X-Appwrite-Project")
}

#[track_caller]
fn refused(answer: &Answer, status: u16, error: &str) {
    let body = answer.expect(status).json();
    assert_eq!(body["error"], error, "{}", answer.raw);
    assert_eq!((&body["errors"][0], body["access_token"].is_null()), (&body["error_description"], true));
    assert!(answer.cookies().is_empty() && answer.header("frontegg-trace-id").is_some(), "{}", answer.raw);
}

/// The tokens of an answer.
#[track_caller]
fn tokens(server: &Server, answer: &Answer) -> Value {
    let body = answer.expect(200).json();
    for name in ["access_token", "refresh_token"] {
        server.home.keep_secret(body[name].as_str().unwrap());
    }
    body
}

fn me(server: &Server, tokens: &Value) -> u16 {
    let token = format!("Bearer {}", tokens["id_token"].as_str().unwrap());
    server.get(ME).without("X-Appwrite-Project").header("Authorization", token).send().status
}

fn refresh(server: &Server, token: &Value) -> Answer {
    server.post("/oauth/token", &json!({"grant_type": "refresh_token", "refresh_token": token})).send()
}

on_both! {
    fn somebody_signs_in_on_our_page_and_goes_back_to_the_application(kind: Kind) {
        let server = start(kind);
        let mut browser = Browser::new(&server);
        let asked = browser.get(&format!("/frontegg/oauth/authorize?{}", query(&server, &[("login_hint", PHONE)])));
        let to = led(&server, asked.expect(302));
        assert!(to.starts_with("/login/authorize?") && asked.cookies().is_empty(), "{}", asked.raw);
        assert_eq!(led(&server, browser.get(&to).expect(303)), "/login");
        let page = browser.get("/login");
        assert!(page.expect(200).body.contains("<h1>Sign in to Demo</h1>"), "{}", page.raw);
        assert!(page.body.contains("localhost:3000") && page.body.contains(&format!("value=\"{PHONE}\"")), "{}", page.raw);
        sign_in(&mut browser, PHONE, 1);
        let back = onward(&mut browser);
        assert_eq!(told(&back, "state").as_deref(), Some("a+state%2F%3F%26%3D"), "it comes back as it was");
        assert_eq!(told(&back, "iss"), Some(url(&server).replace(':', "%3A").replace('/', "%2F")));
        assert!(browser.cookie("countersign_asked").is_none(), "what was asked is answered");
        let code = code(&server, &back);

        let answer = exchange(&server, &code, &[("client_id", server.client_id())]).send();
        let given = tokens(&server, &answer);
        assert_eq!((&given["token_type"], &given["expires_in"]), (&json!("Bearer"), &json!(3_600)));
        assert_eq!(answer.cookie(&server.frontegg_cookie("refresh")), given["refresh_token"].as_str());
        assert!(answer.cookie(&server.frontegg_cookie("device")).is_some());
        let says = claims(given["id_token"].as_str().unwrap());
        for (claim, value) in [
            ("iss", server.facts["url"].clone()),
            ("aud", json!(server.client_id())),
            ("type", json!("userToken")),
            ("nonce", json!("n-0S6_WzA2Mj")),
            ("amr", json!(["sms"])),
            ("email", Value::Null),
        ] {
            assert_eq!(says[claim], value, "{claim}");
        }
        assert!(says["sub"] == says["userId"] && says["auth_time"].as_i64() <= says["iat"].as_i64(), "{says}");
        assert_eq!(me(&server, &given), 200);

        // It goes on like every session of Frontegg's clients.
        let answer = refresh(&server, &given["refresh_token"]);
        browser.keep(&answer);
        let next = tokens(&server, &answer);
        assert!(next["refresh_token"] != given["refresh_token"] && me(&server, &next) == 200);
        assert!(claims(next["id_token"].as_str().unwrap())["nonce"].is_null());
        browser.refresh().expect(201);
        // Who is signed in on our page is asked nothing more, by this application or the next.
        for changes in [&[][..], &[("prompt", "none"), ("nonce", "")], &[("max_age", "3600")]] {
            let answer = send(&mut browser, changes);
            let code = told(&answer, "code").unwrap();
            server.home.keep_secret(&code);
            let body = [
                ("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", CALLBACK),
                ("code_verifier", VERIFIER),
            ];
            let body: Vec<_> = body.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
            let by_form = server.call("POST", "/oauth/token").body(FORM, body.join("&")).send();
            assert_eq!(me(&server, &tokens(&server, &by_form)), 200);
        }
    }
}

/// A server where people may be led to two platforms only.
fn with_platforms(kind: Kind) -> Server {
    let server = start(kind);
    server.home.write("demo", 0, |tx, ctx| {
        ["app.example.com", "*.example.org"]
            .iter()
            .try_for_each(|host| project::create_platform(tx, ctx, "demo", "Web", host).map(drop))
    });
    eventually("the platforms are known", || {
        let path = format!("/oauth/authorize?{}", query(&server, &[("redirect_uri", "https://evil.example/")]));
        (server.get(&path).send().status == 400).then_some(())
    });
    server
}

on_both! {
    fn nobody_is_led_anywhere_by_a_request_that_names_no_good_address_or_application(kind: Kind) {
        let server = with_platforms(kind);
        let mut browser = at_the_page(&server, PHONE, 1);
        let rows = server.home.rows();
        let there = "https://app.example.com/cb";
        let bad: Vec<_> = NO_ADDRESSES.into_iter().chain(ELSEWHERE).chain(["https://app.example.com/#x", ""]).collect();
        let uris = bad.iter().map(|uri| query(&server, &[("redirect_uri", uri)]));
        let twice = |name: &str, value: &str| {
            format!("{}&{name}={}", query(&server, &[("redirect_uri", there)]), encoded(value))
        };
        let clients = ["", "nobody", "demo2"].map(|id| query(&server, &[("client_id", id), ("redirect_uri", there)]));
        let two = [twice("redirect_uri", there), twice("redirect_uri", "https://evil.example/"), twice("client_id", "x")];
        for query in uris.chain(clients).chain(two) {
            for path in ["/oauth/authorize", "/frontegg/oauth/authorize", "/login/authorize"] {
                let answer = browser.get(&format!("{path}?{query}"));
                assert_eq!(answer.status, 400, "{query}: {}", answer.raw);
                assert!(answer.header("location").is_none() && answer.cookies().is_empty(), "{query}: {}", answer.raw);
                assert!(answer.body.contains("The application that sent you here"), "{query}: {}", answer.raw);
                assert!(answer.header("content-security-policy").is_some(), "{}", answer.raw);
            }
            // What a browser keeps is checked like what it is sent with.
            let call = browser.call("GET", "/login").without("Cookie");
            let session = browser.cookie("countersign_session").unwrap();
            let page = call.header("Cookie", format!("countersign_session={session}; countersign_asked=.{query}")).send();
            assert!(page.expect(200).body.contains("Signed in as"), "{}", page.raw);
        }
        assert_eq!(server.home.rows(), rows);
        for uri in [there, "https://a.example.org/cb"] {
            let answer = send(&mut browser, &[("redirect_uri", uri)]);
            let to = answer.expect(302).header("location").unwrap();
            assert!(to.starts_with(&format!("{uri}?code=")), "{to}");
            server.home.keep_secret(to.split_once("code=").unwrap().1.split('&').next().unwrap());
        }
    }
}

#[test]
fn every_other_fault_is_told_to_the_application_with_its_state() {
    let server = start(Kind::Sqlite);
    let mut browser = Browser::new(&server);
    let long = "x".repeat(600);
    let longer = "x".repeat(4_000);
    for (changes, error) in [
        (&[("response_type", "")][..], "invalid_request"),
        (&[("response_type", "token")], "unsupported_response_type"),
        (&[("response_type", "code id_token")], "unsupported_response_type"),
        (&[("response_mode", "fragment")], "invalid_request"),
        (&[("code_challenge", "")], "invalid_request"),
        (&[("code_challenge", VERIFIER)], "invalid_request"),
        (&[("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("prompt", "none login")], "invalid_request"),
        (&[("max_age", "-1")], "invalid_request"),
        (&[("nonce", long.as_str())], "invalid_request"),
        (&[("login_hint", longer.as_str())], "invalid_request"),
        (&[("request", "eyJ")], "request_not_supported"),
        (&[("prompt", "none")], "login_required"),
    ] {
        let answer = send(&mut browser, changes);
        assert_eq!(told(&answer, "error").as_deref(), Some(error), "{changes:?}");
        assert!(told(&answer, "error_description").is_some() && told(&answer, "code").is_none(), "{}", answer.raw);
        assert_eq!(told(&answer, "state").as_deref(), Some("a+state%2F%3F%26%3D"), "{changes:?}");
        assert!(told(&answer, "iss").is_some() && browser.cookie("countersign_asked").is_none(), "{}", answer.raw);
    }
    let twice = browser.get(&format!("/oauth/authorize?{}&nonce=2", query(&server, &[])));
    assert_eq!(told(&twice, "error").as_deref(), Some("invalid_request"));
}

/// Another project, with a host name of its own.
fn make_shop(home: &Home) {
    home.create_project("shop", &["localhost"]);
    home.write("shop", 0, |tx, ctx| {
        project::update(tx, ctx, "shop", None, &json!({"frontegg": {"hosts": ["shop.example.com"]}}))
    });
}

/// A session of an application, with the browser that it is in.
fn inside(server: &Server, count: usize) -> (Browser<'_>, Value) {
    let mut browser = at_the_page(server, PHONE, count);
    let code = code(server, &send(&mut browser, &[]));
    let answer = exchange(server, &code, &[]).send();
    browser.keep(&answer);
    let given = tokens(server, &answer);
    (browser, given)
}

#[test]
fn a_tab_that_remembers_an_older_refresh_token_goes_on_by_the_browsers_cookie() {
    let server = start(Kind::Sqlite);
    let (mut browser, given) = inside(&server, 1);
    // A second tab signs in silently; the first knows nothing of it for an hour.
    let silent = browser.post("/frontegg/oauth/authorize/silent", &json!({"tenantId": null}));
    let second = tokens(&server, &silent);
    assert!(second["refresh_token"] != given["refresh_token"] && second["accessToken"] == second["id_token"]);
    assert_eq!((&second["tokenType"], &second["mfaRequired"]), (&json!("bearer"), &json!(false)));
    server.advance(3_000);
    let body = json!({"grant_type": "refresh_token", "refresh_token": given["refresh_token"]});
    let third = tokens(&server, &browser.post("/oauth/token", &body));
    assert_eq!(me(&server, &third), 200);
    // Without the cookie it is a stolen one.
    server.advance(3_000);
    refused(&refresh(&server, &given["refresh_token"]), 400, "invalid_grant");
    assert_eq!(server.home.count(REUSES), 1);
    browser.post("/frontegg/oauth/authorize/silent", &json!({})).expect(401);
    Browser::new(&server).post("/oauth/authorize/silent", &json!({})).expect(401);
    let foreign = server.post("/oauth/authorize/silent", &json!({})).header("Origin", "https://evil.example").send();
    assert!(foreign.expect(403).cookies().is_empty());
}

#[test]
fn clients_of_openid_connect_find_everything() {
    let server = start(Kind::Sqlite);
    let base = url(&server);
    let found = server.get("/.well-known/openid-configuration").host("evil.example").send();
    assert_eq!(found.expect(200).header("cache-control"), Some("public, max-age=300"));
    assert_eq!(server.get("/frontegg/.well-known/openid-configuration").send().json(), found.json());
    let found = found.json();
    for (name, path) in [
        ("issuer", ""),
        ("authorization_endpoint", "/oauth/authorize"),
        ("token_endpoint", "/oauth/token"),
        ("end_session_endpoint", "/oauth/logout"),
        ("revocation_endpoint", "/oauth/logout/token"),
        ("jwks_uri", "/.well-known/jwks.json"),
    ] {
        assert_eq!(found[name], json!(format!("{base}{path}")), "{name}");
    }
    assert_eq!(found["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(found["authorization_response_iss_parameter_supported"], true);
    let keys = server.get("/.well-known/jwks.json").send().json();
    assert!(keys["keys"].is_array());
}

#[test]
fn a_server_without_an_address_of_its_own_has_no_hosted_login() {
    let home = Home::new(Kind::Sqlite);
    let server = Server::in_production(&home);
    make_shop(&home);
    let host = |call: Call| call.header("frontegg-vendor-host", "shop.example.com");
    eventually("the project is known", || {
        let answer = host(server.get("/.well-known/openid-configuration")).send();
        answer.body.contains("public_url").then_some(())
    });
    host(server.get("/.well-known/openid-configuration")).send().expect(404);
    let query = "client_id=shop&redirect_uri=http%3A%2F%2Flocalhost%2Fcb&response_type=code";
    let answer = host(server.get(&format!("/oauth/authorize?{query}"))).send();
    assert!(answer.expect(400).body.contains("public_url") && answer.header("location").is_none(), "{}", answer.raw);
    host(server.get("/oauth/logout")).send().expect(404);
}
