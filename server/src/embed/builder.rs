//! The configuration of an embedded server.

use std::fmt::Display;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use countersign_domain::base::random::SystemRandom;
use countersign_domain::base::time::SystemClock;
use countersign_domain::base::{Clock, Random, Secret};
use countersign_domain::db::{Db, Kind, Options};
use countersign_domain::project::{self, Project, Settings};
use countersign_domain::webhook::Reach;
use countersign_send::{Application, Options as SendOptions, Sender};
use serde_json::{Value as Json, json};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::otp::{Callback, Otp};
use super::{Countersign, Dialect, Running, SetupError};
use crate::app::{App, Parts};
use crate::dev::Inbox;
use crate::http::client::Cidr;
use crate::{keyfile, text, worker};

/// Bytes that the body of a request may have, as in the default configuration of the server.
const BODY_BYTES: usize = 262_144;
/// Connections to PostgreSQL, likewise.
const CONNECTIONS: usize = 16;

/// What an embedded Countersign is to be. Begun with [`Countersign::builder`], ended with [`Builder::open`].
///
/// ```
/// use countersign::{Countersign, Dialect};
///
/// let builder = Countersign::builder()
///     .storage("postgres://auth@localhost/auth")
///     .key_file("/var/lib/shop/countersign.key")
///     .project("shop", "The Shop")
///     .dialects([Dialect::Nuvix])
///     .public_url("https://shop.example");
/// ```
#[must_use = "a builder does nothing until it is opened"]
pub struct Builder {
    storage: String,
    key_file: PathBuf,
    project: (String, String),
    settings: Vec<Json>,
    platforms: Vec<String>,
    dialects: Vec<Dialect>,
    login_page: bool,
    public_url: Option<String>,
    trusted_proxies: Vec<String>,
    migrate: bool,
    application: Option<Arc<dyn Application>>,
    clock: Arc<dyn Clock>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            storage: "sqlite://./countersign.db".to_owned(),
            key_file: PathBuf::from("countersign.key"),
            project: ("default".to_owned(), "Countersign".to_owned()),
            settings: Vec::new(),
            platforms: Vec::new(),
            dialects: Vec::new(),
            login_page: false,
            public_url: None,
            trusted_proxies: Vec::new(),
            migrate: false,
            application: None,
            clock: Arc::new(SystemClock::default()),
        }
    }
}

impl Builder {
    /// Where accounts and sessions are kept: `sqlite://PATH`, or `postgres://USER:PASSWORD@HOST/NAME`. By default
    /// `sqlite://./countersign.db`.
    ///
    /// ```
    /// let builder = countersign::Countersign::builder().storage("sqlite:///var/lib/shop/auth.db");
    /// ```
    pub fn storage(mut self, url: impl Into<String>) -> Self {
        self.storage = url.into();
        self
    }

    /// The file with the master key: made at the first start, mode 0600. Keep a copy, and not beside the copies of the
    /// database. By default `countersign.key`.
    ///
    /// ```
    /// let builder = countersign::Countersign::builder().key_file("/var/lib/shop/countersign.key");
    /// ```
    pub fn key_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.key_file = path.into();
        self
    }

    /// The project that the application serves: its id, which clients send, and its name, which people read in
    /// messages. It is made when there is none.
    ///
    /// ```
    /// let builder = countersign::Countersign::builder().project("shop", "The Shop");
    /// ```
    pub fn project(mut self, id: impl Into<String>, name: impl Into<String>) -> Self {
        self.project = (id.into(), name.into());
        self
    }

    /// Settings of the project that the code decides: merged into the stored ones at each start. Several calls add up.
    ///
    /// ```
    /// use serde_json::json;
    ///
    /// let builder = countersign::Countersign::builder()
    ///     .settings(json!({"nevr": {"expiresIn": 300, "otpLength": 6, "allowSignUp": true}}));
    /// ```
    pub fn settings(mut self, patch: Json) -> Self {
        self.settings.push(patch);
        self
    }

    /// Countries that may be sent to, as ISO 3166 codes; `"*"` for all. Short for the setting `sms.countries`.
    ///
    /// ```
    /// let builder = countersign::Countersign::builder().countries(["DE", "AT"]);
    /// ```
    pub fn countries<C: Into<String>>(self, countries: impl IntoIterator<Item = C>) -> Self {
        let countries: Vec<String> = countries.into_iter().map(Into::into).collect();
        self.settings(json!({ "sms": { "countries": countries } }))
    }

    /// A front end that may call from a browser, and to which links may lead: a host name, or `*.` and a domain. Pages
    /// of the application's own origin need none.
    ///
    /// ```
    /// let builder = countersign::Countersign::builder().platform("app.shop.example");
    /// ```
    pub fn platform(mut self, hostname: impl Into<String>) -> Self {
        self.platforms.push(hostname.into());
        self
    }

    /// The dialects to mount. Without one there are no routes to sign in.
    ///
    /// ```
    /// use countersign::{Countersign, Dialect};
    ///
    /// let builder = Countersign::builder().dialects([Dialect::Nuvix]);
    /// ```
    pub fn dialects(mut self, dialects: impl IntoIterator<Item = Dialect>) -> Self {
        self.dialects = dialects.into_iter().collect();
        self
    }

    /// Also mounts the ready login page at `/login`, with what belongs to it.
    ///
    /// ```
    /// let builder = countersign::Countersign::builder().login_page();
    /// ```
    pub fn login_page(mut self) -> Self {
        self.login_page = true;
        self
    }

    /// The address by which people reach the application. Links in e-mails lead there.
    ///
    /// ```
    /// let builder = countersign::Countersign::builder().public_url("https://shop.example");
    /// ```
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.public_url = Some(url.into());
        self
    }

    /// Proxies whose forwarding headers are believed: addresses or networks.
    ///
    /// ```
    /// let builder = countersign::Countersign::builder().trusted_proxies(["10.0.0.0/8"]);
    /// ```
    pub fn trusted_proxies<P: Into<String>>(mut self, proxies: impl IntoIterator<Item = P>) -> Self {
        self.trusted_proxies = proxies.into_iter().map(Into::into).collect();
        self
    }

    /// Brings the schema of a PostgreSQL up to date at the start. Without this [`open`](Self::open) refuses one that is
    /// behind, as `countersign serve` does; SQLite is always brought up to date.
    ///
    /// ```
    /// let builder = countersign::Countersign::builder().storage("postgres://auth@localhost/auth").migrate();
    /// ```
    pub fn migrate(mut self) -> Self {
        self.migrate = true;
        self
    }

    /// The code that sends SMS. It is called by a worker, never while somebody waits for an answer. After an error the
    /// message is tried again; one that takes longer than ten seconds or panics is not, because it may have gone out.
    /// Makes the provider `application` the only one of the project.
    ///
    /// ```
    /// use countersign::{Countersign, Otp};
    ///
    /// let builder = Countersign::builder().send_otp(|otp: Otp| async move {
    ///     println!("to {}: {}", otp.phone_number, otp.text);
    ///     Ok::<(), std::io::Error>(())
    /// });
    /// ```
    pub fn send_otp<F, Fut, E>(mut self, send: F) -> Self
    where
        F: Fn(Otp) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: Display + Send + 'static,
    {
        self.application = Some(Arc::new(Callback(send)));
        let provider = json!({ "name": "application", "account": { "kind": "application" } });
        self.settings(json!({ "sms": { "providers": [provider] } }))
    }

    /// The clock, for tests of this crate.
    #[cfg(test)]
    pub(super) fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Opens the store, makes the project if there is none, and starts the workers. Needs a Tokio runtime.
    ///
    /// # Errors
    ///
    /// [`SetupError`] says what is wrong and what to do: a database that cannot be opened or is behind, a key file that
    /// is not the database's, settings that are refused, or SMS that could be sent to no country.
    ///
    /// ```no_run
    /// # async fn open() -> Result<(), countersign::SetupError> {
    /// let auth = countersign::Countersign::builder().storage("sqlite://./auth.db").open().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn open(self) -> Result<Countersign, SetupError> {
        let random: Arc<dyn Random> = Arc::new(SystemRandom::new());
        let trusted_proxies: Vec<Cidr> =
            self.trusted_proxies.iter().map(|p| p.parse()).collect::<Result<_, _>>().map_err(SetupError::new)?;
        let settings = self.settings.iter().try_fold(Settings::default(), |settings, patch| settings.merged(patch));
        settings.and_then(|settings| text::check_settings(&settings)).map_err(SetupError::new)?;
        let database = Secret::new(self.storage);
        let master = {
            let db =
                Db::open(&Options { connections: 1, ..Options::new(database.expose()) }).map_err(SetupError::new)?;
            if self.migrate || db.kind() == Kind::Sqlite {
                db.migrate(self.clock.now()).await.map_err(SetupError::new)?;
            }
            let missing = db.migration_status().await.map_err(SetupError::new)?;
            if missing.iter().any(|step| step.at.is_none()) {
                return Err(SetupError::new(
                    "the database's schema is behind: call `migrate` on the builder, or run `countersign db migrate`",
                ));
            }
            let has_projects = db.read(project::count).await.map_err(SetupError::new)? > 0;
            keyfile::open(&self.key_file, has_projects, &*random).map_err(SetupError::new)?
        };
        let application = self.application;
        let options = SendOptions { application, ..SendOptions::default() };
        let inbox = Arc::new(Inbox::new(Arc::clone(&self.clock)));
        let app = App::open(Parts {
            database,
            connections: CONNECTIONS,
            clock: Arc::clone(&self.clock),
            random,
            master,
            sender: Sender::new(self.clock, inbox, options).map_err(SetupError::new)?,
            dev: None,
            trusted_proxies,
            public_url: self.public_url,
            default_project: Some(self.project.0.clone()),
            reach: Reach::Public,
            body_bytes: BODY_BYTES,
            log_requests: false,
        })
        .await
        .map_err(SetupError::new)?;
        let (id, name) = self.project;
        let project = ensure(&app, &id, &name, self.settings, self.platforms).await?;
        let sms = &project.settings.sms;
        if !sms.providers.is_empty() && sms.countries.is_empty() {
            return Err(SetupError::new(
                "SMS could be sent to no country: name those that may be sent to, as in `countries([\"DE\", \"AT\"])`, \
                 or all of them with `countries([\"*\"])`",
            ));
        }
        countersign_domain::base::phone::warm_up();
        let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
        worker::start(&app, &tracker, &stop);
        Ok(Countersign(Arc::new(Running {
            app,
            project: id,
            dialects: self.dialects,
            login_page: self.login_page,
            tracker,
            _ends_workers: stop.clone().drop_guard(),
            stop,
        })))
    }
}

/// Makes the project or brings it to what the code says. Nothing is written when it is so already.
async fn ensure(
    app: &App,
    id: &str,
    name: &str,
    patches: Vec<Json>,
    hostnames: Vec<String>,
) -> Result<Project, SetupError> {
    let ctx = app.system_ctx(id);
    let (id, name) = (id.to_owned(), name.to_owned());
    let written = app.db.write(move |tx| {
        let mut project = match project::find(tx, &ctx.keys, &id)? {
            Some(project) => project,
            None => project::create(tx, &ctx, &id, &name, Settings::default())?,
        };
        let mut wanted = project.settings.clone();
        for patch in &patches {
            wanted = wanted.merged(patch)?;
        }
        if wanted != project.settings || name != project.name {
            for patch in &patches {
                project::update(tx, &ctx, &id, Some(&name), patch)?;
            }
        }
        for hostname in &hostnames {
            if !project.platforms.iter().any(|p| p.hostname.eq_ignore_ascii_case(hostname)) {
                project.platforms.push(project::create_platform(tx, &ctx, &id, hostname, hostname)?);
            }
        }
        project::get(tx, &ctx.keys, &id)
    });
    written.await.map_err(SetupError::new)
}
