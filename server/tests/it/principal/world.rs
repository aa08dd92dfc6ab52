//! Everybody who may call, made by the rules themselves, behind the server's back: thousands are needed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::hmac;
use countersign_domain::args;
use countersign_domain::base::{Ctx, Result, Secret, Time};
use countersign_domain::db::{Kind, Tx};
use countersign_domain::project::{self, NewKey, SCOPES, Settings};
use countersign_domain::{mfa, session, token, user};
use serde_json::json;

use super::admin::Admins;
use super::frontegg::{self, Servers};
use super::table::Row;
use crate::call::{Answer, Call};
use crate::server::{Home, Server, eventually};

/// Another project on the same server.
const OTHER: &str = "shop";
/// How far the server's clock is ahead of the machine's, in seconds, since a session has expired.
pub const AHEAD: i64 = 120;
/// Who is signed in, for Frontegg's clients.
const ME: &str = "/identity/resources/users/v2/me";
/// The address of `member`.
pub const MEMBER: &str = "member@example.com";
pub const PASSWORD: &str = "correct horse battery";

const INSERT_USER: &str =
    "INSERT INTO users (project_id, id, origin, pending, blocked, name, email, email_proof, phone, phone_proof,
  phone_claim, mfa, totp, labels, prefs, proved_at, signed_in_at, created_at, updated_at)
 VALUES ($1, $2, 'flow', FALSE, FALSE, '', $3, $4, $5, $6, $7, $8, FALSE, '[]', '{}', $9, $9, $9, $9)";
const DELETE_USER: &str = "DELETE FROM users WHERE project_id = $1 AND id = $2";

/// What somebody lacks, who else has a verified number and address, an authenticator app and recovery codes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    Nothing,
    /// The address is there and not verified.
    Email,
    /// The number is there and not verified.
    Phone,
    App,
    /// The app is there and not verified.
    VerifiedApp,
    Codes,
}

/// How somebody is to be.
#[derive(Clone, Copy)]
struct Make {
    /// Whether he asks for a second factor.
    mfa: bool,
    /// How many seconds ago he showed one.
    second: Option<i64>,
    lack: Lack,
    /// How long his session lives, in seconds.
    seconds: i64,
}

const FRESH: Make = Make { mfa: true, second: Some(0), lack: Lack::Nothing, seconds: 86_400 };

/// A session in each of its forms.
#[derive(Clone)]
pub struct Session {
    pub id: String,
    pub secret: String,
    /// The value of the cookie and the header.
    pub value: String,
    pub jwt: String,
    /// An access token of Frontegg's clients.
    pub access: String,
}

/// Somebody.
#[derive(Clone)]
pub struct Person {
    pub user: String,
    pub phone: String,
    pub email: String,
    /// The seed of the authenticator app, as base32.
    pub seed: String,
    pub codes: Vec<String>,
    pub session: Session,
    /// Another session, whose second factor is fresh.
    pub sibling: Session,
}

/// What a call shows of whoever makes it.
#[derive(Clone)]
pub enum Shown {
    Nothing,
    Session(Session),
    Jwt(Session),
    Key(String),
    /// A session, from a page of somebody else.
    Page(Session),
}

/// Who calls in a cell, and whose are the things that he names.
pub struct Case {
    pub shown: Shown,
    pub owner: Person,
    /// The owner's session that is meant.
    pub session: Session,
}

/// A server with everybody.
pub struct World {
    pub server: Server,
    pub admins: Admins,
    count: AtomicU64,
    /// Somebody whose things are named where it does not matter whose.
    pub anybody: Person,
    /// For each scope a key with it alone, and one with every other.
    keys: BTreeMap<&'static str, [String; 2]>,
    pub servers: Servers,
    expired_key: String,
    lost_keys: [String; 2],
    pub stranger: Person,
    pub expired: Person,
    pub revoked: Person,
    pub blocked: Person,
    pub deleted: Person,
}

impl World {
    pub fn new(kind: Kind) -> Self {
        let server = Server::start(kind);
        server.settings(&json!({
            "auth": {"passwordHashing": {"memoryKib": 7_168, "iterations": 5}},
            "otp": {"resendSeconds": [0]},
            "mfa": {"recoveryCodesReadable": true},
        }));
        // The server makes its key for access tokens, so that it knows it.
        server.vendor_token(server.api_key());
        let count = AtomicU64::new(0);
        let early = |make: Make| person(&server.home, "demo", 0, count.fetch_add(1, Ordering::Relaxed), make);
        let [revoked, blocked, deleted] = [(); 3].map(|()| early(FRESH));
        let expired = early(Make { seconds: AHEAD - 60, ..FRESH });
        // The server is to remember each before he is gone.
        for person in [&expired, &revoked, &blocked, &deleted] {
            let token = format!("Bearer {}", person.session.access);
            server.get(ME).header("Authorization", token).send().expect(200);
            for form in [Shown::Session(person.session.clone()), Shown::Jwt(person.session.clone())] {
                show(server.get("/v1/account"), &form, false).send().expect(200);
            }
        }
        by(&server, &revoked, "DELETE", "/v1/account/sessions/current").expect(204);
        by(&server, &blocked, "PATCH", "/v1/account/status").expect(200);
        let id = deleted.user.clone();
        server.home.write("demo", 0, move |tx, ctx| {
            // His sessions are left behind: nothing may depend on their being cleared away.
            assert_eq!(tx.exec(DELETE_USER, args![&ctx.project, &id])?, 1);
            user::announce(tx, ctx, &id)
        });
        eventually("the deleted account is forgotten", || {
            (by(&server, &deleted, "GET", "/v1/account").status == 401).then_some(())
        });
        server.advance(AHEAD);

        server.home.write(OTHER, AHEAD, |tx, ctx| {
            project::create(tx, ctx, OTHER, "Shop", Settings::default())?;
            Ok(())
        });
        let stranger = person(&server.home, OTHER, AHEAD, u64::MAX, FRESH);
        let anybody = person(&server.home, "demo", AHEAD, u64::MAX, FRESH);
        let key = |project: &'static str, scopes: Vec<&'static str>, ends_in: i64| {
            key(&server.home, project, scopes, ends_in)
        };
        let keys = SCOPES.iter().map(|scope| {
            let others = SCOPES.iter().copied().filter(|other| other != scope).collect();
            (*scope, [key("demo", vec![scope], 86_400).0, key("demo", others, 86_400).0])
        });
        let keys: BTreeMap<_, _> = keys.collect();
        let expired_key = key("demo", SCOPES.to_vec(), -1).0;
        let (lost_key, id) = key("demo", SCOPES.to_vec(), 86_400);
        let revoked_key = id.clone();
        show(server.get("/v1/health"), &Shown::Key(lost_key.clone()), false).send().expect(200);
        server.home.write("demo", AHEAD, move |tx, ctx| project::delete_key(tx, ctx, "demo", &id));
        let lost_keys = [lost_key, key(OTHER, SCOPES.to_vec(), 86_400).0];
        // What is shown to the wrong project is good in its own.
        let there = |target: &str, name: &str, value: &str| {
            let call = server.get(target).without("X-Appwrite-Project").header("X-Appwrite-Project", OTHER);
            eventually("an answer of the other project", || {
                (call.clone().header(name, value).send().status == 200).then_some(())
            });
        };
        there("/v1/account", "X-Appwrite-Session", &stranger.session.value);
        there("/v1/health", "X-Appwrite-Key", &lost_keys[1]);
        let servers = Servers::new(&server, &keys, revoked_key);
        let member = json!({"userId": "member", "email": MEMBER, "password": PASSWORD});
        server.post("/v1/account", &member).send().expect(201);
        let admins = Admins::new(&server.home);
        Self {
            server,
            admins,
            count,
            anybody,
            keys,
            servers,
            expired_key,
            lost_keys,
            stranger,
            expired,
            revoked,
            blocked,
            deleted,
        }
    }

    /// A number that nothing else has, with few others of its prefix.
    pub fn number(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    fn person(&self, make: Make) -> Person {
        person(&self.server.home, "demo", AHEAD, self.number(), make)
    }

    /// Somebody whose session has yet to show a second factor.
    pub fn pending(&self) -> Person {
        self.person(Make { second: None, ..FRESH })
    }

    /// Whoever stands in `column`, made anew where a call may change him.
    pub fn cases(&self, row: &Row, column: &str) -> Vec<Case> {
        let lack = lack(row);
        let make = match column {
            "pending" | "p-jwt" => Make { second: None, lack, ..FRESH },
            "first" => Make { mfa: false, second: None, lack, ..FRESH },
            "stale" => Make { second: Some(1_860), lack, ..FRESH },
            _ => Make { lack, ..FRESH },
        };
        let own = |shown: fn(Session) -> Shown| {
            let person = self.person(make);
            let session = person.session.clone();
            vec![Case { shown: shown(session.clone()), owner: person, session }]
        };
        let foreign = |shown: Shown| {
            let owner = if row.names { self.person(Make { lack, ..FRESH }) } else { self.anybody.clone() };
            Case { shown, session: owner.session.clone(), owner }
        };
        let keys = || match self.keys.get(row.scope) {
            Some([only, others]) => [only.clone(), others.clone()],
            // Nobody can hold it, so any key will do.
            None => [(); 2].map(|()| self.keys["targets.read"][0].clone()),
        };
        // A JWT is one in the dialect alone.
        let both = |person: &Person| {
            let mut forms = vec![Shown::Session(person.session.clone())];
            if row.is_dialect() {
                forms.push(Shown::Jwt(person.session.clone()));
            }
            forms.into_iter().map(foreign).collect()
        };
        match column {
            "guest" => vec![foreign(Shown::Nothing)],
            "pending" | "first" | "stale" | "fresh" => own(Shown::Session),
            "p-jwt" | "jwt" => own(Shown::Jwt),
            "page" => own(Shown::Page),
            "sibling" => {
                let person = self.person(make);
                let session = person.sibling.clone();
                vec![Case { shown: Shown::Session(person.session.clone()), owner: person, session }]
            }
            "other" => vec![foreign(Shown::Session(self.person(make).session))],
            "key" => vec![foreign(Shown::Key(keys()[0].clone()))],
            "wrong" => vec![foreign(Shown::Key(keys()[1].clone()))],
            "all" => vec![foreign(Shown::Key(self.server.api_key().to_owned()))],
            "old-key" => vec![foreign(Shown::Key(self.expired_key.clone()))],
            "lost-key" => self.lost_keys.iter().map(|key| foreign(Shown::Key(key.clone()))).collect(),
            "project" => vec![foreign(Shown::Session(self.stranger.session.clone()))],
            "expired" => both(&self.expired),
            "revoked" => both(&self.revoked),
            "blocked" if row.is_dialect() => both(&self.blocked),
            // The login page lets him leave.
            "blocked" => {
                let person = self.person(FRESH);
                by(&self.server, &person, "PATCH", "/v1/account/status").expect(200);
                vec![foreign(Shown::Session(person.session))]
            }
            "deleted" => both(&self.deleted),
            unknown => panic!("nobody stands in column {unknown}"),
        }
    }

    /// Somebody who has everything.
    pub fn somebody(&self) -> Person {
        self.person(FRESH)
    }

    /// The code that an authenticator app shows now.
    pub fn totp(&self, seed: &str) -> String {
        self.totp_in(seed, 0)
    }

    /// The code that it shows in so many seconds.
    pub fn totp_in(&self, seed: &str, seconds: i64) -> String {
        let seed = seed.to_owned();
        self.server.home.write("demo", AHEAD + seconds, move |_, ctx| Ok(totp(&seed, ctx.now)))
    }
}

/// A call in somebody's session.
fn by(server: &Server, person: &Person, method: &str, target: &str) -> Answer {
    show(server.call(method, target), &Shown::Session(person.session.clone()), false).send()
}

/// What people lack when they come to a route, so that it has something to do.
fn lack(row: &Row) -> Lack {
    match (row.method, row.path) {
        (_, "/v1/account/verifications/email" | "/v1/account/verification") => Lack::Email,
        (_, "/v1/account/verifications/phone" | "/v1/account/verification/phone") => Lack::Phone,
        ("POST", "/v1/account/mfa/authenticators/{type}" | "/auth/two-factor/enable") => Lack::App,
        ("PUT", "/v1/account/mfa/authenticators/{type}") | (_, "/auth/two-factor/verify-setup") => Lack::VerifiedApp,
        ("POST", "/v1/account/mfa/recovery-codes") => Lack::Codes,
        _ => Lack::Nothing,
    }
}

/// Numbers of many prefixes: a prefix that converts badly is sent nothing.
pub fn phone(number: u64) -> String {
    let number = number % 200_000;
    format!("+1425{}{:04}", 200 + number / 20 % 700, 1_000 + number / 14_000 * 20 + number % 20)
}

/// Makes somebody.
fn person(home: &Home, project: &'static str, ahead: i64, number: u64, how: Make) -> Person {
    let made = home.write(project, ahead, move |tx, ctx| create(tx, ctx, number, how));
    for session in [&made.session, &made.sibling] {
        home.keep_secret(&session.access);
        home.keep_secret(&session.secret);
        home.keep_secret(&session.jwt);
    }
    made
}

fn create(tx: &mut Tx<'_>, ctx: &Ctx, number: u64, how: Make) -> Result<Person> {
    let (user, phone, email) = (format!("p{number}"), phone(number), format!("p{number}@example.com"));
    let proof = |lack: Lack| if how.lack == lack { "none" } else { "code" };
    let held = Some(phone.as_str()).filter(|_| how.lack != Lack::Phone);
    let claim = Some(phone.as_str()).filter(|_| how.lack == Lack::Phone);
    let (email_proof, phone_proof) = (proof(Lack::Email), proof(Lack::Phone));
    let project = &ctx.project;
    tx.exec(INSERT_USER, args![project, &user, &email, email_proof, held, phone_proof, claim, how.mfa, ctx.now])?;
    let first = if how.lack == Lack::Phone { "email" } else { "phone" };
    let session = open(tx, ctx, &user, first, how.second, how.seconds)?;
    let sibling = open(tx, ctx, &user, first, Some(0), how.seconds)?;
    let seed = match how.lack {
        Lack::App => String::new(),
        _ => mfa::create_authenticator(tx, ctx, &user)?.secret.expose().to_owned(),
    };
    if !matches!(how.lack, Lack::App | Lack::VerifiedApp) {
        mfa::verify_authenticator(tx, ctx, &user, &Secret::new(totp(&seed, ctx.now)))?;
        user::set_totp(tx, ctx, &user, true)?;
    }
    let codes = match how.lack {
        Lack::Codes => Vec::new(),
        _ => mfa::create_recovery_codes(tx, ctx, &user, &sibling.id, true)?,
    };
    let codes = codes.iter().map(|code| code.expose().to_owned()).collect();
    Ok(Person { user, phone, email, seed, codes, session, sibling })
}

fn open(tx: &mut Tx<'_>, ctx: &Ctx, user: &str, factor: &str, second: Option<i64>, seconds: i64) -> Result<Session> {
    let new = session::New { user, provider: factor, provider_uid: "", factors: &[factor], seconds, limit: 10 };
    let (session, secret) = session::create(tx, ctx, new)?;
    if let Some(ago) = second {
        let then = Ctx { now: ctx.now.plus_seconds(-ago), ..ctx.clone() };
        session::prove_factor(tx, &then, user, &session.id, "totp")?;
    }
    let value = json!({"id": user, "secret": secret.expose()}).to_string();
    let client = project::get(tx, &ctx.keys, &ctx.project)?.client_id().to_owned();
    Ok(Session {
        access: frontegg::sign(tx, ctx, &client, &frontegg::claims(user, &session.id))?,
        jwt: token::ensure_keys(tx, ctx)?.issue(ctx, user, &session.id, 900)?.expose().to_owned(),
        id: session.id,
        value: data_encoding::BASE64.encode(value.as_bytes()),
        secret: secret.expose().to_owned(),
    })
}

/// Makes an API key; its secret and its id.
pub fn key(home: &Home, project: &'static str, scopes: Vec<&'static str>, ends_in: i64) -> (String, String) {
    let (key, secret) = home.write(project, AHEAD, move |tx, ctx| {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let expires_at = Some(ctx.now.plus_seconds(ends_in));
        project::create_key(tx, ctx, project, &NewKey { name: "k".to_owned(), scopes, expires_at, secret: None })
    });
    home.keep_secret(secret.expose());
    (secret.expose().to_owned(), key.id)
}

/// The call with what its caller shows, in the headers of Nuvix or Appwrite.
pub fn show(call: Call, shown: &Shown, nuvix: bool) -> Call {
    let call = if nuvix { call.nuvix() } else { call };
    let side = if nuvix { "Nuvix" } else { "Appwrite" };
    match shown {
        Shown::Nothing => call,
        // The login page has a cookie of its own.
        Shown::Session(session) if nuvix => call
            .header("X-Nuvix-Session", &session.value)
            .header("Cookie", format!("countersign_session={}.demo", session.secret)),
        Shown::Session(session) => call
            .header("Cookie", format!("a_session_demo={}; countersign_session={}.demo", session.value, session.secret)),
        Shown::Jwt(session) => call.header(&format!("X-{side}-JWT"), &session.jwt),
        Shown::Key(secret) => call.header(&format!("X-{side}-Key"), secret),
        Shown::Page(session) => call
            .header("Cookie", format!("nx_session={}; countersign_session={}.demo", session.value, session.secret))
            .header("Origin", "https://evil.example"),
    }
}

/// The same of a nevr client: in its cookie, or as a bearer token.
pub fn show_nevr(call: Call, shown: &Shown, bearer: bool) -> Call {
    let token = |text: &str| format!("Bearer {text}");
    match shown {
        Shown::Nothing => call,
        Shown::Session(session) if bearer => call.header("Authorization", token(&session.secret)),
        Shown::Session(session) => call.header("Cookie", format!("nevr.session_token={}", session.secret)),
        Shown::Jwt(session) => call.header("Authorization", token(&session.jwt)),
        Shown::Key(secret) => call.header("Authorization", token(secret)),
        Shown::Page(session) => {
            let call = if bearer {
                call.header("Authorization", token(&session.secret))
            } else {
                call.header("Cookie", format!("nevr.session_token={}", session.secret))
            };
            call.header("Origin", "https://evil.example")
        }
    }
}

/// RFC 6238 with SHA-1, six digits and steps of thirty seconds.
fn totp(seed: &str, now: Time) -> String {
    let seed = data_encoding::BASE32_NOPAD.decode(seed.as_bytes()).expect("base32");
    let step = u64::try_from(now.seconds() / 30).unwrap();
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &seed), &step.to_be_bytes());
    let mac = mac.as_ref();
    let at = usize::from(mac[19] & 0xf);
    let number = u32::from_be_bytes([mac[at] & 0x7f, mac[at + 1], mac[at + 2], mac[at + 3]]);
    format!("{:06}", number % 1_000_000)
}
