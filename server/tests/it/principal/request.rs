//! What is sent to each route: always what a handler accepts, so that who asks decides the answer.

use serde_json::{Value, json};

use super::table::Row;
use super::world::{Case, MEMBER, PASSWORD, Shown, World, phone, show};
use crate::call::Call;
use crate::server::eventually;

/// A page that links may lead to.
const PAGE: &str = "http://localhost:3000/after";

/// What a call carries.
enum Body {
    Empty,
    Json(Value),
    Form(&'static str, String),
}

/// A path with something in its gaps.
pub fn target(path: &str, session: &str) -> String {
    path.replace("{sessionId}", session)
        .replace("{identityId}", "x")
        .replace("{type}", "totp")
        .replace("{name}", "style.css")
        .replace("{project}", "demo")
        .replace("/avatars/qr", "/avatars/qr?text=x")
}

impl World {
    /// The call of a cell, without what its caller shows.
    pub fn request(&self, row: &Row, case: &Case) -> Call {
        let call = self.server.call(row.method, &target(row.path, &case.session.id));
        match self.body(row, case) {
            Body::Empty => call,
            Body::Json(body) => call.json(&body),
            Body::Form(name, value) => {
                call.body("application/x-www-form-urlencoded", format!("{name}={}", value.replace('+', "%2B")))
            }
        }
    }

    fn body(&self, row: &Row, case: &Case) -> Body {
        let owner = &case.owner;
        let path = row.path.strip_prefix("/v1").unwrap_or(row.path);
        Body::Json(match (row.method, path) {
            ("GET" | "DELETE", _) => return Body::Empty,
            ("POST", "/account/tokens/phone" | "/account/sessions/phone") => {
                json!({"userId": "unique()", "phone": self.new_phone()})
            }
            ("POST", "/account/sessions/token")
            | ("PUT", "/account/sessions/phone" | "/account/sessions/magic-url") => self.exchange(),
            ("POST", "/account/sessions/email" | "/account/sessions") => json!({"email": MEMBER, "password": PASSWORD}),
            ("POST", "/account/tokens/email") => json!({"userId": "unique()", "email": self.new_email()}),
            ("POST", "/account/tokens/magic-url" | "/account/sessions/magic-url") => {
                json!({"userId": "unique()", "email": self.new_email(), "url": PAGE})
            }
            ("POST", "/account") => json!({"userId": "unique()", "email": self.new_email(), "password": PASSWORD}),
            ("PATCH", "/account/email") => json!({"email": self.new_email(), "password": PASSWORD}),
            ("PATCH", "/account/phone") => json!({"phone": self.new_phone(), "password": PASSWORD}),
            ("PATCH", "/account/password") => json!({"password": PASSWORD}),
            ("PATCH", "/account/prefs") => json!({"prefs": {"a": 1}}),
            ("PATCH", "/account/name") => json!({"name": "Ada"}),
            ("POST", "/account/verifications/email" | "/account/verification") => json!({"url": PAGE}),
            ("PUT", "/account/verifications/email" | "/account/verification") => {
                let by = Shown::Session(owner.sibling.clone());
                let ask = self.server.post("/v1/account/verifications/email", &json!({"url": PAGE}));
                show(ask, &by, false).send().expect(201);
                self.link(&owner.email)
            }
            ("PUT", "/account/verifications/phone" | "/account/verification/phone") => {
                let by = Shown::Session(case.session.clone());
                let asked = show(self.server.call("POST", "/v1/account/verifications/phone"), &by, false).send();
                // Who may not ask has to guess.
                let code = if asked.status == 201 { self.server.code(&owner.phone, 1) } else { "000000".to_owned() };
                json!({"userId": owner.user, "secret": code})
            }
            ("POST", "/account/recovery") => json!({"email": owner.email, "url": PAGE}),
            ("PUT", "/account/recovery") => {
                let body = json!({"email": owner.email, "url": PAGE});
                self.server.post("/v1/account/recovery", &body).send().expect(201);
                let mut link = self.link(&owner.email);
                link["password"] = json!(PASSWORD);
                link
            }
            ("PATCH", "/account/mfa") => json!({"mfa": false}),
            ("PUT", "/account/mfa/authenticators/{type}") => json!({"otp": self.totp(&owner.seed)}),
            ("POST", "/account/mfa/challenges" | "/account/mfa/challenge") => json!({"factor": "totp"}),
            ("PUT", "/account/mfa/challenges" | "/account/mfa/challenge") => {
                let ask = self.server.post("/v1/account/mfa/challenges", &json!({"factor": "recoverycode"}));
                let made = show(ask, &Shown::Session(case.session.clone()), false).send();
                json!({"challengeId": made.expect(201).json()["$id"], "otp": owner.codes[0]})
            }
            ("POST", "/dev/clock") => json!({"advanceSeconds": 0}),
            ("POST", "/login") => return Body::Form("phone", self.new_phone()),
            ("POST", "/login/second") => return Body::Form("factor", "totp".to_owned()),
            ("POST", "/login/code" | "/login/second/code") => return Body::Form("code", "000000".to_owned()),
            // Whoever has a link may follow it; this is none.
            ("POST", "/login/link") => return Body::Form("secret", "0".repeat(64)),
            ("POST", "/login/out") => return Body::Form("x", String::new()),
            // These take no body, and an empty one is none.
            _ => json!({}),
        })
    }

    fn new_phone(&self) -> String {
        phone(self.number())
    }

    fn new_email(&self) -> String {
        format!("n{}@example.com", self.number())
    }

    /// A code that just came, to somebody new.
    fn exchange(&self) -> Value {
        let email = self.new_email();
        let asked = self.server.post("/v1/account/tokens/email", &json!({"userId": "unique()", "email": email}));
        let user = asked.send().expect(201).json()["userId"].clone();
        json!({"userId": user, "secret": self.server.code(&email, 1)})
    }

    /// What the link that came to an address brings along.
    fn link(&self, email: &str) -> Value {
        let link = eventually("a link", || {
            self.server.inbox(email).iter().find_map(|mail| mail["link"].as_str().map(str::to_owned))
        });
        let query = link.split_once('?').expect("a query").1;
        let value = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        let secret = value("secret").expect("a secret");
        self.server.home.keep_secret(secret);
        json!({"userId": value("userId"), "secret": secret})
    }
}
