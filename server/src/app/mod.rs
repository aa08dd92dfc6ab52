//! What every request needs: the database, the clock, the caches. Made once, cheap to clone.

mod access;
mod admin;
mod flow;
mod hashing;
mod number;
mod password;
mod phone;
mod projects;
mod second;
mod sessions;
pub mod test_message;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use countersign_domain::base::crypto::{Keys, sha256};
use countersign_domain::base::{Actor, Clock, Code, Ctx, Error, Phone, Random, Result, Secret, Target, Time};
use countersign_domain::db::{Db, Effect, Kind, Options};
use countersign_domain::project::Redirect;
use countersign_domain::session::Session;
use countersign_domain::signin::{self, Caller, Factor, HandleKind, SignedIn, Start, Started, challenge, verify};
use countersign_domain::user::User;
use countersign_domain::verification::{Dialect, Purpose};
use countersign_domain::webhook::Reach;
use countersign_domain::{audit, limit, message, project, user, webhook};
use countersign_send::Sender;
use tokio::sync::Notify;

pub use hashing::Hashing;
pub use password::{NewAccount, Proof};
pub use projects::{Hosted, Projects};
pub use sessions::{Sessions, Signed};

use sessions::Ticket;

use crate::dev::Dev;
use crate::http::client::Cidr;
use crate::http::limit::{Hit, Key, Rule, Windows};
use crate::http::metrics::Metrics;
use crate::text::Texts;

/// How old what this node knows of revocations may be, in microseconds, before it asks the database on every request.
const FRESH: i64 = 1_000_000;

/// The server's parts. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

/// What an [`App`] is made of.
pub struct Inner {
    /// The database.
    pub db: Db,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Where random bytes come from.
    pub random: Arc<dyn Random>,
    /// The keys of the key file.
    pub keys: Arc<Keys>,
    /// Projects, from memory.
    pub projects: Projects,
    /// Who is signed in, from memory.
    pub sessions: Sessions,
    /// Counters of routes, in memory: enough where one process serves.
    pub windows: Windows,
    /// The texts of messages.
    pub texts: Texts,
    /// What goes out.
    pub sender: Sender,
    /// What is measured.
    pub metrics: Metrics,
    /// Where passwords are hashed.
    pub hashing: Hashing,
    /// Wakes the worker.
    pub outbox: Arc<Notify>,
    /// Wakes the worker of webhooks.
    pub webhooks: Arc<Notify>,
    /// What only `--dev` has.
    pub dev: Option<Dev>,
    /// Proxies whose forwarding headers are believed.
    pub trusted_proxies: Vec<Cidr>,
    /// The address by which people reach the server.
    pub public_url: Option<String>,
    /// The project of a request that names none.
    pub default_project: Option<String>,
    /// Where webhooks may go.
    pub reach: Reach,
    /// The largest body of a request, in bytes.
    pub body_bytes: usize,
    /// Whether each request is a line in the log.
    pub log_requests: bool,
    /// When this node last read the ledger of revocations.
    fed_at: AtomicI64,
}

impl std::ops::Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// What it takes to make an [`App`].
pub struct Parts {
    /// The database's URL.
    pub database: Secret,
    /// Connections to PostgreSQL.
    pub connections: usize,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Where random bytes come from.
    pub random: Arc<dyn Random>,
    /// The master key of the key file.
    pub master: [u8; Keys::MASTER_LEN],
    /// What goes out.
    pub sender: Sender,
    /// What only `--dev` has.
    pub dev: Option<Dev>,
    /// Proxies whose forwarding headers are believed.
    pub trusted_proxies: Vec<Cidr>,
    /// The address by which people reach the server.
    pub public_url: Option<String>,
    /// The project of a request that names none.
    pub default_project: Option<String>,
    /// Where webhooks may go.
    pub reach: Reach,
    /// The largest body of a request, in bytes.
    pub body_bytes: usize,
    /// Whether each request is a line in the log.
    pub log_requests: bool,
}

impl App {
    /// Opens the database (its schema must be up to date) and reads the projects.
    pub async fn open(parts: Parts) -> Result<Self> {
        let projects = Projects::default();
        let sessions = Sessions::default();
        let outbox = Arc::new(Notify::new());
        let webhooks = Arc::new(Notify::new());
        let on_commit = {
            let (projects, sessions) = (projects.clone(), sessions.clone());
            let (outbox, webhooks) = (Arc::clone(&outbox), Arc::clone(&webhooks));
            Arc::new(move |effects: &[Effect]| {
                for effect in effects {
                    match effect.topic {
                        message::QUEUED => outbox.notify_one(),
                        audit::CHAINED | message::SETTLED | webhook::QUEUED => webhooks.notify_one(),
                        topic => forget(&projects, &sessions, topic, &effect.key),
                    }
                }
            })
        };
        let options = Options { url: parts.database.expose().to_owned(), connections: parts.connections, on_commit };
        let db = Db::open(&options)?;
        let now = parts.clock.now();
        let metrics = Metrics::new();
        let hashing = Hashing::start(Arc::clone(&parts.clock), metrics.hashing())?;
        let app = Self(Arc::new(Inner {
            db,
            clock: parts.clock,
            random: parts.random,
            keys: Arc::new(Keys::from_master(&parts.master)?),
            projects,
            sessions,
            windows: Windows::new(),
            texts: Texts::load().map_err(Error::internal)?,
            sender: parts.sender,
            metrics,
            hashing,
            outbox,
            webhooks,
            dev: parts.dev,
            trusted_proxies: parts.trusted_proxies,
            public_url: parts.public_url,
            default_project: parts.default_project,
            reach: parts.reach,
            body_bytes: parts.body_bytes,
            log_requests: parts.log_requests,
            fed_at: AtomicI64::new(now.micros()),
        }));
        Ok(app)
    }

    /// What the ledger of revocations told.
    pub fn hear(&self, effects: &[Effect], at: Time) {
        for effect in effects {
            forget(&self.projects, &self.sessions, effect.topic, &effect.key);
        }
        self.fed_at.store(at.micros(), Ordering::Release);
    }

    /// The project with this id, or `Code::ProjectNotFound`.
    pub async fn project(&self, id: &str) -> Result<Arc<Hosted>> {
        self.projects.get(self, id).await?.ok_or_else(|| Code::ProjectNotFound.into())
    }

    /// The project of a host name, else the default one. A `Host` is chosen by whoever sends it, as is the header by
    /// which other clients name their project: it opens nothing by itself.
    pub async fn project_of_host(&self, host: &str) -> Result<Arc<Hosted>> {
        let port = |port: &str| port.bytes().all(|b| b.is_ascii_digit());
        let name = host.rsplit_once(':').filter(|(_, end)| port(end)).map_or(host, |(name, _)| name);
        if let Some(hosted) = self.projects.find_by_host(self, &name.to_ascii_lowercase()).await? {
            return Ok(hosted);
        }
        match self.default_project.as_deref() {
            Some(id) => self.project(id).await,
            None => Err(Code::ProjectNotFound.into()),
        }
    }

    /// The surroundings of a request to `project`.
    pub fn ctx(&self, project: Arc<str>, actor: Actor, address: Option<IpAddr>) -> Ctx {
        Ctx {
            now: self.clock.now(),
            random: Arc::clone(&self.random),
            keys: Arc::clone(&self.keys),
            actor,
            project,
            address,
            user_agent: None,
            locale: None,
        }
    }

    /// The surroundings of what the process does by itself.
    pub fn system_ctx(&self, project: &str) -> Ctx {
        Ctx::system(self.clock.now(), Arc::clone(&self.random), Arc::clone(&self.keys), Arc::from(project))
    }

    /// Who holds the session that a client shows: from memory while this node hears of revocations in time. `read` finds
    /// the secret in `shown`, and the account that it must belong to if it says so; it is asked only the first time.
    pub async fn session(
        &self,
        ctx: &Ctx,
        shown: &str,
        read: impl FnOnce(&str) -> Option<(Secret, Option<String>)>,
    ) -> Result<Option<Arc<Signed>>> {
        let key = sha256(shown.as_bytes());
        if let Some(signed) = self.remembered(ctx, &key) {
            return Ok(Some(signed));
        }
        let Some((secret, owner)) = read(shown) else { return Ok(None) };
        let ticket = self.sessions.ticket();
        let found = {
            let ctx = ctx.clone();
            self.db.read(move |tx| signin::find_session(tx, &ctx, &secret)).await?
        };
        let found = found.filter(|(_, user)| owner.is_none_or(|owner| owner == user.id));
        Ok(found.map(|found| self.remember(ctx, key, found, &ticket)))
    }

    /// Who holds the session with this id, for whoever has shown a token of ours that names it and its `user`.
    pub async fn session_by_id(&self, ctx: &Ctx, user: &str, id: &str) -> Result<Option<Arc<Signed>>> {
        // No secret is written like this.
        let key = sha256(format!("id {user}/{id}").as_bytes());
        if let Some(signed) = self.remembered(ctx, &key) {
            return Ok(Some(signed));
        }
        let ticket = self.sessions.ticket();
        let found = {
            let (ctx, id) = (ctx.clone(), id.to_owned());
            self.db.read(move |tx| signin::find_session_by_id(tx, &ctx, &id)).await?
        };
        Ok(found.filter(|(_, owner)| owner.id == user).map(|found| self.remember(ctx, key, found, &ticket)))
    }

    fn remembered(&self, ctx: &Ctx, key: &[u8; 32]) -> Option<Arc<Signed>> {
        let fresh = ctx.now.micros() - self.fed_at.load(Ordering::Acquire) <= FRESH || self.db.kind() == Kind::Sqlite;
        let signed = if fresh { self.sessions.find(&ctx.project, key, ctx.now) } else { None };
        self.metrics.session_lookup(signed.is_some());
        signed
    }

    fn remember(&self, ctx: &Ctx, key: [u8; 32], found: (Session, User), ticket: &Ticket) -> Arc<Signed> {
        let signed = Arc::new(Signed::new(found.0, found.1));
        self.sessions.keep(&ctx.project, key, &signed, ticket);
        signed
    }

    /// Counts a request of `kind` under each of its keys; the tightest outcome.
    pub async fn hit(&self, ctx: &Ctx, kind: &str, keys: &[Vec<&str>], rule: Rule) -> Result<Option<Hit>> {
        let mut tightest: Option<Hit> = None;
        for values in keys {
            let hit = match self.db.kind() {
                Kind::Sqlite => self.windows.hit(&Key { project: &ctx.project, kind, values }, rule, ctx.now),
                // Any number of nodes count together.
                Kind::Postgres => {
                    let (ctx, kind, key) = (ctx.clone(), format!("route {kind}"), values.join("\0"));
                    let window = rule.window_micros;
                    let (count, started_at) = self
                        .db
                        .write(move |tx| {
                            let key = data_encoding::HEXLOWER.encode(&sha256(key.as_bytes()));
                            let spent = limit::add(tx, &ctx, &kind, &key, window, 1, 0)?;
                            Ok((spent.used, limit::window_at(ctx.now, window)))
                        })
                        .await?;
                    Hit::of(rule, count, started_at)
                }
            };
            tightest = Some(tightest.map_or(hit, |t| t.tightest(hit)));
        }
        Ok(tightest)
    }

    /// Starts a sign-in or a recovery, whatever the dialect: what depends on the request alone is refused at once.
    pub async fn start_sign_in(&self, ctx: &Ctx, hosted: &Arc<Hosted>, start: Start) -> Result<Started> {
        signin::check_request(ctx, &hosted.project, &start.target, &start.way)?;
        self.spend_address(ctx, hosted, &start.target).await?;
        self.metrics.signin_started(start.dialect.into());
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        self.db.write(move |tx| signin::start(tx, &ctx, &hosted.project, &start)).await
    }

    /// The budget of messages that one network may ask for, SMS and e-mails apart. A customer's own server has none, and
    /// a mock number costs nothing.
    pub async fn spend_address(&self, ctx: &Ctx, hosted: &Hosted, target: &Target) -> Result<()> {
        let kind = match target {
            Target::Phone(phone) if hosted.project.settings.mock_code(phone).is_some() => return Ok(()),
            Target::Phone(_) => "sms-address",
            Target::Email(_) => "email-address",
        };
        self.spend_network(ctx, hosted, kind).await
    }

    /// The same for messages of a kind.
    pub(super) async fn spend_network(&self, ctx: &Ctx, hosted: &Hosted, kind: &str) -> Result<()> {
        let (Some(network), Actor::Guest | Actor::User { .. }) = (ctx.network(), &ctx.actor) else { return Ok(()) };
        let limit = u32::try_from(hosted.project.settings.sms.per_address_per_hour).unwrap_or(u32::MAX);
        let rule = Rule { limit, window_micros: countersign_domain::base::time::HOUR };
        match self.hit(ctx, kind, &[vec![network.as_str()]], rule).await? {
            Some(hit) if !hit.allowed => Err(Code::TooManyAttempts { retry_at: hit.reset_at }.into()),
            Some(_) | None => Ok(()),
        }
    }

    /// Finishes a sign-in by a code or link. The attempt is durable before the answer, whatever it is.
    pub async fn finish_sign_in(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        dialect: Dialect,
        kind: HandleKind,
        handle: String,
        secret: Secret,
    ) -> Result<SignedIn> {
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        let answer = self.db.write(move |tx| signin::finish(tx, &ctx, &hosted.project, kind, &handle, &secret)).await?;
        match &answer {
            Ok(_) => self.metrics.signin_finished(dialect.into()),
            Err(error) => self.metrics.signin_refused(dialect.into(), error.code.name()),
        }
        answer
    }

    /// Asks the caller's session for a second factor, whatever the dialect, and sends the code if it has one to send.
    pub async fn create_challenge(
        &self,
        ctx: &Ctx,
        hosted: &Arc<Hosted>,
        caller: Caller,
        dialect: Dialect,
        factor: Factor,
    ) -> Result<verify::Token> {
        let target = match factor {
            Factor::Phone => caller.user.second_phone().cloned().map(Target::Phone),
            Factor::Email => caller.user.email.clone().map(Target::Email),
            Factor::Totp | Factor::RecoveryCode => None,
        };
        if let Some(target) = &target {
            self.spend_address(ctx, hosted, target).await?;
        }
        let (ctx, hosted) = (ctx.clone(), Arc::clone(hosted));
        self.db.write(move |tx| challenge::create(tx, &ctx, &hosted.project, &caller, dialect, factor)).await
    }

    /// The address by which people reach the server, if the configuration says one.
    pub fn base_url(&self) -> Option<&str> {
        self.public_url.as_deref().or(self.dev.as_ref().map(|dev| dev.url.as_str()))
    }

    /// Our own page for links of `purpose`, where a client names none. None while the configuration says no address: a
    /// request's `Host` is chosen by whoever sends it, and must not decide where a secret goes.
    pub fn link_page(&self, project: &str, purpose: Purpose) -> Result<Option<Redirect>> {
        let page =
            self.base_url().map(|base| format!("{base}/login/link?project={project}&purpose={}", purpose.name()));
        page.map(|page| Redirect::own(&page)).transpose()
    }

    /// Reads a number as people write it. A spelling without a country code is not guessed at.
    pub fn phone(&self, text: &str) -> Result<Phone> {
        Phone::parse(text, None).map_err(|error| Error::invalid("phone", error.to_string()))
    }
}

fn forget(projects: &Projects, sessions: &Sessions, topic: &str, key: &str) {
    match topic {
        user::CHANGED => sessions.forget(key),
        project::CHANGED => projects.forget(),
        // A newer node may announce what this one does not know: looking everything up again is always right.
        _ => {
            projects.forget();
            sessions.forget_all();
        }
    }
}
