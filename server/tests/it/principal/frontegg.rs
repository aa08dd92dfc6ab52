//! The rows of Frontegg's clients: who asks there, by which token, and what each call needs so that who asks decides the
//! answer.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use countersign_domain::base::{Ctx, Result};
use countersign_domain::db::Tx;
use countersign_domain::project::SCOPES;
use countersign_domain::token::{self, Algorithm, Material};
use serde_json::{Value, json};

use super::request::ASKED;
use super::table::Row;
use super::world::{AHEAD, MEMBER, PASSWORD, Person, World, key};
use crate::call::Call;
use crate::server::Server;

/// Takes a moment to make, so there is one.
static MATERIAL: LazyLock<Material> = LazyLock::new(|| Material::make(Algorithm::Rs256).expect("a key"));

/// A token of `claims`, as the project signs it.
pub fn sign(tx: &mut Tx<'_>, ctx: &Ctx, client: &str, claims: &Value) -> Result<String> {
    token::ensure_key(tx, ctx, &MATERIAL)?;
    let signed = token::list_keys(tx, ctx)?.issue_access(ctx, "anybody", client, 3_600, claims)?;
    Ok(signed.expose().to_owned())
}

/// What a token says of the session of a user.
pub fn claims(user: &str, session: &str) -> Value {
    json!({"type": "userToken", "sub": user, "sid": session})
}

/// Servers, by their tokens.
pub struct Servers {
    /// With one scope alone, and with all but it.
    keys: BTreeMap<&'static str, [String; 2]>,
    all: String,
    /// Of a key that was revoked, of one that has expired, and one that has expired itself.
    lost: Vec<String>,
    /// What somebody without a key makes of good ones.
    forged: OnceLock<Vec<String>>,
}

impl Servers {
    pub fn new(server: &Server, keys: &BTreeMap<&'static str, [String; 2]>, revoked: String) -> Self {
        let of = |secrets: &[String; 2]| [0, 1].map(|n| server.vendor_token(&secrets[n]));
        let keys = keys.iter().map(|(scope, secrets)| (*scope, of(secrets))).collect();
        let (home, client) = (&server.home, server.client_id().to_owned());
        let expired = key(home, "demo", SCOPES.to_vec(), -1).1;
        let good = key(home, "demo", SCOPES.to_vec(), 86_400).1;
        let lost = home.write("demo", AHEAD, move |tx, ctx| {
            let of = |id: &str| json!({"type": "vendor", "sub": client, "vendorId": client, "keyId": id});
            let long_ago = Ctx { now: ctx.now.plus_seconds(-3_600), ..ctx.clone() };
            Ok(vec![
                sign(tx, ctx, &client, &of(&revoked))?,
                sign(tx, ctx, &client, &of(&expired))?,
                sign(tx, &long_ago, &client, &of(&good))?,
            ])
        });
        for token in &lost {
            home.keep_secret(token);
        }
        Self { keys, all: server.vendor_token(server.api_key()), lost, forged: OnceLock::new() }
    }
}

/// What a call shows, and whose are the things that it names.
struct Case {
    token: Option<String>,
    /// For whom a server acts.
    acting: Option<String>,
    /// Whether a page of somebody else calls.
    foreign: bool,
    owner: Person,
}

/// The token with its first part and its signature replaced.
fn resigned(token: &str, header: &Value, sign: impl Fn(&str) -> Vec<u8>) -> String {
    let encode = |bytes: &[u8]| data_encoding::BASE64URL_NOPAD.encode(bytes);
    let payload = token.split('.').nth(1).expect("a token");
    let text = format!("{}.{payload}", encode(header.to_string().as_bytes()));
    format!("{text}.{}", encode(&sign(&text)))
}

impl World {
    /// The calls of a cell: with the token where people show it, or where Frontegg's servers do.
    pub fn frontegg_calls(&self, row: &Row, column: &str, own_header: bool) -> Vec<Call> {
        let calls = self.frontegg_cases(row, column).into_iter().map(|case| {
            let mut call = self.frontegg_request(row, &case.owner);
            if let Some(token) = &case.token {
                call = if own_header {
                    call.header("x-access-token", token)
                } else {
                    call.header("Authorization", format!("Bearer {token}"))
                };
            }
            if let Some(user) = &case.acting {
                call = call.header("frontegg-user-id", user);
            }
            if case.foreign { call.header("Origin", "https://evil.example") } else { call }
        });
        calls.collect()
    }

    fn frontegg_cases(&self, row: &Row, column: &str) -> Vec<Case> {
        let of = |person: &Person| Case {
            token: Some(person.session.access.clone()),
            acting: None,
            foreign: false,
            owner: person.clone(),
        };
        // A server that is let in may change whom it names.
        let by = |token: &str, acting: Option<&str>| Case {
            token: Some(token.to_owned()),
            acting: acting.map(str::to_owned),
            foreign: false,
            owner: if row.path.contains("{userId}") { self.somebody() } else { self.anybody.clone() },
        };
        let vain = |token: &String| Case {
            token: Some(token.clone()),
            acting: None,
            foreign: false,
            owner: self.anybody.clone(),
        };
        let servers = &self.servers;
        let keys = servers.keys.get(row.scope).unwrap_or(&servers.keys["targets.read"]);
        match column {
            "guest" => vec![Case { token: None, ..of(&self.anybody) }],
            "user" => vec![of(&self.somebody())],
            "pending" => vec![of(&self.pending())],
            "page" => vec![Case { foreign: true, ..of(&self.somebody()) }],
            "scope" => vec![by(&keys[0], None)],
            "wrong" => vec![by(&keys[1], None)],
            "all" => vec![by(&servers.all, None)],
            "acting" => {
                let person = self.somebody();
                vec![Case { owner: person.clone(), ..by(&servers.all, Some(&person.user)) }]
            }
            "nobody" => vec![by(&servers.all, Some("nobody"))],
            "forged" => self.forged().iter().map(vain).collect(),
            "expired" => vec![of(&self.expired), vain(&self.stale_token())],
            "revoked" => vec![of(&self.revoked)],
            "blocked" => vec![of(&self.blocked)],
            "deleted" => vec![of(&self.deleted)],
            "lost" => servers.lost.iter().map(vain).collect(),
            "project" => vec![of(&self.stranger)],
            unknown => panic!("nobody stands in column {unknown}"),
        }
    }

    /// A token that has expired, of a session that has not.
    fn stale_token(&self) -> String {
        let (person, client) = (self.somebody(), self.server.client_id().to_owned());
        let claims = claims(&person.user, &person.session.id);
        let token = self.server.home.write("demo", AHEAD, move |tx, ctx| {
            let long_ago = Ctx { now: ctx.now.plus_seconds(-3_600), ..ctx.clone() };
            sign(tx, &long_ago, &client, &claims)
        });
        self.server.home.keep_secret(&token);
        token
    }

    /// Good tokens of a person and of a server, made over by somebody who has no key: without a signature, with one by
    /// the public key as the secret of HS256, and with one by a key of his own.
    fn forged(&self) -> &[String] {
        self.servers.forged.get_or_init(|| self.forge())
    }

    fn forge(&self) -> Vec<String> {
        let person = self.somebody();
        let jwks = self.server.get("/.well-known/jwks.json").send().json();
        let is_rsa = |key: &&Value| key["alg"] == "RS256";
        let jwk = jwks["keys"].as_array().expect("keys").iter().find(is_rsa).expect("a key for RS256").clone();
        let header = |algorithm: &str| json!({"alg": algorithm, "typ": "JWT", "kid": jwk["kid"]});
        let public = data_encoding::BASE64URL_NOPAD.decode(jwk["n"].as_str().expect("n").as_bytes()).expect("base64");
        let texts = [jwk["n"].as_str().expect("n").as_bytes().to_vec(), jwk.to_string().into_bytes(), public];
        let mut out = Vec::new();
        for token in [&person.session.access, &self.servers.all] {
            out.push(resigned(token, &header("none"), |_| Vec::new()));
            out.push(resigned(token, &header("RS256"), |_| Vec::new()));
            for secret in &texts {
                let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret);
                let mac = |text: &str| aws_lc_rs::hmac::sign(&key, text.as_bytes()).as_ref().to_vec();
                out.push(resigned(token, &header("HS256"), mac));
                out.push(resigned(token, &header("RS256"), mac));
            }
            let (text, _) = token.rsplit_once('.').expect("a signature");
            out.push(format!("{text}.{}", self.servers.lost[0].rsplit_once('.').expect("a signature").1));
        }
        // What counts elsewhere counts nothing here.
        out.extend([person.session.jwt, person.session.secret]);
        for token in &out {
            self.server.home.keep_secret(token);
        }
        out
    }

    /// The call of a cell, without what its caller shows.
    fn frontegg_request(&self, row: &Row, owner: &Person) -> Call {
        let mount = row.mounts[self.number() as usize % row.mounts.len()];
        let path = row.path.replace("{userId}", &owner.user);
        let path = path.replace("{deviceId}", "any");
        let path = if path.contains("{tenantId}") { path.replace("{tenantId}", &self.tenant()) } else { path };
        let kind = if path.contains("/mail/") { "OTC" } else { "1" };
        let path = path
            .replace("{phoneId}", "nobody")
            .replace("{sessionId}", "nobody")
            .replace("{templateId}", kind)
            .replace("{type}", kind);
        let path = match row.path {
            "/oauth/authorize" => format!("{path}?{ASKED}&client_id={}", self.server.client_id()),
            _ => path,
        };
        let call = self.server.call(row.method, &format!("{mount}{path}")).without("X-Appwrite-Project");
        let call =
            if row.path == "/identity/resources/users/v2" { call.header("frontegg-tenant-id", "demo") } else { call };
        if matches!(row.method, "GET" | "DELETE") { call } else { call.json(&self.frontegg_body(row)) }
    }

    /// A new account of users.
    fn tenant(&self) -> String {
        let call = self.server.post("/tenants/resources/tenants/v1", &json!({"name": "Acme"}));
        let made = call.header("x-access-token", &self.servers.all).send();
        made.expect(201).json()["tenantId"].as_str().expect("an id").to_owned()
    }

    /// What a client sends.
    fn frontegg_body(&self, row: &Row) -> Value {
        let number = self.number();
        let (email, phone) = (format!("f{number}@example.com"), format!("+491521{number:07}"));
        match row.path {
            "/auth/vendor" => json!({"clientId": self.server.client_id(), "secret": self.server.api_key()}),
            "/identity/resources/auth/v1/user" => json!({"email": MEMBER, "password": PASSWORD}),
            "/tenants/resources/tenants/v1" => json!({"name": "Acme"}),
            "/identity/resources/users/v2"
            | "/identity/resources/vendor-only/users/v1"
            | "/identity/resources/migrations/v1/local"
            | "/identity/resources/users/v1/{userId}/email"
            | "/identity/resources/users/v1/phone/reset" => json!({"email": email}),
            // Not made, so that whoever reads it finds none.
            "/identity/resources/configurations/v1/mfa-policy" => json!({"enforceMFAType": "Sometimes"}),
            "/identity/resources/configurations/v1/lockout-policy" => json!({"maxAttempts": 0}),
            "/identity/resources/users/phone-numbers/v1"
            | "/identity/resources/users/phone-numbers/v1/preverify"
            | "/identity/resources/users/phone-numbers/v1/vendor/{userId}"
            | "/identity/resources/users/v1/phone" => json!({"phoneNumber": phone}),
            "/identity/resources/users/phone-numbers/v1/verify"
            | "/identity/resources/users/phone-numbers/v1/{phoneId}/delete/verify" => {
                json!({"otcToken": "x", "code": "123456"})
            }
            "/identity/resources/users/v1/phone/verify" => json!({"changePhoneId": "x", "code": "123456"}),
            "/identity/resources/users/v1/phone/reset/verify" => {
                json!({"resetPhoneNumberToken": "x", "code": "123456"})
            }
            "/identity/resources/users/v1/phone/change" => {
                json!({"changePhoneNumberToken": "x", "phoneNumber": phone})
            }
            "/identity/resources/configurations/v1/sms/templates/{type}" => json!({"template": "{{ code }}"}),
            "/identity/resources/mail/v1/configs/templates" => {
                json!({"type": "OTC", "htmlTemplate": "<p>{{ code }}</p>"})
            }
            "/oauth/token" => json!({"grant_type": "refresh_token", "refresh_token": "x"}),
            // These take no body, and an empty one is none.
            _ => json!({}),
        }
    }
}
