//! The dialect of Frontegg's clients, over the wire. One file per file of routes.

mod activate;
mod captcha;
mod lockout;
mod mfa;
mod oauth;
mod password;
mod passwordless;
mod phone;
mod phone_reset;
mod policy;
mod recovery;
mod session;
mod sessions;
mod signup;
mod sms;
mod start;
mod user;
mod users;
mod vendor;
mod vendor_user;

use countersign_domain::db::Kind;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::call::{Answer, fields};
use crate::people::PASSWORD;
use crate::server::Server;

pub(super) const ID: &str = "/identity/resources";
pub(super) const EMAIL: &str = "anna@example.com";

/// A server on which somebody has an address and a password.
pub(super) fn with_anna(kind: Kind) -> Server {
    let server = Server::start(kind);
    server.sign_up("anna", EMAIL, PASSWORD).send().expect(201);
    server
}

impl Server {
    /// The clientId that `--dev` printed.
    pub fn client_id(&self) -> &str {
        self.facts["clientId"].as_str().unwrap()
    }

    /// The name of a cookie of Frontegg's clients: all dashes of the id removed but in that of the refresh token, which
    /// lacks the first only.
    pub fn frontegg_cookie(&self, what: &str) -> String {
        let id = self.client_id();
        let id = if what == "refresh" { id.replacen('-', "", 1) } else { id.replace('-', "") };
        format!("fe_{what}_{id}")
    }

    /// A token of a server that has this API key.
    #[track_caller]
    pub fn vendor_token(&self, secret: &str) -> String {
        let body = json!({"clientId": self.client_id(), "secret": secret});
        let token = self.post("/auth/vendor", &body).send().expect(200).json()["token"].as_str().unwrap().to_owned();
        self.home.keep_secret(&token);
        token
    }
}

impl Browser<'_> {
    /// Signs in with the usual password; gives the answer.
    #[track_caller]
    pub fn by_password(&mut self, email: &str) -> Answer {
        let answer = self.post(&format!("{ID}/auth/v1/user"), &json!({"email": email, "password": PASSWORD}));
        keep_tokens(self, &answer);
        answer
    }

    /// Refreshes with the cookie.
    pub fn refresh(&mut self) -> Answer {
        let answer = self.post(&format!("{ID}/auth/v1/user/token/refresh"), &json!({}));
        keep_tokens(self, &answer);
        answer
    }
}

fn keep_tokens(browser: &Browser<'_>, answer: &Answer) {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    for name in ["accessToken", "refreshToken", "mfaToken"] {
        if let Some(token) = body[name].as_str() {
            browser.server.home.keep_secret(token);
        }
    }
}

/// Status and words of a refusal, whose body must have the dialect's shape.
#[track_caller]
pub(super) fn refused(answer: &Answer, status: u16, words: &str) {
    assert_eq!((answer.status, answer.json()["errors"][0].as_str()), (status, Some(words)), "{}", answer.raw);
    let names: Vec<_> = fields(&answer.body).into_iter().map(|(name, _)| name).collect();
    assert!(names == ["errors"] || names == ["errors", "errorCode"], "{}", answer.raw);
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    assert!(answer.header("frontegg-trace-id").is_some_and(|id| id.len() == 16), "{}", answer.raw);
}

/// The claims of a token, unchecked.
#[track_caller]
pub(super) fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&data_encoding::BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap()).unwrap()
}

#[test]
fn what_no_route_has_is_refused_in_the_dialects_words() {
    let server = Server::start(Kind::Sqlite);
    for (method, path) in [
        ("GET", "/identity/resources/nothing"),
        ("GET", "/frontegg/"),
        ("GET", "/frontegg"),
        ("GET", "/identity"),
        ("GET", "/identity/resources/auth/v1/user"),
        ("DELETE", "/auth/vendor"),
        ("POST", "/identity/resources/auth/v1/user/"),
        ("OPTIONS", "/identity/resources/auth/v1/user"),
    ] {
        let answer = server.call(method, path).send();
        refused(&answer, 404, "There is no such route.");
        assert_eq!(answer.json()["errorCode"], "ER-00004");
    }
}

#[test]
fn the_dialect_can_be_switched_off() {
    let server = with_anna(Kind::Sqlite);
    server.settings(&json!({"frontegg": {"enabled": false}}));
    let answer = Browser::new(&server).by_password(EMAIL);
    refused(&answer, 403, "This API is switched off for the project.");
}

#[test]
fn pages_of_the_project_may_call_with_every_header_of_the_clients_and_others_change_nothing() {
    let server = with_anna(Kind::Sqlite);
    let path = format!("{ID}/auth/v1/user");
    let body = json!({"email": EMAIL, "password": PASSWORD});
    let page = "http://localhost:3000";
    let asked = server.call("OPTIONS", &path).header("Origin", page).header("Access-Control-Request-Method", "POST");
    let asked = asked.send();
    let allowed = asked.expect(204).header("access-control-allow-headers").unwrap().to_lowercase();
    for name in [
        "authorization",
        "x-access-token",
        "frontegg-user-id",
        "frontegg-tenant-id",
        "frontegg-vendor-host",
        "frontegg-application-id",
        "frontegg-requested-application-id",
        "frontegg-environment-id",
        "frontegg-login-alias",
        "frontegg-scoped-tenant",
        "frontegg-source",
        "x-frontegg-framework",
        "x-frontegg-sdk",
        "content-type",
    ] {
        assert!(allowed.split(", ").any(|one| one == name), "{name}: {allowed}");
    }
    let answer = server.post(&path, &body).header("Origin", page).send();
    assert_eq!(answer.expect(200).header("access-control-allow-origin"), Some(page));
    assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
    let exposed = answer.header("access-control-expose-headers").unwrap();
    assert!(exposed.contains("frontegg-trace-id") && exposed.contains("Retry-After"), "{exposed}");
    let foreign = server.post(&path, &body).header("Origin", "https://evil.example").send();
    let words = "This origin is not a platform of the project. Add its host to the project's platforms.";
    refused(&foreign, 403, words);
    assert!(foreign.header("access-control-allow-origin").is_none() && foreign.cookies().is_empty());
}
