//! A project, its database and a clock, with the verbs of a phone sign-in: so that a test reads like the rule it checks.

pub mod flow;
mod login_number;
mod number;
mod person;
mod post;

use std::future::Future;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use crate::args;
use crate::base::testing::ctx;
use crate::base::{Actor, Code, Ctx, Error, Phone, Result, Secret};
use crate::db::testing::{TestDb, wait};
use crate::db::{Column, Db, Tx, Value};
use crate::message::{self, Entry};
use crate::project::{Platform, Project, Settings};
use crate::session::Session;
use crate::signin::{self, HandleKind, Ready, Rules, SignedIn, Start, Started, Way};
use crate::user::{self, User};
use crate::verification::{self, Dialect};

pub use login_number::review_link;
pub use number::shown;
pub use person::{Person, app_code};
pub use post::Link;

/// Numbers of different prefixes.
pub const ANNA: &str = "+491701234567";
pub const BERND: &str = "+491712345678";
pub const CLARA: &str = "+436641234567";

/// Addresses.
pub const ANNA_MAIL: &str = "anna@example.com";
pub const BERND_MAIL: &str = "bernd@example.org";

const INSERT_USER: &str =
    "INSERT INTO users (project_id, id, origin, pending, blocked, name, email, email_proof, phone, phone_proof,
  phone_claim, mfa, labels, prefs, proved_at, signed_in_at, created_at, updated_at)
 VALUES ($1, $2, $3, $4, FALSE, 'Somebody', $5, $6, $7, $8, $9, FALSE, '[]', '{\"theme\":\"dark\"}', NULL, NULL, $10, $10)";

/// A user row that another noun would have written.
#[derive(Clone, Copy)]
pub struct Row {
    pub id: &'static str,
    pub origin: &'static str,
    pub pending: bool,
    pub phone: Option<&'static str>,
    pub proof: &'static str,
    pub claim: Option<&'static str>,
    pub email: Option<&'static str>,
    pub email_proof: &'static str,
}

impl Row {
    /// An account that an API key made, with a number that it set.
    pub const fn by_key(id: &'static str, phone: &'static str) -> Self {
        Self {
            id,
            origin: "key",
            pending: false,
            phone: Some(phone),
            proof: "set",
            claim: None,
            email: None,
            email_proof: "none",
        }
    }

    /// An account that an API key made, with an address of this proof.
    pub const fn by_mail(id: &'static str, email: &'static str, email_proof: &'static str) -> Self {
        Self { phone: None, proof: "none", email: Some(email), email_proof, ..Self::by_key(id, "") }
    }
}

/// One project on one database, at an instant, called from an address.
#[derive(Clone)]
pub struct World {
    pub db: Db,
    pub ctx: Ctx,
    pub project: Arc<Project>,
    pub dialect: Dialect,
    pub kind: HandleKind,
}

impl World {
    /// Every country is served, by a provider that costs nothing.
    pub fn new(test: &TestDb) -> Self {
        Self::with(test, &json!({}))
    }

    /// The same with other settings.
    pub fn with(test: &TestDb, patch: &Json) -> Self {
        let ctx = ctx();
        let settings = Settings::default()
            .merged(&json!({
                "sms": {"countries": ["*"], "providers": [{"name": "main", "account": {"kind": "inbox"}}]},
                "email": {"providers": [{"name": "post", "from": "shop@example.com", "account": {"kind": "inbox"}}]},
            }))
            .and_then(|settings| settings.merged(patch))
            .unwrap();
        let project = Project {
            id: "p1".to_owned(),
            name: "Shop".to_owned(),
            settings,
            platforms: vec![Platform {
                id: "web".to_owned(),
                name: "Web".to_owned(),
                hostname: "app.example.com".to_owned(),
                created_at: ctx.now,
            }],
            created_at: ctx.now,
            updated_at: ctx.now,
        };
        let (project, dialect, kind) = (Arc::new(project), Dialect::Nuvix, HandleKind::UserId);
        Self { db: test.db.clone(), ctx, project, dialect, kind }
    }

    /// Changes settings.
    pub fn set(&mut self, patch: &Json) {
        let mut project = Project::clone(&self.project);
        project.settings = project.settings.merged(patch).unwrap();
        self.project = Arc::new(project);
    }

    /// Lets time pass (negative: sets the clock back).
    pub fn later(&mut self, seconds: i64) {
        self.ctx.now = self.ctx.now.plus_seconds(seconds);
    }

    /// The same world seen from another address.
    #[must_use]
    pub fn from(&self, address: &str) -> Self {
        let mut other = self.clone();
        other.ctx.address = Some(address.parse().unwrap());
        other
    }

    /// The same world seen by a client of another dialect.
    #[must_use]
    pub fn by(&self, dialect: Dialect) -> Self {
        let kind = if dialect == Dialect::Nuvix { HandleKind::UserId } else { HandleKind::Opaque };
        Self { dialect, kind, ..self.clone() }
    }

    /// The same database, another project.
    #[must_use]
    pub fn of_project(&self, id: &str) -> Self {
        let mut other = self.clone();
        other.ctx.project = Arc::from(id);
        other.project = Arc::new(Project { id: id.to_owned(), ..Project::clone(&self.project) });
        other
    }

    /// Runs `work` in a transaction.
    pub fn write<T: Send + 'static>(&self, work: impl Fn(&mut Tx<'_>, &Ctx) -> Result<T> + Send + 'static) -> T {
        self.try_write(work).unwrap()
    }

    /// Runs `work` in a transaction that may fail.
    pub fn try_write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Tx<'_>, &Ctx) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let ctx = self.ctx.clone();
        wait(self.db.write(move |tx| work(tx, &ctx)))
    }

    /// What a request for a code says.
    pub fn request(&self, phone: &str, wanted: Option<&str>) -> Start {
        Start {
            dialect: self.dialect,
            target: Phone::parse(phone, None).unwrap().into(),
            way: Way::Code,
            phrase: false,
            kind: self.kind,
            wanted: wanted.map(str::to_owned),
            rules: Rules::of(&self.project),
            idempotency_key: None,
        }
    }

    /// Asks for a code, proposing a handle.
    pub fn ask(&self, phone: &str, wanted: &str) -> Started {
        self.start(self.request(phone, Some(wanted))).unwrap()
    }

    /// Asks for a code without proposing a handle.
    pub fn ask_anew(&self, phone: &str) -> Started {
        self.start(self.request(phone, None)).unwrap()
    }

    /// Sends a request for a code.
    pub fn start(&self, request: Start) -> Result<Started> {
        wait(self.starting(request))
    }

    /// The same, to be run beside others.
    pub fn starting(&self, request: Start) -> impl Future<Output = Result<Started>> + Send + use<> {
        let World { db, ctx, project, .. } = self.clone();
        async move { db.write(move |tx| signin::start(tx, &ctx, &project, &request)).await }
    }

    /// What the worker found to send.
    pub fn work(&self) -> Vec<Ready> {
        wait(self.working(1_000)).unwrap()
    }

    /// The same, to be run beside others.
    pub fn working(&self, most: i64) -> impl Future<Output = Result<Vec<Ready>>> + Send + use<> {
        let World { db, ctx, project, .. } = self.clone();
        let ctx = Ctx { actor: Actor::System, address: None, ..ctx };
        async move {
            db.write(move |tx| {
                let of = |id: &str| Some(Arc::new(Project { id: id.to_owned(), ..Project::clone(&project) }));
                signin::prepare(tx, &ctx, &of, most)
            })
            .await
        }
    }

    /// The only message with a code or link that the worker finds; notices are left aside.
    pub fn only(&self) -> Ready {
        let mut ready = self.work();
        ready.retain(|one| !one.message.verification.is_empty());
        assert_eq!(ready.len(), 1, "one message");
        ready.swap_remove(0)
    }

    /// The code in it.
    pub fn code(&self) -> String {
        self.only().message.payload.code.unwrap()
    }

    /// Asks for a code and lets the worker make it.
    pub fn ask_and_get(&self, phone: &str, wanted: &str) -> String {
        assert_eq!(self.ask(phone, wanted).handle, wanted);
        self.code()
    }

    /// Signs in with a code.
    pub fn finish(&self, handle: &str, code: &str) -> Result<SignedIn, Code> {
        wait(self.finishing(handle, code)).unwrap().map_err(|e| e.code)
    }

    /// The same, to be run beside others.
    pub fn finishing(
        &self,
        handle: &str,
        code: &str,
    ) -> impl Future<Output = Result<Result<SignedIn, Error>>> + Send + use<> {
        let World { db, ctx, project, kind, .. } = self.clone();
        let (handle, code) = (handle.to_owned(), Secret::new(code));
        async move { db.write(move |tx| signin::finish(tx, &ctx, &project, kind, &handle, &code)).await }
    }

    /// A whole sign-in; gives the account.
    pub fn sign_in(&self, phone: &str, wanted: &str) -> User {
        let started = self.ask(phone, wanted);
        let code = self.code();
        self.finish(&started.handle, &code).unwrap().user
    }

    /// Guesses wrong `times` times.
    pub fn guess_wrong(&self, handle: &str, code: &str, times: usize) {
        for _ in 0..times {
            assert_eq!(self.finish(handle, &wrong(code)).unwrap_err(), Code::InvalidToken);
        }
    }

    /// Puts an account there as another noun would have.
    pub fn user(&self, row: Row) {
        self.write(move |tx, ctx| {
            tx.exec(
                INSERT_USER,
                args![
                    &ctx.project,
                    row.id,
                    row.origin,
                    row.pending,
                    row.email,
                    row.email_proof,
                    row.phone,
                    row.proof,
                    row.claim,
                    ctx.now,
                ],
            )
        });
    }

    /// The account with this id.
    pub fn find_user(&self, id: &str) -> Option<User> {
        let id = id.to_owned();
        self.write(move |tx, ctx| user::find(tx, &ctx.project, &id))
    }

    /// The account that this number finds.
    pub fn owner(&self, phone: &str) -> Option<User> {
        let phone = Phone::parse(phone, None).unwrap();
        self.write(move |tx, ctx| user::find_by(tx, &ctx.project, &phone.clone().into()))
    }

    /// The session behind a secret.
    pub fn session(&self, secret: &Secret) -> Option<(Session, User)> {
        let secret = secret.clone();
        self.write(move |tx, ctx| signin::find_session(tx, ctx, &secret))
    }

    /// What the number's handles took of the day's guess budget.
    pub fn reserved(&self, phone: &str) -> i64 {
        let phone = phone.to_owned();
        self.write(move |tx, ctx| verification::reserved_by_target(tx, ctx, &phone))
    }

    /// What the handles behind which the person stands took of it.
    pub fn reserved_by(&self, user: &str) -> i64 {
        let user = user.to_owned();
        self.write(move |tx, ctx| verification::reserved_by_user(tx, ctx, &user))
    }

    /// The outbox, the newest first.
    pub fn outbox(&self) -> Vec<Entry> {
        self.write(|tx, ctx| message::list(tx, &ctx.project, 1_000))
    }

    /// State and reason of the newest message.
    pub fn fate(&self) -> (String, String) {
        let newest = self.outbox().swap_remove(0);
        (newest.state, newest.reason)
    }

    /// The first value of a statement's answer.
    pub fn value<T: Column + Send + 'static>(&self, sql: &'static str) -> T {
        wait(self.db.read(move |tx| tx.find(sql, args![], |row| row.get::<T>(0)))).unwrap().unwrap()
    }

    /// Runs a statement that no rule has.
    pub fn tamper(&self, sql: &'static str) {
        self.write(move |tx, _| tx.exec(sql, &[] as &[Value<'_>]));
    }

    /// Wrong guesses in a row at the number.
    pub fn failures(&self, phone: &str) -> i64 {
        let phone = phone.to_owned();
        self.write(move |tx, ctx| crate::limit::find_target(tx, &ctx.project, &phone)).map_or(0, |t| t.failures)
    }
}

/// A code that differs in its last digit.
pub fn wrong(code: &str) -> String {
    let (head, last) = code.split_at(code.len() - 1);
    format!("{head}{}", if last == "0" { "1" } else { "0" })
}
