//! What is sent to each route: always what a handler accepts, so that who asks decides the answer.

use serde_json::{Value, json};

use super::table::Row;
use super::world::{Case, MEMBER, PASSWORD, Shown, World, phone, show, show_nevr};
use crate::call::Call;
use crate::server::eventually;

/// A page that links may lead to.
const PAGE: &str = "http://localhost:3000/after";

/// What an application asks for that sends a browser here, but for its client id.
pub const ASKED: &str = "redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fcb&response_type=code&code_challenge_method=S256\
                         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

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
        .replace("{targetId}", "x")
        .replace("{type}", "totp")
        .replace("{name}", "style.css")
        .replace("{userId}", "x")
        .replace("{tenantId}", "x")
        .replace("{project}", "demo")
        .replace("/avatars/qr", "/avatars/qr?text=x")
        .replace("/login/authorize", &format!("/login/authorize?{ASKED}&client_id=CLIENT"))
}

impl World {
    /// The call of a cell, without what its caller shows.
    pub fn request(&self, row: &Row, case: &Case) -> Call {
        let (path, session) = self.settle(row, case);
        // Each mount in turn: all cells of a row together ask at all of them.
        let mount = row.mounts[self.number() as usize % row.mounts.len()];
        let path = target(&path, &session).replace("CLIENT", self.server.client_id());
        let call = self.server.call(row.method, &format!("{mount}{path}"));
        match self.body(row, case) {
            Body::Empty => call,
            Body::Json(body) => call.json(&body),
            Body::Form(name, value) => {
                call.body("application/x-www-form-urlencoded", format!("{name}={}", value.replace('+', "%2B")))
            }
        }
    }

    /// The path with a user in it, and a session of his: somebody new where it is a server's to change him.
    fn settle(&self, row: &Row, case: &Case) -> (String, String) {
        if !row.path.contains("{userId}") {
            return (row.path.to_owned(), case.session.id.clone());
        }
        if !matches!(case.shown, Shown::Key(_)) {
            return (row.path.replace("{userId}", &case.owner.user), case.session.id.clone());
        }
        let by_server = |path: &str, body: &Value| {
            let call = self.server.post(path, body).header("X-Appwrite-Key", self.server.api_key());
            call.send().expect(201).json()["$id"].as_str().expect("an id").to_owned()
        };
        let new = json!({"userId": "unique()", "email": self.new_email(), "phone": self.new_phone()});
        let user = by_server("/v1/users", &new);
        let path = row.path.replace("{userId}", &user);
        let session = if path.contains("{sessionId}") {
            by_server(&format!("/v1/users/{user}/sessions"), &json!({}))
        } else {
            String::new()
        };
        if path.ends_with("/recovery-codes") && row.method != "PATCH" {
            let made = self.server.call("PATCH", &path).header("X-Appwrite-Key", self.server.api_key());
            made.send().expect(200);
        }
        (path, session)
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
            ("PATCH", "/account/password" | "/users/{userId}/password") => json!({"password": PASSWORD}),
            ("PATCH", "/account/prefs" | "/users/{userId}/prefs") => json!({"prefs": {"a": 1}}),
            ("PATCH", "/account/name" | "/users/{userId}/name") => json!({"name": "Ada"}),
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
            ("POST", "/account/targets/push") => {
                json!({"targetId": "unique()", "identifier": format!("token-{}", self.number())})
            }
            ("PUT", "/account/targets/{targetId}/push") => json!({"identifier": "another token"}),
            ("POST", "/users/{userId}/targets") => {
                json!({"targetId": "unique()", "providerType": "email", "identifier": self.new_email()})
            }
            ("PATCH", "/users/{userId}/targets/{targetId}") => json!({"name": "Work"}),
            ("POST", "/users") | ("PATCH", "/users/{userId}/email") => json!({"email": self.new_email()}),
            ("POST", path) if path.starts_with("/users/") && !path.contains('{') => import(path),
            ("PATCH", "/users/{userId}/status") => json!({"status": false}),
            ("PUT", "/users/{userId}/labels") => json!({"labels": ["vip"]}),
            ("PATCH", "/users/{userId}/phone") => json!({"number": self.new_phone()}),
            ("PATCH", "/users/{userId}/verifications/email" | "/users/{userId}/verification") => {
                json!({"emailVerification": true})
            }
            ("PATCH", "/users/{userId}/verifications/phone" | "/users/{userId}/verification/phone") => {
                json!({"phoneVerification": true})
            }
            ("PATCH", "/users/{userId}/mfa") => json!({"mfa": true}),
            ("POST", "/dev/clock") => json!({"advanceSeconds": 0}),
            ("POST", "/login") => return Body::Form("phone", self.new_phone()),
            ("POST", "/login/second") => return Body::Form("factor", "totp".to_owned()),
            ("POST", "/login/code" | "/login/second/code") => return Body::Form("code", "000000".to_owned()),
            // Whoever has a link may follow it; this is none.
            ("POST", "/login/link") => return Body::Form("secret", "0".repeat(64)),
            ("POST", "/login/out" | "/login/leave") => return Body::Form("x", String::new()),
            ("POST", path) if path.starts_with("/auth/") => self.nevr_body(path, case),
            // These take no body, and an empty one is none.
            _ => json!({}),
        })
    }

    /// What a nevr client sends.
    fn nevr_body(&self, path: &str, case: &Case) -> Value {
        let by_caller =
            |path: &str, body: &Value| show_nevr(self.server.post(path, body), &case.shown, false).send().status == 200;
        let owner = &case.owner;
        match path {
            "/auth/phone-number/send-otp" | "/auth/phone-number/request-password-reset" => {
                json!({"phoneNumber": self.new_phone()})
            }
            "/auth/phone-number/verify" => {
                let phone = self.new_phone();
                let asked = by_caller("/auth/phone-number/send-otp", &json!({"phoneNumber": phone}));
                let code = if asked { self.server.code(&phone, 1) } else { "000000".to_owned() };
                json!({"phoneNumber": phone, "code": code})
            }
            "/auth/sign-in/phone-number" => {
                let phone = self.new_phone();
                self.server.post("/auth/phone-number/send-otp", &json!({"phoneNumber": phone})).send().expect(200);
                json!({"phoneNumber": phone, "code": self.server.code(&phone, 1)})
            }
            "/auth/phone-number/reset-password" => {
                let phone = self.somebody().phone;
                let ask = self.server.post("/auth/phone-number/request-password-reset", &json!({"phoneNumber": phone}));
                ask.send().expect(200);
                json!({"phoneNumber": phone, "otp": self.server.code(&phone, 1), "newPassword": PASSWORD})
            }
            "/auth/sign-up/email" => json!({"name": "Ada", "email": self.new_email(), "password": PASSWORD}),
            "/auth/sign-in/email" => json!({"email": MEMBER, "password": PASSWORD}),
            "/auth/change-password" => json!({"newPassword": PASSWORD}),
            "/auth/revoke-session" => json!({"token": case.session.id}),
            "/auth/update-user" => json!({"name": "Ada"}),
            "/auth/two-factor/verify-setup" => json!({"code": self.totp(&owner.seed)}),
            "/auth/two-factor/verify-otp" => {
                let asked = by_caller("/auth/two-factor/send-otp", &json!({}));
                let code = if asked { self.server.code(&owner.email, 1) } else { "000000".to_owned() };
                json!({"code": code})
            }
            // The app's present code was used when it was set up.
            "/auth/two-factor/verify-totp" => json!({"code": self.totp_in(&owner.seed, 30)}),
            "/auth/two-factor/verify-backup-code" => json!({"code": owner.codes.first()}),
            _ => json!({}),
        }
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

/// A password as another system hashed it: `appwrite`, in each of the ways that there are routes for.
fn import(path: &str) -> Value {
    match path {
        "/users/argon2" => {
            json!({"password": "$argon2i$v=19$m=20,t=3,p=2$YXBwd3JpdGU$A/54i238ed09ZR4NwlACU5XnkjNBZU9QeOEuhjLiexI"})
        }
        "/users/bcrypt" => json!({"password": "$2a$15$xX/myGbFU.ZSKHSi6EHdBOySTdYm8QxBLXmOPHrYMwV0mHRBBSBOq"}),
        "/users/md5" => json!({"password": "144fa7eaa4904e8ee120651997f70dcc"}),
        "/users/phpass" => json!({"password": "$P$Br387rwferoKN7uwHZqNMu98q3U8RO."}),
        "/users/sha" => json!({"password": "5f".repeat(32), "passwordVersion": "sha256"}),
        "/users/scrypt" => {
            json!({"password": "3f".repeat(64), "passwordSalt": "appwrite", "passwordCpu": 16_384, "passwordMemory": 13,
                "passwordParallel": 2, "passwordLength": 64})
        }
        _ => {
            json!({"password": "UlM7JiXRcQhzAGlaonpSqNSLIz475WMddOgLjej5De9vxTy48K6WtqlEzrRFeK4t0COfMhWCb8wuMHgxOFCHFQ==",
            "passwordSalt": "UxLMreBr6tYyjQ==", "passwordSaltSeparator": "Bw==",
            "passwordSignerKey": "XyEKE9RcTDeLEsL/RjwPDBv/RqDl8fb3gpYEOQaPihbxf1ZAtSOHCjuAAa7Q3oHpCYhXSN9tizHgVOwn6krflQ=="})
        }
    }
}
